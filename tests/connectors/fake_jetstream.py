"""Fake streams on a loopback web socket: a Jetstream, and the binary stream of a PDS.

Slow, late and stale by default: what is said goes out only at `settle()`, one frame at a time with a pause between;
the newest frame goes out twice. Without a cursor the stream begins a minute back, so that no test has to race.
"""

from __future__ import annotations

import hashlib
import json
import threading
import time
from http import HTTPStatus
from urllib.parse import parse_qs, urlsplit

import libipld
from websockets.exceptions import ConnectionClosed
from websockets.sync.server import serve

from amends.connectors.atproto import POST, Tids, post_uri, split_uri
from amends.connectors.jetstream import JetstreamSettings

BRAND, ANA = "did:plc:northwindbrand", "did:plc:anacustomer"


class FakeStream:
    """The switches; subclasses say how a frame looks."""

    path = ""
    secrets = ("no secret here",)

    def __init__(self):
        self.log: list[tuple[int, bytes]] = []
        self.held: list[tuple[int, bytes]] = []
        self.records: dict[str, dict] = {}
        self.queries: list[dict] = []
        self.kept_since = 0
        self.has_unknown_fields = False
        self.status = None
        self.pause = 0.001
        self._changed = threading.Condition()
        self._tids, self._cut, self._count = Tids(), 0, 0
        self._connections = []
        self._server = serve(
            self._serve, "127.0.0.1", 0, compression=None, process_request=self._refuse, close_timeout=0.2
        )
        port = self._server.socket.getsockname()[1]
        self.url = f"ws://127.0.0.1:{port}{self.path}"
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.go_down()

    @property
    def settings(self):
        return JetstreamSettings(url=self.url, us=BRAND)

    # -- the switches

    def publish(self, text, *, to_us=True, reply_to="", did=ANA, **more):
        record = {"$type": POST, "text": text, "createdAt": now_text(), "langs": ["en"], **more}
        if reply_to:
            record["reply"] = {
                "root": {"uri": reply_to, "cid": "bafyroot"},
                "parent": {"uri": reply_to, "cid": "bafyroot"},
            }
        if to_us:
            facet = {"$type": "app.bsky.richtext.facet#mention", "did": BRAND}
            record["facets"] = [{"index": {"byteStart": 0, "byteEnd": 1}, "features": [facet]}]
        if self.has_unknown_fields:
            record["newThing"] = {"$type": "app.bsky.new#thing", "deep": [1, None, {}]}
        rkey = self._tids.make(datetime_now())
        uri = post_uri(did, rkey)
        self.records[uri] = record
        self.hold(self.commit("create", did, rkey, record))
        return uri

    def edit(self, uri, text):
        did, _, rkey = split_uri(uri)
        self.records[uri] = {**self.records[uri], "text": text}
        self.hold(self.commit("update", did, rkey, self.records[uri]))

    def delete(self, uri):
        did, _, rkey = split_uri(uri)
        self.hold(self.commit("delete", did, rkey, None))

    def end_account(self, did=ANA, status="deleted"):
        self.hold(self.account(did, status))

    def send_raw(self, piece):
        self.hold((self.next_position(), piece))

    def hold(self, frame):
        self.held.append(frame)

    def settle(self):
        with self._changed:
            if self.held:
                self.log += (
                    [*self.held, self.held[-1]] if not self.held[-1][1].startswith(b"\x00") else self.held
                )
                self.held.clear()
            self._changed.notify_all()

    def send_unknown_fields(self):
        self.has_unknown_fields = True

    def cut_off(self):
        with self._changed:
            self._cut += 1
            self._changed.notify_all()

    def forget_before_now(self):
        """From now on, the stream no longer has what was said until now."""
        self.kept_since = len(self.log)

    def go_down(self):
        self.cut_off()
        self._server.shutdown()
        self._thread.join(5)

    # -- the wire

    def _refuse(self, connection, request):
        return connection.respond(HTTPStatus(self.status), "no\n") if self.status else None

    def _serve(self, connection):
        asked = parse_qs(urlsplit(connection.request.path).query)
        self.queries.append(asked)
        cut = self._cut
        try:
            at = self.begin(connection, int(asked["cursor"][0]) if "cursor" in asked else None)
            while True:
                with self._changed:
                    self._changed.wait_for(lambda at=at: len(self.log) > at or self._cut > cut, 0.1)
                    waiting = self.log[at:]
                for _, frame in waiting:
                    connection.send(frame, text=self.is_text)
                    time.sleep(self.pause)
                at += len(waiting)
                if self._cut > cut:
                    return
                connection.ping()
        except (ConnectionClosed, OSError):
            return

    def begin(self, connection, cursor):
        if cursor is None:
            return self.kept_since
        return next(
            (at for at, (position, _) in enumerate(self.log) if position >= cursor and at >= self.kept_since),
            len(self.log),
        )


