"""`inbox`, `case`, `search` and `idle`: the desk with many cases, beside stock Django views over the same rows."""

from __future__ import annotations

import http.client
import random
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

from django.conf import settings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from amends.desk import intake, sender, timers
from amends.store import models as rows
from amends.store import queries
from benchmarks import desks
from benchmarks.serving import free_port, stop, until_it_answers
from benchmarks.timing import Line, Side, Taken, Void, alone, both, compared, interleaved, same


def figures(*, quick: bool, rounds: int, wanted: set[str], where: str) -> list[Line]:
    lines: list[Line] = []
    fresh: desks.Fresh | None = None
    for n in (500,) if quick else (10_000, 100_000):
        now = datetime.now(UTC)
        if fresh is None:
            desks.make(now)
            fresh = desks.Fresh(partial(desks.make, now))
        else:
            fresh.back()
        desks.fill(n, now=now)
        live = rows.Case.objects.filter(closed_at=None).count()
        lines += _measured(f"{where}, {n:,} cases, {live:,} open", n, quick, rounds, wanted)
    desks.reopen_all()
    return lines + _measured(f"{where}, {n:,} cases, all open", n, quick, rounds, wanted)


def _measured(where: str, n: int, quick: bool, rounds: int, wanted: set[str]) -> list[Line]:
    lines: list[Line] = []
    repeat = 2 if quick else 10
    client = Client(SERVER_NAME="127.0.0.1", headers={"accept-encoding": "gzip"})
    client.force_login(rows.Agent.objects.order_by("pk").first())
    pages = {}
    if "inbox" in wanted:
        pages["inbox"] = (lambda: "/", lambda: "/stock")
    if "case" in wanted:
        ids = list(rows.Case.objects.filter(closed_at=None).order_by("pk").values_list("pk", flat=True))
        dice = random.Random(4)
        pages["case"] = (lambda: f"/cases/{dice.choice(ids)}", lambda: f"/stock/{dice.choice(ids)}")
        pages["case, as htmx asks"] = (pages["case"][0], pages["case"][1])
    for what, (ours, theirs) in pages.items():
        headers = {"HX-Request": "true", "HX-Target": "case"} if "htmx" in what else {}
        lines += _in_process(client, what, where, ours, theirs, headers, repeat, rounds)
    if pages:
        with _server() as port:
            cookie = client.cookies[settings.SESSION_COOKIE_NAME].value
            for what, (ours, theirs) in pages.items():
                headers = {"HX-Request": "true", "HX-Target": "case"} if "htmx" in what else {}
                lines.append(_first_byte(port, cookie, what, where, ours, theirs, headers, repeat, rounds))
    if "search" in wanted:
        lines += _search(where, rounds, repeat)
    if "idle" in wanted:
        lines += _idle(where, rounds, repeat)
    return lines


def _in_process(
    client: Client,
    what: str,
    where: str,
    ours: Callable[[], str],
    theirs: Callable[[], str],
    headers: dict[str, str],
    repeat: int,
    rounds: int,
) -> list[Line]:
    figure = what.partition(",")[0]

    def get(path: Callable[[], str], headers: dict[str, str]) -> Callable[[], int]:
        def run() -> int:
            for _ in range(repeat):
                answer = client.get(path(), headers=headers)
                same(f"status of {path()}", got=answer.status_code, wanted=200)
            return repeat

        return run

    seen = {}
    for name, path, sent in (("amends", ours, headers), ("stock", theirs, {})):
        client.get(path(), headers=sent)
        with CaptureQueriesContext(connection) as asked:
            answer = client.get(path(), headers=sent)
        seen[name] = (len(asked), len(answer.content))
    if figure == "inbox":
        same(
            "rows shown",
            amends=_count(client, "/", b"data-case="),
            stock=_count(client, "/stock", b"<tr><td>"),
        )
    taken = interleaved(
        Side(name="amends", run=get(ours, headers)),
        Side(name="stock view", run=get(theirs, {})),
        rounds=rounds,
    )
    return [
        *both(figure, where, f"{what}: a request in process", *taken.values()),
        compared(
            figure,
            where,
            f"{what}: SQL statements",
            [seen["amends"][0]],
            "stock view",
            [seen["stock"][0]],
            "statements",
        ),
        compared(
            figure,
            where,
            f"{what}: bytes, gzipped",
            [seen["amends"][1]],
            "stock view",
            [seen["stock"][1]],
            "bytes",
        ),
    ]


def _count(client: Client, path: str, mark: bytes) -> int:
    return client.get(path, headers={"accept-encoding": "identity"}).content.count(mark)


@contextmanager
def _server() -> Iterator[int]:
    """Our ASGI application under uvicorn, with the stock views beside our pages."""
    port = free_port()
    served = subprocess.Popen(
        [
            sys.executable,
            "-m",
            "uvicorn",
            "amends.site.asgi:application",
            "--port",
            str(port),
            "--lifespan",
            "off",
            "--log-level",
            "warning",
            "--no-access-log",
        ]
    )
    try:
        until_it_answers(port, served)
        yield port
    finally:
        stop(served)


