"""The guards: what must not go out, or not without a second look (A3–A6, A9, A14, M1).

A rule is a row of `RULES`: a code that keeps its meaning for ever, a name, what it looks for, and the function that
looks. How much a rule weighs, and the phrases it knows, are policy (`policy/guards.toml`).
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

from amends.core.case import Kind
from amends.core.clock import aware
from amends.core.mention import Visibility
from amends.core.policy import BadPolicy, only, read_policy
from amends.core.say import Said, say, say_many
from amends.core.text import fold
from amends.reply.phrases import (
    PhraseBook,
    Phrases,
    Reading,
    Span,
    compile_phrases,
    overlap,
    read_book,
    within,
)
from amends.reply.private import Private, find_private
from amends.reply.rulebook import RulePage, read_page
from amends.reply.situation import Situation
from amends.reply.times import TimeSeen, find_times

#: No network takes a reply of so many characters; past it nothing is read, so nothing can make the guards slow.
LONGEST_DRAFT = 20_000


class Level(StrEnum):
    """What a verdict asks of the agent."""

    PASS = "pass"  # noqa: S105
    HINT = "hint"
    """Shown; nothing to do."""
    WARN = "warn"
    """Goes out only after a second look: the agent confirms it."""
    BLOCK = "block"
    """Does not go out."""

    @property
    def rank(self) -> int:
        return list(Level).index(self)


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """What one rule found at one place."""

    rule: str
    """The code, "AM001" …"""
    name: str
    level: Level
    span: Span | None
    """In the draft as it was given; None: the draft as a whole."""
    reason: Said
    repair: Said | None = None
    replacement: str | None = None
    """What a click puts in the place of the span."""


@dataclass(frozen=True, kw_only=True)
class Finding:
    """What a detector saw. `is_doubtful` weighs by the rule's `level_when_doubtful`. `span` is of the draft."""

    span: Span | None
    reason: Said
    repair: Said | None = None
    replacement: str | None = None
    is_doubtful: bool = False


@dataclass(frozen=True, kw_only=True)
class RulePolicy:
    """One rule's part of guards.toml."""

    level: Level
    level_when_doubtful: Level
    phrases: PhraseBook
    doubtful: PhraseBook
    excepted: PhraseBook
    """Where one of these stands, the others do not count."""


@dataclass(frozen=True, kw_only=True)
class GuardPolicy:
    """guards.toml, read."""

    rules: Mapping[str, RulePolicy]
    sneer_words: Phrases
    sneering: frozenset[str]
    laughing: frozenset[str]
    too_alike: float
    alike_from: int
    function_words: Mapping[str, frozenset[str]]
    familiar: Mapping[str, frozenset[str]]
    formal: Mapping[str, frozenset[str]]
    address: Mapping[str, str]
    pages: Mapping[str, RulePage]
    """By code: what the rule is, for people."""
    also: tuple[Rule, ...] = ()
    """Rules of other packages."""

    @property
    def all_rules(self) -> tuple[Rule, ...]:
        """Ours and those of other packages, in the order of their codes."""
        return (*RULES, *self.also)

    @classmethod
    def load(cls, own: Path | None = None, also: Sequence[Rule] | None = None) -> GuardPolicy:
        """guards.toml (the desk's own in folder `own`, or the shipped one). Raises `BadPolicy` and says where.

        `also` are the rules of other packages (`reply/plugin.py`); None: they are not asked for, and what the file
        says of them is passed over."""
        table = read_policy("guards", own)
        only(table, _TOP, "guards")
        rules = _table(table, "rules", "guards")
        known = {rule.code for rule in (*RULES, *(also or ()))}
        strange = [code for code in rules if FOREIGN_CODE.fullmatch(code)] if also is None else []
        only(rules, known | set(strange), "guards.rules")
        if own is not None:
            # A desk's own file may be older than a rule, or hold the differences alone: the rest is as shipped.
            shipped = read_policy("guards")
            rules = {**rules, **_completed(rules, shipped["rules"])}
            table = {
                name: {**as_shipped, **_table(table, name, "guards")} if name != "rules" else rules
                for name, as_shipped in shipped.items()
            }
        rules = {**rules, **_completed(rules, {rule.code: rule.weight for rule in also or ()})}
        pages = _table(table, "pages", "guards")
        only(pages, known, "guards.pages")
        mockery_words = _table(table, "mockery", "guards")
        only(mockery_words, ("sneer_words", "sneering", "laughing"), "guards.mockery")
        alike = _table(table, "canned", "guards")
        only(alike, ("too_alike_percent", "from_words"), "guards.canned")
        percent, from_words = alike.get("too_alike_percent", 60), alike.get("from_words", 8)
        if not (
            isinstance(percent, int)
            and 1 <= percent <= 100
            and isinstance(from_words, int)
            and from_words >= 3
        ):
            raise BadPolicy("guards.canned: too_alike_percent is 1 to 100, from_words is 3 or more")
        forms = _table(table, "address", "guards")
        only(forms, ("familiar", "formal", "house"), "guards.address")
        house = _table(forms, "house", "guards.address")
        for language, form in house.items():
            if form not in ("formal", "familiar", "any"):
                raise BadPolicy(f"guards.address.house.{language}: is formal, familiar or any, not {form!r}")
        familiar, formal = (
            _word_sets(_table(forms, name, "guards.address")) for name in ("familiar", "formal")
        )
        if set(familiar) != set(formal):
            raise BadPolicy("guards.address: familiar and formal must know the same languages")
        return cls(
            rules={
                rule.code: _rule(_table(rules, rule.code, "guards.rules"), rule.code)
                for rule in (*RULES, *(also or ()))
            },
            sneer_words=compile_phrases(mockery_words.get("sneer_words", ()), "guards.mockery.sneer_words"),
            sneering=frozenset(mockery_words.get("sneering", ())),
            laughing=frozenset(mockery_words.get("laughing", ())),
            too_alike=percent / 100,
            alike_from=from_words,
            function_words=_word_sets(_table(table, "language", "guards")),
            familiar=familiar,
            formal=formal,
            address=house,
            pages={
                **{rule.code: rule.page for rule in also or () if rule.page},
                **{code: read_page(page, f"guards.pages.{code}") for code, page in pages.items()},
            },
            also=tuple(sorted(also or (), key=lambda rule: rule.code)),
        )


