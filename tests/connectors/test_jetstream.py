"""Streams that are slow, late, stale, cut, doubled, too long and broken (L1, L4, D2, I4, I6, I7)."""

from __future__ import annotations

import base64
import json
import socket
import threading
import time

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.connectors.fake_jetstream import ANA, BRAND, FakeFirehose, FakeJetstream, cbor
from tests.connectors.fake_pds import FakePds

from amends.connectors import jetstream
from amends.connectors.atproto import POST, account_uri, post_uri
from amends.connectors.base import NeedsAttention, RetryLater
from amends.connectors.bluesky import PublicView
from amends.connectors.contract import FakeInterest, Following
from amends.connectors.firehose import RepoFrames
from amends.connectors.jetstream import Jetstream, JetstreamSettings, Pace
from amends.core.mention import Change, Mention, Unreadable

QUICK = Pace(gather=0.05, at_least_every=0.2, stale=5, open=2, tick=0.02)
WORD = "Northwind"


@pytest.fixture
def network():
    with FakeJetstream() as network:
        yield network


@pytest.fixture
def stream(network):
    return Jetstream(network.settings, pace=QUICK)


def follow(stream, *wanted, cursor="", known=()):
    return Following(stream, FakeInterest(*(wanted or (WORD,)), known=known), cursor)


def read(stream, *frames):
    return list(
        stream.read(
            b"\n".join(each if isinstance(each, bytes) else json.dumps(each).encode() for each in frames)
        )
    )


def frame(operation="create", record=None, **changes):
    commit = {"operation": operation, "collection": POST, "rkey": "3n2tzlvqips2y", "cid": "bafy"}
    if operation != "delete":
        commit["record"] = (
            {"text": f"{WORD} lost it", "createdAt": "2026-03-01T12:00:00Z"} if record is None else record
        )
    return {"did": ANA, "time_us": 1_772_366_400_000_000, "kind": "commit", "commit": commit, **changes}


# -- what is kept


def test_a_page_holds_the_exact_frames_one_a_line(network, stream):
    with follow(stream) as following:
        network.publish(f"{WORD} one", to_us=False)
        network.publish("nothing of ours", to_us=False)
        network.publish(f"{WORD} two", to_us=False)
        network.settle()
        following.until(lambda it: len(it.mentions) == 2)
    sent = {raw for _, raw in network.log}
    kept = [line for page in following.pages for line in page.raw.splitlines()]
    assert set(kept) <= sent
    assert {each.raw for each in following.mentions} == set(kept)
    assert all(page.media_type == "application/x-ndjson" for page in following.pages)


def test_it_asks_for_posts_only_and_for_short_frames(network, stream):
    with follow(stream) as following:
        network.publish(f"{WORD} one")
        network.settle()
        following.until(lambda it: it.mentions)
    with follow(stream, cursor=following.cursor) as again:
        again.until(lambda it: len(network.queries) == 2)
    assert network.queries[0] == {"wantedCollections": [POST], "maxMessageSizeBytes": ["1000000"]}
    assert int(network.queries[1]["cursor"][0]) == int(following.cursor) - 5_000_000


def test_who_names_or_answers_our_account_is_kept_whatever_the_words(network, stream):
    with follow(stream) as following:
        named = network.publish("is anyone there?", to_us=True)
        answered = network.publish("same", to_us=False, reply_to=post_uri(BRAND, "3n2tzlvqips2y"))
        network.settle()
        following.until(lambda it: len(it.mentions) == 2)
    assert [each.remote_id for each in following.mentions] == [named, answered]
    assert all(each.is_to_us for each in following.mentions)


def test_words_in_a_picture_or_a_link_card_are_heard(network, stream):
    with follow(stream) as following:
        network.publish("look", to_us=False, embed={"images": [{"alt": f"a broken {WORD} box"}]})
        network.publish(
            "and", to_us=False, embed={"external": {"title": f"{WORD} again", "uri": "https://x.example"}}
        )
        network.publish("so", to_us=False, tags=[WORD])
        network.settle()
        following.until(lambda it: len(it.mentions) == 3)
    assert all(WORD in each.title for each in following.mentions)


