"""A draft proposed by the play from what the case tells (A1, A8, A11, A12): a beginning for a person, never a reply.

The lines are policy (`policy/proposals.toml`). A draft says only what is known; what must be found out stands in
[brackets], and a reply with a gap in it is not sent.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from string import Formatter
from typing import Any

from amends.core.case import Kind, Severity
from amends.core.mention import Visibility
from amends.core.policy import BadPolicy, only, read_policy
from amends.core.text import fold
from amends.reply.coach import Step
from amends.reply.gaps import gaps
from amends.reply.phrases import Span
from amends.reply.plays import Play
from amends.reply.situation import Situation

#: How many drafts are made of one case before the lines come round again.
MOST_VARIANTS = 60
#: From this anger on the first line speaks of it (0 to 3).
HIGH_ANGER = 2

_PLACES = ("private", "direct", "open")
_TABLES = {
    "acknowledge": (),
    "ask": _PLACES,
    "set_expectations": (),
    "explain": (),
    "apologise": (),
    "fix": (),
    "offer": (),
}
#: What may stand in {braces} in a line of each table.
_VALUES = {
    "acknowledge": {"waited"},
    "ask": set[str](),
    "set_expectations": {"time"},
    "explain": {"rule"},
    "apologise": set[str](),
    "fix": set[str](),
    "offer": set[str](),
    "introduce": {"name", "work", "time"},
    "way": {"title", "address", "time"},
}
_WAITED = {
    "en": re.compile(
        r"\b(?:for|after|been)\s((?:\d{1,2}|two|three|four|five|six|seven|eight|ten)\s(?:hours|days|weeks|months))\b(?!\s(?:old|free))"
    ),
    "fr": re.compile(
        r"\bdepuis\s((?:\d{1,2}|deux|trois|quatre|cinq|six|sept|huit|dix)\s(?:heures|jours|semaines|mois))\b"
    ),
    "ro": re.compile(
        r"\bde\s((?:\d{1,2}|doua|doi|trei|patru|cinci|sase|sapte|opt|zece)\s(?:ore|zile|saptamani|luni))\b"
    ),
}
_WITH_MARKS = {
    "doua": "două", "sase": "șase", "sapte": "șapte", "saptamani": "săptămâni",
}  # fmt: skip
#: A reason that begins so needs no “because” before it.
_REASONED = re.compile(
    r"^(?:because|so that|so as to|as|since|in order|parce qu|pour|afin|car|puisque|pentru|fiindca|deoarece|ca sa|ca)\b"
)
_NAME = re.compile(r"[^\W\d_]{2,20}(?:-[^\W\d_]{2,20})?")


@dataclass(frozen=True, kw_only=True)
class Wording:
    """The lines of one language, in one form of address."""

    greeting: tuple[str, ...]
    rule: str
    lines: Mapping[str, Mapping[str, tuple[str, ...]]]
    """By table: "acknowledge", "ask.private" …; then by topic, wish, kind, or "any"."""
    introduce: Mapping[str, tuple[str, ...]]
    way: Mapping[str, str]


@dataclass(frozen=True, kw_only=True)
class ProposalPolicy:
    """proposals.toml, read."""

    wordings: Mapping[str, Wording]
    """By language, and "fr-familiar" for a familiar form."""
    work: Mapping[str, Mapping[str, str]]
    """What a team is called, by language and topic."""

    @classmethod
    def load(cls, own: Path | None = None) -> ProposalPolicy:
        """proposals.toml (the desk's own in folder `own`, or the shipped one). Raises `BadPolicy` and says where."""
        table = read_policy("proposals", own)
        if "en" not in table:
            raise BadPolicy("proposals: there must be a table for en")
        return cls(
            wordings={name: _wording(each, f"proposals.{name}") for name, each in table.items()},
            work={
                name: _texts(each.get("work", {}), f"proposals.{name}.work") for name, each in table.items()
            },
        )

    def speaks(self, language: str) -> bool:
        """Whether there are lines in this language."""
        return _short(language) in self.wordings

    def wording(self, language: str, form: str = "formal") -> Wording:
        """The lines in a language and a form of address; English where there are none."""
        short = _short(language)
        if form == "familiar" and f"{short}-familiar" in self.wordings:
            return self.wordings[f"{short}-familiar"]
        return self.wordings.get(short, self.wordings["en"])

    def work_in(self, language: str, said: str) -> str:
        """What a team (“billing”, “facturation”) is called in a language; as it was said where that is not known."""
        asked = fold(said).strip()
        for table in self.work.values():
            for topic, name in table.items():
                folded = fold(name)
                if asked in (topic, folded) or folded.removeprefix("la ").removeprefix("les ") == asked:
                    return self.work.get(_short(language), {}).get(topic, said)
        return said


@dataclass(frozen=True, kw_only=True)
class Facts:
    """What a draft may be made of."""

    situation: Situation
    play: Play
    form: str = "formal"
    """How they are addressed where the language asks for it: formal, familiar."""
    name: str = ""
    """The customer's first name, where it is one."""
    answer_by: datetime | None = None
    """When we can write again (aware, in the desk's zone); None: not known, a gap."""
    rule: str = ""
    """A house rule with its reason, in their language (`ruled`)."""
    way: str = ""
    """Where else they can turn: an address of ours."""
    brand: str = ""
    agent: str = ""
    """The first name of who writes."""
    can_write_privately: bool = True
    """They can send us a direct message here."""


@dataclass(frozen=True, kw_only=True)
class Proposed:
    """One draft."""

    text: str
    steps: tuple[Step, ...]
    gaps: tuple[Span, ...]
    """Spans of `text` that a person must fill."""


def proposals(facts: Facts, policy: ProposalPolicy, *, seed: int) -> Iterator[Proposed]:
    """Drafts for one case, each in other words, at most `MOST_VARIANTS`. The same seed gives the same drafts."""
    chance, told = random.Random(seed), set[str]()
    wording = policy.wording(facts.situation.language, facts.form)
    for _ in range(MOST_VARIANTS):
        draft = _fitted(facts, wording, chance)
        if draft.text and draft.text not in told:
            told.add(draft.text)
            yield draft


def _fitted(facts: Facts, wording: Wording, chance: random.Random) -> Proposed:
    """One draft; what is least needed is left out until the network takes it."""
    parts: list[tuple[str, Step | None, str]] = []
    for step in facts.play.steps:
        if step is Step.APOLOGISE and facts.situation.kind in _NOTHING_WRONG:
            continue
        if line := _line(step, facts, wording, chance):
            parts.append((step, step, line))
    is_named = any(facts.name in line for _, _, line in parts)
    if facts.name and not is_named and wording.greeting and chance.random() < 0.7:
        parts.insert(0, ("greeting", None, chance.choice(wording.greeting).format(name=facts.name)))
    situation = facts.situation
    for spared in ("", "greeting", "offer", "explain", "apologise", "acknowledge", "set_expectations"):
        parts = [each for each in parts if each[0] != spared or len(parts) == 1]
        text = " ".join(line for _, _, line in parts)
        if not situation.longest or situation.count(text) <= situation.longest:
            break
    return Proposed(text=text, steps=tuple(step for _, step, _ in parts if step), gaps=gaps(text))


def _line(step: Step, facts: Facts, wording: Wording, chance: random.Random) -> str:
    values = _values(step, facts)
    if own := _own_line(step, facts, chance):
        return own
    table = step if step is not Step.ASK else f"ask.{_place(facts)}"
    for place in _places(step, facts):
        lines = [each for each in wording.lines.get(table, {}).get(place, ()) if _needs(each) <= set(values)]
        if not lines and step is Step.ASK and place != "any":
            # A wish or a kind is asked for in the same words, wherever one asks.
            lines = list(wording.lines.get("ask.open", {}).get(place, ())) if place not in _TOPICS else []
        if lines:
            line = chance.choice(lines).format(**values)
            return line[:1].upper() + line[1:]
    return ""


def _own_line(step: Step, facts: Facts, chance: random.Random) -> str:
    """The play's own line for a step, where all that it needs is known; every other time, so that two customers do not
    read the same."""
    situation, language = facts.situation, _short(facts.situation.language)
    line = facts.play.lines.get(step, {}).get(language, "")
    if facts.form == "familiar" or not line or chance.random() < 0.5:
        return ""
    known = {"customer": facts.name, "brand": facts.brand, "agent": facts.agent, "way": facts.way}
    if facts.answer_by:
        known["by"] = before_when(facts.answer_by, situation.now, language)
    if "{rule}" in line and situation.house_rules:
        # The reason of a rule is not the reason of anything else.
        nearest = situation.house_rules[0]
        known |= {"rule": f"{nearest.rule.rstrip('.')}.", "reason": nearest.reason.rstrip(".")}
    if not all(known.get(place) for place in _needs(line)):
        return ""
    said = line.format(**known)
    return said if said.endswith((".", "!", "?", "…")) else f"{said}."


#: Names of topics in the tables; what else stands there is a wish, a kind or a state.
_TOPICS = frozenset(
    ("billing", "price", "delivery", "outage", "login", "cancellation", "privacy", "service", "quality")
)


_NOTHING_WRONG = frozenset({Kind.PRAISE, Kind.QUESTION})


def _places(step: Step, facts: Facts) -> tuple[str, ...]:
    """Where to look for a line, the best place first."""
    situation = facts.situation
    topic = (situation.topic,) if situation.topic in _TOPICS else ()
    if step is Step.SET_EXPECTATIONS:
        return ("any", "gap")
    if step is Step.EXPLAIN:
        return ("rule", "any")
    if step not in (Step.ACKNOWLEDGE, Step.ASK):
        return (*topic, "any")
    if situation.kind in _NOTHING_WRONG:
        return (situation.kind.value, "any")
    if situation.severity is Severity.CRITICAL:
        return ("critical", *topic, "any")
    if step is Step.ASK:
        return (
            (*topic, situation.wants, "any") if situation.wants != "to_be_heard" else ("to_be_heard", "any")
        )
    angry = ("angry",) if situation.anger >= HIGH_ANGER else ()
    return ("waited", *angry, *topic, "any")


def _place(facts: Facts) -> str:
    if facts.situation.visibility is not Visibility.PUBLIC:
        return "direct"
    return "private" if facts.can_write_privately else "open"


def _values(step: Step, facts: Facts) -> dict[str, str]:
    """What is known for the lines of a step."""
    situation = facts.situation
    if step is Step.SET_EXPECTATIONS and facts.answer_by:
        return {"time": by_when(facts.answer_by, situation.now, situation.language)}
    if step is Step.EXPLAIN and facts.rule:
        return {"rule": facts.rule}
    if step is Step.ACKNOWLEDGE and (waited := waited_in(situation.their_text, situation.language)):
        return {"waited": waited}
    return {}


def waited_in(text: str, language: str) -> str:
    """How long they say that they have waited: “three weeks”; "" where they do not say."""
    pattern = _WAITED.get(_short(language))
    found = pattern.search(" ".join(fold(text).split())) if pattern else None
    return " ".join(_WITH_MARKS.get(word, word) for word in found[1].split()) if found else ""


def first_name(name: str) -> str:
    """The name by which a customer may be addressed; "" where what they call themselves is none ("xx_gr1m_xx")."""
    first = name.split()[0] if name.split() else ""
    return first if _NAME.fullmatch(first) and first[0].isupper() and not first[1:].isupper() else ""


def form_of(their_text: str, familiar: frozenset[str], formal: frozenset[str], house: str) -> str:
    """How to address them: as the house does, else as they address us; "formal" where they do not."""
    if house in ("formal", "familiar"):
        return house
    said = re.findall(r"[^\W\d_]+", fold(their_text))
    known = (
        {fold(each) for each in familiar if len(each) > 1},
        {fold(each) for each in formal if len(each) > 1},
    )
    return (
        "familiar"
        if any(word in known[0] for word in said) and not any(word in known[1] for word in said)
        else "formal"
    )


# Rules, helpers, ways out ---------------------------------------------------------------------------------------------


def ruled(rule: str, reason: str, policy: ProposalPolicy, language: str) -> str:
    """A rule with its reason, as it is told to a customer (A8): “…, because ….”"""
    rule, reason = rule.strip().rstrip(".!,;"), reason.strip().rstrip(".!,;")
    if not reason:
        return f"{rule}."
    if _REASONED.match(fold(reason)):
        return f"{rule}, {reason}."
    told = policy.wording(language).rule.format(rule=rule, reason=reason)
    # French elides before a vowel: parce qu’il.
    return re.sub(r"\b(parce qu)e (?=[aeiouhyàâéèêîôû])", r"\1’", told, flags=re.IGNORECASE)


def introduced(
    who: str,
    policy: ProposalPolicy,
    *,
    language: str,
    form: str = "formal",
    is_self: bool = False,
    time: str,
    seed: int = 0,
) -> str:
    """A line that tells the customer who helps from here on (A11). `who` is “Camille” or “Camille, billing”."""
    name, _, work = (part.strip() for part in who.partition(","))
    lines = policy.wording(language, form).introduce
    wanted = lines["self" if is_self else "other"]
    if work:
        wanted = lines["self_work" if is_self else "other_work"]
    return wanted[seed % len(wanted)].format(name=name, work=policy.work_in(language, work), time=time)


def way_line(
    kind: str,
    title: str,
    address: str,
    policy: ProposalPolicy,
    *,
    language: str,
    form: str = "formal",
    open_until: str = "",
    opens: str = "",
) -> str:
    """A line that shows a customer a way out of the thread (A12), with its hours where it has some."""
    lines = policy.wording(language, form).way
    which = f"{kind}_open" if open_until else f"{kind}_shut" if opens else kind
    return lines.get(which, lines[kind]).format(title=title, address=address, time=open_until or opens)


# Times ----------------------------------------------------------------------------------------------------------------

_WEEKDAYS = {
    "en": ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
    "fr": ("lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche"),
    "ro": ("luni", "marți", "miercuri", "joi", "vineri", "sâmbătă", "duminică"),
}
_MONTHS = {
    "en": "January February March April May June July August September October November December".split(),
    "fr": "janvier février mars avril mai juin juillet août septembre octobre novembre décembre".split(),
    "ro": "ianuarie februarie martie aprilie mai iunie iulie august septembrie octombrie noiembrie decembrie".split(),
}
_BY = {
    "en": {0: "today by {clock}", 1: "tomorrow by {clock}", 2: "on {day} by {clock}", 9: "by {date}"},
    "fr": {0: "aujourd’hui avant {clock}", 1: "demain avant {clock}", 2: "{day} avant {clock}", 9: "avant le {date}"},
    "ro": {0: "azi până la ora {clock}", 1: "mâine până la ora {clock}", 2: "{day} până la ora {clock}", 9: "până pe {date}"},
}  # fmt: skip
_BEFORE = {
    "en": {0: "{clock} today", 1: "{clock} tomorrow", 2: "{clock} on {day}", 9: "{date}"},
    "fr": {0: "{clock} aujourd’hui", 1: "{clock} demain", 2: "{clock} {day}", 9: "le {date}"},
    "ro": {0: "ora {clock} azi", 1: "ora {clock} mâine", 2: "ora {clock} {day}", 9: "data de {date}"},
}
_AT = {
    "en": {0: "{clock}", 1: "tomorrow at {clock}", 2: "{day} at {clock}", 9: "{date}"},
    "fr": {0: "{clock}", 1: "demain {clock}", 2: "{day} {clock}", 9: "{date}"},
    "ro": {0: "ora {clock}", 1: "mâine, ora {clock}", 2: "{day}, ora {clock}", 9: "{date}"},
}


def by_when(at: datetime, now: datetime, language: str) -> str:
    """By when, as it is said to a customer: “today by 6 pm”. Both moments are aware; the zone of `now` is used."""
    return _when(_rounded(at.astimezone(now.tzinfo), now), now, language, _BY)


def before_when(at: datetime, now: datetime, language: str) -> str:
    """The same after a word for “before”: “6 pm today”."""
    return _when(_rounded(at.astimezone(now.tzinfo), now), now, language, _BEFORE)


def clock_in(at: datetime, now: datetime, language: str) -> str:
    """A moment as it is said to a customer: “6 pm”, “tomorrow at 9 am”. The zone of `now` is used."""
    return _when(at.astimezone(now.tzinfo), now, language, _AT)


def _when(at: datetime, now: datetime, language: str, forms: Mapping[str, Mapping[int, str]]) -> str:
    short = _short(language) if _short(language) in forms else "en"
    days = (at.date() - now.date()).days
    form = forms[short][days if days in (0, 1) else 2 if 0 <= days < 7 else 9]
    return form.format(
        clock=_clock(at, short),
        day=_WEEKDAYS[short][at.weekday()],
        date=f"{at.day} {_MONTHS[short][at.month - 1]}",
    )


def _clock(at: datetime, language: str) -> str:
    if language == "en":
        half, hour = ("am" if at.hour < 12 else "pm"), at.hour % 12 or 12
        return f"{hour}:{at.minute:02} {half}" if at.minute else f"{hour} {half}"
    if language == "fr":
        return f"{at.hour} h {at.minute:02}" if at.minute else f"{at.hour} h"
    return f"{at.hour}:{at.minute:02}" if at.minute else f"{at.hour}"


def _rounded(at: datetime, now: datetime) -> datetime:
    """A time that people say: down to a half hour, or, where little is left, up to the next quarter."""
    down = at.replace(minute=at.minute // 30 * 30, second=0, microsecond=0)
    if down - now >= timedelta(minutes=30):
        return down
    base = max(at, now + timedelta(minutes=5)).replace(second=0, microsecond=0)
    return base + timedelta(minutes=-base.minute % 15)


# Reading the file -----------------------------------------------------------------------------------------------------


def _short(language: str) -> str:
    return language.split("-")[0].lower()


def _needs(line: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(line) if name}


def _wording(table: Any, where: str) -> Wording:
    if not isinstance(table, Mapping):
        raise BadPolicy(f"{where}: must be a table")
    only(table, ("greeting", "rule", *_TABLES, "introduce", "way", "work"), where)
    lines: dict[str, Mapping[str, tuple[str, ...]]] = {}
    for name, places in _TABLES.items():
        if places:
            only(table.get(name, {}), places, f"{where}.{name}")
        for place in places or ("",):
            at = f"{where}.{name}.{place}".rstrip(".")
            part = table.get(name, {}).get(place, {}) if place else table.get(name, {})
            lines[f"{name}.{place}".rstrip(".")] = _lists(part, at, _VALUES[name])
            if "any" not in part:
                raise BadPolicy(f"{at}: there must be lines for “any”")
    rule = table.get("rule", "")
    if not isinstance(rule, str) or _needs(rule) != {"rule", "reason"}:
        raise BadPolicy(f"{where}.rule: must hold {{rule}} and {{reason}}")
    introduce = _lists(table.get("introduce", {}), f"{where}.introduce", _VALUES["introduce"])
    if missing := {"self", "self_work", "other", "other_work"} - set(introduce):
        raise BadPolicy(f"{where}.introduce: {sorted(missing)[0]} is missing")
    way = _texts(table.get("way", {}), f"{where}.way")
    if missing := {"site", "telephone", "form", "mail", "chat", "shop"} - set(way):
        raise BadPolicy(f"{where}.way: {sorted(missing)[0]} is missing")
    for name, line in way.items():
        _check(line, f"{where}.way.{name}", _VALUES["way"])
    return Wording(
        greeting=_lists({"any": table.get("greeting", [])}, f"{where}.greeting", {"name"})["any"],
        rule=rule,
        lines=lines,
        introduce=introduce,
        way=way,
    )


def _lists(table: Any, where: str, allowed: set[str]) -> dict[str, tuple[str, ...]]:
    if not isinstance(table, Mapping):
        raise BadPolicy(f"{where}: must be a table of lists")
    found = {}
    for name, lines in table.items():
        if not isinstance(lines, Sequence) or isinstance(lines, str) or not lines:
            raise BadPolicy(f"{where}.{name}: must be a list of lines")
        for line in lines:
            _check(line, f"{where}.{name}", allowed)
        found[str(name)] = tuple(lines)
    return found


def _check(line: Any, where: str, allowed: set[str]) -> None:
    try:
        if not isinstance(line, str) or not line.strip() or _needs(line) - allowed:
            raise ValueError(line)
    except ValueError:
        known = ", ".join(f"{{{name}}}" for name in sorted(allowed)) or "no {braces}"
        raise BadPolicy(f"{where}: {line!r} is no line; it may hold {known}") from None


def _texts(table: Any, where: str) -> dict[str, str]:
    if not isinstance(table, Mapping) or not all(isinstance(each, str) for each in table.values()):
        raise BadPolicy(f"{where}: must be a table of texts")
    return dict(table)
