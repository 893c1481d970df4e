"""Ids, keys, records and rich text of the AT Protocol."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from amends.connectors import atproto
from amends.connectors.atproto import POST, Broken, Event, Tids
from amends.core.mention import Change

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
ANA, BRAND = "did:plc:anacustomer", "did:plc:northwindbrand"
URI = f"at://{ANA}/{POST}/3n2tzlvqips2y"


def event(change=Change.SAID, at=NOW, **record):
    return Event(did=ANA, change=change, uri=URI, at=at, cid="bafy", record={"text": "my parcel", **record})


def test_keys_sort_by_time_and_tell_it():
    tids = Tids()
    keys = [tids.make(NOW + timedelta(seconds=second)) for second in range(50)]
    assert keys == sorted(keys)
    assert all(len(key) == 13 for key in keys)
    assert atproto.time_of_tid(keys[10]) == NOW + timedelta(seconds=10)


def test_keys_of_one_moment_or_of_a_clock_set_back_are_never_the_same():
    tids = Tids()
    keys = [tids.make(NOW - timedelta(seconds=second)) for second in [0] * 50 + list(range(50))]
    assert len(set(keys)) == 100


@pytest.mark.parametrize("text", ["", "x", "3n2tzlvqips2", "zzzzzzzzzzzzz", "3N2TZLVQIPS2Y", "1n2tzlvqips2y"])
def test_what_is_no_key_tells_no_time(text):
    assert atproto.time_of_tid(text) is None


@pytest.mark.parametrize(
    "uri",
    [
        "",
        "at://",
        "at://did:plc:x",
        f"at://{ANA}/{POST}",
        f"at://{ANA}/{POST}/a/b",
        f"https://{ANA}/{POST}/a",
        f"at://{ANA}/{POST}/é",
    ],
)
def test_what_is_no_post_id_is_none(uri):
    assert atproto.split_uri(uri) is None
    assert atproto.post_url(uri) == ""


def test_a_post_has_an_address_for_people():
    assert atproto.post_url(URI) == f"https://bsky.app/profile/{ANA}/post/3n2tzlvqips2y"


@pytest.mark.parametrize(
    "text",
    [
        None,
        5,
        "",
        "yesterday",
        "2026-03-01T12:00:00",
        "9999-99-99T00:00:00Z",
        "0001-01-01T00:00:00+14:00",
        "x" * 1000,
    ],
)
def test_a_time_that_is_none_or_has_no_zone_is_not_believed(text):
    assert atproto.moment_of(text) is None


@pytest.mark.parametrize("micros", [None, True, 0, -1, 2**63, 10**30, 1.5, "1", float("nan")])
def test_micros_that_are_no_time_are_none(micros):
    assert atproto.moment_of_us(micros) is None


@pytest.mark.parametrize(
    ("written", "believed"),
    [
        ("2026-03-01T11:59:58Z", datetime(2026, 3, 1, 11, 59, 58, tzinfo=UTC)),
        ("2026-03-01T13:59:58+02:00", datetime(2026, 3, 1, 11, 59, 58, tzinfo=UTC)),
        ("1970-01-01T00:00:00Z", NOW),
        ("2099-01-01T00:00:00Z", NOW),
        ("nonsense", NOW),
        (17, NOW),
    ],
)
def test_the_authors_clock_is_believed_within_a_day(written, believed):
    assert atproto.mention_of(event(createdAt=written), b"{}").posted_at == believed


def test_the_words_beside_the_text_count():
    record = {
        "text": "look at this",
        "tags": ["fail"],
        "langs": ["en", 5, "x" * 100],
        "embed": {
            "images": [{"alt": "a crushed Northwind box"}, {"alt": 5}, None],
            "external": {
                "title": "Northwind loses parcels",
                "description": "again",
                "uri": "https://news.example/1",
            },
        },
    }
    words = atproto.all_words(record)
    for part in (
        "look at this",
        "#fail",
        "a crushed Northwind box",
        "Northwind loses parcels",
        "https://news.example/1",
    ):
        assert part in words
    mention = atproto.mention_of(event(**record), b"{}")
    assert mention.text == "look at this"
    assert "a crushed Northwind box" in mention.title
    assert mention.languages == ("en",)


def test_words_beside_a_quotation_with_pictures_count():
    record = {
        "text": "!",
        "embed": {"record": {"record": {"uri": URI}}, "media": {"images": [{"alt": "broken"}]}},
    }
    assert atproto.quoted(record) == URI
    assert "broken" in atproto.all_words(record)


@pytest.mark.parametrize(
    "record",
    [
        {"reply": {"root": {"uri": URI}, "parent": {"uri": f"at://{BRAND}/{POST}/3n2tzlvqips2y"}}},
        {"embed": {"record": {"uri": f"at://{BRAND}/{POST}/3n2tzlvqips2y"}}},
        {"facets": [{"features": [{"did": BRAND}]}]},
    ],
    ids=["answers us", "quotes us", "names us"],
)
def test_who_speaks_to_us_is_seen(record):
    mention = atproto.mention_of(event(**record), b"{}", us=frozenset({BRAND}))
    assert mention.is_to_us and not mention.is_ours
    assert not atproto.mention_of(event(**record), b"{}").is_to_us


def test_what_we_write_is_ours_and_not_to_us():
    mention = atproto.mention_of(event(facets=[{"features": [{"did": ANA}]}]), b"{}", us=frozenset({ANA}))
    assert mention.is_ours and not mention.is_to_us


def test_a_removed_account_is_the_deletion_of_an_author():
    gone = Event(did=ANA, change=Change.DELETED, uri=atproto.account_uri(ANA), at=NOW)
    mention = atproto.mention_of(gone, b"{}")
    assert (mention.remote_id, mention.author.remote_id, mention.text) == (f"at://{ANA}", ANA, "")
    assert gone.ids == {ANA}


JSONISH = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.just(URI),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(
        ["text", "reply", "root", "parent", "uri", "embed", "record", "media", "images", "alt", "external", "title", "facets", "features", "did", "tag", "tags", "langs", "createdAt"]
    ), inner, max_size=5),
    max_leaves=25,
)  # fmt: skip


@given(JSONISH)
def test_a_record_of_any_shape_is_a_mention_or_broken(told):
    try:
        record = atproto.check_record(told)
    except Broken:
        return
    mention = atproto.mention_of(
        Event(did=ANA, change=Change.SAID, uri=URI, at=NOW, record=record), b"{}", us=frozenset({BRAND})
    )
    assert isinstance(mention.text, str)
    assert "\x00" not in mention.text + mention.title + mention.in_reply_to + mention.thread_id
    assert isinstance(atproto.all_words(record), str)


@pytest.mark.parametrize(
    "raw",
    [b"", b"{", b"[" * 100_000, b"NaN", b'{"a": Infinity}', b"9" * 5000, b"\xff", "{}".encode("utf-16")],
    ids=lambda raw: repr(raw[:12]),
)
def test_what_is_not_plain_json_is_broken(raw):
    with pytest.raises(Broken):
        atproto.read_json(raw)


def live_parts(text, **dids):
    facets = atproto.facets_of(text, lambda handle: dids.get(handle.replace(".", "_"), ""))
    return [
        (text.encode()[each["index"]["byteStart"] : each["index"]["byteEnd"]].decode(), each["features"][0])
        for each in facets
    ]


def test_offsets_count_bytes_not_letters():
    ((part, feature),) = live_parts("Désolés 📦👩‍👩‍👧 → https://example.org/é?a=1&b=2.")
    assert part == "https://example.org/é?a=1&b=2"
    assert feature == {"$type": "app.bsky.richtext.facet#link", "uri": part}


@pytest.mark.parametrize(
    ("text", "links"),
    [
        ("see https://a.example.", ["https://a.example"]),
        ("(https://a.example)", ["https://a.example"]),
        ("https://a.example/x_(y)", ["https://a.example/x_(y)"]),
        ("“https://a.example”", ["https://a.example"]),
        ("a.example and javascript:alert(1)", []),
    ],
)
def test_links_end_where_a_reader_would_end_them(text, links):
    assert [part for part, _ in live_parts(text)] == links


def test_names_are_live_only_when_somebody_has_them():
    parts = live_parts("@ana.example and @nobody.example, me@mail.example, @ana", ana_example=ANA)
    assert parts == [("@ana.example", {"$type": "app.bsky.richtext.facet#mention", "did": ANA})]


def test_hashtags_are_live_and_numbers_are_not():
    parts = live_parts("#parcels #2026 #été! https://a.example/#top order#5")
    assert [part for part, _ in parts] == ["#parcels", "#été", "https://a.example/#top"]


@given(st.text())
def test_offsets_never_leave_the_text(text):
    size = len(text.encode("utf-8", "replace"))
    if text.isprintable():
        for facet in atproto.facets_of(text, lambda handle: ANA):
            assert 0 <= facet["index"]["byteStart"] < facet["index"]["byteEnd"] <= size
