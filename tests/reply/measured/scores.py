"""How well each rule hears: what it said of the written drafts, against what must be said."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from tests.reply.measured.drafts import Written

from amends.reply.guard import GuardPolicy, Level, Verdict, check


@dataclass(frozen=True, kw_only=True)
class Judged:
    """A draft, and what the guards said of it."""

    draft: Written
    verdicts: tuple[Verdict, ...]

    @property
    def said(self) -> frozenset[str]:
        return frozenset(each.rule for each in self.verdicts)

    @property
    def missed(self) -> frozenset[str]:
        """Rules that must speak, and do not."""
        return self.draft.must - self.said

    @property
    def wrong(self) -> frozenset[str]:
        """Rules that speak, and should not."""
        return self.said - self.draft.must - self.draft.may


@dataclass(frozen=True, kw_only=True)
class Score:
    """What a rule did over some drafts."""

    hits: int
    """Drafts where it must speak."""
    near: int
    """Drafts written to look like its hits, and fine."""
    heard: int
    """Hits where it speaks."""
    wrong: int
    """Drafts where it speaks and should not, of all drafts."""

    @property
    def precision(self) -> float:
        """Of the drafts where it speaks, the share where it should. Silent: 1."""
        spoken = self.heard + self.wrong
        return self.heard / spoken if spoken else 1.0

    @property
    def recall(self) -> float:
        """Of the drafts where it must speak, the share where it does. None of them: 1."""
        return self.heard / self.hits if self.hits else 1.0


def judged(drafts: Iterable[Written], policy: GuardPolicy) -> list[Judged]:
    return [Judged(draft=each, verdicts=check(each.text, each.situation, policy)) for each in drafts]


def score(found: Sequence[Judged], rule: str) -> Score:
    return Score(
        hits=sum(rule in each.draft.must for each in found),
        near=sum(each.draft.about == rule and not each.draft.is_hit for each in found),
        heard=sum(rule in each.draft.must & each.said for each in found),
        wrong=sum(rule in each.wrong for each in found),
    )


def together(found: Sequence[Judged]) -> Score:
    """All rules together: each rule of each draft counts once."""
    return Score(
        hits=sum(len(each.draft.must) for each in found),
        near=sum(not each.draft.is_hit for each in found),
        heard=sum(len(each.draft.must & each.said) for each in found),
        wrong=sum(len(each.wrong) for each in found),
    )


def blocking(found: Sequence[Judged]) -> Score:
    """All blocks together: a block is right where its rule must or may speak."""
    blocks = [
        (each, verdict)
        for each in found
        for verdict in {v.rule: v for v in each.verdicts if v.level is Level.BLOCK}.values()
    ]
    wrong = sum(verdict.rule in each.wrong for each, verdict in blocks)
    return Score(hits=len(blocks) - wrong, near=0, heard=len(blocks) - wrong, wrong=wrong)


def off_the_mark(found: Sequence[Judged]) -> list[Judged]:
    """Hits whose rule speaks, but at no place that the marks show."""
    return [
        each
        for each in found
        if each.draft.spans
        and each.draft.about in each.said
        and not any(
            verdict.span is None or _touch(verdict.span, span)
            for verdict in each.verdicts
            if verdict.rule == each.draft.about
            for span in each.draft.spans
        )
    ]


def _touch(one: tuple[int, int], other: tuple[int, int]) -> bool:
    return one[0] < other[1] and other[0] < one[1]


def table(found: Sequence[Judged], rules: Iterable[str], language: str) -> list[str]:
    """Rows of a Markdown table, one a rule: the tuned part and the part kept apart."""
    parts: tuple[Callable[[Judged], bool], ...] = (
        lambda each: not each.draft.is_apart,
        lambda each: each.draft.is_apart,
    )
    rows = []
    for rule in rules:
        tuned, apart = (score([each for each in found if part(each)], rule) for part in parts)
        if tuned.hits + apart.hits + tuned.wrong + apart.wrong == 0:
            continue
        cells = [
            f"| {rule} | {language}",
            *(
                f"{each.hits} / {each.near} | {each.precision:.0%} | {each.recall:.0%}"
                for each in (tuned, apart)
            ),
        ]
        rows.append(" | ".join(cells) + " |")
    return rows
