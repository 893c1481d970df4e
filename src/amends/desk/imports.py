"""Reads a file to its end, in the foreground, with progress."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from amends.core.say import Said, say
from amends.desk import intake, reader, stages
from amends.store.models import Capture, Quarantined, Source, SourceState

#: Waiting for a reader elsewhere that holds the file, before we say so.
PATIENCE = 150


@dataclass
class Result:
    """What became of a file."""

    counts: Counter[str] = field(default_factory=Counter)
    unreadable: list[tuple[str, Said]] = field(default_factory=list)
    problem: Said | None = None
    """Why it could not be read to its end; None: it was."""

    def as_json(self) -> dict[str, Any]:
        return {
            **{
                name: self.counts[name]
                for name in ("taken", "again", "edited", "deleted", "unmatched", "quarantined")
            },
            "unreadable": [{"where": where, "why": str(why)} for where, why in self.unreadable],
            "error": str(self.problem) if self.problem else None,
        }


def run(source: Source, *, tell: Callable[[int, int | None], None] = lambda done, total: None) -> Result:
    """Read `source` (a file) to its end. `tell(done, total)` is told of the bytes or lines read."""
    first = Capture.objects.filter(source=source).order_by("-pk").values_list("pk", flat=True).first() or 0
    Source.objects.filter(pk=source.pk).update(
        state=SourceState.ACTIVE, problem=None, failures=0, next_fetch_at=datetime.now(UTC)
    )
    since = time.monotonic()
    while True:
        source.refresh_from_db()
        if source.state != SourceState.ACTIVE:
            break
        kept = reader.poll(source, now=datetime.now(UTC))
        read = _read_all(source)
        tell(*_progress_of(source))
        if kept or read:
            since = time.monotonic()
        elif time.monotonic() - since > PATIENCE:
            break
        else:
            time.sleep(0.05)
    _read_all(source)
    tell(*_progress_of(source))
    return _result(source, first)


def _read_all(source: Source) -> int:
    """Read this file's captures; a worker that runs beside may take some of them."""
    n = 0
    while intake.read_waiting(now=datetime.now(UTC), limit=20):
        n += 1
    while Capture.objects.filter(source=source, read_at=None).exists() and n < 10_000:
        if not intake.read_waiting(now=datetime.now(UTC), limit=20):
            if _is_set_aside(source):
                break
            time.sleep(0.05)
        n += 1
    return n


def _is_set_aside(source: Source) -> bool:
    return stages.stream().set_aside(stages.READ) > 0


def _progress_of(source: Source) -> tuple[int, int | None]:
    source.refresh_from_db()
    return int(source.progress.get("at", source.progress.get("read", 0))), source.progress.get("total")


def _result(source: Source, first: int) -> Result:
    result = Result()
    mine = Capture.objects.filter(source=source, pk__gt=first)
    for counts in mine.exclude(read_at=None).values_list("counts", flat=True):
        result.counts.update(counts)
    result.unreadable = [
        (each.where, Said.from_json(each.why))
        for each in Quarantined.objects.filter(capture__in=mine).order_by("capture", "position")[:1000]
    ]
    if source.state == SourceState.NEEDS_ATTENTION and source.problem:
        result.problem = Said.from_json(source.problem)
    elif source.state == SourceState.ACTIVE:
        result.problem = say("It could not be read to its end; start the same command again to go on.")
    elif mine.filter(read_at=None).exists():
        result.problem = say("Some of it is kept but could not be understood yet: see amends doctor.")
    return result
