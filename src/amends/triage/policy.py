"""The rules' words, from `policy/triage.toml`, ready for use. The head of that file says how phrases are written."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from amends.core.policy import BadPolicy, only, policy_path, read_policy
from amends.core.text import fold
from amends.triage.judgement import TOPICS
from amends.triage.lexicon import BadPhrase, Lexicon

LANGUAGES = ("en", "fr", "ro")
ANY = "any"

_SPEAKING = tuple(topic for topic in TOPICS if topic != "other")
#: Groups with parts of their own.
_PARTED = {
    "problem": _SPEAKING,
    "topic": _SPEAKING,
    "abuse": ("profanity", "insult", "hate", "threat"),
    "severity": ("safety", "self_harm", "money", "deadline", "repeat", "vulnerable", "legal"),
    "cause": ("expectations", "personality", "environment", "emotion"),
}
_PLAIN = (
    "fine",
    "idiom",
    "upset",
    "wait",
    "trouble",
    "hint",
    "thanks",
    "praise",
    "hollow",
    "contrast",
    "irony",
    "question",
    "help",
    "apology",
    "compensation",
    "explanation",
    "heard",
    "other",
    "personal",
)
#: Lists of single words that no phrase tree holds.
_WORDS = ("numbers", "negators", "keepers", "hashtag_endings")


@dataclass(frozen=True)
class Thresholds:
    """From how likely on something counts, 0…1; where the models speak."""

    complaint: Mapping[str, float]
    """A complaint, by language and "other". Low: one that is missed costs more than one that is read in vain."""
    doubt: float
    """So likely a complaint that praise is not believed even where rules and models agree on it."""
    unsure: float
    """Below it, the best kind is not sure enough, and a person is asked."""
    sure: float
    """An attack without a matter; a topic."""
    sarcasm: float
    """Praise is doubted."""
    grave: float
    """Hate or a threat."""
    offensive: float
    """Any abuse at all."""


@dataclass(frozen=True)
class TriagePolicy:
    """The compiled words of triage. Made once, used for every post."""

    lexicons: Mapping[str, Lexicon]
    """By language; "any" for what is written alike in all of them."""
    negators: Mapping[str, frozenset[str]]
    keepers: Mapping[str, frozenset[str]]
    endings: tuple[str, ...]
    thresholds: Thresholds

    @classmethod
    def load(cls, own: Path | None = None) -> TriagePolicy:
        """The policy in force; a `triage.toml` in folder `own` takes the shipped one's place. Raises
        `BadPolicy`, which names the file and the key."""
        table, where = read_policy("triage", own), str(policy_path("triage", own))
        only(table, (*_PARTED, *_PLAIN, *_WORDS, "thresholds"), where)
        limits = table.pop("thresholds", None) or read_policy("triage")["thresholds"]
        thresholds = _thresholds(limits, where)
        lists = dict(_lists(table, where))
        phrases: dict[str, list[tuple[str, str]]] = {language: [] for language in (*LANGUAGES, ANY)}
        for (group, language), entries in lists.items():
            if group not in _WORDS:
                phrases[language] += [(group, entry) for entry in entries]
        try:
            lexicons = {
                language: Lexicon(rows, lists.get(("numbers", language), ()))
                for language, rows in phrases.items()
            }
        except BadPhrase as bad:
            raise BadPolicy(f"{where}: {bad}") from bad
        return cls(
            lexicons=lexicons,
            negators=_by_language(lists, "negators"),
            keepers=_by_language(lists, "keepers"),
            endings=tuple(fold(entry) for entry in lists.get(("hashtag_endings", ANY), ())),
            thresholds=thresholds,
        )


def _thresholds(table: Any, where: str) -> Thresholds:
    names = [each.name for each in fields(Thresholds)]
    if not isinstance(table, dict) or set(table) != set(names):
        raise BadPolicy(f"{where}: [thresholds] must hold {', '.join(names)}, and nothing else")
    complaint = table["complaint"]
    if not isinstance(complaint, dict) or set(complaint) != {*LANGUAGES, "other"}:
        raise BadPolicy(f"{where}: [thresholds] complaint must hold {', '.join(LANGUAGES)} and other")
    plain = {name: value for name, value in table.items() if name != "complaint"}
    for name, value in (*plain.items(), *complaint.items()):
        if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value <= 1:
            raise BadPolicy(f"{where}: [thresholds] {name} must be a number from 0 to 1")
    return Thresholds(
        complaint={name: float(value) for name, value in complaint.items()},
        **{name: float(value) for name, value in plain.items()},
    )


def _lists(table: Mapping[str, Any], where: str) -> Iterator[tuple[tuple[str, str], list[str]]]:
    """Every list of the file as ((group, language), entries), checked."""
    for group, inner in table.items():
        here = f"{where}: [{group}]"
        if not isinstance(inner, dict):
            raise BadPolicy(f"{here} must be a table of languages")
        if group in _PARTED:
            only(inner, _PARTED[group], here)
        parts = (
            {f"{group}.{part}": each for part, each in inner.items()} if group in _PARTED else {group: inner}
        )
        for name, languages in parts.items():
            if not isinstance(languages, dict):
                raise BadPolicy(f"{where}: [{name}] must be a table of languages")
            only(languages, (*LANGUAGES, ANY), f"{where}: [{name}]")
            for language, entries in languages.items():
                if not isinstance(entries, list) or not all(
                    isinstance(each, str) and each.strip() for each in entries
                ):
                    raise BadPolicy(
                        f"{where}: [{name}] {language} must be a list of phrases, none of them empty"
                    )
                yield (name, language), entries


def _by_language(lists: Mapping[tuple[str, str], list[str]], group: str) -> dict[str, frozenset[str]]:
    return {
        language: frozenset(fold(word).replace("'", "") for word in lists.get((group, language), ()))
        for language in LANGUAGES
    }
