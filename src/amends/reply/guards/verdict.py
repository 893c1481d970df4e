"""What a rule found, and how much it weighs."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from amends.core.say import Said
from amends.reply.phrases import Span


class Level(StrEnum):
    """What a verdict asks of the agent."""

    PASS = "pass"  # noqa: S105
    HINT = "hint"
    """Shown; nothing to do."""
    WARN = "warn"
    """Goes out only after a second look: the agent confirms it."""
    BLOCK = "block"
    """Does not go out."""

    @property
    def rank(self) -> int:
        return list(Level).index(self)


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """What one rule found at one place."""

    rule: str
    """The code, "AM001" …"""
    name: str
    level: Level
    span: Span | None
    """In the draft as it was given; None: the draft as a whole."""
    reason: Said
    repair: Said | None = None
    replacement: str | None = None
    """What a click puts in the place of the span."""
    move: str = ""
    """Where a click takes the whole draft: "direct", a direct message. Empty: nowhere."""
    can_be_lifted: bool = True
    """Where it blocks: a second person may let it through, with a reason."""


@dataclass(frozen=True, kw_only=True)
class Finding:
    """What a detector saw. `is_doubtful` weighs by the rule's `level_when_doubtful`. `span` is of the draft."""

    span: Span | None
    reason: Said
    repair: Said | None = None
    replacement: str | None = None
    is_doubtful: bool = False
    move: str = ""
    """As in `Verdict`."""
    is_final: bool = False
    """Nobody lets it through, whatever the rule's policy says."""


def worst(verdicts: Iterable[Verdict]) -> Level:
    """The gravest level; `pass` when there is no verdict."""
    return max((each.level for each in verdicts), key=lambda level: level.rank, default=Level.PASS)


def blocks(verdicts: Iterable[Verdict]) -> tuple[Verdict, ...]:
    """Those that keep the draft from going out."""
    return tuple(each for each in verdicts if each.level is Level.BLOCK)


def repaired(draft: str, verdict: Verdict) -> str:
    """`draft` with the one-click repair of `verdict` made; unchanged where there is none."""
    if verdict.span is None or verdict.replacement is None:
        return draft
    start, end = verdict.span
    before = draft[:start]
    # Of the two spaces around what is taken out, one stays.
    if not verdict.replacement and draft[end : end + 1] == " " and (not before or before.endswith(" ")):
        end += 1
    return before + verdict.replacement + draft[end:]
