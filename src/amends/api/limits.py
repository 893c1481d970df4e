"""How much one agent may ask for in a minute. Counted in each process: a guard against runaway programs, not a meter."""

from __future__ import annotations

from datetime import datetime

from django.core.cache import cache

from amends.api.problems import too_many


def must_be_within(what: str, agent_id: int, n: int, *, most: int, now: datetime) -> None:
    """Count `n` more of `what` for the agent. Raises a 429 `Problem` beyond `most` in this minute."""
    key = f"api-limit:{what}:{agent_id}:{now:%Y%m%d%H%M}"
    cache.add(key, 0, timeout=120)
    if cache.incr(key, n) > most:
        cache.decr(key, n)
        raise too_many(most, seconds=60 - now.second)
