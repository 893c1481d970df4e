"""Drains the outbox: claim, check, send, receipt — or unsure, and then a look before anything else.

- Only `approved` entries whose time has come are claimed, by one conditional update each, and each just before it
  leaves: a claim is good for `LONGEST_HOLD`, and who comes later lets it go.
- An entry that was being sent when its process died is `unsure`, once the network's settle time has passed since the
  last moment at which it may have been posted. Where the answer was lost, the time counts from then.
- An entry that should have left before this sender began, or was kept waiting unseen, may have been sent by another: a
  backup was put back, or a machine was asleep. It is `unsure` from the start.
- An unsure entry is looked for by its key where the network can tell; only when it surely is not there does it go
  out again, with the same key. Where only a person can tell, a person is asked.
- Just before it leaves, the post that it answers must still be there, unedited.
"""

from __future__ import annotations

import json
import logging
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from amends.connectors.base import (
    AnswerLost,
    Gone,
    Looker,
    NeedsAttention,
    Outgoing,
    PostedOtherwise,
    Receipt,
    Resend,
    RetryLater,
)
from amends.core.graph import Refused
from amends.core.mention import Visibility
from amends.core.say import Said, say
from amends.desk import accounts, media, pacing, scheduling
from amends.desk.points import passed
from amends.desk.replies import answered, fire, say_problem
from amends.desk.seal import LogWriter
from amends.desk.trail import record, tell, tell_leads
from amends.store.models import Case, Mention, OutboxEntry

log = logging.getLogger("amends.sender")

#: Between two looks for a lost post.
LOOK_AGAIN = timedelta(seconds=30)
#: Past so many tries that the network put off, a person is asked.
MOST_ATTEMPTS = 20
#: A post begins at most so long after its claim, and never later than the network's settle time.
LONGEST_HOLD = timedelta(seconds=30)
#: Between a claim and its post passes some time also where a network settles at once.
SHORTEST_SETTLE = timedelta(seconds=1)
#: A reply that is due leaves at once. One that is later than this, and that this sender did not see waiting, is looked
#: for before it is sent.
LATE = timedelta(seconds=60)
#: Networks forget keys (Mastodon after an hour): past this, a key alone is not trusted.
KEY_LIFE = timedelta(minutes=45)
#: How many entries are tried in one claim: some may be another worker's by then, or be given to a person.
CANDIDATES = 50


@dataclass
class Shift:
    """What one sender process knows of its own time: since when it works, and what it has seen."""

    began_at: datetime
    posted: deque[str] = field(default_factory=lambda: deque(maxlen=10_000))
    """Keys of what it sent: if one is due again, the database was put back under it."""
    _waiting: set[tuple[int, datetime]] = field(default_factory=set)

    def see(self, due: Iterable[OutboxEntry], *, now: datetime) -> None:
        """Take note of what is due: it may wait behind others for longer than `LATE`."""
        self._waiting = {
            (entry.pk, entry.send_at)
            for entry in due
            if now - entry.send_at <= LATE or (entry.pk, entry.send_at) in self._waiting
        }

    def is_late(self, entry: OutboxEntry) -> bool:
        """Whether somebody else may have sent it already."""
        if entry.send_at < self.began_at or entry.key in self.posted:
            return True
        return (entry.pk, entry.send_at) not in self._waiting


def claim(*, now: datetime, limit: int = 10, shift: Shift | None = None) -> list[OutboxEntry]:
    """Entries that are ours to send now, the longest approved first. Two workers never hold the same one."""
    ready = OutboxEntry.objects.filter(status="approved", send_at__lte=now).order_by("approved_at", "id")
    due = list(
        ready.select_related("source", "case__author", "approved_by", "first")[: max(limit, CANDIDATES)]
    )
    shift = shift or Shift(began_at=datetime.min.replace(tzinfo=now.tzinfo))
    shift.see(due, now=now)
    claimed: list[OutboxEntry] = []
    waiting: set[int] = set()
    for entry in due:
        if len(claimed) == limit:
            break
        if entry.source_id in waiting:
            continue
        try:
            fire(entry, "doubt" if shift.is_late(entry) else "claim", now=now)
        except Refused as why:
            _give_to_person(entry, why.reasons[0], now=now)
            continue
        if entry.status == "unsure":
            _doubt(entry, now=now)
            continue
        if pacing.waits(entry, now=now):
            if entry.status != "held":
                waiting.add(entry.source_id)
            continue
        won = OutboxEntry.objects.filter(pk=entry.pk, status="approved", send_at=entry.send_at).update(
            status="sending", claimed_at=now, attempts=entry.attempts + 1
        )
        if won == 1:
            entry.claimed_at, entry.attempts = now, entry.attempts + 1
            claimed.append(entry)
            passed("send.claimed")
    return claimed


