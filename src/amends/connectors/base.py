"""The contract between the desk and a network: traits, roles, settings and three errors.

A connector implements the roles that it has; nothing raises `NotImplementedError`.

- `Listener` is asked again and again: `fetch(cursor)` gives one page of raw bytes.
- `Follower` stays connected: `follow(cursor, interest, stop)` yields pages as they come.
- Both have `read(raw)`, pure: the bytes of a page to mentions. It may be called again years later on kept bytes.
- `Speaker` posts: `new_key`, `send`, `find_sent`.
- `Looker` looks at single posts again: `look(remote_ids)`.
- `Editor` and `Remover` change and take down what we posted: `edit`, `remove`. Both may be asked twice.
- `Limited` asks the account's own server what it allows in a post: `limits`.
- `Namer` says how a reply begins where only those hear of it whom it names: `opening`.

Third parties register a class under the entry point group `amends.connectors`.
"""

from __future__ import annotations

import dataclasses
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, ClassVar, Protocol, runtime_checkable

from amends.core.mention import Mention, Unreadable, Visibility
from amends.core.say import Said

#: Connectors say which contract they were written for; the registry refuses one it does not know.
CONTRACT = 1


class Resend(StrEnum):
    """What may be done when an answer was lost after a post."""

    BY_KEY = "by_key"
    """The network drops a second post with the same key: sending again is safe."""
    BY_LOOKUP = "by_lookup"
    """We can find our own post by its key: look, and send again only when it is not there."""
    BY_PERSON = "by_person"
    """Only a person can tell."""


def _as_it_is(text: str) -> str:
    return text


@dataclass(frozen=True, kw_only=True)
class Traits:
    """What a network can do, readable before any call."""

    name: str
    """Lower snake text, the network's name; the first part of nothing else."""
    label: str
    """As people call the network."""
    longest_reply: int = 0
    """In the unit that `count` counts; 0: no limit or no reply."""
    count: Callable[[str], int] = len
    """How the network counts the length of a text."""
    can_reply: bool = False
    private_reply: bool = False
    resend: Resend = Resend.BY_PERSON
    poll_every: timedelta = timedelta(minutes=5)
    settle: timedelta = timedelta(minutes=2)
    """How long the network may still be working on a request whose answer was lost: no look-up before that."""
    can_edit: bool = False
    """What we posted can be changed afterwards (`Editor`)."""
    can_remove: bool = False
    """What we posted can be taken down afterwards (`Remover`)."""
    most_images: int = 0
    """In one post; 0: none."""
    largest_image: int = 0
    """In bytes."""
    longest_alt: int = 0
    """Characters in the description of an image."""
    show_link: Callable[[str], str] = _as_it_is
    """How people see a link that stands in a text."""
    checks_parent: bool = False
    """`send` looks at the post that is answered just before it posts: the desk need not."""
    least_gap: timedelta = timedelta(seconds=2)
    """Between two posts of one account; a desk may set another in `policy/sending.toml`."""
    most_posts: int = 100
    """Of one account in `posts_within`; 0: as many as it likes."""
    posts_within: timedelta = timedelta(minutes=15)


class RetryLater(Exception):
    """Try again after `after`; nothing is wrong that a person must mend."""

    def __init__(self, after: timedelta, why: Said | None = None) -> None:
        self.after, self.why = after, why
        super().__init__(str(why) if why else f"try again in {after}")


class NeedsAttention(Exception):
    """A person must do something; `what` says what."""

    def __init__(self, what: Said) -> None:
        self.what = what
        super().__init__(str(what))


class AnswerLost(Exception):
    """The request left, the answer did not come: it may have been done. Look before trying again."""


class PostedOtherwise(NeedsAttention):
    """The reply is on the network, but not as it was approved: other people can read it, or it answers nothing.

    It must not be sent again. `receipt` is the proof of what is there.
    """

    def __init__(self, what: Said, receipt: Receipt) -> None:
        super().__init__(what)
        self.receipt = receipt


@dataclass(frozen=True, kw_only=True)
class Page:
    """One delivery: the exact bytes that a source gave, and where to go on reading afterwards.

    `cursor` is the connector's own opaque text. `raw` may be empty (nothing new, but the cursor moved)."""

    raw: bytes
    cursor: str
    media_type: str = "application/json"
    url: str = ""
    """Where it came from, without secrets."""
    more: bool = False
    """There is more to fetch at once."""
    gap: Said | None = None
    """Something between the last cursor and this page cannot be had any more (an expired cursor)."""
    total: int | None = None
    """How many items there are in all, where the source knows: for progress."""


@dataclass(frozen=True, kw_only=True)
class Image:
    """An image that goes out with a reply."""

    data: bytes = dataclasses.field(repr=False)
    media_type: str
    """image/png, image/jpeg, image/webp or image/gif."""
    alt: str = ""
    """What it shows, for those who do not see it."""
    width: int = 0
    height: int = 0
    """In pixels; 0: not known."""


@dataclass(frozen=True, kw_only=True)
class Limits:
    """What one account's server allows in a post, where it says so: more or less than its network's traits."""

    longest: int
    link: int | None = None
    """How many characters every link counts; None: as the network's traits count."""
    most_images: int = 0
    largest_image: int = 0
    longest_alt: int = 0
    account: str = ""
    """What the server calls us: “northwind@social.example”."""


