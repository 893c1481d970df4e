"""What moved, how the desk is, and all that it holds."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import (
    Count,
    Max,
    Min,
    Prefetch,
)

from amends.store.models import (
    Capture,
    Case,
    Evidence,
    Heartbeat,
    Leaf,
    LogHead,
    Mention,
    Notice,
    OutboxEntry,
    Quarantined,
    Source,
    Task,
)
from amends.store.queries.counting import NEEDS_A_HAND


@dataclass(frozen=True, kw_only=True)
class Change:
    """What moved since a moment: for the live stream."""

    cases: tuple[tuple[int, datetime], ...]
    latest: datetime | None
    notice_id: int


def changes_since(moment: datetime | None) -> Change:
    """Cases changed after `moment` (at most 200, newest last) and the newest notice. Two queries."""
    changed = Case.objects.order_by("-changed_at").values_list("pk", "changed_at")
    if moment is not None:
        changed = changed.filter(changed_at__gt=moment)
    rows = tuple(changed[:200])[::-1]
    return Change(
        cases=rows,
        latest=rows[-1][1] if rows else moment,
        notice_id=Notice.objects.aggregate(n=Max("pk"))["n"] or 0,
    )


@dataclass(frozen=True, kw_only=True)
class Health:
    worker_at: datetime | None
    unread: int
    oldest_unread_at: datetime | None
    sending: int
    needs_a_hand: int
    sources: tuple[Source, ...]
    quarantined: int
    set_aside: int
    leaves: int
    cases: int
    mentions: int


def last_base() -> str:
    """The address at which the pages were last started; "" when never."""
    beat = Heartbeat.objects.filter(name="web").first()
    return str(beat.data.get("base", "")) if beat else ""


def health() -> Health:
    """What `amends doctor`, /readyz and the sources page tell of the desk itself."""
    beat = Heartbeat.objects.filter(name="worker").first()
    unread = Capture.objects.filter(read_at=None).aggregate(n=Count("pk"), oldest=Min("fetched_at"))
    head = LogHead.objects.filter(id=1).first()
    return Health(
        worker_at=beat.at if beat else None,
        unread=unread["n"],
        oldest_unread_at=unread["oldest"],
        sending=OutboxEntry.objects.filter(status__in=("approved", "sending")).count(),
        needs_a_hand=OutboxEntry.objects.filter(status__in=NEEDS_A_HAND).count(),
        sources=tuple(Source.objects.order_by("pk")),
        quarantined=Quarantined.objects.filter(state="waiting").count(),
        set_aside=Task.objects.exclude(dead_at=None).count(),
        leaves=head.size if head else 0,
        cases=Case.objects.count(),
        mentions=Mention.objects.count(),
    )


def exported_cases(*, since: datetime | None = None) -> Iterable[Case]:
    """Every case in order, with what an export holds, a few hundred at a time."""
    cases = Case.objects.select_related("author", "owner").order_by("pk")
    if since:
        cases = cases.filter(changed_at__gte=since)
    return cases.prefetch_related(
        Prefetch("mentions", Mention.objects.select_related("author").order_by("pk")),
        Prefetch("outbox", OutboxEntry.objects.order_by("pk")),
        "notes",
        "promises",
        "events",
        Prefetch("evidence", Evidence.objects.defer("raw", "canonical", "salt").order_by("leaf")),
    ).iterator(chunk_size=200)


def leaf_hashes() -> Sequence[str]:
    """All leaf hashes (hex) in order."""
    return list(Leaf.objects.order_by("index").values_list("hash", flat=True))
