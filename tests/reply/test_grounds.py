"""Why a second person reads a reply (issue 4 point 7)."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from tests.reply.makers import verdicts

from amends.reply.amounts import amounts_in
from amends.reply.grounds import FourEyes, Ground, blocks_to_lift, grounds_of, still_stopped

NOW = datetime(2026, 3, 11, 15, 30, tzinfo=UTC)
RULES = FourEyes(new_days=14, severities=frozenset({"critical"}), amount=Decimal(50))


def grounds(rules=RULES, days=400, senior=False, severity="low", abuse="none", text=""):
    found = grounds_of(
        rules,
        joined_at=NOW - timedelta(days=days),
        is_senior=senior,
        severity=severity,
        abuse=abuse,
        amounts=amounts_in(text, "en"),
        now=NOW,
    )
    return [each.ground for each in found]


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ({}, []),
        ({"days": 13}, [Ground.NEW_AGENT]),
        ({"days": 14}, []),
        ({"days": 1, "senior": True}, []),
        ({"severity": "critical"}, [Ground.HOT_CASE]),
        ({"severity": "high"}, []),
        ({"abuse": "threat"}, [Ground.HOT_CASE]),
        ({"abuse": "insult"}, []),
        ({"text": "You get 50 euros back"}, [Ground.AMOUNT]),
        ({"text": "You get 49.90 euros back"}, []),
        ({"text": "You get 20 euros and then £1,200 back"}, [Ground.AMOUNT]),
        (
            {"days": 1, "severity": "critical", "text": "€80"},
            [Ground.NEW_AGENT, Ground.HOT_CASE, Ground.AMOUNT],
        ),
    ],
)
def test_each_ground_is_named(asked, expected):
    assert grounds(**asked) == expected


def test_nothing_set_asks_nobody():
    assert grounds(FourEyes(), days=0, severity="critical", abuse="threat", text="€9000") == []


@pytest.mark.parametrize(
    "kept",
    [
        {},
        {"new_days": "x", "severities": "critical", "amount": "much"},
        {"new_days": -3, "severities": ["grave"], "amount": ""},
        {"new_days": None, "severities": None, "amount": None},
    ],
)
def test_what_cannot_be_read_is_not_set(kept):
    assert FourEyes.of(kept) == FourEyes()


def test_what_is_kept_is_read_back():
    assert FourEyes.of({"new_days": 14, "severities": ["critical"], "amount": "50"}) == RULES


PRIVATE = "Ring me at 0722 123 456 today by 6 pm."


def test_only_the_words_that_were_shown_are_let_through():
    blocking = [each for each in verdicts(PRIVATE) if each.level == "block"]
    lifted = [each.as_json() for each in blocks_to_lift(PRIVATE, blocking)]
    assert [each["rule"] for each in lifted] == ["AM001"]
    assert still_stopped(PRIVATE, blocking, lifted) == ()
    other = PRIVATE.replace("456", "457")
    assert still_stopped(other, [each for each in verdicts(other) if each.level == "block"], lifted)


def test_what_nobody_may_lift_stays_whatever_was_kept():
    card = "We charged the card 4111 1111 1111 1111 twice."
    blocking = [each for each in verdicts(card) if each.level == "block"]
    lifted = [each.as_json() for each in blocks_to_lift(card, blocking)]
    assert still_stopped(card, blocking, lifted) == tuple(blocking) != ()
