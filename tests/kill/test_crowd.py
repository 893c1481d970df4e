"""Many replies under many kills, at random and at each named step (S1, S2). The big run is `python -m tests.kill.run`."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def run(*asked: str, seconds: int) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "tests.kill.run", *asked],
        cwd=ROOT,
        env={"PATH": "/usr/bin:/bin", "PYTHONPATH": f"{ROOT / 'src'}:{ROOT}", "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        timeout=seconds,
        check=False,
    )


@pytest.mark.slow
def test_a_few_kills_double_nothing_and_lose_nothing():
    done = run("--kills", "6", "--replies", "14", "--kinds", "by_lookup", seconds=120)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.slow
def test_kills_on_three_kinds_of_network_double_nothing_lose_nothing_change_nothing():
    done = run("--kills", "150", "--seed", "7", seconds=600)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.slow
def test_the_checker_finds_what_a_hasty_sender_does():
    done = run("--kills", "12", "--kinds", "by_lookup", "--sender", "hasty", seconds=200)
    assert done.returncode == 1
    assert "2 times:" in done.stdout
