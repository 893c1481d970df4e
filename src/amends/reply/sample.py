"""A reply without a desk around it: one of a file, of a program, of the past, or an example of a rule's page."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from amends.core.case import Kind, Severity
from amends.core.mention import Visibility
from amends.reply.situation import Situation


@dataclass(frozen=True, kw_only=True)
class Sample:
    """A text, and what is known of where it stands. What is not known weighs as the commonest case: an answer to a
    complaint, in public."""

    text: str
    language: str = ""
    """The customer's: "en", "fr-CA" …; "" where it is not known."""
    their_text: str = ""
    network: str = ""
    is_public: bool = True
    kind: Kind = Kind.COMPLAINT
    longest: int = 0
    """In the unit of `count`; 0: no limit."""
    count: Callable[[str], int] = len
    parent_gone: bool = False
    is_solvable_now: bool = False
    earlier: tuple[str, ...] = ()
    """Our public replies before it, newest first."""
    severity: Severity = Severity.MEDIUM
    their_names: tuple[str, ...] = ()
    public_turns: int = 0
    foreign: tuple[str, ...] = ()
    """What in it belongs to another customer's case."""
    most_amount: float | None = None
    """The most that the writer may promise alone; None: no limit."""
    banned_words: tuple[str, ...] = ()
    media_without_alt: int = 0
    ours: tuple[str, ...] = ()
    """Addresses and links of the organisation that may be public, beside those of the desk."""

    def situation(self, now: datetime, our_addresses: frozenset[str] = frozenset()) -> Situation:
        """What it is weighed against. `now` is aware: "by 6 pm" is read in its zone."""
        return Situation(
            their_text=self.their_text,
            language=self.language,
            visibility=Visibility.PUBLIC if self.is_public else Visibility.DIRECT,
            kind=self.kind,
            severity=self.severity,
            anger=0,
            topic="",
            network=self.network,
            longest=self.longest,
            count=self.count,
            parent_gone=self.parent_gone,
            our_addresses=our_addresses.union(self.ours),
            their_names=frozenset(self.their_names),
            public_turns=self.public_turns,
            foreign=frozenset(self.foreign),
            most_amount=self.most_amount,
            banned_words=self.banned_words,
            media=self.media_without_alt,
            media_without_alt=self.media_without_alt,
            earlier_replies=self.earlier,
            is_solvable_now=self.is_solvable_now,
            now=now,
        )
