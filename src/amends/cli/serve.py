"""Runs the desk: makes the database ready, then the web server, the worker, or both in one process."""

from __future__ import annotations

import hashlib
import os
import signal
import socket
import sqlite3
import sys
import threading
import webbrowser
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core.management import call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.utils.translation import get_language, override
from django.utils.translation import gettext as _

from amends import __version__
from amends.cli.speak import fail, tell, words
from amends.desk import beat, encoder, people
from amends.store import queries
from amends.worker import Worker


def open_migrations() -> tuple[list[str], list[str]]:
    """Migrations that the database lacks, and those that it has but this version does not know."""
    executor = MigrationExecutor(connection)
    known = {name for app, name in executor.loader.disk_migrations if app == "store"}
    applied = {name for app, name in executor.loader.applied_migrations if app == "store"}
    missing = executor.migration_plan(executor.loader.graph.leaf_nodes())
    return [f"{each.app_label}.{each.name}" for each, _back in missing], sorted(applied - known)


def prepare() -> None:
    """Bring database and static files up to date. A database with data is copied first."""
    Path(settings.AMENDS_HOME).mkdir(parents=True, exist_ok=True)
    lacking, unknown = open_migrations()
    if unknown:
        fail(
            _("This database was made by a newer Amends (%(name)s).") % {"name": unknown[-1]},
            _("Update Amends, or start with the data folder of this version."),
        )
    if lacking:
        if (copy := backup_before_change()) is not None:
            tell(_("The database was copied to %(path)s before it is brought up to date.") % {"path": copy})
        tell(_("Bringing the database up to date …"))
        call_command("migrate", verbosity=0, interactive=False)
    collect_static()


def collect_static() -> None:
    """Put style and scripts where they are served from, compressed; again only when they changed."""
    stamp = Path(settings.STATIC_ROOT) / "collected.txt"
    state = _static_state()
    if not stamp.exists() or stamp.read_text(encoding="ascii") != state:
        call_command("collectstatic", verbosity=0, interactive=False, clear=stamp.exists())
        stamp.write_text(state, encoding="ascii")


def _static_state() -> str:
    """A digest over name, size and time of every file that would be collected, and over our version."""
    whole = hashlib.sha256(__version__.encode())
    for finder in get_finders():
        for name, storage in finder.list([]):
            kept = os.stat(storage.path(name))
            whole.update(f"{name}\0{kept.st_size}\0{kept.st_mtime_ns}\0".encode())
    return whole.hexdigest()


def backup_before_change() -> Path | None:
    """A copy of an SQLite database that holds data; None where there is none (PostgreSQL is its owner's to copy)."""
    if connection.vendor != "sqlite":
        return None
    path = Path(str(settings.DATABASES["default"]["NAME"]))
    if (
        not path.exists()
        or path.stat().st_size == 0
        or "store_agent" not in connection.introspection.table_names()
    ):
        return None
    folder = Path(settings.AMENDS_HOME) / "backups"
    folder.mkdir(exist_ok=True)
    copy = folder / f"before-{datetime.now(UTC):%Y%m%d-%H%M%S}.sqlite3"
    with sqlite3.connect(path) as source, sqlite3.connect(copy) as target:
        source.backup(target)
    return copy


def must_be_free(host: str, port: int) -> None:
    """End with words when the port is taken."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as taken:
            fail(
                _("Port %(port)s on %(host)s cannot be used: %(why)s.")
                % {"port": port, "host": host, "why": taken.strerror or taken},
                _("Another Amends may be running there. Choose another port: amends up --port %(port)s")
                % {"port": port + 1},
            )


def desk_address() -> str:
    """Where people reach the desk: as it is set, else where it was last started."""
    if "AMENDS_PUBLIC_URL" in os.environ:
        return str(settings.AMENDS_PUBLIC_URL)
    return queries.last_base() or str(settings.AMENDS_PUBLIC_URL)


def sign_in_address(base: str) -> str:
    """A one-time link for the desk's admin."""
    now = datetime.now(UTC)
    return f"{base}/sign-in/{people.make_link(people.first_admin(now=now), now=now)}"


