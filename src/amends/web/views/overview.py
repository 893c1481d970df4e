"""The action plan for the whole desk (K10), and what waits for a hand."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy as _n
from django.views.decorators.http import require_GET

from amends.core.say import Said
from amends.desk import encoder, permissions, policies
from amends.plan import STEPS
from amends.store import queries
from amends.web.access import agent_required
from amends.web.asked import Asked

#: The figures of each step, in order: the key, what it counts, where it leads, and whether more than none is bad.
FIGURES = {
    "listen": (
        ("found", _n("post found today", "posts found today", "n"), "sources", False),
        ("untagged", _("of them did not tag us"), "sources", False),
        ("active", _n("source listening", "sources listening", "n"), "sources", False),
        ("trouble", _n("source needs attention", "sources need attention", "n"), "sources", True),
    ),
    "triage": (
        ("complaints", _n("open complaint", "open complaints", "n"), "inbox?view=all", False),
        ("critical", _("critical"), "inbox", True),
        ("unsure", _n("waits to be judged", "wait to be judged", "n"), "inbox?view=judge", True),
        ("abuse", _("abusive"), "inbox?view=all", False),
        (
            "in_haste",
            _n(
                "post judged by the quick tier alone today: too many came at once",
                "posts judged by the quick tier alone today: too many came at once",
                "n",
            ),
            "",
            False,
        ),
    ),
    "document": (
        ("sealed", _n("entry in the evidence log", "entries in the evidence log", "n"), "", False),
        ("edited", _n("post edited today", "posts edited today", "n"), "", False),
        ("deleted", _n("post deleted today, kept here", "posts deleted today, kept here", "n"), "", False),
        ("quarantined", _("could not be read"), "sources", True),
    ),
    "reply": (
        ("unanswered", _("without a first answer"), "inbox", False),
        ("late", _("late"), "inbox", True),
        ("on_the_way", _n("reply on its way", "replies on their way", "n"), "", False),
        ("sent", _n("reply sent today", "replies sent today", "n"), "", False),
        ("hand", _n("needs a hand", "need a hand", "n"), "hand", True),
        (
            "second",
            _n("reply waits for a second person", "replies wait for a second person", "n"),
            "approvals",
            True,
        ),
    ),
    "followup": (
        ("promises", _n("promise to keep", "promises to keep", "n"), "hand", False),
        ("broken", _n("broken promise", "broken promises", "n"), "hand", True),
        ("asked", _("asked whether they are satisfied"), "inbox?view=waiting", False),
        ("pending", _n("waits for the customer", "wait for the customer", "n"), "inbox?view=waiting", False),
    ),
    "watch": (
        ("closed", _n("case closed today", "cases closed today", "n"), "inbox?view=closed", False),
        ("satisfied", _("with a satisfied customer"), "inbox?view=closed", False),
        ("let_go", _("let go"), "inbox?view=closed", False),
    ),
}


#: Shown only when there are any.
_SELDOM = frozenset({"in_haste", "second"})


def _way(target: str) -> str:
    name, _sep, query = target.partition("?")
    return reverse(name) + (f"?{query}" if query else "") if name else ""


@require_GET
@agent_required
def plan(request: Asked) -> HttpResponse:
    page = queries.plan_page(now=request.now)
    steps = [
        {
            "step": step,
            "figures": [
                {
                    "n": page.figures[step.room].get(key, 0),
                    "says": says % {"n": page.figures[step.room].get(key, 0)},
                    "way": _way(way),
                    "is_bad": is_bad,
                }
                for key, says, way, is_bad in FIGURES[step.room]
                if key not in _SELDOM or page.figures[step.room].get(key)
            ],
        }
        for step in STEPS
    ]
    values = {"here": "plan", "page": page, "steps": steps, "models": _models_say(request)}
    return render(request, "page/plan.html", values)


def _models_say(request: Asked) -> Said | None:
    """What those who run the desk should know of the models that judge; None when all is as it should be."""
    if not permissions.may(request.agent, "listen"):
        return None
    if (problem := policies.scorer_problem()) is not None:
        return problem
    stands = encoder.standing(now=request.now)
    is_as_wished = stands.has_encoder or (stands.kind == "absent" and not settings.AMENDS_MODELS)
    return None if is_as_wished else stands.says


@require_GET
@agent_required
def hand(request: Asked) -> HttpResponse:
    values = {
        "here": "hand",
        "page": queries.hand_page(now=request.now),
        "notices": queries.notices(request.agent.pk),
    }
    return render(request, "page/hand.html", values)
