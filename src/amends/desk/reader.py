"""Reads sources: polls those that are asked, follows those that stream; one reader at a time for each."""

from __future__ import annotations

import logging
import random
import threading
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from django.db import close_old_connections, connection
from django.db.models import Q

from amends.connectors.base import Follower, Listener, NeedsAttention, RetryLater
from amends.connectors.registry import UnknownConnector
from amends.core.say import Said, say
from amends.desk import accounts
from amends.desk.intake import CursorMoved, keep_page
from amends.desk.reading import matcher
from amends.desk.trail import tell
from amends.listen.cursor import next_call
from amends.store.models import Mention, OutboxEntry, Source, SourceState

log = logging.getLogger("amends.reader")

#: A reader that says nothing, and whose worker is silent, for so long is believed dead; another takes its source.
LEASE = timedelta(seconds=30)
#: Pages of one source in one go, so that a long one does not starve the others.
PAGES_AT_ONCE = 20
#: The words that we watch for are read again so often while following.
LOOK_AT_TERMS = timedelta(seconds=5)
QUIET_WAIT = timedelta(seconds=30)


def _lease(source: Source, *, now: datetime) -> bool:
    free = Q(leased_until=None) | Q(leased_until__lte=now)
    return (
        Source.objects.filter(free, pk=source.pk, state=SourceState.ACTIVE).update(leased_until=now + LEASE)
        == 1
    )


def _release(source: Source, *, next_fetch_at: datetime, **changes: object) -> None:
    Source.objects.filter(pk=source.pk).update(leased_until=None, next_fetch_at=next_fetch_at, **changes)


def keep_leases(source_ids: Iterable[int], *, now: datetime) -> None:
    """The worker that reads these sources is alive: nobody else takes them."""
    Source.objects.filter(pk__in=list(source_ids), leased_until__isnull=False).update(
        leased_until=now + LEASE
    )


def due_sources(*, now: datetime) -> list[Source]:
    """Active sources whose time has come and that nobody reads."""
    free = Q(leased_until=None) | Q(leased_until__lte=now)
    return list(
        Source.objects.filter(free, state=SourceState.ACTIVE, next_fetch_at__lte=now).order_by(
            "next_fetch_at"
        )
    )


def poll(source: Source, *, now: datetime) -> int:
    """Fetch what is new from a source that is asked. Gives the number of pages kept."""
    if not _lease(source, now=now):
        return 0
    kept = 0
    try:
        listener = accounts.connect(source)
        if not isinstance(listener, Listener):
            _release(source, next_fetch_at=now + timedelta(minutes=1))
            return 0
        while True:
            page = listener.fetch(source.cursor)
            keep_page(source, page, now=now)
            kept += bool(page.raw)
            if not page.more or kept >= PAGES_AT_ONCE:
                break
    except CursorMoved:
        log.warning("%s is read by somebody else as well", source)
        _release(source, next_fetch_at=now + timedelta(seconds=5))
    except RetryLater as wait:
        _later(source, wait, now=now)
    except NeedsAttention as why:
        stop(source, why.what, now=now)
    except UnknownConnector as unknown:
        stop(source, say("{error}", error=str(unknown)), now=now)
    except Exception as broken:
        log.exception("reading %s broke", source)
        _later(source, RetryLater(timedelta(), _unexpected(broken)), now=now)
    else:
        is_done = source.connector == "file" and not page.more
        pause = timedelta() if page.more else accounts.poll_every(source)
        _release(
            source,
            next_fetch_at=now + pause,
            failures=0,
            problem=None,
            fetched_at=now,
            **({"state": SourceState.DONE} if is_done else {}),
        )
    return kept


def _unexpected(broken: Exception) -> Said:
    return say(
        "Reading it failed in a way we did not foresee: {error}",
        error=f"{type(broken).__name__}: {broken}"[:300],
    )


def _later(source: Source, wait: RetryLater, *, now: datetime) -> None:
    failures = source.failures + 1
    at = next_call(
        failures,
        accounts.poll_every(source),
        now,
        random.random(),
        wait.after if wait.after else None,
    )
    _release(
        source,
        next_fetch_at=at,
        failures=failures,
        problem=wait.why.as_json() if wait.why and failures > 1 else None,
    )


def stop(source: Source, why: Said, *, now: datetime) -> None:
    """A person is needed; everybody is told."""
    _release(source, next_fetch_at=now, state=SourceState.NEEDS_ATTENTION, problem=why.as_json())
    tell(
        say("“{source}” does not listen any more: {why}", source=source.name, why=why),
        now=now,
        level="loud",
    )


class DeskInterest:
    """What a follower keeps: our words, and answers to or changes of what we hold."""

    def __init__(self, network: str) -> None:
        self._network = network
        self._matcher = matcher()
        self._looked_at = datetime.now(UTC)

    def wants(self, text: str) -> bool:
        now = datetime.now(UTC)
        if now - self._looked_at > LOOK_AT_TERMS:
            self._matcher, self._looked_at = matcher(), now
        return self._matcher.wants(text)

    def knows(self, remote_ids: Iterable[str]) -> set[str]:
        ids = list(remote_ids)
        known = set(
            Mention.objects.filter(network=self._network, remote_id__in=ids).values_list(
                "remote_id", flat=True
            )
        )
        known |= set(OutboxEntry.objects.filter(remote_id__in=ids).values_list("remote_id", flat=True))
        people = [each for each in ids if each.startswith("did:") and each.count("/") == 0]
        if people:
            known |= set(
                Mention.objects.filter(network=self._network, author__remote_id__in=people)
                .values_list("author__remote_id", flat=True)
                .distinct()
            )
        return known


def follow(source: Source, stop_event: threading.Event) -> None:
    """Stay connected to a streaming source until `stop_event`, an error, or another reader."""
    now = datetime.now(UTC)
    if not _lease(source, now=now):
        return
    try:
        follower = accounts.connect(source)
        interest = DeskInterest(accounts.traits_of(source).name)
        for page in follower.follow(source.cursor, interest, stop_event):
            now = datetime.now(UTC)
            keep_page(source, page, now=now)
            Source.objects.filter(pk=source.pk).update(leased_until=now + LEASE, failures=0, problem=None)
            if (
                stop_event.is_set()
                or not Source.objects.filter(pk=source.pk, state=SourceState.ACTIVE).exists()
            ):
                break
    except CursorMoved:
        log.warning("%s is read by somebody else as well", source)
    except RetryLater as wait:
        source.failures = Source.objects.values_list("failures", flat=True).get(pk=source.pk)
        _later(source, wait, now=datetime.now(UTC))
        return
    except NeedsAttention as why:
        stop(source, why.what, now=datetime.now(UTC))
        return
    except Exception as broken:
        log.exception("following %s broke", source)
        _later(source, RetryLater(QUIET_WAIT, _unexpected(broken)), now=datetime.now(UTC))
        return
    finally:
        close_old_connections()
        connection.close()
    _release(source, next_fetch_at=datetime.now(UTC))


def is_follower(source: Source) -> bool:
    """Whether the source streams. False where its connector is not installed: polling says so."""
    try:
        return issubclass(accounts.kind_of(source), Follower)
    except UnknownConnector:
        return False