def test_a_post_and_its_end_in_one_page_belong_together(network):
    slow = Jetstream(network.settings, pace=Pace(gather=0.5, tick=0.02))
    with follow(slow) as following:
        uri = network.publish(f"{WORD} lost it", to_us=False)
        network.publish("same here", to_us=False, reply_to=uri)
        network.edit(uri, "they lost it")
        network.delete(uri)
        network.settle()
        following.until(lambda it: len(it.mentions) == 4)
    assert [each.change for each in following.mentions] == [
        Change.SAID,
        Change.SAID,
        Change.EDITED,
        Change.DELETED,
    ]
    assert len([page for page in following.pages if page.raw]) == 1


@pytest.mark.parametrize("status", ["deleted", "deactivated", "takendown", "suspended"])
def test_a_removed_account_is_told_of_whom_we_know(network, stream, status):
    with follow(stream, known={ANA}) as following:
        network.end_account(did="did:plc:stranger", status=status)
        network.end_account(status=status)
        network.settle()
        following.until(lambda it: it.mentions)
    (gone,) = following.mentions
    assert (gone.remote_id, gone.change, gone.author.remote_id) == (account_uri(ANA), Change.DELETED, ANA)


@pytest.mark.parametrize("status", ["active", "throttled", "desynchronized", "new-status"])
def test_an_account_that_is_only_troubled_is_not_removed(network, stream, status):
    assert (
        read(
            stream,
            {
                "did": ANA,
                "time_us": 1,
                "kind": "account",
                "account": {"active": status == "active", "status": status},
            },
        )
        == []
    )


def test_a_handle_in_the_settings_is_looked_up(network):
    with FakePds() as pds, httpx.Client(verify=False) as client:
        view = PublicView(pds.url, client=client)
        settings = JetstreamSettings(url=network.url, us="@Northwind.example, nobody.example")
        stream = Jetstream(settings, view=view, pace=QUICK)
        with follow(stream) as following:
            network.publish("is anyone there?", to_us=True)
            network.settle()
            following.until(lambda it: it.mentions)
        assert following.mentions[0].is_to_us
        with pytest.raises(NeedsAttention, match="nobody"):
            stream.check()


# -- the cursor


def test_the_cursor_moves_while_nothing_is_kept(network, stream):
    with follow(stream) as following:
        for number in range(3):
            network.publish(f"weather {number}", to_us=False)
            network.settle()
            following.until(lambda it, number=number: len(it.pages) > number)
    assert all(page.raw == b"" for page in following.pages)
    assert int(following.cursor) == network.log[-1][0]


def test_events_out_of_order_do_not_move_it_back(network, stream):
    with follow(stream) as following:
        network.publish(f"{WORD} one", to_us=False)
        network.publish(f"{WORD} two", to_us=False)
        network.held.reverse()
        network.settle()
        following.until(lambda it: len(it.mentions) == 2)
    assert int(following.cursor) == max(position for position, _ in network.log)


def test_a_time_far_ahead_does_not_move_it(network, stream):
    with follow(stream) as following:
        network.send_raw(json.dumps(frame(time_us=int((time.time() + 86_400) * 1e6))).encode())
        network.publish(f"{WORD} after it", to_us=False)
        network.settle()
        following.until(lambda it: f"{WORD} after it" in it.texts)
    assert int(following.cursor) < (time.time() + 60) * 1e6
    assert len(following.mentions) == 2


def test_what_the_server_no_longer_has_is_told_as_a_gap(network, stream):
    network.publish(f"{WORD} forgotten", to_us=False)
    network.settle()
    network.forget_before_now()
    network.publish(f"{WORD} kept", to_us=False)
    network.settle()
    with follow(stream, cursor=str(int((time.time() - 7200) * 1e6))) as following:
        following.until(lambda it: it.mentions)
    assert "may be missing" in str(following.pages[0].gap)
    assert following.texts == [f"{WORD} kept"]


