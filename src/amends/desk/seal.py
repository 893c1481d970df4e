"""Keeps evidence: bytes, leaf and tree head in one transaction with what they are evidence of."""

from __future__ import annotations

import secrets
import uuid
from collections.abc import Callable
from datetime import datetime

from django.db import transaction

from amends.core.mention import Mention
from amends.document.evidence import SALT_BYTES, Sealed, seal, seal_bytes
from amends.document.log import EMPTY_ROOT, Frontier
from amends.store.models import Case, Evidence, Leaf, LogHead


class LogMoved(RuntimeError):
    """Another writer appended at the same time: the whole transaction must be tried again."""


class LogWriter:
    """Appends to the log inside the caller's transaction. One writer at a time: the head's row is locked, and its
    size is compared when it is written back."""

    def __init__(self) -> None:
        if not transaction.get_connection().in_atomic_block:
            raise RuntimeError("the log is written only inside a transaction")
        LogHead.objects.get_or_create(id=1, defaults={"root": EMPTY_ROOT.hex()})
        head = LogHead.objects.select_for_update().get(id=1)
        self._size_before = head.size
        self._frontier = Frontier(head.size, tuple(bytes.fromhex(each) for each in head.frontier))
        self._held: list[Evidence] = []

    def mark(self) -> Frontier:
        """A point to go back to when the caller's savepoint is rolled back."""
        return self._frontier

    def back_to(self, mark: Frontier) -> None:
        self._frontier = mark
        self._held = [each for each in self._held if each.leaf_id < mark.size]

    def keep(self, mention: Mention, *, case_id: int | None, now: datetime) -> Evidence:
        """Seal a mention and append its leaf. Both are written by `flush` or `close`."""
        return self._append(
            lambda eid, salt: seal(mention, evidence_id=eid, salt=salt, seen_at=now), case_id, now
        )

    def keep_bytes(
        self, raw: bytes, *, kind: str, canonical: str, source: str, case: Case | None, now: datetime
    ) -> Evidence:
        """Seal any bytes and append their leaf. Both are written by `flush` or `close`."""
        return self._append(
            lambda eid, salt: seal_bytes(
                raw, kind=kind, canonical=canonical, source=source, evidence_id=eid, salt=salt, seen_at=now
            ),
            case.pk if case else None,
            now,
        )

    def _append(self, make: Callable[[str, bytes], Sealed], case_id: int | None, now: datetime) -> Evidence:
        evidence_id = uuid.uuid4()
        sealed = make(str(evidence_id), secrets.token_bytes(SALT_BYTES))
        leaf = Leaf(index=self._frontier.size, data=sealed.leaf.decode("ascii"), hash=sealed.leaf_hash.hex())
        evidence = Evidence(
            id=evidence_id,
            kind=sealed.kind,
            case_id=case_id,
            raw=sealed.raw,
            canonical=sealed.canonical,
            digest=sealed.digest.hex(),
            salt=sealed.salt,
            leaf=leaf,
            seen_at=now,
        )
        self._held.append(evidence)
        self._frontier = self._frontier.append(sealed.leaf_hash)
        return evidence

    def flush(self) -> None:
        """Write the leaves and the evidence that are held back, so that other rows may name them."""
        Leaf.objects.bulk_create([each.leaf for each in self._held])
        Evidence.objects.bulk_create(self._held)
        self._held = []

    def close(self) -> None:
        """Write what is held back, and the head. Raises `LogMoved` when it is not the head that was read."""
        self.flush()
        if self._frontier.size == self._size_before:
            return
        written = LogHead.objects.filter(id=1, size=self._size_before).update(
            size=self._frontier.size,
            root=self._frontier.root().hex(),
            frontier=[each.hex() for each in self._frontier.peaks],
        )
        if written != 1:
            raise LogMoved(f"the log is not {self._size_before} leaves long any more")
