"""The pages about the whole desk: plan, by hand, sources, evidence."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

from django.db.models import (
    Count,
    OuterRef,
    Q,
    Subquery,
)
from django.db.models.functions import Coalesce

from amends.core.case import Kind, Status
from amends.document.log import inclusion_proof, verify_inclusion
from amends.store.models import (
    Approval,
    Capture,
    Case,
    Evidence,
    Leaf,
    LogHead,
    Mention,
    OutboxEntry,
    Promise,
    Quarantined,
    Source,
    SourceState,
    Task,
    Version,
    WatchTerm,
)
from amends.store.queries.counting import NEEDS_A_HAND, CountOf, _open_promises
from amends.store.queries.people import _organisation_with
from amends.store.queries.queue import _live


@dataclass(frozen=True, kw_only=True)
class PlanPage:
    """The six steps for the whole desk (K10): figures by room."""

    figures: dict[str, dict[str, int]]
    oldest_due: Case | None
    next_promise: Promise | None
    by_topic: tuple[tuple[str, int], ...]
    """Topics of the last day's complaints, most first."""


def plan_page(*, now: datetime) -> PlanPage:
    """Live figures of each step over the last day and of what is open. Eight queries."""
    day = now - timedelta(days=1)
    live = _live()
    found = Mention.objects.filter(found_at__gte=day, is_ours=False).aggregate(
        found=Count("pk"),
        untagged=Count("pk", filter=Q(match__is_direct=False)),
        edited=Count("pk", filter=Q(edited_at__gte=day)),
        deleted=Count("pk", filter=Q(deleted_at__gte=day)),
        in_haste=Count("pk", filter=Q(judgement__details__in_haste=True)),
    )
    cases = live.aggregate(
        complaints=Count("pk", filter=Q(kind=Kind.COMPLAINT)),
        unsure=Count("pk", filter=Q(kind=Kind.UNSURE)),
        critical=Count("pk", filter=Q(severity="critical")),
        abuse=Count("pk", filter=Q(kind=Kind.ABUSE)),
        unanswered=Count("pk", filter=Q(first_answer_at=None) & ~Q(kind__in=("praise", "other"))),
        late=Count("pk", filter=Q(due_at__lte=now)),
        pending=Count("pk", filter=Q(status=Status.PENDING)),
        asked=Count("pk", filter=Q(asked_satisfied_at__isnull=False, is_satisfied=None)),
    )
    closed = Case.objects.filter(closed_at__gte=day).aggregate(
        closed=Count("pk"),
        satisfied=Count("pk", filter=Q(closing="satisfied")),
        let_go=Count("pk", filter=Q(closing="let_go")),
    )
    sources, promises = Source.objects.values("pk"), _open_promises().values("pk")
    standing = _organisation_with(
        active=CountOf(sources.filter(state=SourceState.ACTIVE)),
        trouble=CountOf(sources.filter(state=SourceState.NEEDS_ATTENTION)),
        quarantined=CountOf(Quarantined.objects.filter(state="waiting").values("pk")),
        sealed=Subquery(LogHead.objects.values("size")[:1]),
        promises=CountOf(promises),
        second=CountOf(Approval.objects.filter(state="waiting").values("pk")),
        broken=CountOf(promises.filter(due_at__lte=now)),
    )
    outbox = OutboxEntry.objects.filter(Q(sent_at__gte=day) | ~Q(status__in=("sent", "cancelled"))).aggregate(
        sent=Count("pk", filter=Q(status="sent")),
        on_the_way=Count("pk", filter=Q(status__in=("approved", "sending"))),
        hand=Count("pk", filter=Q(status__in=NEEDS_A_HAND)),
    )
    topics = (
        Case.objects.filter(opened_at__gte=day, kind=Kind.COMPLAINT)
        .exclude(topic="")
        .values_list("topic")
        .annotate(n=Count("pk"))
        .order_by("-n", "topic")[:6]
    )
    return PlanPage(
        figures={
            "listen": {
                "found": found["found"],
                "untagged": found["untagged"],
                "active": standing.active,
                "trouble": standing.trouble,
            },
            "triage": {
                **{key: cases[key] for key in ("complaints", "unsure", "critical", "abuse")},
                "in_haste": found["in_haste"],
            },
            "document": {
                "sealed": standing.sealed or 0,
                "edited": found["edited"],
                "deleted": found["deleted"],
                "quarantined": standing.quarantined,
            },
            "reply": {
                "unanswered": cases["unanswered"],
                "late": cases["late"],
                **outbox,
                "second": standing.second,
            },
            "followup": {
                "promises": standing.promises,
                "broken": standing.broken,
                "asked": cases["asked"],
                "pending": cases["pending"],
            },
            "watch": closed,
        },
        oldest_due=live.filter(due_at__isnull=False).select_related("author").order_by("due_at").first(),
        next_promise=_open_promises().select_related("case").order_by("due_at").first(),
        by_topic=tuple(topics),
    )


