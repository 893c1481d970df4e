"""Finds connectors, built in and installed, by the entry point group `amends.connectors`."""

from __future__ import annotations

from functools import cache
from importlib.metadata import entry_points
from typing import Any

from amends.connectors.base import CONTRACT

GROUP = "amends.connectors"


class UnknownConnector(LookupError):
    """No connector of that name is installed."""


class ClashingConnectors(RuntimeError):
    """Two packages bring a connector of one name, or one was written for another contract."""


@cache
def connectors() -> dict[str, type[Any]]:
    """Every connector class by its entry point name. Raises `ClashingConnectors`."""
    found: dict[str, type[Any]] = {}
    for entry in entry_points(group=GROUP):
        if entry.name in found:
            raise ClashingConnectors(f"two packages bring a connector named {entry.name!r}; uninstall one")
        kind = entry.load()
        if kind.contract != CONTRACT:
            raise ClashingConnectors(
                f"connector {entry.name!r} was written for contract {kind.contract}, this is {CONTRACT}"
            )
        found[entry.name] = kind
    return dict(sorted(found.items()))


def connector_named(name: str) -> type[Any]:
    """The class of connector `name`. Raises `UnknownConnector` that lists what there is."""
    try:
        return connectors()[name]
    except KeyError:
        raise UnknownConnector(f"no connector {name!r}; installed are {', '.join(connectors())}") from None
