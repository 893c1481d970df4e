"""The live stream: one poller per process asks what changed and tells every open page.

Events are small (“the queue changed”, “these cases changed”): each page fetches what it shows, so nothing is rendered
per stream. `since` is the moment at which the page was made, `Last-Event-ID` that of the last change which it was told:
what changed since then is told at once on connecting.
"""

from __future__ import annotations

import asyncio
import contextlib
import signal
import threading
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import FrameType
from typing import Any
from weakref import WeakKeyDictionary

from asgiref.sync import sync_to_async
from django.db import Error, close_old_connections, connection
from django.http import HttpResponse, StreamingHttpResponse
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.views.decorators.http import require_GET

from amends.store import queries
from amends.web.asked import Asked

EVERY = 1.0
#: Comments that keep proxies from closing a quiet stream.
QUIET = 15.0
#: A change carries the time at which its work began, and is seen when that is committed: look back so far.
OVERLAP = timedelta(seconds=15)
#: A stream ends after this and the browser opens it again: its sign-in is looked at anew.
LONGEST = 600.0

#: Who does what on which case.
Here = dict[int, frozenset[tuple[int, str]]]


class Poller:
    """Asks once a second for all streams of one event loop. Runs while somebody listens."""

    def __init__(self) -> None:
        self.listeners: set[asyncio.Queue[str]] = set()
        self.is_ending = False
        self._task: asyncio.Task[None] | None = None
        self._after: datetime | None = None
        self._told: dict[int, datetime] = {}
        self._here: Here = {}
        self._notice = 0
        self._has_looked = asyncio.Event()

    @contextlib.asynccontextmanager
    async def listening(self, since: datetime | None) -> AsyncIterator[asyncio.Queue[str]]:
        box: asyncio.Queue[str] = asyncio.Queue(maxsize=100)
        # It listens first and asks after: what happens between the two is told twice rather than never.
        self.listeners.add(box)
        try:
            if self._task is None or self._task.done():
                self._has_looked = asyncio.Event()
                self._task = asyncio.create_task(self._run())
            await self._has_looked.wait()
            if since is not None:
                for event in events_of(await _changes(since), 0):
                    self._put(box, event)
            yield box
        finally:
            self.listeners.discard(box)

    def end(self) -> None:
        """Tell every stream that the server stops."""
        self.is_ending = True
        for box in self.listeners:
            self._put(box, "event: bye\ndata:\n\n")

    @staticmethod
    def _put(box: asyncio.Queue[str], event: str) -> None:
        # A page that does not read falls behind by itself; it asks for everything when it connects again.
        with contextlib.suppress(asyncio.QueueFull):
            box.put_nowait(event)

    async def _run(self) -> None:
        try:
            with contextlib.suppress(Error):
                self._here = await _present()
                first = await _changes(None)
                self._after, self._notice = first.latest, first.notice_id
                self._told = dict(first.cases)
        finally:
            self._has_looked.set()
        while self.listeners and not self.is_ending:
            await asyncio.sleep(EVERY)
            try:
                seen = await _changes(self._after - OVERLAP if self._after else None)
                here = await _present()
            except Error:
                continue
            if moved := self._moved(here):
                for box in list(self.listeners):
                    self._put(box, moved)
            change = self._news(seen)
            for event in events_of(change, self._notice):
                for box in list(self.listeners):
                    self._put(box, event)
            self._after, self._notice = change.latest, change.notice_id

    def _moved(self, here: Here) -> str:
        """The cases on which somebody came, went or does something else now; "" for none."""
        cases = sorted(
            case for case in here.keys() | self._here.keys() if here.get(case) != self._here.get(case)
        )
        self._here = here
        return f"event: presence-changed\ndata: {','.join(map(str, cases))}\n\n" if cases else ""

    def _news(self, seen: queries.Change) -> queries.Change:
        """Of what was seen, what was not told yet."""
        news = tuple((pk, at) for pk, at in seen.cases if self._told.get(pk) != at)
        latest = max(filter(None, (self._after, seen.latest)), default=None)
        self._told = {
            pk: at for pk, at in {**self._told, **dict(news)}.items() if latest and at >= latest - OVERLAP
        }
        return replace(seen, cases=news, latest=latest)


def events_of(change: queries.Change, notice_id: int) -> list[str]:
    """What a change looks like on the wire. A notice event names the last one that was known before."""
    told = []
    if change.cases:
        mark = f"id: {change.latest.isoformat()}\n" if change.latest else ""
        told.append(f"event: case-changed\ndata: {','.join(str(case_id) for case_id, _ in change.cases)}\n\n")
        told.append(f"{mark}event: queue-changed\ndata: {len(change.cases)}\n\n")
    if notice_id and change.notice_id > notice_id:
        told.append(f"event: notice\ndata: {notice_id}\n\n")
    return told


def _ask(since: datetime | None) -> queries.Change:
    _let_go_of_old_connections()
    try:
        return queries.changes_since(since)
    finally:
        _let_go_of_old_connections()


def _let_go_of_old_connections() -> None:
    """No request ends here that would do it. Within somebody's transaction it would break that."""
    if not connection.in_atomic_block:
        close_old_connections()


def _look_around() -> Here:
    _let_go_of_old_connections()
    try:
        return queries.present(now=timezone.now())
    finally:
        _let_go_of_old_connections()


_changes = sync_to_async(_ask, thread_sensitive=True)
_present = sync_to_async(_look_around, thread_sensitive=True)
_pollers: WeakKeyDictionary[asyncio.AbstractEventLoop, Poller] = WeakKeyDictionary()


def _poller() -> Poller:
    loop = asyncio.get_running_loop()
    if loop not in _pollers:
        _pollers[loop] = Poller()
        _end_on_signals(loop, _pollers[loop])
    return _pollers[loop]


def _end_on_signals(loop: asyncio.AbstractEventLoop, poller: Poller) -> None:
    """A server waits for open answers before it stops: streams must end when it is told to."""
    if threading.current_thread() is not threading.main_thread():
        return
    for number in (signal.SIGTERM, signal.SIGINT):
        before: Any = signal.getsignal(number)

        def told(number: int, frame: FrameType | None, before: Any = before) -> None:
            loop.call_soon_threadsafe(poller.end)
            if callable(before):
                before(number, frame)

        if callable(before):
            signal.signal(number, told)


async def _stream(since: datetime | None) -> AsyncIterator[str]:
    poller = _poller()
    ends_at = asyncio.get_running_loop().time() + LONGEST
    yield "retry: 2000\n\n"
    async with poller.listening(since) as box:
        while not poller.is_ending and asyncio.get_running_loop().time() < ends_at:
            try:
                yield await asyncio.wait_for(box.get(), QUIET)
            except TimeoutError:
                yield ": still here\n\n"
    yield "event: bye\ndata:\n\n"


def _moment(text: str) -> datetime | None:
    """From when on to tell what changed: before the time that `text` names, for what was committed late. None for
    what is not an aware time."""
    try:
        named = parse_datetime(text[:40])
        return named.astimezone(UTC) - OVERLAP if named and named.tzinfo else None
    except (ValueError, OverflowError):
        return None


@require_GET
async def events(request: Asked) -> HttpResponse | StreamingHttpResponse:
    if request.agent is None:
        return HttpResponse(status=401)
    response = StreamingHttpResponse(
        _stream(_moment(request.headers.get("Last-Event-ID") or request.GET.get("since", ""))),
        content_type="text/event-stream",
    )
    response["X-Accel-Buffering"] = "no"
    # Compression would hold events back.
    response["Content-Encoding"] = "identity"
    return response