def drain(
    *,
    now: datetime,
    limit: int = 10,
    clock: Callable[[], datetime] | None = None,
    shift: Shift | None = None,
) -> int:
    """Send what is ready, and settle what is unsure. Gives how many entries moved.

    Sending takes time: `clock` says what the time is as it goes on. Without one it stands still at `now`. `shift` is the
    process's own; without one, only what waited for more than `LATE` is looked for before it is sent.
    """
    clock = clock or (lambda: now)
    moved = settle_unsure(now=now) + scheduling.give_back_overtaken(now=now)
    for _ in range(limit):
        # One at a time: an entry that waited behind nine slow ones would be settled before it has left.
        claimed = claim(now=clock(), limit=1, shift=shift)
        if not claimed:
            break
        if _send(claimed[0], clock=clock) and shift:
            shift.posted.append(claimed[0].key)
        moved += 1
    return moved


def outgoing(entry: OutboxEntry) -> Outgoing:
    """What leaves: exactly what was approved. Raises `NeedsAttention` when an image is another one."""
    return Outgoing(
        text=entry.text,
        in_reply_to=entry.in_reply_to,
        thread_id=entry.thread_id,
        parent_revision=entry.parent_revision,
        visibility=Visibility(entry.visibility),
        language=entry.language,
        media=media.images_of(entry.media),
    )


def _send(entry: OutboxEntry, *, clock: Callable[[], datetime]) -> bool:
    """Send what was claimed. True when it is on the network."""
    try:
        speaker = accounts.connect(entry.source)
        _check_parent(entry, speaker)
        if not _is_ours_still(entry, now=clock()):
            return False
        passed("send.checked")
        found = speaker.find_sent(outgoing(entry), entry.key) if _is_key_old(entry, now=clock()) else None
        receipt: Receipt = found or speaker.send(outgoing(entry), entry.key)
        passed("send.posted")
    except RetryLater as wait:
        if entry.attempts >= MOST_ATTEMPTS:
            _refuse(entry, wait.why or say("The network put it off too many times."), now=clock())
        else:
            _release(entry, wait, now=clock())
    except PostedOtherwise as posted:
        # It is there: sent, and an alarm. To call it failed would have somebody send it twice.
        now = clock()
        _confirm(entry, posted.receipt, now=now, event="confirm", since=now, alarm=posted.what, is_fresh=True)
        return True
    except NeedsAttention as why:
        _refuse(entry, why.what, now=clock())
    except AnswerLost:
        _lose(entry, now=clock())
    except Exception:
        # We cannot know how far it came: treat it as lost, look before trying again.
        log.exception("sending entry %s broke", entry.pk)
        _lose(entry, now=clock())
    else:
        now = clock()
        _confirm(entry, receipt, now=now, event="confirm", since=now, is_fresh=found is None)
        return True
    return False


def _is_key_old(entry: OutboxEntry, *, now: datetime) -> bool:
    """Whether a network that drops a second post with one key may have forgotten this key since it was tried first."""
    resend = accounts.traits_of(entry.source).resend
    return resend is Resend.BY_KEY and entry.attempts > 1 and now - entry.approved_at > KEY_LIFE


def _check_parent(entry: OutboxEntry, speaker: Any) -> None:
    """The post that is answered is there as it was when the reply was approved. Raises `NeedsAttention` when it is gone
    or was edited, `RetryLater` when nobody can tell now."""
    gone = NeedsAttention(
        say("The post is not there any more: its author deleted it, or the account is gone.")
    )
    edited = NeedsAttention(
        say("The post was edited since you read it: read it again, then approve the reply again.")
    )
    if entry.follows and entry.first is not None:
        before = OutboxEntry.objects.filter(remote_id=entry.in_reply_to, removed_at__isnull=False)
        if before.filter(source_id=entry.source_id).exists():
            raise NeedsAttention(
                say("The part before it was taken off the network: take this one back, or answer anew.")
            )
        return
    known = Mention.objects.filter(network=entry.case.network, remote_id=entry.in_reply_to)
    for deleted_at, revision in known.values_list("deleted_at", "revision"):
        if deleted_at is not None:
            raise gone
        if _is_other(revision, entry):
            raise edited
    if accounts.traits_of(entry.source).checks_parent or not isinstance(speaker, Looker):
        return
    for seen in speaker.look([entry.in_reply_to]):
        if seen.remote_id != entry.in_reply_to:
            continue
        if isinstance(seen, Gone):
            raise gone
        if _is_other(seen.revision, entry):
            raise edited
        return
    raise RetryLater(LOOK_AGAIN, say("The network cannot say now whether the post is still there."))


