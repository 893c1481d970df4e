"""Never post in anger (A6, S2): whether a draft is heated, and the same content in calmer words.

A heated draft rests a while, or a second person reads it; nothing is thrown away. In the trial of Twitter (2021–22, over
200,000 prompts) 9 of 100 such drafts were cancelled and 22 revised: a pause helps a little.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from amends.core.policy import BadPolicy, only, read_policy
from amends.core.say import Said, say_many
from amends.reply.guard import GuardPolicy, Verdict, check, languages_of
from amends.reply.phrases import Phrases, Reading, Span, compile_phrases, overlap
from amends.reply.situation import Situation


@dataclass(frozen=True, kw_only=True)
class HeatPolicy:
    """heat.toml, read."""

    points: Mapping[str, int]
    """By the code of a guard: what each of its findings gives."""
    held_from: int
    held_from_when_tired: int
    tired_from: int
    calmer: Mapping[str, tuple[tuple[Phrases, str], ...]]
    """By language: phrases, and what is put in their place."""

    @classmethod
    def load(cls, own: Path | None = None) -> HeatPolicy:
        """heat.toml (the desk's own in folder `own`, or the shipped one). Raises `BadPolicy` and says where."""
        table = {**read_policy("heat"), **read_policy("heat", own)}
        only(table, ("points", "held_from", "held_from_when_tired", "tired_from", "calmer"), "heat")
        points = table["points"]
        if not isinstance(points, Mapping):
            raise BadPolicy("heat.points: must be a table of guards and points")
        for code, worth in points.items():
            _count(worth, f"heat.points.{code}", least=0)
        if not isinstance(table["calmer"], Mapping):
            raise BadPolicy("heat.calmer: must be a table of languages")
        return cls(
            points=dict(points),
            held_from=_count(table["held_from"], "heat.held_from"),
            held_from_when_tired=_count(table["held_from_when_tired"], "heat.held_from_when_tired"),
            tired_from=_count(table["tired_from"], "heat.tired_from"),
            calmer={language: _rows(rows, language) for language, rows in table["calmer"].items()},
        )


def _count(value: Any, where: str, *, least: int = 1) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < least:
        raise BadPolicy(f"{where}: is a whole number from {least}, not {value!r}")
    return value


def _rows(rows: Any, language: str) -> tuple[tuple[Phrases, str], ...]:
    where = f"heat.calmer.{language}"
    if not isinstance(rows, list) or not all(isinstance(row, Mapping) for row in rows):
        raise BadPolicy(f"{where}: must be a list of tables with say and put")
    found = []
    for number, row in enumerate(rows, 1):
        only(row, ("say", "put"), f"{where}[{number}]")
        if not isinstance(row.get("say"), list) or not isinstance(row.get("put"), str):
            raise BadPolicy(f"{where}[{number}]: say is a list of phrases, put is text")
        found.append((compile_phrases(row["say"], f"{where}[{number}].say"), row["put"]))
    return tuple(found)


@cache
def shipped_heat() -> HeatPolicy:
    """The policy as it is shipped."""
    return HeatPolicy.load()


@dataclass(frozen=True, kw_only=True)
class Heat:
    """How heated a draft is, and what shows it."""

    points: int
    is_held: bool
    reasons: tuple[Said, ...]


def heat_of(verdicts: Iterable[Verdict], policy: HeatPolicy, *, harsh_read: int = 0) -> Heat:
    """Whether a draft with these verdicts rests. `harsh_read`: how many harsh posts its writer had to read in the last
    two hours; alone they hold nothing, but a tired reader's draft is held sooner."""
    hot = [each for each in verdicts if policy.points.get(each.rule, 0)]
    points = sum(policy.points[each.rule] for each in hot)
    is_tired = harsh_read >= policy.tired_from
    is_held = bool(hot) and points >= (policy.held_from_when_tired if is_tired else policy.held_from)
    reasons = list(dict.fromkeys(each.reason for each in hot))
    if is_held and is_tired:
        reasons.append(
            say_many(
                "You have read {n} harsh post in the last two hours.",
                "You have read {n} harsh posts in the last two hours.",
                n=harsh_read,
            )
        )
    return Heat(points=points, is_held=is_held, reasons=tuple(reasons))


def calmer(draft: str, situation: Situation, guards: GuardPolicy, policy: HeatPolicy) -> str:
    """The same content in calmer words: angry phrases replaced or taken out, capitals and marks toned down, and a
    sentence that stays angry left out. "" where nothing better can be offered."""
    text = _soften(draft, situation.language, guards, policy)
    text = _lower_voice(text, situation, guards)
    text = _without_angry_sentences(text, situation, guards, policy)
    text = _tidy(text)
    if not text or text == _tidy(draft):
        return ""
    left = check(text, situation, guards, among=policy.points.keys())
    return "" if sum(policy.points[each.rule] for each in left) >= policy.held_from else text


def _soften(text: str, language: str, guards: GuardPolicy, policy: HeatPolicy) -> str:
    spoken = languages_of(Reading(text), language, guards)
    for each in sorted(spoken & policy.calmer.keys()):
        for phrases, put in policy.calmer[each]:
            reading = Reading(text)
            spans = [reading.original(span) for span in phrases.find(reading)]
            text = _put(text, [(span, put) for span in spans])
    return text


def _put(text: str, changes: Sequence[tuple[Span, str]]) -> str:
    """`text` with each span replaced; a replacement begins like what it replaces."""
    for (start, end), put in sorted(changes, reverse=True):
        if put and text[start : start + 1].isupper():
            put = put[0].upper() + put[1:]
        # What was said with a comma is taken out with it.
        rest = text[end:].lstrip(" ,") if not put else text[end:]
        gap = " " if not put and text[:start] and not text[:start].endswith((" ", "\n")) else ""
        text = text[:start] + put + gap + rest
    return text


def _lower_voice(text: str, situation: Situation, guards: GuardPolicy) -> str:
    changes: list[tuple[Span, str]] = []
    for each in check(text, situation, guards, among={"AM012"}):
        if (
            each.span
            and each.replacement is not None
            and not any(overlap(each.span, span) for span, _ in changes)
        ):
            changes.append((each.span, each.replacement))
    return re.sub(r"\s*!+", ".", _put(text, changes))


def _without_angry_sentences(text: str, situation: Situation, guards: GuardPolicy, policy: HeatPolicy) -> str:
    reading = Reading(text)
    hot = [
        each.span
        for each in check(text, situation, guards, among=policy.points.keys())
        if each.span is not None
    ]
    kept = [
        text[slice(*span)]
        for span in map(reading.original, reading.sentences)
        if not any(overlap(span, other) for other in hot)
    ]
    return "".join(kept) if hot else text


def _tidy(text: str) -> str:
    """Without doubled blanks and orphaned marks; sentences begin with a capital."""
    text = re.sub(r"[ \t]+", " ", text)
    text = re.sub(r" +([.,])", r"\1", text)
    text = re.sub(r"([.?…])\.+", r"\1", text)
    text = re.sub(r"(^|\n)[\s.,;:]+", r"\1", text).strip(" ,;:\n\t")
    return re.sub(r"(^|[.?…]\s+|\n)([a-zà-öø-ÿăâîșț])", lambda found: found[1] + found[2].upper(), text)
