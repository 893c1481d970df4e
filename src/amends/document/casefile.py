"""Whether a mention opens a case, joins one, or is only context to one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from amends.core.case import Kind


class Filing(StrEnum):
    OPEN = "open"
    """It begins a case of its own."""
    JOIN = "join"
    """The case's author wrote again: the case wakes up."""
    CONTEXT = "context"
    """Somebody else (or we) in the thread: shown with the case, wakes nobody."""
    KEEP = "keep"
    """Kept and shown in the list of mentions, no case: nothing for us to do."""


@dataclass(frozen=True, kw_only=True)
class ThreadCase:
    """A case that the mention's thread already has."""

    case_id: int
    author_id: str
    """The case's author, by the network's id."""


@dataclass(frozen=True, kw_only=True)
class Filed:
    filing: Filing
    case_id: int | None = None


def file_mention(
    *,
    author_id: str,
    is_ours: bool,
    speaks_of_us: bool,
    kind: Kind,
    cases: Sequence[ThreadCase],
    is_threat: bool = False,
) -> Filed:
    """Where a mention belongs. `cases` are those of its thread, newest first.

    `speaks_of_us`: its words name us or it is addressed to us; a mere answer in a thread that we know does not. A
    bystander who complains too is a customer with a matter of their own (K1): they get a case of their own. So does
    one who threatens us: a person must see it at once, not somewhere in another's thread.
    """
    own = next((each for each in cases if each.author_id == author_id), None)
    if own is not None and not is_ours:
        return Filed(filing=Filing.JOIN, case_id=own.case_id)
    if is_ours or not speaks_of_us:
        if cases:
            return Filed(filing=Filing.CONTEXT, case_id=cases[0].case_id)
        return Filed(filing=Filing.KEEP)
    if cases and not is_threat and kind in (Kind.OTHER, Kind.PRAISE, Kind.ABUSE):
        return Filed(filing=Filing.CONTEXT, case_id=cases[0].case_id)
    return Filed(filing=Filing.OPEN)
