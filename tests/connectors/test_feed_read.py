"""What a feed's bytes say (L2), and that no bytes do harm (I7, I8)."""

from __future__ import annotations

import os
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from amends.connectors.feed import Feed, FeedSettings
from amends.connectors.feed.plain import LONGEST_TEXT, plain
from amends.core.mention import Change, Mention, Unreadable

SAMPLES = Path(__file__).parent / "feeds"
SHARED = Path(os.environ.get("AMENDS_SHARED", Path(__file__).resolve().parents[3] / "shared"))

ITEM = b"<rss version='2.0'><channel><item>%s</item></channel></rss>"


def read(raw: bytes) -> list[Mention | Unreadable]:
    return list(Feed(FeedSettings(url="https://tea.example.org/feed/")).read(raw))


def sample(name: str) -> list[Mention | Unreadable]:
    return read((SAMPLES / name).read_bytes())


def mentions(found: list[Mention | Unreadable]) -> list[Mention]:
    return [each for each in found if isinstance(each, Mention)]


def unreadable(found: list[Mention | Unreadable]) -> list[Unreadable]:
    return [each for each in found if isinstance(each, Unreadable)]


def only_mention(raw: bytes) -> Mention:
    [found] = read(raw)
    assert isinstance(found, Mention)
    return found


def only_unreadable(raw: bytes) -> Unreadable:
    [found] = read(raw)
    assert isinstance(found, Unreadable)
    return found


# -- what is said ------------------------------------------------------------------------------------------------


def test_a_google_alert_leads_to_the_page_itself_and_reads_as_plain_text():
    melted, praise = mentions(sample("alert.xml"))
    assert melted.remote_id == "tag:google.com,2013:googlealerts/feed:101"
    assert melted.url == "https://forum.example.org/t/9?page=2&sort=new"
    assert melted.title == "My Kettlewell kettle melted"
    assert melted.text == 'Third Kettlewell in a year ... "never again"'
    assert melted.posted_at == datetime(2026, 3, 1, 10, 0, tzinfo=UTC)
    assert melted.revision == "2026-03-01T10:05:00Z"
    assert praise.url == "https://blog.example.net/post?a=1&b=2"


def test_an_alert_without_an_author_names_the_site_so_that_strangers_stay_apart():
    melted, praise = mentions(sample("alert.xml"))
    assert (melted.author.handle, praise.author.handle) == ("forum.example.org", "blog.example.net")


@pytest.mark.parametrize(
    ("link", "leads_to"),
    [
        ("https://www.google.com/url?q=https://a.example/x&amp;sa=U", "https://a.example/x"),
        (
            "https://www.google.co.uk/url?sa=t&amp;url=http%3A%2F%2Fa.example%2F%25C3%25A9",
            "http://a.example/%C3%A9",
        ),
        ("https://www.google.com/url?url=https://a.example/%C3%A9?x=%26", "https://a.example/%C3%A9?x=%26"),
        (
            "https://www.google.com/url?url=javascript:alert(1)",
            "https://www.google.com/url?url=javascript:alert(1)",
        ),
        (
            "https://google.evil.example/url?url=https://a.example/",
            "https://google.evil.example/url?url=https://a.example/",
        ),
        (
            "https://www.google.com/search?q=https://a.example/",
            "https://www.google.com/search?q=https://a.example/",
        ),
    ],
)
def test_only_google_redirects_to_web_pages_are_unwrapped(link, leads_to):
    assert only_mention(ITEM % f"<link>{link}</link>".encode()).url == leads_to


def test_one_broken_entry_costs_nobody_else_their_say():
    sad, broken, still = sample("blog.xml")
    assert isinstance(sad, Mention) and isinstance(still, Mention)
    assert isinstance(broken, Unreadable)
    assert broken.where == "entry 2"
    assert b"Broken <b>bold" in broken.raw and b"Still here" not in broken.raw


def test_a_bare_ampersand_is_forgiven_and_the_bytes_stay_as_they_came():
    sad = mentions(sample("blog.xml"))[0]
    assert sad.title == "Kettlewell & Sons: a sad story"
    assert sad.text == "It leaks.\n\nTwice\n\nThrice é"
    assert b"Kettlewell & Sons" in sad.raw
    assert sad.raw in (SAMPLES / "blog.xml").read_bytes()
    assert (sad.remote_id, sad.author.name, sad.url) == ("tea-1", "Ada", "https://tea.example.org/2026/sad")
    assert sad.languages == ("en-GB",)


def test_a_link_that_is_no_web_address_and_a_time_that_cannot_be_are_not_passed_on():
    still = mentions(sample("blog.xml"))[1]
    assert still.url == "https://tea.example.org/still"
    assert still.posted_at is None


