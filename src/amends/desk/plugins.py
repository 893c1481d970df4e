"""Guards that other packages bring, found by the entry point group `amends.guards`."""

from __future__ import annotations

from functools import cache
from importlib.metadata import EntryPoint, entry_points
from typing import Any

from amends.reply.guard import Rule
from amends.reply.plugin import GROUP, BadGuard, together


@cache
def guards() -> tuple[Rule, ...]:
    """Every rule that is installed, by code. Raises `BadGuard` with what to do: a guard is never left out quietly."""
    return together((_named(entry), _loaded(entry)) for entry in entry_points(group=GROUP))


def _named(entry: EntryPoint) -> str:
    package = entry.dist.name if entry.dist else entry.value
    return f"guard “{entry.name}” of {package}"


def _loaded(entry: EntryPoint) -> Any:
    try:
        return entry.load()
    except Exception as broken:
        raise BadGuard(
            f"{_named(entry)} cannot be loaded ({type(broken).__name__}: {broken}); update or uninstall it"
        ) from broken
