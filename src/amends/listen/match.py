"""Does a post concern us? Whole words on folded text, with the reason in a sentence (L1, L3, L5).

`Matcher.wants` is the fast path on a stream; `Matcher.match` says why. Both look the same way, so nothing that
`match` would take is lost by `wants`. The cost of a post grows with its words, not with the number of terms: the
terms lie in dictionaries keyed by a word, and what a word may mean is remembered.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from enum import StrEnum

from amends.core.mention import Mention
from amends.core.say import Said, say
from amends.core.text import fold
from amends.listen.ordinary import ORDINARY


class TermKind(StrEnum):
    """How a term is looked for."""

    NAME = "name"
    """A brand, product or service: as a word, as a tag, with 's, written together, and misspelled."""
    PHRASE = "phrase"
    """These words in this order, and nothing else."""
    HASHTAG = "hashtag"
    """This tag, whole."""
    EXCLUDED = "excluded"
    """An untagged post with these words is not about us."""


class BadTerm(ValueError):
    """A watch term without a letter or a digit: it would match nothing, or everything."""


@dataclass(frozen=True, kw_only=True)
class WatchTerm:
    """One thing that a desk listens for. No `languages` means: in all of them."""

    text: str
    kind: TermKind
    languages: tuple[str, ...] = ()
    is_fuzzy: bool = True
    """Names of six letters or more also match one letter wrong, missing, doubled or swapped."""


@dataclass(frozen=True)
class Match:
    """Why a mention concerns us. `terms` are the watch terms' texts; none where only `is_direct` speaks."""

    reasons: tuple[Said, ...]
    terms: tuple[str, ...]
    is_direct: bool


#: Shorter names lie one letter from too many words.
SHORTEST_FUZZY = 6
#: Shorter names begin too many words (#ing would take #ingredients).
SHORTEST_PREFIX = 4
#: All-capital names up to this length are often small words too (ING, UPS, O2): their capitals must be there.
LONGEST_SHOUTED = 3
#: What a word may mean is remembered for so many different words, then forgotten at once.
_REMEMBERED = 50_000
_LONGEST_WORD = 64

_WORD = re.compile(r"[^\W_]+")
_TAG = re.compile(r"[#@]\w+")
_END = re.compile(r"[.!?\n]\s")
_SIGN = re.compile(r"[^\w\s'-]")


@dataclass(frozen=True)
class _Form:
    """One way in which a term is found: words in a row."""

    term: WatchTerm
    words: tuple[str, ...]
    literal: str = ""
    """Signs that belong to the name (AT&T, Booking.com): the text must hold them."""
    is_tag: bool = False
    is_shouted: bool = False


@dataclass(frozen=True)
class _Hit:
    term: WatchTerm
    seen: str
    how: str
    """named, tagged, in_tag, alike"""


@dataclass
class _Index:
    forms: dict[str, list[_Form]] = field(default_factory=dict)
    """By first word."""
    starts: dict[str, WatchTerm] = field(default_factory=dict)
    """Names written together: a tag may begin with them."""
    lengths: tuple[int, ...] = ()
    alike: dict[str, list[tuple[str, WatchTerm]]] = field(default_factory=dict)
    """By the name itself and the name less one letter."""
    inside: list[tuple[str, WatchTerm]] = field(default_factory=list)
    """Names in scripts that put no space between words."""


