"""A program that tries again never answers a customer twice (STYLE: never blindly twice)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from amends.desk import requests
from amends.store import models as rows
from tests.api.conftest import GOOD_REPLY, program_of
from tests.makers import make_agent

REPLY = {"text": GOOD_REPLY, "mode": "reply"}


def test_the_same_key_gives_the_same_answer_and_never_a_second_reply(agent, desk, case):
    first = agent.post(f"/cases/{case.pk}/reply", REPLY, Idempotency_Key="abc")
    again = agent.post(f"/cases/{case.pk}/reply", REPLY, Idempotency_Key="abc")
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.json() == first.json()
    assert again["Idempotency-Replayed"] == "true"
    assert not first.has_header("Idempotency-Replayed")
    desk.send()
    assert len(desk.town.replies) == 1


def test_a_program_that_tries_again_after_it_was_sent_does_not_send_again(agent, desk, case):
    first = agent.post(f"/cases/{case.pk}/reply", REPLY, Idempotency_Key="abc").json()
    desk.send()
    assert agent.post(f"/cases/{case.pk}/reply", REPLY, Idempotency_Key="abc").json() == first
    desk.send()
    assert len(desk.town.replies) == 1


def test_the_order_of_fields_makes_no_other_request(agent, case):
    agent.post_bytes(
        f"/cases/{case.pk}/reply", b'{"mode": "reply", "text": "Ioana, we are sorry."}', Idempotency_Key="k"
    )
    again = agent.post_bytes(
        f"/cases/{case.pk}/reply", b'{"text":"Ioana, we are sorry.","mode":"reply"}', Idempotency_Key="k"
    )
    assert again.status_code == 201


def test_a_key_belongs_to_one_request(agent, desk, case):
    agent.post(f"/cases/{case.pk}/reply", REPLY, Idempotency_Key="abc")
    other = agent.post(f"/cases/{case.pk}/reply", {"text": "Other words"}, Idempotency_Key="abc")
    assert other.status_code == 422
    assert "Idempotency-Key" in other.json()["detail"]
    second = desk.hear("Novatel, where is my parcel?", who="dan")
    assert agent.post(f"/cases/{second.pk}/reply", REPLY, Idempotency_Key="abc").status_code == 422


def test_another_agent_s_key_is_another_key(agent, desk, case):
    second = desk.hear("Novatel, where is my parcel?", who="dan")
    agent.post(f"/cases/{case.pk}/reply", REPLY, Idempotency_Key="1")
    lea = program_of(make_agent("Lea", "lead"))
    assert lea.post(f"/cases/{second.pk}/reply", REPLY, Idempotency_Key="1").status_code == 201


def test_a_refusal_uses_no_key_up(agent, desk, case):
    rows.Case.objects.update(status="closed")
    assert agent.post(f"/cases/{case.pk}/reply", REPLY, Idempotency_Key="abc").status_code == 409
    assert rows.IdempotentRequest.objects.count() == 0
    rows.Case.objects.update(status="open")
    assert agent.post(f"/cases/{case.pk}/reply", REPLY, Idempotency_Key="abc").status_code == 201


def test_a_crash_keeps_neither_the_answer_nor_what_was_done(desk, case):
    def dies():
        from amends.desk import actions

        actions.note(case.pk, "half done", by=desk.dana, now=desk.now)
        raise RuntimeError("the power went")

    with pytest.raises(RuntimeError):
        requests.once("k", "d", dies, by=desk.dana, now=desk.now)
    assert rows.Note.objects.count() == rows.IdempotentRequest.objects.count() == 0


@pytest.mark.parametrize("key", [None, "", "two words", "x" * 201, "schlüssel"])
def test_a_reply_needs_a_key(agent, case, key):
    headers = {} if key is None else {"Idempotency_Key": key}
    answer = agent.post(f"/cases/{case.pk}/reply", REPLY, **headers)
    assert answer.status_code == 422
    assert answer.json()["fields"][0]["field"] == "Idempotency-Key"
    assert rows.OutboxEntry.objects.count() == 0


def test_a_promise_may_carry_a_key_too(agent, case):
    due = (datetime.now(UTC) + timedelta(hours=3)).isoformat()
    made = {"text": "A call", "due_at": due}
    first = agent.post(f"/cases/{case.pk}/promises", made, Idempotency_Key="p").json()
    assert agent.post(f"/cases/{case.pk}/promises", made, Idempotency_Key="p").json() == first
    assert rows.Promise.objects.count() == 1


def test_keys_are_forgotten_after_a_week(desk):
    requests.once("k", "d", lambda: (200, {}), by=desk.dana, now=desk.now)
    assert requests.forget(now=desk.now + timedelta(days=6)) == 0
    assert requests.forget(now=desk.now + timedelta(days=8)) == 1


def test_what_has_an_answer_is_not_done_again(desk):
    done = []

    def first():
        done.append("first")
        return 201, {"by": "first"}

    def second():
        done.append("second")
        return 201, {"by": "second"}

    assert requests.once("k", "d", first, by=desk.dana, now=desk.now).body == {"by": "first"}
    late = requests.once("k", "d", second, by=desk.dana, now=desk.now)
    assert (late.body, late.is_again, done) == ({"by": "first"}, True, ["first"])
