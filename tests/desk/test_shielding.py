"""A7: harsh cases are shared out fairly, nobody on a break is given one, and nobody's number is told."""

from __future__ import annotations

import inspect
from datetime import timedelta

import pytest
from tests.makers import make_agent

from amends.core.graph import Refused
from amends.desk import actions, muting, shielding, wanted
from amends.store.models import Case, Exposure
from amends.store.queries import care

HARSH = "Novatel you useless idiots, my parcel number {n} never arrived, you morons"


@pytest.fixture
def harsh(desk):
    """`harsh(n)` hears so many harsh complaints, each of somebody else."""
    heard = []

    def hear(n):
        for _ in range(n):
            desk.town.post(HARSH.format(n=len(heard)), f"customer{len(heard)}")
            heard.append(1)
        desk.listen()
        return list(Case.objects.order_by("-pk")[:n])[::-1]

    return hear


@pytest.fixture
def lea(desk):
    return make_agent("Lea", "lead")


def read(desk, case, agent):
    return shielding.show(case.pk, case.mentions.get().pk, by=agent, now=desk.now)


def owners(desk):
    return sorted(Case.objects.exclude(owner=None).values_list("owner__name", flat=True))


def test_the_one_who_read_least_lately_is_next(desk, lea, harsh):
    first, second, third = harsh(3)
    assert shielding.proposed(first.pk, now=desk.now) in (desk.dana, lea)
    read(desk, first, desk.dana)
    assert shielding.proposed(second.pk, now=desk.now) == lea
    read(desk, first, lea)
    read(desk, second, lea)
    assert shielding.proposed(third.pk, now=desk.now) == desk.dana


def test_what_was_read_long_ago_weighs_less_than_what_was_read_now(desk, lea, harsh):
    cases = harsh(4)
    for case in cases[:2]:
        read(desk, case, desk.dana)
    desk.later(hours=3)
    read(desk, cases[0], lea)
    assert shielding.proposed(cases[3].pk, now=desk.now) == desk.dana


def test_a_calm_case_and_one_that_is_somebodys_propose_nobody(desk, harsh):
    calm = desk.hear("My Novatel router is broken")
    assert shielding.proposed(calm.pk, now=desk.now) is None
    (case,) = harsh(1)
    actions.take(case.pk, by=desk.dana, now=desk.now)
    assert shielding.proposed(case.pk, now=desk.now) is None


def test_whoever_rests_is_neither_proposed_nor_given_anything(desk, lea, harsh):
    cases = harsh(3)
    shielding.rest(desk.dana, now=desk.now)
    assert shielding.proposed(cases[0].pk, now=desk.now) == lea
    shielding.share_out(by=lea, now=desk.now)
    assert owners(desk) == ["Lea"] * 3
    desk.later(minutes=11)
    (case,) = harsh(1)
    assert shielding.proposed(case.pk, now=desk.now) == desk.dana


def test_a_break_ends_when_one_wants_it_to(desk, harsh):
    shielding.rest(desk.dana, now=desk.now)
    assert shielding.is_resting(desk.dana, now=desk.now)
    shielding.end_rest(desk.dana)
    assert not shielding.is_resting(desk.dana, now=desk.now)
    with pytest.raises(Refused):
        shielding.rest(desk.dana, now=desk.now, lasting=timedelta(days=3))


def test_harsh_cases_are_shared_out_evenly(desk, lea, harsh):
    make_agent("Ion", "agent")
    cases = harsh(6)
    calm = desk.hear("My Novatel router is broken")
    assert shielding.share_out(by=lea, now=desk.now) == 6
    assert owners(desk) == ["Dana", "Dana", "Ion", "Ion", "Lea", "Lea"]
    assert desk.case(calm.pk).owner is None
    assert desk.kinds(cases[0])[-1] == "case_assigned"
    assert shielding.share_out(by=lea, now=desk.now) == 0


