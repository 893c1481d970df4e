"""Colleagues: sign-in by link or password, invitations, roles, preferences, API keys."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.contrib.auth.password_validation import validate_password
from django.core.cache import cache
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import IntegrityError, transaction

from amends.core.graph import Refused
from amends.core.say import say
from amends.core.text import storable
from amends.desk.permissions import must
from amends.desk.trail import tell
from amends.reply.phrases import Reading
from amends.reply.private import find_private
from amends.store.models import Agent, ApiKey, Case, Notice, Role, SignInLink

LINK_LIVES = {"sign_in": timedelta(minutes=30), "invite": timedelta(days=7)}
#: Wrong passwords for one address, or from one machine, before a pause.
MOST_TRIES, PAUSE = 8, timedelta(minutes=15)


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def first_admin(*, now: datetime) -> Agent:
    """The admin of a new desk: made when there is nobody yet."""
    found = Agent.objects.filter(role=Role.ADMIN, is_active=True).order_by("pk").first()
    return found or Agent.objects.create_agent("admin@localhost", name="Admin", role=Role.ADMIN)


def make_link(agent: Agent, purpose: str = "sign_in", *, now: datetime) -> str:
    """A token that signs the agent in once; only its digest is kept."""
    token = secrets.token_urlsafe(24)
    SignInLink.objects.create(
        agent=agent, digest=_digest(token), purpose=purpose, made_at=now, expires_at=now + LINK_LIVES[purpose]
    )
    return token


def link_owner(token: str, *, now: datetime) -> Agent | None:
    """Whose link it is, if it can still be used. Uses nothing up."""
    link = (
        SignInLink.objects.select_related("agent")
        .filter(digest=_digest(token), used_at=None, expires_at__gt=now, agent__is_active=True)
        .first()
    )
    return link.agent if link else None


def sign_in_with(token: str, *, now: datetime) -> Agent | None:
    """Use a link up. None: it was used, is too old, or never was."""
    agent = link_owner(token, now=now)
    if agent is None:
        return None
    won = SignInLink.objects.filter(digest=_digest(token), used_at=None).update(used_at=now)
    return agent if won == 1 else None


def check_password(email: str, password: str, *, machine: str) -> Agent:
    """The agent of an address and password. Raises `Refused`, the same for a wrong address and a wrong password,
    and after too many tries for one address or from one machine."""
    names = [f"tries:{_digest(email.strip().lower())}", f"tries:{_digest(machine)}"]
    if any(cache.get(name, 0) >= MOST_TRIES for name in names):
        raise Refused(say("Too many tries. Wait a quarter of an hour, or ask an admin for a sign-in link."))
    agent = Agent.objects.filter(email=email.strip().lower(), is_active=True).first()
    if agent is None:
        Agent().set_password(password)  # the same work as for a real one, so that time tells nothing
    elif agent.has_usable_password() and agent.check_password(password):
        cache.delete_many(names)
        return agent
    for name in names:
        cache.add(name, 0, PAUSE.total_seconds())
        cache.incr(name)
    raise Refused(say("This address and password do not fit together."))


def invite(email: str, name: str, role: str, *, by: Agent, now: datetime) -> tuple[Agent, str]:
    """A new colleague and the token of their link. Raises `Refused` for a bad address or one that is here already."""
    must(by, "people")
    email, name = email.strip().lower(), storable(" ".join(name.split()))[:120]
    try:
        validate_email(email)
    except ValidationError:
        raise Refused(say("“{email}” is not an e-mail address.", email=email[:100])) from None
    if not name:
        raise Refused(say("Say the colleague's name: customers and colleagues will see it."))
    if role not in Role.values:
        raise Refused(say("Choose a role."))
    try:
        with transaction.atomic():
            agent = Agent.objects.create_agent(email, name=name, role=role)
    except IntegrityError:
        raise Refused(say("{email} is on this desk already.", email=email)) from None
    return agent, make_link(agent, "invite", now=now)


def new_link(agent_id: int, *, by: Agent, now: datetime) -> str:
    """Another link for a colleague who lost theirs."""
    must(by, "people")
    agent = Agent.objects.filter(pk=agent_id, is_active=True).first()
    if agent is None:
        raise Refused(say("This colleague is not active."))
    return make_link(agent, "invite", now=now)


def change(
    agent_id: int, *, role: str | None = None, is_active: bool | None = None, by: Agent, now: datetime
) -> None:
    """Another role, or the end of one's time here (open cases go back to the team). The last admin stays admin."""
    must(by, "people")
    with transaction.atomic():
        agent = Agent.objects.select_for_update().filter(pk=agent_id).first()
        if agent is None:
            raise Refused(say("There is no such colleague."))
        if role is not None and role not in Role.values:
            raise Refused(say("Choose a role."))
        loses_admin = agent.role == Role.ADMIN and ((role or Role.ADMIN) != Role.ADMIN or is_active is False)
        others = Agent.objects.filter(role=Role.ADMIN, is_active=True).exclude(pk=agent.pk)
        if loses_admin and not others.exists():
            raise Refused(say("A desk needs an admin: make somebody else admin first."))
        if role is not None:
            agent.role = role
        if is_active is not None:
            agent.is_active = is_active
        agent.save(update_fields=["role", "is_active"])
        if not agent.is_active or agent.role == Role.READ_ONLY:
            left = Case.objects.filter(owner=agent, closed_at=None).update(owner=None, changed_at=now)
            SignInLink.objects.filter(agent=agent, used_at=None).update(used_at=now)
            if left:
                tell(say("Cases of {name} are back with the team", name=agent.name), now=now, level="warn")


