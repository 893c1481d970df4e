"""What agents do to cases, and what the clocks do by themselves (W2, W6, M1–M3, M6, K9)."""

from __future__ import annotations

from datetime import timedelta

import pytest
from tests.makers import make_agent

from amends.core.graph import Refused
from amends.desk import actions, approving
from amends.store import models as rows

pytestmark = pytest.mark.django_db


@pytest.fixture
def case(desk):
    return desk.hear("My Novatel router is broken again and nobody answers")


def answered(desk, case, purpose="reply"):
    approving.approve(
        case.pk,
        {
            "reply": "I am sorry, which town are you in?",
            "last_offer": "Our last offer is a new router; the choice is yours. I am sorry.",
        }.get(purpose, "Are you satisfied now?"),
        purpose=purpose,
        by=desk.dana,
        now=desk.now,
    )
    desk.send()


def test_a_handover_tells_the_colleague_and_keeps_the_word(desk, case):
    bob = make_agent("Bob")
    actions.assign(case.pk, to=bob.pk, note="You know this street", by=desk.dana, now=desk.now)
    assert desk.case().owner == bob
    assert desk.case().status == "open"
    assert case.notes.get().text == "You know this street"
    assert rows.Notice.objects.filter(agent=bob, case=case).exists()


def test_a_case_is_not_given_to_somebody_who_cannot_work_on_it(desk, case):
    reader = make_agent("Rea", "read_only")
    with pytest.raises(Refused, match="cannot work"):
        actions.assign(case.pk, to=reader.pk, by=desk.dana, now=desk.now)


def test_a_troll_is_left_alone_by_a_person_with_a_reason_and_back_again(desk):
    """W6"""
    case = desk.hear("Novatel you are all idiots and morons", "troll")
    actions.correct(case.pk, "kind", "abuse", by=desk.dana, now=desk.now)
    with pytest.raises(Refused, match="Say why"):
        actions.close(case.pk, "leave_troll", by=desk.dana, now=desk.now)
    actions.close(case.pk, "leave_troll", reason="Only insults", by=desk.dana, now=desk.now)
    closed = desk.case(case.pk)
    assert (closed.status, closed.closing, closed.closing_reason) == ("closed", "troll", "Only insults")
    actions.reopen(case.pk, reason="He had a point", by=desk.dana, now=desk.now)
    assert desk.case(case.pk).status == "open"
    assert desk.case(case.pk).due_at is not None


def test_a_complaint_cannot_be_called_nothing(desk, case):
    with pytest.raises(Refused):
        actions.close(case.pk, "nothing_to_mend", by=desk.dana, now=desk.now)


def test_letting_go_comes_after_a_last_offer(desk, case):
    """M6"""
    answered(desk, case)
    with pytest.raises(Refused, match="last polite offer"):
        actions.close(case.pk, "let_go", by=desk.dana, now=desk.now)
    answered(desk, case, "last_offer")
    actions.close(case.pk, "let_go", by=desk.dana, now=desk.now)
    assert desk.case().closing == "let_go"
    assert rows.Evidence.objects.filter(kind="closed", case=case).count() == 1


def test_a_no_opens_a_resolved_case_again(desk, case):
    answered(desk, case)
    actions.resolve(case.pk, by=desk.dana, now=desk.now)
    answered(desk, case, "ask_satisfied")
    actions.resolve(case.pk, by=desk.dana, now=desk.now)
    actions.customer_said(case.pk, False, by=desk.dana, now=desk.now)
    assert desk.case().status == "open"
    with pytest.raises(Refused, match="not satisfied"):
        actions.close(case.pk, "satisfied", by=desk.dana, now=desk.now)


def test_a_clock_that_runs_out_is_loud_once(desk, case):
    desk.now = case.due_at
    desk.tick()
    desk.tick()
    assert rows.Notice.objects.filter(case=case, level="loud").count() == 1
    assert desk.case().breached_at == desk.now


def test_a_promise_moves_the_clock_and_is_loud_when_broken(desk, case):
    answered(desk, case)
    due = desk.now + timedelta(hours=1)
    promise = actions.promise(case.pk, "a technician calls", due, by=desk.dana, now=desk.now)
    assert (desk.case().due_at, desk.case().due_for) == (due, "promise")
    desk.now = due
    desk.tick()
    desk.tick()
    loud = rows.Notice.objects.filter(agent=desk.dana, level="loud")
    assert [str(each.text["t"]) for each in loud] == ["A promise is broken: {text}"]
    actions.keep_promise(promise, by=desk.dana, now=desk.now)
    assert desk.case().due_for == "look_again"


def test_a_promise_with_a_new_time_is_chased_again(desk, case):
    promise = actions.promise(case.pk, "news", desk.now + timedelta(hours=1), by=desk.dana, now=desk.now)
    desk.later(hours=2)
    desk.tick()
    actions.move_promise(promise, desk.now + timedelta(hours=1), by=desk.dana, now=desk.now)
    desk.later(hours=2)
    desk.tick()
    assert desk.kinds(case).count("promise_broken") == 2


@pytest.mark.parametrize("ahead", [timedelta(), timedelta(minutes=-1), timedelta(days=400)])
def test_a_promise_needs_a_time_that_can_be_kept(desk, case, ahead):
    with pytest.raises(Refused, match="coming year"):
        actions.promise(case.pk, "news", desk.now + ahead, by=desk.dana, now=desk.now)


