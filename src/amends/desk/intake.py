"""From a page of bytes to cases: raw first, then understood, in two transactions.

1. `keep_page`: the exact bytes, the moved cursor and a task to read them, in one transaction. A crash before it
   fetches the page again; a crash after it reads what was kept.
2. `read_capture`: match → triage → document → case for each mention, in one transaction. Unique on
   (network, remote id): reading again is harmless. What cannot be understood goes to quarantine, and the rest goes on.

A page is looked up and written together, in few statements. When anything in it fails, all of it is rolled back and
read again one mention at a time, so that the one that fails goes to quarantine alone.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

from django.db import transaction

from amends.connectors.base import Page
from amends.core.mention import Mention, Unreadable
from amends.desk import accounts, stages
from amends.desk.judging import Judgings
from amends.desk.points import passed
from amends.desk.reading import Reading, foreseeable
from amends.desk.stages import READ
from amends.desk.trail import tell
from amends.store import models as rows

log = logging.getLogger("amends.intake")

#: A read that takes longer is believed dead, and is taken again.
LEASE = timedelta(minutes=1)


class CursorMoved(RuntimeError):
    """Somebody else read on from this cursor: this page is thrown away, theirs is kept."""


def keep_page(source: rows.Source, page: Page, *, now: datetime) -> int | None:
    """Make a page durable and move the cursor with it. Gives the capture's id, or None for a page without bytes.

    Raises `CursorMoved` when `source.cursor` is not the cursor on record any more.
    """
    passed("intake.fetched")
    with transaction.atomic():
        changes: dict[str, Any] = {"cursor": page.cursor, "fetched_at": now}
        if page.raw:
            changes["found_at"] = now
        if page.gap:
            changes["gaps"] = [*source.gaps, {"at": now.isoformat(), "what": page.gap.as_json()}][-20:]
        if page.total is not None:
            changes["progress"] = {**source.progress, "total": page.total}
        moved = rows.Source.objects.filter(pk=source.pk, cursor=source.cursor).update(**changes)
        if moved != 1:
            raise CursorMoved(source.name)
        capture_id = None
        if page.raw:
            capture_id = rows.Capture.objects.create(
                source=source,
                raw=page.raw,
                media_type=page.media_type[:120],
                url=page.url,
                digest=sha256(page.raw).hexdigest(),
                fetched_at=now,
            ).pk
            passed("intake.captured")
            stages.stream().put(READ, {"capture": capture_id}, now=now)
    for name, value in changes.items():
        setattr(source, name, value)
    if page.gap:
        tell(page.gap, now=now, level="warn")
    passed("intake.committed")
    return capture_id


def read_waiting(*, now: datetime, limit: int = 10, clock: Callable[[], datetime] | None = None) -> int:
    """Read captures that wait. Gives how many were read or given back.

    Reading takes time: `clock` says what the time is as it goes on. Without one it stands still at `now`.
    """
    clock = clock or (lambda: now)
    stream, n = stages.stream(), 0
    # One at a time: a lease must not run out behind nine long pages.
    while n < limit and (leases := stream.take(READ, now=clock(), lease_for=LEASE, limit=1)):
        n, lease, now = n + 1, leases[0], clock()
        passed("read.taken")
        try:
            read_capture(int(lease.payload["capture"]), now=now)
        except Exception as broken:
            log.exception("capture %s could not be read", lease.payload.get("capture"))
            wait = timedelta(seconds=5 * 4**lease.attempts)
            stream.give_back(lease, now=clock(), after=wait, why=f"{type(broken).__name__}: {broken}")
        else:
            stream.done(lease)
            passed("read.done")
    return n


def read_capture(capture_id: int, *, now: datetime) -> Counter[str]:
    """Understand one kept page. Gives counts of taken, again, edited, deleted, unmatched, quarantined."""
    capture = rows.Capture.objects.select_related("source").get(pk=capture_id)
    if capture.read_at is not None:
        return Counter(capture.counts)
    found = list(accounts.connect(capture.source).read(bytes(capture.raw)))
    judgings = _judged_beforehand(capture.source, found)
    passed("read.decided")
    try:
        return _read(capture, found, judgings, now=now, together=True)
    except Exception as broken:
        log.info("capture %s is read one by one: %s: %s", capture_id, type(broken).__name__, broken)
    return _read(capture, found, judgings, now=now, together=False)


def _judged_beforehand(source: rows.Source, found: list[Mention | Unreadable]) -> Judgings:
    """The page's posts, judged together: before the transaction, since models take their time and a lock is on all."""
    judgings = Judgings()
    try:
        judgings.foresee(foreseeable(source, [each for each in found if isinstance(each, Mention)]))
    except Exception as broken:
        # One of them cannot be judged: each will be judged when its turn comes, and that one goes to quarantine.
        log.info("a page of %s is judged one by one: %s: %s", source, type(broken).__name__, broken)
    return judgings


