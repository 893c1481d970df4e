"""Reads request bodies strictly: one reading of JSON for everybody, and no input that can break us."""

from __future__ import annotations

import json
import re
from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext as _
from ninja.parser import Parser

from amends.api.problems import Problem, broken_request

#: Deeper than any request of ours, and far from Python's own limit.
DEEPEST = 20
_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*+"|[\[{]|[\]}]', re.DOTALL)


class StrictParser(Parser):
    """JSON in UTF-8, without NaN, infinities, repeated names or endless nesting."""

    def parse_body(self, request: HttpRequest) -> Any:
        if request.content_type != "application/json":
            raise Problem(
                415, _("The request cannot be read"), _("Send it with “Content-Type: application/json”.")
            )
        try:
            text = request.body.decode("utf-8")
        except UnicodeDecodeError:
            raise broken_request(_("It is not UTF-8.")) from None
        if depth_of(text) > DEEPEST:
            raise broken_request(_("It is nested too deeply."))
        try:
            return json.loads(text, parse_constant=_no_constant, object_pairs_hook=_once_each)
        except (ValueError, RecursionError) as broken:
            raise broken_request(_("It is not JSON: %(why)s.") % {"why": str(broken)[:200]}) from None


def depth_of(text: str) -> int:
    """How deeply a text nests, in one pass; brackets in strings do not count."""
    depth = deepest = 0
    for token in _TOKEN.finditer(text):
        first = text[token.start()]
        if first in "[{":
            depth += 1
            deepest = max(deepest, depth)
        elif first in "]}":
            depth -= 1
    return deepest


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is not a number of JSON")


def _once_each(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name comes twice in one object")
    return found
