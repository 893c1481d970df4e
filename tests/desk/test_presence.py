"""Two agents on one case see each other (issue 4 point 7)."""

from __future__ import annotations

from datetime import timedelta

import pytest
from tests.makers import make_agent

from amends.core.graph import Refused
from amends.desk import drafts, presence
from amends.store import models as rows
from amends.store import queries

pytestmark = pytest.mark.django_db


@pytest.fixture
def case(desk):
    return desk.hear("My Novatel router is broken again and nobody answers")


def people(desk, case, of):
    here = queries.beside(case.pk, of.pk, now=desk.now).people
    return [(each.agent.name, each.doing) for each in here]


def test_a_colleague_is_seen_and_oneself_is_not(desk, case):
    presence.note(case.pk, "viewing", by=desk.dana, now=desk.now)
    assert people(desk, case, desk.admin) == [("Dana", "viewing")]
    assert people(desk, case, desk.dana) == []


def test_who_writes_stands_first(desk, case):
    presence.note(case.pk, "viewing", by=desk.admin, now=desk.now)
    presence.note(case.pk, "viewing", by=desk.dana, now=desk.now)
    presence.note(case.pk, "typing", by=desk.dana, now=desk.now)
    assert people(desk, case, make_agent("Lea", "lead")) == [("Dana", "typing"), ("Ada", "viewing")]


def test_what_is_not_renewed_says_nothing_any_more(desk, case):
    presence.note(case.pk, "typing", by=desk.dana, now=desk.now)
    desk.later(seconds=44)
    assert people(desk, case, desk.admin) == [("Dana", "typing")]
    desk.later(seconds=1)
    assert people(desk, case, desk.admin) == []
    assert queries.present(now=desk.now) == {}


def test_who_closes_the_page_is_gone(desk, case):
    presence.note(case.pk, "viewing", by=desk.dana, now=desk.now)
    presence.note(case.pk, "gone", by=desk.dana, now=desk.now)
    assert people(desk, case, desk.admin) == []


def test_old_rows_do_not_pile_up(desk, case):
    other = desk.hear("My Novatel bill is wrong", "mihai")
    presence.note(case.pk, "viewing", by=desk.dana, now=desk.now)
    desk.later(hours=2)
    presence.note(other.pk, "viewing", by=desk.dana, now=desk.now)
    assert list(rows.Presence.objects.values_list("case", flat=True)) == [other.pk]


@pytest.mark.parametrize("doing", ["", "sleeping", "VIEWING"])
def test_other_words_are_refused(desk, case, doing):
    with pytest.raises(Refused):
        presence.note(case.pk, doing, by=desk.dana, now=desk.now)


def test_nobody_is_on_a_case_that_is_not_there(desk, case):
    with pytest.raises(Refused):
        presence.note(999, "viewing", by=desk.dana, now=desk.now)


def test_two_drafts_for_one_customer_warn_each_other_without_showing_the_words(desk, case):
    drafts.save_draft(case.pk, "reply", "Dear Ioana", by=desk.dana, now=desk.now)
    drafts.save_draft(case.pk, "note", "a thought", by=desk.admin, now=desk.now)
    (draft,) = queries.beside(case.pk, desk.admin.pk, now=desk.now).drafts
    assert draft.agent == desk.dana
    assert "text" in draft.get_deferred_fields()
    assert queries.beside(case.pk, desk.dana.pk, now=desk.now).drafts == ()
    assert queries.beside(case.pk, desk.admin.pk, now=desk.now + timedelta(hours=3)).drafts == ()
