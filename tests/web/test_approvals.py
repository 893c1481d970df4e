"""The pages of the second person, of a draft that rests, and of two on one case (issue 4 points 2, 4 and 7; A6)."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest
from asgiref.sync import async_to_sync
from django.urls import reverse
from django.utils import timezone

from amends.desk import approving, presence, seconding
from amends.store import models as rows
from amends.web.views import live
from tests.makers import make_agent

pytestmark = pytest.mark.django_db

GOOD = "Ioana, I am sorry about your router. Which town are you in? I will tell you more by 6 pm today."
HOT = "This is ridiculous. Which town are you in, Ioana?"
PRIVATE = "Ioana, ring me at 0722 123 456 and we will sort it out by 6 pm today."


@pytest.fixture
def desk(desk):
    """The pages' clock is the machine's: the desk goes by it here."""
    desk.now = timezone.now()
    desk.town.clock = desk.now
    return desk


@pytest.fixture
def four_eyes(desk):
    rows.Organisation.objects.update(four_eyes={"new_days": 14})
    rows.Agent.objects.update(joined_at=desk.now - timedelta(days=400))
    rows.Agent.objects.filter(pk=desk.dana.pk).update(joined_at=desk.now)
    desk.dana.refresh_from_db()


@pytest.fixture
def hx(desk, browser):
    return browser(desk.dana, HX_Request="true")


@pytest.fixture
def ada_hx(desk, browser):
    return browser(desk.admin, HX_Request="true")


def send(client, case, text=GOOD, **more):
    return client.post(reverse("case_send", args=[case.pk]), {"mode": "reply", "text_reply": text, **more})


def decide(client, what, approval, **more):
    return client.post(reverse(f"approval_{what}", args=[approval.pk]), more)


def test_a_reply_that_waits_is_shown_to_both_and_only_the_second_person_can_let_it_out(
    desk, case, four_eyes, hx, dana, ada
):
    asked = send(hx, case)
    assert asked.status_code == 200
    assert "A second person reads it first" in asked.text
    assert "Withdraw it" in asked.text
    waiting = rows.Approval.objects.get()
    address = reverse("case", args=[case.pk])
    assert "Let it out" not in dana.get(address).text
    assert "Let it out" in ada.get(address).text
    page = ada.get("/approvals").text
    assert "Let it out" in page and "which town are you in" in page.lower()
    assert "My Novatel router is broken" in page
    decide(ada, "approve", waiting, text=GOOD.replace("town", "street"))
    assert rows.OutboxEntry.objects.get().text == GOOD.replace("town", "street")
    shown = dana.get(address).text
    assert "Written by Dana, let out by Ada" in shown
    assert '<del><span class="sr">out: </span>town</del>' in shown
    assert '<ins><span class="sr">in: </span>street</ins>' in shown


def test_line_ends_of_a_form_are_no_other_words(desk, case, four_eyes, hx, ada):
    send(hx, case, "Ioana, I am sorry.\nWhich town are you in?")
    decide(ada, "approve", rows.Approval.objects.get(), text="Ioana, I am sorry.\r\nWhich town are you in?")
    assert rows.CaseEvent.objects.get(kind="reply_approved").data["is_edited"] is False


def test_what_is_given_back_is_shown_with_its_reason(desk, case, four_eyes, hx, dana, ada):
    send(hx, case)
    refused = decide(ada, "return", rows.Approval.objects.get(), reason="")
    assert refused.status_code == 302 and rows.Approval.objects.get().state == "waiting"
    decide(ada, "return", rows.Approval.objects.get(), reason="Ask for the model, too")
    shown = dana.get(reverse("case", args=[case.pk])).text
    assert "Ada gave your reply back" in shown
    assert "Ask for the model, too" in shown
    assert f">{GOOD}</textarea>" in shown


def test_words_of_people_are_never_markup(desk, case, ada):
    """In the reply, the plea, the reason and the difference."""
    bad = "<script>alert(1)</script> I am sorry, which town are you in?"
    waiting = approving.approve_wish(
        case.pk, approving.Wish(text=bad), plea="<img src=x onerror=1>", by=desk.dana, now=desk.now
    )
    for way in ("/approvals", reverse("case", args=[case.pk])):
        assert "<script>alert" not in ada.get(way).text and "<img src=x" not in ada.get(way).text
    seconding.approve(waiting.pk, text=bad + "<b>!</b>", reason="<u>", by=desk.admin, now=desk.now)
    for way in ("/approvals", reverse("case", args=[case.pk])):
        assert "<script>alert" not in ada.get(way).text and "<b>!" not in ada.get(way).text


def test_a_heated_draft_stays_in_the_composer_and_rests(desk, case, hx, dana):
    held = send(hx, case, HOT)
    assert held.status_code == 409
    assert 'id="case-cooling"' in held.text and "hx-swap-oob" in held.text
    assert "This is hard for us to follow" in held.text
    shown = dana.get(reverse("case", args=[case.pk])).text
    assert "Your draft rests" in shown
    assert f">{HOT}</textarea>" in shown
    assert "Rested" in dana.get("/approvals").text
    assert "Dana" not in dana.get("/approvals").text.split("Never in anger")[1].split("</section>")[0]
    thrown = hx.post(reverse("cooling_cancel", args=[case.pk]), {"mode": "reply"})
    assert "Thrown away" in thrown.text and f">{HOT}</textarea>" not in thrown.text


def test_without_javascript_a_heated_draft_is_kept_too(desk, case, dana):
    answer = send(dana, case, HOT)
    assert answer.status_code == 302
    assert f">{HOT}</textarea>" in dana.get(answer["Location"]).text


def test_the_review_says_beforehand_what_will_happen(desk, case, four_eyes, hx, browser):
    review = reverse("case_review", args=[case.pk])
    assert "A second person reads it first" in hx.post(review, {"mode": "reply", "text": GOOD}).text
    asks = hx.post(review, {"mode": "reply", "text": PRIVATE}).text
    assert "Ask a colleague to let it through" in asks
    card = hx.post(review, {"mode": "reply", "text": "Your card 4111 1111 1111 1111, Ioana?"}).text
    assert "Ask a colleague" not in card
    old = browser(make_old(desk), HX_Request="true")
    assert "it rests for 10 minutes" in old.post(review, {"mode": "reply", "text": HOT}).text
    rows.Agent.objects.exclude(pk=desk.dana.pk).update(is_active=False)
    alone = hx.post(review, {"mode": "reply", "text": GOOD}).text
    assert "Nobody is here who could read it first" in alone
    assert "Ask a colleague" not in hx.post(review, {"mode": "reply", "text": PRIVATE}).text


def make_old(desk):
    old = make_agent("Old", "agent")
    rows.Agent.objects.filter(pk=old.pk).update(joined_at=desk.now - timedelta(days=90))
    old.refresh_from_db()
    return old


def test_a_plea_counts_only_when_one_asks(desk, case, hx):
    """What stands in the field while one presses “Send” asks nobody."""
    assert send(hx, case, GOOD, plea="Please").status_code == 200
    assert rows.OutboxEntry.objects.count() == 1
    assert rows.Approval.objects.count() == 0


def test_a_block_is_put_before_a_colleague_with_its_reason(desk, case, hx, ada):
    assert send(hx, case, PRIVATE).status_code == 409
    asked = send(hx, case, PRIVATE, plea="It is our shop", ask="1")
    assert asked.status_code == 200
    assert f">{PRIVATE}</textarea>" not in asked.text
    page = ada.get("/approvals").text
    assert "It is our shop" in page and "AM001" in page
    assert "Why it may go out all the same" in page
    decide(ada, "approve", rows.Approval.objects.get(), reason="It is on our site")
    shown = ada.get(reverse("case", args=[case.pk])).text
    assert "It is on our site" in shown
    assert "let through what AM001 had stopped" in shown


def test_the_second_sender_is_stopped_once_and_the_page_learns_what_there_is_to_see(desk, case, hx, ada_hx):
    assert 'id="seen" value="0-0"' in ada_hx.get(reverse("case", args=[case.pk])).text
    send(hx, case)
    rows.OutboxEntry.objects.update(status="sent")
    other = "Ioana, which street is it? You hear from me by 6 pm today."
    stopped = send(ada_hx, case, other, seen="0-0")
    assert stopped.status_code == 409
    assert "Dana has just answered" in stopped.text
    entry = rows.OutboxEntry.objects.get()
    assert f'name="seen" id="seen" value="{entry.pk}-0" hx-swap-oob="true"' in stopped.text
    assert send(ada_hx, case, other, seen=f"{entry.pk}-0").status_code == 200


def test_a_page_says_that_it_is_open_and_hears_who_else_is(desk, case, hx, ada_hx):
    way = reverse("case_presence", args=[case.pk])
    assert hx.post(way, {"doing": "typing"}).text.strip() == ""
    assert "Dana is writing here" in ada_hx.post(way, {"doing": "viewing"}).text
    assert hx.post(way, {"doing": "gone"}).status_code == 204
    assert "Dana" not in ada_hx.post(way, {"doing": "viewing"}).text
    assert hx.post(way, {"doing": "juggling"}).status_code == 404
    assert hx.post(reverse("case_presence", args=[9999]), {"doing": "viewing"}).status_code == 404


def test_who_comes_and_goes_is_pushed_to_open_pages(desk, case):
    poller = live.Poller()
    assert poller._moved({}) == ""
    other = case.pk + 1
    here = {case.pk: frozenset({(desk.dana.pk, "typing")}), other: frozenset({(1, "viewing")})}
    assert poller._moved(here) == f"event: presence-changed\ndata: {case.pk},{other}\n\n"
    assert poller._moved(here) == ""
    assert poller._moved({other: here[other]}) == f"event: presence-changed\ndata: {case.pk}\n\n"


def test_the_stream_tells_who_is_here(desk, case, monkeypatch):
    monkeypatch.setattr(live, "EVERY", 0.01)

    @async_to_sync
    async def told() -> str:
        stream = live._stream(None)
        try:
            assert await anext(stream) == "retry: 2000\n\n"
            waiting = asyncio.ensure_future(anext(stream))
            await asyncio.sleep(0.05)
            await live.sync_to_async(presence.note)(case.pk, "typing", by=desk.dana, now=timezone.now())
            return await asyncio.wait_for(waiting, 20)
        finally:
            await stream.aclose()
            for task in asyncio.all_tasks() - {asyncio.current_task()}:
                task.cancel()

    assert told() == f"event: presence-changed\ndata: {case.pk}\n\n"


def test_an_admin_sets_when_two_must_read(desk, ada):
    way = reverse("four_eyes")
    ada.post(
        way,
        {"new_days": "10", "severities": ["high", "critical"], "amount": "49,90", "cooldown_minutes": "5"},
    )
    own = rows.Organisation.objects.get()
    assert own.four_eyes == {"new_days": 10, "severities": ["high", "critical"], "amount": "49.90"}
    assert own.cooldown_minutes == 5
    page = ada.get("/settings").text
    assert 'value="49.90"' in page and 'value="critical" checked' in page
    for wrong in (
        {"new_days": "many", "cooldown_minutes": "5"},
        {"new_days": "1", "cooldown_minutes": "500"},
        {"new_days": "1", "cooldown_minutes": "5", "amount": "NaN"},
        {"new_days": "1", "cooldown_minutes": "5", "amount": "lots"},
        {"new_days": "1", "cooldown_minutes": "5", "severities": ["huge"]},
    ):
        ada.post(way, wrong)
        assert rows.Organisation.objects.get().four_eyes == own.four_eyes
    ada.post(way, {"new_days": "", "amount": "", "cooldown_minutes": "0"})
    assert rows.Organisation.objects.get().four_eyes == {"new_days": 0, "severities": [], "amount": None}


def test_an_admin_alone_is_told_that_nobody_could_be_the_second(desk, ada):
    assert "Nobody else here could be the second person" in ada.get("/settings").text
    make_agent("Lea", "lead")
    assert "Nobody else here could be the second person" not in ada.get("/settings").text


def test_many_that_wait_ask_no_more_than_one(desk, four_eyes, ada, django_assert_max_num_queries):
    for number in range(12):
        case = desk.hear(f"My Novatel router number {number} is broken again", f"customer{number}")
        approving.approve(case.pk, GOOD, by=desk.dana, now=desk.now)
    with django_assert_max_num_queries(8):
        page = ada.get("/approvals").text
    assert page.count("Waits for a second person") >= 12


def test_abuse_that_a_waiting_reply_answers_is_veiled(desk, case, four_eyes, hx, ada):
    send(hx, case)
    rows.Case.objects.update(abuse="insult")
    page = ada.get("/approvals").text
    assert "My Novatel router is broken" not in page
    assert "veiled here" in page
