"""A thousand kills: `python -m tests.kill.run --kills 1000`

Three networks (idempotency key; own record id; nothing), each with a desk of its own whose sending process is killed
again and again with `kill -9`: at each named step in turn, and at random moments. A kill counts only when something was
in flight: the process died at a named step, or while it held a reply. A long reply is a thread. At the end every reply
must be there once, as it was approved. Ends with 1 when one is not.

    --kills N        kills that count, over all networks (default 1000)
    --replies N      replies, over all networks (default: 5 for 2 kills); threads make more posts of them
    --minutes N      no more kills after so long, and what was reached is shown (default: no limit)
    --kinds A,B      by_key, by_lookup, by_person (default: all)
    --seed N         which random moments
    --sender NAME    a sender that does it wrong (hasty): the checker must find it
    --place FILE     a real network instead (JSON: the fields of `places.Place`, and `replies`: how many are asked for)
    --database URL   an empty PostgreSQL database for each kind, `{kind}` in its name (default: SQLite in a new folder)
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import random
import select
import signal
import subprocess
import sys
import tempfile
import time
import traceback
from collections import Counter
from itertools import cycle
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
KINDS = ("by_key", "by_lookup", "by_person")
#: Seconds: the longest life, and how long the last, unkilled one may take.
LONGEST_LIFE, PATIENCE = 3.0, 600.0
#: Seconds after it first holds a reply at which a life is ended from outside.
MOMENTS = (0.0, 0.15)
#: Of all lives, so many are ended at a named step.
AT_A_STEP = 0.5


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.kill.run", description=__doc__.split("\n\n")[0])
    parser.add_argument("--kills", type=int, default=1000)
    parser.add_argument("--replies", type=int, default=0)
    parser.add_argument("--minutes", type=float, default=0)
    parser.add_argument("--kinds", default=",".join(KINDS))
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--sender", default="", choices=("", "hasty"))
    parser.add_argument("--place", default="")
    parser.add_argument("--database", default="")
    asked = parser.parse_args(argv)
    kinds = tuple(asked.kinds.split(","))
    real = json.loads(Path(asked.place).read_text(encoding="utf-8")) if asked.place else {}
    if real:
        kinds, asked.replies = (real["kind"],), real.pop("replies")
    elif not kinds or set(kinds) - set(KINDS):
        parser.error(f"kinds are {', '.join(KINDS)}")
    kills = -(-asked.kills // len(kinds))
    replies = -(-(asked.replies or 5 * asked.kills // 2) // len(kinds))
    with tempfile.TemporaryDirectory(prefix="amends-kill.") as folder, network() as port:
        home = Path(folder)
        install_connectors(home / "packages")
        # A process of its own for each, side by side: what it learns of one network must not help with the next.
        started = [(kind, *start_kind(kind, home, port, kills, replies, asked, real)) for kind in kinds]
        found = []
        for kind, child, reading in started:
            with open(reading, encoding="utf-8") as answer:
                told = answer.read()
            os.waitpid(child, 0)
            found.append(json.loads(told) if told else {"kind": kind, "wrongs": ["it broke"]})
        return show(found)


def start_kind(kind: str, *given: Any) -> tuple[int, int]:
    """Start all lives on one network. Gives its process, and where its row of the table will be read from."""
    reading, writing = os.pipe()
    child = os.fork()
    if child:
        os.close(writing)
        return child, reading
    os.close(reading)
    try:
        os.write(writing, json.dumps(run_kind(kind, *given)).encode())
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(0)


def show(found: list[dict[str, Any]]) -> int:
    """The table, and what was wrong. Gives the exit status."""
    columns = (
        "kind",
        "kills",
        "at_step",
        "at_random",
        "replies",
        "posts",
        "double",
        "lost",
        "different",
        "by_person",
        "seconds",
    )
    print("\n| " + " | ".join(each.replace("_", " ") for each in columns) + " |")
    print("|" + "---|" * len(columns))
    for row in found:
        print("| " + " | ".join(str(row.get(each, "–")) for each in columns) + " |")
    sums = [sum(row.get(each, 0) for row in found) for each in columns[1:]]
    print("| all | " + " | ".join(map(str, sums)) + " |")
    for row in found:
        for wrong in row["wrongs"]:
            print(f"WRONG, {row['kind']}: {wrong}")
    return int(any(row["wrongs"] for row in found))


@contextlib.contextmanager
def network() -> Any:
    """The port of the town, in a process of its own."""
    with subprocess.Popen(
        [sys.executable, "-m", "tests.kill.server"], cwd=ROOT, stdout=subprocess.PIPE, text=True
    ) as server:
        assert server.stdout is not None
        try:
            yield int(server.stdout.readline())
        finally:
            server.kill()


def install_connectors(folder: Path) -> None:
    """The town's connectors, as an installed package brings them."""
    info = folder / "killtown-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: killtown\nVersion: 1.0\n")
    lines = [f"{kind} = tests.kill.town:{kind.title().replace('_', '')}" for kind in KINDS]
    (info / "entry_points.txt").write_text("[amends.connectors]\n" + "\n".join(lines) + "\n")
    sys.path.insert(0, str(folder))


