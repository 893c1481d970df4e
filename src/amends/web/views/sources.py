"""What we listen to, how it fares, and what could not be read."""

from __future__ import annotations

from functools import wraps
from typing import Any

from django.contrib import messages
from django.core.exceptions import ObjectDoesNotExist
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from amends.connectors.base import fields_of
from amends.connectors.registry import connectors
from amends.desk import intake, setup
from amends.store import queries
from amends.web import labels
from amends.web.access import agent_required, may
from amends.web.answers import refusing
from amends.web.asked import Asked
from amends.web.templatetags.amends import said


def _to_sources(**kwargs: Any) -> str:
    return reverse("sources")


def _acts(view: Any) -> Any:
    """A POST of somebody who may choose what we listen to."""

    @wraps(view)
    def found(*args: Any, **kwargs: Any) -> Any:
        try:
            return view(*args, **kwargs)
        except ObjectDoesNotExist:
            raise Http404 from None

    return require_POST(may("listen")(refusing(_to_sources)(found)))


def _back(request: Asked) -> HttpResponse:
    if request.headers.get("HX-Request"):
        return HttpResponse(status=204, headers={"HX-Redirect": reverse("sources")})
    return redirect("sources")


#: Sources that are not set up by a form: the example by its own page, files by `amends import`.
_NOT_BY_FORM = ("example", "file")


def _addable() -> list[dict[str, Any]]:
    """What can be added, with its fields."""
    return [
        {
            "name": name,
            "label": labels.NETWORKS.get(kind.traits.label, kind.traits.label),
            "about": (kind.__doc__ or "").split("\n")[0],
            "fields": fields_of(kind.settings),
        }
        for name, kind in connectors().items()
        if name not in _NOT_BY_FORM
    ]


@require_GET
@agent_required
def sources(request: Asked) -> HttpResponse:
    values = {
        "here": "sources",
        "page": queries.sources_page(now=request.now),
        "addable": _addable(),
        "term_kinds": labels.TERM_KINDS.items(),
    }
    return render(request, "page/sources.html", values)


@_acts
def source_add(request: Asked) -> HttpResponse:
    given = {
        key.removeprefix("set_"): str(value) for key, value in request.POST.items() if key.startswith("set_")
    }
    connector = request.POST.get("connector", "")
    setup.add_source(connector, request.POST.get("name", ""), given, by=request.agent, now=request.now)
    messages.success(request, _("Added. It begins to listen now."))
    return _back(request)


@_acts
def source_check(request: Asked, source_id: int) -> HttpResponse:
    """Test the connection, and say what was found."""
    works, found = setup.check(source_id, by=request.agent)
    (messages.success if works else messages.error)(request, said(found))
    return _back(request)


@_acts
def source_pause(request: Asked, source_id: int) -> HttpResponse:
    setup.pause(source_id, by=request.agent, now=request.now)
    messages.success(request, _("Paused. Nothing is read from it until you resume it."))
    return _back(request)


@_acts
def source_resume(request: Asked, source_id: int) -> HttpResponse:
    setup.resume(source_id, by=request.agent, now=request.now)
    messages.success(request, _("Listening again, from where it stopped."))
    return _back(request)


@_acts
def source_all(request: Asked, source_id: int) -> HttpResponse:
    """Whether all of it concerns us, or only what holds a watch word."""
    setup.set_takes_everything(source_id, request.POST.get("everything") == "yes", by=request.agent)
    return _back(request)


@_acts
def term_add(request: Asked) -> HttpResponse:
    setup.add_term(
        request.POST.get("text", ""),
        request.POST.get("kind", "name"),
        is_fuzzy=request.POST.get("fuzzy") == "yes",
        by=request.agent,
        now=request.now,
    )
    messages.success(request, _("Added. New posts are matched against it from now on."))
    return _back(request)


@_acts
def term_remove(request: Asked, term_id: int) -> HttpResponse:
    setup.remove_term(term_id, by=request.agent)
    messages.success(request, _("Removed. Cases that it found stay."))
    return _back(request)


@_acts
def quarantine_retry(request: Asked, quarantined_id: int) -> HttpResponse:
    if intake.retry_quarantined(quarantined_id, now=request.now):
        messages.success(request, _("It could be read now."))
    else:
        messages.warning(request, _("It still cannot be read. The bytes are kept."))
    return _back(request)


@_acts
def quarantine_set_aside(request: Asked, quarantined_id: int) -> HttpResponse:
    intake.set_aside(quarantined_id)
    messages.success(request, _("Set aside. The bytes are kept."))
    return _back(request)
