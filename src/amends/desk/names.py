"""Finds out how people are called where a network's stream gave only an id."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import F

from amends.connectors.base import NeedsAttention, RetryLater
from amends.connectors.registry import UnknownConnector
from amends.core.mention import Author as Person
from amends.core.text import fold, storable
from amends.desk import accounts
from amends.store.models import Author, Case, Heartbeat, Source, SourceState

log = logging.getLogger("amends.names")

AT_ONCE = 25
#: Between two questions; and after one that brought nothing.
ASK_EVERY, REST = timedelta(seconds=5), timedelta(minutes=10)
#: Who could not be named within a day stays an id.
GIVE_UP_AFTER = timedelta(days=1)


def fill_in(*, now: datetime) -> int:
    """Ask for the names of people of whom we know only the id. Gives how many were found."""
    nameless = Author.objects.filter(handle=F("remote_id"), first_seen_at__gte=now - GIVE_UP_AFTER)
    newest = list(nameless.filter(network__in=_networks()).order_by("-pk")[:AT_ONCE])
    if not newest:
        return 0
    beat, _ = Heartbeat.objects.get_or_create(name="names", defaults={"at": now - ASK_EVERY})
    if beat.at > now - ASK_EVERY:
        return 0
    found = sum(
        _ask(network, [each for each in newest if each.network == network]) for network in _networks()
    )
    Heartbeat.objects.filter(name="names").update(at=now if found else now + REST - ASK_EVERY)
    return found


def _networks() -> set[str]:
    return {traits.name for traits, _ in _askable()}


def _askable() -> list[tuple[Any, Source]]:
    sources = Source.objects.filter(state=SourceState.ACTIVE).order_by("pk")
    return [(accounts.traits_of(each), each) for each in sources if _can_name(each)]


def _can_name(source: Source) -> bool:
    try:
        return hasattr(accounts.kind_of(source), "handles")
    except UnknownConnector:
        return False


def _ask(network: str, people: list[Author]) -> int:
    source = next((each for traits, each in _askable() if traits.name == network), None)
    if source is None or not people:
        return 0
    try:
        named: dict[str, Person] = accounts.connect(source).handles([each.remote_id for each in people])
    except (RetryLater, NeedsAttention) as wait:
        log.info("nobody could be named: %s", wait)
        return 0
    return sum(_name(author, named[author.remote_id]) for author in people if author.remote_id in named)


def _name(author: Author, person: Person) -> bool:
    with transaction.atomic():
        handle, name = storable(person.handle)[:300], storable(person.name)[:300]
        changed = Author.objects.filter(pk=author.pk, handle=F("remote_id")).update(handle=handle, name=name)
        for case in Case.objects.select_for_update().filter(author=author):
            case.search_text = f"{fold(f'{handle} {name}')}\n{case.search_text}"[:20_000]
            case.save(update_fields=["search_text"])
    return bool(changed)
