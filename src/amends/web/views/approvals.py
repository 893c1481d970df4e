"""The second person: what waits, and what they decide; who has a case open; and a heated draft thrown away."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from amends.core.graph import Refused
from amends.desk import cooling, presence, seconding
from amends.store import queries
from amends.web.access import agent_required, may
from amends.web.answers import refusing
from amends.web.approvals import ready
from amends.web.asked import Asked
from amends.web.views.case_actions import _shown


def _back(**kwargs: Any) -> str:
    return reverse("case", args=[kwargs["case_id"]]) if "case_id" in kwargs else reverse("approvals")


@require_GET
@agent_required
def approvals(request: Asked) -> HttpResponse:
    """What waits for a second person, and what became of the last ones."""
    page = queries.approvals_page(now=request.now)
    for each in page.waiting:
        ready(each, request)
    return render(request, "page/approvals.html", {"here": "approvals", "page": page})


def _decides(view: Any) -> Any:
    return require_POST(may("work")(refusing(_back)(view)))


def _after(request: Asked, approval_id: int) -> HttpResponse:
    """The page from which it was decided."""
    found = queries.approval(approval_id)
    if found is None or request.POST.get("from") == "approvals":
        if request.headers.get("HX-Request"):
            return HttpResponse(status=204, headers={"HX-Redirect": reverse("approvals")})
        return redirect("approvals")
    return _shown(request, found.case_id, composer=found.author_id == request.agent.pk)


@_decides
def approval_approve(request: Asked, approval_id: int) -> HttpResponse:
    """Let it out, as it is or with other words."""
    text = request.POST.get("text")
    found = queries.approval(approval_id)
    # A form's line ends are CR LF: the words are the same.
    text = text.replace("\r\n", "\n") if text is not None else None
    if found is not None and text == found.text:
        text = None
    seconding.approve(
        approval_id, text=text, reason=request.POST.get("reason", ""), by=request.agent, now=request.now
    )
    messages.success(request, _("Let out. It leaves when the time to take it back is over."))
    return _after(request, approval_id)


@_decides
def approval_return(request: Asked, approval_id: int) -> HttpResponse:
    """Give it back with a reason."""
    seconding.give_back(approval_id, request.POST.get("reason", ""), by=request.agent, now=request.now)
    messages.success(request, _("Given back, with your reason."))
    return _after(request, approval_id)


@_decides
def approval_withdraw(request: Asked, approval_id: int) -> HttpResponse:
    """The author takes it back."""
    seconding.withdraw(approval_id, by=request.agent, now=request.now)
    messages.success(request, _("Withdrawn. Your text is in the draft."))
    return _after(request, approval_id)


@_decides
def cooling_cancel(request: Asked, case_id: int) -> HttpResponse:
    """A heated draft is not sent after all."""
    cooling.throw_away(case_id, request.POST.get("mode", "reply"), by=request.agent, now=request.now)
    messages.success(request, _("Thrown away. Nothing was posted."))
    return _shown(request, case_id, composer=True)


@require_POST
@agent_required
def case_presence(request: Asked, case_id: int) -> HttpResponse:
    """This page is open: says so, and gives who else is here."""
    try:
        presence.note(case_id, request.POST.get("doing", "viewing"), by=request.agent, now=request.now)
    except Refused:
        return HttpResponse(status=404)
    if request.POST.get("doing") == "gone":
        return HttpResponse(status=204)
    beside = queries.beside(case_id, request.agent.pk, now=request.now)
    return render(request, "case/beside.html", {"beside": beside})


def _to_settings(**kwargs: Any) -> str:
    return reverse("settings")


@require_POST
@may("settings")
@refusing(_to_settings)
def four_eyes(request: Asked) -> HttpResponse:
    """When a second person must say yes, and how long a heated draft rests."""
    seconding.set_rules(
        new_days=_number(request.POST.get("new_days", "")),
        severities=request.POST.getlist("severities"),
        amount=request.POST.get("amount", ""),
        cooldown_minutes=_number(request.POST.get("cooldown_minutes", "")),
        by=request.agent,
    )
    messages.success(request, _("Saved."))
    return redirect("settings")


def _number(text: str) -> int:
    """A whole number; nothing for nothing, and −1, which no setting takes, for what is none."""
    return 0 if not text.strip() else int(text) if text.isascii() and text.isdigit() and len(text) < 6 else -1
