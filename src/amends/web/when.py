"""Moments that people choose: "in 2 hours", "today at 18:00", or a date and time in their own zone."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from amends.core.graph import Refused
from amends.core.say import say


def zone_of(name: str, fallback: str = "UTC") -> ZoneInfo:
    """The zone that a browser named, else `fallback`, else UTC."""
    for each in (name, fallback):
        try:
            if each and len(each) < 64:
                return ZoneInfo(each)
        except (KeyError, ValueError, OSError):
            continue
    return ZoneInfo("UTC")


def chosen(form: Mapping[str, str], *, now: datetime, fallback_zone: str = "UTC") -> datetime:
    """The moment (aware, UTC) of a form's `when`, `at` and `zone`. Raises `Refused` when none can be read."""
    zone = zone_of(form.get("zone", ""), fallback_zone)
    here, when = now.astimezone(zone), form.get("when", "")
    if when in _SPANS:
        return now + _SPANS[when]
    if when == "today":
        return _at(here, 0, time(18)) if here.time() < time(18) else _at(here, 1, time(18))
    if when == "tomorrow":
        return _at(here, 1, time(9))
    if when == "monday":
        return _at(here, 7 - here.weekday(), time(9))
    try:
        free = datetime.fromisoformat(form.get("at", ""))
    except ValueError:
        raise Refused(say("Choose a date and a time.")) from None
    return (free if free.tzinfo else free.replace(tzinfo=zone)).astimezone(UTC)


_SPANS = {
    "1h": timedelta(hours=1),
    "2h": timedelta(hours=2),
    "4h": timedelta(hours=4),
    "week": timedelta(days=7),
}


def _at(here: datetime, days: int, at: time) -> datetime:
    return datetime.combine((here + timedelta(days=days)).date(), at, here.tzinfo).astimezone(UTC)
