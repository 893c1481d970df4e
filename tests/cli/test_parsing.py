"""`amends parse` says what a connector makes of recorded answers, and its exit code tells."""

from __future__ import annotations

import gzip
import json

import pytest
import yaml
from typer.testing import CliRunner

from amends.cli import commands


def run(*words, **more):
    return CliRunner().invoke(commands.app, ["parse", *words], **more)


def lines(done):
    return [json.loads(line) for line in done.stdout.splitlines()]


def status(number=1, **more):
    return {
        "id": str(number),
        "uri": f"https://social.example/users/ana/statuses/{number}",
        "url": f"https://social.example/@ana/{number}",
        "created_at": "2026-03-01T12:00:00.000Z",
        "edited_at": None,
        "visibility": "public",
        "language": "fr",
        "content": "<p>Le colis n&#39;est <br>jamais venu</p>",
        "account": {"id": "5", "acct": "ana", "url": "https://social.example/@ana", "display_name": "Ana"},
        "mentions": [],
        **more,
    }


@pytest.fixture
def kept(tmp_path):
    def keep(told, name="answer.json"):
        path = tmp_path / name
        path.write_bytes(told if isinstance(told, bytes) else json.dumps(told).encode())
        return str(path)

    return keep


def test_a_recorded_post_is_one_line(kept):
    done = run("--network", "mastodon", kept(status()))
    assert done.exit_code == 0
    (line,) = lines(done)
    assert line["text"] == "Le colis n'est\njamais venu"
    assert line["remote_id"] == "https://social.example/users/ana/statuses/1"
    assert (line["author"]["handle"], line["languages"]) == ("ana@social.example", ["fr"])
    assert (line["change"], line["visibility"]) == ("said", "public")
    assert line["posted_at"] == "2026-03-01T12:00:00+00:00"


def test_every_kind_of_answer_is_read(kept):
    note = {
        "id": "9",
        "type": "mention",
        "created_at": "2026-03-01T12:00:00Z",
        "account": status()["account"],
    }
    answers = [
        [status(1), status(2)],
        [{**note, "status": status(3)}],
        [{"id": "1", "unread": True, "accounts": [], "last_status": status(4, visibility="direct")}],
        {"ancestors": [status(5)], "descendants": [status(6, in_reply_to_id="5")]},
        {"accounts": [], "statuses": [status(7)], "hashtags": []},
        {"error": "Record not found"},
        {"count": 1},
        b"event: update\ndata: " + json.dumps(status(8)).encode() + b"\n\n",
    ]
    files = [kept(each, f"{number}.json") for number, each in enumerate(answers)]
    done = run("--network", "mastodon", *files)
    assert done.exit_code == 0, done.output
    assert [line["remote_id"][-1] for line in lines(done)] == ["1", "2", "3", "4", "5", "6", "7", "8"]
    assert [line["visibility"] for line in lines(done)][3] == "direct"


def test_the_answer_to_a_deletion_is_a_deletion(kept):
    told = {name: value for name, value in status().items() if name != "content"}
    (line,) = lines(run("--network", "mastodon", kept({**told, "text": "Le colis"})))
    assert (line["change"], line["text"]) == ("deleted", "")


def test_a_thread_within_one_answer_is_known(kept):
    told = {
        "ancestors": [status(5), status(6, in_reply_to_id="5")],
        "descendants": [status(7, in_reply_to_id="6")],
    }
    last = lines(run("--network", "mastodon", kept(told)))[-1]
    assert (last["in_reply_to"][-1], last["thread_id"][-1]) == ("6", "5")


def test_a_cassette_is_read_answer_by_answer(kept):
    bodies = [json.dumps(status(1)), gzip.compress(json.dumps(status(2)).encode()), None]
    told = {"interactions": [{"request": {}, "response": {"body": {"string": each}}} for each in bodies]}
    done = run("--network", "mastodon", kept(yaml.safe_dump(told).encode(), "tape.yaml"))
    assert done.exit_code == 0
    assert [line["remote_id"][-1] for line in lines(done)] == ["1", "2"]


def test_what_cannot_be_read_is_named_and_the_rest_goes_on(kept):
    done = run("--network", "mastodon", kept([status(1), {"id": "2", "content": "no author"}, status(3)]))
    assert done.exit_code == 1
    first, broken, last = lines(done)
    assert (first["remote_id"][-1], last["remote_id"][-1]) == ("1", "3")
    assert broken["where"] == "entry 2" and broken["unreadable"]


@pytest.mark.parametrize(
    "raw", [b"\xff\xfe", b"{", b"<html>", b"interactions:\n- [", b'"text"', b"[" * 100_000]
)
def test_garbage_is_said_and_ends_with_1(kept, raw):
    done = run("--network", "mastodon", kept(raw))
    assert done.exit_code == 1
    assert all("unreadable" in line for line in lines(done)) and lines(done)


def test_a_file_that_is_not_there_ends_with_1_after_the_others(kept):
    done = run("--network", "mastodon", "/nowhere/at/all", kept(status()))
    assert done.exit_code == 1
    assert [line["remote_id"][-1] for line in lines(done)] == ["1"]


def test_a_network_that_nobody_knows_ends_with_2(kept):
    assert run("--network", "nowhere", kept(status())).exit_code == 2
    assert run(kept(status())).exit_code == 2
    assert run("--network", "mastodon").exit_code == 2


def test_standard_input_is_read_too():
    done = run("--network", "mastodon", "-", input=json.dumps(status()))
    assert [line["file"] for line in lines(done)] == ["-"]


def test_bluesky_records_are_read_however_deep(kept):
    record = {"$type": "app.bsky.feed.post", "text": "late again", "createdAt": "2026-03-01T12:00:00Z"}
    uri = "at://did:plc:anacustomer/app.bsky.feed.post/3k2yihcrp6f2c"
    told = {"thread": {"post": {"uri": uri, "cid": "bafy", "value": record}, "replies": []}}
    (line,) = lines(run("--network", "bluesky", kept(told)))
    assert (line["remote_id"], line["text"]) == (uri, "late again")
