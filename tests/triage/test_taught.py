"""What makes two posts near-identical (people teach it: at once for posts that say nearly the same)."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from amends.triage.taught import FEWEST_WORDS, LIKE_ENOUGH, are_alike, likeness, wording

LONG = (
    "Dear Novatel, the box in the hall has shown a red light since Monday evening and your shop told me to ring the "
    "hotline, which rang for an hour and then hung up on me, so what am I supposed to do now please"
)
NEGATORS = frozenset({"not", "never", "dont", "nu"})


def alike(one: str, other: str) -> bool:
    return are_alike(wording(one), wording(other), NEGATORS)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Unde e coletul?", "UNDE E COLETUL?"),
        ("Où est mon colis", "ou est mon colis"),
        ("@novatel order 4711 is late", "@nova_tel order 98-3 is late"),
        ("See https://a.example/x and answer", "see https://b.example/other   and answer"),
        (LONG, LONG.replace("Monday", "Sunday")),
        (LONG, LONG + " !!!"),
    ],
)
def test_these_say_the_same(one, other):
    assert alike(one, other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Thank you", "Thanks"),
        ("My parcel came", "My parcel never came"),
        ("👍", "👎"),
        (LONG, LONG.replace("has shown", "has never shown")),
        (LONG, LONG.split(" so what")[0].split(" and your")[0]),
        ("", ""),
    ],
)
def test_these_do_not(one, other):
    assert not alike(one, other)


def test_a_denial_makes_long_posts_differ_however_like_they_are():
    one, other = wording(LONG * 3), wording((LONG * 3).replace("rang for", "never rang for", 1))
    assert likeness(one, other) >= LIKE_ENOUGH
    assert not are_alike(one, other, NEGATORS)
    assert are_alike(one, other)


def test_short_posts_have_one_key_and_long_ones_bands():
    assert len(wording("where is it").keys) == 1
    assert len(wording(" ".join("abcdef"[:FEWEST_WORDS])).keys) == 9
    assert wording(" ").keys == ()


def test_keys_stay_for_ever():
    """Rows are found by them."""
    assert wording("Where is my parcel").keys == (5902700501337817255,)
    long = wording("one two three four five six seven").keys
    assert long[1:3] == (-556172085726539396, 5295018333847105465)


def test_near_identical_posts_share_a_key_nearly_always():
    draw = random.Random(7)
    met = []
    for _ in range(300):
        said = ["".join(draw.choices("abcdefghij", k=6)) for _ in range(40)]
        other = list(said)
        # Two changed words touch up to four of 39 pairs: a likeness of 35/43 to 1.
        for at in draw.sample(range(40), draw.choice((1, 2))):
            other[at] = "changed"
        one, two = wording(" ".join(said)), wording(" ".join(other))
        if likeness(one, two) >= LIKE_ENOUGH:
            met.append(bool(set(one.keys) & set(two.keys)))
    assert len(met) > 20
    assert sum(met) >= 0.98 * len(met)


def test_posts_that_have_little_in_common_seldom_share_a_key():
    draw = random.Random(8)
    words = ["".join(draw.choices("abcdefghij", k=6)) for _ in range(400)]
    posts = [wording(f"{LONG} {' '.join(draw.choices(words, k=50))}") for _ in range(40)]
    shared = sum(bool(set(a.keys) & set(b.keys)) for a in posts for b in posts if a is not b)
    assert likeness(posts[0], posts[1]) > 0.25
    assert shared <= 0.15 * 40 * 39


@given(st.text(max_size=400))
def test_any_text_is_like_itself_and_breaks_nothing(text):
    same = wording(text)
    assert are_alike(same, wording(text), NEGATORS) == bool(same.text)
    assert all(-(2**63) <= key < 2**63 for key in same.keys)
