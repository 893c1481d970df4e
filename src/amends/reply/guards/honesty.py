"""What is promised, proposed and admitted (A2, A3, A10, M1)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from decimal import Decimal

from amends.core.case import Kind
from amends.core.say import say
from amends.reply.amounts import AmountSeen, amounts_of
from amends.reply.guards.look import Look
from amends.reply.guards.verdict import Finding
from amends.reply.phrases import Reading, Span, overlap, within
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
    if look.situation.public_turns:
        return  # We have asked before.
    asked = look.reading.questions[0][0] if look.reading.questions else len(look.reading.folded)
    for span in look.phrases():
        if span[0] < asked and not any(overlap(span, question) for question in look.reading.questions):
            yield Finding(
                span=look.reading.original(span),
                reason=say("This proposes a remedy before the facts are known."),
                repair=say("Ask first what exactly happened."),
            )


def admission(look: Look) -> Iterator[Finding]:
    """Whether a reply may say that we erred is the organisation's own setting (A10)."""
    if look.situation.admission == "free":
        return
    is_never = look.situation.admission == "never"
    for span in look.phrases():
        yield Finding(
            span=look.reading.original(span),
            reason=say("This says that it was our fault."),
            repair=say("Say sorry for what happened to them; here a reply admits no fault.")
            if is_never
            else say("Keep it if that is known; an apology needs no fault."),
            is_doubtful=not is_never,
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


# Amounts -----------------------------------------------------------------------------------------------------------


def beyond_power(look: Look) -> Iterator[Finding]:
    """A promise of more than the writer may give alone: an amount beside a word of giving, or all of it."""
    situation = look.situation
    if situation.most_amount is None:
        return
    second = say("Keep it, and have a second person say yes; or say what you can give yourself.")
    giving = list(look.phrases())
    for amount in _given(look, giving):
        if amount.value > Decimal(str(situation.most_amount)):
            yield Finding(
                span=amount.span,
                reason=say(
                    "{amount} is more than you may promise alone: it needs a second person.",
                    amount=look.reading.text[slice(*amount.span)],
                ),
                repair=second,
            )
    for span in look.phrases(look.rule.doubtful):
        yield Finding(
            span=look.reading.original(span),
            reason=say("This may be more than you may promise alone: it needs a second person."),
            repair=second,
            is_doubtful=True,
        )


def compensation(look: Look) -> Iterator[Finding]:
    """What somebody is given is said to them alone: in public it tells everybody what a complaint is worth."""
    if not look.situation.is_public:
        return
    privately = say("Say in public that you make it good, and how in a direct message.")
    taken = [look.reading.original(span) for span in look.phrases()]
    giving = list(look.phrases(look.policy.rules["AM021"].phrases))
    for amount in _given(look, giving):
        if not any(overlap(amount.span, span) for span in taken):
            taken.append(amount.span)
    for span in sorted(taken):
        yield Finding(
            span=span,
            reason=say("This spells out a compensation where everybody reads it."),
            repair=privately,
            move="direct",
        )


def _given(look: Look, giving: Sequence[Span]) -> Iterator[AmountSeen]:
    """The amounts that stand in one sentence with a word of giving."""
    if not giving:
        return
    sentences = {look.reading.sentence_at(span[0]) for span in giving}
    ends = [look.reading.original(span) for span in look.reading.sentences]
    for amount in amounts_of(look.reading, look.situation.language):
        if any(within(amount.span, (ends[number],)) for number in sentences):
            yield amount
