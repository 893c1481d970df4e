"""What is promised, proposed and admitted (A2, A3, A10, M1)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from amends.core.case import Kind
from amends.core.say import say
from amends.reply.guards.look import Look
from amends.reply.guards.verdict import Finding
from amends.reply.phrases import Reading, Span, overlap
from amends.reply.times import TimeSeen, find_times


def open_promise(look: Look) -> Iterator[Finding]:
    reading = look.reading
    seen = promises_with_times(reading, list(look.phrases()), look.situation.now)
    if any(times for _, times in seen):
        return  # "We'll look into it; you hear from me by 6 pm" is one promise with a time.
    for span, _ in seen:
        yield Finding(
            span=reading.original(span),
            reason=say("This promises something and does not say by when."),
            repair=say("Say by when: “today by 6 pm”, “within 24 hours”."),
        )


def promises_with_times(
    reading: Reading, spans: Sequence[Span], now: datetime
) -> list[tuple[Span, list[TimeSeen]]]:
    """Where something is promised, with the times in its sentence or else in the next one."""
    if not spans:
        return []
    times = find_times(reading.folded, now)
    seen = []
    for span in spans:
        number = reading.sentence_at(span[0])
        own = [each for each in times if reading.sentence_at(each.span[0]) == number]
        after = [each for each in times if reading.sentence_at(each.span[0]) == number + 1]
        seen.append((span, own or after))
    return seen


_WITH_FACTS_TO_LEARN = frozenset({Kind.COMPLAINT, Kind.ABUSE, Kind.UNSURE})


def early_remedy(look: Look) -> Iterator[Finding]:
    if look.situation.is_solvable_now or look.situation.kind not in _WITH_FACTS_TO_LEARN:
        return
    asked = look.reading.questions[0][0] if look.reading.questions else len(look.reading.folded)
    for span in look.phrases():
        if span[0] < asked and not any(overlap(span, question) for question in look.reading.questions):
            yield Finding(
                span=look.reading.original(span),
                reason=say("This proposes a remedy before the facts are known."),
                repair=say("Ask first what exactly happened."),
            )


def admission(look: Look) -> Iterator[Finding]:
    for span in look.phrases():
        yield Finding(
            span=look.reading.original(span),
            reason=say("This says that it was our fault."),
            repair=say("Keep it if that is known; an apology needs no fault."),
        )


def put_off(look: Look) -> Iterator[Finding]:
    if not look.situation.is_solvable_now:
        return
    for span in look.phrases(look.policy.rules["AM003"].phrases):
        yield Finding(
            span=look.reading.original(span),
            reason=say("This puts off what can be solved now."),
            repair=say("Say what you do about it, in this reply."),
        )
