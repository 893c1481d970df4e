"""On the screen no two verdicts speak of the same words, none contradicts another, and no repair makes it worse."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.reply.makers import guards, make_situation, verdicts
from tests.reply.test_guard import FIRES as OLD
from tests.reply.test_guards_more import FIRES as NEW

from amends.core.case import Kind, Severity
from amends.core.mention import Visibility
from amends.core.say import say
from amends.reply.coach import Step
from amends.reply.guard import RULES, Level, Verdict, check, kept_back, repaired, shown, worst
from amends.reply.guards.precedence import AGAINST_STEPS, MARKS_AN_END, ORDER, TABLE, Reach
from amends.reply.phrases import overlap

DRAFTS = [draft for _, _, draft in OLD] + [draft for _, _, draft, _ in NEW]
PIECES = st.one_of(
    st.sampled_from(DRAFTS),
    st.sampled_from(["07", "😂", "21 123 456", "🎉", "\u202e", "\u200b", "!!", "“", "”", "problem", "cheap", "@", "mail.example", "stop", "complaining", " ", "\n", "STOP IT NOW PLEASE", "FR76", "🙄🙄"]),
    st.text(max_size=6),
)  # fmt: skip
SITUATIONS = st.fixed_dictionaries(
    {
        "language": st.sampled_from(["en", "fr", "ro", "und"]),
        "visibility": st.sampled_from([Visibility.PUBLIC, Visibility.DIRECT]),
        "kind": st.sampled_from([Kind.COMPLAINT, Kind.ABUSE, Kind.PRAISE]),
        "severity": st.sampled_from([Severity.LOW, Severity.HIGH]),
        "longest": st.sampled_from([0, 30]),
        "public_turns": st.sampled_from([0, 2]),
        "is_solvable_now": st.booleans(),
        "parent_gone": st.booleans(),
        "admission": st.sampled_from(["never", "when_known"]),
        "most_amount": st.sampled_from([None, 10.0]),
        "banned_words": st.just(("cheap", "problem")),
        "foreign": st.just(frozenset({"48213-AB", "marin.example"})),
        "our_addresses": st.just(frozenset({"https://shopping.example"})),
    }
)
JOINED = st.tuples(st.lists(PIECES, max_size=5), st.sampled_from(["", " "])).map(
    lambda each: each[1].join(each[0])
)


@settings(max_examples=150)
@given(draft=JOINED, facts=SITUATIONS)
def test_no_words_have_two_verdicts_on_the_screen(draft, facts):
    found = verdicts(draft, **facts)
    seen = shown(found)
    spans = [each.span for each in seen if each.span and each.rule not in MARKS_AN_END]
    assert not any(overlap(one, other) for at, one in enumerate(spans) for other in spans[:at])
    # What weighs is told: nothing gets lighter, and no more is said than was found.
    assert worst(seen) is worst(found)
    assert {each.rule for each in seen} <= {each.rule for each in found}
    assert shown(seen) == seen
    # What nobody may lift stays so.
    assert any(e.level is Level.BLOCK and not e.can_be_lifted for e in found) <= any(
        e.level is Level.BLOCK and not e.can_be_lifted for e in seen
    )


@settings(max_examples=100)
@given(draft=JOINED, facts=SITUATIONS)
def test_no_verdict_contradicts_another_on_the_screen(draft, facts):
    rules = {each.rule for each in shown(verdicts(draft, **facts))}
    for row in TABLE:
        if row.reach is Reach.DRAFT:
            assert not {row.shown, row.silent} <= rules


@settings(max_examples=200)
@given(draft=JOINED, facts=SITUATIONS)
def test_one_click_takes_its_verdict_away_and_makes_nothing_worse(draft, facts):
    found = check(draft, make_situation(**facts), guards())
    for verdict in [each for each in shown(found) if each.replacement is not None][:3]:
        after = check(repaired(draft, verdict), make_situation(**facts), guards())
        graver = Counter(each.rule for each in after if each.level.rank > verdict.level.rank)
        assert not graver - Counter(each.rule for each in found if each.level.rank > verdict.level.rank)
        same = [each for each in found if each.rule == verdict.rule]
        assert len([each for each in after if each.rule == verdict.rule]) < len(same)


@pytest.mark.parametrize(
    ("draft", "facts"),
    [
        ("🙄", {}),  # nothing would be left
        ("Call 07😂21 123 456 please.", {}),  # a telephone number would be made
        ("Stop 🎉 complaining", {"severity": Severity.HIGH, "banned_words": ("🎉",)}),
    ],
)
def test_a_repair_that_would_make_it_worse_is_not_offered(draft, facts):
    for verdict in verdicts(draft, **facts):
        if verdict.replacement is not None:
            assert (
                worst(verdicts(repaired(draft, verdict), **facts)).rank
                <= worst(verdicts(draft, **facts)).rank
            )


def test_taking_out_a_word_between_two_others_makes_no_denial():
    draft = "Please stop cheap complaining here."
    (verdict,) = [each for each in verdicts(draft, banned_words=("cheap",)) if each.rule == "AM027"]
    assert verdict.replacement is None


def test_of_the_two_spaces_around_what_is_taken_out_one_stays():
    (verdict,) = verdicts("It will come 🙄 today.")
    assert repaired("It will come 🙄 today.", verdict) == "It will come today."


def verdict(rule, span=(0, 5), level=Level.WARN, **more):
    return Verdict(rule=rule, name=rule, level=level, span=span, reason=say("Because."), **more)


@pytest.mark.parametrize("row", TABLE, ids=lambda row: f"{row.shown}-{row.silent}")
def test_each_row_of_the_table_holds_whatever_the_levels(row):
    for one in Level:
        for other in Level:
            seen = shown([verdict(row.silent, level=one), verdict(row.shown, level=other)])
            assert [each.rule for each in seen] == [row.shown]
            assert seen[0].level.rank == max(one.rank, other.rank)


def test_the_graver_speaks_and_of_two_as_grave_the_one_further_up():
    assert [each.rule for each in shown([verdict("AM012", level=Level.BLOCK), verdict("AM006")])] == ["AM012"]
    assert [each.rule for each in shown([verdict("AM015"), verdict("AM006")])] == ["AM006"]
    assert [each.rule for each in shown([verdict("FERRY001"), verdict("AM012")])] == ["AM012"]


def test_words_side_by_side_keep_their_verdicts():
    assert len(shown([verdict("AM006", (0, 5)), verdict("AM015", (5, 9))])) == 2
    assert len(shown([verdict("AM006", (0, 5)), verdict("AM004", (3, 9), Level.BLOCK)])) == 2


def test_what_nobody_may_lift_stays_so_under_another_verdict():
    (seen,) = shown(
        [verdict("AM020", level=Level.BLOCK), verdict("AM001", level=Level.BLOCK, can_be_lifted=False)]
    )
    assert (seen.rule, seen.can_be_lifted) == ("AM020", False)


def test_every_rule_has_its_place_and_the_table_has_no_circle():
    assert sorted(ORDER) == sorted(rule.code for rule in RULES)
    pairs = {(row.shown, row.silent) for row in TABLE}
    assert len(pairs) == len(TABLE)
    reached = dict.fromkeys(ORDER, 0)
    for _ in ORDER:
        for over, under in pairs:
            reached[under] = max(reached[under], reached[over] + 1)
    assert max(reached.values()) < len(ORDER)
    assert all(row.why for row in TABLE)


def test_what_is_kept_back_are_steps_of_the_coach():
    steps = {step.value for step in Step} | {"*"}
    assert {step for names, _ in AGAINST_STEPS.values() for step in names} <= steps
    assert kept_back([verdict("AM017"), verdict("AM022")]) == {"apologise", "offer"}


def test_the_page_on_guards_tells_the_whole_table():
    told = (Path(__file__).resolve().parents[2] / "docs/reference/guards.md").read_text(encoding="utf-8")
    rows = [
        line for line in told.split("## Which verdict is shown")[1].splitlines() if line.startswith("| `AM")
    ]
    for row in TABLE:
        (line,) = [
            each
            for each in rows
            if f"`{row.shown}`," in each.split("|")[1] and f"`{row.silent}`" in each.split("|")[1]
        ]
        assert f"| `{row.shown}` |" in line
    for rule in AGAINST_STEPS:
        assert f"`{rule}`" in told.split("The coach keeps back")[1].split("\n\n")[0]
