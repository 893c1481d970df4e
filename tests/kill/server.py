"""A network in a process of its own, so that no kill takes its memory. Slow, late and stale by default.

Each run has a town of its own under `/<run>/`; `kind` is said with each post:
- by_key: a second post with the same key gives the first one's receipt;
- by_lookup, by_person: a second post is a second post.
- by_hand: a person posts it in the network's own app; their app answers.

A run whose name begins with `crowd-<n>-` hears n people, each of whom says one thing.

Run as `python -m tests.kill.server`; the first line on standard output is the port.
"""

from __future__ import annotations

import json
import threading
import time
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

#: Seconds: a page of posts, a post that is taken, and between taking it and answering.
SLOW = 0.02
#: Of every `LOSES_EVERY` posts one gets no answer, and takes effect only so many seconds later.
LATE = 0.5
LOSES_EVERY = 3
#: A look does not see what is younger than this.
STALE = 0.3
PAGE = 4
#: One more post can be seen every so many seconds.
PACE = 0.03

#: What people say there, in order. The last state of a post is what it says now.
POSTS: list[dict[str, Any]] = [
    {"id": "p1", "who": "ioana", "text": "My Novatel box has been dead since Monday, nobody helps"},
    {"id": "p2", "who": "mihai", "text": "Novatel took the money twice and does not answer"},
    {"id": "p3", "who": "lea", "text": "Waiting for the Novatel engineer for the third time"},
    {"id": "p2", "who": "mihai", "text": "Novatel took the money THREE times", "change": "edited"},
    {"id": "p4", "who": "noor", "text": "Why is my Novatel bill 40 euros higher?"},
    {"garbled": True},
    {"id": "p5", "who": "sam", "text": "No internet from Novatel in our whole street"},
    {"id": "p3b", "who": "lea", "text": "And now they cancelled it", "thread": "p3", "to": "p3"},
    {"id": "p6", "who": "pavel", "text": "Novatel lost my number when I moved"},
]
IDS = sorted({each["id"] for each in POSTS if "id" in each})
STATES = sorted((each["id"], each.get("change", "said")) for each in POSTS if "id" in each)


@dataclass
class Town:
    posts: list[dict[str, Any]]
    page: int = PAGE
    pace: float = PACE
    began_at: float = field(default_factory=time.monotonic)
    asked: int = 0
    replies: list[dict[str, Any]] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def listed(self, after: int) -> dict[str, Any]:
        """Posts from one before `after` on: the last one is given twice, as an overlapping window does."""
        shown = min(len(self.posts), 1 + int((time.monotonic() - self.began_at) / self.pace))
        end = min(shown, after + self.page)
        start = max(0, after - 1) if end > after else end
        return {"posts": self.posts[start:end], "next": max(end, after), "more": end < shown}

    def take(self, reply: dict[str, Any], kind: str) -> dict[str, Any]:
        with self.lock:
            first = next((each for each in self.replies if each["key"] == reply["key"]), None)
            if kind == "by_key" and first is not None:
                return first
            number = len(self.replies) + 1
            made = {**reply, "id": f"ours/{reply['key']}/{number}", "at": time.monotonic()}
            self.replies.append(made)
            return made


TOWNS: dict[str, Town] = {}
_making = threading.Lock()


def town_of(run: str) -> Town:
    """The town of a run, made when it is first asked."""
    with _making:
        if run not in TOWNS:
            kind, _, rest = run.partition("-")
            n = rest.partition("-")[0]
            is_crowd = kind == "crowd" and n.isdigit()
            TOWNS[run] = Town(crowd(int(n)), page=50, pace=0.0001) if is_crowd else Town(POSTS)
        return TOWNS[run]


def crowd(n: int) -> list[dict[str, Any]]:
    """What many people say, each one thing."""
    return [
        {"id": f"c{each}", "who": f"person{each}", "text": f"My Novatel line {each} is dead and nobody helps"}
        for each in range(1, n + 1)
    ]


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        run, what, asked = self._asked()
        town = town_of(run)
        if what == "posts":
            time.sleep(SLOW)
            self._give(town.listed(int(asked["after"])))
        elif what == "find":
            time.sleep(SLOW)
            old = time.monotonic() - STALE
            seen = [each for each in town.replies if each["key"] == asked["key"] and each["at"] <= old]
            self._give(seen[0] if seen else None)
        else:
            self._give({"replies": town.replies, "asked": town.asked})

    def do_POST(self) -> None:
        run, _, asked = self._asked()
        town = town_of(run)
        reply = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        with town.lock:
            town.asked += 1
            is_lost = town.asked % LOSES_EVERY == 0 and asked["kind"] != "by_hand"
        if is_lost:
            threading.Timer(LATE, town.take, (reply, asked["kind"])).start()
            self.close_connection = True
            return
        time.sleep(SLOW)
        made = town.take(reply, asked["kind"])
        time.sleep(SLOW)
        self._give(made)

    def _asked(self) -> tuple[str, str, dict[str, str]]:
        parts = urlsplit(self.path)
        run, what = parts.path.strip("/").split("/")
        return run, what, {name: values[0] for name, values in parse_qs(parts.query).items()}

    def _give(self, value: Any) -> None:
        body = json.dumps(value).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Quiet: a killed client is what we are here for."""


class Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_: Any) -> None:
        """A client that died in the middle of its request is no error here."""


if __name__ == "__main__":
    with Server(("127.0.0.1", 0), Handler) as server:
        print(server.server_address[1], flush=True)
        server.serve_forever()
