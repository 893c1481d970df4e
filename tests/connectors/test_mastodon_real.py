"""Against real servers on this machine: snac2 (a fediverse server of its own) and mastodon-mock (Mastodon's API by others).
They fail when these are not there.

AMENDS_TEST_SNAC (default http://127.0.0.1:8801) with AMENDS_TEST_SNAC_DATA, the folder of that server, where its
accounts' passwords are; AMENDS_TEST_MASTODON (default http://127.0.0.1:8810).
"""

from __future__ import annotations

import os
import re
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest

from amends.connectors.base import (
    AnswerLost,
    Gone,
    Image,
    NeedsAttention,
    Outgoing,
    PostedOtherwise,
    RetryLater,
)
from amends.connectors.contract import PIXEL, mentions_of
from amends.connectors.mastodon import Mastodon, MastodonSettings
from amends.core.mention import Change, Mention, Visibility

pytestmark = pytest.mark.mastodon

SNAC = os.environ.get("AMENDS_TEST_SNAC", "http://127.0.0.1:8801")
SNAC_DATA = Path(os.environ.get("AMENDS_TEST_SNAC_DATA", "/nowhere"))
MOCK = os.environ.get("AMENDS_TEST_MASTODON", "http://127.0.0.1:8810")
#: Connections are closed after each call, so that no test leaves one behind.
NO_KEEPING = httpx.Limits(max_keepalive_connections=0)
OUT_OF_BAND = "urn:ietf:wg:oauth:2.0:oob"


def snac_token(name):
    """The authorization-code flow, filling in snac's own form as a person would."""
    password = (SNAC_DATA / f"{name}.password").read_text(encoding="utf-8").strip()
    with httpx.Client(base_url=SNAC, timeout=20, limits=NO_KEEPING) as client:
        scopes = "read write push"
        app = client.post(
            "/api/v1/apps",
            data={"client_name": "amends-test", "redirect_uris": OUT_OF_BAND, "scopes": scopes},
        ).json()
        asked = {
            "client_id": app["client_id"],
            "response_type": "code",
            "redirect_uri": OUT_OF_BAND,
            "scope": scopes,
        }
        page = client.get("/oauth/authorize", params=asked).text
        form = dict(re.findall(r'name="([a-z_]+)"[^>]*value="([^"]*)"', page))
        form |= {"login": name, "passwd": password}
        answer = client.post("/oauth/x-snac-login", data=form)
        code = re.search(r"[0-9a-f]{32}", answer.headers.get("location", "") + answer.text).group(0)
        told = client.post(
            "/oauth/token",
            data={
                "grant_type": "authorization_code",
                "code": code,
                "client_id": app["client_id"],
                "client_secret": app["client_secret"],
                "redirect_uri": OUT_OF_BAND,
                "scope": scopes,
            },
        )
        return told.json()["access_token"]


class Person:
    """A customer on the real server, driven by bare calls."""

    def __init__(self, base, token):
        self.client = httpx.Client(
            base_url=base, timeout=20, limits=NO_KEEPING, headers={"Authorization": f"Bearer {token}"}
        )

    def says(self, text, **more):
        answer = self.client.post("/api/v1/statuses", data={"status": text, "visibility": "public", **more})
        answer.raise_for_status()
        return answer.json()

    def edits(self, status, text):
        self.client.put(f"/api/v1/statuses/{status['id']}", data={"status": text}).raise_for_status()

    def deletes(self, status):
        self.client.delete(f"/api/v1/statuses/{status['id']}").raise_for_status()

    def sees(self, key):
        return self.client.get(f"/api/v1/statuses/{key}").json()

    def own(self, words):
        """The texts of the account's own posts that hold `words`."""
        me = self.client.get("/api/v1/accounts/verify_credentials").json()["id"]
        listed = self.client.get(f"/api/v1/accounts/{me}/statuses", params={"limit": 40}).json()
        return [each["content"] for each in listed if words in each["content"]]


class LosingTransport(httpx.HTTPTransport):
    """Lets the next post through and drops its answer."""

    loses = False

    def handle_request(self, request):
        answer = super().handle_request(request)
        if self.loses and request.method == "POST":
            self.loses = False
            answer.read()
            raise httpx.ReadError("connection reset by peer", request=request)
        return answer