def test_a_cursor_that_is_none_begins_anew_and_says_so(network, stream):
    network.publish(f"{WORD} one", to_us=False)
    network.settle()
    with follow(stream, cursor="{not ours}") as following:
        following.until(lambda it: it.mentions)
    assert "{not ours}" in str(following.pages[0].gap)


def test_nothing_is_lost_or_doubled_over_many_cuts(network, stream):
    cursor, ids, mentions, known = "", [], {}, set()
    for turn in range(5):
        ids += [network.publish(f"{WORD} {turn} {number}", to_us=False) for number in range(20)]
        network.settle()
        with Following(stream, FakeInterest(WORD, known=known), cursor) as following:
            following.until(lambda it: it.mentions)
            network.cut_off()
            following.until(lambda it: it.ended)
        cursor, known = following.cursor, known | following.interest.known
        mentions |= {each.remote_id: each for each in following.mentions}
    with follow(stream, cursor=cursor) as last:
        last.until(lambda it: set(ids) <= set(mentions) | {each.remote_id for each in it.mentions})
    assert set(mentions) | {each.remote_id for each in last.mentions} == set(ids)


# -- broken pieces


BROKEN = [
    b"{",
    b"not json at all",
    b"[]",
    b"5",
    b'{"did": 5, "time_us": 1, "kind": "commit", "commit": {}}',
    json.dumps(frame(did="ana.example")).encode(),
    json.dumps(frame(commit=None)).encode(),
    json.dumps(
        frame(
            commit={"operation": "create", "collection": POST, "rkey": "../../etc", "record": {"text": "x"}}
        )
    ).encode(),
    json.dumps(frame(record={"text": 5})).encode(),
    json.dumps(frame(record={"no": "text"})).encode(),
    json.dumps(frame(record=[])).encode(),
    json.dumps({"did": ANA, "time_us": 1, "kind": "account", "account": "gone"}).encode(),
    b'{"kind": "commit", "time_us": NaN}',
    b'{"kind":' * 20_000,
]


@pytest.mark.parametrize("piece", BROKEN, ids=lambda piece: repr(piece[:60]))
def test_a_frame_that_cannot_be_understood_goes_to_quarantine(stream, piece):
    (broken,) = stream.read(piece)
    assert isinstance(broken, Unreadable)
    assert (broken.raw, broken.where) == (piece, "line 1")


def test_all_broken_frames_are_kept_and_the_rest_flows_on(network, stream):
    with follow(stream) as following:
        for piece in BROKEN:
            network.send_raw(piece)
        network.publish(f"{WORD} after it", to_us=False)
        network.settle()
        following.until(lambda it: it.mentions)
    assert [each.raw for each in following.unreadable] == BROKEN
    assert following.texts == [f"{WORD} after it"]


def test_a_stream_of_which_nothing_is_understood_needs_a_person_and_does_not_fill_quarantine(network, stream):
    with follow(stream) as following:
        for number in range(1000):
            network.send_raw(b'{"payload": {"seq": %d}}' % number)
        network.settle()
        following.until(lambda it: it.ended)
    assert isinstance(following.ended, NeedsAttention)
    assert len(following.unreadable) == 200


@pytest.mark.parametrize(
    "told",
    [
        {"did": ANA, "time_us": 1, "kind": "identity", "identity": {"did": ANA, "handle": "new.example"}},
        {"did": ANA, "time_us": 1, "kind": "brand-new-kind", "new": {}},
        frame(commit={"operation": "create", "collection": "app.bsky.feed.like", "rkey": "x", "record": {}}),
        frame("brand-new-operation"),
    ],
    ids=["identity", "unknown kind", "another collection", "unknown operation"],
)
def test_what_is_new_or_not_a_post_is_passed_over(stream, told):
    assert read(stream, told) == []


