"""Example town keeps what every connector promises. Its switches turn a town whose people say what a test wants."""

from __future__ import annotations

import dataclasses
import os
from datetime import UTC, datetime, timedelta

import pytest

from amends.connectors.contract import (
    ChangesContract,
    EditorContract,
    ListenerContract,
    LookerContract,
    RemoverContract,
)
from amends.connectors.example import Example, Post, Replies, Settings, scenario

START = datetime(2030, 1, 31, 9, tzinfo=UTC)


class FakeTown:
    """What is said shows one second later, or when everything has settled."""

    secrets = ()

    def __init__(self, folder, monkeypatch):
        self.settings = Settings(folder=str(folder), started_at=START.isoformat())
        self.now = START + timedelta(seconds=1)
        self._folder, self._monkeypatch, self._posts = folder, monkeypatch, []

    def connector(self):
        return Example(self.settings, clock=lambda: self.now, script=self.script)

    def script(self):
        return dataclasses.replace(scenario(), posts=tuple(self._posts), reactions=())

    def _say(self, **said):
        number = len(self._posts) + 1
        post = Post(
            id=f"ex-{number}", handle="ana", name="Ana", lang="en", kind="complaint", note="", **said,
            at=(self.now - START).total_seconds() + 1,
        )  # fmt: skip
        self._posts.append(post)
        return post.id

    def publish(self, text, *, to_us=True, reply_to=""):
        return self._say(text=text, in_reply_to=reply_to, to_us=to_us)

    def edit(self, remote_id, text):
        self._say(text=text, edit_of=remote_id)

    def delete(self, remote_id):
        self._say(delete_of=remote_id)

    def settle(self):
        self.now += timedelta(seconds=10)

    def send_unknown_fields(self):
        whole = Example.fetch

        def fetch(connector, cursor):
            page = whole(connector, cursor)
            return dataclasses.replace(page, raw=page.raw.replace(b'{"id"', b'{"unheard_of": [{}], "id"'))

        self._monkeypatch.setattr(Example, "fetch", fetch)

    def refuse_posts(self, words):
        def refuse(*_):
            raise PermissionError(13, words)

        self._monkeypatch.setattr("amends.connectors.example.os.open", refuse)

    def lose_next_answer(self):
        """The line is written, and then the disk fails."""
        whole = os.fsync

        def fail_once(number):
            self._monkeypatch.setattr("amends.connectors.example.os.fsync", whole)
            raise OSError(5, "Input/output error")

        self._monkeypatch.setattr("amends.connectors.example.os.fsync", fail_once)

    def posted(self):
        return [reply.shown or reply.text for reply in Replies(self._folder).all() if not reply.removed]


class TestExampleTown(ListenerContract, ChangesContract, LookerContract, EditorContract, RemoverContract):
    @pytest.fixture
    def network(self, tmp_path, monkeypatch):
        return FakeTown(tmp_path / "town", monkeypatch)

    @pytest.fixture
    def connector(self, network):
        return network.connector()

    def changes(self, connector, network, act):
        remote_id = network.publish("before")
        network.settle()
        first = connector.fetch("")
        act(remote_id)
        network.settle()
        second = connector.fetch(first.cursor)
        return [*connector.read(first.raw), *connector.read(second.raw)]

    # The town is a file on this machine: it knows no accounts, is never down and never too busy.
    test_a_dead_token_needs_a_person = None
    test_a_network_that_is_down_is_tried_again = None
    test_a_network_that_is_down_says_nothing_of_anybody = None
    test_nobody_there_means_not_posted = None
    test_a_rate_limit_says_when_to_come_back = None
    test_a_rate_limit_on_sending_posts_nothing = None
    test_a_rate_limit_on_looking_says_when_to_come_back = None
    test_a_rate_limit_on_editing_changes_nothing = None
    test_a_rate_limit_on_removing_takes_nothing_down = None
