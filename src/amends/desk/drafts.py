"""What an agent is writing, kept until it is sent or thrown away."""

from __future__ import annotations

from datetime import datetime

from amends.core.graph import Refused
from amends.core.say import say
from amends.core.text import storable
from amends.desk.permissions import must
from amends.desk.reviewing import case_of
from amends.store.models import Agent, Draft

MODES = ("reply", "direct", "note")


def save_draft(case_id: int, mode: str, text: str, *, by: Agent, now: datetime) -> None:
    """Keep what is being written; an empty draft is removed."""
    must(by, "work")
    if mode not in MODES:
        raise Refused(say("A draft is a reply, a direct message or a note."))
    case_of(case_id)
    text = storable(text)
    if not text.strip():
        Draft.objects.filter(case_id=case_id, agent=by, mode=mode).delete()
        return
    Draft.objects.update_or_create(
        case_id=case_id, agent=by, mode=mode, defaults={"text": text, "changed_at": now}
    )
