"""kill -9 at every named step of intake and of sending: nothing is lost, nothing is done twice.

AMENDS_KILL_ROUNDS: how many runs with kills at random moments for each kind of
network (default 1). AMENDS_TEST_POSTGRES: a server where
databases may be created; the same promises are then tried there too.
"""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import urllib.request
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from amends.desk.points import POINTS
from tests.kill.checker import wrongs
from tests.kill.town import KINDS

ROOT = Path(__file__).resolve().parents[2]
POSTGRES = os.environ.get("AMENDS_TEST_POSTGRES", "")
ROUNDS = int(os.environ.get("AMENDS_KILL_ROUNDS", "1"))
#: Seconds for one process; it gives up by itself before.
LONGEST = 90

INTAKE = [each for each in POINTS if each.startswith(("intake.", "read."))]
#: Where only a person can tell, nobody looks: `settle` is not passed.
SENDING = [
    (point, kind)
    for point in POINTS
    for kind in KINDS
    if point not in INTAKE and not (kind == "by_person" and point.startswith("settle."))
]


def here(*given: str) -> Any:
    return pytest.param("sqlite", *given, marks=pytest.mark.slow)


def there(*given: str) -> list[Any]:
    """The same with PostgreSQL, where one was named."""
    return [pytest.param("postgres", *given, marks=pytest.mark.postgres)] if POSTGRES else []


def on_databases(names: str, *given: Any) -> Any:
    return pytest.mark.parametrize(f"databases,{names}", given, indirect=["databases"])


_numbers = count(1)


@dataclass(frozen=True)
class Run:
    is_dead: bool
    """It was killed."""
    found: dict[str, Any]
    """What the database holds, where it came to its end."""


class Desk:
    """A desk whose worker is a process of its own, at a database of its own, in a town of its own."""

    def __init__(self, folder: Path, database: str, port: int, packages: Path, kind: str) -> None:
        self.kind = kind
        self.town = f"http://127.0.0.1:{port}/{folder.name}-{next(_numbers)}"
        self.env = {
            "PATH": os.environ["PATH"],
            "PYTHONPATH": os.pathsep.join([str(packages), str(ROOT / "src"), str(ROOT)]),
            "PYTHONDONTWRITEBYTECODE": "1",
            "AMENDS_HOME": str(folder),
            "AMENDS_SECRET_KEY": "only-for-tests",
            "AMENDS_LOG_LEVEL": "CRITICAL",
            "AMENDS_DATABASE_URL": database,
            "AMENDS_KIND": kind,
            "AMENDS_TOWN": self.town,
        }

    def make(self) -> None:
        self._run("make", {}, None)

    def work(self, kill_after: float | None = None, **env: str) -> Run:
        """Work until all is quiet, or until the kill."""
        return self._run("work", env, kill_after)

    def _run(self, what: str, env: dict[str, str], kill_after: float | None) -> Run:
        child = subprocess.Popen(
            [sys.executable, "-m", "tests.kill.child", what],
            env={**self.env, **env},
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        try:
            out, err = child.communicate(timeout=kill_after or LONGEST)
        except subprocess.TimeoutExpired:
            child.kill()
            out, err = child.communicate()
            assert kill_after, f"{what} came to no end: {err}"
        assert child.returncode in (0, -signal.SIGKILL), f"{what} ended with {child.returncode}: {err}"
        return Run(child.returncode != 0, json.loads(out) if out else {})

    def town_says(self) -> dict[str, Any]:
        with urllib.request.urlopen(f"{self.town}/state", timeout=10) as answer:
            found: dict[str, Any] = json.load(answer)
            return found


@pytest.fixture(scope="session")
def port():
    """The network: it outlives every kill."""
    with subprocess.Popen(
        [sys.executable, "-m", "tests.kill.server"], cwd=ROOT, stdout=subprocess.PIPE, text=True
    ) as network:
        yield int(network.stdout.readline())
        network.kill()


@pytest.fixture(scope="session")
def packages(tmp_path_factory):
    """The town's connectors, as an installed package brings them."""
    folder = tmp_path_factory.mktemp("packages")
    info = folder / "killtown-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: killtown\nVersion: 1.0\n")
    lines = [f"{kind} = tests.kill.town:{kind.title().replace('_', '')}" for kind in KINDS]
    (info / "entry_points.txt").write_text("[amends.connectors]\n" + "\n".join(lines) + "\n")
    return folder