def _is_other(revision: str, entry: OutboxEntry) -> bool:
    """Whether `revision` is not the one that was answered; networks without revisions have "" everywhere."""
    return bool(revision and entry.parent_revision) and revision != entry.parent_revision


def _is_ours_still(entry: OutboxEntry, *, now: datetime) -> bool:
    """Whether the claim holds. A process that slept since (a suspended machine) may have lost it: another worker
    has looked, found nothing, and sent the reply."""
    assert entry.claimed_at is not None
    if now - entry.claimed_at > _hold_of(entry):
        _release(entry, RetryLater(timedelta()), now=now)
        return False
    ours = OutboxEntry.objects.filter(pk=entry.pk, status="sending", claimed_at=entry.claimed_at)
    return ours.exists()


def _hold_of(entry: OutboxEntry) -> timedelta:
    """How long a claim on `entry` is good."""
    return min(max(accounts.traits_of(entry.source).settle, SHORTEST_SETTLE), LONGEST_HOLD)


def _hold(entry: OutboxEntry, status: str) -> OutboxEntry | None:
    """The entry, locked, if it is still in `status` and of the same claim."""
    held = (
        OutboxEntry.objects.select_for_update(of=("self",))
        .select_related("source", "case", "approved_by", "first")
        .filter(pk=entry.pk, status=status, claimed_at=entry.claimed_at)
        .first()
    )
    if held is None:
        log.warning("entry %s was settled by somebody else", entry.pk)
    return held


def _release(entry: OutboxEntry, wait: RetryLater, *, now: datetime) -> None:
    with transaction.atomic():
        if held := _hold(entry, "sending"):
            fire(held, "release", now=now)
            held.send_at, held.claimed_at = now + wait.after, None
            held.problem = wait.why.as_json() if wait.why else None
            held.save(update_fields=["status", "send_at", "claimed_at", "problem"])


def _refuse(entry: OutboxEntry, why: Said, *, now: datetime) -> None:
    with transaction.atomic():
        if held := _hold(entry, "sending"):
            fire(held, "refuse", now=now)
            _keep_problem(held, why, event="reply_failed", now=now)


def _lose(entry: OutboxEntry, *, now: datetime, is_ours: bool = True) -> None:
    """Nobody knows whether it was posted. `is_ours`: it was we who tried, and the try ended now."""
    with transaction.atomic():
        if held := _hold(entry, "sending"):
            fire(held, "lose", now=now)
            if is_ours:
                held.claimed_at = now
            is_for_person = accounts.traits_of(entry.source).resend is Resend.BY_PERSON
            why = (
                say(
                    "The network did not answer: the reply may be public. Look there, then say what you found; nothing is"
                    " sent again blindly."
                )
                if is_for_person
                else say(
                    "The network did not answer: the reply may be public. Amends looks before it does anything else."
                )
            )
            _keep_problem(held, why, event="reply_unsure", now=now)


def _doubt(entry: OutboxEntry, *, now: datetime) -> None:
    """It should have left earlier, and another sender may have seen to it: it is not sent before somebody looked."""
    is_for_person = accounts.traits_of(entry.source).resend is Resend.BY_PERSON
    why = (
        say(
            "It should have left before this desk was started (again). It may be public: look on the network, then say"
            " what you found."
        )
        if is_for_person
        else say(
            "It should have left before this desk was started (again). Amends looks whether it is there before it sends"
            " it."
        )
    )
    with transaction.atomic():
        won = OutboxEntry.objects.filter(pk=entry.pk, status="approved", send_at=entry.send_at).update(
            status="unsure", claimed_at=now, problem=why.as_json()
        )
        if won == 1:
            record(entry.case, "reply_doubted", by=None, now=now, entry=entry.pk)
            Case.objects.filter(pk=entry.case_id).update(changed_at=now)
            if is_for_person:
                say_problem(entry, why, now=now)


def _keep_problem(entry: OutboxEntry, why: Said, *, event: str, now: datetime) -> None:
    entry.problem = why.as_json()
    entry.save(update_fields=["status", "problem", "claimed_at"])
    record(entry.case, event, by=None, now=now, entry=entry.pk, why=why.as_json())
    Case.objects.filter(pk=entry.case_id).update(changed_at=now)
    say_problem(entry, why, now=now)


