"""What a reply is checked for: each rule with its page, and a trial of it over what the desk has sent."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET, require_POST

from amends.desk import guarding
from amends.reply.rulebook import conditions
from amends.web.access import agent_required, may
from amends.web.answers import refusing
from amends.web.asked import Asked

#: What a level does, as people say it.
LEVELS = {
    "block": _("stops the reply"),
    "warn": _("asks for a second look"),
    "hint": _("is only shown"),
    "pass": _("off"),
}


def _page(trial: guarding.Trial | None = None) -> dict[str, object]:
    rules = [
        {
            "rule": rule,
            "does": LEVELS[rule.level],
            "in_doubt": "" if rule.level is rule.level_when_doubtful else LEVELS[rule.level_when_doubtful],
            "bad": [(each, conditions(each)) for each in rule.page.bad],
            "good": [(each, conditions(each)) for each in rule.page.good],
            "trial": trial if trial and trial.code == rule.code else None,
        }
        for rule in guarding.rulebook()
    ]
    return {"here": "settings", "rules": rules, "tried_on": guarding.TRIED_ON}


@require_GET
@agent_required
def guards(request: Asked) -> HttpResponse:
    return render(request, "page/guards.html", _page())


@require_POST
@may("listen")
@refusing(lambda code: reverse("guards"))
def guard_try(request: Asked, code: str) -> HttpResponse:
    trial = guarding.tried(code, by=request.agent, now=request.now)
    if request.headers.get("HX-Request"):
        return render(request, "parts/trial.html", {"trial": trial, "is_piece": True})
    return render(request, "page/guards.html", _page(trial))
