"""A brand's own post, before it goes out (A13): what in it would set the comments alight, why, and a calmer way; and
whether it is a bad moment, because many complain right now or somebody may be in danger.

S2: “do not go too far, do not look for the post that will set the comments alight”. Phrases and weights are data
(`policy/ownposts.toml`); what each rule is stands here.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from types import MappingProxyType
from typing import Any

from amends.core.policy import BadPolicy, only, read_policy
from amends.core.say import Said, say, say_many
from amends.reply.guards.verdict import Level, Verdict
from amends.reply.phrases import PhraseBook, Reading, Span, merged, overlap, read_book

#: Guards that hold for a post as they do for a reply: private data, length, nothing in it, shouting, hidden
#: characters, heat, links, the brand's banned words.
GUARDS = ("AM001", "AM004", "AM005", "AM012", "AM014", "AM015", "AM026", "AM027")

#: Topics as they are said in a sentence.
TOPICS: Mapping[str, Said] = MappingProxyType(
    {
        "billing": say("billing"),
        "delivery": say("delivery"),
        "login": say("logging in"),
        "outage": say("outages"),
        "quality": say("quality"),
        "service": say("service"),
        "cancellation": say("cancelling"),
        "privacy": say("privacy"),
        "price": say("prices"),
    }
)
_LAUGHING = re.compile(
    "[\U0001f602\U0001f923\U0001f61c\U0001f61d\U0001f92a\U0001f606\U0001f605\U0001f639\U0001f921]+"
)
_ROLLING_EYES = re.compile("[\U0001f644\U0001f926\U0001f60f\U0001f643]+")
_TAG = re.compile(r"(?<!\w)#\w")
_GLAD = re.compile("[\U0001f389\U0001f973\U0001f929\u2728\U0001f680\U0001f38a]")


@dataclass(frozen=True)
class PostRule:
    """One thing that a post is checked for."""

    code: str
    name: str
    title: Said
    why: Said
    calmer: Said


RULES: tuple[PostRule, ...] = (
    PostRule(
        "OP001",
        "boast",
        say("Boasts of what people complain of"),
        say(
            "It boasts of the very thing that somebody is unhappy with: they will answer with their own story."
        ),
        say("Say what you improved, with a figure, or choose another subject until it is calm."),
    ),
    PostRule(
        "OP002",
        "humour",
        say("A joke"),
        say("A joke is read by somebody who waits for help, too."),
        say("Keep it for a calm day, and never about what customers live through."),
    ),
    PostRule(
        "OP003",
        "blame",
        say("Blames customers"),
        say("It puts the fault on those who read it: each of them will say so in the comments."),
        say("Say what you will do, and what people can do, without “you should have”."),
    ),
    PostRule(
        "OP004",
        "absolute",
        say("Promises too much"),
        say("A single exception makes it untrue, and somebody has that exception to show."),
        say("Say what holds nearly always, with a figure and a date, or what you do when it fails."),
    ),
    PostRule(
        "OP005",
        "price_rise",
        say("A price rise dressed as good news"),
        say("People hear the price first; the good cheer around it reads as mockery."),
        say("Say plainly: how much, from when, why, and what they can do."),
    ),
    PostRule(
        "OP006",
        "bait",
        say("Asks everybody for their story"),
        say("Unhappy customers answer first, under a hashtag that is yours."),
        say("Ask one closed question, or ask the people whom you know to be content, in private."),
    ),
    PostRule(
        "OP007",
        "tragedy",
        say("Speaks of a tragedy or takes a side"),
        say("It uses what hurts people, or divides them, for a brand."),
        say("Say nothing, or say what you do to help, without anything that sells."),
    ),
    PostRule(
        "OP008",
        "green",
        say("A green claim without a proof"),
        say(
            "It is asked for its proof in the first comment; in the EU a general green claim may be unlawful."
        ),
        say("Name the one thing that changed, the figure, who verified it, and where one can read it."),
    ),
    PostRule(
        "OP009",
        "sarcasm",
        say("Sarcasm"),
        say("In writing nobody hears the wink: it reads as contempt."),
        say("Say the same thing straight."),
    ),
    PostRule(
        "OP010",
        "stereotype",
        say("Leaves people out, or puts them in a drawer"),
        say("Those it speaks of will read it, and their friends will share it."),
        say("Speak of what the thing does, not of who is too old, too poor or too weak for it."),
    ),
    PostRule(
        "OP011",
        "contest",
        say("A contest without its conditions"),
        say(
            "Whoever does not win asks for the rules; hidden conditions make it a deceit, and networks take it down."
        ),
        say("Say until when, who may take part, and where the rules are."),
    ),
    PostRule(
        "OP012",
        "mocks",
        say("Mocks customers"),
        say("Every customer sees how you speak of customers."),
        say("Leave customers out of it, or tell what you learned from one, with their consent."),
    ),
)
_BY_CODE = {rule.code: rule for rule in RULES}
_PARTS = ("phrases", "except", "with", "unless", "selling", "weak", "tagged")
_LEVELS = ("level", "level_when_many", "level_when_selling")


@dataclass(frozen=True, kw_only=True)
class PostRulePolicy:
    level: Level
    level_when_many: Level
    level_when_selling: Level
    books: Mapping[str, PhraseBook]
    """By part: phrases, except, with, unless, selling, weak, tagged; those that the file leaves out are not here."""


@dataclass(frozen=True, kw_only=True)
class OwnPostPolicy:
    """ownposts.toml, read."""

    rules: Mapping[str, PostRulePolicy]
    boasts: Mapping[str, PhraseBook]
    """By topic."""

    @classmethod
    def load(cls, own: Path | None = None) -> OwnPostPolicy:
        """ownposts.toml (the desk's own in folder `own`, or the shipped one). Raises `BadPolicy` and says where."""
        return cls.from_toml(read_policy("ownposts", own))

    @classmethod
    def from_toml(cls, table: Mapping[str, Any]) -> OwnPostPolicy:
        only(table, ("rules", "boasts"), "ownposts")
        rules, boasts = table.get("rules", {}), table.get("boasts", {})
        only(rules, _BY_CODE, "ownposts.rules")
        only(boasts, TOPICS, "ownposts.boasts")
        return cls(
            rules={
                code: _rule(rules.get(code, {"level": "pass"}), f"ownposts.rules.{code}") for code in _BY_CODE
            },
            boasts={topic: read_book(rows, f"ownposts.boasts.{topic}") for topic, rows in boasts.items()},
        )


def _rule(table: Mapping[str, Any], where: str) -> PostRulePolicy:
    only(table, (*_LEVELS, *_PARTS), where)
    levels = {}
    for name in _LEVELS:
        given = table.get(name, table.get("level", "warn"))
        if given not in set(Level):
            raise BadPolicy(f"{where}.{name}: must be one of {', '.join(Level)}")
        levels[name] = Level(given)
    books = {part: read_book(table[part], f"{where}.{part}") for part in _PARTS if part in table}
    return PostRulePolicy(**levels, books=books)


# -- the moment


@dataclass(frozen=True, kw_only=True)
class Pulse:
    """How many complain: in the last 24 hours, and on a usual day of the four weeks before."""

    topic: str = ""
    """What the post is about; "": not known."""
    today: int = 0
    """Complaints about it."""
    usual: float = 0.0
    all_today: int = 0
    all_usual: float = 0.0
    critical: int = 0
    """Open cases in which somebody may be in danger and nobody has answered yet."""
    by_topic: Mapping[str, tuple[int, float]] = field(default_factory=dict)
    """Today and usual, by topic."""

    @property
    def is_many(self) -> bool:
        return is_unusual(self.today, self.usual)

    @property
    def is_many_in_all(self) -> bool:
        return is_unusual(self.all_today, self.all_usual)

    @property
    def is_tense(self) -> bool:
        return self.is_many or self.is_many_in_all or self.critical > 0


#: Fewer say nothing, whatever is usual.
FEWEST = 4
#: So unlikely by chance that it is no chance.
_BY_CHANCE = 0.005


def is_unusual(n: int, usual: float) -> bool:
    """Whether `n` in a day is more than chance makes of `usual` a day (Poisson, one-sided)."""
    expected = max(usual, 0.5)
    if n < FEWEST or n < 1.5 * expected:
        return False
    below = term = math.exp(-expected)
    for each in range(1, n):
        term *= expected / each
        below += term
    return 1 - below < _BY_CHANCE


class Outcome(StrEnum):
    GO = "go"
    THINK_AGAIN = "think_again"
    WAIT = "wait"


@dataclass(frozen=True, kw_only=True)
class PostCheck:
    """What comes of a check: the outcome, why to wait, and what to think of in the words."""

    outcome: Outcome
    waits: tuple[Said, ...]
    verdicts: tuple[Verdict, ...]
    """The gravest first."""
    pulse: Pulse


def check_post(
    text: str,
    policy: OwnPostPolicy,
    *,
    languages: frozenset[str],
    pulse: Pulse | None = None,
    guards: tuple[Verdict, ...] = (),
) -> PostCheck:
    """A planned post. `languages` are those of the text; `guards` what the guards of `GUARDS` say of it."""
    pulse = pulse or Pulse()
    found = tuple(
        sorted(
            (*verdicts(text, policy, languages=languages, pulse=pulse), *guards),
            key=lambda each: -each.level.rank,
        )
    )
    waits = tuple(_waits(pulse))
    grave = any(each.level.rank >= Level.WARN.rank for each in found)
    outcome = Outcome.WAIT if waits else Outcome.THINK_AGAIN if grave else Outcome.GO
    return PostCheck(outcome=outcome, waits=waits, verdicts=found, pulse=pulse)


def _waits(pulse: Pulse) -> Iterator[Said]:
    if pulse.is_many and pulse.topic in TOPICS:
        yield say_many(
            "{n} complaint about {topic} in the last 24 hours, usually {usual}: wait until it is calm, or speak of that.",
            "{n} complaints about {topic} in the last 24 hours, usually {usual}: wait until it is calm, or speak of that.",
            n=pulse.today,
            topic=TOPICS[pulse.topic],
            usual=round(pulse.usual),
        )
    elif pulse.is_many_in_all:
        yield say_many(
            "{n} complaint in the last 24 hours, usually {usual}: whatever you post, they answer under it. Wait.",
            "{n} complaints in the last 24 hours, usually {usual}: whatever you post, they answer under it. Wait.",
            n=pulse.all_today,
            usual=round(pulse.all_usual),
        )
    if pulse.critical:
        yield say_many(
            "{n} case in which somebody may be in danger waits for an answer: answer it first.",
            "{n} cases in which somebody may be in danger wait for an answer: answer them first.",
            n=pulse.critical,
        )


def verdicts(
    text: str, policy: OwnPostPolicy, *, languages: frozenset[str], pulse: Pulse
) -> Iterator[Verdict]:
    """What our own rules find, in no order; at most one for a rule and a place."""
    reading = Reading(text)
    for topic, book in policy.boasts.items():
        about = pulse.by_topic.get(topic, (0, 0.0))
        rule = policy.rules["OP001"]
        level = rule.level_when_many if is_unusual(*about) else rule.level
        for span in book.find(reading, languages)[:1]:
            yield from _verdict("OP001", level, reading.original(span), _boast_reason(topic, about[0]))
    for code, rule in policy.rules.items():
        if code == "OP001":
            continue
        level = rule.level_when_many if pulse.is_tense else rule.level
        spans = list(_spans(reading, rule, languages))
        if spans and "selling" in rule.books and rule.books["selling"].find(reading, languages):
            level = rule.level_when_selling
        original = [reading.original(span) for span in spans]
        original += _signs(code, text)
        for place in sorted(set(original))[:3]:
            yield from _verdict(code, level, place, None)


def _verdict(code: str, level: Level, span: Span, reason: Said | None) -> Iterator[Verdict]:
    if level is not Level.PASS:
        rule = _BY_CODE[code]
        yield Verdict(
            rule=code, name=rule.name, level=level, span=span, reason=reason or rule.why, repair=rule.calmer
        )


def _boast_reason(topic: str, today: int) -> Said | None:
    if not today:
        return None
    return say_many(
        "It boasts of {topic}, and {n} person complained of that in the last 24 hours.",
        "It boasts of {topic}, and {n} people complained of that in the last 24 hours.",
        n=today,
        topic=TOPICS[topic],
    )


def _spans(reading: Reading, rule: PostRulePolicy, languages: frozenset[str]) -> Iterator[Span]:
    def places(part: str) -> list[Span]:
        return rule.books[part].find(reading, languages) if part in rule.books else []

    found = places("phrases")
    if "weak" in rule.books and places("selling"):
        found += places("weak")
    if "tagged" in rule.books and _TAG.search(reading.text):
        found += places("tagged")
    if not found or places("unless"):
        return
    if "with" in rule.books and not (places("with") or _GLAD.search(reading.text)):
        return
    excepted = places("except")
    for span in merged(found):
        if not any(overlap(span, other) for other in excepted):
            yield span


def _signs(code: str, text: str) -> list[Span]:
    pattern = {"OP002": _LAUGHING, "OP009": _ROLLING_EYES}.get(code)
    return [found.span() for found in pattern.finditer(text)][:1] if pattern else []