def _read(
    capture: rows.Capture,
    found: list[Mention | Unreadable],
    judgings: Judgings,
    *,
    now: datetime,
    together: bool,
) -> Counter[str]:
    with transaction.atomic():
        reading = Reading(capture, now=now, judgings=judgings)
        if together:
            reading.expect([each for each in found if isinstance(each, Mention)])
        for position, item in enumerate(found):
            reading.take(position, item)
            if position == len(found) // 2:
                passed("read.half_written")
        reading.close()
        news = _news(capture, reading.counts)
        claimed = rows.Capture.objects.filter(pk=capture.pk, read_at=None).update(
            read_at=now, counts=dict(Counter(capture.counts) + news)
        )
        if claimed != 1:
            # Another worker read it meanwhile (our lease ran out): its rows stand, ours are rolled back.
            transaction.set_rollback(True)
            return Counter()
        _add_progress(capture.source, news)
        if news["taken"]:
            _read_later_ones_again(capture, now=now)
        passed("read.written")
    passed("read.committed")
    return reading.counts


def _news(capture: rows.Capture, counts: Counter[str]) -> Counter[str]:
    """What a reading adds to the counts of the readings before."""
    if not capture.counts:
        return counts
    # Of what concerned nobody at first some does now; the rest is counted already.
    news = Counter({name: counts[name] for name in ("taken", "edited", "deleted")})
    news.update(unmatched=-news.total())
    return news


def _read_later_ones_again(capture: rows.Capture, *, now: datetime) -> None:
    """A page that is read late (its reader died, or another was quicker) may begin threads whose answers, on pages
    that were read before it, seemed to concern nobody. Reading these again is harmless."""
    later = rows.Capture.objects.filter(
        source=capture.source, pk__gt=capture.pk, read_at__isnull=False, counts__unmatched__gt=0
    )
    for capture_id in list(later.order_by("pk").values_list("pk", flat=True)):
        rows.Capture.objects.filter(pk=capture_id).update(read_at=None)
        stages.stream().put(READ, {"capture": capture_id}, now=now)


def _add_progress(source: rows.Source, counts: Counter[str]) -> None:
    fresh = rows.Source.objects.select_for_update().get(pk=source.pk)
    fresh.progress = {**fresh.progress, "read": fresh.progress.get("read", 0) + sum(counts.values())}
    for name, n in counts.items():
        fresh.progress[name] = fresh.progress.get(name, 0) + n
    fresh.save(update_fields=["progress"])


def retry_quarantined(quarantined_id: int, *, now: datetime) -> bool:
    """Read one quarantined piece again (after a fix). True when it could be taken in."""
    with transaction.atomic():
        kept = (
            rows.Quarantined.objects.select_for_update(of=("self",))
            .select_related("capture__source")
            .get(pk=quarantined_id)
        )
        found: Iterable[Mention | Unreadable] = accounts.connect(kept.capture.source).read(
            bytes(kept.capture.raw)
        )
        item = next((each for at, each in enumerate(found) if at == kept.position), None)
        if item is None or isinstance(item, Unreadable):
            if item is not None:
                kept.why = item.why.as_json()
                kept.save(update_fields=["why"])
            return False
        reading = Reading(kept.capture, now=now)
        reading.take(kept.position, item)
        reading.close()
        if reading.counts["quarantined"]:
            return False
        kept.state = "read"
        kept.save(update_fields=["state"])
        return True


def set_aside(quarantined_id: int) -> None:
    """A person looked at it and leaves it; the bytes stay."""
    rows.Quarantined.objects.filter(pk=quarantined_id).update(state="set_aside")
