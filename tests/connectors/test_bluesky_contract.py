"""The built-in connectors for Bluesky keep the promises of `amends.connectors.contract` (L1, L3, D2)."""

from __future__ import annotations

import httpx
import pytest
from tests.connectors.fake_jetstream import FakeFirehose, FakeJetstream
from tests.connectors.fake_pds import FakePds

from amends.connectors.bluesky import Bluesky
from amends.connectors.contract import (
    FollowerContract,
    ImagesContract,
    ListenerContract,
    LookerContract,
    RemoverContract,
)
from amends.connectors.jetstream import Jetstream, Pace

QUICK = Pace(gather=0.05, at_least_every=0.2, stale=5, open=2, tick=0.02)


class TestBluesky(ListenerContract, LookerContract, RemoverContract, ImagesContract):
    @pytest.fixture
    def network(self):
        with FakePds() as network:
            yield network

    @pytest.fixture
    def connector(self, network):
        with httpx.Client(timeout=5, verify=False) as client:
            yield Bluesky(network.settings, client=client, clock=network.clock, sleep=network.sleep)


class FollowsBluesky(FollowerContract):
    @pytest.fixture
    def connector(self, network):
        return Jetstream(network.settings, pace=QUICK)


class TestJetstream(FollowsBluesky):
    @pytest.fixture
    def network(self):
        with FakeJetstream() as network:
            yield network


class TestFirehose(FollowsBluesky):
    @pytest.fixture
    def network(self):
        with FakeFirehose() as network:
            yield network