class Matcher:
    """All terms of a desk, ready to be asked thousands of times a second. Raises `BadTerm`."""

    def __init__(self, terms: Iterable[WatchTerm], ordinary: Collection[str] = ORDINARY) -> None:
        self._ordinary = frozenset(ordinary)
        self._for, self._against = _Index(), _Index()
        for term in terms:
            self._add(term)
        for index in (self._for, self._against):
            index.lengths = tuple(sorted({len(name) for name in index.starts}))
        self._meanings: dict[str, bool] = {}
        self._longest = max((len(name) for name in self._for.alike), default=0) + 1

    def wants(self, text: str) -> bool:
        """Whether the words concern us, in any language: for streams, before anything else is known."""
        folded = fold(text)
        if not self._may(folded):
            return False
        return bool(self._hits(self._for, text, folded, ())) and not self._hits(
            self._against, text, folded, ()
        )

    def match(self, mention: Mention) -> Match | None:
        """Why `mention` concerns us, or None. What is said to us always does, whatever its words; what we wrote
        ourselves never does. An excluded term only silences a post that does not name our account."""
        if mention.is_ours:
            return None
        text = f"{mention.title}\n{mention.text}" if mention.title else mention.text
        folded = fold(text)
        languages = mention.languages
        hits = list(self._hits(self._for, text, folded, languages)) if self._may(folded) else []
        if not mention.is_to_us and (not hits or self._hits(self._against, text, folded, languages)):
            return None
        reasons = [say("It names our account or answers us.")] if mention.is_to_us else []
        reasons += [_reason(hit) for hit in hits]
        terms = tuple(dict.fromkeys(hit.term.text for hit in hits))
        return Match(tuple(dict.fromkeys(reasons)), terms, mention.is_to_us)

    def _add(self, term: WatchTerm) -> None:
        folded = fold(term.text).strip()
        parts = tuple(_WORD.findall(folded))
        if not parts:
            raise BadTerm(f"the watch term {term.text!r} has no letter and no digit")
        index = self._against if term.kind is TermKind.EXCLUDED else self._for
        bare, joined = folded.lstrip("#@"), "".join(parts)
        if _is_unspaced(joined):
            index.inside.append((bare, term))
            return
        if term.kind is TermKind.HASHTAG:
            _put(index, _Form(term, (joined,), is_tag=True))
            return
        signs = bare if _SIGN.search(bare) else ""
        shouted = (
            not signs
            and len(joined) <= LONGEST_SHOUTED
            and term.text.isupper()
            and term.kind is TermKind.NAME
        )
        _put(index, _Form(term, parts, literal=signs, is_shouted=shouted))
        if term.kind is not TermKind.NAME:
            if term.text.lstrip().startswith("#"):
                _put(index, _Form(term, (joined,), is_tag=True))
            return
        if len(parts) > 1:
            _put(index, _Form(term, (joined,), is_shouted=shouted))
        if len(joined) >= SHORTEST_PREFIX:
            index.starts.setdefault(joined, term)
        if term.is_fuzzy and len(joined) >= SHORTEST_FUZZY and joined.isalpha():
            for key in {joined, *_shorter(joined)}:
                index.alike.setdefault(key, []).append((joined, term))

    def _may(self, folded: str) -> bool:
        """Whether any word could begin a hit: cheap, and wrong only on the side of looking closer."""
        words = _WORD.findall(folded)
        if "#" in folded or "@" in folded:
            words += _TAG.findall(folded)
        meanings = self._meanings
        for word in words:
            known = meanings.get(word)
            if known is None:
                known = self._means_something(word)
                if len(meanings) >= _REMEMBERED:
                    meanings.clear()
                if len(word) <= _LONGEST_WORD:
                    meanings[word] = known
            if known:
                return True
        return any(name in folded for name, _ in self._for.inside)

    def _means_something(self, word: str) -> bool:
        if word[0] in "#@":
            tag = _bare(word)
            return tag in self._for.forms or self._start(self._for, tag) is not None
        return word in self._for.forms or self._like(word) is not None

    def _hits(self, index: _Index, text: str, folded: str, languages: tuple[str, ...]) -> list[_Hit]:
        hits = list(self._words_hit(index, text, folded)) if index.forms else []
        hits += [_Hit(term, term.text, "named") for name, term in index.inside if name in folded]
        return [hit for hit in hits if _speaks(hit.term, languages)]

    def _words_hit(self, index: _Index, text: str, folded: str) -> Iterator[_Hit]:
        tags = {found.start() + 1: found.group() for found in _TAG.finditer(folded)}
        found = list(_WORD.finditer(folded))
        words = [each.group() for each in found]
        named: set[int] = set()
        capitals: set[str] | None = None
        for at, word in enumerate(words):
            for form in index.forms.get(word, ()):
                end = at + len(form.words)
                tag = tags.get(found[at].start(), "")
                if form.is_tag or tuple(words[at:end]) != form.words:
                    continue
                if _END.search(folded, found[at].start(), found[end - 1].end()) or form.literal not in folded:
                    continue
                if form.is_shouted and not tag:
                    capitals = _capitals(text) if capitals is None else capitals
                    if not capitals.issuperset(form.words):
                        continue
                named.update(found[each].start() for each in range(at, end))
                yield _Hit(form.term, tag or " ".join(form.words), "tagged" if tag[:1] == "#" else "named")
        for start, tag in tags.items():
            bare = _bare(tag)
            forms = [form for form in index.forms.get(bare, ()) if len(form.words) == 1]
            if tag[0] == "#" or start not in named:
                yield from (
                    _Hit(form.term, tag, "tagged") for form in forms if tag[0] == "#" or not form.is_tag
                )
            is_open = tag[0] == "#" and not forms and start not in named
            if is_open and (term := self._start(index, bare)) is not None:
                named.add(start)
                yield _Hit(term, tag, "in_tag")
        if index is not self._for:
            return
        for each in found:
            if each.start() in named or tags.get(each.start(), "")[:1] == "@":
                continue
            if (term := self._like(each.group())) is not None:
                yield _Hit(term, each.group(), "alike")

    @staticmethod
    def _start(index: _Index, tag: str) -> WatchTerm | None:
        """The name that a tag begins with."""
        for length in index.lengths:
            if length > len(tag):
                return None
            if (term := index.starts.get(tag[:length])) is not None:
                return term
        return None

    def _like(self, word: str) -> WatchTerm | None:
        """The name that `word` misspells: one letter more, less, other or swapped, and the same first letter
        (or the first two swapped). Ordinary words and other terms are no misspellings."""
        alike = self._for.alike
        if not SHORTEST_FUZZY - 1 <= len(word) <= self._longest or not alike or not word.isalpha():
            return None
        if word in self._ordinary or word in self._for.forms:
            return None
        for key in (word, *_shorter(word)):
            for name, term in alike.get(key, ()):
                if word != name and _is_one_off(word, name):
                    return term
        return None