class Bed:
    """A server with a brand and a customer."""

    def __init__(self, kind):
        self.kind = kind
        self.base = SNAC if kind == "snac" else MOCK
        tokens = (
            (snac_token("brand"), snac_token("cust")) if kind == "snac" else ("brand_token", "cust_token")
        )
        self.brand, self.customer = (Person(self.base, token) for token in tokens)
        self.transport = LosingTransport(limits=NO_KEEPING)
        self.client = httpx.Client(transport=self.transport, timeout=20)
        self.token = tokens[0]
        self.tag = f"t{time.time_ns() // 1000 % 10**9}"

    def connector(self, **more):
        settings = MastodonSettings(server=self.base, access_token=self.token, **more)
        return Mastodon(settings, client=self.client)

    def close(self):
        for each in (self.client, self.brand.client, self.customer.client):
            each.close()


@pytest.fixture(params=["mock", "snac"])
def bed(request):
    bed = Bed(request.param)
    yield bed
    bed.close()


@pytest.fixture
def mock():
    bed = Bed("mock")
    yield bed
    bed.close()


@pytest.fixture
def snac():
    bed = Bed("snac")
    yield bed
    bed.close()


def pages_after(connector, cursor=""):
    pages = []
    for _ in range(100):
        pages.append(connector.fetch(cursor))
        cursor = pages[-1].cursor
        if not pages[-1].more:
            return pages
    raise AssertionError("the server never comes to an end")


def until(find, seconds=30):
    """What `find` gives at last; servers take their time."""
    end = time.monotonic() + seconds
    while not (found := find()):
        assert time.monotonic() < end, "it never came"
        time.sleep(0.3)
    return found


def heard(bed, connector, words, cursor=""):
    """The mentions that hold `words`, once the server tells of them."""

    def look():
        told = mentions_of(connector, pages_after(connector, cursor))
        return [each for each in told if words in each.text]

    return until(look)


def reply_to(status, text, **more):
    return Outgoing(text=text, in_reply_to=status["uri"], **more)


def test_the_connection_is_tried_with_words(bed):
    assert "brand" in str(bed.connector().check())


def test_a_mention_is_heard_with_its_address_as_identity(bed):
    status = bed.customer.says(f"@brand my parcel {bed.tag} never came #slow")
    (mention,) = heard(bed, bed.connector(), bed.tag)
    assert mention.remote_id == status["uri"]
    assert mention.is_to_us and not mention.is_ours
    assert mention.visibility is Visibility.PUBLIC
    assert mention.author.handle.startswith("cust@")
    assert abs(mention.posted_at - datetime.now(UTC)) < timedelta(minutes=5)


def test_reading_on_from_the_cursor_misses_nothing_and_ends(bed):
    connector = bed.connector()
    bed.customer.says(f"@brand first {bed.tag}")
    heard(bed, connector, f"first {bed.tag}")
    cursor = pages_after(connector)[-1].cursor
    for number in range(3):
        bed.customer.says(f"@brand more {bed.tag} {number}")
    until(lambda: len(heard(bed, connector, f"more {bed.tag}", cursor)) == 3)


def test_a_hashtag_is_read_too(bed):
    bed.customer.says(f"all of them are slow {bed.tag} #parcels{bed.tag}")
    (mention,) = heard(bed, bed.connector(hashtags=f"#parcels{bed.tag}"), bed.tag)
    assert not mention.is_to_us


def test_a_private_message_is_read_as_private(bed):
    bed.customer.says(f"@brand privately {bed.tag}", visibility="direct")
    for mention in heard(bed, bed.connector(), f"privately {bed.tag}"):
        assert mention.visibility is Visibility.DIRECT


def test_a_reply_is_posted_once_shown_to_its_author_and_found_again(bed):
    connector = bed.connector()
    status = bed.customer.says(f"@brand where is it {bed.tag}")
    heard(bed, connector, bed.tag)
    text = f"We are sorry, we look for {bed.tag} now: https://northwind.example/{'long/' * 20}"
    reply, key = reply_to(status, text), connector.new_key(datetime.now(UTC))
    receipt = connector.send(reply, key)
    assert receipt.text == text
    assert connector.find_sent(reply, key).remote_id == receipt.remote_id
    (content,) = bed.brand.own(f"look for {bed.tag}")
    assert "cust" in content
    shown = connector.look([receipt.remote_id])
    assert [(each.is_ours, each.in_reply_to) for each in shown] == [(True, status["uri"])]