class Sqlite:
    def __init__(self, folder: Path) -> None:
        self.template = folder / "template.sqlite3"

    def url(self, folder: Path) -> str:
        return f"sqlite:///{folder / 'desk.sqlite3'}"

    def keep(self, folder: Path) -> None:
        shutil.copy(folder / "desk.sqlite3", self.template)

    def copy(self, folder: Path) -> str:
        shutil.copy(self.template, folder / "desk.sqlite3")
        return self.url(folder)

    def drop(self) -> None:
        """The folder is pytest's to remove."""


class Postgres:
    def __init__(self, folder: Path) -> None:
        self.names = [f"amends_kill_{os.getpid()}_{next(_numbers)}"]
        self._do(f'CREATE DATABASE "{self.names[0]}"')

    def _do(self, statement: str) -> None:
        import psycopg

        with psycopg.connect(POSTGRES, autocommit=True) as server:
            server.execute(statement)

    def url(self, folder: Path) -> str:
        return urlsplit(POSTGRES)._replace(path=f"/{self.names[-1]}").geturl()

    def keep(self, folder: Path) -> None:
        """The first database is the template."""

    def copy(self, folder: Path) -> str:
        self.names.append(f"{self.names[0]}_{next(_numbers)}")
        self._do(f'CREATE DATABASE "{self.names[-1]}" TEMPLATE "{self.names[0]}"')
        return self.url(folder)

    def drop(self) -> None:
        for name in self.names:
            self._do(f'DROP DATABASE "{name}" WITH (FORCE)')


@pytest.fixture(scope="session")
def databases(request, tmp_path_factory, port, packages):
    """Databases that know nothing yet but whom they watch."""
    folder = tmp_path_factory.mktemp("template")
    made = {"sqlite": Sqlite, "postgres": Postgres}[request.param](folder)
    Desk(folder, made.url(folder), port, packages, "by_key").make()
    made.keep(folder)
    yield made
    made.drop()


@pytest.fixture
def make_desk(databases, port, packages, tmp_path):
    return lambda kind: Desk(tmp_path, databases.copy(tmp_path), port, packages, kind)


@on_databases("point", *map(here, INTAKE), *(each for point in INTAKE for each in there(point)))
def test_kills_while_listening_lose_no_post_and_double_none(make_desk, point):
    desk = make_desk("by_lookup")
    assert desk.work(AMENDS_KILL_AT=f"{point}:1").is_dead
    assert desk.work(AMENDS_KILL_AT=f"{point}:1").is_dead
    assert wrongs(desk.work().found, desk.town_says(), desk.kind) == []


@on_databases(
    "point,kind",
    *(here(*each) for each in SENDING),
    # What a network can tell is no matter of the database.
    *(each for point, kind in SENDING if kind == "by_lookup" for each in there(point, kind)),
)
def test_kills_while_sending_lose_no_reply_and_post_none_twice(make_desk, point, kind):
    desk = make_desk(kind)
    assert desk.work(AMENDS_KILL_AT=f"{point}:2").is_dead
    desk.work(AMENDS_KILL_AT=f"{point}:1")
    assert wrongs(desk.work().found, desk.town_says(), desk.kind) == []


@on_databases("kind", *map(here, KINDS))
def test_kills_at_random_moments_lose_nothing_and_double_nothing(make_desk, kind):
    for number in range(ROUNDS):
        moments = random.Random(f"{kind} {number}")
        desk = make_desk(kind)
        for _ in range(5):
            desk.work(kill_after=moments.uniform(0.8, 2.5))
        assert wrongs(desk.work().found, desk.town_says(), kind) == [], f"{kind}, round {number}"


@on_databases("sender", here("naive"), here("hasty"))
def test_the_checker_finds_what_a_wrong_sender_does(make_desk, sender):
    desk = make_desk("by_lookup")
    desk.work(AMENDS_SENDER=sender, AMENDS_KILL_AT="send.posted:2")
    found = wrongs(desk.work(AMENDS_SENDER=sender).found, desk.town_says(), desk.kind)
    assert any("is there" in each and "times" in each for each in found)
