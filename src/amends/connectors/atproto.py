"""What all readers of Bluesky share: ids, records, time-ordered keys and rich text of the AT Protocol. No I/O.

Sources: https://atproto.com/specs/at-uri-scheme, /specs/record-key, /specs/tid, /specs/did, and the lexicons
`app.bsky.feed.post` and `app.bsky.richtext.facet`.
"""

from __future__ import annotations

import json
import random
import re
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from amends.connectors.slices import BrokenJson, elements
from amends.core.mention import Author, Change, Mention
from amends.core.say import Said
from amends.core.text import storable

NETWORK = "bluesky"
POST = "app.bsky.feed.post"

#: A post's text, counted as `bluesky_length` does (lexicon `app.bsky.feed.post`, maxGraphemes and maxLength).
LONGEST_TEXT = 300
#: `createdAt` is written by the author's own software; it is believed when the network saw the post about then.
BELIEVABLE = timedelta(days=1)
#: Account states that take the posts away. "desynchronized" and "throttled" pass by themselves and do not.
REMOVED = frozenset({"deleted", "deactivated", "takendown", "suspended"})

_DID = re.compile(r"did:[a-z]+:[A-Za-z0-9._:%-]{1,500}")
_RKEY = re.compile(r"[A-Za-z0-9._~:-]{1,512}")
_TID_LETTERS = "234567abcdefghijklmnopqrstuvwxyz"
_TID = re.compile(r"[234567a-j][234567a-z]{12}")
_LATEST_US = 253_402_300_799_000_000  # the end of the year 9999


class Broken(ValueError):
    """Bytes from the network that are not what its documentation says."""


# -- ids and moments


def is_did(text: object) -> bool:
    return isinstance(text, str) and _DID.fullmatch(text) is not None


def post_uri(did: str, rkey: str) -> str:
    return f"at://{did}/{POST}/{rkey}"


def account_uri(did: str) -> str:
    """The id that stands for an author with everything that they wrote: an at-URI without a path."""
    return f"at://{did}"


def split_uri(uri: str) -> tuple[str, str, str] | None:
    """(DID, collection, record key) of an at-URI, or None when it is not one."""
    parts = uri.removeprefix("at://").split("/")
    if (
        not uri.startswith("at://")
        or len(parts) != 3
        or not is_did(parts[0])
        or not _RKEY.fullmatch(parts[2])
    ):
        return None
    return parts[0], parts[1], parts[2]


def post_url(uri: str) -> str:
    """Where people read the post."""
    parts = split_uri(uri)
    return f"https://bsky.app/profile/{parts[0]}/post/{parts[2]}" if parts else ""


def moment_of(text: object) -> datetime | None:
    """A moment as the network writes it, in UTC; None for anything else, also for a time without a zone."""
    if not isinstance(text, str) or len(text) > 64:
        return None
    try:
        moment = datetime.fromisoformat(text)
        return moment.astimezone(UTC) if moment.tzinfo else None
    except (ValueError, OverflowError):
        return None


