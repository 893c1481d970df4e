"""Private data in a text (A5): found by form, and by check digits where there are some.

All expressions run on folded text, so full-width digits and zero-width marks hide nothing; all are bounded.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from amends.core.text import fold
from amends.reply.phrases import Reading, Span, overlap


class Private(StrEnum):
    """What was found."""

    MAIL = "mail"
    PHONE = "phone"
    CARD = "card"
    IBAN = "iban"
    IDENTITY = "identity"
    """A national number: French NIR, Romanian CNP, Spanish DNI and NIE, Italian codice fiscale, US social security."""
    REFERENCE = "reference"
    """An order, booking, customer … number."""
    ADDRESS = "address"


@dataclass(frozen=True)
class PrivateSeen:
    kind: Private
    span: Span
    """In the original text."""


_MAIL = re.compile(
    r"(?<![\w@.%+'/-])[\w.%+'-]{1,64}\s?(?:@|\s[(\[{]\s?(?:at|arobase|a)\s?[)\]}]\s?)\s?"
    r"[\w-]{1,63}(?:(?:\.|\s?[(\[{]\s?(?:dot|point|punct)\s?[)\]}]\s?)[\w-]{1,63}){1,6}"
)
_DIGITS = re.compile(r"(?<![\w.,/-])(?:\+\s?|\(\+?)?\d(?:[ .\-/()\u2010-\u2015]{0,2}\d){2,24}(?![\w])")
_SEPARATORS = re.compile(r"[^\d+]")
_DATED = re.compile(
    r"(?<!\d)(?:[0-3]?\d([./-])[01]?\d\1(?:19|20)\d\d|(?:19|20)\d\d([./-])[01]?\d\2[0-3]?\d)(?!\d)"
)
_INTERNATIONAL = re.compile(r"(?:\+|00)[1-9]\d{7,14}")
_FR_PAIRS = re.compile(r"0[1-9]([ .\-]?)\d\d(?:\1\d\d){3}")
_RO_PHONE = re.compile(r"0[237]\d{8}")
_UK_PHONE = re.compile(r"0(?:1\d{8,9}|2\d{9}|3\d{9}|7\d{9}|8\d{8,9})")
#: Nine digits from 6 to 9 (https://numeracionyoperadores.cnmc.es), grouped as Spaniards do.
_ES_PHONE = re.compile(
    r"[6-9]\d{2}([ .\-])\d{3}\1\d{3}|[6-9]\d{2}([ .\-])\d\d(?:\2\d\d){2}|[89]\d([ .\-])\d{3}(?:\3\d\d){2}"
)
#: A mobile line: 3 and nine digits; a line of a town: 0 and five to ten (AGCOM, Piano nazionale di numerazione).
_IT_PHONE = re.compile(
    r"3\d{2}[ .\-]?\d{3}[ .\-]?\d{4}|3\d{2}[ .\-]\d{6,7}|0\d{1,3}[ .\-/]\d{3,4}[ .\-]?\d{3,4}"
)
_US_PHONE = re.compile(r"(?:1[ .\-])?(?:\([2-9]\d\d\)[ ]?|[2-9]\d\d[ .\-])[2-9]\d\d[ .\-]\d{4}")
_CARD = re.compile(r"(?<![\w.])[2-6]\d{3}(?:[ \-]?\d){9,15}(?!\w)")
#: Looked ahead, not taken: behind an account number may follow another.
_IBAN_START = re.compile(r"(?<!\w)(?=(?P<whole>[a-z]{2}\d\d(?:[ -]?[a-z0-9]){11,30}))")
_CNP = re.compile(r"(?<![\w.])[1-9](?:[ .-]?\d){12}(?!\w)")
_DNI = re.compile(r"(?<![\w.])(?:\d{8}|\d{2}\.\d{3}\.\d{3}|[xyz]-?\d{7})-?[a-hj-np-tv-z](?!\w)")
_CODICE_FISCALE = re.compile(
    r"(?<!\w)[a-z]{3} ?[a-z]{3} ?[0-9lmnp-v]{2}[a-ehlmpr-t][0-9lmnp-v]{2} ?[a-z][0-9lmnp-v]{3} ?[a-z](?!\w)"
)
#: Areas 000, 666 and 900–999 were never given, nor group 00 or serial 0000 (https://www.ssa.gov/employer/randomization.html).
_SSN = re.compile(
    r"(?<![\w.\-/])(?!000|666|9)\d{3}(?P<by>[ -])(?!00)\d{2}(?P=by)(?!0000)\d{4}(?![\w\-/])"
    r"|(?:ssn|social security(?: (?:number|no|nr))?)[\s:.#]{0,3}(?:is\s)?(?P<bare>(?!000|666|9)\d{3}(?!00)\d{2}(?!0000)\d{4})(?!\w)"
)
_NIR = re.compile(
    r"(?<![\w.])[1-478] ?\d\d ?(?:0[1-9]|1[0-2]|[2-9]\d) ?(?:\d\d|2[ab]) ?\d{3} ?\d{3}[ ./-]{0,3}\d\d(?!\w)"
)
_NUMBER_WORD = r"numbers?|no|nr|num|numero|numarul|numar|id|ids|ref|reference|referinta|code|cod|codul|is|est|este|e|cu|n°|#"
_REFERENCE = re.compile(
    r"(?<!\w)(?:orders?|bookings?|reservations?|customers?|clients?|accounts?|tickets?|invoices?|tracking|parcels?|polic(?:y|ies)|contracts?|"
    r"memberships?|subscriptions?|shipments?|pnr|imei|passport|licen[cs]e|registration|"
    r"commandes?|cmdes?|cmds?|cdes?|dossiers?|factures?|contrats?|colis|suivi|comptes?|abonnes?|abonnements?|billets?|passeport|"
    r"comanda|comenzii|comenzi|rezervare|rezervarea|rezervarii|clientului|factura|facturii|contractul|contractului|colet|coletul|coletului|"
    r"awb|cont|contul|contului|dosar|dosarul|dosarului|bilet|biletul|biletului|abonament|abonamentul|abonamentului|pasaport|polita|politei)"
    rf"(?:[\s:=(.]{{0,3}}(?:{_NUMBER_WORD})(?![a-z])){{0,4}}[\s:#=(.°]{{1,4}}(?P<id>[a-z0-9]+(?:[\-/_][a-z0-9]+){{0,6}})(?!\w)"
)
_A_YEAR = re.compile(
    r"(?:19|20)\d\d|24/7|\d{1,4}h(?:\d\d)?|\d{1,2}(?:st|nd|rd|th|er|e)|\d{1,9}(?:eur|euros?|lei|ron|gb|mb|km|kg|x)"
)
_STREET = re.compile(
    r"(?<![\w.])\d{1,5}[A-Za-z]?,?\s(?:[A-Z][\w'’-]{1,30}\s){1,3}(?:Street|St|Road|Rd|Avenue|Ave|Lane|Ln|Drive|Dr|Square|Sq|Boulevard|Blvd|"
    r"Court|Crescent|Terrace|Close|Way|Gardens)\b"
    r"|(?<![\w.])\d{1,4}(?:\s?(?:bis|ter|quater|[a-dA-D]))?,?\s(?:[Rr]ue|[Aa]venue|[Aa]v\.|[Bb]d\.?|[Bb]oulevard|[Pp]lace|[Cc]hemin|[Ii]mpasse|"
    r"[Aa]ll[ée]e|[Qq]uai|[Ss]quare|[Rr]oute)\s(?:(?:de|du|des|la|le|les|l['’]|d['’])\s?){0,3}[A-ZÉÈÀÂÎÔ][\w'’-]+"
    r"|(?<!\w)(?:[Ss]tr(?:ada|\.)|[Bb]d\.?|[Bb]ulevardul|[Bb]-dul|[Cc]alea|[Aa]leea|[ȘŞS]os(?:eaua|\.)|[ȘŞș]oseaua|[Ss]plaiul|[Ii]ntrarea|[Pp]ia[țţt]a)\s?"
    r"[A-ZĂÂÎȘȚŞŢ0-9][^\d\n,;!?]{1,40}[,\s]\s?(?:nr\.?|num[ăa]rul)\s?\d{1,4}"
)

#: https://www.swift.com/standards/data-standards/iban-international-bank-account-number: length by country.
_IBAN_LENGTHS = (
    "ad24 ae23 al28 at20 az28 ba20 be16 bg22 bh22 br29 by28 ch21 cr22 cy28 cz24 de22 dk18 do28 ee20 eg29 es24 fi18 fo18 "
    "fr27 gb22 ge22 gi23 gl18 gr27 gt28 hr21 hu28 ie22 il23 iq23 is26 it27 jo30 kw30 kz20 lb28 lc32 li21 lt20 lu20 lv21 "
    "mc27 md24 me22 mk19 mr27 mt31 mu30 nl18 no15 pk24 pl28 ps29 pt25 qa29 ro24 rs22 sa24 sc31 se24 si19 sk24 sm27 st25 "
    "sv28 tl23 tn24 tr26 ua29 va22 vg24 xk20"
)
_IBAN_LENGTH = {each[:2]: int(each[2:]) for each in _IBAN_LENGTHS.split()}
_DNI_LETTERS = "trwagmyfpdxbnjzsqvhlcke"
#: What a letter or digit counts in an odd place of a codice fiscale (decree of 23 December 1976).
_ODD = dict(
    zip(
        "0123456789abcdefghijklmnopqrstuvwxyz",
        (
            1,
            0,
            5,
            7,
            9,
            13,
            15,
            17,
            19,
            21,
            1,
            0,
            5,
            7,
            9,
            13,
            15,
            17,
            19,
            21,
            2,
            4,
            18,
            20,
            11,
            3,
            6,
            8,
            12,
            14,
            16,
            10,
            22,
            25,
            24,
            23,
        ),
        strict=True,
    )
)
_CNP_WEIGHTS = (2, 7, 9, 1, 4, 6, 3, 5, 8, 2, 7, 9)


def find_private(reading: Reading, ours: Iterable[str] = ()) -> tuple[PrivateSeen, ...]:
    """All private data in a text, in order, without overlaps; what is in `ours` (addresses, numbers, links) is left out."""
    known = Ours(ours)
    public = [span for span in reading.links if known.has_link(reading.folded[slice(*span)])]
    taken: list[Span] = []
    seen: list[PrivateSeen] = []
    for kind, find in _FINDERS:
        for span in find(reading):
            if any(overlap(span, other) for other in taken):
                continue
            taken.append(span)
            value = reading.folded[slice(*span)]
            if any(overlap(span, link) for link in public) or known.has(kind, value):
                continue
            seen.append(PrivateSeen(kind, reading.original(span)))
    seen += [
        PrivateSeen(Private.ADDRESS, found.span())
        for found in _STREET.finditer(reading.text)
        if not known.has(Private.ADDRESS, fold(found.group()))
    ]
    return tuple(sorted(seen, key=lambda each: each.span))


def quoted_private(reading: Reading, source: Reading, ours: Iterable[str] = ()) -> tuple[PrivateSeen, ...]:
    """What stands in a draft as it stood in `source`, the customer's own post, and was private there: a number may have
    lost the words that told what it is."""
    theirs = source.text
    if not any(map(str.isdigit, theirs)) and "@" not in theirs:
        return ()
    wanted: dict[str, Private] = {}
    for seen in find_private(source, ours):
        value = fold(theirs[slice(*seen.span)]).strip()
        if len(_MARKS.sub("", value)) >= 5:
            wanted.setdefault(value, seen.kind)
    found = []
    for value, kind in wanted.items():
        start = reading.folded.find(value)
        while start >= 0:
            end = start + len(value)
            if not (reading.folded[start - 1 : start].isalnum() or reading.folded[end : end + 1].isalnum()):
                found.append(PrivateSeen(kind, reading.original((start, end))))
            start = reading.folded.find(value, end)
    return tuple(found)


_MARKS = re.compile(r"\W")


class Ours:
    """What of the organisation's own may stand in public: addresses, numbers, links."""

    def __init__(self, addresses: Iterable[str]) -> None:
        folded = [fold(each).strip() for each in addresses]
        self.texts = {each for each in folded if each}
        self.digits = {digits for each in folded if len(digits := _digits(each)) >= 3}
        self.sites = {
            _site(each) for each in folded if "." in each and "@" not in each and not each[0].isdigit()
        }

    def links(self) -> tuple[str, ...]:
        """Its links and sites, folded, without scheme and “www.”."""
        return tuple(sorted(self.sites))

    def has(self, kind: Private, value: str) -> bool:
        if kind is Private.PHONE:
            digits = _digits(value)
            # The same line with and without its country: the last nine digits tell.
            return any(digits == own or (len(own) >= 9 and digits[-9:] == own[-9:]) for own in self.digits)
        return value in self.texts

    def has_link(self, link: str) -> bool:
        site = _site(link)
        return any(site == own or site.startswith((own + "/", own + "?", own + "#")) for own in self.sites)