@dataclass(frozen=True)
class Look:
    """What a detector gets: the draft as read, the situation, its rule's policy, and the whole policy."""

    reading: Reading
    situation: Situation
    rule: RulePolicy
    policy: GuardPolicy
    languages: frozenset[str]
    """The draft's, as far as they can be told."""

    def phrases(self, known: PhraseBook | None = None) -> Iterator[Span]:
        """Spans of the folded draft where the rule's phrases stand, without those that are excepted."""
        excepted = self.rule.excepted.find(self.reading, self.languages)
        for span in (known or self.rule.phrases).find(self.reading, self.languages):
            if not any(overlap(span, other) for other in excepted):
                yield span


Detector = Callable[[Look], Iterable[Finding]]


@dataclass(frozen=True)
class Rule:
    """One row of the table."""

    code: str
    name: str
    title: Said
    detect: Detector
    page: RulePage | None = None
    """Of a rule of another package; ours are in guards.toml."""
    weight: Mapping[str, str] = field(default_factory=dict)
    """Of a rule of another package: its levels where guards.toml says nothing."""


#: What the code of another package's rule looks like: never “AM” and digits, which are ours.
FOREIGN_CODE = re.compile(r"(?!AM\d)[A-Z]{2,12}\d{3}")


# AM001 ------------------------------------------------------------------------------------------------------------

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
        )


# AM002 ------------------------------------------------------------------------------------------------------------

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


# AM003 ------------------------------------------------------------------------------------------------------------


def open_promise(look: Look) -> Iterator[Finding]:
    reading = look.reading
    seen = _promises(reading, list(look.phrases()), look.situation.now)
    if any(times for _, times in seen):
        return  # "We'll look into it; you hear from me by 6 pm" is one promise with a time.
    for span, _ in seen:
        yield Finding(
            span=reading.original(span),
            reason=say("This promises something and does not say by when."),
            repair=say("Say by when: “today by 6 pm”, “within 24 hours”."),
        )


@dataclass(frozen=True, kw_only=True)
class PromiseSeen:
    """A promise in a draft, for the form that records it (M1)."""

    text: str
    span: Span
    due_at: datetime | None
    """Aware UTC; None where no time could be read."""
    due_span: Span | None


def promise_in(
    draft: str, language: str, now: datetime, policy: GuardPolicy | None = None
) -> PromiseSeen | None:
    """The first promise of `draft`, one with a time before one without. `now` is aware; hours are read in its zone.

    `language` is the situation's; the draft's own counts as well. `policy` is the desk's, or the shipped one. A time
    alone is no promise. Raises `NaiveTime`.
    """
    aware(now)
    policy = policy or shipped_policy()
    draft = draft[:LONGEST_DRAFT]
    reading = Reading(draft)
    book, spared = policy.rules["AM003"].phrases, policy.rules["AM003"].excepted
    languages = languages_of(reading, language, policy)
    excepted = spared.find(reading, languages)
    spans = [
        span for span in book.find(reading, languages) if not any(overlap(span, other) for other in excepted)
    ]
    seen = _promises(reading, spans, now)
    if not seen:
        return None
    span, times = next(((span, times) for span, times in seen if times), seen[0])
    start, end = reading.sentences[reading.sentence_at(span[0])]
    whole = reading.original((start, end))
    text = draft[whole[0] : whole[1]]
    begin = whole[0] + len(text) - len(text.lstrip())
    text = text.strip()
    return PromiseSeen(
        text=text,
        span=(begin, begin + len(text)),
        due_at=times[0].due_at if times else None,
        due_span=reading.original(times[0].span) if times else None,
    )


