"""Canonical text and digest of what was seen, as it was seen, and the leaf that goes into the log.

The raw bytes are the evidence; the canonical text is for people. The leaf holds no personal data: a commitment to
salt and bytes, which nobody can link to a person once salt and bytes are gone (EDPB guidelines 02/2025).
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

from amends.core.clock import aware
from amends.core.mention import Change, Mention
from amends.core.text import storable
from amends.document.log import leaf_hash

SALT_BYTES = 32
LEAF_VERSION = 1


class NothingToSeal(ValueError):
    """There are no bytes; evidence never skips quietly."""


@dataclass(frozen=True, kw_only=True)
class Sealed:
    """What is kept: bytes, their SHA-256, a text for people, and the log entry with its hash."""

    kind: str
    raw: bytes
    digest: bytes
    canonical: str
    salt: bytes
    leaf: bytes
    leaf_hash: bytes


def canonical(mention: Mention) -> str:
    """The mention as sorted JSON: the same mention gives the same text everywhere."""
    return _json(
        {
            "author": {
                "handle": storable(mention.author.handle),
                "name": storable(mention.author.name),
                "remote_id": mention.author.remote_id,
            },
            "change": mention.change,
            "in_reply_to": mention.in_reply_to,
            "network": mention.network,
            "posted_at": aware(mention.posted_at).isoformat() if mention.posted_at else None,
            "remote_id": mention.remote_id,
            "revision": mention.revision,
            "text": storable(mention.text),
            "thread_id": mention.thread_id,
            "title": storable(mention.title),
            "url": mention.url,
            "visibility": mention.visibility,
        }
    )


def seal(mention: Mention, *, evidence_id: str, salt: bytes, seen_at: datetime) -> Sealed:
    """Evidence of `mention` as seen at `seen_at`. Raises `NothingToSeal` without raw bytes."""
    if not mention.raw:
        raise NothingToSeal(f"{mention.network} {mention.remote_id} has no raw bytes")
    kind = {Change.SAID: "said", Change.EDITED: "edited", Change.DELETED: "deleted"}[mention.change]
    return seal_bytes(
        mention.raw,
        kind=kind,
        canonical=canonical(mention),
        source=mention.network,
        evidence_id=evidence_id,
        salt=salt,
        seen_at=seen_at,
    )


def seal_bytes(
    raw: bytes, *, kind: str, canonical: str, source: str, evidence_id: str, salt: bytes, seen_at: datetime
) -> Sealed:
    """Evidence of any bytes (a receipt of ours, say). Raises `NothingToSeal`, or ValueError for a short salt."""
    if not raw:
        raise NothingToSeal(evidence_id)
    if len(salt) != SALT_BYTES:
        raise ValueError(f"a salt has {SALT_BYTES} bytes, not {len(salt)}")
    leaf = _json(
        {
            "at": aware(seen_at).isoformat(),
            "commit": sha256(salt + raw).hexdigest(),
            "id": evidence_id,
            "kind": kind,
            "len": len(raw),
            "src": source,
            "v": LEAF_VERSION,
        }
    ).encode("ascii")
    return Sealed(
        kind=kind,
        raw=raw,
        digest=sha256(raw).digest(),
        canonical=canonical,
        salt=salt,
        leaf=leaf,
        leaf_hash=leaf_hash(leaf),
    )


def _json(value: object) -> str:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
