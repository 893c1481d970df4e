"""S1, S2: whatever ends a connection after the first byte of a post has left, the reply may be public. Nobody calls it failed."""

from __future__ import annotations

import contextlib
import socket
import struct
import threading

import httpx
import pytest

from amends.connectors.base import AnswerLost, Outgoing, RetryLater
from amends.connectors.bluesky import Bluesky
from amends.connectors.mastodon import Mastodon
from tests.connectors.fake_mastodon import FakeMastodon
from tests.connectors.fake_pds import FakePds

#: What a server (or what stands before it) does after it was sent a post: how much it reads, what it says, how it ends.
ENDS = {
    "reset after the first byte": (1, b"", "reset"),
    "reset in the middle of the request": (60, b"", "reset"),
    "reset after the whole request": (None, b"", "reset"),
    "closed without a word": (None, b"", "close"),
    "reset after a word to go on": (None, b"HTTP/1.1 100 Continue\r\n\r\n", "reset"),
    "half of a status line": (None, b"HTTP/1.1 2", "close"),
    "half of the headers": (None, b"HTTP/1.1 200 OK\r\nContent-Le", "reset"),
    "no body of the length it names": (None, b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n", "close"),
    "half of a body": (None, b'HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n{"uri": "at://', "reset"),
    "a chunk that breaks off": (
        None,
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nff\r\n{",
        "close",
    ),
    "no HTTP at all": (None, b"SSH-2.0-OpenSSH_9.2\r\n", "close"),
    "nothing, for too long": (None, b"", "hang"),
    "an empty answer": (None, b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", "close"),
    "another page": (None, b"HTTP/1.1 200 OK\r\nContent-Length: 17\r\n\r\n<h1>Sign in!</h1>", "close"),
    "a bad gateway": (None, b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n", "close"),
    "unavailable, with a wait": (
        None,
        b"HTTP/1.1 503 Service Unavailable\r\nRetry-After: 9\r\nContent-Length: 0\r\n\r\n",
        "close",
    ),
    "a gateway's time-out": (None, b"HTTP/1.1 504 Gateway Timeout\r\nContent-Length: 0\r\n\r\n", "close"),
    "an error of the server": (
        None,
        b"HTTP/1.1 500 Internal Server Error\r\nContent-Length: 2\r\n\r\n{}",
        "close",
    ),
}


class Gateway:
    """Stands before a network, and ends the first post that it is sent as it was told."""

    def __init__(self, reads: int | None, says: bytes, ends: str) -> None:
        self._reads, self._says, self._ends = reads, says, ends
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port, self.over, self.posts = self._socket.getsockname()[1], threading.Event(), 0
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self._socket.accept()
                with connection:
                    self.posts += 1
                    self._end(connection)

    def _end(self, connection: socket.socket) -> None:
        connection.settimeout(5)
        if self._reads is None:
            self._read_whole(connection)
        elif self._reads:
            connection.recv(self._reads)
        connection.sendall(self._says)
        if self._ends == "hang":
            self.over.wait(5)
        elif self._ends == "reset":
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    @staticmethod
    def _read_whole(connection: socket.socket) -> None:
        raw = b""
        while b"\r\n\r\n" not in raw:
            raw += connection.recv(65536)
        head, _, body = raw.partition(b"\r\n\r\n")
        length = next(
            int(line.split(b":")[1])
            for line in head.split(b"\r\n")
            if line.lower().startswith(b"content-length")
        )
        while len(body) < length:
            body += connection.recv(65536)

    def close(self) -> None:
        self.over.set()
        self._socket.close()


class Through(httpx.BaseTransport):
    """All requests go to the network, but posts of ours go to the gateway."""

    def __init__(self, path: str, port: int) -> None:
        self._path, self._port, self._wire = path, port, httpx.HTTPTransport()

    def close(self) -> None:
        self._wire.close()

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        if request.method == "POST" and request.url.path == self._path:
            request.url = request.url.copy_with(host="127.0.0.1", port=self._port)
        return self._wire.handle_request(request)


NETWORKS = {
    "bluesky": (FakePds, Bluesky, "/xrpc/com.atproto.repo.createRecord"),
    "mastodon": (FakeMastodon, Mastodon, "/api/v1/statuses"),
}


@pytest.fixture(params=NETWORKS)
def speaks(request):
    """A connector whose posts go by way of a port, and a reply for it."""
    fake, kind, path = NETWORKS[request.param]
    with contextlib.ExitStack() as stack:
        network = stack.enter_context(fake())

        def make(port: int):
            wire = Through(path, port)
            client = stack.enter_context(httpx.Client(timeout=httpx.Timeout(5, read=0.5), transport=wire))
            connector = kind(network.settings, client=client, clock=network.clock, sleep=network.sleep)
            remote_id = network.publish("My parcel never came")
            network.settle()
            return connector, Outgoing(text="I am sorry. Which parcel is it?", in_reply_to=remote_id)

        yield make


@pytest.mark.parametrize("end", ENDS)
def test_a_post_without_a_whole_answer_is_unknown(speaks, end):
    gateway = Gateway(*ENDS[end])
    try:
        connector, reply = speaks(gateway.port)
        with pytest.raises(AnswerLost):
            connector.send(reply, connector.new_key(connector._clock()))
        assert gateway.posts == 1
    finally:
        gateway.close()


def test_only_where_nobody_took_the_connection_it_surely_was_not_posted(speaks):
    closed = socket.create_server(("127.0.0.1", 0))
    port = closed.getsockname()[1]
    closed.close()
    connector, reply = speaks(port)
    with pytest.raises(RetryLater):
        connector.send(reply, connector.new_key(connector._clock()))
