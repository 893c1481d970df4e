"""What people correct holds at once for posts that say nearly the same.

Each corrected post has rows with keys (`triage/taught.py`). A page of new posts asks for all of its keys in one query and
compares only what shares one: nothing ever walks through all posts.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from amends.core.case import Cause, Kind, Severity
from amends.core.say import Said, say
from amends.desk import policies
from amends.store import models as rows
from amends.triage.judgement import Abuse, Judgement, Wants
from amends.triage.policy import TriagePolicy
from amends.triage.taught import Wording, are_alike, wording

#: So many keys are looked up in one statement; a database takes only so many values in one.
AT_ONCE = 5_000
#: Of corrected posts that share one key, so many newest are compared.
MOST_ALIKE = 50


def text_of(row: rows.Mention) -> str:
    """A post's text as it is judged."""
    return f"{row.title}\n{row.text}".strip()


def said_of(details: Mapping[str, Any], **values: Any) -> dict[str, Any]:
    """What the desk said of a post, as it is kept beside what people say of it."""
    return {
        **values,
        "abuse": details.get("abuse", "none"),
        "confidence": details.get("confidence", 1.0),
        "version": details.get("version", 0),
    }


def machine_said(mentions: Iterable[rows.Mention]) -> dict[int, dict[str, Any]]:
    """By mention: the latest judgement that no person made. One query."""
    found: dict[int, dict[str, Any]] = {}
    ids = [each.pk for each in mentions]
    for row in rows.Judgement.objects.filter(mention__in=ids, by=None).order_by("id"):
        found[row.mention_id] = said_of(
            row.details, kind=row.kind, severity=row.severity, topic=row.topic, language=row.language
        )
    return found


def learn(post: rows.Mention, field: str, value: str, *, by: rows.Agent, now: datetime) -> None:
    """Keep a correction of one field of a post, for posts like it. In the caller's transaction."""
    kept, is_new = rows.CorrectedText.objects.get_or_create(
        mention=post, defaults={"by": by, "at": now, "judged": machine_said([post]).get(post.pk, {})}
    )
    kept.fields = {**kept.fields, field: value}
    kept.by, kept.at = by, now
    kept.save(update_fields=["fields", "by", "at"])
    if not is_new:
        kept.keys.all().delete()
    rows.CorrectedKey.objects.bulk_create(
        [rows.CorrectedKey(corrected=kept, key=key) for key in wording(text_of(post)).keys]
    )


class Taught:
    """What people taught that may hold for some texts: looked up together, in one query for up to 500 of them."""

    def __init__(self, texts: Iterable[str], policy: TriagePolicy | None = None) -> None:
        self._policy = policy or policies.triage()
        self._negators = frozenset[str]().union(*self._policy.negators.values())
        self._wordings = {text: wording(text) for text in texts}
        self._by_key: dict[int, list[rows.CorrectedText]] = defaultdict(list)
        keys = sorted({key for each in self._wordings.values() for key in each.keys})
        for start in range(0, len(keys), AT_ONCE):
            self._look_up(keys[start : start + AT_ONCE])
        self._of_row: dict[int, Wording] = {}

    def _look_up(self, keys: list[int]) -> None:
        found = rows.CorrectedKey.objects.filter(key__in=keys).select_related(
            "corrected__mention", "corrected__by"
        )
        for each in found.order_by("-corrected__at", "-corrected_id"):
            if len(self._by_key[each.key]) < MOST_ALIKE:
                self._by_key[each.key].append(each.corrected)

    def newest(self, text: str) -> rows.CorrectedText | None:
        """The newest correction that holds for this text (one of those that were looked up)."""
        asked = self._wordings.get(text)
        if asked is None:
            return None
        near = {each.pk: each for key in asked.keys for each in self._by_key.get(key, ())}
        for each in sorted(near.values(), key=lambda each: (each.at, each.pk), reverse=True):
            if are_alike(self._wording_of(each), asked, self._negators):
                return each
        return None

    def _wording_of(self, kept: rows.CorrectedText) -> Wording:
        if kept.pk not in self._of_row:
            self._of_row[kept.pk] = wording(text_of(kept.mention))
        return self._of_row[kept.pk]

    def applied(self, text: str, judged: Judgement) -> Judgement:
        """The judgement of `text` with what people corrected of a post like it, and the reason for that."""
        kept = self.newest(text)
        if kept is None:
            return judged
        is_same = self._wording_of(kept).text == self._wordings[text].text
        values = _values(kept.fields)
        if not is_same:
            # Words of its own may hold a danger of its own: a person looks at it (W2).
            if judged.abuse is Abuse.THREAT:
                values.pop("abuse", None)
            if judged.severity is Severity.CRITICAL:
                values.pop("severity", None)
        if not values:
            return judged
        if "kind" in values:
            values["confidence"] = 1.0
        return replace(judged, **values, reasons=(_reason(kept), *judged.reasons))


def _values(kept: Mapping[str, str]) -> dict[str, Any]:
    """The fields as a judgement holds them; a word that means nothing any more is left out."""
    known: dict[str, Any] = {
        "kind": Kind,
        "severity": Severity,
        "cause": Cause,
        "abuse": Abuse,
        "wants": Wants,
        "anger": int,
        "sarcasm": lambda value: float(value == "yes"),
        **dict.fromkeys(("topic", "language", "sentiment", "emotion"), str),
    }
    values: dict[str, Any] = {}
    for field, value in kept.items():
        try:
            values[field] = known[field](value)
        except (KeyError, ValueError):
            continue
    return values


def _reason(kept: rows.CorrectedText) -> Said:
    day = kept.at.date().isoformat()
    name = kept.by.name if kept.by else "–"
    if kept.mention.case_id:
        return say(
            "{name} judged a like post so on {date}: case #{number}",
            name=name,
            date=day,
            number=kept.mention.case_id,
        )
    return say("{name} judged a like post so on {date}", name=name, date=day)
