"""Keys: `Authorization: Bearer amends_…`. A program acts as the agent whose key it holds, never by a cookie."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext as _
from ninja.security import HttpBearer

from amends.api.problems import Problem
from amends.desk import permissions
from amends.desk.people import agent_of_api_key


class Request(HttpRequest):
    """A request as the routes see it."""

    auth: Any
    """The agent whose key it carries."""
    now: datetime
    """When it came (aware, UTC)."""


class Key(HttpBearer):
    """A key of an agent whose role has `right` (`desk/permissions.py`). The desk asks its own table again."""

    def __init__(self, right: str) -> None:
        self.right = right
        super().__init__()

    def __call__(self, request: HttpRequest) -> Any:
        # Asked for here, so that a wrong scheme and a missing header are told like a wrong key.
        return super().__call__(request) or self._unknown(
            _("Send your key as “Authorization: Bearer amends_…”.")
        )

    def authenticate(self, request: Any, token: str) -> Any:
        agent = agent_of_api_key(token, now=request.now)
        if agent is None:
            self._unknown(
                _("This key is not known or was revoked. Make a new one on your settings page of the desk.")
            )
        if not permissions.may(agent, self.right):
            raise Problem(
                403,
                _("Your role does not allow this"),
                _("It needs the right “%(right)s”. Ask an admin of this desk.") % {"right": self.right},
            )
        return agent

    def _unknown(self, what: str) -> Any:
        raise Problem(401, _("A key is needed"), what, headers={"WWW-Authenticate": 'Bearer realm="amends"'})


may_read = Key("read")
may_work = Key("work")
may_listen = Key("listen")
may_teach = Key("teach")
may_policy = Key("policy")
