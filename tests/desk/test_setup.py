"""L1, L2: what we listen to."""

from __future__ import annotations

import pytest
from tests.makers import NOW, make_agent

from amends.core.graph import Refused
from amends.desk import reader, setup
from amends.store import models as rows

pytestmark = pytest.mark.django_db


@pytest.fixture
def ada():
    return make_agent("Ada", "admin")


def test_watching_a_brand_makes_its_words_and_sources_once(ada):
    for _ in range(2):
        setup.start_watching(
            "Novatel", also=["Novabox", "#novafail"], feeds=["https://alerts.example/1"], by=ada, now=NOW
        )
    assert set(rows.WatchTerm.objects.values_list("text", "kind")) == {
        ("Novatel", "name"),
        ("Novabox", "name"),
        ("#novafail", "hashtag"),
    }
    assert sorted(rows.Source.objects.values_list("connector", flat=True)) == ["feed", "jetstream"]
    assert rows.Organisation.objects.get().brand == "Novatel"


def test_a_brand_without_a_name_is_refused(ada):
    with pytest.raises(Refused, match="brand's name"):
        setup.start_watching("  ", by=ada, now=NOW)


def test_a_word_without_letters_is_refused(ada):
    with pytest.raises(Refused):
        setup.add_term("!!", by=ada, now=NOW)


def test_an_agent_does_not_choose_what_is_listened_to():
    with pytest.raises(Refused, match="role"):
        setup.start_watching("Novatel", by=make_agent("Dana"), now=NOW)


def test_the_example_starts_once_and_fills_the_queue(ada):
    source = setup.start_example(by=ada, now=NOW)
    with pytest.raises(Refused, match="already"):
        setup.start_example(by=ada, now=NOW)
    from datetime import UTC, datetime, timedelta

    later = datetime.now(UTC)
    rows.Source.objects.filter(pk=source.pk).update(
        settings={**source.settings, "started_at": (later - timedelta(minutes=10)).isoformat()}
    )
    from amends.desk import audit, intake

    while reader.due_sources(now=later):
        (due,) = reader.due_sources(now=later)
        reader.poll(due, now=later)
        if not intake.read_waiting(now=later):
            break
        rows.Source.objects.update(next_fetch_at=later)
    kinds = list(rows.Case.objects.values_list("kind", flat=True))
    assert len(kinds) > 90
    assert kinds.count("complaint") > 40
    assert rows.Mention.objects.exclude(edited_at=None).exists()
    assert rows.Mention.objects.exclude(deleted_at=None).exists()
    assert not rows.Quarantined.objects.exists()
    assert audit.verify_log().faults == ()


def test_a_source_with_a_missing_setting_says_which(ada):
    with pytest.raises(Refused, match="missing"):
        setup.add_source("bluesky", "Ours", {"handle": "novatel.example"}, by=ada, now=NOW)


def test_a_connector_that_is_not_installed_stops_its_source_with_words(ada):
    source = rows.Source.objects.create(connector="gone", name="Gone", next_fetch_at=NOW)
    reader.poll(source, now=NOW)
    source.refresh_from_db()
    assert source.state == "needs_attention"
    assert "gone" in str(source.problem)


def test_clocks_count_the_hours_in_which_somebody_is_there(desk):
    """K6: a complaint on a Saturday is due on Monday at a desk that is closed at the week-end."""
    setup.set_hours("Europe/Paris", dict.fromkeys(range(5), "9:00–12:30, 13h30-18"), by=desk.admin)
    assert setup.hours_as_written() == ("Europe/Paris", ["09:00–12:30, 13:30–18:00"] * 5 + [""] * 2)
    case = desk.hear("My Novatel router is broken again and nobody answers")
    assert case.due_at.isoformat() >= "2026-11-23T09:00"
    setup.set_hours("", {}, by=desk.admin)
    assert desk.hear("Novatel charged me twice", "radu").due_at.isoformat() < "2026-11-22"


@pytest.mark.parametrize(
    ("zone", "monday"),
    [("Mars/Olympus", ""), ("UTC", "morning"), ("UTC", "9-9"), ("UTC", "25:00-26:00"), ("UTC", "9:00–")],
)
def test_hours_that_cannot_be_are_refused(ada, zone, monday):
    with pytest.raises(Refused):
        setup.set_hours(zone, {0: monday}, by=ada)


def test_a_night_shift_ends_at_midnight(ada):
    setup.set_hours("UTC", {0: "18:00-24:00"}, by=ada)
    assert setup.hours_as_written()[1][0] == "18:00–00:00"
