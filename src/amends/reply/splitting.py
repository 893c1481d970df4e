"""A long reply as several posts, each within the network's own count, each ending where a reader would pause.

Borders are sought at paragraphs first, then sentences, then words; never inside a link, a name or what a reader sees as
one character.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum

import regex

from amends.core.say import Said, say

#: More posts than this are no answer any more, and nobody reads them.
MOST_PARTS = 9
#: A last post shorter than this (a share of the room) is evened out with those before it.
WIDOW = 0.2
#: Evening out takes this much room away.
EVENED = (0.6, 0.7, 0.8, 0.9)

#: What must stand whole: links, addresses, names on a network, hashtags.
_WHOLE = regex.compile(
    r"(?:https?://|www\.)[^\s<>\"]+|[\w.+-]+@[\w-]+(?:\.[\w-]+)+|@[\w.-]+(?:@[\w.-]+)?|#\w+", regex.IGNORECASE
)
#: Space where a line may be broken: not the no-break spaces that French has before its signs.
_SPACE = regex.compile(r"[^\S\u00a0\u2007\u202f]+(?!\p{M})")
_ENDS = regex.compile(r"[.!?…。！？]+[\"'”’»)\]]*$")
#: After these a point ends no sentence.
_SHORT = regex.compile(
    r"(?:^|[\s(«“])(?:\p{L}|mr|mrs|ms|dr|st|no|nr|mme|mlle|dl|dna|art|str|tel|tél|e\.g|i\.e|p\.ex|vs|ca|approx)\.$",
    regex.IGNORECASE,
)
#: These belong to the word before them, also with a space between.
_CLINGS = regex.compile(r"[!?:;»%€)\]]")
_ASIAN_END = regex.compile(r"[。！？][”’」』）]*")
_GRAPHEME = regex.compile(r"\X")


class TooLong(Exception):
    """It cannot be split into posts that fit; `why` says why."""

    def __init__(self, why: Said) -> None:
        self.why = why
        super().__init__(str(why))


class _Rank(IntEnum):
    WORD = 1
    SENTENCE = 2
    PARAGRAPH = 3


#: A post may end this early (a share of the room that it has) for the sake of a better border.
EARLIEST = {_Rank.PARAGRAPH: 0.3, _Rank.SENTENCE: 0.5}


@dataclass(frozen=True)
class _Border:
    end: int
    """Where the text before it ends."""
    start: int
    """Where the text after it begins."""
    rank: _Rank


def opened(text: str, opening: str) -> str:
    """`text` with `opening` (as “@ana ”) in front, unless it names them already."""
    name = opening.strip()
    if not name or regex.search(rf"(?<![\w@/]){regex.escape(name)}(?![\w@]|[.-]\w)", text, regex.IGNORECASE):
        return text
    return f"{name} {text}"


def split(
    text: str,
    longest: int,
    count: Callable[[str], int],
    *,
    opening: str = "",
    has_marks: bool = True,
    most: int = MOST_PARTS,
) -> tuple[str, ...]:
    """The posts that `text` becomes: one when it fits, else at most `most`, each with `opening` in front and, with
    `has_marks`, “1/3” at its end. `longest` in the unit of `count`; 0: no limit. Raises `TooLong`."""
    text = text.strip()
    whole = opened(text, opening)
    if longest <= 0 or count(whole) <= longest:
        return (whole,)
    borders = _borders(text)
    pieces = _pieces(text, borders, longest, count, opening, has_marks, most)
    if _room(pieces[-1], count, opening, has_marks) < longest * WIDOW:
        for share in EVENED:
            try:
                evened = _pieces(text, borders, int(longest * share), count, opening, has_marks, most)
            except TooLong:
                continue
            if len(evened) == len(pieces):
                pieces = evened
                break
    marks = [f" {number}/{len(pieces)}" if has_marks else "" for number in range(1, len(pieces) + 1)]
    return tuple(opened(piece, opening) + mark for piece, mark in zip(pieces, marks, strict=True))


def _room(piece: str, count: Callable[[str], int], opening: str, has_marks: bool) -> int:
    """How long a piece is with what is put around it. No part has a number of two digits."""
    return count(opened(piece, opening) + (" 9/9" if has_marks else ""))


def _pieces(
    text: str,
    borders: list[_Border],
    longest: int,
    count: Callable[[str], int],
    opening: str,
    has_marks: bool,
    most: int,
) -> list[str]:
    pieces: list[str] = []
    at = 0
    while at < len(text):
        if len(pieces) == most:
            raise TooLong(
                say("It would be more than {most} posts: shorten it, or answer by another way.", most=most)
            )
        if _room(text[at:], count, opening, has_marks) <= longest:
            pieces.append(text[at:])
            break
        end, at_next = _next_border(text, borders, at, longest, count, opening, has_marks)
        pieces.append(text[at:end].rstrip())
        at = at_next
    return pieces


def _next_border(
    text: str,
    borders: list[_Border],
    at: int,
    longest: int,
    count: Callable[[str], int],
    opening: str,
    has_marks: bool,
) -> tuple[int, int]:
    """Where the post that begins at `at` ends, and where the next one begins."""
    first = bisect_right(borders, at, key=lambda border: border.end)
    low, high = first, len(borders)
    while low < high:
        middle = (low + high) // 2
        if _room(text[at : borders[middle].end], count, opening, has_marks) <= longest:
            low = middle + 1
        else:
            high = middle
    fitting = borders[first:low]
    if not fitting:
        return _inside_word(text, at, longest, count, opening, has_marks)
    for rank, share in EARLIEST.items():
        earliest = at + (fitting[-1].end - at) * share
        for border in reversed(fitting):
            if border.rank == rank and border.end >= earliest:
                return border.end, border.start
    return fitting[-1].end, fitting[-1].start


def _inside_word(
    text: str, at: int, longest: int, count: Callable[[str], int], opening: str, has_marks: bool
) -> tuple[int, int]:
    """A word longer than a post (or a script without spaces) is broken between characters; a link never is."""
    wholes = [each.span() for each in _WHOLE.finditer(text, at)]
    ends = [found.end() for found in _GRAPHEME.finditer(text, at, min(len(text), at + 4 * longest))]
    ends = [end for end in ends if not any(start < end < stop for start, stop in wholes)]
    low, high = 0, len(ends)
    while low < high:
        middle = (low + high) // 2
        if _room(text[at : ends[middle]], count, opening, has_marks) <= longest:
            low = middle + 1
        else:
            high = middle
    if not low or not text[at : ends[low - 1]].strip():
        raise TooLong(
            say("A link or a name in it is longer than one post of this network: use a shorter one.")
        )
    return ends[low - 1], ends[low - 1]


def _borders(text: str) -> list[_Border]:
    """All places where `text` may be broken, in order."""
    found: list[_Border] = []
    for space in _SPACE.finditer(text):
        end, start = space.span()
        if start >= len(text) or (_CLINGS.match(text, start) and "\n" not in space.group()):
            continue
        if text[max(0, end - 1) : end] == "«":
            continue
        found.append(_Border(end, start, _rank(text, end, space.group())))
    for ending in _ASIAN_END.finditer(text):
        if ending.end() < len(text) and not _SPACE.match(text, ending.end()):
            found.append(_Border(ending.end(), ending.end(), _Rank.SENTENCE))
    return sorted(found, key=lambda border: border.end)


def _rank(text: str, end: int, space: str) -> _Rank:
    before = text[max(0, end - 24) : end]
    lines = space.count("\n")
    if lines > 1:
        return _Rank.PARAGRAPH
    if lines or (_ENDS.search(before) and not _SHORT.search(before)):
        return _Rank.SENTENCE
    return _Rank.WORD
