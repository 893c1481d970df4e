"""Every named read that the pages, the API and the command line use.

They give rows or small frozen records, never a decision. The budgets of `tests/web/test_budgets.py` count queries here.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from itertools import groupby
from typing import Any

from django.db.models import Case as Choice
from django.db.models import (
    CharField,
    Count,
    Exists,
    F,
    IntegerField,
    Max,
    Min,
    OuterRef,
    Prefetch,
    Q,
    QuerySet,
    Subquery,
    Value,
    When,
)
from django.db.models.functions import Coalesce

from amends.core.case import Kind, Status
from amends.core.text import fold
from amends.document.log import inclusion_proof, verify_inclusion
from amends.store.models import (
    Agent,
    ApiKey,
    Capture,
    Case,
    CaseEvent,
    Draft,
    Evidence,
    Heartbeat,
    Judgement,
    Leaf,
    LogHead,
    Mention,
    Notice,
    Organisation,
    OutboxEntry,
    Promise,
    Quarantined,
    Source,
    SourceState,
    Task,
    Version,
    WatchTerm,
)

#: The tabs of the queue, in their order.
VIEWS = ("due", "mine", "unassigned", "judge", "waiting", "praise", "closed", "all")
PAGE = 30
#: What an agent may be writing on a case.
MODES = ("reply", "direct", "note")
#: Of cases like this one, we look among so many newest live ones.
LIKE_POOL = 300
NEEDS_A_HAND = ("unsure", "failed", "by_hand")
#: Of a case's trail, so many newest events are shown; notes and promises always.
TRAIL = 60
#: Told by a bubble of the thread already.
TOLD_BY_OTHERS = ("case_opened", "reply_approved", "author_wrote")


class CountOf(Subquery):
    """How many rows a query gives, as a column of another query."""

    template = "(SELECT COUNT(*) FROM (%(subquery)s) counted)"
    output_field = IntegerField()


def organisation() -> Organisation:
    """The one organisation; made when first asked for."""
    found, _ = Organisation.objects.get_or_create(id=1)
    return found


def frame(*, now: datetime) -> Any:
    """The organisation with the figures around every page: `late`, customers who wait too long, and `hand`, replies
    that need a person and broken promises. One query."""
    stuck = OutboxEntry.objects.filter(status__in=NEEDS_A_HAND).values("pk")
    broken = _open_promises().filter(due_at__lte=now).values("pk")
    return _organisation_with(
        late=CountOf(_live().filter(_awake(now), due_at__lte=now).values("pk")),
        hand=CountOf(stuck) + CountOf(broken),
    )


def _organisation_with(**figures: Any) -> Any:
    """The one row that is always there, and figures of other tables beside it."""
    found = Organisation.objects.annotate(**figures).filter(id=1)
    return found.first() or (organisation() and found.get())


def agent(agent_id: int) -> Agent | None:
    return Agent.objects.filter(pk=agent_id, is_active=True).first()


def has_agents() -> bool:
    return Agent.objects.exists()


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


def _open_promises() -> QuerySet[Promise]:
    return Promise.objects.filter(kept_at=None, withdrawn_at=None)


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
        case _:
            return cases


def queue(
    view: str = "due",
    agent_id: int | None = None,
    search: str = "",
    after: int | None = None,
    limit: int = PAGE,
    *,
    now: datetime,
) -> QueuePage:
    """A page of cases: due first, then the gravest, then the oldest. Closed ones: newest first. Two queries."""
    view = view if view in VIEWS else "due"
    cases = _in_view(Case.objects.all(), view, agent_id, now)
    for word in fold(search).split()[:8]:
        number = word.lstrip("#")
        cases = cases.filter(
            Q(search_text__contains=word)
            | (Q(pk=int(number)) if number.isdigit() and len(number) < 18 else Q(pk=None))
        )
    order = (
        ("-closed_at", "-id")
        if view == "closed"
        else (F("due_at").asc(nulls_last=True), "-severity_rank", "id")
    )
    offset = max(0, after or 0)
    theirs = Mention.objects.filter(case=OuterRef("pk"), is_ours=False, is_bystander=False).order_by("-id")
    found = list(
        cases.select_related("author", "owner")
        .annotate(
            snippet=Subquery(theirs.values("text")[:1]),
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
                    case=OuterRef("pk"), status__in=("approved", "sending", "unsure", "by_hand", "failed")
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
        counts=counts(agent_id, now=now),
        view=view,
        search=search,
        after=offset + limit if len(found) > limit else None,
    )


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
    )


def counts(agent_id: int | None, *, now: datetime) -> dict[str, int]:
    """How many live cases each view holds, in one query."""
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
    )


@dataclass(frozen=True, kw_only=True)
class TimelineItem:
    """One thing in a case's history, in order: `what` is mention, reply, note or event."""

    what: str
    at: datetime
    row: Any
    versions: tuple[Version, ...] = ()
    """Of a mention, oldest first."""


