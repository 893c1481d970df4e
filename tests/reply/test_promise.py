"""Promises are read with their times, to fill in the form (M1)."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from tests.reply.makers import NOW

from amends.core.clock import NaiveTime
from amends.reply.guard import promise_in


def at(day: int, hour: int, minute: int = 0, month: int = 3) -> datetime:
    return datetime(2026, month, day, hour, minute, tzinfo=UTC)


@pytest.mark.parametrize(
    ("language", "draft", "due_at"),
    [
        ("en", "We’ll get back to you in 2 hours.", at(11, 17, 30)),
        ("en", "We’ll get back to you within the next 24 hours.", at(12, 15, 30)),
        ("en", "We’ll get back to you in 2-3 days.", at(14, 15, 30)),
        ("en", "We’ll get back to you in three business days.", at(16, 15, 30)),
        ("en", "We’ll get back to you today.", at(11, 18)),
        ("en", "We’ll get back to you tonight.", at(11, 23, 59)),
        ("en", "We’ll get back to you tomorrow by 10.", at(12, 10)),
        ("en", "We’ll get back to you by 6 pm.", at(11, 18)),
        ("en", "We’ll get back to you by 6.", at(11, 18)),
        ("en", "We’ll get back to you by 9 am.", at(12, 9)),
        ("en", "We’ll get back to you by noon on Friday.", at(13, 12)),
        ("en", "We’ll get back to you by 2 April.", at(2, 18, month=4)),
        ("en", "We’ll get back to you in a few hours.", at(11, 19, 30)),
        ("en", "We’ll look into it. You have an answer by 5:30 pm.", at(11, 17, 30)),
        ("fr", "On revient vers vous dans les 24 heures.", at(12, 15, 30)),
        ("fr", "On revient vers vous sous 48 h.", at(13, 15, 30)),
        ("fr", "On revient vers vous avant 18 h.", at(11, 18)),
        ("fr", "On revient vers toi demain avant 18h30.", at(12, 18, 30)),
        ("fr", "On revient vers vous d’ici vendredi midi.", at(13, 18)),
        ("fr", "On revient vers vous d’ici une heure.", at(11, 16, 30)),
        ("ro", "Revenim cu un răspuns în 24 de ore.", at(12, 15, 30)),
        ("ro", "Revenim cu un răspuns într-o oră.", at(11, 16, 30)),
        ("ro", "Revenim cu un raspuns pana la ora 18.", at(11, 18)),
        ("ro", "Revenim cu un răspuns mâine până la 10:30.", at(12, 10, 30)),
        ("ro", "Revenim cu un răspuns luni.", at(16, 18)),
        ("ro", "Revenim cu un răspuns în două zile lucrătoare.", at(13, 15, 30)),
    ],
)
def test_the_time_of_a_promise_is_read(language, draft, due_at):
    seen = promise_in(draft, language, NOW)
    assert seen is not None and seen.due_at == due_at


@pytest.mark.parametrize(
    "draft",
    [
        "We’ll get back to you soon.",
        "We will look into it; it left 2 days ago.",
        "We are open 24/7 and will call you.",
    ],
)
def test_a_promise_whose_time_cannot_be_read_has_none(draft):
    seen = promise_in(draft, "en", NOW)
    assert seen is not None and (seen.due_at, seen.due_span) == (None, None)


@pytest.mark.parametrize("draft", ["", "Your parcel arrives tomorrow.", "Thank you!"])
def test_no_promise_is_none(draft):
    assert promise_in(draft, "en", NOW) is None


def test_the_promise_with_a_time_is_the_one_shown_with_its_words():
    draft = "Hello! We will look into it. One line. I’ll call you by 6 pm."
    seen = promise_in(draft, "en", NOW)
    assert seen is not None
    assert seen.text == draft[slice(*seen.span)] == "I’ll call you by 6 pm."
    assert seen.due_span is not None and draft[slice(*seen.due_span)] == "by 6 pm"


def test_hours_are_read_in_the_zone_of_now():
    now = datetime(2026, 7, 1, 9, tzinfo=ZoneInfo("Europe/Bucharest"))
    seen = promise_in("Revenim cu un răspuns până la ora 18.", "ro", now)
    assert seen is not None and seen.due_at == datetime(2026, 7, 1, 15, tzinfo=UTC)


def test_a_moment_without_a_zone_is_refused():
    with pytest.raises(NaiveTime):
        promise_in("We are on it.", "en", datetime(2026, 3, 11))