def test_a_lost_answer_is_found_by_another_process_and_not_sent_again(bed):
    connector = bed.connector()
    status = bed.customer.says(f"@brand still nothing {bed.tag}")
    heard(bed, connector, bed.tag)
    reply, key = reply_to(status, f"It is on its way, {bed.tag}."), connector.new_key(datetime.now(UTC))
    bed.transport.loses = True
    with pytest.raises(AnswerLost):
        connector.send(reply, key)
    found = until(lambda: bed.connector().find_sent(reply, key))
    assert found.text == reply.text
    assert len(bed.brand.own(f"on its way, {bed.tag}")) == 1


def test_what_was_never_sent_is_not_found(bed):
    connector = bed.connector()
    status = bed.customer.says(f"@brand hello {bed.tag}")
    heard(bed, connector, bed.tag)
    assert (
        connector.find_sent(reply_to(status, f"never {bed.tag}"), connector.new_key(datetime.now(UTC)))
        is None
    )


def test_an_edit_is_seen_and_stops_an_answer_to_the_old_words(bed):
    connector = bed.connector()
    status = bed.customer.says(f"@brand one week {bed.tag}")
    (before,) = heard(bed, connector, bed.tag)
    time.sleep(1.1)  # versions are told apart by the second
    bed.customer.edits(status, f"@brand two weeks {bed.tag}")

    def edited():
        return [
            each
            for each in connector.look([before.remote_id])
            if isinstance(each, Mention) and "two" in each.text
        ]

    (after,) = until(edited)
    assert after.change is Change.EDITED and after.remote_id == before.remote_id
    assert after.revision != before.revision
    reply = reply_to(status, f"only a day {bed.tag}", parent_revision=before.revision)
    with pytest.raises(NeedsAttention, match="edited"):
        connector.send(reply, connector.new_key(datetime.now(UTC)))
    assert not bed.brand.own(f"only a day {bed.tag}")


def test_a_wrong_token_needs_a_person(bed):
    bed.token = "wrong"
    with pytest.raises(NeedsAttention):
        bed.connector().check()


# -- what only mastodon-mock does as Mastodon does


def test_what_an_edited_post_said_before_is_read_too(mock):
    status = mock.customer.says(f"@brand first words {mock.tag}")
    mock.customer.edits(status, f"@brand other words {mock.tag}")
    connector = mock.connector()
    told = [each for each in mentions_of(connector, pages_after(connector)) if mock.tag in each.text]
    assert [(each.change, "first" in each.text) for each in told] == [
        (Change.SAID, True),
        (Change.EDITED, False),
    ]
    assert len({each.remote_id for each in told}) == 1


def test_a_deleted_post_is_gone_and_not_answered(mock):
    connector = mock.connector()
    status = mock.customer.says(f"@brand for a moment {mock.tag}")
    heard(mock, connector, mock.tag)
    mock.customer.deletes(status)
    assert list(connector.look([status["uri"]])) == [Gone(remote_id=status["uri"])]
    with pytest.raises(NeedsAttention):
        connector.send(reply_to(status, f"too late {mock.tag}"), connector.new_key(datetime.now(UTC)))
    assert not mock.brand.own(f"too late {mock.tag}")


@pytest.mark.parametrize("visibility", ["public", "unlisted", "private"])
def test_a_public_reply_is_posted_as_the_desk_has_set_it(mock, visibility):
    connector = mock.connector(reply_visibility=visibility)
    status = mock.customer.says(f"@brand how widely {mock.tag}")
    receipt = connector.send(reply_to(status, f"so {mock.tag}"), connector.new_key(datetime.now(UTC)))
    assert mock.brand.sees(receipt.remote_id.rsplit("/", 1)[-1])["visibility"] == visibility


def test_a_direct_reply_reaches_its_author_and_nobody_else(mock):
    connector = mock.connector()
    status = mock.customer.says(f"@brand secretly {mock.tag}", visibility="direct")
    reply = reply_to(status, f"the order number please {mock.tag}", visibility=Visibility.DIRECT)
    receipt = connector.send(reply, connector.new_key(datetime.now(UTC)))
    listed = mock.customer.client.get("/api/v1/conversations").json()
    assert receipt.remote_id in [each["last_status"]["uri"] for each in listed]
    public = mock.customer.client.get("/api/v1/timelines/public").json()
    assert receipt.remote_id not in [each["uri"] for each in public]


