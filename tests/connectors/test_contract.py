"""The contract finds connectors that break their promises: each mutant here fails the test that is meant for it."""

from __future__ import annotations

import httpx
import pytest
from tests.connectors.fake_jetstream import FakeJetstream
from tests.connectors.fake_pds import FakePds

from amends.connectors.base import AnswerLost, Gone, NeedsAttention
from amends.connectors.bluesky import Bluesky
from amends.connectors.contract import FollowerContract, ListenerContract, LookerContract, SpeakerContract
from amends.connectors.jetstream import Jetstream, Pace

QUICK = Pace(gather=0.05, at_least_every=0.2, stale=5, open=2, tick=0.02)


class NewKeyEachTime(Bluesky):
    def send(self, reply, key):
        return super().send(reply, self.new_key(self._clock()))


class TriesAgainBlindly(Bluesky):
    def send(self, reply, key):
        try:
            return super().send(reply, key)
        except AnswerLost:
            return super().send(reply, self.new_key(self._clock()))


class ForgetsThatPostsAreDeleted(Bluesky):
    def _refs(self, reply):
        try:
            return super()._refs(reply)
        except NeedsAttention:
            return ({"uri": reply.in_reply_to, "cid": "bafy"},) * 2


class CountsAfterSending(Bluesky):
    def _check_text(self, text):
        return None


class ShowsItsPassword(Bluesky):
    def __repr__(self):
        return f"Bluesky({self._handle}, {self._password})"


class CallsEverythingGone(Bluesky):
    def look(self, remote_ids):
        found = {each.remote_id: each for each in super().look(remote_ids)}
        return [found.get(each, Gone(remote_id=each)) for each in remote_ids]


class FallsOverGarbage(Bluesky):
    def read(self, raw):
        return list(super().read(raw)) if raw.startswith(b"{") else [][0]


SPEAKS, LISTENS, LOOKS = SpeakerContract(), ListenerContract(), LookerContract()


@pytest.mark.parametrize(
    ("mutant", "promise"),
    [
        (NewKeyEachTime, SPEAKS.test_one_key_is_one_post),
        (NewKeyEachTime, SPEAKS.test_a_lost_answer_is_told_and_found_again),
        (TriesAgainBlindly, SPEAKS.test_a_lost_answer_is_told_and_found_again),
        (ForgetsThatPostsAreDeleted, SPEAKS.test_a_post_that_is_gone_is_not_answered),
        (CountsAfterSending, SPEAKS.test_too_long_is_refused_before_anything_is_sent),
        (ShowsItsPassword, SPEAKS.test_no_secret_shows),
        (CallsEverythingGone, LOOKS.test_a_post_that_does_not_show_yet_is_not_called_gone),
        (FallsOverGarbage, LISTENS.test_garbage_goes_to_quarantine_with_its_bytes),
    ],
    ids=lambda each: each.__name__,
)
def test_a_broken_promise_is_found(mutant, promise):
    with FakePds() as network, httpx.Client(timeout=1, verify=False) as client:
        connector = mutant(network.settings, client=client, clock=network.clock, sleep=network.sleep)
        with pytest.raises((AssertionError, IndexError, pytest.fail.Exception)):
            promise(connector, network)


class KeepsEverything(Jetstream):
    def follow(self, cursor, interest, stop):
        interest.wants = lambda text: True
        return super().follow(cursor, interest, stop)


def test_a_follower_that_keeps_everything_is_found():
    with FakeJetstream() as network, pytest.raises(AssertionError):
        FollowerContract().test_only_what_concerns_us_is_kept(
            KeepsEverything(network.settings, pace=QUICK), network
        )
