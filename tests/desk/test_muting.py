"""W6: not answered by decision, and still watched."""

from __future__ import annotations

import pytest
from tests.makers import make_agent

from amends.core.graph import Refused
from amends.desk import actions, muting
from amends.store.models import Evidence, Muting, Notice

INSULT = "Novatel you are all idiots and morons"
THREAT = "Novatel I will come to your office and kill you all"


@pytest.fixture
def troll(desk):
    case = desk.hear(INSULT, "troll")
    desk.first = case.mentions.get().remote_id
    assert case.kind == "abuse"
    return case


def again(desk, text):
    return desk.hear(text, "troll", thread=desk.first, to=desk.first)


def test_the_decision_is_a_persons_with_who_when_and_why(desk, troll):
    muting.mute(troll.pk, "troll", "Third time this week", by=desk.dana, now=desk.now)
    case, kept = desk.case(troll.pk), Muting.objects.get()
    assert (case.status, case.closing, case.closing_reason) == ("closed", "troll", "Third time this week")
    assert case.muted_at == desk.now
    assert (kept.by, kept.at, kept.why, kept.reason) == (
        desk.dana, desk.now, "troll", "Third time this week",
    )  # fmt: skip
    assert desk.kinds(troll)[-1] == "case_muted"


def test_what_is_written_later_is_kept_judged_and_sealed_and_calls_nobody(desk, troll):
    actions.take(troll.pk, by=desk.dana, now=desk.now)
    muting.mute(troll.pk, "troll", by=desk.dana, now=desk.now)
    Notice.objects.all().delete()
    sealed = Evidence.objects.filter(case=troll).count()
    desk.later(hours=1)
    case = again(desk, "Novatel idiots, morons, all of you")
    desk.later(days=3)
    desk.tick()
    case.refresh_from_db()
    assert case.pk == troll.pk
    assert (case.status, case.due_at, case.breached_at) == ("closed", None, None)
    assert case.mentions.count() == 2
    assert case.mentions.last().judgement["details"]["abuse"] == "insult"
    assert Evidence.objects.filter(case=troll).count() == sealed + 1
    assert desk.kinds(troll)[-1] == "author_wrote_muted"
    assert not Notice.objects.exists()


def test_a_threat_calls_everybody_and_opens_the_case(desk, troll):
    lead = make_agent("Lea", "lead")
    muting.mute(troll.pk, "troll", by=desk.dana, now=desk.now)
    case = again(desk, THREAT)
    assert (case.pk, case.status, case.abuse, case.severity) == (troll.pk, "open", "threat", "critical")
    assert case.muted_at is None
    assert "case_called" in desk.kinds(troll)
    assert Notice.objects.filter(agent=lead, level="loud", case=troll).count() == 1


def test_danger_to_the_troll_themselves_calls_too(desk, troll):
    lead = make_agent("Lea", "lead")
    muting.mute(troll.pk, "troll", by=desk.dana, now=desk.now)
    again(desk, "Novatel I want to end my life tonight")
    assert desk.case(troll.pk).status == "open"
    assert Notice.objects.filter(agent=lead, level="loud").count() == 1


def test_the_decision_stays_on_record_when_it_ends(desk, troll):
    muting.mute(troll.pk, "troll", by=desk.dana, now=desk.now)
    again(desk, THREAT)
    kept = muting.latest(troll.pk)
    assert (kept.by, kept.undone_by, kept.undone_at) == (desk.dana, None, desk.now)


def test_it_is_taken_back_as_if_nobody_had_decided(desk, troll):
    muting.mute(troll.pk, "troll", by=desk.dana, now=desk.now)
    muting.unmute(troll.pk, by=desk.admin, now=desk.now)
    case, kept = desk.case(troll.pk), Muting.objects.get()
    assert (case.status, case.closing, case.muted_at, case.reopened) == ("open", "", None, 0)
    assert (kept.undone_by, kept.undone_at) == (desk.admin, desk.now)
    with pytest.raises(Refused):
        muting.unmute(troll.pk, by=desk.admin, now=desk.now)
    assert again(desk, INSULT).status == "open"


def test_a_customer_who_complains_is_not_left_as_a_troll(desk):
    case = desk.hear("My Novatel router is broken again and nobody answers")
    for why in ("troll", "spam", "nothing_asked"):
        with pytest.raises(Refused):
            muting.mute(case.pk, why, by=desk.dana, now=desk.now)
    assert desk.case().status == "new"


def test_a_customer_who_was_answered_elsewhere_is_heard_again(desk):
    case = desk.hear("My Novatel router is broken again and nobody answers")
    first = case.mentions.get().remote_id
    muting.mute(case.pk, "answered_elsewhere", "On the telephone", by=desk.dana, now=desk.now)
    assert (desk.case().closing, desk.case().due_at) == ("not_answered", None)
    desk.hear("Novatel, it is still broken, nothing works", thread=first, to=first)
    case = desk.case()
    assert (case.status, case.muted_at) == ("open", None)
    assert case.due_at is not None


def test_a_new_matter_elsewhere_is_a_case_of_its_own(desk, troll):
    muting.mute(troll.pk, "troll", by=desk.dana, now=desk.now)
    other = desk.hear("Novatel charged me twice and will not pay it back", "troll")
    assert other.pk != troll.pk
    assert other.due_at is not None


def test_closing_as_a_troll_the_old_way_is_watched_as_well(desk, troll):
    actions.close(troll.pk, "leave_troll", reason="Only insults", by=desk.dana, now=desk.now)
    assert desk.case().muted_at == desk.now
    assert Muting.objects.get().why == "troll"
    assert again(desk, INSULT).status == "closed"


def test_only_who_works_on_cases_decides(desk, troll):
    with pytest.raises(Refused):
        muting.mute(troll.pk, "troll", by=make_agent("Rea", "read_only"), now=desk.now)
