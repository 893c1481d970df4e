"""The coach: the steps of a good answer, which are in the draft and which are missed (A1, A2).

The steps are S0's (acknowledge, ask, set expectations, apologise) and S4's explaining. The coach never blocks; where
a guard objects to words, the same words do not count as a step.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from amends.core.case import Kind
from amends.core.policy import BadPolicy, only, read_policy
from amends.core.say import Said, say
from amends.reply.guard import LONGEST_DRAFT, GuardPolicy, Verdict, check, languages_of
from amends.reply.phrases import PhraseBook, Reading, Span, merged, overlap, read_book, within
from amends.reply.situation import Situation
from amends.reply.times import find_times


class Step(StrEnum):
    """In the order in which they help."""

    ACKNOWLEDGE = "acknowledge"
    ASK = "ask"
    SET_EXPECTATIONS = "set_expectations"
    EXPLAIN = "explain"
    APOLOGISE = "apologise"


TITLES = {
    Step.ACKNOWLEDGE: say("Acknowledge"),
    Step.ASK: say("Ask"),
    Step.SET_EXPECTATIONS: say("Set expectations"),
    Step.EXPLAIN: say("Explain"),
    Step.APOLOGISE: say("Apologise"),
}


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


@dataclass(frozen=True, kw_only=True)
class CoachPolicy:
    """coach.toml, read, with the guards whose objections count here."""

    steps: Mapping[Step, PhraseBook]
    languages: frozenset[str]
    high_anger: int
    rule_topics: frozenset[str]
    guards: GuardPolicy

    @classmethod
    def load(cls, own: Path | None = None) -> CoachPolicy:
        """coach.toml and guards.toml (the desk's own in folder `own`, or the shipped ones). Raises `BadPolicy`."""
        table = read_policy("coach", own)
        only(table, ("high_anger", "rule_topics", *Step), "coach")
        return cls(
            steps={step: read_book(table.get(step, {}), f"coach.{step}") for step in Step},
            languages=frozenset(table.get(Step.ACKNOWLEDGE, {})),
            high_anger=_of(table, "high_anger", int, 2),
            rule_topics=frozenset(_of(table, "rule_topics", list, [])),
            guards=GuardPolicy.load(own),
        )


#: What these guards object to shows no step: mockery, non-apologies, denials, heat, blame.
_SPOILING = frozenset({"AM002", "AM006", "AM007", "AM008", "AM015"})
_UNHAPPY = frozenset({Kind.COMPLAINT, Kind.ABUSE, Kind.UNSURE})


def coach(
    draft: str, situation: Situation, policy: CoachPolicy, verdicts: Sequence[Verdict] | None = None
) -> tuple[StepSeen, ...]:
    """The five steps in their order. `verdicts` are those of `check` on the same draft; it is asked where they are
    not given."""
    if verdicts is None:
        verdicts = check(draft, situation, policy.guards)
    spoiled = [each.span for each in verdicts if each.rule in _SPOILING and each.span]
    reading = Reading(draft[:LONGEST_DRAFT])
    languages = languages_of(reading, situation.language, policy.guards)
    questions = reading.questions
    find = {
        step: _unspoiled(reading, book.find(reading, languages), spoiled)
        for step, book in policy.steps.items()
    }
    find[Step.ASK] = merged(find[Step.ASK] + _unspoiled(reading, questions, spoiled))
    times = [
        each.span
        for each in find_times(reading.folded, situation.now)
        if not any(overlap(each.span, question) for question in questions)
    ]
    find[Step.SET_EXPECTATIONS] = merged(
        find[Step.SET_EXPECTATIONS] + [reading.original(span) for span in times]
    )
    seen = _Seen(
        reading=reading,
        situation=situation,
        policy=policy,
        spans=find,
        found=frozenset(each.rule for each in verdicts),
    )
    return tuple(
        StepSeen(
            step=step,
            is_done=bool(find[step]),
            spans=tuple(find[step]),
            is_wanted=is_wanted(step, situation, policy),
            hint=_HINTS[step](seen),
        )
        for step in Step
    )


def is_wanted(step: Step, situation: Situation, policy: CoachPolicy) -> bool:
    """Whether a step matters in this situation."""
    is_unhappy = situation.kind in _UNHAPPY
    is_angry = situation.anger >= policy.high_anger
    match step:
        case Step.ACKNOWLEDGE:
            return is_unhappy or is_angry or situation.kind is Kind.PRAISE
        case Step.ASK:
            return is_unhappy and not situation.is_solvable_now
        case Step.SET_EXPECTATIONS:
            return (is_unhappy or situation.kind is Kind.QUESTION) and not situation.is_solvable_now
        case Step.EXPLAIN:
            return situation.kind is not Kind.PRAISE and (is_angry or situation.topic in policy.rule_topics)
        case Step.APOLOGISE:
            return is_unhappy


@dataclass(frozen=True, kw_only=True)
class _Seen:
    reading: Reading
    situation: Situation
    policy: CoachPolicy
    spans: Mapping[Step, list[Span]]
    found: frozenset[str]
    """The rules with a verdict."""

    def is_done(self, step: Step) -> bool:
        return bool(self.spans[step])

    def is_wanted(self, step: Step) -> bool:
        return is_wanted(step, self.situation, self.policy)

    def words(self, step: Step) -> str:
        start, end = max(self.spans[step], key=lambda span: span[1] - span[0])
        said = " ".join(self.reading.text[start:end].split())
        return said if len(said) <= 60 else said[:59] + "…"

    @property
    def is_unread(self) -> bool:
        """The coach knows no phrases in their language."""
        language = self.situation.language.split("-")[0].lower()
        return bool(language) and language != "und" and language not in self.policy.languages


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
    if seen.situation.anger >= seen.policy.high_anger:
        return say("They are very angry: begin by saying what you understood of it. It admits nothing.")
    return say(
        "Begin by saying that you heard them. It admits nothing, and without it the rest is not heard."
    )


def _ask(seen: _Seen) -> Said:
    if "AM016" in seen.found:
        return say("Here is a remedy before a question. Ask first: the quick remedy may be the wrong one.")
    if seen.is_done(Step.ASK):
        return say("“{words}” asks what they need.", words=seen.words(Step.ASK))
    if not seen.is_wanted(Step.ASK):
        return say("Not needed: nothing is left to find out.")
    if seen.is_unread:
        return _unread(seen)
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
    if seen.situation.anger >= seen.policy.high_anger:
        return say(
            "Where anger is high, a reason calms more than kind words: say how it came to this, if you know."
        )
    return say("A rule is often behind this: say it openly, with the reason for it.")


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
