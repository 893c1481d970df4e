"""Drains the outbox: claim, check, send, receipt — or unsure, and then a look before anything else.

- Only `approved` entries whose time has come are claimed, by one conditional update each, and each just before it
  leaves: the settle time counts from the claim.
- An entry that was being sent when its process died is `unsure`, once the network's settle time has passed.
- An unsure entry is looked for by its key where the network can tell; only when it surely is not there does it go
  out again, with the same key. Where only a person can tell, a person is asked.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from amends.connectors.base import (
    AnswerLost,
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
from amends.desk import accounts
from amends.desk.points import passed
from amends.desk.replies import answered, fire, say_problem
from amends.desk.seal import LogWriter
from amends.desk.trail import record, tell, tell_leads
from amends.store.models import Case, OutboxEntry

log = logging.getLogger("amends.sender")

#: Between two looks for a lost post.
LOOK_AGAIN = timedelta(seconds=30)
#: Past so many tries that the network put off, a person is asked.
MOST_ATTEMPTS = 20
#: Between a claim and its post passes some time also where a network settles at once.
SHORTEST_SETTLE = timedelta(seconds=1)
#: How many entries are tried in one claim: some may be another worker's by then, or be given to a person.
CANDIDATES = 50


def claim(*, now: datetime, limit: int = 10) -> list[OutboxEntry]:
    """Entries that are ours to send now. Two workers never hold the same one."""
    ready = OutboxEntry.objects.filter(status="approved", send_at__lte=now).order_by("send_at", "id")
    claimed: list[OutboxEntry] = []
    for entry in ready.select_related("source", "case")[: max(limit, CANDIDATES)]:
        if len(claimed) == limit:
            break
        try:
            fire(entry, "claim", now=now)
        except Refused as why:
            _give_to_person(entry, why.reasons[0], now=now)
            continue
        won = OutboxEntry.objects.filter(pk=entry.pk, status="approved", send_at=entry.send_at).update(
            status="sending", claimed_at=now, attempts=entry.attempts + 1
        )
        if won == 1:
            entry.claimed_at, entry.attempts = now, entry.attempts + 1
            claimed.append(entry)
            passed("send.claimed")
    return claimed


def drain(*, now: datetime, limit: int = 10, clock: Callable[[], datetime] | None = None) -> int:
    """Send what is ready, and settle what is unsure. Gives how many entries moved.

    Sending takes time: `clock` says what the time is as it goes on. Without one it stands still at `now`.
    """
    clock = clock or (lambda: now)
    moved = settle_unsure(now=now)
    for _ in range(limit):
        # One at a time: an entry that waited behind nine slow ones would be settled before it has left.
        claimed = claim(now=clock(), limit=1)
        if not claimed:
            break
        _send(claimed[0], clock=clock)
        moved += 1
    return moved


def outgoing(entry: OutboxEntry) -> Outgoing:
    """What leaves: exactly what was approved."""
    return Outgoing(
        text=entry.text,
        in_reply_to=entry.in_reply_to,
        thread_id=entry.thread_id,
        parent_revision=entry.parent_revision,
        visibility=Visibility(entry.visibility),
        language=entry.language,
    )


def _send(entry: OutboxEntry, *, clock: Callable[[], datetime]) -> None:
    try:
        speaker = accounts.connect(entry.source)
        if not _is_ours_still(entry, now=clock()):
            return
        passed("send.checked")
        receipt: Receipt = speaker.send(outgoing(entry), entry.key)
        passed("send.posted")
    except RetryLater as wait:
        if entry.attempts >= MOST_ATTEMPTS:
            _refuse(entry, wait.why or say("The network put it off too many times."), now=clock())
        else:
            _release(entry, wait, now=clock())
    except PostedOtherwise as posted:
        # It is there: sent, and an alarm. To call it failed would have somebody send it twice.
        now = clock()
        _confirm(entry, posted.receipt, now=now, event="confirm", since=now, alarm=posted.what)
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
        _confirm(entry, receipt, now=now, event="confirm", since=now)


def _is_ours_still(entry: OutboxEntry, *, now: datetime) -> bool:
    """Whether the claim holds. A process that slept since (a suspended machine) may have lost it: another worker
    has looked, found nothing, and sent the reply."""
    assert entry.claimed_at is not None
    if now - entry.claimed_at > max(accounts.traits_of(entry.source).settle, SHORTEST_SETTLE):
        _release(entry, RetryLater(timedelta()), now=now)
        return False
    ours = OutboxEntry.objects.filter(pk=entry.pk, status="sending", claimed_at=entry.claimed_at)
    return ours.exists()


def _hold(entry: OutboxEntry, status: str) -> OutboxEntry | None:
    """The entry, locked, if it is still in `status` and of the same claim."""
    held = (
        OutboxEntry.objects.select_for_update(of=("self",))
        .select_related("source", "case", "approved_by")
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


def _lose(entry: OutboxEntry, *, now: datetime) -> None:
    with transaction.atomic():
        if held := _hold(entry, "sending"):
            fire(held, "lose", now=now)
            _keep_problem(
                held,
                say(
                    "The network did not answer: the reply may be public. Amends looks before it does anything else."
                ),
                event="reply_unsure",
                now=now,
            )


def _keep_problem(entry: OutboxEntry, why: Said, *, event: str, now: datetime) -> None:
    entry.problem = why.as_json()
    entry.save(update_fields=["status", "problem"])
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
        answered(held, by=held.approved_by, now=now)
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
    for entry in OutboxEntry.objects.filter(status="sending").select_related("source", "case"):
        settle_after = accounts.traits_of(entry.source).settle
        if entry.claimed_at is not None and now - entry.claimed_at >= settle_after:
            _lose(entry, now=now)
            moved += 1
    unsure = OutboxEntry.objects.filter(status="unsure", send_at__lte=now).select_related("source", "case")
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
