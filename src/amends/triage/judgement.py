"""What triage says of a post: kind, severity, cause, topic, and what speaks for it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from amends.core.case import Cause, Kind, Severity
from amends.core.say import Said

#: The recurring patterns (W4); "other" where none is heard.
TOPICS = (
    "billing",
    "delivery",
    "login",
    "outage",
    "quality",
    "service",
    "cancellation",
    "privacy",
    "price",
    "other",
)


class Abuse(StrEnum):
    """The gravest abuse in the words, apart from what the post is: a furious customer is a customer (W1)."""

    NONE = "none"
    PROFANITY = "profanity"
    INSULT = "insult"
    HATE = "hate"
    THREAT = "threat"

    @property
    def rank(self) -> int:
        return list(Abuse).index(self)

    @property
    def is_veiled(self) -> bool:
        """Whether the words are hidden until somebody chooses to read them. Swearing alone is not."""
        return self.rank >= Abuse.INSULT.rank


class Wants(StrEnum):
    """What the author seems to want (W5). `ask`: the words do not tell, so one should ask."""

    HELP = "help"
    APOLOGY = "apology"
    COMPENSATION = "compensation"
    EXPLANATION = "explanation"
    TO_BE_HEARD = "to_be_heard"
    ASK = "ask"


@dataclass(frozen=True, kw_only=True)
class Judgement:
    """The judgement of one post. A proposal: a person may correct each part of it."""

    kind: Kind
    severity: Severity
    cause: Cause
    topic: str
    """One of `TOPICS`."""
    language: str
    """Two letters, or "und": it cannot be told."""
    sentiment: str
    """negative, neutral, positive"""
    anger: int
    """0 calm … 3 furious"""
    abuse: Abuse
    wants: Wants
    confidence: float
    """0…1; how sure of `kind`. Not a probability: an order."""
    reasons: tuple[Said, ...]
    words: tuple[tuple[int, int], ...]
    """Spans [start, end) of the text that spoke for it, in order, without overlap."""
    kind_p: Mapping[str, float] = field(default_factory=dict)
    """How likely each kind is, 0…1, together 1. Empty where only the rules spoke."""
    abuse_p: Mapping[str, float] = field(default_factory=dict)
    sentiment_p: Mapping[str, float] = field(default_factory=dict)
    emotion: str = ""
    """anger, sadness, fear, joy, neutral; "" where only the rules spoke."""
    sarcasm: float = 0.0
    """How likely the words mean the contrary, 0…1."""
    severity_parts: tuple[str, ...] = ()
    """What makes it grave: safety, self_harm, vulnerable, money, deadline, repeat, legal, threat."""
    tier: str = "rules"
    """Who judged beside the rules: rules, ngrams or encoder."""
