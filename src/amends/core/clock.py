"""Aware times, business hours and due dates. `now` is always given, never taken."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

Span = tuple[time, time]

#: No sum of business hours looks further ahead than this; a desk that is never open would look for ever.
FURTHEST = timedelta(days=366)


class NaiveTime(ValueError):
    """A moment without a zone was given where one is needed."""


def aware(moment: datetime) -> datetime:
    """`moment` in UTC. Raises `NaiveTime` when it has no zone."""
    if moment.tzinfo is None:
        raise NaiveTime(f"{moment!r} has no time zone")
    return moment.astimezone(UTC)


@dataclass(frozen=True)
class BusinessHours:
    """When somebody is there, by weekday (0 is Monday). No days at all means: always.

    A span ends at its second time, exclusive; `time(0)` as an end means midnight at the end of that day.
    """

    days: Mapping[int, tuple[Span, ...]] = field(default_factory=dict)
    zone: str = "UTC"

    def add(self, start: datetime, amount: timedelta) -> datetime:
        """The moment at which `amount` of open time has passed since `start` (aware; the answer is UTC)."""
        start = aware(start)
        if not any(self.days.values()):
            return start + amount
        left, day = amount, start.astimezone(ZoneInfo(self.zone)).date()
        while True:
            for opens, closes in self._spans(day):
                begin = max(opens, start)
                if closes <= begin:
                    continue
                if closes - begin >= left:
                    return begin + left
                left -= closes - begin
            day += timedelta(days=1)
            if datetime.combine(day, time(0), UTC) - start > FURTHEST + amount * 10:
                return start + amount

    def is_open(self, at: datetime) -> bool:
        """Whether somebody is there at `at` (aware)."""
        at = aware(at)
        if not any(self.days.values()):
            return True
        day = at.astimezone(ZoneInfo(self.zone)).date()
        return any(opens <= at < closes for opens, closes in self._spans(day))

    def opens_at(self, at: datetime) -> datetime | None:
        """The next moment (UTC) at which somebody is there, `at` itself where somebody is; None where nobody is within
        eight days."""
        at = aware(at)
        if self.is_open(at):
            return at
        day = at.astimezone(ZoneInfo(self.zone)).date()
        for ahead in range(9):
            for opens, _ in self._spans(day + timedelta(days=ahead)):
                if opens > at:
                    return opens
        return None

    def closes_at(self, at: datetime) -> datetime | None:
        """Until when (UTC) somebody is there without a break; None where nobody is at `at`, or somebody always is."""
        at = aware(at)
        if not any(self.days.values()) or not self.is_open(at):
            return None
        end = at
        for _ in range(16):
            day = end.astimezone(ZoneInfo(self.zone)).date()
            # A span of the night before may reach into this day.
            spans = [*self._spans(day - timedelta(days=1)), *self._spans(day)]
            later = [closes for opens, closes in spans if opens <= end < closes]
            if not later:
                return end
            end = max(later)
        return None

    def _spans(self, day: date) -> list[tuple[datetime, datetime]]:
        zone = ZoneInfo(self.zone)
        spans = []
        for opens, closes in sorted(self.days.get(day.weekday(), ())):
            last = day + timedelta(days=1) if closes <= opens else day
            spans.append(
                (
                    datetime.combine(day, opens, zone).astimezone(UTC),
                    datetime.combine(last, closes, zone).astimezone(UTC),
                )
            )
        return spans
