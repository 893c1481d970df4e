"""A state graph as a table that checks itself when built, and refuses with a reason.

The graph does nothing: `fire` returns the transition, whose `then` names the effects that the desk carries out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Generic, TypeVar

from amends.core.say import Said, say

F = TypeVar("F")


class BrokenGraph(ValueError):
    """The table contradicts itself; raised when it is built."""


class Refused(Exception):
    """A person asked for what the rules do not allow. `reasons` say why, and what to do."""

    def __init__(self, *reasons: Said) -> None:
        self.reasons = reasons
        super().__init__(str(self))

    def __str__(self) -> str:
        return "; ".join(str(reason) for reason in self.reasons)


@dataclass(frozen=True)
class Transition(Generic[F]):
    """On `event`, from any of `sources`, to `target`, if every one of `needs` says None; then the named effects."""

    event: str
    sources: tuple[str, ...]
    target: str
    needs: tuple[Callable[[F], Said | None], ...] = ()
    then: tuple[str, ...] = ()


class Graph(Generic[F]):
    """All transitions of one thing, which begins in `start` or in one of `also_start`. Raises `BrokenGraph` when a
    state cannot be reached or left, or an event has two ways out of one state."""

    def __init__(
        self,
        *,
        start: str,
        ends: Iterable[str],
        table: Iterable[Transition[F]],
        also_start: Iterable[str] = (),
    ) -> None:
        self.start = start
        self.starts = frozenset({start, *also_start})
        self.ends = frozenset(ends)
        self.table = tuple(table)
        self._ways = self._check()

    def _check(self) -> dict[tuple[str, str], Transition[F]]:
        ways: dict[tuple[str, str], Transition[F]] = {}
        reached, left = set(self.starts), set()
        for row in self.table:
            reached.add(row.target)
            for source in row.sources:
                left.add(source)
                if (row.event, source) in ways:
                    raise BrokenGraph(f"{row.event!r} has two ways out of {source!r}")
                ways[row.event, source] = row
        if lost := left - reached:
            raise BrokenGraph(f"no way into {sorted(lost)}")
        if stuck := reached - left - self.ends:
            raise BrokenGraph(f"no way out of {sorted(stuck)}")
        return ways

    @property
    def states(self) -> frozenset[str]:
        return self.starts | frozenset({row.target for row in self.table})

    def fire(self, event: str, status: str, facts: F) -> Transition[F]:
        """The transition that `event` makes from `status`. Raises `Refused` with every reason against it."""
        row = self._ways.get((event, status))
        if row is None:
            # Pages offer what is possible; who meets this was overtaken by somebody else.
            raise Refused(say("This is not possible any more: look at it as it is now."))
        if reasons := [why for need in row.needs if (why := need(facts)) is not None]:
            raise Refused(*reasons)
        return row

    def events_from(self, status: str) -> tuple[str, ...]:
        """What can be tried from `status`, in the table's order."""
        return tuple(row.event for row in self.table if status in row.sources)
