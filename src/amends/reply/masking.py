"""What a language model may see of a case, and what it may give back (A12, W5 of the threats).

Everything personal is taken out before: names, handles, addresses, numbers. In its place stands a mark that was made
for this one request, so that a mark of another request, or one that the model made up, is known at once.

What comes back is text for a person. It is read as hostile: it may have obeyed whoever wrote the post.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from amends.core.text import fold
from amends.reply.phrases import Reading, Span, overlap
from amends.reply.private import Private, find_private

#: A post longer than this is cut before it is shown: no complaint needs more, and a flood must not push the rules out.
LONGEST_POST = 4_000
#: No answer of a model is longer than this, whatever the network takes.
LONGEST_ANSWER = 2_000

_MARK = re.compile(r"\{\{\s*([^{}\n]{1,80})\s*\}\}")
_BRACES = re.compile(r"[{}｛｝⦃⦄]")
_HANDLE = re.compile(r"(?<![\w@/])@[\w.-]{1,200}(?:@[\w.-]{1,200})?")
_TLD = (
    r"(?:com|org|net|info|biz|io|co|me|app|dev|xyz|top|site|online|shop|store|club|link|click|live|page|pro|cc|tv|gg|ly|to|ru|cn|"
    r"fr|ro|uk|de|es|it|be|ch|nl|eu|us|ca|au|in|ie|md|example|test|invalid|onion|zip|mov|support|help|cloud|bank|finance|"
    r"xn--[\w-]{1,60})"
)
_REST = r"(?:[/?#:][^\s<>\"'“”«»)\]]*)?"
#: Anything that leads somewhere: a mail address, with a scheme, or by the look of a host, also where the dots are
#: spelled out.
_LINK = re.compile(
    r"[\w.%+'-]{1,64}\s?@\s?(?:[\w-]{1,63}\.){1,6}[\w-]{2,63}"
    r"|\b[a-z][a-z0-9+.-]{1,12}\s?:\s?/\s?/\s?[^\s<>\"'“”«»)\]]*"
    r"|\b(?:mailto|tel|javascript|data|sms|whatsapp|tg)\s?:\s?[^\s<>\"'“”«»)\]]+"
    r"|\b(?:www|ftp)\d?\s?\.\s?[^\s<>\"'“”«»)\]]+"
    rf"|\b(?:[\w-]{{1,63}}\.){{1,6}}{_TLD}\b{_REST}"
    rf"|\b[\w-]{{1,63}}\s\.\s?(?:[\w-]{{1,63}}\s?\.\s?){{0,4}}{_TLD}\b{_REST}"
    r"|\b[\w-]{1,63}(?:\s?[\[({]\s?(?:\.|dot|punct|point)\s?[\])}]\s?[\w-]{1,63}){1,6}"
    + _REST
    + r"|\b[\w-]{1,63}(?:\s(?:dot|punct|point)\s[\w-]{1,63}){0,5}\s(?:dot|punct|point)\s(?:com|org|net|info|example|fr|ro)\b"
    + _REST
    + r"|\b(?:\d{1,3}\.){3}\d{1,3}\b(?:[:/][^\s<>\"'“”«»)\]]*)?",
    re.IGNORECASE,
)
#: Two words with a dot and no space between may be a host whose ending is not in the list.
_TIGHT_DOT = re.compile(r"(?<=[^\W\d_]{2})\.(?=[^\W\d_]{2})")
_MARKDOWN_LINK = re.compile(r"!?\[([^\[\]\n]{0,300})\]\(([^()\n]{0,2000})\)")
_TAG = re.compile(r"<[/!?a-zA-Z][^<>]{0,500}>")
_NUMBER = re.compile(r"(?<![\w{])[+]?\d(?:[\d .,/()-]{1,40}\d)(?!\w)|(?<![\w{])\d{3,}")
_MONEY = re.compile(
    r"(?:[€$£]\s?\d[\d.,\s]{0,12}|\b\d[\d.,]{0,12}\s?(?:[€$£]|eur\b|euros?\b|lei\b|ron\b|usd\b|dollars?\b|pounds?\b|gbp\b|livres\b)|\b\d{1,3}\s?%)",
    re.IGNORECASE,
)
#: How people say their name.
_SAID_NAME = re.compile(
    r"(?i:\b(?:my name is|i am|i'm|this is|signed|regards,|je m'appelle|je suis|moi c'est|cordialement,?|ma numesc|mă numesc|numele meu e(?:ste)?|"
    r"sunt|eu sunt|cu stimă,?|cu stima,?|semnat|mr\.?|mrs\.?|ms\.?|dr\.?|monsieur|madame|mme|m\.|domnul|doamna|dl\.?|dna\.?))"
    r"\s+([A-ZÀ-ÖØ-ÞĂÂÎȘȚ][\w’'-]{1,30}(?:\s+[A-ZÀ-ÖØ-ÞĂÂÎȘȚ][\w’'-]{1,30}){0,2})"
)
_TWO_CAPITALS = re.compile(
    r"\b[A-ZÀ-ÖØ-ÞĂÂÎȘȚ][a-zà-öø-ÿăâîșț’'-]{1,30}\s+(?:[A-ZÀ-ÖØ-ÞĂÂÎȘȚ]\.\s?)?[A-ZÀ-ÖØ-ÞĂÂÎȘȚ][a-zà-öø-ÿăâîșț’'-]{1,30}\b"
)
_HIDDEN = frozenset(("Cc", "Cf", "Co", "Cs", "Cn", "Zl", "Zp"))
_KEPT = frozenset("\n\t\u200d")


class Refusal(ValueError):
    """What came back cannot be shown: `why` is one of "mark", "empty", "foreign"."""

    def __init__(self, why: str) -> None:
        self.why = why
        super().__init__(why)


@dataclass
class Mask:
    """The marks of one request. `nonce` must be new for each."""

    nonce: str
    names: Sequence[str] = ()
    """Names and handles that are known: the customer's, colleagues', others' of the thread."""
    ours: Iterable[str] = ()
    """What may be said in public: it stays as it is."""
    brand: str = ""
    _known: dict[str, str] = field(default_factory=dict)
    """What stands behind each mark."""
    _by_value: dict[str, str] = field(default_factory=dict)
    _public: set[str] = field(default_factory=set)

    def hide(self, text: str) -> str:
        """`text` with a mark for everything personal. The same value has the same mark throughout."""
        text = visible(text)[:LONGEST_POST]
        # Braces of a stranger would look like marks of ours.
        text = _BRACES.sub(lambda found: "(" if found.group() in "{｛⦃" else ")", text)
        kept = [fold(each) for each in self.ours]
        seen = sorted(find_private(Reading(text), self.ours), key=lambda each: -each.span[0])
        for each in seen:
            value = text[slice(*each.span)]
            text = text[: each.span[0]] + self._mark(_kind(each.kind), value) + text[each.span[1] :]
        for shape, pattern in (("link", _LINK), ("handle", _HANDLE)):
            text = self._hide_all(shape, pattern, text, kept)
        for name in sorted(filter(None, self.names), key=len, reverse=True):
            for part in dict.fromkeys(
                (name, *(each for each in re.split(r"[\s_.]+", name) if len(each) > 2))
            ):
                pattern = re.compile(rf"(?<![\w{{@]){re.escape(part)}(?![\w}}])", re.IGNORECASE)
                text = self._hide_all("name", pattern, text, [fold(self.brand)])
        text = self._hide_group(_SAID_NAME, text)
        text = self._hide_all("name", _TWO_CAPITALS, text, [fold(self.brand)])
        return self._hide_all("number", _NUMBER, text, kept)

    def allow_in_public(self, *values: str) -> None:
        """These may be put back where everybody reads: the name by which the customer is addressed."""
        for value in filter(None, values):
            self._public.add(self._mark("name", value))

    def mark_of(self, value: str) -> str:
        """The mark that stands for a value of ours, such as the customer's first name."""
        return self._mark("name", value)

    def show(self, text: str, *, is_public: bool) -> str:
        """`text` with its marks replaced by what stands behind them; in public what is personal stays a gap.

        Raises `Refusal` ("mark") for a mark that was not made here: it is another request's, or made up."""

        def shown(found: re.Match[str]) -> str:
            mark = "{{" + found[1].strip() + "}}"
            if mark not in self._known:
                raise Refusal("mark")
            return "[…]" if is_public and mark not in self._public else self._known[mark]

        told = _MARK.sub(shown, text)
        if "{{" in told or "}}" in told or self.nonce in told:
            raise Refusal("mark")
        return told

    def _hide_all(self, kind: str, pattern: re.Pattern[str], text: str, kept: Sequence[str]) -> str:
        marks = [found.span() for found in _MARK.finditer(text)]

        def hidden(found: re.Match[str]) -> str:
            if _overlaps(found.span(), marks) or _is_ours(found.group(), kept):
                return found.group()
            return self._mark(kind, found.group())

        return pattern.sub(hidden, text)

    def _hide_group(self, pattern: re.Pattern[str], text: str) -> str:
        marks = [found.span() for found in _MARK.finditer(text)]
        for found in reversed(list(pattern.finditer(text))):
            if not _overlaps(found.span(1), marks) and fold(found[1]) != fold(self.brand):
                text = text[: found.start(1)] + self._mark("name", found[1]) + text[found.end(1) :]
        return text

    def _mark(self, kind: str, value: str) -> str:
        key = fold(value).strip()
        if key not in self._by_value:
            mark = f"{{{{{kind} {len(self._known) + 1} {self.nonce}}}}}"
            self._by_value[key], self._known[mark] = mark, value
        return self._by_value[key]


