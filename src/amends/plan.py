"""The six steps in order, as data (S3, the action plan): the case page, the desk page (K10), the worker and
`amends doctor` read it."""

from __future__ import annotations

from dataclasses import dataclass

from amends.core.say import Said, say


@dataclass(frozen=True, kw_only=True)
class Step:
    """One of the six: its room, its name for people, and the question that it answers."""

    room: str
    title: Said
    question: Said


STEPS = (
    Step(room="listen", title=say("Listen"), question=say("Did somebody speak to us or of us?")),
    Step(room="triage", title=say("Triage"), question=say("What is it, how serious, and whose?")),
    Step(room="document", title=say("Document"), question=say("What exactly was said, and can we prove it?")),
    Step(room="reply", title=say("Reply"), question=say("What do we say, may we say it, was it said once?")),
    Step(
        room="followup",
        title=say("Follow up"),
        question=say("Did we do what we said, in time, and are they satisfied?"),
    ),
    Step(room="watch", title=say("Watch"), question=say("Is it an isolated case, and what do we learn?")),
)
