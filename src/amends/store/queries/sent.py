"""Replies that went out."""

from __future__ import annotations

from amends.store.models import OutboxEntry


def sent_replies(*, limit: int) -> list[OutboxEntry]:
    """The last replies that were sent, newest first, each with its case. One query, by the index `outbox_by_status`."""
    sent = OutboxEntry.objects.filter(status="sent").select_related("case").order_by("-send_at", "-id")
    return list(
        sent.only(
            "text",
            "visibility",
            "language",
            "sent_at",
            "send_at",
            "case__kind",
            "case__network",
            "case__language",
        )[:limit]
    )
