"""Against a real Bluesky network on this machine: its account server and its view. They fail when it is not there.

AMENDS_TEST_PDS (default http://localhost:2583), AMENDS_TEST_APPVIEW (default http://localhost:2584).
"""

from __future__ import annotations

import os
import time
from dataclasses import replace
from datetime import UTC, datetime

import httpx
import pytest

from amends.connectors.atproto import POST, account_uri, split_uri
from amends.connectors.base import AnswerLost, Gone, Image, NeedsAttention, Outgoing, RetryLater
from amends.connectors.bluesky import Bluesky, BlueskySettings, PublicView
from amends.connectors.contract import PIXEL, FakeInterest, Following
from amends.connectors.jetstream import Jetstream, JetstreamSettings
from amends.core.mention import Change

pytestmark = pytest.mark.bluesky

PDS = os.environ.get("AMENDS_TEST_PDS", "http://localhost:2583")
APPVIEW = os.environ.get("AMENDS_TEST_APPVIEW", "http://localhost:2584")
STREAM = PDS.replace("http", "ws", 1) + "/xrpc/com.atproto.sync.subscribeRepos"


#: Connections are closed after each call, so that no test leaves one behind.
NO_KEEPING = httpx.Limits(max_keepalive_connections=0)


class Person:
    """An account on the real network, driven by bare calls."""

    made = 0

    def __init__(self, name):
        Person.made += 1
        self.handle = f"{name}{time.time_ns() // 1_000_000 % 10_000_000}{Person.made}.test"
        self.client = httpx.Client(base_url=f"{PDS}/xrpc/", timeout=20, limits=NO_KEEPING)
        account = {
            "handle": self.handle,
            "email": f"{self.handle}@example.org",
            "password": f"pass-{self.handle}",
        }
        session = self.call("com.atproto.server.createAccount", account)
        self.did = session["did"]
        self.client.headers["Authorization"] = f"Bearer {session['accessJwt']}"

    def call(self, method, body):
        answer = self.client.post(method, json=body)
        answer.raise_for_status()
        return answer.json() if answer.content else {}

    def says(self, text, **more):
        record = {
            "$type": POST,
            "text": text,
            "createdAt": datetime.now(UTC).isoformat().replace("+00:00", "Z"),
            **more,
        }
        return self.call(
            "com.atproto.repo.createRecord", {"repo": self.did, "collection": POST, "record": record}
        )["uri"]

    def names(self, brand, text):
        """Say `text` with the brand's name in front."""
        name = f"@{brand.handle}"
        feature = {"$type": "app.bsky.richtext.facet#mention", "did": brand.did}
        facet = {"index": {"byteStart": 0, "byteEnd": len(name)}, "features": [feature]}
        return self.says(f"{name} {text}", facets=[facet])

    def edits(self, uri, text):
        _, collection, rkey = split_uri(uri)
        value = {
            "$type": POST,
            "text": text,
            "createdAt": datetime.now(UTC).isoformat().replace("+00:00", "Z"),
        }
        body = {"repo": self.did, "collection": collection, "rkey": rkey, "record": value}
        return self.call("com.atproto.repo.putRecord", body)["cid"]

    def deletes(self, uri):
        _, collection, rkey = split_uri(uri)
        self.call("com.atproto.repo.deleteRecord", {"repo": self.did, "collection": collection, "rkey": rkey})

    def posts(self):
        asked = {"repo": self.did, "collection": POST, "limit": 100}
        return [
            each["value"]
            for each in self.client.get("com.atproto.repo.listRecords", params=asked).json()["records"]
        ]


class LosingTransport(httpx.HTTPTransport):
    """Lets the next post through and drops its answer."""

    loses = False

    def handle_request(self, request):
        answer = super().handle_request(request)
        if self.loses and request.url.path.endswith("createRecord"):
            self.loses = False
            answer.read()
            raise httpx.ReadError("connection reset by peer", request=request)
        return answer


@pytest.fixture
def brand():
    with_password = Person("brand")
    with_password.app_password = with_password.call(
        "com.atproto.server.createAppPassword", {"name": "amends"}
    )["password"]
    return with_password


@pytest.fixture
def customer():
    return Person("ana")


@pytest.fixture
def transport():
    return LosingTransport()


@pytest.fixture
def bluesky(brand, transport):
    settings = BlueskySettings(
        handle=brand.handle, app_password=brand.app_password, service=PDS, appview=APPVIEW
    )
    with httpx.Client(transport=transport, timeout=20, follow_redirects=False) as client:
        yield Bluesky(settings, client=client)


