"""How it sounds: mockery, blame, apologies that are none, denial, heat (A4, A6, A9, A10)."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

from amends.core.case import Kind, Severity
from amends.core.say import say
from amends.reply.guards.look import Look
from amends.reply.guards.verdict import Finding
from amends.reply.phrases import Reading, Span, merged, within

_QUOTED_WORD = re.compile(r'"([^"\n]{1,40})"')


def mockery(look: Look) -> Iterator[Finding]:
    reading, policy = look.reading, look.policy
    gentle = say("Say what you understood of their problem, in plain words.")
    laughs_along = look.is_calm and look.situation.kind in _GOOD_COMPANY
    for span in look.phrases():
        if laughs_along and _LAUGHTER.fullmatch(reading.folded[slice(*span)]):
            continue
        yield Finding(span=reading.original(span), reason=say("This reads as mockery."), repair=gentle)
    is_merry = look.situation.kind in (Kind.PRAISE, Kind.OTHER) and look.is_calm
    for span in () if is_merry else look.phrases(look.rule.doubtful):
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
    for faces in (policy.sneering, policy.laughing):
        for span in runs_of(reading.text, faces):
            if laughs_along and faces is policy.laughing:
                continue
            is_kind = look.is_calm or (look.situation.anger < 2 and look.says_thanks)
            if is_kind and policy.winking.issuperset(reading.text[slice(*span)]):
                continue
            yield Finding(
                span=span,
                reason=say(
                    "“{emoji}” under a complaint reads as laughing at the person.",
                    emoji=reading.text[slice(*span)],
                ),
                repair=say("Leave it out."),
                replacement=without(reading.text, span),
                is_doubtful=faces is policy.laughing,
            )


#: With them one may laugh, as long as they are calm.
_GOOD_COMPANY = (Kind.PRAISE, Kind.QUESTION, Kind.OTHER)
_LAUGHTER = re.compile(r"(?:ha|he|hi){2,}\w*|lol|lmao|rofl|mdr|ptdr")
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


# What makes a joke one too many ------------------------------------------------------------------------------------

_EMOTICON = re.compile(r"(?<![\w:;/])(?:[;:=][-o^]?[pP)D]|[xX]D+|\^\^)(?![\w/])")


def humour(look: Look) -> Iterator[Finding]:
    """A joke where somebody is hurt, furious, or has lost much. Laughing faces under any complaint are mockery's."""
    situation, policy = look.situation, look.policy
    if situation.kind is Kind.PRAISE:
        return
    is_grave = (
        situation.severity.rank >= Severity.HIGH.rank
        or situation.anger >= 2
        or situation.abuse == "threat"
        or bool(policy.grave.find(look.theirs))
    )
    if not is_grave:
        return
    gentle = say("Leave the joke out: be plain and warm.")
    for span in look.phrases():
        yield Finding(
            span=look.reading.original(span),
            reason=say("A joke can hurt here: this is grave for them."),
            repair=gentle,
        )
    text = look.reading.text
    for span in (*runs_of(text, policy.playful), *(found.span() for found in _EMOTICON.finditer(text))):
        yield Finding(
            span=span,
            reason=say("“{emoji}” plays, and this is grave for them.", emoji=text[slice(*span)]),
            repair=say("Leave it out."),
            replacement=without(text, span),
        )


_PICTURE_TAIL = "\ufe0f\u200d\U0001f3fb\U0001f3fc\U0001f3fd\U0001f3fe\U0001f3ff"


def runs_of(text: str, letters: frozenset[str]) -> Iterator[Span]:
    """Spans of `letters`, those that stand side by side as one, each with its skin tone and joiners."""
    at = 0
    while at < len(text):
        if text[at] not in letters:
            at += 1
            continue
        start = at
        while at < len(text) and (text[at] in letters or text[at] in _PICTURE_TAIL):
            at += 1
        yield start, at


def without(text: str, span: Span) -> str | None:
    """What stays where `span` is taken out: nothing, or a space where two words would grow together. None: nothing that
    can be seen would be left of the whole, so no click does it."""
    start, end = span
    if not any(unicodedata.category(letter)[0] in "LNPS" for letter in text[:start] + text[end:]):
        return None
    return " " if text[start - 1 : start].isalnum() and text[end : end + 1].isalnum() else ""


# Feeding a troll ---------------------------------------------------------------------------------------------------


def feeding(look: Look) -> Iterator[Finding]:
    """Arguing, defending, answering in kind, where somebody came to abuse."""
    if look.situation.kind is not Kind.ABUSE:
        return
    defending = look.phrases(look.policy.rules["AM002"].doubtful)
    for span in merged((*look.phrases(), *defending)):
        if within(span, look.reading.quoted):
            continue
        yield Finding(
            span=look.reading.original(span),
            reason=say("This feeds the quarrel: it gives them something to answer."),
            repair=say("State one fact calmly, or do not answer at all."),
        )
