"""What the coach and the guards say of a draft in its case."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from zoneinfo import ZoneInfo

from amends.core.case import Kind, Severity
from amends.core.graph import Refused
from amends.core.mention import Visibility
from amends.core.say import say
from amends.core.text import storable
from amends.desk import accounts, housebook, likeness, policies
from amends.desk.permissions import must
from amends.desk.strangers import foreign_in
from amends.desk.trail import hours
from amends.reply.coach import Advice, StepSeen, advise, coach
from amends.reply.grounds import FourEyes
from amends.reply.guard import Level, PromiseSeen, Verdict, check, kept_back, promise_in, shown, worst
from amends.reply.plays import Play, play_for
from amends.reply.situation import Situation
from amends.store.models import Agent, Attachment, Case, Judgement, Mention, Organisation, OutboxEntry, WayOut


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
    advice: Advice
    """The one thing that the coach says of it now."""
    line_verdicts: tuple[Verdict, ...] = ()
    """Of the line in public beside a direct message; their spans are the line's."""

    @property
    def marks(self) -> tuple[StepSeen, ...]:
        """The steps to show: what is done, and what matters here."""
        return tuple(each for each in self.steps if each.is_done or each.is_wanted)

    @property
    def all_verdicts(self) -> tuple[Verdict, ...]:
        return (*self.verdicts, *self.line_verdicts)

    @property
    def is_blocked(self) -> bool:
        return self.level == Level.BLOCK

    @property
    def is_well(self) -> bool:
        """No step that matters is missing, and no guard warns."""
        return self.advice.is_praise and self.level.rank < Level.WARN.rank


def answered_mention(case: Case) -> Mention | None:
    """The post that a reply answers: the author's last one that is still there."""
    theirs = Mention.objects.filter(case=case, is_ours=False, is_bystander=False, author=case.author)
    return theirs.filter(deleted_at=None).order_by("-id").first() or theirs.order_by("-id").first()


def situation_of(case: Case, mode: str, *, now: datetime, is_solvable_now: bool = False) -> Situation:
    """What a draft is weighed against. `is_solvable_now`: the agent says that it can be put right with this reply."""
    mention = answered_mention(case)
    measure = accounts.measure_for(case, accounts.speaker_for(case))
    judged = (
        Judgement.objects.filter(mention__case=case, by=None)
        .order_by("-id")
        .values_list("details", flat=True)
        .first()
    ) or {}
    ours = Organisation.objects.first() or Organisation()
    earlier = (
        OutboxEntry.objects.filter(status="sent", visibility=Visibility.PUBLIC)
        .exclude(case=case)
        .order_by("-id")
        .values_list("text", flat=True)[:50]
    )
    # What we wrote to this customer, here and in older cases of theirs.
    to_them = list(
        OutboxEntry.objects.filter(case__author=case.author_id, status="sent")
        .order_by("-id")
        .values_list("case_id", "visibility", "part", "text")[:_WRITTEN_TO_THEM]
    )
    colleagues = Agent.objects.filter(is_active=True).values_list("name", flat=True)
    return Situation(
        their_text=mention.text if mention else "",
        language=case.language,
        visibility=Visibility.DIRECT if mode == "direct" else Visibility.PUBLIC,
        kind=Kind(case.kind),
        severity=Severity(case.severity),
        anger=int(judged.get("anger", 0)),
        topic=case.topic,
        network=case.network,
        longest=measure.longest,
        count=measure.length,
        most_parts=measure.most_parts,
        parent_gone=bool(mention and mention.deleted_at),
        our_addresses=_our_addresses(ours),
        earlier_replies=tuple(earlier),
        is_solvable_now=is_solvable_now,
        abuse=case.abuse,
        wants=str(judged.get("wants", "")),
        their_names=frozenset(filter(None, (case.author.name, case.author.handle))),
        our_names=frozenset(filter(None, (ours.brand, *colleagues))),
        public_turns=sum(
            (where, visibility, part) == (case.pk, Visibility.PUBLIC, 1)
            for where, visibility, part, _ in to_them
        ),
        earlier_to_them=tuple(text for *_, text in to_them[:5]),
        meaning=likeness.meaning(),
        admission=ours.admission,
        banned_words=tuple(map(str, ours.banned_words)),
        # From that amount on, two people say yes: alone one may promise anything below it.
        most_amount=float(limit) - 0.01 if (limit := FourEyes.of(ours.four_eyes).amount) else None,
        was_offered=case.last_offer_at is not None,
        house_rules=housebook.reasons_for(case.topic, case.language),
        # “By 6 pm” is read where the desk is.
        now=now.astimezone(ZoneInfo(hours().zone)),
    )


