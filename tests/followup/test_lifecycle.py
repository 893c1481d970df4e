"""M1–M3, M6, W6: what may end a case, and what always opens it again."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from amends.core.case import CaseFacts, Kind, Severity, Status
from amends.core.graph import Refused
from amends.followup.lifecycle import LIFECYCLE

NOW = datetime(2026, 11, 21, 9, tzinfo=UTC)
FRESH = CaseFacts(
    status=Status.OPEN, kind=Kind.COMPLAINT, severity=Severity.MEDIUM, opened_at=NOW, last_author_at=NOW
)
ANSWERED = replace(FRESH, first_answer_at=NOW, last_answer_at=NOW)


def refused(event: str, facts: CaseFacts) -> str:
    with pytest.raises(Refused) as why:
        LIFECYCLE.fire(event, facts.status, facts)
    return str(why.value)


def target(event: str, facts: CaseFacts) -> str:
    return LIFECYCLE.fire(event, facts.status, facts).target


def test_nothing_is_resolved_before_somebody_answered():
    assert "answered" in refused("resolve", FRESH)


def test_nothing_is_resolved_with_a_promise_open():
    assert "2 promises" in refused("resolve", replace(ANSWERED, open_promises=2))


def test_a_case_closes_as_satisfied_only_when_the_customer_said_so():
    assert "Ask the customer" in refused("satisfied", ANSWERED)
    asked = replace(ANSWERED, asked_satisfied_at=NOW)
    assert "has not said" in refused("satisfied", asked)
    assert "not satisfied" in refused("satisfied", replace(asked, is_satisfied=False))
    assert target("satisfied", replace(asked, is_satisfied=True)) == "closed"


def test_letting_go_needs_a_last_offer():
    assert "last polite offer" in refused("let_go", ANSWERED)
    assert target("let_go", replace(ANSWERED, last_offer_at=NOW)) == "closed"


def test_a_furious_customer_is_not_closed_as_a_troll():
    assert "furious customer" in refused("leave_troll", FRESH)
    assert target("leave_troll", replace(FRESH, kind=Kind.ABUSE)) == "closed"


def test_a_complaint_is_never_nothing():
    assert "waits for help" in refused("nothing_to_mend", FRESH)
    assert target("nothing_to_mend", replace(FRESH, kind=Kind.PRAISE)) == "closed"


def test_a_case_whose_reply_is_on_its_way_does_not_close():
    assert "on its way" in refused("not_ours", replace(FRESH, replies_in_flight=1))


@pytest.mark.parametrize("status", [each for each in Status if each != Status.CLOSED])
def test_the_author_writing_opens_whatever_is_not_closed(status):
    assert target("author_wrote", replace(ANSWERED, status=status)) == "open"


def test_a_closed_case_can_be_opened_again():
    assert target("reopen", replace(ANSWERED, status=Status.CLOSED)) == "open"


def test_each_row_of_the_table_fires_or_says_why():
    facts = replace(ANSWERED, is_satisfied=True, asked_satisfied_at=NOW, last_offer_at=NOW, kind=Kind.PRAISE)
    abusive = replace(facts, kind=Kind.ABUSE)
    for row in LIFECYCLE.table:
        for source in row.sources:
            given_ = abusive if row.event == "leave_troll" else facts
            assert (
                LIFECYCLE.fire(row.event, source, replace(given_, status=Status(source))).target == row.target
            )


def test_every_pair_outside_the_table_is_refused():
    known = {(row.event, source) for row in LIFECYCLE.table for source in row.sources}
    for event in {row.event for row in LIFECYCLE.table}:
        for status in Status:
            if (event, status.value) not in known:
                with pytest.raises(Refused):
                    LIFECYCLE.fire(event, status, replace(ANSWERED, status=status))


@given(st.lists(st.sampled_from(sorted({row.event for row in LIFECYCLE.table})), max_size=30), st.data())
def test_no_walk_ends_resolved_or_closed_with_a_promise_open(events, data):
    facts = replace(
        ANSWERED,
        status=Status.NEW,
        kind=data.draw(st.sampled_from(Kind)),
        is_satisfied=True,
        last_offer_at=NOW,
    )
    for event in events:
        facts = replace(facts, open_promises=data.draw(st.integers(0, 2)))
        try:
            row = LIFECYCLE.fire(event, facts.status, facts)
        except Refused:
            continue
        if row.target in (Status.RESOLVED, Status.CLOSED):
            assert not facts.open_promises
        facts = replace(facts, status=Status(row.target))
