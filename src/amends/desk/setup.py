"""Setting up what we listen to: a brand, its feeds and streams, the example; and the state of sources."""

from __future__ import annotations

import json
import shutil
import socket
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.db import IntegrityError, transaction

from amends.connectors.base import NeedsAttention, RetryLater, fields_of
from amends.connectors.example import scenario
from amends.connectors.registry import UnknownConnector, connector_named
from amends.core.graph import Refused
from amends.core.say import Said, say
from amends.core.text import storable
from amends.desk import accounts, example_book, opening, vault
from amends.desk.permissions import must
from amends.listen.match import BadTerm, Matcher, TermKind
from amends.listen.match import WatchTerm as ListenTerm
from amends.store.models import Agent, Organisation, Source, SourceState, WatchTerm

#: What a live start needs to reach; asked only by name and port, nothing is sent.
LIVE_HOST = ("jetstream2.us-east.bsky.network", 443)
#: Connectors whose every item concerns us by itself.
TAKE_EVERYTHING = frozenset({"feed", "file"})


def is_online(seconds: float = 2.0) -> bool:
    """Whether live listening can work from here now."""
    try:
        with socket.create_connection(LIVE_HOST, timeout=seconds):
            return True
    except OSError:
        return False


def running_example() -> Source | None:
    """The example's source, where it was started before."""
    return Source.objects.filter(connector="example").first()


def start_example(*, by: Agent, now: datetime) -> Source:
    """The walk-through: a made-up brand whose customers arrive over a few minutes, as if live."""
    must(by, "listen")
    story = scenario()
    folder = Path(settings.AMENDS_HOME) / "example"
    with transaction.atomic():
        if Source.objects.filter(connector="example").exists():
            raise Refused(say("The example is running already: its cases are in the queue."))
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True, exist_ok=True)
        _name_brand(story.brand, is_example=True, now=now)
        for term in story.terms:
            WatchTerm.objects.get_or_create(
                text=term.text, kind=term.kind.value, defaults={"is_fuzzy": term.is_fuzzy, "made_at": now}
            )
        if Organisation.objects.filter(is_example=True).exists():
            example_book.write(by=by, now=now)
        return Source.objects.create(
            connector="example",
            name=story.network_label,
            settings={
                "folder": str(folder),
                "started_at": now.isoformat(),
                "speed": str(settings.AMENDS_EXAMPLE_SPEED),
            },
            made_at=now,
            next_fetch_at=now,
        )


def start_watching(
    brand: str,
    *,
    also: Sequence[str] = (),
    feeds: Sequence[str] = (),
    jetstream: str | None = "",
    by: Agent,
    now: datetime,
) -> list[Source]:
    """Watch a real brand: its names, Bluesky's public stream (`jetstream`: its address, "" for the public ones, None
    for none), and any feeds. Doing it again adds what is new. Gives the sources."""
    must(by, "listen")
    names = [name for name in (storable(" ".join(each.split())) for each in (brand, *also)) if name]
    if not names:
        raise Refused(say("Say the brand's name, as your customers write it."))
    with transaction.atomic():
        _name_brand(names[0], is_example=False, now=now)
        for name in names:
            add_term(name, TermKind.HASHTAG if name.startswith("#") else TermKind.NAME, by=by, now=now)
        sources = []
        if jetstream is not None:
            sources.append(_ensure("jetstream", "Bluesky", {"url": jetstream} if jetstream else {}, now=now))
        for url in feeds:
            sources.append(_ensure("feed", _feed_name(url), {"url": url.strip()}, now=now))
    return sources


def _name_brand(brand: str, *, is_example: bool, now: datetime) -> None:
    own, _ = Organisation.objects.get_or_create(id=1)
    if not own.brand or own.is_example:
        own.brand, own.is_example = brand[:120], is_example
    own.set_up_at = own.set_up_at or now
    own.save()


def _feed_name(url: str) -> str:
    parts = urlsplit(url.strip())
    return f"{parts.hostname or ''}{parts.path}".strip("/")[:200] or url[:200]


def _ensure(connector: str, name: str, given: dict[str, str], *, now: datetime) -> Source:
    found = Source.objects.filter(connector=connector, settings=given).first()
    if found:
        if found.state != SourceState.ACTIVE:
            found.state, found.problem, found.failures, found.next_fetch_at = SourceState.ACTIVE, None, 0, now
            found.save(update_fields=["state", "problem", "failures", "next_fetch_at"])
        return found
    return add_row(connector, name, given, now=now)


def add_row(connector: str, name: str, given: Mapping[str, str], *, now: datetime) -> Source:
    """A source row from settings; secret ones are encrypted. Raises `Refused` that names what is missing."""
    try:
        kind = connector_named(connector)
    except UnknownConnector as unknown:
        raise Refused(say("{error}", error=str(unknown))) from None
    open_: dict[str, str] = {}
    secret: dict[str, str] = {}
    for field in fields_of(kind.settings):
        value = str(given.get(field.name, "")).strip()
        if not value:
            if field.is_required:
                raise Refused(say("“{field}” is missing.", field=say(field.label)))
            continue
        (secret if field.is_secret else open_)[field.name] = value
    try:
        with transaction.atomic():
            return Source.objects.create(
                connector=connector,
                name=name[:200] or kind.traits.label,
                settings=open_,
                secrets=vault.lock(secret),
                takes_everything=connector in TAKE_EVERYTHING,
                made_at=now,
                next_fetch_at=now,
            )
    except IntegrityError:
        raise Refused(
            say("There is a source named “{name}” already: give this one another name.", name=name)
        ) from None


