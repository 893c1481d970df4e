"""Two people decide in the same moment, each in a thread and a connection of their own: one of them counts (issue 4 point 7)."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import OperationalError, connection
from tests.makers import Desk, make_agent

from amends.core.graph import Refused
from amends.desk import approving, seconding
from amends.store import models as rows

pytestmark = pytest.mark.django_db(transaction=True)

GOOD = "Ioana, I am sorry about your router. Which town are you in? I will tell you more by 6 pm today."


@pytest.fixture
def desk():
    desk = Desk()
    rows.Organisation.objects.update(four_eyes={"new_days": 14})
    rows.Agent.objects.update(joined_at=desk.now - timedelta(days=400))
    rows.Agent.objects.filter(pk=desk.dana.pk).update(joined_at=desk.now)
    desk.dana.refresh_from_db()
    return desk


def patiently(act: Callable[[], Any]) -> None:
    """A database in memory refuses at once where one in a file, or PostgreSQL, lets the second wait."""
    for _ in range(400):
        try:
            act()
        except OperationalError as locked:
            if "locked" not in str(locked):
                raise
            time.sleep(0.01)
        else:
            return
    raise AssertionError("the database stayed locked")


def at_once(*acts: Callable[[], Any]) -> list[str]:
    """Begin all in one moment; gives "done" or the refusal of each."""
    gate, told = threading.Barrier(len(acts)), [""] * len(acts)

    def run(number: int, act: Callable[[], Any]) -> None:
        try:
            gate.wait(10)
            patiently(act)
            told[number] = "done"
        except Refused as why:
            told[number] = str(why)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=each) for each in enumerate(acts)]
    for each in threads:
        each.start()
    for each in threads:
        each.join(60)
    return told


def test_of_a_yes_and_a_withdrawal_one_counts(desk):
    lea, done = make_agent("Lea", "lead"), []
    for number in range(6):
        case = desk.hear(f"My Novatel router {number} is broken again", f"customer{number}")
        waiting = approving.approve(case.pk, GOOD, by=desk.dana, now=desk.now)
        told = at_once(
            lambda pk=waiting.pk: seconding.approve(pk, by=lea, now=desk.now),
            lambda pk=waiting.pk: seconding.withdraw(pk, by=desk.dana, now=desk.now),
        )
        assert sorted(each == "done" for each in told) == [False, True], told
        waiting.refresh_from_db()
        is_let_out = told[0] == "done"
        assert waiting.state == ("approved" if is_let_out else "withdrawn")
        assert rows.OutboxEntry.objects.filter(case=case).count() == is_let_out
        assert rows.Draft.objects.filter(case=case).exists() != is_let_out
        done.append(is_let_out)
    desk.send()
    assert len(desk.town.replies) == sum(done)


def test_of_two_second_people_one_lets_it_out_and_it_is_sent_once(desk):
    lea = make_agent("Lea", "lead")
    for number in range(4):
        case = desk.hear(f"My Novatel router {number} is broken again", f"customer{number}")
        waiting = approving.approve(case.pk, GOOD, by=desk.dana, now=desk.now)
        told = at_once(
            lambda pk=waiting.pk: seconding.approve(pk, by=lea, now=desk.now),
            lambda pk=waiting.pk: seconding.approve(pk, text=GOOD + " Lea", by=desk.admin, now=desk.now),
        )
        assert sorted(each == "done" for each in told) == [False, True], told
        assert rows.OutboxEntry.objects.filter(case=case).count() == 1
    desk.send()
    assert len(desk.town.replies) == 4


def test_of_two_who_ask_for_one_customer_one_waits_and_the_other_keeps_the_text(desk):
    other = make_agent("Nina", "agent")
    rows.Agent.objects.filter(pk=other.pk).update(joined_at=desk.now)
    other.refresh_from_db()
    case = desk.hear("My Novatel router is broken again")
    told = at_once(
        lambda: approving.approve(case.pk, GOOD, by=desk.dana, now=desk.now),
        lambda: approving.approve(case.pk, GOOD + " Nina", by=other, now=desk.now),
    )
    assert sorted(each == "done" for each in told) == [False, True], told
    assert rows.Approval.objects.filter(state="waiting").count() == 1
    assert rows.Draft.objects.count() == 1
