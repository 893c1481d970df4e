"""A reply goes out as it was approved, and never blindly twice."""

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.reply.makers import NOW

from amends.core.graph import Refused
from amends.core.mention import Visibility
from amends.reply.outbox import OUTBOX, EntryFacts, EntryStatus, body_digest, is_undoable


def make_facts(**changes: Any) -> EntryFacts:
    facts: dict[str, Any] = {"now": NOW, "send_at": NOW, "approved_digest": "d", "digest": "d"}
    return EntryFacts(**(facts | changes))


def walk(*events: str, start: str = EntryStatus.APPROVED, **facts: Any) -> str:
    status = start
    for event in events:
        status = OUTBOX.fire(event, status, make_facts(**facts)).target
    return status


@pytest.mark.parametrize(
    ("events", "facts", "end"),
    [
        (["claim", "confirm"], {"has_receipt": True}, "sent"),
        (["claim", "release", "claim", "confirm"], {"has_receipt": True}, "sent"),
        (["cancel"], {"by_person": True}, "cancelled"),
        (["claim", "release", "cancel"], {"by_person": True}, "cancelled"),
        (["claim", "refuse", "try_again"], {"by_person": True}, "approved"),
        (["claim", "refuse", "give_up"], {"by_person": True}, "cancelled"),
        (["claim", "lose", "find"], {"has_receipt": True}, "sent"),
        (["claim", "lose", "find"], {"by_person": True}, "sent"),
        (["claim", "lose", "miss", "try_again"], {"by_person": True}, "approved"),
        (["claim", "lose", "find_nothing"], {"is_surely_absent": True}, "approved"),
        (["hand_over", "find"], {"by_person": True, "can_write": False}, "sent"),
        (["hand_over", "cancel"], {"by_person": True, "can_write": False}, "cancelled"),
        (["hold", "let_go", "claim", "confirm"], {"by_person": True, "has_receipt": True}, "sent"),
        (["hold", "cancel"], {"by_person": True}, "cancelled"),
        (["doubt", "find"], {"has_receipt": True}, "sent"),
        (
            ["doubt", "find_nothing", "claim", "confirm"],
            {"is_surely_absent": True, "has_receipt": True},
            "sent",
        ),
        (["doubt", "miss", "try_again"], {"by_person": True}, "approved"),
    ],
)
def test_the_ways_of_a_reply(events, facts, end):
    assert walk(*events, **facts) == end


@pytest.mark.parametrize(
    ("event", "start", "facts", "why"),
    [
        ("claim", "approved", {"digest": "other"}, "not the text that was approved"),
        ("claim", "approved", {"send_at": NOW + timedelta(seconds=1)}, "can still be undone"),
        ("claim", "approved", {"can_write": False}, "Post it there yourself"),
        ("claim", "unsure", {}, "not possible"),
        ("try_again", "unsure", {"by_person": True}, "not possible"),
        ("release", "unsure", {}, "not possible"),
        ("find", "unsure", {}, "Nobody has seen"),
        ("find_nothing", "unsure", {}, "may still be public"),
        ("miss", "unsure", {}, "Only a person"),
        ("try_again", "failed", {}, "Only a person"),
        ("try_again", "failed", {"by_person": True, "digest": "other"}, "not the text"),
        ("confirm", "sending", {}, "under which number"),
        ("cancel", "sending", {"by_person": True}, "not possible"),
        ("cancel", "sent", {"by_person": True}, "not possible"),
        ("hand_over", "approved", {}, "ourselves"),
        ("let_go", "held", {}, "Only a person"),
        ("claim", "held", {}, "not possible"),
        ("claim", "waiting", {}, "not possible"),
        ("follow", "waiting", {"digest": "other"}, "not the text that was approved"),
        ("cancel", "waiting", {}, "Only a person"),
    ],
)
def test_what_is_refused_and_why(event, start, facts, why):
    with pytest.raises(Refused, match=why):
        walk(event, start=start, **facts)


@pytest.mark.parametrize(
    ("events", "facts", "end"),
    [
        (["follow", "claim", "confirm"], {"has_receipt": True}, "sent"),
        (["cancel"], {"by_person": True}, "cancelled"),
        (["strand", "find"], {"by_person": True}, "sent"),
    ],
)
def test_the_ways_of_a_later_part(events, facts, end):
    assert walk(*events, start=EntryStatus.WAITING, **facts) == end


@given(st.lists(st.sampled_from([row.event for row in OUTBOX.table]), max_size=14))
def test_a_lost_answer_is_never_sent_again_without_a_look(events):
    status, lost_and_not_looked = str(EntryStatus.APPROVED), False
    for event in events:
        try:
            target = OUTBOX.fire(event, status, make_facts(has_receipt=True, by_person=True)).target
        except Refused:
            continue
        lost_and_not_looked = target == "unsure" or (lost_and_not_looked and event not in ("miss", "find"))
        assert not (lost_and_not_looked and target in ("sending", "approved"))
        status = target


def test_each_part_of_an_approval_changes_its_digest():
    whole = ("Thank you.", "at://1", "shop", Visibility.PUBLIC)
    others = [
        ("Thank you!", "at://1", "shop", Visibility.PUBLIC),
        ("Thank you.", "at://2", "shop", Visibility.PUBLIC),
        ("Thank you.", "at://1", "shop2", Visibility.PUBLIC),
        ("Thank you.", "at://1", "shop", Visibility.DIRECT),
        ("Thank you.at://1", "", "shop", Visibility.PUBLIC),
    ]
    digests = {body_digest(*each) for each in [whole, *others]}
    assert len(digests) == 6
    assert body_digest(*whole) == body_digest(*whole) and len(body_digest(*whole)) == 64


def test_media_and_the_place_in_a_thread_are_part_of_the_approval():
    whole = ("Thank you.", "at://1", "shop", Visibility.PUBLIC)
    cat = {"attachment": 1, "digest": "c" * 64, "alt": "A cat"}
    dog = {"attachment": 2, "digest": "d" * 64, "alt": "A dog"}
    others: list[dict[str, Any]] = [
        {},
        {"media": [cat]},
        {"media": [dog]},
        {"media": [cat, dog]},
        {"media": [dog, cat]},
        {"media": [{**cat, "alt": "The cat"}]},
        {"media": [{**cat, "attachment": 3}]},
        {"media": [{**cat, "digest": "e" * 64}]},
        {"parts": 2},
        {"parts": 3},
        {"part": 2, "parts": 3, "first_key": "k1"},
        {"part": 3, "parts": 3, "first_key": "k1"},
        {"part": 2, "parts": 3, "first_key": "k1", "follows": True},
        {"part": 2, "parts": 3, "first_key": "k2"},
        {"part": 2, "parts": 3, "first_key": "k1", "media": [cat]},
    ]
    assert len({body_digest(*whole, **each) for each in others}) == len(others)


def test_a_digest_is_the_same_for_ever():
    assert (
        body_digest("Désolé 🧡", "at://1", "shop", Visibility.PUBLIC)
        == "a4124d57584275a3f4f3f12a7ea05beec29120675754de9ee3f7c5dcb08159df"
    )


def test_undo_ends_with_its_window():
    window = timedelta(seconds=10)
    assert is_undoable(NOW, window, NOW + timedelta(seconds=9))
    assert not is_undoable(NOW, window, NOW + window)
