"""What every page knows: the agent, their rights, and the figures on the rail. Nothing is asked before it is shown."""

from __future__ import annotations

from typing import Any

from amends.desk import permissions
from amends.store import queries
from amends.web.asked import Asked


def organisation_of(request: Asked) -> Any:
    """The one organisation, with the figures of the rail: asked for once a request."""
    if not hasattr(request, "organisation"):
        request.organisation = queries.frame(now=request.now)
    return request.organisation


class Rights:
    """`rights.work` in a template: whether the agent's role has the right."""

    def __init__(self, agent: Any) -> None:
        self._agent = agent

    def __getitem__(self, right: str) -> bool:
        return permissions.may(self._agent, right)


class Frame:
    """The figures around every page."""

    def __init__(self, request: Asked) -> None:
        self._request = request

    @property
    def organisation(self) -> Any:
        return organisation_of(self._request)

    @property
    def late(self) -> int:
        """How many customers wait too long."""
        return int(self.organisation.late)

    @property
    def approvals(self) -> int:
        """How many replies wait for a second person."""
        return int(self.organisation.approvals)

    @property
    def hand(self) -> int:
        """How many replies need a person, and how many promises are broken."""
        return int(self.organisation.hand)


def desk(request: Asked) -> dict[str, Any]:
    agent = getattr(request, "agent", None)
    return {"agent": agent, "rights": Rights(agent), "frame": Frame(request) if agent else None}
