"""The benchmarks run and give all their figures. How fast is not asked here: no test of ours depends on a clock."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from benchmarks.posts import records  # noqa: E402
from benchmarks.run import FIGURES, number  # noqa: E402
from benchmarks.timing import Side, Void, compared, interleaved  # noqa: E402


@pytest.mark.slow
def test_the_quick_run_gives_every_figure(tmp_path):
    told = tmp_path / "figures.json"
    ended = subprocess.run(
        [sys.executable, str(ROOT / "benchmarks" / "run.py"), "--quick", "--json", str(told)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr
    report = json.loads(told.read_text())
    assert {line["figure"] for line in report["lines"]} == set(FIGURES)
    assert report["void"] == {}
    assert all(
        line["ours"]["low"] <= line["ours"]["median"] <= line["ours"]["high"] for line in report["lines"]
    )
    assert {"python", "cores", "load_before", "load_after", "packages"} <= set(report["machine"])


def test_a_figure_whose_sides_did_not_do_the_same_is_void():
    with pytest.raises(Void, match="units done: amends 3, lazy 2"):
        interleaved(Side(name="amends", run=lambda: 3), Side(name="lazy", run=lambda: 2), rounds=1)


@pytest.mark.slow
def test_the_sides_take_turns():
    seen = []
    ours = Side(name="a", run=lambda: seen.append("a") or 1)
    theirs = Side(name="b", run=lambda: seen.append("b") or 1)
    interleaved(ours, theirs, rounds=3)
    assert seen == ["a", "b"] * 3


def test_a_ratio_above_one_means_that_we_are_faster():
    line = compared("inbox", "sqlite", "a request", [0.010, 0.020, 0.030], "stock", [0.020, 0.040, 0.090])
    assert (round(line.ratio.median, 6), round(line.ratio.high, 6)) == (2.0, 3.0)
    assert line.ours.median == 20.0


def test_the_same_seed_gives_the_same_posts():
    assert records(40, seed=5) == records(40, seed=5)
    assert {each["lang"] for each in records(40, seed=5)} == {"en", "fr", "ro"}


def test_numbers_show_the_digits_that_count():
    assert [number(each) for each in (12_345.6, 12.345, 0.00123)] == ["12,346", "12.3", "0.00123"]
