"""An approved text becomes an outbox entry, with its key, before the first byte leaves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction

from amends.core.graph import Refused
from amends.core.mention import Visibility
from amends.core.say import say
from amends.desk import accounts, media
from amends.desk.scheduling import check_time
from amends.reply.outbox import body_digest
from amends.reply.splitting import TooLong, split
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
    has_marks: bool = True
    """A reply of several posts numbers them: “1/3”."""

    @property
    def visibility(self) -> Visibility:
        return Visibility.DIRECT if self.mode == "direct" else Visibility.PUBLIC


@dataclass(frozen=True, kw_only=True)
class Part:
    """One post of a reply."""

    text: str
    visibility: Visibility
    follows: bool
    """It answers the post before it; False: the customer's."""
    whole: str
    """What was written, with the first post of each message; "" with the others."""
    has_media: bool = False
    """The images go with it: with the first post of the message, never with a line in public beside it."""


def parts_of(wish: Wish, measure: accounts.Measure) -> tuple[Part, ...]:
    """The posts that a wish becomes, in order: a line in public first, then the message, each in as many as its length
    asks for. Raises `Refused` for what cannot be split."""
    messages = [(wish.text, wish.visibility)]
    if wish.public_line:
        if wish.visibility != Visibility.DIRECT:
            raise Refused(say("A line in public goes beside a direct message: choose a direct message."))
        messages.insert(0, (wish.public_line, Visibility.PUBLIC))
    return tuple(
        Part(
            text=text,
            visibility=visibility,
            follows=number > 0,
            whole="" if number else whole,
            has_media=place == len(messages) - 1 and not number,
        )
        for place, (whole, visibility) in enumerate(messages)
        for number, text in enumerate(_posts(whole, wish, measure))
    )


def _posts(text: str, wish: Wish, measure: accounts.Measure) -> tuple[str, ...]:
    try:
        return split(
            text,
            measure.longest,
            measure.count,
            opening=measure.opening,
            has_marks=wish.has_marks,
            most=measure.most_parts,
        )
    except TooLong as why:
        raise Refused(why.why) from None


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
    """The outbox entry of what was approved, its first post where it is several: the words of `author`, let go by `by`.
    In the transaction of whoever holds the case. Raises `Refused` when another reply is under way."""
    parts: Sequence[Part]
    check_time(wish.send_at, now=now)
    if wish.media and account is None:
        raise Refused(say("This network is answered by hand: add the images there."))
    if wish.send_at and account is None:
        raise Refused(say("This network is answered by hand: it cannot be sent later from here."))
    if wish.public_line and mention.visibility == Visibility.DIRECT:
        raise Refused(say("They wrote to you in private: nobody in public waits for a line."))
    if account is None:
        if wish.public_line:
            raise Refused(
                say("This network is answered by hand: post the line there yourself, then the message.")
            )
        parts = [Part(text=wish.text, visibility=wish.visibility, follows=False, whole="")]
    else:
        measure = accounts.measure_for(case, account)
        parts = parts_of(wish, measure)
    images = media.chosen(case.pk, wish.media, measure) if account else []
    try:
        with transaction.atomic():
            first: OutboxEntry | None = None
            for number, part in enumerate(parts, 1):
                entry = _enter_part(
                    case,
                    mention,
                    account,
                    wish,
                    part,
                    number,
                    len(parts),
                    first,
                    media.as_approved(images) if part.has_media else [],
                    author=author,
                    by=by,
                    now=now,
                )
                first = first or entry
            assert first is not None
            media.use(images, now=now)
            return first
    except IntegrityError:
        raise Refused(
            say("A reply to this customer is already on its way. Your text is kept: read theirs, then send.")
        ) from None


def _enter_part(
    case: Case,
    mention: Mention,
    account: Source | None,
    wish: Wish,
    part: Part,
    number: int,
    parts: int,
    first: OutboxEntry | None,
    images: list[dict[str, Any]],
    *,
    author: Agent,
    by: Agent,
    now: datetime,
) -> OutboxEntry:
    source = account or case.source
    leaves_at = leaves(wish, now=now) if account else now
    # The key is made and stored before the first byte leaves: the same on every try.
    key = accounts.connect(account).new_key(now) if account else f"hand-{case.pk}-{now.timestamp():.6f}"
    on_its_way = "waiting" if first else "approved"
    return OutboxEntry.objects.create(
        case=case,
        source=source,
        purpose=wish.purpose,
        text=part.text,
        whole=part.whole if parts > 1 else "",
        # A part that follows another learns what it answers when that one is out.
        in_reply_to="" if part.follows else mention.remote_id,
        thread_id=mention.thread_id,
        parent_revision="" if part.follows else mention.revision,
        visibility=part.visibility,
        language=case.language if case.language != "und" else "",
        body_digest=body_digest(
            part.text,
            mention.remote_id,
            source.name,
            part.visibility,
            media=images,
            part=number,
            parts=parts,
            follows=part.follows,
            first_key=first.key if first else "",
        ),
        key=key,
        status=on_its_way if account else "by_hand",
        written_by=author,
        approved_by=by,
        approved_at=now,
        send_at=leaves_at,
        scheduled_at=wish.send_at if account else None,
        part=number,
        parts=parts,
        first=first,
        follows=part.follows,
        media=images,
    )


def leaves(wish: Wish, *, now: datetime) -> datetime:
    """When a reply leaves: after the time to undo it, or when it was wished, whichever is later."""
    return max(now + undo_window(), wish.send_at or now)