@pytest.fixture
def view():
    with httpx.Client(timeout=20) as client:
        yield PublicView(APPVIEW, client=client)


@pytest.fixture
def stream(brand, view):
    return Jetstream(JetstreamSettings(url=STREAM, us=brand.did), view=view)


def eventually(look, is_so, seconds=10):
    """What `look` gives once `is_so`: a view trails the network."""
    end = time.monotonic() + seconds
    while not is_so(found := look()):
        assert time.monotonic() < end, f"not within {seconds} s: {found}"
        time.sleep(0.1)
    return found


def live(following):
    """Wait until the stream is open, which a post of nobody shows."""
    nobody = Person("nobody")
    following.until(
        lambda it: nobody.says("canary in the stream") and time.sleep(0.2) is None and it.pages, 20
    )
    return following


def test_tagged_and_untagged_posts_are_found_in_ten_seconds(stream, brand, customer):
    word = f"Northwind{brand.handle[5:-5]}"
    with Following(stream, FakeInterest(word, "canary")) as following:
        live(following)
        said_at = time.monotonic()
        tagged = customer.names(brand, "where is my parcel? 📦")
        untagged = customer.says(f"thinking of leaving {word} for good")
        customer.says("the weather is fine")
        following.until(lambda it: {tagged, untagged} <= {each.remote_id for each in it.mentions}, 10)
        print(f"\nfrom post to page: {time.monotonic() - said_at:.2f} s")
    found = {each.remote_id: each for each in following.mentions}
    assert found[tagged].is_to_us
    assert not found[untagged].is_to_us
    assert found[tagged].text.endswith("where is my parcel? 📦")
    assert "the weather is fine" not in following.texts
    assert not following.unreadable


def test_an_edit_and_a_deletion_come_by_the_stream(stream, customer):
    with Following(stream, FakeInterest("Northwind", "canary")) as following:
        live(following)
        uri = customer.says("Northwind lost my parcel")
        following.until(lambda it: uri in [each.remote_id for each in it.mentions])
        cid = customer.edits(uri, "they lost my parcel")
        customer.deletes(uri)
        following.until(lambda it: Change.DELETED in [each.change for each in it.mentions])
    changes = [(each.change, each.text) for each in following.mentions if each.remote_id == uri]
    assert changes == [
        (Change.SAID, "Northwind lost my parcel"),
        (Change.EDITED, "they lost my parcel"),
        (Change.DELETED, ""),
    ]
    assert cid in [each.revision for each in following.mentions]


def test_an_account_that_is_switched_off_is_seen(stream, customer):
    with Following(stream, FakeInterest("Northwind", "canary", known={customer.did})) as following:
        live(following)
        customer.call("com.atproto.server.deactivateAccount", {})
        following.until(lambda it: account_uri(customer.did) in [each.remote_id for each in it.mentions])
    assert following.mentions[-1].change is Change.DELETED


def test_the_stream_goes_on_where_it_stopped(stream, customer):
    with Following(stream, FakeInterest("Northwind", "canary")) as before:
        live(before)
    missed = customer.says("Northwind, said while nobody followed")
    with Following(stream, FakeInterest("Northwind"), before.cursor) as after:
        after.until(lambda it: missed in [each.remote_id for each in it.mentions])
    assert not [page.gap for page in after.pages if page.gap]


def test_a_cursor_of_another_server_says_that_there_is_a_gap(stream, customer):
    with Following(stream, FakeInterest("Northwind"), "999999999999") as following:
        following.until(lambda it: it.ended)
    assert following.pages[-1].gap
    assert following.cursor == ""


def test_a_mention_is_in_the_notifications(bluesky, brand, customer):
    said_at = time.monotonic()
    uri = customer.names(brand, "where is my parcel?")
    page = eventually(lambda: bluesky.fetch(""), lambda page: list(bluesky.read(page.raw)))
    print(f"\nfrom post to notification: {time.monotonic() - said_at:.2f} s")
    (mention,) = bluesky.read(page.raw)
    assert (mention.remote_id, mention.author.handle, mention.is_to_us) == (uri, customer.handle, True)
    assert bluesky.fetch(page.cursor).raw == b""