def test_a_comment_feed_keeps_its_thread_its_letters_and_its_deletions():
    comment, gone = mentions(sample("comments.xml"))
    assert comment.text == "Déçue.\n\nTrès déçue."
    assert comment.in_reply_to == comment.thread_id == "tag:cafe.example,2026:p1"
    assert comment.url == "https://cafe.example/p1#c7"
    assert (comment.author.name, comment.author.remote_id) == ("Zoé", "https://cafe.example/zoe")
    assert comment.languages == ("fr",)
    assert comment.raw in (SAMPLES / "comments.xml").read_bytes()
    assert (gone.change, gone.remote_id, gone.text) == (Change.DELETED, "tag:cafe.example,2026:c3", "")


def test_every_entry_keeps_its_exact_bytes():
    page = (SAMPLES / "alert.xml").read_bytes()
    for each in mentions(read(page)):
        assert each.raw in page
        assert each.raw.startswith(b"<entry>") and each.raw.endswith(b"</entry>")


def test_reading_the_same_bytes_twice_gives_the_same():
    for name in ("alert.xml", "blog.xml", "comments.xml"):
        assert sample(name) == sample(name)


def test_an_edited_entry_keeps_its_id_and_has_another_revision():
    before = only_mention(ITEM % b"<guid>g1</guid><title>Leaks</title>")
    after = only_mention(ITEM % b"<guid>g1</guid><title>Leaks badly</title>")
    assert before.remote_id == after.remote_id == "g1"
    assert before.revision != after.revision


def test_entries_that_share_one_id_are_still_told_apart():
    feed = b"<rss><channel>%s</channel></rss>" % b"".join(
        b"<item><guid>same</guid><title>%d</title></item>" % n for n in range(3)
    )
    assert len({each.remote_id for each in mentions(read(feed))}) == 3


def test_an_entry_without_id_or_link_has_an_id_that_lasts():
    first, again = only_mention(ITEM % b"<title>Hm</title>"), only_mention(ITEM % b"<title>Hm</title>")
    assert first.remote_id == again.remote_id != ""


def test_rss_1_0_is_read():
    found = only_mention(
        b'<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/"'
        b' xmlns:dc="http://purl.org/dc/elements/1.1/"><channel rdf:about="x"><title>c</title></channel>'
        b'<item rdf:about="https://a.example/1"><title>One</title><dc:date>2026-01-02T03:04:05Z</dc:date></item></rdf:RDF>'
    )
    assert (found.remote_id, found.url, found.title) == ("https://a.example/1", "https://a.example/1", "One")
    assert found.posted_at == datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


def test_a_json_feed_is_read_with_the_exact_text_of_each_item():
    raw = b'{"version": "https://jsonfeed.org/version/1.1", "items": [ {"id": 7, "content_html": "<p>Hi <b>you</b>", "authors": [{"name": "Bo"}], "date_published": "2026-01-02T03:04:05+02:00"} ]}'
    found = only_mention(raw)
    assert (found.remote_id, found.text, found.author.name) == ("7", "Hi you", "Bo")
    assert found.raw in raw and found.raw.startswith(b'{"id": 7') and found.raw.endswith(b"}")


# -- what is broken ----------------------------------------------------------------------------------------------


def test_a_feed_that_was_cut_off_gives_the_entries_before_the_break():
    page = (SAMPLES / "alert.xml").read_bytes()
    whole, cut = read(page[: page.index(b"Lovely")])
    assert isinstance(whole, Mention) and isinstance(cut, Unreadable)
    assert "cut off" in str(cut.why)
    assert cut.raw.startswith(b"<entry>")


def test_a_feed_cut_between_two_entries_says_so_too():
    page = (SAMPLES / "alert.xml").read_bytes()
    whole, cut = read(page[: page.index(b"</entry>") + len(b"</entry>")])
    assert isinstance(whole, Mention) and isinstance(cut, Unreadable)
    assert "ends early" in str(cut.why)


def test_a_cut_json_feed_gives_the_items_before_the_break():
    good, bad = read(
        b'{"version":"https://jsonfeed.org/version/1","items":[{"id":"1","content_text":"a"},{"id":"2","co'
    )
    assert isinstance(good, Mention) and isinstance(bad, Unreadable)
    assert bad.where == "after entry 1"


def test_a_web_page_instead_of_a_feed_names_the_feed_to_use():
    found = only_unreadable(
        b"<!DOCTYPE html>\n<html><head><link rel='alternate' type='application/rss+xml' href='/rss?a=1&amp;b=2'></head>"
    )
    assert "web page" in str(found.why)
    assert "https://tea.example.org/rss?a=1&b=2" in str(found.why)


