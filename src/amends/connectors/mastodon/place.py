"""The cursor: where reading stopped in each list of one account, as short text.

A server's ids grow, so `min_id` reads on from where we stopped. But what is listed is not always in the order in which
it came: notifications written at the same moment, and posts of other servers, whose ids are made from their authors'
clocks. So each look begins `OVERLAP` back: at the newest id of a look that is at least that old.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

from amends.connectors.mastodon.status import Broken, parse

OVERLAP = timedelta(minutes=5)
#: Walking back (on a server that does not know `min_id`) ends here; beyond it the page carries a gap.
LONGEST_WALK = 25
#: Digests of the pages of the last look are kept, so that an unchanged one is not kept again: this many.
MARKS = 4
_LONGEST_ID = 80


def order(key: str) -> tuple[int, str]:
    """Ids grow: numbers by length and digits, those of Pleroma and snac (one length) by letters."""
    return len(key), key


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where reading stands in one list. All ids are the server's own."""

    base: str = ""
    """The next look reads what is newer than this; "": it takes the newest page."""
    newest: str = ""
    """The newest id at `at`; it becomes `base` once it is `OVERLAP` old."""
    at: int = 0
    """Seconds since 1970."""
    marks: tuple[str, ...] = ()
    """Digests of the pages of the last look."""
    walk: str = ""
    """Within a look: the id where the next page begins."""
    top: str = ""
    """Within a look: the newest id of it."""
    seen: tuple[str, ...] = ()
    """Within a look: digests of its pages so far."""
    pages: int = 0
    is_back: bool = False
    """The server does not know `min_id`: we walk from the newest page back."""
    refused: int = 0
    """The server does not let us read this list, with this HTTP status; it was told once."""

    def params(self) -> list[tuple[str, str]]:
        """What to ask for."""
        if self.is_back:
            return [("max_id", self.walk)] if self.walk else []
        if start := self.walk or self.base:
            return [("min_id", start)]
        return []

    def step(self, ids: list[str], mark: str, *, now: datetime) -> Step:
        """Where reading stands after a page with `ids`. `mark`: a digest of all that the page says."""
        step_of = self._back if self.is_back else self._on
        return step_of(ids, mark, now)

    def _on(self, ids: list[str], mark: str, now: datetime) -> Step:
        start = self.walk or self.base
        if start and any(order(each) <= order(start) for each in ids):
            # It gave us what is older: this server does not know `min_id`.
            return replace(self, is_back=True, walk="", top="", seen=(), pages=0)._back(ids, mark, now)
        is_new = mark not in self.marks
        top = max((*ids, self.top, start), key=order)
        seen = (*self.seen, mark)[-MARKS:] if ids else self.seen
        if ids and start:
            onward = replace(self, walk=max(ids, key=order), top=top, seen=seen, pages=self.pages + 1)
            return Step(onward, more=True, is_new=is_new)
        # A first look takes the newest page; what came late is found by reading that page again for a while.
        base = self.base or (_below(min(ids, key=order)) if ids else "")
        return Step(self._end(base, top, seen, now), is_new=is_new and bool(ids))

    def _back(self, ids: list[str], mark: str, now: datetime) -> Step:
        is_new = mark not in self.marks
        top = max((*ids, self.top), key=order)
        seen = (*self.seen, mark)[-MARKS:] if ids else self.seen
        lowest = min(ids, key=order) if ids else ""
        is_stuck = bool(self.walk) and bool(ids) and order(lowest) >= order(self.walk)
        is_met = not self.base or any(order(each) <= order(self.base) for each in ids)
        if ids and not is_met and not is_stuck and self.pages + 1 < LONGEST_WALK:
            onward = replace(self, walk=lowest, top=top, seen=seen, pages=self.pages + 1)
            return Step(onward, more=True, is_new=is_new)
        is_gap = bool(ids) and not is_met
        base = self.base or (_below(lowest) if lowest else "")
        return Step(self._end(base, top, seen, now), is_new=is_new and bool(ids), is_gap=is_gap)

    def _end(self, base: str, top: str, seen: tuple[str, ...], now: datetime) -> Place:
        """The look is over."""
        ended = replace(self, base=base, walk="", top="", seen=(), marks=seen, pages=0, refused=0)
        if not top:
            return ended
        seconds = int(now.timestamp())
        if not self.newest:
            return replace(ended, newest=top, at=seconds)
        if timedelta(seconds=abs(seconds - self.at)) >= OVERLAP:
            return replace(ended, base=self.newest, newest=top, at=seconds)
        return ended


@dataclass(frozen=True)
class Step:
    """What a page means for reading on."""

    place: Place
    more: bool = False
    is_new: bool = True
    """The page says something that the last look did not."""
    is_gap: bool = False
    """There was more than we can walk back to."""


@dataclass(frozen=True, kw_only=True)
class Cursor:
    """The places of all lists, and the list whose turn it is."""

    turn: str = ""
    places: dict[str, Place] = field(default_factory=dict)

    @classmethod
    def from_text(cls, cursor: str) -> Cursor:
        """The cursor that `cursor` tells of; a new one for text that is none of ours."""
        try:
            told = parse(cursor.encode())
            places = {name: _place(kept) for name, kept in told["places"].items()}
            return cls(turn=str(told.get("turn", "")), places=places)
        except (Broken, AttributeError, KeyError, TypeError, UnicodeEncodeError):
            return cls()

    def __str__(self) -> str:
        kept = {
            name: {key: value for key, value in vars(place).items() if value}
            for name, place in self.places.items()
        }
        return json.dumps({"turn": self.turn, "places": kept}, separators=(",", ":"), default=list)

    def after(self, name: str, place: Place, turn: str) -> Cursor:
        """With `name` now at `place`, and the turn of the list `turn` ("": all have had theirs)."""
        return Cursor(turn=turn, places={**self.places, name: place})


def _below(key: str) -> str:
    """The id before `key`, so that `min_id` lists `key` again; of ids that are no numbers, `key` itself."""
    return str(int(key) - 1) if key.isdigit() and int(key) > 0 else key


def _place(kept: Any) -> Place:
    """A place as it was kept; what is not ours in it is left out."""
    found: dict[str, Any] = {}
    for name, default in vars(Place()).items():
        value = kept.get(name)
        if isinstance(default, tuple) and isinstance(value, list):
            found[name] = tuple(each for each in value[:MARKS] if isinstance(each, str))
        elif type(value) is type(default):
            found[name] = value
    return Place(**found)


def is_id(text: str) -> bool:
    """Whether it can be a server's own id, and can go into an address."""
    return (
        0 < len(text) <= _LONGEST_ID
        and text.isascii()
        and all(sign.isalnum() or sign in "-_" for sign in text)
    )


def mark_of(versions: Iterable[str]) -> str:
    """A short digest of which posts, in which versions, a page shows."""
    return sha256("\n".join(versions).encode("utf-8", "replace")).hexdigest()[:10]
