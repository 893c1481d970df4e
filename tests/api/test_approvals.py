"""The second person by the API (issue 4 points 2, 4 and 7; A6)."""

from __future__ import annotations

from datetime import timedelta

import pytest

from amends.store import models as rows
from tests.api.conftest import GOOD_REPLY, program_of
from tests.makers import make_agent

pytestmark = pytest.mark.django_db

HOT = "This is ridiculous. Which depot do you mean?"
PRIVATE = "Ioana, ring me at 0722 123 456 and we will sort it out by 6 pm today."


@pytest.fixture
def grave(desk, case):
    rows.Organisation.objects.update(four_eyes={"severities": ["critical"]})
    rows.Case.objects.filter(pk=case.pk).update(severity="critical")
    return case


def reply(program, case, key="one", **body):
    return program.post(f"/cases/{case.pk}/reply", {"text": GOOD_REPLY, **body}, Idempotency_Key=key)


def test_a_reply_that_two_must_read_waits_and_is_let_out_by_another(desk, grave, agent, lead):
    asked = reply(agent, grave)
    assert asked.status_code == 202
    shown = asked.json()
    assert shown["state"] == "waiting"
    assert [each["ground"] for each in shown["approval"]["grounds"]] == ["hot_case"]
    assert rows.OutboxEntry.objects.count() == 0
    number = shown["approval"]["id"]
    (waiting,) = lead.get("/approvals").json()["waiting"]
    assert (waiting["id"], waiting["may_decide"], waiting["text"]) == (number, True, GOOD_REPLY)
    assert agent.get("/approvals").json()["waiting"][0]["may_decide"] is False
    own = agent.post(f"/approvals/{number}/approve", {})
    assert own.status_code == 409 and "your own" in own.json()["detail"]
    let = lead.post(f"/approvals/{number}/approve", {})
    assert let.status_code == 200
    assert let.json()["text"] == GOOD_REPLY
    (decided,) = lead.get("/approvals").json()["decided"]
    assert (decided["state"], decided["entry"]) == ("approved", let.json()["id"])
    assert lead.post(f"/approvals/{number}/return", {"reason": "Too late"}).status_code == 409


def test_the_same_request_again_asks_nobody_twice(desk, grave, agent, lead):
    first, again = reply(agent, grave), reply(agent, grave)
    assert (first.status_code, again.status_code) == (202, 202)
    assert first.json() == again.json()
    assert rows.Approval.objects.count() == 1


def test_it_is_given_back_or_withdrawn(desk, grave, agent, lead):
    number = reply(agent, grave).json()["approval"]["id"]
    assert lead.post(f"/approvals/{number}/return", {"reason": ""}).status_code == 409
    assert lead.post(f"/approvals/{number}/return", {"reason": "Ask for the depot"}).status_code == 204
    number = reply(agent, grave, "two").json()["approval"]["id"]
    assert lead.post(f"/approvals/{number}/withdraw").status_code == 409
    assert agent.post(f"/approvals/{number}/withdraw").status_code == 204
    assert rows.Draft.objects.get().text == GOOD_REPLY


def test_a_block_is_lifted_by_two(desk, case, agent, lead):
    assert reply(agent, case, text=PRIVATE).status_code == 409
    number = reply(agent, case, "two", text=PRIVATE, plea="It is our shop").json()["approval"]["id"]
    assert lead.post(f"/approvals/{number}/approve", {}).status_code == 409
    assert lead.post(f"/approvals/{number}/approve", {"reason": "On our site"}).status_code == 200


def test_a_heated_one_rests_and_the_answer_says_until_when(desk, case, agent):
    rested = reply(agent, case, text=HOT)
    assert rested.status_code == 202
    shown = rested.json()
    assert (shown["state"], shown["approval"]) == ("resting", None)
    assert shown["rests_until"] and shown["reasons"] and shown["calmer"]
    assert agent.get("/approvals").json()["rests"] == {
        "held": 1, "resting": 1, "cancelled": 0, "revised": 0, "unchanged": 0, "lifted": 0,
    }  # fmt: skip


def test_a_colleagues_reply_stops_who_has_not_seen_it(desk, case, agent):
    seen = agent.get(f"/cases/{case.pk}").json()["seen"]
    assert reply(agent, case, seen=seen).status_code == 201
    desk.send()
    other = make_agent("Otto", "agent")
    rows.Agent.objects.filter(pk=other.pk).update(joined_at=desk.now - timedelta(days=9))
    program = program_of(other)
    assert reply(program, case, seen=seen).status_code == 409
    now_seen = program.get(f"/cases/{case.pk}").json()["seen"]
    text = "Ioana, which depot was it? I will tell you more by 6 pm today."
    assert reply(program, case, "two", seen=now_seen, text=text).status_code == 201


@pytest.mark.parametrize("way", ["approve", "return", "withdraw"])
def test_what_is_not_there_is_not_there(lead, way):
    assert (
        lead.post(f"/approvals/999/{way}", {"reason": "x"} if way != "withdraw" else None).status_code == 404
    )
