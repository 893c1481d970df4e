"""The clocks of a case: when the next answer is due, and by which promise or silence.

Every complaint has a running clock from the moment it is found (W2); severity only shortens it. Targets are spans of
business hours, from `policy/sla.toml`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from amends.core.case import CaseFacts, Kind, Severity, Status
from amends.core.clock import BusinessHours
from amends.core.policy import BadPolicy, only, read_policy

_SPAN = re.compile(r"(\d+) (minute|hour|day)s?")
_UNITS = {"minute": timedelta(minutes=1), "hour": timedelta(hours=1), "day": timedelta(days=1)}


def read_span(text: object, where: str) -> timedelta:
    """A `timedelta` of "15 minutes", "4 hours", "2 days". Raises `BadPolicy` naming `where`."""
    if not isinstance(text, str) or not (found := _SPAN.fullmatch(text.strip())):
        raise BadPolicy(f"{where}: {text!r} is not a span such as “15 minutes”, “4 hours” or “2 days”")
    return int(found[1]) * _UNITS[found[2]]


@dataclass(frozen=True, kw_only=True)
class SlaPolicy:
    """Targets by severity; which kinds run a clock; how long silence lasts before a case is looked at again."""

    first_answer: Mapping[Severity, timedelta]
    next_answer: Mapping[Severity, timedelta]
    clock_kinds: frozenset[Kind]
    look_again_after: timedelta
    remind_before: timedelta

    @classmethod
    def load(cls, own: Path | None = None) -> SlaPolicy:
        return cls.from_toml(read_policy("sla", own))

    @classmethod
    def from_toml(cls, table: Mapping[str, Any]) -> SlaPolicy:
        """The policy of a parsed sla.toml. Raises `BadPolicy` for a missing or unknown key."""
        only(
            table,
            ("first_answer", "next_answer", "clock_kinds", "look_again_after", "remind_before"),
            "sla.toml",
        )
        try:
            return cls(
                first_answer=_targets(table["first_answer"], "sla.toml, first_answer"),
                next_answer=_targets(table["next_answer"], "sla.toml, next_answer"),
                clock_kinds=frozenset(Kind(each) for each in table["clock_kinds"]),
                look_again_after=read_span(table["look_again_after"], "sla.toml, look_again_after"),
                remind_before=read_span(table["remind_before"], "sla.toml, remind_before"),
            )
        except KeyError as missing:
            raise BadPolicy(f"sla.toml: {missing.args[0]!r} is missing") from missing
        except ValueError as wrong:
            raise BadPolicy(f"sla.toml: {wrong}") from wrong


def _targets(table: Mapping[str, Any], where: str) -> dict[Severity, timedelta]:
    only(table, [each.value for each in Severity], where)
    return {each: read_span(table[each.value], f"{where}.{each.value}") for each in Severity}


@dataclass(frozen=True, kw_only=True)
class Due:
    """The clock that runs: its end (aware UTC) and which one it is."""

    at: datetime
    what: str
    """first_answer, next_answer, or look_again (the customer is silent)"""


def due(case: CaseFacts, hours: BusinessHours, policy: SlaPolicy) -> Due | None:
    """The clock that runs for a case now, or None: closed, or a kind that waits for nobody."""
    if case.status == Status.CLOSED:
        return None
    if case.status in (Status.PENDING, Status.RESOLVED):
        answered = case.last_answer_at or case.last_author_at
        return Due(at=answered + policy.look_again_after, what="look_again")
    if case.kind not in policy.clock_kinds:
        return None
    if case.first_answer_at is None:
        return Due(at=hours.add(case.opened_at, policy.first_answer[case.severity]), what="first_answer")
    since = max(case.last_author_at, case.opened_at)
    return Due(at=hours.add(since, policy.next_answer[case.severity]), what="next_answer")


def is_late(due_at: datetime | None, now: datetime) -> bool:
    """Whether the clock has run out at `now`."""
    return due_at is not None and due_at <= now


def needs_reminder(promise_due_at: datetime, made_at: datetime, now: datetime, policy: SlaPolicy) -> bool:
    """Whether to remind of a promise before it breaks: `remind_before` its end, or half-way for a short one."""
    ahead = min(policy.remind_before, (promise_due_at - made_at) / 2)
    return promise_due_at - ahead <= now < promise_due_at
