"""How many complain right now, against what is usual: for a post of our own (A13)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, Q

from amends.core.case import Kind
from amends.store.models import Case

#: Against so many days before the last one.
DAYS = 28


@dataclass(frozen=True, kw_only=True)
class Complaints:
    """Complaints by topic: in the last 24 hours, and on a usual day before; and what cannot wait."""

    by_topic: dict[str, tuple[int, float]]
    today: int
    usual: float
    critical: int


def complaints_now(*, now: datetime) -> Complaints:
    """Three queries, whatever the number of cases. A desk that is younger than four weeks is measured by its own age."""
    day, began = now - timedelta(days=1), now - timedelta(days=1 + DAYS)
    complaints = Case.objects.filter(kind=Kind.COMPLAINT, opened_at__gt=began, opened_at__lte=now)
    rows = list(
        complaints.order_by()
        .values_list("topic")
        .annotate(
            today=Count("pk", filter=Q(opened_at__gt=day)), before=Count("pk", filter=Q(opened_at__lte=day))
        )
    )
    standing = Case.objects.filter(closed_at=None, severity="critical", first_answer_at=None).count()
    first = Case.objects.order_by("opened_at").values_list("opened_at", flat=True).first()
    days = DAYS if first is None else max(1.0, min(float(DAYS), (day - first) / timedelta(days=1)))
    return Complaints(
        by_topic={topic: (today, before / days) for topic, today, before in rows if topic},
        today=sum(today for _, today, _ in rows),
        usual=sum(before for _, _, before in rows) / days,
        critical=standing,
    )
