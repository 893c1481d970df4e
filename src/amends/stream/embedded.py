"""The default stream: a table of the desk's own database, claimed by conditional update."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from amends.stream.base import MOST_ATTEMPTS, Lease

#: Any row with the columns of `store.models.Task`; given by the desk, since streams and stores do not know each other.
Rows = Any


class Embedded:
    """A stream on table `rows` (a Django model)."""

    def __init__(self, rows: Rows) -> None:
        self._rows = rows

    def put(
        self, topic: str, payload: Mapping[str, Any], *, now: datetime, after: timedelta = timedelta()
    ) -> None:
        self._rows.objects.create(topic=topic, payload=dict(payload), ready_at=now + after)

    def take(self, topic: str, *, now: datetime, lease_for: timedelta, limit: int = 1) -> list[Lease]:
        waiting = self._rows.objects.filter(topic=topic, ready_at__lte=now, dead_at=None)
        free = waiting.filter(leased_until=None) | waiting.filter(leased_until__lte=now)
        leases = []
        for row in free.order_by("ready_at", "id")[:limit]:
            token, until = secrets.token_hex(16), now + lease_for
            # The lease that we saw must still be there: the loser of a race changes no row.
            claimed = self._rows.objects.filter(pk=row.pk, lease=row.lease, dead_at=None).update(
                lease=token, leased_until=until, attempts=row.attempts + 1
            )
            if claimed:
                leases.append(
                    Lease(
                        task_id=row.pk,
                        topic=topic,
                        payload=row.payload,
                        attempts=row.attempts + 1,
                        token=token,
                        until=until,
                    )
                )
        return leases

    def done(self, lease: Lease) -> bool:
        deleted, _ = self._rows.objects.filter(pk=lease.task_id, lease=lease.token).delete()
        return bool(deleted)

    def give_back(self, lease: Lease, *, now: datetime, after: timedelta, why: str) -> bool:
        mine = self._rows.objects.filter(pk=lease.task_id, lease=lease.token)
        if lease.attempts >= MOST_ATTEMPTS:
            return bool(mine.update(dead_at=now, leased_until=None, lease="", problem=why[:2000]))
        return bool(mine.update(ready_at=now + after, leased_until=None, lease="", problem=why[:2000]))

    def depth(self, topic: str) -> int:
        return int(self._rows.objects.filter(topic=topic, dead_at=None).count())

    def set_aside(self, topic: str) -> int:
        return int(self._rows.objects.filter(topic=topic).exclude(dead_at=None).count())