def test_one_key_is_one_post(mock):
    connector = mock.connector()
    status = mock.customer.says(f"@brand once {mock.tag}")
    reply, key = reply_to(status, f"once and only once {mock.tag}"), connector.new_key(datetime.now(UTC))
    assert connector.send(reply, key).remote_id == connector.send(reply, key).remote_id
    assert len(mock.brand.own(f"only once {mock.tag}")) == 1


@pytest.mark.parametrize(
    ("effect", "means"),
    [
        ({"type": "ratelimit"}, RetryLater),
        ({"type": "status", "status": 503}, RetryLater),
        ({"type": "status", "status": 403}, NeedsAttention),
    ],
)
def test_a_server_in_trouble_is_asked_again_later_or_a_person_is(mock, effect, means):
    connector = mock.connector()
    connector.check()
    fault = {"match": {"path": "/api/v1/notifications"}, "effect": effect}
    mock.brand.client.post("/api/v1/_mock/faults", json=fault).raise_for_status()
    try:
        with pytest.raises(means):
            connector.fetch("")
    finally:
        mock.brand.client.delete("/api/v1/_mock/faults").raise_for_status()


# -- what snac does otherwise


def test_a_reply_that_is_shown_more_widely_than_asked_makes_an_alarm(snac):
    connector = snac.connector(reply_visibility="unlisted")
    status = snac.customer.says(f"@brand quietly {snac.tag}")
    heard(snac, connector, snac.tag)
    with pytest.raises(PostedOtherwise, match="more people can read it") as alarm:
        connector.send(reply_to(status, f"psst {snac.tag}"), connector.new_key(datetime.now(UTC)))
    assert alarm.value.receipt.remote_id
    assert len(snac.brand.own(f"psst {snac.tag}")) == 1


def test_a_reply_is_edited_where_it_stands_and_taken_down(bed):
    """snac knows no deletions by its API: a person is told, and nobody is told that it is gone."""
    connector = bed.connector()
    status = bed.customer.says(f"@brand what is it {bed.tag}")
    heard(bed, connector, bed.tag)
    reply = reply_to(status, f"@cust We look at {bed.tag} now.")
    receipt = connector.send(reply, connector.new_key(datetime.now(UTC)))
    better = reply_to(status, f"@cust We look at {bed.tag} today.")
    for _ in range(2):
        assert connector.edit(receipt.remote_id, better).remote_id == receipt.remote_id
    assert len(until(lambda: bed.brand.own(f"at {bed.tag} today"))) == 1
    assert bed.brand.own(f"at {bed.tag} now") == []
    if bed.kind == "snac":
        with pytest.raises(NeedsAttention, match="do it there"):
            bed.connector().remove(receipt.remote_id)
        return
    for _ in range(2):
        bed.connector().remove(receipt.remote_id)
    until(lambda: not bed.brand.own(bed.tag))


def test_an_image_goes_out_with_its_words(bed):
    connector = bed.connector()
    status = bed.customer.says(f"@brand where is the switch {bed.tag}")
    heard(bed, connector, bed.tag)
    image = Image(data=PIXEL, media_type="image/png", alt=f"the box {bed.tag}", width=1, height=1)
    reply = reply_to(status, f"@cust Here it is, {bed.tag}.", media=(image,))
    receipt = connector.send(reply, connector.new_key(datetime.now(UTC)))
    key = connector._server.find(receipt.remote_id).key
    assert [each["description"] for each in bed.brand.sees(key)["media_attachments"]] == [image.alt]


def test_a_thread_answers_itself(bed):
    connector = bed.connector()
    status = bed.customer.says(f"@brand a long story {bed.tag}")
    heard(bed, connector, bed.tag)
    first = connector.send(
        reply_to(status, f"@cust One {bed.tag}. 1/2"), connector.new_key(datetime.now(UTC))
    )
    follows = Outgoing(text=f"@cust Two {bed.tag}. 2/2", in_reply_to=first.remote_id)
    second = connector.send(follows, connector.new_key(datetime.now(UTC)))
    (shown,) = connector.look([second.remote_id])
    assert shown.in_reply_to == first.remote_id


def test_the_servers_limits_are_read(bed):
    found = bed.connector().limits()
    assert found.longest >= 500 and found.most_images >= 1
    assert found.account.startswith("brand@")
