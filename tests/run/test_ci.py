"""What the whole check promises: every kind of test is run, and a suite that tested nothing does not pass."""

from __future__ import annotations

import os
import re
import runpy
import shlex
import subprocess
import tomllib
from pathlib import Path

import pytest

TOP = Path(__file__).resolve().parents[2]
MARKERS = [
    line.split(":")[0]
    for line in tomllib.loads((TOP / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["pytest"][
        "ini_options"
    ]["markers"]
]


def check(tmp_path: Path, *suites: str, seconds: int = 100) -> subprocess.CompletedProcess[str]:
    """Run `suites`, lines of shell, as .ci/run would, and sum up."""
    lines = [
        f"LOGS={shlex.quote(str(tmp_path))} ALLOWED_SECONDS={seconds}",
        ". .ci/suite.sh",
        *suites,
        "summary",
        "exit $FAILED",
    ]
    return subprocess.run(
        ["bash", "-uc", "\n".join(lines)],
        cwd=TOP,
        env={"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def verdicts(done: subprocess.CompletedProcess[str]) -> list[str]:
    """The lines of the summary, with single spaces and without the seconds."""
    summary = done.stdout.partition("=== Summary")[2]
    return [re.sub(r"\s+(\d+ s\s+)?", " ", line).strip() for line in summary.splitlines()[1:]]


def test_a_failed_suite_is_kept_and_the_rest_still_runs(tmp_path: Path) -> None:
    done = check(tmp_path, "suite lint 5 false", "pytests fast 5 echo '7 passed, 2 deselected in 0.10s'")
    assert done.returncode == 1
    assert verdicts(done) == [
        "FAILED lint exit status 1",
        "ok fast 7 passed, 2 deselected in 0.10s",
        "At least one suite failed.",
    ]


def test_all_is_well_when_all_is_well(tmp_path: Path) -> None:
    done = check(tmp_path, "suite lint 5 true", "pytests fast 5 echo '=== 7 passed in 0.10s ==='")
    assert (done.returncode, verdicts(done)[-1]) == (0, "All suites passed.")


@pytest.mark.parametrize(
    "last_line",
    [
        "no tests ran in 0.01s",
        "102 deselected in 0.16s",
        "5 passed, 1 skipped in 0.20s",
        "5 skipped in 0.20s",
        "",
    ],
)
def test_a_suite_that_tested_nothing_or_skipped_something_fails(tmp_path: Path, last_line: str) -> None:
    done = check(tmp_path, f"pytests browser 5 echo {shlex.quote(last_line)}")
    assert done.returncode == 1
    assert verdicts(done)[0].startswith("FAILED browser")


def test_a_suite_that_hangs_is_stopped(tmp_path: Path) -> None:
    done = check(tmp_path, "suite slow 1 sleep 50", "suite lint 5 true")
    assert verdicts(done)[0].startswith("FAILED slow")
    assert "stopped after 1 s" in done.stdout
    assert verdicts(done)[1].startswith("ok lint")


def test_when_the_time_is_used_up_the_rest_fails_instead_of_being_forgotten(tmp_path: Path) -> None:
    done = check(tmp_path, "suite slow 5 true", seconds=0)
    assert verdicts(done)[0] == "FAILED slow not run: the time for the whole check is used up"


def test_every_marked_kind_of_test_has_its_suite() -> None:
    script = (TOP / ".ci/run").read_text(encoding="utf-8")
    missing = [
        marker
        for marker in MARKERS
        if not re.search(
            rf'pytests {marker} .* -m (?:{marker}|"{marker} and not browser")$', script, re.MULTILINE
        )
    ]
    assert missing == []


def test_the_fast_tests_are_the_same_everywhere() -> None:
    fast = runpy.run_path(str(TOP / "run.py"), run_name="run")["FAST"]
    assert sorted(fast.split(" and ")) == sorted(f"not {marker}" for marker in MARKERS)
    for other in (".ci/run", "justfile"):
        assert f'"{fast}"' in (TOP / other).read_text(encoding="utf-8"), other
