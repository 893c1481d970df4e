"""Real complaints are not taken for trolls or for fans (W1). Needs the research data; nothing of it is kept here."""

from __future__ import annotations

import gzip
import json
import os
from collections import Counter
from pathlib import Path

import pytest

from amends.triage.deciding import judge
from amends.triage.policy import TriagePolicy

SHARED = Path(os.environ.get("AMENDS_SHARED") or Path(__file__).resolve().parents[3] / "shared")

pytestmark = pytest.mark.shared


def posts(name: str, label: str) -> list[str]:
    path = SHARED / "data" / f"{name}.jsonl.gz"
    assert path.exists(), f"{path} is missing: set AMENDS_SHARED to the folder of the research data"
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        return [row["text"] for row in map(json.loads, lines) if row["label"] == label]


def kinds(texts: list[str]) -> Counter[str]:
    policy = TriagePolicy.load()
    return Counter(str(judge(text, policy).kind) for text in texts)


def test_unhappy_passengers_are_neither_trolls_nor_fans():
    counts = kinds(posts("sentiment/en.airline", "negative"))
    total = counts.total()
    print(f"airline negatives, {total}: {dict(counts.most_common())}")
    assert total > 5000
    assert counts["abuse"] < 0.01 * total
    assert counts["praise"] < 0.03 * total
    assert counts["other"] < 0.01 * total
    assert counts["complaint"] > 0.55 * total


def test_unhappy_romanian_shoppers_are_heard():
    counts = kinds(posts("sentiment/ro.laroseda", "negative"))
    total = counts.total()
    print(f"Romanian one- and two-star reviews, {total}: {dict(counts.most_common())}")
    assert total > 3000
    assert counts["complaint"] > 0.85 * total
    assert counts["abuse"] < 0.01 * total
    assert counts["praise"] < 0.03 * total
