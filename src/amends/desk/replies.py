"""Drafts, their review, approval, and what a person decides about a reply on its way."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import IntegrityError, transaction

from amends.core.case import Kind, Severity, Status
from amends.core.graph import Refused
from amends.core.mention import Visibility
from amends.core.say import Said, say
from amends.core.text import storable
from amends.desk import accounts, policies
from amends.desk.actions import holding, move
from amends.desk.permissions import must
from amends.desk.trail import hours, record, set_clock, tell
from amends.reply.coach import StepSeen, coach
from amends.reply.guard import Level, PromiseSeen, Verdict, check, promise_in, worst
from amends.reply.outbox import OUTBOX, EntryFacts, body_digest, is_undoable
from amends.reply.plays import Play, play_for
from amends.reply.situation import Situation
from amends.store.models import (
    Agent,
    Case,
    Draft,
    Judgement,
    Mention,
    Organisation,
    OutboxEntry,
    Promise,
    Source,
)

MODES = ("reply", "direct", "note")
PURPOSES = ("reply", "ask_satisfied", "last_offer")


@dataclass(frozen=True, kw_only=True)
class Review:
    """What the coach and the guards say of a draft."""

    steps: tuple[StepSeen, ...]
    verdicts: tuple[Verdict, ...]
    level: Level
    count: int
    """Length in the unit that the network counts."""
    longest: int
    """0: no limit."""
    promise: PromiseSeen | None
    play: Play
    """What to do for a case of this kind, with an opening line as an example."""

    @property
    def is_blocked(self) -> bool:
        return self.level == Level.BLOCK


def undo_window() -> timedelta:
    """How long a reply can be taken back before it leaves."""
    own = Organisation.objects.values_list("undo_seconds", flat=True).first()
    return timedelta(seconds=settings.AMENDS_UNDO_SECONDS if own is None else own)


def answered_mention(case: Case) -> Mention | None:
    """The post that a reply answers: the author's last one that is still there."""
    theirs = Mention.objects.filter(case=case, is_ours=False, is_bystander=False, author=case.author)
    return theirs.filter(deleted_at=None).order_by("-id").first() or theirs.order_by("-id").first()


def situation_of(case: Case, mode: str, *, now: datetime, is_solvable_now: bool = False) -> Situation:
    """What a draft is weighed against. `is_solvable_now`: the agent says that it can be put right with this reply."""
    mention = answered_mention(case)
    traits = accounts.traits_of_network(case.network)
    judged = (
        Judgement.objects.filter(mention__case=case, by=None)
        .order_by("-id")
        .values_list("details", flat=True)
        .first()
    ) or {}
    contacts = Organisation.objects.values_list("contacts", flat=True).first() or []
    earlier = (
        OutboxEntry.objects.filter(status="sent", visibility=Visibility.PUBLIC)
        .exclude(case=case)
        .order_by("-id")
        .values_list("text", flat=True)[:50]
    )
    return Situation(
        their_text=mention.text if mention else "",
        language=case.language,
        visibility=Visibility.DIRECT if mode == "direct" else Visibility.PUBLIC,
        kind=Kind(case.kind),
        severity=Severity(case.severity),
        anger=int(judged.get("anger", 0)),
        topic=case.topic,
        network=case.network,
        longest=traits.longest_reply if traits else 0,
        count=traits.count if traits else len,
        parent_gone=bool(mention and mention.deleted_at),
        our_addresses=frozenset(str(each) for each in contacts),
        earlier_replies=tuple(earlier),
        is_solvable_now=is_solvable_now,
        # “By 6 pm” is read where the desk is.
        now=now.astimezone(ZoneInfo(hours().zone)),
    )


def review(
    case_id: int, text: str, mode: str, *, is_solvable_now: bool = False, by: Agent, now: datetime
) -> Review:
    """Coach and guards on a draft, as it stands. Writes nothing."""
    must(by, "read")
    return _review(_case(case_id), storable(text), mode, now=now, is_solvable_now=is_solvable_now)


def _review(case: Case, text: str, mode: str, *, now: datetime, is_solvable_now: bool = False) -> Review:
    situation = situation_of(case, mode, now=now, is_solvable_now=is_solvable_now)
    verdicts = check(text, situation, policies.guards())
    return Review(
        steps=coach(text, situation, policies.coaching(), verdicts),
        verdicts=verdicts,
        level=worst(verdicts),
        count=situation.count(text),
        longest=situation.longest,
        promise=promise_in(text, case.language, situation.now, policies.guards()),
        play=play_for(situation, policies.plays()),
    )


def _case(case_id: int) -> Case:
    try:
        return Case.objects.select_related("author", "source").get(pk=case_id)
    except Case.DoesNotExist:
        raise Refused(say("There is no case #{number}.", number=case_id)) from None


