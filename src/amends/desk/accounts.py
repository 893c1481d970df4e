"""Sources as rows, made into connectors; and which of them can answer a case."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings

from amends.connectors.base import Limited, Limits, Namer, Speaker, Traits, fields_of
from amends.connectors.registry import connector_named, connectors
from amends.desk import vault
from amends.reply.splitting import MOST_PARTS, opened
from amends.store import queries
from amends.store.models import Case, Source

#: What a server allows in a post is asked again after this.
LIMITS_AGE = timedelta(days=1)
#: Where it could not be had (it was down), sooner.
LIMITS_AGAIN = timedelta(hours=1)
#: Tests put fakes here: connector name → the connector that is used instead.
stand_ins: dict[str, Any] = {}


def connect(source: Source) -> Any:
    """The connector of a source, with its secrets. Raises `UnknownConnector`, `NeedsAttention`."""
    if source.connector in stand_ins:
        return stand_ins[source.connector]
    kind = connector_named(source.connector)
    known = {field.name for field in fields_of(kind.settings)}
    given = {**source.settings, **vault.unlock(source.secrets)}
    if "us" in known and not given.get("us"):
        given["us"] = " ".join(own_handles())
    record = kind.settings(**{name: value for name, value in given.items() if name in known})
    if source.connector == "feed":
        return kind(record, allow_private=settings.AMENDS_ALLOW_PRIVATE_FEEDS)
    return kind(record)


def own_handles() -> list[str]:
    """The brand's own accounts on this desk: a stream knows by them what is said to us and by us."""
    accounts = (
        Source.objects.filter(connector="bluesky").order_by("pk").values_list("settings__handle", flat=True)
    )
    return [handle for handle in accounts if handle]


def poll_every(source: Source) -> timedelta:
    """How often a source is asked: as it is set, between 10 seconds and a day, else as its network says."""
    set_to = str(source.settings.get("poll_every", ""))
    if set_to.isascii() and set_to.isdigit():
        return timedelta(seconds=min(max(int(set_to[:6]), 10), 86_400))
    return traits_of(source).poll_every


def kind_of(source: Source) -> type[Any]:
    """The connector class of a source. Raises `UnknownConnector`."""
    return connector_named(source.connector)


def traits_of(source: Source) -> Traits:
    """What the source's network can do."""
    return traits_of_connector(source.connector)


def traits_of_connector(name: str) -> Traits:
    """What the network of a connector can do. Raises `UnknownConnector`."""
    traits: Traits = stand_ins.get(name, connector_named(name)).traits
    return traits


def traits_of_network(network: str) -> Traits | None:
    """The traits of the connector that can answer on `network`, or of any that reads it."""
    found = [kind.traits for kind in connectors().values() if kind.traits.name == network]
    return next((each for each in found if each.can_reply), found[0] if found else None)


def speakers() -> dict[str, str]:
    """The connectors that can answer, each with its network."""
    return {
        name: traits.name
        for name, kind in connectors().items()
        for traits in [kind.traits]
        if traits.can_reply and issubclass(kind, Speaker)
    }


def speaker_for(case: Case) -> Source | None:
    """The account with which we answer a case, or None: this network is answered by hand."""
    usable = queries.answering(speakers(), case.network)
    return usable.filter(pk=case.source_id).first() or usable.first()


# -- what a post may hold


@dataclass(frozen=True, kw_only=True)
class Measure:
    """What a post to one author may hold, by the rules of the account that posts it."""

    longest: int
    """In the unit of `count`; 0: no limit."""
    count: Callable[[str], int]
    """The length of a text by the network's own rule."""
    opening: str = ""
    """What a reply must begin with, unless it holds it: “@ana@example.org ”."""
    most_parts: int = 1
    """In how many posts a long reply may leave."""
    most_images: int = 0
    largest_image: int = 0
    """In bytes; 0: no limit."""
    longest_alt: int = 0

    def length(self, text: str) -> int:
        """How long `text` is with what is put in front of it."""
        return self.count(opened(text, self.opening))


def measure_for(case: Case, account: Source | None) -> Measure:
    """How long a reply to a case may be: by the limits of the account that answers, else by those of its network.
    No query."""
    if account is None:
        traits = traits_of_network(case.network)
        return (
            Measure(longest=traits.longest_reply, count=traits.count)
            if traits
            else Measure(longest=0, count=len)
        )
    kind = stand_ins.get(account.connector) or connector_named(account.connector)
    traits, limits = kind.traits, limits_of(account)
    opens = isinstance(kind, Namer) or (isinstance(kind, type) and issubclass(kind, Namer))
    return Measure(
        longest=limits.longest if limits else traits.longest_reply,
        count=kind.counting(limits) if limits else traits.count,
        opening=kind.opening(case.author.handle) if opens else "",
        most_parts=MOST_PARTS,
        most_images=(limits and limits.most_images) or traits.most_images,
        largest_image=(limits and limits.largest_image) or traits.largest_image,
        longest_alt=(limits and limits.longest_alt) or traits.longest_alt,
    )


def limits_of(source: Source) -> Limits | None:
    """What the account's server said that it allows; None where it said nothing."""
    known = {field.name for field in dataclasses.fields(Limits)}
    kept = {name: value for name, value in source.limits.items() if name in known}
    return Limits(**kept) if isinstance(kept.get("longest"), int) else None


def refresh_limits(*, now: datetime) -> int:
    """Ask the servers of our accounts what they allow, once a day. Gives how many were asked. No network is asked while
    a row is held."""
    asked = 0
    limited = [name for name, kind in connectors().items() if issubclass(kind, Limited)]
    due = Source.objects.filter(connector__in=limited, state="active")
    for source in due.exclude(limits_at__gt=now - LIMITS_AGE):
        try:
            found: Limits = connect(source).limits()
        except Exception:
            # An account that cannot be used says so when it is read; it keeps what was known of it.
            Source.objects.filter(pk=source.pk).update(limits_at=now - LIMITS_AGE + LIMITS_AGAIN)
            continue
        Source.objects.filter(pk=source.pk).update(limits=dataclasses.asdict(found), limits_at=now)
        asked += 1
    return asked
