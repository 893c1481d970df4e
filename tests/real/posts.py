"""10,000 posts that real customers and brands wrote: half French (telecom), half English (airlines and others)."""

from __future__ import annotations

import gzip
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
HOW_MANY = 10_000
#: Where the posts lie, and how many there are once each file has given its own.
FILES = (("fr.free_tweets", 5_000), ("en.twcs_sample", 7_000), ("en.asapp_airlines", HOW_MANY))


def threads() -> list[dict[str, Any]]:
    """Threads with `HOW_MANY` turns in all. Fails where the research data are missing."""
    folder = Path(os.environ.get("AMENDS_SHARED") or ROOT.parent / "shared") / "data" / "threads"
    found, n = [], 0
    for name, until in FILES:
        path = folder / f"{name}.jsonl.gz"
        assert path.exists(), f"{path} is missing: set AMENDS_SHARED to the folder that holds data/threads"
        for thread in _lines(path):
            if n >= until:
                break
            turns = [each for each in thread["turns"] if each["text"].strip()][: until - n]
            n += len(turns)
            found.append({**thread, "turns": turns})
    assert n == HOW_MANY
    return found


def _lines(path: Path) -> Iterator[dict[str, Any]]:
    with gzip.open(path, "rt", encoding="utf-8") as file:
        for line in file:
            yield json.loads(line)


def ids(found: list[dict[str, Any]]) -> list[str]:
    """What each post is called once it is read: its thread and its place there."""
    return sorted(f"{thread['id']}/{place}" for thread in found for place in range(len(thread["turns"])))
