"""Plays that a desk writes: tried on past cases before they count, kept in versions, and the way back."""

from __future__ import annotations

import pytest
from tests.makers import make_agent

from amends.core.graph import Refused
from amends.desk import playbook, policies, reviewing
from amends.store import models as rows

pytestmark = pytest.mark.django_db

OWN = """
[[play]]
name = "parcels"
title = { en = "Parcels" }
when = { topics = ["delivery"] }
steps = ["ask", "apologise"]
[play.opening]
en = "Which parcel?"

[[play]]
name = "rest"
title = { en = "The rest" }
steps = ["acknowledge"]
[play.opening]
en = "We have read it."
"""


@pytest.fixture
def lead(desk):
    return make_agent("Lea", "lead")


def test_a_preview_says_which_cases_would_change_and_writes_nothing(desk, lead):
    parcel = desk.hear("Novatel, my parcel never came", "ioana")
    desk.hear("Novatel, my bill is wrong", "mihai")
    seen = playbook.preview(OWN, by=lead)
    assert seen.cases == seen.n_changed == 2 and not seen.is_same
    assert {each.case_id: each.after for each in seen.changed}[parcel.pk] == "parcels"
    assert ("rest", 0, 1) in seen.counts and ("parcels", 0, 1) in seen.counts
    assert not rows.PlaybookVersion.objects.exists()
    same = playbook.preview(playbook.text_in_force(), by=lead)
    assert same.is_same and not same.changed


def test_a_case_keeps_the_plays_by_which_it_was_judged(desk, lead):
    old = desk.hear("Novatel, my parcel never came", "ioana")
    first = playbook.save(OWN, "Shorter answers", by=lead, now=desk.now)
    new = desk.hear("Novatel, my parcel never came either", "mihai")
    assert (old.playbook, new.playbook, first.number) == (0, 1, 1)
    assert reviewing.review(new.pk, "Hello", "reply", by=desk.dana, now=desk.now).play.name == "parcels"
    assert reviewing.review(old.pk, "Hello", "reply", by=desk.dana, now=desk.now).play.name != "parcels"
    playbook.save(OWN.replace("parcels", "boxes"), "Another word", by=lead, now=desk.now)
    assert reviewing.review(new.pk, "Hello", "reply", by=desk.dana, now=desk.now).play.name == "parcels"
    assert [play.name for play in policies.plays()] == ["boxes", "rest"]


def test_every_version_stays_and_one_can_go_back(desk, lead):
    playbook.save(OWN, "Shorter answers", by=lead, now=desk.now)
    shipped = policies.plays(0)
    playbook.go_back(0, "It was worse", by=lead, now=desk.now)
    assert policies.plays() == shipped and policies.newest_playbook() == 2
    third = playbook.go_back(1, "It was better after all", by=lead, now=desk.now)
    assert third.number == 3 and policies.plays()[0].name == "parcels"
    assert [each.why for each in rows.PlaybookVersion.objects.order_by("number")] == [
        "Shorter answers",
        "It was worse",
        "It was better after all",
    ]


@pytest.mark.parametrize(
    ("text", "why", "said"),
    [
        (OWN, " ", "Say why"),
        ("[[play]", "x", "cannot be read"),
        (OWN.replace('steps = ["acknowledge"]', 'steps = ["sing"]'), "x", "sing"),
        (OWN.replace("[[play]]", "[[play]]\nwhen = { topics = ['a'] }", 2)[:300], "x", "cannot be read"),
        ("x" * 300_000, "x", "too long"),
    ],
)
def test_what_cannot_be_used_is_refused_with_the_place(desk, lead, text, why, said):
    with pytest.raises(Refused, match=said):
        playbook.save(text, why, by=lead, now=desk.now)
    assert not rows.PlaybookVersion.objects.exists()


def test_nothing_changed_is_no_version(desk, lead):
    with pytest.raises(Refused, match="Nothing is changed"):
        playbook.save(playbook.text_in_force(), "again", by=lead, now=desk.now)
    with pytest.raises(Refused, match="Nothing is changed"):
        playbook.go_back(0, "again", by=lead, now=desk.now)
    with pytest.raises(Refused, match="no version 7"):
        playbook.go_back(7, "again", by=lead, now=desk.now)


def test_two_who_write_at_once_do_not_overwrite_each_other(desk, lead):
    playbook.save(OWN, "first", expected=0, by=lead, now=desk.now)
    with pytest.raises(Refused, match="A colleague has just saved"):
        playbook.save(OWN.replace("parcels", "boxes"), "second", expected=0, by=lead, now=desk.now)


def test_agents_read_and_do_not_write(desk):
    for act in (
        lambda: playbook.save(OWN, "why", by=desk.dana, now=desk.now),
        lambda: playbook.go_back(0, "why", by=desk.dana, now=desk.now),
        lambda: playbook.preview(OWN, by=desk.dana),
    ):
        with pytest.raises(Refused, match="Your role"):
            act()


def test_the_shipped_plays_survive_being_written_out_and_read_again():
    text = playbook.text_in_force(0)
    assert playbook.read(playbook.written(playbook.table_of(text))) == playbook.read(text)


def test_one_play_is_changed_moved_and_taken_out():
    rest = {
        "name": "rest",
        "title": {"en": "Now"},
        "steps": ["ask"],
        "opening": {"en": '“Quoted” \\ "and" \x7f'},
    }
    changed = playbook.read(playbook.with_play(OWN, "rest", rest))
    assert changed[-1].openings["en"] == rest["opening"]["en"]
    new = {"name": "bills", "title": {"en": "Bills"}, "when": {"topics": ["billing"], "min_anger": 2, "public": True},
           "steps": ["explain"], "opening": {"en": "x"}, "lines": {"explain": {"en": "Because {rule}", "fr": "x"}}}  # fmt: skip
    added = playbook.read(playbook.with_play(OWN, "bills", new))
    assert [each.name for each in added] == ["parcels", "bills", "rest"]
    assert added[1].public is True and added[1].line("explain", "fr") == "x"
    assert [each.name for each in playbook.read(playbook.with_play(OWN, "parcels", None))] == ["rest"]
    assert [each.name for each in playbook.read(playbook.moved(playbook.with_play(OWN, "bills", new), "bills", True))] == [
        "bills", "parcels", "rest",
    ]  # fmt: skip
    with pytest.raises(Refused):
        playbook.with_play(OWN, "rest", None)
    with pytest.raises(Refused):
        playbook.moved(OWN, "parcels", False)


def test_a_version_that_a_later_release_cannot_read_leaves_the_shipped_plays(desk):
    rows.PlaybookVersion.objects.create(number=1, text="[[play]]\nname = 'x'", why="old", at=desk.now)
    assert policies.plays() == policies.plays(0)


def test_the_plays_cost_one_small_query_and_those_of_a_case_none(desk, lead, django_assert_num_queries):
    playbook.save(OWN, "why", by=lead, now=desk.now)
    policies.plays()
    with django_assert_num_queries(1):
        policies.plays()
    with django_assert_num_queries(0):
        policies.plays(1)
