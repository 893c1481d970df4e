"""Every public post of Bluesky as it is said, by Jetstream: finds those who do not tag us (L1), and sees edits and
deletions (D2). Reading needs no account. Where the address is a PDS or a relay, the binary stream is read instead.

Jetstream's frames are described at https://github.com/bluesky-social/jetstream; the four hosts below are its public
instances. Cursors are times in microseconds, so one cursor serves all of them. They speak its first form; the second
(`network.bsky.jetstream.subscribeEvents`, since August 2026) has other frames and other cursors and is not read here.
"""

from __future__ import annotations

import base64
import hashlib
import logging
import random
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Any, ClassVar, Generic, Protocol, TypeVar
from urllib.parse import urlencode, urlsplit, urlunsplit

from websockets.exceptions import (
    ConnectionClosed,
    InvalidStatus,
    InvalidUpgrade,
    InvalidURI,
)
from websockets.sync.client import ClientConnection, connect

from amends.connectors.atproto import (
    NETWORK,
    POST,
    REMOVED,
    Broken,
    Event,
    Heard,
    StreamRefused,
    account_uri,
    accounts_told,
    all_words,
    check_record,
    is_did,
    line_of,
    mention_of,
    moment_of_us,
    post_uri,
    read_json,
    split_uri,
)
from amends.connectors.base import (
    CONTRACT,
    Gone,
    Interest,
    NeedsAttention,
    Page,
    RetryLater,
    Traits,
    setting,
)
from amends.connectors.bluesky import PUBLIC_VIEW, PublicView
from amends.connectors.firehose import PATH as FIREHOSE_PATH
from amends.connectors.firehose import RepoFrames, events_in
from amends.connectors.http import PASSING, jittered
from amends.core.mention import Author, Change, Mention, Unreadable
from amends.core.say import Said, say

log = logging.getLogger(__name__)

DEFAULT_URL = "wss://jetstream2.us-east.bsky.network/subscribe"
#: The public instances, tried in this order when the address was left at its default.
INSTANCES = (
    DEFAULT_URL,
    "wss://jetstream1.us-east.bsky.network/subscribe",
    "wss://jetstream2.us-west.bsky.network/subscribe",
    "wss://jetstream1.us-west.bsky.network/subscribe",
)

NOT_READ = "network.bsky.jetstream.subscribeEvents"

#: Read again after a reconnect, in microseconds: instances do not see events in the same microsecond.
OVERLAP_US = 5_000_000
#: An event so much later than the cursor means that the server had nothing older (in microseconds). On the public
#: network posts never pause for a second; on a small one of one's own, ten minutes are often empty.
GAP_US = 600_000_000
#: An event whose time is further ahead than this does not move the cursor (in microseconds).
AHEAD_US = 300_000_000

#: So many frames in a row that cannot be understood are no accident: a person must look, not quarantine fill up.
TOO_MANY_BROKEN = 200

#: No post comes near this (bytes); Jetstream is asked not to send longer frames.
LONGEST_FRAME = 1_000_000
#: A longer frame ends the connection (bytes).
LONGEST_MESSAGE = 16_000_000

_CHANGES = {"create": Change.SAID, "update": Change.EDITED, "delete": Change.DELETED}


@dataclass(frozen=True)
class Pace:
    """How long to gather and to wait, in seconds; and how many frames make a page."""

    frames: int = 200
    gather: float = 1.0
    at_least_every: float = 5.0
    stale: float = 60.0
    open: float = 10.0
    tick: float = 0.2


@dataclass(frozen=True, kw_only=True)
class JetstreamSettings:
    url: str = setting(
        "Stream",
        "Address of a Jetstream (…/subscribe), or of a PDS or relay (…/xrpc/com.atproto.sync.subscribeRepos).",
        default=DEFAULT_URL,
    )
    us: str = setting(
        "Our accounts",
        "Handles or DIDs of the brand's own accounts, separated by spaces. A DID is surest: handles change.",
        default="",
    )
    appview: str = setting(
        "View", "Server that shows public posts and names without log-in.", default=PUBLIC_VIEW
    )


class Frames(Protocol):
    """How to ask one kind of stream, and what its frames mean."""

    overlap: int
    skip: int

    def query(self, cursor: int | None) -> str: ...
    def is_gap(self, cursor: int, position: int) -> bool: ...
    def is_believable(self, position: int, now: float) -> bool: ...
    def present(self, now: float) -> int | None: ...
    def hear(self, frame: bytes) -> Heard: ...
    def line(self, frame: bytes, kept: Sequence[Event]) -> bytes: ...


