"""What a case's page says of a decision not to answer (W6): read from its trail, without a further query."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from amends.store import queries
from amends.web import labels

_ENDS = ("case_unmuted", "case_called", "case_reopened")


@dataclass(frozen=True)
class Standing:
    """The last decision: who, when, why; and why the case is open all the same, where it is."""

    by: str
    at: datetime | None
    why: str
    reason: str
    is_standing: bool
    called: Any
    """A stored `Said`, or None."""
    wrote_since: int
    """How many posts their author wrote since, which called nobody."""


def standing(page: queries.CasePage) -> Standing | None:
    """None: nobody ever decided so, or it was taken back by a person."""
    told: Standing | None = None
    events = [item.row for item in page.timeline if item.what == "event"]
    for event in sorted(events, key=lambda each: each.pk):
        data = event.data or {}
        if event.kind == "case_muted":
            told = Standing(
                by=str(event.actor or ""),
                at=event.at,
                why=labels.label(str(data.get("why", "")), "muted"),
                reason=str(data.get("reason", "")),
                is_standing=True,
                called=None,
                wrote_since=0,
            )
        elif told is None:
            continue
        elif event.kind == "author_wrote_muted":
            told = Standing(**{**vars(told), "wrote_since": told.wrote_since + 1})
        elif event.kind == "case_called":
            told = Standing(**{**vars(told), "is_standing": False, "called": data.get("why")})
        elif event.kind in _ENDS and told.called is None:
            told = None
    if told is None and page.case.muted_at is not None:
        # The trail shows its newest events only, and a troll may write many.
        case = page.case
        why = labels.label(case.closing, "closing") if case.closing else ""
        told = Standing("", case.muted_at, why, case.closing_reason, True, None, 0)
    return told
