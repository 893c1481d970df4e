"""Which verdict is shown where two speak: the table, and the two rules around it.

1. Where two verdicts are of the same words, one is shown. The graver speaks; of two that are as grave, the one that
   stands further up in `ORDER`, and a rule of another package after ours.
2. Where two verdicts of a draft tell the writer to do opposite things, or the same thing twice, `TABLE` says which is
   shown, and why. It is asked before the first rule, and it does not look at levels.
3. The one that is shown weighs as much as the graver of the two, and what nobody may lift stays so: nothing gets
   lighter by being told once.

`check` finds everything; `shown` is what people see. Advice of the coach (`reply/coach.py`) that a verdict speaks
against is kept back by `kept_back`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from amends.reply.guards.verdict import Level, Verdict
from amends.reply.phrases import overlap


class Reach(StrEnum):
    """Where a row of the table holds."""

    WORDS = "words"
    """Where both are of the same words."""
    DRAFT = "draft"
    """Wherever in the draft they are."""


@dataclass(frozen=True)
class Row:
    """Where both speak, `shown` is shown and `silent` is not."""

    shown: str
    silent: str
    reach: Reach
    why: str


#: Of two that are as grave, over the same words: what must not be said at all, before how it is said.
ORDER = (
    "AM020", "AM001", "AM014", "AM029", "AM026", "AM008", "AM022", "AM021", "AM024", "AM002", "AM023", "AM006", "AM007", "AM017",
    "AM015", "AM018", "AM003", "AM016", "AM019", "AM027", "AM011", "AM012", "AM009", "AM010", "AM025", "AM013", "AM028",
    "AM004", "AM005",
)  # fmt: skip

TABLE = (
    Row("AM029", "AM003", Reach.DRAFT, "The gap is where the time will stand."),
    Row("AM018", "AM003", Reach.DRAFT, "“Solve it now” and “say by when”: what is solved now needs no time."),
    Row("AM024", "AM002", Reach.WORDS, "With somebody who came to abuse, not to argue matters more than the tone."),
    Row("AM024", "AM016", Reach.DRAFT, "“Do not feed it” and “ask first what happened”."),
    Row("AM010", "AM011", Reach.DRAFT, "The form of address of a language that they do not read."),
    Row("AM013", "AM025", Reach.DRAFT, "Both say: write to them directly. The post that is gone is the reason."),
    Row("AM013", "AM009", Reach.DRAFT, "“Take up what they said” where nobody will see what they said."),
    Row("AM005", "AM013", Reach.DRAFT, "Nothing is written yet: whom it answers is told when there is something."),
    Row("AM005", "AM025", Reach.DRAFT, "Nothing is written yet: how often we answered is told when there is something."),
    Row("AM022", "AM021", Reach.WORDS, "First it leaves the public place; there a second person weighs the amount."),
    Row("AM020", "AM001", Reach.WORDS, "“Of another customer” is the graver news about the same number."),
    Row("AM020", "AM019", Reach.WORDS, "“Of another customer” is the graver news about the same name."),
)  # fmt: skip

#: A verdict on a draft's whole end: it marks what is too much, and says nothing of the words there.
MARKS_AN_END = frozenset({"AM004"})

#: Steps of the coach that a rule speaks against, by their names; "*": all.
AGAINST_STEPS: dict[str, tuple[tuple[str, ...], str]] = {
    "AM004": (("*",), "“Shorten it” and “say more”."),
    "AM013": (("*",), "The post is gone: there is nobody to ask or to explain to."),
    "AM016": (("fix", "offer"), "“Ask first” and “propose something”."),
    "AM017": (("apologise",), "It says itself how to be sorry without a fault."),
    "AM018": (("set_expectations",), "“Solve it now” and “say by when”."),
    "AM022": (("offer",), "“Not in public” and “offer something”."),
    "AM024": (("ask", "explain", "apologise", "fix", "offer"), "“Do not feed it” and “say more”."),
    "AM025": (("ask", "explain", "fix", "offer"), "“Not in public again” and “say more”."),
}


def shown(verdicts: Iterable[Verdict]) -> tuple[Verdict, ...]:
    """What people see of the verdicts on one draft: no two of the same words, none that contradict each other. The
    gravest first, then by place. The gravest level is that of `verdicts`."""
    left = list(verdicts)
    for row in TABLE:
        if row.reach is Reach.DRAFT:
            left = _yielded(left, row)
    kept: list[Verdict] = []
    for each in sorted(left, key=_weight):
        over = next((at for at, other in enumerate(kept) if _same_words(each, other)), None)
        if over is None:
            kept.append(each)
        elif any(row.shown == each.rule and row.silent == kept[over].rule for row in TABLE):
            kept[over] = _with_weight(each, kept[over])
        else:
            kept[over] = _with_weight(kept[over], each)
    kept = _apart(kept)
    return tuple(sorted(kept, key=lambda each: (-each.level.rank, each.span or (-1, -1), each.rule)))


def kept_back(verdicts: Iterable[Verdict]) -> frozenset[str]:
    """The steps of the coach that are not to be proposed beside these verdicts; "*" among them: none is."""
    return frozenset(step for each in verdicts for step in AGAINST_STEPS.get(each.rule, ((), ""))[0])


def _yielded(verdicts: list[Verdict], row: Row) -> list[Verdict]:
    silent = [each for each in verdicts if each.rule == row.silent]
    if not silent or not any(each.rule == row.shown for each in verdicts):
        return verdicts
    gravest = max(silent, key=lambda each: each.level.rank)
    return [
        _with_weight(each, gravest) if each.rule == row.shown else each
        for each in verdicts
        if each.rule != row.silent
    ]


def _apart(kept: Sequence[Verdict]) -> list[Verdict]:
    """Of those whose words overlap still, because one took the place of another, the first."""
    apart: list[Verdict] = []
    for each in kept:
        over = next((at for at, other in enumerate(apart) if _same_words(each, other)), None)
        if over is None:
            apart.append(each)
        else:
            apart[over] = _with_weight(apart[over], each)
    return apart


def _same_words(one: Verdict, other: Verdict) -> bool:
    if one.span is None or other.span is None or {one.rule, other.rule} & MARKS_AN_END:
        return False
    return overlap(one.span, other.span)


def _weight(verdict: Verdict) -> tuple[int, int, str, tuple[int, int]]:
    place = ORDER.index(verdict.rule) if verdict.rule in ORDER else len(ORDER)
    return -verdict.level.rank, place, verdict.rule, verdict.span or (-1, -1)


def _with_weight(one: Verdict, other: Verdict) -> Verdict:
    """`one`, as grave as the graver of the two, and as firm."""
    level = max(one.level, other.level, key=lambda level: level.rank)
    firm = [each for each in (one, other) if each.level is level]
    can_be_lifted = all(each.can_be_lifted for each in firm) if level is Level.BLOCK else one.can_be_lifted
    if level is one.level and can_be_lifted == one.can_be_lifted:
        return one
    return replace(one, level=level, can_be_lifted=can_be_lifted)
