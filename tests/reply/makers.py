"""Situations for the tests of the reply room."""

from datetime import UTC, datetime
from functools import cache
from typing import Any

from amends.core.case import Kind, Severity
from amends.core.mention import Visibility
from amends.reply.coach import CoachPolicy, Step, StepSeen, coach
from amends.reply.guard import GuardPolicy, Verdict, check
from amends.reply.situation import Situation

#: A Wednesday, half past three in the afternoon.
NOW = datetime(2026, 3, 11, 15, 30, tzinfo=UTC)


def make_situation(**changes: Any) -> Situation:
    facts: dict[str, Any] = {
        "their_text": "Where is my parcel?",
        "language": "en",
        "visibility": Visibility.PUBLIC,
        "kind": Kind.COMPLAINT,
        "severity": Severity.MEDIUM,
        "anger": 1,
        "topic": "delivery",
        "network": "bluesky",
        "longest": 0,
        "count": len,
        "now": NOW,
    }
    return Situation(**(facts | changes))


@cache
def coaching() -> CoachPolicy:
    return CoachPolicy.load()


def guards() -> GuardPolicy:
    return coaching().guards


def verdicts(draft: str, **changes: Any) -> tuple[Verdict, ...]:
    return check(draft, make_situation(**changes), guards())


def fired(draft: str, **changes: Any) -> set[str]:
    return {each.rule for each in verdicts(draft, **changes)}


def found(draft: str, rule: str, **changes: Any) -> list[str]:
    """The words of the draft that a rule points at."""
    return [
        draft[slice(*each.span)] for each in verdicts(draft, **changes) if each.rule == rule and each.span
    ]


def steps(draft: str, **changes: Any) -> dict[Step, StepSeen]:
    return {each.step: each for each in coach(draft, make_situation(**changes), coaching())}


def done(draft: str, **changes: Any) -> set[str]:
    return {each.step.value for each in steps(draft, **changes).values() if each.is_done}