def test_a_reply_is_posted_at_our_own_key_and_read_back(bluesky, brand, customer, view):
    parent = customer.names(brand, "where is my parcel?")
    (mention,) = eventually(lambda: list(bluesky.look([parent])), bool)
    text = f"Désolés 📦 @{customer.handle} — see https://example.org/status #parcels"
    reply = Outgoing(text=text, in_reply_to=parent, parent_revision=mention.revision, language="fr")
    key = bluesky.new_key(datetime.now(UTC))
    receipt = bluesky.send(reply, key)
    assert receipt.remote_id == f"at://{brand.did}/{POST}/{key}"
    assert replace(bluesky.find_sent(reply, key), sent_at=None) == replace(receipt, sent_at=None)
    (shown,) = eventually(lambda: list(view.look([receipt.remote_id])), bool)
    assert (shown.text, shown.in_reply_to, shown.thread_id) == (text, parent, parent)
    (record,) = brand.posts()
    marked = [
        text.encode()[facet["index"]["byteStart"] : facet["index"]["byteEnd"]].decode()
        for facet in record["facets"]
    ]
    assert marked == [f"@{customer.handle}", "https://example.org/status", "#parcels"]
    assert record["facets"][0]["features"][0]["did"] == customer.did


def test_an_answer_to_an_answer_stays_in_the_thread(bluesky, brand, customer):
    root = customer.names(brand, "where is my parcel?")
    first = bluesky.send(Outgoing(text="Which order?", in_reply_to=root), bluesky.new_key(datetime.now(UTC)))
    ours = {"uri": first.remote_id, "cid": first.revision}
    (top,) = eventually(lambda: list(bluesky.look([root])), bool)
    back = customer.says("number 5", reply={"root": {"uri": root, "cid": top.revision}, "parent": ours})
    bluesky.send(
        Outgoing(text="Thank you.", in_reply_to=back, thread_id=root), bluesky.new_key(datetime.now(UTC))
    )
    newest = brand.posts()[0]
    assert (newest["reply"]["root"]["uri"], newest["reply"]["parent"]["uri"]) == (root, back)


def test_a_lost_answer_is_found_and_never_doubled(bluesky, brand, customer, transport):
    reply = Outgoing(text="We are sorry.", in_reply_to=customer.says("my parcel is lost"))
    key = bluesky.new_key(datetime.now(UTC))
    transport.loses = True
    with pytest.raises(AnswerLost):
        bluesky.send(reply, key)
    assert bluesky.find_sent(reply, key).text == "We are sorry."
    with pytest.raises(AnswerLost):
        bluesky.send(reply, key)
    assert [each["text"] for each in brand.posts()] == ["We are sorry."]


def test_what_was_never_sent_is_not_found(bluesky, customer):
    reply = Outgoing(text="We are sorry.", in_reply_to=customer.says("my parcel is lost"))
    assert bluesky.find_sent(reply, bluesky.new_key(datetime.now(UTC))) is None


def test_a_deleted_post_is_not_answered(bluesky, brand, customer):
    parent = customer.says("my parcel is lost")
    customer.deletes(parent)
    with pytest.raises(NeedsAttention, match="not there any more"):
        bluesky.send(Outgoing(text="We are sorry.", in_reply_to=parent), bluesky.new_key(datetime.now(UTC)))
    assert brand.posts() == []


def test_where_the_author_lets_nobody_answer_nothing_is_posted(bluesky, brand, customer):
    parent = customer.says("my parcel is lost, and I want no advice")
    gate = {
        "$type": "app.bsky.feed.threadgate",
        "post": parent,
        "allow": [],
        "createdAt": "2026-01-01T00:00:00Z",
    }
    body = {"repo": customer.did, "collection": gate["$type"], "rkey": split_uri(parent)[2], "record": gate}
    customer.call("com.atproto.repo.createRecord", body)
    eventually(
        lambda: bluesky._ask("app.bsky.feed.getPosts", [("uris", parent)]).text,
        lambda told: "replyDisabled" in told,
    )
    with pytest.raises(NeedsAttention, match="not among them"):
        bluesky.send(Outgoing(text="We are sorry.", in_reply_to=parent), bluesky.new_key(datetime.now(UTC)))
    assert brand.posts() == []


def test_an_edited_post_is_not_answered_before_it_is_read_again(bluesky, brand, customer):
    parent = customer.says("my parcel is lost")
    (read,) = eventually(lambda: list(bluesky.look([parent])), bool)
    customer.edits(parent, "my parcel came, thank you")
    reply = Outgoing(text="We are sorry.", in_reply_to=parent, parent_revision=read.revision)
    with pytest.raises(NeedsAttention, match="edited"):
        bluesky.send(reply, bluesky.new_key(datetime.now(UTC)))
    assert brand.posts() == []


