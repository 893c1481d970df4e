"""A failing source is asked less and less, never all at once, and a silent one is noticed (L4)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from amends.core.clock import NaiveTime
from amends.listen.cursor import LONGEST_WAIT, is_quiet, next_call

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def test_a_source_that_answers_is_asked_at_its_own_pace():
    assert next_call(0, MINUTE, NOW, 0.0) == NOW + MINUTE


def test_each_failure_doubles_the_wait_up_to_a_quarter_of_an_hour():
    waits = [next_call(n, MINUTE, NOW, 1.0) - NOW for n in range(1, 7)]
    assert waits == [2 * MINUTE, 4 * MINUTE, 8 * MINUTE, LONGEST_WAIT, LONGEST_WAIT, LONGEST_WAIT]


def test_sources_that_failed_together_do_not_return_together():
    assert len({next_call(3, MINUTE, NOW, each / 10) for each in range(11)}) == 11


def test_the_networks_own_word_is_a_lower_bound():
    assert next_call(1, MINUTE, NOW, 0.5, timedelta(hours=2)) == NOW + timedelta(hours=2)
    assert next_call(0, MINUTE, NOW, 0.0, timedelta(seconds=-9)) == NOW + MINUTE
    assert next_call(1, MINUTE, NOW, 0.5, timedelta(days=4000)) == NOW + timedelta(days=1)


def test_a_source_asked_once_an_hour_is_not_asked_more_often_when_it_fails():
    assert next_call(5, timedelta(hours=1), NOW, 1.0) == NOW + timedelta(hours=1)


def test_a_time_without_a_zone_is_refused():
    with pytest.raises(NaiveTime):
        next_call(0, MINUTE, datetime(2026, 3, 1), 0.0)


@given(st.integers(-5, 10**9), st.timedeltas(), st.floats(allow_nan=False), st.none() | st.timedeltas())
def test_the_next_call_lies_ahead_and_within_reach(failures, asked, jitter, retry_after):
    asked = max(min(asked, timedelta(days=365)), timedelta(days=-365))
    wait = next_call(failures, asked, NOW, jitter, retry_after) - NOW
    assert timedelta(0) < wait <= max(asked * 1.1, LONGEST_WAIT, timedelta(days=1))


def test_a_source_that_went_quiet_is_noticed():
    assert is_quiet(NOW - timedelta(minutes=50), MINUTE, NOW) is None
    assert "for 3 hours" in str(is_quiet(NOW - timedelta(hours=3), MINUTE, NOW))
    assert "for 1 hour," in str(is_quiet(NOW - timedelta(hours=1), MINUTE, NOW))
    assert "for 5 days" in str(is_quiet(NOW - timedelta(days=5), timedelta(hours=2), NOW))


def test_a_source_that_is_slow_by_habit_or_new_is_not_called_quiet():
    assert is_quiet(NOW - timedelta(days=3), timedelta(days=1), NOW) is None
    assert is_quiet(None, MINUTE, NOW) is None