def _first_byte(
    port: int,
    cookie: str,
    what: str,
    where: str,
    ours: Callable[[], str],
    theirs: Callable[[], str],
    headers: dict[str, str],
    repeat: int,
    rounds: int,
) -> Line:
    way = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
    signed_in = {"Cookie": f"{settings.SESSION_COOKIE_NAME}={cookie}", "Accept-Encoding": "gzip"}
    taken = {"amends": Taken(name="amends"), "stock view": Taken(name="stock view")}
    for at in range(rounds + 1):
        for name, path, sent in (("amends", ours, headers), ("stock view", theirs, {})):
            waits = []
            for _ in range(repeat):
                began = time.perf_counter()
                way.request("GET", path(), headers={**signed_in, **sent})
                answer = way.getresponse()
                waits.append(time.perf_counter() - began)
                answer.read()
                same(f"status of {path()}", got=answer.status, wanted=200)
            if at:
                taken[name].wall.append(sorted(waits)[len(waits) // 2])
    way.close()
    figure = what.partition(",")[0]
    return compared(
        figure,
        where,
        f"{what}: first byte from uvicorn",
        taken["amends"].wall,
        "stock view",
        taken["stock view"].wall,
    )


def _search(where: str, rounds: int, repeat: int) -> list[Line]:
    """The search box of the queue, beside an index of words (SQLite FTS5) over the same texts."""
    words = sqlite3.connect(":memory:")
    words.execute("CREATE VIRTUAL TABLE said USING fts5(text, content='', tokenize='unicode61')")
    words.executemany(
        "INSERT INTO said(rowid, text) VALUES (?, ?)",
        rows.Case.objects.values_list("pk", "search_text").iterator(),
    )
    admin, now = rows.Agent.objects.order_by("pk").first(), datetime.now(UTC)
    lines: list[Line] = []
    for name, word in (("rare", desks.RARE), ("common", desks.COMMON)):
        hits = rows.Case.objects.filter(search_text__contains=word).count()
        (listed,) = words.execute("SELECT count(*) FROM said WHERE said MATCH ?", (word,)).fetchone()
        if connection.vendor == "sqlite":
            same(f"cases with “{word}”", amends=hits, index=listed)

        def ours(word: str = word) -> int:
            for _ in range(repeat):
                queries.queue("all", admin.pk, word, now=now)
            return repeat

        def indexed(word: str = word) -> int:
            for _ in range(repeat):
                found = [
                    pk
                    for (pk,) in words.execute("SELECT rowid FROM said WHERE said MATCH ? LIMIT 31", (word,))
                ]
                list(
                    rows.Case.objects.filter(pk__in=found)
                    .select_related("author", "owner")
                    .defer("search_text", "keywords")
                )
            return repeat

        taken = interleaved(
            Side(name="amends", run=ours), Side(name="FTS5, any 31", run=indexed), rounds=rounds
        )
        found = f"{hits:,} cases hold it" if hits != 1 else "one case holds it"
        lines += both("search", where, f"a {name} word", *taken.values(), note=found)
    words.close()
    return lines


def _idle(where: str, rounds: int, repeat: int) -> list[Line]:
    """What the desk costs while nobody does anything: the worker looks four times, open pages once a second."""
    now = datetime.now(UTC) - timedelta(seconds=1)
    timers.fire(now=now), timers.look_again(now=now)
    rows.Heartbeat.objects.filter(name="look_again").update(at=now, data={"after": 0})
    latest = queries.changes_since(None).latest
    if latest is None:
        raise Void("there is no case to look at")

    def times(call: Callable[[], Any]) -> Callable[[], int]:
        def run() -> int:
            for _ in range(repeat):
                call()
            return repeat

        return run

    def worker_round() -> None:
        intake.read_waiting(now=now)
        sender.drain(now=now)
        timers.fire(now=now)
        timers.look_again(now=now)

    proof = rows.Evidence.objects.order_by("leaf").first()
    taken = _each(
        {
            "one round of the worker (four a second)": times(worker_round),
            "one look of the live stream (one a second, for all pages)": times(
                lambda: queries.changes_since(latest)
            ),
            "the figures on the tabs": times(lambda: queries.counts(1, now=now)),
            "what /readyz asks": times(queries.health),
            "the page of the plan": times(lambda: queries.plan_page(now=now)),
            "one proof of evidence": lambda: int(queries.evidence_page(proof.pk) is not None),
        },
        rounds,
    )
    return [alone("idle", where, f"{name}, CPU", each.cpu) for name, each in taken.items()]


def _each(sides: dict[str, Callable[[], int]], rounds: int) -> dict[str, Taken]:
    taken: dict[str, Taken] = {}
    for name, run in sides.items():
        taken |= interleaved(Side(name=name, run=run), rounds=rounds)
    return taken
