"""A small Bluesky in one loopback server: an account's server and the view behind it.

Slow, late and stale by default: every answer takes a moment; what is posted shows in views only after `LAG`; a post
whose answer is lost takes effect only after `LAG`. Time is the fake's own (`now`), moved by `settle` and `sleep`.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import socket
import struct
import threading
import time
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

from amends.connectors.atproto import POST, Tids, post_uri, split_uri
from amends.connectors.bluesky import BlueskySettings

LAG = timedelta(seconds=10)
BRAND, ANA = "did:plc:northwindbrand", "did:plc:anacustomer"
HANDLES = {BRAND: "northwind.example", ANA: "ana.example"}


class FakePds:
    def __init__(self):
        self.now = datetime(2026, 3, 1, 12, tzinfo=UTC)
        # Never the same twice: sessions are kept by address, handle and password, and ports come back.
        self.password = f"abcd-{time.time_ns()}"
        self.tokens = {"access": "access-token-1", "refresh": "refresh-token-1"}
        self.secrets = (
            self.password,
            "access-token-1",
            "refresh-token-1",
            "access-token-2",
            "refresh-token-2",
        )
        self.history: dict[str, list[tuple[datetime, dict | None]]] = {}
        self.calls: list[str] = []
        self.faults: list[str] = []
        self.upload_faults: list[str] = []
        self.blobs: dict[str, bytes] = {}
        self.limited_for = 0
        self.refusal = self.raw_answer = None
        self.has_unknown_fields = self.has_dead_account = False
        self.page_of = 100
        self._tids = Tids()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.go_down()

    @property
    def settings(self):
        return BlueskySettings(handle="northwind.example", app_password=self.password, service=self.url)

    # -- the switches

    def publish(self, text, *, to_us=True, reply_to="", did=ANA):
        record = {"$type": POST, "text": text, "createdAt": self.now.isoformat(), "langs": ["en"]}
        if reply_to:
            reference = {"uri": reply_to, "cid": cid_of(self._state(reply_to, self.now))}
            record["reply"] = {"root": reference, "parent": reference}
        if to_us:
            record["facets"] = [named(BRAND)]
        uri = post_uri(did, self._tids.make(self.now))
        self.history[uri] = [(self.now, record)]
        return uri

    def edit(self, uri, text):
        self.history[uri].append((self.now, {**self._state(uri, self.now), "text": text}))

    def delete(self, uri):
        self.history[uri].append((self.now, None))

    def settle(self):
        self.now += timedelta(minutes=3)

    def sleep(self, seconds):
        self.now += timedelta(seconds=seconds)

    def clock(self):
        return self.now

    def send_unknown_fields(self):
        self.has_unknown_fields = True

    def limit_rate(self, seconds):
        self.limited_for = seconds

    def go_down(self):
        self._server.shutdown()
        self._server.server_close()

    def kill_token(self):
        self.password, self.tokens = "another", {"access": "", "refresh": ""}

    def expire_access(self):
        self.tokens = {"access": "access-token-2", "refresh": self.tokens["refresh"]}

    def refuse_posts(self, words):
        self.refusal = words

    def lose_next_answer(self, how="reset"):
        self.faults.append(how)

    def lose_next_upload(self):
        self.upload_faults.append("reset")

    def images(self):
        """What the images of our posts show, by their descriptions."""
        ours = [uri for uri in self.history if uri.startswith(f"at://{BRAND}/")]
        records = [record for uri in ours if (record := self._state(uri, self.now))]
        found = [image for record in records for image in record.get("embed", {}).get("images", ())]
        assert all(image["image"]["ref"]["$link"] in self.blobs for image in found)
        return [image["alt"] for image in found]

    def posted(self):
        return [
            record["text"]
            for uri in self.history
            if uri.startswith(f"at://{BRAND}/") and (record := self._state(uri, self.now))
        ]

    # -- what the server knows

    def _state(self, uri, at):
        states = [record for since, record in self.history.get(uri, ()) if since <= at]
        return states[-1] if states else None

    def _seen(self, uri):
        return self._state(uri, self.now - LAG)

    def _view(self, uri):
        did = split_uri(uri)[0]
        record = self._seen(uri)
        view = {
            "uri": uri,
            "cid": cid_of(record),
            "author": {"did": did, "handle": HANDLES[did], "displayName": "Ana <b>A.</b>"},
            "record": record,
            "indexedAt": self.history[uri][0][0].isoformat(),
        }
        return self._with_unknown(view)

    def _with_unknown(self, view):
        if self.has_unknown_fields:
            view = {
                "newThing": {"$type": "app.bsky.new#thing", "deep": [1, None, {}]},
                **view,
                "другое": "поле",
            }
        return view

    # -- the methods

    def answer(self, method, params, body, token):
        if self.limited_for:
            reset = int((self.now + timedelta(seconds=self.limited_for)).timestamp())
            return 429, {"error": "RateLimitExceeded"}, {"ratelimit-reset": str(reset)}
        open_to_all = ("createSession", "refreshSession", "getPosts", "getProfiles", "resolveHandle")
        name = method.rsplit(".", 1)[-1]
        if name not in open_to_all and token != self.tokens["access"]:
            return 400, {"error": "ExpiredToken", "message": "Token has expired"}
        return getattr(self, name)(params, body, token)

    def createSession(self, params, body, token):
        if body != {"identifier": HANDLES[BRAND], "password": self.password}:
            return 401, {"error": "AuthenticationRequired", "message": "Invalid identifier or password"}
        return self._session()

    def refreshSession(self, params, body, token):
        if token != self.tokens["refresh"]:
            return 400, {"error": "ExpiredToken", "message": "Token has expired"}
        return self._session()

    def _session(self):
        access, refresh = self.tokens["access"], self.tokens["refresh"]
        return 200, {"did": BRAND, "handle": HANDLES[BRAND], "accessJwt": access, "refreshJwt": refresh}

    def listNotifications(self, params, body, token):
        if self.raw_answer is not None:
            return 200, self.raw_answer
        uris = [uri for uri in reversed(self.history) if uri.startswith(f"at://{ANA}/") and self._seen(uri)]
        # Not in the order in which they came: the two newest are swapped.
        uris[:2] = reversed(uris[:2])
        start = int(params.get("cursor", ["0"])[0])
        page = uris[start : start + self.page_of]
        listed = [{**self._view(uri), "reason": "mention", "isRead": False} for uri in page]
        told = {"notifications": listed, "priority": False, "seenAt": self.now.isoformat()}
        if start + self.page_of < len(uris):
            told["cursor"] = str(start + self.page_of)
        return 200, self._with_unknown(told)

    def getPosts(self, params, body, token):
        if any(split_uri(uri) is None for uri in params["uris"]) or len(params["uris"]) > 25:
            return 400, {"error": "InvalidRequest", "message": "Invalid params"}
        return 200, self._with_unknown(
            {"posts": [self._view(uri) for uri in params["uris"] if self._seen(uri)]}
        )

    def getProfiles(self, params, body, token):
        known = [did for did in params["actors"] if did in HANDLES]
        return 200, {
            "profiles": [{"did": did, "handle": HANDLES[did], "displayName": "Ana"} for did in known]
        }

    def resolveHandle(self, params, body, token):
        for did, handle in HANDLES.items():
            if handle == params["handle"][0]:
                return 200, {"did": did}
        return 400, {"error": "InvalidRequest", "message": "Unable to resolve handle"}

    def getRecord(self, params, body, token):
        did, rkey = params["repo"][0], params["rkey"][0]
        uri = post_uri(did, rkey)
        # The server holds our own posts; all others it knows by the view.
        record = self._state(uri, self.now) if did == BRAND else self._seen(uri)
        if self.has_dead_account and did != BRAND:
            return 400, {"error": "InvalidRequest", "message": f"Could not find repo: {did}"}
        if record is None:
            return 400, {"error": "RecordNotFound", "message": f"Could not locate record: {uri}"}
        return 200, self._with_unknown({"uri": uri, "cid": cid_of(record), "value": record})

    def createRecord(self, params, body, token):
        if self.refusal:
            return 400, {"error": "InvalidRequest", "message": self.refusal}
        uri = post_uri(body["repo"], body["rkey"])
        if uri in self.history:
            return 500, {"error": "InternalServerError", "message": "Internal Server Error"}
        how = self.faults.pop(0) if self.faults else ""
        if how == "drop":
            return "reset", {}  # nothing was done
        self.history[uri] = [(self.now + LAG if how else self.now, body["record"])]
        if how:
            return how, {}
        return 200, {"uri": uri, "cid": cid_of(body["record"]), "validationStatus": "valid"}

    def deleteRecord(self, params, body, token):
        if self.refusal:
            return 400, {"error": "InvalidRequest", "message": self.refusal}
        uri = post_uri(body["repo"], body["rkey"])
        how = self.faults.pop(0) if self.faults else ""
        if how == "drop":
            return "reset", {}
        if uri in self.history:
            self.history[uri].append((self.now + LAG if how else self.now, None))
        return (how, {}) if how else (200, {})

    def uploadBlob(self, params, body, token):
        if self.upload_faults:
            return self.upload_faults.pop(0), {}
        key = "bafkrei" + hashlib.sha256(body).hexdigest()[:52]
        self.blobs[key] = body
        blob = {"$type": "blob", "ref": {"$link": key}, "mimeType": "image/png", "size": len(body)}
        return 200, {"blob": blob}

    # -- the wire

    def _handler(fake):
        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                self._serve(None)

            def do_POST(self):
                sent = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                is_json = self.headers.get("Content-Type", "").startswith("application/json")
                self._serve(json.loads(sent) if sent and is_json else sent or None)

            def _serve(self, body):
                time.sleep(0.002)
                url = urlsplit(self.path)
                method = url.path.removeprefix("/xrpc/")
                fake.calls.append(method)
                token = (self.headers.get("Authorization") or "").removeprefix("Bearer ")
                status, told, *headers = fake.answer(method, parse_qs(url.query), body, token)
                if isinstance(status, str):
                    return self._lose(status)
                self._send(status, told if isinstance(told, bytes) else json.dumps(told).encode(), *headers)

            def _send(self, status, raw, headers=()):
                self.send_response(status)
                for name, value in dict(headers).items():
                    self.send_header(name, value)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(raw)))
                self.end_headers()
                self.wfile.write(raw)

            def _lose(self, how):
                if how == "reset":
                    self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                    self.connection.close()
                elif how == "hang":
                    time.sleep(1.0)
                elif how == "cut":
                    self.send_response(200)
                    self.send_header("Content-Length", "1000")
                    self.end_headers()
                    self.wfile.write(b'{"uri": "at://')
                elif how == "words":
                    self._send(200, b"<html>all is well</html>")
                else:
                    self._send(int(how), b"")

            def log_message(self, *_):
                pass

            def handle(self):
                with contextlib.suppress(OSError, ValueError):
                    super().handle()

            def finish(self):
                with contextlib.suppress(OSError, ValueError):
                    super().finish()

        return Handler


def named(did):
    """A facet that names an account."""
    return {
        "index": {"byteStart": 0, "byteEnd": 1},
        "features": [{"$type": "app.bsky.richtext.facet#mention", "did": did}],
    }


def cid_of(record):
    return "bafyrei" + hashlib.sha256(json.dumps(record, sort_keys=True).encode()).hexdigest()[:52]