@dataclass(frozen=True, kw_only=True)
class Person:
    """One of us, as a judgement names them."""

    id: int
    name: str


@dataclass(frozen=True, kw_only=True)
class Judged:
    """What a post is judged to be now, from what lies on its row."""

    kind: str
    severity: str
    cause: str
    topic: str
    language: str
    details: dict[str, Any]
    reasons: list[Any]
    at: datetime
    by: Person | None
    """None: the rules."""


def _judged(kept: dict[str, Any] | None) -> Judged | None:
    if not kept:
        return None
    by = Person(**kept["by"]) if kept["by"] else None
    return Judged(**{**kept, "at": datetime.fromisoformat(kept["at"]), "by": by})


@dataclass(frozen=True, kw_only=True)
class CasePage:
    """All that the page of one case shows. `case` has author, owner and source loaded."""

    case: Case
    timeline: tuple[TimelineItem, ...]
    first: Mention | None
    last: Mention | None
    """The author's first and last posts."""
    judgement: Judged | None
    promises: tuple[Promise, ...]
    outbox: tuple[OutboxEntry, ...]
    """All entries, oldest first, each with `answered_url`: where the post is that it answers, or ""."""
    evidence: tuple[Evidence, ...]
    """Without the bytes."""
    drafts: dict[str, str]
    """What this agent is writing, by mode."""
    was_corrected: bool
    answers_with: str
    """The connector of the account with which we answer; "": by hand."""

    @property
    def live_entry(self) -> OutboxEntry | None:
        """The reply under way or failed, if it is the newest."""
        if self.outbox and self.outbox[-1].status not in ("sent", "cancelled"):
            return self.outbox[-1]
        return None


def case_page(
    case_id: int, agent_id: int | None, *, speakers: Mapping[str, str], now: datetime
) -> CasePage | None:
    """One case with everything beside it; None when there is none. `speakers` are the connectors that can answer, each
    with its network. Four queries."""
    usable = answering(speakers, OuterRef("network"))
    case: Any = (
        Case.objects.select_related("author", "owner", "source")
        .annotate(
            answers_with=Coalesce(
                Subquery(usable.filter(pk=OuterRef("source")).values("connector")[:1]),
                Subquery(usable.values("connector")[:1]),
                Value(""),
            ),
            was_corrected=Exists(Judgement.objects.filter(mention__case=OuterRef("pk"), by__isnull=False)),
            **{f"draft_{mode}": _draft(agent_id, mode) for mode in MODES},
        )
        .filter(pk=case_id)
        .first()
    )
    if case is None:
        return None
    versions = _versions(case)
    mentions = [of[0].mention for of in versions]
    theirs = [each for each in mentions if not each.is_ours and not each.is_bystander]
    outbox = tuple(
        OutboxEntry.objects.filter(case=case)
        .select_related("approved_by", "source")
        .annotate(answered_url=_answered_url())
        .order_by("id")
    )
    trail = _trail(case)
    promises = {each.promise_id: each.promise for each in trail if each.promise}
    evidence = [each.evidence for of in versions for each in of]
    return CasePage(
        case=case,
        timeline=_timeline(versions, outbox, trail),
        first=theirs[0] if theirs else None,
        last=theirs[-1] if theirs else None,
        judgement=_judged(theirs[0].judgement) if theirs else None,
        promises=tuple(sorted(promises.values(), key=lambda each: each.due_at)),
        outbox=outbox,
        evidence=tuple(sorted(evidence, key=lambda each: each.leaf_id)),
        drafts={mode: text for mode in MODES if (text := getattr(case, f"draft_{mode}"))},
        was_corrected=case.was_corrected,
        answers_with=case.answers_with,
    )


def answering(speakers: Mapping[str, str], network: Any) -> QuerySet[Source]:
    """The accounts that can answer on a network, in the order in which they are asked."""
    of_network = Choice(
        *(When(connector=name, then=Value(there)) for name, there in speakers.items()),
        output_field=CharField(),
    )
    return (
        Source.objects.filter(connector__in=list(speakers))
        .exclude(state=SourceState.PAUSED)
        .alias(network=of_network)
        .filter(network=network)
        .order_by("pk")
    )


def _draft(agent_id: int | None, mode: str) -> Subquery:
    return Subquery(Draft.objects.filter(case=OuterRef("pk"), agent=agent_id, mode=mode).values("text")[:1])


