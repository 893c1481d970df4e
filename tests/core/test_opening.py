"""When somebody is there next, and until when."""

from __future__ import annotations

from datetime import UTC, datetime, time

from amends.core.clock import BusinessHours

MONDAY = datetime(2026, 11, 23, tzinfo=UTC)
DAY = ((time(9), time(12)), (time(13), time(18)))


def at(hour: int, minute: int = 0, day: int = 0) -> datetime:
    return MONDAY.replace(day=23 + day, hour=hour, minute=minute)


def test_opens_and_closes_around_a_break():
    hours = BusinessHours(days={0: DAY, 1: DAY})
    assert hours.opens_at(at(7)) == at(9) and hours.closes_at(at(7)) is None
    assert hours.opens_at(at(10)) == at(10) and hours.closes_at(at(10)) == at(12)
    assert hours.opens_at(at(12, 30)) == at(13)
    assert hours.opens_at(at(19)) == at(9, day=1)
    assert hours.opens_at(at(19, day=1)) == at(9, day=7)


def test_a_night_is_one_span_and_always_has_no_end():
    night = BusinessHours(days={0: ((time(20), time(0)),), 1: ((time(0), time(6)),)})
    assert night.closes_at(at(21)) == at(6, day=1)
    assert BusinessHours().closes_at(at(3)) is None and BusinessHours().opens_at(at(3)) == at(3)
    week = BusinessHours(days={day: ((time(0), time(0)),) for day in range(7)})
    assert week.is_open(at(3)) and week.closes_at(at(3)) is None


def test_hours_are_those_of_their_zone():
    paris = BusinessHours(days={0: ((time(9), time(18)),)}, zone="Europe/Paris")
    assert paris.opens_at(at(7)) == at(8) and paris.closes_at(at(8)) == at(17)
