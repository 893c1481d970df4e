from dataclasses import replace
from datetime import UTC, datetime, time, timedelta

import pytest

from amends.core.case import CaseFacts, Kind, Severity, Status
from amends.core.clock import BusinessHours
from amends.core.policy import BadPolicy, read_policy
from amends.followup.sla import SlaPolicy, due, needs_reminder

NOW = datetime(2026, 11, 21, 9, tzinfo=UTC)
POLICY = SlaPolicy.from_toml(read_policy("sla"))
ALWAYS = BusinessHours()
CASE = CaseFacts(
    status=Status.NEW, kind=Kind.COMPLAINT, severity=Severity.LOW, opened_at=NOW, last_author_at=NOW
)


@pytest.mark.parametrize("severity", Severity)
def test_every_complaint_has_a_running_clock(severity):
    """W2: no “low” that nobody sees."""
    running = due(replace(CASE, severity=severity), ALWAYS, POLICY)
    assert running is not None
    assert running.what == "first_answer"
    assert NOW < running.at <= NOW + timedelta(hours=8)


def test_graver_is_never_due_later():
    ends = [due(replace(CASE, severity=each), ALWAYS, POLICY).at for each in Severity]
    assert ends == sorted(ends, reverse=True)


def test_what_the_rules_cannot_tell_runs_a_clock_too():
    assert due(replace(CASE, kind=Kind.UNSURE), ALWAYS, POLICY) is not None
    assert due(replace(CASE, kind=Kind.PRAISE), ALWAYS, POLICY) is None


def test_the_customer_writing_again_starts_the_next_clock():
    wrote = NOW + timedelta(hours=5)
    again = replace(CASE, status=Status.OPEN, first_answer_at=NOW, last_answer_at=NOW, last_author_at=wrote)
    assert due(again, ALWAYS, POLICY).what == "next_answer"
    assert due(again, ALWAYS, POLICY).at > wrote


def test_a_silent_customer_is_looked_at_again_not_forgotten():
    waiting = replace(CASE, status=Status.PENDING, first_answer_at=NOW, last_answer_at=NOW)
    assert due(waiting, ALWAYS, POLICY).what == "look_again"
    assert due(replace(waiting, status=Status.CLOSED), ALWAYS, POLICY) is None


def test_the_clock_counts_the_hours_in_which_somebody_is_there():
    weekdays = BusinessHours(days={day: ((time(9), time(17)),) for day in range(5)})
    saturday = due(replace(CASE, severity=Severity.HIGH), weekdays, POLICY)
    assert saturday.at == datetime(2026, 11, 23, 10, tzinfo=UTC)


def test_a_promise_is_reminded_of_before_it_breaks():
    end = NOW + timedelta(hours=2)
    assert not needs_reminder(end, NOW, NOW + timedelta(hours=1), POLICY)
    assert needs_reminder(end, NOW, end - timedelta(minutes=20), POLICY)
    assert not needs_reminder(end, NOW, end, POLICY)


def test_a_short_promise_is_reminded_of_half_way():
    end = NOW + timedelta(minutes=20)
    assert not needs_reminder(end, NOW, NOW + timedelta(minutes=5), POLICY)
    assert needs_reminder(end, NOW, NOW + timedelta(minutes=10), POLICY)


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"first_answers": {}}, "first_answers"),
        ({"look_again_after": "soon"}, "look_again_after"),
        ({"clock_kinds": ["grumble"]}, "grumble"),
    ],
)
def test_a_typo_in_the_policy_names_itself(change, named):
    with pytest.raises(BadPolicy, match=named):
        SlaPolicy.from_toml({**read_policy("sla"), **change})
