"""W6: what an author who is not answered may write without calling anybody."""

from __future__ import annotations

import pytest

from amends.core.case import Kind, Severity
from amends.followup.muted import WHYS, not_for_that, what_calls


def calls(why: str = "troll", **more: object) -> str | None:
    said = what_calls(
        why,
        **{
            "topic": "other",
            "new_kind": Kind.ABUSE,
            "new_severity": Severity.LOW,
            "new_topic": "other",
            "is_threat": False,
            **more,
        },  # type: ignore[arg-type]
    )
    return str(said) if said else None


@pytest.mark.parametrize("why", WHYS)
def test_more_of_the_same_calls_nobody(why):
    assert calls(why) is None


@pytest.mark.parametrize("why", WHYS)
def test_a_threat_and_danger_always_call(why):
    assert calls(why, is_threat=True) == "it may threaten somebody"
    assert "danger" in calls(why, parts=("self_harm",))
    assert "danger" in calls(why, new_severity=Severity.CRITICAL)


def test_a_grave_complaint_about_another_matter_calls():
    new = {"new_kind": Kind.COMPLAINT, "new_severity": Severity.HIGH, "new_topic": "billing"}
    assert "another matter" in calls(topic="delivery", **new)
    assert calls(topic="billing", **new) is None
    assert calls(topic="delivery", **{**new, "new_severity": Severity.LOW}) is None


@pytest.mark.parametrize("kind", [Kind.COMPLAINT, Kind.QUESTION])
def test_who_was_only_answered_elsewhere_is_heard_when_they_ask_again(kind):
    assert "again" in calls("answered_elsewhere", new_kind=kind)
    assert "again" in calls("nothing_asked", new_kind=kind)
    assert calls("troll", new_kind=kind) is None


def test_a_furious_customer_cannot_be_left_as_a_troll_nor_as_spam():
    assert "furious customer" in str(not_for_that("troll", "rude", Kind.COMPLAINT))
    assert "answered" in str(not_for_that("spam", "", Kind.COMPLAINT))
    assert "answered" in str(not_for_that("nothing_asked", "", Kind.QUESTION))
    assert not_for_that("troll", "", Kind.ABUSE) is None
    assert not_for_that("answered_elsewhere", "", Kind.COMPLAINT) is None


def test_another_reason_needs_words():
    assert "Say why" in str(not_for_that("other", " ", Kind.ABUSE))
    assert not_for_that("other", "It was sold on to us in error", Kind.ABUSE) is None
    assert "Choose" in str(not_for_that("because", "", Kind.ABUSE))
