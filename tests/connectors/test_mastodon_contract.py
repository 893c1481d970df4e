"""Mastodon keeps the promises of `amends.connectors.contract` (L1, L3, D2)."""

from __future__ import annotations

import httpx
import pytest
from tests.connectors.fake_mastodon import FakeMastodon

from amends.connectors.contract import (
    ChangesContract,
    EditorContract,
    ImagesContract,
    ListenerContract,
    LookerContract,
    RemoverContract,
    mentions_of,
)
from amends.connectors.mastodon import Mastodon


class TestMastodon(
    ListenerContract, ChangesContract, LookerContract, EditorContract, RemoverContract, ImagesContract
):
    @pytest.fixture
    def network(self):
        with FakeMastodon() as network:
            yield network

    @pytest.fixture
    def connector(self, network):
        with httpx.Client(timeout=5, verify=False) as client:
            yield Mastodon(network.settings, client=client, clock=network.clock, sleep=network.sleep)

    def changes(self, connector, network, act):
        remote_id = network.publish("before")
        network.settle()
        pages = self.fetch_all(connector)
        act(remote_id)
        network.settle()
        pages += self.fetch_all(connector, pages[-1].cursor)
        return mentions_of(connector, pages)

    def test_a_deletion_is_seen_as_a_deletion(self, connector, network):
        """Nothing in the lists tells of a deletion: it is found by looking at the post again."""
        remote_id = network.publish("before")
        network.settle()
        assert [each.text for each in mentions_of(connector, self.fetch_all(connector))] == ["before"]
        network.delete(remote_id)
        network.settle()
        assert [each.remote_id for each in self.look(connector, remote_id)] == [remote_id]


class TestASimplerServer(TestMastodon):
    """One that knows no `min_id`, no many posts at once, no search for addresses, and shows ten posts a page."""

    @pytest.fixture
    def network(self):
        with FakeMastodon() as network:
            network.has_min_id = network.has_bulk = network.has_search = False
            network.page_of = 10
            yield network
