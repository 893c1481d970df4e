"""Evidence that outsiders can check (D3), the plan (K10), people, and the rules' word on any text (W1)."""

from __future__ import annotations

import hashlib

from amends.api import knowing
from amends.document.log import leaf_hash, verify_inclusion
from amends.store import models as rows
from tests.makers import make_agent


def test_evidence_comes_with_a_proof_that_an_outsider_can_check(agent, desk, case):
    for number in range(5):
        desk.hear(f"Novatel, parcel {number} never came", who=f"customer{number}")
    sealed = agent.get(f"/cases/{case.pk}").json()["evidence"][0]
    shown = agent.get(f"/evidence/{sealed['id']}").json()
    log = agent.get("/log").json()
    assert (shown["is_proven"], shown["digest_holds"]) == (True, True)
    assert leaf_hash(shown["leaf_data"].encode()).hex() == shown["leaf_hash"]
    assert verify_inclusion(
        bytes.fromhex(shown["leaf_hash"]),
        shown["leaf"],
        log["size"],
        [bytes.fromhex(each) for each in shown["path"]],
        bytes.fromhex(log["root"]),
    )


def test_the_bytes_are_the_ones_that_were_seen(agent, case):
    sealed = agent.get(f"/cases/{case.pk}").json()["evidence"][0]
    raw = agent.get(f"/evidence/{sealed['id']}/raw")
    assert hashlib.sha256(raw.content).hexdigest() == sealed["digest"]
    assert raw["Content-Type"] == "application/octet-stream"
    assert raw["X-Content-Type-Options"] == "nosniff"
    assert raw["Content-Disposition"].startswith("attachment;")
    assert raw["Cache-Control"] == "no-store"


def test_a_leaf_is_proven_without_its_evidence(agent, desk, case):
    desk.hear("Novatel, another parcel", who="dan")
    for leaf in range(2):
        proof = agent.get(f"/log/proof?leaf={leaf}").json()
        assert proof["is_whole"]
        assert verify_inclusion(
            leaf_hash(proof["data"].encode()),
            proof["index"],
            proof["size"],
            [bytes.fromhex(each) for each in proof["path"]],
            bytes.fromhex(proof["root"]),
        )


def test_a_log_that_was_tampered_with_says_so(agent, desk, case):
    desk.hear("Novatel, another parcel", who="dan")
    rows.Leaf.objects.filter(pk=1).update(hash="00" * 32)
    assert agent.get("/log/proof?leaf=0").json()["is_whole"] is False


def test_an_empty_log_has_the_root_of_nothing(agent):
    assert agent.get("/log").json() == {"size": 0, "root": hashlib.sha256(b"").hexdigest()}


def test_the_plan_has_six_steps_with_figures(agent, desk, case):
    plan = agent.get("/plan").json()
    assert [each["room"] for each in plan["steps"]] == [
        "listen",
        "triage",
        "document",
        "reply",
        "followup",
        "watch",
    ]
    assert plan["oldest_due"]["id"] == case.pk
    assert plan["steps"][2]["figures"]["sealed"] == 1


def test_colleagues_are_named_without_their_addresses(agent, desk):
    people = agent.get("/people")
    assert [each["name"] for each in people.json()] == ["Ada", "Dana"]
    assert "@" not in people.content.decode()


def test_any_texts_are_judged_with_reasons_and_nothing_is_kept(reader, desk):
    texts = ["My parcel never came and I want my money back!", "Thank you, you are wonderful", "🙃"]
    found = reader.post("/triage", {"texts": texts}).json()["judgements"]
    assert len(found) == 3
    assert found[0]["kind"] == "complaint"
    assert all(each["reasons"] for each in found[:2])
    assert found[1]["kind"] == "praise"
    for judged, text in zip(found, texts, strict=True):
        assert all(0 <= start < end <= len(text) for start, end in judged["words"])
    assert rows.Mention.objects.count() == 0


def test_so_many_texts_at_once_and_no_more(reader):
    assert len(reader.post("/triage", {"texts": ["late again"] * 256}).json()["judgements"]) == 256
    assert reader.post("/triage", {"texts": ["late again"] * 257}).status_code == 422
    assert reader.post("/triage", {"texts": []}).status_code == 422


def test_reads_ask_few_questions_of_the_database(agent, desk, case, django_assert_max_num_queries):
    sealed = agent.get(f"/cases/{case.pk}").json()["evidence"][0]["id"]
    for number in range(5):
        make_agent(f"Colleague {number}", "agent")
        desk.hear(f"Novatel, parcel {number} never came", who=f"customer{number}")
    for path, most in {
        "/plan": 12,
        "/people": 2,
        "/sources": 5,
        "/me": 1,
        "/log": 2,
        "/log/proof?leaf=0": 4,
        f"/evidence/{sealed}": 4,
    }.items():
        with django_assert_max_num_queries(most):
            assert agent.get(path).status_code == 200


def test_each_text_comes_back_under_its_own_name(reader, desk):
    texts = [
        {"id": "a", "text": "My parcel never came"},
        "Merci !",
        {"id": 7, "text": "Nu merge nimic", "lang": "ro"},
    ]
    found = reader.post("/triage", {"texts": texts}).json()["judgements"]
    assert [each["id"] for each in found] == ["a", 1, 7]
    assert found[2]["language"] == "ro"
    assert {"kind_p", "abuse_p", "sentiment_p", "emotion", "sarcasm", "severity_parts", "tier"} <= set(
        found[0]
    )


def test_a_text_that_does_not_fit_is_named(reader):
    wrong = reader.post("/triage", {"texts": ["fine", {"text": "x", "language": "en"}]})
    assert wrong.status_code == 422
    assert wrong.json()["fields"] == [
        {"field": "texts.1.language", "problem": "There is no such field here."}
    ]
    assert reader.post("/triage", {"texts": [None]}).status_code == 422
    assert reader.post("/triage", {"texts": ["x" * 20_001]}).status_code == 422


def test_a_program_that_runs_away_is_told_when_to_come_back(reader, agent, monkeypatch):
    monkeypatch.setattr(knowing, "TEXTS_A_MINUTE", 300)
    many = {"texts": ["late again"] * 200}
    assert reader.post("/triage", many).status_code == 200
    refused = reader.post("/triage", many)
    assert (refused.status_code, refused["Content-Type"]) == (429, "application/problem+json")
    assert 0 < int(refused["Retry-After"]) <= 60
    assert "300" in refused.json()["detail"]
    assert reader.post("/triage", {"texts": ["late"]}).status_code == 200
    assert agent.post("/triage", many).status_code == 200


def test_hostile_texts_are_judged(reader):
    texts = ["\ufdfa" * 5000, "\x00", "", " ", "😡" * 900, "\ud800", "x" * 20_000]
    assert len(reader.post("/triage", {"texts": texts}).json()["judgements"]) == len(texts)
