"""Private data made by a seed, as people write them, with right check digits; and what only looks like them.

The check digits are counted here anew, from the standards, not by the guards' own functions.
"""

from __future__ import annotations

import string
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from random import Random

from tests.reply.makers import make_situation

from amends.reply.guard import GuardPolicy, check

SEED = 7
EACH = 60
OURS = frozenset(
    {"help@northlight.example", "0800 555 0199", "+33 9 70 80 90 10", "https://northlight.example/help"}
)

#: Where it stands: the words around, in three languages.
AROUND = {
    "en": ("is {} still right?", "{} ?", "sorry! we have {} here, is that yours", "got it, {} thx"),
    "fr": ("c'est toujours {} ?", "{} ?", "pardon ! j'ai {} ici, c'est bien ça", "bien noté, {} merci"),
    "ro": ("tot {} e bun?", "{} ?", "scuze! am {} aici, e corect", "am notat, {} mersi"),
}


@dataclass(frozen=True)
class Made:
    """One draft with private data in it, or with something alike."""

    kind: str
    language: str
    text: str
    is_private: bool


def made(seed: int = SEED, each: int = EACH) -> Iterator[Made]:
    """`each` drafts of every kind, private ones and near misses; the same for the same seed."""
    for is_private, kinds in ((True, PRIVATE), (False, ALIKE)):
        for kind, make in kinds.items():
            luck = Random(f"{seed} {kind}")
            for number in range(each):
                language = ("en", "fr", "ro")[number % 3]
                around = luck.choice(AROUND[language])
                yield Made(kind, language, around.format(make(luck)), is_private)


def spoken(
    found: Iterator[Made], policy: GuardPolicy
) -> tuple[Counter[tuple[bool, str]], list[Made], Counter[tuple[bool, str]]]:
    """How often AM001 spoke by kind, where it was wrong, and how many there were of each."""
    said: Counter[tuple[bool, str]] = Counter()
    all_of: Counter[tuple[bool, str]] = Counter()
    wrong = []
    for one in found:
        situation = make_situation(language=one.language, their_text="", our_addresses=OURS)
        speaks = bool(check(one.text, situation, policy, among={"AM001"}))
        said[one.is_private, one.kind] += speaks
        all_of[one.is_private, one.kind] += 1
        if speaks is not one.is_private:
            wrong.append(one)
    return said, wrong, all_of


# Made ---------------------------------------------------------------------------------------------------------------


def _digits(luck: Random, n: int) -> str:
    return "".join(luck.choice(string.digits) for _ in range(n))


def _like(luck: Random, *shapes: str) -> str:
    """One of the shapes, a digit in the place of each d, 2–9 in the place of each N."""
    return "".join(
        luck.choice(string.digits) if sign == "d" else luck.choice("23456789") if sign == "N" else sign
        for sign in luck.choice(shapes)
    )


def _mail(luck: Random) -> str:
    first, last = (
        luck.choice(("jo", "ana", "m.luc", "Ion", "kim-lee", "d")),
        luck.choice(("pop", "ross", "durand", "o'neil")),
    )
    host = luck.choice(("mail.example", "post-box.example", "news.courrier.example", "mail.example.org"))
    return luck.choice(
        (
            f"{first}.{last}{_digits(luck, 2)}@{host}",
            f"{first}_{last}@{host}",
            f"{first}+{last}@{host}",
            f"{first}{last}@{host}".upper(),
            f"{first}.{last} (at) {host.replace('.', ' (dot) ')}",
            f"{first}{last} @ {host}",
        )
    )


def _phone(*shapes: str) -> Callable[[Random], str]:
    return lambda luck: _like(luck, *shapes)


def _spaced(text: str, luck: Random, by: int = 4) -> str:
    mark = luck.choice(("", " ", " ", "-"))
    return mark.join(text[at : at + by] for at in range(0, len(text), by))


def _luhn(number: str) -> int:
    """The digit that makes `number` right (ISO/IEC 7812-1, annex B)."""
    total = 0
    for place, sign in enumerate(reversed(number)):
        digit = int(sign)
        if place % 2 == 0:
            digit = digit * 2 - 9 if digit > 4 else digit * 2
        total += digit
    return -total % 10


def _card(luck: Random, off: int = 0) -> str:
    start, length = luck.choice((("4", 16), ("52", 16), ("55", 16), ("2221", 16), ("37", 15), ("6011", 16)))
    number = start + _digits(luck, length - 1 - len(start))
    number += str((_luhn(number) + off) % 10)
    if length == 15:
        return luck.choice((number, f"{number[:4]} {number[4:10]} {number[10:]}"))
    return _spaced(number, luck)


