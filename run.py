#!/usr/bin/env python3
"""Sets Amends up in this folder and starts it. Needs Python 3.11 or newer and nothing else.

    python3 run.py                  set up if needed, then start the desk (the same as: python3 run.py up)
    python3 run.py test [ARGS]      set up for development, then run the fast tests; ARGS go to pytest
    python3 run.py setup [--dev]    only set up
    python3 run.py WORD [ARGS]      set up if needed, then run: amends WORD ARGS

Everything is installed into the folder .venv beside this file; nothing else on the computer is changed.
The first time needs a network and takes one to two minutes; later starts skip it.
"""

# Whatever Python there is reads this file: its syntax stays what 3.6 understands, so that an old one can say so.
import collections
import contextlib
import errno
import hashlib
import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

if tuple(sys.version_info) < (3, 11):
    sys.exit(
        "Amends needs Python 3.11 or newer; this is Python {}.{}.{}.\n"
        "Install a newer one (from your system's packages or python.org) and start with it, for example:\n"
        "    python3.11 run.py".format(*sys.version_info[:3])
    )

ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
STAMP = VENV / "amends-setup.json"
UNFINISHED = VENV / "amends-setup-unfinished"
LOCKS = {"run": ROOT / "requirements.lock", "dev": ROOT / "requirements-dev.lock"}
FAST = "not browser and not postgres and not bluesky and not mastodon and not shared and not slow"
# Of a failed step's output, this much is shown, without what pip says when all is well.
LINES_SHOWN, WIDEST = 6, 160
CHATTER = re.compile(
    r"Collecting|Downloading|Using cached|Ignoring|Looking in|Requirement already|Installing coll|note: |hint: |\[end of output"
    r"|error: (metadata-generation-failed|subprocess-exited)|. Encountered error|.{,4} See above"
)


class SetupFailed(Exception):
    """Set-up cannot go on. The message says what happened and what to do, for the person at the terminal."""


class NothingChanged(SetupFailed):
    """It failed before anything was installed: `.venv` is as good as it was."""


def main(words):
    """Set up what `words` needs, then do it. Returns the exit status; on POSIX a hand-over does not return."""
    first = words[0] if words else "up"
    if first in ("-h", "--help", "help"):
        print(__doc__.strip())
        return 0
    try:
        if first == "setup":
            set_up("dev" if "--dev" in words[1:] else "run")
            print("Ready. Start the desk with: python3 run.py")
            return 0
        if first == "test":
            set_up("dev")
            return hand_over([python(), "-m", "pytest", "-q", "-n", "2", "-m", FAST, *words[1:]])
        set_up("run")
        return hand_over(
            [script("amends"), *(words if words and not first.startswith("-") else ["up", *words])]
        )
    except SetupFailed as why:
        print(f"\n{why}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nStopped. Run it again whenever you like: it goes on from a clean state.", file=sys.stderr)
        return 130


def set_up(kind):
    """Make `.venv` hold exactly what the lock of `kind` ("run" or "dev") names, and Amends itself.

    Does nothing when that was done before for the same lock, pyproject.toml, Python and folder.
    """
    for needed in (LOCKS[kind], ROOT / "pyproject.toml"):
        if not needed.is_file():
            raise SetupFailed(
                f"{needed.name} is missing: this is not a whole copy of Amends. Fetch it again."
            )
    if is_set_up(kind):
        return
    with one_at_a_time():
        if is_set_up(kind):  # the one we waited for did it
            return
        started = time.monotonic()
        try:
            make_venv()
            install(kind)
            kinds = ("run", "dev") if kind == "dev" else ("run",)
            write_stamp({name: digest(name) for name in kinds})
            UNFINISHED.unlink()
        except NothingChanged:
            UNFINISHED.unlink()
            raise
        except OSError as why:
            raise SetupFailed(about_the_disk(why)) from why
        say(f"Set up in {time.monotonic() - started:.0f} s.")


def is_set_up(kind):
    """Whether `.venv` was made whole, for just these inputs."""
    return (
        not UNFINISHED.exists()
        and read_stamp().get(kind) == digest(kind)
        and Path(python()).exists()
        and Path(script("amends")).exists()
    )


def digest(kind):
    """What the result of a set-up depends on, as one hexadecimal text."""
    parts = hashlib.sha256()
    for file in (LOCKS[kind], ROOT / "pyproject.toml"):
        parts.update(hashlib.sha256(file.read_bytes()).digest())
    # The Python that .venv points to: a system's upgrade puts another one there. The folder: scripts in .venv hold its
    # path, and a copied or renamed checkout needs new ones.
    parts.update(repr((os.path.realpath(python()), str(ROOT))).encode())
    return parts.hexdigest()


