"""The written drafts: three files, one a language, in our own words, written before guards.toml was read.

A row: what it is `about` (a rule's code), whether it `is` a hit or near (alike, and fine), `apart` (never tuned on), the
codes that `must` speak, those that `may`, the situation, and the draft with ⟦what a rule must touch⟧.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.reply.makers import make_situation

from amends.core.case import Kind
from amends.core.mention import Visibility
from amends.reply.length import COUNTERS, plain
from amends.reply.situation import Situation

LANGUAGES = ("en", "fr", "ro")
FOLDER = Path(__file__).parent
COLUMNS = "id about is apart must may situation draft".split()
#: What they wrote where a draft says nothing else.
THEIRS = {
    "en": "Three weeks now and still no parcel. Nobody picks up the phone.",
    "fr": "Trois semaines que j'attends mon colis et personne ne me répond.",
    "ro": "Aștept de trei săptămâni coletul și nu răspunde nimeni la telefon.",
}


@dataclass(frozen=True, kw_only=True)
class Written:
    """One draft, with what must be said of it."""

    id: str
    language: str
    about: str
    is_hit: bool
    is_apart: bool
    must: frozenset[str]
    may: frozenset[str]
    situation: Situation
    text: str
    spans: tuple[tuple[int, int], ...]


def drafts(language: str) -> Iterator[Written]:
    """The drafts of one language, in the order of the file."""
    head, *lines = (FOLDER / f"drafts.{language}.tsv").read_text(encoding="utf-8").splitlines()
    assert head.split("\t") == COLUMNS
    for line in lines:
        row = dict(zip(COLUMNS, line.split("\t"), strict=True))
        assert row["is"] in ("hit", "near") and row["apart"] in ("apart", ""), line
        text, spans = _marked(row["draft"])
        yield Written(
            id=row["id"],
            language=language,
            about=row["about"],
            is_hit=row["is"] == "hit",
            is_apart=row["apart"] == "apart",
            must=frozenset(filter(None, row["must"].split(","))),
            may=frozenset(filter(None, row["may"].split(","))),
            situation=make_situation(**_facts(row["situation"], language)),
            text=text,
            spans=spans,
        )


def _marked(written: str) -> tuple[str, tuple[tuple[int, int], ...]]:
    """The draft as it is typed, and where the marks stood."""
    for name, character in (
        ("\\n", "\n"),
        ("\\u200b", "\u200b"),
        ("\\u202e", "\u202e"),
        ("\\u2062", "\u2062"),
    ):
        written = written.replace(name, character)
    text, spans, start = "", [], 0
    for character in written:
        if character == "⟦":
            start = len(text)
        elif character == "⟧":
            spans.append((start, len(text)))
        else:
            text += character
    return text, tuple(spans)


def _facts(written: str, language: str) -> dict[str, Any]:
    """“direct ; anger=3 ; their=…” as the fields of a situation."""
    facts: dict[str, Any] = {
        "language": language,
        "their_text": THEIRS[language],
        "network": "mastodon",
        "longest": 500,
    }
    for part in filter(None, written.split(" ; ")):
        name, _, value = part.partition("=")
        facts |= _FIELDS[name](value)
    return facts | {"count": COUNTERS.get(facts["network"], plain)}


def _list(value: str) -> tuple[str, ...]:
    return tuple(value.split(","))


_FIELDS = {
    "direct": lambda value: {"visibility": Visibility.DIRECT},
    "kind": lambda value: {"kind": Kind(value)},
    "anger": lambda value: {"anger": int(value)},
    "abuse": lambda value: {"abuse": value},
    "their": lambda value: {"their_text": value},
    "lang": lambda value: {"language": value},
    "ours": lambda value: {"our_addresses": frozenset(_list(value))},
    "names": lambda value: {"their_names": frozenset(_list(value))},
    "our": lambda value: {"our_names": frozenset(_list(value))},
    "foreign": lambda value: {"foreign": frozenset(_list(value))},
    "banned": lambda value: {"banned_words": _list(value)},
    "earlier": lambda value: {"earlier_replies": tuple(value.split(" || "))},
    "turns": lambda value: {"public_turns": int(value)},
    "admission": lambda value: {"admission": value},
    "amount": lambda value: {"most_amount": float(value)},
    "media": lambda value: {"media": int(value)},
    "noalt": lambda value: {"media_without_alt": int(value)},
    "network": lambda value: {"network": value},
    "longest": lambda value: {"longest": int(value)},
    "solvable": lambda value: {"is_solvable_now": True},
    "gone": lambda value: {"parent_gone": True},
}
