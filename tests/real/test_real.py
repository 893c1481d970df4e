"""The main job on 10,000 real posts, by file and by feed, each read twice: ids that went in = ids kept = leaves.

Prints posts a second. AMENDS_SHARED: the folder of the research data, `../shared` of the checkout when not set.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import threading
import time
from collections import Counter
from datetime import UTC, datetime, timedelta
from html import escape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from amends.desk import audit, intake, reader, setup
from amends.store import models as rows
from tests.real.posts import HOW_MANY, ids, threads

pytestmark = pytest.mark.shared

ROOT = Path(__file__).resolve().parents[2]
#: Entries of one page of the feed.
PAGE = 500


@pytest.fixture(scope="module")
def posts():
    return threads()


class Desk:
    """A desk of its own, used through the command `amends` alone."""

    def __init__(self, home: Path) -> None:
        self.home = home

    def amends(self, *words: str | Path) -> dict:
        env = {
            **{name: value for name, value in os.environ.items() if not name.startswith("AMENDS_")},
            "PYTHONPATH": str(ROOT / "src"),
            "AMENDS_HOME": str(self.home),
            "AMENDS_LOG_LEVEL": "ERROR",
            "LC_ALL": "C.UTF-8",
        }
        done = subprocess.run(
            [sys.executable, "-c", "from amends.cli import main; main()", *map(str, words), "--json"],
            env=env,
            cwd=self.home.parent,
            capture_output=True,
            text=True,
            timeout=400,
        )
        assert done.returncode == 0, done.stderr + done.stdout
        return json.loads(done.stdout)


def speed(what: str, began: float) -> None:
    took = time.monotonic() - began
    print(f"\n{what}: {HOW_MANY} posts in {took:.1f} s, {HOW_MANY / took:.0f} posts/s")


def test_ten_thousand_real_posts_from_a_file_are_kept_once_each(posts, tmp_path):
    file, desk = tmp_path / "threads.jsonl", Desk(tmp_path / "home")
    file.write_text("".join(json.dumps(each, ensure_ascii=False) + "\n" for each in posts), encoding="utf-8")
    desk.amends("init")
    began = time.monotonic()
    said = desk.amends("import", file)
    speed("amends import", began)
    assert {name: said[name] for name in ("taken", "again", "unmatched", "quarantined")} == {
        "taken": HOW_MANY,
        "again": 0,
        "unmatched": 0,
        "quarantined": 0,
    }

    # Read again, as another file of the same posts: all of it is known.
    shutil.copy(file, tmp_path / "again.jsonl")
    began = time.monotonic()
    said = desk.amends("import", tmp_path / "again.jsonl")
    speed("amends import, again", began)
    assert (said["taken"], said["again"], said["edited"], said["quarantined"]) == (0, HOW_MANY, 0, 0)
    assert desk.amends("import", file)["taken"] == 0

    verified = desk.amends("verify")
    assert (verified["faults"], verified["size"]) == ([], HOW_MANY)

    # What is taken out says the same: every post at home in a case is there once, with its evidence.
    out = tmp_path / "cases.jsonl"
    cases = desk.amends("export", out)["cases"]
    records = [json.loads(line) for line in out.read_text(encoding="utf-8").splitlines()]
    assert len(records) == cases > 1_000
    shown = Counter(each["id"] for record in records for each in record["mentions"])
    assert set(shown.values()) == {1}
    assert set(shown) <= set(ids(posts))
    leaves = [each["leaf"] for record in records for each in record["evidence"]]
    assert len(leaves) == len(set(leaves)) == len(shown)

    # And another desk that imports what we exported has as many cases.
    other = Desk(tmp_path / "other")
    moved = tmp_path / "moved.jsonl"
    moved.write_text("".join(json.dumps(each) + "\n" for each in first_posts(records)), encoding="utf-8")
    other.amends("init")
    assert other.amends("import", moved)["taken"] == cases
    assert other.amends("export", tmp_path / "there.jsonl")["cases"] == cases


def first_posts(records):
    """The post that opened each case, as our own fields say it."""
    for record in records:
        first = next(each for each in record["mentions"] if not each["is_ours"])
        yield {
            "id": first["id"],
            "text": first["text"],
            "author": record["author"]["remote_id"],
            "at": first["posted_at"],
        }


class Feeds:
    """A site whose feed shows the next page at each request, and then the last one for ever; RSS and Atom by turns."""

    def __init__(self, entries: list[tuple[str, str, str]]) -> None:
        self.pages = [self._page(entries[at : at + PAGE], at // PAGE) for at in range(0, len(entries), PAGE)]
        self.asked = 0
        feeds = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                body = feeds.pages[min(feeds.asked, len(feeds.pages) - 1)]
                feeds.asked += 1
                self.send_response(200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                """Quiet."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True).start()
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}/feed"

    @staticmethod
    def _page(entries: list[tuple[str, str, str]], number: int) -> bytes:
        if number % 2:
            inside = "".join(
                f"<entry><id>{escape(name)}</id><title/><author><name>{escape(who)}</name></author>"
                f"<content type='text'>{escape(text)}</content></entry>"
                for name, who, text in entries
            )
            return f"<feed xmlns='http://www.w3.org/2005/Atom'><title>x</title>{inside}</feed>".encode()
        inside = "".join(
            f"<item><guid isPermaLink='false'>{escape(name)}</guid><author>{escape(who)}</author>"
            f"<description>{escape(escape(text))}</description></item>"
            for name, who, text in entries
        )
        return f"<rss version='2.0'><channel><title>x</title>{inside}</channel></rss>".encode()

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()


@pytest.mark.django_db
def test_ten_thousand_real_posts_from_a_feed_are_kept_once_each(posts, settings):
    settings.AMENDS_ALLOW_PRIVATE_FEEDS = True
    entries = [
        (f"{thread['id']}/{place}", turn.get("author") or thread["id"], turn["text"])
        for thread in posts
        for place, turn in enumerate(thread["turns"])
    ]
    site = Feeds(entries)
    now = datetime.now(UTC)
    source = setup.add_row("feed", "Real posts", {"url": site.url}, now=now)

    def listen() -> None:
        nonlocal now
        for _ in site.pages:
            now += timedelta(minutes=20)
            source.refresh_from_db()
            reader.poll(source, now=now)
            while intake.read_waiting(now=now):
                pass

    try:
        began = time.monotonic()
        listen()
        speed("feed", began)
        first = Counter()
        for counts in rows.Capture.objects.values_list("counts", flat=True):
            first.update(counts)
        assert first == {"taken": HOW_MANY}
        site.asked = 0
        began = time.monotonic()
        listen()
        speed("feed, again", began)
    finally:
        site.close()

    kept = rows.Mention.objects.filter(source=source)
    assert sorted(kept.values_list("remote_id", flat=True)) == ids(posts)
    assert rows.Version.objects.count() == HOW_MANY
    assert rows.Evidence.objects.filter(kind="said").count() == rows.Leaf.objects.count() == HOW_MANY
    assert rows.Quarantined.objects.count() == 0
    assert not rows.Capture.objects.filter(read_at=None).exists()
    assert audit.verify_log().faults == ()
