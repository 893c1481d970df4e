"""The guards over replies of a file: which are asked, what is known already, and where the words stand."""

from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.reply.makers import NOW, guards

from amends.reply.guard import LONGEST_DRAFT, RULES, GuardPolicy, Level
from amends.reply.lint import (
    BadBaseline,
    History,
    Known,
    UnknownRule,
    around,
    as_if_on,
    baseline_of,
    chosen,
    known_of,
    lint,
)
from amends.reply.sample import Sample

ALL = frozenset(rule.code for rule in RULES)
EARLIER = "Hello, I am sorry for the wait at the counter today, our second till was broken since noon."


def rules(text: str, **more) -> list[str]:
    return [each.rule for each in lint(Sample(text=text, **more), guards(), now=NOW)]


@pytest.mark.parametrize(
    ("select", "ignore", "asked"),
    [
        ((), (), ALL),
        (("AM001",), (), {"AM001"}),
        (("am001", " AM002 "), (), {"AM001", "AM002"}),
        (("AM01",), (), {code for code in ALL if code.startswith("AM01")}),
        ((), ("AM001",), ALL - {"AM001"}),
        (("AM01",), ("AM015",), {code for code in ALL if code.startswith("AM01")} - {"AM015"}),
        (("AM001",), ("AM0",), {"AM001"}),
        (("AM0",), ("AM0",), set()),
    ],
)
def test_rules_are_chosen_by_the_beginning_of_their_names_and_the_longer_decides(select, ignore, asked):
    assert chosen(guards(), select, ignore) == asked


@pytest.mark.parametrize("nothing", ["AM9", "nonsense", ""])
def test_a_rule_that_is_not_there_is_named(nothing):
    with pytest.raises(UnknownRule, match="No guard"):
        chosen(guards(), [nothing])


def test_only_the_chosen_rules_speak():
    sample = Sample(text="Calm down, Ana, you should have called.")
    assert [each.rule for each in lint(sample, guards(), now=NOW, among=frozenset({"AM006"}))] == ["AM006"]


def test_findings_come_in_the_order_of_the_text():
    assert rules("You should have called 0721 123 456, calm down.") == ["AM006", "AM001", "AM002"]


def test_a_reply_too_long_to_be_read_says_so_whatever_is_asked():
    found = lint(Sample(text="x" * (LONGEST_DRAFT + 1)), guards(), now=NOW, among=frozenset({"AM001"}))
    assert [each.rule for each in found] == ["AM004"]


def test_the_same_words_again_are_seen_within_a_file():
    history = History()
    first, second = (history.joined(Sample(text=text)) for text in (EARLIER, f"@ana {EARLIER}"))
    assert "AM009" not in {each.rule for each in lint(first, guards(), now=NOW)}
    assert "AM009" in {each.rule for each in lint(second, guards(), now=NOW)}


def test_a_direct_message_is_no_earlier_public_reply():
    history = History()
    history.joined(Sample(text=EARLIER, is_public=False))
    assert history.joined(Sample(text=EARLIER)).earlier == ()


def test_a_rule_that_is_switched_off_speaks_when_it_is_tried(tmp_path):
    (tmp_path / "guards.toml").write_text('[rules.AM002]\nlevel = "pass"\n', encoding="utf-8")
    own = GuardPolicy.load(tmp_path)
    own_words = as_if_on(guards(), "AM002")
    assert own_words is guards()
    assert as_if_on(own, "AM002").rules["AM002"].level is Level.WARN
    assert own.rules["AM002"].level is Level.PASS


@pytest.mark.parametrize(
    ("text", "span", "shown"),
    [
        ("We say calm down now.", (7, 16), ("We say ", "calm down", " now.")),
        ("One line.\nCalm down now.\nThird.", (10, 19), ("", "Calm down", " now.")),
        ("a" * 100 + "HIT" + "b" * 100, (100, 103), ("…" + "a" * 60, "HIT", "b" * 60 + "…")),
        ("x" * 500, (0, 500), ("", "x" * 60 + "…" + "x" * 60, "")),
        ("Whole\nreply", None, ("", "", "Whole…")),
    ],
)
def test_words_are_shown_with_what_stands_around_them(text, span, shown):
    assert around(text, span) == shown


def test_what_is_known_is_excused_as_often_as_it_was_counted():
    sample = Sample(text="Calm down. Call 0721 123 456.")
    found = lint(sample, guards(), now=NOW)
    known = Known(known_of(baseline_of((sample, each) for each in found)))
    assert [known.excuses(sample, each) for each in found] == [True, True]
    assert [known.excuses(sample, each) for each in found] == [False, False]


def test_a_text_that_was_changed_is_not_known():
    before, after = Sample(text="Calm down, Ana."), Sample(text="Calm down, Eva.")
    known = Known(known_of(baseline_of((before, each) for each in lint(before, guards(), now=NOW))))
    assert not any(known.excuses(after, each) for each in lint(after, guards(), now=NOW))


def test_a_baseline_holds_no_words():
    sample = Sample(text="Call 0721 123 456.")
    held = baseline_of((sample, each) for each in lint(sample, guards(), now=NOW))
    assert "0721" not in str(held)
    assert [name.split(":")[0] for name in held["findings"]] == ["AM001"]


@pytest.mark.parametrize(
    "held",
    [None, [], {}, {"amends_baseline": 2, "findings": {}}, {"amends_baseline": 1}, {"amends_baseline": 1, "findings": {"AM001:x": -1}},
     {"amends_baseline": 1, "findings": {"AM001:x": True}}, {"amends_baseline": 1, "findings": ["AM001:x"]}],
)  # fmt: skip
def test_what_is_no_baseline_is_refused(held):
    with pytest.raises(BadBaseline, match="--write-baseline"):
        known_of(held)


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=80) | st.sampled_from(["\x00", "\ud800", "🙄" * 9, "\u202ex"]))
def test_whatever_a_file_holds_its_findings_can_be_shown_and_known(text):
    sample = Sample(text=text)
    found = lint(sample, guards(), now=NOW)
    for each in found:
        assert all(isinstance(piece, str) for piece in around(text, each.span))
    counted = known_of(baseline_of((sample, each) for each in found))
    assert counted.total() == len(found)
    assert isinstance(counted, Counter)
