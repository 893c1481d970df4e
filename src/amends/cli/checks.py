"""What `amends doctor` looks at."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import connection
from django.db.utils import DatabaseError

from amends.cli.serve import open_migrations
from amends.core.policy import BadPolicy
from amends.core.say import Said, say, say_many
from amends.desk import encoder, policies
from amends.store import queries

#: A worker that was silent for so long is not there.
WORKER_SILENCE = timedelta(seconds=20)


@dataclass(frozen=True, kw_only=True)
class Check:
    """One finding: `level` is good, note or bad; `do` says what to do."""

    name: str
    level: str
    says: Said
    do: Said | None = None

    @property
    def is_bad(self) -> bool:
        return self.level == "bad"

    @property
    def sign(self) -> str:
        return {"good": "✓", "note": "•", "bad": "✗"}[self.level]

    def as_json(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "level": self.level,
            "says": str(self.says),
            "do": str(self.do) if self.do else None,
        }


def worker_is_alive(*, now: datetime) -> bool:
    """Whether a worker gave a sign of life in the last seconds."""
    beat = queries.health().worker_at
    return beat is not None and now - beat < WORKER_SILENCE


def all_checks(*, now: datetime) -> list[Check]:
    """Every check; when the database cannot be used, only those that need none."""
    found = [_home(), _policy(), _models(now)]
    try:
        found.extend(_database())
        if not found[-1].is_bad:
            for look in _LOOKS:
                found.extend(look(queries.health(), now))
    except DatabaseError as broken:
        found.append(
            Check(
                name="database",
                level="bad",
                says=say("The database cannot be used: {why}", why=str(broken).splitlines()[0]),
                do=say("See AMENDS_DATABASE_URL in docs/reference/settings.md."),
            )
        )
    return found


def _home() -> Check:
    return Check(
        name="home", level="good", says=say("The data folder is {path}", path=str(settings.AMENDS_HOME))
    )


def _policy() -> Check:
    try:
        policies.triage(), policies.coaching(), policies.guards(), policies.sla()
    except BadPolicy as wrong:
        return Check(name="policy", level="bad", says=say("{error}", error=str(wrong)))
    return Check(name="policy", level="good", says=say("The policy files can be read"))


def _models(now: datetime) -> Check:
    """Which models judge. An encoder that is there is opened, so that a damaged one is found."""
    if (problem := policies.scorer_problem()) is not None:
        return Check(name="models", level="bad", says=problem)
    stands = encoder.standing(now=now)
    return Check(
        name="models",
        level="good" if stands.has_encoder else "note",
        says=stands.says,
        do=None if settings.AMENDS_MODELS else say("AMENDS_MODELS is off: nothing is fetched at the start."),
    )


def _database() -> Iterator[Check]:
    lacking, unknown = open_migrations()
    if unknown:
        yield Check(
            name="database",
            level="bad",
            says=say("The database was made by a newer Amends ({name}).", name=unknown[-1]),
            do=say("Update Amends, or start with the data folder of this version."),
        )
    elif lacking:
        yield Check(
            name="database",
            level="bad",
            says=say_many(
                "The database lacks {n} change.", "The database lacks {n} changes.", n=len(lacking)
            ),
            do=say("Run: amends init"),
        )
    else:
        yield Check(
            name="database",
            level="good",
            says=say("The database ({kind}) is up to date", kind=connection.vendor),
        )


def _worker(health: queries.Health, now: datetime) -> Iterator[Check]:
    if health.worker_at is None or now - health.worker_at > WORKER_SILENCE:
        yield Check(
            name="worker",
            level="note",
            says=say("No worker runs: nobody listens, nothing is sent"),
            do=say("Run: amends up"),
        )
    else:
        yield Check(name="worker", level="good", says=say("The worker is alive"))
    if health.oldest_unread_at is not None and now - health.oldest_unread_at > timedelta(minutes=5):
        yield Check(
            name="reading",
            level="bad" if health.set_aside else "note",
            says=say_many("{n} delivery waits to be read", "{n} deliveries wait to be read", n=health.unread),
        )
    if health.set_aside:
        yield Check(
            name="set_aside",
            level="bad",
            says=say_many(
                "{n} task failed too often and was set aside",
                "{n} tasks failed too often and were set aside",
                n=health.set_aside,
            ),
            do=say("See the log of the worker; nothing is lost."),
        )


def _sources(health: queries.Health, now: datetime) -> Iterator[Check]:
    if not health.sources:
        yield Check(
            name="sources",
            level="note",
            says=say("Nothing is listened to yet"),
            do=say('Run: amends watch "Your brand", or: amends example'),
        )
    for source in health.sources:
        if source.state == "needs_attention":
            problem = Said.from_json(source.problem) if source.problem else say("It stopped.")
            yield Check(
                name="source",
                level="bad",
                says=say("“{source}” needs attention: {why}", source=source.name, why=problem),
            )
        elif source.problem:
            yield Check(
                name="source",
                level="note",
                says=say("“{source}” waits: {why}", source=source.name, why=Said.from_json(source.problem)),
            )
        else:
            yield Check(name="source", level="good", says=say("“{source}” is in order", source=source.name))


def _hands(health: queries.Health, now: datetime) -> Iterator[Check]:
    if health.needs_a_hand:
        yield Check(
            name="replies",
            level="note",
            says=say_many("{n} reply needs a hand", "{n} replies need a hand", n=health.needs_a_hand),
        )
    if health.quarantined:
        yield Check(
            name="quarantine",
            level="note",
            says=say_many("{n} piece is in quarantine", "{n} pieces are in quarantine", n=health.quarantined),
        )
    yield Check(
        name="log",
        level="good",
        says=say_many("{n} entry in the evidence log", "{n} entries in the evidence log", n=health.leaves),
        do=None,
    )


_LOOKS: tuple[Callable[[queries.Health, datetime], Iterator[Check]], ...] = (_worker, _sources, _hands)
