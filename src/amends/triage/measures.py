"""How good a judge is: agreement of two people, precision and recall, and how far such figures can be believed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import ceil, sqrt

import numpy as np

#: 95 of 100 such intervals hold the true value (the 97.5th percentile of the normal distribution).
Z = 1.959964


@dataclass(frozen=True, kw_only=True)
class Share:
    """`hits` of `n`, as a part of 1, with its 95 % interval by Wilson (1927)."""

    hits: int
    n: int

    @property
    def value(self) -> float | None:
        """None: there is nothing to measure on."""
        return self.hits / self.n if self.n else None

    @property
    def low(self) -> float:
        return wilson(self.hits, self.n)[0]

    @property
    def high(self) -> float:
        return wilson(self.hits, self.n)[1]


def wilson(hits: int, n: int) -> tuple[float, float]:
    """The 95 % interval of a share, 0…1 (E. B. Wilson 1927, J. Am. Stat. Assoc. 22, 209–212). Of nothing: (0, 1).

    Unlike the plain interval it stays within 0…1 and tells something of few cases, and of none or all of them.
    """
    if n <= 0:
        return 0.0, 1.0
    share, square = hits / n, Z * Z
    middle = (share + square / (2 * n)) / (1 + square / n)
    half = Z * sqrt(share * (1 - share) / n + square / (4 * n * n)) / (1 + square / n)
    return max(0.0, middle - half), min(1.0, middle + half)


def needed_for(share: float, half_width: float = 0.05) -> int:
    """How many posts make the interval of a share like this one no wider than ± `half_width`, 0…1."""
    least, most = 1, ceil(Z * Z / (half_width * half_width)) + 1
    while least < most:
        n = (least + most) // 2
        low, high = wilson(round(share * n), n)
        if (high - low) / 2 <= half_width:
            most = n
        else:
            least = n + 1
    return least


@dataclass(frozen=True, kw_only=True)
class Kappa:
    """Cohen's kappa: how far two people agree beyond chance; 0 none, 1 always (J. Cohen 1960, Educ. Psychol. Meas. 20)."""

    n: int
    agreed: int
    value: float | None
    """None: nothing was judged by both, or both only ever said one thing (chance explains all of it)."""
    low: float | None
    high: float | None


def kappa(pairs: Sequence[tuple[str, str]]) -> Kappa:
    """Cohen's kappa of what two people said of the same posts, with its 95 % interval (Cohen's own standard error)."""
    n = len(pairs)
    agreed = sum(one == other for one, other in pairs)
    first, second = Counter(one for one, _ in pairs), Counter(other for _, other in pairs)
    chance = sum(first[each] * second[each] for each in first) / (n * n) if n else 1.0
    if chance >= 1:
        return Kappa(n=n, agreed=agreed, value=None, low=None, high=None)
    seen = agreed / n
    value = (seen - chance) / (1 - chance)
    error = Z * sqrt(seen * (1 - seen) / n) / (1 - chance)
    return Kappa(n=n, agreed=agreed, value=value, low=max(-1.0, value - error), high=min(1.0, value + error))


@dataclass(frozen=True, kw_only=True)
class Confusion:
    """What was said of posts, by what they are."""

    classes: tuple[str, ...]
    """Those that are, in their order."""
    said: tuple[str, ...]
    """Those that were said; a judge may say more than there is (“unsure”)."""
    counts: Mapping[tuple[str, str], int]
    """(is, said) to how many."""

    @property
    def n(self) -> int:
        return sum(self.counts.values())

    def precision(self, name: str) -> Share:
        """Of the posts that were called so, how many are."""
        column = [self.counts.get((each, name), 0) for each in self.classes]
        return Share(hits=self.counts.get((name, name), 0), n=sum(column))

    def recall(self, name: str) -> Share:
        """Of the posts that are so, how many were called so."""
        row = [self.counts.get((name, each), 0) for each in self.said]
        return Share(hits=self.counts.get((name, name), 0), n=sum(row))

    def f1(self, name: str) -> float:
        """2·tp ÷ (2·tp + fp + fn); 0 where the class neither is nor was said."""
        precision, recall = self.precision(name), self.recall(name)
        return 2 * precision.hits / (precision.n + recall.n) if precision.n + recall.n else 0.0

    @property
    def macro_f1(self) -> float | None:
        """The mean over the classes that there are in truth. None: nothing to measure on."""
        there = [name for name in self.classes if self.recall(name).n]
        return sum(self.f1(name) for name in there) / len(there) if there else None


def confusion(pairs: Sequence[tuple[str, str]], classes: Sequence[str]) -> Confusion:
    """The table of (is, said) pairs. What is said beyond `classes` has a column of its own; what is, must be one of them."""
    counts = Counter(pairs)
    more = sorted({said for _, said in pairs} - set(classes))
    return Confusion(classes=tuple(classes), said=(*classes, *more), counts=counts)


def bootstrapped(
    pairs: Sequence[tuple[str, str]], classes: Sequence[str], *, times: int = 1000, seed: int = 0
) -> tuple[float, float] | None:
    """The 95 % interval of the macro-F1 of (is, said) pairs: drawn anew `times` times with replacement (Efron 1979).
    None of nothing. The same pairs and seed give the same."""
    if not pairs:
        return None
    kinds = sorted(set(pairs))
    seen = Counter(pairs)
    drawn = np.random.default_rng(seed).multinomial(
        len(pairs), [seen[each] / len(pairs) for each in kinds], size=times
    )
    table = confusion(pairs, classes)
    found = sorted(
        Confusion(
            classes=table.classes,
            said=table.said,
            counts=dict(zip(kinds, counts.tolist(), strict=True)),
        ).macro_f1
        or 0.0
        for counts in drawn
    )
    return found[int(0.025 * times)], found[min(times - 1, int(0.975 * times))]


def more_needed(share: Share, drawn: int, half_width: float = 0.05) -> int | None:
    """How many more posts must be drawn by chance until `share`, which `share.n` of `drawn` posts tell of, is known to
    ± `half_width`. None: none of the posts tells of it yet."""
    if share.value is None or not share.n:
        return None
    missing = needed_for(share.value, half_width) - share.n
    return max(0, ceil(missing * drawn / share.n))
