"""The pace of each account, and what holds a flood of the same words (S8). `reply/pacing.py` decides."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction

from amends.core.mention import Visibility
from amends.core.say import Said, say, say_many
from amends.desk import accounts, policies
from amends.desk.permissions import must
from amends.desk.replies import fire, held_entry, say_problem, settled
from amends.desk.trail import record, tell_leads
from amends.reply.pacing import Brake, Pace, is_held, turn
from amends.store.models import Agent, Case, OutboxEntry, Source

#: They left, or may have left.
LEFT = ("sending", "sent", "unsure")
#: A reply leaves at most so long after its `send_at`, or is looked for first (`sender.LATE`).
SLACK = timedelta(minutes=2)


@dataclass(frozen=True, kw_only=True)
class _Post:
    """A post of the account that left a short while ago."""

    at: datetime
    text: str
    is_counted: bool
    """It counts for the brake: public, and the first of its parts."""
    names: tuple[str, ...]


def pace_of(source: Source) -> Pace:
    """The pace of an account: as the desk set it, else as its network bears it."""
    traits = accounts.traits_of(source)
    own = policies.sending().paces.get(traits.name)
    return own or Pace(gap=traits.least_gap, most=traits.most_posts, within=traits.posts_within)


def waits(entry: OutboxEntry, *, now: datetime) -> bool:
    """Whether `entry`, which is due, may not leave now. It then has a new time, or waits for a person."""
    pace, brake = pace_of(entry.source), policies.sending().brake
    recent = _recent(entry.source, now - max(pace.within, brake.within, pace.gap))
    if (at := turn([each.at for each in recent], pace, now)) is not None:
        _put_off(entry.source, pace, at, now=now)
        return True
    if _is_counted(entry) and entry.let_go_at is None and _is_flood(entry, recent, brake, now):
        _hold(entry, brake, now=now)
        return True
    return False


def _recent(source: Source, since: datetime) -> list[_Post]:
    """What left from an account. One query, by the index `outbox_by_status`."""
    left = OutboxEntry.objects.filter(
        source=source, status__in=LEFT, send_at__gt=since - SLACK, claimed_at__gt=since
    )
    return [
        _Post(
            at=each.claimed_at,
            text=each.text,
            is_counted=_is_counted(each),
            names=(each.case.author.name, each.case.author.handle),
        )
        for each in left.select_related("case__author").only(
            "claimed_at", "text", "part", "visibility", "case__author__name", "case__author__handle"
        )
        if each.claimed_at is not None
    ]


def _is_counted(entry: OutboxEntry) -> bool:
    return entry.part == 1 and entry.visibility != Visibility.DIRECT


def _is_flood(entry: OutboxEntry, recent: list[_Post], brake: Brake, now: datetime) -> bool:
    counted = [each for each in recent if each.is_counted and each.at > now - brake.within]
    if len(counted) < brake.most:
        return False
    author = entry.case.author
    names = {name for each in counted for name in each.names} | {author.name, author.handle}
    return is_held(entry.text, [each.text for each in counted], brake, names)


def _put_off(source: Source, pace: Pace, at: datetime, *, now: datetime) -> None:
    """Everything of the account that is due waits for its next turn."""
    due = OutboxEntry.objects.filter(source=source, status="approved", send_at__lte=now)
    due.update(send_at=at, problem=waits_for_turn(pace).as_json())


def waits_for_turn(pace: Pace) -> Said:
    """Why a reply has not left yet."""
    return say(
        "It waits for its turn: this account posts at most {most} times in {minutes} minutes, {seconds} seconds apart.",
        most=pace.most or "∞",
        minutes=round(pace.within.total_seconds() / 60),
        seconds=round(pace.gap.total_seconds()),
    )


def _hold(entry: OutboxEntry, brake: Brake, *, now: datetime) -> None:
    why = say_many(
        "Held back: {n} public post of this account within the hour said nearly the same. Make it more of an answer to"
        " this person, or let it go.",
        "Held back: {n} public posts of this account within the hour said nearly the same. Make it more of an answer to"
        " this person, or let it go.",
        n=brake.most,
    )
    with transaction.atomic():
        is_first = not OutboxEntry.objects.filter(source=entry.source, status="held").exists()
        won = OutboxEntry.objects.filter(pk=entry.pk, status="approved").update(
            status="held", problem=why.as_json()
        )
        if won != 1:
            return
        entry.status = "held"
        record(entry.case, "reply_held", by=None, now=now, entry=entry.pk)
        Case.objects.filter(pk=entry.case_id).update(changed_at=now)
        say_problem(entry, why, now=now)
        if is_first:
            tell_leads(
                say("Many replies that are nearly the same wait for somebody to let them go."),
                now=now,
                case=entry.case,
                level="loud",
                but=entry.approved_by,
            )


def let_go(entry_id: int, *, by: Agent, now: datetime) -> None:
    """Send a reply that was held back, although many were alike: on record with a name. Raises `Refused`."""
    must(by, "work")
    with transaction.atomic():
        entry = held_entry(entry_id, by=by)
        fire(entry, "let_go", now=now, by_person=True)
        entry.send_at, entry.let_go_at, entry.problem = now, now, None
        entry.save(update_fields=["status", "send_at", "let_go_at", "problem"])
        settled(entry, "reply_let_go", by=by, now=now)
