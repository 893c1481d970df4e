"""What the lifecycle's effects do. Each name in a `then` has its handler here, in the caller's transaction."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from datetime import datetime

from amends.core.case import Closing
from amends.core.say import say
from amends.desk.seal import LogWriter
from amends.desk.trail import tell
from amends.store.models import Agent, Case, Muting

Handler = Callable[[Case, Agent | None, datetime], None]


def _run_clock(case: Case, by: Agent | None, now: datetime) -> None:
    case.breached_at, case.snoozed_until = None, None


def _forget_ending(case: Case, by: Agent | None, now: datetime) -> None:
    """It begins again: the old question and offer answer nothing any more. The trail keeps them."""
    case.closed_at, case.closing, case.closing_reason = None, "", ""
    case.asked_satisfied_at, case.is_satisfied, case.last_offer_at = None, None, None


def _start_silence_clock(case: Case, by: Agent | None, now: datetime) -> None:
    case.breached_at, case.snoozed_until = None, None


def _stop_clock(case: Case, by: Agent | None, now: datetime) -> None:
    case.due_at, case.due_for, case.breached_at, case.snoozed_until = None, "", None, None


def _count_reopening(case: Case, by: Agent | None, now: datetime) -> None:
    case.reopened += 1


def _notify_owner(case: Case, by: Agent | None, now: datetime) -> None:
    if case.owner_id and (by is None or by.pk != case.owner_id):
        tell(say("{author} wrote again", author=str(case.author)), now=now, case=case, to=case.owner)


def _seal_case(case: Case, by: Agent | None, now: datetime) -> None:
    """The end of a case is evidence too: its record goes into the log."""
    story = {
        "case": case.pk,
        "closing": case.closing,
        "closed_at": now.isoformat(),
        "by": by.pk if by else None,
        "events": [
            {"kind": event.kind, "at": event.at.isoformat(), "by": event.actor_id}
            for event in case.events.order_by("id")
        ],
    }
    canonical = json.dumps(story, sort_keys=True, separators=(",", ":"))
    writer = LogWriter()
    writer.keep_bytes(
        canonical.encode(), kind="closed", canonical=canonical, source="desk", case=case, now=now
    )
    writer.close()


def _mute(case: Case, by: Agent | None, now: datetime) -> None:
    """Not answered, by decision (W6). `desk/muting.py` has written why already, or it was closed without it."""
    if case.muted_at is None:
        why = "troll" if case.closing == Closing.TROLL else "other"
        Muting.objects.create(
            case=case, author=case.author, by=by, at=now, why=why, reason=case.closing_reason[:500]
        )
        case.muted_at = now


def _unmute(case: Case, by: Agent | None, now: datetime) -> None:
    """The decision ends; who took it, and when, stays on record."""
    if case.muted_at is not None:
        Muting.objects.filter(case=case, undone_at=None).update(undone_by=by, undone_at=now)
        case.muted_at = None


HANDLERS: dict[str, Handler] = {
    "run_clock": _run_clock,
    "forget_ending": _forget_ending,
    "start_silence_clock": _start_silence_clock,
    "stop_clock": _stop_clock,
    "count_reopening": _count_reopening,
    "notify_owner": _notify_owner,
    "seal_case": _seal_case,
    "mute": _mute,
    "unmute": _unmute,
}


def carry_out(case: Case, names: Iterable[str], *, by: Agent | None, now: datetime) -> None:
    """Do the named effects on a case whose row the caller holds and will save."""
    for name in names:
        HANDLERS[name](case, by, now)
