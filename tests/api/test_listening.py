"""Choosing what we listen to (L1, L2)."""

from __future__ import annotations

import pytest

from amends.store import models as rows

FEED = {"connector": "feed", "name": "Blog", "settings": {"url": "https://blog.invalid/feed.xml"}}


def test_a_source_is_added_paused_and_read_again(lead):
    made = lead.post("/sources", FEED)
    assert made.status_code == 201
    number = made.json()["id"]
    assert lead.post(f"/sources/{number}/pause").status_code == 204
    assert rows.Source.objects.get(pk=number).state == "paused"
    assert lead.post(f"/sources/{number}/resume").status_code == 204
    assert rows.Source.objects.get(pk=number).state == "active"


def test_secrets_of_a_source_are_never_shown(admin, desk):
    shown = admin.get("/sources")
    assert [each["name"] for each in shown.json()["sources"]] == ["Our account"]
    assert "secret-word" not in shown.content.decode()
    assert "settings" not in shown.json()["sources"][0]


def test_a_source_with_that_name_is_refused(lead):
    lead.post("/sources", FEED)
    again = lead.post("/sources", FEED)
    assert again.status_code == 409
    assert "another name" in again.json()["detail"]


def test_a_connection_is_tested_with_a_plain_answer(lead, desk):
    checked = lead.post(f"/sources/{desk.source.pk}/check").json()
    assert (checked["works"], checked["says"]["text"]) == (True, "The town is there.")


def test_what_could_not_be_read_is_counted(agent, desk):
    desk.town.garble()
    desk.listen()
    assert agent.get("/sources").json()["quarantined"] == 1


def test_a_word_is_watched_for_and_no_more(lead, desk):
    made = lead.post("/terms", {"text": "#novafail", "kind": "hashtag"}).json()
    assert "#novafail" in [each["text"] for each in lead.get("/sources").json()["terms"]]
    assert lead.delete(f"/terms/{made['id']}").status_code == 204
    assert lead.delete(f"/terms/{made['id']}").status_code == 404


def test_a_brand_is_watched_with_its_feeds(lead, desk):
    body = {"brand": "Acme", "also": ["#acme"], "feeds": ["https://acme.invalid/feed"], "bluesky": False}
    made = lead.post("/start/watch", body)
    assert made.status_code == 201
    assert [each["connector"] for each in made.json()["sources"]] == ["feed"]
    assert {each["text"] for each in lead.get("/sources").json()["terms"]} == {"Novatel", "Acme", "#acme"}


def test_the_walk_through_opens_once(lead):
    assert lead.post("/start/example").status_code == 201
    assert lead.post("/start/example").status_code == 409


@pytest.mark.parametrize(
    "url", ["javascript:alert(1)", "file:///etc/passwd", "ftp://x.invalid", "//x", "https://"]
)
def test_a_feed_has_an_address_of_the_web(lead, url):
    assert lead.post("/start/watch", {"brand": "Acme", "feeds": [url], "bluesky": False}).status_code == 422