def _site(link: str) -> str:
    return re.sub(r"^(?:https?://)?(?:www\.)?", "", link).rstrip("/.,;:!?)")


def _digits(value: str) -> str:
    return "".join(str(int(letter)) for letter in value if letter.isdecimal())


def _plain_matches(pattern: re.Pattern[str]) -> Callable[[Reading], Iterator[Span]]:
    return lambda reading: (found.span() for found in pattern.finditer(reading.folded))


def _checked(pattern: re.Pattern[str], check: Callable[[str], bool]) -> Callable[[Reading], Iterator[Span]]:
    return lambda reading: (
        found.span() for found in pattern.finditer(reading.folded) if check(found.group())
    )


def passes_luhn(number: str) -> bool:
    """The check digit of payment cards (ISO/IEC 7812-1); 13 to 19 digits."""
    digits = [int(letter) for letter in _digits(number)]
    if not 13 <= len(digits) <= 19 or len(set(digits)) == 1:
        return False
    if len(digits) == 13 and digits[0] != 4:
        return False  # Cards of thirteen digits were Visa's; others so long are personal numbers.
    doubled = (digit * 2 - 9 * (digit > 4) for digit in digits[-2::-2])
    return (sum(digits[-1::-2]) + sum(doubled)) % 10 == 0


