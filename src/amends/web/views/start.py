"""The first minutes: watch a real brand, or walk through the example."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from amends.desk import setup
from amends.store import queries
from amends.web.access import may
from amends.web.answers import refusing
from amends.web.asked import Asked


def _to_start(**kwargs: Any) -> str:
    return reverse("start")


@require_GET
@may("listen")
def start(request: Asked) -> HttpResponse:
    values = {"organisation": queries.organisation(), "is_online": setup.is_online()}
    return render(request, "page/start.html", values)


@require_POST
@may("listen")
@refusing(_to_start)
def start_example(request: Asked) -> HttpResponse:
    setup.start_example(by=request.agent, now=request.now)
    messages.success(request, _("The example runs. Its customers write in the next few minutes, as if live."))
    return redirect("inbox")


@require_POST
@may("listen")
@refusing(_to_start)
def start_watching(request: Asked) -> HttpResponse:
    setup.start_watching(
        request.POST.get("brand", ""),
        also=request.POST.get("also", "").replace(",", "\n").splitlines(),
        feeds=[each.strip() for each in request.POST.get("feeds", "").splitlines() if each.strip()],
        jetstream="" if request.POST.get("bluesky") == "yes" else None,
        by=request.agent,
        now=request.now,
    )
    messages.success(request, _("The desk listens now. What it finds appears in the queue by itself."))
    return redirect("inbox")
