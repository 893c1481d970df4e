"""A13: how the check of a planned post weighs, and that its policy can be told what it does wrong."""

from __future__ import annotations

import pytest

from amends.core.policy import BadPolicy, read_policy
from amends.reply.guard import Level
from amends.reply.ownpost import RULES, OwnPostPolicy, Pulse, check_post, is_unusual, verdicts

POLICY = OwnPostPolicy.load()
EN = frozenset({"en"})


@pytest.mark.parametrize(
    ("today", "usual", "is_many"),
    [(12, 2, True), (4, 0.1, True), (3, 0, False), (5, 4, False), (60, 50, False), (90, 50, True)],
)
def test_many_is_more_than_chance(today, usual, is_many):
    assert is_unusual(today, usual) is is_many


def test_every_rule_says_why_and_a_calmer_way():
    assert len({rule.code for rule in RULES}) == len(RULES) == 12
    for rule in RULES:
        assert str(rule.why).endswith(".")
        assert str(rule.calmer).endswith(".")


def test_spans_stand_in_the_post_as_it_was_given():
    text = "Éh bien 🎉 — we will never let you down."
    (found,) = verdicts(text, POLICY, languages=EN, pulse=Pulse())
    start, end = found.span
    assert text[start:end] == "will never" or "never let you down" in text[start:end]


def test_waiting_comes_before_thinking_again():
    burning = Pulse(topic="delivery", today=12, usual=1.0, all_today=12, all_usual=3.0)
    assert check_post("We never fail.", POLICY, languages=EN, pulse=burning).outcome == "wait"
    assert check_post("We never fail.", POLICY, languages=EN).outcome == "think_again"


def test_a_rule_can_be_switched_off():
    table = read_policy("ownposts")
    table["rules"]["OP004"]["level"] = "pass"
    table["rules"]["OP004"]["level_when_many"] = "pass"
    assert not list(verdicts("We never fail.", OwnPostPolicy.from_toml(table), languages=EN, pulse=Pulse()))


@pytest.mark.parametrize(
    ("change", "where"),
    [
        (lambda table: table["rules"].update(OP099={"level": "warn"}), "OP099"),
        (lambda table: table["rules"]["OP004"].update(level="loud"), "OP004.level"),
        (lambda table: table["rules"]["OP004"].update(phrasez={}), "phrasez"),
        (lambda table: table["boasts"].update(weather={}), "weather"),
        (lambda table: table["rules"]["OP004"]["phrases"].update(en=["*"]), "OP004"),
    ],
)
def test_a_mistake_in_the_policy_is_named(change, where):
    table = read_policy("ownposts")
    change(table)
    with pytest.raises(BadPolicy, match=where):
        OwnPostPolicy.from_toml(table)


def test_a_post_is_read_in_its_own_language_only():
    assert not list(verdicts("Garanție de doi ani.", POLICY, languages=EN, pulse=Pulse()))


def test_levels_are_ordered():
    text = "Thoughts and prayers. 50% off, shop now lol"
    found = check_post(text, POLICY, languages=EN).verdicts
    assert [each.level for each in found] == sorted(
        (each.level for each in found), key=lambda level: -level.rank
    )
    assert found[0].level is Level.BLOCK
