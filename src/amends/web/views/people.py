"""Signing in and out, colleagues, and one's own settings."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth import login, logout, update_session_auth_hash
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.dates import WEEKDAYS
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from amends.core.graph import Refused
from amends.desk import people as desk_people
from amends.desk import permissions, setup
from amends.store import queries
from amends.web import approvals, labels
from amends.web.access import agent_required, may
from amends.web.answers import refusing
from amends.web.asked import Asked
from amends.web.templatetags.amends import said

BACKEND = "django.contrib.auth.backends.ModelBackend"


@sensitive_post_parameters("password")
@require_http_methods(["GET", "POST"])
def sign_in(request: Asked) -> HttpResponse:
    if request.agent is not None:
        return redirect("inbox")
    way = request.POST.get("next") or request.GET.get("next", "")
    if not url_has_allowed_host_and_scheme(way, {request.get_host()}, require_https=request.is_secure()):
        way = ""
    values = {"next": way, "email": request.POST.get("email", "")}
    if request.method == "POST":
        try:
            agent = desk_people.check_password(
                values["email"], request.POST.get("password", ""), machine=request.META.get("REMOTE_ADDR", "")
            )
        except Refused as why:
            values["problem"] = " ".join(said(reason) for reason in why.reasons)
            return render(request, "account/sign_in.html", values, status=403)
        login(request, agent, backend=BACKEND)
        return redirect(way or "inbox")
    return render(request, "account/sign_in.html", values)


@require_http_methods(["GET", "POST"])
def sign_in_link(request: Asked, token: str) -> HttpResponse:
    """GET shows a button and uses nothing up: previews of links in chats and mails fetch them, too."""
    if request.method == "POST":
        agent = desk_people.sign_in_with(token, now=request.now)
        if agent is not None:
            login(request, agent, backend=BACKEND)
            return redirect("inbox")
        return render(request, "account/link.html", {"problem": True}, status=410)
    works = desk_people.link_owner(token, now=request.now) is not None
    return render(request, "account/link.html", {"problem": not works}, status=200 if works else 410)


@require_POST
def sign_out(request: Asked) -> HttpResponse:
    logout(request)
    return redirect("sign_in")


def _to_people(**kwargs: Any) -> str:
    return reverse("people")


def _to_settings(**kwargs: Any) -> str:
    return reverse("settings")


@require_GET
@agent_required
def people(request: Asked) -> HttpResponse:
    values = {
        "here": "people",
        "people": queries.people(),
        "roles": list(labels.ROLES.items()),
        "table": [
            (
                labels.ROLES[role],
                [
                    meaning
                    for right, meaning in permissions.MEANINGS.items()
                    if role in permissions.RIGHTS[right]
                ],
            )
            for role in labels.ROLES
        ],
        "link": request.session.pop("invitation", None) if permissions.may(request.agent, "people") else None,
    }
    return render(request, "page/people.html", values)


def _show_link(request: Asked, name: str, token: str) -> None:
    way = request.build_absolute_uri(reverse("sign_in_link", args=[token]))
    request.session["invitation"] = {"name": name, "way": way}


@require_POST
@may("people")
@refusing(_to_people)
def invite(request: Asked) -> HttpResponse:
    agent, token = desk_people.invite(
        request.POST.get("email", ""),
        request.POST.get("name", ""),
        request.POST.get("role", ""),
        by=request.agent,
        now=request.now,
    )
    _show_link(request, agent.name, token)
    return redirect("people")


@require_POST
@may("people")
@refusing(_to_people)
def person_link(request: Asked, agent_id: int) -> HttpResponse:
    """Another sign-in link for a colleague."""
    token = desk_people.new_link(agent_id, by=request.agent, now=request.now)
    colleague = queries.agent(agent_id)
    _show_link(request, colleague.name if colleague else "", token)
    return redirect("people")


@require_POST
@may("people")
@refusing(_to_people)
def person_change(request: Asked, agent_id: int) -> HttpResponse:
    active = request.POST.get("active")
    desk_people.change(
        agent_id,
        role=request.POST.get("role") or None,
        is_active=None if active is None else active == "yes",
        by=request.agent,
        now=request.now,
    )
    messages.success(request, _("Changed."))
    return redirect("people")


@require_GET
@agent_required
def settings(request: Asked) -> HttpResponse:
    organisation = queries.organisation()
    return render(
        request,
        "page/settings.html",
        {
            "here": "settings",
            "organisation": organisation,
            "contacts": "\n".join(organisation.contacts),
            "banned_words": "\n".join(organisation.banned_words),
            **_hours(),
            "keys": queries.api_keys(request.agent.pk),
            "new_key": request.session.pop("new_key", None),
            "second": approvals.settings_of(request) if permissions.may(request.agent, "settings") else None,
        },
    )


@require_POST
@agent_required
@refusing(_to_settings)
def preferences(request: Asked) -> HttpResponse:
    desk_people.set_preferences(
        request.agent,
        language=request.POST.get("language", ""),
        theme=request.POST.get("theme", ""),
        has_keys=request.POST.get("keys") == "on",
    )
    messages.success(request, _("Saved."))
    return redirect("settings")


@sensitive_post_parameters("password")
@require_POST
@agent_required
@refusing(_to_settings)
def identity(request: Asked) -> HttpResponse:
    """One's own name and address, and a new password where one is given."""
    desk_people.set_identity(
        request.agent,
        name=request.POST.get("name", ""),
        email=request.POST.get("email", ""),
        introduced_as=request.POST.get("introduced_as", ""),
    )
    if password := request.POST.get("password", ""):
        desk_people.set_password(request.agent, password)
        update_session_auth_hash(request, request.agent)
    messages.success(request, _("Saved."))
    return redirect("settings")


