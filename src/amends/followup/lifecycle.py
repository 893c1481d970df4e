"""The case's state graph.

A case closes only when the customer is satisfied (M3), when we let go after a last offer (M6), when it is not ours,
when a person decides not to answer (W6), or when there was nothing to mend (praise, a remark). Whatever the
status, the author writing again opens it.
"""

from __future__ import annotations

from amends.core.case import CaseFacts, Kind, Status
from amends.core.graph import Graph, Transition
from amends.core.say import Said, say, say_many

NEW, OPEN, PENDING, ON_HOLD, RESOLVED, CLOSED = (
    Status.NEW,
    Status.OPEN,
    Status.PENDING,
    Status.ON_HOLD,
    Status.RESOLVED,
    Status.CLOSED,
)


def has_answered(case: CaseFacts) -> Said | None:
    return None if case.first_answer_at else say("Nobody has answered this customer yet.")


def promises_kept(case: CaseFacts) -> Said | None:
    if not case.open_promises:
        return None
    return say_many(
        "{n} promise is still open: keep it, or withdraw it with a reason.",
        "{n} promises are still open: keep them, or withdraw them with a reason.",
        n=case.open_promises,
    )


def nothing_in_flight(case: CaseFacts) -> Said | None:
    if not case.replies_in_flight:
        return None
    return say("A reply is still on its way: wait until it is sent, or take it back.")


def is_satisfied(case: CaseFacts) -> Said | None:
    if case.is_satisfied:
        return None
    if case.is_satisfied is False:
        return say("The customer said that they are not satisfied.")
    if case.asked_satisfied_at:
        return say("The customer was asked and has not said yet that they are satisfied.")
    return say("Ask the customer first whether they are satisfied.")


def last_offer_made(case: CaseFacts) -> Said | None:
    if case.last_offer_at:
        return None
    return say("Make a last polite offer first, and leave the choice to the customer.")


def nothing_to_mend(case: CaseFacts) -> Said | None:
    if case.kind in (Kind.PRAISE, Kind.OTHER):
        return None
    if case.kind == Kind.UNSURE:
        return say("Nobody has said yet what this is: choose its kind first.")
    return say(
        "Somebody waits for help here: it closes when they are satisfied, or by letting go after a last offer."
    )


def is_abuse(case: CaseFacts) -> Said | None:
    if case.kind == Kind.ABUSE:
        return None
    return say(
        "This was not judged to be abuse. If it is, correct its kind first: a furious customer is a customer."
    )


LIFECYCLE: Graph[CaseFacts] = Graph(
    start=NEW,
    ends=(),
    table=(
        Transition("assign", (NEW,), OPEN),
        Transition("answer", (NEW, OPEN, PENDING, ON_HOLD, RESOLVED), PENDING, then=("start_silence_clock",)),
        Transition("hold", (NEW, OPEN, PENDING), ON_HOLD),
        Transition("resume", (ON_HOLD, RESOLVED), OPEN, then=("run_clock",)),
        Transition(
            "resolve",
            (OPEN, PENDING, ON_HOLD),
            RESOLVED,
            needs=(has_answered, promises_kept, nothing_in_flight),
            then=("stop_clock",),
        ),
        Transition(
            "satisfied",
            (NEW, OPEN, PENDING, ON_HOLD, RESOLVED),
            CLOSED,
            needs=(is_satisfied, promises_kept, nothing_in_flight),
            then=("stop_clock", "seal_case"),
        ),
        Transition(
            "let_go",
            (OPEN, PENDING, ON_HOLD, RESOLVED),
            CLOSED,
            needs=(has_answered, last_offer_made, promises_kept, nothing_in_flight),
            then=("stop_clock", "seal_case"),
        ),
        Transition(
            "not_ours",
            (NEW, OPEN),
            CLOSED,
            needs=(promises_kept, nothing_in_flight),
            then=("stop_clock", "seal_case"),
        ),
        Transition(
            "leave_troll",
            (NEW, OPEN, PENDING),
            CLOSED,
            needs=(is_abuse, promises_kept, nothing_in_flight),
            then=("stop_clock", "mute", "seal_case"),
        ),
        Transition(
            "leave",
            (NEW, OPEN, PENDING, ON_HOLD, RESOLVED),
            CLOSED,
            needs=(promises_kept, nothing_in_flight),
            then=("stop_clock", "mute", "seal_case"),
        ),
        Transition(
            "nothing_to_mend",
            (NEW, OPEN, PENDING),
            CLOSED,
            needs=(nothing_to_mend, promises_kept, nothing_in_flight),
            then=("stop_clock", "seal_case"),
        ),
        Transition(
            "author_wrote",
            (NEW, OPEN, PENDING, ON_HOLD, RESOLVED),
            OPEN,
            then=("run_clock", "notify_owner"),
        ),
        Transition(
            "reopen",
            (CLOSED,),
            OPEN,
            then=("count_reopening", "forget_ending", "unmute", "run_clock", "notify_owner"),
        ),
    ),
)
