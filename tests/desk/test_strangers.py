"""Another customer's data never leaves in this customer's reply (A5)."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from tests.makers import make_mention

from amends.desk import reviewing
from amends.desk.strangers import foreign_in
from amends.store import models as rows

pytestmark = pytest.mark.django_db


@pytest.fixture
def case(desk):
    desk.hear("My Novatel order 7712093 never came", who="marin")
    return desk.hear("My Novatel router is broken again, contract 5550182", who="ioana")


def review(desk, case, text, mode="reply"):
    return reviewing.review(case.pk, text, mode, by=desk.dana, now=desk.now)


def wrote(desk, case, text, **more):
    return rows.OutboxEntry.objects.create(
        case=case,
        source=case.source,
        text=text,
        key=f"k{rows.OutboxEntry.objects.count()}",
        status="sent",
        approved_at=desk.now,
        send_at=desk.now,
        **more,
    )


@pytest.mark.parametrize(
    ("draft", "foreign"),
    [
        ("The parcel 7712093 has left us.", "7712093"),
        ("Le colis 7712093 est parti.", "7712093"),
        ("Coletul 7712093 a plecat.", "7712093"),
        ("As we told @marin.example, it has left.", "marin.example"),
    ],
)
@pytest.mark.parametrize("mode", ["reply", "direct"])
def test_what_stands_in_another_case_and_not_here_stops_the_reply(desk, case, draft, foreign, mode):
    seen = review(desk, case, draft, mode)
    assert seen.is_blocked
    (verdict,) = [each for each in seen.verdicts if each.rule == "AM020"]
    assert draft[slice(*verdict.span)] == foreign


@pytest.mark.parametrize(
    "draft",
    [
        "Your contract 5550182 is safe with us.",
        "@ioana.example, we look at it by 6 pm.",
        "Ioana, we look at 9999999 by 6 pm.",
        "We look at it on 2026-11-22, and 120000 customers wait.",
        "Novatel is sorry.",
    ],
)
def test_what_is_theirs_or_nobody_s_is_spared(desk, case, draft):
    assert foreign_in(desk.case(case.pk), draft) == frozenset()


def test_a_number_in_two_other_customers_cases_is_nobody_s(desk, case):
    desk.hear("My Novatel box 31415926 blinks", who="ana")
    assert foreign_in(case, "Is it a 31415926?") == {"31415926"}
    desk.hear("The Novatel 31415926 again", who="vlad")
    assert foreign_in(case, "Is it a 31415926?") == frozenset()


def test_their_own_number_of_an_older_case_is_theirs(desk, case):
    rows.Case.objects.filter(author__remote_id="marin").update(author=case.author)
    assert foreign_in(case, "The parcel 7712093 has left us.") == frozenset()


def test_our_own_line_may_stand_in_every_case(desk, case):
    rows.Case.objects.filter(author__remote_id="marin").update(search_text="call 0213123456")
    assert foreign_in(case, "Call 0213123456.") == {"0213123456"}
    assert foreign_in(case, "Call 0213123456.", ours=["021 312 34 56"]) == frozenset()


def test_a_draft_without_names_and_numbers_costs_no_query_and_another_one_two(desk, case):
    case = desk.case(case.pk)
    with CaptureQueriesContext(
        connection,
    ) as none:
        foreign_in(case, "I am sorry, we look at it by 6 pm.")
    with CaptureQueriesContext(connection) as two:
        foreign_in(case, "Hello Ana Pop and @x.example, 7712093 and 8812093 have left. Marin Popa knows.")
    assert (len(none), len(two)) == (0, 2)


def test_somebody_who_writes_in_this_very_thread_may_be_named(desk, case):
    other = rows.Author.objects.get(remote_id="marin")
    mention = make_mention()
    rows.Mention.objects.create(
        network="bluesky",
        remote_id=mention.remote_id,
        source=case.source,
        author=other,
        case=case,
        text="Same here",
        is_bystander=True,
        found_at=desk.now,
    )
    assert foreign_in(case, "@marin.example, you too?") == frozenset()


def test_what_we_wrote_to_them_before_decides_the_form_of_address(desk, case):  # A14
    rows.Case.objects.filter(pk=case.pk).update(language="fr")
    wrote(desk, case, "Peux-tu nous dire où tu habites ?", visibility="direct")
    seen = review(desk, case, "Où habitez-vous ? Nous regardons cela pour vous avant 18 h.", "direct")
    assert "AM011" in {each.rule for each in seen.verdicts}


def test_a_third_answer_in_public_offers_the_direct_message(desk, case):  # A12
    for _ in range(2):
        wrote(desk, case, "We look at it.")
    (verdict,) = [
        each
        for each in review(desk, case, "It is at the depot. Which door is yours?").verdicts
        if each.rule == "AM025"
    ]
    assert verdict.move == "direct"


def test_no_advice_of_the_coach_speaks_against_a_guard(desk, case):
    rows.Case.objects.filter(pk=case.pk).update(kind="abuse")
    seen = review(desk, case, "That is not true.")
    assert "AM024" in {each.rule for each in seen.verdicts}
    assert not {each.step.value for each in seen.steps if each.is_wanted and not each.is_done} & {
        "ask",
        "explain",
        "apologise",
    }


def test_an_amount_from_which_two_people_say_yes_is_told_while_one_writes(desk, case):  # M6
    rows.Organisation.objects.update(four_eyes={"amount": 50})
    told = {each.rule for each in review(desk, case, "We refund you 50 euros today.", "direct").verdicts}
    less = {each.rule for each in review(desk, case, "We refund you 49 euros today.", "direct").verdicts}
    assert ("AM021" in told, "AM021" in less) == (True, False)


def test_nothing_is_praised_while_a_guard_warns(desk, case):
    good = "Ioana, I am sorry about your router. Which town are you in?"
    assert review(desk, case, good).is_well
    warned = review(desk, case, f"{good} You should have called first.")
    assert not warned.is_well and "below" in str(warned.advice.says)


def test_the_first_half_of_a_telephone_number_is_nobody_s(desk):
    desk.hear("Novatel, ring me on 07700 900456, my line is dead", who="mara")
    case = desk.hear("Novatel, no line here either", who="tess")
    assert foreign_in(case, "Tess, ring me on 07700 900123.") == frozenset()
    assert foreign_in(case, "Tess, is it 07700 900456?") == frozenset({"07700 900456"})