def _kind(kind: Private) -> str:
    return {Private.MAIL: "mail", Private.PHONE: "phone", Private.ADDRESS: "address"}.get(kind, "number")


def _overlaps(span: Span, others: Iterable[Span]) -> bool:
    return any(overlap(span, other) for other in others)


def _is_ours(said: str, ours: Sequence[str]) -> bool:
    bare = _bare(fold(said))
    return any(each and (bare == _bare(each) or bare.startswith(_bare(each) + "/")) for each in ours)


def _bare(link: str) -> str:
    return re.sub(r"^(?:https?://)?(?:www\.)?", "", link.strip()).rstrip("/.,;:!?)")


# What comes back ------------------------------------------------------------------------------------------------------


def visible(text: str) -> str:
    """`text` without characters that show nothing or turn the direction round, in one form of Unicode."""
    text = unicodedata.normalize("NFC", text.replace("\r\n", "\n"))
    return "".join(
        letter
        for place, letter in enumerate(text)
        if (letter in _KEPT and (letter != "\u200d" or _joins(text, place)))
        or (unicodedata.category(letter) not in _HIDDEN and not _is_selector(letter, text, place))
    )  # fmt: skip


def _joins(text: str, place: int) -> bool:
    """A joiner between two signs of an emoji is honest; elsewhere it hides something."""
    return 0 < place < len(text) - 1 and ord(text[place - 1]) > 0x2100 and ord(text[place + 1]) > 0x2100


