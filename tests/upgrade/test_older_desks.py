"""A desk that was used before an upgrade goes on where it was: nothing is lost, and what was approved is sent once."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from tests.fakes import FakeNetwork, Town, read_post
from tests.makers import NOW

from amends.core.mention import Visibility
from amends.desk import accounts, sender
from amends.reply.outbox import body_digest
from amends.store import models as rows

pytestmark = pytest.mark.slow


@pytest.fixture
def before_replying(transactional_db) -> Any:
    """The tables as they were before four eyes and threads; at the end they are today's again, whatever happened."""
    executor = MigrationExecutor(connection)
    executor.migrate([("store", "0002_teaching")])
    yield executor.loader.project_state([("store", "0002_teaching")]).apps
    upgrade()


def upgrade() -> None:
    executor = MigrationExecutor(connection)
    executor.migrate(executor.loader.graph.leaf_nodes())


def an_approved_reply(old: Any, town: Town) -> None:
    """A desk with one case, and an answer to it that waits for the end of the time to undo it."""
    dana = old.get_model("store", "Agent").objects.create(
        email="dana@example.org", name="Dana", role="lead", password="!"
    )
    old.get_model("store", "Organisation").objects.create(
        id=1, brand="Novatel", contacts=["help@novatel.example"]
    )
    source = old.get_model("store", "Source").objects.create(
        connector="bluesky", name="Our account", settings={"handle": "novatel.example"}
    )
    post = read_post(town.now_says(town.post("My Novatel parcel never came", "ioana")), b"-")
    author = old.get_model("store", "Author").objects.create(
        network="bluesky", remote_id="ioana", handle="ioana.example", name="Ioana"
    )
    case = old.get_model("store", "Case").objects.create(
        author=author,
        title="My Novatel parcel never came",
        network="bluesky",
        source=source,
        kind="complaint",
        severity="medium",
        owner=dana,
        opened_at=NOW,
        last_author_at=NOW,
        changed_at=NOW,
    )
    old.get_model("store", "Mention").objects.create(
        network="bluesky",
        remote_id=post.remote_id,
        source=source,
        author=author,
        case=case,
        text=post.text,
        thread_id=post.thread_id,
        revision=post.revision,
        found_at=NOW,
    )
    text = "I am sorry, Ioana. Which parcel is it? You hear from me by 6 pm."
    old.get_model("store", "OutboxEntry").objects.create(
        case=case,
        source=source,
        text=text,
        in_reply_to=post.remote_id,
        thread_id=post.thread_id,
        parent_revision=post.revision,
        body_digest=body_digest(text, post.remote_id, source.name, Visibility.PUBLIC),
        key="key-from-before",
        approved_by=dana,
        approved_at=NOW,
        send_at=NOW + timedelta(seconds=10),
    )


def test_a_reply_approved_before_the_upgrade_is_sent_once_after_it(before_replying):
    town = Town(clock=NOW)
    accounts.stand_ins["bluesky"] = FakeNetwork(town)
    an_approved_reply(before_replying, town)

    upgrade()
    later = NOW + timedelta(seconds=11)
    town.clock = later
    for _ in range(3):
        sender.drain(now=later)

    entry = rows.OutboxEntry.objects.get()
    assert (entry.status, entry.part, entry.parts, entry.media) == ("sent", 1, 1, [])
    assert [reply["text"] for reply in town.replies] == [entry.text]


def test_what_a_desk_had_set_is_there_and_what_is_new_stops_nobody(before_replying):
    an_approved_reply(before_replying, Town(clock=NOW))
    upgrade()
    ours = rows.Organisation.objects.get()
    assert (ours.brand, ours.contacts) == ("Novatel", ["help@novatel.example"])
    # Nobody asked for a second person: the desk of one goes on alone.
    assert ours.four_eyes == {}
    case = rows.Case.objects.get()
    assert (case.owner.name, case.muted_at, case.wanted) == ("Dana", None, "")
