"""The coach: the steps of a good answer, which are in the draft, and the one that is missed most (A1, A2).

The steps are S0's (acknowledge, ask, set expectations, apologise), S4's explaining and acting on it, and S2's and S3's
gesture. The coach never blocks; where a guard objects to words, the same words do not count as a step.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum, StrEnum
from pathlib import Path
from typing import Any

from amends.core.case import Kind, Severity
from amends.core.policy import BadPolicy, only, read_policy
from amends.core.say import Said, say
from amends.reply.guard import LONGEST_DRAFT, GuardPolicy, Verdict, check, languages_of
from amends.reply.phrases import PhraseBook, Reading, Span, merged, overlap, read, read_book, within
from amends.reply.situation import HouseReason, Situation
from amends.reply.times import find_times


class Step(StrEnum):
    """In the order in which they help, where no play says another."""

    ACKNOWLEDGE = "acknowledge"
    ASK = "ask"
    SET_EXPECTATIONS = "set_expectations"
    EXPLAIN = "explain"
    APOLOGISE = "apologise"
    FIX = "fix"
    """What is or was done about the problem itself, or what they can do now that ends it."""
    OFFER = "offer"
    """A gesture on top, or an open door: “write to me directly”."""


TITLES = {
    Step.ACKNOWLEDGE: say("Acknowledge"),
    Step.ASK: say("Ask"),
    Step.SET_EXPECTATIONS: say("Set expectations"),
    Step.EXPLAIN: say("Explain"),
    Step.APOLOGISE: say("Apologise"),
    Step.FIX: say("Fix"),
    Step.OFFER: say("Offer"),
}


class Need(IntEnum):
    """How much a step matters in a situation."""

    NONE = 0
    """It would only lengthen the answer."""
    FITS = 1
    """Where the play has it."""
    WANTED = 2
    MOST = 3
    """Without it the rest is not heard, or does harm."""


@dataclass(frozen=True, kw_only=True)
class StepSeen:
    """One step in a draft."""

    step: Step
    is_done: bool
    spans: tuple[Span, ...]
    """What shows it, in the draft as it was given."""
    is_wanted: bool
    """It matters in this situation."""
    hint: Said
    """What is missing and why it matters here, or what shows it."""
    need: Need = Need.FITS
    words: tuple[str, ...] = ()
    """The words at `spans`, as they are shown: shortened where they are many."""
    rule: HouseReason | None = None
    """With a missing `explain`: the rule of the house that is likely behind it, to be said with its reason (A8)."""


@dataclass(frozen=True, kw_only=True)
class Advice:
    """The one thing to say about a draft now."""

    says: Said
    step: Step | None
    """The step that it names; None: it is well as it stands."""
    rule: HouseReason | None = None

    @property
    def is_praise(self) -> bool:
        return self.step is None


@dataclass(frozen=True, kw_only=True)
class CoachPolicy:
    """coach.toml, read, with the guards whose objections count here."""

    steps: Mapping[Step, PhraseBook]
    excepted: Mapping[Step, PhraseBook]
    """Where one of these stands, the words at it do not show the step; with `set_expectations`, no time in its sentence."""
    coming: PhraseBook
    """What makes of a bare “today” a time to come."""
    languages: frozenset[str]
    high_anger: int
    short_post: int
    """Characters: a post up to here that acknowledges and asks is a whole first answer (S0)."""
    rule_topics: frozenset[str]
    guards: GuardPolicy

    @classmethod
    def load(cls, own: Path | None = None) -> CoachPolicy:
        """coach.toml and guards.toml (the desk's own in folder `own`, or the shipped ones). Raises `BadPolicy`.

        A desk's own coach.toml may be older than a step: what it does not have is as shipped."""
        table = {**read_policy("coach"), **read_policy("coach", own)}
        only(table, ("high_anger", "short_post", "rule_topics", "except", "coming", *Step), "coach")
        spared = _of(table, "except", dict, {})
        only(spared, tuple(Step), "coach.except")
        return cls(
            steps={step: read_book(table.get(step, {}), f"coach.{step}") for step in Step},
            excepted={step: read_book(spared.get(step, {}), f"coach.except.{step}") for step in Step},
            coming=read_book(table.get("coming", {}), "coach.coming"),
            languages=frozenset(table.get(Step.ACKNOWLEDGE, {})),
            high_anger=_of(table, "high_anger", int, 2),
            short_post=_of(table, "short_post", int, 280),
            rule_topics=frozenset(_of(table, "rule_topics", list, [])),
            guards=GuardPolicy.load(own),
        )


#: What these guards object to shows no step: mockery, non-apologies, denials, heat, blame.
_SPOILING = frozenset({"AM002", "AM006", "AM007", "AM008", "AM015"})
_UNHAPPY = frozenset({Kind.COMPLAINT, Kind.ABUSE, Kind.UNSURE})
_GRAVE = frozenset({Severity.HIGH, Severity.CRITICAL})


def coach(
    draft: str,
    situation: Situation,
    policy: CoachPolicy,
    verdicts: Sequence[Verdict] | None = None,
    order: Sequence[Step] = (),
) -> tuple[StepSeen, ...]:
    """The seven steps: those of `order` (the play's) first, then the others in their own.

    `verdicts` are those of `check` on the same draft; it is asked where they are not given."""
    if verdicts is None:
        verdicts = check(draft, situation, policy.guards)
    reading = read(draft[:LONGEST_DRAFT])
    seen = _Seen(
        reading=reading,
        situation=situation,
        policy=policy,
        play=frozenset(order),
        spans=_find(reading, situation, policy, verdicts),
        found=frozenset(each.rule for each in verdicts),
    )
    return tuple(_seen(step, seen) for step in (*order, *(step for step in Step if step not in order)))


def next_step(steps: Iterable[StepSeen]) -> StepSeen | None:
    """Of the steps that matter here and are missing, the one that matters most; of equals the first."""
    missing = [each for each in steps if each.is_wanted and not each.is_done]
    return max(missing, key=lambda each: each.need, default=None)


def advise(draft: str, steps: Sequence[StepSeen], policy: CoachPolicy) -> Advice:
    """One line on the draft as it stands: the missing step that matters most and why, or that it is well. A short post
    that acknowledges and asks is a whole first answer: the rest can follow theirs (S0, A1)."""
    done = {each.step for each in steps if each.is_done}
    missing = next_step(steps)
    is_first_answer = done >= {Step.ACKNOWLEDGE, Step.ASK} and len(draft.strip()) <= policy.short_post
    if missing is None:
        return Advice(says=say("Every step that matters here is in it."), step=None)
    if is_first_answer and missing.need < Need.MOST:
        says = say("Heard and asked, in one short post: a good first answer. The rest can follow theirs.")
        return Advice(says=says, step=None)
    return Advice(says=missing.hint, step=missing.step, rule=missing.rule)


def _find(
    reading: Reading, situation: Situation, policy: CoachPolicy, verdicts: Sequence[Verdict]
) -> dict[Step, list[Span]]:
    """For each step the spans of the draft that show it."""
    spoiled = [each.span for each in verdicts if each.rule in _SPOILING and each.span]
    languages = languages_of(reading, situation.language, policy.guards)
    questions = reading.questions
    found = {step: book.find(reading, languages) for step, book in policy.steps.items()}
    spared = {step: book.find(reading, languages) for step, book in policy.excepted.items()}
    for step, spans in found.items():
        found[step] = [span for span in spans if not any(overlap(span, other) for other in spared[step])]
    for step in (Step.EXPLAIN, Step.SET_EXPECTATIONS):  # who asks for a reason or a time gives none
        found[step] = [span for span in found[step] if not within(span, questions)]
    found[Step.ASK] += questions
    found[Step.SET_EXPECTATIONS] += _times(reading, situation.now, policy, languages, spared)
    return {step: merged(_unspoiled(reading, spans, spoiled)) for step, spans in found.items()}


#: Said of what was as often as of what comes.
_TODAY = re.compile(
    r"(?:today|tonight|this (?:morning|afternoon|evening|week)|aujourd'hui|ce (?:matin|soir)|cet apres-midi|"
    r"cette semaine|azi|astazi|saptamana (?:aceasta|asta))"
)


def _times(
    reading: Reading,
    now: datetime,
    policy: CoachPolicy,
    languages: frozenset[str],
    spared: Mapping[Step, Sequence[Span]],
) -> list[Span]:
    """Times that the draft says something will be at: not in a question, not of what was."""

    def sentences(spans: Iterable[Span]) -> set[int]:
        return {reading.sentence_at(start) for start, _ in spans}

    past = sentences(spared[Step.SET_EXPECTATIONS])
    times = [
        each.span
        for each in find_times(reading.folded, now)
        if not within(each.span, reading.questions) and reading.sentence_at(each.span[0]) not in past
    ]
    bare = [span for span in times if _TODAY.fullmatch(reading.folded, *span)]
    if bare:
        coming = sentences(policy.coming.find(reading, languages))
        times = [span for span in times if span not in bare or reading.sentence_at(span[0]) in coming]
    return times


def need_of(step: Step, situation: Situation, policy: CoachPolicy) -> Need:
    """How much a step matters in this situation, whatever the play."""
    is_unhappy = situation.kind in _UNHAPPY
    is_angry = situation.anger >= policy.high_anger
    is_solvable = situation.is_solvable_now
    if situation.kind is Kind.ABUSE:  # nothing is owed to an insult alone; the play says what is left (W6)
        return Need.NONE if step in (Step.APOLOGISE, Step.FIX, Step.EXPLAIN) else Need.FITS
    match step:
        case Step.ACKNOWLEDGE:
            if is_angry:
                return Need.MOST
            return Need.WANTED if is_unhappy or situation.kind is Kind.PRAISE else Need.FITS
        case Step.ASK:
            if is_solvable or situation.kind is Kind.PRAISE:
                return Need.NONE
            return Need.WANTED if is_unhappy else Need.FITS
        case Step.SET_EXPECTATIONS:
            if is_solvable or situation.kind is Kind.PRAISE:
                return Need.NONE
            return Need.WANTED if is_unhappy or situation.kind is Kind.QUESTION else Need.FITS
        case Step.EXPLAIN:
            if situation.kind is Kind.PRAISE:
                return Need.NONE
            is_rule = situation.topic in policy.rule_topics or bool(situation.house_rules)
            return Need.WANTED if is_angry or is_rule else Need.FITS
        case Step.APOLOGISE:
            return Need.WANTED if is_unhappy else Need.NONE
        case Step.FIX:
            if situation.kind is Kind.PRAISE:
                return Need.NONE
            return Need.MOST if is_solvable else Need.FITS
        case Step.OFFER:
            if not is_unhappy:
                return Need.NONE
            is_owed = situation.wants == "compensation" or situation.was_offered
            return Need.WANTED if is_owed or (is_angry and situation.severity in _GRAVE) else Need.FITS


def is_wanted(step: Step, situation: Situation, policy: CoachPolicy, order: Iterable[Step] = ()) -> bool:
    """Whether a step matters in this situation, for itself or because the play (`order`) has it."""
    need = need_of(step, situation, policy)
    return need >= Need.WANTED or (need is Need.FITS and step in order)


@dataclass(frozen=True, kw_only=True)
class _Seen:
    reading: Reading
    situation: Situation
    policy: CoachPolicy
    play: frozenset[Step]
    spans: Mapping[Step, list[Span]]
    found: frozenset[str]
    """The rules with a verdict."""

    def is_done(self, step: Step) -> bool:
        return bool(self.spans[step])

    def is_wanted(self, step: Step) -> bool:
        return is_wanted(step, self.situation, self.policy, self.play)

    def words(self, step: Step) -> str:
        return self.shown(max(self.spans[step], key=lambda span: span[1] - span[0]))

    def shown(self, span: Span) -> str:
        return _short(self.reading.text[slice(*span)], 60)

    @property
    def is_unread(self) -> bool:
        """The coach knows no phrases in their language."""
        language = self.situation.language.split("-")[0].lower()
        return bool(language) and language != "und" and language not in self.policy.languages

    @property
    def is_angry(self) -> bool:
        return self.situation.anger >= self.policy.high_anger

    @property
    def is_early(self) -> bool:
        """A remedy is proposed, and nothing was asked: the facts are not known (A3)."""
        if self.situation.is_solvable_now or self.situation.kind not in _UNHAPPY:
            return False
        return "AM016" in self.found or (self.is_done(Step.FIX) and not self.is_done(Step.ASK))

    @property
    def is_venting(self) -> bool:
        """They may want no help, only to be heard (W5)."""
        wants = self.situation.wants
        return wants == "to_be_heard" or (wants == "ask" and self.is_angry)

    def need(self, step: Step) -> Need:
        """As in this draft: what it does already can make another step urgent."""
        need = need_of(step, self.situation, self.policy)
        if step is Step.ASK and self.is_early and not self.is_done(Step.ASK):
            return Need.MOST
        return need


def _seen(step: Step, seen: _Seen) -> StepSeen:
    is_done, rules = seen.is_done(step), seen.situation.house_rules
    return StepSeen(
        step=step,
        is_done=is_done,
        spans=tuple(seen.spans[step]),
        is_wanted=seen.is_wanted(step),
        hint=_HINTS[step](seen),
        need=seen.need(step),
        words=tuple(map(seen.shown, seen.spans[step])),
        rule=rules[0] if rules and step is Step.EXPLAIN and not is_done else None,
    )


def _acknowledge(seen: _Seen) -> Said:
    if "AM017" in seen.found:
        return say(
            "This says that it was our fault. If that is not known yet, say that you heard them, and no more."
        )
    if seen.is_done(Step.ACKNOWLEDGE):
        return say("“{words}” shows that they were heard.", words=seen.words(Step.ACKNOWLEDGE))
    if seen.situation.kind is Kind.PRAISE:
        return say("Say that their kind words were read, and what they made you feel.")
    if not seen.is_wanted(Step.ACKNOWLEDGE):
        return say("Not needed for a calm question.")
    if seen.is_unread:
        return _unread(seen)
    if seen.is_angry:
        return say("They are very angry: begin by saying what you understood of it. It admits nothing.")
    return say(
        "Begin by saying that you heard them. It admits nothing, and without it the rest is not heard."
    )


def _ask(seen: _Seen) -> Said:
    if seen.is_early:
        return say("Here is a remedy before a question. Ask first: the quick remedy may be the wrong one.")
    if seen.is_done(Step.ASK):
        return say("“{words}” asks what they need.", words=seen.words(Step.ASK))
    if not seen.is_wanted(Step.ASK):
        return say("Not needed: nothing is left to find out.")
    if seen.is_unread:
        return _unread(seen)
    if seen.is_venting:
        return say("They may only want to be heard: ask whether they want help with it.")
    return say("Ask what would help them, or for the fact you miss. You do not know the whole story yet.")


def _set_expectations(seen: _Seen) -> Said:
    if seen.is_done(Step.SET_EXPECTATIONS):
        return say("“{words}” tells them what to expect.", words=seen.words(Step.SET_EXPECTATIONS))
    if "AM003" in seen.found:
        return say("There is a promise; say by when, so that they need not ask again.")
    if not seen.is_wanted(Step.SET_EXPECTATIONS):
        return say("Not needed: it can be solved in this reply.")
    if seen.is_unread:
        return _unread(seen)
    return say("It will not be solved at once: say what happens next, and by when they hear from you.")


def _explain(seen: _Seen) -> Said:
    if seen.is_done(Step.EXPLAIN):
        return say("“{words}” gives a reason.", words=seen.words(Step.EXPLAIN))
    if not seen.is_wanted(Step.EXPLAIN):
        return say("Not needed now; a reason helps where a rule is behind it, or anger is high.")
    if seen.is_unread:
        return _unread(seen)
    if seen.situation.house_rules:
        rule = seen.situation.house_rules[0]
        if not rule.reason:
            return say("A rule is behind this, “{title}”: say it openly, with its reason.", title=rule.title)
        return say(
            "A rule is behind this, “{title}”: say it openly, with its reason: “{reason}”",
            title=rule.title,
            reason=_short(rule.reason, 90),
        )
    if seen.is_angry:
        return say(
            "Where anger is high, a reason calms more than kind words: say how it came to this, if you know."
        )
    if seen.situation.topic in seen.policy.rule_topics:
        return say("A rule is often behind this: say it openly, with the reason for it.")
    return say("Say how it came to this, if you know: a reason is taken better than silence.")


def _apologise(seen: _Seen) -> Said:
    if seen.is_done(Step.APOLOGISE):
        return say("“{words}” is an apology.", words=seen.words(Step.APOLOGISE))
    if "AM007" in seen.found:
        return say("The sorry in it is for their feelings. Be sorry for what happened to them.")
    if not seen.is_wanted(Step.APOLOGISE):
        return say("Not needed: nothing went wrong.")
    if seen.is_unread:
        return _unread(seen)
    return say(
        "Say sorry for what they went through. Where we did not err, that is kindness and admits nothing."
    )


def _fix(seen: _Seen) -> Said:
    if seen.is_done(Step.FIX):
        return say("“{words}” says what is done about it.", words=seen.words(Step.FIX))
    if not seen.is_wanted(Step.FIX):
        return say("Not yet: first the facts, then what you do about it.")
    if seen.is_unread:
        return _unread(seen)
    if seen.situation.is_solvable_now:
        return say("It can be solved now: say what you did, or what they can do. No holding line.")
    return say("Say what is done about the problem itself, as soon as something is.")


def _offer(seen: _Seen) -> Said:
    if seen.is_done(Step.OFFER):
        return say("“{words}” offers something, or opens a door.", words=seen.words(Step.OFFER))
    if not seen.is_wanted(Step.OFFER):
        return say("Not needed now; a gesture comes when the problem itself is mended.")
    if seen.is_unread:
        return _unread(seen)
    if seen.situation.was_offered:
        return say("Offer it once more, kindly, and leave the choice to them: the door stays open.")
    if seen.situation.wants == "compensation":
        return say("They ask to be made whole: offer what your role may give, or say who decides it.")
    return say("Open a door: a name and a place where they reach you directly, or a gesture.")


def _short(said: str, most: int) -> str:
    said = " ".join(said.split())
    return said if len(said) <= most else said[: most - 1] + "…"


def _unread(seen: _Seen) -> Said:
    return say(
        "The coach does not read this language ({language}): judge for yourself.",
        language=seen.situation.language,
    )


_HINTS = {
    Step.ACKNOWLEDGE: _acknowledge,
    Step.ASK: _ask,
    Step.SET_EXPECTATIONS: _set_expectations,
    Step.EXPLAIN: _explain,
    Step.APOLOGISE: _apologise,
    Step.FIX: _fix,
    Step.OFFER: _offer,
}


def _unspoiled(reading: Reading, spans: Iterable[Span], spoiled: Sequence[Span]) -> list[Span]:
    """In the draft as it was given; without what is quoted, for those are not our words, and what a guard objects to."""
    kept = (reading.original(span) for span in spans if not within(span, reading.quoted))
    return [span for span in kept if not any(overlap(span, other) for other in spoiled)]


def _of(table: Mapping[str, Any], name: str, kind: type, default: Any) -> Any:
    value = table.get(name, default)
    if type(value) is not kind:
        raise BadPolicy(f"coach.{name}: must be {kind.__name__}, not {value!r}")
    return value