#: So many of our last replies to one customer are looked at.
_WRITTEN_TO_THEM = 30


def _our_addresses(ours: Organisation) -> frozenset[str]:
    """What of ours may be said in public: the contacts, and the ways out that customers are sent to."""
    ways = WayOut.objects.filter(is_active=True).values_list("address", flat=True)
    return frozenset((*map(str, ours.contacts), *ways))


def review(
    case_id: int,
    text: str,
    mode: str,
    *,
    is_solvable_now: bool = False,
    public_line: str = "",
    media: Sequence[int] = (),
    by: Agent,
    now: datetime,
) -> Review:
    """Coach and guards on a draft, as it stands. Writes nothing."""
    must(by, "read")
    return weigh(
        case_of(case_id),
        storable(text),
        mode,
        now=now,
        is_solvable_now=is_solvable_now,
        public_line=storable(public_line),
        media=media,
    )


def weigh(
    case: Case,
    text: str,
    mode: str,
    *,
    now: datetime,
    is_solvable_now: bool = False,
    public_line: str = "",
    media: Sequence[int] = (),
) -> Review:
    """`review` of a case that is held already. `public_line`: what stands in public beside a direct message; it is
    weighed as a public reply. `media`: attachments of the case."""
    situation = situation_of(case, mode, now=now, is_solvable_now=is_solvable_now)
    if media:
        alts = Attachment.objects.filter(case=case, pk__in=media).values_list("alt", flat=True)
        without = sum(not alt.strip() for alt in alts)
        situation = replace(situation, media=len(media), media_without_alt=without)
    foreign = foreign_in(
        case, f"{text}\n{public_line}", ours=situation.our_addresses, our_names=situation.our_names
    )
    situation = replace(situation, foreign=foreign)
    verdicts = check(text, situation, policies.guards())
    beside: tuple[Verdict, ...] = ()
    if public_line.strip() and mode == "direct":
        beside = check(public_line, replace(situation, visibility=Visibility.PUBLIC), policies.guards())
    play, coaching = play_for(situation, policies.plays(case.playbook)), policies.coaching()
    steps = _unopposed(coach(text, situation, coaching, verdicts, play.steps), verdicts)
    level, advice = worst((*verdicts, *beside)), advise(text, steps, coaching)
    if advice.is_praise and level.rank >= Level.WARN.rank:
        # Praise beside a warning would contradict it.
        advice = Advice(says=say("First see to what is said below."), step=None)
    return Review(
        steps=steps,
        advice=advice,
        verdicts=shown(verdicts),
        line_verdicts=shown(beside),
        level=level,
        count=situation.count(text),
        longest=situation.longest,
        promise=promise_in(text, case.language, situation.now, policies.guards()),
        play=play,
    )


def _unopposed(steps: Sequence[StepSeen], verdicts: Sequence[Verdict]) -> tuple[StepSeen, ...]:
    """The coach's steps, without advice against which a guard speaks (`reply/guards/precedence.py`)."""
    against = kept_back(verdicts)
    return tuple(
        replace(each, is_wanted=False)
        if not each.is_done and (each.step.value in against or "*" in against)
        else each
        for each in steps
    )


def case_of(case_id: int) -> Case:
    """The case, with author and source. Raises `Refused` where there is none."""
    try:
        return Case.objects.select_related("author", "source").get(pk=case_id)
    except Case.DoesNotExist:
        raise Refused(say("There is no case #{number}.", number=case_id)) from None
