"""What an agent asks to have sent, as it lies in the outbox: threads, a line in public beside a message (A9, M5)."""

from __future__ import annotations

from datetime import timedelta

import pytest
from tests.fakes import FakeNetwork
from tests.makers import Desk

from amends.connectors.base import Resend, Traits
from amends.core.graph import Refused
from amends.desk import approving, replies, reviewing
from amends.desk.entering import Wish
from amends.store import models as rows

pytestmark = pytest.mark.django_db

GOOD = "Ioana, I am sorry about your router. Which town are you in? I will tell you more by 6 pm today."
LONG = (
    "Ioana, I am sorry about your router, and that nobody answered you. I have read what you wrote to us.\n\n"
    "So that I can look at the right line, tell me which town you are in, and which light on the box blinks. "
    "The blinking one says whether it is the box or the line.\n\n"
    "I will tell you more by 6 pm today, and I stay on it until it works again. I am Dana, from the repairs."
)
MESSAGE = (
    "Ioana, I have found your line. Which light on the box blinks now? I will tell you more by 6 pm today."
)
LINE = "Ioana, I am sorry about your router. I have just sent you a message so that we can look at your line."


class Confiding(FakeNetwork):
    """A network with direct messages that we can send."""

    traits = Traits(
        name="bluesky",
        label="Bluesky",
        longest_reply=300,
        can_reply=True,
        private_reply=True,
        resend=Resend.BY_LOOKUP,
        poll_every=timedelta(seconds=1),
        settle=timedelta(minutes=2),
        least_gap=timedelta(),
    )


@pytest.fixture
def case(desk):
    return desk.hear("My Novatel router is broken again and nobody answers")


def wish(desk, case, text=GOOD, **more):
    return approving.approve_wish(case.pk, Wish(text=text, **more), by=desk.dana, now=desk.now)


def posted(desk):
    return [each["text"] for each in desk.town.replies]


def test_a_long_reply_is_sent_as_a_thread(desk, case):
    wish(desk, case, LONG)
    desk.send()
    town = desk.town.replies
    assert [text.rsplit(" ", 1)[1] for text in posted(desk)] == ["1/2", "2/2"]
    assert town[1]["to"] == town[0]["id"]
    assert all(len(text) <= 300 for text in posted(desk))


def test_the_numbers_of_a_thread_can_be_left_out(desk, case):
    wish(desk, case, LONG, has_marks=False)
    desk.send()
    assert "".join("".join(posted(desk)).split()) == "".join(LONG.split())


def test_a_thread_that_is_taken_back_is_the_draft_as_it_was_written(desk, case):
    entry = wish(desk, case, LONG)
    replies.undo(entry.pk, by=desk.dana, now=desk.now)
    assert rows.Draft.objects.get().text == LONG


def test_what_can_be_split_is_said_and_does_not_stop(desk, case):
    seen = reviewing.review(case.pk, LONG, "reply", by=desk.dana, now=desk.now)
    (told,) = (each for each in seen.verdicts if each.rule == "AM004")
    assert (told.level, str(told.reason)) == ("hint", "It leaves as 2 posts, one under the other.")


def test_what_cannot_be_split_does_not_leave(desk, case):
    with pytest.raises(Refused, match="too long"):
        wish(desk, case, f"{GOOD} https://novatel.example/" + "x" * 400)
    assert not rows.OutboxEntry.objects.exists()


def test_a_line_in_public_stands_beside_a_message(db):
    desk = Desk(Confiding)
    case = desk.hear("My Novatel router is broken again and nobody answers")
    wish(desk, case, MESSAGE, mode="direct", public_line=LINE)
    desk.send()
    assert posted(desk) == [LINE, MESSAGE]
    assert len({each["to"] for each in desk.town.replies}) == 1
    assert list(rows.OutboxEntry.objects.order_by("part").values_list("visibility", flat=True)) == [
        "public",
        "direct",
    ]


def test_the_line_in_public_is_guarded_as_a_public_reply(db):
    desk = Desk(Confiding)
    case = desk.hear("My Novatel router is broken again and nobody answers")
    with pytest.raises(Refused):
        wish(desk, case, MESSAGE, mode="direct", public_line=f"{LINE} Write to ioana.pop@example.com.")
    wish(desk, case, f"{MESSAGE} I have ioana.pop@example.com here.", mode="direct", public_line=LINE)


def test_a_line_in_public_needs_a_message_beside_it(desk, case):
    with pytest.raises(Refused, match="beside a direct message"):
        wish(desk, case, GOOD, public_line=LINE)


def test_nobody_in_public_waits_for_a_line_under_a_private_post(db):
    desk = Desk(Confiding)
    case = desk.hear("My Novatel router is broken again and nobody answers")
    rows.Mention.objects.update(visibility="direct")
    with pytest.raises(Refused, match="in private"):
        wish(desk, case, MESSAGE, mode="direct", public_line=LINE)


def test_both_are_taken_back_together(db):
    desk = Desk(Confiding)
    case = desk.hear("My Novatel router is broken again and nobody answers")
    entry = wish(desk, case, MESSAGE, mode="direct", public_line=LINE)
    replies.undo(entry.pk, by=desk.dana, now=desk.now)
    desk.send()
    assert posted(desk) == []
    assert {each.mode: each.text for each in rows.Draft.objects.all()} == {"direct": MESSAGE, "reply": LINE}
