"""A reply that leaves later waits with us, and comes back when the customer has said something since (P13, M8)."""

from __future__ import annotations

from datetime import timedelta

import pytest

from amends.core.graph import Refused
from amends.desk import approving, replies, scheduling, sender
from amends.desk.entering import Wish
from amends.store import models as rows

pytestmark = pytest.mark.django_db

GOOD = "Ioana, I am sorry about your router. Which town are you in? I will tell you more by 6 pm today."


@pytest.fixture
def case(desk):
    return desk.hear("My Novatel router is broken again and nobody answers")


def later(desk, case, text=GOOD, **span):
    wish = Wish(text=text, send_at=desk.now + timedelta(**(span or {"hours": 20})))
    return approving.approve_wish(case.pk, wish, by=desk.dana, now=desk.now)


def drain(desk, **span):
    desk.later(**span)
    sender.drain(now=desk.now)


def posted(desk):
    return [each["text"] for each in desk.town.replies]


def test_it_leaves_at_its_time_and_not_before(desk, case):
    entry = later(desk, case)
    drain(desk, hours=19)
    assert posted(desk) == []
    assert rows.OutboxEntry.objects.get().scheduled_at == entry.send_at
    drain(desk, hours=1, seconds=1)
    assert posted(desk) == [GOOD]


def test_it_can_be_taken_back_until_then(desk, case):
    entry = later(desk, case)
    desk.later(hours=19)
    replies.undo(entry.pk, by=desk.dana, now=desk.now)
    drain(desk, hours=2)
    assert posted(desk) == []
    assert rows.Draft.objects.get().text == GOOD


def test_it_can_be_sent_at_once(desk, case):
    entry = later(desk, case)
    scheduling.send_now(entry.pk, by=desk.dana, now=desk.now)
    drain(desk, seconds=1)
    assert posted(desk) == [GOOD]
    assert "reply_sent_early" in desk.kinds(case)


def test_what_has_left_cannot_be_sent_at_once(desk, case):
    entry = later(desk, case)
    drain(desk, hours=21)
    with pytest.raises(Refused, match="any more"):
        scheduling.send_now(entry.pk, by=desk.dana, now=desk.now)


@pytest.mark.parametrize(
    ("act", "why"),
    [
        (lambda desk, post: desk.town.post("It works again, forget it", to=post), "has written"),
        (lambda desk, post: desk.town.edit(post, "My Novatel router is fine now"), "has edited"),
        (lambda desk, post: desk.town.delete(post), "has deleted"),
    ],
)
def test_it_comes_back_when_the_customer_has_said_something_since(desk, case, act, why):
    later(desk, case)
    desk.later(hours=1)
    act(desk, desk.town.posts[0]["id"])
    desk.listen()
    drain(desk, seconds=1)
    entry = rows.OutboxEntry.objects.get()
    assert entry.status == "failed"
    assert why in str(entry.problem)
    drain(desk, hours=21)
    assert posted(desk) == []


def test_a_person_may_send_it_all_the_same(desk, case):
    entry = later(desk, case)
    desk.later(hours=1)
    desk.town.post("Are you there?", to=desk.town.posts[0]["id"])
    desk.listen()
    drain(desk, seconds=1)
    replies.try_again(entry.pk, by=desk.dana, now=desk.now)
    drain(desk, seconds=1)
    drain(desk, seconds=1)
    assert posted(desk) == [GOOD]


def test_a_colleague_who_writes_beside_it_changes_nothing(desk, case):
    later(desk, case)
    desk.later(hours=1)
    desk.town.post("I have the same", who="paul", to=desk.town.posts[0]["id"])
    desk.listen()
    drain(desk, seconds=1)
    assert rows.OutboxEntry.objects.get().status == "approved"


@pytest.mark.parametrize("span", [{"seconds": -1}, {"days": 61}])
def test_a_time_that_is_past_or_too_far_is_refused(desk, case, span):
    with pytest.raises(Refused):
        later(desk, case, **span)


def test_a_thread_leaves_later_as_one(desk, case):
    long = " ".join([GOOD] * 4)
    entry = later(desk, case, long)
    drain(desk, hours=19)
    assert posted(desk) == []
    scheduling.send_now(entry.pk, by=desk.dana, now=desk.now)
    drain(desk, seconds=1)
    assert len(posted(desk)) == 2
