"""A reply that is out already, edited or taken down where its network allows it.

What a person asks for is a row first; the worker carries it out, as often as it takes: asking a network twice is safe
(`connectors.base.Editor`, `Remover`). What it said, and what it says now, is sealed.
"""

from __future__ import annotations

import json
import logging
from datetime import datetime, timedelta

from django.db import IntegrityError, transaction

from amends.connectors.base import AnswerLost, NeedsAttention, Outgoing, Receipt, RetryLater
from amends.core.graph import Refused
from amends.core.mention import Visibility
from amends.core.say import Said, say
from amends.core.text import storable
from amends.desk import accounts, cooling
from amends.desk.approving import wanted
from amends.desk.permissions import must
from amends.desk.replies import digest_of
from amends.desk.reviewing import weigh
from amends.desk.seal import LogWriter
from amends.desk.trail import record, tell
from amends.reply.guard import Level
from amends.reply.splitting import opened
from amends.store.models import Agent, Case, OutboxEntry, ReplyChange

log = logging.getLogger("amends.changing")

#: How long one try may take before another worker tries, too.
LEASE = timedelta(minutes=2)
#: Between two tries when the answer was lost.
AGAIN = timedelta(seconds=30)
#: Past so many tries a person is asked.
MOST_ATTEMPTS = 20
AT_ONCE = 10


def edit(entry_id: int, text: str, *, by: Agent, now: datetime) -> ReplyChange:
    """Ask that a reply which is out says `text` from now on. The guards read it as they read a reply. Raises `Refused`."""
    must(by, "work")
    text = storable(text).strip()
    with transaction.atomic():
        entry = _held(entry_id)
        if not accounts.traits_of(entry.source).can_edit:
            raise Refused(say("This network lets nobody edit a post: take it down, and write a new reply."))
        if not text or text == entry.text:
            raise Refused(say("Change its words first."))
        measure = accounts.measure_for(entry.case, entry.source)
        text = opened(text, measure.opening)
        if measure.longest and measure.count(text) > measure.longest:
            raise Refused(
                say(
                    "It has {length} characters; one post takes {longest}.",
                    length=measure.count(text),
                    longest=measure.longest,
                )
            )
        _pass_the_gates(entry, text, by=by, now=now)
        return _ask(entry, "edit", text, by=by, now=now)


def remove(entry_id: int, *, by: Agent, now: datetime) -> ReplyChange:
    """Ask that a reply which is out is taken down. Raises `Refused`."""
    must(by, "work")
    with transaction.atomic():
        entry = _held(entry_id)
        if not accounts.traits_of(entry.source).can_remove:
            raise Refused(say("A post on this network cannot be taken down from here: do it there."))
        return _ask(entry, "remove", "", by=by, now=now)


def _held(entry_id: int) -> OutboxEntry:
    entry = (
        OutboxEntry.objects.select_for_update(of=("self",))
        .select_related("source", "case__author", "case__source", "first")
        .filter(pk=entry_id)
        .first()
    )
    if entry is None:
        raise Refused(say("There is no such reply."))
    if entry.status != "sent":
        raise Refused(say("The reply is not out yet: take it back instead."))
    if entry.removed_at is not None:
        raise Refused(say("The reply was taken down already."))
    if not entry.remote_id:
        raise Refused(say("It was posted by hand: change it on the network itself."))
    return entry


def _pass_the_gates(entry: OutboxEntry, text: str, *, by: Agent, now: datetime) -> None:
    """An edit is read as a reply is: guards, anger, four eyes. Where a second person is wanted, a new reply is the way:
    they would have nothing to look at here."""
    mode = "direct" if entry.visibility == Visibility.DIRECT else "reply"
    review = weigh(entry.case, text, mode, now=now)
    if review.is_blocked:
        raise Refused(*(each.reason for each in review.verdicts if each.level == Level.BLOCK))
    if wanted(entry.case, text, by=by, now=now) or cooling.heat(review, by=by, now=now).is_held:
        raise Refused(
            say("A second person must read these words first: write a new reply, and take this one down.")
        )


def _ask(entry: OutboxEntry, what: str, text: str, *, by: Agent, now: datetime) -> ReplyChange:
    try:
        with transaction.atomic():
            change = ReplyChange.objects.create(
                entry=entry, what=what, text=text, before=entry.text, by=by, at=now, next_try_at=now
            )
    except IntegrityError:
        raise Refused(say("A change of this reply is on its way already: wait until it is done.")) from None
    record(entry.case, "reply_changing", by=by, now=now, entry=entry.pk, what=what)
    _touch(entry, now=now)
    return change


