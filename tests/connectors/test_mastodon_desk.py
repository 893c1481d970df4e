"""A desk with a Mastodon account: heard, answered, and never twice when the answer was lost (L3, A8)."""

from __future__ import annotations

import httpx
import pytest
from tests.connectors.fake_mastodon import FakeMastodon
from tests.makers import Desk

from amends.connectors.mastodon import Mastodon
from amends.desk import accounts, approving, timers
from amends.store import models as rows

pytestmark = pytest.mark.django_db(transaction=True)

ANSWER = "I am sorry about the parcel. Which town is it for? I will tell you more by 6 pm today."


@pytest.fixture
def network():
    with FakeMastodon() as network:
        yield network


@pytest.fixture
def desk(network):
    desk = Desk()
    network.now = desk.now
    with httpx.Client(timeout=1, verify=False) as client:
        accounts.stand_ins["mastodon"] = Mastodon(
            network.settings, client=client, clock=network.clock, sleep=network.sleep
        )
        desk.source.connector = "mastodon"
        desk.source.save()
        yield desk


def pass_time(desk, network, **span):
    desk.later(**span)
    network.now = desk.now


def hear(desk, network, text, **more):
    uri = network.publish(text, **more)
    pass_time(desk, network, minutes=1)
    desk.listen()
    return uri


def answer(desk, network, case):
    approving.approve(case.pk, ANSWER, by=desk.admin, now=desk.now)
    pass_time(desk, network, seconds=11)
    desk.send()


def test_a_mention_becomes_a_case_and_its_answer_is_public_once(desk, network):
    uri = hear(desk, network, "@northwind my Novatel parcel never came")
    answer(desk, network, desk.case())
    (entry,) = rows.OutboxEntry.objects.all()
    assert (entry.status, entry.in_reply_to) == ("sent", uri)
    assert network.posted() == [ANSWER]


def test_a_lost_answer_is_never_sent_again_blindly(desk, network):
    hear(desk, network, "@northwind my Novatel parcel never came")
    network.lose_next_answer()
    answer(desk, network, desk.case())
    assert rows.OutboxEntry.objects.get().status == "unsure"
    for _ in range(4):
        pass_time(desk, network, minutes=3)
        desk.send()
    assert rows.OutboxEntry.objects.get().status == "sent"
    assert network.posted() == [ANSWER]


def test_what_they_answer_joins_the_case(desk, network):
    hear(desk, network, "@northwind my Novatel parcel never came")
    answer(desk, network, desk.case())
    ours = rows.OutboxEntry.objects.get().remote_id
    pass_time(desk, network, minutes=1)
    hear(desk, network, "@northwind it is for Cluj", reply_to=ours)
    assert rows.Case.objects.count() == 1
    assert desk.case().mentions.filter(text__contains="Cluj").exists()


def test_a_deletion_is_noticed_on_an_open_case(desk, network):
    uri = hear(desk, network, "@northwind my Novatel parcel never came")
    network.delete(uri)
    pass_time(desk, network, minutes=20)
    # It walks through the posts in windows of ids, and ids do not begin at 1 in a database that was used before.
    timers.look_again(now=desk.now)
    while rows.Heartbeat.objects.get(name="look_again").data["more"]:
        timers.look_again(now=desk.now)
    assert rows.Mention.objects.get(remote_id=uri).deleted_at is not None