class FakeJetstream(FakeStream):
    path = "/subscribe"
    is_text = True

    def next_position(self):
        self._count = max(self._count + 1, time.time_ns() // 1000)
        return self._count

    def let_pass(self, seconds):
        """The stream's time goes on without events."""
        self._count = max(self._count, time.time_ns() // 1000) + int(seconds * 1_000_000)

    def commit(self, operation, did, rkey, record):
        commit = {"rev": "3n2u5hk4qns2o", "operation": operation, "collection": POST, "rkey": rkey}
        if record is not None:
            commit |= {"record": record, "cid": "bafyrei" + digest(record).hex()[:52]}
        return self.frame(did, kind="commit", commit=commit)

    def account(self, did, status):
        active = {"active": status == "active", "did": did, "seq": 7, "time": now_text()}
        return self.frame(
            did, kind="account", account=active if status == "active" else {**active, "status": status}
        )

    def frame(self, did, **told):
        position = self.next_position()
        told = {"did": did, "time_us": position, **told}
        if self.has_unknown_fields:
            told["cursor"] = "new"
        return position, json.dumps(told).encode()


class FakeFirehose(FakeStream):
    path = "/xrpc/com.atproto.sync.subscribeRepos"
    is_text = False

    def next_position(self):
        self._count += 1
        return self._count

    def begin(self, connection, cursor):
        if cursor is not None and cursor > self._count:
            connection.send(
                cbor({"op": -1}) + cbor({"error": "FutureCursor", "message": "Cursor in the future."})
            )
            raise OSError("refused")
        if cursor is not None and cursor < self.kept_since:
            connection.send(cbor({"op": 1, "t": "#info"}) + cbor({"name": "OutdatedCursor"}))
        return super().begin(connection, None if cursor is None else cursor + 1)

    def commit(self, operation, did, rkey, record):
        position = self.next_position()
        op = {"action": operation, "path": f"{POST}/{rkey}", "cid": None}
        blocks = b""
        if record is not None:
            data = cbor(record)
            op["cid"] = b"\x01\x71\x12\x20" + hashlib.sha256(data).digest()
            blocks = car(op["cid"], data)
        like = {
            "action": "create",
            "path": "app.bsky.feed.like/3n2tzlvqips2y",
            "cid": b"\x01\x71\x12\x20" + bytes(32),
        }
        body = {
            "seq": position,
            "repo": did,
            "time": now_text(),
            "rev": "3n2u5hk4qns2o",
            "ops": [like, op],
            "blocks": blocks,
        }
        if self.has_unknown_fields:
            body["newThing"] = [{"deep": None}]
        return position, cbor({"op": 1, "t": "#commit"}) + cbor(body)

    def account(self, did, status):
        position = self.next_position()
        body = {"seq": position, "did": did, "time": now_text(), "active": False, "status": status}
        return position, cbor({"op": 1, "t": "#account"}) + cbor(body)


def cbor(told):
    return libipld.encode_dag_cbor(told)


def car(cid, data):
    """A CAR file of one block."""
    header = b"\xa2\x65roots\x81\xd8\x2a\x58\x25\x00" + cid + b"\x67version\x01"
    return varint(len(header)) + header + varint(len(cid) + len(data)) + cid + data


def varint(number):
    out = b""
    while number > 127:
        out, number = out + bytes([number & 127 | 128]), number >> 7
    return out + bytes([number])


def digest(record):
    return hashlib.sha256(json.dumps(record, sort_keys=True).encode()).digest()


def datetime_now():
    from datetime import UTC, datetime

    return datetime.now(UTC)


def now_text():
    return datetime_now().isoformat(timespec="milliseconds").replace("+00:00", "Z")
