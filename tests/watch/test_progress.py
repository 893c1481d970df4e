"""K10: the six steps filled in for a case."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from amends.core.case import CaseFacts, Closing, Kind, Severity, Status
from amends.plan import STEPS
from amends.watch.progress import Stage, steps_of

NOW = datetime(2026, 11, 21, 9, tzinfo=UTC)
CASE = CaseFacts(
    status=Status.NEW,
    kind=Kind.COMPLAINT,
    severity=Severity.HIGH,
    opened_at=NOW,
    last_author_at=NOW,
    sealed=1,
)


def stages(case, due_at=NOW + timedelta(hours=1)):
    return {each.step.room: each.stage for each in steps_of(case, due_at=due_at, now=NOW)}


def test_all_six_in_the_order_of_the_plan():
    assert [each.step.room for each in steps_of(CASE, due_at=None, now=NOW)] == [step.room for step in STEPS]


def test_a_new_complaint_waits_for_its_first_answer():
    assert stages(CASE)["reply"] is Stage.NOW
    assert stages(CASE)["followup"] is Stage.WAITS


def test_a_clock_that_ran_out_is_late():
    assert stages(CASE, due_at=NOW)["reply"] is Stage.LATE


def test_a_broken_promise_is_late():
    broken = replace(CASE, first_answer_at=NOW, last_answer_at=NOW, open_promises=1, late_promises=1)
    assert stages(broken)["followup"] is Stage.LATE


def test_other_open_cases_like_it_are_told():
    assert stages(replace(CASE, like_open=4))["watch"] is Stage.NOW


def test_a_closed_case_says_how_it_ended():
    closed = replace(
        CASE, status=Status.CLOSED, closing=Closing.LET_GO, first_answer_at=NOW, last_answer_at=NOW
    )
    says = {each.step.room: str(each.says) for each in steps_of(closed, due_at=None, now=NOW)}
    assert says["followup"] == "Let go after a last offer"
