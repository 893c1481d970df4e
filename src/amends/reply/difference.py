"""What two people made of one text: the words that went, came and stayed (four eyes)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Literal

_PIECE = re.compile(r"\s+|\w+(?:['’-]\w+)*|[^\w\s]")
#: Beyond this many pieces a text is compared as a whole: a network's reply has a few hundred at most.
MOST_PIECES = 4000


@dataclass(frozen=True)
class Piece:
    """Some words of a difference: `same` in both, `gone` from the first, `new` in the second."""

    what: Literal["same", "gone", "new"]
    text: str


def difference(before: str, after: str) -> tuple[Piece, ...]:
    """`before` and `after` as pieces in reading order. All but the new ones give `before`, all but those gone give
    `after`."""
    if before == after:
        return (Piece("same", before),) if before else ()
    return tuple(_pieces(before, after))


def _pieces(before: str, after: str) -> Iterator[Piece]:
    old, new = _PIECE.findall(before), _PIECE.findall(after)
    if max(len(old), len(new)) > MOST_PIECES:
        old, new = [before], [after]
    for tag, a, b, c, d in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if tag == "equal":
            yield Piece("same", "".join(old[a:b]))
            continue
        if a < b:
            yield Piece("gone", "".join(old[a:b]))
        if c < d:
            yield Piece("new", "".join(new[c:d]))
