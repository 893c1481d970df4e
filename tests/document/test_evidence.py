import json
from datetime import UTC, datetime
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from amends.core.mention import Author, Mention
from amends.document.evidence import NothingToSeal, canonical, seal
from amends.document.log import leaf_hash

SALT = bytes(range(32))
NOW = datetime(2026, 11, 21, 9, tzinfo=UTC)


def mention(text="My parcel never came", **more):
    return Mention(
        **{
            "network": "bluesky",
            "remote_id": "at://did:plc:x/app.bsky.feed.post/1",
            "author": Author(network="bluesky", remote_id="did:plc:x", handle="ioana.example"),
            "text": text,
            "raw": b'{"text":"My parcel never came"}',
            "posted_at": NOW,
            **more,
        }
    )


def test_the_leaf_commits_to_the_bytes_and_holds_nothing_personal():
    sealed = seal(mention(), evidence_id="e1", salt=SALT, seen_at=NOW)
    leaf = json.loads(sealed.leaf)
    assert leaf["commit"] == sha256(SALT + sealed.raw).hexdigest()
    assert sealed.leaf_hash == leaf_hash(sealed.leaf)
    for personal in (b"ioana", b"did:plc", b"parcel"):
        assert personal not in sealed.leaf


def test_a_mention_without_bytes_is_an_error_never_an_empty_digest():
    with pytest.raises(NothingToSeal):
        seal(mention(raw=b""), evidence_id="e1", salt=SALT, seen_at=NOW)


def test_a_short_salt_is_an_error():
    with pytest.raises(ValueError, match="salt"):
        seal(mention(), evidence_id="e1", salt=b"short", seen_at=NOW)


@given(st.text(alphabet=st.characters(codec=None)))
def test_any_text_has_a_canonical_form_that_any_database_keeps(text):
    written = canonical(mention(text))
    assert written == canonical(mention(text))
    assert written.isascii()
    assert "\\u0000" not in written
