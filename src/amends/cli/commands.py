"""The commands, thin: they ask, call the desk, and say the answer."""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from django.conf import settings
from django.db import connection
from django.db.utils import DatabaseError
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from amends import __version__
from amends.cli import checks, learning, linting, models, parsing, serve, triage
from amends.cli.speak import err, fail, refusing, show, show_json, tell, words
from amends.core.say import Said
from amends.desk import audit, imports, people, setup
from amends.desk import export as exporting
from amends.store import queries

app = typer.Typer(
    help=_("Amends: a desk for a brand's unhappy customers on social media."),
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

app.add_typer(models.app, name="models")
app.command("train", help=_("Fit a version of the desk's own on what people corrected and labelled."))(
    learning.train
)
app.command("quality", help=_("Say how good the desk is on its own posts, as people judged them."))(
    learning.quality
)
app.command("lint", help=_("Check one draft, or files of replies, by the guards; needs no desk."))(
    linting.run_lint
)

app.command("triage", help=_("Judge texts, or JSON lines, from a file or standard input; needs no desk."))(
    triage.triage
)

app.command("parse", help=_("Say what a connector makes of recorded answers, as JSON lines; needs no desk."))(
    parsing.parse
)

Json = Annotated[bool, typer.Option("--json", help=_("Answer with JSON, for programs."))]
Host = Annotated[str, typer.Option(help=_("Address to listen on."))]
Port = Annotated[int, typer.Option(help=_("Port to listen on."), min=1, max=65535)]
Browser = Annotated[bool, typer.Option("--browser/--no-browser", help=_("Open the desk in a browser."))]

HOST, PORT = "127.0.0.1", 8010


def run() -> None:
    """Run the command that the terminal gave."""
    try:
        app()
    except DatabaseError as broken:
        tell(_("The database cannot be used: %(why)s") % {"why": str(broken).splitlines()[0]})
        tell(_("Try: amends doctor"))
        sys.exit(1)


@app.command(help=_("Run the desk: pages and worker in one process."))
def up(host: Host = HOST, port: Port = PORT, browser: Browser = True) -> None:
    serve.serve(host=host, port=port, with_web=True, with_worker=True, browser=browser)


@app.command(help=_("Run the pages alone."))
def web(host: Host = HOST, port: Port = PORT) -> None:
    serve.serve(host=host, port=port, with_web=True, with_worker=False, browser=False)


@app.command(help=_("Run the worker alone: listening, sending, clocks."))
def worker() -> None:
    serve.serve(host=HOST, port=PORT, with_web=False, with_worker=True, browser=False)


@app.command(help=_("Make the data folder and the database ready, without starting."))
def init(as_json: Json = False) -> None:
    serve.prepare()
    people.first_admin(now=datetime.now(UTC))
    if as_json:
        show_json({"ok": True, "home": str(settings.AMENDS_HOME)})
    else:
        show(_("Ready. The data folder is %(path)s") % {"path": settings.AMENDS_HOME})


@app.command(help=_("Print a one-time sign-in link for an admin, or for the colleague with this address."))
def link(email: Annotated[str, typer.Argument()] = "", base: str = "", as_json: Json = False) -> None:
    serve.prepare()
    now = datetime.now(UTC)
    agent = people.first_admin(now=now) if not email else people.by_email(email)
    if agent is None:
        fail(_("Nobody here has the address %(email)s.") % {"email": email}, as_json=as_json)
    address = f"{base or serve.desk_address()}/sign-in/{people.make_link(agent, now=now)}"
    show_json({"ok": True, "link": address}) if as_json else show(address)


@app.command(help=_("Invite a colleague: prints the link to give them."))
def invite(
    email: str,
    name: Annotated[str, typer.Option(help=_("As customers and colleagues will see it."))],
    role: Annotated[str, typer.Option(help="admin, lead, agent, read_only")] = "agent",
    base: str = "",
    as_json: Json = False,
) -> None:
    serve.prepare()
    now = datetime.now(UTC)
    with refusing(as_json):
        agent, token = people.invite(email, name, role, by=people.first_admin(now=now), now=now)
    address = f"{base or serve.desk_address()}/sign-in/{token}"
    if as_json:
        show_json({"ok": True, "agent": agent.pk, "link": address})
    else:
        tell(_("%(name)s can sign in once with this link within seven days:") % {"name": agent.name})
        show(address)


@app.command(help=_("Make a key for the API; it is shown once."))
def key(name: str, email: str = "", as_json: Json = False) -> None:
    serve.prepare()
    now = datetime.now(UTC)
    agent = people.first_admin(now=now) if not email else people.by_email(email)
    if agent is None:
        fail(_("Nobody here has the address %(email)s.") % {"email": email}, as_json=as_json)
    with refusing(as_json):
        made = people.make_api_key(agent, name, now=now)
    show_json({"ok": True, "key": made.token}) if as_json else show(made.token)


@app.command(
    help=_("Watch a brand now: Bluesky's public stream, and feeds. Starts the desk unless it runs already.")
)
def watch(
    brand: str,
    also: Annotated[
        list[str] | None, typer.Option(help=_("Another name: a product, a service, a hashtag."))
    ] = None,
    feed: Annotated[
        list[str] | None, typer.Option(help=_("Address of an RSS or Atom feed, such as a Google Alert."))
    ] = None,
    jetstream: Annotated[
        str, typer.Option(help=_("Address of a Jetstream; without it, the public ones."))
    ] = "",
    no_stream: Annotated[bool, typer.Option("--no-stream", help=_("Feeds only."))] = False,
    only_add: Annotated[
        bool, typer.Option("--only-add", help=_("Write it down, do not start the desk."))
    ] = False,
    host: Host = HOST,
    port: Port = PORT,
    browser: Browser = True,
    as_json: Json = False,
) -> None:
    serve.prepare()
    now = datetime.now(UTC)
    with refusing(as_json):
        sources = setup.start_watching(
            brand,
            also=also or [],
            feeds=feed or [],
            jetstream=None if no_stream else jetstream,
            by=people.first_admin(now=now),
            now=now,
        )
    runs = checks.worker_is_alive(now=now)
    if as_json:
        show_json({"ok": True, "sources": [setup.describe(each) for each in sources], "desk_runs": runs})
    else:
        for each in sources:
            tell(_("Watching %(source)s") % {"source": each.name})
    if not no_stream and not jetstream and not setup.is_online():
        tell(
            _(
                "Bluesky cannot be reached from here now. Amends goes on trying; the example works without: amends example"
            )
        )
    if runs and not as_json:
        tell(_("The desk that runs listens from now on."))
    if not runs and not only_add:
        serve.serve(host=host, port=port, with_web=True, with_worker=True, browser=browser)


@app.command(help=_("Walk through the example: a made-up brand, its customers arriving as if live."))
def example(
    only_add: Annotated[
        bool, typer.Option("--only-add", help=_("Write it down, do not start the desk."))
    ] = False,
    host: Host = HOST,
    port: Port = PORT,
    browser: Browser = True,
    as_json: Json = False,
) -> None:
    serve.prepare()
    now = datetime.now(UTC)
    source = setup.running_example()
    if source is None:
        with refusing(as_json):
            source = setup.start_example(by=people.first_admin(now=now), now=now)
    elif not as_json:
        tell(_("The example was started before: it goes on where it was."))
    if as_json:
        show_json({"ok": True, "source": setup.describe(source)})
    if not only_add and not checks.worker_is_alive(now=now):
        serve.serve(host=host, port=port, with_web=True, with_worker=True, browser=browser)


@app.command(
    "import",
    help=_("Read a file of posts (JSON lines or CSV), once; the same file again adds nothing twice."),
)
def import_(
    file: Annotated[Path, typer.Argument(help=_("A .jsonl or .csv file."))],
    map_: Annotated[
        list[str] | None,
        typer.Option("--map", help=_("Which column holds what: text=tweet_text; again for each.")),
    ] = None,
    network: Annotated[str, typer.Option(help=_("The name of the network it comes from."))] = "import",
    as_json: Json = False,
) -> None:
    mapping = {}
    for pair in map_ or []:
        ours, sign, theirs = pair.partition("=")
        if not sign or not ours.strip() or not theirs.strip():
            fail(
                _("“%(pair)s” is not a mapping; write field=column, such as text=tweet_text.")
                % {"pair": pair},
                as_json=as_json,
            )
        mapping[ours.strip()] = theirs.strip()
    if not file.is_file():
        fail(_("There is no file %(path)s.") % {"path": file}, as_json=as_json)
    serve.prepare()
    with refusing(as_json):
        source = setup.import_source(file, mapping, now=datetime.now(UTC), network=network)
        with _progress(as_json) as bar:
            task = bar.add_task(file.name, total=None)
            result = imports.run(
                source, tell=lambda done, total: bar.update(task, completed=done, total=total)
            )
    if as_json:
        show_json({"ok": result.problem is None, **result.as_json()})
    else:
        _show_import(result)
    if result.problem is not None:
        raise typer.Exit(1)


def _progress(as_json: bool) -> Progress:
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        console=err,
        disable=as_json or not err.is_terminal,
    )


