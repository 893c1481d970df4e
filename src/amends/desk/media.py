"""Images that go out with a reply: taken in, cleaned, described, and handed to the sender as they were approved."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from amends.connectors.base import Image, NeedsAttention
from amends.core.graph import Refused
from amends.core.say import say
from amends.core.text import storable
from amends.desk.accounts import Measure
from amends.desk.permissions import must
from amends.desk.reviewing import case_of
from amends.reply.images import NotAnImage, clean
from amends.store.models import Agent, Attachment, OutboxEntry

#: In one draft: no network takes more.
MOST = 16
#: An image that no reply took is forgotten after this.
FORGOTTEN_AFTER = timedelta(days=30)
LONGEST_ALT = 1_500


def add(case_id: int, name: str, data: bytes, *, by: Agent, now: datetime) -> Attachment:
    """Take an image in, without what lies beside the picture. Raises `Refused`."""
    must(by, "work")
    case = case_of(case_id)
    try:
        found = clean(data)
    except NotAnImage as why:
        raise Refused(why.why) from None
    if unsent(case_id, by=by).count() >= MOST:
        raise Refused(say("A reply takes at most {most} images.", most=MOST))
    return Attachment.objects.create(
        case=case,
        by=by,
        at=now,
        name=storable(name).strip()[:200] or "image",
        media_type=found.media_type,
        data=found.data,
        digest=hashlib.sha256(found.data).hexdigest(),
    )


def unsent(case_id: int, *, by: Agent) -> Any:
    """The images of what an agent is writing in a case, in order, without their bytes."""
    return Attachment.objects.filter(case=case_id, by=by, used_at=None).defer("data").order_by("pk")


def describe(attachment_id: int, alt: str, *, by: Agent) -> Attachment:
    """Say what an image shows, for those who do not see it. Raises `Refused`."""
    found = _own(attachment_id, by=by)
    alt = " ".join(storable(alt).split())
    if len(alt) > LONGEST_ALT:
        raise Refused(say("Describe it in at most {most} characters.", most=LONGEST_ALT))
    found.alt = alt
    found.save(update_fields=["alt"])
    return found


def drop(attachment_id: int, *, by: Agent) -> None:
    """Take an image out of a draft. Raises `Refused`."""
    _own(attachment_id, by=by).delete()


def _own(attachment_id: int, *, by: Agent) -> Attachment:
    must(by, "work")
    found = Attachment.objects.filter(pk=attachment_id, by=by, used_at=None).defer("data").first()
    if found is None:
        raise Refused(say("There is no such image in your draft."))
    return found


def chosen(case_id: int, ids: Sequence[int], measure: Measure) -> list[Attachment]:
    """The attachments of a reply in their order, when its network takes them. Raises `Refused`."""
    if not ids:
        return []
    if len(ids) > measure.most_images:
        if not measure.most_images:
            raise Refused(say("Images cannot be sent to this network from here."))
        raise Refused(say("This network takes at most {most} images in a post.", most=measure.most_images))
    known = {each.pk: each for each in Attachment.objects.filter(case=case_id, pk__in=ids)}
    if len(known) != len(set(ids)) or len(set(ids)) != len(ids):
        raise Refused(say("An image of this reply is not there any more: choose it again."))
    found = [known[each] for each in ids]
    for each in found:
        if measure.largest_image and len(each.data) > measure.largest_image:
            raise Refused(
                say(
                    "“{name}” has {size} kB; this network takes {most} kB: make it smaller.",
                    name=each.name,
                    size=-(-len(each.data) // 1000),
                    most=measure.largest_image // 1000,
                )
            )
        if measure.longest_alt and len(each.alt) > measure.longest_alt:
            raise Refused(
                say(
                    "The description of “{name}” is longer than the {most} characters that this network takes.",
                    name=each.name,
                    most=measure.longest_alt,
                )
            )
    return found


def as_approved(found: Sequence[Attachment]) -> list[dict[str, Any]]:
    """What an approval covers of the images: which, their bytes, their words (`OutboxEntry.media`)."""
    return [{"attachment": each.pk, "digest": each.digest, "alt": each.alt} for each in found]


def use(found: Sequence[Attachment], *, now: datetime) -> None:
    """They belong to an approved reply from now on: nobody changes them any more."""
    Attachment.objects.filter(pk__in=[each.pk for each in found]).update(used_at=now)


def give_back(entries: Sequence[OutboxEntry], *, to: Agent) -> None:
    """The images of replies that were taken back belong to a draft again: of whoever took them back."""
    ids = [each["attachment"] for entry in entries for each in entry.media]
    if ids:
        Attachment.objects.filter(pk__in=ids).update(used_at=None, by=to)


def images_of(media: Sequence[Mapping[str, Any]]) -> tuple[Image, ...]:
    """The images of an outbox entry, with the words that were approved. Raises `NeedsAttention` when they are not what
    was approved."""
    if not media:
        return ()
    known = {
        each.pk: each for each in Attachment.objects.filter(pk__in=[each["attachment"] for each in media])
    }
    images = []
    for each in media:
        found = known.get(each["attachment"])
        data = bytes(found.data) if found else b""
        if found is None or hashlib.sha256(data).hexdigest() != each["digest"]:
            raise NeedsAttention(
                say(
                    "An image is not the one that was approved. Take the reply back, and choose the image again."
                )
            )
        try:
            size = clean(data)
        except NotAnImage as why:
            raise NeedsAttention(why.why) from None
        images.append(
            Image(
                data=data, media_type=found.media_type, alt=each["alt"], width=size.width, height=size.height
            )
        )
    return tuple(images)


def forget_unsent(*, now: datetime) -> int:
    """Images that no reply took for a month. Gives how many went."""
    old = Attachment.objects.filter(used_at=None, at__lt=now - FORGOTTEN_AFTER)
    # Asked every few seconds: nothing is locked where there is nothing to forget.
    return old.delete()[0] if old.exists() else 0


def shown(case_id: int, attachment_id: int, *, by: Agent) -> Attachment | None:
    """An image of a case with its bytes: one's own draft's, or one that belongs to a reply."""
    must(by, "read")
    found = Attachment.objects.filter(case=case_id, pk=attachment_id).first()
    return found if found and (found.used_at or found.by_id == by.pk) else None
