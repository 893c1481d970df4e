"""D3, I11: whoever changes the log or the bytes behind its back is found by `amends verify`."""

from __future__ import annotations

import json
from hashlib import sha256

import pytest
from django.db import connection
from typer.testing import CliRunner

from amends.cli.commands import app
from amends.store import models as rows


def verify() -> tuple[int, list[str]]:
    answer = CliRunner().invoke(app, ["verify", "--json"])
    return answer.exit_code, json.loads(answer.stdout)["faults"]


@pytest.fixture
def log(db, desk):
    """A log of six posts that is whole. The hands that change it obey no constraint."""
    for number in range(6):
        desk.hear(f"The Novatel router number {number} is broken", who=f"person-{number}")
    assert verify() == (0, [])
    with connection.cursor() as direct:
        direct.execute("SET CONSTRAINTS ALL DEFERRED" if connection.vendor == "postgresql" else "SELECT 1")
    yield desk
    with connection.cursor() as direct:
        # What the thief left behind must not fail the test's own rollback checks.
        direct.execute("DELETE FROM store_version")
        direct.execute("DELETE FROM store_evidence")


def change_byte(log):
    evidence = rows.Evidence.objects.get(leaf=2)
    raw = bytearray(evidence.raw)
    raw[10] ^= 1
    rows.Evidence.objects.filter(pk=evidence.pk).update(raw=bytes(raw))


def change_bytes_and_their_digest(log):
    evidence = rows.Evidence.objects.get(leaf=2)
    evidence.raw = bytes(evidence.raw) + b"!"
    evidence.digest = sha256(evidence.raw).hexdigest()
    evidence.save()


def change_leaf(log):
    leaf = rows.Leaf.objects.get(pk=3)
    rows.Leaf.objects.filter(pk=3).update(data=leaf.data.replace('"said"', '"gone"'))


def change_leaf_and_its_hash(log):
    from amends.document.log import leaf_hash

    data = rows.Leaf.objects.get(pk=3).data.replace('"said"', '"gone"')
    rows.Leaf.objects.filter(pk=3).update(data=data, hash=leaf_hash(data.encode()).hex())


def garble_leaf(log):
    rows.Leaf.objects.filter(pk=3).update(data="no JSON at all")


def swap_two(log):
    first, second = rows.Leaf.objects.get(pk=1), rows.Leaf.objects.get(pk=4)
    rows.Leaf.objects.filter(pk=1).update(data=second.data, hash=second.hash)
    rows.Leaf.objects.filter(pk=4).update(data=first.data, hash=first.hash)


def _older_head():
    from amends.document.log import Frontier

    frontier = Frontier()
    for leaf in rows.Leaf.objects.filter(pk__lt=5).order_by("pk"):
        frontier = frontier.append(bytes.fromhex(leaf.hash))
    rows.LogHead.objects.update(
        size=frontier.size, root=frontier.root().hex(), frontier=[each.hex() for each in frontier.peaks]
    )


def restore_an_older_head(log):
    _older_head()


def change_the_frontier(log):
    head = rows.LogHead.objects.get()
    rows.LogHead.objects.update(frontier=list(reversed(head.frontier)))


def drop_the_head(log):
    rows.LogHead.objects.all().delete()


def _delete(*statements: str) -> None:
    with connection.cursor() as direct:
        for each in statements:
            direct.execute(each)


def drop_the_last_leaf(log):
    _delete('DELETE FROM store_leaf WHERE "index" = 5')


def drop_the_last_leaf_and_restore_the_head_before_it(log):
    _older_head()
    _delete('DELETE FROM store_leaf WHERE "index" = 5')


def drop_the_last_leaf_its_bytes_and_the_head(log):
    _older_head()
    _delete("DELETE FROM store_evidence WHERE leaf_id = 5", 'DELETE FROM store_leaf WHERE "index" = 5')


def drop_bytes(log):
    _delete("DELETE FROM store_evidence WHERE leaf_id = 2")


def add_a_leaf(log):
    leaf = rows.Leaf.objects.get(pk=5)
    rows.Leaf.objects.create(index=6, data=leaf.data, hash=leaf.hash)


@pytest.mark.parametrize(
    ("hand", "says"),
    [
        (change_byte, "kept bytes of entry 2"),
        (change_bytes_and_their_digest, "kept bytes of entry 2"),
        (change_leaf, "Entry 3"),
        (change_leaf_and_its_hash, "root"),
        (garble_leaf, "Entry 3"),
        (swap_two, "entry 1"),
        (restore_an_older_head, "head says 5"),
        (change_the_frontier, "head says 6"),
        (drop_the_head, "head is gone"),
        (drop_the_last_leaf, "its leaves give 5"),
        (drop_the_last_leaf_and_restore_the_head_before_it, "no entry in the log"),
        (drop_the_last_leaf_its_bytes_and_the_head, "Version 1 of post post-6"),
        (drop_bytes, "entry 2 are gone"),
        (add_a_leaf, "its leaves give 7"),
    ],
    ids=lambda given: getattr(given, "__name__", ""),
)
def test_every_hand_in_the_log_is_found(log, hand, says):
    hand(log)
    code, faults = verify()
    assert code == 1
    assert any(says in each for each in faults), faults
