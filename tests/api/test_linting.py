"""POST /lint: the guards of this desk over any reply."""

from __future__ import annotations

import pytest

from amends.api import linting
from amends.desk import setup

FINE = "I’m sorry about the lost day, Ana. Which shop was it? You hear from me by 6 pm."


def rules(reply) -> list[str]:
    return [each["rule"] for each in reply["verdicts"]]


def test_each_reply_comes_back_under_its_name_with_what_was_found(reader):
    replies = [
        {"id": "a", "text": FINE},
        "Calm down, call 0721 123 456.",
        {"id": 7, "text": "On revient vers vous."},
    ]
    first, second, third = reader.post("/lint", {"replies": replies}).json()["replies"]
    assert (first["id"], first["level"], first["verdicts"]) == ("a", "pass", [])
    assert (second["id"], second["level"], rules(second)) == (1, "block", ["AM002", "AM001"])
    assert second["verdicts"][1]["span"] == [16, 28]
    assert second["verdicts"][1]["replacement"] == "…"
    assert (third["id"], rules(third)) == (7, ["AM003"])


def test_the_sentences_come_in_the_language_of_the_program(reader):
    reader.language = "fr"
    (found,) = reader.post("/lint", {"replies": ["Calm down."]}).json()["replies"]
    assert "moquerie" in found["verdicts"][0]["reason"]["text"]


def test_what_is_known_of_a_reply_counts(reader, desk):
    number = "Your order number 48213-AB has left."
    replies = [
        {"text": number},
        {"text": number, "public": False},
        {"text": "a " * 200, "network": "bluesky"},
        {"text": FINE, "to": "Où est mon colis ? Personne ne répond."},
        {"text": "😂 thank you!", "kind": "praise"},
    ]
    found = reader.post("/lint", {"replies": replies}).json()["replies"]
    assert [rules(each) for each in found] == [["AM001"], [], ["AM004"], ["AM010"], []]


def test_the_desk_s_own_contacts_may_be_public(reader, desk):
    asked = {"replies": ["Write to help@novatel.example."]}
    assert rules(reader.post("/lint", asked).json()["replies"][0]) == ["AM001"]
    setup.set_organisation(contacts=["help@novatel.example"], by=desk.admin)
    assert rules(reader.post("/lint", asked).json()["replies"][0]) == []


def test_rules_are_selected_and_ignored(reader):
    asked = {"replies": ["Calm down, call 0721 123 456."]}
    only = reader.post("/lint", {**asked, "select": ["am001"]}).json()["replies"][0]
    without = reader.post("/lint", {**asked, "ignore": ["AM001"]}).json()["replies"][0]
    assert (rules(only), rules(without)) == (["AM001"], ["AM002"])


@pytest.mark.parametrize(("field", "other"), [("select", "ignore"), ("ignore", "select")])
def test_a_rule_that_is_not_there_is_named(reader, field, other):
    wrong = reader.post("/lint", {"replies": ["x"], field: ["XX1"], other: ["AM001"]})
    assert wrong.status_code == 422
    assert wrong.json()["fields"] == [
        {"field": field, "problem": "No guard is called “XX1”, and none begins so."}
    ]


@pytest.mark.parametrize(
    "body",
    [
        {"replies": []},
        {"replies": [None]},
        {"replies": [{"id": "x"}]},
        {"replies": ["x" * 20_001]},
        {"replies": [{"text": "x", "language": "en"}]},
        {"replies": [{"text": "x", "kind": "rage"}]},
        {"replies": ["x"] * 257},
    ],
)
def test_what_does_not_fit_is_refused(reader, body):
    assert reader.post("/lint", body).status_code == 422


def test_hostile_replies_are_checked(reader):
    replies = [
        "\ufdfa" * 5000,
        "\x00",
        "",
        "😡" * 900,
        "\ud800",
        "“\ud800 problem”",
        {"text": "x", "id": "\ud800"},
    ]
    assert len(reader.post("/lint", {"replies": replies}).json()["replies"]) == len(replies)


def test_a_program_that_runs_away_is_told_when_to_come_back(reader, monkeypatch):
    monkeypatch.setattr(linting, "REPLIES_A_MINUTE", 3)
    assert reader.post("/lint", {"replies": ["x"] * 2}).status_code == 200
    refused = reader.post("/lint", {"replies": ["x"] * 2})
    assert refused.status_code == 429
    assert 0 < int(refused["Retry-After"]) <= 60


def test_many_replies_cost_few_queries(reader, desk, django_assert_max_num_queries):
    with django_assert_max_num_queries(4):
        assert reader.post("/lint", {"replies": [FINE] * 50}).status_code == 200
