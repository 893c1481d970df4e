"""From a draft to an outbox entry: what stands in the way, and who must say yes.

The gates, in order: the case is open · nobody answered meanwhile · no guard stops it (or a second person is asked to lift
that) · a second person where the organisation wants one · a rest where it was written in anger.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from amends.core.case import Status
from amends.core.graph import Refused
from amends.core.mention import Visibility
from amends.core.say import Said, say, say_many
from amends.core.text import storable
from amends.desk import accounts, cooling, seconding
from amends.desk.actions import holding
from amends.desk.entering import Wish, enter
from amends.desk.permissions import may
from amends.desk.reviewing import Review, answered_mention, case_of, weigh
from amends.desk.trail import record
from amends.reply.amounts import amounts_in
from amends.reply.grounds import NEVER_ALONE, Ground, Why, blocks_to_lift, grounds_of
from amends.reply.guard import Level, Verdict
from amends.reply.heat import Heat
from amends.store.models import Agent, Approval, Case, CoolDown, Draft, Mention, OutboxEntry

__all__ = [
    "PURPOSES",
    "Answered",
    "Approval",
    "CoolDown",
    "OutboxEntry",
    "Outcome",
    "Seen",
    "approve",
    "approve_wish",
    "outlook",
]

PURPOSES = ("reply", "ask_satisfied", "last_offer")

#: What becomes of a reply that an agent wants sent: it is on its way, it waits for a second person, or it rests.
Outcome = OutboxEntry | Approval | CoolDown


@dataclass(frozen=True)
class Seen:
    """What an agent had before their eyes when they began to write: the newest reply of the desk, and the newest post
    of ours on the network. A reply of a colleague that is newer stops them once."""

    entry: int = 0
    post: int = 0

    @classmethod
    def read(cls, text: str) -> Seen | None:
        """From “12-340”; None for anything else."""
        entry, _, post = text.partition("-")
        return cls(int(entry), int(post)) if _is_number(entry) and _is_number(post) else None

    def __str__(self) -> str:
        return f"{self.entry}-{self.post}"


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 18


class Answered(Refused):
    """A colleague answered since this agent began to write. `seen` is what there is to see now."""

    def __init__(self, reason: Said, seen: Seen) -> None:
        super().__init__(reason)
        self.seen = seen


def approve(
    case_id: int, text: str, mode: str = "reply", *, purpose: str = "reply", by: Agent, now: datetime
) -> Outcome:
    """`approve_wish` of a text alone."""
    return approve_wish(case_id, Wish(text=text, mode=mode, purpose=purpose), by=by, now=now)


def approve_wish(
    case_id: int,
    wish: Wish,
    *,
    plea: str = "",
    seen: Seen | None = None,
    keeps_promise: bool = False,
    by: Agent,
    now: datetime,
) -> Outcome:
    """Send a reply through the gates: an outbox entry that leaves after the undo window, an approval that waits for a
    second person, or a rest until which it stays a draft.

    `plea`: why a colleague should read it, and let it through where a guard stops it or it is heated. `seen`: what the
    agent had before their eyes. `keeps_promise`: what it promises is noted when a second person lets it out. Raises
    `Refused` when a guard blocks it, another reply is on its way, or the case is closed, and `Answered` when a colleague
    was quicker; the text is kept as the draft.
    """
    if wish.mode not in ("reply", "direct") or wish.purpose not in PURPOSES:
        raise Refused(say("A reply is public or a direct message."))
    wish = replace(wish, text=storable(wish.text).strip(), public_line=storable(wish.public_line).strip())
    try:
        return _through_the_gates(
            case_id, wish, plea=plea.strip(), seen=seen, keeps_promise=keeps_promise, by=by, now=now
        )
    except Refused:
        _keep_text(case_id, wish, by=by, now=now)
        raise


def _keep_text(case_id: int, wish: Wish, *, by: Agent, now: datetime) -> None:
    """Whatever stopped it, what was written is not lost."""
    if wish.text and may(by, "work") and (case := Case.objects.filter(pk=case_id).first()):
        cooling.keep(case, wish.text, wish.mode, by=by, now=now)


def _through_the_gates(
    case_id: int,
    wish: Wish,
    *,
    plea: str,
    seen: Seen | None,
    keeps_promise: bool,
    by: Agent,
    now: datetime,
) -> Outcome:
    with holding(case_id, by=by, now=now) as case:
        if case.status == Status.CLOSED:
            raise Refused(say("The case is closed: reopen it first."))
        if seen is not None:
            _nobody_was_quicker(case, seen, by=by, now=now)
        review = _weigh(case, wish, now=now)
        if stopped := _stopping(review):
            _may_be_asked(stopped, plea)
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
        heated = cooling.heat(review, by=by, now=now)
        grounds = _grounds(case, wish, review, heated, plea, by=by, now=now)
        if grounds and seconding.seconders(by, [each.ground for each in grounds], now=now).exists():
            return seconding.ask(
                case, wish, grounds, review, plea=plea, keeps_promise=keeps_promise, by=by, now=now
            )
        if plea or any(each.ground in NEVER_ALONE for each in grounds):
            # Who asks for a second person does not mean “or else send it”.
            raise Refused(_nobody_to_ask())
        if heated.is_held:
            rest = cooling.rest(case, wish.text, wish.mode, heated, by=by, now=now)
            if rest is not None:
                return rest
        if Approval.objects.filter(case=case, state="waiting").exists():
            raise Refused(seconding.is_waiting(case))
        entry = enter(case, mention, account, wish, author=by, by=by, now=now)
        if case.owner is None:
            case.owner = by
        cooling.went_out(case, wish.text, wish.mode, of=by, now=now)
        Draft.objects.filter(case=case, agent=by, mode=wish.mode).delete()
        alone = {"alone": [each.ground.value for each in grounds]} if grounds else {}
        record(case, "reply_approved", by=by, now=now, entry=entry.pk, purpose=wish.purpose, **alone)
        return entry


def _weigh(case: Case, wish: Wish, *, now: datetime) -> Review:
    return weigh(
        case,
        wish.text,
        wish.mode,
        now=now,
        is_solvable_now=wish.is_solvable_now,
        public_line=wish.public_line,
        media=wish.media,
    )


def _stopping(review: Review) -> tuple[Verdict, ...]:
    return tuple(each for each in review.all_verdicts if each.level == Level.BLOCK)


def _may_be_asked(stopped: tuple[Verdict, ...], plea: str) -> None:
    """A block stands, unless a colleague is asked to lift it, with a reason, and the rule allows that."""
    if not plea:
        raise Refused(*(each.reason for each in stopped))
    if final := [each for each in stopped if not each.can_be_lifted]:
        raise Refused(
            *dict.fromkeys(each.reason for each in final),
            say("Nobody can let that through: change the words."),
        )


def _nobody_to_ask() -> Said:
    return say(
        "Nobody else is here who could let it through: invite a lead or an admin on the page “People”, or change the words."
    )


def _grounds(
    case: Case, wish: Wish, review: Review, heated: Heat, plea: str, *, by: Agent, now: datetime
) -> tuple[Why, ...]:
    """Why a second person is asked."""
    grounds = wanted(case, f"{wish.text}\n{wish.public_line}", by=by, now=now)
    stopped = [each for each in review.verdicts if each.level == Level.BLOCK]
    beside = [each for each in review.line_verdicts if each.level == Level.BLOCK]
    grounds += blocks_to_lift(wish.text, stopped) + blocks_to_lift(wish.public_line, beside)
    # Where somebody reads it anyhow, it need not rest as well.
    if heated.is_held and (grounds or plea) and cooling.cooldown():
        grounds += (Why(ground=Ground.HEAT, said=say("It is heated.")),)
    if plea and not grounds:
        grounds = (Why(ground=Ground.ASKED, said=say("Its author wishes it.")),)
    return grounds


def wanted(case: Case, text: str, *, by: Agent, now: datetime) -> tuple[Why, ...]:
    """What the organisation wants read by two."""
    rules = seconding.rules()
    return grounds_of(
        rules,
        joined_at=by.joined_at,
        is_senior=may(by, "approve"),
        severity=case.severity,
        abuse=case.abuse,
        amounts=amounts_in(text, case.language) if rules.amount is not None else (),
        now=now,
    )


# -- who was quicker


def seen_of(case: Case) -> Seen:
    """What there is to see now of what we said to this customer."""
    entry = OutboxEntry.objects.filter(case=case).order_by("-id").values_list("pk", flat=True).first()
    post = (
        Mention.objects.filter(case=case, is_ours=True).order_by("-id").values_list("pk", flat=True).first()
    )
    return Seen(entry or 0, post or 0)


def _nobody_was_quicker(case: Case, seen: Seen, *, by: Agent, now: datetime) -> None:
    theirs = (
        OutboxEntry.objects.filter(case=case, pk__gt=seen.entry, part=1)
        .exclude(written_by=by)
        .exclude(approved_by=by)
        .exclude(status="cancelled")
        .select_related("written_by", "approved_by")
        .order_by("-id")
        .first()
    )
    if theirs is not None:
        writer = theirs.written_by or theirs.approved_by
        raise Answered(_quicker(writer.name if writer else "", now - theirs.approved_at), seen_of(case))
    sent = OutboxEntry.objects.filter(case=case).exclude(remote_id="").values("remote_id")
    post = (
        Mention.objects.filter(case=case, is_ours=True, pk__gt=seen.post)
        .exclude(remote_id__in=sent)
        .order_by("-id")
        .first()
    )
    if post is not None:
        raise Answered(
            say("Somebody of ours answered outside this desk: read it, then send. Your text is kept."),
            seen_of(case),
        )


def _quicker(name: str, ago: timedelta) -> Said:
    minutes = int(ago.total_seconds() // 60)
    if minutes < 1:
        return say("{name} has just answered: read it, then send. Your text is kept.", name=name)
    return say_many(
        "{name} answered {n} minute ago: read it, then send. Your text is kept.",
        "{name} answered {n} minutes ago: read it, then send. Your text is kept.",
        n=minutes,
        name=name,
    )


# -- what would become of it


@dataclass(frozen=True, kw_only=True)
class Outlook:
    """What would become of a draft if it were sent now: shown beside the review, before anybody presses."""

    grounds: tuple[Why, ...] = ()
    """Why a second person would read it."""
    is_alone: bool = False
    """There are grounds, and nobody who could be the second person: it goes out on the author's word alone."""
    can_ask: bool = False
    """Something stops it, and a colleague may be asked to let it through."""
    is_heated: bool = False
    """It would rest."""
    minutes: int = 0
    """For so long."""


def outlook(case_id: int, review: Review, text: str, mode: str, *, by: Agent, now: datetime) -> Outlook:
    """What would become of a draft with this review. Writes nothing."""
    if mode not in ("reply", "direct") or not text.strip() or not may(by, "work"):
        return Outlook()
    case, stopped = case_of(case_id), _stopping(review)
    heated, span = cooling.heat(review, by=by, now=now), cooling.cooldown()
    grounds = wanted(case, text, by=by, now=now)
    asked = [each.ground for each in grounds] or [Ground.ASKED]
    if stopped:
        asked.append(Ground.BLOCK)
    somebody = (
        seconding.seconders(by, asked, now=now).exists() if grounds or stopped or heated.is_held else False
    )
    open_ = (
        CoolDown.objects.filter(case=case, agent=by, mode=mode, outcome="").first()
        if heated.is_held
        else None
    )
    somebody_reads = bool(grounds) and somebody
    return Outlook(
        grounds=() if stopped else grounds,
        is_alone=bool(grounds) and not somebody,
        can_ask=bool(stopped) and somebody and all(each.can_be_lifted for each in stopped),
        is_heated=heated.is_held and not somebody_reads and not stopped and open_ is None and bool(span),
        minutes=int(span.total_seconds() // 60),
    )