def _give_to_person(entry: OutboxEntry, why: Said, *, now: datetime) -> None:
    """Something about it changed since it was approved: it must not leave."""
    with transaction.atomic():
        won = OutboxEntry.objects.filter(pk=entry.pk, status="approved").update(
            status="failed", problem=why.as_json()
        )
        if won == 1:
            record(entry.case, "reply_failed", by=None, now=now, entry=entry.pk, why=why.as_json())
            Case.objects.filter(pk=entry.case_id).update(changed_at=now)
            say_problem(entry, why, now=now)


def _confirm(
    entry: OutboxEntry,
    receipt: Receipt,
    *,
    now: datetime,
    event: str,
    since: datetime,
    alarm: Said | None = None,
    is_fresh: bool = False,
) -> None:
    """It is on the network. `alarm`: what is wrong with how it stands there."""
    with transaction.atomic():
        held = _hold(entry, entry.status if event == "find" else "sending")
        if held is None:
            return
        fire(held, event, now=now, has_receipt=True)
        held.remote_id, held.url, held.problem = receipt.remote_id, receipt.url, None
        held.sent_at = receipt.sent_at or since
        held.save(update_fields=["status", "remote_id", "url", "sent_at", "problem"])
        passed("send.receipt_written" if event == "confirm" else "settle.found")
        _seal(held, receipt, now=now)
        answered(held, by=held.approved_by, now=now, is_fresh=is_fresh)
        if alarm:
            tell_leads(alarm, now=now, case=held.case, level="loud", but=held.approved_by)
            tell(alarm, now=now, case=held.case, to=held.approved_by, level="loud")
        if receipt.text.strip() != held.text.strip():
            tell(
                say("The network shows other words than those that were approved: look at the reply."),
                now=now,
                case=held.case,
                to=held.approved_by,
                level="loud",
            )
    passed("send.committed" if event == "confirm" else "settle.committed")


def _seal(entry: OutboxEntry, receipt: Receipt, *, now: datetime) -> None:
    """Our own words are evidence too."""
    kept: dict[str, Any] = {
        "approved_by": entry.approved_by_id,
        "body_digest": entry.body_digest,
        "case": entry.case_id,
        "in_reply_to": entry.in_reply_to,
        "key": entry.key,
        "remote_id": receipt.remote_id,
        "sent_at": (receipt.sent_at or now).isoformat(),
        "text": receipt.text,
        "url": receipt.url,
        "visibility": entry.visibility,
    }
    canonical = json.dumps(kept, sort_keys=True, separators=(",", ":"))
    writer = LogWriter()
    writer.keep_bytes(
        canonical.encode(),
        kind="sent",
        canonical=canonical,
        source=entry.case.network,
        case=entry.case,
        now=now,
    )
    writer.close()


def settle_unsure(*, now: datetime) -> int:
    """Find out about entries whose answer was lost, and about those whose process died while sending."""
    moved = 0
    for entry in OutboxEntry.objects.filter(status="sending").select_related("source", "case", "first"):
        settle_after = accounts.traits_of(entry.source).settle + _hold_of(entry)
        if entry.claimed_at is not None and now - entry.claimed_at >= settle_after:
            _lose(entry, now=now, is_ours=False)
            moved += 1
    unsure = OutboxEntry.objects.filter(status="unsure", send_at__lte=now).select_related(
        "source", "case", "first"
    )
    for entry in unsure:
        traits = accounts.traits_of(entry.source)
        if (
            traits.resend is Resend.BY_PERSON
            or entry.claimed_at is None
            or now - entry.claimed_at < traits.settle
        ):
            continue
        moved += _look(entry, traits.resend, now=now)
    return moved


def _look(entry: OutboxEntry, resend: Resend, *, now: datetime) -> int:
    try:
        receipt = accounts.connect(entry.source).find_sent(outgoing(entry), entry.key)
    except PostedOtherwise as posted:
        since = entry.claimed_at or now
        _confirm(entry, posted.receipt, now=now, event="find", since=since, alarm=posted.what)
        return 1
    except (RetryLater, NeedsAttention, AnswerLost) as wait:
        after = wait.after if isinstance(wait, RetryLater) else LOOK_AGAIN
        OutboxEntry.objects.filter(pk=entry.pk, status="unsure").update(send_at=now + max(after, LOOK_AGAIN))
        return 0
    if receipt is not None:
        _confirm(entry, receipt, now=now, event="find", since=entry.claimed_at or now)
        return 1
    with transaction.atomic():
        if held := _hold(entry, "unsure"):
            fire(held, "find_nothing", now=now, absent=True)
            held.send_at, held.claimed_at, held.problem = now, None, None
            held.save(update_fields=["status", "send_at", "claimed_at", "problem"])
            record(held.case, "reply_not_there", by=None, now=now, entry=held.pk)
    return 1
