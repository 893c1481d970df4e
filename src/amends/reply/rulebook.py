"""The page of each rule: what it stops, why, where that comes from, what to write instead, and examples.

The pages are data (`[pages.…]` in `policy/guards.toml`); the desk shows them, `amends lint --explain` prints them, and
`scripts/guard_pages.py` makes docs/reference/guards/ of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from amends.core.case import Kind, Severity
from amends.core.policy import BadPolicy, only
from amends.core.say import Said, say
from amends.reply.sample import Sample


@dataclass(frozen=True, kw_only=True)
class RulePage:
    """What people may read of one rule. The sentences are collected for the catalogues by `makemessages`."""

    what: Said
    why: Said
    source: str
    """Where it comes from, as one cites it: the same in every language."""
    repair: Said
    bad: tuple[Sample, ...]
    """The rule speaks at each."""
    good: tuple[Sample, ...]
    """The rule is silent at each."""


_KEYS = ("what", "why", "source", "repair", "bad", "good")
_EXAMPLE = (
    "text",
    "lang",
    "direct",
    "praise",
    "longest",
    "gone",
    "solvable",
    "earlier",
    "their",
    "abuse",
    "grave",
    "turns",
    "foreign",
    "limit",
    "banned",
    "no_alt",
    "ours",
)


def read_page(table: Any, where: str) -> RulePage:
    """A page of guards.toml. Raises `BadPolicy`, naming `where`."""
    if not isinstance(table, Mapping):
        raise BadPolicy(f"{where}: must be a table")
    only(table, _KEYS, where)
    texts = {name: table.get(name, "") for name in ("what", "why", "source", "repair")}
    for name, text in texts.items():
        if not isinstance(text, str) or not text.strip():
            raise BadPolicy(f"{where}.{name}: must be a text")
    return RulePage(
        what=plain(texts["what"]),
        why=plain(texts["why"]),
        source=texts["source"],
        repair=plain(texts["repair"]),
        bad=_examples(table, "bad", where),
        good=_examples(table, "good", where),
    )


def conditions(sample: Sample) -> tuple[Said, ...]:
    """What an example takes for granted, where that is not an answer in public to a complaint."""
    found = []
    if not sample.is_public:
        found.append(say("in a direct message"))
    if sample.kind is Kind.PRAISE:
        found.append(say("to somebody who praised us"))
    if sample.kind is Kind.ABUSE:
        found.append(say("to somebody who came to abuse"))
    if sample.severity.rank >= Severity.HIGH.rank:
        found.append(say("where it is grave for them"))
    if sample.longest:
        found.append(say("where {n} characters are allowed", n=sample.longest))
    if sample.parent_gone:
        found.append(say("when their post is gone"))
    if sample.is_solvable_now:
        found.append(say("when it can be solved now"))
    if sample.earlier:
        found.append(say("after we wrote “{text}”", text=sample.earlier[0]))
    if sample.their_text:
        found.append(say("after they wrote “{text}”", text=sample.their_text))
    if sample.public_turns:
        found.append(say("after {n} public answers of ours", n=sample.public_turns))
    if sample.foreign:
        found.append(say("where “{text}” is of another case", text=sample.foreign[0]))
    if sample.most_amount is not None:
        found.append(say("where one may promise {n} alone", n=int(sample.most_amount)))
    if sample.banned_words:
        found.append(say("where the brand does not say “{text}”", text=sample.banned_words[0]))
    if sample.media_without_alt:
        found.append(say("with an image that has no description"))
    if sample.ours:
        found.append(say("where {text} is ours", text=sample.ours[0]))
    return tuple(found)


def plain(text: str) -> Said:
    """A sentence that holds no values: its braces are braces."""
    return Said(text.replace("{", "{{").replace("}", "}}"))


def _examples(table: Mapping[str, Any], name: str, where: str) -> tuple[Sample, ...]:
    rows = table.get(name, [])
    if not isinstance(rows, list) or not rows:
        raise BadPolicy(f"{where}.{name}: must be a list with at least one example")
    return tuple(_example(row, f"{where}.{name}") for row in rows)


def _example(row: Any, where: str) -> Sample:
    if not isinstance(row, Mapping) or not isinstance(row.get("text"), str):
        raise BadPolicy(f'{where}: an example is written as {{ text = "…", lang = "en" }}')
    only(row, _EXAMPLE, where)
    earlier = row.get("earlier", "")
    kind = (
        Kind.PRAISE if row.get("praise", False) else Kind.ABUSE if row.get("abuse", False) else Kind.COMPLAINT
    )
    return Sample(
        text=row["text"],
        language=str(row.get("lang", "en")),
        is_public=not row.get("direct", False),
        kind=kind,
        longest=int(row.get("longest", 0)),
        parent_gone=bool(row.get("gone", False)),
        is_solvable_now=bool(row.get("solvable", False)),
        earlier=(str(earlier),) if earlier else (),
        their_text=str(row.get("their", "")),
        severity=Severity.HIGH if row.get("grave", False) else Severity.MEDIUM,
        public_turns=int(row.get("turns", 0)),
        foreign=_one(row, "foreign"),
        most_amount=float(row["limit"]) if "limit" in row else None,
        banned_words=_one(row, "banned"),
        media_without_alt=int(row.get("no_alt", 0)),
        ours=_one(row, "ours"),
    )


def _one(row: Mapping[str, Any], name: str) -> tuple[str, ...]:
    return (str(row[name]),) if row.get(name) else ()
