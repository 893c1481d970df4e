"""Fetching a feed: only when it changed, never from inside our own network, never more than we can hold (I5, I8, I9)."""

from __future__ import annotations

import gzip
import socket
import threading
import time
import tracemalloc
import zlib
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from html import escape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from amends.connectors.base import Listener, NeedsAttention, RetryLater, fields_of
from amends.connectors.contract import ListenerContract
from amends.connectors.feed import Feed, FeedSettings
from amends.connectors.feed.address import is_public, system_resolve
from amends.connectors.feed.download import LONGEST_BODY

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


class Site:
    """A web site on loopback that answers as it is told, and remembers what it was asked."""

    secrets: tuple[str, ...] = ()

    def __init__(self) -> None:
        self.asked: list[tuple[str, dict[str, str]]] = []
        self.paths: dict[str, Callable[[BaseHTTPRequestHandler], None]] = {}
        self.entries: dict[str, str] = {}
        self.waiting: dict[str, str] = {}
        self.extra = ""
        self.paths["/feed"] = self._feed
        site = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                site.asked.append((self.path, dict(self.headers)))
                self.close_connection = True
                try:
                    site.paths[self.path.partition("?")[0]](self)
                except (BrokenPipeError, ConnectionResetError):
                    site.gave_up = True

            def log_message(self, *_):
                pass

        self.gave_up = False
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.port = self.server.server_address[1]
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True)
        self.thread.start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()
        self.thread.join(5)

    def url(self, path="/feed"):
        return f"http://127.0.0.1:{self.port}{path}"

    def feed(self, path="/feed", **tools):
        return Feed(FeedSettings(url=self.url(path)), **{"allow_private": True, "now": lambda: NOW, **tools})

    def serve(self, path: str, body: bytes = b"", status: int = 200, **headers: str) -> None:
        def answer(handler):
            handler.send_response(status)
            for name, value in {"Content-Length": str(len(body)), **headers}.items():
                if value:
                    handler.send_header(name.replace("_", "-"), value)
            handler.end_headers()
            handler.wfile.write(body)

        self.paths[path] = answer

    def stream(self, path: str, pieces: Iterator[bytes], **headers: str) -> None:
        def answer(handler):
            handler.send_response(200)
            for name, value in headers.items():
                handler.send_header(name.replace("_", "-"), value)
            handler.end_headers()
            for piece in pieces:
                handler.wfile.write(piece)

        self.paths[path] = answer

    def rss(self, *titles: str) -> bytes:
        items = "".join(f"<item><guid>g-{each}</guid><title>{each}</title></item>" for each in titles)
        return f"<rss><channel>{items}</channel></rss>".encode()

    # the switches of the contract

    def _feed(self, handler):
        items = "".join(
            f"<item><guid isPermaLink='false'>{guid}</guid><dc:creator>Ada</dc:creator>"
            f"<description>{escape(escape(text))}</description>{self.extra}</item>"
            for guid, text in reversed(self.entries.items())
        )
        page = f"<rss xmlns:dc='http://purl.org/dc/elements/1.1/'><channel>{items}</channel></rss>"
        self.serve("/now", page.encode())
        self.paths["/now"](handler)

    def publish(self, text, *, to_us=True, reply_to=""):
        guid = f"entry-{len(self.entries) + len(self.waiting)}"
        self.waiting[guid] = text
        return guid

    def settle(self):
        self.entries |= self.waiting
        self.waiting = {}

    def send_unknown_fields(self):
        self.extra = "<weather xmlns='urn:x'><is>fine</is></weather>"

    def limit_rate(self, seconds):
        self.serve("/feed", b"slow down", 429, Retry_After=str(seconds))

    def go_down(self):
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture
def site():
    site = Site()
    yield site
    site.close()


class TestContract(ListenerContract):
    @pytest.fixture
    def network(self, site):
        return site

    @pytest.fixture
    def connector(self, network):
        return network.feed()

    def test_it_listens_and_cannot_answer(self, connector):
        assert isinstance(connector, Listener)
        assert not connector.traits.can_reply
        assert [each.name for each in fields_of(connector.settings) if each.is_required] == ["url"]


# -- only what is new ----------------------------------------------------------------------------------------------


def test_an_unchanged_feed_is_asked_about_and_not_fetched_again(site):
    def answer(handler):
        tag = handler.headers.get("If-None-Match")
        site.serve(
            "/x",
            *((b"", 304) if tag == '"v1"' else (site.rss("a"), 200)),
            ETag='"v1"',
            Last_Modified="Sun, 01 Mar 2026 10:00:00 GMT",
        )
        site.paths["/x"](handler)

    site.paths["/feed"] = answer
    first = site.feed().fetch("")
    again = site.feed().fetch(first.cursor)
    assert first.raw == site.rss("a")
    assert (again.raw, again.cursor) == (b"", first.cursor)
    assert site.asked[1][1]["If-Modified-Since"] == "Sun, 01 Mar 2026 10:00:00 GMT"


