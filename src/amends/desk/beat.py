"""Signs of life."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from amends.store.models import Heartbeat


def beat(name: str, *, now: datetime, **data: Any) -> None:
    """`name` is alive at `now`."""
    Heartbeat.objects.update_or_create(name=name, defaults={"at": now, "data": data})
