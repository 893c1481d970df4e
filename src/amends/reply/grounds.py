"""Four eyes: why a second person reads a reply before it goes out, and who that may be."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import Any

from amends.core.case import Severity
from amends.core.say import Said, say, say_many
from amends.reply.amounts import AmountSeen
from amends.reply.guard import Verdict


class Ground(StrEnum):
    """Why a second person is asked."""

    NEW_AGENT = "new_agent"
    HOT_CASE = "hot_case"
    AMOUNT = "amount"
    BLOCK = "block"
    """A guard stops it; only a second person lets it through, with a reason of their own."""
    HEAT = "heat"
    ASKED = "asked"
    """Its author wished it."""


#: With no other grounds than these, any experienced colleague may be the second person.
FOR_ANY_COLLEAGUE = frozenset({Ground.NEW_AGENT, Ground.ASKED})
#: Without anybody to ask, a reply goes out with a warning; but for these, which nobody lifts alone.
NEVER_ALONE = frozenset({Ground.BLOCK})


@dataclass(frozen=True, kw_only=True)
class Why:
    """One ground, as it is shown and kept."""

    ground: Ground
    said: Said
    rule: str = ""
    """Of a block: the guard's code."""
    words: str = ""
    """Of a block: the words that it stops; "" for the draft as a whole."""

    def as_json(self) -> dict[str, Any]:
        return {
            "ground": self.ground.value,
            "rule": self.rule,
            "words": self.words,
            "said": self.said.as_json(),
        }


@dataclass(frozen=True, kw_only=True)
class FourEyes:
    """When a second person must say yes, as the organisation set it. Empty: never."""

    new_days: int = 0
    severities: frozenset[str] = frozenset()
    amount: Decimal | None = None

    @classmethod
    def of(cls, kept: Mapping[str, Any]) -> FourEyes:
        """From the organisation's row; what cannot be read there counts as not set."""
        days, severities, amount = kept.get("new_days"), kept.get("severities"), kept.get("amount")
        known = {each.value for each in Severity}
        try:
            most = Decimal(str(amount)) if amount not in (None, "") else None
        except InvalidOperation:
            most = None
        return cls(
            new_days=days if isinstance(days, int) and days > 0 else 0,
            severities=frozenset(known.intersection(severities if isinstance(severities, list) else ())),
            amount=most,
        )

    def is_new(self, joined_at: datetime, now: datetime) -> bool:
        """Whether somebody who joined then still has their first replies read."""
        return self.new_days > 0 and now < joined_at + timedelta(days=self.new_days)


def grounds_of(
    rules: FourEyes,
    *,
    joined_at: datetime,
    is_senior: bool,
    severity: str,
    abuse: str,
    amounts: Sequence[AmountSeen],
    now: datetime,
) -> tuple[Why, ...]:
    """Why this reply waits for a second person; none: it does not. `is_senior`: its author lets others' replies out
    themselves, and is never new."""
    found = []
    if not is_senior and rules.is_new(joined_at, now):
        found.append(
            Why(
                ground=Ground.NEW_AGENT,
                said=say_many(
                    "Its author is new here: in the first {n} day, a colleague reads along.",
                    "Its author is new here: in the first {n} days, a colleague reads along.",
                    n=rules.new_days,
                ),
            )
        )
    if abuse == "threat" and rules.severities:
        found.append(Why(ground=Ground.HOT_CASE, said=say("There is a threat in this case.")))
    elif severity in rules.severities:
        found.append(Why(ground=Ground.HOT_CASE, said=_HOT[Severity(severity)]))
    if rules.amount is not None and (named := [each for each in amounts if each.value >= rules.amount]):
        largest = max(named, key=lambda each: each.value)
        found.append(
            Why(
                ground=Ground.AMOUNT,
                said=say(
                    "It names an amount: {value} {currency}.",
                    value=f"{largest.value.normalize():f}",
                    currency=largest.currency,
                ),
            )
        )
    return tuple(found)


_HOT = {
    Severity.LOW: say("Every case is read by two people here."),
    Severity.MEDIUM: say("Cases of some weight are read by two people here."),
    Severity.HIGH: say("The case is grave."),
    Severity.CRITICAL: say("The case is critical."),
}


def blocks_to_lift(draft: str, blocking: Collection[Verdict]) -> tuple[Why, ...]:
    """What a second person would let through."""
    return tuple(
        Why(ground=Ground.BLOCK, rule=each.rule, words=words_of(draft, each), said=each.reason)
        for each in blocking
    )


def words_of(draft: str, verdict: Verdict) -> str:
    """The words that a verdict points at; "" for the draft as a whole."""
    return draft[slice(*verdict.span)] if verdict.span else ""


def still_stopped(
    draft: str, blocking: Collection[Verdict], lifted: Collection[Mapping[str, Any]]
) -> tuple[Verdict, ...]:
    """Of what blocks a draft, what nobody has let through: another rule, or other words than those that were shown.
    `lifted` are grounds as they are kept."""
    allowed = {(each.get("rule"), each.get("words", "")) for each in lifted}
    return tuple(
        each
        for each in blocking
        if not each.can_be_lifted or (each.rule, words_of(draft, each)) not in allowed
    )
