"""A desk that really runs: its own process and data folder on this machine, driven through its API."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import httpx

COMMAND = [sys.executable, "-m", "amends.cli"]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def eventually(ask, seconds: float = 30.0, every: float = 0.2) -> Any:
    """What `ask` gives as soon as it gives something. Fails with its last answer."""
    end, last = time.monotonic() + seconds, None
    while time.monotonic() < end:
        if last := ask():
            return last
        time.sleep(every)
    raise AssertionError(f"not within {seconds} s; the last answer was {last!r}")


class RunningDesk:
    """`amends up` with a key for its API."""

    def __init__(self, home: Path, **settings: str) -> None:
        self.home, self.port = home, free_port()
        self.base = f"http://127.0.0.1:{self.port}"
        self.environment = {
            **os.environ,
            "AMENDS_HOME": str(home),
            "AMENDS_PUBLIC_URL": self.base,
            "AMENDS_UNDO_SECONDS": "1",
            "DJANGO_SETTINGS_MODULE": "amends.site.settings",
            "LANG": "C",
            **settings,
        }
        self.log = home.parent / "desk.log"

    def run(self, *words: str, check: bool = True) -> str:
        done = subprocess.run(
            [*COMMAND, *words], env=self.environment, capture_output=True, text=True, timeout=120
        )
        assert not check or done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def __enter__(self) -> RunningDesk:
        self.key = json.loads(self.run("key", "test", "--json"))["key"]
        self.start()
        self.api = httpx.Client(
            base_url=f"{self.base}/api/v1",
            headers={"Authorization": f"Bearer {self.key}"},
            timeout=30,
            limits=httpx.Limits(max_keepalive_connections=0),
        )
        return self

    def start(self) -> None:
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [*COMMAND, "up", "--port", str(self.port), "--no-browser"],
                env=self.environment,
                stdout=log,
                stderr=log,
            )
        eventually(self._answers, 60)

    def _answers(self) -> bool:
        assert self.process.poll() is None, self.log.read_text()
        try:
            return httpx.get(f"{self.base}/healthz", timeout=2).status_code == 200
        except httpx.HTTPError:
            return False

    def kill(self) -> None:
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(30)

    def __exit__(self, *_: object) -> None:
        self.api.close()
        self.process.terminate()
        try:
            self.process.wait(30)
        except subprocess.TimeoutExpired:
            self.kill()

    def get(self, path: str, **query: Any) -> Any:
        answer = self.api.get(path, params=query)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def post(self, path: str, body: dict[str, Any] | None = None, **headers: str) -> Any:
        answer = self.api.post(path, json=body or {}, headers=headers)
        assert answer.status_code < 300, answer.text
        return answer.json() if answer.content else {}

    def sign_in_link(self) -> str:
        return self.run("link").strip()