def save_draft(case_id: int, mode: str, text: str, *, by: Agent, now: datetime) -> None:
    """Keep what is being written; an empty draft is removed."""
    must(by, "work")
    if mode not in MODES:
        raise Refused(say("A draft is a reply, a direct message or a note."))
    _case(case_id)
    text = storable(text)
    if not text.strip():
        Draft.objects.filter(case_id=case_id, agent=by, mode=mode).delete()
        return
    Draft.objects.update_or_create(
        case_id=case_id, agent=by, mode=mode, defaults={"text": text, "changed_at": now}
    )


def approve(
    case_id: int, text: str, mode: str = "reply", *, purpose: str = "reply", by: Agent, now: datetime
) -> OutboxEntry:
    """Approve a reply: an outbox entry that leaves after the undo window. Raises `Refused` when a guard blocks it,
    another reply is on its way, or the case is closed."""
    if mode not in ("reply", "direct") or purpose not in PURPOSES:
        raise Refused(say("A reply is public or a direct message."))
    text = storable(text).strip()
    with holding(case_id, by=by, now=now) as case:
        if case.status == Status.CLOSED:
            raise Refused(say("The case is closed: reopen it first."))
        seen = _review(case, text, mode, now=now)
        if seen.is_blocked:
            raise Refused(*(each.reason for each in seen.verdicts if each.level == Level.BLOCK))
        mention = answered_mention(case)
        if mention is None:
            raise Refused(say("There is no post of the customer to answer."))
        account = accounts.speaker_for(case)
        visibility = Visibility.DIRECT if mode == "direct" else Visibility.PUBLIC
        if visibility == Visibility.DIRECT and account and not accounts.traits_of(account).private_reply:
            raise Refused(
                say(
                    "This network has no direct messages from here. Offer another private way, without details in public."
                )
            )
        entry = _enter(case, mention, account, text, visibility, purpose, by=by, now=now)
        if case.owner is None:
            case.owner = by
        Draft.objects.filter(case=case, agent=by, mode=mode).delete()
        record(case, "reply_approved", by=by, now=now, entry=entry.pk, purpose=purpose)
        return entry


def _enter(
    case: Case,
    mention: Mention,
    account: Source | None,
    text: str,
    visibility: Visibility,
    purpose: str,
    *,
    by: Agent,
    now: datetime,
) -> OutboxEntry:
    source = account or case.source
    # The key is made and stored before the first byte leaves: the same on every try.
    key = accounts.connect(account).new_key(now) if account else f"hand-{case.pk}-{now.timestamp():.6f}"
    try:
        with transaction.atomic():
            return OutboxEntry.objects.create(
                case=case,
                source=source,
                purpose=purpose,
                text=text,
                in_reply_to=mention.remote_id,
                thread_id=mention.thread_id,
                parent_revision=mention.revision,
                visibility=visibility,
                language=case.language if case.language != "und" else "",
                body_digest=body_digest(text, mention.remote_id, source.name, visibility),
                key=key,
                status="approved" if account else "by_hand",
                approved_by=by,
                approved_at=now,
                send_at=now + (undo_window() if account else timedelta()),
            )
    except IntegrityError:
        raise Refused(
            say("A reply to this customer is already on its way. Your text is kept: read theirs, then send.")
        ) from None


def _held_entry(entry_id: int, *, by: Agent) -> OutboxEntry:
    must(by, "work")
    try:
        return (
            OutboxEntry.objects.select_for_update(of=("self",))
            .select_related("source", "case")
            .get(pk=entry_id)
        )
    except OutboxEntry.DoesNotExist:
        raise Refused(say("There is no such reply.")) from None


def digest_of(entry: OutboxEntry) -> str:
    """What an approval of this entry, as it lies there now, would cover."""
    return body_digest(entry.text, entry.in_reply_to, entry.source.name, Visibility(entry.visibility))


def fire(
    entry: OutboxEntry,
    event: str,
    *,
    now: datetime,
    by_person: bool = False,
    has_receipt: bool = False,
    absent: bool = False,
) -> None:
    """Move an entry along `reply.outbox.OUTBOX` (unsaved). Raises `Refused`."""
    facts = EntryFacts(
        now=now,
        send_at=entry.send_at,
        approved_digest=entry.body_digest,
        digest=digest_of(entry),
        can_write=accounts.traits_of(entry.source).can_reply,
        has_receipt=has_receipt,
        by_person=by_person,
        is_surely_absent=absent,
    )
    entry.status = OUTBOX.fire(event, entry.status, facts).target


