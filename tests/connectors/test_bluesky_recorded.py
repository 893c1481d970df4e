"""Records and views of the real network, recorded by others (AMENDS_SHARED: the folder that holds `recordings`)."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from amends.connectors.atproto import Event, check_record, mention_of, split_uri
from amends.connectors.bluesky import read_post
from amends.core.mention import Change, Mention

pytestmark = pytest.mark.shared


@pytest.fixture(scope="module")
def recordings():
    folder = Path(os.environ["AMENDS_SHARED"]) / "recordings" / "bluesky"
    found = {
        path.name: json.loads(path.read_text(encoding="utf-8")) for path in sorted(folder.glob("*.json"))
    }
    assert found, f"no recordings in {folder}"
    return found


def views_in(told):
    """Every post view, however deep."""
    if isinstance(told, dict):
        if "record" in told and "author" in told and "indexedAt" in told and "uri" in told:
            yield told
        for each in told.values():
            yield from views_in(each)
    elif isinstance(told, list):
        for each in told:
            yield from views_in(each)


def test_every_recorded_record_is_a_mention(recordings):
    records = [each for each in recordings.values() if "value" in each]
    assert records
    for told in records:
        did = split_uri(told["uri"])[0]
        event = Event(
            did=did,
            change=Change.SAID,
            uri=told["uri"],
            at=None,
            cid=told["cid"],
            record=check_record(told["value"]),
        )
        mention = mention_of(event, json.dumps(told).encode())
        assert (mention.text, mention.revision) == (told["value"]["text"], told["cid"])
        assert mention.posted_at.tzinfo is not None


def test_every_recorded_view_is_a_mention(recordings):
    views = [view for told in recordings.values() for view in views_in(told)]
    assert views
    for view in views:
        mention = read_post(view, json.dumps(view).encode())
        assert isinstance(mention, Mention)
        assert mention.text == view["record"]["text"]
        assert mention.author.handle == view["author"]["handle"]
        assert mention.posted_at is not None
