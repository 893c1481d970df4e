"""Images leave as they were approved, with their words, and without what lies beside the picture (A9, S6)."""

from __future__ import annotations

import pytest

from amends.connectors.contract import PIXEL
from amends.core.graph import Refused
from amends.desk import approving, media, replies, reviewing
from amends.desk.entering import Wish
from amends.store import models as rows

pytestmark = pytest.mark.django_db

GOOD = "Ioana, I am sorry about your router. Which town are you in? I will tell you more by 6 pm today."


@pytest.fixture
def case(desk):
    return desk.hear("My Novatel router is broken again and nobody answers")


@pytest.fixture
def image(desk, case):
    made = media.add(case.pk, "box.png", PIXEL, by=desk.dana, now=desk.now)
    return media.describe(made.pk, "The box with its  switch", by=desk.dana)


def send(desk, case, *ids, **more):
    wish = Wish(text=more.pop("text", GOOD), media=ids, **more)
    return approving.approve_wish(case.pk, wish, by=desk.dana, now=desk.now)


def test_an_image_goes_out_with_its_words(desk, case, image):
    send(desk, case, image.pk)
    desk.send()
    (reply,) = desk.town.replies
    assert [(each.data, each.alt) for each in reply["media"]] == [(PIXEL, "The box with its switch")]
    assert rows.OutboxEntry.objects.get().media[0]["digest"] == image.digest


def test_what_is_no_image_is_refused(desk, case):
    with pytest.raises(Refused, match="no image"):
        media.add(case.pk, "x.svg", b"<svg onload='alert(1)'/>", by=desk.dana, now=desk.now)


def test_an_image_changed_after_the_approval_never_leaves(desk, case, image):
    send(desk, case, image.pk)
    rows.Attachment.objects.update(data=PIXEL + b"x")
    desk.send()
    assert desk.town.replies == []
    assert rows.OutboxEntry.objects.get().status == "failed"


def test_words_of_an_image_changed_after_the_approval_do_not_leave(desk, case, image):
    send(desk, case, image.pk)
    with pytest.raises(Refused):
        media.describe(image.pk, "Something else", by=desk.dana)
    rows.OutboxEntry.objects.update(media=[{"attachment": image.pk, "digest": image.digest, "alt": "Other"}])
    desk.send()
    assert desk.town.replies == []


def test_images_go_with_the_first_post_of_a_thread(desk, case, image):
    send(desk, case, image.pk, text=" ".join([GOOD] * 4))
    desk.send()
    assert [len(each["media"]) for each in desk.town.replies] == [1, 0]


def test_a_reply_that_is_taken_back_gives_its_images_back(desk, case, image):
    entry = send(desk, case, image.pk)
    assert list(media.unsent(case.pk, by=desk.dana)) == []
    replies.undo(entry.pk, by=desk.dana, now=desk.now)
    assert list(media.unsent(case.pk, by=desk.dana)) == [image]


def test_an_image_of_another_case_is_refused(desk, case, image):
    other = desk.hear("My Novatel bill is wrong", who="paul")
    with pytest.raises(Refused, match="not there"):
        send(desk, other, image.pk)


def test_more_or_larger_images_than_the_network_takes_are_refused(desk, case, image):
    many = [media.add(case.pk, "a.png", PIXEL, by=desk.dana, now=desk.now).pk for _ in range(5)]
    with pytest.raises(Refused, match="at most 4"):
        send(desk, case, *many)
    rows.Attachment.objects.filter(pk=image.pk).update(data=bytes(2_000_000))
    with pytest.raises(Refused, match="2000 kB"):
        send(desk, case, image.pk)


def test_an_image_without_words_is_warned_of(desk, case):
    bare = media.add(case.pk, "box.png", PIXEL, by=desk.dana, now=desk.now)
    seen = reviewing.review(case.pk, GOOD, "reply", media=[bare.pk], by=desk.dana, now=desk.now)
    assert any("no description" in str(each.reason) for each in seen.verdicts)


def test_nobody_elses_draft_is_touched(desk, case, image):
    with pytest.raises(Refused):
        media.drop(image.pk, by=desk.admin)
    media.drop(image.pk, by=desk.dana)
    assert not rows.Attachment.objects.exists()


def test_images_that_no_reply_took_are_forgotten(desk, case, image):
    desk.later(days=31)
    assert media.forget_unsent(now=desk.now) == 1
