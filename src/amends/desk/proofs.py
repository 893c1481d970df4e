"""The evidence log for outsiders: its head, and the proof that a leaf is in it (D3, RFC 6962)."""

from __future__ import annotations

from dataclasses import dataclass

from amends.document.log import EMPTY_ROOT, inclusion_proof, root_of
from amends.store import queries
from amends.store.models import Leaf, LogHead


@dataclass(frozen=True, kw_only=True)
class Head:
    size: int
    root: str
    """Hex."""


@dataclass(frozen=True, kw_only=True)
class Proof:
    """What one needs to work out the root from one leaf."""

    index: int
    data: str
    """The leaf's own bytes, as ASCII."""
    hash: str
    path: tuple[str, ...]
    """Hashes (hex) from the leaf upwards."""
    head: Head
    is_whole: bool
    """All leaves together still give the root on record."""


def head() -> Head:
    """The log's size and root on record. One query."""
    kept = LogHead.objects.filter(id=1).first()
    return Head(size=kept.size, root=kept.root) if kept else Head(size=0, root=EMPTY_ROOT.hex())


def proof_of(index: int) -> Proof | None:
    """The proof for the leaf at `index`; None when the log is shorter. Three queries."""
    now = head()
    leaf = Leaf.objects.filter(pk=index).first()
    if leaf is None or index >= now.size:
        return None
    hashes = [bytes.fromhex(each) for each in queries.leaf_hashes()[: now.size]]
    return Proof(
        index=index,
        data=leaf.data,
        hash=leaf.hash,
        path=tuple(each.hex() for each in inclusion_proof(hashes, index)),
        head=now,
        is_whole=root_of(hashes).hex() == now.root,
    )
