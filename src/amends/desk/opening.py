"""Hours as people write them, and as a row keeps them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import time
from typing import Any
from zoneinfo import available_timezones

from amends.core.graph import Refused
from amends.core.say import say

_SPAN = re.compile(r"(\d{1,2})(?:[:.h](\d{2})?)?\s*[-–—]\s*(\d{1,2})(?:[:.h](\d{2})?)?")


def _spans(text: str) -> list[list[str]]:
    """[["09:00", "12:30"], …] of “9:00–12:30, 13:30–18:00”. Midnight as an end is 24:00 or 0:00."""
    spans = []
    for part in filter(None, (each.strip() for each in text.split(","))):
        found = _SPAN.fullmatch(part)
        try:
            if found is None:
                raise ValueError(part)
            opens = time(int(found[1]), int(found[2] or 0))
            closes = time(int(found[3]) % 24 if int(found[3]) <= 24 else -1, int(found[4] or 0))
            if opens == closes:
                raise ValueError(part)
        except ValueError:
            raise Refused(
                say("“{text}” are not hours; write them as 9:00–12:30, 13:30–18:00.", text=part[:60])
            ) from None
        spans.append([f"{opens:%H:%M}", f"{closes:%H:%M}"])
    return spans


def hours_as_kept(zone: str, days: Mapping[int, str]) -> dict[str, Any]:
    """Hours as people write them, as a row keeps them. Raises `Refused` for what are none."""
    zone = zone.strip() or "UTC"
    if zone not in available_timezones():
        raise Refused(say("“{zone}” is no time zone; write one such as Europe/Paris.", zone=zone[:60]))
    spans = {str(day): _spans(days.get(day, "")) for day in range(7)}
    return {"zone": zone, "days": {day: each for day, each in spans.items() if each}}


def hours_as_written(kept: Mapping[str, Any]) -> tuple[str, list[str]]:
    """The zone, and the hours of each weekday as people write them."""
    days = kept.get("days", {})
    return kept.get("zone", "UTC"), [
        ", ".join(f"{opens}–{closes}" for opens, closes in days.get(str(day), [])) for day in range(7)
    ]
