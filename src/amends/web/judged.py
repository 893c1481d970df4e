"""The judgement of a case as people read it: each field in words, and how sure; and the choices to correct it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from amends.web import labels

#: From so likely on, the words may mean the contrary.
CONTRARY = 0.5
#: Digits choose; the tenth choice is 0.
_NUMBERS = "1234567890"


@dataclass(frozen=True)
class Line:
    """One field: what it is, and how sure that is or what it is made of."""

    name: str
    value: str
    more: str = ""


@dataclass(frozen=True)
class Card:
    lines: tuple[Line, ...]
    folded: tuple[Line, ...]
    may_be_contrary: bool
    by: str
    """Who judged, as a sentence."""


@dataclass(frozen=True)
class Choice:
    value: str
    name: str
    number: str
    is_now: bool


@dataclass(frozen=True)
class Fix:
    """A field that can be corrected: the key that opens its choices, what it is now, and the choices."""

    field: str
    name: str
    key: str
    now: str
    choices: tuple[Choice, ...]


def card(case: Any, judgement: Any) -> Card:
    """What the page shows of a judgement; `judgement` is a `queries.Judged`, or None."""
    details = judgement.details if judgement else {}
    corrected = frozenset(details.get("corrected", ()))

    def line(name: str, field: str, value: object, more: str = "") -> Line:
        return Line(name, labels.label(str(value), field), _("corrected") if field in corrected else more)

    kind_sure = (
        "" if case.kind == "unsure" else _sure_of(details, "kind", case.kind, details.get("confidence"))
    )
    lines = [
        line(_("Kind"), "kind", case.kind, kind_sure),
        line(_("Severity"), "severity", case.severity, _parts(details)),
    ]
    if case.abuse != "none":
        lines.append(line(_("Abuse"), "abuse", case.abuse, _sure_of(details, "abuse", case.abuse)))
    if case.topic:
        lines.append(line(_("Topic"), "topic", case.topic))
    if wants := details.get("wants"):
        lines.append(line(_("Wants"), "wants", wants))
    if details.get("anger"):
        lines.append(line(_("Anger"), "anger", details["anger"]))
    folded = [line(_("Cause"), "cause", case.cause)]
    if feeling := details.get("sentiment"):
        folded.append(line(_("Feeling"), "sentiment", feeling, _sure_of(details, "sentiment", feeling)))
    if emotion := details.get("emotion"):
        folded.append(line(_("Emotion"), "emotion", emotion))
    folded.append(line(_("Language"), "language", case.language))
    return Card(
        lines=tuple(lines),
        folded=tuple(folded),
        may_be_contrary=details.get("sarcasm", 0.0) >= CONTRARY,
        by=_by(details),
    )


def _parts(details: Mapping[str, Any]) -> str:
    return ", ".join(labels.label(each, "part") for each in details.get("severity_parts", ()))


def _sure_of(details: Mapping[str, Any], field: str, value: str, otherwise: float | None = None) -> str:
    """How sure a field is, in words; "" where nobody said."""
    likely = details.get(f"{field}_p", {}).get(value, otherwise)
    return how_sure(likely) if likely is not None else ""


def how_sure(likely: float) -> str:
    """A likelihood, 0…1, as people say it."""
    if likely >= 0.9:
        return _("sure")
    if likely >= 0.7:
        return _("fairly sure")
    return _("not very sure") if likely >= 0.4 else _("a guess")


def _by(details: Mapping[str, Any]) -> str:
    if details.get("in_haste"):
        return _("Judged by the rules and the quick tier: too many posts came at once for the encoder.")
    match details.get("tier"):
        case "encoder":
            return _("Judged by the rules and the encoder.")
        case "ngrams":
            return _("Judged by the rules and the quick tier.")
    return _("Judged by the rules alone.")


def fixes(case: Any, judgement: Any) -> list[Fix]:
    """The fields below kind and severity, each with its choices."""
    details = judgement.details if judgement else {}
    now = {
        "abuse": case.abuse,
        "topic": case.topic,
        "language": case.language,
        "cause": case.cause,
        "sarcasm": "yes" if details.get("sarcasm", 0.0) >= CONTRARY else "no",
        **{field: str(details.get(field, "")) for field in ("wants", "sentiment", "anger", "emotion")},
    }
    return [
        Fix(field, str(name), key, labels.label(now[field], field), tuple(_choices(field, now[field])))
        for field, key, name in labels.FIELD_KEYS
    ]


def _choices(field: str, now: str) -> Iterator[Choice]:
    values = list(labels.TABLES[field])
    if now and now not in values:
        values.append(now)
    for at, value in enumerate(values):
        yield Choice(value, labels.label(value, field), _NUMBERS[at : at + 1], value == now)
