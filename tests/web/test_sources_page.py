"""The page of what we listen to (L1, L2, L4): health is shown, and what could not be read is kept."""

from __future__ import annotations

import pytest
from django.urls import reverse

from amends.core.say import say
from amends.store import models as rows

pytestmark = pytest.mark.django_db


@pytest.fixture
def quarantined(desk):
    capture = rows.Capture.objects.create(
        source=desk.source, raw=b"\xff<b>", media_type="x", digest="0", fetched_at=desk.now, read_at=desk.now
    )
    return rows.Quarantined.objects.create(
        capture=capture,
        position=0,
        raw=b"\xff<b>",
        where="entry 1",
        why=say("This is not JSON.").as_json(),
        found_at=desk.now,
    )


def test_a_source_in_trouble_says_what_to_do(desk, dana):
    desk.source.state = "needs_attention"
    desk.source.problem = say("The password is not accepted: make a new one.").as_json()
    desk.source.save()
    text = dana.get(reverse("sources")).text
    assert "Needs attention" in text
    assert "The password is not accepted: make a new one." in text


def test_a_long_import_shows_how_far_it_is(desk, dana):
    rows.Source.objects.update(progress={"total": 200, "read": 50})
    text = dana.get(reverse("sources")).text
    assert '<progress max="200" value="50"' in text and "50 of 200 read" in text


def test_a_feed_is_added_with_its_own_fields(ada):
    ada.post(
        reverse("source_add"),
        {"connector": "feed", "name": "Reviews", "set_url": "https://example.org/feed.xml"},
    )
    assert rows.Source.objects.get(connector="feed").settings["url"] == "https://example.org/feed.xml"


def test_a_missing_field_is_named(ada):
    response = ada.post(reverse("source_add"), {"connector": "feed", "name": "Reviews"}, follow=True)
    assert "is missing" in response.text
    assert not rows.Source.objects.filter(connector="feed").exists()


def test_a_secret_is_never_shown_again(ada, desk):
    assert "secret-word" not in ada.get(reverse("sources")).text


def test_pausing_and_resuming(ada, desk):
    ada.post(reverse("source_pause", args=[desk.source.pk]))
    assert "Paused" in ada.get(reverse("sources")).text
    ada.post(reverse("source_resume", args=[desk.source.pk]))
    desk.source.refresh_from_db()
    assert desk.source.state == "active"


def test_watch_words_come_and_go(ada, desk):
    ada.post(reverse("term_add"), {"text": "Novabox", "kind": "name", "fuzzy": "yes"})
    term = rows.WatchTerm.objects.get(text="Novabox")
    assert "Novabox" in ada.get(reverse("sources")).text
    ada.post(reverse("term_remove", args=[term.pk]))
    assert "Novabox" not in ada.get(reverse("sources")).text.split("Removed")[-1]


def test_what_could_not_be_read_is_shown_as_text_and_set_aside(ada, quarantined):
    text = ada.get(reverse("sources")).text
    assert "This is not JSON." in text
    assert "\ufffd&lt;b&gt;" in text
    ada.post(reverse("quarantine_set_aside", args=[quarantined.pk]))
    quarantined.refresh_from_db()
    assert quarantined.state == "set_aside"
    assert bytes(quarantined.raw) == b"\xff<b>"


@pytest.mark.parametrize("name", ["source_check", "quarantine_retry"])
def test_what_is_not_there_is_a_plain_not_found(name, ada):
    assert ada.post(reverse(name, args=[4711])).status_code == 404
