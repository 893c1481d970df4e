"""Who works here, and what every page's frame tells."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db.models import (
    Count,
    Q,
)

from amends.store.models import (
    Agent,
    ApiKey,
    Approval,
    Notice,
    Organisation,
    OutboxEntry,
)
from amends.store.queries.counting import NEEDS_A_HAND, CountOf, _open_promises
from amends.store.queries.queue import _awake, _live


def organisation() -> Organisation:
    """The one organisation; made when first asked for."""
    found, _ = Organisation.objects.get_or_create(id=1)
    return found


def frame(*, now: datetime) -> Any:
    """The organisation with the figures around every page: `late`, customers who wait too long, `hand`, replies
    that need a person and broken promises, and `approvals`, replies that wait for a second person. One query."""
    stuck = OutboxEntry.objects.filter(status__in=NEEDS_A_HAND).values("pk")
    broken = _open_promises().filter(due_at__lte=now).values("pk")
    return _organisation_with(
        late=CountOf(_live().filter(_awake(now), due_at__lte=now).values("pk")),
        hand=CountOf(stuck) + CountOf(broken),
        approvals=CountOf(Approval.objects.filter(state="waiting").values("pk")),
    )


def _organisation_with(**figures: Any) -> Any:
    """The one row that is always there, and figures of other tables beside it."""
    found = Organisation.objects.annotate(**figures).filter(id=1)
    return found.first() or (organisation() and found.get())


def agent(agent_id: int) -> Agent | None:
    return Agent.objects.filter(pk=agent_id, is_active=True).first()


def has_agents() -> bool:
    return Agent.objects.exists()


def colleagues() -> list[Agent]:
    """Active agents by name."""
    return list(Agent.objects.filter(is_active=True).order_by("name", "id"))


def people() -> list[Agent]:
    """All agents, with how many live cases each holds."""
    return list(
        Agent.objects.annotate(open_cases=Count("cases", filter=Q(cases__closed_at=None))).order_by(
            "-is_active", "name"
        )
    )


def notices(agent_id: int, limit: int = 20) -> list[Notice]:
    """Unread notices of an agent and of everybody, newest first."""
    mine = Notice.objects.filter(Q(agent=agent_id) | Q(agent=None), read_at=None)
    return list(mine.select_related("case").order_by("-at", "-id")[:limit])


def api_keys(agent_id: int) -> list[ApiKey]:
    return list(ApiKey.objects.filter(agent=agent_id, revoked_at=None).order_by("-id"))
