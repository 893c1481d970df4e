"""What a person decides about a reply on its way: taken back, tried again, settled, posted by hand."""

from __future__ import annotations

from datetime import datetime

from django.db import IntegrityError, transaction

from amends.core.case import Status
from amends.core.graph import Refused
from amends.core.mention import Visibility
from amends.core.say import Said, say
from amends.core.text import storable
from amends.desk import accounts, media
from amends.desk.actions import move
from amends.desk.permissions import must
from amends.desk.trail import record, set_clock, tell
from amends.reply.outbox import OUTBOX, EntryFacts, body_digest, is_undoable
from amends.store.models import Agent, Case, Draft, OutboxEntry, Promise


def held_entry(entry_id: int, *, by: Agent) -> OutboxEntry:
    """The entry, locked until the caller's transaction ends. Raises `Refused`."""
    must(by, "work")
    try:
        return (
            OutboxEntry.objects.select_for_update(of=("self",))
            .select_related("source", "case", "first")
            .get(pk=entry_id)
        )
    except OutboxEntry.DoesNotExist:
        raise Refused(say("There is no such reply.")) from None


def digest_of(entry: OutboxEntry) -> str:
    """What an approval of this entry, as it lies there now, would cover.

    A part that follows another was approved for the customer's post that the first part answers, and stands under the
    part before it: any other place is not what was approved."""
    answers, first_key = entry.in_reply_to, ""
    if entry.first is not None:
        first_key = entry.first.key
        if entry.follows:
            before = "" if entry.status == "waiting" else _number_before(entry)
            is_there = entry.status == "waiting" or (before and before == entry.in_reply_to)
            answers = entry.first.in_reply_to if is_there else ""
    return body_digest(
        entry.text,
        answers,
        entry.source.name,
        Visibility(entry.visibility),
        media=entry.media,
        part=entry.part,
        parts=entry.parts,
        follows=entry.follows,
        first_key=first_key,
    )


def _number_before(entry: OutboxEntry) -> str:
    """The remote id of the part before `entry`, "" while nobody knows it."""
    if entry.part == 2:
        return entry.first.remote_id if entry.first else ""
    before = OutboxEntry.objects.filter(first_id=entry.first_id, part=entry.part - 1)
    return before.values_list("remote_id", flat=True).first() or ""


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
    """Take a reply back before it leaves; its text becomes the draft again. The parts that wait behind it come too."""
    with transaction.atomic():
        entry = held_entry(entry_id, by=by)
        if (
            entry.status == "waiting"
            and entry.first
            and entry.first.status in ("approved", "held", "by_hand", "failed")
        ):
            # Half of a reply is not what was approved.
            entry = held_entry(entry.first.pk, by=by)
        if entry.status == "approved" and not is_undoable(
            entry.approved_at, entry.send_at - entry.approved_at, now
        ):
            raise Refused(say("It is too late to take it back: it is leaving now."))
        fire(entry, "give_up" if entry.status == "failed" else "cancel", now=now, by_person=True)
        entry.save(update_fields=["status"])
        taken = [entry, *_waiting_behind(entry)]
        for each in taken[1:]:
            fire(each, "cancel", now=now, by_person=True)
            each.save(update_fields=["status"])
        _reopen_drafts(taken, by=by, now=now)
        media.give_back(taken, to=by)
        _unsay_promises(entry, by=by, now=now)
        settled(entry, "reply_taken_back", by=by, now=now)


def _waiting_behind(entry: OutboxEntry) -> list[OutboxEntry]:
    """The later parts that still wait, locked, in order."""
    later = OutboxEntry.objects.select_for_update(of=("self",)).select_related("source", "case", "first")
    behind = later.filter(first_id=entry.first_id or entry.pk, part__gt=entry.part, status="waiting")
    return list(behind.order_by("part"))


def _reopen_drafts(taken: list[OutboxEntry], *, by: Agent, now: datetime) -> None:
    """The words of what was taken back: one draft for the public, one for the direct message."""
    for mode in ("reply", "direct"):
        of_mode = [each for each in taken if (each.visibility == Visibility.DIRECT) == (mode == "direct")]
        words = " ".join(each.text.removesuffix(f" {each.part}/{each.parts}") for each in of_mode)
        if text := (of_mode and of_mode[0].whole) or words:
            Draft.objects.get_or_create(
                case=taken[0].case, agent=by, mode=mode, defaults={"text": text, "changed_at": now}
            )


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
        entry = held_entry(entry_id, by=by)
        fire(entry, "find", now=now, by_person=True)
        entry.url, entry.sent_at = web_address(url), now
        entry.save(update_fields=["status", "url", "sent_at"])
        answered(entry, by=by, now=now, by_hand=True)


