"""Replies that leave later: they wait in our outbox, never in a network's (reliability P13), and come back to a person
when the customer has written, edited or deleted since they were approved."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Exists, OuterRef, Q

from amends.core.graph import Refused
from amends.core.say import Said, say
from amends.desk.permissions import must
from amends.desk.trail import record, tell
from amends.store.models import Agent, Case, Mention, OutboxEntry

#: Nobody knows what is right to say beyond this.
LATEST = timedelta(days=60)
#: How many come back in one round.
AT_ONCE = 50


def check_time(send_at: datetime | None, *, now: datetime) -> None:
    """Raise `Refused` for a time at which nothing can be sent."""
    if send_at is None:
        return
    if send_at <= now:
        raise Refused(say("That time has passed: choose a later one, or send it now."))
    if send_at > now + LATEST:
        raise Refused(say("Choose a time within the next {days} days.", days=LATEST.days))


def send_now(entry_id: int, *, by: Agent, now: datetime) -> None:
    """Let a reply that waits for its time leave at once, with the parts behind it."""
    must(by, "work")
    with transaction.atomic():
        entry = (
            OutboxEntry.objects.select_for_update(of=("self",))
            .select_related("case")
            .filter(pk=entry_id, first=None)
            .first()
        )
        if entry is None:
            raise Refused(say("There is no such reply."))
        if entry.status != "approved" or entry.scheduled_at is None or entry.send_at <= now:
            raise Refused(say("It does not wait for a time any more."))
        parts = OutboxEntry.objects.filter(
            Q(pk=entry.pk) | Q(first=entry.pk), status__in=("approved", "waiting")
        )
        parts.update(send_at=now, scheduled_at=None)
        _changed(entry.case, now=now)
        record(entry.case, "reply_sent_early", by=by, now=now, entry=entry.pk)


def give_back_overtaken(*, now: datetime) -> int:
    """Replies that wait for their time, and whose customer has said or taken back something since: a person decides.
    Gives how many. One query when there is none."""
    since = Mention.objects.filter(case=OuterRef("case"), is_ours=False, is_bystander=False).filter(
        Q(found_at__gt=OuterRef("approved_at"))
        | Q(edited_at__gt=OuterRef("approved_at"))
        | Q(deleted_at__gt=OuterRef("approved_at"))
    )
    waiting = OutboxEntry.objects.filter(
        status="approved", scheduled_at__isnull=False, first=None, attempts=0
    )
    given = 0
    for entry in waiting.filter(Exists(since)).select_related("case", "approved_by")[:AT_ONCE]:
        why = _what_changed(entry)
        with transaction.atomic():
            won = OutboxEntry.objects.filter(pk=entry.pk, status="approved", attempts=0).update(
                status="failed", problem=why.as_json()
            )
            if won == 1:
                record(entry.case, "reply_failed", by=None, now=now, entry=entry.pk, why=why.as_json())
                _changed(entry.case, now=now)
                tell(why, now=now, case=entry.case, to=entry.approved_by, level="loud")
                given += 1
    return given


def _what_changed(entry: OutboxEntry) -> Said:
    theirs = Mention.objects.filter(case=entry.case_id, is_ours=False, is_bystander=False)
    if theirs.filter(found_at__gt=entry.approved_at).exists():
        return say(
            "The customer has written since this reply was approved: read it, then send or rewrite yours."
        )
    if theirs.filter(deleted_at__gt=entry.approved_at).exists():
        return say(
            "The customer has deleted a post since this reply was approved: is it still right to send it?"
        )
    return say(
        "The customer has edited a post since this reply was approved: read it again, then send or rewrite yours."
    )


def _changed(case: Case, *, now: datetime) -> None:
    Case.objects.filter(pk=case.pk).update(changed_at=now)