def _bare(tag: str) -> str:
    """A tag's letters: `_` divides them for the reader only."""
    return tag[1:].replace("_", "")


def _put(index: _Index, form: _Form) -> None:
    index.forms.setdefault(form.words[0], []).append(form)


def _capitals(text: str) -> set[str]:
    """The words that stand in capitals, folded."""
    plain = unicodedata.normalize("NFKC", text)
    return {fold(word) for word in _WORD.findall(plain) if word.isupper()}


def _speaks(term: WatchTerm, languages: tuple[str, ...]) -> bool:
    """Whether a term for certain languages applies. A network's language is a hint: without one, it does."""
    if not term.languages or not languages:
        return True
    return bool({each[:2].lower() for each in term.languages} & {each[:2].lower() for each in languages})


def _shorter(word: str) -> Iterator[str]:
    """`word` less one letter, in every way."""
    for at in range(len(word)):
        yield word[:at] + word[at + 1 :]


def _is_one_off(word: str, name: str) -> bool:
    """Whether one letter was added, dropped, changed or swapped with its neighbour; the first letter holds."""
    if abs(len(word) - len(name)) > 1:
        return False
    at = next(
        (i for i, (a, b) in enumerate(zip(word, name, strict=False)) if a != b), min(len(word), len(name))
    )
    if len(word) == len(name):
        if word[at : at + 2] == name[at : at + 2][::-1] and word[at + 2 :] == name[at + 2 :]:
            return True
        return at > 0 and word[at + 1 :] == name[at + 1 :]
    shorter, longer = sorted((word, name), key=len)
    return at > 0 and shorter[at:] == longer[at + 1 :]


def _is_unspaced(word: str) -> bool:
    """Whether the script puts no space between words: Han, kana, Thai, Lao, Khmer, Burmese."""
    return any(
        "\u0e00" <= sign <= "\u0eff" or "\u1000" <= sign <= "\u109f" or "\u1780" <= sign <= "\u17ff"
        or "\u3040" <= sign <= "\u30ff" or "\u3400" <= sign <= "\u9fff"
        for sign in word
    )  # fmt: skip


def _reason(hit: _Hit) -> Said:
    name = hit.term.text
    if hit.how == "alike":
        return say("“{seen}” looks like “{name}”.", seen=hit.seen, name=name)
    if hit.how == "in_tag":
        return say("“{seen}” begins with “{name}”.", seen=hit.seen, name=name)
    if hit.term.kind is TermKind.PHRASE:
        return say("It says “{name}”, which we watch.", name=name)
    if hit.how == "tagged" or hit.term.kind is TermKind.HASHTAG:
        return say("It carries the tag “{seen}”.", seen=hit.seen)
    return say("It names “{name}”.", name=name)
