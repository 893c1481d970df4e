"""The judgement by rules: what the words of a post say, and what follows from them (W1–W5).

The rules err on one side: what they cannot read goes to a person, and nothing that names a problem is ever filed
as praise or abuse.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from amends.core.case import Cause, Kind, Severity
from amends.core.say import Said, say
from amends.core.text import storable
from amends.triage.judgement import TOPICS, Abuse, Judgement, Wants
from amends.triage.lexicon import Hit, Piece, cut
from amends.triage.policy import ANY, TriagePolicy

#: A stated problem or plain displeasure is enough for a complaint; weak words need company.
_ENOUGH = 2.0
_PROBLEM, _UPSET, _SPOILT_PRAISE, _SWEARING, _HALF, _HINT = 2.0, 2.0, 2.0, 1.0, 1.0, 0.5
_MOST_HINTS = 3

#: Topics whose problems many words name loosely weigh less than those that are named outright.
_LOOSE = ("quality", "service")


@dataclass
class Heard:
    """What the words of one post say, by group; the evidence that the rules weigh."""

    text: str
    pieces: list[Piece]
    hits: dict[str, list[Hit]]

    def has(self, *groups: str) -> bool:
        return any(self.hits.get(group) for group in groups)

    def all(self, prefix: str) -> list[Hit]:
        """The hits of a group with parts ("problem."), or of a plain one."""
        return [hit for group, hits in self.hits.items() if group.startswith(prefix) for hit in hits]

    def quote(self, hits: Iterable[Hit]) -> str:
        """The words themselves, the first few, as they were written."""
        said: list[str] = []
        for hit in _apart(hits):
            words = " ".join(self.text[self.pieces[hit.first].start : self.pieces[hit.last - 1].end].split())
            if words.casefold() not in (each.casefold() for each in said):
                said.append(storable(words[:60]))
        return " … ".join(said[:4])


def by_rules(heard: Heard, evidence: Evidence, language: str, is_known: bool) -> Judgement:
    kind, confidence, why = _kind(heard, evidence)
    if not is_known and kind in (Kind.OTHER, Kind.UNSURE):
        kind, confidence = Kind.UNSURE, 0.1
        why = [say("The rules do not know this language; a person should look.")]
    elif language == "und":
        confidence = max(0.1, confidence - 0.15)
    abuse, about_abuse = heard_abuse(heard)
    severity, parts, about_severity = heard_severity(heard, kind, abuse)
    cause, about_cause = heard_cause(heard, kind, evidence)
    wants, about_wants = heard_wants(heard, kind)
    return Judgement(
        kind=kind,
        severity=severity,
        cause=cause,
        topic=_topic(heard),
        language=language,
        sentiment=_sentiment(kind, evidence),
        anger=_anger(heard, kind, evidence, abuse),
        abuse=abuse,
        wants=wants,
        confidence=round(confidence, 2),
        reasons=tuple(dict.fromkeys([*why, *about_abuse, *about_severity, *about_cause, *about_wants])),
        words=spans_of(heard, kind),
        severity_parts=parts,
    )


# ------------------------------------------------------------------ listening


def listen(text: str, policy: TriagePolicy, languages: tuple[str, ...]) -> Heard:
    pieces = cut(text, policy.endings)
    hits: dict[str, list[Hit]] = {}
    for language in (*languages, ANY):
        for hit in policy.lexicons[language].find(pieces):
            hits.setdefault(hit.group, []).append(hit)
    _drop(
        hits, "idiom", ("abuse.threat", "abuse.insult", "abuse.hate", "severity.safety", "severity.self_harm")
    )
    negators = frozenset().union(*(policy.negators[each] for each in languages))
    hits["fine"] = [
        hit for hit in hits.get("fine", ()) if not hit.first or pieces[hit.first - 1].text not in negators
    ]
    _drop(
        hits, "fine", ("problem.", "upset", "wait", "trouble", "hint", "cause.", "severity.repeat", "irony")
    )
    _drop(hits, "hollow", ("praise", "thanks", "irony"))
    return Heard(text, pieces, hits)


def _drop(hits: dict[str, list[Hit]], stronger: str, groups: tuple[str, ...]) -> None:
    """Drop hits of `groups` that touch one of `stronger`, unless they say all of it and more."""
    spans = hits.get(stronger)
    if not spans:
        return
    for group in [each for each in hits if each.startswith(groups)]:
        hits[group] = [hit for hit in hits[group] if not any(_yields(hit, span) for span in spans)]


def _yields(hit: Hit, span: Hit) -> bool:
    touches = hit.first < span.last and span.first < hit.last
    covers = hit.first <= span.first and hit.last >= span.last
    return touches and not (covers and hit.last - hit.first > span.last - span.first)


@dataclass
class Evidence:
    problems: list[Hit]
    upset: list[Hit]
    hints: list[Hit]
    """Weak words: time that passes, what one cannot do, and less."""
    praise: list[Hit]
    spoilt: list[Hit]
    """Praise that a negator turned round: “not happy”."""
    insults: list[Hit]
    score: float

    @property
    def against(self) -> list[Hit]:
        return self.problems + self.upset + self.spoilt


def weigh(heard: Heard, policy: TriagePolicy, languages: tuple[str, ...]) -> Evidence:
    negators = frozenset().union(*(policy.negators[each] for each in languages))
    keepers = frozenset().union(*(policy.keepers[each] for each in languages))
    insults = [
        hit for group in ("abuse.insult", "abuse.hate", "abuse.threat") for hit in heard.hits.get(group, ())
    ]

    def is_turned(hit: Hit, reach: int) -> bool:
        for at in range(hit.first - 1, max(-1, hit.first - 1 - reach), -1):
            piece = heard.pieces[at]
            if piece.sort in ("stop", "sign") or piece.text in keepers:
                return False
            if piece.text in negators:
                return True
        return False

    def told(prefix: str) -> list[Hit]:
        free = [
            hit
            for hit in heard.all(prefix)
            if not any(span.first <= hit.first and hit.last <= span.last for span in insults)
        ]
        return _apart(hit for hit in free if not is_turned(hit, 2))

    problems = told("problem.")
    upset = _outside(told("upset"), problems)
    halves = _outside(
        _apart(heard.all("wait") + heard.all("trouble") + heard.all("severity.safety")), problems + upset
    )
    hints = _outside(_apart(heard.all("hint")), problems + upset + halves)
    praise: list[Hit] = []
    spoilt: list[Hit] = []
    for hit in _outside(_apart(heard.hits.get("praise", ())), problems + upset):
        (spoilt if is_turned(hit, 3) else praise).append(hit)
    score = (
        _PROBLEM * len(problems)
        + _UPSET * len(upset)
        + _SPOILT_PRAISE * len(spoilt)
        + _HALF * min(len(halves), 2)
        + _HINT * min(len(hints), _MOST_HINTS)
        + (_SWEARING if heard.has("abuse.profanity") else 0)
    )
    return Evidence(problems, upset, halves + hints, praise, spoilt, insults, score)


def _apart(hits: Iterable[Hit]) -> list[Hit]:
    """The longest hits, without overlap, in order."""
    taken: list[Hit] = []
    for hit in sorted(hits, key=lambda hit: (hit.first, -hit.last)):
        if not taken or hit.first >= taken[-1].last:
            taken.append(hit)
        elif hit.last - hit.first > taken[-1].last - taken[-1].first:
            taken[-1] = hit
    return taken


def _outside(hits: list[Hit], others: list[Hit]) -> list[Hit]:
    return [
        hit for hit in hits if not any(hit.first < each.last and each.first < hit.last for each in others)
    ]


# ------------------------------------------------------------------ deciding


def _kind(heard: Heard, evidence: Evidence) -> tuple[Kind, float, list[Said]]:
    """What the post is, how sure that is, and why. The first rule that fits decides."""
    if evidence.insults and not _is_concrete(heard, evidence):
        words = heard.quote(evidence.insults)
        return Kind.ABUSE, 0.7, [say("It insults or threatens and names no problem: “{words}”.", words=words)]
    if evidence.score >= _ENOUGH:
        return _complaint(heard, evidence)
    if evidence.insults:
        return _unsure(
            say(
                "It insults, and perhaps there is a problem behind it: “{words}”.",
                words=heard.quote(evidence.insults),
            )
        )
    if _asks(heard):
        asked = heard.hits.get("question", [])
        if asked:
            return Kind.QUESTION, 0.65, [say("It asks something: “{words}”.", words=heard.quote(asked))]
        return Kind.QUESTION, 0.55, [say("It ends in a question mark and names no problem.")]
    praise = evidence.praise + _outside(_apart(heard.all("thanks") + heard.all("fine")), evidence.praise)
    if praise:
        return _praise(heard, evidence, praise)
    return _nothing(heard, evidence)


def _is_concrete(heard: Heard, evidence: Evidence) -> bool:
    """Whether there is a matter behind an insult: a problem, a topic, a time, an amount."""
    if evidence.problems or heard.has(
        "severity.money", "severity.repeat", "severity.vulnerable", "severity.safety"
    ):
        return True
    matters = _outside(_apart([*heard.all("topic."), *evidence.hints]), evidence.insults)
    return bool(matters)


def _complaint(heard: Heard, evidence: Evidence) -> tuple[Kind, float, list[Said]]:
    sure = min(0.95, 0.5 + 0.08 * evidence.score)
    quoted = heard.quote(evidence.against or evidence.hints)
    if _only_asks(heard, evidence):
        return (
            Kind.QUESTION,
            0.55,
            [say("It asks something: “{words}”.", words=heard.quote(heard.hits["question"]))],
        )
    ironic = heard.hits.get("irony", [])
    ironic = _outside(_apart(ironic), evidence.problems)
    if evidence.praise and not evidence.against:
        return _unsure(say("It praises (“{praise}”), but “{words}” may mean the contrary.",
                           praise=heard.quote(evidence.praise), words=quoted))  # fmt: skip
    if len(evidence.praise) >= 2 * len(evidence.against) + 1 and not evidence.problems:
        return _unsure(say("It praises (“{praise}”) and complains (“{words}”).",
                           praise=heard.quote(evidence.praise), words=quoted))  # fmt: skip
    why = []
    if evidence.problems:
        why.append(say("It states a problem: “{words}”.", words=heard.quote(evidence.problems)))
    if not evidence.against:
        why.append(say("Several words hint at a problem: “{words}”.", words=heard.quote(evidence.hints)))
        sure = min(sure, 0.55)
    if evidence.upset or evidence.spoilt:
        why.append(say("It is unhappy: “{words}”.", words=heard.quote(evidence.upset + evidence.spoilt)))
    if ironic:
        why.append(
            say(
                "“{words}” stands beside a problem: taken as sarcasm, not as praise.",
                words=heard.quote(ironic),
            )
        )
    elif evidence.praise:
        why.append(
            say("It also praises (“{words}”); the problem counts.", words=heard.quote(evidence.praise))
        )
        sure = max(0.5, sure - 0.15)
    if evidence.insults:
        why.append(say("It is furious, and there is a problem: a customer, not a troll."))
    return Kind.COMPLAINT, sure, why


def _only_asks(heard: Heard, evidence: Evidence) -> bool:
    """“How do I cancel my subscription?” names what could be a problem, and is a question all the same."""
    if len(evidence.against) > 1 or not evidence.problems or not heard.has("question"):
        return False
    if not any(piece.text == "?" for piece in heard.pieces) or heard.has(
        "abuse.profanity", "severity.repeat"
    ):
        return False
    groups = {hit.group for hit in heard.all("problem.") if hit.first == evidence.problems[0].first}
    return groups <= {"problem.cancellation", "problem.privacy", "problem.price"}


#: One “cheers” in so many words (and marks) proves no praise.
_MANY_WORDS = 16


def _praise(heard: Heard, evidence: Evidence, praise: list[Hit]) -> tuple[Kind, float, list[Said]]:
    words = heard.quote(praise)
    if len(praise) == 1 and len(heard.pieces) >= _MANY_WORDS:
        return _unsure(
            say("One kind word (“{words}”) among many others: it may be meant otherwise.", words=words)
        )
    doubts = _outside(_apart(evidence.hints + heard.all("contrast") + heard.all("hollow")), evidence.praise)
    if doubts and (heard.has("irony", "contrast") or len(doubts) > 1 or not evidence.praise):
        return _unsure(
            say(
                "It praises (“{praise}”), but “{words}” may mean the contrary.",
                praise=words,
                words=heard.quote(doubts),
            )
        )
    if heard.has("abuse.profanity") and len(evidence.praise) < 2:
        return _unsure(say("It praises and swears: “{words}”.", words=words))
    sure = min(0.9, 0.5 + 0.12 * len(praise)) if evidence.praise else 0.45
    return Kind.PRAISE, sure, [say("It praises or thanks: “{words}”.", words=words)]


def _nothing(heard: Heard, evidence: Evidence) -> tuple[Kind, float, list[Said]]:
    if evidence.score > 0:
        weak = evidence.hints or heard.all("abuse.profanity")
        return _unsure(say("Something may be wrong: “{words}”.", words=heard.quote(weak)))
    if heard.has("other"):
        return (
            Kind.OTHER,
            0.6,
            [say("It reads like news or promotion: “{words}”.", words=heard.quote(heard.all("other")))],
        )
    if not any(piece.sort == "word" for piece in heard.pieces):
        return Kind.OTHER, 0.5, [say("There are no words to judge.")]
    if heard.has("personal") or heard.all("topic.") or "@" in heard.text:
        return _unsure(say("A person speaks, and the rules recognise neither problem, question nor praise."))
    return Kind.OTHER, 0.4, [say("The rules recognise neither problem, question nor praise.")]


def _unsure(why: Said) -> tuple[Kind, float, list[Said]]:
    return Kind.UNSURE, 0.3, [why, say("The rules cannot tell; a person should look.")]


def _asks(heard: Heard) -> bool:
    return heard.has("question") or any(piece.text == "?" for piece in heard.pieces)


# ------------------------------------------------------------------ beside the kind


def heard_abuse(heard: Heard) -> tuple[Abuse, list[Said]]:
    for level in (Abuse.THREAT, Abuse.HATE, Abuse.INSULT, Abuse.PROFANITY):
        hits = heard.hits.get(f"abuse.{level}")
        if not hits:
            continue
        words = heard.quote(hits)
        if level is Abuse.THREAT:
            return level, [
                say("It may threaten somebody: “{words}”. A person must read it now.", words=words)
            ]
        if level is Abuse.HATE:
            return level, [say("It has words of hate: “{words}”.", words=words)]
        if level is Abuse.INSULT:
            return level, [say("It insults: “{words}”.", words=words)]
        return level, [say("It swears: “{words}”.", words=words)]
    return Abuse.NONE, []


def heard_severity(heard: Heard, kind: Kind, abuse: Abuse) -> tuple[Severity, tuple[str, ...], list[Said]]:
    """How grave, by which parts, and why. No complaint is low (W2); danger to anyone is critical."""
    why: list[Said] = []
    parts = ["threat"] if abuse is Abuse.THREAT else []
    is_critical = abuse is Abuse.THREAT
    if hits := heard.hits.get("severity.self_harm"):
        is_critical = True
        parts.append("self_harm")
        why.append(
            say(
                "Somebody may harm themselves: “{words}”. A person must read it now.", words=heard.quote(hits)
            )
        )
    if kind not in (Kind.PRAISE, Kind.OTHER) and (hits := heard.hits.get("severity.safety")):
        is_critical = True
        parts.append("safety")
        why.append(say("Somebody’s health or safety: “{words}”.", words=heard.quote(hits)))
    points = 0
    if kind in (Kind.COMPLAINT, Kind.UNSURE, Kind.QUESTION):
        for part, weight, sentence in _WEIGHTS:
            if hits := heard.hits.get(f"severity.{part}"):
                points += weight
                parts.append(part)
                why.append(_naming(sentence, heard.quote(hits)))
        if heard.has("severity.money") and heard.has("problem.billing"):
            points += 1
    if is_critical:
        level = Severity.CRITICAL
    elif kind is Kind.COMPLAINT:
        level = Severity.HIGH if points >= 2 else Severity.MEDIUM
    elif kind in (Kind.UNSURE, Kind.QUESTION):
        level = Severity.MEDIUM if points >= 2 else Severity.LOW
    else:
        level = Severity.LOW
    return level, tuple(parts), why


_WEIGHTS = (
    ("vulnerable", 2, say("Somebody who needs more care: “{words}”.")),
    ("money", 1, say("Money is at stake: “{words}”.")),
    ("deadline", 1, say("Time presses: “{words}”.")),
    ("repeat", 1, say("It goes on or comes again: “{words}”.")),
    ("legal", 2, say("It speaks of law, authorities or the press: “{words}”.")),
)


def _naming(sentence: Said, words: str) -> Said:
    """A sentence from a table, with its words."""
    return Said(sentence.template, (("words", words),))


def heard_cause(heard: Heard, kind: Kind, evidence: Evidence) -> tuple[Cause, list[Said]]:
    """Why it came to this, by the four causes of S2. Only a complaint has one."""
    if kind is not Kind.COMPLAINT:
        return Cause.UNKNOWN, []
    topic = _topic(heard)
    spoken = {
        part: heard.hits.get(f"cause.{part}", [])
        for part in ("personality", "expectations", "environment", "emotion")
    }
    if spoken["personality"]:
        return Cause.PERSONALITY, [
            say("Between people: “{words}”.", words=heard.quote(spoken["personality"]))
        ]
    if topic in ("outage", "login") or (spoken["environment"] and not spoken["expectations"]):
        words = heard.quote(spoken["environment"] or evidence.problems or evidence.against)
        return Cause.ENVIRONMENT, [say("The tool or the place: “{words}”.", words=words)]
    if spoken["expectations"]:
        words = heard.quote(spoken["expectations"])
        return Cause.EXPECTATIONS, [say("Something was expected and did not come: “{words}”.", words=words)]
    if evidence.problems:
        words = heard.quote(evidence.problems)
        return Cause.EXPECTATIONS, [say("Something was expected and did not come: “{words}”.", words=words)]
    if not spoken["emotion"] and not evidence.against:
        return Cause.UNKNOWN, []
    words = heard.quote(spoken["emotion"] or evidence.against)
    return Cause.EMOTION, [say("Feeling speaks, no fact is named: “{words}”.", words=words)]


def heard_wants(heard: Heard, kind: Kind) -> tuple[Wants, list[Said]]:
    """What the author wants (W5): said outright, or to be asked."""
    if kind in (Kind.PRAISE, Kind.OTHER):
        return Wants.TO_BE_HEARD, []
    for wants, sentence in _WISHES:
        if hits := heard.hits.get(wants):
            return wants, [_naming(sentence, heard.quote(hits))]
    if hits := heard.hits.get("heard"):
        return Wants.TO_BE_HEARD, [say("Wants to be heard: “{words}”.", words=heard.quote(hits))]
    if _asks(heard):
        return Wants.HELP, [say("Asks a question: wants help.")]
    if kind is Kind.COMPLAINT and not heard.all("problem."):
        return Wants.TO_BE_HEARD, [say("Vents and asks for nothing: wants to be heard.")]
    return Wants.ASK, [say("The words do not tell what would help; ask.")]


_WISHES = (
    (Wants.COMPENSATION, say("Wants something back: “{words}”.")),
    (Wants.APOLOGY, say("Wants an apology: “{words}”.")),
    (Wants.EXPLANATION, say("Wants an explanation: “{words}”.")),
    (Wants.HELP, say("Wants help: “{words}”.")),
)


def _topic(heard: Heard) -> str:
    points = dict.fromkeys(TOPICS, 0.0)
    for group, hits in heard.hits.items():
        part, _, topic = group.partition(".")
        if part == "problem":
            points[topic] += (1.5 if topic in _LOOSE else 3.0) * min(len(hits), 3)
        elif part == "topic":
            points[topic] += 0.5 if topic in _LOOSE else 1.0
    best = max(points, key=lambda topic: points[topic])
    return best if points[best] else "other"


def _sentiment(kind: Kind, evidence: Evidence) -> str:
    if kind in (Kind.COMPLAINT, Kind.ABUSE):
        return "negative"
    if kind is Kind.PRAISE:
        return "positive"
    return "negative" if evidence.against else "neutral"


def _anger(heard: Heard, kind: Kind, evidence: Evidence, abuse: Abuse) -> int:
    """0 calm … 3 furious: unhappy words, swearing, capitals, a row of exclamation marks."""
    if kind in (Kind.PRAISE, Kind.OTHER):
        return 0
    if abuse is Abuse.THREAT:
        return 3
    letters = [sign for sign in heard.text[:500] if sign.isalpha()]
    is_loud = len(letters) >= 12 and sum(sign.isupper() for sign in letters) > 0.6 * len(letters)
    signs = (
        bool(evidence.upset) + (len(evidence.upset) > 2) + is_loud + ("!!" in heard.text)
        + (abuse in (Abuse.PROFANITY, Abuse.INSULT, Abuse.HATE)) + (abuse.rank >= Abuse.INSULT.rank)
    )  # fmt: skip
    return min(3, signs)


def spans_of(heard: Heard, kind: Kind) -> tuple[tuple[int, int], ...]:
    """Where the words stand that spoke for the judgement."""
    groups = {
        Kind.PRAISE: ("praise", "thanks", "fine"),
        Kind.QUESTION: ("question", "problem.", "severity."),
        Kind.OTHER: ("other",),
    }.get(kind, ("problem.", "upset", "wait", "trouble", "hint", "abuse.", "severity.", "irony"))
    spans: list[tuple[int, int]] = []
    for hit in _apart(hit for group in groups for hit in heard.all(group)):
        start, end = heard.pieces[hit.first].start, heard.pieces[hit.last - 1].end
        if spans and start < spans[-1][1]:
            continue
        spans.append((start, end))
    return tuple(spans)
