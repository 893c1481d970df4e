"""Phrases found in a text, many thousand at once, in the text's own places.

A text is cut into pieces (words, numbers, signs); phrases lie in a tree by their pieces. The time grows with the
text and hardly with the number of phrases.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from amends.core.text import fold

#: In phrases: up to two words of any kind; a number.
GAP, NUMBER = "~", "<n>"
#: How every glad and every sad face of signs is read.
GLAD, SAD = ":)", ":("
_ANY = "<any>"
_LONGEST_WORD = 64
_REMEMBERED = 50_000

_PIECE = re.compile(
    r"""
    (?P<skip>https?://\S+ | www\.\S+ | @\w+ | &[a-z]{2,6}; | &\#\d+;)
  | (?P<tag>\#\w+)
  | (?P<number>\d+(?:[.,:]\d+)*)
  | (?P<word>[^\W\d_](?:[\w\u0300-\u036f\u200b-\u200d\u00ad\u2060] | \*+(?=\w) | ['’´](?=(?:t|s|re|ve|ll|d|m)\b))*
            (?:\*{2,3}(?![\w*]))?)
  | (?P<face>[:;=]['-]?[()\[\]/D](?![\w/]))
  | (?P<sign>[€$£\u2600-\u27bf\u2b50\U0001f300-\U0001faff])
  | (?P<stop>[.!?;:,()…\n"“”«»]+)
    """,
    re.VERBOSE,
)
_HUMP = re.compile(r"[A-ZÀ-ÞȘȚĂ]+(?![a-zà-ÿșță])|[A-ZÀ-ÞȘȚĂ]?[a-zà-ÿșță]+|\d+")
_LONG = re.compile(r"(.)\1{2,}")
_APART = re.compile(r"['-]")
_CONTRACTED = re.compile(r"\w'(?:t|s|re|ve|ll|d|m)$")


@dataclass(frozen=True)
class Piece:
    """One piece of a text: folded, and where it stands in the text as it came."""

    text: str
    start: int
    end: int
    sort: str
    """word, number, sign, stop"""


@dataclass(frozen=True)
class Hit:
    """A phrase that was found: its group, and the pieces [first, last) it covers."""

    group: str
    first: int
    last: int


@dataclass
class _Node:
    on: dict[str, _Node] = field(default_factory=dict)
    groups: tuple[str, ...] = ()


class BadPhrase(ValueError):
    """A phrase that can never be found as it is written."""


def cut(text: str, endings: tuple[str, ...] = ()) -> list[Piece]:
    """`text` in pieces; links, handles and marks of markup are left out. A tag is cut at its capitals
    (#NeverAgain); one that ends in one of `endings` gives that word too (#novatelfail)."""
    pieces: list[Piece] = []
    is_plain = text.isascii()
    for found in _PIECE.finditer(text):
        sort = found.lastgroup or ""
        if sort == "skip":
            continue
        start, end, said = found.start(), found.end(), found.group()
        if sort == "tag":
            pieces += _tag(said, start, end, endings)
        elif sort == "word":
            folded = said.lower() if is_plain or said.isascii() else fold(said)
            if "'" in folded or "´" in folded:
                folded = folded.replace("'", "").replace("´", "")
            pieces.append(Piece(folded, start, end, sort))
        elif sort == "face":
            pieces.append(Piece(GLAD if said[-1] in ")]D" else SAD, start, end, "sign"))
        else:
            pieces.append(Piece("?" if sort == "stop" and "?" in said else said, start, end, sort))
    return pieces


def _tag(said: str, start: int, end: int, endings: tuple[str, ...]) -> list[Piece]:
    humps = _HUMP.findall(said)
    if len(humps) > 1:
        return [Piece(fold(hump), start, end, "number" if hump.isdigit() else "word") for hump in humps]
    folded = fold(said[1:]).replace("_", "")
    pieces = [Piece(folded, start, end, "word")]
    pieces += [
        Piece(each, start, end, "word") for each in endings if folded.endswith(each) and folded != each
    ][:1]
    return pieces


class Lexicon:
    """The phrases of one language. Raises `BadPhrase`."""

    def __init__(self, phrases: Iterable[tuple[str, str]], numbers: Iterable[str] = ()) -> None:
        """`phrases` are (group, phrase); `numbers` the words that count as a number."""
        self._root = _Node()
        self._words: set[str] = set()
        self._begins: set[str] = set()
        self._lengths: tuple[int, ...] = ()
        self._numbers = frozenset(fold(number) for number in numbers)
        self._readings: dict[str, tuple[str, ...]] = {}
        for group, phrase in phrases:
            for row in _rows(phrase):
                self._put(group, row, phrase)
        self._lengths = tuple(sorted({len(begin) for begin in self._begins}))

    def _put(self, group: str, row: tuple[str, ...], phrase: str) -> None:
        if not row or row[0] == _ANY or row[-1] == _ANY:
            raise BadPhrase(f"the phrase {phrase!r} needs a word at both ends")
        node = self._root
        for step in row:
            if step.endswith("*") and len(step) > 1 and not step.endswith("**"):
                self._begins.add(step[:-1])
            else:
                self._words.add(step)
            node = node.on.setdefault(step, _Node())
        if group not in node.groups:
            node.groups += (group,)

    def find(self, pieces: list[Piece]) -> list[Hit]:
        """All phrases in `pieces`, the longest of each group at each place, in order."""
        steps = [self._read(piece) for piece in pieces]
        hits: list[Hit] = []
        root = self._root.on
        for at, first in enumerate(steps):
            nodes = [root[step] for step in first if step in root]
            if not nodes:
                continue
            best: dict[str, int] = {}
            last = at + 1
            while nodes:
                for node in nodes:
                    for group in node.groups:
                        best[group] = last
                if last >= len(steps):
                    break
                following = (*steps[last], _ANY) if pieces[last].sort != "stop" else steps[last]
                nodes = [node.on[step] for node in nodes for step in following if step in node.on]
                last += 1
            hits += [Hit(group, at, end) for group, end in best.items()]
        return hits

    def _read(self, piece: Piece) -> tuple[str, ...]:
        """The steps that a piece may take in the tree."""
        known = self._readings.get(piece.text)
        if known is None:
            known = tuple(self._readings_of(piece))
            if len(self._readings) >= _REMEMBERED:
                self._readings.clear()
            if len(piece.text) <= _LONGEST_WORD:
                self._readings[piece.text] = known
        return known

    def _readings_of(self, piece: Piece) -> list[str]:
        word = piece.text
        if piece.sort == "number":
            return [word, NUMBER]
        readings = self._plain(word)
        if not readings and piece.sort == "word" and _LONG.search(word):
            # “sooo goood”: a letter held down is read twice or once.
            readings = self._plain(_LONG.sub(r"\1\1", word)) or self._plain(_LONG.sub(r"\1", word))
        if word in self._numbers:
            readings.append(NUMBER)
        return readings

    def _plain(self, word: str) -> list[str]:
        readings = [word] if word in self._words else []
        for length in self._lengths:
            if length > len(word):
                break
            if word[:length] in self._begins:
                readings.append(word[:length] + "*")
        return readings


def _rows(phrase: str) -> list[tuple[str, ...]]:
    """The rows of steps that a phrase stands for: apart and written together, its gaps of none, one, two."""
    apart: list[tuple[str, ...]] = []
    joined: list[tuple[str, ...]] = []
    for chunk in phrase.split():
        if chunk in (GAP, NUMBER, GLAD, SAD):
            apart.append((chunk,))
            joined.append((chunk,))
            continue
        folded = fold(chunk).strip(",.!?:")
        is_one = _CONTRACTED.search(folded) is not None
        parts = [folded.replace("'", "")] if is_one else _APART.split(folded)
        split = tuple(part for part in parts if part)
        apart.append(split)
        joined.append(("".join(split),))
    rows = set()
    for chunks in (apart, joined):
        flat = [step for chunk in chunks for step in chunk]
        choices = [[(_ANY,) * n for n in range(3)] if step == GAP else [(step,)] for step in flat]
        rows |= {tuple(itertools.chain.from_iterable(row)) for row in itertools.product(*choices)}
    return sorted(rows)
