from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from amends.core.clock import BusinessHours, NaiveTime

PARIS = BusinessHours(days={day: ((time(9), time(18)),) for day in range(5)}, zone="Europe/Paris")


def paris(*when: int) -> datetime:
    return datetime(*when, tzinfo=ZoneInfo("Europe/Paris"))


def test_a_complaint_on_friday_evening_is_due_on_monday_morning():
    assert PARIS.add(paris(2026, 11, 20, 17, 30), timedelta(hours=1)) == paris(2026, 11, 23, 9, 30)


def test_the_clock_stands_still_at_night_and_over_the_change_of_time():
    # Clocks go back in the night to Sunday 25 October 2026.
    assert PARIS.add(paris(2026, 10, 23, 17), timedelta(hours=2)) == paris(2026, 10, 26, 10)


def test_a_desk_without_hours_is_always_there():
    start = datetime(2026, 11, 21, 3, tzinfo=UTC)
    assert BusinessHours().add(start, timedelta(hours=4)) == start + timedelta(hours=4)
    assert BusinessHours().is_open(start)


def test_a_shift_over_midnight_counts_to_its_end():
    night = BusinessHours(days={5: ((time(22), time(6)),)})
    assert night.add(datetime(2026, 11, 21, 23, tzinfo=UTC), timedelta(hours=2)) == datetime(
        2026, 11, 22, 1, tzinfo=UTC
    )


def test_midnight_as_an_end_is_the_end_of_that_day():
    late = BusinessHours(days={5: ((time(20), time(0)),)})
    assert late.is_open(datetime(2026, 11, 21, 23, 59, tzinfo=UTC))
    assert not late.is_open(datetime(2026, 11, 22, 0, 0, tzinfo=UTC))


def test_a_moment_without_a_zone_is_refused():
    with pytest.raises(NaiveTime):
        PARIS.add(datetime(2026, 11, 21), timedelta(hours=1))


@given(
    st.datetimes(datetime(2020, 1, 1), datetime(2030, 1, 1)),
    st.integers(0, 60 * 40),
    st.integers(0, 60 * 40),
)
def test_more_work_is_never_due_earlier(moment, minutes, more):
    start = moment.replace(tzinfo=UTC)
    first = PARIS.add(start, timedelta(minutes=minutes))
    assert start <= first <= PARIS.add(start, timedelta(minutes=minutes + more))


@given(st.datetimes(datetime(2020, 1, 1), datetime(2030, 1, 1)), st.integers(1, 60 * 40))
def test_what_is_due_is_due_while_somebody_is_there(moment, minutes):
    due = PARIS.add(moment.replace(tzinfo=UTC), timedelta(minutes=minutes))
    assert PARIS.is_open(due - timedelta(seconds=1))
