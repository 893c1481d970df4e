"""What is particular to Mastodon (L1, L3, A8, D2): HTML as words, replies with visibility, lost answers, lists that
servers show late or not at all."""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from tests.connectors.fake_mastodon import ANA, BRAND, FAR, LAG, FakeMastodon

from amends.connectors.base import (
    AnswerLost,
    Gone,
    Image,
    Limits,
    NeedsAttention,
    Outgoing,
    PostedOtherwise,
    RetryLater,
)
from amends.connectors.contract import PIXEL, mentions_of
from amends.connectors.mastodon import Mastodon, MastodonSettings
from amends.connectors.mastodon.plain import plain
from amends.connectors.mastodon.server import DEFAULT_LIMITS, key_within, limits_in, made_at
from amends.connectors.mastodon.words import addressed, length, says, shown_link
from amends.core.mention import Change, Unreadable, Visibility

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.fixture
def network():
    with FakeMastodon() as network:
        yield network


def connect(network, **more):
    network.more = more
    client = httpx.Client(timeout=2, verify=False, limits=httpx.Limits(max_keepalive_connections=0))
    return Mastodon(network.settings, client=client, clock=network.clock, sleep=network.sleep)


@pytest.fixture
def connector(network):
    return connect(network)


def read_all(connector, cursor=""):
    pages = []
    for _ in range(100):
        pages.append(connector.fetch(cursor))
        cursor = pages[-1].cursor
        if not pages[-1].more:
            return pages
    raise AssertionError("the server never comes to an end")


def asks(network, text="My parcel never came.", **more):
    uri = network.publish(text, **more)
    network.settle()
    return uri


def reply_to(uri, text="We are sorry.", **more):
    return Outgoing(text=text, in_reply_to=uri, **more)


# -- HTML as words


@pytest.mark.parametrize(
    ("html", "words"),
    [
        ("<p>one<br>two</p><p>three</p>", "one\ntwo\n\nthree"),
        ("<p>a &lt;b&gt; &amp;amp; &#39;c&#39;</p>", "a <b> &amp; 'c'"),
        ("<p>two  spaces stay</p>", "two  spaces stay"),
        (
            '<p>see <a href="https://shop.example/orders/12345678901234567890"><span class="invisible">https://</span>'
            '<span class="ellipsis">shop.example/orders/1234567890</span><span class="invisible">1234567890</span></a></p>',
            "see https://shop.example/orders/12345678901234567890",
        ),
        ('<a href="https://shop.example/long/way">shop.example/lo…</a>', "https://shop.example/long/way"),
        ('<a href="https://evil.example/x">https://bank.example</a>', "https://bank.example (https://evil.example/x)"),
        ('<a href="https://evil.example/x">click</a>', "click (https://evil.example/x)"),
        ('<a href="javascript:alert(1)">click</a>', "click"),
        ('<a href="https://evil.example/x"></a>seen', "seen"),
        ('<a class="mention hashtag" href="https://a.example/tags/slow">#<span>slow</span></a>', "#slow"),
        ('<a href="https://far.example/@ana" class="u-url mention">@<span>ana</span></a> hi', "@ana@far.example hi"),
        ("<ul><li>one</li><li>two</li></ul>", "- one\n- two"),
        ("before<script>alert('<p>')</script>after", "beforeafter"),
        ("<script>never closed", ""),
        ("<!-- hidden --> shown", "shown"),
        ("a < b and <p", "a < b and <p"),
        ("\x00 \ud800", "\ufffd \ufffd"),
        ('<a href="https://a.example/1">one <a href="https://a.example/2">two', "one  (https://a.example/1)two (https://a.example/2)"),
    ],
)  # fmt: skip
def test_html_is_read_as_a_person_would(html, words):
    assert plain(html, {"https://far.example/@ana": "ana@far.example"}) == words


