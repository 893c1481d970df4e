"""What goes wrong is told as a problem, in the reader's language, and never as a crash."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest
from django.utils import translation

from amends.api import given, problems
from amends.api.parsing import DEEPEST, depth_of
from amends.core.graph import Refused
from amends.core.say import say, say_many
from amends.desk import actions
from amends.store import models as rows
from amends.store import queries
from tests.api.conftest import GOOD_REPLY, Program, program_of

#: Stands for a moment soon after the test begins: names of tests must not change from run to run.
SOON = "SOON"
#: Every refusal that a program can meet on a new case, with its body.
REFUSALS = [
    ("/cases/{case}/resolve", None),
    ("/cases/{case}/resume", None),
    ("/cases/{case}/reopen", {}),
    ("/cases/{case}/assign", {"to": 999_999}),
    ("/cases/{case}/note", {"text": "  "}),
    ("/cases/{case}/close", {"how": "satisfied"}),
    ("/cases/{case}/close", {"how": "let_go"}),
    ("/cases/{case}/close", {"how": "not_ours"}),
    ("/cases/{case}/close", {"how": "leave_troll", "reason": "rude"}),
    ("/cases/{case}/close", {"how": "nothing_to_mend"}),
    ("/cases/{case}/snooze", {"until": "2020-01-01T00:00:00Z"}),
    ("/cases/{case}/snooze", {"until": "9999-01-01T00:00:00Z"}),
    ("/cases/{case}/promises", {"text": " ", "due_at": SOON}),
    ("/cases/{case}/promises", {"text": "A call", "due_at": "2020-01-01T00:00:00Z"}),
    ("/cases/{case}/correct", {"field": "severity", "value": "apocalyptic"}),
    ("/cases/{case}/customer-said", {"satisfied": True}),
    ("/cases/{case}/reply", {"text": ""}),
    ("/cases/{case}/reply", {"text": GOOD_REPLY, "mode": "direct"}),
    ("/sources", {"connector": "unheard-of"}),
    ("/sources", {"connector": "file"}),
    ("/sources", {"connector": "feed"}),
    ("/terms", {"text": "x"}),
    ("/terms", {"text": "Novatel", "kind": "riddle"}),
    ("/start/watch", {"brand": "  "}),
]


@pytest.mark.parametrize("language", ["en", "fr", "ro"])
@pytest.mark.parametrize(("path", "body"), REFUSALS, ids=lambda each: json.dumps(each)[:60])
def test_a_refusal_is_told_in_the_reader_s_language(desk, case, language, path, body):
    program = program_of(desk.admin, language)
    soon = (datetime.now(UTC) + timedelta(hours=3)).isoformat()
    body = json.loads(json.dumps(body).replace(SOON, soon))
    refused = program.post(path.format(case=case.pk), body, Idempotency_Key="k")
    assert refused.status_code == 409, refused.content
    assert refused["Content-Type"] == "application/problem+json"
    assert refused["Content-Language"] == language
    shown = refused.json()
    assert shown["status"] == 409
    assert shown["reasons"]
    for reason in shown["reasons"]:
        assert reason["text"]
        assert "{" not in reason["text"]


def test_reasons_are_translated_by_their_template():
    """The words are Django's own, whose catalogues are there in each language."""
    why = Refused(say("This field is required."), say_many("%(num)d day", "%(num)d days", n=3))
    with translation.override("fr"):
        french = [
            each["text"] for each in json.loads(problems.answer(problems.of_refusal(why)).content)["reasons"]
        ]
    with translation.override("ro"):
        romanian = [
            each["text"] for each in json.loads(problems.answer(problems.of_refusal(why)).content)["reasons"]
        ]
    assert french == ["Ce champ est obligatoire.", "%(num)d jours"]
    assert romanian[0] == "Acest câmp este obligatoriu."


def test_an_empty_sentence_is_not_the_header_of_a_catalogue():
    with translation.override("fr"):
        assert problems.translated(say("")) == ""


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "how"),
        ({"how": "by magic"}, "how"),
        ({"how": "satisfied", "because": "typo"}, "because"),
        ({"how": "satisfied", "reason": 7}, "reason"),
        ({"how": "satisfied", "reason": "x" * 20_001}, "reason"),
        ([], "body"),
        ("satisfied", "body"),
        (None, "body"),
    ],
    ids=str,
)
def test_a_field_that_does_not_fit_is_named(agent, case, body, field):
    answer = agent.post_bytes(f"/cases/{case.pk}/close", json.dumps(body).encode())
    assert answer.status_code == 422
    assert field in [each["field"] for each in answer.json()["fields"]]
    assert answer.json()["detail"]


@pytest.mark.parametrize(
    "moment",
    [
        "tomorrow",
        "",
        "2026-11-21",
        "2026-11-21T18:00:00",
        1,
        1e308,
        None,
        [],
        "9999-12-31T23:59:59-23:59",
        "0001-01-01T00:00:00+14:00",
    ],
    ids=str,
)
def test_a_time_needs_a_date_an_hour_and_a_zone(agent, case, moment):
    answer = agent.post(f"/cases/{case.pk}/promises", {"text": "A call", "due_at": moment})
    assert answer.status_code == 422
    assert answer.json()["fields"][0]["field"] == "due_at"


