"""People teach it, by program: labels, figures, and versions. (W1)"""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from amends.desk import policies, training
from amends.store import models as rows
from tests.desk.test_training import Judge, label_all


@pytest.fixture
def posts(desk):
    for number in range(4):
        desk.town.post(f"My Novatel router number {number} is broken again", f"customer{number}")
    desk.listen()
    return desk


@pytest.fixture
def base(monkeypatch):
    judge = Judge()
    monkeypatch.setattr(policies, "scorer", lambda: judge, raising=False)
    return judge


def test_posts_are_drawn_labelled_and_done(posts, agent, lead):
    assert agent.get("/labels/next").json() == {"post": None}
    assert agent.post("/labels/draw").json() == {"drawn": 4}
    assert agent.post("/labels/draw").json() == {"drawn": 0}
    post = agent.get("/labels/next").json()["post"]
    assert set(post) == {"id", "title", "text", "language", "network"}
    said = {"kind": "complaint", "abuse": "none"}
    assert agent.put(f"/labels/{post['id']}", said).status_code == 204
    # A program that lost the answer says it again.
    assert agent.put(f"/labels/{post['id']}", said).status_code == 204
    assert agent.put(f"/labels/{post['id']}", {"kind": "praise", "abuse": "none"}).status_code == 409
    assert lead.put(f"/labels/{post['id']}", said).status_code == 204
    shown = agent.get("/labels").json()
    assert (shown["drawn"], shown["done"], shown["half"]) == (4, 1, 0)
    assert shown["pairs"][0]["kind"] == {"n": 1, "agreed": 1, "value": None, "low": None, "high": None}


def test_a_colleague_s_label_is_in_no_answer_before_one_s_own(posts, agent, lead):
    agent.post("/labels/draw")
    post = agent.get("/labels/next").json()["post"]["id"]
    agent.put(f"/labels/{post}", {"kind": "praise", "abuse": "hate"})
    for path in ("/labels", "/labels/next", "/quality"):
        answer = lead.get(path).content.decode()
        assert "Dana" not in answer
    shown = lead.get("/labels").json()
    assert (shown["own"], shown["disputes"], shown["pairs"]) == ([], [], [])
    assert agent.get("/labels").json()["own"][0]["kind"] == "praise"


def test_a_lead_settles_a_dispute(posts, agent, admin, lead):
    agent.post("/labels/draw")
    post = agent.get("/labels/next").json()["post"]["id"]
    agent.put(f"/labels/{post}", {"kind": "praise", "abuse": "none"})
    admin.put(f"/labels/{post}", {"kind": "complaint", "abuse": "none"})
    assert agent.get("/labels").json()["disputes"] == []
    (dispute,) = lead.get("/labels").json()["disputes"]
    assert {each["kind"] for each in dispute["labels"]} == {"praise", "complaint"}
    assert agent.post(f"/labels/{post}/settle", {"kind": "other", "abuse": "none"}).status_code == 403
    assert lead.post(f"/labels/{post}/settle", {"kind": "other", "abuse": "none"}).status_code == 204
    assert rows.Sampled.objects.get(pk=post).kind == "other"


def test_skipping_and_taking_back(posts, agent):
    agent.post("/labels/draw")
    post = agent.get("/labels/next").json()["post"]["id"]
    assert agent.post(f"/labels/{post}/skip").status_code == 204
    assert agent.get("/labels/next").json()["post"]["id"] != post
    assert agent.post("/labels/undo").status_code == 204
    assert agent.get("/labels/next").json()["post"]["id"] == post
    assert agent.post("/labels/undo").status_code == 409
    assert agent.post("/labels/999999/skip").status_code == 404


def test_quality_counts_posts_drawn_by_chance(posts, agent):
    agent.post("/labels/draw")
    rows.Sampled.objects.update(is_random=True)
    for row in rows.Sampled.objects.all():
        agent.put(f"/labels/{row.pk}", {"kind": "complaint", "abuse": "none"})
    shown = agent.get("/quality").json()
    assert (shown["version"], shown["drawn"], shown["by_one"]) == (0, 4, 4)
    complaints = next(each for each in shown["kinds"] if each["name"] == "complaint")
    assert complaints["recall"]["n"] == 4
    assert complaints["base"]["value"] == 1.0
    assert sum(each["n"] for each in shown["table"]) == 4


def test_a_version_is_trained_switched_and_switched_back(desk, lead, base):
    assert lead.post("/versions/train").status_code == 409
    label_all(
        desk, [f"Novatel {'many thanks' if n % 3 else 'hm well'} {'abc' * (n % 29)}" for n in range(90)]
    )
    assert lead.post("/versions/train").status_code == 204
    assert lead.get("/versions").json()["is_training"]
    training.train_waiting(now=datetime.now(UTC))
    shown = lead.get("/versions").json()
    assert (shown["in_force"], shown["is_training"], shown["switches"]) == (0, False, [])
    (version,) = shown["versions"]
    assert set(version["scores"]["kind"]) == {"old", "new"}
    assert lead.post("/versions/switch", {"version": 1}).status_code == 204
    assert lead.get("/quality").json()["version"] == 1
    assert lead.post("/versions/switch", {"version": 0}).status_code == 204
    shown = lead.get("/versions").json()
    assert shown["in_force"] == 0
    assert [(each["to"], each["before"], each["by"]["name"]) for each in shown["switches"]] == [
        (0, 1, "Lea"),
        (1, 0, "Lea"),
    ]
    assert lead.post("/versions/switch", {"version": 9}).status_code == 409