def read_stamp():
    """What was set up before, by kind; empty when nothing was, or when the note cannot be read."""
    try:
        kept = json.loads(STAMP.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return kept if isinstance(kept, dict) else {}


def write_stamp(digests):
    """Note that these kinds are set up, in one step, so that half a note never exists."""
    fresh = STAMP.with_suffix(".new")
    fresh.write_text(json.dumps({**read_stamp(), **digests}), encoding="utf-8")
    os.replace(fresh, STAMP)


def make_venv():
    """A `.venv` with a working pip. Keeps a good one, makes a broken or half-made one anew."""
    keep = not UNFINISHED.exists() and venv_works()
    if not keep and (
        importlib.util.find_spec("venv") is None or importlib.util.find_spec("ensurepip") is None
    ):
        raise SetupFailed(no_venv_module())
    if not keep and VENV.exists():
        if Path(sys.prefix).resolve() == VENV.resolve():
            raise SetupFailed(
                "The folder .venv is broken, and this Python runs from it. Start again with your system's Python:\n"
                "    deactivate; python3 run.py"
            )
        say("Removing an unfinished or broken .venv ...")
        shutil.rmtree(VENV)
    VENV.mkdir(exist_ok=True)
    UNFINISHED.write_text(
        "Set-up has begun and not ended; run.py starts over when it finds this file.\n", encoding="utf-8"
    )
    if keep:
        return
    say("Making a place for Amends in .venv (a few seconds) ...")
    done = ask(sys.executable, "-m", "venv", str(VENV))
    if done.returncode:
        raise SetupFailed(
            no_venv_module() if "ensurepip" in done.stdout else explained(done.stdout.splitlines())
        )


def venv_works():
    """Whether `.venv` answers as a Python that will do, with pip. It need not be the one that runs this file."""
    try:
        told = ask(python(), "-c", "import sys, pip; print(sys.version_info >= (3, 11))", seconds=60)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return told.stdout.strip() == "True"


def ask(interpreter, *arguments, seconds=None):
    """Run a Python apart from the person's own settings; what it printed is in `stdout`, complaints included."""
    return subprocess.run(
        [interpreter, "-I", *arguments],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env=clean_environment(),
        encoding="utf-8",
        errors="replace",
        timeout=seconds,
        check=False,
    )


def install(kind):
    """Install the locked packages, each checked against its digest, then Amends itself from this folder."""
    lock = LOCKS[kind]
    wanted = len(re.findall(r"(?m)^[A-Za-z0-9].*==", lock.read_text(encoding="utf-8")))
    say(f"Fetching {wanted} packages (usually one to two minutes the first time) ...")
    # The lock is complete and names wheels only: nothing is resolved, and no package's build script runs here.
    pip("install", "--require-hashes", "--no-deps", "--only-binary=:all:", "-r", str(lock), wanted=wanted)
    say("Installing Amends itself (a few seconds) ...")
    # The build tools came with the lock, so this step needs no network.
    pip("install", "--no-index", "--no-deps", "--no-build-isolation", "-e", str(ROOT))
    if not Path(script("amends")).exists():
        raise SetupFailed(
            "Everything was installed, but the command amends is not in .venv.\n"
            "Delete the folder .venv and run this again; if that does not help, please report it."
        )


def pip(*arguments, wanted=0):
    """Run pip in `.venv`. Only its exit status tells failure: it warns on a good day, too. Raises `SetupFailed`."""
    last = collections.deque(maxlen=400)
    seen, began = 0, False
    with subprocess.Popen(
        [python(), "-I", "-m", "pip", *arguments],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env=clean_environment(),
        encoding="utf-8",
        errors="replace",
        cwd=str(ROOT),
    ) as running:
        for line in running.stdout:
            last.append(line.rstrip())
            began = began or line.startswith("Installing collected packages")
            if wanted and line.startswith(("Collecting ", "Requirement already satisfied")):
                seen += 1
                progress(f"  {min(seen, wanted)} of {wanted}")
    progress("")
    if running.returncode:
        raise (SetupFailed if began else NothingChanged)(explained(last))


def explained(lines):
    """In plain words what went wrong and what to do; below it the last lines of the step that failed."""
    lines = [line.strip() for line in lines]
    told = [line for line in lines if line and not CHATTER.match(line)]
    cut = [line if len(line) <= WIDEST else line[: WIDEST - 4] + " ..." for line in told[-LINES_SHOWN:]]
    return "\n".join(
        [reason("\n".join(lines)), "", "The last lines of the failed step:", *("    " + line for line in cut)]
    )


# The first that fits tells the cause: what pip prints last is often only the consequence.
CAUSES = (
    (
        r"No space left on device|Errno 28",
        "The disk is full. Free about 500 MB and run this again.",
    ),
    (
        r"DO NOT MATCH THE HASHES",
        "A package is not the one that Amends was tested with, so it was not installed. A proxy or mirror may have changed it,\n"
        "or the download was cut short. Run this again; if it comes back, do not go on: please report it.",
    ),
    (
        r"CERTIFICATE_VERIFY_FAILED|SSLError|SSLCertVerificationError",
        "The connection to the package index could not be trusted (certificate). Behind a company proxy, set PIP_CERT to the\n"
        "company's certificate file and run this again.",
    ),
    (
        r"NewConnectionError|Failed to establish a new connection|Max retries exceeded|name resolution|getaddrinfo failed"
        r"|Name or service not known|nodename nor servname|ConnectTimeout|ReadTimeout|Read timed out|Connection refused"
        r"|Network is unreachable|ProxyError|ConnectionReset|Connection reset|Connection aborted|No route to host",
        "The package index cannot be reached from here. Nothing is broken: check the network (and the proxy settings, if you\n"
        "have any) and run this again.",
    ),
    (
        r"Permission denied|Errno 13|Read-only file system|Errno 30",
        "This folder cannot be written to. Put Amends into a folder of your own, or ask for the right to write here.",
    ),
    (
        r"No matching distribution found|not a supported wheel",
        "A package was not found. Either the package index (or the mirror that you use instead) is not reachable in full: check\n"
        "the network and run this again. Or this computer is of a kind that it has no ready-made file for: Python 3.11 to 3.13\n"
        "on Linux, macOS and Windows are known to work.",
    ),
)


def reason(text):
    """What a failed step's output means, and what to do next."""
    for pattern, meaning in CAUSES:
        if re.search(pattern, text):
            return meaning
    return "This was not expected. Run it again; if it fails the same way, please report it with the lines below."


def about_the_disk(why):
    """What an error of the file system means, and what to do next."""
    if why.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return (
            f"The folder {ROOT} cannot be written to.\n"
            "Put Amends into a folder of your own, or ask for the right to write here."
        )
    if why.errno in (errno.ENOSPC, errno.EDQUOT):
        return "The disk is full. Free about 500 MB and run this again."
    return f"Setting up failed: {why}\nDelete {VENV} if it is there and run this again."


def no_venv_module():
    """What to install on a system whose Python came without its venv module."""
    return (
        "This Python came without the modules venv and ensurepip, which Amends needs to keep its packages apart.\n"
        "On Debian and Ubuntu install them and run this again:\n"
        "    sudo apt install python3-venv\n"
        "(for a Python that is not the system's own: python{}.{}-venv)".format(*sys.version_info[:2])
    )


@contextlib.contextmanager
def one_at_a_time():
    """Hold this folder's set-up; wait while another run.py holds it. Where the system cannot lock, hope."""
    try:
        import fcntl
    except ImportError:  # Windows
        yield
        return
    with open(__file__, "rb") as held:
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("Another set-up is at work in this folder; waiting for it ...")
            fcntl.flock(held, fcntl.LOCK_EX)
        except OSError:  # a network file system without locks
            pass
        yield


def clean_environment():
    """The environment for pip and venv: the person's own, without what would send packages elsewhere."""
    astray = [
        "PYTHONHOME",
        "PYTHONPATH",
        "__PYVENV_LAUNCHER__",
        "PIP_TARGET",
        "PIP_PREFIX",
        "PIP_ROOT",
        "PIP_QUIET",
    ]
    kept = {name: value for name, value in os.environ.items() if name.upper() not in astray}
    kept.update(PIP_USER="0", PIP_NO_INPUT="1", PIP_DISABLE_PIP_VERSION_CHECK="1", PIP_PROGRESS_BAR="off")
    kept.update(PIP_REQUIRE_VIRTUALENV="0", PYTHONUTF8="1", LC_MESSAGES="C")
    return kept


def python():
    """The Python of `.venv`, as text."""
    return str(VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python"))


def script(name):
    """A command of `.venv`, as text."""
    return str(VENV / (f"Scripts/{name}.exe" if os.name == "nt" else f"bin/{name}"))


def hand_over(command):
    """Become `command`, where the system can; otherwise run it and return its exit status."""
    sys.stdout.flush()
    sys.stderr.flush()
    if os.name != "nt":
        os.execv(command[0], command)
    try:
        return subprocess.call(command)
    except KeyboardInterrupt:
        return 130


def say(text):
    print(text, flush=True)


def progress(text):
    """Overwrite one line, on a terminal only."""
    if sys.stdout.isatty():
        print("\r" + text.ljust(40) + ("" if text else "\r"), end="", flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