def passes_mod97(iban: str) -> bool:
    """The check digits of an IBAN (ISO 13616), compact and lower case."""
    turned = iban[4:] + iban[:4]
    try:
        return int("".join(str(int(letter, 36)) for letter in turned)) % 97 == 1
    except ValueError:
        return False


def passes_cnp(number: str) -> bool:
    """The check digit and the date of a Romanian CNP."""
    number = _digits(number)
    digits = [int(letter) for letter in number]
    century = {1: 1900, 2: 1900, 3: 1800, 4: 1800}.get(digits[0], 2000)
    try:
        date(century + int(number[1:3]), int(number[3:5]), int(number[5:7]))
    except ValueError:
        return False
    rest = sum(digit * weight for digit, weight in zip(digits, _CNP_WEIGHTS, strict=False)) % 11
    return digits[12] == (1 if rest == 10 else rest)


def passes_nir(number: str) -> bool:
    """The key of a French social security number; Corsica's 2A and 2B count as 19 and 18."""
    compact = re.sub(r"[^0-9ab]", "", number)
    body = compact[:13].replace("2a", "19").replace("2b", "18")
    return body.isdecimal() and 97 - int(body) % 97 == int(compact[13:])


def passes_dni(number: str) -> bool:
    """The letter of a Spanish DNI, or of a NIE: X, Y and Z count as 0, 1 and 2."""
    compact = re.sub(r"[^0-9a-z]", "", number)
    body = {"x": "0", "y": "1", "z": "2"}.get(compact[0], compact[0]) + compact[1:-1]
    return body.isdecimal() and _DNI_LETTERS[int(body) % 23] == compact[-1]