def _answered_url() -> Subquery:
    """Of an outbox entry: where the post is that it answers."""
    answered = Mention.objects.filter(network=OuterRef("case__network"), remote_id=OuterRef("in_reply_to"))
    return Subquery(answered.values("url")[:1])


def _versions(case: Case) -> list[list[Version]]:
    """The versions of each mention of a case, in order. A mention has its first version from the moment it is kept."""
    found = (
        Version.objects.filter(mention__case=case)
        .select_related("mention__author", "evidence")
        .defer("evidence__raw", "evidence__canonical", "evidence__salt")
        .order_by("mention_id", "number")
    )
    return [list(of) for _, of in groupby(found, key=lambda each: each.mention_id)]


def _trail(case: Case) -> list[CaseEvent]:
    """The newest events, and all that tell of a note or a promise, oldest first."""
    shown = CaseEvent.objects.filter(case=case).exclude(kind__in=TOLD_BY_OTHERS)
    plain = shown.filter(note=None, promise=None).order_by("-id").values("pk")[:TRAIL]
    return list(
        shown.filter(Q(pk__in=plain) | Q(note__isnull=False) | Q(promise__isnull=False))
        .select_related("actor", "note__author", "promise__made_by")
        .order_by("id")
    )


def _timeline(
    versions: Iterable[Sequence[Version]], outbox: Iterable[OutboxEntry], trail: Iterable[CaseEvent]
) -> tuple[TimelineItem, ...]:
    items = [
        TimelineItem(what="mention", at=of[0].mention.found_at, row=of[0].mention, versions=tuple(of))
        for of in versions
    ]
    items += [
        TimelineItem(what="reply", at=each.approved_at, row=each)
        for each in outbox
        if each.status != "cancelled"
    ]
    items += [
        TimelineItem(what="note", at=each.note.at, row=each.note)
        if each.note
        else TimelineItem(what="event", at=each.at, row=each)
        for each in trail
    ]
    order = {"mention": 0, "reply": 1, "note": 2, "event": 3}
    return tuple(sorted(items, key=lambda each: (each.at, order[each.what], each.row.pk)))


def like_pool(case: Case, *, now: datetime, days: int = 7) -> list[dict[str, Any]]:
    """Newest live cases of the last days, and the author's other cases, with what likeness needs. One query."""
    since = case.opened_at - timedelta(days=days)
    rows: Any = (
        Case.objects.filter(Q(closed_at=None, opened_at__gte=since) | Q(author=case.author_id))
        .exclude(pk=case.pk)
        .order_by("-opened_at")
        .values(
            "id",
            "title",
            "status",
            "opened_at",
            "keywords",
            "topic",
            "author_id",
            "author__name",
            "author__handle",
            "closed_at",
        )[:LIKE_POOL]
    )
    return list(rows)


def language_of(case_id: int) -> str:
    """The language of a case; "und" when it is not known."""
    return Case.objects.values_list("language", flat=True).filter(pk=case_id).first() or "und"


def reply(entry_id: int) -> OutboxEntry | None:
    return OutboxEntry.objects.filter(pk=entry_id).first()


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
            "triage": {key: cases[key] for key in ("complaints", "unsure", "critical", "abuse")},
            "document": {
                "sealed": standing.sealed or 0,
                "edited": found["edited"],
                "deleted": found["deleted"],
                "quarantined": standing.quarantined,
            },
            "reply": {"unanswered": cases["unanswered"], "late": cases["late"], **outbox},
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


def notices(agent_id: int, limit: int = 20) -> list[Notice]:
    """Unread notices of an agent and of everybody, newest first."""
    mine = Notice.objects.filter(Q(agent=agent_id) | Q(agent=None), read_at=None)
    return list(mine.select_related("case").order_by("-at", "-id")[:limit])


@dataclass(frozen=True, kw_only=True)
class Change:
    """What moved since a moment: for the live stream."""

    cases: tuple[tuple[int, datetime], ...]
    latest: datetime | None
    notice_id: int


def changes_since(moment: datetime | None) -> Change:
    """Cases changed after `moment` (at most 50, newest last) and the newest notice. Two queries."""
    changed = Case.objects.order_by("-changed_at").values_list("pk", "changed_at")
    if moment is not None:
        changed = changed.filter(changed_at__gt=moment)
    rows = tuple(changed[:50])[::-1]
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


def api_keys(agent_id: int) -> list[ApiKey]:
    return list(ApiKey.objects.filter(agent=agent_id, revoked_at=None).order_by("-id"))


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
