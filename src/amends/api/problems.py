"""What goes wrong, as application/problem+json (RFC 9457), in the language of Accept-Language."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from django.core.exceptions import SuspiciousOperation
from django.http import Http404, HttpRequest, HttpResponse
from django.http.request import UnreadablePostError
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext as _
from ninja import NinjaAPI
from ninja.errors import HttpError, ValidationError

from amends.core.graph import Refused
from amends.core.say import Said
from amends.desk.requests import OtherRequest

log = logging.getLogger("amends.api")
MEDIA_TYPE = "application/problem+json"


class Problem(Exception):
    """An answer that is not what was asked for: what happened, and what to do."""

    def __init__(
        self, status: int, title: str, detail: str, *, headers: Mapping[str, str] | None = None, **more: Any
    ) -> None:
        self.status, self.title, self.detail = status, title, detail
        self.headers, self.more = headers or {}, more
        super().__init__(f"{status} {title}: {detail}")


def translated(said: Said) -> str:
    """A sentence in the reader's language."""

    def translate(one: str, many: str, n: int) -> str:
        # gettext("") is the catalogue's header.
        return ngettext(one, many, n) if many else gettext(one) if one else ""

    return said.render(translate)


def reason(said: Said) -> dict[str, Any]:
    """A sentence for programs: the text, and the template with its values to build it again."""
    return {
        "text": translated(said),
        "template": said.template,
        "values": {
            name: translated(value) if isinstance(value, Said) else value for name, value in said.values
        },
        "plural": said.plural,
    }


def answer(problem: Problem) -> HttpResponse:
    """The HTTP answer of a problem."""
    body = {
        "type": "about:blank",
        "title": problem.title,
        "status": problem.status,
        "detail": problem.detail,
        **problem.more,
    }
    return HttpResponse(
        json.dumps(body, ensure_ascii=False),
        status=problem.status,
        content_type=MEDIA_TYPE,
        headers=dict(problem.headers),
    )


def not_there() -> Problem:
    return Problem(
        404, _("Not found"), _("There is nothing under this address: it never was, or it is gone.")
    )


def wrong_method(allowed: str) -> Problem:
    return Problem(
        405,
        _("This cannot be done here"),
        _("This address takes: %(methods)s.") % {"methods": allowed},
        headers={"Allow": allowed},
    )


def broken_request(what: str = "") -> Problem:
    return Problem(400, _("The request cannot be read"), what or _("Send less, or as JSON in UTF-8."))


def too_many(most: int, *, seconds: int) -> Problem:
    return Problem(
        429,
        _("Too much at once"),
        _("At most %(most)s texts are judged in a minute. Ask again in %(seconds)s s.")
        % {"most": most, "seconds": seconds},
        headers={"Retry-After": str(seconds)},
    )


def broke() -> Problem:
    return Problem(
        500,
        _("Something broke in the desk"),
        _("Nothing was lost. Try again; if it stays, tell the person who runs this desk."),
    )


def of_refusal(why: Refused) -> Problem:
    """409 with every reason against it; 422 for a key that belongs to another request."""
    return Problem(
        422 if isinstance(why, OtherRequest) else 409,
        _("Refused"),
        " ".join(translated(each) for each in why.reasons),
        reasons=[reason(each) for each in why.reasons],
    )


def of_validation(errors: Iterable[Mapping[str, Any]]) -> Problem:
    """422 that names each field."""
    fields = [{"field": _field(each["loc"]), "problem": _what(each)} for each in errors][:50]
    detail = " ".join(f"“{each['field']}”: {each['problem']}" for each in fields[:5])
    return Problem(422, _("Some fields do not fit"), detail, fields=fields)


def _field(where: tuple[Any, ...]) -> str:
    # ("body", "given", "texts", 3) → "texts.3"; the name of our own argument tells a program nothing.
    parts = where[2:] if where[0] == "body" and len(where) > 2 else where[1:] or where
    return ".".join(str(each) for each in parts) if where != ("body", "given") else "body"


def _what(error: Mapping[str, Any]) -> str:
    kind, context = error["type"], error.get("ctx", {})
    if kind == "missing":
        return _("It is missing.")
    if kind == "extra_forbidden":
        return _("There is no such field here.")
    if kind == "string_too_long":
        return _("It is longer than %(n)s characters.") % {"n": context["max_length"]}
    if kind == "literal_error":
        return _("Choose one of: %(choices)s.") % {"choices": context["expected"]}
    return str(error["msg"]).removeprefix("Value error, ")


def speak_problems(api: NinjaAPI) -> None:
    """Make `api` answer every error as a problem."""
    handlers: dict[type[Exception], Callable[[HttpRequest, Any], HttpResponse]] = {
        Problem: lambda request, why: answer(why),
        Refused: lambda request, why: answer(of_refusal(why)),
        ValidationError: lambda request, why: answer(of_validation(why.errors)),
        Http404: lambda request, why: answer(not_there()),
        HttpError: _of_http,
        SuspiciousOperation: lambda request, why: answer(broken_request()),
        UnreadablePostError: lambda request, why: answer(broken_request()),
        Exception: _of_bug,
    }
    for kind, handler in handlers.items():
        api.add_exception_handler(kind, handler)


def _of_http(request: HttpRequest, why: HttpError) -> HttpResponse:
    # ninja wraps what our parser raised.
    if isinstance(why.__cause__, Problem):
        return answer(why.__cause__)
    return answer(Problem(why.status_code, str(why), broken_request().detail))


def _of_bug(request: HttpRequest, bug: Exception) -> HttpResponse:
    log.error("%s %s broke", request.method, request.path, exc_info=bug)
    return answer(broke())