def try_again(entry_id: int, *, by: Agent, now: datetime) -> None:
    """Send a failed reply once more, with the same key."""
    with transaction.atomic():
        entry = held_entry(entry_id, by=by)
        try:
            with transaction.atomic():
                fire(entry, "try_again", now=now, by_person=True)
                entry.send_at, entry.problem, entry.attempts, entry.scheduled_at = now, None, 0, None
                entry.save(update_fields=["status", "send_at", "problem", "attempts", "scheduled_at"])
        except IntegrityError:
            raise Refused(say("Another reply to this customer is already on its way.")) from None
        settled(entry, "reply_tried_again", by=by, now=now)


def settle(entry_id: int, was_sent: bool, url: str = "", *, by: Agent, now: datetime) -> None:
    """A person looked on the network: an unsure reply is there, or it is not."""
    with transaction.atomic():
        entry = held_entry(entry_id, by=by)
        fire(entry, "find" if was_sent else "miss", now=now, by_person=True)
        if was_sent:
            entry.url, entry.sent_at = web_address(url) or entry.url, now
        entry.save(update_fields=["status", "url", "sent_at"])
        if was_sent:
            answered(entry, by=by, now=now, by_hand=True)
        else:
            settled(entry, "reply_not_there", by=by, now=now)


def settled(entry: OutboxEntry, event: str, *, by: Agent | None, now: datetime) -> None:
    """Write down what a person decided. In the caller's transaction."""
    case = entry.case
    case.changed_at = now
    case.save(update_fields=["changed_at"])
    record(case, event, by=by, now=now, entry=entry.pk)


def answered(
    entry: OutboxEntry,
    *,
    by: Agent | None,
    now: datetime,
    by_hand: bool = False,
    is_fresh: bool = False,
) -> None:
    """A reply is out: the case waits for the customer, or the next part follows. In the caller's transaction.

    `is_fresh`: it was posted just now, not found there."""
    case = (
        Case.objects.select_for_update(of=("self",)).select_related("author", "owner").get(pk=entry.case_id)
    )
    if entry.part < entry.parts and let_follow(entry, is_fresh=is_fresh, now=now):
        case.first_answer_at = case.first_answer_at or now
        case.changed_at = now
        case.save(update_fields=["first_answer_at", "changed_at"])
        record(case, "reply_part_sent", by=by, now=now, entry=entry.pk, part=entry.part, parts=entry.parts)
        return
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


def let_follow(entry: OutboxEntry, *, is_fresh: bool, now: datetime) -> bool:
    """The part behind `entry`, which is out, may leave now. False: there is none. In the caller's transaction.

    Behind a post that was found there, not posted just now, other parts may be there too (a backup was put back): the
    part keeps its old time, so that the sender looks for it first."""
    behind = _waiting_behind(entry)
    if not behind:
        return False
    part = behind[0]
    if part.follows and not entry.remote_id:
        # Nobody can tell under which number the part before stands: only a person can put this one under it.
        fire(part, "strand", now=now)
        why = say(
            "The first part is there, but its number is not known: post the next part under it yourself, then say so here."
        )
        part.problem = why.as_json()
        say_problem(part, why, now=now)
    else:
        try:
            fire(part, "follow", now=now)
        except Refused as why:
            # It was changed while it waited.
            part.status, part.problem = "failed", why.reasons[0].as_json()
            say_problem(part, why.reasons[0], now=now)
            record(part.case, "reply_failed", by=None, now=now, entry=part.pk, why=part.problem)
        if part.follows:
            part.in_reply_to, part.parent_revision = entry.remote_id, ""
        if is_fresh:
            part.send_at = now
    part.save(update_fields=["status", "problem", "in_reply_to", "parent_revision", "send_at"])
    return True


def say_problem(entry: OutboxEntry, problem: Said, *, now: datetime) -> None:
    """Tell whoever approved it that a person is needed."""
    tell(problem, now=now, case=entry.case, to=entry.approved_by, level="loud")
