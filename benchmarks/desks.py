"""Desks to measure: an empty one that can be had again and again, and one with a hundred thousand cases."""

from __future__ import annotations

import random
import shutil
import uuid
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.db import connection

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
BATCH = 2_000


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
    """The desk as it is now, to go back to before each round."""

    def __init__(self, now: datetime) -> None:
        self._now, self._file = now, file_of_database()
        if self._file is not None:
            connection.close()
            self._kept = self._file.with_suffix(".empty")
            _checkpoint(self._file)
            shutil.copyfile(self._file, self._kept)

    def back(self) -> None:
        if self._file is None:
            call_command("flush", verbosity=0, interactive=False)
            make(self._now)
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
    of them is open, the newest first of all; the rest is closed."""
    dice = random.Random(seed)
    source = setup.add_row("file", "Filled", {"path": "/dev/null"}, now=now)
    owners = [*rows.Agent.objects.all()]
    for number in range(9):
        owners.append(
            rows.Agent.objects.create_agent(f"a{number}@example.org", name=f"Agent {number}", role="agent")
        )
    authors = rows.Author.objects.bulk_create(
        [
            rows.Author(
                network="import",
                remote_id=f"f{i}",
                handle=f"f{i}.example",
                name=f"Person {i}",
                first_seen_at=now,
            )
            for i in range(max(1, n // 2))
        ],
        batch_size=BATCH,
    )
    log = Frontier()
    for chunk in _chunks(list(enumerate(texts(n, seed=seed))), BATCH):
        cases = rows.Case.objects.bulk_create(
            [
                _case(number, n, language, text, dice, authors, owners, source, live, now)
                for number, (language, text) in chunk
            ]
        )
        mentions = rows.Mention.objects.bulk_create([_mention(case, source) for case in cases])
        log = _seal(cases, mentions, log)
    rows.LogHead.objects.update_or_create(
        id=1,
        defaults={"size": log.size, "root": log.root().hex(), "frontier": [each.hex() for each in log.peaks]},
    )
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            # The server does this by itself, a minute later. SQLite does not, so we do not do it there.
            cursor.execute("ANALYZE")


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
    if number % 10_000 == 5_000:
        text += f" {RARE.title()}"
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


def _seal(cases: Sequence[rows.Case], mentions: Sequence[rows.Mention], log: Frontier) -> Frontier:
    leaves, evidence = [], []
    for case, mention in zip(cases, mentions, strict=True):
        made = uuid.UUID(int=log.size + (4 << 76) + (8 << 60))
        salt = sha256(made.bytes).digest()
        sealed = seal_bytes(
            mention.text.encode(),
            kind="said",
            canonical=mention.text,
            source="import",
            evidence_id=str(made),
            salt=salt,
            seen_at=case.opened_at,
        )
        leaf = rows.Leaf(index=log.size, data=sealed.leaf.decode("ascii"), hash=sealed.leaf_hash.hex())
        leaves.append(leaf)
        evidence.append(
            rows.Evidence(
                id=made,
                kind="said",
                case=case,
                raw=sealed.raw,
                canonical=sealed.canonical,
                digest=sealed.digest.hex(),
                salt=salt,
                leaf=leaf,
                seen_at=case.opened_at,
            )
        )
        log = log.append(sealed.leaf_hash)
    rows.Leaf.objects.bulk_create(leaves)
    rows.Evidence.objects.bulk_create(evidence)
    rows.Version.objects.bulk_create(
        [
            rows.Version(
                mention=mention,
                number=1,
                change="said",
                text=mention.text,
                seen_at=mention.found_at,
                evidence=each,
            )
            for mention, each in zip(mentions, evidence, strict=True)
        ]
    )
    rows.Judgement.objects.bulk_create(
        [
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
        ]
    )
    rows.CaseEvent.objects.bulk_create(
        [
            rows.CaseEvent(case=case, kind="case_opened", at=case.opened_at, data={"mention": mention.pk})
            for case, mention in zip(cases, mentions, strict=True)
        ]
    )
    return log


def reopen_all() -> None:
    """The worst day: every case is open and waits."""
    from django.db.models import F

    rows.Case.objects.exclude(closed_at=None).update(
        closed_at=None,
        closing="",
        status=Status.NEW,
        due_at=F("opened_at"),
        due_for="first_answer",
        breached_at=F("opened_at"),
    )
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("VACUUM ANALYZE")


def _chunks(items: Sequence[Any], size: int) -> Iterator[Sequence[Any]]:
    for start in range(0, len(items), size):
        yield items[start : start + size]
