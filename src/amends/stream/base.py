"""The seam through which work passes from step to step: put, take with a lease, done, give back.

Delivery is at least once: a task whose lease ran out is taken again, so what it does must be safe to do twice. A
stream engine can take the place of the embedded one behind the same four calls.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol

#: After so many attempts a task is set aside, visibly; it is never dropped.
MOST_ATTEMPTS = 5


@dataclass(frozen=True, kw_only=True)
class Lease:
    """One task, ours until `until`. `token` proves it."""

    task_id: int
    topic: str
    payload: Mapping[str, Any]
    attempts: int
    token: str
    until: datetime


class Stream(Protocol):
    def put(self, topic: str, payload: Mapping[str, Any], *, now: datetime, after: timedelta = ...) -> None:
        """Add a task, in the caller's transaction: it exists if and only if the caller's rows do."""
        ...

    def take(self, topic: str, *, now: datetime, lease_for: timedelta, limit: int = 1) -> list[Lease]:
        """Tasks that are ready, each leased to this caller alone."""
        ...

    def done(self, lease: Lease) -> bool:
        """The task is finished. False: the lease had run out and somebody else has it now."""
        ...

    def give_back(self, lease: Lease, *, now: datetime, after: timedelta, why: str) -> bool:
        """Try again after `after`; past `MOST_ATTEMPTS` it is set aside. False: the lease had run out."""
        ...

    def depth(self, topic: str) -> int:
        """How many tasks wait or are leased."""
        ...

    def set_aside(self, topic: str) -> int:
        """How many tasks were given up on and wait for a person."""
        ...
