"""Harsh words shown by choice, a break from them, cases that nobody answers, and what was asked and done."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_POST

from amends.desk import muting, permissions, shielding, wanted
from amends.store import queries
from amends.web import veil
from amends.web.access import agent_required, may
from amends.web.answers import refusing
from amends.web.asked import Asked
from amends.web.views.case_actions import _acts as acts
from amends.web.views.case_actions import _shown as shown


def _to_case(**kwargs: Any) -> str:
    return reverse("case", args=[kwargs["case_id"]])


def _to_wellbeing(**kwargs: Any) -> str:
    return reverse("wellbeing")


# -- read by choice


@require_POST
@agent_required
@refusing(_to_case)
def post_show(request: Asked, case_id: int, mention_id: int) -> HttpResponse:
    """The words of a veiled post, for whoever asks for them: counted for them alone."""
    offers_break = shielding.show(case_id, mention_id, by=request.agent, now=request.now)
    veil.lift(request, mention_id)
    if evidence := _uuid(request.POST.get("evidence", "")):
        return redirect("evidence", evidence)
    if request.POST.get("from") == "labels":
        return redirect("labels")
    if offers_break and not request.headers.get("HX-Request"):
        messages.info(request, _("That was a lot of harsh words. Take ten minutes: see “Wellbeing”."))
    return shown(request, case_id, just_shown=mention_id, offers_break=offers_break)


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text) if text else None
    except ValueError:
        return None


@require_POST
@agent_required
@refusing(_to_case)
def post_veil(request: Asked, case_id: int, mention_id: int) -> HttpResponse:
    veil.lower(request, mention_id)
    return shown(request, case_id)


# -- a break


@require_GET
@agent_required
def wellbeing(request: Asked) -> HttpResponse:
    """One's own figures, and what one can do about them. Leads see the team's sum, where there is a team."""
    leads = permissions.may(request.agent, "share_out")
    values = {
        "here": "settings",
        "figures": shielding.figures(by=request.agent, now=request.now),
        "team": shielding.team_figures(by=request.agent, now=request.now) if leads else None,
        "fewest": shielding.FEWEST_FOR_A_SUM,
        "rest_after": queries.organisation().rest_after,
        "to_share": shielding.to_share(now=request.now) if leads else 0,
    }
    return render(request, "page/wellbeing.html", values)


@require_POST
@agent_required
@refusing(_to_wellbeing)
def rest(request: Asked) -> HttpResponse:
    """Ten minutes without harsh cases; or back before they are over."""
    if request.POST.get("end"):
        shielding.end_rest(request.agent)
        messages.success(request, _("Welcome back."))
    else:
        shielding.rest(request.agent, now=request.now)
        messages.success(request, _("Take your time. For ten minutes no harsh case is given to you."))
    if request.headers.get("HX-Request"):
        return render(request, "parts/rested.html", {"oob": True})
    return redirect("wellbeing")


@require_POST
@agent_required
@refusing(_to_wellbeing)
def always_shown(request: Asked) -> HttpResponse:
    shielding.set_always_shown(request.agent, request.POST.get("always") == "on")
    messages.success(request, _("Saved."))
    return redirect("wellbeing")


@require_POST
@may("settings")
@refusing(_to_wellbeing)
def rest_after(request: Asked) -> HttpResponse:
    given = request.POST.get("posts", "")
    shielding.set_rest_after(int(given) if given.isdecimal() and len(given) < 6 else -1, by=request.agent)
    messages.success(request, _("Saved."))
    return redirect("wellbeing")


@require_POST
@may("share_out")
@refusing(_to_wellbeing)
def share_out(request: Asked) -> HttpResponse:
    n = shielding.share_out(by=request.agent, now=request.now)
    messages.success(
        request,
        ngettext("%(n)s harsh case is shared out.", "%(n)s harsh cases are shared out.", n) % {"n": n}
        if n
        else _("No harsh case is nobody’s."),
    )
    return redirect("wellbeing")


# -- nobody answers


@acts
def mute(request: Asked, case_id: int) -> HttpResponse:
    """Decide not to answer; the way back stands in the toast."""
    why = request.POST.get("why", "")
    muting.mute(case_id, why, request.POST.get("reason", ""), by=request.agent, now=request.now)
    if not request.headers.get("HX-Request"):
        messages.success(request, _("Nobody answers. What they write is still kept and read by the desk."))
    return shown(request, case_id, composer=True, was_muted=True)


@acts
def unmute(request: Asked, case_id: int) -> HttpResponse:
    muting.unmute(case_id, by=request.agent, now=request.now)
    messages.success(request, _("Taken back: it is answered like any other."))
    return shown(request, case_id, composer=True, was_unmuted=True)


# -- asked and done


@acts
def asked_and_done(request: Asked, case_id: int) -> HttpResponse:
    """What they asked for, and what was done: what is in the form is kept."""
    wanted.note(
        case_id,
        wanted=request.POST.get("wanted"),
        was_done=request.POST.get("was_done"),
        by=request.agent,
        now=request.now,
    )
    messages.success(request, _("Noted."))
    return shown(request, case_id)
