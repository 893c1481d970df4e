"""Requests of programs: done once however often they are sent, and told apart from what is not there."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import IntegrityError, models, transaction

from amends.core.graph import Refused
from amends.core.say import say
from amends.store.models import (
    Agent,
    Approval,
    Case,
    IdempotentRequest,
    OutboxEntry,
    Promise,
    Sampled,
    Source,
    WatchTerm,
    WayOut,
)

#: How long a key is remembered. A program that tries again does so within minutes.
KEPT = timedelta(days=7)

_NOUNS: dict[str, type[models.Model]] = {
    "case": Case,
    "promise": Promise,
    "entry": OutboxEntry,
    "approval": Approval,
    "source": Source,
    "term": WatchTerm,
    "post": Sampled,
    "way": WayOut,
}


class OtherRequest(Refused):
    """This idempotency key was used for another request."""


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What was answered: now, or when the request came for the first time."""

    status: int
    body: Any
    is_again: bool = False


def once(key: str, digest: str, do: Callable[[], tuple[int, Any]], *, by: Agent, now: datetime) -> Answer:
    """Run `do`, which gives a status and a JSON body, unless this agent's `key` was answered before.

    The answer is kept in one transaction with what `do` wrote: after a crash there are both or none. A refusal
    keeps nothing: the same key may try again. Raises what `do` raises, and `OtherRequest` when the key came before
    with another `digest` (SHA-256, hex, of all that the request says).
    """
    forget(now=now)
    try:
        with transaction.atomic():
            # The row comes first: a second worker with the same key waits here, then finds the answer.
            with transaction.atomic():
                kept = IdempotentRequest.objects.create(agent=by, key=key, digest=digest, status=0, at=now)
            kept.status, kept.body = do()
            kept.save(update_fields=["status", "body"])
            return Answer(status=kept.status, body=kept.body)
    except IntegrityError:
        earlier = IdempotentRequest.objects.filter(agent=by, key=key).first()
        if earlier is None:
            raise
    if earlier.digest != digest:
        raise OtherRequest(
            say("This Idempotency-Key was used for another request: make a new key for each request.")
        )
    return Answer(status=earlier.status, body=earlier.body, is_again=True)


def forget(*, now: datetime) -> int:
    """Drop the keys that are older than `KEPT`. Gives how many."""
    gone, _ = IdempotentRequest.objects.filter(at__lt=now - KEPT).delete()
    return gone


def is_there(noun: str, number: int) -> bool:
    """Whether there is a case, promise, entry (of the outbox), approval, source, term, post (to label) or way (out) of this number. One query."""
    return _NOUNS[noun]._default_manager.filter(pk=number).exists()
