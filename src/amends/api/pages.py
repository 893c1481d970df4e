"""One page that lists the operations: plain HTML, no script, nothing from elsewhere."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.templatetags.static import static
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from amends.api.routes import api


def operations(request: HttpRequest) -> HttpResponse:
    """Every operation with its summary. No key is needed: it is the same on every desk."""
    schema: dict[str, Any] = api.get_openapi_schema()
    rows = format_html_join(
        "\n",
        "<tr><td><code>{}</code></td><td><code>{}</code></td><td>{}<br><small>{}</small></td></tr>",
        (
            (method.upper(), path, operation["summary"], operation.get("description", ""))
            for path, methods in sorted(schema["paths"].items())
            for method, operation in methods.items()
        ),
    )
    return HttpResponse(
        format_html(
            '<!doctype html>\n<html lang="{}"><head><meta charset="utf-8"><title>{}</title>'
            '<meta name="viewport" content="width=device-width, initial-scale=1">'
            '<link rel="stylesheet" href="{}"></head><body><main class="page"><h1>{}</h1><p>{}</p>'
            '<p><a href="{}">openapi.json</a></p><table><thead><tr><th scope="col">{}</th>'
            '<th scope="col">{}</th><th scope="col">{}</th></tr></thead><tbody>{}</tbody></table></main></body></html>',
            get_language(),
            _("Amends for programs"),
            static("amends/desk.css"),
            _("Amends for programs"),
            _(
                "Send your key with every request: “Authorization: Bearer amends_…”. Make it on your settings page."
            ),
            reverse("api:openapi-json"),
            _("Method"),
            _("Address"),
            _("What it does"),
            rows,
        )
    )
