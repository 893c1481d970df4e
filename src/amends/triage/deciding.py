"""The judgement of a post: what it is, how grave, why, and which words say so (W1–W5).

Two voices are heard: rules, which know words and say them, and trained models, which know how people write. How far
the models let the rules move them was learned with them (`model/beside.py`). What neither can tell goes to a person,
and nothing that names a problem is ever filed as praise or abuse. How many follow the author, and what the author
said before, is not looked at: it has no place here (W2, W7).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from amends.core.case import Cause, Kind, Severity
from amends.core.say import Said, say
from amends.triage.judgement import Abuse, Judgement, Wants
from amends.triage.language import judge_language
from amends.triage.model.beside import Heard as ModelHeard
from amends.triage.policy import LANGUAGES, Thresholds, TriagePolicy
from amends.triage.rules import (
    Evidence,
    Heard,
    by_rules,
    heard_abuse,
    heard_cause,
    heard_severity,
    heard_wants,
    listen,
    spans_of,
    weigh,
)

if TYPE_CHECKING:
    from amends.triage.model.corrected import Scores

#: A post longer than this is judged by its beginning; longer ones are no posts.
LONGEST_READ = 10_000


def judge(
    text: str, policy: TriagePolicy, languages: tuple[str, ...] = (), scores: ModelHeard | None = None
) -> Judgement:
    """The judgement of `text`. `languages` is what the network says it is in: a hint. Never raises.

    `scores` is what the models say of it; without them the rules judge alone.
    """
    read = text[:LONGEST_READ]
    language, candidates = judge_language(read, languages, LANGUAGES)
    heard = listen(read, policy, candidates)
    evidence = weigh(heard, policy, candidates)
    rules = by_rules(heard, evidence, language, bool(candidates))
    if scores is None:
        return rules
    return _together(heard, evidence, rules, scores, policy.thresholds)


def judge_many(
    texts: Sequence[str],
    policy: TriagePolicy,
    languages: Sequence[tuple[str, ...]] | None = None,
    scorer: Scores | None = None,
    *,
    share: float = 1.0,
) -> list[Judgement]:
    """The judgements of `texts`, in order: the models read them as one batch. `share`: see `Scorer.scores`."""
    hints = languages or [()] * len(texts)
    if scorer is None or not texts:
        return [judge(text, policy, hint) for text, hint in zip(texts, hints, strict=True)]
    heard = scorer.hear(texts, share=share)
    return [judge(text, policy, hint, said) for text, hint, said in zip(texts, hints, heard, strict=True)]


# ------------------------------------------------------------------ rules and models together

#: From how likely on the models raise a severity to critical and to high, and name a cause and a wish that the rules
#: did not find.
_DANGER, _HEAVY, _CAUSE, _WISH = 0.7, 0.6, 0.35, 0.6


def _together(
    heard: Heard, evidence: Evidence, rules: Judgement, says: ModelHeard, limits: Thresholds
) -> Judgement:
    kinds, abuses = says.beside("kind", rules.kind.value), says.beside("abuse", rules.abuse.value)
    sentiments = says.of("sentiment")
    sarcasm = says.of("sarcasm")["yes"]
    abuse, about_abuse = _abuse_of(heard, rules, abuses, limits)
    kind, about_kind = _kind_of(rules, kinds, abuse, sarcasm, sentiments, limits)
    severity, parts, about_severity = heard_severity(heard, kind, abuse)
    cause, about_cause = heard_cause(heard, kind, evidence)
    wants, about_wants = heard_wants(heard, kind)
    topic, emotion, anger = rules.topic, "", rules.anger
    sentiment = max(sentiments, key=lambda each: sentiments[each])
    if kind is Kind.COMPLAINT and sentiment == "positive" and sarcasm >= limits.sarcasm:
        sentiment = "negative"
    if says.tier == "encoder":
        severity, about_severity = _graver(kind, severity, about_severity, says.of("severity"))
        if kind is Kind.COMPLAINT and cause in (Cause.UNKNOWN, Cause.EMOTION):
            cause, about_cause = _cause_of(says.of("cause"), cause, about_cause)
        if wants is Wants.ASK and kind in (Kind.COMPLAINT, Kind.UNSURE):
            wants, about_wants = _wants_of(says.of("wants"), about_wants)
        topics, emotions = says.of("topic"), says.of("emotion")
        if topic == "other" and max(topics.values()) >= limits.sure:
            topic = max(topics, key=lambda each: topics[each])
        emotion = max(emotions, key=lambda each: emotions[each])
        angers = says.of("anger")
        felt = sum(int(level) * likely for level, likely in angers.items())
        anger = max(round(felt), 3 if abuse is Abuse.THREAT else 0)
    return replace(
        rules,
        kind=kind,
        severity=severity,
        cause=cause,
        topic=topic,
        sentiment=sentiment,
        anger=anger,
        abuse=abuse,
        wants=wants,
        confidence=round(kinds.get(kind.value, 1 - max(kinds.values())), 2),
        reasons=tuple(
            dict.fromkeys([*about_kind, *about_abuse, *about_severity, *about_cause, *about_wants])
        ),
        words=spans_of(heard, kind),
        kind_p=kinds,
        abuse_p=abuses,
        sentiment_p=sentiments,
        emotion=emotion,
        sarcasm=round(sarcasm, 3),
        severity_parts=parts,
        tier=says.tier,
    )


def _kind_of(
    rules: Judgement,
    kinds: dict[str, float],
    abuse: Abuse,
    sarcasm: float,
    sentiments: dict[str, float],
    limits: Thresholds,
) -> tuple[Kind, list[Said]]:
    """What it is. Whatever may be a complaint is one; praise and abuse must be sure, and alone (W1)."""
    best = Kind(max(kinds, key=lambda each: kinds[each]))
    why = [_at(_READS[best], 100 * kinds[best.value])]
    if rules.kind is best or (best is Kind.ABUSE and rules.abuse is not Abuse.NONE):
        why = [*rules.reasons[:1], *why]
    is_sure_praise = (
        best is rules.kind is Kind.PRAISE and kinds["complaint"] < limits.doubt and sarcasm < limits.sarcasm
    )
    if not is_sure_praise and kinds["complaint"] >= limits.complaint.get(
        rules.language, limits.complaint["other"]
    ):
        if best is not Kind.COMPLAINT:
            why.append(
                say("It may be a complaint ({share} of 100), and one that is missed costs more than one read in vain.",
                    share=round(100 * kinds["complaint"]))
            )  # fmt: skip
        if sarcasm >= limits.sarcasm:
            why.append(say("The words may mean the contrary of what they say."))
        return Kind.COMPLAINT, why
    if best is Kind.PRAISE and (sarcasm >= limits.sarcasm or sentiments["negative"] >= limits.sarcasm):
        return Kind.UNSURE, [*why, say("But it may be meant otherwise; a person should look.")]
    if best is Kind.ABUSE and (kinds["abuse"] < limits.sure or abuse in (Abuse.NONE, Abuse.PROFANITY)):
        return Kind.UNSURE, [*why, say("It may be an attack, or a customer in anger; a person should look.")]
    if kinds[best.value] < limits.unsure:
        return Kind.UNSURE, [*why, say("Rules and models cannot tell; a person should look.")]
    return best, why


def _at(sentence: Said, share: float) -> Said:
    """A sentence from a table, with its share of 100."""
    return Said(sentence.template, (("share", round(share)),))


_READS = {
    Kind.COMPLAINT: say("The trained model reads a complaint ({share} of 100)."),
    Kind.QUESTION: say("The trained model reads a question ({share} of 100)."),
    Kind.PRAISE: say("The trained model reads praise ({share} of 100)."),
    Kind.ABUSE: say("The trained model reads an attack without a matter ({share} of 100)."),
    Kind.OTHER: say("The trained model reads nothing that asks for an answer ({share} of 100)."),
}


def _abuse_of(
    heard: Heard, rules: Judgement, abuses: dict[str, float], limits: Thresholds
) -> tuple[Abuse, list[Said]]:
    """The gravest abuse that is likely. A threat in so many words is one whatever the models say (W1)."""
    said, about = heard_abuse(heard)
    if said is Abuse.THREAT:
        return said, about
    grave = abuses["hate"] + abuses["threat"]
    share = 100 * (1 - abuses["none"])
    if grave >= limits.grave:
        level = Abuse.THREAT if abuses["threat"] > abuses["hate"] else Abuse.HATE
    elif 1 - abuses["none"] >= limits.offensive:
        level = Abuse.INSULT if abuses["insult"] + grave >= abuses["profanity"] else Abuse.PROFANITY
    else:
        return Abuse.NONE, []
    if level is said:
        return said, about
    return level, [_at(_FOUND[level], share)]


_FOUND = {
    Abuse.PROFANITY: say("The trained model hears swearing ({share} of 100)."),
    Abuse.INSULT: say("The trained model hears an insult ({share} of 100)."),
    Abuse.HATE: say("The trained model hears hate ({share} of 100)."),
    Abuse.THREAT: say("The trained model hears a threat ({share} of 100). A person must read it now."),
}


def _graver(
    kind: Kind, severity: Severity, why: list[Said], likely: dict[str, float]
) -> tuple[Severity, list[Said]]:
    """The models may raise a complaint's severity, never lower it."""
    if kind is not Kind.COMPLAINT:
        return severity, why
    heavy = likely["high"] + likely["critical"]
    if severity.rank < Severity.CRITICAL.rank and likely["critical"] >= _DANGER:
        return Severity.CRITICAL, [*why, say("The trained model reads danger to somebody ({share} of 100).",
                                             share=round(100 * likely["critical"]))]  # fmt: skip
    if severity.rank < Severity.HIGH.rank and heavy >= _HEAVY:
        return Severity.HIGH, [*why, say("The trained model reads a grave matter ({share} of 100).",
                                         share=round(100 * heavy))]  # fmt: skip
    return severity, why


def _cause_of(likely: dict[str, float], before: Cause, why: list[Said]) -> tuple[Cause, list[Said]]:
    """What the models hear where the rules found no fact. Emotion alone is a cause only if nothing else is likelier."""
    best = max((each for each in likely if each != "none"), key=lambda each: likely[each])
    if likely[best] < _CAUSE or best == before.value:
        return before, why
    return Cause(best), [
        say("The trained model hears this cause ({share} of 100).", share=round(100 * likely[best]))
    ]


def _wants_of(likely: dict[str, float], why: list[Said]) -> tuple[Wants, list[Said]]:
    best = max(likely, key=lambda each: likely[each])
    if likely[best] < _WISH or best == "ask":
        return Wants.ASK, why
    return Wants(best), [
        say("The trained model hears this wish ({share} of 100).", share=round(100 * likely[best]))
    ]
