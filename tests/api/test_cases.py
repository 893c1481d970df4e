"""What a program can do with a case, and what it is told (A1–A6, M1, M3, K10)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from amends.store import models as rows
from tests.api.conftest import GOOD_REPLY


def in_hours(hours: float) -> str:
    return (datetime.now(UTC) + timedelta(hours=hours)).isoformat()


def test_the_queue_shows_a_case_with_its_clock(agent, case):
    page = agent.get("/cases").json()
    (found,) = page["items"]
    assert found["id"] == case.pk
    assert found["due_at"].endswith("Z")
    assert page["counts"]["due"] == 1
    assert page["after"] is None


def test_a_queue_is_read_page_by_page_without_a_case_twice(agent, desk):
    for number in range(5):
        desk.hear(f"Novatel, parcel {number} never came", who=f"customer{number}")
    seen, after = [], 0
    while after is not None:
        page = agent.get(f"/cases?view=all&limit=2&after={after}").json()
        seen += [each["id"] for each in page["items"]]
        after = page["after"]
    assert len(seen) == len(set(seen)) == 5


def test_a_search_finds_words_without_their_accents(agent, desk):
    desk.hear("Novatel, coletul meu întârzie de două săptămâni")
    assert len(agent.get("/cases?view=all&search=intarzie").json()["items"]) == 1
    assert agent.get("/cases?view=all&search=unheard").json()["items"] == []


def test_a_case_comes_with_all_that_is_beside_it(agent, case):
    shown = agent.get(f"/cases/{case.pk}").json()
    assert shown["timeline"][0]["mention"]["text"].startswith("Novatel, my parcel")
    assert shown["judgement"]["kind"] == case.kind
    assert [each["room"] for each in shown["steps"]] == [
        "listen",
        "triage",
        "document",
        "reply",
        "followup",
        "watch",
    ]
    (sealed,) = shown["evidence"]
    assert len(sealed["digest"]) == 64
    assert shown["timeline"][0]["mention"]["versions"][0]["evidence"] == sealed["id"]


def test_reasons_come_as_text_and_as_template_with_values(agent, case):
    why = agent.get(f"/cases/{case.pk}").json()["timeline"][0]["mention"]["found_because"]
    assert why
    for each in why:
        assert each["text"] == each["template"].format(**each["values"])


def test_what_may_not_be_done_says_why(agent, case):
    agent.post(f"/cases/{case.pk}/take")
    may = {each["event"]: each for each in agent.get(f"/cases/{case.pk}").json()["may"]}
    assert not may["resolve"]["is_possible"]
    assert may["resolve"]["reasons"][0]["text"] == "Nobody has answered this customer yet."
    assert may["hold"] == {"event": "hold", "is_possible": True, "reasons": []}
    assert "author_wrote" not in may


def test_cases_alike_are_shown_beside_it(agent, desk):
    first = desk.hear("Novatel, my parcel never came to the depot", who="ana")
    desk.hear("Novatel, my parcel never came to the depot either", who="dan")
    alike = agent.get(f"/cases/{first.pk}").json()["alike"]
    assert [each["author"] for each in alike] == ["Dan"]
    assert alike[0]["reason"]["text"]


def test_an_unchanged_case_is_not_sent_twice(agent, case):
    first = agent.get(f"/cases/{case.pk}")
    again = agent.get(f"/cases/{case.pk}", **{"If-None-Match": first["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    agent.post(f"/cases/{case.pk}/take")
    changed = agent.get(f"/cases/{case.pk}", **{"If-None-Match": first["ETag"]})
    assert changed.status_code == 200
    assert changed["ETag"] != first["ETag"]


def test_a_tag_made_weak_by_compression_still_names_the_case(agent, case):
    tag = agent.get(f"/cases/{case.pk}")["ETag"].removeprefix("W/")
    assert agent.get(f"/cases/{case.pk}", **{"If-None-Match": f"W/{tag}"}).status_code == 304


def test_taking_a_case_makes_it_mine(agent, desk, case):
    shown = agent.post(f"/cases/{case.pk}/take").json()
    assert shown["owner"] == {"id": desk.dana.pk, "name": "Dana"}
    assert shown["status"] == "open"


def test_a_case_is_handed_over_with_a_word_and_given_back(agent, desk, case):
    handed = agent.post(
        f"/cases/{case.pk}/assign", {"to": desk.admin.pk, "note": "You know the depot"}
    ).json()
    assert handed["owner"]["name"] == "Ada"
    assert [each["note"]["text"] for each in handed["timeline"] if each["what"] == "note"] == [
        "You know the depot"
    ]
    assert agent.post(f"/cases/{case.pk}/assign", {"to": None}).json()["owner"] is None


def test_a_whole_number_is_whole_however_json_writes_it(agent, desk, case):
    handed = agent.post_bytes(f"/cases/{case.pk}/assign", f'{{"to": {desk.admin.pk}.0}}'.encode())
    assert handed.json()["owner"]["name"] == "Ada"


def test_a_note_stays_inside(agent, desk, case):
    shown = agent.post(f"/cases/{case.pk}/note", {"text": "Called the depot"}).json()
    assert shown["timeline"][-1]["note"]["author"]["name"] == "Dana"
    assert desk.town.replies == []


def test_a_case_goes_from_found_to_closed_by_programs_alone(agent, desk, case):
    at = f"/cases/{case.pk}"
    sent = agent.post(f"{at}/reply", {"text": GOOD_REPLY}, Idempotency_Key="first").json()
    assert (sent["status"], sent["approved_by"]["name"]) == ("approved", "Dana")
    desk.send()
    asked = {"text": "Ioana, is this settled for you now?", "purpose": "ask_satisfied"}
    assert agent.post(f"{at}/reply", asked, Idempotency_Key="second").status_code == 201
    desk.send()
    assert agent.post(f"{at}/resolve").json()["status"] == "resolved"
    assert agent.post(f"{at}/customer-said", {"satisfied": True}).json()["is_satisfied"] is True
    closed = agent.post(f"{at}/close", {"how": "satisfied"}).json()
    assert (closed["status"], closed["closing"]) == ("closed", "satisfied")
    assert [each["text"] for each in desk.town.replies] == [GOOD_REPLY, asked["text"]]
    assert agent.post(f"{at}/reopen", {"reason": "They wrote by mail"}).json()["status"] == "open"


def test_hold_and_resume(agent, case):
    assert agent.post(f"/cases/{case.pk}/hold").json()["status"] == "on_hold"
    assert agent.post(f"/cases/{case.pk}/resume").json()["status"] == "open"


def test_a_case_sleeps_and_wakes(agent, case):
    until = (rows.Case.objects.get(pk=case.pk).due_at - timedelta(minutes=1)).isoformat()
    assert agent.post(f"/cases/{case.pk}/snooze", {"until": until}).json()["snoozed_until"]
    assert agent.post(f"/cases/{case.pk}/snooze", {"until": None}).json()["snoozed_until"] is None


def test_a_person_corrects_the_judgement(agent, case):
    shown = agent.post(f"/cases/{case.pk}/correct", {"field": "kind", "value": "question"}).json()
    assert (shown["kind"], shown["judgement"]["by"]["name"]) == ("question", "Dana")


def test_a_promise_is_made_moved_and_kept(agent, case):
    made = agent.post(f"/cases/{case.pk}/promises", {"text": "News of the parcel", "due_at": in_hours(4)})
    assert made.status_code == 201
    number = made.json()["id"]
    assert agent.post(f"/promises/{number}/move", {"due_at": in_hours(8)}).status_code == 204
    assert agent.post(f"/promises/{number}/keep").status_code == 204
    (kept,) = agent.get(f"/cases/{case.pk}").json()["promises"]
    assert kept["kept_at"]
    assert kept["is_late"] is False


def test_a_promise_is_withdrawn_only_with_a_reason(agent, case):
    made = agent.post(f"/cases/{case.pk}/promises", {"text": "A call", "due_at": in_hours(4)}).json()["id"]
    assert agent.post(f"/promises/{made}/withdraw", {"why": " "}).status_code == 409
    assert agent.post(f"/promises/{made}/withdraw", {"why": "They wrote instead"}).status_code == 204


def test_a_draft_is_coached_and_guarded_and_nothing_is_kept(reader, desk, case):
    seen = reader.post(f"/cases/{case.pk}/review", {"text": GOOD_REPLY}).json()
    assert [each["step"] for each in seen["steps"]] == [
        "acknowledge",
        "ask",
        "set_expectations",
        "apologise",
        "explain",
        "fix",
        "offer",
    ]  # the play's first, in its order
    sorry = next(each for each in seen["steps"] if each["step"] == "apologise")
    assert sorry["is_done"] and sorry["words"]
    assert GOOD_REPLY[slice(*sorry["spans"][0])] in sorry["words"]
    assert seen["advice"]["says"]["text"]
    assert (seen["longest"], seen["is_blocked"]) == (300, False)
    assert rows.Draft.objects.count() == rows.OutboxEntry.objects.count() == 0


def test_a_blocked_reply_says_which_guard_and_why(agent, case):
    text = "Please write to our customer ioana.popescu@mail.example, telephone +40 721 555 123."
    refused = agent.post(f"/cases/{case.pk}/reply", {"text": text}, Idempotency_Key="k")
    assert refused.status_code == 409
    assert all(each["text"] for each in refused.json()["reasons"])
    assert rows.OutboxEntry.objects.count() == 0


def test_a_reply_is_taken_back_before_it_leaves(agent, desk, case):
    sent = agent.post(f"/cases/{case.pk}/reply", {"text": GOOD_REPLY}, Idempotency_Key="k").json()
    assert agent.post(f"/outbox/{sent['id']}/undo").status_code == 204
    desk.send()
    assert desk.town.replies == []


def test_a_failed_reply_is_tried_again(agent, desk, case):
    sent = agent.post(f"/cases/{case.pk}/reply", {"text": GOOD_REPLY}, Idempotency_Key="k").json()
    desk.town.refuses = "The account is locked."
    desk.send()
    (reply,) = [each for each in agent.get(f"/cases/{case.pk}").json()["timeline"] if each["what"] == "reply"]
    assert reply["reply"]["problem"]["text"] == "The account is locked."
    desk.town.refuses = ""
    assert agent.post(f"/outbox/{sent['id']}/try-again").status_code == 204
    desk.send()
    assert len(desk.town.replies) == 1


def test_an_unsure_reply_is_settled_by_somebody_who_looked(agent, desk, case):
    sent = agent.post(f"/cases/{case.pk}/reply", {"text": GOOD_REPLY}, Idempotency_Key="k").json()
    rows.OutboxEntry.objects.update(status="unsure")
    settled = {"was_sent": True, "url": "https://town.invalid/ours/1"}
    assert agent.post(f"/outbox/{sent['id']}/settle", settled).status_code == 204
    entry = rows.OutboxEntry.objects.get()
    assert (entry.status, entry.url) == ("sent", settled["url"])


def test_a_reply_posted_by_hand_is_noted(agent, desk, case):
    rows.Source.objects.update(state="paused")
    sent = agent.post(f"/cases/{case.pk}/reply", {"text": GOOD_REPLY}, Idempotency_Key="k").json()
    assert sent["status"] == "by_hand"
    assert agent.post(f"/outbox/{sent['id']}/sent-by-hand", {"url": ""}).status_code == 204
    assert desk.case(case.pk).status == "pending"


def test_a_link_that_could_run_a_script_is_no_proof_of_a_reply(agent, case):
    rows.Source.objects.update(state="paused")
    sent = agent.post(f"/cases/{case.pk}/reply", {"text": GOOD_REPLY}, Idempotency_Key="k").json()
    refused = agent.post(f"/outbox/{sent['id']}/sent-by-hand", {"url": "javascript:alert(1)"})
    assert refused.status_code == 422
    assert refused.json()["fields"][0]["field"] == "url"


def test_a_case_asks_few_questions_of_the_database(agent, desk, case, django_assert_max_num_queries):
    for number in range(6):
        desk.hear(f"Novatel, my parcel never came, again {number}")
        agent.post(f"/cases/{case.pk}/note", {"text": f"Note {number}"})
    with django_assert_max_num_queries(6):
        agent.get(f"/cases/{case.pk}")


def test_the_queue_asks_as_much_for_many_as_for_one(agent, desk, django_assert_max_num_queries):
    for number in range(12):
        desk.hear(f"Novatel, parcel {number} never came", who=f"customer{number}")
    with django_assert_max_num_queries(5):
        assert len(agent.get("/cases?view=all&limit=100").json()["items"]) == 12


def test_several_fields_are_corrected_at_once_or_none(agent, desk, case):
    """W1"""
    wrong = agent.patch(f"/cases/{case.pk}/judgement", {"wants": "apology", "severity": "enormous"})
    assert wrong.status_code == 409
    assert "enormous" in wrong.json()["detail"]
    shown = agent.patch(
        f"/cases/{case.pk}/judgement",
        {"wants": "apology", "anger": 3, "sentiment": "negative", "language": "fr", "sarcasm": True},
    ).json()
    judgement = shown["judgement"]
    assert (judgement["wants"], judgement["anger"], judgement["language"]) == ("apology", 3, "fr")
    assert judgement["sarcasm"] == 1.0
    assert shown["language"] == "fr"
    assert judgement["by"]["name"] == "Dana"
    assert {"wants", "anger", "language", "sarcasm"} <= set(judgement["corrected"])
    assert agent.patch(f"/cases/{case.pk}/judgement", {"followers": 7}).status_code == 422
    assert agent.patch("/cases/999999/judgement", {"wants": "help"}).status_code == 404


def test_a_case_shows_how_likely_each_kind_is(agent, case):
    judgement = agent.get(f"/cases/{case.pk}").json()["judgement"]
    assert {"kind_p", "abuse_p", "sentiment_p", "emotion", "sarcasm", "severity_parts", "tier"} <= set(
        judgement
    )
