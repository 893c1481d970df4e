"""The trail of a case, the notices to people, and the facts that decisions look at."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, time
from typing import Any

from django.db.models import Count, Min, Q

from amends.core.case import CaseFacts, Closing, Kind, Severity, Status
from amends.core.clock import BusinessHours
from amends.core.say import Said
from amends.desk import policies
from amends.followup.sla import due
from amends.reply.outbox import UNDER_WAY
from amends.store.models import (
    Agent,
    Case,
    CaseEvent,
    Evidence,
    Notice,
    Organisation,
    OutboxEntry,
    Promise,
    Role,
)

#: Everything that is written into a case's trail. `docs/reference/events.md` says what each means.
EVENTS = frozenset(
    """
    case_opened case_assigned case_held case_resumed case_resolved case_closed case_reopened case_snoozed case_woken
    author_wrote author_thanked mention_edited mention_deleted answered_elsewhere note_added judgement_corrected
    reply_approved reply_sent reply_failed reply_unsure reply_not_there reply_taken_back reply_tried_again
    reply_part_sent reply_held reply_let_go reply_doubted
    reply_sent_early reply_changing reply_changed reply_removed reply_change_failed
    approval_asked approval_returned approval_withdrawn approval_overtaken block_lifted
    draft_held draft_let_go draft_thrown_away
    promise_made promise_kept promise_moved promise_broken promise_withdrawn
    customer_satisfied customer_unsatisfied customer_silent sla_breached
    case_muted case_unmuted case_called author_wrote_muted wanted_noted done_noted
    """.split()
)

#: Outbox entries that are on their way.
IN_FLIGHT = tuple(map(str, UNDER_WAY))


def record(case: Case, kind: str, *, by: Agent | None, now: datetime, **data: Any) -> CaseEvent:
    """Write one event, past tense; `note` and `promise` are ids. Raises `ValueError` for one that is not among `EVENTS`."""
    if kind not in EVENTS:
        raise ValueError(f"{kind!r} is not an event of a case")
    return CaseEvent.objects.create(
        case=case,
        kind=kind,
        actor=by,
        at=now,
        data=data,
        note_id=data.get("note"),
        promise_id=data.get("promise"),
    )


def tell(
    text: Said, *, now: datetime, case: Case | None = None, to: Agent | None = None, level: str = "info"
) -> None:
    """Put a notice before an agent, or before everybody."""
    Notice.objects.create(agent=to, case=case, text=text.as_json(), level=level, at=now)


def tell_leads(
    text: Said, *, now: datetime, case: Case | None = None, level: str = "info", but: Agent | None = None
) -> None:
    """Put a notice before every lead and admin, except `but`."""
    leads = Agent.objects.filter(is_active=True, role__in=(Role.LEAD, Role.ADMIN))
    Notice.objects.bulk_create(
        Notice(agent=each, case=case, text=text.as_json(), level=level, at=now)
        for each in leads
        if each != but
    )


def facts_of(case: Case, *, now: datetime, like_open: int = 0) -> CaseFacts:
    """What the lifecycle, the clocks and the six steps look at. Three queries."""
    promises = Promise.objects.filter(case=case).aggregate(
        open=Count("pk", filter=Q(kept_at=None, withdrawn_at=None)),
        late=Count("pk", filter=Q(kept_at=None, withdrawn_at=None, due_at__lte=now)),
        kept=Count("pk", filter=Q(kept_at__isnull=False)),
    )
    return replace(
        clock_facts(case),
        replies_in_flight=OutboxEntry.objects.filter(case=case, status__in=IN_FLIGHT).count(),
        open_promises=promises["open"],
        late_promises=promises["late"],
        kept_promises=promises["kept"],
        sealed=Evidence.objects.filter(case=case).count(),
        like_open=like_open,
    )


def hours() -> BusinessHours:
    """When somebody is there, as the organisation set it; empty: always."""
    return hours_from(Organisation.objects.values_list("hours", flat=True).first() or {})


def hours_from(kept: Mapping[str, Any]) -> BusinessHours:
    """The hours that lie in a row: {"zone": …, "days": {"0": [["09:00", "18:00"]]}}."""
    days = {
        int(day): tuple((time.fromisoformat(opens), time.fromisoformat(closes)) for opens, closes in spans)
        for day, spans in kept.get("days", {}).items()
    }
    return BusinessHours(days=days, zone=kept.get("zone", "UTC"))


def clock_facts(case: Case) -> CaseFacts:
    """What the row alone tells, enough for the clocks: no query. What else hangs on the case is not in it."""
    return CaseFacts(
        status=Status(case.status),
        kind=Kind(case.kind),
        severity=Severity(case.severity),
        opened_at=case.opened_at,
        last_author_at=case.last_author_at,
        first_answer_at=case.first_answer_at,
        last_answer_at=case.last_answer_at,
        asked_satisfied_at=case.asked_satisfied_at,
        is_satisfied=case.is_satisfied,
        last_offer_at=case.last_offer_at,
        has_owner=case.owner_id is not None,
        closing=Closing(case.closing) if case.closing else None,
    )


def set_clock(case: Case, *, now: datetime, business: BusinessHours | None = None) -> None:
    """Work out which clock runs for the case, and keep it on the row (unsaved)."""
    set_clocks([case], now=now, business=business or hours())


def set_clocks(cases: Sequence[Case], *, now: datetime, business: BusinessHours) -> None:
    """Work out which clock runs for each case, and keep it on the row (unsaved). One query for 500 cases."""
    policy = policies.sla()
    saved = [case.pk for case in cases if case.pk is not None]
    promised: dict[int, datetime] = {}
    for start in range(0, len(saved), 500):
        open_ = Promise.objects.filter(
            case__in=saved[start : start + 500], kept_at=None, withdrawn_at=None
        ).order_by()
        promised |= dict(open_.values_list("case").annotate(Min("due_at")))
    for case in cases:
        running = due(clock_facts(case), business, policy)
        case.due_at, case.due_for = (running.at, running.what) if running else (None, "")
        first = promised.get(case.pk)
        if first and case.status != Status.CLOSED and (case.due_at is None or first < case.due_at):
            case.due_at, case.due_for = first, "promise"
        if case.due_at is None or case.due_at > now:
            case.breached_at = None