def test_the_same_bytes_without_an_etag_are_not_taken_in_twice(site):
    site.serve("/feed", site.rss("a"))
    first = site.feed().fetch("")
    assert site.feed().fetch(first.cursor).raw == b""
    site.serve("/feed", site.rss("b", "a"))
    assert site.feed().fetch(first.cursor).raw == site.rss("b", "a")


def test_a_page_is_the_exact_body_with_gzip_undone(site):
    body = site.rss("a")
    for packed, how in (
        (gzip.compress(body), "gzip"),
        (zlib.compress(body), "deflate"),
        (zlib.compress(body)[2:-4], "deflate"),
        (gzip.compress(body[:9]) + gzip.compress(body[9:]), "gzip"),
    ):
        site.serve("/feed", packed, Content_Encoding=how, Content_Type="application/rss+xml; charset=utf-8")
        page = site.feed().fetch("")
        assert (page.raw, page.media_type) == (body, "application/rss+xml; charset=utf-8")


def test_an_address_shows_no_key(site):
    site.serve("/feed", site.rss("a"))
    page = Feed(
        FeedSettings(url=f"http://me:pa55@127.0.0.1:{site.port}/feed?token=s3cret"), allow_private=True
    ).fetch("")
    assert page.url == site.url()
    assert site.asked[0][0] == "/feed?token=s3cret"
    assert "Basic" in site.asked[0][1]["Authorization"]


# -- what goes wrong -----------------------------------------------------------------------------------------------


def test_a_server_that_is_busy_says_when_to_come_back(site):
    site.serve("/feed", b"", 429, Retry_After="Sun, 01 Mar 2026 12:02:00 GMT")
    with pytest.raises(RetryLater) as later:
        site.feed().fetch("")
    assert timedelta(seconds=120) <= later.value.after <= timedelta(seconds=150)


@pytest.mark.parametrize("status", [408, 425, 500, 502, 503, 504])
def test_what_passes_by_itself_is_tried_again(site, status):
    site.serve("/feed", b"oops" * 100_000, status)
    with pytest.raises(RetryLater):
        site.feed().fetch("")


@pytest.mark.parametrize("status", [400, 401, 403, 404, 410])
def test_what_does_not_pass_needs_a_person(site, status):
    site.serve("/feed", b"no", status)
    with pytest.raises(NeedsAttention) as why:
        site.feed().fetch("")
    assert f"HTTP {status}" in str(why.value)


def test_a_body_that_is_cut_off_is_tried_again(site):
    body = site.rss("a")
    site.serve("/feed", body, Content_Length=str(len(body) + 10))
    with pytest.raises(RetryLater):
        site.feed().fetch("")


@pytest.mark.parametrize(
    "packed",
    [
        gzip.compress(b"<rss/>" * 100)[:-9],
        b"not gzip at all",
        gzip.compress(bytes(range(256)))[:60] + b"?" * 60,
    ],
    ids=("cut", "none", "damaged"),
)
def test_damaged_compression_is_tried_again(site, packed):
    site.serve("/feed", packed, Content_Encoding="gzip")
    with pytest.raises(RetryLater):
        site.feed().fetch("")


def test_a_length_that_is_too_short_is_not_taken_for_the_whole(site):
    body = site.rss("a", "b")
    site.serve("/feed", body, Content_Length=str(len(body) - 30))
    with pytest.raises(RetryLater):
        site.feed().fetch("")


def test_a_packing_that_we_did_not_ask_for_is_refused(site):
    site.serve("/feed", b"x", Content_Encoding="br")
    with pytest.raises(NeedsAttention):
        site.feed().fetch("")
    assert site.asked[0][1]["Accept-Encoding"] == "gzip, deflate"


def test_a_server_that_drips_is_left_in_time(site):
    def drip():
        while True:
            yield b" "
            time.sleep(0.02)

    site.stream("/feed", drip())
    began = time.monotonic()
    with pytest.raises(RetryLater) as later:
        site.feed(time_limit=timedelta(seconds=0.3)).fetch("")
    assert time.monotonic() - began < 2
    assert "too slow" in str(later.value)


def test_headers_that_drip_are_left_in_time(site):
    def drip(handler):
        handler.wfile.write(b"HTTP/1.1 200 OK\r\nX-Long: ")
        while True:
            handler.wfile.write(b"x")
            time.sleep(0.02)

    site.paths["/feed"] = drip
    began = time.monotonic()
    with pytest.raises(RetryLater):
        site.feed(time_limit=timedelta(seconds=0.3)).fetch("")
    assert time.monotonic() - began < 2


