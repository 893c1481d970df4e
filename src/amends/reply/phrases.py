"""Lists of phrases, found in a draft word by word: no expressions, so no input can make it slow.

How a phrase is written in the policy files:

- words, as people say them; capitals, accents, quotes and punctuation do not matter ("nous sommes désolés")
- `/` between words: one or the other ("sorry for/about")
- `*` at the end of a word: any ending ("désol*" finds désolé, désolée, désolés)
- `*` alone: up to three words, or none ("your * order"); elided letters (l’, d’, v-) do not count

A phrase never reaches over the end of a sentence.
"""

from __future__ import annotations

import itertools
import math
import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from typing import Any

from amends.core.policy import BadPolicy
from amends.core.text import fold, fold_with_map, original_span

Span = tuple[int, int]

#: How many words a `*` may stand for.
WIDEST_GAP = 3
#: How many gaps one phrase may have: what a match costs grows with each.
MOST_GAPS = 3
MOST_FORMS = 64
#: The beginning of a word, before a `*`, has so many letters at most.
LONGEST_STEM = 24
#: In the place of a language: whatever the language.
ANY = "any"

_WORD = re.compile(r"\w+")
_SENTENCE_END = re.compile(r"[.!?…;]+[\s\"')\]]*(?:\s|$)|\n+")
_QUOTED = re.compile(r'"[^"\n]{1,400}"')
_LINK = re.compile(r"(?:https?://|www\.)[^\s<>\"]+")
_NAME = re.compile(r"(?<![\w@])@[\w.-]+(?:@[\w.-]+)?")


@dataclass(frozen=True)
class Reading:
    """A draft made ready for the detectors: folded, with the way back to the original, in words and sentences."""

    text: str
    folded: str = field(init=False)
    origins: list[int] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        folded, origins = fold_with_map(self.text)
        object.__setattr__(self, "folded", folded)
        object.__setattr__(self, "origins", origins)

    @cached_property
    def _word_spans(self) -> list[Span]:
        return [found.span() for found in _WORD.finditer(self.folded)]

    @cached_property
    def words(self) -> list[str]:
        return [self.folded[start:end] for start, end in self._word_spans]

    @cached_property
    def places(self) -> dict[str, list[int]]:
        """For every different word, the numbers of the words that are it."""
        places: dict[str, list[int]] = {}
        for number, word in enumerate(self.words):
            places.setdefault(word, []).append(number)
        return places

    @cached_property
    def beginnings(self) -> dict[str, list[str]]:
        """For every beginning of a word, the different words that begin so."""
        found: dict[str, list[str]] = {}
        for word in self.places:
            for length in range(1, min(len(word), LONGEST_STEM) + 1):
                found.setdefault(word[:length], []).append(word)
        return found

    @cached_property
    def sentences(self) -> list[Span]:
        """Spans of the folded text, each with its closing mark."""
        spans, start = [], 0
        for end in [found.end() for found in _SENTENCE_END.finditer(self.folded)] + [len(self.folded)]:
            if self.folded[start:end].strip():
                spans.append((start, end))
            start = end
        return spans

    @cached_property
    def _sentence_starts(self) -> list[int]:
        return [start for start, _ in self.sentences]

    @cached_property
    def word_sentences(self) -> list[int]:
        """For every word, the number of its sentence."""
        return [bisect_right(self._sentence_starts, start) - 1 for start, _ in self._word_spans]

    @cached_property
    def quoted(self) -> list[Span]:
        """Spans of the folded text that stand in quotes."""
        return [found.span() for found in _QUOTED.finditer(self.folded)]

    @cached_property
    def questions(self) -> list[Span]:
        """Spans of the folded text that are questions of our own."""
        spans = []
        for start, end in self.sentences:
            said = self.folded[start:end].rstrip(" \n\t)]")
            span = start + len(said) - len(said.lstrip()), start + len(said)
            if said.endswith("?") and any(map(str.isalpha, said)) and not within(span, self.quoted):
                spans.append(span)
        return spans

    @cached_property
    def links(self) -> list[Span]:
        """Spans of the folded text that are links."""
        return [found.span() for found in _LINK.finditer(self.folded)]

    @cached_property
    def own_words(self) -> list[str]:
        """The words without links and names of accounts: for comparing replies."""
        bare = _NAME.sub(" ", _LINK.sub(" ", self.folded))
        return _WORD.findall(bare)

    def sentence_at(self, place: int) -> int:
        """The number of the sentence that holds `place` of the folded text."""
        return max(0, bisect_right(self._sentence_starts, place) - 1)

    def word_at(self, place: int) -> int:
        """The number of the first word that begins at `place` of the folded text or after it."""
        return bisect_left(self._word_spans, (place, 0))

    def span_of_words(self, first: int, last: int) -> Span:
        """Span of the folded text from word `first` to word `last`, both within."""
        return self._word_spans[first][0], self._word_spans[last][1]

    def original(self, span: Span) -> Span:
        """A span of the folded text as a span of the draft."""
        return original_span(self.origins, *span)


