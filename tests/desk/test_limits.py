"""What an account's own server allows in a post is kept, asked for once a day, and counted by (point 7)."""

from __future__ import annotations

from datetime import timedelta

import httpx
import pytest
from tests.connectors.fake_mastodon import FakeMastodon
from tests.makers import Desk

from amends.connectors.mastodon import Mastodon
from amends.desk import accounts, approving, reviewing
from amends.store import models as rows

pytestmark = pytest.mark.django_db(transaction=True)

ANSWER = "I am sorry about the parcel. Which town is it for? I will tell you more by 6 pm today."


@pytest.fixture
def network():
    with FakeMastodon() as network:
        network.longest, network.link = 160, 40
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


def hear(desk, network, text):
    network.publish(text, author="far@away.example")
    desk.later(minutes=1)
    network.now = desk.now
    desk.listen()
    return desk.case()


def asked(network):
    return [path for _, path, _ in network.calls if path.endswith("/instance")]


def test_the_limits_are_kept_and_asked_for_once_a_day(desk, network):
    assert accounts.refresh_limits(now=desk.now) == 1
    assert rows.Source.objects.get().limits["longest"] == 160
    assert accounts.refresh_limits(now=desk.now + timedelta(hours=23)) == 0
    assert accounts.refresh_limits(now=desk.now + timedelta(hours=25)) == 1


def test_a_server_that_is_down_keeps_what_was_known(desk, network):
    accounts.refresh_limits(now=desk.now)
    network.limit_rate(90)
    accounts.refresh_limits(now=desk.now + timedelta(hours=25))
    assert rows.Source.objects.get().limits["longest"] == 160


def test_a_reply_is_counted_by_the_servers_rules_with_the_name_in_front(desk, network):
    case = hear(desk, network, "@northwind my Novatel parcel never came")
    accounts.refresh_limits(now=desk.now)
    text = f"{ANSWER} https://novatel.example/" + "x" * 100
    seen = reviewing.review(case.pk, text, "reply", by=desk.dana, now=desk.now)
    assert seen.longest == 160
    assert seen.count == len("@far ") + len(ANSWER) + 1 + 40


def test_every_post_of_a_thread_names_whom_it_answers_and_fits(desk, network):
    case = hear(desk, network, "@northwind my Novatel parcel never came")
    accounts.refresh_limits(now=desk.now)
    approving.approve(case.pk, f"{ANSWER} {ANSWER}", by=desk.admin, now=desk.now)
    parts = list(rows.OutboxEntry.objects.order_by("part").values_list("text", flat=True))
    assert len(parts) == 2
    assert all(part.startswith("@far@away.example ") for part in parts)
    for _ in range(3):
        network.now = desk.now + timedelta(seconds=11)
        desk.send()
    assert network.posted_whole() == parts
    assert set(rows.OutboxEntry.objects.values_list("status", flat=True)) == {"sent"}


def test_the_name_in_front_is_no_private_address(desk, network):
    """A reply that was taken back, or is edited, begins with it."""
    case = hear(desk, network, "@northwind my Novatel parcel never came")
    seen = reviewing.review(case.pk, f"@far@away.example {ANSWER}", "reply", by=desk.dana, now=desk.now)
    assert not seen.is_blocked
