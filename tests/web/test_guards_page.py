"""The page of the guards, and a rule tried over the replies that were sent (issue 4, point 3)."""

from __future__ import annotations

import pytest
from django.urls import reverse

from amends.desk import approving, guarding, policies, setup
from amends.desk.plugins import guards as plugged
from amends.store.models import OutboxEntry
from tests.makers import make_agent

pytestmark = pytest.mark.django_db

SENT = "Ioana, I am sorry for the wait. Which model is it?"
PROMISE = "Ioana, I am sorry. We will look into it. Which model is it?"


@pytest.fixture
def sent(desk):
    """`sent(*texts)` are replies that went out, each to a customer of its own."""

    def send(*texts: str) -> None:
        for number, text in enumerate(texts):
            case = desk.hear("My Novatel router is broken and nobody answers", who=f"c{number}")
            approving.approve(case.pk, text, by=desk.dana, now=desk.now)
            desk.send()
        assert OutboxEntry.objects.filter(status="sent").count() == len(texts)

    return send


def tried(browser, code: str, **headers: str):
    return browser.post(reverse("guard_try", args=[code]), headers=headers)


def test_every_rule_has_its_page(dana):
    text = dana.get(reverse("guards")).text
    for rule in guarding.rulebook():
        assert rule.code in text and str(rule.title) in text
    assert "Nobody’s affairs are discussed in public." in text
    assert "(in a direct message)" in text
    assert "Try it on our last" not in text


def test_a_rule_is_tried_on_what_was_sent(desk, sent, browser):
    sent(SENT, PROMISE)
    lea = browser(make_agent("Lea", "lead"))
    page = tried(lea, "AM003").text
    assert "It speaks at 1 of 2 replies." in page
    assert "<mark>We will look into</mark> it." in page
    piece = tried(lea, "AM003", HX_Request="true").text
    assert 'hx-swap-oob="true"' in piece and "<html" not in piece


def test_a_rule_that_finds_nothing_says_so(ada, sent):
    assert "has sent no reply yet" in tried(ada, "AM002").text
    sent(SENT)
    assert "It says nothing of the 1 reply" in tried(ada, "AM002").text


def test_a_rule_that_is_off_can_be_tried_first(ada, sent, settings, tmp_path):
    settings.AMENDS_HOME = tmp_path
    (tmp_path / "policy").mkdir()
    (tmp_path / "policy" / "guards.toml").write_text('[rules.AM003]\nlevel = "pass"\n', encoding="utf-8")
    policies.forget()
    try:
        sent(PROMISE)
        assert "It speaks at 1 of 1 replies." in tried(ada, "AM003").text
    finally:
        policies.forget()


def test_our_own_contacts_are_spared_and_direct_messages_too(desk, ada, sent):
    setup.set_organisation(contacts=["help@novatel.example"], by=desk.admin)
    sent("Write to help@novatel.example, Ioana. Which model is it?")
    assert "It says nothing" in tried(ada, "AM001").text
    setup.set_organisation(contacts=[], by=desk.admin)
    assert "It speaks at 1" in tried(ada, "AM001").text
    OutboxEntry.objects.update(visibility="direct")
    assert "It says nothing" in tried(ada, "AM001").text


def test_a_reply_is_compared_with_those_before_it_to_others(desk, ada, sent):
    sent(SENT, "Hello, I read your post. Where do you live, and since when is it so?")
    OutboxEntry.objects.update(
        text="Hello, I am sorry for the wait at the counter today, our till was broken."
    )
    assert "It speaks at 1 of 2 replies." in tried(ada, "AM009").text


def test_only_the_first_hits_are_shown(desk, sent, monkeypatch):
    sent(PROMISE, PROMISE.replace("Ioana", "Ana"), "Radu, we will check. Since when is it so?")
    monkeypatch.setattr(guarding, "SHOWN", 2)
    trial = guarding.tried("AM003", by=desk.admin, now=desk.now)
    assert (trial.replies, trial.caught, len(trial.hits)) == (3, 3, 2)
    monkeypatch.setattr(guarding, "TRIED_ON", 1)
    assert guarding.tried("AM003", by=desk.admin, now=desk.now).replies == 1


def test_hostile_words_in_a_reply_stay_words(desk, ada, sent):
    sent(SENT)
    OutboxEntry.objects.update(text="<script>alert(1)</script> we will look into it \u202e now")
    text = tried(ada, "AM003").text
    assert "<script>alert" not in text
    assert "U+202E" in text


def test_a_rule_that_is_not_there_is_refused(ada):
    answer = tried(ada, "AM999", HX_Request="true")
    assert answer.status_code == 409
    assert "There is no guard AM999." in answer.text
    assert tried(ada, "AM999").headers["Location"] == reverse("guards")


def test_a_trial_asks_little_of_the_database(desk, ada, dana, sent, django_assert_max_num_queries):
    sent(SENT, PROMISE)
    plugged()
    with django_assert_max_num_queries(3):
        dana.get(reverse("guards"))
    with django_assert_max_num_queries(6):
        tried(ada, "AM003")
