"""Desks to measure: an empty one that can be had again and again, and one with a hundred thousand cases."""

from __future__ import annotations

import random
import shutil
import uuid
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.db import connection, transaction
from django.db.models import F, Value
from django.db.models.functions import Concat

from amends.cli.serve import prepare
from amends.core.case import Kind, Severity, Status
from amends.core.text import fold
from amends.desk import people, setup
from amends.document.evidence import seal_bytes
from amends.document.log import Frontier
from amends.store import models as rows
from amends.watch.likeness import keywords
from benchmarks.posts import BRAND, texts

#: A word that one case in ten thousand holds, and one that about half of them hold.
RARE, COMMON = "zanzibar", "lumora"
#: How many cases are made one by one.
BASE = 2_000
MOMENTS = ("opened_at", "last_author_at", "changed_at", "due_at", "closed_at")


def make(now: datetime) -> rows.Agent:
    """An empty desk that watches the brand."""
    prepare()
    admin = people.first_admin(now=now)
    setup.add_term(BRAND, by=admin, now=now)
    setup.set_organisation(brand=BRAND, by=admin)
    rows.Organisation.objects.update(set_up_at=now)
    return admin


def file_of_database() -> Path | None:
    """Where SQLite keeps it; None for PostgreSQL."""
    return Path(str(settings.DATABASES["default"]["NAME"])) if connection.vendor == "sqlite" else None


class Fresh:
    """The desk as it is now, to go back to before each round. PostgreSQL's is emptied and made anew with `make_again`."""

    def __init__(self, make_again: Callable[[], object]) -> None:
        self._make_again, self._file = make_again, file_of_database()
        if self._file is not None:
            connection.close()
            self._kept = self._file.with_suffix(".empty")
            _checkpoint(self._file)
            shutil.copyfile(self._file, self._kept)

    def back(self) -> None:
        if self._file is None:
            call_command("flush", verbosity=0, interactive=False)
            self._make_again()
            return
        connection.close()
        for end in ("-wal", "-shm"):
            Path(f"{self._file}{end}").unlink(missing_ok=True)
        shutil.copyfile(self._kept, self._file)


def _checkpoint(file: Path) -> None:
    import sqlite3

    with sqlite3.connect(file) as direct:
        direct.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    direct.close()


