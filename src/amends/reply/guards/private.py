"""Private data where everybody can read it (A5)."""

from __future__ import annotations

from collections.abc import Iterator

from amends.core.mention import Visibility
from amends.core.say import say
from amends.reply.guards.look import Look
from amends.reply.guards.verdict import Finding
from amends.reply.private import Private, find_private

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
    if look.situation.visibility is not Visibility.PUBLIC:
        return
    for seen in find_private(look.reading, look.situation.our_addresses):
        yield Finding(
            span=seen.span,
            reason=_PRIVATE[seen.kind],
            repair=say("Take it out, and go on about it in a direct message."),
            replacement="…",
            is_doubtful=seen.kind is Private.ADDRESS,
            is_final=seen.kind in (Private.CARD, Private.IBAN, Private.IDENTITY),
        )
