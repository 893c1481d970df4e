"""Is this post nearly the same as one that a person corrected? Likeness and lookup keys, without a row or a model.

Two posts are near-identical when their words are the same once links, handles and numbers are masked, or, from six
words on, when at least 85 of 100 of their pairs of neighbouring words are common and no negation is in one of them alone:
“it works” and “it never works” are many words alike and two different matters.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Set
from dataclasses import dataclass
from functools import cached_property
from hashlib import blake2b
from zlib import crc32

import numpy as np
import numpy.typing as npt

from amends.core.text import fold, words
from amends.triage.model.text import clean

#: Shorter posts must be the same.
FEWEST_WORDS = 6
LIKE_ENOUGH = 0.85

#: MinHash (Broder 1997) in bands (Leskovec, Rajaraman, Ullman, “Mining of Massive Datasets”, 3.4): 8 bands of 4 meet
#: at least once for 997 of 1,000 pairs whose likeness is 0.85.
BANDS, ROWS = 8, 4
_NUMBERS = re.compile(r"\d+(?:[.,:/\-]\d+)*")
_SPACES = re.compile(r"\s+")


#: One for each hash function, for ever the same: rows are found by what they give.
_SEEDS = np.array(
    [
        int.from_bytes(blake2b(b"amends taught %d" % at, digest_size=8).digest(), "big")
        for at in range(BANDS * ROWS)
    ],
    np.uint64,
)


def _mixed(hashed: npt.NDArray[np.uint64]) -> npt.NDArray[np.uint64]:
    """[n] → [n, BANDS·ROWS]: each hash anew for each function (the finisher of SplitMix64, Steele et al. 2014)."""
    mixed = hashed[:, None] ^ _SEEDS[None, :]
    mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return mixed ^ (mixed >> np.uint64(31))


@dataclass(frozen=True)
class Wording:
    """The words of a post as they are compared."""

    text: str
    """Folded, with links, handles and numbers masked."""

    @cached_property
    def words(self) -> tuple[str, ...]:
        return tuple(words(self.text))

    @cached_property
    def shingles(self) -> frozenset[str]:
        """Its pairs of neighbouring words; none for a short post, which must be the same."""
        if len(self.words) < FEWEST_WORDS:
            return frozenset()
        return frozenset(f"{one} {two}" for one, two in zip(self.words, self.words[1:], strict=False))

    @cached_property
    def keys(self) -> tuple[int, ...]:
        """Whole numbers (signed, 64 bits) of which near-identical posts have one in common, nearly always; the first
        stands for the exact words. None for a post without any word or sign."""
        if not self.text:
            return ()
        exact = _number(b"=" + self.text.encode("utf-8", "replace"))
        if not self.shingles:
            return (exact,)
        hashed = np.array([crc32(each.encode("utf-8", "replace")) for each in self.shingles], np.uint64)
        bands = _mixed(hashed).min(axis=0).astype("<u8").reshape(BANDS, ROWS)
        return (exact, *(_number(b"%d" % at + band.tobytes()) for at, band in enumerate(bands)))


def _number(data: bytes) -> int:
    return int.from_bytes(blake2b(data, digest_size=8).digest(), "big", signed=True)


def wording(text: str) -> Wording:
    """`text` as it is compared. Never raises."""
    masked = _NUMBERS.sub("7", fold(clean(text)))
    return Wording(_SPACES.sub(" ", masked).strip())


def likeness(one: Wording, other: Wording) -> float:
    """0…1: 1 for the same words, else the share of their pairs of neighbouring words that are common (Jaccard)."""
    if one.text == other.text:
        return 1.0 if one.text else 0.0
    if not one.shingles or not other.shingles:
        return 0.0
    return len(one.shingles & other.shingles) / len(one.shingles | other.shingles)


def are_alike(one: Wording, other: Wording, negators: Set[str] = frozenset()) -> bool:
    """Whether what a person said of one holds for the other. `negators` are folded, without apostrophes."""
    score = likeness(one, other)
    return score == 1.0 or (score >= LIKE_ENOUGH and _denials(one, negators) == _denials(other, negators))


def _denials(each: Wording, negators: Set[str]) -> Counter[str]:
    return Counter(plain for word in each.words if (plain := word.replace("'", "")) in negators)
