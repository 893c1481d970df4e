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
#: ASCII up to the last letter that a mark may follow.
_ASCII_RUN = re.compile(r"[\x00-\x7f]+(?=[\x00-\x7f]|\Z)")
_SURROGATE = re.compile("[\ud800-\udfff]")


def fold(text: str) -> str:
    """`text` for comparing: compatibility forms, lower case, no accents, one form of quotes.

    Normalises before and after casefold: NFKD after it would bring capitals back (𝐕 → V). Only U+0300–U+036F are
    dropped; dropping every combining mark would destroy Hindi and others.
    """
    if text.isascii():
        return text.lower().replace("`", "'")
    folded = unicodedata.normalize("NFKD", text).casefold()
    folded = _MARKS.sub("", unicodedata.normalize("NFKD", folded))
    return folded.translate(_TABLE)


def words(folded: str) -> list[str]:
    """The words of a folded text, with the # or @ that they begin with."""
    return _WORD.findall(folded)


def storable(text: str) -> str:
    """`text` without what a database refuses: NUL and lone surrogates become U+FFFD. The raw bytes keep the truth."""
    return _SURROGATE.sub("\ufffd", text).replace("\x00", "\ufffd")


def fold_with_map(text: str) -> tuple[str, list[int]]:
    """`fold(text)`, and for each of its characters the index in `text` that it came from.

    The list has one entry more than the folded text: `len(text)`. What was dropped (accents, zero-width marks)
    belongs to the character before it. `original_span` turns a span of the folded text back.
    """
    if text.isascii():
        return fold(text), list(range(len(text) + 1))
    pieces: list[str] = []
    origins: list[int] = []
    start, end = 0, len(text)
    while start < end:
        if run := _ASCII_RUN.match(text, start):
            pieces.append(fold(run.group()))
            origins.extend(range(start, run.end()))
            start = run.end()
            continue
        # Marks are put in order within one base letter, never across two: so each such piece can be folded alone.
        stop = start + 1
        while stop < end and not text[stop].isascii() and not _is_base(text[stop]):
            stop += 1
        piece = fold(text[start:stop])
        pieces.append(piece)
        origins.extend([start] * len(piece))
        start = stop
    origins.append(end)
    return "".join(pieces), origins


def _is_base(letter: str) -> bool:
    return not unicodedata.combining(unicodedata.normalize("NFKD", letter)[0])


def original_span(origins: list[int], start: int, end: int) -> tuple[int, int]:
    """The span of the original text that `start:end` of the folded text came from; `origins` is of `fold_with_map`."""
    if start >= end:
        return origins[start], origins[start]
    last = origins[end - 1]
    while end < len(origins) - 1 and origins[end] <= last:
        end += 1
    return origins[start], origins[end]