@pytest.mark.parametrize(
    "time_us", [None, "1", 1.5, True, -1, 10**400, {}], ids=lambda value: str(value)[:10]
)
def test_a_frame_without_a_time_is_read_by_the_authors_clock(stream, time_us):
    (mention,) = read(stream, frame(time_us=time_us))
    assert mention.posted_at is not None and mention.posted_at.year == 2026


def test_nul_and_lone_surrogates_are_marked_and_kept_in_the_bytes(network, stream):
    with follow(stream) as following:
        network.publish(f"{WORD} a\x00b\ud800c", to_us=False)
        network.settle()
        following.until(lambda it: it.mentions)
    assert following.texts == [f"{WORD} a\ufffdb\ufffdc"]
    assert b"\\u0000" in following.mentions[0].raw


def test_a_frame_with_line_ends_is_one_line_and_keeps_its_bytes(network, stream):
    pretty = json.dumps(frame(), indent=2).encode()
    with follow(stream) as following:
        network.send_raw(pretty)
        network.settle()
        following.until(lambda it: it.mentions)
    (line,) = {line for page in following.pages for line in page.raw.split(b"\n") if line}
    assert base64.b64decode(json.loads(line)["frame"]) == pretty


def test_a_frame_too_long_for_a_post_is_noted_and_not_kept_whole(network, stream):
    with follow(stream) as following:
        network.send_raw(json.dumps(frame(record={"text": "x" * 1_200_000})).encode())
        network.publish(f"{WORD} after it", to_us=False)
        network.settle()
        following.until(lambda it: it.mentions)
    (noted,) = following.unreadable
    assert len(noted.raw) < 3000 and json.loads(noted.raw)["too_long"] > 1_200_000


def test_a_message_that_cannot_even_be_received_is_stepped_over(network, stream, monkeypatch):
    monkeypatch.setattr(jetstream, "LONGEST_MESSAGE", 100_000)
    network.publish(f"{WORD} before it", to_us=False)
    network.settle()
    with follow(stream) as before:
        before.until(lambda it: it.mentions)
        network.send_raw(b"x" * 200_000)
        network.let_pass(seconds=2)
        network.publish(f"{WORD} after it", to_us=False)
        network.settle()
        before.until(lambda it: it.ended)
    assert "too long" in str(before.pages[-1].gap)
    with follow(stream, cursor=before.cursor) as after:
        after.until(lambda it: it.mentions)
    assert after.texts == [f"{WORD} after it"]


def test_a_message_that_comes_first_and_cannot_be_received_does_not_stop_us_for_ever(
    network, stream, monkeypatch
):
    monkeypatch.setattr(jetstream, "LONGEST_MESSAGE", 100_000)
    network.send_raw(b"x" * 200_000)
    network.settle()
    an_hour_ago = int((time.time() - 3600) * 1e6)
    with follow(stream, cursor=str(an_hour_ago)) as before:
        before.until(lambda it: it.ended)
    assert before.pages[-1].gap
    network.let_pass(seconds=2)
    network.publish(f"{WORD} after it", to_us=False)
    network.settle()
    with follow(stream, cursor=before.cursor) as after:
        after.until(lambda it: it.mentions)
    assert after.texts == [f"{WORD} after it"]


# -- servers in trouble


def test_a_silent_stream_is_left(network):
    stream = Jetstream(network.settings, pace=Pace(gather=0.05, stale=0.3, tick=0.02))
    with follow(stream) as following:
        following.until(lambda it: it.ended, 3)
    assert isinstance(following.ended, RetryLater)
    assert "silent" in str(following.ended.why)


def test_a_slow_reader_of_pages_is_not_taken_for_a_silent_stream(network):
    stream = Jetstream(network.settings, pace=Pace(gather=0.05, stale=0.3, tick=0.02))
    network.publish(f"{WORD} one", to_us=False)
    network.settle()
    pages = stream.follow("", FakeInterest(WORD), threading.Event())
    assert next(pages).raw
    time.sleep(0.5)
    network.publish(f"{WORD} two", to_us=False)
    network.settle()
    assert next(pages).raw
    pages.close()


