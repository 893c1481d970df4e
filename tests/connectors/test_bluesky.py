"""The brand's account on a Bluesky that is slow, late, stale and sometimes broken (L3, S1, S2, I4, I5, I7)."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.connectors.fake_pds import ANA, BRAND, HANDLES, FakePds

from amends.connectors.atproto import POST, post_uri
from amends.connectors.base import AnswerLost, Gone, NeedsAttention, Outgoing, RetryLater, fields_of
from amends.connectors.bluesky import LONGEST_WALK, Bluesky, BlueskySettings, PublicView, read_author
from amends.core.mention import Mention, Unreadable

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.fixture
def network():
    with FakePds() as network:
        yield network


@pytest.fixture
def client():
    with httpx.Client(timeout=0.5, verify=False) as client:
        yield client


@pytest.fixture
def bluesky(network, client):
    return Bluesky(network.settings, client=client, clock=network.clock, sleep=network.sleep)


def parent_of(network, **more):
    parent = network.publish("My parcel never came.", **more)
    network.settle()
    return Outgoing(text="We are sorry.", in_reply_to=parent)


def calls(network, name):
    return [each for each in network.calls if each.endswith(name)]


# -- listening


def test_a_mention_says_who_spoke_and_keeps_its_exact_bytes(network, bluesky):
    uri = network.publish("Wo ist mein Päckchen? 📦")
    network.settle()
    page = bluesky.fetch("")
    (mention,) = bluesky.read(page.raw)
    assert mention.remote_id == uri
    assert (mention.author.remote_id, mention.author.handle, mention.author.name) == (
        ANA,
        "ana.example",
        "Ana <b>A.</b>",
    )
    assert mention.raw in page.raw
    assert json.loads(mention.raw)["uri"] == uri
    assert mention.is_to_us and not mention.is_ours
    assert mention.posted_at == network.history[uri][0][0]
    assert mention.languages == ("en",)
    assert mention.revision.startswith("bafy")


def test_an_unchanged_page_is_kept_only_once(network, bluesky):
    network.publish("one")
    network.settle()
    first = bluesky.fetch("")
    second = bluesky.fetch(first.cursor)
    assert second.raw == b"" and not second.more
    network.publish("two")
    network.settle()
    assert b"two" in bluesky.fetch(second.cursor).raw


def walk(bluesky, cursor=""):
    pages = [bluesky.fetch(cursor)]
    while pages[-1].more:
        pages.append(bluesky.fetch(pages[-1].cursor))
    return pages


def texts(bluesky, pages):
    return [each.text for page in pages for each in bluesky.read(page.raw)]


def test_many_notifications_are_walked_back_to_where_we_were(network, bluesky):
    network.page_of = 10
    for number in range(25):
        network.publish(f"old {number}")
        network.sleep(60)
    network.settle()
    first = walk(bluesky)
    assert len(first) == 3
    for number in range(25):
        network.publish(f"new {number}")
    network.settle()
    again = walk(bluesky, first[-1].cursor)
    assert {f"new {number}" for number in range(25)} <= set(texts(bluesky, again))
    assert len(again) == 3
    assert all(page.gap is None for page in first + again)


def test_what_comes_in_during_a_walk_is_found_at_the_next_look(network, bluesky):
    network.page_of = 5
    for number in range(12):
        network.publish(f"old {number}")
    network.settle()
    begun = bluesky.fetch("")
    network.publish("meanwhile")
    network.settle()
    rest = walk(bluesky, begun.cursor)
    found = texts(bluesky, [begun, *rest, *walk(bluesky, rest[-1].cursor)])
    assert {"meanwhile", *(f"old {number}" for number in range(12))} <= set(found)


def test_a_walk_that_is_too_long_ends_and_says_what_is_missing(network, bluesky):
    network.publish("first")
    network.settle()
    cursor = bluesky.fetch("").cursor
    network.page_of = 1
    for number in range(LONGEST_WALK + 10):
        network.publish(f"number {number}")
    network.settle()
    pages = walk(bluesky, cursor)
    assert len(pages) == LONGEST_WALK
    assert "missing" in str(pages[-1].gap)
    assert bluesky.fetch(pages[-1].cursor).gap is None


def test_a_walk_whose_place_the_server_forgot_begins_anew(network, bluesky):
    network.publish("one")
    network.settle()
    answer = network.listNotifications

    def forgetful(params, body, token):
        if "cursor" in params:
            return 400, {"error": "InvalidRequest", "message": "Malformed cursor"}
        return answer(params, body, token)

    network.listNotifications = forgetful
    assert texts(bluesky, [bluesky.fetch('{"seen":"2026-01-01T00:00:00Z","next":"gone","pages":3}')]) == [
        "one"
    ]


def test_an_answer_that_is_no_page_is_kept_and_the_place_is_not_lost(network, bluesky):
    network.publish("one")
    network.settle()
    cursor = bluesky.fetch("").cursor
    network.raw_answer = b"<html>back soon</html>"
    page = bluesky.fetch(cursor)
    (broken,) = bluesky.read(page.raw)
    assert isinstance(broken, Unreadable) and broken.raw == network.raw_answer
    network.raw_answer = None
    network.publish("two")
    network.settle()
    assert "two" in texts(bluesky, walk(bluesky, page.cursor))


def test_a_time_far_ahead_does_not_hide_what_comes_after(network, bluesky):
    uri = network.publish("from the future")
    network.history[uri][0] = (network.now, network.history[uri][0][1])
    view = network._view
    network._view = lambda each: {**view(each), "indexedAt": "2099-01-01T00:00:00Z"}
    network.settle()
    cursor = bluesky.fetch("").cursor
    assert "2099" not in cursor


def notification(**changes):
    told = {
        "uri": post_uri(ANA, "3n2tzlvqips2y"),
        "cid": "bafy",
        "author": {"did": ANA, "handle": "ana.example"},
        "reason": "reply",
        "record": {"text": "hello"},
        "indexedAt": "2026-03-01T12:00:00Z",
    }
    return {**told, **changes}


def read_one(bluesky, **changes):
    return list(bluesky.read(json.dumps({"notifications": [notification(**changes)]}).encode()))


@pytest.mark.parametrize(
    "reason", ["like", "follow", "repost", "starterpack-joined", "brand-new-reason", None, 5]
)
def test_what_says_nothing_is_passed_over(bluesky, reason):
    assert read_one(bluesky, reason=reason) == []


@pytest.mark.parametrize("reason", ["mention", "reply", "quote"])
def test_what_is_said_is_to_us(bluesky, reason):
    assert read_one(bluesky, reason=reason)[0].is_to_us


@pytest.mark.parametrize(
    "changes",
    [
        {"author": None},
        {"author": {"did": 5}},
        {"author": {"did": "did:plc:somebodyelse", "handle": "x"}},
        {"uri": "https://example.org"},
        {"uri": None},
        {"record": None},
        {"record": {"text": None}},
        {"record": []},
    ],
    ids=str,
)
def test_one_broken_notification_does_not_hide_the_others(bluesky, changes):
    page = {"notifications": [notification(), notification(**changes), notification(cid="other")]}
    first, broken, last = bluesky.read(json.dumps(page).encode())
    assert isinstance(first, Mention) and isinstance(last, Mention)
    assert isinstance(broken, Unreadable)
    assert broken.where == "notification 2"
    assert json.loads(broken.raw)["reason"] == "reply"


def test_a_page_that_breaks_off_gives_what_came_before(bluesky):
    raw = json.dumps({"notifications": [notification(), notification(cid="other")]}).encode()
    first, broken = bluesky.read(raw[:-60])
    assert isinstance(first, Mention) and isinstance(broken, Unreadable)
    assert broken.raw == raw[:-60]


def test_what_a_data_base_refuses_is_marked_and_kept_in_the_bytes(bluesky):
    raw = json.dumps({"notifications": [notification(record={"text": "a\x00b\ud800c"})]}).encode()
    (mention,) = bluesky.read(raw)
    assert mention.text == "a\ufffdb\ufffdc"
    assert b"\\u0000" in mention.raw


def test_a_handle_that_is_no_longer_valid_is_the_did():
    assert read_author({"did": ANA, "handle": "handle.invalid"}).handle == ANA


def test_our_own_posts_are_ours(bluesky):
    uri = post_uri(BRAND, "3n2tzlvqips2y")
    (mention,) = read_one(bluesky, uri=uri, author={"did": BRAND, "handle": "Northwind.example"})
    assert mention.is_ours and not mention.is_to_us


# -- speaking


@pytest.mark.parametrize("how", ["reset", "hang", "cut", "words", "500", "502", "503", "504", "408"])
def test_however_an_answer_is_lost_it_is_found_and_never_doubled(network, bluesky, how):
    reply, key = parent_of(network), bluesky.new_key(network.now)
    network.lose_next_answer(how)
    with pytest.raises(AnswerLost):
        bluesky.send(reply, key)
    assert bluesky.find_sent(reply, key) is None, "the fake applies it late: looking at once finds nothing"
    network.sleep(bluesky.traits.settle.total_seconds())
    assert bluesky.find_sent(reply, key).text == reply.text
    assert network.posted() == [reply.text]


def test_a_post_that_takes_effect_after_we_sent_again_is_still_one(network, bluesky):
    reply, key = parent_of(network), bluesky.new_key(network.now)
    network.lose_next_answer()
    with pytest.raises(AnswerLost):
        bluesky.send(reply, key)
    with pytest.raises(AnswerLost):
        bluesky.send(reply, key)
    network.settle()
    assert network.posted() == [reply.text]


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(faults=st.lists(st.sampled_from(["drop", "reset", "cut", "words", "500", "503"]), max_size=5))
def test_whatever_is_lost_the_reply_is_there_exactly_once(network, bluesky, faults):
    """What the desk does: send, and after a lost answer wait, look, and send again only what is not there."""
    reply, key = parent_of(network), bluesky.new_key(network.now)
    before = len(network.posted())
    network.faults[:] = faults
    receipt = None
    while receipt is None:
        try:
            receipt = bluesky.send(reply, key)
        except AnswerLost:
            network.sleep(bluesky.traits.settle.total_seconds())
            receipt = bluesky.find_sent(reply, key)
    network.settle()
    assert len(network.posted()) == before + 1
    assert bluesky.find_sent(reply, key).remote_id == receipt.remote_id


def test_a_reply_to_a_reply_keeps_the_root(network, bluesky):
    root = network.publish("My parcel never came.")
    network.settle()
    child = network.publish("still nothing", reply_to=root)
    network.settle()
    receipt = bluesky.send(Outgoing(text="We are sorry.", in_reply_to=child), bluesky.new_key(network.now))
    record = network.history[receipt.remote_id][0][1]
    assert (record["reply"]["root"]["uri"], record["reply"]["parent"]["uri"]) == (root, child)
    assert receipt.url == f"https://bsky.app/profile/{BRAND}/post/{receipt.remote_id.rsplit('/')[-1]}"


def test_a_reply_says_its_language_time_and_live_parts(network, bluesky):
    reply = replace(parent_of(network), text="Désolés @ana.example, voir https://example.org", language="fr")
    receipt = bluesky.send(reply, bluesky.new_key(network.now))
    record = network.history[receipt.remote_id][0][1]
    assert record["langs"] == ["fr"]
    assert record["createdAt"] == "2026-03-01T12:03:00.000Z"
    assert [each["features"][0].get("did") for each in record["facets"]] == [ANA, None]


def test_a_post_edited_since_it_was_read_is_not_answered(network, bluesky):
    reply = parent_of(network)
    (read,) = bluesky.look([reply.in_reply_to])
    network.edit(reply.in_reply_to, "All is well, thank you.")
    network.settle()
    with pytest.raises(NeedsAttention, match="edited"):
        bluesky.send(replace(reply, parent_revision=read.revision), bluesky.new_key(network.now))
    assert network.posted() == []


def test_the_revision_that_was_read_is_answered(network, bluesky):
    reply = parent_of(network)
    (read,) = bluesky.look([reply.in_reply_to])
    bluesky.send(replace(reply, parent_revision=read.revision), bluesky.new_key(network.now))
    assert network.posted() == [reply.text]


def test_a_parent_that_shows_late_is_waited_for(network, bluesky):
    parent = network.publish("just now")
    network.now += timedelta(seconds=9)  # it shows after ten
    bluesky.send(Outgoing(text="We are sorry.", in_reply_to=parent), bluesky.new_key(network.now))
    assert network.posted() == ["We are sorry."]


def test_a_parent_whose_account_is_gone_is_not_answered(network, bluesky):
    reply = parent_of(network)
    network.has_dead_account = True
    with pytest.raises(NeedsAttention, match="not there"):
        bluesky.send(reply, bluesky.new_key(network.now))
    assert network.posted() == []


@pytest.mark.parametrize(
    ("view", "words"),
    [
        ({"viewer": {"replyDisabled": True}}, "not among them"),
        ({"author": {"viewer": {"blockedBy": True}}}, "blocked"),
    ],
)
def test_where_nobody_would_see_it_nothing_is_posted(network, bluesky, view, words):
    reply = parent_of(network)
    network.getPosts = lambda *_: (200, {"posts": [None, 5, view]})
    with pytest.raises(NeedsAttention, match=words):
        bluesky.send(reply, bluesky.new_key(network.now))
    assert network.posted() == []


@pytest.mark.parametrize(
    "told",
    [(502, {}), (200, b"<html>"), (200, {"posts": [{"viewer": []}, {"viewer": {"replyDisabled": False}}]})],
)
def test_a_view_that_cannot_tell_does_not_hold_a_reply_back(network, bluesky, told):
    reply = parent_of(network)
    network.getPosts = lambda *_: told
    bluesky.send(reply, bluesky.new_key(network.now))
    assert network.posted() == [reply.text]


@pytest.mark.parametrize("text", ["", "  \n", "a\x00b", "a\ud800b"])
def test_a_text_that_cannot_be_sent_is_refused(network, bluesky, text):
    with pytest.raises(NeedsAttention):
        bluesky.send(Outgoing(text=text, in_reply_to=post_uri(ANA, "x")), bluesky.new_key(NOW))
    assert network.calls == []


@pytest.mark.parametrize("text", ["é" * 301, "👩‍👩‍👧‍👦" * 150])
def test_a_text_too_long_in_letters_or_in_bytes_leaves_no_trace(network, bluesky, text):
    with pytest.raises(NeedsAttention, match="too long"):
        bluesky.send(Outgoing(text=text, in_reply_to=post_uri(ANA, "x")), bluesky.new_key(NOW))
    assert network.calls == []


def test_what_is_no_post_of_bluesky_is_not_answered(network, bluesky):
    with pytest.raises(NeedsAttention):
        bluesky.send(Outgoing(text="hello", in_reply_to="https://example.org/1"), bluesky.new_key(NOW))
    assert network.calls == []


def test_not_knowing_is_not_the_same_as_not_there(network, bluesky):
    reply, key = parent_of(network), bluesky.new_key(network.now)
    bluesky.check()
    network.getRecord = lambda *_: (400, {"error": "InvalidRequest", "message": "Could not find repo: x"})
    with pytest.raises(RetryLater):
        bluesky.find_sent(reply, key)
    network.getRecord = lambda *_: (200, b"{}")
    with pytest.raises(RetryLater):
        bluesky.find_sent(reply, key)
    network.getRecord = lambda *_: (503, {})
    with pytest.raises(RetryLater):
        bluesky.find_sent(reply, key)


# -- the session


def test_one_sign_in_serves_many_calls(network, bluesky):
    for _ in range(3):
        bluesky.fetch("")
    assert len(calls(network, "createSession")) == 1


def test_connectors_made_anew_for_each_look_share_one_sign_in(network, client):
    for _ in range(3):
        Bluesky(network.settings, client=client, clock=network.clock).fetch("")
    assert len(calls(network, "createSession")) == 1


def test_a_new_password_signs_in_anew(network, client):
    Bluesky(network.settings, client=client, clock=network.clock).fetch("")
    network.password = "qrst-uvwx-yzab-cdef"
    Bluesky(network.settings, client=client, clock=network.clock).fetch("")
    assert len(calls(network, "createSession")) == 2


def test_an_expired_session_is_refreshed_once(network, bluesky):
    reply = parent_of(network)
    bluesky.check()
    network.expire_access()
    bluesky.send(reply, bluesky.new_key(network.now))
    assert network.posted() == [reply.text]
    assert len(calls(network, "refreshSession")) == 1
    assert len(calls(network, "createSession")) == 1


def test_when_the_refresh_expired_too_we_sign_in_anew(network, bluesky):
    bluesky.check()
    network.tokens = {"access": "access-token-2", "refresh": "refresh-token-2"}
    assert str(bluesky.check()) == "Signed in to Bluesky as @northwind.example."
    assert len(calls(network, "createSession")) == 2


def test_a_password_taken_back_mid_run_needs_a_person_and_posts_nothing(network, bluesky):
    reply = parent_of(network)
    bluesky.check()
    network.kill_token()
    with pytest.raises(NeedsAttention, match="app password"):
        bluesky.send(reply, bluesky.new_key(network.now))
    assert network.posted() == []


def test_a_second_factor_asks_for_an_app_password(network, bluesky):
    network.createSession = lambda *_: (401, {"error": "AuthFactorTokenRequired", "message": "code sent"})
    with pytest.raises(NeedsAttention, match="app password instead"):
        bluesky.check()


@pytest.mark.parametrize("told", [b"", b"[]", b"{}", b'{"did": "did:plc:x", "handle": "x", "accessJwt": 5, "refreshJwt": "y"}', b'{"did": "did:plc:x", "handle": "x", "accessJwt": "a\\nb", "refreshJwt": "y"}'], ids=repr)  # fmt: skip
def test_a_sign_in_that_cannot_be_understood_is_tried_again(network, bluesky, told):
    network.createSession = lambda *_: (200, told)
    with pytest.raises(RetryLater):
        bluesky.check()


def test_no_secret_shows_anywhere(network, bluesky):
    bluesky.check()
    shown = f"{bluesky!r} {bluesky} {network.settings!r} {bluesky._account!r} {bluesky.view!r}"
    assert not [secret for secret in network.secrets if secret in shown]


def test_the_password_is_the_only_secret_and_two_fields_are_required():
    fields = fields_of(BlueskySettings)
    assert [each.name for each in fields if each.is_secret] == ["app_password"]
    assert [each.name for each in fields if each.is_required] == ["handle", "app_password"]


def test_an_address_that_is_none_needs_a_person():
    with pytest.raises(NeedsAttention):
        Bluesky(BlueskySettings(handle="x", app_password="y", service="bsky.social"))


# -- looking


def test_what_a_view_hides_but_still_exists_is_not_called_gone(network, bluesky):
    hidden, deleted = network.publish("hidden"), network.publish("deleted")
    network.settle()
    network.delete(deleted)
    network.settle()
    network.getPosts = lambda *_: (200, {"posts": []})
    assert list(bluesky.look([hidden, deleted])) == [Gone(remote_id=deleted)]


def test_one_id_that_the_server_refuses_does_not_hide_the_others(network, bluesky):
    here = [network.publish(f"number {number}") for number in range(5)]
    network.settle()
    answer = network.getPosts

    def picky(params, body, token):
        if here[2] in params["uris"]:
            return 400, {"error": "InvalidRequest", "message": "Invalid uri"}
        return answer(params, body, token)

    network.getPosts = picky
    assert sorted(each.remote_id for each in bluesky.look(here)) == sorted({*here} - {here[2]})


def test_a_view_that_talks_nonsense_says_nothing_of_anybody(network, bluesky):
    here = network.publish("here")
    network.settle()
    network.getPosts = lambda *_: (200, b"<html>")
    assert list(bluesky.look([here])) == []
    network.getPosts = lambda *_: (200, {"posts": [{"uri": here, "author": 5}]})
    assert list(bluesky.look([here])) == []


def test_an_answer_about_another_post_is_not_taken_for_ours(network, bluesky):
    here, other = network.publish("here"), network.publish("other")
    network.settle()
    network.getPosts = lambda *_: (200, {"posts": [network._view(other)]})
    assert list(bluesky.look([here])) == []


def test_names_are_a_courtesy(network, client):
    view = PublicView(network.url, client=client)
    assert view.handles([ANA, "did:plc:nobody", "no did"])[ANA].handle == HANDLES[ANA]
    network.getProfiles = lambda *_: (500, {})
    assert view.handles([ANA]) == {}
    network.getProfiles = lambda *_: (200, b"[[[")
    assert view.handles([ANA]) == {}
    network.go_down()
    assert view.handles([ANA]) == {}
    assert view.did_of("ana.example") == ""


def test_a_name_that_nobody_has_is_nobody(network, client):
    view = PublicView(network.url, client=client)
    assert view.did_of("ana.example") == ANA
    assert view.did_of("nobody.example") == ""
    network.resolveHandle = lambda *_: (200, {"did": "javascript:alert(1)"})
    assert view.did_of("ana.example") == ""


def test_a_record_is_written_as_its_lexicon_says(network, bluesky):
    reply = parent_of(network)
    record = network.history[bluesky.send(reply, bluesky.new_key(network.now)).remote_id][0][1]
    assert set(record) == {"$type", "text", "createdAt", "reply"}
    assert record["$type"] == POST
    assert set(record["reply"]["root"]) == {"uri", "cid"}
