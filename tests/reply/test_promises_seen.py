"""M1: a promise in a draft is seen with its time, to be noted with one tick."""

from datetime import UTC, datetime

import pytest

from amends.reply.guard import promise_in

NOW = datetime(2026, 11, 21, 9, tzinfo=UTC)


@pytest.mark.parametrize(
    ("language", "said", "hour", "day"),
    [
        ("en", "I will answer within 2 hours", 11, 21),
        ("en", "You will have news by 18:00 today", 18, 21),
        ("en", "I will call our workshop and write to you here in 3 hours", 12, 21),
        ("en", "A technician will be with you tomorrow by 10:00", 10, 22),
        ("fr", "Je vous réponds avant 18 h", 18, 21),
        ("fr", "Je vous appelle dans 2 heures", 11, 21),
        ("fr", "Un technicien passera demain avant 10 h", 10, 22),
        ("ro", "Vă răspund până la ora 18", 18, 21),
        ("ro", "Un tehnician ajunge mâine până la ora 10", 10, 22),
    ],
)
def test_what_we_promise_is_seen_with_its_time(language, said, hour, day):
    seen = promise_in(f"Bonjour Ioana. {said}.", language, NOW)
    assert seen is not None
    assert (seen.due_at.day, seen.due_at.hour) == (day, hour)


@pytest.mark.parametrize(
    "said", ["I understand how annoying that is.", "Vous êtes à quelle adresse ?", "De când nu merge?"]
)
def test_what_promises_nothing_is_not(said):
    assert promise_in(said, "und", NOW) is None
