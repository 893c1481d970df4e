"""An approved text becomes an outbox entry, with its key, before the first byte leaves."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import IntegrityError, transaction

from amends.core.graph import Refused
from amends.core.mention import Visibility
from amends.core.say import say
from amends.desk import accounts
from amends.reply.outbox import body_digest
from amends.store.models import Agent, Case, Mention, Organisation, OutboxEntry, Source


def undo_window() -> timedelta:
    """How long a reply can be taken back before it leaves."""
    own = Organisation.objects.values_list("undo_seconds", flat=True).first()
    return timedelta(seconds=settings.AMENDS_UNDO_SECONDS if own is None else own)


@dataclass(frozen=True, kw_only=True)
class Wish:
    """What an agent asks to have sent."""

    text: str
    mode: str = "reply"
    """reply (public) or direct"""
    purpose: str = "reply"
    """reply, ask_satisfied, last_offer"""
    public_line: str = ""
    """With a direct message: a line in public beside it, so that bystanders see that somebody cares (M5)."""
    media: tuple[int, ...] = ()
    """Attachments of the case, in order."""
    send_at: datetime | None = None
    """Not before this; None: as soon as it can no longer be undone."""
    is_solvable_now: bool = False
    """The agent says that it can be put right with this reply."""

    @property
    def visibility(self) -> Visibility:
        return Visibility.DIRECT if self.mode == "direct" else Visibility.PUBLIC


def enter(
    case: Case,
    mention: Mention,
    account: Source | None,
    wish: Wish,
    *,
    author: Agent,
    by: Agent,
    now: datetime,
) -> OutboxEntry:
    """The outbox entry of what was approved: the words of `author`, let go by `by`. In the transaction of whoever
    holds the case. Raises `Refused` when another reply is under way."""
    text, visibility = wish.text, wish.visibility
    source = account or case.source
    # The key is made and stored before the first byte leaves: the same on every try.
    key = accounts.connect(account).new_key(now) if account else f"hand-{case.pk}-{now.timestamp():.6f}"
    try:
        with transaction.atomic():
            return OutboxEntry.objects.create(
                case=case,
                source=source,
                purpose=wish.purpose,
                text=text,
                in_reply_to=mention.remote_id,
                thread_id=mention.thread_id,
                parent_revision=mention.revision,
                visibility=visibility,
                language=case.language if case.language != "und" else "",
                body_digest=body_digest(text, mention.remote_id, source.name, visibility),
                key=key,
                status="approved" if account else "by_hand",
                written_by=author,
                approved_by=by,
                approved_at=now,
                send_at=now + (undo_window() if account else timedelta()),
            )
    except IntegrityError:
        raise Refused(
            say("A reply to this customer is already on its way. Your text is kept: read theirs, then send.")
        ) from None
