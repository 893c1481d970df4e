"""Names of persons in a draft, found where they can hardly be anything else: a known first name with a second name, a
title with a name, a relation with a name (“your neighbour Maria”). What it is not sure of, it leaves out."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from amends.core.policy import BadPolicy, only
from amends.core.text import fold
from amends.reply.phrases import Phrases, Reading, Span, compile_phrases

_WORD = re.compile(r"[^\W\d_]+(?:['’\-][^\W\d_]+)*")
_SIGNED = re.compile(r"(?:^|\n|[-–—^/|~•]|,)[\s-]*$")
_FOLDED_WORD = re.compile(r"\w+")
#: A name has no more words than this.
_MOST_WORDS = 4


@dataclass(frozen=True, kw_only=True)
class NamesPolicy:
    """The table `[names]` of guards.toml. All words folded."""

    given: frozenset[str]
    """First names that are hardly anything else."""
    titles: frozenset[str]
    places: frozenset[str]
    """Beside one of these, a name is a street's, a station's, a school's."""
    not_surnames: frozenset[str]
    """Words with a capital that no surname is: days, months."""
    known: frozenset[str]
    """Names that are not a person's private affair: brands, saints, the famous."""
    introduces: Phrases
    """After one of these stands a person of ours."""
    relations: Phrases
    """After one of these stands a person of theirs."""
    greets: Phrases
    """After one of these stands the one who is answered."""


_LISTS = ("given", "titles", "places", "not_surnames", "known")
_PHRASES = ("introduces", "relations", "greets")


def read_names(table: Mapping[str, Any], where: str) -> NamesPolicy:
    """The policy of `[names]`. Raises `BadPolicy`, naming `where`."""
    only(table, (*_LISTS, *_PHRASES), where)
    for name in (*_LISTS, *_PHRASES):
        if not isinstance(table.get(name, []), list) or not all(
            isinstance(each, str) for each in table.get(name, [])
        ):
            raise BadPolicy(f"{where}.{name}: must be a list of texts")
    known = frozenset(fold(each) for each in table.get("known", []))
    given, titles, places, not_surnames = (
        frozenset(fold(" ".join(table.get(name, []))).split()) for name in _LISTS[:-1]
    )
    introduces, relations, greets = (
        compile_phrases(table.get(name, []), f"{where}.{name}") for name in _PHRASES
    )
    return NamesPolicy(
        given=given,
        titles=titles,
        places=places,
        not_surnames=not_surnames,
        known=known,
        introduces=introduces,
        relations=relations,
        greets=greets,
    )


@dataclass(frozen=True)
class _Token:
    start: int
    end: int
    text: str
    folded: str

    @property
    def is_capital(self) -> bool:
        return self.text[0].isupper() and len(self.text) > 1

    @property
    def is_shouted(self) -> bool:
        return len(self.text) > 1 and self.text.isupper()


#: The same words again at every key that is pressed.
_folded = lru_cache(maxsize=4_096)(fold)


def persons(
    reading: Reading, policy: NamesPolicy, theirs: Collection[str] = (), ours: Collection[str] = ()
) -> Iterator[Span]:
    """Spans of the draft where a third person is named: neither the customer (`theirs`: name, handle) nor one of `ours`.

    Without `theirs`, whom a greeting names is taken to be the customer."""
    text = reading.text
    tokens = [
        _Token(found.start(), found.end(), found.group(), _folded(found.group()))
        for found in _WORD.finditer(text)
    ]
    relations = _ends(reading, policy.relations)
    spoken_of = _ends(reading, policy.introduces) + ([] if theirs else _ends(reading, policy.greets))
    known = _parts((*theirs, *ours))
    handles = [fold(each) for each in theirs if " " not in each.strip()]
    at = 0
    while at < len(tokens):
        begin, named = at, _name_at(tokens, at, text, policy, relations)
        at += len(named) or 1
        if not named:
            continue
        start, end = named[0].start, named[-1].end
        bare = [each.folded for each in named if each.folded not in policy.titles]
        beside = [
            each.folded
            for each in (*tokens[max(0, begin - 1) : begin], *tokens[at : at + 1])
            if text[min(each.end, end) : max(each.start, start)].strip(" .") == ""
        ]
        if not (
            # Who is known is known by any part of the name.
            any(part in known for word in bare for part in word.split("-"))
            or any(len(word) >= 4 and word in handle for word in bare for handle in handles)
            or {" ".join(bare), " ".join(each.folded for each in named)} & policy.known
            or not policy.places.isdisjoint(beside)
            or text[max(0, start - 1) : start] in ("@", "#", "_", "/")
            or any(0 <= start - own <= 2 for own in spoken_of)
            or (not theirs and _is_called(text, start, end))
            or _is_signature(text, start, end)
        ):
            yield start, end


def _ends(reading: Reading, phrases: Phrases) -> list[int]:
    """Where in the draft each phrase that stands there ends."""
    return [reading.original(span)[1] for span in phrases.find(reading)]


def _name_at(
    tokens: list[_Token], at: int, text: str, policy: NamesPolicy, after_relation: Collection[int]
) -> list[_Token]:
    """The words of the name that begins at word `at`; none, if none does."""
    first = tokens[at]
    if first.folded in policy.titles and not first.is_shouted and first.text[0] != "@":
        rest = _names_from(tokens, at + 1, text, first, policy, dot=True)
        return [first, *rest] if rest and (first.text[0].isupper() or len(first.text) > 3) else []
    if not first.is_capital or first.is_shouted:
        return []
    if (
        any(0 <= first.start - end <= 2 and not text[end : first.start].strip() for end in after_relation)
        and first.folded not in policy.not_surnames
    ):
        return [first, *_names_from(tokens, at + 1, text, first, policy)]
    if first.folded.split("-")[0] in policy.given:
        rest = _names_from(tokens, at + 1, text, first, policy)
        return [first, *rest] if rest else []
    return []


def _names_from(
    tokens: list[_Token], at: int, text: str, before: _Token, policy: NamesPolicy, dot: bool = False
) -> list[_Token]:
    found: list[_Token] = []
    for each in tokens[at : at + _MOST_WORDS - 1]:
        gap = text[before.end : each.start]
        if gap not in (
            (" ", "\u00a0", "\u202f") if found or not dot else (" ", "\u00a0", ". ", ".", ".\u00a0")
        ):
            break
        if not each.is_capital or each.folded in policy.not_surnames or each.folded in policy.places:
            break
        found.append(each)
        before = each
    return found


def _is_called(text: str, start: int, end: int) -> bool:
    """“Ana Pop, …” at the beginning of a sentence, or “…, Ana Pop.” at its end: it speaks to that person."""
    opens = not text[:start].strip() or text[:start].rstrip()[-1:] in ".!?\n"
    follows, leads = text[end:].lstrip()[:1], text[:start].rstrip()[-1:]
    return (opens and follows in (",", "!", ":", "–", "-")) or (
        leads == "," and follows in (".", "!", "?", "")
    )


def _is_signature(text: str, start: int, end: int) -> bool:
    return not text[end:].strip(" .\n-–—^/|~•)") and _SIGNED.search(text[:start]) is not None


def _parts(names: Collection[str]) -> frozenset[str]:
    return frozenset(part for name in names for part in _FOLDED_WORD.findall(fold(name)) if len(part) > 1)