class JsonFrames:
    """Jetstream: one JSON object a frame. The cursor is `time_us`."""

    overlap = OVERLAP_US
    skip = OVERLAP_US + 1_000_000

    def query(self, cursor: int | None) -> str:
        asked: dict[str, str | int] = {"wantedCollections": POST, "maxMessageSizeBytes": LONGEST_FRAME}
        if cursor is not None:
            asked["cursor"] = cursor
        return urlencode(asked)

    def is_gap(self, cursor: int, position: int) -> bool:
        return position - cursor > GAP_US

    def is_believable(self, position: int, now: float) -> bool:
        """Whether the cursor may move there: a time far ahead would make us miss all until then."""
        return position < now * 1_000_000 + AHEAD_US

    def present(self, now: float) -> int | None:
        """The cursor that goes on from now."""
        return int(now * 1_000_000) + self.overlap

    def hear(self, frame: bytes) -> Heard:
        """What a frame says. Raises `Broken`."""
        told = read_json(frame)
        if not isinstance(told, dict):
            raise Broken("not an object")
        position = told.get("time_us")
        at = moment_of_us(position)
        if "kind" not in told:
            raise Broken("an event without a kind")
        events = tuple(_events(told)) if told.get("kind") in ("commit", "account") else ()
        return Heard(events=events, position=position if at else None)

    def line(self, frame: bytes, kept: Sequence[Event]) -> bytes:
        return _line(frame)


def _events(told: Mapping[str, Any]) -> Iterator[Event]:
    did, at = told.get("did"), moment_of_us(told.get("time_us"))
    if not isinstance(did, str) or not is_did(did):
        raise Broken("an event without a DID")
    if told["kind"] == "account":
        account = told.get("account")
        if not isinstance(account, dict):
            raise Broken("an account event without an account")
        if account.get("active") is False and account.get("status") in REMOVED:
            yield Event(did=did, change=Change.DELETED, uri=account_uri(did), at=at)
        return
    commit = told.get("commit")
    if not isinstance(commit, dict):
        raise Broken("a commit event without a commit")
    change = _CHANGES.get(str(commit.get("operation")))
    if commit.get("collection") != POST or change is None:
        return
    uri = post_uri(did, str(commit.get("rkey", "")))
    if split_uri(uri) is None:
        raise Broken("a post without a proper key")
    if change is Change.DELETED:
        yield Event(did=did, change=change, uri=uri, at=at)
        return
    cid = commit.get("cid")
    record = check_record(commit.get("record"))
    yield Event(
        did=did, change=change, uri=uri, at=at, cid=cid if isinstance(cid, str) else "", record=record
    )


def _line(frame: bytes) -> bytes:
    """The frame itself, or an envelope for what cannot be one line."""
    if len(frame) > LONGEST_FRAME:
        begins = base64.b64encode(frame[:1000]).decode()
        return line_of(
            {"too_long": len(frame), "sha256": hashlib.sha256(frame).hexdigest(), "begins": begins}
        )
    if b"\n" in frame or b"\r" in frame or not frame:
        return line_of({"frame": base64.b64encode(frame).decode()})
    return frame


def _events_of_line(line: bytes) -> Iterator[Event]:
    told = read_json(line)
    if isinstance(told, dict) and "kind" not in told:
        if "firehose" in told:
            yield from events_in(told)
            return
        if "frame" in told:
            try:
                line = base64.b64decode(told["frame"], validate=True)
            except (ValueError, TypeError) as why:
                raise Broken("not base64") from why
        elif "too_long" in told:
            raise Broken("longer than any post")
    yield from JsonFrames().hear(line).events