def _promises(reading: Reading, spans: Sequence[Span], now: datetime) -> list[tuple[Span, list[TimeSeen]]]:
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


# AM004, AM005 -----------------------------------------------------------------------------------------------------


def too_long(look: Look) -> Iterator[Finding]:
    text, situation = look.reading.text, look.situation
    if situation.longest <= 0 or (size := situation.count(text)) <= situation.longest:
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
        repair=say("Shorten it, or go on in a second reply."),
    )


def empty(look: Look) -> Iterator[Finding]:
    if not any(unicodedata.category(letter)[0] in "LNPS" for letter in look.reading.text):
        yield Finding(span=None, reason=say("There is nothing in it yet."), repair=say("Write the reply."))


# AM006, AM007, AM008, AM015 ---------------------------------------------------------------------------------------


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


# AM009 ------------------------------------------------------------------------------------------------------------


def canned(look: Look) -> Iterator[Finding]:
    words = look.reading.own_words
    if len(words) < look.policy.alike_from:
        return
    mine = _shingles(words)
    for age, earlier in enumerate(look.situation.earlier_replies, 1):
        theirs = _shingles(_own_words(earlier))
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


def _shingles(words: Sequence[str]) -> frozenset[tuple[str, ...]]:
    return frozenset(zip(words, words[1:], words[2:], strict=False))


@lru_cache(maxsize=512)
def _own_words(earlier: str) -> tuple[str, ...]:
    return tuple(Reading(earlier).own_words)


# AM010, AM011 -----------------------------------------------------------------------------------------------------


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
    seen = language_of(look.reading, look.policy)
    if seen and seen != wanted:
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


