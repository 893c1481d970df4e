"""Who has a case open, and what they do there: so that two people do not answer one customer without knowing it."""

from __future__ import annotations

from datetime import datetime, timedelta

from amends.core.graph import Refused
from amends.core.say import say
from amends.desk.permissions import must
from amends.store.models import Agent, Case, Presence

DOINGS = ("viewing", "typing", "idle")
#: Rows that nobody renewed for so long are dropped.
KEPT = timedelta(hours=1)


def note(case_id: int, doing: str, *, by: Agent, now: datetime) -> None:
    """This agent has the case open, now. "gone": no more. A page says so again every 15 seconds, and at once when it
    changes. Raises `Refused` for another word, or a case that is not there."""
    must(by, "read")
    if doing == "gone":
        Presence.objects.filter(case=case_id, agent=by).delete()
        return
    if doing not in DOINGS:
        raise Refused(say("Say what you do: viewing, typing or idle."))
    if not Presence.objects.filter(case=case_id, agent=by).update(doing=doing, at=now):
        if not Case.objects.filter(pk=case_id).exists():
            raise Refused(say("There is no case #{number}.", number=case_id))
        Presence.objects.update_or_create(case_id=case_id, agent=by, defaults={"doing": doing, "at": now})
        Presence.objects.filter(at__lt=now - KEPT).delete()
