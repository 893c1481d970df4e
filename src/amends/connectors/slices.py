"""The exact text of each element of a list in a JSON object: evidence keeps what came, not our re-writing of it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

_SPACE = re.compile(r"[ \t\r\n]*")


class BrokenJson(ValueError):
    """The text ends early, is no JSON object, or is nested too deep. `at` is where (a character offset)."""

    def __init__(self, at: int) -> None:
        self.at = at
        super().__init__(f"not readable as JSON from character {at}")


def elements(text: str, key: str) -> Iterator[tuple[str, Any]]:
    """Each element of the list under `key` of the object in `text`: its exact text, and its value.

    Yields what comes before a break, then raises `BrokenJson`. Nothing for an object without such a list.
    """
    decoder = json.JSONDecoder()

    def value(at: int) -> tuple[Any, int]:
        try:
            return decoder.raw_decode(text, at)
        except (ValueError, RecursionError) as broken:
            raise BrokenJson(at) from broken

    def skip(at: int) -> int:
        return _SPACE.match(text, at).end()  # type: ignore[union-attr]  # it matches the empty text too

    def expect(signs: str, at: int) -> int:
        at = skip(at)
        if text[at : at + 1] not in tuple(signs):
            raise BrokenJson(at)
        return at

    at = skip(expect("{", skip(0)) + 1)
    while text[at : at + 1] != "}":
        name, at = value(at)
        at = skip(expect(":", at) + 1)
        if name == key and text[at : at + 1] == "[":
            at = skip(at + 1)
            while text[at : at + 1] != "]":
                found, end = value(at)
                yield text[at:end], found
                end = expect(",]", end)
                at = skip(end + 1) if text[end] == "," else end
            at += 1
        else:
            _, at = value(at)
        at = expect(",}", at)
        if text[at] == ",":
            at = skip(at + 1)