@dataclass(frozen=True, kw_only=True)
class HandPage:
    """What waits for a person beside the queue."""

    entries: tuple[OutboxEntry, ...]
    broken: tuple[Promise, ...]
    coming: tuple[Promise, ...]
    tasks_set_aside: int


def _answered_url() -> Subquery:
    """Of an outbox entry: where the post is that it answers."""
    answered = Mention.objects.filter(network=OuterRef("case__network"), remote_id=OuterRef("in_reply_to"))
    return Subquery(answered.values("url")[:1])


def hand_page(*, now: datetime) -> HandPage:
    entries = (
        OutboxEntry.objects.filter(status__in=NEEDS_A_HAND)
        .select_related("case__author", "approved_by")
        .annotate(answered_url=_answered_url())
        .order_by("id")
    )
    waiting = _open_promises().select_related("case__author", "made_by")
    return HandPage(
        entries=tuple(entries[:100]),
        broken=tuple(waiting.filter(due_at__lte=now).order_by("due_at")[:100]),
        coming=tuple(waiting.filter(due_at__gt=now).order_by("due_at")[:100]),
        tasks_set_aside=Task.objects.exclude(dead_at=None).count(),
    )


@dataclass(frozen=True, kw_only=True)
class SourcesPage:
    sources: tuple[Source, ...]
    """Each with `mentions_today` and `quarantined`."""
    terms: tuple[WatchTerm, ...]
    quarantined: tuple[Quarantined, ...]
    unread: int
    """Captures that wait to be read."""


def sources_page(*, now: datetime) -> SourcesPage:
    today = (
        Mention.objects.filter(source=OuterRef("pk"), found_at__gte=now - timedelta(days=1))
        .order_by()
        .values("source")
        .annotate(n=Count("pk"))
        .values("n")
    )
    waiting = (
        Quarantined.objects.filter(capture__source=OuterRef("pk"), state="waiting")
        .order_by()
        .values("capture__source")
        .annotate(n=Count("pk"))
        .values("n")
    )
    return SourcesPage(
        sources=tuple(
            Source.objects.annotate(
                mentions_today=Coalesce(Subquery(today), 0), quarantined=Coalesce(Subquery(waiting), 0)
            ).order_by("pk")
        ),
        terms=tuple(WatchTerm.objects.order_by("kind", "text")),
        quarantined=tuple(
            Quarantined.objects.filter(state="waiting").select_related("capture__source").order_by("-id")[:50]
        ),
        unread=Capture.objects.filter(read_at=None).count(),
    )


@dataclass(frozen=True, kw_only=True)
class EvidencePage:
    """One piece of evidence with its proof against the log as it is now."""

    evidence: Evidence
    version: Version | None
    head: LogHead
    proof: tuple[str, ...]
    """Hashes (hex) from the leaf upwards, RFC 6962."""
    is_proven: bool
    digest_holds: bool


def evidence_page(evidence_id: Any) -> EvidencePage | None:
    """The record, its leaf, and a proof made from the leaves; None when there is none."""
    found = (
        Evidence.objects.select_related("leaf", "case", "version__mention__author")
        .filter(pk=evidence_id)
        .first()
    )
    head = LogHead.objects.filter(id=1).first()
    if found is None or head is None:
        return None
    leaves = [
        bytes.fromhex(each)
        for each in Leaf.objects.order_by("index").values_list("hash", flat=True)[: head.size]
    ]
    proof = inclusion_proof(leaves, found.leaf.index)
    return EvidencePage(
        evidence=found,
        version=getattr(found, "version", None),
        head=head,
        proof=tuple(each.hex() for each in proof),
        is_proven=verify_inclusion(
            bytes.fromhex(found.leaf.hash), found.leaf.index, head.size, proof, bytes.fromhex(head.root)
        ),
        digest_holds=sha256(bytes(found.raw)).hexdigest() == found.digest,
    )
