"""One thing somebody said, as we saw it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from amends.core.say import Said


class Change(StrEnum):
    """What happened to the post."""

    SAID = "said"
    EDITED = "edited"
    DELETED = "deleted"


class Visibility(StrEnum):
    """Who can read it."""

    PUBLIC = "public"
    DIRECT = "direct"


@dataclass(frozen=True, kw_only=True)
class Author:
    """The outside person who wrote it. `remote_id` is the network's own, unique within `network`."""

    network: str
    remote_id: str
    handle: str
    name: str = ""


@dataclass(frozen=True, kw_only=True)
class Mention:
    """One message to us or about us.

    `raw` holds the exact bytes that the network gave for this one message. `posted_at` is the network's own time
    (aware) or None where it gave none that can be believed. A deletion carries the ids and no text; its author may
    be unknown ("").
    """

    network: str
    remote_id: str
    author: Author
    text: str
    raw: bytes
    posted_at: datetime | None = None
    change: Change = Change.SAID
    url: str = ""
    title: str = ""
    thread_id: str = ""
    """The network's id of the post that began the thread; "" where this one begins it."""
    in_reply_to: str = ""
    revision: str = ""
    """What the network calls this version of the post (a content id, an ETag); "" where it has none."""
    visibility: Visibility = Visibility.PUBLIC
    languages: tuple[str, ...] = ()
    """What the network says the language is: a hint, never a proof."""
    is_to_us: bool = False
    """It names our account or answers it: it concerns us whatever its words."""
    is_ours: bool = False
    """We wrote it."""


@dataclass(frozen=True, kw_only=True)
class Unreadable:
    """One piece of what a source gave that could not be understood. Kept in quarantine, never dropped."""

    raw: bytes
    where: str
    """Where a person finds it: "line 17", "entry 3"."""
    why: Said