def fill(n: int, *, now: datetime, live: float = 0.1, seed: int = 3) -> None:
    """`n` cases of two months, each with a post, its evidence, leaf, version, judgement and event. A share `live`
    of them is open, most of those new; the rest is closed.

    The first two thousand are made one by one, the others are their copies with numbers and evidence of their own:
    what an index or a page sees of them is the same, and it takes seconds.
    """
    base, log = min(n, BASE), Frontier()
    source = _many(base, now=now, live=live, seed=seed)
    _copy(base, n)
    mentions = rows.Mention.objects.filter(source=source).order_by("id").values_list("id", "case", "text")
    for chunk in _chunks(list(mentions), BASE):
        log = _seal(chunk, log, now)
    rows.LogHead.objects.update_or_create(
        id=1,
        defaults={"size": log.size, "root": log.root().hex(), "frontier": [each.hex() for each in log.peaks]},
    )
    rare = list(rows.Case.objects.order_by("id").values_list("id", flat=True))[n // 2 :: 10_000]
    rows.Case.objects.filter(pk__in=rare).update(search_text=Concat("search_text", Value(f" {RARE}")))
    _settle()


def _many(n: int, *, now: datetime, live: float, seed: int) -> rows.Source:
    dice = random.Random(seed)
    source = setup.add_row("file", "Filled", {"path": "/dev/null"}, now=now)
    owners = [*rows.Agent.objects.all()]
    for number in range(9):
        owners.append(
            rows.Agent.objects.create_agent(f"a{number}@example.org", name=f"Agent {number}", role="agent")
        )
    authors = rows.Author.objects.bulk_create(
        rows.Author(
            network="import", remote_id=f"f{i}", handle=f"f{i}.example", name=f"Person {i}", first_seen_at=now
        )
        for i in range(max(1, n // 2))
    )
    cases = rows.Case.objects.bulk_create(
        _case(number, n, language, text, dice, authors, owners, source, live, now)
        for number, (language, text) in enumerate(texts(n, seed=seed))
    )
    mentions = rows.Mention.objects.bulk_create(_mention(case, source) for case in cases)
    rows.Judgement.objects.bulk_create(
        rows.Judgement(
            mention=mention,
            at=mention.found_at,
            kind=case.kind,
            severity=case.severity,
            cause=case.cause,
            topic=case.topic,
            language=case.language,
            details={"anger": 1, "words": []},
        )
        for case, mention in zip(cases, mentions, strict=True)
    )
    rows.CaseEvent.objects.bulk_create(
        rows.CaseEvent(case=case, kind="case_opened", at=case.opened_at, data={"mention": mention.pk})
        for case, mention in zip(cases, mentions, strict=True)
    )
    return source


def _copy(base: int, n: int) -> None:
    """Copy the base until there are `n`: the same rows, each number moved on, each moment some hours back, so that a
    page of the queue does not show thirty copies of one case."""
    changed = {
        rows.Author: {"id": "id + {by}", "remote_id": "remote_id || '-' || {by}"},
        rows.Case: {
            "id": "id + {by}",
            "author_id": "author_id + {by}",
            **{each: _earlier(each) for each in MOMENTS},
        },
        rows.Mention: {
            "id": "id + {by}",
            "author_id": "author_id + {by}",
            "case_id": "case_id + {by}",
            "remote_id": "remote_id || '-' || {by}",
            "thread_id": "thread_id || '-' || {by}",
        },
        rows.Judgement: {"id": "id + {by}", "mention_id": "mention_id + {by}"},
        rows.CaseEvent: {"id": "id + {by}", "case_id": "case_id + {by}"},
    }
    with transaction.atomic(), connection.cursor() as cursor:
        for by in range(base, n, base):
            for model, new in changed.items():
                columns = [field.column for field in model._meta.local_concrete_fields]
                taken = ", ".join(new.get(each, f'"{each}"').format(by=by) for each in columns)
                listed = ", ".join(f'"{each}"' for each in columns)
                table = model._meta.db_table
                cursor.execute(
                    f"INSERT INTO {table} ({listed}) SELECT {taken} FROM {table} WHERE id <= (SELECT min(id) FROM {table}) + {base - 1}"
                )


def _earlier(column: str) -> str:
    """SQL for a column's moment, {by} seconds earlier."""
    if connection.vendor == "sqlite":
        return f"strftime('%Y-%m-%d %H:%M:%f', {column}, '-{{by}} seconds')"
    return f"{column} - interval '{{by}} seconds'"


def _case(
    number: int,
    n: int,
    language: str,
    text: str,
    dice: random.Random,
    authors: Sequence[rows.Author],
    owners: Sequence[rows.Agent],
    source: rows.Source,
    live: float,
    now: datetime,
) -> rows.Case:
    opened_at = now - timedelta(days=60) * (1 - number / n)
    # Most of what is open is new, but some old ones stay.
    is_live = dice.random() < live * (0.2 + 1.6 * number / n)
    severity = dice.choices(list(Severity), (40, 40, 15, 5))[0]
    kind = dice.choices(list(Kind), (60, 12, 12, 2, 6, 8))[0]
    status = (
        dice.choice((Status.NEW, Status.NEW, Status.OPEN, Status.PENDING, Status.RESOLVED))
        if is_live
        else Status.CLOSED
    )
    if dice.random() < 0.5:
        text = text.replace(BRAND, "they").replace("chez they", "chez eux")
    author = dice.choice(authors)
    waits = is_live and status in (Status.NEW, Status.OPEN)
    return rows.Case(
        author=author,
        title=text[:80],
        network="import",
        source=source,
        status=status,
        kind=kind,
        severity=severity,
        severity_rank=severity.rank,
        topic="delivery",
        language=language,
        owner=dice.choice(owners) if dice.random() < 0.5 else None,
        opened_at=opened_at,
        last_author_at=opened_at,
        changed_at=opened_at + timedelta(hours=2),
        due_at=opened_at + timedelta(hours=dice.randint(1, 2000)) if waits else None,
        due_for="first_answer" if waits else "",
        # What is late was told of already: the figures are of a desk at rest.
        breached_at=now if waits else None,
        closing="" if is_live else "satisfied",
        closed_at=None if is_live else opened_at + timedelta(hours=5),
        keywords=list(keywords(text)),
        search_text=fold(f"{author.handle} {author.name}\n{text}"),
    )


def _mention(case: rows.Case, source: rows.Source) -> rows.Mention:
    return rows.Mention(
        network="import",
        remote_id=f"m{case.pk}",
        source=source,
        author=case.author,
        case=case,
        text=case.search_text.partition("\n")[2],
        thread_id=f"m{case.pk}",
        posted_at=case.opened_at,
        found_at=case.opened_at,
        match={"reasons": [], "terms": [BRAND], "is_direct": False},
    )


def _seal(mentions: Sequence[tuple[int, int, str]], log: Frontier, now: datetime) -> Frontier:
    """Evidence, leaf and version of each mention (its id, its case's, its text)."""
    seen_at = connection.ops.adapt_datetimefield_value(now)
    leaves, evidence, versions = [], [], []
    for mention_id, case_id, text in mentions:
        made = uuid.UUID(int=log.size + (4 << 76) + (8 << 60))
        kept = made.hex if connection.vendor == "sqlite" else str(made)
        sealed = seal_bytes(
            text.encode(),
            kind="said",
            canonical=text,
            source="import",
            evidence_id=str(made),
            salt=sha256(made.bytes).digest(),
            seen_at=now,
        )
        leaves.append((log.size, sealed.leaf.decode("ascii"), sealed.leaf_hash.hex()))
        evidence.append(
            (kept, "said", case_id, sealed.raw, text, sealed.digest.hex(), sealed.salt, log.size, seen_at)
        )
        versions.append((mention_id, 1, "said", text, "", seen_at, kept))
        log = log.append(sealed.leaf_hash)
    with transaction.atomic():
        _pour("store_leaf (index, data, hash)", leaves)
        _pour("store_evidence (id, kind, case_id, raw, canonical, digest, salt, leaf_id, seen_at)", evidence)
        _pour("store_version (mention_id, number, change, text, revision, seen_at, evidence_id)", versions)
    return log


def _pour(into: str, found: Sequence[tuple[Any, ...]]) -> None:
    table, _, columns = into.partition(" ")
    names = ", ".join(f'"{each.strip()}"' for each in columns.strip("()").split(","))
    with connection.cursor() as cursor:
        cursor.executemany(
            f"INSERT INTO {table} ({names}) VALUES ({', '.join(['%s'] * len(found[0]))})", found
        )


def _settle() -> None:
    """What PostgreSQL does by itself a minute later. SQLite does not, so it is not done there."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("VACUUM ANALYZE")


def reopen_all() -> None:
    """The worst day: every case is open and waits."""
    rows.Case.objects.exclude(closed_at=None).update(
        closed_at=None,
        closing="",
        status=Status.NEW,
        due_at=F("opened_at"),
        due_for="first_answer",
        breached_at=F("opened_at"),
    )
    _settle()


def _chunks(items: Sequence[Any], size: int) -> Iterator[Sequence[Any]]:
    for start in range(0, len(items), size):
        yield items[start : start + size]
