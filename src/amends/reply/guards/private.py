"""What is not ours to tell: private data, names of third persons, another customer's affairs (A5)."""

from __future__ import annotations

from collections.abc import Iterator

from amends.core.mention import Visibility
from amends.core.say import say
from amends.core.text import fold
from amends.reply.guards.look import Look
from amends.reply.guards.names import persons
from amends.reply.guards.verdict import Finding
from amends.reply.phrases import overlap
from amends.reply.private import Private, find_private, quoted_private

_PRIVATE = {
    Private.MAIL: say("A mail address would be public."),
    Private.PHONE: say("A telephone number would be public."),
    Private.CARD: say("A card number would be public."),
    Private.IBAN: say("A bank account number would be public."),
    Private.IDENTITY: say("A national identity number would be public."),
    Private.REFERENCE: say("An order, booking or customer number would be public."),
    Private.ADDRESS: say("A street address would be public."),
}


def private_data(look: Look) -> Iterator[Finding]:
    situation = look.situation
    if situation.visibility is not Visibility.PUBLIC:
        return
    ours = situation.our_addresses
    seen = list(find_private(look.reading, ours))
    seen += [
        quoted
        for quoted in quoted_private(look.reading, look.theirs, ours)
        if not any(overlap(quoted.span, other.span) for other in seen)
    ]
    for each in seen:
        yield Finding(
            span=each.span,
            reason=_PRIVATE[each.kind],
            repair=say("Take it out, and go on about it in a direct message."),
            replacement="…",
            is_doubtful=each.kind is Private.ADDRESS,
            is_final=each.kind in (Private.CARD, Private.IBAN, Private.IDENTITY),
            move="direct",
        )


def third_person(look: Look) -> Iterator[Finding]:
    situation = look.situation
    if situation.visibility is not Visibility.PUBLIC:
        return
    for start, end in persons(look.reading, look.policy.names, situation.their_names, situation.our_names):
        name = look.reading.text[start:end]
        yield Finding(
            span=(start, end),
            reason=say("This names a person, and everybody can read it: “{name}”.", name=name),
            repair=say("Say it without the name, or in a direct message."),
            # They named the person themselves, in public: it hurts less, and still need not be repeated.
            is_doubtful=fold(name) in look.theirs.folded,
            move="direct",
        )


def other_customer(look: Look) -> Iterator[Finding]:
    folded = look.reading.folded
    for value in sorted({fold(each) for each in look.situation.foreign}):
        start = folded.find(value) if value.strip() else -1
        while start >= 0:
            end = start + len(value)
            if not (folded[start - 1 : start].isalnum() or folded[end : end + 1].isalnum()):
                yield Finding(
                    span=look.reading.original((start, end)),
                    reason=say("This belongs to another customer’s case."),
                    repair=say("Take it out, and look whether you are in the right case."),
                    replacement="…",
                )
            start = folded.find(value, end)
