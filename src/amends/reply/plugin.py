"""Rules of other packages: what they bring (contract 1), and how they become rows of the guards' table.

A package brings a rule by the entry point group `amends.guards`:

    [project.entry-points."amends.guards"]
    ferry = "ferry_guards:no_sailing_times"

and `ferry_guards.no_sailing_times` is a `GuardRule`. `docs/reference/guards.md` has a whole one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from amends.core.policy import BadPolicy
from amends.core.say import Said, say
from amends.reply.guard import FOREIGN_CODE, RULES, Finding, Level, Look, Rule
from amends.reply.rulebook import RulePage, plain
from amends.reply.sample import Sample
from amends.reply.situation import Situation

GROUP = "amends.guards"
CONTRACT = 1
#: What one rule may find in one draft: more is not read by anybody.
MOST_FINDINGS = 100


class BadGuard(BadPolicy):
    """A rule of another package cannot be used; the message names it and says what to do."""


@dataclass(frozen=True, kw_only=True)
class GuardRule:
    """A rule as another package writes it."""

    id: str
    """Two to twelve capitals of your own and three digits: "FERRY001". It keeps its meaning for ever."""
    title: str
    why: str
    source: str
    bad: Sequence[str | Sample]
    """Examples at which it speaks."""
    good: Sequence[str | Sample]
    """Examples at which it is silent."""
    function: Callable[[str, Situation], Iterable[Finding]]
    """Draft and situation in; findings out, each with its span in the draft (None: the draft as a whole)."""
    what: str = ""
    """What it stops; empty: as its title says."""
    repair: str = ""
    """What to write instead; empty: as its findings say."""
    level: Level = Level.WARN
    """Where the desk's guards.toml says nothing."""
    level_when_doubtful: Level | None = None
    contract: int = CONTRACT


def rule_of(brought: Any, where: str) -> Rule:
    """What an entry point gave, as a row of the table. Raises `BadGuard` that names it by `where`."""
    contract = getattr(brought, "contract", None)
    if contract != CONTRACT:
        raise BadGuard(
            f"{where}: its contract is {contract!r}, this is {CONTRACT}; bring an amends.reply.plugin.GuardRule"
        )
    for name in ("id", "title", "why", "source"):
        if not isinstance(text := getattr(brought, name, None), str) or not text.strip():
            raise BadGuard(f"{where}: its {name} must be a text")
    if not FOREIGN_CODE.fullmatch(brought.id):
        raise BadGuard(
            f"{where}: its id is {brought.id!r}; write capitals of your own and three digits, such as FERRY001"
        )
    if not callable(getattr(brought, "function", None)):
        raise BadGuard(f"{where}: its function cannot be called")
    examples = {
        name: _examples(getattr(brought, name, ()), f"{where}: its {name}") for name in ("bad", "good")
    }
    level: Any = getattr(brought, "level", Level.WARN)
    doubtful: Any = getattr(brought, "level_when_doubtful", None) or level
    try:
        weight = {"level": Level(level).value, "level_when_doubtful": Level(doubtful).value}
    except ValueError:
        raise BadGuard(f"{where}: its level is one of {', '.join(Level)}") from None
    return Rule(
        code=brought.id,
        name=brought.id.lower(),
        title=plain(brought.title),
        detect=_asking(brought.function, brought.id),
        page=RulePage(
            what=plain(getattr(brought, "what", "") or brought.title),
            why=plain(brought.why),
            source=brought.source,
            repair=plain(getattr(brought, "repair", "") or "–"),
            **examples,
        ),
        weight=weight,
    )


def together(brought: Iterable[tuple[str, Any]]) -> tuple[Rule, ...]:
    """The rows of `(where, what it gave)`, by code. Raises `BadGuard` where two rules have one code."""
    rules: dict[str, tuple[str, Rule]] = {}
    ours = {rule.name for rule in RULES}
    for where, given in brought:
        rule = rule_of(given, where)
        if rule.code in rules:
            raise BadGuard(
                f"two packages bring a guard {rule.code}: {rules[rule.code][0]} and {where}; uninstall one of them"
            )
        if rule.name in ours:
            raise BadGuard(f"{where}: {rule.name} is the name of a guard of ours")
        rules[rule.code] = where, rule
    return tuple(rule for _, rule in sorted(rules.values(), key=lambda each: each[1].code))


def _examples(given: Any, where: str) -> tuple[Sample, ...]:
    if isinstance(given, str) or not isinstance(given, Sequence) or not given:
        raise BadGuard(f"{where} examples must be a list with at least one text")
    if not all(isinstance(each, str | Sample) for each in given):
        raise BadGuard(f"{where} examples must be texts, or amends.reply.sample.Sample")
    return tuple(each if isinstance(each, Sample) else Sample(text=each) for each in given)


def _asking(
    function: Callable[[str, Situation], Iterable[Finding]], code: str
) -> Callable[[Look], Iterator[Finding]]:
    """The function as a detector that cannot break the desk: a guard that fails asks for a second look."""

    def detect(look: Look) -> Iterator[Finding]:
        try:
            found = []
            for each in function(look.reading.text, look.situation):
                found.append(_checked(each, len(look.reading.text)))
                if len(found) == MOST_FINDINGS:
                    break
        except Exception as broken:
            yield Finding(
                span=None,
                reason=say(
                    "The guard {code} broke on this draft and could not judge it: {error}.",
                    code=code,
                    error=f"{type(broken).__name__}: {broken}"[:200],
                ),
                repair=say("Read it once more yourself, and tell the person who runs this desk."),
            )
            return
        yield from found

    return detect


def _checked(found: Any, length: int) -> Finding:
    if not isinstance(found, Finding):
        raise TypeError(f"it found a {type(found).__name__}, not an amends.reply.guard.Finding")
    if found.span is not None:
        start, end = found.span
        if not (isinstance(start, int) and isinstance(end, int) and 0 <= start < end <= length):
            raise ValueError(f"its span {found.span!r} is not of the draft")
    for name in ("reason", "repair"):
        if not isinstance(getattr(found, name), Said | None):
            raise TypeError(f"the {name} of a finding is made with amends.core.say.say")
    return found