@pytest.mark.parametrize(
    ("raw", "word"),
    [
        (b"hello", "neither XML nor JSON"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "svg"),
        (b'{"error": "no"}', "not a JSON Feed"),
        (
            b"<!DOCTYPE r [<!ENTITY a 'aa'><!ENTITY b '&a;&a;'>]><rss><item><title>&b;</title></item></rss>",
            "entities",
        ),
        (
            b"<!DOCTYPE r [<!ENTITY a SYSTEM 'file:///etc/passwd'>]><rss><item><title>&a;</title></item></rss>",
            "entities",
        ),
        (b"<!DOCTYPE r [<!ATTLIST item a CDATA 'x'>]><rss><item/></rss>", "entities"),
        (b"<rss><channel>" + b"<a>" * 200_000, "deep"),
        (b"<rss><channel><item>" + b"<a>" * 200_000, "deep"),
        (b'{"items":' + b"[" * 200_000, "broken"),
        (b'{"items":[{"id":' + b"9" * 5_000, "broken"),
    ],
)
def test_what_is_no_feed_or_an_attack_is_refused_in_words(raw, word):
    assert word in str(only_unreadable(raw).why)


def test_an_external_dtd_is_never_fetched_and_known_entities_still_read():
    found = only_mention(
        b"<!DOCTYPE rss SYSTEM 'file:///etc/passwd'><rss><channel><item><title>caf&eacute; &nope;</title></item></channel></rss>"
    )
    assert found.title == "café &nope;"


@pytest.mark.parametrize(
    "codec", ["utf-8", "utf-16", "utf-8-sig", "big5", "euc-kr", "iso-8859-1", "koi8-r", "gb2312"]
)
def test_declared_charsets_are_read_and_the_bytes_kept(codec):
    words = {"big5": "茶壺", "euc-kr": "주전자", "koi8-r": "чайник", "gb2312": "茶壶"}.get(codec, "théière")
    page = f"<?xml version='1.0' encoding='{codec}'?><rss><channel><item><title>{words}</title></item></channel></rss>"
    raw = page.encode(codec)
    found = only_mention(raw)
    assert found.title == words
    assert found.raw in raw


def test_a_charset_that_does_not_exist_is_read_as_utf_8():
    raw = b"<?xml version='1.0' encoding='bogus'?>" + ITEM % "<title>thé</title>".encode()
    assert only_mention(raw).title == "thé"


def test_windows_letters_without_a_declaration_are_read():
    assert only_mention(ITEM % "<title>“thé”</title>".encode("cp1252")).title == "“thé”"


def test_one_bad_byte_is_marked_noted_and_does_not_turn_the_rest_to_gibberish():
    found, note = read(ITEM % ("<title>théière ".encode() + b"\xff" + " détruite</title>".encode()))
    assert isinstance(found, Mention) and isinstance(note, Unreadable)
    assert found.title == "théière ? détruite"
    assert b"\xff" in found.raw
    assert "Byte" in str(note.why) and b"\xff" in note.raw


@pytest.mark.parametrize("mark", [b"\x00", b"\x0b", b"\x1f"])
def test_a_control_character_costs_its_place_only(mark):
    found = only_mention(ITEM % (b"<title>a" + mark + b"b</title>"))
    assert found.title == "a\ufffdb"
    assert mark in found.raw


def test_lone_surrogates_of_a_json_feed_are_shown_as_marks_and_kept_in_the_bytes():
    found = only_mention(
        b'{"version":"https://jsonfeed.org/version/1","items":[{"id":"x\\udc00","content_text":"a\\ud800b\\u0000"}]}'
    )
    assert found.text == "a\ufffdb\ufffd"
    assert b"\\ud800" in found.raw
    found.remote_id.encode("utf-8")


def test_a_prefix_that_nobody_declared_costs_nothing():
    found = read(
        b"<rss><channel><sy:updatePeriod>hourly</sy:updatePeriod><item><dc:creator>Jo</dc:creator><title>x</title></item></channel></rss>"
    )
    assert [each.author.name for each in mentions(found)] == ["Jo"]
    assert not unreadable(found)


# -- HTML ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("a<br>b<p>c", "a\nb\nc"),
        ("1 < 2 & 3 > 2 I <3 you", "1 < 2 & 3 > 2 I <3 you"),
        ('<a title="x > y">z</a>', "z"),
        ("<p don't>stop</p> it's", "stop\nit's"),
        ("a<script>b</script>c<style>d</style>e<SCRIPT>f", "ace"),
        ("a<!-- b --> c", "a c"),
        ("&lt;b&gt; &eacute; &#8364; &nbsp;x", "<b> é € x"),
        ("cut <a href='", "cut <a href='"),
        ("<![CDATA[a < b]]>", "a < b"),
    ],
)
def test_html_reads_as_a_person_would(html, text):
    assert plain(html) == text