def moment_of_us(micros: object) -> datetime | None:
    """A moment given as microseconds since 1970."""
    if isinstance(micros, bool) or not isinstance(micros, int) or not 0 < micros < _LATEST_US:
        return None
    return datetime.fromtimestamp(micros // 1_000_000, UTC) + timedelta(microseconds=micros % 1_000_000)


class Tids:
    """Makes TIDs: keys of 13 letters that sort by time. Never the same twice in a process, never going back."""

    def __init__(self) -> None:
        self._lock, self._last, self._clock = threading.Lock(), 0, random.randrange(1024)

    def make(self, now: datetime) -> str:
        with self._lock:
            self._last = max(int(now.timestamp() * 1_000_000), self._last + 1)
            number = self._last << 10 | self._clock
        return "".join(_TID_LETTERS[number >> shift & 31] for shift in range(60, -1, -5))


def time_of_tid(key: str) -> datetime | None:
    """When a TID says that it was made (by the author's own clock); None when `key` is no TID."""
    if not _TID.fullmatch(key):
        return None
    number = 0
    for letter in key:
        number = number << 5 | _TID_LETTERS.index(letter)
    return moment_of_us(number >> 10)


# -- JSON


def read_json(raw: bytes) -> Any:
    """`raw` as JSON. Raises `Broken` for whatever is not plain, strict, reasonably nested UTF-8 JSON."""
    try:
        return json.loads(raw.decode("utf-8"), parse_constant=_refuse)
    except (ValueError, RecursionError) as why:
        raise Broken(f"not JSON: {type(why).__name__}") from why


def read_items(raw: bytes, name: str) -> Iterator[tuple[Any, bytes]]:
    """The items of the list `name` of a JSON object, each with its exact bytes. Raises `Broken` where it breaks."""
    try:
        for text, value in elements(raw.decode("utf-8"), name):
            yield value, text.encode()
    except (BrokenJson, UnicodeDecodeError) as why:
        raise Broken(f"not JSON: {type(why).__name__}") from why


def _refuse(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


# -- records


@dataclass(frozen=True, kw_only=True)
class Event:
    """One thing that happened on the network, whichever stream told it."""

    did: str
    change: Change
    uri: str
    at: datetime | None
    """The stream's own time."""
    cid: str = ""
    record: Mapping[str, Any] = field(default_factory=dict)

    @property
    def ids(self) -> frozenset[str]:
        """The ids that make this event ours when we know one of them."""
        if self.change is Change.DELETED:
            return frozenset({self.did if self.uri == account_uri(self.did) else self.uri})
        return frozenset(answered(self.record)) | {self.uri}


@dataclass(frozen=True, kw_only=True)
class Heard:
    """What one frame of a stream says. `position` is where the stream is now, None where the frame does not tell."""

    events: tuple[Event, ...]
    position: int | None
    gap: Said | None = None


class StreamRefused(Exception):
    """The server ended the stream; the message is its own short name for the reason."""


def line_of(envelope: Mapping[str, Any]) -> bytes:
    """One line of JSON for a frame that cannot be a line itself."""
    return json.dumps(envelope, separators=(",", ":")).encode()


def check_record(record: object) -> Mapping[str, Any]:
    """`record` when it is a post's. Raises `Broken`."""
    if not isinstance(record, Mapping) or not isinstance(record.get("text"), str):
        raise Broken("the record has no text")
    return record


def answered(record: Mapping[str, Any]) -> tuple[str, ...]:
    """The posts that this one answers or quotes: parent, root, quoted."""
    root, parent = reply_refs(record)
    return tuple(uri for uri in (parent, root, quoted(record)) if uri)


def reply_refs(record: Mapping[str, Any]) -> tuple[str, str]:
    """(root, parent) as at-URIs; "" where there is none that can be one."""
    reply = _dict(record.get("reply"))
    return _uri(_dict(reply.get("root")).get("uri")), _uri(_dict(reply.get("parent")).get("uri"))


def quoted(record: Mapping[str, Any]) -> str:
    """The at-URI of the quoted post, or ""."""
    found = _dict(_dict(record.get("embed")).get("record"))
    return _uri(found.get("uri")) or _uri(_dict(found.get("record")).get("uri"))


def named_dids(record: Mapping[str, Any]) -> set[str]:
    """The accounts that the post names with @."""
    return {did for feature in _features(record) if is_did(did := _text(feature.get("did")))}


def accounts_told(record: Mapping[str, Any]) -> set[str]:
    """The accounts that the post speaks to: those it names, and those whose posts it answers or quotes."""
    return named_dids(record) | {parts[0] for uri in answered(record) if (parts := split_uri(uri))}


def beside_text(record: Mapping[str, Any]) -> tuple[str, ...]:
    """The words that people see beside the text: hashtags kept apart, descriptions of pictures, cards of links."""
    embed = _dict(record.get("embed"))
    embeds = (embed, _dict(embed.get("media")))
    found = ["#" + _text(tag) for tag in _list(record.get("tags")) if _text(tag)]
    found += ["#" + _text(feature.get("tag")) for feature in _features(record) if _text(feature.get("tag"))]
    found += [_text(feature.get("uri")) for feature in _features(record)]
    for each in embeds:
        found += [_text(_dict(image).get("alt")) for image in _list(each.get("images"))]
        found.append(_text(each.get("alt")))
        card = _dict(each.get("external"))
        found += [_text(card.get("title")), _text(card.get("description")), _text(card.get("uri"))]
    text = _text(record.get("text"))
    return tuple(words for words in dict.fromkeys(found) if words and words not in text)


def all_words(record: Mapping[str, Any]) -> str:
    """Everything in a post that can name a brand."""
    return "\n".join((_text(record.get("text")), *beside_text(record)))


def mention_of(
    event: Event,
    raw: bytes,
    *,
    us: frozenset[str] = frozenset(),
    author: Author | None = None,
    is_to_us: bool = False,
) -> Mention:
    """The mention that `event` is. `us`: our accounts' DIDs. A post's `title` holds the words beside its text.

    A removed account (deleted, deactivated, taken down) is a deletion whose `remote_id` is the account's at-URI
    without a path (`at://did:plc:…`): it stands for everything that this author wrote.
    """
    author = author or Author(network=NETWORK, remote_id=event.did, handle=event.did)
    if event.change is Change.DELETED:
        return Mention(
            network=NETWORK,
            remote_id=event.uri,
            author=author,
            text="",
            raw=raw,
            posted_at=event.at,
            change=Change.DELETED,
            url=post_url(event.uri),
            is_ours=event.did in us,
        )
    root, parent = reply_refs(event.record)
    told = {part[0] for uri in (parent, quoted(event.record)) if (part := split_uri(uri))}
    return Mention(
        network=NETWORK,
        remote_id=event.uri,
        author=author,
        text=storable(event.record["text"]),
        raw=raw,
        posted_at=_posted_at(event),
        change=event.change,
        url=post_url(event.uri),
        title=storable(" · ".join(beside_text(event.record))),
        thread_id=root,
        in_reply_to=parent,
        revision=storable(event.cid[:200]),
        languages=tuple(
            storable(lang) for lang in _list(event.record.get("langs"))[:8] if 0 < len(_text(lang)) < 36
        ),
        is_to_us=is_to_us or (event.did not in us and not us.isdisjoint(told | named_dids(event.record))),
        is_ours=event.did in us,
    )


def _posted_at(event: Event) -> datetime | None:
    written = moment_of(event.record.get("createdAt"))
    if written is None or event.at is None:
        return event.at or written
    return written if abs(written - event.at) <= BELIEVABLE else event.at


def _features(record: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    for facet in _list(record.get("facets")):
        for feature in _list(_dict(facet).get("features")):
            yield _dict(feature)


def _dict(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def _uri(value: object) -> str:
    return value if isinstance(value, str) and split_uri(value) else ""


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


# -- writing


_LINK = re.compile(r"https?://[^\s<>\"]+", re.IGNORECASE)
_NAMED = re.compile(
    r"(?<![\w@.])@((?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{0,61}[a-z0-9])", re.IGNORECASE
)
_HASHTAG = re.compile(r"(?<![\w#&/])#(\w*[^\W\d]\w*)")


def facets_of(text: str, did_of: Callable[[str], str]) -> list[dict[str, Any]]:
    """What makes links, names and hashtags in `text` live. Offsets count UTF-8 bytes (lexicon richtext.facet).

    `did_of(handle)` gives the DID, or "" for a name that nobody has: it stays plain text.
    """
    found: list[tuple[int, int, dict[str, str]]] = []
    for link in _LINK.finditer(text):
        uri = _trimmed(link[0])
        found.append(
            (link.start(), link.start() + len(uri), {"$type": "app.bsky.richtext.facet#link", "uri": uri})
        )
    for name in _NAMED.finditer(text):
        if not _inside(name.start(), found) and (did := did_of(name[1].lower())):
            found.append((*name.span(), {"$type": "app.bsky.richtext.facet#mention", "did": did}))
    for tag in _HASHTAG.finditer(text):
        if not _inside(tag.start(), found) and len(tag[1]) <= 64:
            found.append((*tag.span(), {"$type": "app.bsky.richtext.facet#tag", "tag": tag[1]}))
    return [
        {
            "index": {"byteStart": len(text[:start].encode()), "byteEnd": len(text[:end].encode())},
            "features": [feature],
        }
        for start, end, feature in sorted(found, key=lambda each: each[:2])
    ]


def _trimmed(link: str) -> str:
    link = link.rstrip(".,;:!?'’”»…")
    return link[:-1] if link.endswith(")") and "(" not in link else link


def _inside(at: int, found: list[tuple[int, int, dict[str, str]]]) -> bool:
    return any(start <= at < end for start, end, _ in found)