class Jetstream:
    """Follows all posts and keeps those that concern us. Also names the authors: `handles`."""

    contract: ClassVar[int] = CONTRACT
    traits: ClassVar[Traits] = Traits(name=NETWORK, label="Bluesky")
    settings: ClassVar[type] = JetstreamSettings

    def __init__(
        self,
        settings: JetstreamSettings,
        *,
        view: PublicView | None = None,
        pace: Pace | None = None,
        clock: Callable[[], float] = time.time,
        turn: int | None = None,
    ) -> None:
        self._url, self._pace, self._clock = settings.url.strip() or DEFAULT_URL, pace or Pace(), clock
        self.view = view or PublicView(settings.appview)
        named = [name.lstrip("@") for name in settings.us.replace(",", " ").split()]
        self._us = frozenset(name for name in named if is_did(name))
        self._handles = frozenset(name.lower() for name in named if not is_did(name))
        # Each connector begins at another public instance: one that is silent is left behind by the next connector.
        self._turn, self._failures = random.randrange(len(INSTANCES)) if turn is None else turn, 0

    def __repr__(self) -> str:
        return f"Jetstream({self._url})"

    @property
    def _frames(self) -> Frames:
        return RepoFrames() if self._url.split("?")[0].rstrip("/").endswith(FIREHOSE_PATH) else JsonFrames()

    # -- following

    def follow(self, cursor: str, interest: Interest, stop: threading.Event) -> Iterator[Page]:
        """Pages of kept frames, one frame a line, until `stop` is set (seen within a second).

        Raises `RetryLater` when the stream is cut or silent, `NeedsAttention` when the address is no stream. The
        next call goes on at another public instance. An empty page only moves the cursor.
        """
        if NOT_READ in self._url:
            raise NeedsAttention(
                say(
                    "{url} is Jetstream's second form, which is not read here: use …/subscribe.",
                    url=self._url[:200],
                )
            )
        frames, since = self._frames, _number(cursor)
        if self._handles and not _Aside(self._look_up_us).is_done(self._pace.tick, stop):
            return
        with ExitStack() as stack:
            socket = self._open(stack, frames, since, stop)
            if socket is None:
                return
            gap = None
            if cursor and since is None:
                gap = say(
                    "The place where reading stopped (“{cursor}”) makes no sense here; reading begins anew.",
                    cursor=cursor[:40],
                )
            yield from self._pages(socket, _Batch(frames, interest, self._us, since, gap, self._clock), stop)

    def _pages(self, socket: ClientConnection, batch: _Batch, stop: threading.Event) -> Iterator[Page]:
        heard_at = paged_at = began = time.monotonic()
        url = self._address()
        while not stop.is_set():
            waiting = batch.frames_read
            end = self._receive(socket, batch)
            now = time.monotonic()
            if batch.frames_read > waiting:
                heard_at, began = now, began if waiting else now
            elif end is None and now - heard_at > self._pace.stale:
                end = self._cut(say("The stream of Bluesky has been silent too long; we connect again."))
            is_full = batch.frames_read >= self._pace.frames or now - began >= self._pace.gather
            if batch.has_moved and (end or is_full):
                page = batch.page(url, force=bool(end) or now - paged_at >= self._pace.at_least_every)
                if page:
                    paged_at = now
                    yield page
                began = time.monotonic()
                heard_at += began - now  # what the reader of our pages took is not the stream's silence
            if end:
                raise end
        if batch.has_moved and (page := batch.page(url, force=True)):
            yield page

    def _receive(self, socket: ClientConnection, batch: _Batch) -> RetryLater | NeedsAttention | None:
        """Put the next frame, if one comes within a tick, into `batch`. The error with which the stream ends."""
        try:
            batch.add(socket.recv(timeout=self._pace.tick, decode=False))
        except TimeoutError:
            return None
        except StreamRefused as why:
            return self._refused(batch, str(why))
        except ConnectionClosed as why:
            if why.sent and why.sent.code == 1009:
                batch.skip_one()
            return self._cut(say("The stream of Bluesky was cut off; we connect again."))
        self._failures = 0
        if batch.not_understood >= TOO_MANY_BROKEN:
            return NeedsAttention(
                say(
                    "None of the last {count} events of {url} can be understood: is it the stream of posts?",
                    count=batch.not_understood,
                    url=self._url[:200],
                )
            )
        return None

    def _refused(self, batch: _Batch, why: str) -> RetryLater:
        if why == "FutureCursor":
            batch.begin_anew()
        return self._cut(say("The server ended the stream (“{why}”); we connect again.", why=why))

    def _cut(self, why: Said) -> RetryLater:
        self._turn += 1
        self._failures += 1
        return RetryLater(jittered(timedelta(seconds=min(2 ** (self._failures - 1), 60))), why)

    def _address(self) -> str:
        return INSTANCES[self._turn % len(INSTANCES)] if self._url == DEFAULT_URL else self._url

    def _open(
        self, stack: ExitStack, frames: Frames, since: int | None, stop: threading.Event
    ) -> ClientConnection | None:
        """The first instance that answers; None when told to stop meanwhile. Raises `RetryLater`, `NeedsAttention`."""
        cursor = None if since is None else max(since - frames.overlap, 0)
        query, why = frames.query(cursor), None
        for _ in INSTANCES if self._url == DEFAULT_URL else (self._url,):
            address = self._address()
            call = _Aside(partial(_connected, address, query, self._pace), undo=ExitStack.close)
            if not call.is_done(self._pace.tick, stop):
                return None
            if call.result is not None:
                return stack.enter_context(call.result).socket
            why = call.problem
            self._turn += 1
            log.warning("no stream at %s: %s", address, why)
        self._failures += 1
        if self._url != DEFAULT_URL and _is_lasting(why):
            raise NeedsAttention(
                say(
                    "There is no stream at {url} ({why}): check the address.",
                    url=self._url,
                    why=str(why)[:200],
                )
            )
        raise RetryLater(
            jittered(timedelta(seconds=min(2**self._failures, 60))),
            say("The stream of Bluesky could not be reached ({why}).", why=type(why).__name__),
        )

    def _look_up_us(self) -> None:
        """Turn the handles in the settings into DIDs. One that nobody has now is looked up again next time."""
        for handle in sorted(self._handles):
            if did := self.view.did_of(handle):
                self._us |= {did}
                self._handles -= {handle}

    # -- reading

    def read(self, raw: bytes) -> Iterator[Mention | Unreadable]:
        """The mentions in a page of lines. Handles are unknown here: an author's handle is the DID. Never raises."""
        for number, line in enumerate(raw.split(b"\n"), 1):
            if not line.strip():
                continue
            try:
                mentions = [mention_of(event, line, us=self._us) for event in _events_of_line(line)]
            except Broken as why:
                yield Unreadable(
                    raw=line,
                    where=f"line {number}",
                    why=say("This event of the stream cannot be understood: {why}.", why=str(why)),
                )
            else:
                yield from mentions

    def look(self, remote_ids: Sequence[str]) -> Iterator[Mention | Gone]:
        """The posts as they are now; see `PublicView.look`."""
        return self.view.look(remote_ids)

    def handles(self, dids: Iterable[str]) -> dict[str, Author]:
        """The authors behind `dids`, as far as they can be had now. Never raises."""
        return self.view.handles(dids)

    def check(self) -> Said:
        """Connect and wait for the first event. Raises `NeedsAttention`, `RetryLater`."""
        self._look_up_us()
        with ExitStack() as stack:
            socket = self._open(stack, self._frames, None, threading.Event())
            if self._handles:
                raise NeedsAttention(
                    say(
                        "Bluesky knows no account “{handle}”: check its spelling.",
                        handle=", ".join(sorted(self._handles)),
                    )
                )
            try:
                heard = socket is not None and bool(
                    socket.recv(timeout=self._pace.at_least_every, decode=False)
                )
            except (TimeoutError, ConnectionClosed):
                heard = False
        if heard:
            return say("Connected to {url}: posts are coming in.", url=self._address())
        return say("Connected to {url}, but nothing has come in yet.", url=self._address())


