"""`amends train` and `amends quality`: what people taught, and how good the desk is on its own posts."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any

import typer
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from amends.cli import serve
from amends.cli.speak import err, refusing, show, show_json, tell, words
from amends.desk import people, training
from amends.store import queries

Json = Annotated[bool, typer.Option("--json", help=_("Answer with JSON, for programs."))]


def train(as_json: Json = False) -> None:
    """Trains now, in this process; nothing judges otherwise until somebody switches it on."""
    serve.prepare()
    now = datetime.now(UTC)
    with refusing(as_json):
        bar = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            console=err,
            disable=as_json or not err.is_terminal,
        )
        with bar:
            task = bar.add_task(_("Reading posts"), total=None)
            made = training.train(
                by=people.first_admin(now=now),
                now=now,
                tell_step=lambda done, all_: bar.update(task, completed=done, total=all_),
            )
    if as_json:
        show_json(
            {
                "ok": True,
                "version": made.number,
                "tier": made.tier,
                "base": made.base,
                "digest": made.digest,
                "counts": made.counts,
                "scores": made.scores,
            }
        )
        return
    show(_("Version %(number)s is trained.") % {"number": made.number})
    for task_name in made.counts:
        _show_comparison(task_name, made.scores[task_name])
    tell(_("It judges nothing yet: compare it and switch it on, on the page “Is it any good here?”."))


def _show_comparison(task: str, sides: dict[str, Any]) -> None:
    old, new = sides["old"], sides["new"]
    show(
        ngettext(
            "%(task)s, on %(n)s post that it was not fitted on: macro-F1 %(old)s before, %(new)s now",
            "%(task)s, on %(n)s posts that it was not fitted on: macro-F1 %(old)s before, %(new)s now",
            new["n"],
        )
        % {
            "task": task,
            "n": new["n"],
            "old": round(100 * old["macro_f1"]),
            "new": round(100 * new["macro_f1"]),
        }
    )
    if "complaints_found" in new:
        show(
            _(
                "  complaints found: %(old)s of %(n)s before, %(new)s now; taken for abuse: %(old_abuse)s before, "
                "%(new_abuse)s now"
            )
            % {
                "n": new["complaints_found"]["n"],
                "old": old["complaints_found"]["hits"],
                "new": new["complaints_found"]["hits"],
                "old_abuse": old["complaints_as_abuse"]["hits"],
                "new_abuse": new["complaints_as_abuse"]["hits"],
            }
        )


def quality(as_json: Json = False) -> None:
    """The figures of the page “Is it any good here?”."""
    serve.prepare()
    now = training.in_force()
    page = queries.quality_page(version=now.number)
    if as_json:
        show_json(
            {
                "ok": True,
                "version": now.number,
                "problem": words(now.problem) if now.problem else None,
                "drawn": page.drawn,
                "right": _share(page.right),
                "kinds": [_class(each) for each in page.kinds],
                "abuse": [_class(each) for each in page.abuse],
                "complaints_as_abuse": _share(page.as_abuse),
                "languages": [{"code": each.code, "right": _share(each.right)} for each in page.languages],
                "corrected": page.corrected,
            }
        )
        return
    if now.problem is not None:
        tell(words(now.problem))
    judging = (
        _("Version %(number)s judges.") % {"number": now.number}
        if now.number
        else _("The shipped models judge.")
    )
    show(judging)
    if not page.drawn:
        show(_("Nothing is measured yet: label posts first, on the page “Label posts”."))
        return
    show(
        ngettext(
            "%(n)s post drawn by chance was judged by people.",
            "%(n)s posts drawn by chance were judged by people.",
            page.drawn,
        )
        % {"n": page.drawn}
    )
    for each in (*page.kinds, *page.abuse):
        if each.base.hits or each.precision.n:
            show(f"  {each.name:<10} {_words(each.precision)} · {_words(each.recall)}")
    show(_("Each line: how often it is right when it says so, and how many of those that are so it finds."))


def _words(share: Any) -> str:
    if not share.n:
        return "–"
    return _("%(low)s to %(high)s of 100 (%(hits)s/%(n)s)") % {
        "low": round(100 * share.low),
        "high": round(100 * share.high),
        "hits": share.hits,
        "n": share.n,
    }


def _share(share: Any) -> dict[str, Any]:
    return {"hits": share.hits, "n": share.n, "low": round(share.low, 4), "high": round(share.high, 4)}


def _class(each: Any) -> dict[str, Any]:
    return {
        "name": each.name,
        "base": _share(each.base),
        "precision": _share(each.precision),
        "recall": _share(each.recall),
        "more": each.more,
    }
