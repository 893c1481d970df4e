"""What an agent does on a case's page, and what the page answers (A1, A5, M1, M3, M6, W6)."""

from __future__ import annotations

import html
import json
import re
from datetime import timedelta

import pytest
from django.urls import reverse

from amends.desk import actions, approving
from amends.store import models as rows
from amends.web import labels

pytestmark = pytest.mark.django_db

GOOD = "I am sorry about the router. Which town are you in?"


@pytest.fixture
def hx(desk, browser):
    """Dana's browser as htmx speaks."""
    return browser(desk.dana, HX_Request="true")


def do(client, name, case, *more, **fields):
    return client.post(reverse(name, args=[case.pk, *more]), fields)


def test_taking_a_case_shows_it_as_ones_own(desk, hx, case):
    text = do(hx, "case_assign", case, to="me").text
    assert desk.case().owner == desk.dana
    assert "Yours" in text and "It is yours." in text


def test_without_javascript_the_same_form_leads_back_to_the_case(desk, dana, case):
    response = do(dana, "case_assign", case, to="me")
    assert response["Location"] == reverse("case", args=[case.pk])
    assert desk.case().owner == desk.dana


def test_a_refusal_says_why_and_changes_nothing(desk, hx, case):
    response = do(hx, "case_resolve", case)
    assert response.status_code == 409
    assert response["HX-Reswap"] == "none"
    assert "not possible any more" in response.text
    assert desk.case().status == "new"


def test_a_refusal_without_javascript_is_told_on_the_page(dana, case):
    response = dana.post(reverse("case_close", args=[case.pk]), {"how": "not_ours"}, follow=True)
    assert "Say why" in response.text


def test_what_the_lifecycle_does_not_allow_is_shown_with_its_reason(dana, case):
    """M3"""
    text = dana.get(reverse("case", args=[case.pk])).text
    assert "Ask the customer first whether they are satisfied." in text


def test_a_review_tells_steps_and_verdicts_and_writes_nothing(desk, hx, case):
    """A1, A5"""
    text = do(hx, "case_review", case, mode="reply", text="Mail me at dana@shop.example").text
    assert 'data-blocked="1"' in text
    assert "A mail address would be public." in text
    assert "data-repair" in text
    assert "Acknowledge" in text
    assert not rows.Draft.objects.exists()


def test_the_counter_counts_as_the_network_does(hx, case):
    text = do(hx, "case_review", case, mode="reply", text="👨‍👩‍👧 ok").text
    assert 'data-count="4"' in text


def test_a_draft_is_there_on_another_device(desk, hx, browser, case):
    assert do(hx, "case_draft", case, mode="reply", text="Half a sent").status_code == 204
    elsewhere = browser(desk.dana).get(reverse("case", args=[case.pk])).text
    assert ">Half a sent</textarea>" in elsewhere
    colleague = browser(desk.admin).get(reverse("case", args=[case.pk])).text
    assert "Half a sent" not in colleague


def test_sending_shows_the_time_to_undo_and_undo_brings_the_text_home(desk, hx, case):
    text = do(hx, "case_send", case, mode="reply", text_reply=GOOD).text
    entry = rows.OutboxEntry.objects.get()
    assert "data-until" in text and reverse("reply_undo", args=[case.pk, entry.pk]) in text
    response = do(hx, "reply_undo", case, entry.pk)
    assert json.loads(response["HX-Trigger-After-Swap"])["draft-back"] == {"mode": "reply", "text": GOOD}
    assert rows.Draft.objects.get().text == GOOD
    entry.refresh_from_db()
    assert entry.status == "cancelled"


def test_a_blocked_reply_is_not_approved_and_says_why(hx, case):
    response = do(hx, "case_send", case, mode="reply", text_reply="Mail me at dana@shop.example")
    assert response.status_code == 409
    assert "A mail address would be public." in response.text
    assert not rows.OutboxEntry.objects.exists()