def test_an_edit_and_a_deletion_are_seen_by_looking(bluesky, customer):
    uri = customer.says("my parcel is lost")
    (before,) = eventually(lambda: list(bluesky.look([uri])), bool)
    cid = customer.edits(uri, "my parcel came, thank you")
    (after,) = eventually(lambda: list(bluesky.look([uri])), lambda found: found and found[0].revision == cid)
    assert (before.text, after.text) == ("my parcel is lost", "my parcel came, thank you")
    customer.deletes(uri)
    eventually(lambda: list(bluesky.look([uri])), lambda found: found == [])
    # Young posts are not called gone: views trail. Seen from a quarter of an hour later, it is.
    with httpx.Client(timeout=20) as client:
        later = PublicView(
            APPVIEW, client=client, clock=lambda: datetime.fromtimestamp(time.time() + 900, UTC)
        )
        assert list(later.look([uri])) == [Gone(remote_id=uri)]


def test_the_longest_reply_is_taken_and_a_longer_one_is_not_sent(bluesky, brand, customer):
    parent = customer.says("my parcel is lost")
    bluesky.send(Outgoing(text="é" * 300, in_reply_to=parent), bluesky.new_key(datetime.now(UTC)))
    with pytest.raises(NeedsAttention, match="too long"):
        bluesky.send(Outgoing(text="é" * 301, in_reply_to=parent), bluesky.new_key(datetime.now(UTC)))
    with pytest.raises(NeedsAttention, match="too long"):
        bluesky.send(Outgoing(text="👩‍👩‍👧‍👦" * 200, in_reply_to=parent), bluesky.new_key(datetime.now(UTC)))
    assert len(brand.posts()) == 1


def test_a_stale_session_is_renewed_once(bluesky, brand, customer):
    parent = customer.says("my parcel is lost")
    bluesky.check()
    bluesky._account.session = replace(bluesky._account.session, access="stale")
    bluesky.send(Outgoing(text="We are sorry.", in_reply_to=parent), bluesky.new_key(datetime.now(UTC)))
    assert [each["text"] for each in brand.posts()] == ["We are sorry."]


def test_a_wrong_password_needs_a_person(brand):
    settings = BlueskySettings(
        handle=brand.handle, app_password="wrong-word-here", service=PDS, appview=APPVIEW
    )
    with httpx.Client() as client, pytest.raises(NeedsAttention) as refused:
        Bluesky(settings, client=client).check()
    assert "wrong-word-here" not in str(refused.value)


def test_names_are_known_without_log_in(view, customer):
    found = eventually(lambda: view.handles([customer.did, "did:plc:nobodyatall"]), bool)
    assert found[customer.did].handle == customer.handle
    assert view.did_of(customer.handle) == customer.did


def test_checks_say_what_was_found(bluesky, brand, stream):
    assert brand.handle in str(bluesky.check())
    assert STREAM in str(stream.check())


def test_a_server_that_is_not_there_is_tried_again(brand):
    settings = BlueskySettings(handle=brand.handle, app_password="x", service="http://127.0.0.1:9")
    with httpx.Client() as client, pytest.raises(RetryLater):
        Bluesky(settings, client=client).check()


def test_an_image_goes_out_with_its_words(bluesky, brand, customer):
    uri = customer.names(brand, "where is the switch")
    image = Image(data=PIXEL, media_type="image/png", alt="the box and its switch", width=1, height=1)
    reply = Outgoing(text="Here it is.", in_reply_to=uri, media=(image,))
    bluesky.send(reply, bluesky.new_key(datetime.now(UTC)))
    (post,) = brand.posts()
    (shown,) = post["embed"]["images"]
    assert (shown["alt"], shown["aspectRatio"]) == (image.alt, {"width": 1, "height": 1})
    assert shown["image"]["mimeType"] == "image/png"


def test_a_thread_answers_itself(bluesky, brand, customer):
    uri = customer.names(brand, "a long story")
    first = bluesky.send(Outgoing(text="One. 1/2", in_reply_to=uri), bluesky.new_key(datetime.now(UTC)))
    follows = Outgoing(text="Two. 2/2", in_reply_to=first.remote_id)
    bluesky.send(follows, bluesky.new_key(datetime.now(UTC)))
    by_text = {each["text"]: each["reply"] for each in brand.posts()}
    assert by_text["Two. 2/2"]["parent"]["uri"] == first.remote_id
    assert by_text["Two. 2/2"]["root"]["uri"] == uri


def test_a_reply_is_taken_down_once(bluesky, brand, customer):
    uri = customer.names(brand, "what was that")
    receipt = bluesky.send(
        Outgoing(text="The wrong words.", in_reply_to=uri), bluesky.new_key(datetime.now(UTC))
    )
    for _ in range(2):
        bluesky.remove(receipt.remote_id)
    assert brand.posts() == []
