"""Where version 1 lies: below /api/v1/. Everything here answers as a problem when it goes wrong."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseNotAllowed
from django.urls import URLPattern, path, re_path
from django.views.decorators.csrf import csrf_exempt

from amends.api import problems
from amends.api.pages import operations
from amends.api.routes import api


def _spoken(view: Callable[..., Any]) -> Callable[..., Any]:
    """Where ninja answers in plain words of its own, answer as a problem."""

    @csrf_exempt
    @wraps(view)
    def spoken(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        response: HttpResponse = view(request, *args, **kwargs)
        if isinstance(response, HttpResponseNotAllowed):
            return problems.answer(problems.wrong_method(", ".join(sorted(response["Allow"].split(", ")))))
        return response

    return spoken


@csrf_exempt
def nothing(request: HttpRequest) -> HttpResponse:
    return problems.answer(problems.not_there())


_routes = [each for each in api.urls[0] if isinstance(each, URLPattern) and each.name != "api-root"]
for _route in _routes:
    _route.callback = _spoken(_route.callback)

app_name = "api"
urlpatterns = [
    path("docs", operations, name="docs"),
    *_routes,
    path("", nothing, name="api-root"),
    re_path(r"^.*$", nothing),
]
