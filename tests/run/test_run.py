"""What `python3 run.py` promises: one command from a checkout to a running desk, and plain words when it cannot."""

from __future__ import annotations

import ast
import contextlib
import os
import runpy
import shutil
import signal
import socket
import subprocess
import sys
import textwrap
import venv
from collections.abc import Iterator
from pathlib import Path

import pip
import pytest

RUN = Path(__file__).resolve().parents[2] / "run.py"

PYPROJECT = """
[build-system]
requires = ["hatchling"]
build-backend = "hatchling.build"
[project]
name = "amends-in-small"
version = "1"
[project.scripts]
amends = "small:main"
[tool.hatch.build.targets.wheel]
packages = ["small"]
[tool.pytest.ini_options]
markers = ["browser", "postgres", "bluesky", "shared", "slow"]
"""

UNKNOWN_PACKAGE = "a-package-of-nobody==1.0 --hash=sha256:" + 64 * "0"


class Checkout:
    """A small checkout with the real run.py: nothing to download, one command that says what it was given."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / "small").mkdir(parents=True)
        (folder / "small/__init__.py").write_text("import sys\ndef main(): print('amends', sys.argv[1:])\n")
        (folder / "pyproject.toml").write_text(PYPROJECT)
        (folder / "requirements.lock").write_text("# nothing\n")
        (folder / "requirements-dev.lock").write_text("# nothing\n")
        shutil.copy(RUN, folder / "run.py")

    def with_a_venv(self) -> Checkout:
        """Make the `.venv` that run.py would make, but with the pip of these tests, which is faster."""
        venv.create(self.folder / ".venv", with_pip=False, symlinks=os.name != "nt")
        site = next((self.folder / ".venv").glob("[Ll]ib*/**/site-packages"))
        (site / "borrowed.pth").write_text(str(Path(pip.__file__).parents[1]) + "\n")
        return self

    def environment(self, **more: str) -> dict[str, str]:
        kept = {
            k: v for k, v in os.environ.items() if not k.startswith(("PIP_", "PYTEST_", "PYTHON", "COV_"))
        }
        dead = {
            "PIP_CONFIG_FILE": os.devnull,
            "PIP_INDEX_URL": "http://127.0.0.1:9/simple",
            "PIP_RETRIES": "1",
        }
        return {**kept, **dead, **more}

    def run(self, *words: str, before: str = "", **environment: str) -> subprocess.CompletedProcess[str]:
        """`python3 run.py WORDS`, with `before` done to the interpreter first."""
        start = f"import runpy, sys\n{before}\nsys.argv = ['run.py', *sys.argv[1:]]\nrunpy.run_path('run.py', run_name='__main__')"
        return subprocess.run(
            [sys.executable, *(["-c", start] if before else ["run.py"]), *words],
            cwd=self.folder,
            env=self.environment(**environment),
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    def lock(self, text: str) -> None:
        (self.folder / "requirements.lock").write_text(text + "\n")


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    return Checkout(tmp_path / "a folder with spaces").with_a_venv()


@pytest.fixture
def silent_index() -> Iterator[str]:
    """A package index that takes the call and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"http://127.0.0.1:{server.getsockname()[1]}/simple"


def test_an_old_python_is_told_which_one_is_needed(checkout: Checkout) -> None:
    done = checkout.run(before="sys.version_info = (3, 10, 13, 'final', 0)")
    assert done.returncode == 1
    assert "needs Python 3.11 or newer; this is Python 3.10.13" in done.stderr
    assert "Traceback" not in done.stderr


def test_an_old_python_can_read_the_file_far_enough_to_say_so() -> None:
    tree = ast.parse(RUN.read_text(encoding="utf-8"), feature_version=(3, 7))
    futures = [
        node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and node.module == "__future__"
    ]
    assert not futures, "3.6 knows no annotations from the future"


def test_a_python_without_venv_names_the_package_to_install(checkout: Checkout) -> None:
    shutil.rmtree(checkout.folder / ".venv")
    hide = """
        import importlib.util
        find = importlib.util.find_spec
        importlib.util.find_spec = lambda name, *more: None if name == "ensurepip" else find(name, *more)
    """
    done = checkout.run("setup", before=textwrap.dedent(hide))
    assert done.returncode == 1
    assert "sudo apt install python3-venv" in done.stderr
    assert not (checkout.folder / ".venv").exists()


def test_without_a_network_it_says_that_nothing_is_broken(checkout: Checkout) -> None:
    checkout.lock(UNKNOWN_PACKAGE)
    done = checkout.run("setup")
    assert done.returncode == 1
    assert "cannot be reached" in done.stderr
    assert "Nothing is broken" in done.stderr
    assert "Traceback" not in done.stderr

    checkout.lock("# the network is back")
    again = checkout.run("setup")
    assert again.returncode == 0, again.stderr
    assert "Removing" not in again.stdout, "nothing was installed, so the .venv is still good"


