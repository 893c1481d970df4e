"""Judges what the desk reads, many posts at once: by the rules and the models in use.

The encoder reads a few hundred posts a second. When more come at once than `AMENDS_TRIAGE_AT_ONCE`, only so many are
read by it: those of which the quick tier is least sure. The others are marked, and counted on the plan's page.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.conf import settings

from amends.core.mention import Mention
from amends.desk import policies, training
from amends.desk.teaching import Taught
from amends.triage.deciding import judge_many
from amends.triage.judgement import Judgement
from amends.triage.model.corrected import Scores
from amends.triage.model.scorer import Scorer

#: So many texts are read as one batch.
BATCH = 256
#: So many digits of a likelihood are kept.
DIGITS = 3


@dataclass(frozen=True)
class Asked:
    """A text to be judged, and what is known of its language (two letters each; a hint)."""

    text: str
    languages: tuple[str, ...] = ()


def asked_of(mention: Mention) -> Asked:
    """What is judged of a mention: its title, where it has one, and its words."""
    return Asked(f"{mention.title}\n{mention.text}".strip(), tuple(mention.languages))


def judged(asked: Sequence[Asked], scorer: Scores | None = None) -> list[Judgement]:
    """A judgement for each, in their order, by the rules and `scorer` (without one: the version in force)."""
    policy, scorer = policies.triage(), scorer or training.in_force().scorer
    share = encoded_share(len(asked))
    found: list[Judgement] = []
    for at in range(0, len(asked), BATCH):
        batch = asked[at : at + BATCH]
        found += judge_many(
            [each.text for each in batch], policy, [each.languages for each in batch], scorer, share=share
        )
    return found


def in_use() -> Scorer | None:
    """The models of this desk, as they were shipped; None: the rules judge alone."""
    return policies.scorer()


def encoded_share(n: int) -> float:
    """Which part of `n` posts that come together the encoder should read, 0…1."""
    most = int(settings.AMENDS_TRIAGE_AT_ONCE)
    return 1.0 if n <= most else most / n


class Judgings:
    """The judgements of one page: made at once beforehand, before anything is locked. What was not foreseen is judged
    when it is asked for."""

    def __init__(self) -> None:
        self._made: dict[Asked, Judgement] = {}
        self.version = 0
        """The desk's own version that judged (`desk/training.py`); 0: the shipped models."""

    def foresee(self, mentions: Iterable[Mention]) -> None:
        """Judge these now, together."""
        self._judge(list(dict.fromkeys(asked_of(each) for each in mentions)))

    def of(self, mention: Mention) -> Judgement:
        asked = asked_of(mention)
        if asked not in self._made:
            self._judge([asked])
        return self._made[asked]

    def _judge(self, asked: Sequence[Asked]) -> None:
        taught, self.version = Taught(each.text for each in asked), training.in_force().number
        for each, found in zip(asked, judged(asked), strict=True):
            self._made[each] = taught.applied(each.text, found)


def details_of(found: Judgement) -> dict[str, Any]:
    """What a row keeps of a judgement beside its columns."""
    return {
        "sentiment": found.sentiment,
        "anger": found.anger,
        "abuse": found.abuse,
        "wants": found.wants,
        "confidence": round(found.confidence, DIGITS),
        "words": [list(span) for span in found.words],
        "kind_p": rounded(found.kind_p),
        "abuse_p": rounded(found.abuse_p),
        "sentiment_p": rounded(found.sentiment_p),
        "emotion": found.emotion,
        "sarcasm": round(float(found.sarcasm), DIGITS),
        "severity_parts": list(found.severity_parts),
        "tier": found.tier,
        **({"in_haste": True} if was_in_haste(found) else {}),
    }


def was_in_haste(found: Judgement) -> bool:
    """Whether the encoder is there and did not read it: too many came at once."""
    scorer = in_use()
    return scorer is not None and scorer.tier == "encoder" and found.tier != "encoder"


def rounded(likely: Mapping[str, float], digits: int = DIGITS) -> dict[str, float]:
    return {str(name): round(float(p), digits) for name, p in likely.items()}
