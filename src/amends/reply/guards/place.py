"""Where it would stand: under a post that is gone."""

from __future__ import annotations

from collections.abc import Iterator

from amends.core.say import say
from amends.reply.guards.look import Look
from amends.reply.guards.verdict import Finding


def parent_gone(look: Look) -> Iterator[Finding]:
    if look.situation.parent_gone:
        yield Finding(
            span=None,
            reason=say("The post that this answers is not there any more."),
            repair=say(
                "The problem still is: write to them directly, or leave a note why you do not answer."
            ),
        )