def test_it_sets_up_hands_over_and_skips_the_set_up_next_time(checkout: Checkout) -> None:
    first = checkout.run("watch", "Two words")
    assert first.returncode == 0, first.stderr
    assert "Installing Amends itself" in first.stdout
    assert first.stdout.endswith("amends ['watch', 'Two words']\n")

    assert checkout.run().stdout == "amends ['up']\n"
    another_python = "sys.version_info = (3, 99, 0, 'final', 0)"
    assert checkout.run(before=another_python).stdout == "amends ['up']\n"
    assert checkout.run("--port", "8123").stdout == "amends ['up', '--port', '8123']\n"


@pytest.mark.slow
def test_a_changed_lock_or_a_moved_folder_is_set_up_again(checkout: Checkout, tmp_path: Path) -> None:
    checkout.run("setup")
    checkout.lock("# another version")
    assert "Fetching" in checkout.run("setup").stdout
    assert "Fetching" not in checkout.run("setup").stdout

    checkout.folder = checkout.folder.rename(tmp_path / "moved")
    moved = checkout.run("doctor")
    assert "Fetching" in moved.stdout
    assert moved.stdout.endswith("amends ['doctor']\n")


@pytest.mark.slow
def test_a_set_up_that_was_cut_off_is_made_anew(checkout: Checkout, silent_index: str) -> None:
    checkout.lock(UNKNOWN_PACKAGE)
    cut_off = subprocess.Popen(
        [sys.executable, "run.py", "setup"],
        cwd=checkout.folder,
        env=checkout.environment(PIP_INDEX_URL=silent_index),
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert cut_off.stdout is not None
    with contextlib.closing(cut_off.stdout) as told:
        assert any(line.startswith("Fetching") for line in told)
        os.killpg(cut_off.pid, signal.SIGKILL)
        cut_off.wait()
    left_over = checkout.folder / ".venv/half a package"
    left_over.write_text("")

    checkout.lock("# the same, without the package")
    done = checkout.run("setup")
    assert "Removing an unfinished" in done.stdout
    assert not left_over.exists()


@pytest.mark.slow
def test_a_venv_whose_python_is_gone_is_made_anew(checkout: Checkout) -> None:
    checkout.run("setup")
    for name in (checkout.folder / ".venv/bin").glob("python*"):
        name.unlink()
        name.symlink_to("/nowhere/python")
    done = checkout.run("setup")
    assert "Removing an unfinished or broken .venv" in done.stdout
    assert (checkout.folder / ".venv/bin/python").exists()


def test_warnings_of_pip_are_no_failure(checkout: Checkout) -> None:
    done = checkout.run("setup", PIP_FIND_LINKS="/nowhere/at/all")
    assert done.returncode == 0
    assert "Ready." in done.stdout


@pytest.mark.slow
def test_the_test_word_runs_the_fast_tests_with_what_is_asked(checkout: Checkout) -> None:
    (checkout.folder / "tests").mkdir()
    (checkout.folder / "tests/test_small.py").write_text(
        "import pytest\n"
        "def test_quick(): pass\n"
        "def test_other(): assert False\n"
        "@pytest.mark.slow\ndef test_quick_but_marked(): assert False\n"
    )
    done = checkout.run("test", "-k", "quick", "-p", "no:django", "-p", "no:cacheprovider")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "1 passed" in done.stdout


def test_half_a_copy_of_the_project_is_named_as_such(checkout: Checkout) -> None:
    (checkout.folder / "requirements.lock").unlink()
    done = checkout.run()
    assert done.returncode == 1
    assert "requirements.lock is missing" in done.stderr


def test_help_needs_no_set_up(checkout: Checkout) -> None:
    shutil.rmtree(checkout.folder / ".venv")
    done = checkout.run("--help")
    assert done.returncode == 0
    assert "python3 run.py test" in done.stdout
    assert not (checkout.folder / ".venv").exists()


@pytest.mark.parametrize(
    ("printed", "told"),
    [
        ("OSError: [Errno 28] No space left on device", "disk is full"),
        (
            "THESE PACKAGES DO NOT MATCH THE HASHES FROM THE REQUIREMENTS FILE",
            "not the one that Amends was tested with",
        ),
        (
            "SSLError(SSLCertVerificationError(1, 'CERTIFICATE_VERIFY_FAILED'))\nMax retries exceeded",
            "PIP_CERT",
        ),
        (
            "Failed to establish a new connection: [Errno -3] Temporary failure in name resolution",
            "cannot be reached",
        ),
        (
            "ERROR: Could not install packages due to an OSError: [Errno 13] Permission denied",
            "cannot be written to",
        ),
        ("ERROR: No matching distribution found for psycopg-binary==3.3.9", "Linux, macOS and Windows"),
        ("Segmentation fault", "please report it"),
    ],
)
def test_each_known_cause_gets_its_own_advice(printed: str, told: str) -> None:
    explained = runpy.run_path(str(RUN), run_name="run")["explained"]
    message = explained(printed.splitlines())
    assert printed.splitlines()[-1] in message
    assert told in message


def test_messages_are_plain_ascii_for_any_terminal() -> None:
    assert RUN.read_text(encoding="utf-8").isascii()
