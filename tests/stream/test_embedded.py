"""The stream's contract, on the embedded one: what is put is done, at least once, by one at a time."""

from datetime import UTC, datetime, timedelta

import pytest

from amends.desk.stages import stream
from amends.stream.base import MOST_ATTEMPTS

NOW = datetime(2026, 11, 21, 9, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
pytestmark = pytest.mark.django_db


def take(now=NOW, limit=1):
    return stream().take("read", now=now, lease_for=MINUTE, limit=limit)


def test_a_task_goes_to_one_taker_at_a_time():
    stream().put("read", {"capture": 7}, now=NOW)
    (lease,) = take()
    assert lease.payload == {"capture": 7}
    assert take() == []


def test_a_taker_that_died_loses_its_lease_and_cannot_finish_later():
    stream().put("read", {"capture": 7}, now=NOW)
    (dead,) = take()
    (next_,) = take(NOW + 2 * MINUTE)
    assert not stream().done(dead)
    assert stream().done(next_)
    assert stream().depth("read") == 0


def test_what_is_given_back_comes_again_later():
    stream().put("read", {}, now=NOW)
    (lease,) = take()
    assert stream().give_back(lease, now=NOW, after=MINUTE, why="busy")
    assert take() == []
    assert len(take(NOW + MINUTE)) == 1


def test_what_fails_again_and_again_is_set_aside_never_dropped():
    stream().put("read", {}, now=NOW)
    for _ in range(MOST_ATTEMPTS):
        (lease,) = take()
        stream().give_back(lease, now=NOW, after=timedelta(), why="poison")
    assert take() == []
    assert stream().set_aside("read") == 1


def test_a_task_put_in_a_transaction_that_fails_does_not_exist():
    from django.db import transaction

    with pytest.raises(RuntimeError), transaction.atomic():
        stream().put("read", {}, now=NOW)
        raise RuntimeError
    assert take() == []


def test_topics_do_not_mix():
    stream().put("other", {}, now=NOW)
    assert take() == []
