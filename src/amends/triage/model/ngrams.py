"""The small tier: hashed words and letter groups, one weight for each and class. No encoder, 4 MB, always there.

Features of a post are its words, pairs of words, and groups of two to five letters within a word and its edges,
folded (no accents, small letters), each hashed to one of `BUCKETS` (hashing trick: Weinberger et al. 2009). A whole
batch is cut at once as one array of code points; nothing is done letter by letter.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from amends.core.text import fold
from amends.triage.model.text import clean

BUCKETS = 1 << 18
GROUPS = (2, 3, 4, 5)
#: The tasks that this tier is asked; the others need an encoder.
NGRAM_TASKS = ("kind", "abuse", "sentiment", "sarcasm")

Hashes = npt.NDArray[np.uint32]
Places = npt.NDArray[np.int64]

_PRIME = np.uint64(0x9E3779B97F4A7C15)
_BACK = np.uint64(pow(0x9E3779B97F4A7C15, -1, 1 << 64))
_SPACE = 32


@dataclass(frozen=True)
class Features:
    """The features of a batch, one after another."""

    hashes: Hashes
    """0…BUCKETS−1"""
    owners: Places
    """Which text each belongs to, never falling."""
    starts: Places
    """Where in the folded batch each begins, and `ends` where it ends: see `Ngrams.words`."""
    ends: Places
    count: int
    """Texts in the batch."""


def prepare(text: str) -> str:
    """`text` as this tier reads it."""
    return fold(clean(text))


def cut(prepared: Sequence[str]) -> Features:
    """The features of texts that `prepare` made."""
    joined = "".join(f" {text} " for text in prepared)
    points = np.frombuffer(joined.encode("utf-32-le", "replace"), np.uint32).astype(np.uint64)
    lengths = np.array([len(text) + 2 for text in prepared], np.int64)
    owner = np.repeat(np.arange(len(prepared)), lengths)
    space = points == _SPACE
    spaces = np.concatenate([[0], np.cumsum(space)])
    found: list[tuple[npt.NDArray[np.uint64], Places, Places]] = []
    rolling = points.copy()
    for size in range(2, max(GROUPS) + 1):
        rolling = rolling[:-1] * _PRIME + points[size - 1 :]
        if size in GROUPS:
            at = np.arange(len(rolling))
            is_whole = (spaces[at + size - 1] == spaces[at + 1]) & (owner[at] == owner[at + size - 1])
            at = at[is_whole]
            found.append((rolling[at] + np.uint64(size), at, at + size))
    found += _words(points, space, owner)
    hashes = np.concatenate([each for each, _, _ in found])
    starts = np.concatenate([each for _, each, _ in found])
    ends = np.concatenate([each for _, _, each in found])
    owners = owner[starts]
    order = np.argsort(owners, kind="stable")
    return Features(_mixed(hashes)[order], owners[order], starts[order], ends[order], len(prepared))


def _words(
    points: npt.NDArray[np.uint64], space: npt.NDArray[np.bool_], owner: Places
) -> list[tuple[npt.NDArray[np.uint64], Places, Places]]:
    """Words (runs of letters and digits, or a single other sign) and pairs of neighbours, hashed."""
    letter = _LETTERS[np.minimum(points, len(_LETTERS) - 1).astype(np.int64)]
    before = np.concatenate([[False], letter[:-1]])
    after = np.concatenate([letter[1:], [False]])
    sign = ~letter & ~space
    starts = np.flatnonzero((letter & ~before) | sign)
    ends = np.flatnonzero((letter & ~after) | sign) + 1
    with np.errstate(over="ignore"):
        powers = np.cumprod(np.full(len(points), _PRIME, np.uint64))
        back = np.cumprod(np.full(len(points), _BACK, np.uint64))
        sums = np.concatenate([np.zeros(1, np.uint64), np.cumsum(points * powers, dtype=np.uint64)])
        words = (sums[ends] - sums[starts]) * back[starts]
        pairs = words[:-1] * np.uint64(3) * _PRIME + words[1:]
    near = owner[starts[:-1]] == owner[starts[1:]]
    return [
        (words * np.uint64(7) + np.uint64(1), starts, ends),
        (pairs[near] + np.uint64(2), starts[:-1][near], ends[1:][near]),
    ]


def _mixed(hashes: npt.NDArray[np.uint64]) -> Hashes:
    with np.errstate(over="ignore"):
        mixed = (hashes ^ (hashes >> np.uint64(31))) * np.uint64(0xBF58476D1CE4E5B9)
    return ((mixed >> np.uint64(40)) & np.uint64(BUCKETS - 1)).astype(np.uint32)


def _letters() -> npt.NDArray[np.bool_]:
    return np.array([chr(point).isalnum() for point in range(0x3000)] + [False])


_LETTERS = _letters()


@dataclass(frozen=True)
class Ngrams:
    """The weights: [BUCKETS, columns] small integers, a scale and a bias for each column."""

    weights: npt.NDArray[np.int8]
    scale: npt.NDArray[np.float32]
    bias: npt.NDArray[np.float32]

    def logits(self, texts: Sequence[str]) -> npt.NDArray[np.float32]:
        """[texts, columns], before any softmax."""
        if not texts:
            return np.zeros((0, len(self.bias)), np.float32)
        features = cut([prepare(text) for text in texts])
        counts = np.bincount(features.owners, minlength=features.count)
        sums = np.zeros((features.count, len(self.bias)), np.int32)
        has = np.flatnonzero(counts)
        if len(has):
            firsts = np.concatenate([[0], np.cumsum(counts[has])[:-1]])
            rows = self.weights[features.hashes]
            sums[has] = np.add.reduceat(rows, firsts, axis=0, dtype=np.int32)
        return np.asarray(sums * self.scale / np.sqrt(np.maximum(counts, 1))[:, None] + self.bias, np.float32)

    def words(self, text: str, column: int, most: int = 3) -> list[tuple[int, int]]:
        """Spans of the words in `prepare(text)` that spoke most for `column`, strongest first."""
        prepared = prepare(text)
        features = cut([prepared])
        weights = self.weights[features.hashes, column] * float(self.scale[column])
        per_sign = np.zeros(len(prepared) + 3)
        for start, end, weight in zip(features.starts, features.ends, weights, strict=True):
            per_sign[start:end] += weight / (end - start)
        spans, at = [], 0
        for word in prepared.split(" "):
            if word:
                spans.append((float(per_sign[at + 1 : at + 1 + len(word)].sum()), at, at + len(word)))
            at += len(word) + 1
        spans.sort(reverse=True)
        return [(start, end) for weight, start, end in spans[:most] if weight > 0]
