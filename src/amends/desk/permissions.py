"""What each role may do. One table, read by the desk, the pages and the API."""

from __future__ import annotations

from amends.core.graph import Refused
from amends.core.say import Said, say
from amends.store.models import Agent, Role

#: Each right, and the roles that have it.
RIGHTS: dict[str, frozenset[str]] = {
    "read": frozenset(Role.values),
    "work": frozenset({Role.AGENT, Role.LEAD, Role.ADMIN}),
    "listen": frozenset({Role.LEAD, Role.ADMIN}),
    "approve": frozenset({Role.LEAD, Role.ADMIN}),
    "teach": frozenset({Role.LEAD, Role.ADMIN}),
    "policy": frozenset({Role.LEAD, Role.ADMIN}),
    "share_out": frozenset({Role.LEAD, Role.ADMIN}),
    "people": frozenset({Role.ADMIN}),
    "settings": frozenset({Role.ADMIN}),
}

#: Each right as people say it.
MEANINGS: dict[str, Said] = {
    "read": say("Read every case and its evidence"),
    "work": say("Take, judge, answer, promise, hand over and close cases"),
    "listen": say("Choose what we listen to: sources, watch words, quarantine"),
    "approve": say("Be the second person: read replies that wait, let them out or give them back"),
    "teach": say("Settle labels, train, and choose which version judges"),
    "policy": say("Write the playbook: plays, house rules, and ways out of the thread"),
    "share_out": say("Share out harsh cases fairly, and see the team’s sum of what was read"),
    "people": say("Invite colleagues and change their roles"),
    "settings": say("Change what holds for the whole organisation"),
}


def may(agent: Agent | None, right: str) -> bool:
    """Whether `agent` has `right`. Nobody and the inactive have none."""
    return agent is not None and agent.is_active and agent.role in RIGHTS[right]


def must(agent: Agent, right: str) -> None:
    """Raise `Refused` when `agent` does not have `right`."""
    if not may(agent, right):
        raise Refused(say("Your role does not allow this. Ask an admin of this desk."))