@pytest.mark.parametrize(
    "piece", ["<", "<a ", '<a href="', "<!--", "<p><", "</a>", "<script>", "&#", "href=", "<a href='x'>"]
)
def test_hostile_html_is_read_in_no_time(piece):
    began = time.perf_counter()
    plain(piece * (400_000 // len(piece)))
    assert time.perf_counter() - began < 5


# -- listening


def test_names_are_whole_and_one_person_has_one(network, connector):
    network.publish("hello @northwind", author=FAR)
    network.publish("hello", author=ANA)
    network.settle()
    far, ana = sorted(mentions_of(connector, read_all(connector)), key=lambda each: each.text, reverse=True)
    assert (far.author.handle, ana.author.handle) == ("far@away.example", "ana@127.0.0.1")
    assert far.text == "hello @northwind@127.0.0.1"
    assert ana.author.name == "Ana <b>A.</b>"


def test_a_post_is_its_address_also_when_the_server_gives_it_another_id(network, connector):
    uri = asks(network, author=FAR)
    network.posts[uri]["key"] += "77"
    (again,) = mentions_of(connector, read_all(connector))
    assert again.remote_id == uri


def test_a_reply_knows_what_it_answers_and_where_its_thread_began(network, connector):
    root = network.publish("first", to_us=False)
    middle = network.publish("second", to_us=False, reply_to=root)
    network.publish("third", reply_to=middle)
    network.settle()
    (mention,) = mentions_of(connector, read_all(connector))
    assert (mention.in_reply_to, mention.thread_id) == (middle, root)


def test_the_words_beside_the_text_are_read_too(network, connector):
    asks(network, warning="angry", images=["a crushed box"])
    (mention,) = mentions_of(connector, read_all(connector))
    assert mention.title == "angry · a crushed box"


def test_what_an_edited_post_said_before_is_read_first(network, connector):
    uri = network.publish("one week late")
    network.sleep(60)
    network.edit(uri, "two weeks late")
    network.settle()
    told = mentions_of(connector, read_all(connector))
    assert [(each.text, each.change) for each in told] == [
        ("one week late", Change.SAID),
        ("two weeks late", Change.EDITED),
    ]
    assert len({each.revision for each in told}) == 2


def test_a_server_without_edit_history_shows_what_it_shows(network, connector):
    network.has_history = False
    uri = network.publish("one week late")
    network.edit(uri, "two weeks late")
    network.settle()
    assert [each.text for each in mentions_of(connector, read_all(connector))] == ["two weeks late"]


@pytest.mark.parametrize(
    ("visibility", "means"),
    [
        ("public", Visibility.PUBLIC),
        ("unlisted", Visibility.PUBLIC),
        ("private", Visibility.DIRECT),
        ("direct", Visibility.DIRECT),
        ("something new", Visibility.DIRECT),
    ],
)
def test_only_what_everybody_can_read_is_public(network, connector, visibility, means):
    asks(network, visibility=visibility)
    assert {each.visibility for each in mentions_of(connector, read_all(connector))} == {means}


def test_private_messages_from_strangers_are_asked_for(network, connector):
    """Mastodon 4.3 and later filter them by default."""
    read_all(connector)
    assert network.asked("/api/v1/notifications")[0]["include_filtered"] == ["true"]


def test_hashtags_and_public_posts_are_read_when_asked_for(network):
    network.publish("late again #Parcel", to_us=False)
    network.publish("nothing to do with it", to_us=False)
    network.settle()
    plainly = connect(network)
    assert mentions_of(plainly, read_all(plainly)) == []
    tags = connect(network, hashtags="#Parcel, other")
    assert [each.text for each in mentions_of(tags, read_all(tags))] == ["late again #Parcel"]
    public = connect(network, timeline="all")
    assert len(mentions_of(public, read_all(public))) == 2


def test_our_own_posts_are_ours_and_an_answer_to_them_is_to_us(network):
    ours = network.publish("Hello from us", author=BRAND, to_us=False)
    network.publish("thanks", to_us=False, reply_to=ours)
    network.settle()
    connector = connect(network, timeline="local")
    told = {each.text: each for each in mentions_of(connector, read_all(connector))}
    assert (told["Hello from us"].is_ours, told["Hello from us"].is_to_us) == (True, False)
    assert (told["thanks"].is_ours, told["thanks"].is_to_us) == (False, True)


def test_hundreds_of_mentions_between_two_looks_are_all_read(network, connector):
    asks(network, "the first")
    cursor = read_all(connector)[-1].cursor
    for number in range(130):
        network.publish(f"number {number}")
    network.settle()
    told = mentions_of(connector, read_all(connector, cursor))
    assert {each.text for each in told} >= {f"number {number}" for number in range(130)}


def test_a_post_that_a_server_lists_below_newer_ones_is_still_found(network, connector):
    first = asks(network, "the first")
    cursor = read_all(connector)[-1].cursor
    late, early = network.publish("listed late"), network.publish("listed early")
    network.posts[late]["states"][0] = (network.now + timedelta(minutes=4), "listed late")
    network.settle()
    pages = read_all(connector, cursor)
    assert {each.remote_id for each in mentions_of(connector, pages)} == {first, early}
    network.settle()
    assert late in {each.remote_id for each in mentions_of(connector, read_all(connector, pages[-1].cursor))}


def test_an_unchanged_list_is_kept_only_once(network, connector):
    asks(network)
    cursor = read_all(connector)[-1].cursor
    assert [page.raw for page in read_all(connector, cursor)] == [b""] * len(read_all(connector, cursor))


def test_what_is_too_far_back_on_a_simple_server_is_told_as_a_gap(network, connector):
    network.has_min_id, network.page_of = False, 2
    asks(network, "the first")
    cursor = read_all(connector)[-1].cursor
    network.publish("the second")
    network.settle()
    cursor = read_all(connector, cursor)[-1].cursor
    for number in range(60):
        network.publish(f"number {number}")
    network.sleep(600)
    pages = read_all(connector, cursor)
    assert [str(page.gap) for page in pages if page.gap] == [
        "There is more on Mastodon than we can go back to; older posts are missing."
    ]


def test_a_list_that_the_server_refuses_is_told_once_and_holds_up_nothing(network):
    network.down["/api/v1/timelines/tag/"] = 403
    connector = connect(network, hashtags="parcel", timeline="all")
    asks(network)
    pages = read_all(connector)
    assert [each.text for each in mentions_of(connector, pages)] == ["My parcel never came."]
    assert ["#parcel" in str(page.gap) for page in pages if page.gap] == [True]
    assert not [page for page in read_all(connector, pages[-1].cursor) if page.gap]


def test_a_list_over_which_the_server_breaks_is_read_the_next_time(network):
    network.down["/api/v1/timelines/tag/"] = 500
    connector = connect(network, hashtags="parcel")
    asks(network, "late #parcel", to_us=False)
    pages = read_all(connector)
    network.down.clear()
    told = mentions_of(connector, read_all(connector, pages[-1].cursor))
    assert [each.text for each in told] == ["late #parcel"]


def test_a_broken_page_goes_to_quarantine_and_the_next_look_reads_on(network, connector):
    asks(network)
    network.raw_answer = b"<html>oops</html>"
    pages = read_all(connector)
    (broken,) = [each for page in pages for each in connector.read(page.raw)]
    assert isinstance(broken, Unreadable) and broken.raw == network.raw_answer
    network.raw_answer = None
    assert len(mentions_of(connector, read_all(connector, pages[-1].cursor))) == 1


@pytest.mark.parametrize("how", ["reset", "after"])
def test_both_forms_of_a_rate_limit_are_understood(network, connector, how):
    network.limit_rate(300, how)
    with pytest.raises(RetryLater) as later:
        connector.fetch("")
    assert timedelta(seconds=298) <= later.value.after <= timedelta(seconds=375)


# -- speaking


def test_the_author_is_named_in_front_unless_the_text_names_them(network, connector):
    for number, text in enumerate(["We are sorry.", "Sorry @Ana, we look.", "Sorry, @ana@127.0.0.1."]):
        uri = asks(network, f"question {number}")
        assert connector.send(reply_to(uri, text), connector.new_key(network.now)).text == text
    assert network.posted_whole() == ["@ana We are sorry.", "Sorry @Ana, we look.", "Sorry, @ana@127.0.0.1."]


def test_someone_of_another_server_is_named_in_full(network, connector):
    uri = asks(network, author=FAR)
    connector.send(reply_to(uri), connector.new_key(network.now))
    assert network.posted_whole() == ["@far@away.example We are sorry."]


@pytest.mark.parametrize(
    ("setting", "parent", "asked"),
    [
        ("public", "public", "public"),
        ("public", "unlisted", "unlisted"),
        ("unlisted", "public", "unlisted"),
        ("private", "public", "private"),
        ("public", "private", "private"),
    ],
)
def test_a_public_reply_is_as_wide_as_set_and_never_wider_than_its_parent(network, setting, parent, asked):
    connector = connect(network, reply_visibility=setting)
    connector.send(reply_to(asks(network, visibility=parent)), connector.new_key(network.now))
    assert network.calls[-1][2]["visibility"] == asked


def test_a_private_message_is_never_answered_in_public(network, connector):
    uri = asks(network, visibility="direct")
    with pytest.raises(NeedsAttention, match="privately"):
        connector.send(reply_to(uri), connector.new_key(network.now))
    connector.send(reply_to(uri, visibility=Visibility.DIRECT), connector.new_key(network.now))
    assert [post["visibility"] for post in network.posts.values()] == ["direct", "direct"]


def test_a_direct_reply_to_a_public_post_is_direct(network, connector):
    connector.send(reply_to(asks(network), visibility=Visibility.DIRECT), connector.new_key(network.now))
    assert network.calls[-1][2]["visibility"] == "direct"


@pytest.mark.parametrize(
    ("given", "asked", "words"),
    [("public", Visibility.DIRECT, "more people"), ("direct", Visibility.PUBLIC, "fewer people")],
)
def test_a_reply_that_is_shown_to_others_than_asked_makes_an_alarm(network, connector, given, asked, words):
    network.visibility_given = given
    reply, key = reply_to(asks(network), visibility=asked), connector.new_key(network.now)
    with pytest.raises(PostedOtherwise, match=words) as alarm:
        connector.send(reply, key)
    assert alarm.value.receipt.remote_id in network.posts
    network.settle()
    with pytest.raises(PostedOtherwise, match=words):
        connector.find_sent(reply, key)


def test_a_reply_that_answers_nothing_makes_an_alarm(network, connector):
    network.parent_lost = True
    with pytest.raises(PostedOtherwise, match="answers nothing"):
        connector.send(reply_to(asks(network)), connector.new_key(network.now))


def test_the_servers_own_limits_hold(network, connector):
    network.longest, network.link = 60, 10
    uri = asks(network)
    connector.send(
        reply_to(uri, "see https://northwind.example/" + "x" * 200), connector.new_key(network.now)
    )
    with pytest.raises(NeedsAttention, match="61 of 60"):
        connector.send(reply_to(uri, "x" * 56), connector.new_key(network.now))


@pytest.mark.parametrize("how", ["reset", "hang", "cut", "words", "500", "502", "408", "409"])
def test_whatever_happens_to_the_answer_it_is_one_post(network, connector, how):
    reply, key = reply_to(asks(network)), connector.new_key(network.now)
    network.lose_next_answer(how)
    with pytest.raises(AnswerLost):
        connector.send(reply, key)
    network.settle()
    found = connector.find_sent(reply, key)
    assert found.text == reply.text and found.remote_id in network.posts
    assert network.posted() == [reply.text]


def test_a_reset_before_anything_was_done_is_looked_at_and_sent_again(network, connector):
    reply, key = reply_to(asks(network)), connector.new_key(network.now)
    network.lose_next_answer("drop")
    with pytest.raises(AnswerLost):
        connector.send(reply, key)
    network.settle()
    assert connector.find_sent(reply, key) is None
    connector.send(reply, key)
    assert network.posted() == [reply.text]


def test_looking_too_early_and_sending_again_is_one_post_by_the_key(network, connector):
    reply, key = reply_to(asks(network)), connector.new_key(network.now)
    network.lose_next_answer()
    with pytest.raises(AnswerLost):
        connector.send(reply, key)
    assert connector.find_sent(reply, key) is None
    with pytest.raises(AnswerLost):
        connector.send(reply, key)  # the server still works on the first one
    network.settle()
    assert connector.send(reply, key).text == reply.text
    assert network.posted() == [reply.text]


def test_a_key_that_the_server_forgot_is_not_trusted(network, connector):
    reply, key = reply_to(asks(network)), connector.new_key(network.now)
    network.lose_next_answer()
    with pytest.raises(AnswerLost):
        connector.send(reply, key)
    network.keys.clear()
    network.sleep(3700)
    receipt = connector.send(reply, key)
    assert receipt.text == reply.text
    assert network.posted() == [reply.text]


def test_the_same_words_to_the_same_post_with_another_key_are_another_reply(network, connector):
    uri = asks(network)
    first, second = connector.new_key(network.now), connector.new_key(network.now)
    connector.send(reply_to(uri), first)
    network.settle()
    assert connector.find_sent(reply_to(uri), second) is None
    assert connector.find_sent(reply_to(uri), first) is not None


def test_a_lost_reply_is_found_after_its_parent_is_gone(network, connector):
    uri = asks(network)
    reply, key = reply_to(uri), connector.new_key(network.now)
    network.lose_next_answer()
    with pytest.raises(AnswerLost):
        connector.send(reply, key)
    network.delete(uri)
    network.settle()
    assert connector.find_sent(reply, key).text == reply.text


def test_a_reply_is_found_by_its_words_however_the_server_writes_them(network, connector):
    text = "Sorry!\n\n\nSee https://northwind.example/a/very/long/way/to/go/there and tell @far@away.example  that"
    reply, key = reply_to(asks(network), text), connector.new_key(network.now)
    assert connector.send(reply, key).text == text
    network.settle()
    network.asked("/")
    assert connector.find_sent(reply, key).text == text


def test_a_reply_to_a_post_that_only_its_own_server_knows_by_address(network):
    """After a restart nothing is remembered: it is found by search, or among what was said to us last."""
    uri = asks(network, author=FAR)
    connect(network).send(reply_to(uri), connect(network).new_key(network.now))
    network.token = f"token-{time.time_ns()}"
    network.has_search = False
    connector = connect(network)
    connector.send(reply_to(uri, "And again."), connector.new_key(network.now))
    assert network.posted() == ["We are sorry.", "And again."]


def test_an_edited_post_is_not_answered_as_if_it_were_not(network, connector):
    uri = asks(network, "before")
    (seen,) = mentions_of(connector, read_all(connector))
    network.edit(uri, "after")
    network.settle()
    with pytest.raises(NeedsAttention, match="edited"):
        connector.send(reply_to(uri, parent_revision=seen.revision), connector.new_key(network.now))
    assert network.posted() == []


@pytest.mark.parametrize("text", ["", "  \n", "lone \ud800 surrogate", "nul \x00 byte"])
def test_what_cannot_be_sent_is_refused_before_anything_leaves(network, connector, text):
    with pytest.raises(NeedsAttention):
        connector.send(reply_to(asks(network), text), connector.new_key(network.now))
    assert not [each for each in network.calls if each[0] == "POST"]


# -- looking


def test_a_deleted_post_of_another_server_that_we_saw_is_gone(network, connector):
    uri = asks(network, author=FAR)
    read_all(connector)
    network.delete(uri)
    network.settle()
    assert list(connector.look([uri])) == [Gone(remote_id=uri)]


def test_a_post_of_another_server_that_we_never_saw_is_called_gone_by_nobody(network, connector):
    assert list(connector.look(["https://away.example/users/far/statuses/117020577157693549"])) == []


def test_one_post_over_which_the_server_breaks_holds_up_no_other(network, connector):
    broken, whole = asks(network, "broken"), asks(network, "whole")
    network.has_bulk = False
    network.down[f"/api/v1/statuses/{network.posts[broken]['key']}"] = 500
    assert [each.text for each in connector.look([broken, whole])] == ["whole"]


def test_a_narrow_reply_is_found_after_its_parent_is_gone(network, connector):
    uri = asks(network, visibility="unlisted")
    reply, key = reply_to(uri), connector.new_key(network.now)
    network.lose_next_answer()
    with pytest.raises(AnswerLost):
        connector.send(reply, key)
    network.delete(uri)
    network.settle()
    assert connector.find_sent(reply, key).text == reply.text


@pytest.mark.parametrize(
    "name", ["visibility", "mentions", "poll", "media_attachments", "language", "edited_at", "id"]
)
@pytest.mark.parametrize("value", [None, 7, [], {}, [{}], {"a": []}, "\x00", 2**70, True])
def test_a_field_of_another_kind_than_documented_breaks_nothing(network, connector, name, value):
    (seen,) = connector.look([asks(network)])
    told = {**json.loads(seen.raw), name: value}
    (read,) = connector.read(json.dumps([told]).encode())
    assert read.text == "My parcel never came."


def test_what_is_looked_at_is_kept_as_it_came(network, connector):
    (seen,) = connector.look([asks(network)])
    assert json.loads(seen.raw)["content"] == "<p>My parcel never came.</p>"


# -- settings and small things


@pytest.mark.parametrize(
    "wrong",
    [
        {"server": ""},
        {"server": "ftp://a.example"},
        {"server": "https://user:secret@a.example"},
        {"access_token": ""},
        {"access_token": "two words"},
        {"timeline": "everything"},
        {"reply_visibility": "direct"},
    ],
)
def test_a_wrong_setting_needs_a_person_and_shows_no_secret(wrong):
    with pytest.raises(NeedsAttention) as why:
        Mastodon(MastodonSettings(**{"server": "a.example", "access_token": "t", **wrong}))
    assert "secret" not in str(why.value)


def test_limits_are_read_in_every_dialect():
    rules = {"configuration": {"statuses": {"max_characters": 5000, "characters_reserved_per_url": 30}}}
    found = limits_in(rules)
    assert (found.longest, found.link) == (5000, 30)
    found = limits_in({"max_toot_chars": 1000})
    assert (found.longest, found.link) == (1000, 23)
    assert limits_in({"configuration": {"statuses": {"max_characters": "many"}}}) == DEFAULT_LIMITS
    assert limits_in(None) == limits_in([]) == DEFAULT_LIMITS


def test_limits_on_images_are_read():
    rules = {
        "statuses": {"max_media_attachments": 6},
        "media_attachments": {"image_size_limit": 1_000_000, "description_limit": 420},
    }
    found = limits_in({"configuration": rules})
    assert (found.most_images, found.largest_image, found.longest_alt) == (6, 1_000_000, 420)


def test_lengths_count_links_alike_and_names_without_their_server():
    assert length("https://northwind.example/" + "x" * 100, DEFAULT_LIMITS) == 23
    assert length("https://northwind.example/" + "x" * 100, Limits(longest=500, link=30)) == 30
    assert length("@ana@a.very.long.example hi", DEFAULT_LIMITS) == len("@ana hi")


def test_an_id_is_found_in_an_address_only_of_this_server():
    assert key_within("https://a.example/users/ana/statuses/1170", "https://a.example") == "1170"
    assert key_within("https://a.example/ap/users/5/statuses/1170", "https://a.example") == "1170"
    assert key_within("https://b.example/users/ana/statuses/1170", "https://a.example") == ""
    assert key_within("https://a.example/users/ana/statuses/../../x", "https://a.example") == ""


def test_an_id_tells_when_the_post_was_made():
    assert abs(made_at("117020577157693549") - datetime(2026, 8, 1, 13, 51, 42, tzinfo=UTC)) < timedelta(
        seconds=2
    )
    assert made_at("21") is None and made_at("179529575920cb7d") is None


def test_names_decide_whether_a_text_says_the_same():
    assert says("@ana@a.example We are sorry", "We  are sorry")
    assert says("Hello @Far@b.example", "hello @far") is False
    assert says("Hello @Far@b.example", "Hello @far")
    assert addressed("mail me at x@ana.example", "ana", "a.example") == "@ana mail me at x@ana.example"


def test_the_lag_of_the_fake_is_what_the_promises_are_kept_against():
    assert timedelta(0) < LAG < Mastodon.traits.settle


# -- afterwards, and images


def with_image(network, **more):
    parent = network.publish("My parcel never came.")
    network.settle()
    image = Image(data=PIXEL, media_type="image/png", alt="a box")
    return Outgoing(text="Here it is.", in_reply_to=parent, media=(image,), **more)


def test_an_edit_keeps_the_images(connector, network):
    receipt = connector.send(with_image(network), connector.new_key(NOW))
    network.settle()
    connector.edit(receipt.remote_id, Outgoing(text="Here it is again.", in_reply_to=""))
    network.settle()
    assert network.images() == ["a box"]


def test_a_server_that_loses_images_makes_an_alarm(connector, network):
    network.loses_images = True
    with pytest.raises(PostedOtherwise, match="without all its images"):
        connector.send(with_image(network), connector.new_key(NOW))


def test_somebody_elses_post_is_not_edited(connector, network):
    theirs = network.publish("My parcel never came.")
    network.settle()
    with pytest.raises(NeedsAttention, match="not ours"):
        connector.edit(theirs, Outgoing(text="All is well.", in_reply_to=""))


def test_links_are_shown_as_the_pages_show_them():
    assert shown_link("https://www.northwind.example/a") == "northwind.example/a"
    assert shown_link("https://northwind.example/" + "x" * 40) == "northwind.example/" + "x" * 12 + "…"


def test_a_server_that_takes_nothing_down_is_not_believed_to_have_done_it(connector, network):
    receipt = connector.send(with_image(network), connector.new_key(NOW))
    network.settle()
    network.has_deletions = False
    with pytest.raises(NeedsAttention, match="do it there"):
        connector.remove(receipt.remote_id)
    assert network.posted() == ["Here it is."]