def run_kind(
    kind: str,
    home: Path,
    port: int,
    kills: int,
    replies: int,
    asked: argparse.Namespace,
    real: dict[str, Any],
) -> dict[str, Any]:
    """All lives of one desk on one network, and what the checker finds."""
    folder = home / kind
    (folder / "policy").mkdir(parents=True)
    # Nothing but death may hold a reply back here.
    (folder / "policy" / "sending.toml").write_text(
        '[pace]\n[brake]\nmost = 0\nwithin = "1 hour"\nalike_percent = 70\nfrom_words = 5\n'
    )
    os.environ.update(
        DJANGO_SETTINGS_MODULE="amends.site.settings",
        AMENDS_HOME=str(folder),
        AMENDS_SECRET_KEY="only-for-tests",
        AMENDS_LOG_LEVEL="CRITICAL",
        AMENDS_MODELS="off",
        AMENDS_DATABASE_URL=asked.database.format(kind=kind) or f"sqlite:///{folder / 'desk.sqlite3'}",
    )
    import django

    django.setup()
    from django.core.management import call_command
    from django.db import connections

    from tests.kill import crowd, wrong
    from tests.kill.places import Place

    town = f"http://127.0.0.1:{port}/crowd-{replies}-{kind}"
    place = Place(**real) if real else Place(kind=kind, settings={"url": town}, url=town)
    call_command("migrate", verbosity=0, interactive=False)
    place.begin()
    crowd.prepare(place, replies)
    began = time.monotonic()
    wrong.SENDERS[asked.sender]()
    deaths = Deaths(kind, kills, asked.seed)
    over = began + asked.minutes * 60 if asked.minutes else float("inf")
    while not deaths.is_enough() and time.monotonic() < over:
        connections.close_all()
        deaths.one(crowd, place)
        if not deaths.lives % 50:
            print(f"{kind}: {deaths.counted} of {kills} kills, {deaths.lives} lives", flush=True)
        if crowd.is_done(replies):
            break
    connections.close_all()
    # The last life is left to do its work.
    ends = time.monotonic() + PATIENCE
    while not crowd.is_done(replies) and time.monotonic() < ends:
        connections.close_all()
        deaths.live(crowd, place, crowd.Life(), after=None)
    time.sleep(2 * 0.5)  # what the town still does late
    counts = crowd.check(replies, place)
    wrongs = list(counts.wrongs)
    if deaths.counted < kills and not asked.minutes:
        wrongs.append(f"only {deaths.counted} of {kills} kills counted: give it more replies")
    seconds = round(time.monotonic() - began)
    print(f"{kind}: {deaths.counted} kills, {counts.posts} posts, {len(counts.wrongs)} wrong, {seconds} s")
    steps = ", ".join(f"{name} {n}" for name, n in sorted(deaths.steps.items()))
    print(f"  at named steps: {steps or 'none'}")
    return {
        "kind": kind,
        "kills": deaths.counted,
        "at_step": deaths.steps.total(),
        "at_random": deaths.counted - deaths.steps.total(),
        "replies": counts.replies,
        "posts": counts.posts,
        "double": counts.double,
        "lost": counts.lost,
        "different": counts.different,
        "by_person": counts.by_person,
        "seconds": seconds,
        "wrongs": wrongs,
    }


class Deaths:
    """Lives that are ended, one after the other."""

    def __init__(self, kind: str, wanted: int, seed: int) -> None:
        from amends.desk.points import POINTS

        named = [
            each
            for each in POINTS
            # Where only a person can tell, no machine looks.
            if each.startswith("send.") or (each.startswith("settle.") and kind != "by_person")
        ]
        self.wanted, self.counted, self.lives = wanted, 0, 0
        self.steps: Counter[str] = Counter()
        self._turns, self._chance = cycle(named), random.Random(f"{kind} {seed}")

    def is_enough(self) -> bool:
        return self.counted >= self.wanted

    def one(self, crowd: Any, place: Any) -> None:
        """One life and its end. Counts it when something was in flight."""
        if self._chance.random() < AT_A_STEP:
            step = next(self._turns)
            which = self._chance.randint(1, 2) if step.startswith("send.") else 1
            if self.live(crowd, place, crowd.Life(step, which), after=None):
                self.counted += 1
                self.steps[step] += 1
        else:
            began = crowd.now()
            after = self._chance.uniform(*MOMENTS)
            if self.live(crowd, place, crowd.Life(), after=after) and self._held(crowd, began):
                self.counted += 1

    @staticmethod
    def _held(crowd: Any, since: Any) -> bool:
        """Whether a life that began then held a reply when it died."""
        return bool(crowd.rows.OutboxEntry.objects.filter(status="sending", claimed_at__gte=since).exists())

    def live(self, crowd: Any, place: Any, life: Any, *, after: float | None) -> bool:
        """A process that lives. True when it was killed."""
        self.lives += 1
        until = time.monotonic() + (LONGEST_LIFE if life.step or after else PATIENCE)
        hears, tells = os.pipe()
        pid = os.fork()
        if not pid:
            status = 70
            try:
                os.close(hears)
                life.live(place, tell=tells, until=until)
                status = 0
            except BaseException as broke:
                print(f"\na life broke: {broke!r}", file=sys.stderr, flush=True)
            finally:
                os._exit(status)
        os.close(tells)
        if after is not None:
            # What it does before it holds a reply is not sending.
            select.select([hears], [], [], 30)
            time.sleep(after)
            os.kill(pid, signal.SIGKILL)
        _, ended = os.waitpid(pid, 0)
        os.close(hears)
        code = os.waitstatus_to_exitcode(ended)
        if code > 0:
            raise SystemExit(f"a life ended with {code}")
        return code == -signal.SIGKILL


if __name__ == "__main__":
    sys.exit(main())
