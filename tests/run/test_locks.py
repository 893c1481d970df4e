"""What the lock files promise: every package by digest, the same versions for all, no address of anyone."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

TOP = Path(__file__).resolve().parents[2]
LOCKS = ("requirements.lock", "requirements-dev.lock")


def entries(name: str) -> dict[str, tuple[str, str]]:
    """Each locked package: its version, and the rest of its entry (marker and digests)."""
    text = (TOP / name).read_text(encoding="utf-8").replace("\\\n", " ")
    found = re.findall(r"(?m)^([a-z0-9][a-z0-9._-]*)==(\S+)(.*)$", text)
    return {package: (version, rest) for package, version, rest in found}


def names(requirements: list[str]) -> set[str]:
    return {re.sub(r"[-_.]+", "-", re.split(r"[\[<>=!~; ]", line)[0]).lower() for line in requirements}


@pytest.mark.parametrize("lock", LOCKS)
def test_every_package_is_locked_to_digests(lock: str) -> None:
    without = [package for package, (_, rest) in entries(lock).items() if "--hash=sha256:" not in rest]
    assert entries(lock)
    assert without == []


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_names_no_address_and_no_folder(lock: str) -> None:
    text = (TOP / lock).read_text(encoding="utf-8")
    assert "://" not in text
    assert not re.search(r"(?m)^\s*(-e|-i|--\w*-url|--find-links|--index)\b", text)
    assert not re.search(r"(^|[ @])[/~]\w", text)


def test_developers_test_the_versions_that_users_run() -> None:
    run, dev = (entries(lock) for lock in LOCKS)
    assert {package: dev.get(package, ("missing", ""))[0] for package in run} == {
        package: version for package, (version, _) in run.items()
    }


def test_the_locks_hold_all_that_the_project_asks_for() -> None:
    asked = tomllib.loads((TOP / "pyproject.toml").read_text(encoding="utf-8"))
    run = names(asked["project"]["dependencies"]) | names(
        asked["project"]["optional-dependencies"]["postgres"]
    )
    build = names(asked["build-system"]["requires"])
    assert run | build <= set(entries("requirements.lock")), "run scripts/lock.sh"
    assert names(asked["dependency-groups"]["dev"]) <= set(entries("requirements-dev.lock")), (
        "run scripts/lock.sh"
    )
