"""Several people on one desk: replies that wait for a second person, drafts that rest, and who has a case open."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, OuterRef, Q, QuerySet, Subquery

from amends.store.models import Approval, CoolDown, Draft, Mention, OutboxEntry, Presence

#: A page renews its presence every 15 seconds; what was not renewed for so long says nothing any more.
STALE = timedelta(seconds=45)
#: A colleague's draft of this age is a thing of the past.
OLD_DRAFT = timedelta(hours=2)
#: How long what came back is shown beside the composer.
SHOWN_FOR = timedelta(days=7)
#: Of decided approvals, so many newest are shown.
DECIDED = 20
#: A draft that nobody sent for so long after its rest is not coming any more.
FORGOTTEN = timedelta(hours=24)


def _approvals() -> QuerySet[Any]:
    answered = Mention.objects.filter(network=OuterRef("case__network"), remote_id=OuterRef("in_reply_to"))
    return Approval.objects.select_related("author", "decided_by", "source", "case__author").annotate(
        answered_text=Subquery(answered.values("text")[:1]), answered_url=Subquery(answered.values("url")[:1])
    )


def approval_to_show(agent_id: int | None, *, now: datetime) -> Subquery:
    """Of a case: the approval that its page shows to this agent: the one that waits, or what came back to them."""
    came_back = Q(author=agent_id, state__in=("returned", "overtaken"), decided_at__gt=now - SHOWN_FOR)
    of_case = Approval.objects.filter(Q(state="waiting") | came_back, case=OuterRef("pk"))
    return Subquery(of_case.order_by("-id").values("pk")[:1])


def rest_to_show(agent_id: int | None, *, now: datetime) -> Subquery:
    """Of a case: this agent's draft that rests."""
    open_ = CoolDown.objects.filter(
        case=OuterRef("pk"), agent=agent_id, outcome="", until__gt=now - FORGOTTEN
    )
    return Subquery(open_.order_by("-id").values("pk")[:1])


def approval(approval_id: int | None) -> Any:
    """One approval with all that is shown of it; None when there is none. One query, none for None."""
    return _approvals().filter(pk=approval_id).first() if approval_id else None


def rest(rest_id: int | None) -> CoolDown | None:
    """One rest; None when there is none. One query, none for None."""
    return CoolDown.objects.filter(pk=rest_id).first() if rest_id else None


@dataclass(frozen=True, kw_only=True)
class Rests:
    """What became of heated drafts: figures of the team, without names."""

    held: int
    resting: int
    cancelled: int
    revised: int
    unchanged: int
    lifted: int

    @property
    def ended(self) -> int:
        return self.cancelled + self.revised + self.unchanged + self.lifted


def rests(*, now: datetime, days: int = 30) -> Rests:
    """Heated drafts of the last days and what became of them. One query."""
    forgotten = Q(outcome="", until__lte=now - FORGOTTEN)
    counted = CoolDown.objects.filter(started_at__gte=now - timedelta(days=days)).aggregate(
        held=Count("pk"),
        resting=Count("pk", filter=Q(outcome="") & ~forgotten),
        cancelled=Count("pk", filter=Q(outcome="cancelled") | forgotten),
        revised=Count("pk", filter=Q(outcome="revised")),
        unchanged=Count("pk", filter=Q(outcome="unchanged")),
        lifted=Count("pk", filter=Q(outcome="lifted")),
    )
    return Rests(**counted)


@dataclass(frozen=True, kw_only=True)
class ApprovalsPage:
    waiting: tuple[Any, ...]
    """Oldest first, each with `answered_text` and `answered_url`."""
    decided: tuple[Any, ...]
    rests: Rests


def approvals_page(*, now: datetime) -> ApprovalsPage:
    """What waits for a second person, what was decided last, and what became of heated drafts. Three queries."""
    return ApprovalsPage(
        waiting=tuple(_approvals().filter(state="waiting").order_by("asked_at")[:100]),
        decided=tuple(_approvals().exclude(state="waiting").order_by("-decided_at")[:DECIDED]),
        rests=rests(now=now),
    )


# -- who is here


@dataclass(frozen=True, kw_only=True)
class Beside:
    """Who else is on a case."""

    people: tuple[Presence, ...]
    """With their agent, who writes first."""
    drafts: tuple[Draft, ...]
    """Unsent words of colleagues to the same customer, newest first; never their text."""


def beside(case_id: int, agent_id: int, *, now: datetime) -> Beside:
    """Who else has this case open or writes to its customer. Two queries."""
    here = Presence.objects.filter(case=case_id, at__gt=now - STALE).exclude(agent=agent_id)
    order = {"typing": 0, "viewing": 1, "idle": 2}
    drafts = (
        Draft.objects.filter(case=case_id, mode__in=("reply", "direct"), changed_at__gt=now - OLD_DRAFT)
        .exclude(agent=agent_id)
        .select_related("agent")
        .defer("text")
        .order_by("-changed_at")
    )
    return Beside(
        people=tuple(
            sorted(
                here.select_related("agent"),
                key=lambda each: (order.get(each.doing, 3), each.agent.name, each.agent_id),
            )
        ),
        drafts=tuple(drafts[:5]),
    )


def present(*, now: datetime) -> dict[int, frozenset[tuple[int, str]]]:
    """Who does what on which case at this moment: for the live stream. One query."""
    found: dict[int, set[tuple[int, str]]] = {}
    here = Presence.objects.filter(at__gt=now - STALE).values_list("case_id", "agent_id", "doing")
    for case_id, agent_id, doing in here:
        found.setdefault(case_id, set()).add((agent_id, doing))
    return {case_id: frozenset(of) for case_id, of in found.items()}


def newest_of_ours(outbox: tuple[OutboxEntry, ...], mentions: Any) -> str:
    """What there is to see of what we said: ids of the newest reply and of the newest post of ours (`approving.Seen`)."""
    posts = [each.pk for each in mentions if each.is_ours]
    return f"{max((each.pk for each in outbox), default=0)}-{max(posts, default=0)}"
