"""The guards: what must not go out, or not without a second look (A3–A6, A9, A14, M1).

This is the front; `reply/guards/` has the table of rules, their detectors by family, and the policy. How much a rule
weighs, and the phrases it knows, are data (`policy/guards.toml`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime

from amends.core.clock import aware
from amends.core.say import say
from amends.reply.guards.form import is_empty
from amends.reply.guards.honesty import promises_with_times
from amends.reply.guards.language import languages_of
from amends.reply.guards.look import FOREIGN_CODE, LONGEST_DRAFT, Look, Rule, RulePolicy
from amends.reply.guards.policy import GuardPolicy, shipped_policy
from amends.reply.guards.precedence import kept_back, shown
from amends.reply.guards.table import RULES
from amends.reply.guards.verdict import Finding, Level, Verdict, blocks, repaired, worst
from amends.reply.phrases import Reading, Span, overlap, read
from amends.reply.situation import Situation

__all__ = [
    "FOREIGN_CODE",
    "LONGEST_DRAFT",
    "RULES",
    "Finding",
    "GuardPolicy",
    "Level",
    "Look",
    "PromiseSeen",
    "Rule",
    "RulePolicy",
    "Verdict",
    "blocks",
    "check",
    "kept_back",
    "languages_of",
    "promise_in",
    "repaired",
    "shipped_policy",
    "shown",
    "worst",
]


def check(
    draft: str, situation: Situation, policy: GuardPolicy, *, among: Collection[str] | None = None
) -> tuple[Verdict, ...]:
    """All verdicts on a draft, the gravest first, then by place. No verdict: it may go out.

    `among`: ask these rules only, by their codes. A draft of more than `LONGEST_DRAFT` characters is not read: it is
    blocked for its length alone. What people see of the verdicts is `shown`: no two of the same words."""
    if len(draft) > LONGEST_DRAFT:
        return (_unreadably_long(draft),)
    reading = read(draft)
    languages = languages_of(reading, situation.language, policy)
    verdicts = _found(reading, languages, situation, policy, among)
    clicks = [each for each in verdicts if each.replacement is not None and each.level is not Level.BLOCK]
    if clicks:
        harmful = {
            id(each)
            for at, each in enumerate(clicks)
            if at >= MOST_CLICKS or _does_harm(draft, each, languages, situation, policy)
        }
        verdicts = [replace(each, replacement=None) if id(each) in harmful else each for each in verdicts]
    return tuple(sorted(verdicts, key=lambda each: (-each.level.rank, each.span or (-1, -1), each.rule)))


#: So many one-click repairs are offered at once for what does not block: each is tried before it is offered.
MOST_CLICKS = 8
#: A repair is tried with so much of the draft on each side of it.
_AROUND = 80
#: What blocks by what stands side by side; the rest weighs no more after a repair than before.
_BY_NEIGHBOURS = frozenset({"AM001", "AM002", "AM008", "AM014", "AM020", "AM026"})


def _found(
    reading: Reading,
    languages: frozenset[str],
    situation: Situation,
    policy: GuardPolicy,
    among: Collection[str] | None,
) -> list[Verdict]:
    verdicts = []
    for rule in policy.all_rules:
        if among is not None and rule.code not in among:
            continue
        own = policy.rules[rule.code]
        if own.level is Level.PASS and own.level_when_doubtful is Level.PASS:
            continue
        for found in rule.detect(Look(reading, situation, own, policy, languages)):
            level = own.level_when_doubtful if found.is_doubtful else own.level
            if level is Level.PASS:
                continue
            verdicts.append(
                Verdict(
                    rule=rule.code,
                    name=rule.name,
                    level=level,
                    span=found.span,
                    reason=found.reason,
                    repair=found.repair,
                    replacement=found.replacement,
                    move=found.move,
                    can_be_lifted=own.can_be_lifted and not found.is_final,
                )
            )
    return verdicts


def _does_harm(
    draft: str, verdict: Verdict, languages: frozenset[str], situation: Situation, policy: GuardPolicy
) -> bool:
    """Whether the one-click repair of a verdict that does not block would make something that does: taking an emoji out
    of “07😂21 …” makes a telephone number, and of a draft that is nothing else, an empty one."""
    better = repaired(draft, verdict)
    if is_empty(better) or (
        situation.longest and situation.count(better) > max(situation.longest, situation.count(draft))
    ):
        return True
    start, end = verdict.span or (0, 0)
    begin = max(0, start - _AROUND)
    before = draft[begin : end + _AROUND]
    after = better[begin : len(better) - max(0, len(draft) - end - _AROUND)]

    def blocking(text: str) -> Counter[str]:
        found = _found(Reading(text), languages, situation, policy, _BY_NEIGHBOURS)
        return Counter(each.rule for each in found if each.level is Level.BLOCK)

    return bool(blocking(after) - blocking(before))


def _unreadably_long(draft: str) -> Verdict:
    return Verdict(
        rule="AM004",
        name="too_long",
        level=Level.BLOCK,
        span=(LONGEST_DRAFT, len(draft)),
        can_be_lifted=False,
        reason=say(
            "It is longer than {longest} characters: too long to be read before it goes out.",
            longest=LONGEST_DRAFT,
        ),
        repair=say("Shorten it, or go on in a second reply."),
    )


@dataclass(frozen=True, kw_only=True)
class PromiseSeen:
    """A promise in a draft, for the form that records it (M1)."""

    text: str
    span: Span
    due_at: datetime | None
    """Aware UTC; None where no time could be read."""
    due_span: Span | None


def promise_in(
    draft: str, language: str, now: datetime, policy: GuardPolicy | None = None
) -> PromiseSeen | None:
    """The first promise of `draft`, one with a time before one without. `now` is aware; hours are read in its zone.

    `language` is the situation's; the draft's own counts as well. `policy` is the desk's, or the shipped one. A time
    alone is no promise. Raises `NaiveTime`.
    """
    aware(now)
    policy = policy or shipped_policy()
    draft = draft[:LONGEST_DRAFT]
    reading = read(draft)
    book, spared = policy.rules["AM003"].phrases, policy.rules["AM003"].excepted
    languages = languages_of(reading, language, policy)
    excepted = spared.find(reading, languages)
    spans = [
        span for span in book.find(reading, languages) if not any(overlap(span, other) for other in excepted)
    ]
    seen = promises_with_times(reading, spans, now)
    if not seen:
        return None
    span, times = next(((span, times) for span, times in seen if times), seen[0])
    start, end = reading.sentences[reading.sentence_at(span[0])]
    whole = reading.original((start, end))
    text = draft[whole[0] : whole[1]]
    begin = whole[0] + len(text) - len(text.lstrip())
    text = text.strip()
    return PromiseSeen(
        text=text,
        span=(begin, begin + len(text)),
        due_at=times[0].due_at if times else None,
        due_span=reading.original(times[0].span) if times else None,
    )
