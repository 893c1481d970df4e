"""Where it would stand: under a post that is gone, as one more turn in public, beside a link that leads elsewhere."""

from __future__ import annotations

from collections.abc import Iterator

from amends.core.case import Kind
from amends.core.say import say
from amends.reply.guards.links import host_of, hosts_in, is_known, trick_of
from amends.reply.guards.look import Look
from amends.reply.guards.verdict import Finding
from amends.reply.private import Ours

#: More answers in one thread in public than these make a quarrel of it (J. Baer's rule of two).
PUBLIC_TURNS = 2


def parent_gone(look: Look) -> Iterator[Finding]:
    if look.situation.parent_gone:
        yield Finding(
            span=None,
            reason=say("The post that this answers is not there any more."),
            repair=say(
                "The problem still is: write to them directly, or leave a note why you do not answer."
            ),
        )


def third_turn(look: Look) -> Iterator[Finding]:
    situation = look.situation
    if not situation.is_public or situation.public_turns < PUBLIC_TURNS:
        return
    if any(look.phrases()):
        return  # “Write to us in a direct message” is what the last public word should say.
    is_friendly = situation.anger < 2 and look.says_thanks
    if (situation.kind in _NO_QUARREL and situation.anger < 2) or (
        is_friendly and not look.reading.questions
    ):
        return
    goes_on = situation.anger > 0 or bool(look.reading.questions)
    if (
        not goes_on
        and situation.their_text.strip()
        and not look.rule.doubtful.find(look.reading, look.languages)
    ):
        return
    yield Finding(
        span=None,
        is_doubtful=not goes_on,
        reason=say(
            "We answered {n} times in public already; a quarrel grows with each.", n=situation.public_turns
        ),
        repair=say("Go on in a direct message, or invite them to one."),
        move="direct",
    )


#: Praise, a question and small talk may be answered in public as often as they come.
_NO_QUARREL = (Kind.PRAISE, Kind.QUESTION, Kind.OTHER)


def links(look: Look) -> Iterator[Finding]:
    """Links that are not on the desk's list, and, wherever they lead, those that hide where they lead."""
    reading = look.reading
    hosts = list(hosts_in(reading))
    if not hosts:
        return
    ours = Ours(look.situation.our_addresses)
    own = [each for each in map(host_of, ours.links()) if each]
    for host in hosts:
        if is_known(host, ours):
            continue
        if (trick := trick_of(host, own)) is not None:
            yield Finding(
                span=host.span,
                reason=trick,
                repair=say("Take it out, and write the address as people know it."),
                replacement="",
            )
        elif host.name in look.policy.shorteners:
            yield Finding(
                span=host.span,
                reason=say("A short link does not show where it leads."),
                repair=say("Write the whole address."),
                is_doubtful=True,
            )
        elif own:
            yield Finding(
                span=host.span,
                reason=say("{host} is not on the list of links that we may send.", host=host.name[:80]),
                repair=say("Take one from the list, or have it put there: Settings, contacts."),
                is_doubtful=True,
            )
