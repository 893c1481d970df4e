"""Sources as rows, made into connectors; and which of them can answer a case."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.conf import settings

from amends.connectors.base import Speaker, Traits, fields_of
from amends.connectors.registry import connector_named, connectors
from amends.desk import vault
from amends.store import queries
from amends.store.models import Case, Source

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
