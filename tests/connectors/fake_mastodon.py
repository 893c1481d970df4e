"""A small Mastodon in one loopback server.

Slow, late and stale by default: every answer takes a moment; what is posted shows only after `LAG`; a post whose
answer is lost takes effect only after `LAG`. Time is the fake's own (`now`), moved by `settle` and `sleep`.
"""

from __future__ import annotations

import contextlib
import json
import re
import socket
import struct
import threading
import time
from datetime import UTC, datetime, timedelta
from html import escape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, unquote, urlsplit

from amends.connectors.mastodon import MastodonSettings

LAG = timedelta(seconds=10)
BRAND, ANA, FAR = "northwind", "ana", "far@away.example"
_LINK = re.compile(r"https?://[^\s<>\"&]+")
_NAME = re.compile(r"(?<![\w/@])@([a-z]+(?:@[a-z.]+[a-z])?)")


class FakeMastodon:
    def __init__(self, **more):
        self.now = datetime(2026, 3, 1, 12, tzinfo=UTC)
        self.token = f"token-{time.time_ns()}"
        self.secrets = (self.token,)
        self.more = more
        self.posts: dict[str, dict] = {}
        self.keys: dict[str, str] = {}
        self.calls: list[tuple[str, str, dict]] = []
        self.faults: list[str] = []
        self.upload_faults: list[str] = []
        self.media: dict[str, dict] = {}
        self.loses_images, self.has_deletions = False, True
        self.down: dict[str, int] = {}
        self.limited_for, self.limits_how = 0, "reset"
        self.refusal = self.raw_answer = None
        self.has_unknown_fields = False
        self.has_min_id = self.has_bulk = self.has_search = self.has_history = self.has_keys = True
        self.visibility_given = self.parent_lost = None
        self.longest, self.link = 500, 23
        self.page_of = 40
        self._made = 0
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
        return MastodonSettings(server=self.url, access_token=self.token, **self.more)

    # -- the switches

    def publish(self, text, *, to_us=True, reply_to="", author=ANA, visibility="public", **more):
        key = self._new_id()
        host = f"https://{author.partition('@')[2]}" if "@" in author else self.url
        uri = f"{host}/users/{author.partition('@')[0]}/statuses/{key}"
        self.posts[uri] = {
            "key": key,
            "author": author,
            "to_us": to_us,
            "above": self.posts[reply_to]["key"] if reply_to else None,
            "visibility": visibility,
            "states": [(self.now, text)],
            "notice": str(len(self.posts) + 1),
            **more,
        }
        return uri

    def edit(self, uri, text):
        self.posts[uri]["states"].append((self.now, text))

    def delete(self, uri):
        self.posts[uri]["states"].append((self.now, None))

    def settle(self):
        self.now += timedelta(minutes=3)

    def sleep(self, seconds):
        self.now += timedelta(seconds=seconds)

    def clock(self):
        return self.now

    def send_unknown_fields(self):
        self.has_unknown_fields = True

    def limit_rate(self, seconds, how="reset"):
        self.limited_for, self.limits_how = seconds, how

    def go_down(self):
        self._server.shutdown()
        self._server.server_close()

    def kill_token(self):
        self.token = "another"

    def refuse_posts(self, words):
        self.refusal = words

    def lose_next_answer(self, how="reset"):
        self.faults.append(how)

    def lose_next_upload(self):
        self.upload_faults.append("reset")

    def images(self):
        """What the images of our posts show, by their descriptions."""
        ours = [uri for uri, post in self.posts.items() if post["author"] == BRAND]
        keys = [key for uri in ours if self._text(uri, self.now) for key in self.posts[uri].get("media", ())]
        return [self.media[key]["alt"] for key in keys]

    def posted(self):
        """The texts of our own posts, without the name in front that the connector may add."""
        return [self._front(text) for text in self.posted_whole()]

    def posted_whole(self):
        ours = [uri for uri, post in self.posts.items() if post["author"] == BRAND]
        return [text for uri in ours if (text := self._text(uri, self.now)) is not None]

    def asked(self, path):
        return [query for method, asked, query in self.calls if asked.startswith(path)]

    # -- what the server knows

    def _new_id(self):
        self._made += 1
        return str((int(self.now.timestamp() * 1000) << 16) + self._made)

    def _front(self, text):
        return re.sub(r"^@\S+ ", "", text)

    def _text(self, uri, at):
        states = [text for since, text in self.posts[uri]["states"] if since <= at]
        return states[-1] if states else None

    def _shown(self, uri):
        return self._text(uri, self.now - LAG)

    def _account(self, author):
        name, _, host = author.partition("@")
        page = f"https://{host}/@{name}" if host else f"{self.url}/@{name}"
        return {
            "id": str(100 + sum(map(ord, author))),
            "username": name,
            "acct": author,
            "display_name": "Ana <b>A.</b>" if name == "ana" else name.title(),
            "url": page,
            "uri": page.replace("/@", "/users/"),
        }

    def _html(self, text):
        """As a server writes what was typed."""

        def name(found):
            page = self._account(found[1])["url"]
            return f'<span class="h-card" translate="no"><a href="{page}" class="u-url mention">@<span>{found[1].partition("@")[0]}</span></a></span>'

        def link(found):
            scheme, _, rest = found[0].partition("://")
            return (
                f'<a href="{found[0]}" rel="nofollow noopener" target="_blank"><span class="invisible">{scheme}://</span>'
                f'<span class="ellipsis">{rest[:30]}</span><span class="invisible">{rest[30:]}</span></a>'
            )

        html = escape(text, quote=False)
        html = _NAME.sub(name, _LINK.sub(link, html))
        return "<p>" + html.replace("\r", "").replace("\n", "<br />") + "</p>"

    def _status(self, uri):
        post, text = self.posts[uri], self._shown(uri)
        if text is None:
            text = self._text(uri, self.now)
        states = [since for since, said in post["states"] if said is not None and since <= self.now - LAG]
        named = list(_NAME.findall(text))
        told = {
            "id": post["key"],
            "uri": uri,
            "url": uri.replace("/users/", "/@").replace("/statuses/", "/"),
            "created_at": self._moment(post["states"][0][0]),
            "edited_at": self._moment(states[-1]) if len(states) > 1 else None,
            "in_reply_to_id": post["above"],
            "in_reply_to_account_id": self._account_above(post),
            "visibility": post["visibility"],
            "language": "en",
            "spoiler_text": post.get("warning", ""),
            "content": self._html(text),
            "reblog": None,
            "account": self._account(post["author"]),
            "media_attachments": [{"type": "image", "description": each} for each in post.get("images", ())]
            + [
                {"id": key, "type": "image", "description": self.media[key]["alt"]}
                for key in post.get("media", ())
            ],
            "mentions": [self._account(each) for each in ([BRAND] if post["to_us"] else []) + named],
            "tags": [],
            "card": None,
            "poll": None,
        }
        if self.has_unknown_fields:
            told = {"new_thing": {"deep": [1, None, {}]}, **told, "другое": "поле"}
        return told

    def _account_above(self, post):
        above = self._by_key(post["above"]) if post["above"] else None
        return self._account(self.posts[above]["author"])["id"] if above else None

    def _moment(self, at):
        return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")

    def _by_key(self, key):
        return next((uri for uri, post in self.posts.items() if post["key"] == key), None)

    # -- the methods

    def answer(self, method, path, query, body, headers):
        if self.limited_for:
            reset = self.now + timedelta(seconds=self.limited_for)
            if self.limits_how == "reset":
                return 429, {"error": "Too many requests"}, {"X-RateLimit-Reset": self._moment(reset)}
            return 429, {"error": "Too many requests"}, {"Retry-After": str(self.limited_for)}
        for beginning, status in self.down.items():
            if path.startswith(beginning):
                return status, {"error": "Something went wrong"}
        if not path.endswith("/instance") and headers.get("Authorization") != f"Bearer {self.token}":
            return 401, {"error": "The access token is invalid"}
        parts = path.removeprefix("/api/").split("/")
        match parts:
            case ["v1", "accounts", "verify_credentials"]:
                return 200, self._account(BRAND)
            case ["v2", "instance"]:
                rules = {"max_characters": self.longest, "characters_reserved_per_url": self.link}
                return 200, {"domain": "127.0.0.1", "configuration": {"statuses": rules}}
            case ["v1", "notifications"]:
                return self._notifications(query)
            case ["v1", "conversations"]:
                return self._conversations(query)
            case ["v1", "timelines", "tag", tag]:
                return self._listed(query, lambda uri: f"#{unquote(tag)}" in self._shown(uri).lower())
            case ["v1", "timelines", "public"]:
                return self._listed(query, lambda uri: True)
            case ["v1", "accounts", _, "statuses"]:
                return self._listed(query, lambda uri: self.posts[uri]["author"] == BRAND, private=True)
            case ["v1", "statuses"] if method == "POST":
                return self._create(body, headers)
            case ["v1", "statuses"]:
                return self._many(query)
            case ["v1", "statuses", key] if method in ("PUT", "DELETE"):
                return self._change(method, key, body)
            case ["v2", "media"] if method == "POST":
                return self._upload(body)
            case ["v1", "media", key]:
                return self._uploaded(key)
            case ["v1", "statuses", key, *rest]:
                return self._one(key, *rest)
            case ["v2", "search"]:
                return self._search(query)
        return 404, {"error": "Record not found"}

    def _notifications(self, query):
        if self.raw_answer is not None:
            return 200, self.raw_answer
        items = [
            {
                "id": post["notice"],
                "type": "mention",
                "created_at": self._moment(post["states"][0][0]),
                "account": self._account(post["author"]),
                "status": self._status(uri),
            }
            for uri, post in self.posts.items()
            if post["author"] != BRAND and post["to_us"] and self._shown(uri) is not None
        ]
        return self._page(items, query, lambda each: each["id"])

    def _conversations(self, query):
        items = [
            {"id": post["notice"], "unread": True, "accounts": [], "last_status": self._status(uri)}
            for uri, post in self.posts.items()
            if post["visibility"] == "direct" and self._shown(uri) is not None
        ]
        return self._page(items, query, lambda each: each["last_status"]["id"])

    def _listed(self, query, wanted, private=False):
        items = [
            self._status(uri)
            for uri, post in self.posts.items()
            if self._shown(uri) is not None and (private or post["visibility"] == "public") and wanted(uri)
        ]
        return self._page(items, query, lambda each: each["id"])

    def _page(self, items, query, key_of):
        def number(name):
            return int(query[name][0]) if name in query else None

        items.sort(key=lambda each: int(key_of(each)), reverse=True)
        limit = min(number("limit") or 20, self.page_of)
        if (low := number("min_id")) is not None and self.has_min_id:
            items = [each for each in items if int(key_of(each)) > low][-limit:]
        if (high := number("max_id")) is not None:
            items = [each for each in items if int(key_of(each)) < high]
        return 200, items[:limit]

    def _many(self, query):
        if not self.has_bulk or len(query.get("id[]", ())) > 20:
            return 404 if not self.has_bulk else 422, {"error": "no"}
        uris = [self._by_key(key) for key in query.get("id[]", ())]
        return 200, [self._status(uri) for uri in uris if uri and self._shown(uri) is not None]

    def _one(self, key, what=""):
        uri = self._by_key(key)
        if uri is None or self._shown(uri) is None:
            return 404, {"error": "Record not found"}
        if what == "history" and self.has_history:
            until = self.now - LAG
            states = [
                (since, text)
                for since, text in self.posts[uri]["states"]
                if text is not None and since <= until
            ]
            account = self._account(self.posts[uri]["author"])
            return 200, [
                {
                    "content": self._html(text),
                    "spoiler_text": "",
                    "created_at": self._moment(since),
                    "account": account,
                }
                for since, text in states
            ]
        if what == "context":
            below = [
                self._status(other)
                for other, post in self.posts.items()
                if post["above"] == key and self._shown(other) is not None
            ]
            return 200, {"ancestors": [], "descendants": below}
        if what == "source":
            return 200, {"id": key, "text": self._shown(uri), "spoiler_text": ""}
        return (200, self._status(uri)) if not what else (404, {"error": "Record not found"})

    def _search(self, query):
        if not self.has_search:
            return 200, {"accounts": [], "statuses": [], "hashtags": []}
        uri = query["q"][0]
        found = [self._status(uri)] if uri in self.posts and self._shown(uri) is not None else []
        return 200, {"accounts": [], "statuses": found, "hashtags": []}

    def _create(self, body, headers):
        if self.refusal:
            return 422, {"error": self.refusal}
        key = headers.get("Idempotency-Key", "")
        if self.has_keys and key in self.keys and self._text(self.keys[key], self.now) is None:
            return 503, {"error": "There was a temporary problem serving your request, please try again"}
        if self.has_keys and key in self.keys:
            return 200, self._status(self.keys[key])
        how = self.faults.pop(0) if self.faults else ""
        if how == "drop":
            return "reset", {}  # nothing was done
        above = self._by_key(body["in_reply_to_id"])
        uri = self.publish(
            body["status"],
            to_us=False,
            reply_to=above if not self.parent_lost else "",
            author=BRAND,
            visibility=self.visibility_given or body["visibility"],
            media=[] if self.loses_images else body.get("media_ids[]", []),
        )
        if how:
            self.posts[uri]["states"] = [(self.now + LAG, body["status"])]
        self.keys[key] = uri
        return (how, {}) if how else (200, self._status(uri))

    def _change(self, method, key, body):
        if self.refusal:
            return 422, {"error": self.refusal}
        uri = self._by_key(key) if method == "PUT" or self.has_deletions else None
        if uri is None or self.posts[uri]["author"] != BRAND or self._text(uri, self.now) is None:
            return 404, {"error": "Record not found"}
        how = self.faults.pop(0) if self.faults else ""
        if how == "drop":
            return "reset", {}
        now = self.now + LAG if how else self.now
        self.posts[uri]["states"].append((now, body["status"] if method == "PUT" else None))
        if method == "PUT":
            self.posts[uri]["media"] = body.get("media_ids[]", [])
        if how:
            return how, {}
        if method == "DELETE":
            return 200, {"id": key, "text": "", "visibility": "public"}
        told = self._status(uri)
        return 200, {**told, "content": self._html(body["status"]), "edited_at": self._moment(now)}

    def _upload(self, body):
        if self.upload_faults:
            return self.upload_faults.pop(0), {}
        key = str(900 + len(self.media))
        self.media[key] = {"alt": body.get("description", ""), "looks": 0}
        return 202, {"id": key, "type": "image", "url": None}

    def _uploaded(self, key):
        """Still worked on at the first look."""
        self.media[key]["looks"] += 1
        return (200 if self.media[key]["looks"] > 1 else 206), {"id": key, "type": "image"}

    # -- the wire

    def _handler(fake):
        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                self._serve({})

            def do_POST(self):
                sent = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                if self.headers.get("Content-Type", "").startswith("multipart/"):
                    fields = re.findall(rb'name="(\w+)"\r\n\r\n(.*?)\r\n--', sent, re.DOTALL)
                    return self._serve({name.decode(): value.decode() for name, value in fields})
                said = parse_qs(sent.decode())
                self._serve({name: said[name] if name.endswith("[]") else said[name][0] for name in said})

            do_PUT = do_DELETE = do_POST

            def _serve(self, body):
                time.sleep(0.002)
                url = urlsplit(self.path)
                query = parse_qs(url.query)
                fake.calls.append((self.command, url.path, query or body))
                status, told, *headers = fake.answer(self.command, url.path, query, body, self.headers)
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
                    self.wfile.write(b'{"uri": "http://')
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
