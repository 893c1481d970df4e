"""The action plan for the whole desk (K10), and what waits for a hand."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET

from amends.plan import STEPS
from amends.store import queries
from amends.web.access import agent_required

#: The figures of each step, in order: the key, what it counts, where it leads, and whether more than none is bad.
FIGURES = {
    "listen": (
        ("found", _("posts found today"), "sources", False),
        ("untagged", _("of them did not tag us"), "sources", False),
        ("active", _("sources listening"), "sources", False),
        ("trouble", _("sources need attention"), "sources", True),
    ),
    "triage": (
        ("complaints", _("open complaints"), "inbox?view=all", False),
        ("critical", _("critical"), "inbox", True),
        ("unsure", _("wait to be judged"), "inbox?view=judge", True),
        ("abuse", _("abusive"), "inbox?view=all", False),
    ),
    "document": (
        ("sealed", _("entries in the evidence log"), "", False),
        ("edited", _("posts edited today"), "", False),
        ("deleted", _("posts deleted today, kept here"), "", False),
        ("quarantined", _("could not be read"), "sources", True),
    ),
    "reply": (
        ("unanswered", _("without a first answer"), "inbox", False),
        ("late", _("late"), "inbox", True),
        ("on_the_way", _("replies on their way"), "", False),
        ("sent", _("replies sent today"), "", False),
        ("hand", _("need a hand"), "hand", True),
    ),
    "followup": (
        ("promises", _("promises to keep"), "hand", False),
        ("broken", _("broken promises"), "hand", True),
        ("asked", _("asked whether they are satisfied"), "inbox?view=waiting", False),
        ("pending", _("wait for the customer"), "inbox?view=waiting", False),
    ),
    "watch": (
        ("closed", _("cases closed today"), "inbox?view=closed", False),
        ("satisfied", _("with a satisfied customer"), "inbox?view=closed", False),
        ("let_go", _("let go"), "inbox?view=closed", False),
    ),
}


def _way(target: str) -> str:
    name, _sep, query = target.partition("?")
    return reverse(name) + (f"?{query}" if query else "") if name else ""


@require_GET
@agent_required
def plan(request: HttpRequest) -> HttpResponse:
    page = queries.plan_page(now=request.now)
    steps = [
        {
            "step": step,
            "figures": [
                {"n": page.figures[step.room].get(key, 0), "says": says, "way": _way(way), "is_bad": is_bad}
                for key, says, way, is_bad in FIGURES[step.room]
            ],
        }
        for step in STEPS
    ]
    return render(request, "page/plan.html", {"here": "plan", "page": page, "steps": steps})


@require_GET
@agent_required
def hand(request: HttpRequest) -> HttpResponse:
    values = {
        "here": "hand",
        "page": queries.hand_page(now=request.now),
        "notices": queries.notices(request.agent.pk),
    }
    return render(request, "page/hand.html", values)
