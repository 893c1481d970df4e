"""Gaps: what a proposed draft leaves for a person to fill, in [brackets]."""

from __future__ import annotations

import re

from amends.reply.phrases import Span

#: "[by when]", "[…]"; not "[1]" (a note), nor "[text](address)" (a link).
_GAP = re.compile(r"\[(?=[^\[\]\n]*[^\W\d_]|…\])[^\[\]\n]{1,80}\](?!\()")


def gaps(text: str) -> tuple[Span, ...]:
    """Where a draft still waits for a person."""
    return tuple(found.span() for found in _GAP.finditer(text))