def address(look: Look) -> Iterator[Finding]:
    reading, policy = look.reading, look.policy
    language = language_of(reading, policy) or look.situation.language.split("-")[0].lower()
    if language not in policy.familiar:
        return
    familiar = _forms(reading, policy.familiar[language])
    formal = _forms(reading, policy.formal[language])
    if familiar and formal:
        fewer = familiar if len(familiar) <= len(formal) else formal
        yield Finding(
            span=reading.original(fewer[0]),
            reason=say("The familiar and the formal form of address are mixed."),
            repair=say("Choose one form and keep it."),
        )
    elif familiar and policy.address.get(language) == "formal":
        yield Finding(
            span=reading.original(familiar[0]),
            reason=say("This is the familiar form of address; the desk uses the formal one."),
            repair=say("Use the formal form."),
        )
    elif formal and policy.address.get(language) == "familiar":
        yield Finding(
            span=reading.original(formal[0]),
            reason=say("This is the formal form of address; the desk uses the familiar one."),
            repair=say("Use the familiar form."),
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
        if (len(word) > 1 or leans) and not within(span, reading.quoted):
            spans.append(span)
    return spans


# AM012 ------------------------------------------------------------------------------------------------------------

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
        mark = "?" if "?" in shout.group() or "？" in shout.group() else "!"
        yield Finding(
            span=shout.span(),
            reason=say("So many marks read as shouting."),
            repair=say("One is enough."),
            replacement=mark,
            is_doubtful=True,
        )


# AM013, AM014 -----------------------------------------------------------------------------------------------------


def parent_gone(look: Look) -> Iterator[Finding]:
    if look.situation.parent_gone:
        yield Finding(
            span=None,
            reason=say("The post that this answers is not there any more."),
            repair=say(
                "The problem still is: write to them directly, or leave a note why you do not answer."
            ),
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


# AM016, AM017, AM018 ----------------------------------------------------------------------------------------------

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


RULES: tuple[Rule, ...] = (
    Rule("AM001", "private_data", say("Private data in public"), private_data),
    Rule("AM002", "mockery", say("Mockery"), mockery),
    Rule("AM003", "open_promise", say("A promise without a time"), open_promise),
    Rule("AM004", "too_long", say("Too long for the network"), too_long),
    Rule("AM005", "empty", say("Nothing in it"), empty),
    Rule("AM006", "blame", say("Blame"), blame),
    Rule("AM007", "non_apology", say("An apology that is none"), non_apology),
    Rule("AM008", "denial", say("Denies the right to complain"), denial),
    Rule("AM009", "canned", say("The same words again"), canned),
    Rule("AM010", "wrong_language", say("Not their language"), wrong_language),
    Rule("AM011", "address", say("Form of address"), address),
    Rule("AM012", "shouting", say("Shouting"), shouting),
    Rule("AM013", "parent_gone", say("The post is gone"), parent_gone),
    Rule("AM014", "hidden", say("Hidden characters"), hidden),
    Rule("AM015", "heat", say("Written in anger"), heat),
    Rule("AM016", "early_remedy", say("A remedy before the facts"), early_remedy),
    Rule("AM017", "admission", say("Admits a fault"), admission),
    Rule("AM018", "put_off", say("Put off what can be solved"), put_off),
)


def check(
    draft: str, situation: Situation, policy: GuardPolicy, *, among: Collection[str] | None = None
) -> tuple[Verdict, ...]:
    """All verdicts on a draft, the gravest first, then by place. No verdict: it may go out.

    `among`: ask these rules only, by their codes. A draft of more than `LONGEST_DRAFT` characters is not read: it is
    blocked for its length alone."""
    if len(draft) > LONGEST_DRAFT:
        return (_unreadably_long(draft),)
    reading = Reading(draft)
    languages = languages_of(reading, situation.language, policy)
    verdicts = []
    for rule in policy.all_rules:
        if among is not None and rule.code not in among:
            continue
        own = policy.rules[rule.code]
        if own.level is Level.PASS and own.level_when_doubtful is Level.PASS:
            continue
        for found in rule.detect(Look(reading, situation, own, policy, languages)):
            level = own.level_when_doubtful if found.is_doubtful else own.level
            if level is Level.PASS:
                continue
            verdicts.append(
                Verdict(
                    rule=rule.code,
                    name=rule.name,
                    level=level,
                    span=found.span,
                    reason=found.reason,
                    repair=found.repair,
                    replacement=found.replacement,
                )
            )
    return tuple(sorted(verdicts, key=lambda each: (-each.level.rank, each.span or (-1, -1), each.rule)))


def _unreadably_long(draft: str) -> Verdict:
    return Verdict(
        rule="AM004",
        name="too_long",
        level=Level.BLOCK,
        span=(LONGEST_DRAFT, len(draft)),
        reason=say(
            "It is longer than {longest} characters: too long to be read before it goes out.",
            longest=LONGEST_DRAFT,
        ),
        repair=say("Shorten it, or go on in a second reply."),
    )


def worst(verdicts: Iterable[Verdict]) -> Level:
    """The gravest level; `pass` when there is no verdict."""
    return max((each.level for each in verdicts), key=lambda level: level.rank, default=Level.PASS)


def blocks(verdicts: Iterable[Verdict]) -> tuple[Verdict, ...]:
    """Those that keep the draft from going out."""
    return tuple(each for each in verdicts if each.level is Level.BLOCK)


def repaired(draft: str, verdict: Verdict) -> str:
    """`draft` with the one-click repair of `verdict` made; unchanged where there is none."""
    if verdict.span is None or verdict.replacement is None:
        return draft
    start, end = verdict.span
    return draft[:start] + verdict.replacement + draft[end:]


# The policy -------------------------------------------------------------------------------------------------------

_TOP = ("rules", "pages", "mockery", "canned", "language", "address")


@cache
def shipped_policy() -> GuardPolicy:
    """The policy as it is shipped."""
    return GuardPolicy.load()


def _completed(own: Mapping[str, Any], shipped: Mapping[str, Any]) -> dict[str, Any]:
    """The shipped rules with what a desk changed of each. A level alone is the level of what is doubtful, too."""
    whole = {}
    for code, rule in shipped.items():
        changed = _table(own, code, "guards.rules")
        kept = {
            key: value
            for key, value in rule.items()
            if key != "level_when_doubtful" or "level" not in changed
        }
        whole[code] = {**kept, **changed}
    return whole


def _rule(table: Mapping[str, Any], code: str) -> RulePolicy:
    where = f"guards.rules.{code}"
    only(table, ("level", "level_when_doubtful", "phrases", "doubtful", "except"), where)
    level = _level(table.get("level"), where)
    return RulePolicy(
        level=level,
        level_when_doubtful=_level(table.get("level_when_doubtful", level), where),
        phrases=read_book(table.get("phrases", {}), f"{where}.phrases"),
        doubtful=read_book(table.get("doubtful", {}), f"{where}.doubtful"),
        excepted=read_book(table.get("except", {}), f"{where}.except"),
    )


def _level(said: Any, where: str) -> Level:
    try:
        return Level(said)
    except ValueError:
        raise BadPolicy(f"{where}: level is {', '.join(Level)}; not {said!r}") from None


def _table(table: Mapping[str, Any], name: str, where: str) -> Mapping[str, Any]:
    found = table.get(name, {})
    if not isinstance(found, Mapping):
        raise BadPolicy(f"{where}.{name}: must be a table")
    return found


def _word_sets(table: Mapping[str, Any]) -> dict[str, frozenset[str]]:
    return {language: frozenset(fold(str(word)) for word in words) for language, words in table.items()}
