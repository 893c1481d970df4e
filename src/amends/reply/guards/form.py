"""What it looks like: length, capitals, marks that nobody sees, the same words again."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from functools import lru_cache

from amends.core.mention import Visibility
from amends.core.say import say, say_many
from amends.reply.guards.look import LONGEST_POST, Look, read_once
from amends.reply.guards.place import PUBLIC_TURNS
from amends.reply.guards.verdict import Finding
from amends.reply.phrases import Reading, Span, within
from amends.reply.situation import Situation
from amends.reply.splitting import TooLong, split


def too_long(look: Look) -> Iterator[Finding]:
    text, situation = look.reading.text, look.situation
    if situation.longest <= 0 or (size := situation.count(text)) <= situation.longest:
        return
    if situation.most_parts > 1 and (posts := _posts(text, situation)):
        yield Finding(
            span=None,
            reason=say("It leaves as {n} posts, one under the other.", n=posts),
            repair=say("Look at them before they leave, or shorten it."),
            is_doubtful=True,
        )
        return
    fits, too_much = 0, min(situation.longest, len(text))
    while too_much < len(text) and situation.count(text[:too_much]) <= situation.longest:
        fits, too_much = too_much, min(too_much * 2, len(text))
    while too_much - fits > 1:
        middle = (fits + too_much) // 2
        if situation.count(text[:middle]) <= situation.longest:
            fits = middle
        else:
            too_much = middle
    yield Finding(
        span=(fits, len(text)),
        reason=say_many(
            "It is {n} character too long for the network, which takes {longest}.",
            "It is {n} characters too long for the network, which takes {longest}.",
            n=size - situation.longest,
            longest=situation.longest,
        ),
        repair=say("Shorten it, or go on in a second reply.")
        # A second public reply would be one more turn, which AM025 advises against.
        if situation.public_turns < PUBLIC_TURNS
        else say("Shorten it, or go on in a direct message."),
    )


def _posts(text: str, situation: Situation) -> int:
    """In how many posts it would leave; 0: it cannot be split."""
    try:
        return len(split(text, situation.longest, situation.count, most=situation.most_parts))
    except TooLong:
        return 0


def is_empty(text: str) -> bool:
    """Whether it holds no letter, number, mark or sign that can be seen."""
    return not any(unicodedata.category(letter)[0] in "LNPS" for letter in text)


def empty(look: Look) -> Iterator[Finding]:
    if is_empty(look.reading.text):
        yield Finding(span=None, reason=say("There is nothing in it yet."), repair=say("Write the reply."))


def canned(look: Look) -> Iterator[Finding]:
    """The same again, by words (runs of three) and, where the desk can tell, by meaning."""
    words = look.reading.own_words
    if len(words) < look.policy.alike_from:
        return
    earlier = look.situation.earlier_replies
    mine = _shingles(words)
    for age, text in enumerate(earlier, 1):
        theirs = _shingles_of(text)
        alike = len(mine & theirs) / (len(mine | theirs) or 1)
        if alike >= look.policy.too_alike:
            yield Finding(
                span=None,
                reason=say(
                    "{percent} % of it is word for word in an earlier public reply of ours (number {age} back).",
                    percent=round(alike * 100),
                    age=age,
                ),
                repair=say("Take up something that only this person said."),
            )
            return
    if look.situation.meaning is None or not earlier:
        return
    likeness = look.situation.meaning(look.reading.text, earlier)
    closest = max(range(len(likeness)), key=likeness.__getitem__, default=None)
    if closest is not None and likeness[closest] >= look.policy.too_alike_in_meaning:
        yield Finding(
            span=None,
            reason=say(
                "It says the same as an earlier public reply of ours (number {age} back).", age=closest + 1
            ),
            repair=say("Take up something that only this person said."),
        )


def _shingles(words: Sequence[str]) -> frozenset[tuple[str, ...]]:
    return frozenset(zip(words, words[1:], words[2:], strict=False))


@lru_cache(maxsize=512)
def _shingles_of(earlier: str) -> frozenset[tuple[str, ...]]:
    return _shingles(Reading(earlier[:LONGEST_POST]).own_words)


#: A banned word is banned in the plural as well, and with the Romanian article.
_ENDINGS = ("", "s", "es", "ul", "uri", "urile")


def banned_words(look: Look) -> Iterator[Finding]:
    if look.situation.visibility is not Visibility.PUBLIC:
        return
    for banned in look.situation.banned_words:
        for span in _places_of(read_once(banned).words, look.reading):
            if within_link(look, span):
                continue
            yield Finding(
                span=span,
                reason=say("The brand does not say “{word}”.", word=banned),
                repair=say("Take it out, or say it in another word."),
                replacement="",
            )


def _places_of(wanted: Sequence[str], reading: Reading) -> Iterator[Span]:
    """Spans of the draft where the words stand, the last one perhaps in the plural."""
    for ending in _ENDINGS if wanted else ():
        form = [*wanted[:-1], wanted[-1] + ending]
        for at in reading.places.get(form[0], ()):
            if reading.words[at : at + len(form)] == form:
                yield reading.original(reading.span_of_words(at, at + len(form) - 1))


def within_link(look: Look, span: Span) -> bool:
    """Whether a span of the draft lies in a link."""
    return within(span, (look.reading.original(link) for link in look.reading.links))


def missing_alt(look: Look) -> Iterator[Finding]:
    if look.situation.media_without_alt > 0:
        yield Finding(
            span=None,
            reason=say_many(
                "{n} image has no description: who cannot see it learns nothing of it.",
                "{n} images have no description: who cannot see them learns nothing of them.",
                n=look.situation.media_without_alt,
            ),
            repair=say("Describe it in one sentence."),
        )


_CAPITALS = re.compile(r"(?<!\w)[^\W\d_a-z]{2,40}(?!\w)")
_SHOUTS = re.compile(r"[!！]{2,}|[!?！？]{3,}")


def shouting(look: Look) -> Iterator[Finding]:
    text = look.reading.text
    row: list[re.Match[str]] = []
    for found in [*(each for each in _CAPITALS.finditer(text) if each.group().isupper()), None]:
        if found and (not row or not text[row[-1].end() : found.start()].strip(" ,-–—'’")):
            row.append(found)
            continue
        if len(row) >= 3 and sum(len(each.group()) for each in row) >= 10:
            span = row[0].start(), row[-1].end()
            yield Finding(
                span=span,
                reason=say("Capitals read as shouting."),
                repair=say("Write it in small letters."),
                replacement=text[slice(*span)].lower(),
            )
        row = [found] if found else []
    for shout in _SHOUTS.finditer(text):
        if len(shout.group()) <= 3 and look.is_calm:
            continue  # “That’s great!!” to somebody happy.
        mark = "?" if "?" in shout.group() or "？" in shout.group() else "!"
        yield Finding(
            span=shout.span(),
            reason=say("So many marks read as shouting."),
            repair=say("One is enough."),
            replacement=mark,
            is_doubtful=True,
        )


_HIDDEN = re.compile(
    "[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b\u200c\u200e\u200f"
    "\u2028-\u202e\u2060-\u206f\u3164\ufeff\uffa0\ufff9-\ufffb\ud800-\udfff\U000e0000-\U000e0fff]+"
)
_RIGHT_TO_LEFT = re.compile("[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc]")
_FLAG = re.compile("\U0001f3f4[\U000e0061-\U000e007a]{2,6}\U000e007f")


def hidden(look: Look) -> Iterator[Finding]:
    text = look.reading.text
    flags = [found.span() for found in _FLAG.finditer(text)]
    is_right_to_left = _RIGHT_TO_LEFT.search(text) is not None
    for found in _HIDDEN.finditer(text):
        marks = set(found.group())
        # Right-to-left scripts need their direction marks and the non-joiner; overrides nobody needs.
        if is_right_to_left and marks <= {"\u200c", "\u200e", "\u200f", "\u061c"}:
            continue
        if within(found.span(), flags):
            continue
        yield Finding(
            span=found.span(),
            reason=say_many(
                "There is {n} hidden character; it can change what others see.",
                "There are {n} hidden characters; they can change what others see.",
                n=len(found.group()),
            ),
            repair=say("Take it out."),
            replacement="",
        )