T = TypeVar("T")


class _Aside(Generic[T]):
    """Work in a thread of its own, so that we can stop waiting at once. Left alone, its result is undone."""

    def __init__(self, work: Callable[[], T], undo: Callable[[T], object] = lambda result: None) -> None:
        self.result: T | None = None
        self.problem: Exception | None = None
        self._work, self._undo, self._is_left = work, undo, False
        self._done, self._lock = threading.Event(), threading.Lock()
        threading.Thread(target=self._run, name="jetstream-aside", daemon=True).start()

    def _run(self) -> None:
        try:
            result = self._work()
            with self._lock:
                if self._is_left:
                    self._undo(result)
                self.result = result
        except Exception as problem:  # told to the one who waits; in a thread it would only be printed
            self.problem = problem
        finally:
            self._done.set()

    def is_done(self, tick: float, stop: threading.Event) -> bool:
        """Wait for the end; False when `stop` was set first (looked at every `tick` seconds)."""
        while not self._done.wait(tick):
            if stop.is_set():
                with self._lock:
                    self._is_left = True
                    if self.result is not None:
                        self._undo(self.result)
                return False
        return True


class _Line(ExitStack):
    """An open connection; closes it on leaving."""

    socket: ClientConnection


def _connected(address: str, query: str, pace: Pace) -> _Line:
    scheme, host, path, own, _ = urlsplit(address)
    url = urlunsplit((scheme, host, path, "&".join(part for part in (own, query) if part), ""))
    line = _Line()
    line.socket = line.enter_context(
        connect(
            url,
            max_size=LONGEST_MESSAGE,
            open_timeout=pace.open,
            close_timeout=0.5,
            ping_interval=20,
            ping_timeout=20,
        )
    )
    return line


