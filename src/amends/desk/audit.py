"""Checks the whole evidence log from the rows alone."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256

from amends.core.say import Said, say
from amends.document.log import EMPTY_ROOT, Frontier, leaf_hash
from amends.store.models import Evidence, Leaf, LogHead, Version


@dataclass(frozen=True, kw_only=True)
class Audit:
    size: int
    root: str
    faults: tuple[Said, ...]
    """Empty: the log is whole."""


def verify_log(*, tell: Callable[[int, int | None], None] = lambda done, total: None) -> Audit:
    """Every leaf's place and hash, every kept byte's digest and commitment, that each leaf has its bytes and each
    version its leaf, and the root over all of them."""
    head = LogHead.objects.filter(id=1).first()
    size = head.size if head else 0
    faults: list[Said] = []
    frontier, expected = Frontier(), 0
    for leaf in Leaf.objects.order_by("index").iterator(chunk_size=2000):
        if leaf.index != expected:
            faults.append(_gap(expected, leaf.index))
            expected = leaf.index
        expected += 1
        found = leaf_hash(leaf.data.encode())
        if found.hex() != leaf.hash:
            faults.append(_wrong_leaf(leaf.index))
        frontier = frontier.append(found)
        if leaf.index % 500 == 0:
            tell(leaf.index, size)
    faults.extend(_evidence_faults())
    faults.extend(_loose_ends())
    root = frontier.root().hex() if expected else EMPTY_ROOT.hex()
    if head is None:
        if expected:
            faults.append(say("The log's head is gone, although it has entries."))
    elif (frontier.size, root, [each.hex() for each in frontier.peaks]) != (
        head.size,
        head.root,
        head.frontier,
    ):
        faults.append(_wrong_root(frontier.size, head.size))
    tell(size, size)
    return Audit(size=size, root=root, faults=tuple(faults[:100]))


def _evidence_faults() -> list[Said]:
    faults = []
    for each in Evidence.objects.select_related("leaf").order_by("leaf").iterator(chunk_size=500):
        raw, salt = bytes(each.raw), bytes(each.salt)
        try:
            kept = json.loads(each.leaf.data)
            commit, evidence_id = kept["commit"], kept["id"]
        except (ValueError, KeyError, TypeError, RecursionError):
            faults.append(_wrong_leaf(each.leaf_id))
            continue
        if sha256(raw).hexdigest() != each.digest or commit != sha256(salt + raw).hexdigest():
            faults.append(_wrong_bytes(each.leaf_id))
        elif evidence_id != str(each.pk):
            faults.append(_wrong_leaf(each.leaf_id))
    return faults


def _loose_ends() -> list[Said]:
    """What names something that is not there any more: somebody deleted behind the database's back."""
    bare = Leaf.objects.filter(evidence=None).order_by("index").values_list("index", flat=True)[:100]
    faults = [say("The kept bytes of entry {index} are gone.", index=index) for index in bare]
    leaves, sealed = Leaf.objects.values("index"), Evidence.objects.values("id")
    for evidence_id in Evidence.objects.exclude(leaf_id__in=leaves).values_list("id", flat=True)[:100]:
        faults.append(say("Evidence {id} has no entry in the log.", id=str(evidence_id)))
    lost = Version.objects.exclude(evidence_id__in=sealed).values_list("mention__remote_id", "number")
    for remote_id, number in lost[:100]:
        faults.append(say("Version {number} of post {id} has no evidence.", number=number, id=remote_id))
    return faults


def _gap(expected: int, found: int) -> Said:
    return say("Entries {first} to {last} of the log are missing.", first=expected, last=found - 1)


def _wrong_leaf(index: int) -> Said:
    return say("Entry {index} of the log was changed.", index=index)


def _wrong_bytes(index: int) -> Said:
    return say("The kept bytes of entry {index} were changed.", index=index)


def _wrong_root(found: int, expected: int) -> Said:
    return say(
        "The log's head says {expected} entries; its leaves give {found}, or another root.",
        expected=expected,
        found=found,
    )
