"""What the customer asked for, set against what was done (M8)."""

from __future__ import annotations

from datetime import datetime

from amends.core.graph import Refused
from amends.core.say import say
from amends.core.text import storable
from amends.desk import shielding
from amends.desk.actions import holding
from amends.desk.trail import record
from amends.store.models import Agent, Case, Mention

#: In characters.
LONGEST = 500


def note(
    case_id: int, *, wanted: str | None = None, was_done: str | None = None, by: Agent, now: datetime
) -> None:
    """Note what they asked for, what was done, or both; None leaves it as it is, "" takes it away. When the deed is
    noted and the wish was not, the wish is what they wrote themselves."""
    asked, done = _tidy(wanted), _tidy(was_done)
    if asked is None and done is None:
        raise Refused(say("Say what they asked for, or what was done."))
    with holding(case_id, by=by, now=now) as case:
        if asked is None and done and not case.wanted:
            asked = of_their_own(case) or None
        if asked is not None and asked != case.wanted:
            case.wanted = asked
            record(case, "wanted_noted", by=by, now=now, text=asked)
        if done is not None and done != case.was_done:
            case.was_done = done
            record(case, "done_noted", by=by, now=now, text=done)


def of_their_own(case: Case) -> str:
    """What they asked for in their own words, as far as it can be heard: the first of their posts that says it."""
    theirs = Mention.objects.filter(case=case, is_ours=False, is_bystander=False).order_by("id")
    for post in theirs[:5]:
        if words := shielding.own_words(post.text, case.abuse, case.language):
            return words
    return ""


def _tidy(text: str | None) -> str | None:
    return None if text is None else storable(" ".join(text.split()))[:LONGEST]