def test_a_note_never_becomes_a_reply(desk, hx, case):
    do(hx, "case_draft", case, mode="note", text="He is a pain, but he is right")
    text = do(
        hx, "case_send", case, mode="note", text_note="He is a pain, but he is right", text_reply=GOOD
    ).text
    assert "internal note" in text
    assert not rows.OutboxEntry.objects.exists()
    assert not rows.Draft.objects.filter(mode="note").exists()


def test_a_promise_in_the_reply_is_noted_with_one_press(desk, hx, case):
    """M1"""
    draft = "I am sorry. Which town is it? I will write to you in 3 hours."
    assert 'name="keep_promise"' in do(hx, "case_review", case, mode="reply", text=draft).text
    do(hx, "case_send", case, mode="reply", text_reply=draft, keep_promise="1")
    promise = rows.Promise.objects.get()
    assert promise.made_by == desk.dana
    assert promise.due_at > promise.made_at


def test_a_reply_without_the_tick_promises_nothing(hx, case):
    do(hx, "case_send", case, mode="reply", text_reply="I am sorry. I will write to you in 3 hours.")
    assert not rows.Promise.objects.exists()


def test_a_promise_is_kept_moved_or_withdrawn(desk, hx, case):
    do(hx, "case_promise", case, text="a new router", when="2h")
    promise = rows.Promise.objects.get()
    assert do(hx, "promise_settle", case, promise.pk, how="withdrawn", why=" ").status_code == 409
    do(
        hx,
        "promise_settle",
        case,
        promise.pk,
        how="moved",
        when="custom",
        at="2026-12-24T10:00",
        zone="Europe/Paris",
    )
    promise.refresh_from_db()
    assert promise.due_at.isoformat() == "2026-12-24T09:00:00+00:00"
    do(hx, "promise_settle", case, promise.pk, how="kept")
    promise.refresh_from_db()
    assert promise.kept_at


def test_a_correction_is_one_press(desk, hx, case):
    """W1"""
    text = do(hx, "case_correct", case, kind="question").text
    assert desk.case().kind == "question"
    assert "corrected the judgement" in text


def test_a_case_closes_when_the_customer_says_that_they_are_satisfied(desk, hx, case):
    """M3"""
    do(
        hx,
        "case_send",
        case,
        mode="reply",
        text_reply="Ioana, is it all settled for you now?",
        purpose="ask_satisfied",
    )
    rows.OutboxEntry.objects.update(send_at=desk.now)
    desk.send()
    assert "They say yes" in do(hx, "case_assign", case, to="me").text
    do(hx, "case_said", case, satisfied="yes")
    text = do(hx, "case_close", case, how="satisfied").text
    assert desk.case().status == "closed"
    assert 'id="composer"' not in text and "Reopen" in text
    assert 'id="composer"' in do(hx, "case_reopen", case, reason="It broke again").text


def test_snoozing_past_what_the_customer_was_promised_is_refused(desk, hx, case):
    rows.Case.objects.update(due_at=desk.now)
    response = do(hx, "case_snooze", case, when="week")
    assert response.status_code == 409


def test_a_time_that_cannot_be_read_is_asked_for_again(hx, case):
    assert "Choose a date and a time." in do(hx, "case_snooze", case, when="custom", at="soon").text


def test_an_unsure_reply_is_settled_by_who_looked(desk, hx, dana, case):
    entry = approving.approve(case.pk, GOOD, by=desk.dana, now=desk.now)
    rows.OutboxEntry.objects.filter(pk=entry.pk).update(status="unsure")
    text = dana.get(reverse("hand")).text
    assert "It is there" in text and "It is not there" in text
    response = do(hx, "reply_settle", case, entry.pk, was_sent="no", **{"from": "hand"})
    assert response["HX-Redirect"] == reverse("hand")
    entry.refresh_from_db()
    assert entry.status == "failed"
    assert "Try again" in dana.get(reverse("case", args=[case.pk])).text


