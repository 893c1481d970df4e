"""The queue: what is due first, and how much each view holds."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import models as db
from django.db.models import (
    Count,
    F,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
)

from amends.core.case import Kind, Status
from amends.core.text import fold
from amends.store.models import (
    Case,
    Mention,
    OutboxEntry,
)
from amends.store.queries.counting import PAGE, VIEWS, _open_promises


@dataclass(frozen=True, kw_only=True)
class QueueRow:
    """One line of the queue."""

    id: int
    title: str
    snippet: str
    author_name: str
    author_handle: str
    network: str
    status: str
    kind: str
    severity: str
    topic: str
    abuse: str
    owner_id: int | None
    owner_name: str
    opened_at: datetime
    changed_at: datetime
    last_author_at: datetime
    due_at: datetime | None
    due_for: str
    snoozed_until: datetime | None
    is_late: bool
    is_deleted: bool
    open_promises: int
    reply_status: str
    """The status of the reply under way, or ""."""
    language: str
    muted_at: datetime | None
    said: str
    """The author's first words and last, whole. Not to be shown before `desk/shielding.py` has looked at them."""


@dataclass(frozen=True, kw_only=True)
class QueuePage:
    rows: tuple[QueueRow, ...]
    counts: dict[str, int]
    """How many cases each view holds."""
    view: str
    search: str
    after: int | None
    """Give this to `queue` for the next page; None: this is the last."""


def _live() -> QuerySet[Case]:
    return Case.objects.filter(closed_at=None)


def _awake(now: datetime) -> Q:
    return Q(snoozed_until=None) | Q(snoozed_until__lte=now)


def _in_view(cases: QuerySet[Case], view: str, agent_id: int | None, now: datetime) -> QuerySet[Case]:
    awake = _awake(now)
    working = (Status.NEW, Status.OPEN, Status.ON_HOLD)
    match view:
        case "due":
            return cases.filter(awake, closed_at=None, due_at__isnull=False)
        case "mine":
            return cases.filter(closed_at=None, owner=agent_id)
        case "unassigned":
            return cases.filter(awake, closed_at=None, owner=None, status__in=working).exclude(
                kind__in=("praise", "other")
            )
        case "judge":
            return cases.filter(closed_at=None, kind=Kind.UNSURE)
        case "waiting":
            return cases.filter(closed_at=None, status__in=(Status.PENDING, Status.RESOLVED))
        case "praise":
            return cases.filter(closed_at=None, kind__in=(Kind.PRAISE, Kind.OTHER))
        case "closed":
            return cases.filter(closed_at__isnull=False)
        case "muted":
            return cases.filter(muted_at__isnull=False)
        case _:
            return cases


def queue(
    view: str = "due",
    agent_id: int | None = None,
    search: str = "",
    after: int | None = None,
    limit: int = PAGE,
    *,
    spared: Collection[str] = (),
    now: datetime,
) -> QueuePage:
    """A page of cases: threats that nobody answered, then due first, then the gravest, then the oldest. Closed ones:
    newest first. Two queries.

    `spared` are kinds of abuse that this agent is not to be given now: cases with them are left out where the desk
    proposes (due, unassigned); a search finds them all the same."""
    view = view if view in VIEWS else "due"
    cases = _in_view(Case.objects.all(), view, agent_id, now)
    if spared and not search and view in ("due", "unassigned"):
        cases = cases.exclude(Q(abuse__in=list(spared)) & (Q(owner=None) | ~Q(owner=agent_id)))
    for word in fold(search).split()[:8]:
        number = word.lstrip("#")
        cases = cases.filter(
            Q(search_text__contains=word)
            | (Q(pk=int(number)) if number.isdigit() and len(number) < 18 else Q(pk=None))
        )
    held = counts(agent_id, now=now)
    order: tuple[Any, ...] = (F("due_at").asc(nulls_last=True), "-severity_rank", "id")
    if view == "closed":
        order = ("-closed_at", "-id")
    elif view == "muted":
        order = ("-last_author_at", "-id")
    elif held["threats"]:
        # Only then: this order has no index.
        order = (db.Case(db.When(_THREAT, then=0), default=1), *order)
    offset = max(0, after or 0)
    theirs = Mention.objects.filter(case=OuterRef("pk"), is_ours=False, is_bystander=False).order_by("-id")
    found = list(
        cases.select_related("author", "owner")
        .annotate(
            snippet=Subquery(theirs.values("text")[:1]),
            opening=Subquery(theirs.order_by("id").values("text")[:1]),
            gone_at=Subquery(theirs.values("deleted_at")[:1]),
            promised=Subquery(
                _open_promises()
                .filter(case=OuterRef("pk"))
                .order_by()
                .values("case")
                .annotate(n=Count("pk"))
                .values("n")[:1]
            ),
            reply=Subquery(
                OutboxEntry.objects.filter(
                    case=OuterRef("pk"),
                    status__in=("approved", "sending", "unsure", "by_hand", "failed", "held"),
                )
                .order_by("-id")
                .values("status")[:1]
            ),
        )
        .defer("search_text", "keywords")
        .order_by(*order)[offset : offset + limit + 1]
    )
    return QueuePage(
        rows=tuple(_row(each, now) for each in found[:limit]),
        counts={name: n for name, n in held.items() if name != "threats"},
        view=view,
        search=search,
        after=offset + limit if len(found) > limit else None,
    )


#: Open, and without an answer from us: a person must see it first.
_THREAT = Q(abuse="threat", closed_at=None, first_answer_at=None)


def _row(case: Any, now: datetime) -> QueueRow:
    return QueueRow(
        id=case.pk,
        title=case.title,
        snippet=" ".join((case.snippet or "").split())[:160],
        author_name=case.author.name or case.author.handle,
        author_handle=case.author.handle,
        network=case.network,
        status=case.status,
        kind=case.kind,
        severity=case.severity,
        topic=case.topic,
        abuse=case.abuse,
        owner_id=case.owner_id,
        owner_name=case.owner.name if case.owner else "",
        opened_at=case.opened_at,
        changed_at=case.changed_at,
        last_author_at=case.last_author_at,
        due_at=case.due_at,
        due_for=case.due_for,
        snoozed_until=case.snoozed_until,
        is_late=case.due_at is not None and case.due_at <= now,
        is_deleted=case.gone_at is not None,
        open_promises=case.promised or 0,
        reply_status=case.reply or "",
        language=case.language,
        muted_at=case.muted_at,
        said="\n".join(dict.fromkeys(each for each in (case.opening, case.snippet) if each)),
    )


def counts(agent_id: int | None, *, now: datetime) -> dict[str, int]:
    """How many live cases each view holds, and how many threats wait (`threats`), in one query."""
    awake = _awake(now)
    working = (Status.NEW, Status.OPEN, Status.ON_HOLD)
    return _live().aggregate(
        due=Count("pk", filter=awake & Q(due_at__isnull=False)),
        late=Count("pk", filter=awake & Q(due_at__lte=now)),
        mine=Count("pk", filter=Q(owner=agent_id)) if agent_id else Count("pk", filter=Q(pk=None)),
        unassigned=Count(
            "pk", filter=awake & Q(owner=None, status__in=working) & ~Q(kind__in=("praise", "other"))
        ),
        judge=Count("pk", filter=Q(kind=Kind.UNSURE)),
        waiting=Count("pk", filter=Q(status__in=(Status.PENDING, Status.RESOLVED))),
        praise=Count("pk", filter=Q(kind__in=(Kind.PRAISE, Kind.OTHER))),
        all=Count("pk"),
        threats=Count("pk", filter=_THREAT),
    )
