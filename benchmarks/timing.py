"""Rounds of A/B/A/B, and what is said of them: medians, spreads and ratios.

A ratio is a speed: how many times as fast (or as small) we are as the peer beside us. Above 1 we win. It is taken
round by round, so that a machine that is busy in one round and idle in the next slows both sides of it.
"""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from statistics import median
from typing import Any


class Void(AssertionError):
    """The sides did not do the same work: the figure says nothing."""


def same(what: str, **counts: object) -> None:
    """Raise `Void` unless all counts are equal."""
    if len({repr(each) for each in counts.values()}) > 1:
        raise Void(f"{what}: {', '.join(f'{name} {count}' for name, count in counts.items())}")


def nothing() -> None:
    """Nothing to make ready."""


@dataclass(frozen=True, kw_only=True)
class Side:
    """One of those that are compared. `run` is timed and gives the units of work that it did."""

    name: str
    run: Callable[[], int]
    ready: Callable[[], None] = nothing
    """Before each round, untimed."""


@dataclass(kw_only=True)
class Taken:
    """Seconds a unit, one entry for each round."""

    name: str
    wall: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)


@dataclass(frozen=True, kw_only=True)
class Spread:
    median: float
    low: float
    high: float

    @classmethod
    def of(cls, values: Sequence[float]) -> Spread:
        return cls(median=median(values), low=min(values), high=max(values))


@dataclass(frozen=True, kw_only=True)
class Line:
    """One line of the report."""

    figure: str
    where: str
    """On what: database, size."""
    what: str
    unit: str
    ours: Spread
    peer: str = ""
    theirs: Spread | None = None
    ratio: Spread | None = None
    note: str = ""

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def interleaved(*sides: Side, rounds: int, what: str = "units done") -> dict[str, Taken]:
    """Time the sides in turn, `rounds` times. Raises `Void` when they did not do equally much."""
    taken = {side.name: Taken(name=side.name) for side in sides}
    for _ in range(rounds):
        done = {}
        for side in sides:
            side.ready()
            gc.collect()
            cpu, wall = time.process_time(), time.perf_counter()
            units = done[side.name] = side.run()
            wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
            if not units:
                raise Void(f"{side.name} did nothing")
            taken[side.name].wall.append(wall / units)
            taken[side.name].cpu.append(cpu / units)
        same(what, **done)
    return taken


def compared(
    figure: str,
    where: str,
    what: str,
    ours: Sequence[float],
    peer: str,
    theirs: Sequence[float],
    unit: str = "ms",
    **more: Any,
) -> Line:
    """A line of two series (seconds, bytes or counts: less is better), taken round by round."""
    return Line(
        figure=figure,
        where=where,
        what=what,
        unit=unit,
        ours=shown(ours, unit),
        peer=peer,
        theirs=shown(theirs, unit),
        ratio=Spread.of([b / a for a, b in zip(ours, theirs, strict=True)]) if all(ours) else None,
        **more,
    )


def alone(figure: str, where: str, what: str, ours: Sequence[float], unit: str = "ms", **more: Any) -> Line:
    """A line without a peer."""
    return Line(figure=figure, where=where, what=what, unit=unit, ours=shown(ours, unit), **more)


def shown(values: Sequence[float], unit: str) -> Spread:
    """Seconds as ms, µs or a rate; bytes as MB; anything else as it is."""
    match unit:
        case "ms":
            return Spread.of([each * 1e3 for each in values])
        case "µs":
            return Spread.of([each * 1e6 for each in values])
        case "MB":
            return Spread.of([each / 1e6 for each in values])
        case _ if unit.endswith("/s"):
            return Spread.of([1 / each for each in values])
        case _:
            return Spread.of(list(values))


def both(
    figure: str, where: str, what: str, ours: Taken, theirs: Taken, unit: str = "ms", **more: Any
) -> list[Line]:
    """Two lines: CPU, which a busy machine hardly touches, and wall time, which it does."""
    return [
        compared(figure, where, f"{what}, CPU", ours.cpu, theirs.name, theirs.cpu, unit, **more),
        compared(figure, where, f"{what}, wall", ours.wall, theirs.name, theirs.wall, unit),
    ]
