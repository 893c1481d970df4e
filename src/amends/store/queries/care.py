"""What people read at work that was harsh: one's own, or the team's sum; never another person's number (A7)."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, F, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce

from amends.store.models import Agent, Case, Exposure, Mention, Role
from amends.store.queries.queue import _awake


@dataclass(frozen=True, kw_only=True)
class Read:
    """How many harsh posts were read, each counted once."""

    two_hours: int
    today: int
    """In the last 24 hours."""
    week: int


def harsh_read(agent_id: int | None, *, now: datetime) -> Read:
    """What one agent read; None: all of them together. One query."""
    rows = Exposure.objects.filter(at__gt=now - timedelta(days=7), at__lte=now)
    if agent_id is not None:
        rows = rows.filter(agent=agent_id)
    return Read(
        **rows.aggregate(
            two_hours=Count("pk", filter=Q(at__gt=now - timedelta(hours=2))),
            today=Count("pk", filter=Q(at__gt=now - timedelta(days=1))),
            week=Count("pk"),
        )
    )


def at_work() -> int:
    """How many people work on cases."""
    return Agent.objects.filter(is_active=True).exclude(role=Role.READ_ONLY).count()


def least_burdened(
    abuses: Collection[str], *, now: datetime, roles: Collection[str] = (Role.AGENT, Role.LEAD)
) -> list[Any]:
    """Who could take a harsh case, the one first who read least: in the last two hours, then in the last week, with
    the harsh cases that each holds. Without those who rest. Each has `burden`, for ordering only: it is never shown.
    One query."""

    def read(since: datetime) -> Any:
        mine = Exposure.objects.filter(agent=OuterRef("pk"), at__gt=since, at__lte=now)
        return Coalesce(Subquery(mine.order_by().values("agent").annotate(n=Count("pk")).values("n")[:1]), 0)

    held = Case.objects.filter(
        owner=OuterRef("pk"), closed_at=None, abuse__in=list(abuses), first_answer_at=None
    )
    return list(
        Agent.objects.filter(
            Q(resting_until=None) | Q(resting_until__lte=now), is_active=True, role__in=roles
        )
        .annotate(
            read_lately=read(now - timedelta(hours=2)),
            read_in_week=read(now - timedelta(days=7)),
            held=Coalesce(
                Subquery(held.order_by().values("owner").annotate(n=Count("pk")).values("n")[:1]), 0
            ),
        )
        .annotate(burden=F("read_lately") + F("held"))
        .order_by("burden", "read_in_week", "id")
    )


def harsh_to_share(abuses: Collection[str], *, now: datetime) -> Sequence[int]:
    """Harsh cases that are nobody's and wait for us, the most pressing first. One query."""
    waiting = Case.objects.filter(
        _awake(now), closed_at=None, owner=None, abuse__in=list(abuses), status__in=("new", "open", "on_hold")
    ).exclude(kind__in=("praise", "other"))
    order = (F("due_at").asc(nulls_last=True), "-severity_rank", "id")
    return list(waiting.order_by(*order).values_list("pk", flat=True)[:500])


def shown_mention(case_id: int, mention_id: int) -> Mention | None:
    """A post of a case, not ours; None where there is none."""
    return Mention.objects.filter(pk=mention_id, case=case_id, is_ours=False).select_related("case").first()