def test_waits_grow_while_it_fails_and_are_forgotten_when_it_works(network, stream):
    network.status = 503
    waits = []
    for _ in range(4):
        with pytest.raises(RetryLater) as later:
            next(stream.follow("", FakeInterest(WORD), threading.Event()))
        waits.append(later.value.after.total_seconds())
    assert waits[0] < waits[1] < waits[2] < waits[3] < 80
    network.status = None
    with follow(stream) as following:
        network.publish(f"{WORD} one", to_us=False)
        network.settle()
        following.until(lambda it: it.mentions)
        network.cut_off()
        following.until(lambda it: it.ended)
    assert following.ended.after.total_seconds() < 2


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (404, NeedsAttention),
        (403, NeedsAttention),
        (200, NeedsAttention),
        (429, RetryLater),
        (502, RetryLater),
    ],
)
def test_what_answers_but_is_no_stream_needs_a_person(network, stream, status, kind):
    network.status = status
    with pytest.raises(kind) as told:
        next(stream.follow("", FakeInterest(WORD), threading.Event()))
    assert str(told.value)


@pytest.mark.parametrize(
    "url",
    [
        "https://example.org/subscribe",
        "not an address",
        "ws://[",
        "ws://127.0.0.1:99999/",
        "wss://x.example/xrpc/network.bsky.jetstream.subscribeEvents",
    ],
)
def test_what_is_no_address_of_a_stream_needs_a_person(url):
    with pytest.raises(NeedsAttention):
        next(
            Jetstream(JetstreamSettings(url=url), pace=QUICK).follow(
                "", FakeInterest(WORD), threading.Event()
            )
        )


def test_a_server_that_takes_the_call_and_never_speaks_can_be_left_at_once():
    with socket.create_server(("127.0.0.1", 0)) as mute:
        stream = Jetstream(
            JetstreamSettings(url=f"ws://127.0.0.1:{mute.getsockname()[1]}/subscribe"), pace=QUICK
        )
        with follow(stream) as following:
            time.sleep(0.1)
            asked_at = time.monotonic()
        assert time.monotonic() - asked_at < 1.0
        assert following.ended is None


def test_the_next_public_instance_is_tried_when_one_is_down(network, monkeypatch):
    with FakeJetstream() as other:
        monkeypatch.setattr(jetstream, "INSTANCES", ("ws://127.0.0.1:9/subscribe", network.url, other.url))
        stream = Jetstream(JetstreamSettings(us=BRAND), pace=QUICK, turn=0)
        with follow(stream) as following:
            network.publish(f"{WORD} at the first", to_us=False)
            network.settle()
            following.until(lambda it: it.mentions)
            network.cut_off()
            following.until(lambda it: it.ended)
        other.publish(f"{WORD} at the second", to_us=False)
        other.settle()
        with follow(stream, cursor=following.cursor) as again:
            again.until(lambda it: f"{WORD} at the second" in it.texts)
        assert again.pages[0].url == other.url


def test_when_no_public_instance_answers_it_is_tried_again(monkeypatch):
    monkeypatch.setattr(jetstream, "INSTANCES", ("ws://127.0.0.1:9/subscribe", "ws://127.0.0.1:10/subscribe"))
    with pytest.raises(RetryLater):
        next(Jetstream(JetstreamSettings(), pace=QUICK).follow("", FakeInterest(WORD), threading.Event()))


def test_connectors_do_not_all_begin_at_the_same_instance(network, monkeypatch):
    urls = tuple(f"{network.url}?n={number}" for number in range(4))
    monkeypatch.setattr(jetstream, "INSTANCES", urls)
    network.publish(f"{WORD} one", to_us=False)
    network.settle()
    begun = set()
    for _ in range(60):
        pages = Jetstream(JetstreamSettings(), pace=QUICK).follow("", FakeInterest(WORD), threading.Event())
        begun.add(next(pages).url)
        pages.close()
        if len(begun) > 1:
            break
    assert len(begun) > 1


