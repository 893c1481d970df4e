"""P15, S5: processes that write to one database at the same moment neither fork the log nor answer a case twice."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path
from urllib.parse import urlsplit

import pytest

ROOT = Path(__file__).resolve().parents[2]
POSTGRES = os.environ.get("AMENDS_TEST_POSTGRES", "")


def start(database: str, home: Path, *what: str) -> subprocess.Popen[str]:
    env = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": os.pathsep.join([str(ROOT / "src"), str(ROOT)]),
        "AMENDS_HOME": str(home),
        "AMENDS_SECRET_KEY": "only-for-tests",
        "AMENDS_LOG_LEVEL": "CRITICAL",
        "AMENDS_DATABASE_URL": database,
    }
    return subprocess.Popen(
        [sys.executable, "-m", "tests.attack.writer", *what],
        env=env,
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def finish(child: subprocess.Popen[str]) -> str:
    out, err = child.communicate(timeout=120)
    assert child.returncode == 0, err
    return out


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def run(request, tmp_path):
    """Runs a writer at a database with one case."""
    database, name = f"sqlite:///{tmp_path / 'desk.sqlite3'}", f"amends_two_{os.getpid()}"
    if request.param == "postgres":
        import psycopg

        assert POSTGRES, "set AMENDS_TEST_POSTGRES to a server where databases may be created"
        with psycopg.connect(POSTGRES, autocommit=True) as server:
            server.execute(f'CREATE DATABASE "{name}"')
        database = urlsplit(POSTGRES)._replace(path=f"/{name}").geturl()
    finish(start(database, tmp_path, "make"))
    yield lambda *what: start(database, tmp_path, *what)
    if request.param == "postgres":
        with psycopg.connect(POSTGRES, autocommit=True) as server:
            server.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


@pytest.mark.slow
def test_two_processes_that_append_at_once_do_not_fork_the_log(run):
    writers = [run("append", name, "60") for name in ("left", "right")]
    for each in writers:
        finish(each)
    found = json.loads(finish(run("report")))
    assert found["faults"] == []
    assert found["mentions"] == found["versions"] == found["leaves"] == found["size"] == 121
    assert found["quarantined"] == 0


@pytest.mark.slow
def test_twenty_approvals_of_one_case_at_once_give_one_reply(run):
    outcomes = Counter(json.loads(finish(run("approve", "20"))))
    assert outcomes == {"approved": 1, "refused": 19}
    assert json.loads(finish(run("report")))["outbox"] == 1
