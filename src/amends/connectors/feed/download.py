"""One limited GET: checked addresses, few redirects, bounded size and time, our own decompression."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
import zlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import httpx

from amends.connectors.base import NeedsAttention, RetryLater
from amends.connectors.feed.address import Resolve, parsed, reachable
from amends.connectors.http import DEFAULT_WAIT, jittered, not_reached
from amends.core.say import say

#: Bytes of one feed after decompression. A feed of 500 long articles has about 5 MB.
LONGEST_BODY = 10_000_000
MOST_REDIRECTS = 5
TIME_LIMIT = timedelta(seconds=60)
#: An error page is read for its words only.
_LONGEST_ERROR = 20_000
_PIECE = 65_536


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What came back. `body` is the exact body once transfer and content encoding (gzip) are undone."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    url: httpx.URL


class _TooLong(Exception):
    """The body is longer than allowed."""


def download(
    client: httpx.Client,
    url: str,
    headers: Mapping[str, str],
    *,
    resolve: Resolve,
    allow_private: bool = False,
    limit: int = LONGEST_BODY,
    time_limit: timedelta = TIME_LIMIT,
    clock: Callable[[], float] = time.monotonic,
) -> Answer:
    """GET `url`; the answer's status is the caller's to judge.

    Raises `NeedsAttention` for an address that may not be read, a body over `limit` bytes, a wrong certificate and
    too many redirects; `RetryLater` when nobody answers, the body is cut off, or `time_limit` is over.
    """
    where, ends = parsed(url), clock() + time_limit.total_seconds()
    with _Watch(time_limit) as watch:
        return _follow(client, where, headers, resolve, allow_private, limit, ends, clock, watch)


class _Watch:
    """Hangs up when the time is over. httpx limits each read, not their sum: headers that drip would last for days."""

    def __init__(self, time_limit: timedelta) -> None:
        self._sockets: list[socket.socket] = []
        self._timer = threading.Timer(time_limit.total_seconds(), self._hang_up)
        self._timer.daemon = True

    def __enter__(self) -> _Watch:
        self._timer.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._timer.cancel()

    def trace(self, event: str, info: Mapping[str, Any]) -> None:
        """Given to httpcore, which tells here of each connection (https://www.encode.io/httpcore/extensions/)."""
        if event in ("connection.connect_tcp.complete", "connection.start_tls.complete"):
            self._sockets.append(info["return_value"].get_extra_info("socket"))

    def _hang_up(self) -> None:
        for each in self._sockets:
            with contextlib.suppress(OSError):
                socket.socket.shutdown(each, socket.SHUT_RDWR)


def _follow(
    client: httpx.Client,
    where: httpx.URL,
    headers: Mapping[str, str],
    resolve: Resolve,
    allow_private: bool,
    limit: int,
    ends: float,
    clock: Callable[[], float],
    watch: _Watch,
) -> Answer:
    for _ in range(MOST_REDIRECTS + 1):
        address = reachable(where, resolve=resolve, allow_private=allow_private)
        try:
            request = client.build_request(
                "GET",
                where.copy_with(host=address),
                headers={**headers, "Host": where.netloc.decode("ascii"), "Accept-Encoding": "gzip, deflate"},
                extensions={
                    "sni_hostname": where.host,
                    "trace": watch.trace,
                    "timeout": httpx.Timeout(max(0.01, min(10.0, ends - clock()))).as_dict(),
                },
            )
            answer = client.send(request, stream=True)
            try:
                if not answer.has_redirect_location:
                    return _whole(answer, where, limit, ends, clock)
                where = parsed(str(where.join(answer.headers["Location"])))
            finally:
                answer.close()
        except httpx.InvalidURL:
            raise NeedsAttention(
                say("“{host}” redirects to something that is no address.", host=where.host)
            ) from None
        except httpx.TransportError as problem:
            raise _lost(problem, where) from problem
    raise NeedsAttention(
        say(
            "“{host}” redirects more than {most} times: open the feed in a browser and use the last address.",
            host=where.host,
            most=MOST_REDIRECTS,
        )
    )


def _whole(
    answer: httpx.Response, url: httpx.URL, limit: int, ends: float, clock: Callable[[], float]
) -> Answer:
    is_error = answer.status_code >= 400
    kept: list[bytes] = []
    size, most = 0, _LONGEST_ERROR if is_error else limit
    try:
        for piece in _decoded(answer, ends, clock, url):
            size += len(piece)
            if size > most:
                raise _TooLong
            kept.append(piece)
    except _TooLong:
        if not is_error:
            told = answer.headers.get("Content-Length", "")
            raise NeedsAttention(
                say(
                    "The feed at “{host}” is too large: {size} MB or more, and the limit is {limit} MB. Ask for a feed "
                    "with fewer entries.",
                    host=url.host,
                    size=max(size, int(told[:15]) if told.isascii() and told.isdigit() else 0) // 1_000_000,
                    limit=limit // 1_000_000,
                )
            ) from None
    return Answer(status=answer.status_code, headers=answer.headers, body=b"".join(kept), url=url)


def _decoded(
    answer: httpx.Response, ends: float, clock: Callable[[], float], url: httpx.URL
) -> Iterator[bytes]:
    """The body in pieces of bounded size. httpx's own decoder would unpack a whole piece at once, up to 1000 times
    its size."""
    encoding = answer.headers.get("Content-Encoding", "").strip().lower()
    if encoding not in ("", "identity", "gzip", "x-gzip", "deflate"):
        raise NeedsAttention(
            say(
                "“{host}” packs its feed as “{encoding}”, which we did not ask for.",
                host=url.host,
                encoding=encoding,
            )
        )
    unpack = None if encoding in ("", "identity") else _Unpacker()
    too_slow = RetryLater(jittered(DEFAULT_WAIT), say("“{host}” is too slow.", host=url.host))
    try:
        for piece in answer.iter_raw():
            if clock() > ends:
                raise too_slow
            if unpack is None:
                yield piece
            else:
                yield from unpack.pieces(piece)
        # Hung up on, a body without a length looks as if it had ended by itself.
        if clock() > ends:
            raise too_slow
    except zlib.error:
        raise RetryLater(
            jittered(DEFAULT_WAIT), say("“{host}” sent compressed data that is damaged.", host=url.host)
        ) from None
    if unpack is not None and not unpack.is_whole:
        raise RetryLater(jittered(DEFAULT_WAIT), say("“{host}” stopped in the middle.", host=url.host))


class _Unpacker:
    """gzip (of several members) and both readings of “deflate”, never more than one piece at a time."""

    def __init__(self) -> None:
        self._zlib = zlib.decompressobj(wbits=47)
        self._is_first = True
        self.is_whole = True

    def pieces(self, packed: bytes) -> Iterator[bytes]:
        is_full = False
        while packed or is_full:
            if self._zlib.eof:
                if not packed.startswith(b"\x1f\x8b"):
                    return  # zeros or other padding after the last member, as gzip itself forgives
                self._zlib = zlib.decompressobj(wbits=47)
            try:
                unpacked = self._zlib.decompress(packed, _PIECE)
            except zlib.error:
                if not self._is_first:
                    raise
                self._zlib = zlib.decompressobj(
                    wbits=-15
                )  # “deflate” without its header, as some servers send it
                unpacked = self._zlib.decompress(packed, _PIECE)
            self._is_first = False
            if unpacked:
                yield unpacked
            # A full piece may leave more inside zlib although all input was taken.
            is_full = len(unpacked) == _PIECE and not self._zlib.eof
            self.is_whole = self._zlib.eof
            packed = self._zlib.unused_data if self._zlib.eof else self._zlib.unconsumed_tail


def _lost(problem: httpx.TransportError, url: httpx.URL) -> NeedsAttention | RetryLater:
    if "CERTIFICATE_VERIFY_FAILED" in str(problem):
        return NeedsAttention(
            say(
                "The certificate of “{host}” is not valid: tell the site, or check the address.",
                host=url.host,
            )
        )
    if "location header" in str(problem):
        return NeedsAttention(say("“{host}” redirects to something that is no address.", host=url.host))
    return not_reached(problem, url.host)