def test_who_has_read_more_is_given_fewer(desk, lea, harsh):
    before = harsh(2)
    for case in before:
        read(desk, case, desk.dana)
        muting.mute(case.pk, "other", "not part of this", by=lea, now=desk.now)
    harsh(4)
    shielding.share_out(by=lea, now=desk.now)
    assert owners(desk) == ["Dana", "Lea", "Lea", "Lea"]


def test_a_case_that_nobody_answers_is_nobodys_burden(desk, lea, harsh):
    (case,) = harsh(1)
    muting.mute(case.pk, "other", "a bot", by=lea, now=desk.now)
    assert shielding.share_out(by=lea, now=desk.now) == 0


def test_when_everybody_rests_it_says_so(desk, lea, harsh):
    harsh(1)
    for each in (desk.dana, lea, desk.admin):
        shielding.rest(each, now=desk.now)
    with pytest.raises(Refused, match="break"):
        shielding.share_out(by=lea, now=desk.now)


def test_only_leads_share_out_and_see_the_sum(desk):
    for act in (shielding.share_out, shielding.team_figures):
        with pytest.raises(Refused):
            act(by=desk.dana, now=desk.now)


def test_the_sum_of_a_small_team_is_not_told(desk, lea):
    assert shielding.team_figures(by=lea, now=desk.now) is None
    make_agent("Ion")
    assert shielding.team_figures(by=lea, now=desk.now).week == 0


def test_no_function_gives_another_persons_number():
    """Whoever adds one must come by here first."""
    functions = inspect.getmembers(shielding, inspect.isfunction)
    public = {name for name, each in functions if name[0] != "_" and each.__module__ == shielding.__name__}
    takes_a_person = {
        name
        for name in public
        if {"agent", "agent_id", "to"} & set(inspect.signature(getattr(shielding, name)).parameters)
    }
    assert takes_a_person - {"set_always_shown", "is_resting", "rest", "end_rest"} == set()
    assert set(inspect.signature(shielding.figures).parameters) == {"by", "now"}


def test_figures_are_of_the_last_hours_day_and_week(desk, harsh):
    cases = harsh(3)
    for case, ago in zip(cases, (6 * 24, 5, 0), strict=True):
        read(desk, case, desk.dana)
        Exposure.objects.filter(mention__case=case).update(at=desk.now - timedelta(hours=ago))
    found = shielding.figures(by=desk.dana, now=desk.now)
    assert (found.two_hours, found.today, found.week) == (1, 2, 3)


def test_what_was_read_a_month_ago_is_forgotten(desk, harsh):
    cases = harsh(2)
    read(desk, cases[0], desk.dana)
    desk.later(days=31)
    read(desk, cases[1], desk.dana)
    assert Exposure.objects.count() == 1


def test_proposing_takes_two_queries_however_many_people(desk, harsh, django_assert_max_num_queries):
    (case,) = harsh(1)
    for n in range(20):
        make_agent(f"Agent{n}")
    with django_assert_max_num_queries(2):
        shielding.proposed(case.pk, now=desk.now)
    with django_assert_max_num_queries(1):
        care.harsh_read(None, now=desk.now)


def test_the_wish_is_theirs_when_only_the_deed_is_noted(desk):
    case = desk.hear("My Novatel order never arrived, I want a refund please")
    wanted.note(case.pk, was_done="Refunded 40 €", by=desk.dana, now=desk.now)
    assert "I want a refund please" in desk.case().wanted
    assert desk.kinds(case)[-2:] == ["wanted_noted", "done_noted"]


def test_the_wish_in_a_persons_words_stays(desk):
    case = desk.hear("My Novatel order never arrived, I want a refund please")
    wanted.note(case.pk, wanted="A new parcel by Friday", by=desk.dana, now=desk.now)
    wanted.note(case.pk, was_done="Sent again", by=desk.dana, now=desk.now)
    assert (desk.case().wanted, desk.case().was_done) == ("A new parcel by Friday", "Sent again")
    with pytest.raises(Refused):
        wanted.note(case.pk, by=desk.dana, now=desk.now)
