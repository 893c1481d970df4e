"""The policy book of the example's made-up brand, so that whoever tries the desk sees one. Never for a real desk."""

from __future__ import annotations

import tomllib
from datetime import datetime
from pathlib import Path

from amends.desk import housebook, waysout
from amends.store.models import Agent, HouseRule, WayOut

BOOK = Path(__file__).parent / "example.toml"


def write(*, by: Agent, now: datetime) -> None:
    """Put the example's house rules and ways out in, where there are none."""
    book = tomllib.loads(BOOK.read_text(encoding="utf-8"))
    if not HouseRule.objects.exists():
        for row in book["rule"]:
            housebook.write(row["title"], row["topics"], row["texts"], row["reasons"], by=by, now=now)
    if not WayOut.objects.exists():
        for row in book["way"]:
            waysout.write(
                row["kind"],
                row["address"],
                row["titles"],
                topics=row.get("topics", ()),
                languages=row.get("languages", ()),
                zone=row.get("zone", ""),
                days={int(day): said for day, said in row.get("days", {}).items()},
                by=by,
            )
