"""What goes out and when, in the composer and the thread: the preview, images, a later time, changes (point 8)."""

from __future__ import annotations

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from amends.connectors.contract import PIXEL
from amends.desk import approving, changing
from amends.store import models as rows
from tests.desk.test_changing import Forgiving
from tests.makers import Desk

pytestmark = pytest.mark.django_db

GOOD = "Ioana, I am sorry about your router. Which town are you in? I will tell you more by 6 pm today."
LATE = "I leave tomorrow. Ioana, I am sorry about your router. Which town are you in?"


@pytest.fixture
def case(desk):
    return desk.hear("My Novatel router is broken again and nobody answers")


@pytest.fixture
def hx(client, desk):
    client.force_login(desk.dana)
    client.defaults["HTTP_HX_REQUEST"] = "true"
    return client


def do(client, name, *args, **fields):
    response = client.post(reverse(name, args=args), fields)
    response.text_ = response.content.decode()
    return response


def test_the_preview_shows_the_posts_with_their_lengths(hx, case):
    text = do(hx, "case_preview", case.pk, mode="reply", text=" ".join([GOOD] * 4)).text_
    assert text.count('<li class="as-post') == 2
    assert "post 1 of 2" in text and " / 300" in text
    assert "@novatel.example on Bluesky" in text and "Everybody can read it." in text


def test_the_preview_says_what_cannot_leave(hx, case):
    text = do(hx, "case_preview", case.pk, mode="reply", text="See https://a.example/" + "x" * 400).text_
    assert "longer than one post" in text


def test_the_preview_shows_no_html_of_the_draft(hx, case):
    assert "<b>bold</b>" not in do(hx, "case_preview", case.pk, mode="reply", text="<b>bold</b>").text_


def test_the_preview_writes_nothing(hx, case):
    do(hx, "case_preview", case.pk, mode="reply", text=GOOD, when="tomorrow")
    assert not rows.OutboxEntry.objects.exists() and not rows.Draft.objects.exists()


def test_an_image_is_added_described_shown_and_sent(hx, desk, case):
    file = SimpleUploadedFile("box.png", PIXEL, content_type="image/png")
    shown = do(hx, "case_image_add", case.pk, image=file)
    image = rows.Attachment.objects.get()
    assert f'data-image="{image.pk}"' in shown.text_
    do(hx, "case_image_alt", case.pk, image.pk, alt="The box")
    got = hx.get(reverse("case_image", args=[case.pk, image.pk]))
    assert got.content == PIXEL
    assert (got["Content-Type"], got["X-Content-Type-Options"]) == ("image/png", "nosniff")
    do(hx, "case_send", case.pk, mode="reply", text_reply=GOOD, media=str(image.pk))
    (entry,) = rows.OutboxEntry.objects.all()
    assert [(each["attachment"], each["alt"]) for each in entry.media] == [(image.pk, "The box")]
    assert "The box" in hx.get(reverse("case", args=[case.pk])).content.decode()


def test_what_is_no_image_is_refused_with_a_reason(hx, case):
    refused = do(hx, "case_image_add", case.pk, image=SimpleUploadedFile("a.png", b"<svg/>"))
    assert refused.status_code == 409 and "no image" in refused.text_


def test_a_draft_image_is_seen_by_its_owner_alone(hx, desk, case):
    do(hx, "case_image_add", case.pk, image=SimpleUploadedFile("box.png", PIXEL))
    image = rows.Attachment.objects.get()
    hx.force_login(desk.admin)
    assert hx.get(reverse("case_image", args=[case.pk, image.pk])).status_code == 404


def test_a_reply_can_leave_tomorrow_and_be_sent_at_once(hx, desk, case):
    shown = do(hx, "case_send", case.pk, mode="reply", text_reply=LATE, when="tomorrow").text_
    entry = rows.OutboxEntry.objects.get()
    assert entry.scheduled_at is not None
    assert "tomorrow at 09:00" in shown and "Send now" in shown and "Undo" in shown
    do(hx, "reply_now", case.pk, entry.pk)
    entry.refresh_from_db()
    assert entry.scheduled_at is None


def test_a_time_that_cannot_be_read_is_refused(hx, case):
    refused = do(hx, "case_send", case.pk, mode="reply", text_reply=GOOD, when="custom", at="soon")
    assert refused.status_code == 409 and not rows.OutboxEntry.objects.exists()


def test_a_thread_that_is_taken_back_comes_home_whole(hx, desk, case):
    long = " ".join([GOOD] * 4)
    do(hx, "case_send", case.pk, mode="reply", text_reply=long)
    entry = rows.OutboxEntry.objects.get(part=1)
    back = do(hx, "reply_undo", case.pk, entry.pk)
    assert GOOD + " " + GOOD in back["HX-Trigger-After-Swap"]
    assert "1/2" not in back["HX-Trigger-After-Swap"]


def test_what_is_out_can_be_edited_and_taken_down_where_the_network_lets_one(client):
    desk = Desk(Forgiving)
    case = desk.hear("My Novatel router is broken again and nobody answers")
    client.force_login(desk.dana)
    client.defaults["HTTP_HX_REQUEST"] = "true"
    entry = approving.approve(case.pk, GOOD, by=desk.dana, now=desk.now)
    desk.send()
    page = reverse("case", args=[case.pk])
    assert "Take it down" in client.get(page).content.decode()
    do(client, "reply_edit", case.pk, entry.pk, text=GOOD.replace("town", "city"))
    changing.drain(now=rows.ReplyChange.objects.get().next_try_at)
    assert "edited" in client.get(page).content.decode()
    do(client, "reply_remove", case.pk, entry.pk)
    changing.drain(now=rows.ReplyChange.objects.latest("pk").next_try_at)
    text = client.get(page).content.decode()
    assert "taken down" in text and "Take it down" not in text
