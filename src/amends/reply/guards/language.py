"""In which language, and in which form of address (A14)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING

from amends.core.say import say
from amends.reply.guards.look import LONGEST_POST, Look, read_once
from amends.reply.guards.verdict import Finding
from amends.reply.phrases import Reading, Span, within

if TYPE_CHECKING:
    from amends.reply.guards.policy import GuardPolicy


def _small_words(reading: Reading, policy: GuardPolicy) -> list[tuple[int, str]]:
    """How many small words of each language, the most first."""
    words = Counter(reading.own_words)
    counts = [
        (sum(words[word] for word in known), language) for language, known in policy.function_words.items()
    ]
    return sorted(counts, key=lambda each: -each[0])


def language_of(reading: Reading, policy: GuardPolicy) -> str:
    """The language that a draft is clearly in, of those that the policy knows; "" when it is not clear."""
    (most, language), *others = _small_words(reading, policy) or [(0, "")]
    runner_up = others[0][0] if others else 0
    return language if most >= 3 and most > 2 * runner_up else ""


def languages_of(reading: Reading, expected: str, policy: GuardPolicy) -> frozenset[str]:
    """The languages to read a draft in: those that its small words tell (two of them, or as many as any language
    has), and the expected one where none is clear. All, where nothing tells."""
    counts = _small_words(reading, policy)
    most = counts[0][0] if counts else 0
    told = {language for count, language in counts if count >= min(2, most) and count > 0}
    if not language_of(reading, policy):
        told.add(expected.split("-")[0].lower())
    return frozenset(told if told & set(policy.function_words) else policy.function_words)


def wrong_language(look: Look) -> Iterator[Finding]:
    wanted = look.situation.language.split("-")[0].lower()
    if wanted not in look.policy.function_words:
        return
    seen = language_of(look.reading, look.policy) or _only_language(look.reading, look.policy)
    if seen and seen != wanted and _is_theirs(wanted, seen, look):
        reasons = {
            "en": say("They do not write English; this is in English."),
            "fr": say("They do not write French; this is in French."),
            "ro": say("They do not write Romanian; this is in Romanian."),
        }
        repairs = {
            "en": say("Answer in English, as they wrote."),
            "fr": say("Answer in French, as they wrote."),
            "ro": say("Answer in Romanian, as they wrote."),
        }
        yield Finding(
            span=None,
            reason=reasons.get(seen, say("This is not in their language.")),
            repair=repairs.get(wanted, say("Answer in the language they wrote in.")),
        )


def _only_language(reading: Reading, policy: GuardPolicy) -> str:
    """The language of a short draft: two small words of one, and none of another."""
    (most, language), *others = _small_words(reading, policy) or [(0, "")]
    return language if most >= 2 and not any(count for count, _ in others) else ""


def _is_theirs(wanted: str, seen: str, look: Look) -> bool:
    """Whether their post is in the language that the case says, as far as its small words tell: a post of two words may
    be judged to be in any."""
    if not look.situation.their_text.strip():
        return True
    counts = {language: count for count, language in _small_words(look.theirs, look.policy)}
    return counts.get(wanted, 0) > counts.get(seen, 0)


def address(look: Look) -> Iterator[Finding]:
    reading, policy = look.reading, look.policy
    language = language_of(reading, policy) or look.situation.language.split("-")[0].lower()
    if language not in policy.familiar:
        return
    familiar = _forms(reading, policy.familiar[language])
    formal = _forms(reading, policy.formal[language])
    before = _form_before(look, language)
    house = policy.address.get(language, "any")
    if familiar and formal:
        fewer = familiar if len(familiar) <= len(formal) else formal
        yield Finding(
            span=reading.original(fewer[0]),
            reason=say("The familiar and the formal form of address are mixed."),
            repair=say("Choose one form and keep it."),
        )
    elif familiar and house == "formal":
        yield Finding(
            span=reading.original(familiar[0]),
            reason=say("This is the familiar form of address; the desk uses the formal one."),
            repair=say("Use the formal form."),
        )
    elif formal and house == "familiar":
        yield Finding(
            span=reading.original(formal[0]),
            reason=say("This is the formal form of address; the desk uses the familiar one."),
            repair=say("Use the familiar form."),
        )
    elif house == "any" and familiar and before == "formal":
        yield Finding(
            span=reading.original(familiar[0]),
            reason=say("This is the familiar form of address; we wrote to them in the formal one before."),
            repair=say("Keep the formal form."),
        )
    elif house == "any" and formal and before == "familiar":
        yield Finding(
            span=reading.original(formal[0]),
            reason=say("This is the formal form of address; we wrote to them in the familiar one before."),
            repair=say("Keep the familiar form."),
        )


def _form_before(look: Look, language: str) -> str:
    """Which form our last reply to this customer had that had one: formal, familiar; "" where none did."""
    for text in look.situation.earlier_to_them:
        earlier = read_once(text[:LONGEST_POST])
        familiar = bool(_forms(earlier, look.policy.familiar[language]))
        if familiar != bool(_forms(earlier, look.policy.formal[language])):
            return "familiar" if familiar else "formal"
    return ""


_BEFORE_A_NOUN = frozenset(
    {"le", "un", "ce", "du", "au", "bon", "mauvais", "notre", "votre", "son", "autre", "meme"}
)


def _forms(reading: Reading, forms: frozenset[str]) -> list[Span]:
    spans = []
    for number, word in enumerate(reading.words):
        if word not in forms:
            continue
        span = reading.span_of_words(number, number)
        # A single letter counts only where it leans on a word (t'avons, v-am), never in "a-t-il".
        leans = (
            reading.folded[span[1] : span[1] + 1] in ("'", "-")
            and reading.folded[span[0] - 1 : span[0]] != "-"
        )
        if number and word == "ton" and reading.words[number - 1] in _BEFORE_A_NOUN:
            continue  # French “le ton”: how it sounds.
        if (len(word) > 1 or leans) and not within(span, reading.quoted):
            spans.append(span)
    return spans
