"""When a source is asked again, and when its silence is news (L4)."""

from __future__ import annotations

from datetime import datetime, timedelta

from amends.core.clock import aware
from amends.core.say import Said, say_many

#: No failing source waits longer, unless it is asked less often than that anyway.
LONGEST_WAIT = timedelta(minutes=15)
#: A network may ask for more patience than ours; what asks for more than a day is taken for a mistake.
LONGEST_RETRY_AFTER = timedelta(days=1)
#: Many times the usual gap between items, and not under an hour: a source that is silent so long has gone quiet.
QUIET_AFTER = 5
SHORTEST_QUIET = timedelta(hours=1)


def next_call(
    failures: int,
    asked: timedelta,
    now: datetime,
    jitter: float,
    retry_after: timedelta | None = None,
) -> datetime:
    """When to ask a source again (aware UTC).

    `failures` in a row so far (0: the last call went well), `asked` the usual time between calls, `jitter` in
    0…1 from the caller. After failures the wait doubles up to `LONGEST_WAIT`; `retry_after`, the network's own
    word, is a lower bound. Raises `NaiveTime` when `now` has no zone.
    """
    now = aware(now)
    asked = max(asked, timedelta(seconds=1))
    jitter = min(max(jitter, 0.0), 1.0)
    longest = max(LONGEST_WAIT, asked)
    wait = longest
    # Beyond 2^20 every wait is the longest one; the power of a huge count would overflow.
    if failures <= 20 and asked <= longest / 2 ** max(failures, 0):
        wait = asked * 2 ** max(failures, 0)
    # Doubling alone lets all sources return in the same second after an outage.
    spread = 0.1 * jitter if failures <= 0 else 0.5 * (jitter - 1)
    wait = min(wait * (1 + spread), longest)
    if retry_after is not None:
        wait = max(wait, min(retry_after, LONGEST_RETRY_AFTER))
    return now + wait


def is_quiet(last_item_at: datetime | None, usual_gap: timedelta, now: datetime) -> Said | None:
    """Why a source's silence is worth a look; None when it is not, or when nothing ever came (no habit yet)."""
    if last_item_at is None or usual_gap <= timedelta(0):
        return None
    silent = aware(now) - aware(last_item_at)
    if silent < SHORTEST_QUIET or silent / usual_gap < QUIET_AFTER:
        return None
    if silent < timedelta(days=2):
        return say_many(
            "Nothing came from this source for {n} hour, much longer than usual. Check its connection.",
            "Nothing came from this source for {n} hours, much longer than usual. Check its connection.",
            n=silent // timedelta(hours=1),
        )
    return say_many(
        "Nothing came from this source for {n} day, much longer than usual. Check its connection.",
        "Nothing came from this source for {n} days, much longer than usual. Check its connection.",
        n=silent.days,
    )