def _iban(luck: Random, off: int = 0) -> str:
    country, account = luck.choice(
        (
            ("FR", _digits(luck, 23)),
            ("RO", "BTRL" + _digits(luck, 16)),
            ("ES", _digits(luck, 20)),
            ("IT", "X" + _digits(luck, 22)),
            ("GB", "WEST" + _digits(luck, 14)),
            ("DE", _digits(luck, 18)),
        )
    )
    value = int("".join(str(int(sign, 36)) for sign in account + country + "00"))
    control = 98 - value % 97
    control = (control + off) % 97 or 97
    whole = f"{country}{control:02}{account}"
    whole = whole if luck.random() < 0.8 else whole.lower()
    return whole if luck.random() < 0.4 else " ".join(whole[at : at + 4] for at in range(0, len(whole), 4))


def _born(luck: Random) -> date:
    return date(1945, 1, 1) + timedelta(days=luck.randrange(20_000))


def _cnp(luck: Random, off: int = 0) -> str:
    """Law 105/1996, the control digit by 279146358279."""
    born = _born(luck)
    number = f"{luck.choice('12')}{born:%y%m%d}{luck.randrange(1, 47):02}{luck.randrange(1, 999):03}"
    control = sum(int(a) * int(b) for a, b in zip(number, "279146358279", strict=True)) % 11
    control = 1 if control == 10 else control
    return number + str((control + off) % 10)


def _nir(luck: Random, off: int = 0) -> str:
    """Number and key of 97 less the remainder."""
    born = _born(luck)
    number = f"{luck.choice('12')}{born:%y%m}{luck.choice(('59', '75', '13', '2A', '31'))}{_digits(luck, 3)}{luck.randrange(1, 999):03}"
    key = 97 - int(number.replace("2A", "19")) % 97
    key = (key + off) % 97 or 97
    if luck.random() < 0.4:
        return f"{number}{key:02}"
    return f"{number[0]} {number[1:3]} {number[3:5]} {number[5:7]} {number[7:10]} {number[10:]} {key:02}"


def _dni(luck: Random, off: int = 0) -> str:
    """Real decreto 1553/2005: the letter is the remainder by 23; of a foreigner X, Y, Z count 0, 1, 2."""
    letters = "TRWAGMYFPDXBNJZSQVHLCKE"
    if luck.random() < 0.5:
        number = _digits(luck, 8)
        shown = number
    else:
        first, rest = luck.choice("XYZ"), _digits(luck, 7)
        number, shown = str("XYZ".index(first)) + rest, first + luck.choice(("", "-")) + rest
    return shown + luck.choice(("", "-")) + letters[(int(number) + off) % 23]


def _codice(luck: Random, off: int = 0) -> str:
    """Decreto 23 dicembre 1976: odd and even places count differently, the sum by 26."""
    consonants = "BCDFGLMNPRSTVZ"
    born = _born(luck)
    body = "".join(luck.choice(consonants) for _ in range(6))
    body += f"{born:%y}{'ABCDEHLMPRST'[born.month - 1]}{born.day + luck.choice((0, 40)):02}"
    body += luck.choice("AFHL") + _digits(luck, 3)
    odd = {str(n): value for n, value in enumerate((1, 0, 5, 7, 9, 13, 15, 17, 19, 21))}
    odd |= dict(
        zip(
            string.ascii_uppercase,
            (1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23),
            strict=True,
        )
    )
    total = sum(
        odd[sign] if place % 2 == 0 else int(sign, 36) - (0 if sign.isdigit() else 10)
        for place, sign in enumerate(body)
    )
    whole = body + chr(ord("A") + (total + off) % 26)
    return whole if luck.random() < 0.6 else whole.lower()


def _ssn(luck: Random) -> str:
    area = luck.choice([n for n in range(1, 900) if n != 666])
    return f"{area:03}-{luck.randrange(1, 100):02}-{luck.randrange(1, 10_000):04}"


def _not_ssn(luck: Random) -> str:
    """Never given: areas 000, 666 and from 900, group 00, number 0000 (ssa.gov, randomization)."""
    return luck.choice(
        (
            f"666-{_like(luck, 'Nd-Nddd')}",
            f"9{_like(luck, 'dd-Nd-Nddd')}",
            f"{_like(luck, 'NdN')}-00-{_like(luck, 'Nddd')}",
        )
    )


