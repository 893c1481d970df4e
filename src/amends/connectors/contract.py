"""What every connector promises, as tests: subclass, give the fixtures `connector` and `network`, run pytest.

    class TestMyNetwork(ListenerContract, SpeakerContract):
        @pytest.fixture
        def network(self):
            with MyFake() as fake:
                yield fake

        @pytest.fixture
        def connector(self, network):
            return MyNetwork(MySettings(...), client=network.client())

`network` is a fake with switches (`FakeNetwork`), written by hand. It must be slow, late and stale by default: what
was posted shows in views only after `settle()`, and a request whose answer is lost takes effect only then. A fake
that is consistent at once passes for wrong connectors (a sender that looks too early posts twice).

The only module here that needs pytest; the product imports it nowhere.
"""

from __future__ import annotations

import contextlib
import dataclasses
import json
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

import pytest

from amends.connectors.base import (
    AnswerLost,
    Gone,
    Image,
    NeedsAttention,
    Outgoing,
    Page,
    Resend,
    RetryLater,
)
from amends.core.mention import Change, Mention, Unreadable

#: Texts that must come out as the text that they are.
HOSTILE = (
    "<script>alert(1)</script> your shop",
    "<b>bold</b> & &amp; &#60;i&#62;",
    "'; DROP TABLE cases; --",
    "{value} %s {{ settings.SECRET_KEY }} {% now %}",
    "right-to-left \u202egnihton and zero\u200bwidth",
    "emoji 👩‍👩‍👧 flag 🇷🇴 and e\u0301",
    "line one\nline two\r\n\ttab",
    '=HYPERLINK("http://evil.example")',
)
#: Bytes that no network ever sends, until it does.
GARBAGE = (
    b"\x00\xff\xfe garbage",
    b"{",
    b"[]",
    b"null",
    b"{}",
    b'"text"',
    b"<html><body>502 Bad Gateway</body></html>",
    b"[" * 100_000,
    b'{"a":' * 50_000,
    b"9" * 5_000,
    b'{"n": NaN}',
    b'{"kind": "\\ud800\\u0000"}',
    "ünïcödé".encode("utf-16"),
    b"\n\n\n",
)


class FakeNetwork(Protocol):
    """The switches. A fake has those that its contracts use."""

    secrets: tuple[str, ...]
    """Passwords and tokens in use: they must show up nowhere."""
    settings: Any
    """The settings that reach this network."""

    def publish(self, text: str, *, to_us: bool = True, reply_to: str = "") -> str:
        """Somebody says `text`; gives the post's remote_id."""

    def edit(self, remote_id: str, text: str) -> None: ...
    def delete(self, remote_id: str) -> None: ...
    def settle(self) -> None:
        """Time passes until everything has taken effect and shows everywhere."""

    def send_unknown_fields(self) -> None:
        """From now on, answers hold fields that no documentation names."""

    def limit_rate(self, seconds: int) -> None:
        """Refuse everything from now on, saying that one may come back in `seconds`."""

    def go_down(self) -> None:
        """Nobody listens any more."""

    def kill_token(self) -> None:
        """Password and tokens are no longer good."""

    def refuse_posts(self, words: str) -> None:
        """Say no to every post, with `words`."""

    def lose_next_answer(self) -> None:
        """The next post is taken and will show after `settle()`; its answer is lost."""

    def posted(self) -> list[str]:
        """The texts of what the connector posted, once everything has settled."""

    def cut_off(self) -> None:
        """Close the stream that the connector follows."""

    def send_raw(self, piece: bytes) -> None:
        """Send these bytes as the stream's next piece."""


def mentions_of(connector: Any, pages: Iterable[Page]) -> list[Mention]:
    """All mentions of `pages`, each once, as the desk takes them in; what cannot be read fails the test."""
    read = [each for page in pages for each in connector.read(page.raw)]
    assert not (broken := [each for each in read if isinstance(each, Unreadable)]), broken
    taken: dict[tuple[str, str, str], Mention] = {}
    for each in read:
        if isinstance(each, Mention):
            taken.setdefault(same(each), each)
    return list(taken.values())


