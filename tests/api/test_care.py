"""A7, W6, M8 for programs."""

from __future__ import annotations

import pytest

from amends.desk import export
from tests.api.conftest import program_of
from tests.makers import make_agent

pytestmark = pytest.mark.django_db

POST = "Novatel you useless idiots, my parcel never arrived and I want my money back, you morons"


@pytest.fixture
def harsh(desk):
    return desk.hear(POST, "claire")


@pytest.fixture
def dana(desk):
    return program_of(desk.dana)


def test_the_queue_says_what_is_veiled_and_what_may_be_shown(dana, harsh):
    (row,) = dana.get("/cases").json()["items"]
    assert row["is_veiled"] is True
    assert "my parcel never arrived" in row["veiled_text"]
    assert "idiots" not in row["veiled_text"]
    assert "idiots" in row["title"]
    assert "said" not in row


def test_a_post_has_both_texts(dana, harsh):
    case = dana.get(f"/cases/{harsh.pk}").json()
    (post,) = [each["mention"] for each in case["timeline"] if each["mention"]]
    assert post["is_veiled"] is True
    assert post["text"] == POST
    assert "my parcel never arrived" in post["veiled_text"]
    assert "idiots" not in post["veiled_text"]
    assert case["needs"] == post["veiled_text"]


def test_a_calm_post_is_not_veiled(desk, dana):
    case = desk.hear("My Novatel router is broken")
    (post,) = [
        each["mention"] for each in dana.get(f"/cases/{case.pk}").json()["timeline"] if each["mention"]
    ]
    assert (post["is_veiled"], post["veiled_text"]) == (False, post["text"])


def test_a_program_gets_its_own_figures_only(desk, dana, harsh):
    post = harsh.mentions.get().pk
    lea = program_of(make_agent("Lea", "lead"))
    for _ in range(2):
        assert dana.post(f"/cases/{harsh.pk}/posts/{post}/shown").status_code == 204
    assert dana.get("/wellbeing").json() == {"two_hours": 1, "today": 1, "week": 1, "resting_until": None}
    assert lea.get("/wellbeing").json()["week"] == 0
    assert lea.get(f"/wellbeing?agent={desk.dana.pk}").json()["week"] == 0
    for way in (f"/people/{desk.dana.pk}", f"/wellbeing/{desk.dana.pk}", "/wellbeing/team"):
        assert lea.get(way).status_code == 404
    assert "two_hours" not in lea.get("/people").text


def test_a_break_is_taken_and_ended(dana):
    assert dana.post("/wellbeing/rest", {"minutes": 15}).json()["resting_until"]
    assert dana.post("/wellbeing/back").json()["resting_until"] is None
    assert dana.post("/wellbeing/rest", {"minutes": 0}).status_code == 422


def test_harsh_cases_are_shared_out(desk, harsh):
    lea = program_of(make_agent("Lea", "lead"))
    assert lea.post("/wellbeing/share-out").json() == {"shared": 1}
    assert desk.case().owner is not None


def test_a_troll_is_left_and_the_view_holds_it(desk, dana):
    case = desk.hear("Novatel idiots, morons, all of you", "troll")
    shown = dana.post(f"/cases/{case.pk}/mute", {"why": "troll"}).json()
    assert (shown["status"], shown["closing"], bool(shown["muted_at"])) == ("closed", "troll", True)
    assert [row["id"] for row in dana.get("/cases?view=muted").json()["items"]] == [case.pk]
    assert dana.post(f"/cases/{case.pk}/unmute").json()["muted_at"] is None


def test_a_complaint_is_not_left_as_spam(desk, dana):
    case = desk.hear("My Novatel router is broken")
    answer = dana.post(f"/cases/{case.pk}/mute", {"why": "spam"})
    assert answer.status_code == 409
    assert "answered" in answer.json()["detail"]


def test_what_was_asked_and_done_goes_out_with_the_case(desk, dana):
    case = desk.hear("My Novatel order never arrived, I want a refund please")
    way = f"/cases/{case.pk}/asked-and-done"
    shown = dana.patch(way, {"was_done": "Refunded"}).json()
    assert (shown["was_done"], "I want a refund" in shown["wanted"]) == ("Refunded", True)
    (record,) = export.records()
    assert (record["was_done"], record["wanted"]) == ("Refunded", shown["wanted"])
    assert dana.patch(way, {"wanted": "x" * 501}).status_code == 422
