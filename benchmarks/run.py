#!/usr/bin/env python3
"""Measures Amends beside plain things that do the same, in one run, and says what was found.

    python benchmarks/run.py                    everything: ten to twenty minutes
    python benchmarks/run.py --quick            everything, small and twice: whether it runs, not how fast it is
    python benchmarks/run.py --only inbox       one figure; may be said several times
    python benchmarks/run.py --json FILE        write the figures and the machine there too

With AMENDS_TEST_POSTGRES=postgres://… the figures that need a database are taken there too, in a database that is made
for them and dropped. What each figure means: docs/reference/benchmarks.md.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "src")]

from benchmarks import machine  # noqa: E402

#: Figure → the module that takes it.
FIGURES = {
    "intake": "intake",
    "inbox": "pages",
    "case": "pages",
    "search": "pages",
    "idle": "pages",
    "match": "matching",
    "judge": "judging",
    "triage": "tiers",
    "review": "judging",
    "typing": "writing",
    "start": "starting",
}
#: Modules that are run on PostgreSQL too.
ON_POSTGRES = ("intake", "pages")


def main(words: list[str]) -> int:
    """Run what was asked. Gives the exit status: 1 when a figure is void or broke."""
    asked = _asked(words)
    wanted = asked.only or list(FIGURES)
    report: dict[str, Any] = {"quick": asked.quick, "rounds": asked.rounds, "lines": [], "void": {}}
    with tempfile.TemporaryDirectory(prefix="amends-bench-") as folder:
        report["machine"] = machine.facts(Path(folder))
        _say_machine(report)
        for module in dict.fromkeys(FIGURES[name] for name in wanted):
            names = [name for name in wanted if FIGURES[name] == module]
            for where, url in _places(module, asked.on):
                label = f"{', '.join(names)} ({where})"
                print(f"… {label}", file=sys.stderr, flush=True)
                found = _measure(module, names, where, url, asked, Path(folder))
                if "void" in found:
                    report["void"][label] = found["void"]
                report["lines"] += found.get("lines", [])
                report["machine"]["load_after"] = machine.load()
                if asked.json:
                    # After each: a run that is cut off keeps what it has.
                    asked.json.write_text(
                        json.dumps(report, indent=1, ensure_ascii=False) + "\n", encoding="utf-8"
                    )
    _show(report)
    return 1 if report["void"] else 0


def _asked(words: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--quick", action="store_true", help="small sizes, two rounds")
    parser.add_argument("--only", action="append", choices=list(FIGURES), help="one figure (repeatable)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there")
    parser.add_argument("--on", choices=("sqlite", "postgres"), help="one database alone")
    parser.add_argument("--rounds", type=int, help="rounds of A/B (default 5, quick 2)")
    asked = parser.parse_args(words)
    asked.rounds = asked.rounds or (2 if asked.quick else 5)
    return asked


def _places(module: str, on: str | None) -> list[tuple[str, str]]:
    places = {"sqlite": ""}
    if (url := os.environ.get("AMENDS_TEST_POSTGRES")) and module in ON_POSTGRES:
        places["postgres"] = url
    return [(where, url) for where, url in places.items() if on in (None, where)]


def _measure(
    module: str, names: list[str], where: str, server: str, asked: argparse.Namespace, folder: Path
) -> dict[str, Any]:
    with tempfile.TemporaryDirectory(prefix=f"{module}-", dir=folder) as home:
        env = {
            name: value for name, value in os.environ.items() if not name.startswith(("AMENDS_", "DJANGO_"))
        }
        env |= {
            "AMENDS_HOME": home,
            "AMENDS_LOG_LEVEL": "ERROR",
            "AMENDS_MODELS": "off",
            "PYTHONPATH": os.pathsep.join((str(ROOT), str(ROOT / "src"))),
            "PYTHONHASHSEED": "0",
        }
        if encoder := os.environ.get("AMENDS_ENCODER"):
            env["AMENDS_ENCODER"] = encoder
        url = ""
        if server:
            from benchmarks.servers import drop, own_database

            url = env["AMENDS_DATABASE_URL"] = own_database(server)
        out = Path(home) / "found.json"
        job = Path(home) / "job.json"
        job.write_text(
            json.dumps(
                {
                    "quick": asked.quick,
                    "rounds": asked.rounds,
                    "wanted": names,
                    "where": where,
                    "out": str(out),
                }
            )
        )
        try:
            ended = subprocess.run(
                [sys.executable, "-m", "benchmarks.child", module, str(job)], cwd=ROOT, env=env, check=False
            )
        finally:
            if url:
                drop(url)
        if ended.returncode or not out.exists():
            return {"void": f"it ended with {ended.returncode}"}
        found: dict[str, Any] = json.loads(out.read_text())
        return found


def _say_machine(report: dict[str, Any]) -> None:
    about = report["machine"]
    print(
        f"{about['at']}, commit {about['commit']}, {about['cores']} cores ({about['processor']}), Python "
        f"{about['python']}, Django {about['packages'].get('Django', '?')}, SQLite {about['sqlite']}, "
        f"{about['syncs_per_second']} synced writes/s, load {about['load_before'][0]}, {report['rounds']} rounds\n"
    )


def number(value: float) -> str:
    """Three digits that count."""
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


def spread(found: dict[str, float] | None) -> str:
    """A median, with its lowest and highest where they differ."""
    if not found:
        return ""
    if found["low"] == found["high"]:
        return number(found["median"])
    return f"{number(found['median'])} ({number(found['low'])}–{number(found['high'])})"


def _show(report: dict[str, Any]) -> None:
    heads = ("figure", "on", "what", "unit", "amends", "peer", "", "ratio")
    table = [
        (
            line["figure"],
            line["where"],
            line["what"],
            line["unit"],
            spread(line["ours"]),
            spread(line["theirs"]),
            line["peer"],
            spread(line["ratio"]),
        )
        for line in report["lines"]
    ]
    widths = [max(len(row[at]) for row in [heads, *table]) for at in range(len(heads))]
    for row in [heads, *table]:
        print("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())
    for label, why in report["void"].items():
        print(f"\nVOID: {label}: {why}")
    print(
        f"\nA ratio above 1: we are so many times as fast, or as small. Load at the end: {report['machine']['load_after'][0]}"
    )


if __name__ == "__main__":
    # A run that is told to end takes its child, its folder and its database with it.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    sys.exit(main(sys.argv[1:]))