def set_preferences(
    agent: Agent, *, language: str | None = None, theme: str | None = None, has_keys: bool | None = None
) -> None:
    """Language ("" is the browser's), theme ("" is the system's, light, dark), and single keys on or off."""
    if language is not None:
        if language not in ("", "en", "fr", "ro"):
            raise Refused(say("Choose one of the languages on the page."))
        agent.language = language
    if theme is not None:
        if theme not in ("", "light", "dark"):
            raise Refused(say("Choose light, dark, or as the system says."))
        agent.theme = theme
    if has_keys is not None:
        agent.has_keys = has_keys
    agent.save(update_fields=["language", "theme", "has_keys"])


def set_identity(agent: Agent, *, name: str, email: str, introduced_as: str | None = None) -> None:
    """One's own name and address, and what customers read when this person takes over (A11): “Camille, billing”."""
    if introduced_as is not None:
        introduced_as = storable(" ".join(introduced_as.split()))[:120]
        if find_private(Reading(introduced_as)) or any(letter.isdigit() for letter in introduced_as):
            raise Refused(
                say("Customers read this in public: a first name and what you do, no address and no number.")
            )
        agent.introduced_as = introduced_as
    email = email.strip().lower()
    try:
        validate_email(email) if email != "admin@localhost" else None
    except ValidationError:
        raise Refused(say("“{email}” is not an e-mail address.", email=email[:100])) from None
    if not name.strip():
        raise Refused(say("Say your name: customers and colleagues will see it."))
    agent.name, agent.email = storable(" ".join(name.split()))[:120], email
    try:
        with transaction.atomic():
            agent.save(update_fields=["name", "email", "introduced_as"])
    except IntegrityError:
        raise Refused(say("{email} is on this desk already.", email=email)) from None


def set_password(agent: Agent, password: str) -> None:
    """One's own password. Raises `Refused` for one that is too easy."""
    try:
        validate_password(password, agent)
    except ValidationError:
        raise Refused(
            say("Choose a longer password: ten letters or more, not your name, not one that everybody uses.")
        ) from None
    agent.set_password(password)
    agent.save(update_fields=["password"])


@dataclass(frozen=True)
class NewKey:
    key: ApiKey
    token: str
    """Shown once; only its digest is kept."""


def make_api_key(agent: Agent, name: str, *, now: datetime) -> NewKey:
    """A key with which programs act as this agent."""
    if not name.strip():
        raise Refused(say("Give the key a name, so that you know later what uses it."))
    token = f"amends_{secrets.token_urlsafe(32)}"
    key = ApiKey.objects.create(agent=agent, name=name.strip()[:120], digest=_digest(token), made_at=now)
    return NewKey(key, token)


def revoke_api_key(key_id: int, *, by: Agent, now: datetime) -> None:
    ApiKey.objects.filter(pk=key_id, agent=by, revoked_at=None).update(revoked_at=now)


def agent_of_api_key(token: str, *, now: datetime) -> Agent | None:
    """Whose key it is; notes that it was used."""
    key = (
        ApiKey.objects.select_related("agent")
        .filter(digest=_digest(token), revoked_at=None, agent__is_active=True)
        .first()
    )
    if key is None:
        return None
    if key.last_used_at is None or now - key.last_used_at > timedelta(minutes=1):
        ApiKey.objects.filter(pk=key.pk).update(last_used_at=now)
    return key.agent


def read_notices(agent: Agent, *, case_id: int | None = None, now: datetime) -> None:
    """The agent has seen them: all, or those of one case."""
    mine = Notice.objects.filter(agent=agent, read_at=None)
    (mine if case_id is None else mine.filter(case=case_id)).update(read_at=now)


def by_email(email: str) -> Agent | None:
    """The active agent with this address."""
    return Agent.objects.filter(email=email.strip().lower(), is_active=True).first()