def test_a_server_that_says_nothing_is_left_in_time(site):
    site.paths["/feed"] = lambda handler: time.sleep(1)
    with pytest.raises(RetryLater):
        site.feed(time_limit=timedelta(seconds=0.2)).fetch("")


# -- too much ------------------------------------------------------------------------------------------------------


def test_fifty_megabytes_are_refused_with_the_size_and_the_limit(site):
    sent = 0

    def pieces():
        nonlocal sent
        for _ in range(50):
            sent += 1
            yield b"x" * 1_000_000

    site.stream("/feed", pieces(), Content_Length="50000000")
    with pytest.raises(NeedsAttention) as why:
        site.feed().fetch("")
    assert "50 MB" in str(why.value) and "10 MB" in str(why.value)
    assert sent < 30


def test_a_gzip_bomb_fills_no_memory(site):
    packer = zlib.compressobj(9, wbits=31)
    bomb = b"".join(packer.compress(bytes(1_000_000)) for _ in range(500)) + packer.flush()
    assert len(bomb) < 600_000
    site.serve("/feed", bomb, Content_Encoding="gzip")
    tracemalloc.start()
    try:
        with pytest.raises(NeedsAttention) as why:
            site.feed().fetch("")
        assert tracemalloc.get_traced_memory()[1] < 3 * LONGEST_BODY
    finally:
        tracemalloc.stop()
    assert "too large" in str(why.value)


# -- whereto -------------------------------------------------------------------------------------------------------


def test_redirects_are_followed_to_the_feed(site):
    site.serve("/feed", b"", 301, Location="/b")
    site.serve("/b", b"", 302, Location=site.url("/c"))
    site.serve("/c", site.rss("a"))
    page = site.feed().fetch("")
    assert (page.raw, page.url) == (site.rss("a"), site.url("/c"))


def test_endless_redirects_end(site):
    site.serve("/feed", b"", 302, Location="/feed")
    with pytest.raises(NeedsAttention) as why:
        site.feed().fetch("")
    assert "redirects" in str(why.value)
    assert len(site.asked) == 6


@pytest.mark.parametrize(
    "where",
    [
        "file:///etc/passwd",
        "ftp://127.0.0.1/x",
        "gopher://127.0.0.1:6379/_x",
        "http://[::1",
        "//",
        "data:text/xml,<rss/>",
    ],
)
def test_a_redirect_to_something_else_is_refused(site, where):
    site.serve("/feed", b"", 302, Location=where)
    with pytest.raises(NeedsAttention):
        site.feed().fetch("")


@pytest.mark.parametrize(
    "url",
    ["file:///etc/passwd", "ftp://a.example/feed", "feed", "", "http://", "javascript:alert(1)"],
)
def test_only_web_addresses_are_read(url):
    with pytest.raises(NeedsAttention) as why:
        Feed(FeedSettings(url=url), allow_private=True).fetch("")
    assert "https://example.org/feed" in str(why.value)


class Tripwire:
    """Listens where nobody may come; counts who does."""

    def __init__(self):
        self.hits = 0
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.socket.settimeout(0.02)
        self.port = self.socket.getsockname()[1]

    def count(self):
        try:
            while True:
                self.socket.accept()[0].close()
                self.hits += 1
        except TimeoutError:
            return self.hits


@pytest.fixture
def tripwire():
    wire = Tripwire()
    yield wire
    wire.socket.close()


SPELLINGS = (
    "127.0.0.1", "localhost", "127.1", "2130706433", "0x7f000001", "0177.0.0.1", "0", "0.0.0.0", "[::1]", "[::]", "[::ffff:127.0.0.1]",
    "[::ffff:7f00:1]", "[::127.0.0.1]", "[64:ff9b::7f00:1]", "[2002:7f00:1::]", "[0:0:0:0:0:ffff:127.0.0.1]", "１２７.０.０.１", "①②⑦.⓪.⓪.①",
    "127.0.0.1.", "user@127.0.0.1", "127.127.127.127", "169.254.169.254", "10.0.0.1", "192.168.1.1", "172.16.0.1", "100.64.0.1", "[fe80::1]",
    "[fd00::1]", "[fec0::1]", "[ff02::1]", "224.0.0.1", "255.255.255.255", "LOCALHOST", "localhost.",
)  # fmt: skip


@pytest.mark.parametrize("host", SPELLINGS)
def test_no_spelling_of_a_private_address_is_connected_to(tripwire, host):
    for port in (f":{tripwire.port}", ""):
        with pytest.raises((NeedsAttention, RetryLater)):
            Feed(FeedSettings(url=f"http://{host}{port}/"), resolve=_no_names).fetch("")
    assert tripwire.count() == 0


