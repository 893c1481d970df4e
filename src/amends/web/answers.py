"""How a view answers: a whole page, a piece of one for htmx, or a refusal with its reasons."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render

from amends.core.graph import Refused
from amends.web.asked import Asked
from amends.web.templatetags.amends import said


def page(
    request: Asked, template: str, values: dict[str, Any] | None = None, *, status: int = 200
) -> HttpResponse:
    return render(request, template, values or {}, status=status)


def refused(request: Asked, why: Refused) -> HttpResponse:
    """409 with the reasons, and nothing else of the page changed."""
    response = render(request, "parts/refused.html", {"reasons": why.reasons}, status=409)
    response["HX-Reswap"] = "none"
    return response


def refusing(back: Callable[..., str]) -> Callable[[Any], Any]:
    """Turn `Refused` into a toast for htmx, or into a message on the page at `back(**kwargs)`."""

    def decorate(view: Any) -> Any:
        @wraps(view)
        def guarded(request: Asked, *args: Any, **kwargs: Any) -> Any:
            try:
                return view(request, *args, **kwargs)
            except Refused as why:
                if request.headers.get("HX-Request"):
                    return refused(request, why)
                for reason in why.reasons:
                    messages.error(request, said(reason))
                return redirect(back(**kwargs))

        return guarded

    return decorate
