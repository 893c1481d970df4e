"""What an HTTP answer means for us."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import httpx
import pytest

from amends.connectors import http
from amends.connectors.base import NeedsAttention, RetryLater
from amends.core.say import say

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


def answer(status, headers=None, **body):
    return httpx.Response(
        status, headers=headers, request=httpx.Request("GET", "https://example.org/x"), **body
    )


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"Retry-After": "12"}, 12),
        ({"retry-after": " 12 "}, 12),
        ({"Retry-After": "Sun, 01 Mar 2026 12:01:30 GMT"}, 90),
        ({"Retry-After": "Sun, 01 Mar 2026 11:00:00 GMT"}, 0),
        ({"RateLimit-Reset": str(int(NOW.timestamp()) + 30)}, 30),
        ({"RateLimit-Reset": "30"}, 30),
        ({"Retry-After": "5", "RateLimit-Reset": "900"}, 5),
        ({}, 60),
        ({"Retry-After": "soon"}, 60),
        ({"Retry-After": "-3"}, 60),
        ({"Retry-After": "Sun, 99 Mar 2026"}, 60),
        ({"Retry-After": "9" * 5000}, 24 * 3600),
        ({"Retry-After": "999999999"}, 24 * 3600),
    ],
    ids=lambda value: str(value)[:40],
)
def test_the_wait_is_what_the_server_says(headers, seconds):
    assert http.wait_named(httpx.Headers(headers), NOW) == timedelta(seconds=seconds)


def test_a_wait_is_spread_but_never_shortened():
    waits = {http.jittered(timedelta(seconds=100)) for _ in range(50)}
    assert len(waits) > 1
    assert all(timedelta(seconds=100) <= wait <= timedelta(seconds=125) for wait in waits)


@pytest.mark.parametrize("status", [408, 425, 429, 500, 502, 503, 504])
def test_what_passes_is_tried_again(status):
    with pytest.raises(RetryLater) as later:
        http.check_status(answer(status, {"Retry-After": "40"}), "Bluesky", NOW)
    assert later.value.after >= timedelta(seconds=40)
    assert "Bluesky" in str(later.value.why)


@pytest.mark.parametrize("status", [301, 302, 400, 401, 403, 404, 410, 422])
def test_what_does_not_pass_needs_a_person(status):
    with pytest.raises(NeedsAttention) as attention:
        http.check_status(answer(status, {"Location": "https://elsewhere.example"}), "Bluesky", NOW)
    assert str(status) in str(attention.value.what)


def test_a_refusal_can_be_put_in_the_connectors_own_words():
    with pytest.raises(NeedsAttention, match="try a shorter one"):
        http.check_status(answer(422), "Bluesky", NOW, refused=say("Too long: try a shorter one."))


@pytest.mark.parametrize("status", [200, 201, 204, 304])
def test_a_good_answer_is_handed_on(status):
    good = answer(status)
    assert http.check_status(good, "Bluesky", NOW) is good


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"json": {"message": "Too many\n requests", "error": "RateLimit"}}, "Too many requests"),
        ({"json": {"error": "RateLimit"}}, "RateLimit"),
        ({"json": ["x"]}, ""),
        ({"content": b"<h1>Bad Gateway</h1>"}, "<h1>Bad Gateway</h1>"),
        ({"content": b"[" * 100_000}, "[" * 300),
        ({"content": b"a\x1b[31mred\x00"}, "a[31mred"),
        ({"content": b""}, ""),
    ],
    ids=lambda value: str(value)[:30],
)
def test_the_words_of_an_error_are_short_and_plain(body, words):
    assert http.words_of(answer(400, **body)) == words


@pytest.mark.parametrize(
    "address", ["https://pds.example", " https://pds.example/ ", "http://localhost:2583"]
)
def test_an_address_is_taken_as_people_type_it(address):
    assert http.server_address(address, "https://default.example") == address.strip().rstrip("/")


def test_an_empty_address_is_the_default():
    assert http.server_address("  ", "https://default.example") == "https://default.example"


@pytest.mark.parametrize(
    "address",
    [
        "pds.example",
        "ftp://x.example",
        "https://",
        "http://[",
        "http://x:99999",
        "http://a b",
        "https://me:secret@pds.example",
    ],
)
def test_what_is_no_address_needs_a_person(address):
    with pytest.raises(NeedsAttention) as attention:
        http.server_address(address, "https://default.example")
    assert "https://default.example" in str(attention.value)
    assert "secret" not in str(attention.value)


class Drip(httpx.SyncByteStream):
    def __init__(self, chunks):
        self.chunks = chunks
        self.is_closed = False

    def __iter__(self):
        yield from self.chunks

    def close(self):
        self.is_closed = True


def asking(stream, **limits):
    transport = httpx.MockTransport(lambda request: httpx.Response(200, stream=stream))
    with http.client(transport=transport) as client:
        return http.ask(client, client.build_request("GET", "https://example.org"), **limits)


def test_an_answer_without_end_is_cut():
    stream = Drip(b"x" * 1000 for _ in iter(int, 1))
    with pytest.raises(httpx.HTTPError, match="longer than"):
        asking(stream, longest=10_000)
    assert stream.is_closed


def test_an_answer_that_drips_is_cut():
    with pytest.raises(httpx.ReadTimeout):
        asking(Drip([b"a", b"b"]), within=-1.0)


def test_the_bytes_of_an_answer_are_exact():
    assert asking(Drip([b'{"a": ', b"1 }\n"])).content == b'{"a": 1 }\n'


def test_no_redirect_is_followed():
    with http.client() as client:
        assert not client.follow_redirects
