"""The queue, and one case beside it."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from amends.desk import modelling, pages, permissions, shielding
from amends.store import queries
from amends.web import approvals, judged, labels, muted, wordings
from amends.web.access import agent_required, may
from amends.web.asked import Asked
from amends.web.context import organisation_of
from amends.web.veil import Veil

#: "Show more" lengthens the list up to here; beyond it one searches.
MOST_ROWS = 300
MOST_TOASTS = 3
#: Danger does not wait for the end of a break: threats stay where they are.
SPARED = shielding.VEILED - {"threat"}
_TABS = ("due", "mine", "unassigned", "all", "judge", "waiting", "praise", "closed", "muted")


def _queue(request: Asked, *, opened: int | None = None) -> dict[str, Any]:
    """The queue as the address asks for it. Two queries."""
    view, search = request.GET.get("view", "due"), request.GET.get("q", "").strip()[:200]
    if search and "view" not in request.GET:
        view = "all"
    try:
        length = max(queries.PAGE, min(int(request.GET.get("n", queries.PAGE)), MOST_ROWS))
    except ValueError:
        length = queries.PAGE
    spared = SPARED if shielding.is_resting(request.agent, now=request.now) else ()
    queue = queries.queue(view, request.agent.pk, search, None, length, spared=spared, now=request.now)
    asked = _asked(queue.view, search)
    return {
        "queue": queue,
        "open": opened,
        "tabs": [(name, queue.counts.get(name) if name != "all" else None) for name in _TABS],
        "way": "?" + urlencode(asked) if asked else "",
        "way_more": "?" + urlencode({**asked, "n": str(length + queries.PAGE)}) if length < MOST_ROWS else "",
    }


def _asked(view: str, search: str) -> dict[str, str]:
    """What of the queue's filter stands in an address."""
    asked = {"view": view} if view != "due" or search else {}
    return asked | ({"q": search} if search else {})


def _is_new_desk(request: Asked) -> bool:
    """Nothing is set up yet, and this agent may do it."""
    return permissions.may(request.agent, "listen") and organisation_of(request).set_up_at is None


@require_GET
@agent_required
def inbox(request: Asked) -> HttpResponse:
    values = {"here": "inbox", **_queue(request)}
    if not values["queue"].counts["all"] and _is_new_desk(request):
        return redirect("start")
    if request.headers.get("HX-Target") == "queue-live":
        return render(request, "parts/queue.html", {**values, "oob": True})
    return render(request, "inbox.html", values)


@require_GET
@agent_required
def queue(request: Asked) -> HttpResponse:
    """The queue alone: for the search box and the live stream."""
    opened = request.GET.get("open", "")
    values = _queue(request, opened=int(opened) if opened.isdecimal() and len(opened) < 18 else None)
    response = render(request, "parts/queue.html", {**values, "oob": True})
    if request.headers.get("HX-Trigger-Name") == "q":
        # What is searched for stays in the address, beside an open case, too.
        way = urlsplit(request.headers.get("HX-Current-URL", "")).path
        response["HX-Replace-Url"] = (way if way.startswith("/cases/") else "/") + values["way"]
    return response


def case_values(request: Asked, case_id: int) -> dict[str, Any]:
    """What the case's templates need. Raises 404."""
    view = pages.case_view(case_id, request.agent.pk, now=request.now)
    if view is None:
        raise Http404
    case = view.page.case
    name = (case.author.name or case.author.handle).split(" ")[0]
    if view.page.approval is not None:
        approvals.ready(view.page.approval, request)
    veil = Veil(request, view.page)
    return {
        "view": view,
        "case": case,
        "veil": veil,
        "veiled": veil.hides_title,
        "needed": veil.needed,
        "muting": muted.standing(view.page),
        "whys": [(value, labels.MUTED[value]) for value in labels.MUTED],
        "is_mine": case.owner_id == request.agent.pk,
        "has_model": modelling.is_on(),
        "wording": {
            "ask_satisfied": wordings.worded(wordings.ASK_SATISFIED, case.language, name),
            "last_offer": wordings.worded(wordings.LAST_OFFER, case.language, name),
        },
        "target": view.page.last,
        "post_as": _("Post publicly as %(brand)s") % {"brand": organisation_of(request).brand}
        if view.account
        else "",
        "closings": labels.CLOSE_ACTIONS.items(),
        "kinds": [(value, labels.KINDS[value], key) for value, key in labels.KIND_KEYS],
        "severities": [(*each, key) for key, each in enumerate(labels.SEVERITIES.items(), 1)],
        "card": judged.card(case, view.page.judgement),
        "fixes": judged.fixes(case, view.page.judgement),
    }


@require_GET
@agent_required
def case(request: Asked, case_id: int) -> HttpResponse:
    target = request.headers.get("HX-Target")
    if target == "queue-live":
        return render(request, "parts/queue.html", {**_queue(request, opened=case_id), "oob": True})
    values = case_values(request, case_id)
    if target == "case":
        asked = _asked(request.GET.get("view", "due"), request.GET.get("q", ""))
        way = "?" + urlencode(asked) if asked else ""
        return render(request, "case/whole.html", {**values, "is_fragment": True, "way": way})
    return render(request, "inbox.html", {"here": "inbox", **_queue(request, opened=case_id), **values})


@require_GET
@agent_required
def case_live(request: Asked, case_id: int) -> HttpResponse:
    """The parts of a case that change under one's eyes; never the composer."""
    return render(request, "case/live.html", {**case_values(request, case_id), "oob": True})


@require_GET
@may("work")
def colleagues(request: Asked, case_id: int) -> HttpResponse:
    """Whom the case can be handed to: asked for when the menu opens."""
    owner = request.GET.get("owner", "")
    values = {
        "colleagues": queries.colleagues(),
        "owner": int(owner) if owner.isdecimal() else None,
        "proposed": None if owner else shielding.proposed(case_id, now=request.now),
    }
    return render(request, "parts/colleagues.html", values)


@require_GET
@agent_required
def notices_new(request: Asked) -> HttpResponse:
    """What was told since the notice `after`: the grave ones, as toasts."""
    after = request.GET.get("after", "")
    after_id = int(after) if after.isdecimal() and len(after) < 18 else 0
    fresh = [
        each for each in queries.notices(request.agent.pk) if each.pk > after_id and each.level != "info"
    ]
    return render(
        request, "parts/notices.html", {"notices": fresh[:MOST_TOASTS], "more": len(fresh) - MOST_TOASTS}
    )


@require_GET
@agent_required
def palette(request: Asked) -> HttpResponse:
    """Cases for the palette."""
    search = request.GET.get("q", "").strip()[:100]
    rows = queries.queue("all", request.agent.pk, search, None, 6, now=request.now).rows if search else ()
    return render(request, "parts/palette_cases.html", {"rows": rows})