def test_a_reply_that_is_held_back_is_let_go_by_a_person(desk, hx, dana, case):
    from amends.core.say import say

    entry = approving.approve(case.pk, GOOD, by=desk.dana, now=desk.now)
    rows.OutboxEntry.objects.filter(pk=entry.pk).update(
        status="held", problem=say("Five others say the same.").as_json()
    )
    assert "Five others say the same." in dana.get(reverse("hand")).text
    assert "Send it all the same" in dana.get(reverse("case", args=[case.pk])).text
    do(hx, "reply_let_go", case, entry.pk)
    entry.refresh_from_db()
    assert entry.status == "approved" and entry.let_go_at


def test_a_reply_that_waits_for_its_turn_says_so(desk, dana, case):
    from datetime import timedelta

    from amends.desk import pacing
    from amends.reply.pacing import Pace

    why = pacing.waits_for_turn(Pace(gap=timedelta(seconds=2), most=100, within=timedelta(minutes=15)))
    entry = approving.approve(case.pk, GOOD, by=desk.dana, now=desk.now)
    rows.OutboxEntry.objects.filter(pk=entry.pk).update(problem=why.as_json())
    assert "It waits for its turn" in dana.get(reverse("case", args=[case.pk])).text


def test_a_network_that_we_cannot_write_to_is_answered_by_hand(desk, hx, dana, case):
    entry = approving.approve(case.pk, GOOD, by=desk.dana, now=desk.now)
    rows.OutboxEntry.objects.filter(pk=entry.pk).update(status="by_hand")
    text = dana.get(reverse("case", args=[case.pk])).text
    assert "Mark as sent" in text and 'data-do="copy"' in text
    do(hx, "reply_by_hand", case, entry.pk, url="https://example.org/1")
    entry.refresh_from_db()
    assert (entry.status, entry.url) == ("sent", "https://example.org/1")


def test_a_reader_sees_the_case_and_no_way_to_write(roles, browser, case):
    text = browser(roles["read_only"]).get(reverse("case", args=[case.pk])).text
    assert "Your role does not write" in text
    assert 'id="composer"' not in text and "case_assign" not in text and "/assign" not in text


def test_the_play_is_proposed_with_an_example_that_nobody_sends_as_it_is(hx, case):
    """W4, A3"""
    seen = do(hx, "case_review", case, mode="reply", text="").text
    assert "Play: " in seen
    opening = html.unescape(re.search(r'data-opening="([^"]+)"', seen).group(1))
    as_it_stands = do(hx, "case_review", case, mode="reply", text=f" {opening} ").text
    assert 'data-blocked="1"' in as_it_stands and "This is the example as it stands." in as_it_stands
    made_ones_own = do(hx, "case_review", case, mode="reply", text=f"{opening} It is the blue one?").text
    assert 'data-blocked="0"' in made_ones_own
    assert "data-opening" not in made_ones_own  # a draft that holds something is never written over


def test_a_play_is_named_for_the_reader_and_begins_for_the_customer(desk, hx, case):
    """A14"""
    rows.Case.objects.update(language="fr", topic="billing")
    rows.Agent.objects.filter(pk=desk.dana.pk).update(language="ro")
    seen = do(hx, "case_review", case, mode="reply", text="").text
    assert "Facturare" in seen
    assert '<q lang="fr">' in seen and "Quelle ligne vous a surpris" in html.unescape(seen)


def test_what_can_be_solved_now_is_not_put_off(hx, case):
    """A2"""
    draft = "I am sorry. We are on it, by 6 pm."
    put_off = "This puts off what can be solved now."
    assert put_off not in do(hx, "case_review", case, mode="reply", text=draft).text
    assert put_off in do(hx, "case_review", case, mode="reply", text=draft, solvable="1").text