def undo(entry_id: int, *, by: Agent, now: datetime) -> None:
    """Take a reply back before it leaves; its text becomes the draft again."""
    with transaction.atomic():
        entry = _held_entry(entry_id, by=by)
        if entry.status == "approved" and not is_undoable(
            entry.approved_at, entry.send_at - entry.approved_at, now
        ):
            raise Refused(say("It is too late to take it back: it is leaving now."))
        fire(entry, "give_up" if entry.status == "failed" else "cancel", now=now, by_person=True)
        entry.save(update_fields=["status"])
        mode = "direct" if entry.visibility == Visibility.DIRECT else "reply"
        Draft.objects.get_or_create(
            case=entry.case, agent=by, mode=mode, defaults={"text": entry.text, "changed_at": now}
        )
        _unsay_promises(entry, by=by, now=now)
        _settled(entry, "reply_taken_back", by=by, now=now)


def _unsay_promises(entry: OutboxEntry, *, by: Agent, now: datetime) -> None:
    """A promise noted with a reply was made in the same moment. If nobody reads the reply, nothing was promised."""
    noted_with_it = Promise.objects.filter(
        case_id=entry.case_id, made_by=entry.approved_by, made_at=entry.approved_at
    )
    for promise in noted_with_it.filter(kept_at=None, withdrawn_at=None):
        promise.withdrawn_at = now
        promise.save(update_fields=["withdrawn_at"])
        record(entry.case, "promise_withdrawn", by=by, now=now, promise=promise.pk, text=promise.text, why="")


def web_address(url: str) -> str:
    """`url`, if it can be a link on a page; "" stays "". Raises `Refused`."""
    url = storable(url.strip())[:2000]
    if url and not url.lower().startswith(("https://", "http://")):
        raise Refused(say("The address of the post begins with https:// or http://."))
    return url


def mark_sent_by_hand(entry_id: int, url: str = "", *, by: Agent, now: datetime) -> None:
    """An agent posted it in the network's own app."""
    with transaction.atomic():
        entry = _held_entry(entry_id, by=by)
        fire(entry, "find", now=now, by_person=True)
        entry.url, entry.sent_at = web_address(url), now
        entry.save(update_fields=["status", "url", "sent_at"])
        answered(entry, by=by, now=now, by_hand=True)


def try_again(entry_id: int, *, by: Agent, now: datetime) -> None:
    """Send a failed reply once more, with the same key."""
    with transaction.atomic():
        entry = _held_entry(entry_id, by=by)
        try:
            with transaction.atomic():
                fire(entry, "try_again", now=now, by_person=True)
                entry.send_at, entry.problem, entry.attempts = now, None, 0
                entry.save(update_fields=["status", "send_at", "problem", "attempts"])
        except IntegrityError:
            raise Refused(say("Another reply to this customer is already on its way.")) from None
        _settled(entry, "reply_tried_again", by=by, now=now)


def settle(entry_id: int, was_sent: bool, url: str = "", *, by: Agent, now: datetime) -> None:
    """A person looked on the network: an unsure reply is there, or it is not."""
    with transaction.atomic():
        entry = _held_entry(entry_id, by=by)
        fire(entry, "find" if was_sent else "miss", now=now, by_person=True)
        if was_sent:
            entry.url, entry.sent_at = web_address(url) or entry.url, now
        entry.save(update_fields=["status", "url", "sent_at"])
        if was_sent:
            answered(entry, by=by, now=now, by_hand=True)
        else:
            _settled(entry, "reply_not_there", by=by, now=now)


def _settled(entry: OutboxEntry, event: str, *, by: Agent | None, now: datetime) -> None:
    case = entry.case
    case.changed_at = now
    case.save(update_fields=["changed_at"])
    record(case, event, by=by, now=now, entry=entry.pk)


def answered(entry: OutboxEntry, *, by: Agent | None, now: datetime, by_hand: bool = False) -> None:
    """A reply is out: the case waits for the customer. In the caller's transaction."""
    case = (
        Case.objects.select_for_update(of=("self",)).select_related("author", "owner").get(pk=entry.case_id)
    )
    if case.status != Status.CLOSED:
        move(case, "answer", by=by, now=now)
    case.first_answer_at = case.first_answer_at or now
    case.last_answer_at = now
    if entry.purpose == "ask_satisfied":
        case.asked_satisfied_at, case.is_satisfied = now, None
    elif entry.purpose == "last_offer":
        case.last_offer_at = now
    record(
        case,
        "reply_sent",
        by=by,
        now=now,
        entry=entry.pk,
        purpose=entry.purpose,
        by_hand=by_hand,
        url=entry.url,
    )
    set_clock(case, now=now)
    case.changed_at = now
    case.save()


def say_problem(entry: OutboxEntry, problem: Said, *, now: datetime) -> None:
    """Tell whoever approved it that a person is needed."""
    tell(problem, now=now, case=entry.case, to=entry.approved_by, level="loud")