def _no_names(host, port):
    """The system's resolver, for what it can say without asking anybody."""
    if host.rstrip(".").lower() == "localhost":
        return ["127.0.0.1"]
    return [
        str(found[4][0])
        for found in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_NUMERICHOST)
    ]


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "10.1.2.3", "172.31.0.1", "192.168.0.1", "169.254.169.254", "100.100.100.100", "0.0.0.0", "224.0.0.1", "240.0.0.1",
        "255.255.255.255", "192.0.2.1", "198.18.0.1", "198.51.100.1", "203.0.113.9", "::", "::1", "::127.0.0.1", "::8.8.8.8", "::ffff:127.0.0.1",
        "::ffff:0:127.0.0.1", "64:ff9b::7f00:1", "64:ff9b:1::1", "2002:7f00:1::", "2002:a00:1::", "2001::1", "2001:db8::1", "fe80::1",
        "fe80::1%eth0", "fc00::1", "fec0::1", "ff02::1", "2a00::5efe:7f00:1", "3fff::1", "100::1", "nonsense", "",
    ],
)  # fmt: skip
def test_addresses_that_are_not_public(address):
    assert not is_public(address)


@pytest.mark.parametrize(
    "address",
    [
        "8.8.8.8",
        "93.184.215.14",
        "2606:4700::1111",
        "2a00:1450:4001::1",
        "::ffff:8.8.8.8",
        "64:ff9b::808:808",
        "2002:808:808::1",
    ],
)
def test_addresses_that_are_public(address):
    assert is_public(address)


def test_a_name_with_one_private_address_among_public_ones_is_refused(tripwire):
    with pytest.raises(NeedsAttention) as why:
        Feed(FeedSettings(url="http://two.example/"), resolve=lambda *_: ["93.184.215.14", "10.0.0.7"]).fetch(
            ""
        )
    assert "10.0.0.7" in str(why.value) and "administrator" in str(why.value)


def test_other_ports_are_refused_unless_private_feeds_are_allowed(site):
    with pytest.raises(NeedsAttention) as why:
        Feed(FeedSettings(url="http://a.example:6379/"), resolve=lambda *_: ["93.184.215.14"]).fetch("")
    assert "6379" in str(why.value)


def test_a_redirect_into_our_own_network_is_refused(site, tripwire, monkeypatch):
    """The first answer comes from a “public” name; the door that it points to is checked again."""
    monkeypatch.setattr("amends.connectors.feed.address._PORTS", {"http": site.port, "https": tripwire.port})
    monkeypatch.setattr("amends.connectors.feed.address.is_public", lambda address: address != "127.0.0.2")
    for where in (f"http://127.0.0.2:{tripwire.port}/", f"http://inside.example:{tripwire.port}/"):
        site.serve("/feed", b"", 302, Location=where)
        with pytest.raises(NeedsAttention) as why:
            Feed(
                FeedSettings(url=f"http://outside.example:{site.port}/feed"),
                resolve=lambda host, port: ["127.0.0.1" if host == "outside.example" else "127.0.0.2"],
            ).fetch("")
        assert "private network" in str(why.value)
    assert tripwire.count() == 0


def test_a_name_that_changes_its_mind_is_asked_once(site):
    """DNS rebinding: the connection goes to the address that was checked."""
    asked = []

    def resolve(host, port):
        asked.append(host)
        return ["127.0.0.1"]

    site.serve("/feed", site.rss("a"))
    Feed(
        FeedSettings(url=f"http://once.example:{site.port}/feed"), resolve=resolve, allow_private=True
    ).fetch("")
    assert asked == ["once.example"]
    assert site.asked[0][1]["Host"] == f"once.example:{site.port}"


def test_a_name_without_an_address_is_tried_again():
    def nobody(host, port):
        raise socket.gaierror(-2, "Name or service not known")

    with pytest.raises(RetryLater) as later:
        Feed(FeedSettings(url="https://nowhere.example/"), resolve=nobody).fetch("")
    assert "nowhere.example" in str(later.value)


def test_the_systems_resolver_gives_plain_addresses():
    assert "127.0.0.1" in system_resolve("127.0.0.1", 80)


def test_a_proxy_of_the_environment_does_not_lead_round_the_check(site, monkeypatch):
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    site.serve("/feed", site.rss("a"))
    assert site.feed().fetch("").raw


# -- trying it -----------------------------------------------------------------------------------------------------


def test_a_check_says_what_was_found(site):
    site.serve("/feed", site.rss("a", "b"))
    assert str(site.feed().check()) == "The feed works: 2 entries were read."
    site.serve("/feed", site.rss("a") + b"junk")
    assert "Entries read: 1; places that could not be read: 1." in str(site.feed().check())


def test_a_check_of_a_web_page_names_its_feed(site):
    site.serve("/feed", b"<!doctype html><link rel='alternate' href='/real.xml' type='application/atom+xml'>")
    with pytest.raises(NeedsAttention) as why:
        site.feed().check()
    assert site.url("/real.xml") in str(why.value)