def _hours() -> dict[str, Any]:
    """When somebody is there, for the form: Monday first, days in the reader's language."""
    zone, days = setup.hours_as_written()
    return {"zone": zone, "days": [(number, WEEKDAYS[number], said) for number, said in enumerate(days)]}


@require_POST
@may("settings")
@refusing(_to_settings)
def hours(request: Asked) -> HttpResponse:
    """When somebody is there."""
    given = {day: request.POST.get(f"day_{day}", "") for day in range(7)}
    setup.set_hours(request.POST.get("zone", ""), given, by=request.agent)
    messages.success(request, _("Saved. Clocks that begin from now on count these hours."))
    return redirect("settings")


@require_POST
@may("settings")
@refusing(_to_settings)
def organisation(request: Asked) -> HttpResponse:
    """What holds for everybody."""
    seconds = request.POST.get("undo_seconds", "")
    setup.set_organisation(
        brand=request.POST.get("brand", ""),
        contacts=request.POST.get("contacts", "").splitlines(),
        undo_seconds=int(seconds) if seconds.isdecimal() and len(seconds) < 6 else None,
        admission=request.POST.get("admission"),
        banned_words=request.POST["banned_words"].splitlines() if "banned_words" in request.POST else None,
        by=request.agent,
    )
    messages.success(request, _("Saved."))
    return redirect("settings")


@require_POST
@agent_required
@refusing(_to_settings)
def key_make(request: Asked) -> HttpResponse:
    """A key for programs; shown once."""
    made = desk_people.make_api_key(request.agent, request.POST.get("name", ""), now=request.now)
    request.session["new_key"] = made.token
    return redirect("settings")


@require_POST
@agent_required
def key_revoke(request: Asked, key_id: int) -> HttpResponse:
    desk_people.revoke_api_key(key_id, by=request.agent, now=request.now)
    messages.success(request, _("The key does not work any more."))
    return redirect("settings")


@require_POST
@agent_required
def notices_read(request: Asked) -> HttpResponse:
    desk_people.read_notices(request.agent, now=request.now)
    return redirect("hand")
