"""Senders that do it wrong, to show that the checkers find what wrong senders do."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from amends.connectors.base import AnswerLost
from amends.desk import accounts, points, sender
from amends.reply.outbox import SENT
from amends.store import models as rows
from tests.kill import town


def send_naively() -> None:
    """Marks `sent` after posting, looks at nothing, tries again what failed."""

    def drain(*, now: datetime, **_: Any) -> int:
        moved = 0
        due = rows.OutboxEntry.objects.filter(status="approved", send_at__lte=now).select_related("source")
        for entry in due:
            try:
                receipt = accounts.connect(entry.source).send(sender.outgoing(entry), entry.key)
            except AnswerLost:
                continue
            points.passed("send.posted")
            entry.status, entry.remote_id = SENT, receipt.remote_id
            entry.save()
            moved += 1
        return moved

    sender.drain = drain


def look_at_once() -> None:
    """Does not give the network its time to settle."""
    for kind in (town.ByKey, town.ByLookup):
        object.__setattr__(kind.traits, "settle", timedelta())


SENDERS: dict[str, Callable[[], None]] = {"": lambda: None, "naive": send_naively, "hasty": look_at_once}
