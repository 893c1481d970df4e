"""The pages for what went wrong. Each says what happened and what to do; none needs the database."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _


def _page(request: HttpRequest, status: int, title: str, happened: str, todo: str) -> HttpResponse:
    said = {"status": status, "title": title, "happened": happened, "todo": todo}
    template = "error/fragment.html" if request.headers.get("HX-Request") else "error/page.html"
    response = render(request, template, said, status=status)
    response["Cache-Control"] = "no-store"
    return response


def bad_request(request: HttpRequest, exception: Any = None) -> HttpResponse:
    return _page(
        request,
        400,
        _("This request could not be understood"),
        _("Something in the address or the form was not what the desk expects."),
        _("Go back, reload the page and try once more."),
    )


def forbidden(request: HttpRequest, exception: Any = None) -> HttpResponse:
    return _page(
        request,
        403,
        _("Your role does not allow this"),
        _("You are signed in, but this page or action is for other roles."),
        _("Ask an admin of this desk. “People” shows who that is and what each role may do."),
    )


def not_found(request: HttpRequest, exception: Any = None) -> HttpResponse:
    return _page(
        request,
        404,
        _("There is nothing at this address"),
        _("The link may be mistyped, or what it led to is not in this desk."),
        _("Go to the inbox and look for it with the search."),
    )


def server_error(request: HttpRequest) -> HttpResponse:
    return _page(
        request,
        500,
        _("Something broke on our side"),
        _("Nothing that you wrote was sent. Drafts are kept on the server."),
        _(
            "Try again in a moment. If it happens again, tell the person who runs this desk: the log has the details."
        ),
    )


def csrf_failed(request: HttpRequest, reason: str = "") -> HttpResponse:
    return _page(
        request,
        403,
        _("The page was open for too long"),
        _("The desk could not tell that this came from your own page, so it did nothing."),
        _("Reload the page and try again. If it goes on, allow cookies for this address."),
    )