@lru_cache(maxsize=32)
def read(draft: str) -> Reading:
    """`Reading(draft)`; the same one for all who look at the same draft."""
    return Reading(draft)


def overlap(one: Span, other: Span) -> bool:
    """Whether two spans share a character."""
    return one[0] < other[1] and other[0] < one[1]


def within(one: Span, others: Iterable[Span]) -> bool:
    """Whether `one` lies wholly in one of `others`."""
    return any(start <= one[0] and one[1] <= end for start, end in others)


@dataclass(frozen=True)
class _Part:
    """One place of a phrase: exact words, beginnings of words, or a gap."""

    exact: frozenset[str]
    stems: tuple[str, ...]
    is_gap: bool = False

    def fits(self, word: str) -> bool:
        return word in self.exact or (bool(self.stems) and word.startswith(self.stems))


_Row = tuple[tuple[_Part, ...], frozenset[str] | None]


@dataclass(frozen=True)
class Phrases:
    """Many phrases, compiled. Empty is fine: it finds nothing."""

    _by_word: Mapping[str, tuple[_Row, ...]]
    """By its first word, each phrase with its second one, where that is one of some words and nothing else."""
    _by_stem: Mapping[str, tuple[_Row, ...]]
    count: int = 0

    def find(self, reading: Reading) -> list[Span]:
        """Spans of the folded text, in order, none within another: at one word the longest phrase wins."""
        ends: dict[int, int] = {}
        words, sentence_of = reading.words, reading.word_sentences
        all_places = reading.places
        # Two sets of words meet faster than each word is asked for.
        starting = [(word, self._by_word[word]) for word in self._by_word.keys() & all_places.keys()]
        if self._by_stem:
            starting += [
                (word, self._by_stem[stem])
                for stem in self._by_stem.keys() & reading.beginnings.keys()
                for word in reading.beginnings[stem]
            ]
        for word, rows in starting:
            places = all_places[word]
            for parts, second in rows:
                # Most phrases fail at their second word: seen here, that costs no call.
                for place in places:
                    if second is not None and (place + 1 >= len(words) or words[place + 1] not in second):
                        continue
                    end = _match(parts, 1, words, sentence_of, place + 1, place)
                    if end > ends.get(place, -1):
                        ends[place] = end
        found: list[Span] = []
        reached = -1
        for place in sorted(ends):
            if ends[place] > reached:
                reached = ends[place]
                found.append(reading.span_of_words(place, reached))
        return found


def _match(
    parts: tuple[_Part, ...], at: int, words: list[str], sentence_of: list[int], place: int, last: int
) -> int:
    """The number of the last word of the match, or -1. `last` is the word matched before `place`."""
    if at == len(parts):
        return last
    is_gap = parts[at].is_gap
    at += is_gap
    words_left, letters_left = (WIDEST_GAP, WIDEST_GAP) if is_gap else (0, 0)
    while place < len(words) and sentence_of[place] == sentence_of[last]:
        if parts[at].fits(words[place]):
            end = _match(parts, at + 1, words, sentence_of, place + 1, place)
            if end >= 0:
                return end
        if len(words[place]) == 1 and letters_left:
            letters_left -= 1
        elif words_left:
            words_left -= 1
        else:
            return -1
        place += 1
    return -1