def serve(*, host: str, port: int, with_web: bool, with_worker: bool, browser: bool) -> None:
    """Run until Ctrl+C or SIGTERM; what is under way is finished first."""
    if with_web:
        must_be_free(host, port)
    prepare()
    stop = threading.Event()
    if not with_web:
        with _models_built_beside():
            _run_worker(stop)
        return
    shown = "127.0.0.1" if host in ("0.0.0.0", "::") else host  # noqa: S104
    base = f"http://{shown}:{port}"
    if "AMENDS_PUBLIC_URL" in os.environ:
        base = settings.AMENDS_PUBLIC_URL
    elif base not in settings.CSRF_TRUSTED_ORIGINS:
        settings.CSRF_TRUSTED_ORIGINS.append(base)
    beat.beat("web", now=datetime.now(UTC), base=base)
    link = sign_in_address(base)
    tell("")
    tell(_("Amends is at %(base)s") % {"base": base})
    tell(_("Sign in once with this link (it works for 30 minutes):"))
    tell(f"    {link}")
    tell(_("Another link: amends link. Stop: Ctrl+C."))
    tell("")
    worker = None
    if with_worker:
        worker = threading.Thread(target=Worker(stop).run, name="worker", daemon=True)
        worker.start()
    if browser:
        threading.Timer(1.5, _open_browser, (link,)).start()
    is_ended = False
    try:
        with _models_built_beside() if with_worker else nullcontext():
            try:
                _run_web(host, port)
            finally:
                stop.set()
    except _Ended:
        is_ended = True
    finally:
        if worker is not None:
            worker.join(timeout=15)
    if is_ended:
        # All is done: die of the signal, as was asked. To tidy up an interpreter takes seconds on a busy machine.
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        signal.raise_signal(signal.SIGTERM)


class _Ended(SystemExit):
    """SIGTERM came."""


def _end(*_signal: Any) -> None:
    raise _Ended(143)


@contextmanager
def _models_built_beside() -> Iterator[None]:
    """While the desk runs, the large model is built, if it is not there; what becomes of it is said once."""
    try:
        building = encoder.start()
    except OSError as broken:
        tell(_("The large model is not built now: %(why)s") % {"why": broken.strerror or broken})
        building = None
    if building is None:
        yield
        return
    tell(
        _(
            "The large model is being built in the background (once, about 90 MB to fetch). Until it is there the small one "
            "judges. How far it is: amends doctor"
        )
    )
    is_stopped = threading.Event()
    language = get_language()

    def wait() -> None:
        building.wait()
        if is_stopped.is_set():
            return
        with override(language):
            tell(words(encoder.standing(now=datetime.now(UTC)).says))

    threading.Thread(target=wait, name="build", daemon=True).start()
    try:
        yield
    finally:
        is_stopped.set()
        encoder.stop(building)


def _open_browser(link: str) -> None:
    """Open the link where there is a screen; elsewhere it is on the terminal."""
    has_screen = (
        sys.platform in ("darwin", "win32") or os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")
    )
    if has_screen:
        webbrowser.open(link)


def _run_web(host: str, port: int) -> None:
    import uvicorn

    settings_of_server: dict[str, Any] = {
        "host": host,
        "port": port,
        "log_level": "warning",
        "access_log": False,
        # Live streams stay open for ever; a stop must not wait for them.
        "timeout_graceful_shutdown": 3,
        "lifespan": "off",
    }
    # uvicorn ends well on SIGTERM and then raises it once more: it must not skip what we do after it.
    signal.signal(signal.SIGTERM, _end)
    uvicorn.run("amends.site.asgi:application", **settings_of_server)


def _run_worker(stop: threading.Event) -> None:
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    signal.signal(signal.SIGINT, lambda *_: stop.set())
    tell(_("The worker runs. Stop: Ctrl+C."))
    Worker(stop).run()
