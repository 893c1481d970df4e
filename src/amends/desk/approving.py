"""From a draft to an outbox entry: what stands in the way, and who must say yes."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from amends.core.case import Status
from amends.core.graph import Refused
from amends.core.mention import Visibility
from amends.core.say import say
from amends.core.text import storable
from amends.desk import accounts
from amends.desk.actions import holding
from amends.desk.entering import Wish, enter
from amends.desk.reviewing import answered_mention, weigh
from amends.desk.trail import record
from amends.reply.guard import Level
from amends.store.models import Agent, Draft, OutboxEntry

PURPOSES = ("reply", "ask_satisfied", "last_offer")


def approve(
    case_id: int, text: str, mode: str = "reply", *, purpose: str = "reply", by: Agent, now: datetime
) -> OutboxEntry:
    """`approve_wish` of a text alone."""
    return approve_wish(case_id, Wish(text=text, mode=mode, purpose=purpose), by=by, now=now)


def approve_wish(case_id: int, wish: Wish, *, by: Agent, now: datetime) -> OutboxEntry:
    """Approve a reply: an outbox entry that leaves after the undo window. Raises `Refused` when a guard blocks it,
    another reply is on its way, or the case is closed."""
    if wish.mode not in ("reply", "direct") or wish.purpose not in PURPOSES:
        raise Refused(say("A reply is public or a direct message."))
    wish = replace(wish, text=storable(wish.text).strip(), public_line=storable(wish.public_line).strip())
    with holding(case_id, by=by, now=now) as case:
        if case.status == Status.CLOSED:
            raise Refused(say("The case is closed: reopen it first."))
        seen = weigh(
            case,
            wish.text,
            wish.mode,
            now=now,
            is_solvable_now=wish.is_solvable_now,
            public_line=wish.public_line,
            media=wish.media,
        )
        if seen.is_blocked:
            raise Refused(*(each.reason for each in seen.all_verdicts if each.level == Level.BLOCK))
        mention = answered_mention(case)
        if mention is None:
            raise Refused(say("There is no post of the customer to answer."))
        account = accounts.speaker_for(case)
        if wish.visibility == Visibility.DIRECT and account and not accounts.traits_of(account).private_reply:
            raise Refused(
                say(
                    "This network has no direct messages from here. Offer another private way, without details in public."
                )
            )
        entry = enter(case, mention, account, wish, author=by, by=by, now=now)
        if case.owner is None:
            case.owner = by
        Draft.objects.filter(case=case, agent=by, mode=wish.mode).delete()
        record(case, "reply_approved", by=by, now=now, entry=entry.pk, purpose=wish.purpose)
        return entry
