"""Programs read the playbook, leads write it, and what is proposed is sent by nobody."""

from __future__ import annotations

import pytest

from amends.store import models as rows

RULE = {
    "title": "Order number first",
    "topics": ["delivery"],
    "texts": {"en": "We ask for the order number first"},
    "reasons": {"en": "two orders can look alike"},
}
WAY = {"kind": "telephone", "address": "020 7946 0182", "titles": {"en": "parcels"}, "topics": ["delivery"]}


def test_a_rule_has_versions_and_is_told_with_its_reason(lead, reader):
    made = lead.post("/house-rules", RULE).json()
    assert made["told"] == {"en": "We ask for the order number first, because two orders can look alike."}
    changed = lead.put(f"/house-rules/{made['number']}", {**RULE, "title": "Number first"}).json()
    assert (changed["version"], changed["title"]) == (2, "Number first")
    assert lead.post(f"/house-rules/{made['number']}/retire", {}).json()["is_retired"]
    assert [each["version"] for each in reader.get("/house-rules").json()] == [3]
    refused = lead.post("/house-rules", {**RULE, "reasons": {}})
    assert refused.status_code == 409 and "Say why" in refused.json()["detail"]
    assert lead.put("/house-rules/99", RULE).status_code == 404


def test_a_way_out_says_whether_somebody_is_there(lead, reader):
    made = lead.post("/ways-out", {**WAY, "zone": "Europe/London", "hours": {"0": "9-18"}}).json()
    assert made["hours"] == {"0": "09:00–18:00"} and made["opening"]["text"]
    assert lead.put(f"/ways-out/{made['id']}", WAY).json()["hours"] == {}
    assert lead.post(f"/ways-out/{made['id']}/switch", {"is_active": False}).status_code == 204
    assert reader.get("/ways-out").json()[0]["is_active"] is False
    assert lead.post("/ways-out", {**WAY, "address": "call us"}).status_code == 409
    assert lead.put("/ways-out/99", WAY).status_code == 404


def test_plays_are_tried_then_put_in_force_with_a_why(lead, reader, case):
    before = reader.get("/plays").json()
    assert before["version"] == 0 and before["plays"][-1]["is_for_all"]
    text = before["text"].replace('title = { en = "Delivery"', 'title = { en = "Parcels and boxes"', 1)
    assert text != before["text"]
    seen = lead.post("/plays/preview", {"text": text}).json()
    assert seen["cases"] == 1 and not seen["is_same"] and seen["n_changed"] == 0
    assert not rows.PlaybookVersion.objects.exists()
    saved = lead.put("/plays", {"text": text, "why": "Clearer", "expected": 0})
    assert saved.json()["number"] == 1
    assert lead.put("/plays", {"text": text + "\n", "why": "Again", "expected": 0}).status_code == 409
    assert lead.put("/plays", {"text": "[[play", "why": "Broken"}).status_code == 409
    assert lead.post("/plays/back", {"to": 0, "why": "As it was"}).json()["number"] == 2
    assert [each["why"] for each in reader.get("/plays").json()["versions"]] == ["As it was", "Clearer"]


def test_a_proposal_is_on_record_and_nowhere_else(agent, lead, case):
    lead.post("/house-rules", RULE)
    lead.post("/ways-out", WAY)
    found = agent.post(f"/cases/{case.pk}/proposals", {"mode": "reply"}).json()
    assert found["by"] == "play" and found["text"] and found["problem"] is None
    assert [each["id"] for each in agent.get(f"/cases/{case.pk}/proposals").json()] == [found["id"]]
    assert not rows.OutboxEntry.objects.exists() and not rows.Draft.objects.exists()
    offered = agent.get(f"/cases/{case.pk}/tools").json()
    assert offered["language"] == "en" and offered["introduction"] is None
    assert offered["rules"][0]["says"].startswith("We ask for the order number first, because")
    assert offered["ways"][0]["says"].startswith("For parcels you can also ring us")


def test_a_model_that_is_not_set_is_refused(agent, case, settings):
    settings.AMENDS_DRAFT_URL = ""
    answer = agent.post(f"/cases/{case.pk}/proposals", {"by": "model"})
    assert answer.status_code == 409 and "No language model" in answer.json()["detail"]


@pytest.mark.parametrize("way", ["/cases/99/tools", "/cases/99/proposals"])
def test_a_case_that_is_not_there_is_not_there(agent, db, way):
    assert agent.get(way).status_code == 404
