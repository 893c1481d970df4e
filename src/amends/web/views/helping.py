"""What the composer offers in a case: a proposed draft, house rules, ways out, and who helps from here on."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from amends.desk import modelling, policies, proposing
from amends.reply.gaps import gaps
from amends.web.access import may
from amends.web.answers import refusing
from amends.web.asked import Asked


def _to_case(**kwargs: Any) -> str:
    return reverse("case", args=[kwargs["case_id"]])


@require_GET
@may("work")
@refusing(_to_case)
def case_tools(request: Asked, case_id: int) -> HttpResponse:
    """House rules, ways out and the introduction, in the customer's language. A piece of the composer."""
    offered = proposing.tools(case_id, by=request.agent, now=request.now)
    return render(request, "case/tools.html", {"tools": offered, "case_id": case_id})


@require_POST
@may("work")
@refusing(_to_case)
def case_propose(request: Asked, case_id: int) -> HttpResponse:
    """A draft by the play, by the model, or the line that introduces a colleague. Puts nothing anywhere by itself."""
    mode = "direct" if request.POST.get("mode") == "direct" else "reply"
    values: dict[str, Any] = {"case_id": case_id, "mode": mode}
    match request.POST.get("by", "play"):
        case "model":
            found = modelling.propose(case_id, mode, by=request.agent, now=request.now)
            values |= {"text": found.text, "model": found.name}
        case "calmer":
            text = request.POST.get("text", "")[:20_000]
            found = modelling.calmer(case_id, text, mode, by=request.agent, now=request.now)
            values |= {"text": found.text, "model": found.name, "is_calmer": True}
        case "introduction":
            line = proposing.introduction(case_id, by=request.agent, now=request.now)
            values |= {"text": line.says, "line": line}
        case _:
            found = proposing.propose(case_id, mode, by=request.agent, now=request.now)
            titles = {
                each.name: each.title(request.LANGUAGE_CODE) for each in policies.plays(found.case.playbook)
            }
            values |= {"text": found.text, "play": titles.get(found.name, found.name)}
    values["gaps"] = len(gaps(values["text"]))
    return render(request, "case/proposal.html", values)
