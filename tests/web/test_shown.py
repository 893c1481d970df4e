"""How values are shown: sentences, clocks, chosen times."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from zoneinfo import ZoneInfo

import pytest
from django.template import Context
from django.utils.translation import override

from amends.core.graph import Refused
from amends.core.say import Said, say, say_many
from amends.web import labels
from amends.web.templatetags import amends as tags
from amends.web.when import chosen

NOW = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)  # a Saturday


def clock(due_at):
    return tags.clock(Context({"request": SimpleNamespace(now=NOW)}), due_at)


def test_a_sentence_is_shown_from_its_stored_form():
    kept = say_many("{n} promise is broken", "{n} promises are broken", n=2).as_json()
    assert tags.said(kept) == tags.said(Said.from_json(kept)) == "2 promises are broken"


def test_values_in_a_sentence_are_escaped_by_the_template():
    from django.template import engines

    shown = engines["django"].from_string("{{ why|said }}").render({"why": say("“{word}”", word="<b>")})
    assert shown == "“&lt;b&gt;”"


@pytest.mark.parametrize("kept", [None, "", {}, {"v": {"x": 1}}])
def test_nothing_to_say_shows_nothing(kept):
    assert tags.said(kept) == ""


def test_late_is_told_by_sign_and_word_not_by_colour_alone():
    shown = clock(NOW - timedelta(minutes=16))
    assert "−16 min" in shown and ">late<" in shown


def test_a_clock_counts_down_as_people_say_it():
    assert "in 1 h 59" in clock(NOW + timedelta(hours=1, minutes=59, seconds=50))
    assert "in 2 h<" in clock(NOW + timedelta(hours=2, seconds=10))
    assert "in 4 min" in clock(NOW + timedelta(minutes=4, seconds=30))
    assert "in 47 h" in clock(NOW + timedelta(hours=47, minutes=50))
    assert "in 3 d" in clock(NOW + timedelta(days=3, hours=5))


def test_an_unknown_word_is_shown_as_it_is():
    assert labels.label("some_new_word", "kind") == "some new word"
    assert labels.event_text("comet_seen", "Dana", {}) == "comet seen"


def test_an_event_with_a_percent_sign_in_its_text_is_shown():
    assert labels.event_text("promise_made", "Dana", {"text": "100 % back"}) == "Dana promised: 100 % back"


def test_the_trail_speaks_the_readers_words():
    data = {"field": "kind", "before": "unsure", "value": "complaint"}
    assert labels.event_text("judgement_corrected", "Dana", data) == (
        "Dana corrected the judgement: To judge → Complaint"
    )


@pytest.mark.parametrize(
    ("form", "at"),
    [
        ({"when": "2h"}, NOW + timedelta(hours=2)),
        ({"when": "today", "zone": "Europe/Paris"}, datetime(2026, 11, 21, 17, 0, tzinfo=UTC)),
        ({"when": "tomorrow", "zone": "Europe/Bucharest"}, datetime(2026, 11, 22, 7, 0, tzinfo=UTC)),
        ({"when": "monday", "zone": "Europe/Paris"}, datetime(2026, 11, 23, 8, 0, tzinfo=UTC)),
        (
            {"when": "custom", "at": "2026-12-01T10:30", "zone": "Europe/Paris"},
            datetime(2026, 12, 1, 9, 30, tzinfo=UTC),
        ),
        (
            {"when": "custom", "at": "2026-12-01T10:30", "zone": "../../etc/passwd"},
            datetime(2026, 12, 1, 10, 30, tzinfo=UTC),
        ),
    ],
)
def test_a_chosen_time_is_read_in_the_choosers_zone(form, at):
    assert chosen(form, now=NOW) == at


def test_this_evening_is_tomorrow_evening_when_it_is_over():
    late = datetime(2026, 11, 21, 20, 0, tzinfo=ZoneInfo("Europe/Paris"))
    assert chosen({"when": "today", "zone": "Europe/Paris"}, now=late.astimezone(UTC)).astimezone(
        ZoneInfo("Europe/Paris")
    ) == datetime(2026, 11, 22, 18, 0, tzinfo=ZoneInfo("Europe/Paris"))


@pytest.mark.parametrize("at", ["", "soon", "2026-13-40T99:99"])
def test_a_time_that_cannot_be_read_is_refused(at):
    with pytest.raises(Refused, match="Choose a date and a time"):
        chosen({"when": "custom", "at": at}, now=NOW)


def test_labels_are_chosen_when_they_are_shown():
    with override("en"):
        assert labels.label("complaint", "kind") == "Complaint"