def passes_codice_fiscale(code: str) -> bool:
    """The last letter of an Italian codice fiscale."""
    compact = code.replace(" ", "")
    odd = sum(_ODD[letter] for letter in compact[:15:2])
    even = sum(int(letter) if letter.isdecimal() else ord(letter) - ord("a") for letter in compact[1:15:2])
    return chr(ord("a") + (odd + even) % 26) == compact[15]


def _social_security(reading: Reading) -> Iterator[Span]:
    for found in _SSN.finditer(reading.folded):
        yield found.span("bare") if found["bare"] else found.span()


def _ibans(reading: Reading) -> Iterator[Span]:
    for found in _IBAN_START.finditer(reading.folded):
        said = found["whole"]
        length = _IBAN_LENGTH.get(said[:2])
        if length is None:
            continue
        compact = re.sub("[ -]", "", said)[:length]
        if len(compact) == length and passes_mod97(compact):
            end, left = found.start(), length
            while left:
                left -= reading.folded[end] not in " -"
                end += 1
            yield found.start(), end


def _phones(reading: Reading) -> Iterator[Span]:
    for found in _DIGITS.finditer(reading.folded):
        said = found.group()
        if any(overlap(found.span(), link) for link in reading.links) or _DATED.search(said):
            continue
        # "+40 (0)21 …": the zero in brackets is not dialled.
        compact = _SEPARATORS.sub("", said.replace("(0)", ""))
        compact = ("+" if "+" in compact else "") + _digits(compact)
        national = (_FR_PAIRS, _US_PHONE, _ES_PHONE, _IT_PHONE)
        if (
            _INTERNATIONAL.fullmatch(compact)
            or any(form.fullmatch(said) for form in national)
            or ((_RO_PHONE.fullmatch(compact) or _UK_PHONE.fullmatch(compact)) and _is_grouped(said))
        ):
            yield found.span()


