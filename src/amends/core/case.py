"""The words of a case, and the facts that a decision may look at."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Kind(StrEnum):
    """What a mention is (W1). `unsure` asks a person; nothing is dropped."""

    COMPLAINT = "complaint"
    QUESTION = "question"
    PRAISE = "praise"
    ABUSE = "abuse"
    OTHER = "other"
    UNSURE = "unsure"


class Severity(StrEnum):
    """How grave. Orders the queue and shortens the clock; never hides anything (W2)."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    CRITICAL = "critical"

    @property
    def rank(self) -> int:
        return list(Severity).index(self)


class Cause(StrEnum):
    """Why it came to a conflict (W3, the four causes of S2)."""

    EXPECTATIONS = "expectations"
    PERSONALITY = "personality"
    ENVIRONMENT = "environment"
    EMOTION = "emotion"
    UNKNOWN = "unknown"


class Status(StrEnum):
    NEW = "new"
    OPEN = "open"
    PENDING = "pending"
    """We wait for the author."""
    ON_HOLD = "on_hold"
    """We wait for a colleague."""
    RESOLVED = "resolved"
    """We believe that it is made right; the author was asked and has not confirmed it yet."""
    CLOSED = "closed"


#: The statuses in which a case still needs somebody's eyes.
LIVE = (Status.NEW, Status.OPEN, Status.PENDING, Status.ON_HOLD, Status.RESOLVED)


class Closing(StrEnum):
    """The only reasons for which a case closes (M3, M6, W6)."""

    SATISFIED = "satisfied"
    LET_GO = "let_go"
    NOT_OURS = "not_ours"
    TROLL = "troll"
    NOT_ANSWERED = "not_answered"
    """A person decided not to answer, for another reason than a troll (W6)."""
    NOTHING_TO_MEND = "nothing_to_mend"


@dataclass(frozen=True, kw_only=True)
class CaseFacts:
    """What the lifecycle, the clocks and the six steps look at. Moments are aware UTC, or None: not yet."""

    status: Status
    kind: Kind
    severity: Severity
    opened_at: datetime
    last_author_at: datetime
    """When the author last wrote."""
    first_answer_at: datetime | None = None
    last_answer_at: datetime | None = None
    replies_in_flight: int = 0
    """Outbox entries that are approved, being sent, or unsure."""
    open_promises: int = 0
    kept_promises: int = 0
    late_promises: int = 0
    asked_satisfied_at: datetime | None = None
    is_satisfied: bool | None = None
    """What the author said; None: did not say."""
    last_offer_at: datetime | None = None
    has_owner: bool = False
    sealed: int = 0
    """How many versions of the author's posts are in the evidence log."""
    unsealed: int = 0
    like_open: int = 0
    """Open cases with the same words in the same days."""
    was_corrected: bool = False
    closing: Closing | None = None
