"""`start`: how long until the desk is there, and how much memory it takes, beside a bare Django."""

from __future__ import annotations

import os
import re
import resource
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time
import urllib.parse
import urllib.request
from http.cookiejar import CookieJar
from pathlib import Path

from benchmarks.machine import cpu_of, memory
from benchmarks.serving import free_port, stop, until_it_answers
from benchmarks.timing import Line, Taken, Void, alone, both, compared

AMENDS = [sys.executable, "-c", "from amends.cli import main; main()"]
COMMANDS = {
    "amends version": [*AMENDS, "version"],
    "bare Django, check": [sys.executable, "-m", "django", "check", "--settings", "benchmarks.bare"],
    "python alone": [sys.executable, "-c", "pass"],
}
SERVERS = {
    "amends": [*AMENDS, "up", "--no-browser", "--port"],
    "bare": [sys.executable, "-m", "benchmarks.bare"],
}


def figures(*, quick: bool, rounds: int, wanted: set[str], where: str) -> list[Line]:
    home = Path(tempfile.mkdtemp(prefix="start-"))
    try:
        _compile(home)
        return [*_words(home, rounds), *_up(home, rounds), *_memory(home, quick)]
    finally:
        shutil.rmtree(home, ignore_errors=True)


def _env(home: Path, **more: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("AMENDS_", "DJANGO_"))}
    # An installed program has its bytecode; where this shell forbids to write any, both sides would compile each time.
    kept.pop("PYTHONDONTWRITEBYTECODE", None)
    kept["PYTHONPYCACHEPREFIX"] = str(home.parent / "bytecode")
    return {**kept, "AMENDS_HOME": str(home), "AMENDS_LOG_LEVEL": "ERROR", "AMENDS_MODELS": "off", **more}


def _compile(home: Path) -> None:
    """Run everything once, so that the bytecode lies there."""
    (home / "warm").mkdir()
    for command in (*COMMANDS.values(), [*AMENDS, "init"]):
        subprocess.run(command, env=_env(home / "warm"), check=True, capture_output=True)
    for name, command in SERVERS.items():
        (home / f"warm-{name}").mkdir()
        port = free_port()
        served = _serve([*command, str(port)], home / f"warm-{name}")
        try:
            until_it_answers(port, served)
        finally:
            stop(served)


