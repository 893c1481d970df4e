"""Plays: which steps an answer takes in a situation, in which order, and how each may sound (W4: a pattern that is known,
never an answer on autopilot)."""

from __future__ import annotations

import string
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from amends.core.case import Kind, Severity
from amends.core.policy import BadPolicy, only, read_policy
from amends.reply.coach import Step
from amends.reply.situation import Situation

#: What a line may leave open, to be filled with the case's facts: “{by}” for when they hear from us.
PLACES = ("agent", "brand", "by", "customer", "reason", "rule", "way")
#: What stands where a fact is not known: an agent sees it, and fills it in.
GAP = "[…]"

_WORDS_OF_ABUSE = ("none", "profanity", "insult", "hate", "threat")
_WISHES = ("help", "apology", "compensation", "explanation", "to_be_heard", "ask")


@dataclass(frozen=True, kw_only=True)
class Play:
    """One play of plays.toml. An empty condition is no condition."""

    name: str
    titles: Mapping[str, str]
    steps: tuple[Step, ...]
    """What an answer holds here, in the order in which it is said."""
    openings: Mapping[str, str]
    lines: Mapping[Step, Mapping[str, str]] = field(default_factory=dict)
    """For a step, how it may sound, by language; with places of `PLACES` in braces."""
    topics: frozenset[str] = frozenset()
    kinds: frozenset[Kind] = frozenset()
    severities: frozenset[Severity] = frozenset()
    abuse: frozenset[str] = frozenset()
    """How they wrote, in triage's words."""
    wants: frozenset[str] = frozenset()
    """What they want, in triage's words."""
    min_anger: int = 0
    min_public_turns: int = 0
    """From so many answers of ours in public on."""
    solvable: bool | None = None
    """Whether the agent can put it right with this reply."""
    public: bool | None = None
    """Whether the reply would stand in public."""
    offered: bool | None = None
    """Whether a last offer was made already (M6)."""
    ruled: bool | None = None
    """Whether a rule of the house is about it (A8)."""

    def fits(self, situation: Situation) -> bool:
        """Whether this play is for the situation."""
        return (
            (not self.topics or situation.topic in self.topics)
            and (not self.kinds or situation.kind in self.kinds)
            and (not self.severities or situation.severity in self.severities)
            and (not self.abuse or situation.abuse in self.abuse)
            and (not self.wants or situation.wants in self.wants)
            and situation.anger >= self.min_anger
            and situation.public_turns >= self.min_public_turns
            and self.solvable in (None, situation.is_solvable_now)
            and self.public in (None, situation.is_public)
            and self.offered in (None, situation.was_offered)
            and self.ruled in (None, bool(situation.house_rules))
        )

    @property
    def is_for_all(self) -> bool:
        """Whether it fits every situation."""
        return (
            not (
                self.topics
                or self.kinds
                or self.severities
                or self.abuse
                or self.wants
                or self.min_anger
                or self.min_public_turns
            )
            and (self.solvable, self.public, self.offered, self.ruled) == (None,) * 4
        )

    def title(self, language: str) -> str:
        """Its name for people, in the reader's language; English where there is none."""
        return _in(language, self.titles)

    def opening(self, language: str) -> str:
        """An example of a beginning, in the customer's language; English where there is none."""
        return _in(language, self.openings)

    def line(self, step: Step, language: str, facts: Mapping[str, str] | None = None) -> str:
        """How `step` may sound, in the customer's language (English where there is none), filled with `facts` by the
        names of `PLACES`; `GAP` where one is not known. "" where the play has no line for the step."""
        if step not in self.lines:
            return ""
        return _in(language, self.lines[step]).format_map(_Filled(facts or {}))


class _Filled(dict[str, str]):
    def __missing__(self, place: str) -> str:
        return GAP


def _in(language: str, texts: Mapping[str, str]) -> str:
    return texts.get(language.split("-")[0].lower(), texts["en"])


def play_for(situation: Situation, plays: Sequence[Play]) -> Play:
    """The first play that fits; `read_plays` sees to it that one always does."""
    return next((play for play in plays if play.fits(situation)), plays[-1])


def read_plays(own: Path | None = None) -> tuple[Play, ...]:
    """plays.toml (the desk's own in folder `own`, or the shipped one). Raises `BadPolicy`."""
    return _plays(read_policy("plays", own))


def plays_of(text: str) -> tuple[Play, ...]:
    """The plays of a text as it stands in plays.toml: what a desk wrote in its editor. Raises `BadPolicy`, with the line
    or the place and what is allowed there."""
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as broken:
        raise BadPolicy(f"plays: {broken}") from broken
    return _plays(table)


