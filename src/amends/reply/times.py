"""Times as people write them in English, French and Romanian: is there one, and which moment is it?

All expressions here run on folded text (no accents, no capitals) and are bounded: no input makes them slow.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from amends.reply.phrases import Span

#: A day without an hour ("tomorrow") ends then.
DAY_ENDS = time(18)
EVENING_ENDS = time(21)
NIGHT_ENDS = time(23, 59)
#: "A few hours" is read as this many; a person sees the time before it counts.
A_FEW = 4

_NUMBERS = {
    "a": 1, "an": 1, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8,
    "ten": 10, "twelve": 12, "un": 1, "une": 1, "deux": 2, "trois": 3, "quatre": 4, "cinq": 5, "sept": 7,
    "huit": 8, "dix": 10, "douze": 12, "o": 1, "doua": 2, "doi": 2, "trei": 3, "patru": 4, "cinci": 5,
    "sase": 6, "sapte": 7, "opt": 8, "zece": 10, "half an": 0.5, "une demi": 0.5, "une demi-": 0.5,
    "jumatate de": 0.5, "o jumatate de": 0.5, "a couple of": 2, "couple of": 2,
    "a few": A_FEW, "few": A_FEW, "several": A_FEW, "quelques": A_FEW, "plusieurs": A_FEW, "cateva": A_FEW,
    "cativa": A_FEW,
}  # fmt: skip
_UNITS = {
    "m": timedelta(minutes=1), "h": timedelta(hours=1), "d": timedelta(days=1), "w": timedelta(weeks=1),
}  # fmt: skip
_DAYS = (
    ("monday", "lundi", "luni"), ("tuesday", "mardi", "marti"), ("wednesday", "mercredi", "miercuri"),
    ("thursday", "jeudi", "joi"), ("friday", "vendredi", "vineri"), ("saturday", "samedi", "sambata"),
    ("sunday", "dimanche", "duminica"),
)  # fmt: skip
_WEEKDAY = {name: number for number, names in enumerate(_DAYS) for name in names}
_MONTHS = (
    ("january", "janvier", "ianuarie"), ("february", "fevrier", "februarie"), ("march", "mars", "martie"),
    ("april", "avril", "aprilie"), ("may", "mai"), ("june", "juin", "iunie"), ("july", "juillet", "iulie"),
    ("august", "aout"), ("september", "septembre", "septembrie"), ("october", "octobre", "octombrie"),
    ("november", "novembre", "noiembrie"), ("december", "decembre", "decembrie"),
)  # fmt: skip
_MONTH = {name: number for number, names in enumerate(_MONTHS, 1) for name in names}


def _any(names: object) -> str:
    return "|".join(sorted(map(str, names), key=len, reverse=True)).replace(" ", r"\s{1,3}")  # type: ignore[call-overload]


_SPAN = re.compile(
    r"\b(?P<mark>in|within|under|inside|takes?|taking|next|about|another|up to|at most|a maximum of|dans|sous|d'ici|en|"
    r"prendre|prend|prendra|durer|durera|prochaines?|prochains?|environ|maximum|peste|intr-|pana in|maxim|cel mult|"
    r"dureaza|dura|lua|urmatoarele|urmatorul|urmatorii|termen de|aproximativ|circa)"
    r"(?:\s{1,3}(?:a|the|next|only|about|around|up to|at most|less than|moins de|les?|la|prochaines?|prochains?|environ|maximum|"
    r"maxim|cel mult|aproximativ|circa|urmatoarele|urmatorii|mai putin de)){0,3}\s{0,3}"
    rf"\b(?P<n>\d{{1,3}}|{_any(_NUMBERS)})"
    r"(?:\s{0,2}(?:-|–|to|or|a|ou|la|sau)\s{0,2}(?P<to>\d{1,3}))?\s{0,3}(?:de\s{1,3})?"
    r"(?P<work>business\s|working\s)?\s{0,2}"
    r"(?:(?P<m>minutes?|mins?|min)|(?P<h>hours?|hrs?|h|heures?|ore|ora)|(?P<d>days?|jours?|zile|zi|j)|"
    r"(?P<w>weeks?|semaines?|saptamani|saptamana))\b"
    r"(?P<work_after>\s{1,3}(?:ouvres?|ouvrables?|lucratoare))?(?!\s{1,3}(?:ago|back|en arriere|in urma))"
)
_BEFORE_PAST = re.compile(
    r"(?:il y a|acum|depuis|de acum|for the last|past|last|dernieres|derniers|ultimele|ultimii)\s{1,3}$"
)
_CLOCK = re.compile(
    r"\b(?:by|before|at|until|till|around|from|avant|d'ici|vers|jusqu'a|a|des|pana la|pana|inainte de|la|in jur de|dupa|after|apres)"
    r"\s{1,3}(?:ora\s{1,3}|orele\s{1,3})?"
    r"(?:(?P<noon>noon|midday|midi|pranz|amiaza)|(?P<hour>\d{1,2})"
    r"(?:(?P<colon>\s?(?:h|:)\s?)(?P<minute>[0-5]\d)?|\.(?P<dotted>[0-5]\d)(?![\d.]))?"
    r"\s?(?P<half>[ap]m\b|[ap]\.m\b\.?)?(?P<word>\s?(?:heures?|o'clock)\b)?)"
    r"(?![\w%€$£])(?!\s{0,2}(?:%|€|\$|£|euros?\b|lei\b|ron\b))"
)
_BARE_CLOCK = re.compile(
    r"^\s*(?:$|[.,;!?)\n]|(?:today|tonight|tomorrow|aujourd|demain|ce soir|azi|astazi|maine|at the latest|latest|cel tarziu|au plus tard)\b)"
)
_TIGHT_MARK = re.compile(r"^(?:by|before|avant|d'ici|pana la|pana|inainte de)\b")
_DAY = re.compile(
    r"\b(?:(?P<after>day after tomorrow|apres-demain|apres demain|poimaine)"
    r"|(?P<tomorrow>tomorrow|demain|maine)"
    r"|(?P<night>tonight|la noapte)"
    r"|(?P<evening>this evening|ce soir|en soiree|diseara|in seara aceasta|in aceasta seara|in seara asta)"
    r"|(?P<today>today|aujourd'hui|ce matin|cet apres-midi|cet apres midi|dans la journee|this morning|this afternoon|end of day|"
    r"end of the day|fin de journee|fin de la journee|azi|astazi|sfarsitul zilei|in cursul zilei|dupa-amiaza asta|cob|eod)"
    r"|(?P<week>end of (?:the|this) week|fin de (?:la )?semaine|later this week|this week|cette semaine|saptamana aceasta|"
    r"saptamana asta|sfarsitul saptamanii)"
    r"|(?P<next>next week|(?:la )?semaine prochaine|saptamana viitoare)"
    rf"|(?P<weekday>{_any(_WEEKDAY)}))\b"
)
_PAST_DAY = re.compile(r"\b(?:last|since|from|depuis|de|din)\s{1,3}$")
_AFTER_PAST_DAY = re.compile(r"^\s{1,3}(?:dernier|derniere|trecut|trecuta|passe)\b")
_DATE = re.compile(
    rf"\b(?:(?P<day>\d{{1,2}})(?:st|nd|rd|th|er)?\s{{1,3}}(?:of\s)?(?P<month>{_any(_MONTH)})"
    rf"|(?P<month_first>{_any(_MONTH)})\s{{1,3}}(?P<day_after>\d{{1,2}})(?:st|nd|rd|th)?(?!\d)"
    r"|(?P<iso>20\d\d-\d\d-\d\d)"
    r"|(?P<d>\d{1,2})(?P<sep>[./])(?P<m>\d{1,2})(?:(?P=sep)(?P<y>20\d\d|\d\d))?)(?![\w/])"
)
_ROUND_THE_CLOCK = re.compile(r"\b24\s?[/x]\s?7\b|\b7\s?[j/]\s?/?\s?7\b")


@dataclass(frozen=True)
class TimeSeen:
    """A time in a text: where (folded), and when if it can be read (aware UTC)."""

    span: Span
    due_at: datetime | None


def find_times(folded: str, now: datetime, start: int = 0, end: int | None = None) -> list[TimeSeen]:
    """Every time to come that `folded[start:end]` names, in order. `now` is aware; hours are read in its zone.

    A day and an hour beside each other ("tomorrow by 10") are one time. Times past ("2 days ago") are left out."""
    text = folded[start:end]
    closed = [found.span() for found in _ROUND_THE_CLOCK.finditer(text)]
    spans = [
        (found.span(), _after_span(found, now)) for found in _SPAN.finditer(text) if _is_ahead(text, found)
    ]
    taken = [span for span, _ in spans] + closed
    days = [(found.span(), day) for found in _DAY.finditer(text) if (day := _day(found, text, now))]
    days += [
        (found.span(), day)
        for found in _DATE.finditer(text)
        if _is_free(found, taken)
        and (day := _date(found, now, text[max(0, found.start() - 24) : found.start()]))
    ]
    clocks = [
        (found.span(), clock)
        for found in _CLOCK.finditer(text)
        if _is_free(found, taken + [span for span, _ in days]) and (clock := _clock(found, text))
    ]
    seen = [TimeSeen((a + start, b + start), due) for (a, b), due in spans]
    for span, (on, ends) in days:
        beside = next(((at, clock) for at, clock in clocks if _is_beside(at, span, text)), None)
        if beside:
            clocks.remove(beside)
            span = min(span[0], beside[0][0]), max(span[1], beside[0][1])
        seen.append(
            TimeSeen((span[0] + start, span[1] + start), _moment(on, beside[1] if beside else ends, now))
        )
    for (a, b), clock in clocks:
        due = _moment(now.date(), clock, now)
        if due is not None and due <= now:
            due = _moment(now.date() + timedelta(days=1), clock, now)
        seen.append(TimeSeen((a + start, b + start), due))
    return sorted(seen, key=lambda each: each.span)


def _is_free(found: re.Match[str], taken: list[Span]) -> bool:
    return not any(found.start() < end and start < found.end() for start, end in taken)


def _is_beside(one: Span, other: Span, text: str) -> bool:
    first, second = sorted((one, other))
    return len(text[first[1] : second[0]].split()) <= 2 and not re.search(
        r"[.!?]\s", text[first[1] : second[0]]
    )


def _is_ahead(text: str, found: re.Match[str]) -> bool:
    return not _BEFORE_PAST.search(text[max(0, found.start() - 24) : found.start("n")])


def _after_span(found: re.Match[str], now: datetime) -> datetime:
    said = found["to"] or found["n"]
    number = int(said) if said.isdecimal() else _NUMBERS[" ".join(said.split())]
    unit = next(_UNITS[name] for name in _UNITS if found[name])
    due = now.astimezone(UTC) + number * unit
    if found["d"] and (found["work"] or found["work_after"]):
        due = now
        for _ in range(int(number)):
            due += timedelta(days=1)
            while due.weekday() > 4:
                due += timedelta(days=1)
    return due.astimezone(UTC)


def _day(found: re.Match[str], text: str, now: datetime) -> tuple[date, time] | None:
    today = now.date()
    name = found.lastgroup or ""
    if name == "weekday":
        before = text[max(0, found.start() - 12) : found.start()]
        if (
            _PAST_DAY.search(before)
            or _counts_months(found, before)
            or _AFTER_PAST_DAY.match(text[found.end() :][:12])
        ):
            return None
        return today + timedelta(days=(_WEEKDAY[found["weekday"]] - today.weekday()) % 7 or 7), DAY_ENDS
    if name == "week":
        return today + timedelta(days=(4 - today.weekday()) % 7), DAY_ENDS
    if name == "next":
        return today + timedelta(days=11 - today.weekday()), DAY_ENDS
    days = {"after": 2, "tomorrow": 1}.get(name, 0)
    ends = {"night": NIGHT_ENDS, "evening": EVENING_ENDS}.get(name, DAY_ENDS)
    if not days and now.time() >= ends:
        ends = NIGHT_ENDS
    return today + timedelta(days=days), ends


def _counts_months(found: re.Match[str], before: str) -> bool:
    """In Romanian “luni” is Monday, and months."""
    return found["weekday"] == "luni" and re.search(r"(?:\d|de|doua|trei|cateva)\s{1,3}$", before) is not None


#: Before a date in two numbers; without one, “2/4” counts the parts of a thread.
_ON = re.compile(
    r"\b(?:on|by|until|till|before|from|le|du|au|avant|jusqu'au|des|pe|pana|la|din|inainte de)\s{1,3}(?:la\s|pe\s)?$"
)


def _date(found: re.Match[str], now: datetime, before: str) -> tuple[date, time] | None:
    if found["d"] and not found["y"] and len(found["d"] + found["m"]) == 2 and not _ON.search(before):
        return None
    try:
        if found["iso"]:
            day = date.fromisoformat(found["iso"])
        else:
            month = _MONTH.get(found["month"] or found["month_first"] or "") or int(found["m"])
            number = int(found["day"] or found["day_after"] or found["d"])
            if month > 12 and found["d"]:
                number, month = month, number
            year = int(found["y"]) % 100 + 2000 if found["y"] else now.year
            day = date(year, month, number)
            if not found["y"] and day < now.date() - timedelta(days=180):
                day = day.replace(year=year + 1)
    except ValueError:
        return None
    return (day, DAY_ENDS) if day >= now.date() else None


def _clock(found: re.Match[str], text: str) -> time | None:
    if found["noon"]:
        return time(12)
    hour, minute = int(found["hour"]), int(found["minute"] or found["dotted"] or 0)
    is_said = (
        found["colon"]
        or found["dotted"]
        or found["half"]
        or found["word"]
        or re.search(r"\bore?l?e?a?\s", found.group())
    )
    if not is_said and not (_TIGHT_MARK.match(found.group()) and _BARE_CLOCK.match(text[found.end() :][:24])):
        return None
    if not is_said and 1 <= hour <= 7:
        hour += 12  # nobody promises "by 6" for the morning
    if found["half"]:
        if not 1 <= hour <= 12:
            return None
        hour = hour % 12 + (12 if found["half"].startswith("p") else 0)
    if hour == 24 and minute == 0:
        return NIGHT_ENDS
    return time(hour, minute) if hour < 24 else None


def _moment(day: date, clock: time, now: datetime) -> datetime | None:
    try:
        return datetime.combine(day, clock, now.tzinfo).astimezone(UTC)
    except (OverflowError, ValueError):
        return None
