"""One case with everything beside it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any

from django.db.models import Case as Choice
from django.db.models import (
    CharField,
    Exists,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Value,
    When,
)
from django.db.models.functions import Coalesce

from amends.core.mention import Visibility
from amends.store.models import (
    Attachment,
    Case,
    CaseEvent,
    CoolDown,
    Draft,
    Evidence,
    Judgement,
    Mention,
    OutboxEntry,
    Promise,
    ReplyChange,
    Source,
    SourceState,
    Version,
)
from amends.store.queries.counting import LIKE_POOL, MODES, TOLD_BY_OTHERS, TRAIL
from amends.store.queries.overview import _answered_url
from amends.store.queries.together import (
    approval,
    approval_to_show,
    newest_of_ours,
    rest,
    rest_to_show,
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
    has_images: bool
    """This agent has added images to what they are writing."""
    answers_with: str
    """The connector of the account with which we answer; "": by hand."""
    approval: Any = None
    """The reply that waits for a second person, or one that came back to this agent; with `answered_text`."""
    rest: CoolDown | None = None
    """This agent's heated draft, while it rests and until it is sent."""
    seen: str = "0-0"
    """What there is to see of what we said to this customer (`approving.Seen`)."""

    @property
    def live_entry(self) -> OutboxEntry | None:
        """The reply under way or failed, if it is the newest."""
        if not self.outbox or self.outbox[-1].status in ("sent", "cancelled"):
            return None
        newest = self.outbox[-1]
        first = next((each for each in self.outbox if each.pk == newest.first_id), newest)
        # Of a thread that has not begun to leave, the first post is the one to take back.
        return first if first.status == "approved" else newest


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
            has_images=Exists(Attachment.objects.filter(case=OuterRef("pk"), by=agent_id, used_at=None)),
            was_corrected=Exists(Judgement.objects.filter(mention__case=OuterRef("pk"), by__isnull=False)),
            approval_id=approval_to_show(agent_id, now=now),
            rest_id=rest_to_show(agent_id, now=now),
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
        .select_related("approved_by", "written_by", "source", "approval")
        .annotate(answered_url=_answered_url(), **_changes())
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
        has_images=case.has_images,
        answers_with=case.answers_with,
        approval=_unless_answered(approval(case.approval_id), outbox),
        rest=rest(case.rest_id),
        seen=newest_of_ours(outbox, mentions),
    )


def _unless_answered(found: Any, outbox: Iterable[OutboxEntry]) -> Any:
    """What came back is a thing of the past once its author wrote something else."""
    if found is None or found.state == "waiting":
        return found
    later = (each for each in outbox if each.written_by_id == found.author_id)
    return None if any(each.approved_at > found.decided_at for each in later) else found


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


def _changes() -> dict[str, Subquery]:
    """What became of the last change that was asked for of each entry, and when it was edited last."""
    of_entry = ReplyChange.objects.filter(entry=OuterRef("pk")).order_by("-id")
    edits = of_entry.filter(what="edit", status="done")
    return {
        "change_status": Subquery(of_entry.values("status")[:1]),
        "change_what": Subquery(of_entry.values("what")[:1]),
        "change_problem": Subquery(of_entry.values("problem")[:1]),
        "edited_at": Subquery(edits.values("done_at")[:1]),
        "said_before": Subquery(edits.values("before")[:1]),
    }


def _draft(agent_id: int | None, mode: str) -> Subquery:
    return Subquery(Draft.objects.filter(case=OuterRef("pk"), agent=agent_id, mode=mode).values("text")[:1])


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
            "abuse",
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


def words_back(entry_id: int) -> dict[str, str]:
    """The words of a reply that was taken back, as the composer takes them: `mode`, `text`, and the `line` in public
    beside a direct message. Empty where there is none."""
    of_it = OutboxEntry.objects.filter(pk=entry_id).values("pk", "first").first()
    if of_it is None:
        return {}
    first = of_it["first"] or of_it["pk"]
    parts = list(
        OutboxEntry.objects.filter(Q(pk=first) | Q(first=first), status="cancelled").order_by("part")
    )
    words: dict[str, str] = {}
    for visibility, of in groupby(parts, key=lambda each: each.visibility):
        same = list(of)
        joined = " ".join(each.text.removesuffix(f" {each.part}/{each.parts}") for each in same)
        words["direct" if visibility == Visibility.DIRECT else "reply"] = same[0].whole or joined
    if "direct" in words:
        return {"mode": "direct", "text": words["direct"], "line": words.get("reply", "")}
    return {"mode": "reply", "text": words["reply"]} if words else {}
