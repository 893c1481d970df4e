"""The plays as a desk writes them: versions, a preview over past cases, and the way back.

Nothing that is kept here ever changes: a case says by which version it was judged.
"""

from __future__ import annotations

import json
import tomllib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction

from amends.core.case import Kind, Severity
from amends.core.graph import Refused
from amends.core.mention import Visibility
from amends.core.policy import BadPolicy, policy_path
from amends.core.say import say
from amends.core.text import storable
from amends.desk import housebook, policies
from amends.desk.permissions import must
from amends.reply.plays import Play, play_for, plays_of
from amends.reply.situation import Situation
from amends.store import queries
from amends.store.models import Agent, PlaybookVersion

#: Over how many past cases a change is tried.
TRIED_ON = 200
#: How many of the cases that change are shown.
SHOWN = 20
LONGEST = 200_000


@dataclass(frozen=True, kw_only=True)
class Changed:
    """A case that would get another play."""

    case_id: int
    title: str
    abuse: str
    before: str
    after: str
    """Names of plays."""


@dataclass(frozen=True, kw_only=True)
class Preview:
    """What a change would do to the last cases."""

    cases: int
    """How many were looked at."""
    counts: tuple[tuple[str, int, int], ...]
    """A play's name, how many cases have it now, and how many would."""
    changed: tuple[Changed, ...]
    """The first of them, newest first."""
    n_changed: int
    is_same: bool
    """Nothing at all would be another: neither a play nor a line."""


def text_in_force(number: int | None = None) -> str:
    """The TOML of version `number` (None: of the newest; 0 or an empty version: as shipped, or the desk's plays.toml)."""
    if number is None:
        number = policies.newest_playbook()
    text = (
        PlaybookVersion.objects.values_list("text", flat=True).filter(number=number).first() if number else ""
    )
    return text or policy_path("plays", policies.own_folder()).read_text(encoding="utf-8")


def read(text: str) -> tuple[Play, ...]:
    """The plays of a text. Raises `Refused` that says where it is wrong."""
    text = storable(text)
    if len(text) > LONGEST:
        raise Refused(say("The playbook is too long: {most} characters are the most.", most=LONGEST))
    try:
        return plays_of(text)
    except BadPolicy as wrong:
        raise Refused(say("The plays cannot be read: {why}", why=str(wrong)[:400])) from None


def preview(text: str, *, by: Agent) -> Preview:
    """What these plays would change for the last cases. Writes nothing. Four queries.

    Raises `Refused` for plays that cannot be read."""
    must(by, "policy")
    then, now = read(text), policies.plays()
    before: Counter[str] = Counter()
    after: Counter[str] = Counter()
    changed = []
    rows = queries.played_cases(limit=TRIED_ON)
    rules = {
        (topic, language): housebook.reasons_among(book, topic, language)
        for book in [housebook.in_force()]
        for topic, language in {(row.topic, row.language) for row in rows}
    }
    for row in rows:
        situation = replace(_situation(row), house_rules=rules[row.topic, row.language])
        was, would = play_for(situation, now).name, play_for(situation, then).name
        before[was] += 1
        after[would] += 1
        if was != would:
            changed.append(Changed(case_id=row.id, title=row.title, abuse=row.abuse, before=was, after=would))
    names = dict.fromkeys((*(each.name for each in then), *(each.name for each in now)))
    return Preview(
        cases=len(rows),
        counts=tuple((name, before[name], after[name]) for name in names),
        changed=tuple(changed[:SHOWN]),
        n_changed=len(changed),
        is_same=then == now,
    )


def _situation(row: queries.PlayedCase) -> Situation:
    """As the first answer to the case was, in public, with nothing said yet."""
    return Situation(
        their_text="",
        language=row.language,
        visibility=Visibility.PUBLIC,
        kind=Kind(row.kind),
        severity=Severity(row.severity),
        anger=row.anger,
        topic=row.topic,
        network=row.network,
        longest=0,
        count=len,
        abuse=row.abuse,
        wants=row.wants,
        now=row.opened_at,
    )


