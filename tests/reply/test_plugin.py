"""Rules of other packages: taken when they keep the contract, refused with a sentence when they do not."""

import dataclasses

import pytest
from tests.reply.makers import NOW, guards

from amends.core.policy import BadPolicy
from amends.core.say import say
from amends.reply.coach import CoachPolicy
from amends.reply.guard import Finding, GuardPolicy, Level, check
from amends.reply.plugin import MOST_FINDINGS, BadGuard, GuardRule, together
from amends.reply.sample import Sample


def sailing_times(draft, situation):
    place = draft.find("sails at")
    if place >= 0:
        yield Finding(span=(place, place + 8), reason=say("Sailing times change with the tide."))


FERRY = GuardRule(
    id="FERRY001",
    title="Sailing times",
    why="The tide decides, and the {timetable} tells.",
    source="House rule 7",
    bad=["She sails at 9.", Sample(text="It sails at noon.", is_public=False)],
    good=["See the timetable."],
    function=sailing_times,
)


def policy(rule=FERRY, own=None) -> GuardPolicy:
    return GuardPolicy.load(own, together([("guard “ferry” of ferry-guards", rule)]))


def found(draft: str, rule=FERRY, own=None):
    rules = policy(rule, own)
    return [
        each for each in check(draft, Sample(text=draft).situation(NOW), rules) if each.rule == "FERRY001"
    ]


def test_a_rule_of_another_package_speaks_beside_ours():
    (verdict,) = found("She sails at 9.")
    assert (verdict.level, verdict.span, verdict.name) == (Level.WARN, (4, 12), "ferry001")
    assert str(verdict.reason) == "Sailing times change with the tide."
    assert found("See the timetable.") == []


def test_it_has_a_page_like_ours():
    page = policy().pages["FERRY001"]
    assert (str(page.what), str(page.why)) == (
        "Sailing times",
        "The tide decides, and the {timetable} tells.",
    )
    assert [each.text for each in page.good] == ["See the timetable."]


def test_the_desk_s_file_sets_its_level(tmp_path):
    (tmp_path / "guards.toml").write_text('[rules.FERRY001]\nlevel = "block"\n', encoding="utf-8")
    assert found("She sails at 9.", own=tmp_path)[0].level is Level.BLOCK
    (tmp_path / "guards.toml").write_text('[rules.FERRY001]\nlevel = "pass"\n', encoding="utf-8")
    assert found("She sails at 9.", own=tmp_path) == []
    assert CoachPolicy.load(tmp_path).guards.rules.keys() == guards().rules.keys()


def test_a_level_for_a_rule_that_is_not_installed_is_refused(tmp_path):
    (tmp_path / "guards.toml").write_text('[rules.FERRY009]\nlevel = "block"\n', encoding="utf-8")
    with pytest.raises(BadPolicy, match="FERRY009"):
        policy(own=tmp_path)


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"contract": 2}, "contract is 2, this is 1"),
        ({"id": "AM001"}, "capitals of your own"),
        ({"id": "ferry1"}, "capitals of your own"),
        ({"title": " "}, "its title must be a text"),
        ({"why": None}, "its why must be a text"),
        ({"source": ""}, "its source must be a text"),
        ({"bad": []}, "its bad examples"),
        ({"good": "See it."}, "its good examples"),
        ({"good": [3]}, "its good examples"),
        ({"function": None}, "its function cannot be called"),
        ({"level": "loud"}, "its level is one of"),
    ],
)
def test_a_rule_that_does_not_keep_the_contract_is_refused_with_a_sentence(change, why):
    with pytest.raises(BadGuard, match=why) as refused:
        policy(dataclasses.replace(FERRY, **change))
    assert "ferry-guards" in str(refused.value)


def test_anything_else_is_refused_too():
    with pytest.raises(BadGuard, match="GuardRule"):
        policy(sailing_times)


def test_two_rules_of_one_code_are_refused():
    with pytest.raises(BadGuard, match="FERRY001: guard “a” of one and guard “b” of two; uninstall"):
        together([("guard “a” of one", FERRY), ("guard “b” of two", FERRY)])


def breaks(draft, situation):
    raise RuntimeError("no {tide}")


@pytest.mark.parametrize(
    ("function", "why"),
    [
        (breaks, "RuntimeError: no {tide}"),
        (lambda draft, situation: 3, "TypeError"),
        (lambda draft, situation: ["bad"], "not an amends.reply.guard.Finding"),
        (lambda draft, situation: [Finding(span=(0, 99), reason=say("x"))], "is not of the draft"),
        (lambda draft, situation: [Finding(span=None, reason="plain")], "core.say.say"),
    ],
)
def test_a_rule_that_breaks_asks_for_a_second_look_and_breaks_nothing_else(function, why):
    (verdict,) = found("She sails at 9.", dataclasses.replace(FERRY, function=function))
    assert verdict.level is Level.WARN
    assert why in str(verdict.reason)


def test_a_rule_without_end_is_stopped():
    def endless(draft, situation):
        while True:
            yield Finding(span=(0, 1), reason=say("Again."))

    assert len(found("She sails at 9.", dataclasses.replace(FERRY, function=endless))) == MOST_FINDINGS