def _show_import(result: imports.Result) -> None:
    taken, again, bad = result.counts["taken"], result.counts["again"], result.counts["quarantined"]
    show(ngettext("%(n)s post taken in", "%(n)s posts taken in", taken) % {"n": taken})
    if again:
        show(ngettext("%(n)s was here already", "%(n)s were here already", again) % {"n": again})
    if bad:
        show(
            ngettext(
                "%(n)s could not be read and is in quarantine:",
                "%(n)s could not be read and are in quarantine:",
                bad,
            )
            % {"n": bad}
        )
        for where, why in result.unreadable[:10]:
            show(f"  {where}: {words(why)}")
    if result.problem is not None:
        tell(words(result.problem))


@app.command(
    help=_("Write every case as JSON lines, with its posts, replies, notes, promises and evidence digests.")
)
def export(
    file: Annotated[Path | None, typer.Argument(help=_("Where to; without it, the terminal."))] = None,
    as_json: Json = False,
) -> None:
    serve.prepare()
    if file is None:
        for record in exporting.records():
            sys.stdout.write(json.dumps(record, ensure_ascii=False) + "\n")
        return
    partial = file.with_name(file.name + ".part")
    n = 0
    try:
        with partial.open("w", encoding="utf-8") as target:
            for record in exporting.records():
                target.write(json.dumps(record, ensure_ascii=False) + "\n")
                n += 1
        partial.replace(file)
    except OSError as broken:
        fail(
            _("%(path)s cannot be written: %(why)s") % {"path": file, "why": broken.strerror or broken},
            as_json=as_json,
        )
    if as_json:
        show_json({"ok": True, "cases": n, "file": str(file)})
    else:
        show(
            ngettext("%(n)s case written to %(path)s", "%(n)s cases written to %(path)s", n)
            % {"n": n, "path": file}
        )