def save(text: str, why: str, *, expected: int | None = None, by: Agent, now: datetime) -> PlaybookVersion:
    """Put plays in force for the cases that come from now on. `expected` is the version that was edited.

    Raises `Refused` for plays that cannot be read, that change nothing, or without a word on why, and when somebody
    else saved meanwhile."""
    must(by, "policy")
    if read(text) == policies.plays():
        raise Refused(say("Nothing is changed: these are the plays in force."))
    return _keep(storable(text), why, expected=expected, by=by, now=now)


def go_back(number: int, why: str, *, by: Agent, now: datetime) -> PlaybookVersion:
    """Put an earlier version in force again, as a new version; 0: the shipped plays (or the desk's plays.toml)."""
    must(by, "policy")
    text = ""
    if number:
        earlier = PlaybookVersion.objects.filter(number=number).first()
        if earlier is None:
            raise Refused(say("There is no version {number} of the plays.", number=number))
        text = earlier.text
    if policies.plays(number) == policies.plays():
        raise Refused(say("Nothing is changed: these are the plays in force."))
    if text:
        read(text)
    return _keep(text, why, expected=None, by=by, now=now)


def _keep(text: str, why: str, *, expected: int | None, by: Agent, now: datetime) -> PlaybookVersion:
    why = storable(" ".join(why.split()))[:300]
    if not why:
        raise Refused(say("Say why, in a few words: whoever looks at an old case later wants to know."))
    newest = policies.newest_playbook()
    late = Refused(say("A colleague has just saved other plays: look at theirs, then change them."))
    if expected is not None and expected != newest:
        raise late
    try:
        with transaction.atomic():
            return PlaybookVersion.objects.create(number=newest + 1, text=text, why=why, by=by, at=now)
    except IntegrityError:
        raise late from None


# Editing one play -----------------------------------------------------------------------------------------------------


def table_of(text: str) -> list[dict[str, Any]]:
    """The plays of a text as plain tables, for a form. Raises `Refused`."""
    read(text)
    return [dict(each) for each in tomllib.loads(text)["play"]]


def with_play(text: str, name: str, changed: Mapping[str, Any] | None) -> str:
    """The text with the play `name` replaced by `changed` (None: taken out; a new name: put in before the last, which
    fits everything). Raises `Refused`."""
    rows = table_of(text)
    place = next((n for n, row in enumerate(rows) if row["name"] == name), None)
    if changed is None:
        rows = [row for row in rows if row["name"] != name]
    elif place is None:
        rows.insert(max(len(rows) - 1, 0), dict(changed))
    else:
        rows[place] = dict(changed)
    text = written(rows)
    read(text)
    return text


def moved(text: str, name: str, up: bool) -> str:
    """The text with a play one place up or down: the first that fits is taken. Raises `Refused`."""
    rows = table_of(text)
    place = next((n for n, row in enumerate(rows) if row["name"] == name), None)
    other = None if place is None else place - 1 if up else place + 1
    if place is not None and other is not None and 0 <= other < len(rows):
        rows[place], rows[other] = rows[other], rows[place]
    text = written(rows)
    read(text)
    return text


def written(rows: Sequence[Mapping[str, Any]]) -> str:
    """Plays as TOML: what `plays_of` reads."""
    lines = []
    for row in rows:
        lines.append("[[play]]")
        later = []
        for key, value in row.items():
            if key in ("opening", "lines"):
                later.append((key, value))
            else:
                lines.append(f"{key} = {_value(value)}")
        for key, value in later:
            # A table of tables (the lines of a step) is written as one table a step.
            if any(isinstance(each, Mapping) for each in value.values()):
                for inner, texts in value.items():
                    lines += [
                        f"[play.{key}.{inner}]",
                        *(f"{each} = {_value(text)}" for each, text in texts.items()),
                    ]
            elif value:
                lines += [f"[play.{key}]", *(f"{each} = {_value(text)}" for each, text in value.items())]
        lines.append("")
    return "\n".join(lines)


def _value(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{key} = {_value(each)}" for key, each in value.items()) + " }"
    if isinstance(value, Sequence) and not isinstance(value, str):
        return "[" + ", ".join(_value(each) for each in value) + "]"
    # A JSON string is a basic string of TOML, but for DEL, which TOML wants escaped.
    return json.dumps(str(value), ensure_ascii=False).replace("\x7f", "\\u007F")
