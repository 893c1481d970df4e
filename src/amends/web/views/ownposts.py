"""A brand's own post, checked before it goes out (A13). Nothing is kept."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods

from amends.core.graph import Refused
from amends.desk import accounts, ownposts
from amends.reply.ownpost import RULES, TOPICS, PostCheck
from amends.store import queries
from amends.web import labels
from amends.web.access import agent_required
from amends.web.asked import Asked
from amends.web.templatetags.amends import said, visible

#: What each outcome is called, what it means, and how it looks.
OUTCOMES = {
    "go": (
        _("Go"),
        _(
            "Nothing that we know of would set the comments alight, and it is calm. Let a colleague read it, too."
        ),
        "good",
    ),
    "think_again": (_("Think again"), _("Some of it could set the comments alight."), "problem"),
    "wait": (_("Wait"), _("This is not the moment."), "problem loud"),
}


@require_http_methods(["GET", "POST"])
@agent_required
def our_posts(request: Asked) -> HttpResponse:
    """The form, and what comes of what is in it."""
    networks = sorted(set(accounts.speakers().values()))
    given = {name: request.POST.get(name, "")[:40] for name in ("language", "network", "topic", "at")}
    values: dict[str, Any] = {
        "here": "our_posts",
        "text": request.POST.get("text", "")[: ownposts.LONGEST + 1],
        "given": given,
        "topics": [(name, labels.TOPICS[name]) for name in TOPICS],
        "networks": networks,
        "rules": RULES,
    }
    if request.method == "POST":
        try:
            found = ownposts.check(
                values["text"],
                language=given["language"] if given["language"] in ("en", "fr", "ro") else "",
                network=given["network"] if given["network"] in networks else "",
                topic=given["topic"],
                send_at=_moment(given["at"]),
                now=request.now,
            )
        except Refused as why:
            values["refused"] = [said(reason) for reason in why.reasons]
        else:
            values |= _shown(found, values["text"])
    return render(request, "page/our_posts.html", values)


def _moment(text: str) -> datetime | None:
    """When it is to go out, in the desk's zone; None where it is not said or cannot be read."""
    try:
        zone = ZoneInfo(str(queries.organisation().hours.get("zone", "UTC")))
        return datetime.fromisoformat(text).replace(tzinfo=zone).astimezone(UTC) if text else None
    except (ValueError, OverflowError):
        return None


def _shown(found: PostCheck, text: str) -> dict[str, Any]:
    name, meaning, css = OUTCOMES[found.outcome]
    return {
        "check": found,
        "outcome": {"name": name, "meaning": meaning, "css": css},
        "findings": [
            {"verdict": each, "words": visible(text[slice(*each.span)][:120]) if each.span else ""}
            for each in found.verdicts
        ],
        "pulse_topic": labels.label(found.pulse.topic, "topic") if found.pulse.topic else "",
        "usual": round(found.pulse.usual),
        "all_usual": round(found.pulse.all_usual),
    }