@app.command(help=_("Look whether all is well: database, worker, sources, log, replies that need a hand."))
def doctor(as_json: Json = False) -> None:
    found = checks.all_checks(now=datetime.now(UTC))
    if as_json:
        show_json(
            {"ok": not any(each.is_bad for each in found), "checks": [each.as_json() for each in found]}
        )
    else:
        for each in found:
            show(f"{each.sign} {words(each.says)}")
            if each.do is not None:
                show(f"    {words(each.do)}")
    if any(each.is_bad for each in found):
        raise typer.Exit(1)


@app.command(help=_("Check the whole evidence log: every leaf, every digest, the root."))
def verify(as_json: Json = False) -> None:
    with _progress(as_json) as bar:
        task = bar.add_task(_("Evidence"), total=None)
        result = audit.verify_log(tell=lambda done, total: bar.update(task, completed=done, total=total))
    if as_json:
        show_json(
            {
                "ok": not result.faults,
                "size": result.size,
                "root": result.root,
                "faults": [str(each) for each in result.faults],
            }
        )
    else:
        for fault in result.faults:
            show(f"✗ {words(fault)}")
        if not result.faults:
            show(
                ngettext(
                    "The log of %(n)s entry is whole; its root is %(root)s",
                    "The log of %(n)s entries is whole; its root is %(root)s",
                    result.size,
                )
                % {"n": result.size, "root": result.root}
            )
    if result.faults:
        raise typer.Exit(1)


@app.command(help=_("Which Amends this is."))
def version(as_json: Json = False) -> None:
    facts: dict[str, Any] = {
        "amends": __version__,
        "python": sys.version.split()[0],
        "database": connection.vendor,
    }
    show_json(facts) if as_json else show(
        f"Amends {__version__} · Python {facts['python']} · {connection.vendor}"
    )


@app.command("sources", help=_("List what is listened to, and how it goes."))
def list_sources(as_json: Json = False) -> None:
    page = queries.sources_page(now=datetime.now(UTC))
    if as_json:
        show_json({"ok": True, "sources": [setup.describe(each) for each in page.sources]})
        return
    for each in page.sources:
        problem = f": {words(Said.from_json(each.problem))}" if each.problem else ""
        show(f"{each.pk}  {each.name}  {each.connector}  {each.state}{problem}")