def _is_selector(letter: str, text: str, place: int) -> bool:
    """A variation selector that selects nothing can carry a message."""
    code = ord(letter)
    if 0xE0100 <= code <= 0xE01EF or 0xFE00 <= code <= 0xFE0E:
        return True
    return code == 0xFE0F and (place == 0 or ord(text[place - 1]) < 0x2100)


def received(
    answer: str,
    mask: Mask,
    *,
    is_public: bool,
    ours: Iterable[str] = (),
    others: Sequence[str] = (),
    strangers: Iterable[str] = (),
    longest: int = 0,
) -> str:
    """What a model wrote, as it may be shown to an agent: a draft in plain text.

    `ours`: addresses that may stand in it. `others`: texts of other cases, of which nothing may stand in it; `strangers`: their
    names and handles. `longest`: characters that the network takes (0: no limit).

    Raises `Refusal`: a mark that was never given out, words of another case, or nothing left."""
    ours = tuple(ours)
    text = _bare_of_dress(visible(answer))
    # All numbers of this case are behind marks: one that stands there openly is of another, or made up.
    text = mask.show(_without_numbers(_without_links(text, ours), ours), is_public=is_public)
    # What was put back may be a link or an address that the customer wrote: that is no address of ours either.
    text = _without_links(text, ours)
    text = _MONEY.sub("[…]", text)
    text = re.sub(r"[ \t]+([,.;:!?])", r"\1", text) if not _speaks_french(text) else text
    # What was taken out leaves marks without words.
    text = re.sub(r"[(\[„“\"'«][\s,.;:]*[)\]”\"'»]", "", text)
    text = re.sub(r"[ \t]*(?:,[ \t]*){2,}", ", ", text).lstrip(" ,;:.!?)-\n")
    text = re.sub(r"[ \t]{2,}", " ", re.sub(r"\n{3,}", "\n\n", text)).strip()
    text = _cut(text, min(longest or LONGEST_ANSWER, LONGEST_ANSWER))
    if _shares(text, others) or _names(text, strangers):
        raise Refusal("foreign")
    if len(re.findall(r"[^\W\d_]", text)) < 8:
        raise Refusal("empty")
    return text


