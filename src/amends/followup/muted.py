"""Decided not to answer, and still watched (W6): what its author may write without calling anybody, and what calls."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from types import MappingProxyType

from amends.core.case import Kind, Severity
from amends.core.say import Said, say

#: Why nobody answers: what is stored, and how it is said. `other` needs words of the person's own.
WHYS: Mapping[str, Said] = MappingProxyType(
    {
        "troll": say("It attacks and asks for nothing: a troll"),
        "spam": say("It is spam or advertising"),
        "nothing_asked": say("Nothing is asked of us"),
        "answered_elsewhere": say("It is answered elsewhere"),
        "other": say("Another reason, in your own words"),
    }
)
#: For these, whoever asks or complains later is a customer again: silence was about one post, not about its author.
ONE_POST_ONLY = frozenset({"nothing_asked", "answered_elsewhere"})
#: What makes a post grave whatever it is about.
DANGERS = frozenset({"safety", "self_harm", "threat"})


def not_for_that(why: str, words: str, kind: Kind) -> Said | None:
    """What stands against leaving a post of this kind unanswered for this reason; None: nothing does."""
    if why not in WHYS:
        return say("Choose why nobody should answer.")
    if why == "other" and not words.strip():
        return say("Say why: the reason stays with the case.")
    if why == "troll" and kind is not Kind.ABUSE:
        return say(
            "This was not judged to be abuse. If it is, correct its kind first: a furious customer is a customer."
        )
    if why in ("spam", "nothing_asked") and kind in (Kind.COMPLAINT, Kind.QUESTION):
        return say(
            "It is judged to be a complaint or a question, and those are answered. If it is none, correct its kind first."
        )
    return None


def what_calls(
    why: str,
    *,
    topic: str,
    new_kind: Kind,
    new_severity: Severity,
    new_topic: str,
    is_threat: bool,
    parts: Collection[str] = (),
) -> Said | None:
    """Why a new post of a muted author must be seen all the same; None: it is kept, and calls nobody.

    `topic` is that of the muted case, `parts` are what makes the new post grave (triage's words).
    """
    if is_threat:
        return say("it may threaten somebody")
    if DANGERS & set(parts) or new_severity is Severity.CRITICAL:
        return say("somebody may be in danger")
    if (
        new_kind is Kind.COMPLAINT
        and new_severity.rank >= Severity.HIGH.rank
        and new_topic not in (topic, "other", "")
    ):
        return say("it is a grave complaint about another matter")
    if why in ONE_POST_ONLY and new_kind in (Kind.COMPLAINT, Kind.QUESTION):
        return say("it asks or complains again")
    return None