def drain(*, now: datetime) -> int:
    """Carry out what was asked for. Gives how many changes were tried."""
    tried = 0
    due = ReplyChange.objects.filter(status="waiting", next_try_at__lte=now).order_by("next_try_at", "id")
    for change in due.select_related("entry__source", "entry__case", "by")[:AT_ONCE]:
        won = ReplyChange.objects.filter(
            pk=change.pk, status="waiting", next_try_at=change.next_try_at
        ).update(next_try_at=now + LEASE, attempts=change.attempts + 1)
        if won != 1:
            continue
        change.attempts += 1
        tried += 1
        _try(change, now=now)
    return tried


def _try(change: ReplyChange, *, now: datetime) -> None:
    try:
        receipt = _carry_out(change)
    except (RetryLater, AnswerLost) as wait:
        why = wait.why if isinstance(wait, RetryLater) else None
        if change.attempts >= MOST_ATTEMPTS:
            _fail(change, why or say("The network put it off too many times."), now=now)
        else:
            after = max(wait.after, AGAIN) if isinstance(wait, RetryLater) else AGAIN
            ReplyChange.objects.filter(pk=change.pk, status="waiting").update(
                next_try_at=now + after, problem=why.as_json() if why else None
            )
    except NeedsAttention as refused:
        _fail(change, refused.what, now=now)
    except Exception:
        # Asking again is safe; a fault of ours must not hold up the others.
        log.exception("change %s broke", change.pk)
        if change.attempts >= MOST_ATTEMPTS:
            _fail(change, say("It broke at every try: change the post on the network itself."), now=now)
    else:
        _done(change, receipt, now=now)


def _carry_out(change: ReplyChange) -> Receipt | None:
    entry = change.entry
    connector = accounts.connect(entry.source)
    if change.what == "remove":
        connector.remove(entry.remote_id)
        return None
    asked = Outgoing(
        text=change.text,
        in_reply_to=entry.in_reply_to,
        thread_id=entry.thread_id,
        visibility=Visibility(entry.visibility),
        language=entry.language,
    )
    receipt: Receipt = connector.edit(entry.remote_id, asked)
    return receipt


def _done(change: ReplyChange, receipt: Receipt | None, *, now: datetime) -> None:
    with transaction.atomic():
        won = ReplyChange.objects.filter(pk=change.pk, status="waiting").update(
            status="done", done_at=now, problem=None
        )
        if won != 1:
            return
        entry = (
            OutboxEntry.objects.select_for_update(of=("self",))
            .select_related("source", "case", "first", "approved_by")
            .get(pk=change.entry_id)
        )
        if change.what == "remove":
            entry.removed_at = now
        else:
            entry.text = change.text
            entry.body_digest = digest_of(entry)
        entry.save(update_fields=["text", "body_digest", "removed_at"])
        _seal(change, entry, receipt, now=now)
        record(
            entry.case,
            "reply_removed" if change.what == "remove" else "reply_changed",
            by=change.by,
            now=now,
            entry=entry.pk,
        )
        _touch(entry, now=now)
        if receipt is not None and receipt.text.strip() != change.text.strip():
            said = say("The network shows other words than those of the edit: look at the reply.")
            tell(said, now=now, case=entry.case, to=change.by, level="loud")


def _seal(change: ReplyChange, entry: OutboxEntry, receipt: Receipt | None, *, now: datetime) -> None:
    """What it said and what it says are evidence, as what was sent is."""
    kept = {
        "at": now.isoformat(),
        "before": change.before,
        "by": change.by_id,
        "case": entry.case_id,
        "key": entry.key,
        "remote_id": entry.remote_id,
        "text": receipt.text if receipt else "",
        "url": receipt.url if receipt else entry.url,
    }
    canonical = json.dumps(kept, sort_keys=True, separators=(",", ":"))
    writer = LogWriter()
    writer.keep_bytes(
        canonical.encode(),
        kind="removed" if change.what == "remove" else "changed",
        canonical=canonical,
        source=entry.case.network,
        case=entry.case,
        now=now,
    )
    writer.close()


def _fail(change: ReplyChange, why: Said, *, now: datetime) -> None:
    with transaction.atomic():
        won = ReplyChange.objects.filter(pk=change.pk, status="waiting").update(
            status="failed", problem=why.as_json()
        )
        if won != 1:
            return
        entry = change.entry
        record(entry.case, "reply_change_failed", by=None, now=now, entry=entry.pk, why=why.as_json())
        _touch(entry, now=now)
        tell(why, now=now, case=entry.case, to=change.by, level="loud")


def _touch(entry: OutboxEntry, *, now: datetime) -> None:
    Case.objects.filter(pk=entry.case_id).update(changed_at=now)
