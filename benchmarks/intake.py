"""`intake`: from a page of bytes to cases, beside a loop that only stores rows; and where the time goes."""

from __future__ import annotations

import json
import time
from collections import Counter, defaultdict
from collections.abc import Callable
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from unittest import mock

from django.conf import settings
from django.db import connection, models, transaction

from amends.desk import intake, judging, policies, reader, reading, seal, setup
from amends.listen.match import Matcher
from amends.store import models as rows
from benchmarks import desks, posts
from benchmarks.timing import Line, Side, alone, both, interleaved, same

NOW = datetime(2026, 3, 2, 20, 0, tzinfo=UTC)


class Plain(models.Model):
    """The row of a loop that keeps nothing but the post."""

    network = models.CharField(max_length=40)
    remote_id = models.CharField(max_length=1000)
    author = models.CharField(max_length=300)
    text = models.TextField()
    url = models.TextField()
    thread_id = models.CharField(max_length=1000)
    posted_at = models.DateTimeField()
    found_at = models.DateTimeField()

    class Meta:
        app_label = "benchmarks"
        constraints = [
            models.UniqueConstraint(fields=["network", "remote_id"], name="one_plain_row_per_remote_id")
        ]


def figures(*, quick: bool, rounds: int, wanted: set[str], where: str) -> list[Line]:
    # Five rounds of a thousand: five thousand posts in all, each round on an empty desk.
    n = 200 if quick else 1_000
    made = posts.records(n)
    cases = len({each["thread"] for each in made})
    file = Path(settings.AMENDS_HOME) / "posts.jsonl"
    file.write_bytes(posts.lines(made))

    def make_desk() -> None:
        desks.make(NOW)
        source = setup.add_row("file", "Posts", {"path": str(file)}, now=NOW)
        # As from a public stream: only what names us is ours, so that the matcher works for its living.
        rows.Source.objects.filter(pk=source.pk).update(takes_everything=False)

    make_desk()
    with connection.schema_editor() as editor:
        editor.create_model(Plain)
    policies.triage()
    fresh = desks.Fresh(make_desk)

    def ready() -> None:
        fresh.back()
        Plain.objects.all().delete()

    def listen() -> int:
        found = rows.Source.objects.get(name="Posts")
        while reader.poll(found, now=NOW):
            rows.Source.objects.filter(pk=found.pk).update(next_fetch_at=NOW)
            found.refresh_from_db()
        while intake.read_waiting(now=NOW):
            pass
        return rows.Mention.objects.count()

    def whole() -> int:
        done = listen()
        same("cases", told=cases, made=rows.Case.objects.count())
        same("sealed", told=n, leaves=rows.Leaf.objects.count(), judged=rows.Judgement.objects.count())
        return done

    (one,) = judging.judged([judging.Asked("Nothing came.")])

    def without_triage() -> int:
        with mock.patch.object(judging, "judge_many", lambda texts, *_, **__: [one] * len(texts)):
            return listen()

    def plain() -> int:
        for line in file.read_bytes().splitlines():
            _store(json.loads(line))
        return Plain.objects.count()

    def plain_by_page() -> int:
        found = file.read_bytes().splitlines()
        for start in range(0, len(found), 500):
            with transaction.atomic():
                for line in found[start : start + 500]:
                    _store(json.loads(line))
        return Plain.objects.count()

    sides = {
        "amends": whole,
        "without triage": without_triage,
        "naive, a commit a post": plain,
        "naive, a commit a page": plain_by_page,
    }
    taken = interleaved(
        *(Side(name=name, run=run, ready=ready) for name, run in sides.items()),
        rounds=rounds,
        what="posts stored",
    )
    where = f"{where}, {n:,} posts"
    ours = taken.pop("amends")
    lines = [
        each
        for peer in taken.values()
        for each in both("intake", where, "posts a second", ours, peer, "posts/s")
    ]
    lines[0] = _noted(
        lines[0], f"each of {n} posts became a mention with judgement, evidence and leaf, in {cases} cases"
    )
    ready()
    return lines + _profile(listen, n, where)


def _noted(line: Line, note: str) -> Line:
    return Line(**{**vars(line), "note": note})


def _store(post: dict[str, Any]) -> None:
    Plain.objects.create(
        network="import",
        remote_id=post["id"],
        author=post["author"],
        text=post["text"],
        url=post["url"],
        thread_id=post["thread"],
        posted_at=datetime.fromisoformat(post["at"]),
        found_at=NOW,
    )


#: Step → where the call is that does it.
STEPS: tuple[tuple[str, Any, str], ...] = (
    ("match", Matcher, "match"),
    ("judge", judging, "judge_many"),
    ("seal", seal.LogWriter, "keep"),
    ("seal", seal.LogWriter, "flush"),
    ("clock", reading, "set_clocks"),
    ("keywords", reading, "keywords"),
    ("rows", reading.Reading, "_write"),
    ("look up", reading.Reading, "expect"),
)


class Steps:
    """Whose CPU time it was: what a step calls is the callee's where that is a step too."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = defaultdict(float)
        self.calls: Counter[str] = Counter()
        self._under_way: list[str] = []
        self._since = time.process_time()

    @contextmanager
    def step(self, name: str) -> Any:
        self._tick()
        self._under_way.append(name)
        self.calls[name] += 1
        try:
            yield
        finally:
            self._tick()
            self._under_way.pop()

    def _tick(self) -> None:
        now = time.process_time()
        if self._under_way:
            self.seconds[self._under_way[-1]] += now - self._since
        self._since = now

    def around(self, name: str, call: Callable[..., Any]) -> Callable[..., Any]:
        def timed(*args: Any, **more: Any) -> Any:
            with self.step(name):
                return call(*args, **more)

        return timed


def _profile(listen: Callable[[], int], n: int, where: str) -> list[Line]:
    steps = Steps()

    def asked(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        with steps.step("database"):
            return execute(sql, params, many, context)

    with ExitStack() as patched:
        for name, owner, call in STEPS:
            # Intake may be cut into other pieces one day: what is not there counts as the shell.
            if hasattr(owner, call):
                patched.enter_context(
                    mock.patch.object(owner, call, steps.around(name, getattr(owner, call)))
                )
        patched.enter_context(
            mock.patch.object(connection, "commit", steps.around("commit", connection.commit))
        )
        patched.enter_context(connection.execute_wrapper(asked))
        patched.enter_context(steps.step("shell"))
        same("posts stored", told=n, stored=listen())
    whole = sum(steps.seconds.values())
    told = {
        "shell": "parsing, Django’s ORM and what lies between the steps",
        "database": "inside the database, all steps together",
        "seal": "salt, digests, canonical text, leaf, and the ORM of its two rows",
        "rows": "writing what was gathered, by the ORM",
        "look up": "what we hold already, by the ORM",
        "clock": "set_clocks: its facts by the ORM",
    }
    lines = [
        alone(
            "intake",
            where,
            f"step {name}, CPU",
            [seconds / n],
            "µs",
            note=f"{seconds / whole:.0%}; {told.get(name, '')}".rstrip("; "),
        )
        for name, seconds in sorted(steps.seconds.items(), key=lambda each: -each[1])
    ]
    return [
        *lines,
        alone("intake", where, "SQL statements a post", [steps.calls["database"] / n], "statements"),
    ]
