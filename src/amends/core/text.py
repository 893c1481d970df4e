"""Text as it is compared: folded case and accents, words, and what must not be stored as it came."""

from __future__ import annotations

import re
import unicodedata

#: Letters that no Unicode decomposition takes apart, and marks that people type in several ways.
_TABLE = str.maketrans(
    {
        "ı": "i", "ł": "l", "ø": "o", "đ": "d", "ð": "d", "þ": "th", "æ": "ae", "œ": "oe", "ß": "ss",
        "’": "'", "‘": "'", "ʼ": "'", "`": "'", "´": "'", "“": '"', "”": '"', "„": '"', "«": '"', "»": '"',
        "\u200b": "", "\u200c": "", "\u200d": "", "\u2060": "", "\ufe0f": "", "\ufe0e": "", "\u00ad": "",
        "\ufeff": "",
    }
)  # fmt: skip
_MARKS = re.compile("[\u0300-\u036f]")
_WORD = re.compile(r"[#@]?\w+(?:'\w+)?", re.UNICODE)
_SURROGATE = re.compile("[\ud800-\udfff]")


def fold(text: str) -> str:
    """`text` for comparing: compatibility forms, lower case, no accents, one form of quotes.

    Normalises before and after casefold: NFKD after it would bring capitals back (𝐕 → V). Only U+0300–U+036F are
    dropped; dropping every combining mark would destroy Hindi and others.
    """
    if text.isascii():
        return text.lower()
    folded = unicodedata.normalize("NFKD", text).casefold()
    folded = _MARKS.sub("", unicodedata.normalize("NFKD", folded))
    return folded.translate(_TABLE)


def words(folded: str) -> list[str]:
    """The words of a folded text, with the # or @ that they begin with."""
    return _WORD.findall(folded)


def storable(text: str) -> str:
    """`text` without what a database refuses: NUL and lone surrogates become U+FFFD. The raw bytes keep the truth."""
    return _SURROGATE.sub("\ufffd", text).replace("\x00", "\ufffd")
