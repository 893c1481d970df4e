"""Pieces that several reads share."""

from __future__ import annotations

from django.db.models import (
    IntegerField,
    QuerySet,
    Subquery,
)

from amends.store.models import (
    Promise,
)

#: The tabs of the queue, in their order.
VIEWS = ("due", "mine", "unassigned", "judge", "waiting", "praise", "closed", "muted", "all")
PAGE = 30
#: What an agent may be writing on a case.
MODES = ("reply", "direct", "note")
#: Of cases like this one, we look among so many newest live ones.
LIKE_POOL = 300
NEEDS_A_HAND = ("unsure", "failed", "by_hand", "held")
#: Of a case's trail, so many newest events are shown; notes and promises always.
TRAIL = 60
#: Told by a bubble of the thread already.
TOLD_BY_OTHERS = ("case_opened", "reply_approved", "author_wrote")


class CountOf(Subquery):
    """How many rows a query gives, as a column of another query."""

    template = "(SELECT COUNT(*) FROM (%(subquery)s) counted)"
    output_field = IntegerField()


def _open_promises() -> QuerySet[Promise]:
    return Promise.objects.filter(kept_at=None, withdrawn_at=None)