def _serve(command: list[str], folder: Path) -> subprocess.Popen[bytes]:
    return subprocess.Popen(command, env=_env(folder), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def _children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _words(home: Path, rounds: int) -> list[Line]:
    """A command that says one word, from nothing to its end."""
    taken = {}
    for _ in range(rounds):
        for name, command in COMMANDS.items():
            cpu, wall = _children(), time.perf_counter()
            subprocess.run(command, env=_env(home / "words"), check=True, capture_output=True)
            each = taken.setdefault(name, Taken(name=name))
            each.wall.append(time.perf_counter() - wall)
            each.cpu.append(_children() - cpu)
    ours = taken.pop("amends version")
    return [line for peer in taken.values() for line in both("start", "", "amends version", ours, peer)]


def _up(home: Path, rounds: int) -> list[Line]:
    """From the command to the first answer: on an empty folder, and on the folder it made."""
    taken: dict[str, Taken] = {}
    held: dict[str, list[dict[str, int]]] = {}
    for number in range(rounds):
        for name, command in SERVERS.items():
            folder = home / f"{name}-{number}"
            folder.mkdir()
            for which in ("fresh", "again"):
                port = free_port()
                began = time.perf_counter()
                served = _serve([*command, str(port)], folder)
                try:
                    until_it_answers(port, served)
                    each = taken.setdefault(
                        f"{name} {which}", Taken(name="bare Django under uvicorn" if name == "bare" else name)
                    )
                    each.wall.append(time.perf_counter() - began)
                    each.cpu.append(cpu_of(served.pid))
                    if which == "again":
                        time.sleep(3)
                        held.setdefault(name, []).append(memory(served.pid))
                finally:
                    stop(served)
    lines = []
    for which, what in (
        ("fresh", "up on an empty folder, until it answers"),
        ("again", "up again, until it answers"),
    ):
        lines += both("start", "sqlite", what, taken[f"amends {which}"], taken[f"bare {which}"])
    for kind, name in (("rss", "memory idle (RSS)"), ("pss", "memory idle (PSS)")):
        lines.append(
            compared(
                "start",
                "sqlite",
                name,
                [each[kind] for each in held["amends"]],
                "bare Django under uvicorn",
                [each[kind] for each in held["bare"]],
                "MB",
            )
        )
    return lines


def _memory(home: Path, quick: bool) -> list[Line]:
    """After the example has run, and after somebody has looked at it."""
    folder, port = home / "example", free_port()
    folder.mkdir()
    env = _env(folder, AMENDS_EXAMPLE_SPEED="60")
    subprocess.run([*AMENDS, "example", "--only-add"], env=env, check=True, capture_output=True)
    served = subprocess.Popen(
        [*AMENDS, "up", "--no-browser", "--port", str(port)],
        env=env,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        until_it_answers(port, served)  # type: ignore[arg-type]
        heard = _until_quiet(folder / "amends.sqlite3", 3.0 if quick else 10.0)
        after = memory(served.pid)
        _look_around(served, port)
        looked = memory(served.pid)
        cpu = cpu_of(served.pid)
        time.sleep(3 if quick else 10)
        idle = (cpu_of(served.pid) - cpu) / (3 if quick else 10)
    finally:
        stop(served)  # type: ignore[arg-type]
    note = f"{heard} posts heard"
    return [
        alone("start", "sqlite", "memory after the example (RSS)", [after["rss"]], "MB", note=note),
        alone("start", "sqlite", "memory after the example (PSS)", [after["pss"]], "MB", note=note),
        alone("start", "sqlite", "and after 40 pages (RSS)", [looked["rss"]], "MB"),
        alone("start", "sqlite", "and after 40 pages (PSS)", [looked["pss"]], "MB"),
        alone("start", "sqlite", "processor used while idle", [100 * idle], "% of a core"),
    ]


def _until_quiet(database: Path, calm: float) -> int:
    """Wait until no new post came for `calm` seconds; gives how many there are."""
    heard, since, ends = 0, time.monotonic(), time.monotonic() + 120
    while time.monotonic() < ends and (heard == 0 or time.monotonic() - since < calm):
        time.sleep(0.3)
        asking = sqlite3.connect(f"file:{database}?mode=ro", uri=True)
        (n,) = asking.execute("SELECT count(*) FROM store_mention").fetchone()
        asking.close()
        if n != heard:
            heard, since = n, time.monotonic()
    if not heard:
        raise Void("the example told nothing")
    return heard


def _look_around(served: subprocess.Popen[str], port: int) -> None:
    """Sign in by the link that `up` prints, and open the inbox and cases."""
    base = f"http://127.0.0.1:{port}"
    link = ""
    while not link:
        line = served.stderr.readline() if served.stderr else ""
        if not line:
            raise Void("no sign-in link was printed")
        link = found.group() if (found := re.search(rf"{base}/sign-in/\S+", line)) else ""
    opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(CookieJar()))
    opener.addheaders = [("Referer", link), ("Origin", base)]
    form = opener.open(link).read().decode()
    token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', form)
    inbox = (
        opener.open(link, urllib.parse.urlencode({"csrfmiddlewaretoken": token[1] if token else ""}).encode())
        .read()
        .decode()
    )
    cases = re.findall(r'data-case="(\d+)"', opener.open(f"{base}/?view=all").read().decode())
    if not cases:
        raise Void(f"signing in did not lead to the inbox: {inbox[:200]!r}")
    for number in range(20):
        opener.open(f"{base}/?view=all").read()
        opener.open(f"{base}/cases/{cases[number % len(cases)]}").read()