def _bare_of_dress(text: str) -> str:
    """Without code fences, tags, headings, a name before it, and the quotes around it."""
    fence = re.search(r"```[^\n`]{0,40}\n(.{1,4000}?)```", text, re.DOTALL)
    if fence and len(fence[1]) > len(text) / 2:
        text = fence[1]
    text = text.replace("```", "")
    # Thoughts are not the answer.
    text = re.sub(r"<(think|thinking|reasoning)>.{0,20000}?</\1>", "", text, flags=re.DOTALL | re.IGNORECASE)
    text = _TAG.sub("", text)
    text = re.sub(r"(?m)^\s{0,3}(?:#{1,6}\s+|>\s?|[-*]\s+)", "", text)
    text = re.sub(r"\*\*(.{1,400}?)\*\*", r"\1", text)
    text = re.sub(
        r"(?im)^\s*(?:system|user|assistant|tool|human|draft|reply|answer|réponse|răspuns)\s*:\s*", "", text
    )
    text = text.strip()
    if len(text) > 1 and (text[0], text[-1]) in (('"', '"'), ("“", "”"), ("«", "»"), ("„", "”")):
        text = text[1:-1].strip()
    return text


def _without_links(text: str, ours: Sequence[str]) -> str:
    """Without addresses that are not ours, in whatever dress."""
    kept = [fold(each) for each in ours]

    def plain(found: re.Match[str]) -> str:
        return found[1] if not _is_ours(found[2], kept) else f"{found[1]} {found[2]}".strip()

    text = _MARKDOWN_LINK.sub(plain, text)
    # Full-width and circled letters are links to those who read them.
    folded = unicodedata.normalize("NFKC", text)
    if folded != text and any(not _is_ours(each.group(), kept) for each in _LINK.finditer(folded)):
        text = folded
    text = _LINK.sub(lambda found: found.group() if _is_ours(found.group(), kept) else "", text)
    text = _HANDLE.sub(lambda found: found.group() if _is_ours(found.group(), kept) else "", text)
    for each in sorted(find_private(Reading(text), ours), key=lambda one: -one.span[0]):
        if each.kind in (Private.MAIL, Private.CARD, Private.IBAN):
            text = text[: each.span[0]] + "[…]" + text[each.span[1] :]
    links = [found.span() for found in _LINK.finditer(text)]
    return _TIGHT_DOT.sub(lambda found: "." if _overlaps(found.span(), links) else ". ", text)


_MANY_DIGITS = re.compile(r"(?<![\w{])[+(]?\d(?:[ .,/()\u2010-\u2015-]{0,2}\d){4,30}(?![\w}])")


def _without_numbers(text: str, ours: Sequence[str]) -> str:
    """Without numbers and addresses that nobody gave the model; ours stay."""
    marks = [found.span() for found in _MARK.finditer(text)]
    kept = {digits for each in ours if len(digits := re.sub(r"\D", "", each)) >= 5}
    for each in sorted(find_private(Reading(text), ours), key=lambda one: -one.span[0]):
        if not _overlaps(each.span, marks):
            text = text[: each.span[0]] + "[…]" + text[each.span[1] :]
    marks = [found.span() for found in _MARK.finditer(text)]
    return _MANY_DIGITS.sub(
        lambda found: (
            found.group()
            if re.sub(r"\D", "", found.group()) in kept or _overlaps(found.span(), marks)
            else "[…]"
        ),
        text,
    )


def _speaks_french(text: str) -> bool:
    """French has a space before its marks."""
    return bool(re.search(r"\b(?:vous|votre|nous|je|est|une|des)\b", text, re.IGNORECASE))


def _cut(text: str, longest: int) -> str:
    """At most `longest` characters, cut at the end of a sentence where there is one in the second half."""
    if len(text) <= longest:
        return text
    head = text[:longest]
    end = max(head.rfind(mark) for mark in (". ", "! ", "? ", ".\n", "!\n", "?\n"))
    return head[: end + 1] if end > longest / 2 else head.rsplit(" ", 1)[0]


#: So many words in a row that stand in another case are its words, and no chance.
_RUN = 7


def _shares(text: str, others: Sequence[str]) -> bool:
    mine = _runs(text)
    return bool(mine) and any(not mine.isdisjoint(_runs(other)) for other in others)


def _names(text: str, strangers: Iterable[str]) -> bool:
    """Whether a name of somebody else stands in it. A first name alone is anybody's."""
    said = " " + " ".join(re.findall(r"\w+", fold(text))) + " "
    for each in strangers:
        words = re.findall(r"\w+", fold(each))
        if (len(words) > 1 or len("".join(words)) > 7) and f" {' '.join(words)} " in said:
            return True
    return False


def _runs(text: str) -> set[tuple[str, ...]]:
    words = re.findall(r"\w+", fold(text))
    return {tuple(words[place : place + _RUN]) for place in range(len(words) - _RUN + 1)}
