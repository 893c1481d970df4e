"""For machines: is the process alive, and can it work?"""

from __future__ import annotations

from datetime import timedelta

from django.db import Error
from django.http import HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.templatetags.static import static
from django.views.decorators.http import require_safe

from amends.store import queries
from amends.web.asked import Asked

#: A worker that has been silent for longer is not there.
LONGEST_SILENCE = timedelta(minutes=2)


@require_safe
def favicon(request: Asked) -> HttpResponse:
    """Browsers ask for it by themselves, whatever a page says."""
    return redirect(static("amends/logo.svg"), permanent=True)


@require_safe
def healthz(request: Asked) -> HttpResponse:
    return HttpResponse("ok\n", content_type="text/plain")


@require_safe
def readyz(request: Asked) -> HttpResponse:
    """200 when the database answers and the worker is alive; else 503. Names and counts only."""
    try:
        seen = queries.health()
    except Error:
        return JsonResponse({"ready": False, "database": False}, status=503)
    is_working = seen.worker_at is not None and request.now - seen.worker_at < LONGEST_SILENCE
    said = {
        "ready": is_working,
        "database": True,
        "worker": is_working,
        "unread": seen.unread,
        "needs_a_hand": seen.needs_a_hand,
    }
    return JsonResponse(said, status=200 if is_working else 503)
