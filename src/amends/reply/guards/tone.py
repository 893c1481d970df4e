"""How it sounds: mockery, blame, apologies that are none, denial, heat (A4, A6, A9, A10)."""

from __future__ import annotations

import re
from collections.abc import Iterator

from amends.core.case import Kind
from amends.core.say import say
from amends.reply.guards.look import Look
from amends.reply.guards.verdict import Finding
from amends.reply.phrases import Reading, within

_QUOTED_WORD = re.compile(r'"([^"\n]{1,40})"')


def mockery(look: Look) -> Iterator[Finding]:
    reading, policy = look.reading, look.policy
    gentle = say("Say what you understood of their problem, in plain words.")
    for span in look.phrases():
        yield Finding(span=reading.original(span), reason=say("This reads as mockery."), repair=gentle)
    for span in look.phrases(look.rule.doubtful):
        yield Finding(
            span=reading.original(span),
            reason=say("This can read as mockery."),
            repair=gentle,
            is_doubtful=True,
        )
    for found in _QUOTED_WORD.finditer(reading.folded):
        inner = found.group(1)
        if len(inner.split()) <= 3 and policy.sneer_words.find(Reading(inner)):
            start, end = reading.original(found.span())
            yield Finding(
                span=(start, end),
                reason=say("Their problem in quotation marks reads as a sneer."),
                repair=say("Leave the quotation marks out."),
                replacement=reading.text[start:end].strip(_QUOTES + " \u00a0\u202f"),
            )
    if look.situation.kind is Kind.PRAISE:
        return
    if (policy.sneering | policy.laughing).isdisjoint(reading.text):
        return
    for place, letter in enumerate(reading.text):
        if letter in policy.sneering or letter in policy.laughing:
            yield Finding(
                span=(place, place + 1),
                reason=say("“{emoji}” under a complaint reads as laughing at the person.", emoji=letter),
                repair=say("Leave it out."),
                replacement="",
                is_doubtful=letter in policy.laughing,
            )


_QUOTES = "\"'“”„«»‟‘’‹›＂"


def blame(look: Look) -> Iterator[Finding]:
    for span in look.phrases():
        yield Finding(
            span=look.reading.original(span),
            reason=say("This puts the blame on them."),
            repair=say("Say what can be done now; leave out what they could have done."),
        )


def non_apology(look: Look) -> Iterator[Finding]:
    for span in look.phrases():
        yield Finding(
            span=look.reading.original(span),
            reason=say("This is sorry for their feelings, not for what happened."),
            repair=say("Say sorry for what happened: “I am sorry for the wait.”"),
        )


def denial(look: Look) -> Iterator[Finding]:
    for span in look.phrases():
        yield Finding(
            span=look.reading.original(span),
            reason=say("This denies their right to complain."),
            repair=say("They may say it, in public too. Answer what it is about."),
        )


def heat(look: Look) -> Iterator[Finding]:
    for span in look.phrases():
        if within(span, look.reading.quoted):
            continue
        yield Finding(
            span=look.reading.original(span),
            reason=say("This sounds angry."),
            repair=say("Let it rest a few minutes, or ask a colleague to read it."),
        )
