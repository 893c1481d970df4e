"""Answers of a real Mastodon, recorded by others (AMENDS_SHARED: the folder that holds `recordings`)."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from amends.connectors.recorded import bodies, reader_of
from amends.core.mention import Change, Mention, Visibility

pytestmark = pytest.mark.shared


@pytest.fixture(scope="module")
def read():
    """By file name, all that is read of each recording."""
    folder = Path(os.environ["AMENDS_SHARED"]) / "recordings" / "mastodon"
    reader = reader_of("mastodon")
    found = {
        path.stem: [each for body in bodies(path.read_bytes()) for each in reader(body)]
        for path in sorted(folder.glob("*.yaml"))
    }
    assert len(found) >= 9, f"no recordings in {folder}"
    return found


def test_every_recording_is_read_whole(read):
    assert not [each for told in read.values() for each in told if not isinstance(each, Mention)]


def test_every_post_has_its_identity_author_and_time(read):
    posts = [each for told in read.values() for each in told if each.change is not Change.DELETED]
    assert len(posts) >= 20
    for each in posts:
        assert "/statuses/" in each.remote_id and each.author.remote_id in each.remote_id
        assert "@" in each.author.handle and each.posted_at.tzinfo is not None
        assert each.text and "<" not in each.text


@pytest.mark.parametrize(
    ("recording", "words"),
    [
        ("test_notifications_mentions_only", "hello!"),
        ("test_hashtag_tl", "#hoot (hashtag toot)"),
        ("test_status_post(None-public)", "Toot!"),
        ("test_stream_user_local", "it's cool guy"),
    ],
)
def test_the_words_are_those_that_were_typed(read, recording, words):
    assert words in {each.text.rpartition("@localhost ")[2] for each in read[recording]}


def test_conversations_are_private_and_a_notification_is_to_us(read):
    private = [each for each in read["test_conversations"] if each.visibility is Visibility.DIRECT]
    assert private
    assert any(each.is_to_us for each in read["test_notifications"])


def test_a_deletion_is_read_as_one(read):
    assert {each.change for each in read["test_status_reply"]} == {Change.SAID, Change.DELETED}
