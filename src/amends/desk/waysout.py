"""Ways out of the public thread (A12): site, telephone, form, mail, chat and shop, with their hours and languages."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from django.db import transaction
from django.db.models import Max

from amends.core.clock import BusinessHours
from amends.core.graph import Refused
from amends.core.say import Said, say
from amends.core.text import storable
from amends.desk import policies
from amends.desk.opening import hours_as_kept
from amends.desk.permissions import must
from amends.desk.trail import hours_from
from amends.desk.wording import texts_of, topics_of
from amends.reply.propose import clock_in, way_line
from amends.store.models import Agent, WayOut

KINDS = ("site", "telephone", "form", "mail", "chat", "shop")
#: What an address of each kind looks like.
_WEB = re.compile(r"https?://[^\s<>\"']+|(?:[\w-]+\.)+[^\W\d_]{2,}(?:/[^\s<>\"']*)?")
_ADDRESS = {
    "site": _WEB,
    "form": _WEB,
    "chat": _WEB,
    "telephone": re.compile(r"\+?[\d(][\d ()./-]{2,30}\d"),
    "mail": re.compile(r"[^\s@<>\"']+@(?:[\w-]+\.)+[^\W\d_]{2,}"),
}
_WANTED = {
    "site": say("Write the address of the site, such as example.org/help."),
    "form": say("Write the address of the form, such as example.org/claim."),
    "chat": say("Write the address of the chat, such as example.org/chat."),
    "telephone": say("Write the number as it is dialled, such as +40 21 555 01 00."),
    "mail": say("Write the mail address, such as help@example.org."),
}
_DAYS = (
    say("Monday"), say("Tuesday"), say("Wednesday"), say("Thursday"), say("Friday"), say("Saturday"), say("Sunday"),
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class WayOffered:
    """A way out that fits a case, as it would be told to this customer now."""

    id: int
    kind: str
    address: str
    title: str
    is_open: bool
    hours: Said | None
    """“open until 18:00”, “opens tomorrow at 09:00”; None: it has no hours."""
    says: str
    """A whole line in their language, with the address and, where it has hours, until or from when; "": what it is for
    is not written in their language yet."""


def write(
    kind: str,
    address: str,
    titles: Mapping[str, str],
    *,
    topics: Sequence[str] = (),
    languages: Sequence[str] = (),
    zone: str = "",
    days: Mapping[int, str] | None = None,
    way_id: int | None = None,
    by: Agent,
) -> WayOut:
    """A new way out, or another wording of way `way_id`. Raises `Refused` with what is wrong."""
    must(by, "policy")
    if kind not in KINDS:
        raise Refused(say("Choose what kind of way it is."))
    address = storable(" ".join(address.split()))[:500]
    pattern = _ADDRESS.get(kind)
    if not address or (pattern and not pattern.fullmatch(address)):
        raise Refused(_WANTED.get(kind, say("Write the address.")))
    said = texts_of(titles, most=120)
    if not said:
        raise Refused(say("Say what it is for, in one language at least: “bills and payments”."))
    values = {
        "kind": kind,
        "address": address,
        "titles": said,
        "topics": topics_of(topics),
        "languages": [each for each in (one.strip().lower()[:8] for one in languages) if each][:20],
        "hours": hours_as_kept(zone, days or {}) if any((days or {}).values()) else {},
    }
    with transaction.atomic():
        if way_id is None:
            last = WayOut.objects.aggregate(n=Max("position"))["n"] or 0
            return WayOut.objects.create(**values, position=last + 1)
        if not WayOut.objects.filter(pk=way_id).update(**values):
            raise _not_there()
        return WayOut.objects.get(pk=way_id)


def switch(way_id: int, is_active: bool, *, by: Agent) -> None:
    """Offer it, or no more. One that is not offered is no address of ours for the guards either."""
    must(by, "policy")
    if not WayOut.objects.filter(pk=way_id).update(is_active=is_active):
        raise _not_there()


def move(way_id: int, up: bool, *, by: Agent) -> None:
    """One place up or down in the list."""
    must(by, "policy")
    with transaction.atomic():
        ways = list(WayOut.objects.select_for_update().order_by("position", "pk"))
        place = next((n for n, each in enumerate(ways) if each.pk == way_id), None)
        if place is None:
            raise _not_there()
        other = place - 1 if up else place + 1
        if 0 <= other < len(ways):
            ways[place], ways[other] = ways[other], ways[place]
        for position, each in enumerate(ways, 1):
            each.position = position
        WayOut.objects.bulk_update(ways, ["position"])


def _not_there() -> Refused:
    return Refused(say("There is no such way out."))


def offered(topic: str, language: str, *, form: str = "formal", now: datetime) -> tuple[WayOffered, ...]:
    """The ways that fit a case: those that answer in the customer's language, open ones first. One query."""
    short = language.split("-")[0].lower()
    ways = [
        each
        for each in WayOut.objects.filter(is_active=True).order_by("position", "pk")
        if (not each.topics or topic in each.topics) and (not each.languages or short in each.languages)
    ]
    found = [_offer(each, short, form, now=now) for each in ways]
    return tuple(sorted(found, key=lambda each: not each.is_open))


def _offer(way: WayOut, language: str, form: str, *, now: datetime) -> WayOffered:
    hours = hours_from(way.hours)
    here = now.astimezone(ZoneInfo(hours.zone))
    closes, opens = hours.closes_at(now), hours.opens_at(now)
    title, says = way.titles.get(language, ""), ""
    if title:
        says = way_line(
            way.kind,
            title,
            way.address,
            policies.proposals(),
            language=language,
            form=form,
            open_until=clock_in(closes, here, language) if closes else "",
            opens=clock_in(opens, here, language) if opens and opens > now else "",
        )
    return WayOffered(
        id=way.pk,
        kind=way.kind,
        address=way.address,
        title=title or next(iter(way.titles.values()), ""),
        is_open=hours.is_open(now),
        hours=opening(hours, now=now),
        says=says,
    )


def opening(hours: BusinessHours, *, now: datetime) -> Said | None:
    """Whether somebody is there, and until or from when, in the zone of the hours; None: there are no hours."""
    zone = ZoneInfo(hours.zone)
    here = now.astimezone(zone)
    if hours.is_open(now):
        closes = hours.closes_at(now)
        return say("open until {time}", time=f"{closes.astimezone(zone):%H:%M}") if closes else None
    opens = hours.opens_at(now)
    if opens is None:
        return say("closed")
    there = opens.astimezone(zone)
    days = (there.date() - here.date()).days
    if days == 0:
        return say("opens today at {time}", time=f"{there:%H:%M}")
    if days == 1:
        return say("opens tomorrow at {time}", time=f"{there:%H:%M}")
    return say("opens on {day} at {time}", day=_DAYS[there.weekday()], time=f"{there:%H:%M}")
