"""How fast one account speaks, and when its posts are too much alike (S8: a fault must not post a thousand replies).

Two accounts do not hinder each other. A post that has to wait is told when its turn is; one that is held waits for a
person.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from typing import Any

from amends.core.policy import BadPolicy, only, read_policy
from amends.core.text import fold, words

_SPAN = re.compile(r"(\d{1,6}) (second|minute|hour)s?")
_UNITS = {"second": timedelta(seconds=1), "minute": timedelta(minutes=1), "hour": timedelta(hours=1)}
_LINK = re.compile(r"(?:https?://|www\.)\S+", re.IGNORECASE)


@dataclass(frozen=True, kw_only=True)
class Pace:
    """What one account may post."""

    gap: timedelta
    """Between two posts."""
    most: int
    """Posts in `within`; 0: as many as it likes."""
    within: timedelta


@dataclass(frozen=True, kw_only=True)
class Brake:
    """When posts are too much alike."""

    most: int
    """So many nearly identical posts pass in `within`; 0: no post is held."""
    within: timedelta
    alike: float
    """0 to 1: the share of their pairs of words that two nearly identical texts have in common."""
    from_words: int
    """Shorter texts are not compared."""


@dataclass(frozen=True, kw_only=True)
class SendingPolicy:
    """`policy/sending.toml`."""

    paces: Mapping[str, Pace]
    """By network, where the desk set one."""
    brake: Brake

    @classmethod
    def load(cls, own: Path | None = None) -> SendingPolicy:
        return cls.from_toml(read_policy("sending", own))

    @classmethod
    def from_toml(cls, table: Mapping[str, Any]) -> SendingPolicy:
        """The policy of a parsed sending.toml. Raises `BadPolicy`."""
        only(table, ("pace", "brake"), "sending.toml")
        paces = _table(table, "pace", "sending.toml")
        brake, where = _table(table, "brake", "sending.toml"), "sending.toml, brake"
        only(brake, ("most", "within", "alike_percent", "from_words"), where)
        return cls(
            paces={name: _pace(_table(paces, name, "sending.toml, pace"), name) for name in paces},
            brake=Brake(
                most=_number(brake, "most", where, 0, 10_000),
                within=_span(brake, "within", where),
                alike=_number(brake, "alike_percent", where, 1, 100) / 100,
                from_words=_number(brake, "from_words", where, 2, 100),
            ),
        )


def _pace(table: Mapping[str, Any], network: str) -> Pace:
    where = f"sending.toml, pace.{network}"
    only(table, ("gap", "most", "within"), where)
    return Pace(
        gap=_span(table, "gap", where),
        most=_number(table, "most", where, 0, 100_000),
        within=_span(table, "within", where),
    )


def _table(table: Mapping[str, Any], name: str, where: str) -> Mapping[str, Any]:
    found = table.get(name, {})
    if not isinstance(found, Mapping):
        raise BadPolicy(f"{where}: {name} is a table")
    return found


def _number(table: Mapping[str, Any], name: str, where: str, least: int, most: int) -> int:
    value = table.get(name)
    if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
        raise BadPolicy(f"{where}: {name} is a whole number from {least} to {most}, not {value!r}")
    return value


def _span(table: Mapping[str, Any], name: str, where: str) -> timedelta:
    value = table.get(name)
    if not isinstance(value, str) or not (found := _SPAN.fullmatch(value.strip())):
        raise BadPolicy(
            f"{where}: {name} is a span such as “2 seconds”, “15 minutes” or “1 hour”, not {value!r}"
        )
    return int(found[1]) * _UNITS[found[2]]


# -- pace


def turn(posted: Iterable[datetime], pace: Pace, now: datetime) -> datetime | None:
    """When an account that posted at these moments may post again; None: now.

    Moments that lie ahead (a clock that was put back) count as now."""
    moments = sorted(min(each, now) for each in posted)
    at = now
    if moments:
        at = max(at, moments[-1] + pace.gap)
    recent = [each for each in moments if each > now - pace.within]
    if pace.most and len(recent) >= pace.most:
        at = max(at, recent[-pace.most] + pace.within)
    return at if at > now else None


# -- brake


def alike_among(text: str, earlier: Sequence[str], brake: Brake, names: Collection[str] = ()) -> int:
    """How many of `earlier` say nearly the same as `text`. `names`: of the people they were written to; the same words
    to another person are the same words."""
    left_out = frozenset(word for name in names for word in words(fold(name)))
    mine = _pairs(text, left_out, brake.from_words)
    if not mine:
        return 0
    return sum(_share(mine, _pairs(each, left_out, brake.from_words)) >= brake.alike for each in earlier)


def is_held(text: str, earlier: Sequence[str], brake: Brake, names: Collection[str] = ()) -> bool:
    """Whether `text` has to wait for a person: too many of `earlier` say nearly the same."""
    return brake.most > 0 and alike_among(text, earlier, brake, names) >= brake.most


def _share(mine: frozenset[tuple[str, str]], theirs: frozenset[tuple[str, str]]) -> float:
    return len(mine & theirs) / (len(mine | theirs) or 1)


@lru_cache(maxsize=2048)
def _own_words(text: str) -> tuple[str, ...]:
    """The words of a text without links, handles and numbers."""
    found = words(fold(_LINK.sub(" ", text)))
    return tuple(word for word in found if not word.startswith("@") and not word.isdigit())


def _pairs(text: str, left_out: frozenset[str], from_words: int) -> frozenset[tuple[str, str]]:
    own = [word for word in _own_words(text) if word not in left_out]
    return frozenset(pairwise(own)) if len(own) >= from_words else frozenset()
