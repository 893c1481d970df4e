"""What a rule is: a row of the table, and what its detector gets to look at."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING

from amends.core.case import Kind
from amends.core.say import Said
from amends.reply.guards.verdict import Finding, Level
from amends.reply.phrases import PhraseBook, Reading, Span, overlap
from amends.reply.rulebook import RulePage
from amends.reply.situation import Situation

if TYPE_CHECKING:
    # The policy knows the table of rules, which knows the detectors, which get this.
    from amends.reply.guards.policy import GuardPolicy


#: No network takes a reply of so many characters; past it nothing is read, so nothing can make the guards slow.
LONGEST_DRAFT = 20_000
#: Of a post that is answered, and of what we wrote before, so much is read.
LONGEST_POST = 5_000


@dataclass(frozen=True, kw_only=True)
class RulePolicy:
    """One rule's part of guards.toml."""

    level: Level
    level_when_doubtful: Level
    phrases: PhraseBook
    doubtful: PhraseBook
    excepted: PhraseBook
    """Where one of these stands, the others do not count."""
    can_be_lifted: bool = True
    """Whether a second person may let through what it blocks."""


@dataclass(frozen=True)
class Look:
    """What a detector gets: the draft as read, the situation, its rule's policy, and the whole policy."""

    reading: Reading
    situation: Situation
    rule: RulePolicy
    policy: GuardPolicy
    languages: frozenset[str]
    """The draft's, as far as they can be told."""

    @property
    def theirs(self) -> Reading:
        """The post that is answered, read."""
        return read_once(self.situation.their_text[:LONGEST_POST])

    @property
    def is_calm(self) -> bool:
        """Whether we know their post, and nothing in it is angry or abusive."""
        situation = self.situation
        # Who praises us is loud with joy, not with anger.
        most = 1 if situation.kind in (Kind.PRAISE, Kind.QUESTION, Kind.OTHER) else 0
        return bool(situation.their_text.strip()) and situation.anger <= most and situation.abuse == "none"

    @property
    def says_thanks(self) -> bool:
        """Whether they, or we, say thanks or goodbye: the words that AM025 lets pass."""
        said = self.policy.rules["AM025"].excepted
        return any(said.find(each, self.languages) for each in (self.theirs, self.reading))

    def phrases(self, known: PhraseBook | None = None) -> Iterator[Span]:
        """Spans of the folded draft where the rule's phrases stand, without those that are excepted."""
        excepted = self.rule.excepted.find(self.reading, self.languages)
        for span in (known or self.rule.phrases).find(self.reading, self.languages):
            if not any(overlap(span, other) for other in excepted):
                yield span


@lru_cache(maxsize=512)
def read_once(text: str) -> Reading:
    """A text that is asked of again at every pause in typing: their post, what we wrote before."""
    return Reading(text)


Detector = Callable[[Look], Iterable[Finding]]


@dataclass(frozen=True)
class Rule:
    """One row of the table."""

    code: str
    name: str
    title: Said
    detect: Detector
    page: RulePage | None = None
    """Of a rule of another package; ours are in guards.toml."""
    weight: Mapping[str, str] = field(default_factory=dict)
    """Of a rule of another package: its levels where guards.toml says nothing."""


#: What the code of another package's rule looks like: never “AM” and digits, which are ours.
FOREIGN_CODE = re.compile(r"(?!AM\d)[A-Z]{2,12}\d{3}")
