"""What a draft answers: all that the coach and the guards may know."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from amends.core.case import Kind, Severity
from amends.core.mention import Visibility


@dataclass(frozen=True, kw_only=True)
class HouseReason:
    """A rule of the house with its reason, in words for this customer."""

    number: int
    """Of the rule in the policy book."""
    title: str
    rule: str
    reason: str


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
    most_parts: int = 1
    """In how many posts, one under the other, a long reply may leave."""
    parent_gone: bool = False
    """The post that is answered is not there any more."""
    our_addresses: frozenset[str] = frozenset()
    """Mail addresses, telephone numbers and links of the organisation that may be public."""
    earlier_replies: tuple[str, ...] = ()
    """Our last public replies, newest first."""
    is_solvable_now: bool = False
    """The agent can put it right with this reply: nothing is left to find out."""
    abuse: str = "none"
    """How they wrote: none, harsh, insult, hate, threat … (triage's words)."""
    wants: str = ""
    """What they want, as judged: "" where it is not known."""
    their_names: frozenset[str] = frozenset()
    """How the customer is called: name and handle."""
    our_names: frozenset[str] = frozenset()
    """The brand, and the people who may be named as its own."""
    foreign: frozenset[str] = frozenset()
    """What in the draft belongs to another customer's case, as it stands there."""
    public_turns: int = 0
    """How often we have answered in this thread in public."""
    admission: str = "when_known"
    """Whether a reply may say that we erred (A10): never, when_known, free."""
    banned_words: tuple[str, ...] = ()
    """Words that the brand does not use in public."""
    most_amount: float | None = None
    """The most that the writer may promise alone, in the desk's currency; None: no limit."""
    was_offered: bool = False
    """A last offer was made already, and the choice is theirs (M6)."""
    house_rules: tuple[HouseReason, ...] = ()
    """Rules of the house that are about this topic, the nearest first (A8)."""
    media: int = 0
    """How many images go with it."""
    media_without_alt: int = 0
    earlier_to_them: tuple[str, ...] = ()
    """What we wrote to this customer before, newest first."""
    meaning: Callable[[str, Sequence[str]], Sequence[float]] | None = None
    """How alike in meaning a text is to each of others, 0 to 1; None: this desk cannot tell. At most 40 ms."""
    now: datetime
    """Aware; its zone is the desk's: "by 6 pm" is read in it."""

    @property
    def is_public(self) -> bool:
        return self.visibility is Visibility.PUBLIC
