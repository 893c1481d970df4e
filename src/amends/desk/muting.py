"""Decided not to answer, and still watched (W6): who decided it, why, when, and the way back."""

from __future__ import annotations

from datetime import datetime

from amends.core.case import Kind, Severity, Status
from amends.core.graph import Refused
from amends.core.say import Said, say
from amends.core.text import storable
from amends.desk.actions import holding, move
from amends.desk.trail import record
from amends.followup.muted import WHYS, not_for_that, what_calls
from amends.store.models import Agent, Case, Muting
from amends.triage.judgement import Abuse, Judgement

__all__ = ["WHYS", "called_by", "latest", "mute", "unmute"]


def mute(case_id: int, why: str, reason: str = "", *, by: Agent, now: datetime) -> None:
    """Nobody answers in this matter any more. `why` is one of `WHYS`; `reason` are words of one's own.

    Raises `Refused` where it is for another kind of post, a promise is open, or a reply is on its way.
    """
    reason = storable(" ".join(reason.split()))[:500]
    with holding(case_id, by=by, now=now) as case:
        if case.status == Status.CLOSED:
            raise Refused(say("The case is closed: reopen it first."))
        if stands_against := not_for_that(why, reason, Kind(case.kind)):
            raise Refused(stands_against)
        case.closing_reason, case.muted_at = reason or str(WHYS[why]), now
        Muting.objects.create(case=case, author=case.author, by=by, at=now, why=why, reason=reason)
        record(case, "case_muted", by=by, now=now, why=why, reason=reason)
        move(case, "leave_troll" if why == "troll" and case.status in _OF_TROLLS else "leave", by=by, now=now)


#: From these a case can be closed as a troll's.
_OF_TROLLS = (Status.NEW, Status.OPEN, Status.PENDING)


def unmute(case_id: int, *, by: Agent, now: datetime) -> None:
    """Take the decision back: the case is open again, as it would be had nobody decided."""
    with holding(case_id, by=by, now=now) as case:
        if case.muted_at is None:
            raise Refused(say("This case is answered like any other: there is nothing to take back."))
        record(case, "case_unmuted", by=by, now=now)
        move(case, "reopen", by=by, now=now)
        # Nobody came back: a colleague changed their mind.
        case.reopened -= 1


def called_by(case: Case, judged: Judgement) -> Said | None:
    """Why what a muted author wrote now must be seen all the same; None: it is kept, and calls nobody."""
    kept = latest(case.pk)
    return what_calls(
        kept.why if kept else "troll",
        topic=case.topic,
        new_kind=Kind(judged.kind),
        new_severity=Severity(judged.severity),
        new_topic=judged.topic,
        is_threat=judged.abuse is Abuse.THREAT,
        parts=judged.severity_parts,
    )


def latest(case_id: int) -> Muting | None:
    """The last decision not to answer in a case, taken back or not."""
    return Muting.objects.filter(case=case_id).select_related("by").order_by("-id").first()
