"""How what two people made of one text is shown."""

from __future__ import annotations

from django import template
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext

from amends.reply.difference import difference
from amends.web.templatetags.amends import visible

register = template.Library()


@register.filter
def changed_to(before: str, after: str) -> SafeString:
    """`before` with what went out struck through and what came in marked, also for those who only hear it."""
    return format_html_join("", "{}", ((_shown(each.what, each.text),) for each in difference(before, after)))


def _shown(what: str, text: str) -> SafeString:
    match what:
        case "gone":
            return format_html('<del><span class="sr">{} </span>{}</del>', gettext("out:"), visible(text))
        case "new":
            return format_html('<ins><span class="sr">{} </span>{}</ins>', gettext("in:"), visible(text))
        case _:
            return visible(text)
