"""The six steps filled in for one case (K10): what is done, what is at hand, what waits, and why."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from amends.core.case import CaseFacts, Closing, Kind, Status
from amends.core.say import Said, say, say_many
from amends.plan import STEPS, Step


class Stage(StrEnum):
    DONE = "done"
    NOW = "now"
    LATE = "late"
    WAITS = "waits"


@dataclass(frozen=True, kw_only=True)
class StepAt:
    """Where a case stands in one step."""

    step: Step
    stage: Stage
    says: Said


def steps_of(case: CaseFacts, *, due_at: datetime | None, now: datetime) -> tuple[StepAt, ...]:
    """All six, in the plan's order."""
    is_late = due_at is not None and due_at <= now and case.status != Status.CLOSED
    found = {
        "listen": (Stage.DONE, say("Found, with the reason why it concerns us")),
        "triage": _triage(case),
        "document": _document(case),
        "reply": _reply(case, is_late),
        "followup": _followup(case, is_late),
        "watch": _watch(case),
    }
    return tuple(StepAt(step=step, stage=found[step.room][0], says=found[step.room][1]) for step in STEPS)


def _triage(case: CaseFacts) -> tuple[Stage, Said]:
    if case.kind == Kind.UNSURE:
        return Stage.NOW, say("The rules cannot tell what it is: a person should look")
    if case.was_corrected:
        return Stage.DONE, say("Judged by a person")
    return Stage.DONE, say("Judged; correct it with one key")


def _document(case: CaseFacts) -> tuple[Stage, Said]:
    if case.unsealed:
        return Stage.LATE, say("Something is not in the evidence log")
    return Stage.DONE, say_many(
        "{n} version sealed in the evidence log", "{n} versions sealed in the evidence log", n=case.sealed
    )


def _reply(case: CaseFacts, is_late: bool) -> tuple[Stage, Said]:
    if case.replies_in_flight:
        return Stage.NOW, say("A reply is on its way")
    if case.first_answer_at and case.last_answer_at and case.last_answer_at >= case.last_author_at:
        return Stage.DONE, say("Answered")
    if case.status == Status.CLOSED:
        return Stage.DONE, say("No answer was needed")
    if is_late:
        return Stage.LATE, say("The customer waits longer than we allow ourselves")
    if case.first_answer_at:
        return Stage.NOW, say("The customer wrote again: answer")
    return Stage.NOW, say("Write the first answer")


def _followup(case: CaseFacts, is_late: bool) -> tuple[Stage, Said]:
    if case.status == Status.CLOSED:
        return Stage.DONE, {
            Closing.SATISFIED: say("The customer is satisfied"),
            Closing.LET_GO: say("Let go after a last offer"),
            Closing.NOT_OURS: say("Not ours"),
            Closing.TROLL: say("A person decided not to answer"),
            Closing.NOT_ANSWERED: say("A person decided not to answer"),
            Closing.NOTHING_TO_MEND: say("There was nothing to mend"),
        }[case.closing or Closing.NOTHING_TO_MEND]
    if case.late_promises:
        return Stage.LATE, say_many("{n} promise is broken", "{n} promises are broken", n=case.late_promises)
    if case.open_promises:
        return Stage.NOW, say_many("{n} promise to keep", "{n} promises to keep", n=case.open_promises)
    if case.is_satisfied:
        return Stage.NOW, say("The customer is satisfied: close it")
    if case.asked_satisfied_at:
        return Stage.NOW, say("Asked whether they are satisfied; waiting for the answer")
    if case.first_answer_at:
        return Stage.NOW, say("Make it right, then ask whether they are satisfied")
    return Stage.WAITS, say("Comes after the answer")


def _watch(case: CaseFacts) -> tuple[Stage, Said]:
    if case.like_open:
        return Stage.NOW, say_many(
            "{n} open case like this one: perhaps not an isolated case",
            "{n} open cases like this one: perhaps not an isolated case",
            n=case.like_open,
        )
    return Stage.DONE, say("No open case like this one; we keep listening to this thread")