@dataclass(frozen=True, kw_only=True)
class Outgoing:
    """A reply as it was approved."""

    text: str
    in_reply_to: str
    """`remote_id` of the post that is answered."""
    thread_id: str = ""
    parent_revision: str = ""
    """The version of the parent that the agent answered; "" where the network has none."""
    visibility: Visibility = Visibility.PUBLIC
    language: str = ""
    media: tuple[Image, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Receipt:
    """Proof that a reply is on the network."""

    remote_id: str
    url: str
    text: str
    """The text as the network now shows it."""
    revision: str = ""
    sent_at: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class Gone:
    """A post that was looked for and is not there any more."""

    remote_id: str


class Interest(Protocol):
    """What a follower keeps of all that flows by. Given by the desk."""

    def wants(self, text: str) -> bool:
        """Whether the words concern us."""
        ...

    def knows(self, remote_ids: Iterable[str]) -> set[str]:
        """Those of `remote_ids` that we hold: posts that we keep, and posts of ours."""
        ...


@runtime_checkable
class Listener(Protocol):
    def fetch(self, cursor: str) -> Page:
        """The page after `cursor` ("": from the start). Raises `RetryLater`, `NeedsAttention`."""
        ...

    def read(self, raw: bytes) -> Iterable[Mention | Unreadable]:
        """What a page's bytes say. Pure; never raises on bad input: it yields `Unreadable`."""
        ...


@runtime_checkable
class Follower(Protocol):
    def follow(self, cursor: str, interest: Interest, stop: threading.Event) -> Iterator[Page]:
        """Pages as they come, until `stop` is set. Yields at least every few seconds while events flow, so that
        the cursor moves. Raises `RetryLater` when cut off, `NeedsAttention`."""
        ...

    def read(self, raw: bytes) -> Iterable[Mention | Unreadable]: ...


@runtime_checkable
class Speaker(Protocol):
    def new_key(self, now: datetime) -> str:
        """The idempotency key of one approved reply: made and stored before the first byte leaves."""
        ...

    def send(self, reply: Outgoing, key: str) -> Receipt:
        """Post once. Raises `RetryLater` (surely not posted), `NeedsAttention` (refused), `AnswerLost`."""
        ...

    def find_sent(self, reply: Outgoing, key: str) -> Receipt | None:
        """The post made with `key`, or None when it surely is not there. Raises `RetryLater`."""
        ...


@runtime_checkable
class Looker(Protocol):
    def look(self, remote_ids: Sequence[str]) -> Iterable[Mention | Gone]:
        """The posts as they are now, or `Gone`; silent about those that it cannot tell. Raises `RetryLater`."""
        ...


@runtime_checkable
class Editor(Protocol):
    def edit(self, remote_id: str, reply: Outgoing) -> Receipt:
        """Put `reply.text` in the place of what our post `remote_id` says; its images and who can see it stay.
        Asked twice, it is done once: it looks first. Raises `RetryLater` (try again: asking twice is safe),
        `NeedsAttention`, also when the post is not there any more."""
        ...


@runtime_checkable
class Remover(Protocol):
    def remove(self, remote_id: str) -> None:
        """Take our post `remote_id` down. One that is not there any more is fine. Raises `RetryLater` (try again:
        asking twice is safe), `NeedsAttention`."""
        ...


@runtime_checkable
class Limited(Protocol):
    def limits(self) -> Limits:
        """What the account's server allows in one post. Never raises: what it does not say is as in the traits."""
        ...

    @staticmethod
    def counting(limits: Limits) -> Callable[[str], int]:
        """How the network counts a text under `limits`."""
        ...


@runtime_checkable
class Namer(Protocol):
    @staticmethod
    def opening(handle: str) -> str:
        """How a reply to `handle` begins: “@ana@example.org ”. Only who is named hears of it."""
        ...


class Connector(Protocol):
    """What every connector class has: `traits`, a settings dataclass, and a constructor from settings."""

    contract: ClassVar[int]
    traits: ClassVar[Traits]
    settings: ClassVar[type]

    def __init__(self, settings: Any, **tools: Any) -> None: ...

    def check(self) -> Said:
        """Try the connection; a sentence that says what was found. Raises `NeedsAttention`, `RetryLater`."""
        ...


@dataclass(frozen=True)
class Field:
    """One setting of a connector: the set-up form, the CLI and the docs are made from these."""

    name: str
    label: str
    help: str
    is_secret: bool
    is_required: bool
    default: str


def setting(label: str, help: str = "", *, secret: bool = False, default: str | None = None) -> Any:
    """A field of a connector's settings dataclass (all fields are text). Without a default it is required."""
    metadata = {"label": label, "help": help, "secret": secret}
    if default is None:
        return dataclasses.field(metadata=metadata, repr=not secret)
    return dataclasses.field(metadata=metadata, default=default, repr=not secret)


def fields_of(settings: type) -> tuple[Field, ...]:
    """The fields of a settings dataclass, in order."""
    return tuple(
        Field(
            name=each.name,
            label=each.metadata.get("label", each.name),
            help=each.metadata.get("help", ""),
            is_secret=bool(each.metadata.get("secret")),
            is_required=each.default is dataclasses.MISSING,
            default="" if each.default is dataclasses.MISSING else str(each.default),
        )
        for each in dataclasses.fields(settings)
    )