def same(mention: Mention) -> tuple[str, str, str]:
    """What is equal when the same thing comes twice; sources may repeat themselves."""
    return mention.remote_id, mention.revision, mention.change


def said(mentions: Iterable[Mention]) -> list[tuple[str, str, str]]:
    """What must be equal when the same is read twice."""
    return sorted(same(each) for each in mentions)


class _Reading:
    """Promises about bytes, for whoever has `read`. A subclass gives `first_pages`."""

    def first_pages(self, connector: Any, network: Any) -> list[Page]:
        raise AssertionError("a contract says how pages are got")

    def test_raw_bytes_are_kept(self, connector: Any, network: Any) -> None:
        network.publish("My parcel never came.")
        pages = self.first_pages(connector, network)
        assert all(page.raw for page in pages if list(connector.read(page.raw)))
        assert [each.text for each in mentions_of(connector, pages) if each.raw] == ["My parcel never came."]

    def test_reading_the_same_bytes_says_the_same(self, connector: Any, network: Any) -> None:
        network.publish("My parcel never came.")
        pages = self.first_pages(connector, network)
        assert mentions_of(connector, pages) == mentions_of(connector, pages)

    def test_ids_are_stable(self, connector: Any, network: Any) -> None:
        remote_id = network.publish("My parcel never came.")
        (mention,) = mentions_of(connector, self.first_pages(connector, network))
        assert mention.remote_id == remote_id
        assert mention.network == connector.traits.name == mention.author.network
        assert mention.author.remote_id

    def test_times_have_a_zone(self, connector: Any, network: Any) -> None:
        network.publish("My parcel never came.")
        for mention in mentions_of(connector, self.first_pages(connector, network)):
            assert mention.posted_at is None or mention.posted_at.tzinfo is not None

    @pytest.mark.parametrize("text", HOSTILE)
    def test_hostile_text_stays_text(self, connector: Any, network: Any, text: str) -> None:
        network.publish(text)
        (mention,) = mentions_of(connector, self.first_pages(connector, network))
        assert mention.text.split() == text.split()

    def test_unknown_fields_are_ignored(self, connector: Any, network: Any) -> None:
        network.send_unknown_fields()
        network.publish("My parcel never came.")
        assert [each.text for each in mentions_of(connector, self.first_pages(connector, network))] == [
            "My parcel never came."
        ]

    @pytest.mark.parametrize("raw", GARBAGE, ids=lambda raw: repr(raw[:16]))
    def test_garbage_is_never_an_exception(self, connector: Any, network: Any, raw: bytes) -> None:
        assert all(isinstance(each, Mention | Unreadable) for each in connector.read(raw))

    def test_garbage_goes_to_quarantine_with_its_bytes(self, connector: Any, network: Any) -> None:
        (broken,) = connector.read(GARBAGE[0])
        assert isinstance(broken, Unreadable)
        assert broken.raw == GARBAGE[0]
        assert str(broken.why) and broken.where

    def test_a_page_cut_short_anywhere_is_never_an_exception(self, connector: Any, network: Any) -> None:
        network.publish("My parcel never came.")
        for page in self.first_pages(connector, network):
            for end in range(0, len(page.raw), max(len(page.raw) // 300, 1)):
                assert all(isinstance(each, Mention | Unreadable) for each in connector.read(page.raw[:end]))

    def test_a_page_with_any_byte_changed_is_never_an_exception(self, connector: Any, network: Any) -> None:
        network.publish("My parcel never came.")
        for page in self.first_pages(connector, network):
            for at in range(0, len(page.raw), max(len(page.raw) // 300, 1)):
                changed = page.raw[:at] + bytes([page.raw[at] ^ 0x5A]) + page.raw[at + 1 :]
                assert all(isinstance(each, Mention | Unreadable) for each in connector.read(changed))


def stored(cursor: str) -> str:
    """A cursor as it comes back from the data base."""
    assert isinstance(cursor, str)
    assert "\x00" not in cursor and len(cursor) < 4000
    back: str = json.loads(json.dumps(cursor).encode())
    return back


def no_secret_in(network: Any, *shown: object) -> None:
    """Fail when anything shown holds a password or a token."""
    for each in shown:
        words = f"{each!r} {each}"
        assert not [secret for secret in network.secrets if secret in words], "a secret shows"


class ListenerContract(_Reading):
    """Promises of `fetch` and `read`."""

    def fetch_all(self, connector: Any, cursor: str = "") -> list[Page]:
        """Pages until there is no more."""
        pages: list[Page] = []
        for _ in range(200):
            pages.append(connector.fetch(cursor))
            cursor = stored(pages[-1].cursor)
            if not pages[-1].more:
                return pages
        raise AssertionError("the source never comes to an end")

    def first_pages(self, connector: Any, network: Any) -> list[Page]:
        network.settle()
        return self.fetch_all(connector)

    def test_the_same_cursor_gives_the_same_mentions(self, connector: Any, network: Any) -> None:
        network.publish("one")
        network.settle()
        cursor = self.fetch_all(connector)[-1].cursor
        network.publish("two")
        network.settle()
        once, again = (mentions_of(connector, self.fetch_all(connector, cursor)) for _ in range(2))
        assert said(once) == said(again)
        assert "two" in [each.text for each in once]

    def test_the_cursor_survives_storage_and_a_restart(self, connector: Any, network: Any) -> None:
        ids = [network.publish(f"number {number}") for number in range(5)]
        network.settle()
        pages = self.fetch_all(connector)
        ids += [network.publish(f"later {number}") for number in range(5)]
        network.settle()
        pages += self.fetch_all(connector, stored(pages[-1].cursor))
        assert {each.remote_id for each in mentions_of(connector, pages)} == set(ids)

    def test_what_comes_late_is_not_missed(self, connector: Any, network: Any) -> None:
        cursor = self.fetch_all(connector)[-1].cursor
        late = network.publish("late")
        cursor = self.fetch_all(connector, cursor)[-1].cursor
        network.settle()
        assert late in {each.remote_id for each in mentions_of(connector, self.fetch_all(connector, cursor))}

    def test_a_foreign_cursor_is_not_an_exception(self, connector: Any, network: Any) -> None:
        network.publish("one")
        network.settle()
        assert [
            each.text for each in mentions_of(connector, self.fetch_all(connector, "no cursor of ours"))
        ] == ["one"]

    def test_a_rate_limit_says_when_to_come_back(self, connector: Any, network: Any) -> None:
        network.limit_rate(90)
        with pytest.raises(RetryLater) as later:
            connector.fetch("")
        assert timedelta(seconds=88) <= later.value.after <= timedelta(seconds=180)
        no_secret_in(network, connector, later.value)

    def test_a_network_that_is_down_is_tried_again(self, connector: Any, network: Any) -> None:
        network.go_down()
        with pytest.raises(RetryLater) as later:
            connector.fetch("")
        no_secret_in(network, later.value)

    def test_no_secret_is_in_what_is_kept(self, connector: Any, network: Any) -> None:
        network.publish("one")
        network.settle()
        for page in self.fetch_all(connector):
            no_secret_in(network, page.url, page.cursor, page.raw.decode("utf-8", "replace"))


class ChangesContract:
    """For sources in which edits and deletions come by."""

    def changes(self, connector: Any, network: Any, act: Callable[[str], None]) -> list[Mention]:
        """What is read after somebody said "before" and then `act(remote_id)` was done."""
        raise AssertionError("a contract says how changes are got")

    def test_an_edit_is_seen_as_an_edit(self, connector: Any, network: Any) -> None:
        mentions = self.changes(connector, network, lambda remote_id: network.edit(remote_id, "after"))
        first, second = (each for each in mentions if each.text in ("before", "after"))
        assert (first.change, second.change) == (Change.SAID, Change.EDITED)
        assert first.remote_id == second.remote_id
        assert first.revision != second.revision or not first.revision

    def test_a_deletion_is_seen_as_a_deletion(self, connector: Any, network: Any) -> None:
        mentions = self.changes(connector, network, network.delete)
        assert [each.change for each in mentions] == [Change.SAID, Change.DELETED]
        assert mentions[0].remote_id == mentions[1].remote_id
        assert mentions[1].text == ""


class FakeInterest:
    """Wants posts with one of some words; knows the ids that it was told of."""

    def __init__(self, *wanted: str, known: Iterable[str] = ()) -> None:
        self.wanted, self.known = wanted, set(known)

    def wants(self, text: str) -> bool:
        return any(word.casefold() in text.casefold() for word in self.wanted)

    def knows(self, remote_ids: Iterable[str]) -> set[str]:
        return self.known & set(remote_ids)


class Following:
    """A follower in a thread, as the desk runs it: it takes each mention in once, and knows the posts that it took."""

    def __init__(self, connector: Any, interest: FakeInterest, cursor: str = "") -> None:
        self.connector, self.interest, self.cursor = connector, interest, cursor
        self.pages: list[Page] = []
        self.mentions: list[Mention] = []
        self.unreadable: list[Unreadable] = []
        self.ended: BaseException | None = None
        self._taken: set[tuple[str, str, str]] = set()
        self.stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def _run(self) -> None:
        try:
            for page in self.connector.follow(self.cursor, self.interest, self.stop):
                for each in self.connector.read(page.raw):
                    if isinstance(each, Unreadable):
                        self.unreadable.append(each)
                    elif same(each) not in self._taken:
                        self._taken.add(same(each))
                        self.interest.known.add(each.remote_id)
                        self.mentions.append(each)
                self.pages.append(page)
                self.cursor = stored(page.cursor)
        except (RetryLater, NeedsAttention) as end:
            self.ended = end

    def __enter__(self) -> Following:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop.set()
        self._thread.join(10)
        assert not self._thread.is_alive(), "the follower does not stop"

    def until(self, is_so: Callable[[Following], object], seconds: float = 10) -> Following:
        """Wait until `is_so(self)`; fail after `seconds`."""
        end = time.monotonic() + seconds
        while not is_so(self):
            assert time.monotonic() < end, (
                f"not within {seconds} s; read {self.mentions}, ended by {self.ended!r}"
            )
            time.sleep(0.02)
        return self

    @property
    def texts(self) -> list[str]:
        return [each.text for each in self.mentions]


class FollowerContract(_Reading, ChangesContract):
    """Promises of `follow` and `read`. The fake's posts hold a wanted word where the test does not say else."""

    #: Put before every text that must be kept; the interest wants it.
    word = "Northwind"

    def first_pages(self, connector: Any, network: Any) -> list[Page]:
        with Following(connector, FakeInterest("")) as following:
            network.settle()
            following.until(lambda it: it.mentions)
        return following.pages

    def changes(self, connector: Any, network: Any, act: Callable[[str], None]) -> list[Mention]:
        with Following(connector, FakeInterest("before")) as following:
            remote_id = network.publish("before")
            network.settle()
            following.until(lambda it: it.mentions)
            act(remote_id)
            network.settle()
            following.until(lambda it: len(it.mentions) > 1)
        return following.mentions

    def test_only_what_concerns_us_is_kept(self, connector: Any, network: Any) -> None:
        with Following(connector, FakeInterest(self.word)) as following:
            network.publish("the weather is fine", to_us=False)
            network.publish(f"my {self.word} parcel never came", to_us=False)
            network.publish("and so to bed", to_us=False)
            network.settle()
            following.until(lambda it: it.mentions)
        assert following.texts == [f"my {self.word} parcel never came"]

    def test_answers_to_what_we_know_are_kept_whatever_their_words(
        self, connector: Any, network: Any
    ) -> None:
        with Following(connector, FakeInterest(self.word)) as following:
            first = network.publish(f"{self.word} lost my parcel", to_us=False)
            network.settle()
            following.until(lambda it: it.mentions)
            network.publish("same here", to_us=False, reply_to=first)
            network.settle()
            following.until(lambda it: len(it.mentions) > 1)
        assert following.mentions[1].in_reply_to == first

    def test_strangers_edits_and_deletions_are_not_kept(self, connector: Any, network: Any) -> None:
        with Following(connector, FakeInterest(self.word)) as following:
            stranger = network.publish("the weather is fine", to_us=False)
            network.edit(stranger, "the weather is bad")
            network.delete(stranger)
            network.publish(f"hello {self.word}", to_us=False)
            network.settle()
            following.until(lambda it: it.mentions)
        assert following.texts == [f"hello {self.word}"]

    def test_the_cursor_survives_storage_and_a_restart(self, connector: Any, network: Any) -> None:
        with Following(connector, FakeInterest(self.word)) as before:
            first = network.publish(f"{self.word} one", to_us=False)
            network.settle()
            before.until(lambda it: it.mentions)
        second = network.publish(f"{self.word} two, while nobody followed", to_us=False)
        network.settle()
        with Following(connector, FakeInterest(self.word), before.cursor) as after:
            after.until(lambda it: second in [each.remote_id for each in it.mentions])
        assert before.mentions[0].remote_id == first

    def test_the_same_cursor_gives_the_same_mentions(self, connector: Any, network: Any) -> None:
        with Following(connector, FakeInterest(self.word)) as before:
            network.publish(f"{self.word} one", to_us=False)
            network.settle()
            before.until(lambda it: it.mentions)
        network.publish(f"{self.word} two", to_us=False)
        network.settle()
        read = []
        for _ in range(2):
            with Following(connector, FakeInterest(self.word), before.cursor) as after:
                after.until(lambda it: f"{self.word} two" in it.texts)
            read.append(said(after.mentions))
        assert read[0] == read[1]

    def test_a_cut_is_told_and_nothing_is_lost(self, connector: Any, network: Any) -> None:
        with Following(connector, FakeInterest(self.word)) as before:
            network.publish(f"{self.word} one", to_us=False)
            network.settle()
            before.until(lambda it: it.mentions)
            network.publish(f"{self.word} two", to_us=False)
            network.cut_off()
            before.until(lambda it: it.ended)
        assert isinstance(before.ended, RetryLater)
        network.settle()
        with Following(connector, FakeInterest(self.word), before.cursor) as after:
            after.until(lambda it: f"{self.word} two" in before.texts + it.texts)

    def test_a_network_that_is_down_is_tried_again(self, connector: Any, network: Any) -> None:
        network.go_down()
        with Following(connector, FakeInterest(self.word)) as following:
            following.until(lambda it: it.ended)
        assert isinstance(following.ended, RetryLater)

    def test_it_stops_within_a_second(self, connector: Any, network: Any) -> None:
        with Following(connector, FakeInterest(self.word)) as following:
            network.publish(f"{self.word} one", to_us=False)
            network.settle()
            following.until(lambda it: it.mentions)
            asked_at = time.monotonic()
        assert time.monotonic() - asked_at < 1.0

    def test_pieces_that_cannot_be_read_are_kept_and_the_rest_flows_on(
        self, connector: Any, network: Any
    ) -> None:
        with Following(connector, FakeInterest(self.word)) as following:
            network.send_raw(GARBAGE[0])
            network.publish(f"{self.word} after it", to_us=False)
            network.settle()
            following.until(lambda it: it.mentions)
        assert len(following.unreadable) == 1
        assert following.texts == [f"{self.word} after it"]


class AccountContract:
    """For connectors that sign in. A subclass gives `use`, a call that needs the account."""

    def use(self, connector: Any, network: Any) -> object:
        return connector.check()

    def test_a_dead_token_needs_a_person(self, connector: Any, network: Any) -> None:
        network.kill_token()
        with pytest.raises(NeedsAttention) as attention:
            self.use(connector, network)
        assert str(attention.value.what)
        no_secret_in(network, attention.value, connector)

    def test_no_secret_shows(self, connector: Any, network: Any) -> None:
        found = self.use(connector, network)
        no_secret_in(
            network, connector, vars(connector) if not hasattr(connector, "_password") else "", found
        )

    def test_the_settings_hide_the_secret(self, connector: Any, network: Any) -> None:
        no_secret_in(network, network.settings)


class SpeakerContract(AccountContract):
    """Promises of `new_key`, `send` and `find_sent`."""

    now = datetime(2026, 3, 1, 12, tzinfo=UTC)

    def reply(self, network: Any, text: str = "We are sorry, and we are looking into it.") -> Outgoing:
        parent = network.publish("My parcel never came.")
        network.settle()
        return Outgoing(text=text, in_reply_to=parent, thread_id=parent)

    def test_keys_are_never_the_same(self, connector: Any, network: Any) -> None:
        keys = [connector.new_key(self.now) for _ in range(1000)]
        assert len(set(keys)) == 1000
        assert all(isinstance(key, str) and key for key in keys)

    def test_a_reply_is_posted_and_found(self, connector: Any, network: Any) -> None:
        reply, key = self.reply(network), connector.new_key(self.now)
        receipt = connector.send(reply, key)
        network.settle()
        found = connector.find_sent(reply, key)
        assert network.posted() == [reply.text] == [receipt.text]
        assert receipt.remote_id and receipt.url
        if connector.traits.resend is not Resend.BY_PERSON:
            assert found is not None
            assert (found.remote_id, found.text) == (receipt.remote_id, reply.text)

    def test_one_key_is_one_post(self, connector: Any, network: Any) -> None:
        reply, key = self.reply(network), connector.new_key(self.now)
        connector.send(reply, key)
        if connector.traits.resend is not Resend.BY_PERSON:
            with contextlib.suppress(AnswerLost, NeedsAttention, RetryLater):
                connector.send(reply, key)
        network.settle()
        assert network.posted() == [reply.text]

    def test_a_lost_answer_is_told_and_found_again(self, connector: Any, network: Any) -> None:
        reply, key = self.reply(network), connector.new_key(self.now)
        network.lose_next_answer()
        with pytest.raises(AnswerLost) as lost:
            connector.send(reply, key)
        no_secret_in(network, lost.value)
        network.settle()
        assert network.posted() == [reply.text]
        if connector.traits.resend is not Resend.BY_PERSON:
            found = connector.find_sent(reply, key)
            assert found is not None and found.text == reply.text

    def test_what_was_never_sent_is_not_found(self, connector: Any, network: Any) -> None:
        assert connector.find_sent(self.reply(network), connector.new_key(self.now)) is None

    def test_too_long_is_refused_before_anything_is_sent(self, connector: Any, network: Any) -> None:
        limit = connector.traits.longest_reply
        if limit:
            reply = self.reply(network, "x" * (limit + 1))
            with pytest.raises(NeedsAttention):
                connector.send(reply, connector.new_key(self.now))
        assert network.posted() == []

    def test_a_refusal_needs_a_person_and_says_why(self, connector: Any, network: Any) -> None:
        reply = self.reply(network)
        network.refuse_posts("no more words today")
        with pytest.raises(NeedsAttention) as refused:
            connector.send(reply, connector.new_key(self.now))
        assert "no more words today" in str(refused.value.what)
        assert network.posted() == []

    def test_a_rate_limit_on_sending_posts_nothing(self, connector: Any, network: Any) -> None:
        reply = self.reply(network)
        network.limit_rate(90)
        with pytest.raises(RetryLater) as later:
            connector.send(reply, connector.new_key(self.now))
        assert later.value.after >= timedelta(seconds=88)
        network.settle()
        assert network.posted() == []

    def test_nobody_there_means_not_posted(self, connector: Any, network: Any) -> None:
        reply = self.reply(network)
        network.go_down()
        with pytest.raises(RetryLater):
            connector.send(reply, connector.new_key(self.now))
        assert network.posted() == []

    def test_a_post_that_is_gone_is_not_answered(self, connector: Any, network: Any) -> None:
        reply = self.reply(network)
        network.delete(reply.in_reply_to)
        network.settle()
        with pytest.raises(NeedsAttention):
            connector.send(reply, connector.new_key(self.now))
        assert network.posted() == []


class LookerContract:
    """Promises of `look`."""

    def look(self, connector: Any, *remote_ids: str) -> list[Mention | Gone]:
        found: Iterator[Mention | Gone] = connector.look(remote_ids)
        return list(found)

    def test_a_post_is_seen_as_it_is_now(self, connector: Any, network: Any) -> None:
        remote_id = network.publish("before")
        network.settle()
        (before,) = self.look(connector, remote_id)
        network.edit(remote_id, "after")
        network.settle()
        (after,) = self.look(connector, remote_id)
        assert isinstance(before, Mention) and isinstance(after, Mention)
        assert (before.text, after.text) == ("before", "after")
        assert before.revision != after.revision or not before.revision
        assert after.raw

    def test_a_deleted_post_is_gone(self, connector: Any, network: Any) -> None:
        remote_id = network.publish("before")
        network.settle()
        network.delete(remote_id)
        network.settle()
        assert self.look(connector, remote_id) == [Gone(remote_id=remote_id)]

    def test_a_post_that_does_not_show_yet_is_not_called_gone(self, connector: Any, network: Any) -> None:
        remote_id = network.publish("too young to show")
        assert Gone(remote_id=remote_id) not in self.look(connector, remote_id)

    def test_many_posts_are_looked_at_in_one_go(self, connector: Any, network: Any) -> None:
        ids = [network.publish(f"number {number}") for number in range(60)]
        network.settle()
        network.delete(ids[7])
        network.settle()
        found = self.look(connector, *ids)
        assert sorted(each.remote_id for each in found) == sorted(ids)
        assert [each for each in found if isinstance(each, Gone)] == [Gone(remote_id=ids[7])]

    def test_what_is_no_post_is_passed_over(self, connector: Any, network: Any) -> None:
        remote_id = network.publish("here")
        network.settle()
        found = self.look(connector, "", "no id at all", "at://x", "\x00", remote_id)
        assert [each.text for each in found if isinstance(each, Mention)] == ["here"]

    def test_a_rate_limit_on_looking_says_when_to_come_back(self, connector: Any, network: Any) -> None:
        remote_id = network.publish("here")
        network.settle()
        network.limit_rate(90)
        with pytest.raises(RetryLater) as later:
            self.look(connector, remote_id)
        assert later.value.after >= timedelta(seconds=88)

    def test_a_network_that_is_down_says_nothing_of_anybody(self, connector: Any, network: Any) -> None:
        remote_id = network.publish("here")
        network.settle()
        network.go_down()
        with pytest.raises(RetryLater):
            self.look(connector, remote_id)


class _Posted(SpeakerContract):
    """A reply of ours that is there."""

    def posted(
        self, connector: Any, network: Any, text: str = "We are sorry for the delay."
    ) -> tuple[Outgoing, str]:
        reply = self.reply(network, text)
        receipt = connector.send(reply, connector.new_key(self.now))
        network.settle()
        return reply, receipt.remote_id


class EditorContract(_Posted):
    """Promises of `edit`."""

    def edited(self, reply: Outgoing, text: str = "We are sorry: it leaves today.") -> Outgoing:
        return dataclasses.replace(reply, text=text)

    def test_a_reply_is_edited_where_it_stands(self, connector: Any, network: Any) -> None:
        reply, remote_id = self.posted(connector, network)
        receipt = connector.edit(remote_id, self.edited(reply))
        network.settle()
        assert receipt.remote_id == remote_id
        assert network.posted() == ["We are sorry: it leaves today."] == [receipt.text]

    def test_an_edit_that_is_asked_for_twice_is_made_once(self, connector: Any, network: Any) -> None:
        reply, remote_id = self.posted(connector, network)
        first = connector.edit(remote_id, self.edited(reply))
        network.settle()
        second = connector.edit(remote_id, self.edited(reply))
        network.settle()
        assert network.posted() == [first.text] == [second.text]

    def test_an_edit_whose_answer_is_lost_is_asked_for_again(self, connector: Any, network: Any) -> None:
        reply, remote_id = self.posted(connector, network)
        network.lose_next_answer()
        with pytest.raises(RetryLater):
            connector.edit(remote_id, self.edited(reply))
        network.settle()
        connector.edit(remote_id, self.edited(reply))
        network.settle()
        assert network.posted() == ["We are sorry: it leaves today."]

    def test_what_is_gone_cannot_be_edited(self, connector: Any, network: Any) -> None:
        reply, remote_id = self.posted(connector, network)
        connector.remove(remote_id)
        network.settle()
        with pytest.raises(NeedsAttention):
            connector.edit(remote_id, self.edited(reply))
        assert network.posted() == []

    def test_an_edit_that_is_too_long_changes_nothing(self, connector: Any, network: Any) -> None:
        reply, remote_id = self.posted(connector, network)
        with pytest.raises(NeedsAttention):
            connector.edit(remote_id, self.edited(reply, "x" * (connector.traits.longest_reply + 1)))
        assert network.posted() == [reply.text]

    def test_a_rate_limit_on_editing_changes_nothing(self, connector: Any, network: Any) -> None:
        reply, remote_id = self.posted(connector, network)
        network.limit_rate(90)
        with pytest.raises(RetryLater):
            connector.edit(remote_id, self.edited(reply))
        assert network.posted() == [reply.text]


class RemoverContract(_Posted):
    """Promises of `remove`."""

    def test_a_reply_is_taken_down(self, connector: Any, network: Any) -> None:
        _, remote_id = self.posted(connector, network)
        connector.remove(remote_id)
        network.settle()
        assert network.posted() == []

    def test_what_is_gone_is_taken_down_already(self, connector: Any, network: Any) -> None:
        _, remote_id = self.posted(connector, network)
        connector.remove(remote_id)
        network.settle()
        connector.remove(remote_id)
        assert network.posted() == []

    def test_a_removal_whose_answer_is_lost_is_asked_for_again(self, connector: Any, network: Any) -> None:
        _, remote_id = self.posted(connector, network)
        network.lose_next_answer()
        with pytest.raises(RetryLater):
            connector.remove(remote_id)
        network.settle()
        connector.remove(remote_id)
        assert network.posted() == []

    def test_what_others_wrote_is_not_touched(self, connector: Any, network: Any) -> None:
        theirs = network.publish("before")
        network.settle()
        with contextlib.suppress(NeedsAttention):
            connector.remove(theirs)
        network.settle()
        (there,) = connector.look([theirs])
        assert isinstance(there, Mention) and there.text == "before"

    def test_a_rate_limit_on_removing_takes_nothing_down(self, connector: Any, network: Any) -> None:
        reply, remote_id = self.posted(connector, network)
        network.limit_rate(90)
        with pytest.raises(RetryLater):
            connector.remove(remote_id)
        assert network.posted() == [reply.text]


#: The smallest PNG: one pixel.
PIXEL = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108000000003a7e9b5500"
    "00000a49444154789c636800000082008177cd72b60000000049454e44ae426082"
)


class ImagesContract(_Posted):
    """Promises of `send` about `Outgoing.media`."""

    def reply(self, network: Any, text: str = "Here is where the switch is.") -> Outgoing:
        images = [
            Image(data=PIXEL, media_type="image/png", alt=alt, width=1, height=1)
            for alt in ("a box", "its switch")
        ]
        return dataclasses.replace(super().reply(network, text), media=tuple(images))

    def test_images_go_out_in_order_with_their_words(self, connector: Any, network: Any) -> None:
        self.posted(connector, network)
        assert network.images() == ["a box", "its switch"]

    def test_images_whose_answer_is_lost_are_brought_again(self, connector: Any, network: Any) -> None:
        reply, key = self.reply(network), connector.new_key(self.now)
        network.lose_next_upload()
        with pytest.raises(RetryLater):
            connector.send(reply, key)
        assert network.posted() == []
        connector.send(reply, key)
        network.settle()
        assert network.images() == ["a box", "its switch"]
        assert network.posted() == [reply.text]
