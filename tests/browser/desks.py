"""Desks to look at: a running one with the example town, browsers for its people, and what those browsers noticed."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import subprocess
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit, urlunsplit

from tests.journey.running import RunningDesk

#: Debian's Chromium as root in a small machine, without a word to its maker.
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-quic",
    "--no-first-run",
)
PATIENCE = 20_000
"""Milliseconds that a page may take: the machine is shared."""

_TELL_VIOLATIONS = """
addEventListener("securitypolicyviolation", (event) =>
  console.error(`CSP: ${event.violatedDirective} stopped ${event.blockedURI} at ${event.sourceFile}:${event.lineNumber}`));
"""
#: Asked for by the tests although they are not there, which Chromium writes to its console, too.
NOT_THERE = ("/cases/999999", "/sign-in/used")
#: A refusal is an answer, and Chromium writes every 409 to its console.
_REFUSAL = re.compile(r"status of 409")


def says(request: Any, text: str) -> bool:
    """Whether a form that was sent holds this text."""
    return text in parse_qs(request.post_data or "").get("text", [])


def chromium_path() -> str:
    path = shutil.which("chromium")
    assert path, "these tests drive Debian's chromium: apt-get install chromium"
    return path


def axe_source(folder: Path) -> str:
    """The text of axe-core: the file that AMENDS_TEST_AXE names, else what npm gives."""
    if given := os.environ.get("AMENDS_TEST_AXE"):
        return Path(given).read_text(encoding="utf-8")
    npm = shutil.which("npm")
    assert npm, "axe-core comes from npm, which is not here; name its file in AMENDS_TEST_AXE"
    subprocess.run(
        [npm, "install", "--no-save", "--no-audit", "--no-fund", "--ignore-scripts", "axe-core"],
        cwd=folder,
        check=True,
        capture_output=True,
        timeout=180,
    )
    return (folder / "node_modules/axe-core/axe.min.js").read_text(encoding="utf-8")


@contextlib.contextmanager
def postgres_database(server: str) -> Iterator[str]:
    """A database of its own on `server`, gone afterwards; gives its address."""
    import psycopg

    name = f"amends_browser_{uuid.uuid4().hex[:12]}"
    with psycopg.connect(server, autocommit=True) as admin:
        admin.execute(f'CREATE DATABASE "{name}"')
        try:
            yield urlunsplit(urlsplit(server)._replace(path=f"/{name}"))
        finally:
            admin.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


@dataclass
class Noticed:
    """What went wrong in a browser that a person would not see."""

    base: str
    errors: list[str] = field(default_factory=list)
    """Of the console, of scripts, and what the Content-Security-Policy stopped."""
    strangers: list[str] = field(default_factory=list)
    """Requests that left the desk."""
    dialogs: list[str] = field(default_factory=list)

    def watch(self, context: Any) -> None:
        context.add_init_script(_TELL_VIOLATIONS)
        context.on("request", self._request)
        context.on("console", self._console)
        context.on("weberror", lambda error: self.errors.append(str(error.error)))
        context.on("dialog", self._dialog)

    def _request(self, request: Any) -> None:
        if not request.url.startswith((self.base + "/", "data:", "blob:", "about:")):
            self.strangers.append(request.url)

    def _console(self, line: Any) -> None:
        is_not_there = line.location["url"].endswith(NOT_THERE)
        if line.type == "error" and not is_not_there and not _REFUSAL.search(line.text):
            self.errors.append(f"{line.text} {line.location['url']}")

    def _dialog(self, dialog: Any) -> None:
        # Chromium asks before it leaves a page with unsaved words; our pages never do.
        self.dialogs.append(f"{dialog.type}: {dialog.message}")
        dialog.dismiss()

    def assert_nothing(self) -> None:
        assert (self.errors, self.strangers, self.dialogs) == ([], [], [])


def press_to_write(page: Any, key: str) -> None:
    """r or n, until the field has the focus: what is typed before that would be shortcuts."""
    from playwright.sync_api import expect

    area = page.locator(f'textarea[data-mode="{"reply" if key == "r" else "note"}"]')
    if area.evaluate("field => field === document.activeElement"):
        return
    for _ in range(10):
        page.keyboard.press(key)
        try:
            expect(area).to_be_focused(timeout=1500)
        except AssertionError:
            continue
        return
    raise AssertionError(f"{key} does not lead into the composer")


class Person:
    """Somebody at a browser of their own."""

    def __init__(self, chromium: Any, base: str, state: Any = None, **options: Any) -> None:
        self.noticed = Noticed(base)
        self.context = chromium.new_context(
            base_url=base,
            storage_state=state,
            **{"viewport": {"width": 1440, "height": 880}, "locale": "en-GB", **options},
        )
        self.context.set_default_timeout(PATIENCE)
        self.noticed.watch(self.context)
        self.page = self.context.new_page()

    def sign_in(self, link: str) -> None:
        self.page.goto(link)
        self.page.get_by_role("button", name="Sign in").click()
        self.page.wait_for_url(lambda url: "/sign-in/" not in url)

    def open_case(self, case_id: int) -> None:
        self.page.goto(f"/cases/{case_id}")
        self.page.locator("#composer .send-row").wait_for()

    def write(self, text: str, mode: str = "reply") -> None:
        """As if typed, at once; waits until the desk has read it."""
        self.page.locator(f'#composer .mode[data-mode="{mode}"]').click()
        area = self.page.locator(f'#composer textarea[data-mode="{mode}"]')
        if mode == "note":
            area.fill(text)
            return
        if area.input_value() == text:
            self.page.locator("#review .coach").wait_for()
            return
        with self.page.expect_response(
            lambda answer: answer.url.endswith("/review") and says(answer.request, text)
        ):
            area.fill(text)

    def close(self) -> None:
        self.context.close()


def find_case(desk: RunningDesk, handle: str) -> dict[str, Any] | None:
    """The row of this author's newest case in the queue; None while there is none."""
    rows = desk.get("/cases", view="all", search=handle, limit=100)["items"]
    return next((row for row in rows if row["author_handle"].lstrip("@") == handle), None)


def from_now(**span: float) -> str:
    """A moment to come, as the API takes it: `from_now(hours=3)`."""
    return (datetime.now(UTC) + timedelta(**span)).isoformat()
