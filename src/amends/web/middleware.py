"""Who asks, when, and in which language: set once for every request."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpResponse
from django.utils import timezone, translation

from amends.web.asked import Asked


class AgentMiddleware:
    """Sets `request.agent` (None for strangers) and `request.now` (aware, UTC), and speaks the agent's language.

    Pages hold customers' words: no cache may keep them.
    """

    def __init__(self, get_response: Callable[[Asked], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: Asked) -> HttpResponse:
        request.now = timezone.now()
        user = request.user
        request.agent = user if user.is_authenticated and user.is_active else None
        if request.agent is not None and request.agent.language:
            translation.activate(request.agent.language)
            request.LANGUAGE_CODE = translation.get_language()
        response = self.get_response(request)
        if not response.has_header("Cache-Control"):
            response["Cache-Control"] = "no-store"
        return response