def test_the_first_public_instance_is_the_default():
    assert jetstream.INSTANCES[0] == JetstreamSettings().url
    assert len(set(jetstream.INSTANCES)) == 4


def test_the_check_says_whether_something_comes_in(network, stream):
    assert "nothing has come in" in str(stream.check())
    network.publish("anything", to_us=False)
    network.settle()
    assert "posts are coming in" in str(stream.check())


# -- the binary stream


@pytest.fixture
def firehose():
    with FakeFirehose() as network:
        yield network


def test_a_binary_frame_is_kept_exactly_and_names_the_posts_that_concern_us(firehose):
    stream = Jetstream(firehose.settings, pace=QUICK)
    with follow(stream) as following:
        uri = firehose.publish(f"{WORD} lost it 📦", to_us=False)
        firehose.settle()
        following.until(lambda it: it.mentions)
    (mention,) = following.mentions
    line = json.loads(mention.raw)
    assert base64.b64decode(line["firehose"]) in [raw for _, raw in firehose.log]
    assert line["uris"] == [uri]
    assert mention.text == f"{WORD} lost it 📦"
    assert mention.revision.startswith("bafyrei")


def test_a_count_that_began_anew_is_a_gap_and_reading_goes_on(firehose):
    stream = Jetstream(firehose.settings, pace=QUICK)
    with follow(stream, cursor="999999") as following:
        following.until(lambda it: it.ended)
    assert "anew" in str(following.pages[-1].gap)
    assert following.cursor == ""
    assert isinstance(following.ended, RetryLater)


def test_what_the_server_forgot_is_a_gap(firehose):
    stream = Jetstream(firehose.settings, pace=QUICK)
    for number in range(5):
        firehose.publish(f"{WORD} {number}", to_us=False)
    firehose.settle()
    firehose.forget_before_now()
    firehose.publish(f"{WORD} kept", to_us=False)
    firehose.settle()
    with follow(stream, cursor="1") as following:
        following.until(lambda it: it.mentions)
    assert following.pages[0].gap
    assert following.texts == [f"{WORD} kept"]


def test_a_server_that_ends_the_stream_says_why(firehose):
    stream = Jetstream(firehose.settings, pace=QUICK)
    with follow(stream) as following:
        firehose.send_raw(cbor({"op": -1}) + cbor({"error": "ConsumerTooSlow"}))
        firehose.settle()
        following.until(lambda it: it.ended)
    assert "ConsumerTooSlow" in str(following.ended.why)


@given(st.binary(max_size=400))
def test_any_bytes_as_a_binary_frame_are_read_or_put_aside(piece):
    stream = Jetstream(JetstreamSettings())
    line = RepoFrames().line(piece, ())
    assert all(isinstance(each, Mention | Unreadable) for each in stream.read(line))


@given(st.binary(max_size=400))
def test_any_bytes_as_a_line_are_read_or_put_aside(piece):
    assert all(isinstance(each, Mention | Unreadable) for each in Jetstream(JetstreamSettings()).read(piece))


VALUES = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.text(max_size=8)
    | st.just(ANA)
    | st.lists(st.none(), max_size=2)
    | st.just({})
)


@given(
    changes=st.dictionaries(st.sampled_from(["did", "time_us", "kind", "commit"]), VALUES, max_size=2),
    commit=st.dictionaries(
        st.sampled_from(["operation", "collection", "rkey", "cid", "record"]), VALUES, max_size=2
    ),
    record=st.dictionaries(
        st.sampled_from(["text", "reply", "embed", "facets", "langs", "tags", "createdAt"]),
        VALUES,
        max_size=3,
    ),
)
def test_a_frame_of_wrong_types_is_read_or_put_aside(changes, commit, record):
    told = frame(record={"text": "x", **record})
    told["commit"].update(commit)
    told.update(changes)
    assert all(isinstance(each, Mention | Unreadable) for each in read(Jetstream(JetstreamSettings()), told))
