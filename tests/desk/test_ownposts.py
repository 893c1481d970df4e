"""A13: a post of the brand's own is checked against its words and against the moment."""

from __future__ import annotations

from datetime import timedelta

import pytest
from tests.makers import Desk

from amends.core.graph import Refused
from amends.desk import ownposts, setup
from amends.store.models import Case, Organisation

CALM = "Our shop in Mill Street opens at nine from Monday on."
BOAST = "Every parcel at your door in record time. Order today."


@pytest.fixture
def desk(db):
    return Desk()


def complain(desk, n, topic="delivery", ago=timedelta(hours=2)):
    start = Case.objects.count()
    for number in range(start, start + n):
        desk.town.post(f"My Novatel parcel {number} never arrived", f"customer{number}")
    desk.listen()
    numbers = list(Case.objects.order_by("-pk").values_list("pk", flat=True)[:n])
    Case.objects.filter(pk__in=numbers).update(topic=topic, kind="complaint", opened_at=desk.now - ago)


def checked(desk, text=CALM, **more):
    return ownposts.check(text, now=desk.now, **more)


def said(found):
    return [str(each) for each in found.waits]


def rules(found):
    return {each.rule for each in found.verdicts}


def test_a_calm_post_on_a_calm_day_goes(desk):
    found = checked(desk)
    assert (found.outcome, found.verdicts, found.waits) == ("go", (), ())


def test_while_many_complain_of_it_it_waits_and_says_how_many(desk):
    complain(desk, 2, ago=timedelta(days=20))
    complain(desk, 12)
    found = checked(desk, BOAST)
    assert found.outcome == "wait"
    assert said(found) == [
        "12 complaints about delivery in the last 24 hours, usually 0: wait until it is calm, or speak of that."
    ]
    assert next((each.rule, each.level) for each in found.verdicts) == ("OP001", "warn")
    assert "12 people complained" in str(found.verdicts[0].reason)


def test_as_many_as_on_any_day_are_no_reason_to_wait(desk):
    for day in range(2, 30):
        complain(desk, 3, ago=timedelta(days=day))
    complain(desk, 4)
    found = checked(desk, BOAST)
    assert found.waits == ()
    assert round(found.pulse.usual) == 3


def test_a_post_about_something_else_waits_when_everything_burns(desk):
    complain(desk, 2, topic="billing", ago=timedelta(days=20))
    complain(desk, 15)
    found = checked(desk, CALM)
    assert found.outcome == "wait"
    assert "whatever you post" in said(found)[0]


def test_somebody_in_danger_comes_before_any_post(desk):
    desk.hear("Novatel I will come to your office and kill you all", "troll")
    assert "answer it first" in said(checked(desk))[0]


def test_a_post_for_next_week_is_not_weighed_against_today(desk):
    complain(desk, 15)
    assert checked(desk, CALM, send_at=desk.now + timedelta(days=7)).outcome == "go"
    assert checked(desk, CALM, send_at=desk.now + timedelta(hours=3)).outcome == "wait"


def test_the_topic_is_heard_or_given(desk):
    assert checked(desk, "Our new bills are easier to read.", topic="billing").pulse.topic == "billing"
    with pytest.raises(Refused):
        checked(desk, CALM, topic="weather")


def test_the_desks_own_words_and_limits_hold(desk):
    setup.set_organisation(contacts=["novatel.example"], by=desk.admin)
    Organisation.objects.update(banned_words=["cheap"])
    assert "AM027" in rules(checked(desk, "Our cheap boots are back."))
    assert "AM014" in rules(checked(desk, "Our boots are\u202e back."))
    assert "AM004" in rules(checked(desk, "Our boots are back. " * 30, network="bluesky"))
    assert "AM026" in rules(checked(desk, "Look here: https://bit.ly/xyz"))


def test_selling_beside_a_tragedy_is_stopped(desk):
    found = checked(desk, "Our hearts go out to the victims. Use code HOPE for 10% off.")
    assert next(each.level for each in found.verdicts if each.rule == "OP007") == "block"
    assert found.outcome == "think_again"


def test_a_joke_is_only_a_hint_on_a_calm_day(desk):
    joke = "Knock knock. Who's there? Summer."
    assert checked(desk, joke).outcome == "go"
    complain(desk, 15)
    assert {each.level for each in checked(desk, joke).verdicts} == {"warn"}


def test_what_is_nothing_or_endless_is_refused(desk):
    for text in ("", "  \n", "a" * 20_001):
        with pytest.raises(Refused):
            checked(desk, text)


def test_it_takes_few_queries_however_many_complain(desk, django_assert_max_num_queries):
    complain(desk, 40)
    checked(desk)
    with django_assert_max_num_queries(6):
        checked(desk, BOAST)


def test_the_page_shows_the_outcome_and_a_calmer_way(desk, client):
    client.force_login(desk.dana)
    text = client.post("/our-posts", {"text": "Tell us your story with #MyNovatel <b>now</b>"}).text
    assert "Think again" in text
    assert "Asks everybody for their story" in text
    assert "Ask one closed question" in text
    assert "<b>now</b>" not in text
    assert "Go." in client.post("/our-posts", {"text": CALM}).text
    assert "paste the post" in client.post("/our-posts", {"text": " "}).text


def test_programs_can_ask_too(desk):
    from tests.api.conftest import program_of

    program = program_of(desk.dana)
    shown = program.post("/posts/check", {"text": "We will never let you wait again. No exceptions."}).json()
    assert shown["outcome"] == "think_again"
    assert shown["verdicts"][0]["rule"] == "OP004"
    assert program.post("/posts/check", {"text": ""}).status_code == 422
