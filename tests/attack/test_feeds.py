"""I8: feeds that are bombs, pages or rubbish: named with their source, kept, and the other sources go on."""

from __future__ import annotations

import os
import re
import threading
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from amends.core.say import Said
from amends.desk import audit, setup
from amends.store import models as rows

pytestmark = pytest.mark.django_db

ROOT = Path(__file__).resolve().parents[2]
ITEM = "<item><guid>{n}</guid><title>Router {n}</title><description>It is broken ({n})</description></item>"
GOOD = "<rss version='2.0'><channel><title>x</title>" + ITEM.format(n="good") + "</channel></rss>"
#: Seconds that no feed may take longer.
LONGEST = 10


def rss(*items: str) -> bytes:
    return ("<rss version='2.0'><channel><title>x</title>" + "".join(items) + "</channel></rss>").encode()


def entity_bomb() -> bytes:
    levels = "".join(f"<!ENTITY e{n} '{('&e' + str(n - 1) + ';') * 10}'>" for n in range(1, 10))
    return f"<!DOCTYPE rss [<!ENTITY e0 'ha'>{levels}]>".encode() + rss(ITEM.format(n="&e9;"))


class Site:
    """A web site on loopback."""

    def __init__(self) -> None:
        self.bodies: dict[str, Callable[[BaseHTTPRequestHandler], None]] = {}
        site = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                site.bodies[self.path](self)

            def log_message(self, *_):
                """Quiet."""

        class Server(ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, *_):
                """The reader hung up: it had enough."""

        self.server = Server(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True).start()

    def serve(self, path: str, body: bytes, times: int = 1) -> str:
        def answer(handler):
            handler.send_response(200)
            handler.send_header("Content-Length", str(len(body) * times))
            handler.end_headers()
            for _ in range(times):
                handler.wfile.write(body)

        self.bodies[path] = answer
        return f"http://127.0.0.1:{self.server.server_address[1]}{path}"


@pytest.fixture
def site(settings):
    settings.AMENDS_ALLOW_PRIVATE_FEEDS = True
    served = Site()
    yield served
    served.server.shutdown()
    served.server.server_close()


@pytest.fixture
def read_both(desk, site):
    """Reads a bad feed beside a good one; gives the bad one's source."""

    def read(body: bytes, times: int = 1) -> rows.Source:
        bad = setup.add_row("feed", "The bad one", {"url": site.serve("/bad", body, times)}, now=desk.now)
        setup.add_row("feed", "The good one", {"url": site.serve("/good", GOOD.encode())}, now=desk.now)
        began = time.monotonic()
        desk.listen()
        assert time.monotonic() - began < LONGEST
        assert rows.Mention.objects.filter(source__name="The good one").count() == 1
        assert not rows.Capture.objects.filter(read_at=None).exists()
        assert audit.verify_log().faults == ()
        bad.refresh_from_db()
        return bad

    return read


RUBBISH = {
    "a web page": (b"<!doctype html><html><head><title>Hello</title></head><body>Hi</body></html>", "web page"),
    "an entity bomb": (entity_bomb(), ""),
    "200,000 elements inside each other": (
        b"<rss version='2.0'><channel><item>" + b"<b>" * 200_000 + b"</b>" * 200_000 + b"</item></channel></rss>",
        "",
    ),
    "nothing but zeros": (b"\x00" * 10_000, ""),
    "a picture": (b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 20, ""),
    "JSON of another kind": (b'{"error": "log in first"}', ""),
    "JSON without end": (b"[" * 200_000, ""),
}  # fmt: skip


@pytest.mark.parametrize("how", RUBBISH)
def test_a_feed_that_is_none_is_kept_whole_and_said_to_be_none(read_both, how):
    body, why = RUBBISH[how]
    bad = read_both(body)
    capture = rows.Capture.objects.get(source=bad)
    assert bytes(capture.raw) == body
    kept = rows.Quarantined.objects.filter(capture=capture)
    assert kept.count() >= 1
    assert all(str(Said.from_json(each.why)) and each.where for each in kept)
    assert any(why in str(Said.from_json(each.why)) for each in kept)
    assert rows.Mention.objects.filter(source=bad).count() == 0


HALF_GOOD = {
    "cut off": rss(ITEM.format(n=1), ITEM.format(n=2), ITEM.format(n=3))[:-60],
    "a tag that closes another": rss(ITEM.format(n=1), "<item><guid>2</title></item>", ITEM.format(n=3)),
    "a NUL inside": rss(ITEM.format(n=1), "<item><guid>2</guid><title>a\x00b</title></item>", ITEM.format(n=3)),
    "invalid UTF-8": rss(ITEM.format(n=1), ITEM.format(n="§"), ITEM.format(n=3)).replace("§".encode(), b"\xff\xfe"),
    "a date in the year 9999": rss(
        ITEM.format(n=1),
        "<item><guid>2</guid><title>x</title><pubDate>Fri, 31 Dec 9999 23:59:59 -1200</pubDate></item>",
        ITEM.format(n=3),
    ),
    "an entity that nobody declared": rss(ITEM.format(n=1), ITEM.format(n="&unknown;"), ITEM.format(n=3)),
}  # fmt: skip


@pytest.mark.parametrize("how", HALF_GOOD)
def test_of_a_broken_feed_what_is_good_is_read_and_the_rest_is_kept(read_both, how):
    bad = read_both(HALF_GOOD[how])
    taken = rows.Mention.objects.filter(source=bad)
    kept = rows.Quarantined.objects.filter(capture__source=bad)
    assert taken.filter(text__contains="broken (1)").count() == 1
    assert taken.count() + kept.count() >= 2
    assert bytes(rows.Capture.objects.get(source=bad).raw) == HALF_GOOD[how]


def test_a_feed_of_50_megabytes_is_not_swallowed(read_both):
    bad = read_both(b"<!-- x -->" * 100_000, times=50)
    assert bad.state == "needs_attention"
    said = str(Said.from_json(bad.problem))
    assert "127.0.0.1" in said
    assert "too large" in said
    assert rows.Notice.objects.filter(level="loud").exists()


@pytest.mark.shared
def test_feeds_that_others_found_hard_lose_nothing(desk, site):
    folder = Path(os.environ.get("AMENDS_SHARED") or ROOT.parent / "shared") / "recordings" / "feeds-broken"
    feeds = {path.name: path.read_bytes() for path in sorted(folder.glob("*.xml"))}
    assert feeds, f"there are no recorded feeds in {folder}: set AMENDS_SHARED"
    for name, body in feeds.items():
        setup.add_row("feed", name, {"url": site.serve(f"/{name}", body)}, now=desk.now)
    desk.listen()
    for capture in rows.Capture.objects.filter(source__connector="feed").select_related("source"):
        assert bytes(capture.raw) == feeds.pop(capture.source.name)
        assert capture.read_at is not None
        # Some hold no entry at all: then there is nothing but their bytes to keep.
        entries = len(re.findall(rb"<(?:item|entry)[ >]", bytes(capture.raw)))
        assert capture.counts.get("taken", 0) + capture.quarantined_set.count() >= entries, capture.source
    assert feeds == {}
    assert audit.verify_log().faults == ()
