"""Putting an old backup back re-sends nothing: what should have left long ago is looked for first (S3, S4)."""

from __future__ import annotations

from datetime import timedelta

import pytest
from tests.desk.test_parts import LATER, approve_thread
from tests.fakes import FakeNetwork, NetworkByKey, NetworkWithoutMemory
from tests.makers import Desk

from amends.desk import approving, replies, sender
from amends.store import models as rows

pytestmark = pytest.mark.django_db

SORRY = "Ioana, I am sorry about your router. Which town are you in?"


class Backup:
    """What an old copy of the outbox said; put back, it says so again."""

    def __init__(self) -> None:
        self._outbox = list(rows.OutboxEntry.objects.order_by("pk").values())

    def put_back(self) -> None:
        for kept in self._outbox:
            rows.OutboxEntry.objects.filter(pk=kept["id"]).update(
                **{name: value for name, value in kept.items() if name != "id"}
            )


def start(desk) -> sender.Shift:
    """A sender process is started."""
    return sender.Shift(began_at=desk.now)


def work(desk, shift, **span) -> None:
    """The sender works for a while."""
    for _ in range(4):
        desk.later(**span)
        sender.drain(now=desk.now, shift=shift)


@pytest.fixture(params=[FakeNetwork, NetworkByKey, NetworkWithoutMemory], ids=lambda kind: kind.__name__)
def desk(db, request):
    return Desk(request.param)


@pytest.mark.parametrize("afterwards", [1, 20, 3600, 86_400], ids=lambda seconds: f"{seconds}s")
def test_a_backup_put_back_sends_nothing_twice(desk, afterwards):
    case = desk.hear("My Novatel router is broken again")
    shift = start(desk)
    approving.approve(case.pk, SORRY, by=desk.dana, now=desk.now)
    backup = Backup()
    work(desk, shift, seconds=11)
    assert len(desk.town.replies) == 1
    desk.later(seconds=afterwards)
    desk.town.keys_forgotten = True
    backup.put_back()
    work(desk, start(desk), minutes=3)
    assert len(desk.town.replies) == 1
    entry = rows.OutboxEntry.objects.get()
    knows = desk.network.traits.resend.value != "by_person"
    assert entry.status == ("sent" if knows else "unsure")
    assert knows or "look on the network" in str(entry.problem)
    assert "reply_doubted" in desk.kinds(case)


def test_a_backup_put_back_under_a_running_sender_sends_nothing_twice(desk):
    case = desk.hear("My Novatel router is broken again")
    shift = start(desk)
    approving.approve(case.pk, SORRY, by=desk.dana, now=desk.now)
    backup = Backup()
    work(desk, shift, seconds=11)
    backup.put_back()
    work(desk, shift, minutes=3)
    assert len(desk.town.replies) == 1


def test_a_backup_in_the_middle_of_a_thread_sends_no_part_twice(desk):
    case = desk.hear("My Novatel router is broken again")
    shift = start(desk)
    approve_thread(desk, case, *LATER)
    backup = Backup()
    work(desk, shift, seconds=11)
    whole = [each["text"] for each in desk.town.replies]
    assert len(whole) == 3
    desk.later(hours=2)
    desk.town.keys_forgotten = True
    backup.put_back()
    again = start(desk)
    work(desk, again, minutes=3)
    assert [each["text"] for each in desk.town.replies] == whole
    if desk.network.traits.resend.value == "by_person":
        # A person finds the first part there; the others are handed to them, never sent by themselves.
        first = rows.OutboxEntry.objects.get(part=1)
        replies.settle(first.pk, True, by=desk.dana, now=desk.now)
        work(desk, again, minutes=3)
        assert [each["text"] for each in desk.town.replies] == whole
        assert rows.OutboxEntry.objects.get(part=2).status == "by_hand"
    else:
        assert set(rows.OutboxEntry.objects.values_list("status", flat=True)) == {"sent"}


def test_what_never_left_leaves_after_the_look(desk):
    """A desk that was stopped for a night: its replies are not lost."""
    case = desk.hear("My Novatel router is broken again")
    entry = approving.approve(case.pk, SORRY, by=desk.dana, now=desk.now)
    desk.later(hours=9)
    shift = start(desk)
    work(desk, shift, minutes=3)
    if desk.network.traits.resend.value == "by_person":
        assert desk.town.replies == []
        assert rows.Notice.objects.filter(agent=desk.dana, level="loud").exists()
        replies.settle(entry.pk, False, by=desk.dana, now=desk.now)
        replies.try_again(entry.pk, by=desk.dana, now=desk.now)
        work(desk, shift, seconds=1)
    assert [each["text"] for each in desk.town.replies] == [SORRY]
    assert rows.OutboxEntry.objects.get().status == "sent"


def test_the_network_is_given_its_time_before_the_look(desk):
    """The sender before this one may have posted in its last moment."""
    case = desk.hear("My Novatel router is broken again")
    approving.approve(case.pk, SORRY, by=desk.dana, now=desk.now)
    desk.later(seconds=20)
    shift = start(desk)
    work(desk, shift, seconds=20)
    assert desk.town.replies == []
    assert rows.OutboxEntry.objects.get().status == "unsure"


def test_a_reply_that_is_in_time_is_not_doubted(desk):
    case = desk.hear("My Novatel router is broken again")
    shift = start(desk)
    approving.approve(case.pk, SORRY, by=desk.dana, now=desk.now)
    work(desk, shift, seconds=11)
    assert len(desk.town.replies) == 1
    assert "reply_doubted" not in desk.kinds(case)


def test_a_reply_that_waits_behind_slow_ones_is_not_doubted(db):
    desk = Desk(NetworkWithoutMemory)
    shift = start(desk)
    for who in ("ioana", "mihai", "lea"):
        case = desk.hear("My Novatel router is broken again", who)
        approving.approve(case.pk, f"Sorry {who}, which town is it?", by=desk.dana, now=desk.now)
    desk.later(seconds=11)
    for _ in range(3):
        sender.drain(now=desk.now, limit=1, shift=shift)
        desk.later(seconds=50)
    assert len(desk.town.replies) == 3


def test_a_key_that_may_be_forgotten_is_not_trusted_alone(db):
    """Mastodon forgets a key after an hour (S3)."""
    desk = Desk(NetworkByKey)
    case = desk.hear("My Novatel router is broken again")
    entry = approving.approve(case.pk, SORRY, by=desk.dana, now=desk.now)
    desk.town.is_down = True
    shift = start(desk)
    work(desk, shift, minutes=1)
    # The first try got through all the same, as a slow proxy shows.
    desk.town.is_down = False
    desk.network.send(sender.outgoing(entry), entry.key)
    desk.town.keys_forgotten = True
    desk.later(hours=1)
    rows.OutboxEntry.objects.update(send_at=desk.now + timedelta(seconds=1))
    work(desk, shift, seconds=5)
    assert len(desk.town.replies) == 1
    assert rows.OutboxEntry.objects.get().status == "sent"