@pytest.mark.parametrize(
    "path",
    [
        "/cases/999999",
        "/cases/999999/x",
        "/nothing",
        "/",
        "/evidence/00000000-0000-4000-8000-000000000000",
        "/log/proof?leaf=99",
    ],
)
def test_what_is_not_there_is_not_found(agent, path):
    answer = agent.get(path)
    assert (answer.status_code, answer["Content-Type"]) == (404, "application/problem+json")


@pytest.mark.parametrize(
    "path",
    [
        "/cases/0",
        "/cases/-1",
        "/cases/x",
        f"/cases/{2**63}",
        "/cases/" + "9" * 5000,
        "/cases/%00",
        "/evidence/7",
        "/log/proof",
        "/log/proof?leaf=-1",
        "/cases?view=secret",
        "/cases?limit=101",
        "/cases?limit=0",
        "/cases?after=-1",
        "/cases?after=" + "9" * 30,
        "/cases?search=" + "x" * 201,
    ],
)
def test_a_number_that_cannot_be_one_is_told(agent, path):
    assert agent.get(path).status_code == 422


def test_a_method_that_is_not_there_says_which_are(agent, case):
    answer = agent.post("/cases", {})
    assert (answer.status_code, answer["Allow"], answer["Content-Type"]) == (
        405,
        "GET",
        "application/problem+json",
    )


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b"\xff\xfe",
        b'{"text": "\xc3"}',
        b'{"text": NaN}',
        b'{"text": -Infinity}',
        b'{"text": "a", "text": "b"}',
        b'{"text": ' + b"9" * 5000 + b"}",
        b"[" * 100_000,
        b'{"a":' * 5000 + b"1" + b"}" * 5000,
        b'"' * 50_001,
        b"{'text': 'a'}",
        b'{"text": "a"} trailing',
        b'{"text": "' + b"x" * 2_000_000 + b'"}',
        b"\xef\xbb\xbf{}",
    ],
    ids=lambda each: repr(each[:24]),
)
def test_what_is_not_json_is_told_and_breaks_nothing(agent, case, body):
    answer = agent.post_bytes(f"/cases/{case.pk}/note", body)
    assert (answer.status_code, answer["Content-Type"]) == (400, "application/problem+json")
    assert agent.get("/me").status_code == 200


def test_only_json_is_read(agent, case):
    answer = agent.post_bytes(f"/cases/{case.pk}/note", b"text=hello", "application/x-www-form-urlencoded")
    assert answer.status_code == 415


def test_lone_surrogates_and_nul_are_made_storable(agent, case):
    answer = agent.post_bytes(f"/cases/{case.pk}/note", b'{"text": "a\\u0000b"}')
    assert answer.status_code == 200
    assert rows.Note.objects.get().text == "a\ufffdb"
    assert agent.post_bytes(f"/cases/{case.pk}/note", b'{"text": "\\ud800"}').status_code < 500


def test_a_thousand_questions_in_one_address_are_too_many(agent):
    assert agent.get("/cases?" + "a=1&" * 1200).status_code == 400


def test_brackets_in_words_do_not_nest():
    assert depth_of(json.dumps({"text": "[" * 100 + '"'})) == 1
    assert depth_of("[" * DEEPEST + "]" * DEEPEST) == DEEPEST


def test_a_bug_is_told_without_its_inside(desk, monkeypatch):
    """Nobody's input, and still no page of code."""

    def broken(*_, **__):
        raise RuntimeError("inside knowledge")

    monkeypatch.setattr("amends.desk.setup.check", broken)
    answer = program_of(desk.admin).post(f"/sources/{desk.source.pk}/check")
    assert answer.status_code == 500
    assert "inside knowledge" not in answer.content.decode()
    assert answer["Content-Type"] == "application/problem+json"


def test_a_connector_that_was_uninstalled_is_told_in_words(desk):
    rows.Source.objects.update(connector="uninstalled")
    answer = program_of(desk.admin).post(f"/sources/{desk.source.pk}/check")
    assert answer.status_code == 200
    assert answer.json()["works"] is False
    assert "uninstalled" in answer.content.decode()


def test_the_words_that_requests_may_say_are_the_desk_s_own():
    def choices(model, field):
        return set(model.model_fields[field].annotation.__args__)

    from amends.api.cases import View
    from amends.desk import approving, drafts

    # Not to answer is asked for in a way of its own, with its reasons.
    assert choices(given.Close, "how") == set(actions.CLOSINGS) - {"leave"}
    assert choices(given.Correction, "field") == set(actions.FIELDS) | {"topic"}
    assert choices(given.Reply, "purpose") == set(approving.PURPOSES)
    assert choices(given.Reply, "mode") == set(drafts.MODES) - {"note"}
    assert set(View.__args__) == set(queries.VIEWS)


def test_a_stranger_is_told_in_their_language_too(db):
    assert Program(language="fr").get("/me")["Content-Language"] == "fr"
