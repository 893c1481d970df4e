"""S8: one account speaks at its pace, and a flood of the same words is held for a person."""

from __future__ import annotations

import tomllib
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from amends.core.policy import BadPolicy
from amends.reply.pacing import Brake, Pace, SendingPolicy, alike_among, is_held, turn

NOW = datetime(2026, 11, 21, 9, tzinfo=UTC)
PACE = Pace(gap=timedelta(seconds=2), most=3, within=timedelta(minutes=15))
BRAKE = Brake(most=3, within=timedelta(hours=1), alike=0.7, from_words=5)
SORRY = "Sorry about the outage in your street, {}. We expect the line to be back by noon; I will write then."


def ago(*seconds: float) -> list:
    return [NOW - timedelta(seconds=each) for each in seconds]


@pytest.mark.parametrize(
    ("posted", "wait"),
    [
        ([], None),
        (ago(2), None),
        (ago(0.5), 1.5),
        (ago(10, 20), None),
        (ago(10, 20, 30), 870),
        (ago(10, 20, 30, 40), 870),
        (ago(10, 20, 900), None),
        (ago(-3600), 2),
    ],
)
def test_when_the_turn_of_an_account_is(posted, wait):
    found = turn(posted, PACE, NOW)
    assert (found and (found - NOW).total_seconds()) == wait


@given(st.lists(st.integers(0, 900), max_size=60))
def test_an_account_that_waits_its_turn_never_posts_more_than_it_may(gaps):
    posted, now = [], NOW
    for gap in gaps:
        now += timedelta(seconds=gap)
        if (at := turn(posted, PACE, now)) is not None:
            assert turn(posted, PACE, at) is None
            continue
        posted.append(now)
    for moment in posted:
        assert sum(moment - PACE.within < each <= moment for each in posted) <= PACE.most


def test_the_same_words_to_other_people_are_the_same_words():
    earlier = [SORRY.format(name) for name in ("Ioana", "Mihai", "@noor.example")]
    assert alike_among(SORRY.format("Sam"), earlier, BRAKE) == 3
    assert is_held(SORRY.format("Sam"), earlier, BRAKE)
    assert not is_held(SORRY.format("Sam"), earlier[:2], BRAKE)


def test_a_name_is_left_out_of_short_texts():
    earlier = [f"Sorry {name}, which street is it?" for name in ("Ioana", "Mihai", "Lea")]
    assert alike_among("Sorry Sam, which street is it?", earlier, BRAKE) == 0
    assert (
        alike_among("Sorry Sam, which street is it?", earlier, BRAKE, ["Ioana", "Mihai", "Lea", "Sam"]) == 3
    )


@pytest.mark.parametrize(
    "text",
    [
        "I am sorry, Sam. Your parcel left Lyon this morning and is with you tomorrow before ten.",
        "Sorry about the wait, Sam. Which town are you in, and since when is the line dead?",
        "Désolé, Sam. Votre box sera remplacée demain ; je vous écris quand elle part.",
        "Thank you!",
        "",
    ],
)
def test_other_words_are_other_words(text):
    earlier = [SORRY.format(name) for name in ("Ioana", "Mihai", "Lea")]
    assert not is_held(text, earlier, BRAKE)


def test_short_thanks_are_never_held():
    assert not is_held("Thank you!", ["Thank you!"] * 50, BRAKE)


def test_a_brake_of_none_holds_nothing():
    off = Brake(most=0, within=timedelta(hours=1), alike=0.7, from_words=5)
    assert not is_held(SORRY, [SORRY] * 50, off)


def test_the_shipped_policy_can_be_read():
    policy = SendingPolicy.load()
    assert policy.brake.most > 0 and policy.paces == {}


def test_a_desk_sets_the_pace_of_a_network():
    text = '[pace.bluesky]\ngap = "5 seconds"\nmost = 10\nwithin = "1 hour"\n[brake]\n'
    text += 'most = 0\nwithin = "1 hour"\nalike_percent = 70\nfrom_words = 5\n'
    found = SendingPolicy.from_toml(tomllib.loads(text))
    assert found.paces == {"bluesky": Pace(gap=timedelta(seconds=5), most=10, within=timedelta(hours=1))}


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("speed = 3", "unknown key 'speed'"),
        ("brake = 3", "brake is a table"),
        ('[brake]\nmost = "many"', "most is a whole number"),
        ("[brake]\nmost = true", "most is a whole number"),
        ('[brake]\nmost = 5\nwithin = "soon"', "within is a span"),
        ("[pace]\nbluesky = 2", "bluesky is a table"),
        ('[pace.bluesky]\ngap = "1 week"', "gap is a span"),
    ],
)
def test_a_policy_that_cannot_be_used_says_where(text, why):
    with pytest.raises(BadPolicy, match=why):
        SendingPolicy.from_toml(tomllib.loads(text))