def test_by_hand_leads_to_the_post_that_is_answered(desk, dana, case):
    """A12"""
    rows.Mention.objects.update(url="https://town.example/post/1")
    entry = approving.approve(case.pk, GOOD, by=desk.dana, now=desk.now)
    rows.OutboxEntry.objects.filter(pk=entry.pk).update(status="by_hand")
    for page in (reverse("hand"), reverse("case", args=[case.pk])):
        assert re.search(r'href="https://town.example/post/1"[^>]*data-do="copy"', dana.get(page).text), page


def test_notes_and_promises_stay_on_the_page_however_long_the_trail(desk, dana, case):
    """M1, D4"""
    actions.note(case.pk, "Her mother is ill", by=desk.dana, now=desk.now)
    due_at = desk.now + timedelta(days=2)
    actions.promise(case.pk, "A call on Monday", due_at, by=desk.dana, now=desk.now)
    for number in range(80):
        actions.correct(case.pk, "topic", f"topic {number}", by=desk.dana, now=desk.now)
    text = dana.get(reverse("case", args=[case.pk])).text
    assert "Her mother is ill" in text
    assert text.count("A call on Monday") == 2  # in the trail, and among the promises
    assert "topic 78 → topic 79" in text and "topic 2 → topic 3" not in text


def test_the_page_shows_the_judgement_that_counts_now(desk, dana, case):
    """W1"""
    way = reverse("case", args=[case.pk])
    assert "Dana judged it so" not in dana.get(way).text
    actions.correct(case.pk, "cause", "emotion", by=desk.dana, now=desk.now)
    assert "Dana judged it so" in dana.get(way).text
    kept = rows.Mention.objects.get().judgement
    assert kept == rows.Judgement.objects.latest("pk").as_json()


def test_the_card_says_how_sure_it_is_and_what_makes_it_grave(desk, dana, case):
    """W1, W2"""
    mention = rows.Mention.objects.get()
    details = mention.judgement["details"] | {
        "kind_p": {"complaint": 0.75},
        "severity_parts": ["money", "deadline"],
        "sarcasm": 0.8,
        "emotion": "sadness",
        "tier": "encoder",
    }
    mention.judgement = {**mention.judgement, "details": details}
    mention.save()
    text = dana.get(reverse("case", args=[case.pk])).text
    for told in (
        "fairly sure",
        "money, time presses",
        "The words may mean the contrary",
        "Sadness",
        "Judged by the rules and the encoder.",
    ):
        assert told in text


@pytest.mark.parametrize("field", ["kind", "severity", *(field for field, *_ in labels.FIELD_KEYS)])
def test_every_field_is_one_key_away(dana, case, field):
    """W1"""
    text = dana.get(reverse("case", args=[case.pk])).text
    menu = text[text.index('id="act-triage"') :]
    key = {name: key for name, key, _ in labels.FIELD_KEYS}.get(field)
    if key:
        assert f'data-key="{key}"' in menu
        assert re.search(f'name="{field}" value="[^"]+" data-number="1"', menu)
    else:
        assert re.search(f'name="{field}" value="[^"]+" data-key="[a-z1-4]"', menu)


def test_no_key_stands_for_two_things():
    keys = [key for _, key in labels.KIND_KEYS] + [key for _, key, _ in labels.FIELD_KEYS] + list("1234")
    assert len(keys) == len(set(keys))


def test_a_corrected_field_says_so(desk, hx, case):
    """W1"""
    text = do(hx, "case_correct", case, wants="apology").text
    assert "An apology" in text
    assert "corrected" in text
    assert "Dana corrected the judgement: Not said: ask → An apology" in text


def test_swearing_is_not_veiled_and_insults_are(desk, dana, case):
    """A7"""
    way = reverse("case", args=[case.pk])
    for abuse, veiled in (
        ("none", False),
        ("profanity", False),
        ("insult", True),
        ("hate", True),
        ("threat", True),
    ):
        rows.Case.objects.filter(pk=case.pk).update(abuse=abuse)
        assert ("Harsh words, veiled" in dana.get(way).text) is veiled, abuse