def add_source(connector: str, name: str, given: Mapping[str, str], *, by: Agent, now: datetime) -> Source:
    """Add a source by hand."""
    must(by, "listen")
    if connector in ("example", "file"):
        raise Refused(say("This kind of source is not added here."))
    return add_row(connector, name.strip(), given, now=now)


def import_source(
    path: Path, mapping: Mapping[str, str] | None = None, *, now: datetime, network: str = "import"
) -> Source:
    """A source for a file, read once to its end. The same file again goes on where it stopped."""
    given = {"path": str(path.resolve()), "network_name": network}
    if mapping:
        given["mapping"] = json.dumps(dict(mapping), sort_keys=True)
    found = Source.objects.filter(connector="file", settings=given).first()
    if found is None:
        stem, number = path.name[:180], 1
        while Source.objects.filter(
            connector="file", name=stem if number == 1 else f"{stem} ({number})"
        ).exists():
            number += 1
        found = add_row("file", stem if number == 1 else f"{stem} ({number})", given, now=now)
    return found


def check(source_id: int, *, by: Agent) -> tuple[bool, Said]:
    """Test a connection: whether it works, and a sentence on what was found."""
    must(by, "listen")
    source = Source.objects.get(pk=source_id)
    try:
        return True, accounts.connect(source).check()
    except UnknownConnector as unknown:
        return False, say("{error}", error=str(unknown))
    except NeedsAttention as why:
        return False, why.what
    except RetryLater as wait:
        return False, wait.why or say("It did not answer now. Amends tries again by itself.")


def pause(source_id: int, *, by: Agent, now: datetime) -> None:
    must(by, "listen")
    Source.objects.filter(pk=source_id).update(state=SourceState.PAUSED)


def resume(source_id: int, *, by: Agent, now: datetime) -> None:
    must(by, "listen")
    Source.objects.filter(pk=source_id).update(
        state=SourceState.ACTIVE, problem=None, failures=0, next_fetch_at=now, leased_until=None
    )


def set_takes_everything(source_id: int, value: bool, *, by: Agent) -> None:
    """Whether all of a source concerns us, or only what holds a watch word."""
    must(by, "listen")
    Source.objects.filter(pk=source_id).update(takes_everything=value)


def add_term(
    text: str, kind: str = TermKind.NAME, *, is_fuzzy: bool = True, by: Agent, now: datetime
) -> WatchTerm:
    """A word to watch for."""
    must(by, "listen")
    text = storable(" ".join(text.split()))[:200]
    if len(text.lstrip("#@")) < 2:
        raise Refused(say("A watch word needs two letters or more."))
    if kind not in [each.value for each in TermKind]:
        raise Refused(say("Choose what kind of word it is."))
    try:
        Matcher([ListenTerm(text=text, kind=TermKind(kind))])
    except BadTerm:
        raise Refused(say("“{term}” has no letter or digit to look for.", term=text)) from None
    term, _ = WatchTerm.objects.get_or_create(
        text=text, kind=str(kind), defaults={"is_fuzzy": is_fuzzy, "made_at": now}
    )
    return term


def remove_term(term_id: int, *, by: Agent) -> None:
    must(by, "listen")
    WatchTerm.objects.filter(pk=term_id).delete()


#: Whether a reply may say that we erred (A10): AM017 stops it, asks for a second look, or is silent.
ADMISSIONS = ("never", "when_known", "free")


def set_organisation(
    *,
    brand: str | None = None,
    contacts: Sequence[str] | None = None,
    undo_seconds: int | None = None,
    admission: str | None = None,
    banned_words: Sequence[str] | None = None,
    by: Agent,
) -> None:
    """What holds for everybody: the name, the addresses that may be said in public, how long a reply can be undone,
    whether a reply may say that we erred (A10), and the words that it does not use."""
    must(by, "settings")
    own, _ = Organisation.objects.get_or_create(id=1)
    if brand is not None:
        own.brand = storable(brand.strip())[:120]
    if contacts is not None:
        own.contacts = [storable(each.strip())[:200] for each in contacts if each.strip()][:50]
    if undo_seconds is not None:
        if not 0 <= undo_seconds <= 300:
            raise Refused(say("The time to take a reply back is between 0 and 300 seconds."))
        own.undo_seconds = undo_seconds
    if admission is not None:
        if admission not in ADMISSIONS:
            raise Refused(say("Whether a reply may say that we erred is never, when it is known, or freely."))
        own.admission = admission
    if banned_words is not None:
        own.banned_words = list(
            dict.fromkeys(storable(" ".join(each.split()))[:80] for each in banned_words if each.strip())
        )[:200]
    own.save()


def set_hours(zone: str, days: Mapping[int, str], *, by: Agent) -> None:
    """When somebody is there, by weekday (0 is Monday); no hours at all means always. Clocks that begin from now on
    count these hours only (K6)."""
    must(by, "settings")
    own, _ = Organisation.objects.get_or_create(id=1)
    own.hours = opening.hours_as_kept(zone, days)
    own.save(update_fields=["hours"])


def hours_as_written() -> tuple[str, list[str]]:
    """The zone, and the hours of each weekday as people write them."""
    return opening.hours_as_written(Organisation.objects.values_list("hours", flat=True).first() or {})


def describe(source: Source) -> dict[str, Any]:
    """A source for the command line and the API, without secrets."""
    return {
        "id": source.pk,
        "connector": source.connector,
        "name": source.name,
        "state": source.state,
        "problem": str(Said.from_json(source.problem)) if source.problem else None,
        "fetched_at": source.fetched_at.isoformat() if source.fetched_at else None,
        "found_at": source.found_at.isoformat() if source.found_at else None,
        "takes_everything": source.takes_everything,
        "progress": source.progress,
        "gaps": source.gaps,
    }