def _is_grouped(said: str) -> bool:
    """Groups as people write telephone numbers: none shorter than two digits."""
    groups = re.split(r"[^\d]+", said.strip("()"))
    return all(len(group) > 1 for group in groups)


def _references(reading: Reading) -> Iterator[Span]:
    for found in _REFERENCE.finditer(reading.folded):
        said = found["id"]
        has_digits = sum(letter.isdigit() for letter in said)
        if len(said) >= 4 and has_digits >= 2 and not _A_YEAR.fullmatch(said) and not _DATED.fullmatch(said):
            yield found.span("id")


_FINDERS: tuple[tuple[Private, Callable[[Reading], Iterator[Span]]], ...] = (
    (Private.MAIL, _plain_matches(_MAIL)),
    (Private.IBAN, _ibans),
    (Private.IDENTITY, _checked(_CNP, passes_cnp)),
    (Private.IDENTITY, _checked(_NIR, passes_nir)),
    (Private.IDENTITY, _checked(_DNI, passes_dni)),
    (Private.IDENTITY, _checked(_CODICE_FISCALE, passes_codice_fiscale)),
    (Private.IDENTITY, _social_security),
    (
        Private.CARD,
        lambda reading: (
            span for span in _checked(_CARD, passes_luhn)(reading) if not _in_link(reading, span)
        ),
    ),
    (Private.PHONE, _phones),
    (Private.REFERENCE, _references),
)


def _in_link(reading: Reading, span: Span) -> bool:
    return any(overlap(span, link) for link in reading.links)
