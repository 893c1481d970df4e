from datetime import timedelta

import pytest
from tests.fakes import FakeNetwork
from tests.makers import Desk

from amends.core.mention import Author
from amends.desk import accounts, names
from amends.store import models as rows

pytestmark = pytest.mark.django_db


class Telling(FakeNetwork):
    """A network whose stream gives ids, and that tells names when asked."""

    asked = 0
    knows = True

    def handles(self, ids):
        self.asked += 1
        return {
            each: Author(network="bluesky", remote_id=each, handle="ioana.example", name="Ioana")
            for each in ids
            if self.knows
        }


@pytest.fixture
def desk(db, monkeypatch):
    desk = Desk(Telling)
    monkeypatch.setattr(accounts, "kind_of", lambda source: Telling)
    desk.hear("My Novatel router is broken", "did:plc:x")
    rows.Author.objects.update(handle="did:plc:x", name="", first_seen_at=desk.now)
    return desk


def test_an_id_becomes_a_name_that_can_be_searched(desk):
    assert names.fill_in(now=desk.now) == 1
    author = rows.Author.objects.get()
    assert (author.handle, author.name) == ("ioana.example", "Ioana")
    assert "ioana.example" in desk.case().search_text


def test_a_network_that_cannot_tell_is_not_asked_all_the_time(desk):
    desk.network.knows = False
    for _ in range(5):
        names.fill_in(now=desk.now)
        desk.later(seconds=6)
    assert desk.network.asked == 1
    desk.later(minutes=10)
    names.fill_in(now=desk.now)
    assert desk.network.asked == 2


def test_who_could_not_be_named_within_a_day_stays_an_id(desk):
    desk.later(days=1, minutes=1)
    assert names.fill_in(now=desk.now) == 0
    assert timedelta(days=1) == names.GIVE_UP_AFTER


def test_a_stream_knows_the_brands_own_account(desk):
    assert accounts.own_handles() == ["novatel.example"]


def test_a_source_is_asked_as_often_as_it_is_set(desk):
    source = rows.Source.objects.get()
    assert accounts.poll_every(source) == timedelta(seconds=1)
    source.settings["poll_every"] = "90"
    assert accounts.poll_every(source) == timedelta(seconds=90)
    source.settings["poll_every"] = "1"
    assert accounts.poll_every(source) == timedelta(seconds=10)
