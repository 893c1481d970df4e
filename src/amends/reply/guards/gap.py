"""A gap that nobody has filled: what a proposed draft, or a canned text, leaves for a person."""

from __future__ import annotations

from collections.abc import Iterator

from amends.core.say import say
from amends.reply.gaps import gaps
from amends.reply.guards.look import Look
from amends.reply.guards.verdict import Finding


def open_gap(look: Look) -> Iterator[Finding]:
    text = look.reading.text
    for start, end in gaps(text):
        yield Finding(
            span=(start, end),
            reason=say("“{gap}” is a gap that nobody has filled.", gap=text[start:end]),
            repair=say("Put in what is true here, or take it out."),
        )
