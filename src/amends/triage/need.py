"""What a customer needs, in their own words and without the insults: what a person reads first of a harsh post (A7).

Nothing is ever put in their mouth: it is pieces of what they wrote, with “…” where something was left out. Where no
piece is sure to be clean, nothing is shown.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from amends.core.text import fold, storable
from amends.triage.judgement import Abuse
from amends.triage.language import judge_language
from amends.triage.lexicon import Hit
from amends.triage.policy import LANGUAGES, TriagePolicy
from amends.triage.rules import Heard, listen

#: In characters.
LONGEST = 220
#: Only so much of a text is read.
LONGEST_READ = 10_000
CUT = "…"

Span = tuple[int, int]

#: What speaks of a need, and how much it weighs.
_WEIGHTS = (
    ("problem.", 3.0),
    ("help", 3.0),
    ("compensation", 3.0),
    ("explanation", 2.5),
    ("apology", 2.0),
    ("question", 2.0),
    ("wait", 2.0),
    ("severity.", 2.0),
    ("trouble", 1.5),
)
#: These speak of one where nothing else does.
_WEAK = (("topic.", 1.0), ("hint", 0.5))
#: Where it is not known which words are harsh, only these are taken.
_SURE = tuple(
    each for each in _WEIGHTS if each[0] in ("problem.", "help", "compensation", "explanation", "trouble")
)
#: A piece says something from so many words on, one of them of so many letters.
_FEWEST_WORDS, _LONG_WORD = 2, 4
#: Beginnings of words (folded) that call somebody something: left out like an insult.
_ACCUSING = (
    "thief", "thieves", "liar", "scammer", "crook", "fraudster", "filthy", "robber", "pathetic",
    "voleur", "voleuse", "menteur", "menteuse", "escroc", "arnaqueur", "bandit", "minable",
    "hot", "hoat", "mincinos", "tepar", "banditi", "jigodi", "nesimtit", "jegos",
)  # fmt: skip
#: Beginnings of words (folded) that are rude wherever they stand, in forms that no list has whole.
_RUDE = (
    "fuck", "shit", "bullshit", "bitch", "cunt", "asshole", "arsehole", "wank", "dickhead", "motherf", "stfu",
    "putain", "ptn", "merd", "encul", "niqu", "ntm", "fdp", "connard", "connass", "salop", "trdbl", "tdc", "branleu",
    "pula", "pulii", "muie", "cacat", "curva", "curvel", "dracu", "fmm", "sugi", "bagamias",
)  # fmt: skip
#: By these words (folded) people speak of themselves.
_MINE = frozenset(
    "i me my mine we our us i'm i've im ive je j me m mon ma mes moi nous notre nos mi mie mea meu mele mei eu imi am noi nostru".split()
)
_HARD = ("abuse.insult", "abuse.hate", "abuse.threat")
_SOFT = "abuse.profanity"
_SENTENCE = re.compile(r"[^.!?…\n]+(?:[.!?…]+(?!\s|$)[^.!?…\n]*)*[.!?…]*")
_FIRST_HANDLES = re.compile(r"^(?:@[\w.:-]+[\s,]*)+")
_CUTS = re.compile(rf"(?:\s*{CUT}[\s,;:–-]*)+")
_RUDE_SIGNS = re.compile(
    "[\U0001f595\U0001f4a9\U0001f921\U0001f92c\U0001f92e\U0001f437\U0001f416]+[\U0001f3fb-\U0001f3ff]?"
)
#: How many words around a need are taken from a sentence that also insults, and how many beside the insult are not:
#: what stands before an insult often belongs to it (“you brainless clowns”).
_LEFT, _RIGHT = 6, 7
_AFTER_INSULT, _BEFORE_INSULT = 1, 3
_MOST_SENTENCES = 2


def need_of(
    text: str, policy: TriagePolicy, languages: tuple[str, ...] = (), *, abuse: Abuse = Abuse.NONE
) -> str:
    """What the author asks for or complains of, at most `LONGEST` characters of their own; "" where nothing of the
    kind is found.

    `languages` is what is known of the text's language: a hint. `abuse` is what it was judged to hold: where harsh
    words are in it and none of them is known by name, only words are taken that are known to be clean; and of a
    sentence with hate or a threat in it, nothing.
    """
    read = storable(text[:LONGEST_READ])
    _, candidates = judge_language(read, languages, LANGUAGES)
    heard = listen(read, policy, candidates)
    hard = _places(heard, _HARD) | _beginning(heard, _ACCUSING)
    soft = _places(heard, (_SOFT,)) | _beginning(heard, _RUDE)
    is_strict = abuse.is_veiled and not hard and (not soft or abuse.rank >= Abuse.HATE.rank)
    anchors = _anchors(heard, hard | soft, _SURE if is_strict else _WEIGHTS)
    found: list[tuple[float, int, str]] = []
    for sentence in _SENTENCE.finditer(read):
        span = sentence.span()
        insults = any(_touches(heard, at, span) for at in hard)
        here = [
            (hit, weight)
            for hit, group, weight in anchors
            if _within(heard, hit, span) and not (insults and group == "question")
        ]
        if not here or (insults and abuse.rank >= Abuse.HATE.rank):
            continue
        if is_strict:
            kept = [_span(heard, hit) for hit, _ in here]
        elif insults:
            kept = _windows(heard, [hit for hit, _ in here], hard, span)
        else:
            kept = [span]
        said = _said(read, _without(kept, [_span_of(heard, at) for at in soft]), span)
        if len(re.findall(r"\w+", said)) >= _FEWEST_WORDS and re.search(rf"\w{{{_LONG_WORD},}}", said):
            found.append((sum(weight for _, weight in here), span[0], said))
    if not found and hard and not heard.has("abuse.hate", "abuse.threat"):
        found = list(_of_themselves(heard, hard, soft))
    best = sorted(sorted(found, key=lambda each: -each[0])[:_MOST_SENTENCES], key=lambda each: each[1])
    return _short(" ".join(said for _, _, said in best))


def _of_themselves(
    heard: Heard, hard: frozenset[int], soft: frozenset[int]
) -> Iterator[tuple[float, int, str]]:
    """Clean sentences beside the insults in which the author speaks of themselves, or gives a figure."""
    for sentence in _SENTENCE.finditer(heard.text):
        span = sentence.span()
        here = [at for at in range(len(heard.pieces)) if _touches(heard, at, span)]
        words = [heard.pieces[at] for at in here if heard.pieces[at].sort in ("word", "number")]
        if len(words) < 4 or hard & set(here):
            continue
        mine = sum(piece.sort == "number" or piece.text in _MINE for piece in words)
        said = _said(heard.text, _without([span], [_span_of(heard, at) for at in soft]), span)
        if mine and said:
            yield float(mine), span[0], said


def _beginning(heard: Heard, stems: tuple[str, ...]) -> frozenset[int]:
    """The numbers of the words that begin so."""
    return frozenset(
        at
        for at, piece in enumerate(heard.pieces)
        if piece.sort == "word" and fold(piece.text).startswith(stems)
    )


def _places(heard: Heard, groups: Iterable[str]) -> frozenset[int]:
    """The numbers of the pieces that hits of these groups cover."""
    return frozenset(
        at for group in groups for hit in heard.hits.get(group, ()) for at in range(hit.first, hit.last)
    )


def _anchors(
    heard: Heard, harsh: frozenset[int], sure: tuple[tuple[str, float], ...]
) -> list[tuple[Hit, str, float]]:
    for table in (sure, _WEAK) if sure is _WEIGHTS else (sure,):
        found = [
            (hit, prefix, weight)
            for prefix, weight in table
            for hit in heard.all(prefix)
            if not harsh & set(range(hit.first, hit.last))
        ]
        if found:
            return found
    return []


def _span(heard: Heard, hit: Hit) -> Span:
    return heard.pieces[hit.first].start, heard.pieces[hit.last - 1].end


def _span_of(heard: Heard, at: int) -> Span:
    return heard.pieces[at].start, heard.pieces[at].end


def _within(heard: Heard, hit: Hit, span: Span) -> bool:
    start, end = _span(heard, hit)
    return span[0] <= start and end <= span[1]


def _touches(heard: Heard, at: int, span: Span) -> bool:
    start, end = _span_of(heard, at)
    return start < span[1] and span[0] < end


def _windows(heard: Heard, hits: list[Hit], hard: frozenset[int], span: Span) -> list[Span]:
    """The words around each need, up to the next insult and a few words short of it."""
    found = []
    for hit in hits:
        first = hit.first
        while first > 0 and hit.first - first < _LEFT and _is_open(heard, first - 1, hard, span):
            first -= 1
        if first > 0 and first - 1 in hard:
            first = min(hit.first, first + _AFTER_INSULT)
        last = hit.last
        while last < len(heard.pieces) and last - hit.last < _RIGHT and _is_open(heard, last, hard, span):
            last += 1
        ahead = next((n for n in range(_BEFORE_INSULT) if last + n in hard), None)
        if ahead is not None:
            last = max(hit.last, last + ahead - _BEFORE_INSULT)
        found.append((heard.pieces[first].start, heard.pieces[last - 1].end))
    return found


def _is_open(heard: Heard, at: int, hard: frozenset[int], span: Span) -> bool:
    piece = heard.pieces[at]
    return (
        at not in hard
        and piece.sort not in ("stop", "sign")
        and span[0] <= piece.start
        and piece.end <= span[1]
    )


def _without(kept: Iterable[Span], harsh: Iterable[Span]) -> list[Span]:
    """`kept` in order and joined where they meet, without what is harsh."""
    whole: list[Span] = []
    for start, end in sorted(kept):
        if whole and start <= whole[-1][1] + 1:
            whole[-1] = whole[-1][0], max(end, whole[-1][1])
        else:
            whole.append((start, end))
    for bad in sorted(harsh):
        pieces = []
        for start, end in whole:
            if bad[1] <= start or end <= bad[0]:
                pieces.append((start, end))
                continue
            pieces += [each for each in ((start, bad[0]), (bad[1], end)) if each[0] < each[1]]
        whole = pieces
    return whole


def _said(text: str, spans: list[Span], sentence: Span) -> str:
    """The spans as one line, with a mark where something was left out before, between or after."""
    if not spans:
        return ""
    line, at = "", sentence[0]
    for start, end in spans:
        left_out = text[at:start]
        line += (f" {CUT} " if re.search(r"\w", left_out) else left_out) + text[start:end]
        at = end
    if re.search(r"\w", text[at : sentence[1]]):
        line += f" {CUT}"
    line = _RUDE_SIGNS.sub(f" {CUT} ", line)
    line = _FIRST_HANDLES.sub("", " ".join(line.split()))
    line = _CUTS.sub(f" {CUT} ", line).strip(" ,;:–-")
    return line if re.search(r"\w", line) else ""


def _short(line: str) -> str:
    line = _CUTS.sub(f" {CUT} ", line).strip()
    if len(line) <= LONGEST:
        return line
    cut = line[: LONGEST - 1]
    return cut[: cut.rfind(" ") if " " in cut[LONGEST // 2 :] else LONGEST - 1].rstrip(" ,;:") + CUT
