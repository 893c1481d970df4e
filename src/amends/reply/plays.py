"""Plays: which steps an answer takes in a situation, and an example of how it may begin (W4: a pattern that is known,
never an answer on autopilot)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from amends.core.case import Kind, Severity
from amends.core.policy import BadPolicy, only, read_policy
from amends.reply.coach import Step
from amends.reply.situation import Situation


@dataclass(frozen=True, kw_only=True)
class Play:
    """One play of plays.toml."""

    name: str
    titles: Mapping[str, str]
    steps: tuple[Step, ...]
    openings: Mapping[str, str]
    topics: frozenset[str] = frozenset()
    """Empty: any."""
    kinds: frozenset[Kind] = frozenset()
    """Empty: any."""
    severities: frozenset[Severity] = frozenset()
    """Empty: any."""
    min_anger: int = 0

    def fits(self, situation: Situation) -> bool:
        """Whether this play is for the situation."""
        return (
            (not self.topics or situation.topic in self.topics)
            and (not self.kinds or situation.kind in self.kinds)
            and (not self.severities or situation.severity in self.severities)
            and situation.anger >= self.min_anger
        )

    def title(self, language: str) -> str:
        """Its name for people, in the reader's language; English where there is none."""
        return _in(language, self.titles)

    def opening(self, language: str) -> str:
        """An example of a beginning, in the customer's language; English where there is none."""
        return _in(language, self.openings)


def _in(language: str, texts: Mapping[str, str]) -> str:
    return texts.get(language.split("-")[0].lower(), texts["en"])


def play_for(situation: Situation, plays: Sequence[Play]) -> Play:
    """The first play that fits; `read_plays` sees to it that one always does."""
    return next((play for play in plays if play.fits(situation)), plays[-1])


def read_plays(own: Path | None = None) -> tuple[Play, ...]:
    """plays.toml (the desk's own in folder `own`, or the shipped one). Raises `BadPolicy`."""
    table = read_policy("plays", own)
    only(table, ("play",), "plays")
    rows = table.get("play", [])
    if not isinstance(rows, list) or not all(isinstance(row, Mapping) for row in rows):
        raise BadPolicy("plays: write each play as [[play]]")
    plays = tuple(_play(row, f"plays.play[{number}]") for number, row in enumerate(rows, 1))
    if not plays or any((plays[-1].topics, plays[-1].kinds, plays[-1].severities, plays[-1].min_anger)):
        raise BadPolicy("plays: the last play must have no “when”: something must always fit")
    if len({play.name for play in plays}) < len(plays):
        raise BadPolicy("plays: two plays have the same name")
    return plays


def _play(row: Mapping[str, Any], where: str) -> Play:
    only(row, ("name", "title", "when", "steps", "opening"), where)
    when = row.get("when", {})
    if not isinstance(when, Mapping):
        raise BadPolicy(f"{where}.when: must be a table")
    only(when, ("topics", "kinds", "severities", "min_anger"), f"{where}.when")
    name, anger = row.get("name"), when.get("min_anger", 0)
    if not isinstance(name, str) or not name or type(anger) is not int:
        raise BadPolicy(f"{where}: a play has a name, and min_anger is a whole number")
    try:
        steps = tuple(Step(step) for step in row.get("steps", ()))
        kinds = frozenset(Kind(kind) for kind in when.get("kinds", ()))
        topics = frozenset(map(str, when.get("topics", ())))
        severities = frozenset(Severity(each) for each in when.get("severities", ()))
    except (ValueError, TypeError) as bad:
        known = (
            f"steps are {', '.join(Step)}; kinds are {', '.join(Kind)}; severities are {', '.join(Severity)}"
        )
        raise BadPolicy(f"{where}: {bad}; {known}") from None
    if not steps:
        raise BadPolicy(f"{where}: a play has at least one step")
    return Play(
        name=name,
        titles=_texts(row.get("title"), f"{where}.title"),
        steps=steps,
        openings=_texts(row.get("opening"), f"{where}.opening"),
        topics=topics,
        kinds=kinds,
        severities=severities,
        min_anger=anger,
    )


def _texts(table: Any, where: str) -> Mapping[str, str]:
    if (
        not isinstance(table, Mapping)
        or "en" not in table
        or not all(isinstance(each, str) for each in table.values())
    ):
        raise BadPolicy(f"{where}: must be a table of languages with at least en")
    return dict(table)
