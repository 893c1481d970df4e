"""Who may see a page: strangers are sent to sign in, the others are told what their role allows."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import render, resolve_url
from django.utils.http import urlencode

from amends.desk import permissions
from amends.web.asked import Asked

View = Callable[..., Any]


def _to_sign_in(request: Asked) -> HttpResponse:
    way = resolve_url(settings.LOGIN_URL)
    if request.method == "GET" and not request.headers.get("HX-Request") and request.path != "/":
        way += "?" + urlencode({"next": request.get_full_path()})
    if request.headers.get("HX-Request"):
        # Going away would lose what is being written: say it, and let them sign in beside the page.
        response = render(request, "parts/signed_out.html", {"way": way}, status=401)
        response["HX-Reswap"] = "none"
        return response
    return HttpResponse(status=302, headers={"Location": way})


def may(right: str) -> Callable[[View], View]:
    """The view is for agents whose role has `right` (`desk/permissions.py`). Writes ask the desk's own table again."""

    def decorate(view: View) -> View:
        @wraps(view)
        def guarded(request: Asked, *args: Any, **kwargs: Any) -> Any:
            if request.agent is None:
                return _to_sign_in(request)
            if not permissions.may(request.agent, right):
                raise PermissionDenied(right)
            return view(request, *args, **kwargs)

        return guarded

    return decorate


agent_required = may("read")