class _Batch:
    """Frames gathered for one page, and where the stream is."""

    def __init__(
        self,
        frames: Frames,
        interest: Interest,
        us: frozenset[str],
        since: int | None,
        gap: Said | None,
        clock: Callable[[], float],
    ) -> None:
        self._frames, self._interest, self._us, self._clock = frames, interest, us, clock
        self._since, self._position, self._gap = since, since, gap
        self._told = since
        self._heard: list[tuple[bytes, tuple[Event, ...] | None]] = []
        self._is_first = True
        self._anew = False
        self.frames_read = 0
        self.not_understood = 0
        """How many frames in a row, up to the last one."""

    @property
    def has_moved(self) -> bool:
        return self.frames_read > 0 or self._gap is not None or self._position != self._told

    def add(self, frame: bytes) -> None:
        """Take one frame in. Raises `StreamRefused`."""
        self.frames_read += 1
        if len(frame) > LONGEST_FRAME:
            self._heard.append((frame, None))
            return
        try:
            heard = self._frames.hear(frame)
        except Broken:
            self._heard.append((frame, None))
            self.not_understood += 1
            return
        self.not_understood = 0
        self._gap = heard.gap or self._gap
        if heard.position is not None and self._frames.is_believable(heard.position, self._clock()):
            self._move(heard.position)
        if heard.events:
            self._heard.append((frame, heard.events))

    def _move(self, position: int) -> None:
        if self._is_first and self._since is not None and self._frames.is_gap(self._since, position):
            self._gap = say(
                "The stream no longer had what was said between {since} and {until}; posts of that time may be missing.",
                since=_when(self._since),
                until=_when(position),
            )
        self._is_first = False
        self._position = max(position, self._position or 0)

    def skip_one(self) -> None:
        """A message too long to receive stands in the way: go on behind it, and say so.

        Where it is cannot be known. Soon after what came last; but when nothing came before it, go on from now."""
        if self._is_first or self._position is None:
            self._position = self._frames.present(self._clock())
        else:
            self._position += self._frames.skip
        self._gap = say(
            "One event of the stream was too long to be read; it and others around it may be missing."
        )

    def begin_anew(self) -> None:
        """The server's count is behind our cursor: it began anew."""
        self._position, self._anew = None, True
        self._gap = say(
            "The server counts its events anew; what it told between our last visit and now may be missing."
        )

    def page(self, url: str, *, force: bool) -> Page | None:
        """The page of what was kept; None when nothing was and an empty one is not due."""
        lines = list(self._kept())
        self._heard, self.frames_read = [], 0
        if not lines and not force and not self._gap:
            return None
        gap, self._gap, self._told = self._gap, None, self._position
        position = "" if self._position is None else str(self._position)
        return Page(
            raw=b"\n".join(lines), cursor=position, media_type="application/x-ndjson", url=url, gap=gap
        )

    def _kept(self) -> Iterator[bytes]:
        asked = {each for _, events in self._heard for event in events or () for each in event.ids}
        known = set(self._interest.knows(asked)) if asked else set()
        for frame, events in self._heard:
            if events is None:
                yield _line(frame)
                continue
            kept = [event for event in events if self._concerns_us(event, known)]
            if kept:
                # A post of this very page is not stored yet, but its answers and its deletion belong to it.
                known.update(each for event in kept for each in (event.uri, event.did))
                yield self._frames.line(frame, kept)

    def _concerns_us(self, event: Event, known: set[str]) -> bool:
        if not known.isdisjoint(event.ids):
            return True
        if event.change is Change.DELETED:
            return False
        return not self._us.isdisjoint(accounts_told(event.record)) or self._interest.wants(
            all_words(event.record)
        )


def _number(cursor: str) -> int | None:
    return int(cursor) if cursor.isascii() and cursor.isdigit() and len(cursor) < 19 else None


def _when(micros: int) -> str:
    moment = moment_of_us(micros)
    return f"{moment:%Y-%m-%d %H:%M} UTC" if moment else str(micros)


def _is_lasting(why: Exception | None) -> bool:
    """Whether a connection failed in a way that waiting does not mend."""
    if isinstance(why, InvalidStatus):
        return why.response.status_code not in PASSING and why.response.status_code < 500
    return isinstance(why, InvalidURI | InvalidUpgrade | ValueError)