def _reference(luck: Random) -> str:
    word = luck.choice(
        (
            "order",
            "order no.",
            "order #",
            "booking",
            "invoice",
            "parcel",
            "commande n°",
            "dossier",
            "facture n°",
            "colis",
            "comanda",
            "comanda nr.",
            "AWB",
            "factura",
        )
    )
    return f"{word} {_like(luck, 'NL-dddddd', 'dddddddd', 'ABddddd', 'ddd-ddddddd-ddddddd', 'dddddd')}"


PRIVATE: dict[str, Callable[..., str]] = {
    "mail": _mail,
    "telephone, FR": _phone(
        "06 dd dd dd dd",
        "07.dd.dd.dd.dd",
        "06dddddddd",
        "+33 6 dd dd dd dd",
        "+33 (0)6 dd dd dd dd",
        "0033 6 dd dd dd dd",
        "01-dd-dd-dd-dd",
    ),
    "telephone, RO": _phone(
        "0722 ddd ddd",
        "0744dddddd",
        "0733.ddd.ddd",
        "+40 722 ddd ddd",
        "+40722dddddd",
        "021 3Nd dd dd",
        "0722-ddd-ddd",
    ),
    "telephone, ES": _phone(
        "6Nd ddd ddd", "6Nd dd dd dd", "+34 6Nd ddd ddd", "+346Nddddddd", "9N ddd dd dd", "0034 6Nd ddd ddd"
    ),
    "telephone, IT": _phone(
        "347 ddd dddd",
        "+39 347 ddd dddd",
        "+39347ddddddd",
        "347 ddddddd",
        "02 dddd dddd",
        "0039 347 ddd dddd",
    ),
    "telephone, US": _phone(
        "(Ndd) Ndd-dddd", "Ndd-Ndd-dddd", "Ndd.Ndd.dddd", "+1 Ndd Ndd dddd", "+1NddNdddddd", "1-Ndd-Ndd-dddd"
    ),
    "telephone, UK": _phone(
        "07Ndd dddddd",
        "07Ndddddddd",
        "+44 7Ndd dddddd",
        "+44 (0)7Ndd ddd ddd",
        "020 7Ndd dddd",
        "0161 Ndd dddd",
    ),
    "IBAN": _iban,
    "card": _card,
    "CNP (RO)": _cnp,
    "NIR (FR)": _nir,
    "DNI, NIE (ES)": _dni,
    "codice fiscale (IT)": _codice,
    "SSN (US)": _ssn,
    "order number": _reference,
}


def _wrong(make: Callable[..., str]) -> Callable[[Random], str]:
    return lambda luck: make(luck, 1 + luck.randrange(8))


ALIKE: dict[str, Callable[..., str]] = {
    "card, wrong digit": _wrong(_card),
    "IBAN, wrong digits": _wrong(_iban),
    "CNP, wrong digit": _wrong(_cnp),
    "NIR, wrong key": _wrong(_nir),
    "DNI, wrong letter": _wrong(_dni),
    "codice fiscale, wrong letter": _wrong(_codice),
    "SSN never given": _not_ssn,
    "date": lambda luck: luck.choice(
        ("{:%d.%m.%Y}", "{:%d/%m/%Y}", "{:%Y-%m-%d}", "{:%d/%m/%y}", "{:%d %m %Y}")
    ).format(_born(luck)),
    "price": _phone(
        "Ndd,dd €", "€N.ddd,dd", "£N,ddd.00", "N ddd lei", "N.ddd,dd lei", "$Ndd.dd", "N ddd ddd EUR"
    ),
    "time": lambda luck: (
        f"{luck.randrange(24):02}{luck.choice((':', 'h', '.'))}{luck.randrange(60):02}-{luck.randrange(24):02}:{luck.randrange(60):02}"
    ),
    "version": _phone("vN.d.dd", "Nd.d.d.ddd", "iOS N.d.d", "N.dd.ddd-d", "10.0.Ndddd.ddd"),
    "measure": _phone("Ndxddxdd cm", "N ddd km", "dd,dd %", "Ndd ddd colete", "1080x2400 px", "Nddd mAh"),
    "our contact": lambda luck: luck.choice(
        (
            "help@northlight.example",
            "0800 555 0199",
            "09 70 80 90 10",
            "+33 970 80 90 10",
            "https://northlight.example/help",
        )
    ),
    "flight, train, line": _phone("BA Ndd", "TGV Nddd", "IR Nddd", "A320-200", "WR-Nd", "RX-Nddd"),
    "years": lambda luck: f"{luck.randrange(1990, 2010)}-{luck.randrange(2010, 2027)}",
    "error": _phone("0x8007NddF", "E-Ndd", "HTTP Ndd", "NW-N-d", "CE-Ndddd-d"),
}
