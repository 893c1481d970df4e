"""Amounts of money as people write them in English, French and Romanian: which one, and where.

All expressions run on folded text and are bounded: no input makes them slow.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal

from amends.reply.phrases import Reading, Span

_CURRENCIES = {
    "€": "EUR", "eur": "EUR", "euro": "EUR", "euros": "EUR", "euroi": "EUR",
    "$": "USD", "usd": "USD", "dollar": "USD", "dollars": "USD", "dolari": "USD",
    "£": "GBP", "gbp": "GBP", "pound": "GBP", "pounds": "GBP", "quid": "GBP", "livres": "GBP",
    "lei": "RON", "leu": "RON", "ron": "RON",
    "chf": "CHF", "francs": "CHF", "franci": "CHF", "cad": "CAD", "aud": "AUD",
}  # fmt: skip
_TENS = {
    "en": (
        ("five", 5), ("ten", 10), ("fifteen", 15), ("twenty", 20), ("thirty", 30), ("forty", 40), ("fifty", 50),
        ("sixty", 60), ("seventy", 70), ("eighty", 80), ("ninety", 90), ("a hundred", 100), ("one hundred", 100),
        ("two hundred", 200), ("five hundred", 500), ("a thousand", 1000), ("one thousand", 1000),
    ),
    "fr": (
        ("cinq", 5), ("dix", 10), ("quinze", 15), ("vingt", 20), ("trente", 30), ("quarante", 40), ("cinquante", 50),
        ("soixante", 60), ("cent", 100), ("deux cents", 200), ("cinq cents", 500), ("mille", 1000),
    ),
    "ro": (
        ("cinci", 5), ("zece", 10), ("cincisprezece", 15), ("douazeci", 20), ("treizeci", 30), ("patruzeci", 40),
        ("cincizeci", 50), ("saizeci", 60), ("o suta", 100), ("doua sute", 200), ("cinci sute", 500), ("o mie", 1000),
    ),
}  # fmt: skip
_NUMBER = r"\d{1,3}(?:[ .,']\d{3}){1,3}(?:[.,]\d{1,2})?|\d{1,9}(?:[.,]\d{1,2})?"
_NAMES = "|".join(sorted((name for name in _CURRENCIES if name.isalpha()), key=len, reverse=True))
_AFTER = re.compile(
    rf"(?<![\w.,])(?P<number>{_NUMBER})(?P<k>\s?k)?\s?(?:de\s)?(?P<unit>[€$£]|(?:{_NAMES})(?!\w))(?P<cents>\d\d(?!\d))?"
)
_BEFORE = re.compile(
    rf"(?<!\w)(?P<unit>[€$£]|(?:{_NAMES})(?=[\s\d]))\s?(?P<number>{_NUMBER})(?P<k>k)?(?![\w%]|[.,]\d)"
)
_SPELT = {
    language: re.compile(
        rf"(?<!\w)(?P<number>{'|'.join(sorted((word for word, _ in words), key=len, reverse=True))})\s(?:de\s)?(?P<unit>{_NAMES})(?!\w)"
    )
    for language, words in _TENS.items()
}


@dataclass(frozen=True, kw_only=True)
class AmountSeen:
    """An amount of money in a draft."""

    span: Span
    """In the draft as it was given."""
    value: Decimal
    currency: str
    """As ISO 4217 calls it: "EUR", "RON" …"""


def amounts_in(draft: str, language: str = "") -> tuple[AmountSeen, ...]:
    """The amounts of money in `draft`, in order, without overlaps. Numbers in words are read in `language` ("fr-CA" is
    French); where that is not known, in all that we know."""
    return amounts_of(Reading(draft), language)


def amounts_of(reading: Reading, language: str = "") -> tuple[AmountSeen, ...]:
    """`amounts_in` of a draft that was read already."""
    folded = reading.folded
    found: dict[Span, AmountSeen] = {}
    for pattern in (_AFTER, _BEFORE):
        for each in pattern.finditer(folded):
            value = _value(each["number"]) * (1000 if each["k"] else 1)
            if pattern is _AFTER and each["cents"] and "," not in each["number"]:
                value += Decimal(each["cents"]) / 100
            _keep(found, reading, each.span(), value, each["unit"])
    own = language.split("-")[0].lower()
    for name in (own,) if own in _SPELT else _SPELT:
        for each in _SPELT[name].finditer(folded):
            _keep(found, reading, each.span(), Decimal(dict(_TENS[name])[each["number"]]), each["unit"])
    return tuple(found[span] for span in sorted(found))


def _keep(found: dict[Span, AmountSeen], reading: Reading, span: Span, value: Decimal, unit: str) -> None:
    if not any(span[0] < end and start < span[1] for start, end in found):
        found[span] = AmountSeen(span=reading.original(span), value=value, currency=_CURRENCIES[unit])


def _value(number: str) -> Decimal:
    """1 234,50 and 1.234,50 and 1,234.50 are one number: three digits after a mark are thousands."""
    whole, cents = number, ""
    if (parted := re.fullmatch(r"(.*\d)[.,](\d{1,2})", number)) is not None:
        whole, cents = parted.groups()
    return Decimal(re.sub(r"\D", "", whole) + (f".{cents}" if cents else ""))
