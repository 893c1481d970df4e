"""A13 measured: planned posts in our own words, half of them harmless; precision and recall by language and by rule.

Run with -s to see the table.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import pytest

from amends.reply.ownpost import RULES, OwnPostPolicy, Pulse, verdicts

POLICY = OwnPostPolicy.load()
FOLDER = Path(__file__).parent / "ownposts"


@dataclass(frozen=True)
class Post:
    language: str
    text: str
    rules: frozenset[str]


def posts(name: str, language: str = "") -> list[Post]:
    rows = [line.split("\t") for line in (FOLDER / f"{name}.tsv").read_text(encoding="utf-8").splitlines()]
    return [Post(language or name, text, frozenset(rules.split(",")) - {"-"}) for rules, text in rows]


def found_in(post: Post) -> frozenset[str]:
    found = verdicts(post.text, POLICY, languages=frozenset({post.language}), pulse=Pulse())
    return frozenset(each.rule for each in found)


def share(hits: int, n: int) -> float:
    return 100 * hits / n if n else 100.0


@pytest.mark.parametrize("language", ["en", "fr", "ro"])
def test_of_posts_that_would_burn_few_pass_and_few_harmless_ones_are_held(language):
    every = posts(language)
    harmless = [post for post in every if not post.rules]
    assert len(every) >= 60
    assert 0.4 <= len(harmless) / len(every) <= 0.6
    caught = [post for post in every if post.rules and found_in(post)]
    wrong = [post for post in harmless if found_in(post)]
    recall = share(len(caught), len(every) - len(harmless))
    precision = share(len(caught), len(caught) + len(wrong))
    print(f"\n{language}: {len(every)} posts, precision {precision:.1f}, recall {recall:.1f}")
    for post in every:
        if bool(post.rules) != bool(found_in(post)) or post.rules - found_in(post):
            print("   ", sorted(post.rules), sorted(found_in(post)), post.text)
    assert precision >= 95, [post.text for post in wrong]
    assert recall >= 90, [post.text for post in every if post.rules and not found_in(post)]


def test_each_rule_finds_what_it_is_for():
    right: Counter[str] = Counter()
    missed: Counter[str] = Counter()
    beyond: Counter[str] = Counter()
    for language in ("en", "fr", "ro"):
        for post in posts(language):
            found = found_in(post)
            right.update(found & post.rules)
            missed.update(post.rules - found)
            beyond.update(found - post.rules)
    print()
    for rule in RULES:
        n = right[rule.code] + missed[rule.code]
        recall, precision = (
            share(right[rule.code], n),
            share(right[rule.code], right[rule.code] + beyond[rule.code]),
        )
        print(f"{rule.code} {rule.name:<12} {n:>3} posts  precision {precision:5.1f}  recall {recall:5.1f}")
        assert n >= 9, rule.code
        assert recall >= 80, rule.code
        assert precision >= 75, rule.code


@pytest.mark.parametrize("language", ["en", "fr", "ro"])
def test_the_limit_of_it_posts_that_burn_without_a_telling_word(language):
    """Written to be seen through by people and not by phrases: nearly all pass, which is why “go” asks for a colleague's
    eyes. Their harmless neighbours must not be held."""
    every = posts(f"subtle.{language}", language)
    burning, harmless = [post for post in every if post.rules], [post for post in every if not post.rules]
    caught = [post for post in burning if found_in(post)]
    wrong = [post for post in harmless if found_in(post)]
    print(
        f"\nsubtle {language}: caught {len(caught)} of {len(burning)}, held {len(wrong)} of {len(harmless)}"
    )
    assert len(burning) == len(harmless) == 16
    assert wrong == []