def test_endless_text_is_cut_with_a_mark():
    assert len(plain("x" * 3_000_000)) == LONGEST_TEXT


# -- nothing harms -------------------------------------------------------------------------------------------------

BOMBS = {
    "entries": b"<rss><channel>" + b"<item/>" * 1_000_000,
    "broken entries": b"<rss><channel>" + b"<item>&</item>" * 500_000,
    "pieces": b"<rss><channel><item>" + b"<title/>" * 800_000,
    "attributes": b"<rss><channel><item " + b" ".join(b"a%d=''" % n for n in range(500_000)) + b"/>",
    "open tags in text": ITEM % (b"<description>" + b"&lt;a " * 1_500_000 + b"</description>"),
    "nested blocks in text": ITEM % (b"<description>" + b"&lt;div&gt;" * 800_000 + b"</description>"),
    "quotes": ITEM % (b"<description>" + b"&lt;a ='" * 1_000_000 + b"</description>"),
    "comments": ITEM % (b"<description>" + b"&lt;!--" * 1_500_000 + b"</description>"),
    "white": b" " * 9_000_000,
    "nulls": b"\0" * 9_000_000,
    "items": b'{"version":"https://jsonfeed.org/version/1","items":[' + b"{}," * 3_000_000,
    "links": b"<html>" + b"<link " * 1_500_000,
}


@pytest.mark.parametrize("name", BOMBS)
def test_ten_megabytes_of_malice_take_seconds_not_hours(name):
    began = time.process_time()
    read(BOMBS[name])
    assert time.process_time() - began < 10


@given(st.binary(max_size=300))
@example(b"\xff\xfe<\0")
@example(b"<rss><item><title>\xed\xa0\x80</title></item>")
@example(b"{" * 100)
def test_no_bytes_make_reading_fail(raw):
    for each in read(raw):
        assert each.raw or isinstance(each, Unreadable)


PARTS = st.sampled_from(
    [
        b"<rss>", b"<feed xmlns='http://www.w3.org/2005/Atom'>", b"<channel>", b"<item>", b"</item>", b"<entry>", b"</entry>", b"<title>",
        b"</title>", b"<link href='//['>", b"<link>", b"</link>", b"http://[", b"&", b"&nbsp;", b"&#0;", b"\0", b"\xff", b"<![CDATA[", b"]]>",
        b"<!--", b"-->", b"<!DOCTYPE x", b"[", b">", b"<?xml version='1.0' encoding='utf-16'?>", b"words", b"</channel>", b"</rss>", b"</feed>",
        b"<dc:creator>", b"<guid>", b"</guid>", b"{\"items\":[", b"{\"id\":1,\"content_text\":\"\\ud800\"}", b",", b"]}", b"\xef\xbb\xbf",
        b"https://www.google.com/url?url=", b"%FF", b"<pubDate>9999999999999</pubDate>",
    ]
)  # fmt: skip


@given(st.lists(PARTS, max_size=25))
def test_no_order_of_a_feeds_own_parts_makes_reading_fail(parts):
    for each in read(b"".join(parts)):
        if isinstance(each, Mention):
            assert each.raw and each.remote_id
            for text in (each.remote_id, each.text, each.title, each.url, each.author.handle, each.revision):
                assert "\0" not in text
                text.encode("utf-8")
            assert each.posted_at is None or each.posted_at.tzinfo


# -- others' recordings ----------------------------------------------------------------------------------------------


@pytest.mark.shared
def test_recorded_feeds_are_read_whole():
    folder = SHARED / "recordings" / "feeds"
    counts = {path.name: read(path.read_bytes()) for path in sorted(folder.glob("*.xml"))}
    assert {name: (len(mentions(found)), len(unreadable(found))) for name, found in counts.items()} == {
        "RSSWithComments.xml": (30, 0),
        "google_alerts_atom.first6.xml": (6, 0),
    }
    assert not [
        each.url for each in mentions(counts["google_alerts_atom.first6.xml"]) if "google.com" in each.url
    ]


@pytest.mark.shared
@pytest.mark.parametrize(
    ("name", "texts"),
    [
        ("big5.xml", []),
        ("bozo_bogus_encoding.xml", []),
        ("euc-kr.xml", []),
        ("double-encoded-html.xml", ["â\x80¦"]),
    ],
)
def test_recorded_hard_feeds_are_read_or_refused_in_words(name, texts):
    found = read((SHARED / "recordings" / "feeds-broken" / name).read_bytes())
    assert [each.text for each in mentions(found)] == texts
    assert not unreadable(found)