def test_a_snoozed_case_comes_back_on_time_and_cannot_sleep_past_its_clock(desk, case):
    with pytest.raises(Refused, match="waiting"):
        actions.snooze(case.pk, case.due_at + timedelta(hours=1), by=desk.dana, now=desk.now)
    actions.snooze(case.pk, desk.now + timedelta(minutes=10), by=desk.dana, now=desk.now)
    desk.later(minutes=10)
    desk.tick()
    assert desk.case().snoozed_until is None


def test_the_customer_writing_wakes_a_snoozed_case(desk, case):
    actions.snooze(case.pk, desk.now + timedelta(minutes=10), by=desk.dana, now=desk.now)
    desk.hear("Hello?", thread="post-1", to="post-1")
    assert desk.case().snoozed_until is None


def test_a_correction_counts_at_once_and_is_on_record(desk, case):
    before = case.due_at
    actions.correct(case.pk, "severity", "critical", by=desk.dana, now=desk.now)
    assert desk.case().due_at < before
    last = rows.Judgement.objects.latest("pk")
    assert (last.by, last.severity) == (desk.dana, "critical")


@pytest.mark.parametrize(("field", "value"), [("kind", "nonsense"), ("status", "closed"), ("severity", "")])
def test_a_correction_to_what_does_not_exist_is_refused(desk, case, field, value):
    with pytest.raises(Refused):
        actions.correct(case.pk, field, value, by=desk.dana, now=desk.now)


def test_an_unknown_case_is_refused_with_words(desk):
    with pytest.raises(Refused, match="no case #999"):
        actions.take(999, by=desk.dana, now=desk.now)


def test_a_silent_customer_comes_back_into_the_queue(desk, case):
    answered(desk, case)
    assert desk.case().due_for == "look_again"
    desk.later(days=3)
    desk.tick()
    assert "customer_silent" in desk.kinds(case)


def test_after_a_correction_the_rules_reasons_can_still_be_read(desk, case):
    before = rows.Judgement.objects.earliest("pk").reasons
    actions.correct(case.pk, "severity", "critical", by=desk.dana, now=desk.now)
    actions.correct(case.pk, "kind", "question", by=desk.dana, now=desk.now)
    assert rows.Judgement.objects.latest("pk").reasons[1:] == before


def test_a_customer_who_says_unasked_that_all_is_well_may_be_believed(desk, case):
    with pytest.raises(Refused, match="Ask the customer"):
        actions.customer_said(case.pk, True, by=desk.dana, now=desk.now)
    answered(desk, case)
    with pytest.raises(Refused, match="Ask the customer"):
        actions.customer_said(case.pk, True, by=desk.dana, now=desk.now)
    desk.later(minutes=5)
    desk.hear("Never mind, it works now, all good", thread="post-1", to="post-1")
    actions.customer_said(case.pk, True, by=desk.dana, now=desk.now)
    actions.close(case.pk, "satisfied", by=desk.dana, now=desk.now)
    assert desk.case().closing == "satisfied"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("wants", "apology"),
        ("sentiment", "neutral"),
        ("anger", "3"),
        ("emotion", "fear"),
        ("sarcasm", "yes"),
        ("language", "ro"),
        ("topic", "Router boxes"),
        ("abuse", "insult"),
    ],
)
def test_each_field_is_corrected_with_who_and_when(desk, case, field, value):
    """W1"""
    actions.correct(case.pk, field, value, by=desk.dana, now=desk.now)
    last = rows.Judgement.objects.latest("pk")
    assert (last.by, last.at, last.details["corrected"]) == (desk.dana, desk.now, [field])
    assert rows.Mention.objects.get().judgement == last.as_json()
    event = rows.CaseEvent.objects.get(kind="judgement_corrected")
    assert (event.actor, event.data["field"]) == (desk.dana, field)


def test_a_detail_is_kept_as_the_rules_keep_it(desk, case):
    actions.correct_all(case.pk, {"anger": "3", "sarcasm": "yes"}, by=desk.dana, now=desk.now)
    details = rows.Judgement.objects.latest("pk").details
    assert (details["anger"], details["sarcasm"]) == (3, 1.0)


def test_one_wrong_field_refuses_all(desk, case):
    before = rows.Judgement.objects.count()
    with pytest.raises(Refused, match="purple"):
        actions.correct_all(case.pk, {"kind": "question", "sentiment": "purple"}, by=desk.dana, now=desk.now)
    assert desk.case().kind == "complaint"
    assert rows.Judgement.objects.count() == before


@pytest.mark.parametrize("value", ["", "eng", "E", "../", "42"])
def test_a_language_has_two_letters(desk, case, value):
    with pytest.raises(Refused):
        actions.correct(case.pk, "language", value, by=desk.dana, now=desk.now)


def test_a_threat_that_a_person_sees_is_critical_and_told_to_the_leads(desk, case):
    """A7"""
    actions.correct(case.pk, "abuse", "threat", by=desk.dana, now=desk.now)
    assert (desk.case().severity, desk.case().abuse) == ("critical", "threat")
    (told,) = rows.Notice.objects.filter(level="loud")
    assert (told.agent, str(told.text["t"])) == (
        desk.admin,
        "{name} sees a threat in case #{number}: read it now",
    )