def compile_phrases(lines: Iterable[str], where: str) -> Phrases:
    """Phrases from the policy's lines. Raises `BadPolicy`, naming `where`, for one that cannot be used."""
    by_word: dict[str, list[_Row]] = {}
    by_stem: dict[str, list[_Row]] = {}
    count = 0
    for line in lines:
        count += 1
        for parts in (_parts(form, line, where) for form in _forms(line, where)):
            is_plain = len(parts) > 1 and not parts[1].is_gap and not parts[1].stems
            row = parts, parts[1].exact if is_plain else None
            for word in parts[0].exact:
                by_word.setdefault(word, []).append(row)
            for stem in parts[0].stems:
                by_stem.setdefault(stem, []).append(row)
    return Phrases(
        {word: tuple(rows) for word, rows in by_word.items()},
        {stem: tuple(rows) for stem, rows in by_stem.items()},
        count,
    )


def _forms(line: str, where: str) -> list[str]:
    """The phrase, once for each side of a `/` where a side has several words ("l'ai/avons")."""
    if not isinstance(line, str):
        raise BadPolicy(f"{where}: a phrase must be text, not {line!r}")
    pieces = [
        piece.split("/")
        if "/" in piece and any(len(_WORD.findall(fold(side))) != 1 for side in piece.split("/"))
        else [piece]
        for piece in line.split()
    ]
    if math.prod(map(len, pieces)) > MOST_FORMS:
        raise BadPolicy(f"{where}: {line!r}: too many choices in one phrase; write several")
    return [" ".join(form) for form in itertools.product(*pieces)]


def _parts(form: str, line: str, where: str) -> tuple[_Part, ...]:
    parts: list[_Part] = []
    for piece in form.split():
        if piece == "*":
            parts.append(_Part(frozenset(), (), is_gap=True))
            continue
        # "s'il" and "v-ați" are two words each; "for/about" is one place.
        if "/" in piece:
            parts.append(_choice(piece.split("/")))
            continue
        pieces = _WORD.findall(fold(piece))
        for number, word in enumerate(pieces):
            is_stem = piece.endswith("*") and number == len(pieces) - 1
            parts.append(_Part(frozenset(() if is_stem else (word,)), (word,) if is_stem else ()))
    if any(len(stem) > LONGEST_STEM for part in parts for stem in part.stems):
        raise BadPolicy(f"{where}: {line!r}: a word before * has at most {LONGEST_STEM} letters")
    gaps = [part.is_gap for part in parts]
    if (
        not parts
        or gaps[0]
        or gaps[-1]
        or sum(gaps) > MOST_GAPS
        or any(a and b for a, b in itertools.pairwise(gaps))
    ):
        raise BadPolicy(
            f"{where}: {line!r}: a phrase begins and ends with a word and has at most {MOST_GAPS} single *"
        )
    return tuple(parts)


def _choice(sides: list[str]) -> _Part:
    words = [(_WORD.findall(fold(side))[0], side.endswith("*")) for side in sides]
    return _Part(
        frozenset(word for word, is_stem in words if not is_stem),
        tuple(word for word, is_stem in words if is_stem),
    )


@dataclass(frozen=True)
class PhraseBook:
    """Phrases by language; those of `ANY` are read in every draft. One language's word may be another's insult
    (French “taré”, Romanian “tare”), so a draft is read in its own languages only."""

    by_language: Mapping[str, Phrases]

    @property
    def count(self) -> int:
        return sum(each.count for each in self.by_language.values())

    def find(self, reading: Reading, languages: frozenset[str]) -> list[Span]:
        """Spans of the folded text, in order, without overlaps."""
        found = [
            span
            for language, phrases in self.by_language.items()
            if language == ANY or language in languages
            for span in phrases.find(reading)
        ]
        return merged(found)


def merged(spans: Iterable[Span]) -> list[Span]:
    """In order, those that overlap as one."""
    whole: list[Span] = []
    for start, end in sorted(spans):
        if whole and start < whole[-1][1]:
            whole[-1] = whole[-1][0], max(end, whole[-1][1])
        else:
            whole.append((start, end))
    return whole


def read_book(table: Any, where: str) -> PhraseBook:
    """The phrases of `{language: [phrases]}`. Raises `BadPolicy`, naming `where`."""
    if not isinstance(table, Mapping):
        raise BadPolicy(f"{where}: must be a table of languages, each with a list of phrases")
    for language, lines in table.items():
        if not isinstance(lines, list):
            raise BadPolicy(f"{where}.{language}: must be a list of phrases")
    return PhraseBook(
        {language: compile_phrases(lines, f"{where}.{language}") for language, lines in table.items()}
    )
