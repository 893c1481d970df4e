"""What a draft answers: all that the coach and the guards may know."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from amends.core.case import Kind, Severity
from amends.core.mention import Visibility


@dataclass(frozen=True, kw_only=True)
class Situation:
    """The post that is answered, and where the answer would stand."""

    their_text: str
    language: str
    """Theirs: "en", "fr", "ro" …; "" or "und" where it is not known."""
    visibility: Visibility
    """Who could read the reply."""
    kind: Kind
    severity: Severity
    anger: int
    """From 0 (calm) to 3 (furious)."""
    topic: str
    network: str
    longest: int
    """In the unit of `count`; 0: no limit."""
    count: Callable[[str], int]
    parent_gone: bool = False
    """The post that is answered is not there any more."""
    our_addresses: frozenset[str] = frozenset()
    """Mail addresses, telephone numbers and links of the organisation that may be public."""
    earlier_replies: tuple[str, ...] = ()
    """Our last public replies, newest first."""
    is_solvable_now: bool = False
    """The agent can put it right with this reply: nothing is left to find out."""
    now: datetime
    """Aware; its zone is the desk's: "by 6 pm" is read in it."""
