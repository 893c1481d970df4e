"""People teach it: labelling posts, how good the desk is on its own posts, and which version judges."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from amends.desk import labelling, permissions, training
from amends.store import queries
from amends.web import labels as names
from amends.web import veil
from amends.web.access import agent_required, may
from amends.web.answers import refusing
from amends.web.asked import Asked


def _to_labels(**kwargs: Any) -> str:
    return reverse("labels")


def _to_quality(**kwargs: Any) -> str:
    return reverse("quality")


def _choices() -> dict[str, Any]:
    """The answers, in their order, each with its key and what it means in short."""
    return {
        "kinds": [
            (value, names.KINDS[value], key, names.KIND_GUIDE[value]) for value, key in names.LABEL_KIND_KEYS
        ],
        "abuses": [
            (value, names.ABUSE[value], key, names.ABUSE_GUIDE[value])
            for value, key in names.LABEL_ABUSE_KEYS
        ],
    }


@require_GET
@agent_required
def labels(request: Asked) -> HttpResponse:
    """The next post to label, how far people agree, and for those who settle: where they do not."""
    can_label = permissions.may(request.agent, "work")
    values = {
        "here": "learn",
        "post": labelling.next_post(by=request.agent) if can_label else None,
        "page": queries.labels_page(request.agent.pk, with_disputed=permissions.may(request.agent, "teach")),
        "shown": veil.shown(request),
        **_choices(),
    }
    return render(request, "page/labels.html", values)


@require_POST
@may("work")
@refusing(_to_labels)
def labels_draw(request: Asked) -> HttpResponse:
    n = labelling.draw_more(by=request.agent, now=request.now)
    if not n:
        messages.info(request, _("Every post that the desk holds is drawn already."))
    return redirect("labels")


@require_POST
@may("work")
@refusing(_to_labels)
def label(request: Asked, sampled_id: int) -> HttpResponse:
    labelling.label(
        sampled_id,
        request.POST.get("kind", ""),
        request.POST.get("abuse", ""),
        by=request.agent,
        now=request.now,
    )
    labelling.draw_more(by=request.agent, now=request.now)
    return redirect("labels")


@require_POST
@may("work")
@refusing(_to_labels)
def label_skip(request: Asked, sampled_id: int) -> HttpResponse:
    labelling.skip(sampled_id, by=request.agent, now=request.now)
    labelling.draw_more(by=request.agent, now=request.now)
    return redirect("labels")


@require_POST
@may("work")
@refusing(_to_labels)
def label_undo(request: Asked) -> HttpResponse:
    labelling.undo(by=request.agent, now=request.now)
    messages.success(request, _("Taken back: the post waits for you again."))
    return redirect("labels")


@require_POST
@may("teach")
@refusing(_to_labels)
def label_settle(request: Asked, sampled_id: int) -> HttpResponse:
    labelling.settle(
        sampled_id,
        request.POST.get("kind", ""),
        request.POST.get("abuse", ""),
        by=request.agent,
        now=request.now,
    )
    messages.success(request, _("Settled."))
    return redirect("labels")


@require_GET
@agent_required
def quality(request: Asked) -> HttpResponse:
    """How good the desk is on its own posts, and the versions to choose from."""
    now, known = training.in_force(), queries.versions()
    values = {
        "here": "learn",
        "page": queries.quality_page(version=now.number),
        "versions": [(each, _comparison(each.scores)) for each in known.versions],
        "switches": known.switches,
        "in_force": now,
        "chosen": training.chosen(),
        "tier": now.scorer.tier if now.scorer else "rules",
        "is_training": training.is_training(),
    }
    return render(request, "page/quality.html", values)


def _comparison(scores: dict[str, Any]) -> list[dict[str, Any]]:
    """The rows of the table that puts a version beside what judged before it."""
    found: list[dict[str, Any]] = []
    for task, sides in ((task, scores[task]) for task in names.TASKS if task in scores):
        pair = (sides["old"], sides["new"])
        values = [
            {"value": each["macro_f1"], **dict(zip(("low", "high"), each["between"] or (), strict=False))}
            for each in pair
        ]
        found.append({"what": "macro_f1", "task": task, "n": pair[0]["n"], "sides": values})
        for what in ("complaints_found", "complaints_as_abuse"):
            n = pair[0].get(what, {}).get("n", 0)
            if n:
                values = [{**each[what], "value": each[what]["hits"] / n} for each in pair]
                found.append({"what": what, "task": task, "n": n, "sides": values})
    return found


@require_POST
@may("teach")
@refusing(_to_quality)
def quality_train(request: Asked) -> HttpResponse:
    training.ask(by=request.agent, now=request.now)
    messages.success(
        request, _("The desk trains a version now. You are told when it is done; nothing changes until then.")
    )
    return redirect("quality")


@require_POST
@may("teach")
@refusing(_to_quality)
def quality_switch(request: Asked) -> HttpResponse:
    """0: back to the shipped models."""
    number = request.POST.get("version", "")
    n = int(number) if number.isdecimal() and len(number) < 9 else -1
    training.switch(n, by=request.agent, now=request.now)
    if n:
        messages.success(request, _("Version %(number)s judges from now on.") % {"number": n})
    else:
        messages.success(request, _("The shipped models judge again from now on."))
    return redirect("quality")
