"""What the composer asks to have sent, read from its form."""

from __future__ import annotations

from datetime import datetime

from amends.desk.entering import Wish
from amends.store import queries
from amends.web.asked import Asked
from amends.web.when import chosen

LONGEST_TEXT = 20_000


def wish_of(request: Asked, text: str, mode: str) -> Wish:
    """What the composer asks to have sent. Raises `Refused` for a time that cannot be read."""
    form = request.POST
    wants_line = mode == "direct" and bool(form.get("both"))
    return Wish(
        text=text[:LONGEST_TEXT],
        mode=mode,
        purpose=form.get("purpose", "reply"),
        public_line=form.get("public_line", "")[:LONGEST_TEXT] if wants_line else "",
        media=numbers(form.get("media", "")),
        send_at=send_at(request),
        is_solvable_now=bool(form.get("solvable")),
        has_marks=not form.get("no_marks"),
    )


def numbers(text: str) -> tuple[int, ...]:
    """“3,14” as numbers; anything else in it is passed over."""
    return tuple(
        int(each) for each in text.split(",") if each.isascii() and each.isdigit() and len(each) < 18
    )


def send_at(request: Asked) -> datetime | None:
    if request.POST.get("when", "now") in ("", "now"):
        return None
    zone = str(queries.organisation().hours.get("zone", "UTC"))
    return chosen(request.POST, now=request.now, fallback_zone=zone)