def _plays(table: Mapping[str, Any]) -> tuple[Play, ...]:
    only(table, ("play",), "plays")
    rows = table.get("play", [])
    if not isinstance(rows, list) or not all(isinstance(row, Mapping) for row in rows):
        raise BadPolicy("plays: write each play as [[play]]")
    plays = tuple(_play(row, f"plays.play[{number}]") for number, row in enumerate(rows, 1))
    if not plays or not plays[-1].is_for_all:
        raise BadPolicy("plays: the last play must have no “when”: something must always fit")
    names = [play.name for play in plays]
    if twice := next((name for name in names if names.count(name) > 1), None):
        raise BadPolicy(f"plays: two plays have the same name, {twice!r}")
    return plays


_WHEN = (
    "topics", "kinds", "severities", "abuse", "wants", "min_anger", "min_public_turns", "solvable", "public", "offered", "ruled",
)  # fmt: skip


def _play(row: Mapping[str, Any], where: str) -> Play:
    only(row, ("name", "title", "when", "steps", "opening", "lines"), where)
    name = row.get("name")
    if not isinstance(name, str) or not name.strip() or len(name) > 60:
        raise BadPolicy(f"{where}: a play has a name, of 60 characters at most")
    where = f"{where} ({name})"
    when = row.get("when", {})
    if not isinstance(when, Mapping):
        raise BadPolicy(f"{where}.when: must be a table")
    only(when, _WHEN, f"{where}.when")
    steps = tuple(map(Step, _words(row, "steps", tuple(Step), where)))
    if not steps or len(set(steps)) < len(steps):
        raise BadPolicy(f"{where}.steps: a play has at least one step, and none twice")
    return Play(
        name=name,
        steps=steps,
        topics=frozenset(_words(when, "topics", None, f"{where}.when")),
        kinds=frozenset(map(Kind, _words(when, "kinds", tuple(Kind), f"{where}.when"))),
        severities=frozenset(map(Severity, _words(when, "severities", tuple(Severity), f"{where}.when"))),
        abuse=frozenset(_words(when, "abuse", _WORDS_OF_ABUSE, f"{where}.when")),
        wants=frozenset(_words(when, "wants", _WISHES, f"{where}.when")),
        min_anger=_number(when, "min_anger", 3, f"{where}.when"),
        min_public_turns=_number(when, "min_public_turns", 100, f"{where}.when"),
        solvable=_yes_or_no(when, "solvable", f"{where}.when"),
        public=_yes_or_no(when, "public", f"{where}.when"),
        offered=_yes_or_no(when, "offered", f"{where}.when"),
        ruled=_yes_or_no(when, "ruled", f"{where}.when"),
        titles=_texts(row.get("title"), f"{where}.title"),
        openings=_texts(row.get("opening"), f"{where}.opening"),
        lines=_lines(row.get("lines", {}), f"{where}.lines"),
    )


def _words(table: Mapping[str, Any], key: str, known: Sequence[str] | None, where: str) -> list[str]:
    words = table.get(key, [])
    if not isinstance(words, list) or not all(isinstance(word, str) for word in words):
        raise BadPolicy(f"{where}.{key}: must be a list of words")
    if known is not None and (strange := next((word for word in words if word not in known), None)):
        raise BadPolicy(f"{where}.{key}: there is no {strange!r}; there are {', '.join(known)}")
    return words


def _number(table: Mapping[str, Any], key: str, most: int, where: str) -> int:
    number = table.get(key, 0)
    if type(number) is not int or not 0 <= number <= most:
        raise BadPolicy(f"{where}.{key}: must be a whole number from 0 to {most}, not {number!r}")
    return number


def _yes_or_no(table: Mapping[str, Any], key: str, where: str) -> bool | None:
    value = table.get(key)
    if value is not None and not isinstance(value, bool):
        raise BadPolicy(f"{where}.{key}: must be true or false, not {value!r}")
    return value


def _lines(table: Any, where: str) -> Mapping[Step, Mapping[str, str]]:
    if not isinstance(table, Mapping):
        raise BadPolicy(f"{where}: must be a table of steps")
    only(table, tuple(Step), where)
    lines = {Step(step): _texts(texts, f"{where}.{step}") for step, texts in table.items()}
    for step, texts in lines.items():
        for language, text in texts.items():
            _check_places(text, f"{where}.{step}.{language}")
    return lines


def _check_places(line: str, where: str) -> None:
    try:
        parts = list(string.Formatter().parse(line))
    except ValueError:
        raise BadPolicy(f"{where}: a brace is left open; write {{by}}, or no brace") from None
    for _, place, spec, conversion in parts:
        if place is not None and (place not in PLACES or spec or conversion):
            raise BadPolicy(
                f"{where}: there is no {{{place}}}; there are {', '.join(f'{{{each}}}' for each in PLACES)}"
            )


def _texts(table: Any, where: str) -> Mapping[str, str]:
    if (
        not isinstance(table, Mapping)
        or "en" not in table
        or not all(isinstance(each, str) for each in table.values())
    ):
        raise BadPolicy(f"{where}: must be a table of languages with at least en")
    return dict(table)
