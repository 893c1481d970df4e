"""How values are shown: sentences, times, names, labels. Everything is escaped unless it was built here from escaped parts."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any
from urllib.parse import urlparse
from zlib import crc32

from django import template
from django.contrib.humanize.templatetags.humanize import naturaltime
from django.templatetags.static import static
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.html import escape, format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext, ngettext

from amends.core.say import Said
from amends.desk import accounts, shielding
from amends.web import icons, labels
from amends.web.context import organisation_of
from amends.web.when import zone_of

register = template.Library()

HUES = 8
_LINK = re.compile(r"https?://[^\s<>\"'“”«»]+[^\s<>\"'“”«».,;:!?)\]]")
#: Characters that show nothing or turn the reading direction round (Unicode's Cc, Cf, Co, Cs, Zl, Zp). Joiners inside
#: emoji and Indic words are honest, and so are tabs and line ends.
_HIDDEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u0600-\u0605\u061c\u06dd\u070f\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f"
    "\ud800-\uf8ff\ufeff\ufff9-\ufffb\U0001bca0-\U0001bca3\U000e0000-\U000e0fff\U000f0000-\U0010ffff]"
)


def translate_said(one: str, many: str, n: int) -> str:
    return ngettext(one, many, n) if many else gettext(one)


@register.filter
def said(value: Said | Mapping[str, Any] | str | None) -> str:
    """A `Said`, or its stored JSON, as a sentence in the reader's language."""
    if not value:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, Mapping):
        if "t" not in value:
            return ""
        value = Said.from_json(value)
    return value.render(translate_said)


@register.filter
def label(value: object, table: str) -> str:
    return labels.label(str(value), table) if value not in (None, "") else ""


@register.filter
def is_veiled(abuse: object) -> bool:
    """Whether words with this abuse in them are hidden until somebody chooses to read them."""
    return str(abuse) in shielding.VEILED


@register.filter
def needed(row: Any) -> str:
    """What the author of a veiled row of the queue needs, in their own words without the insults; "" for nothing."""
    return shielding.own_words(row.said, row.abuse, row.language)


@register.filter
def own_words(post: Any, case: Any) -> str:
    """The same of one post of a case."""
    return shielding.own_words(post.text, shielding.abuse_of(post, case), case.language)


@register.simple_tag
@cache
def icon(name: str, css: str = "") -> SafeString:
    """An icon of the sprite, hidden from screen readers: the words beside it say it."""
    return format_html(
        '<svg class="icon {}" aria-hidden="true" focusable="false"><use href="{}#{}"></use></svg>',
        css,
        static("vendor/icons.svg"),
        name,
    )


@register.simple_tag
def icon_of(table: str, value: object, css: str = "") -> SafeString:
    """The icon that stands for `value` in one of the tables of `web/icons.py`."""
    return icon(getattr(icons, table).get(str(value), "circle"), css)


@register.filter
def visible(text: str) -> SafeString:
    """Text of a stranger, escaped, with every hidden or direction-turning character shown as its code."""
    return mark_safe(_HIDDEN.sub(_as_code, escape(text)))  # noqa: S308  # escaped first


#: Of the words that a verdict is about, so many signs are shown beside it.
_MOST_WORDS = 48


@register.filter
def words_of(verdict: Any, text: str) -> str:
    """The words of `text` that a verdict is about, shortened in the middle; "" where it is about the whole."""
    if verdict.span is None or not text:
        return ""
    words = " ".join(text[slice(*verdict.span)].split(" "))
    half = _MOST_WORDS // 2
    return words if len(words) <= _MOST_WORDS else f"{words[:half].rstrip()} … {words[-half:].lstrip()}"


def _as_code(found: re.Match[str]) -> str:
    return f'<span class="hidden-char">U+{ord(found.group()):04X}</span>'


@register.filter
def post_text(text: str) -> SafeString:
    """A post as text: never HTML; web addresses become links that leave without telling where from."""
    pieces, at = [], 0
    for found in _LINK.finditer(str(text)):
        pieces.append(visible(text[at : found.start()]))
        pieces.append(
            format_html(
                '<a href="{}" rel="noopener noreferrer nofollow" target="_blank" title="{}">{}</a>',
                found.group(),
                gettext("Opens %(host)s in a new tab") % {"host": host(found.group())},
                visible(found.group()),
            )
        )
        at = found.end()
    pieces.append(visible(text[at:]))
    return mark_safe("".join(pieces))  # noqa: S308  # joined from escaped parts


@register.filter
def host(url: str) -> str:
    try:
        return (urlparse(str(url)).hostname or "").removeprefix("www.")
    except ValueError:
        return ""


@register.filter
def web_link(url: str) -> str:
    """`url` if a browser may follow it from here, else ""."""
    return str(url) if str(url).startswith(("https://", "http://")) else ""


@register.filter
def initials(name: str) -> str:
    words: list[str] = re.findall(r"\w+", str(name))
    if not words:
        return "?"
    letters = words[0][0] + (words[1][0] if len(words) > 1 else words[0][1:2])
    return letters.upper()


@register.filter
def hue(key: object) -> str:
    """A steady colour class for a person."""
    return f"hue-{crc32(str(key).encode()) % HUES}"


@register.filter
def short_span(seconds: float) -> str:
    """A span as people say it: "16 min", "1 h 59", "26 h", "3 d"."""
    minutes = int(abs(seconds) // 60)
    if minutes < 60:
        return gettext("%(n)s min") % {"n": minutes}
    if minutes < 10 * 60 and minutes % 60:
        return f"{gettext('%(n)s h') % {'n': minutes // 60}} {minutes % 60:02}"
    if minutes < 48 * 60:
        return gettext("%(n)s h") % {"n": minutes // 60}
    return gettext("%(n)s d") % {"n": minutes // 1440}


@register.simple_tag(takes_context=True)
def clock(context: template.Context, due_at: datetime | None, css: str = "") -> SafeString | str:
    """A running clock: "−16 min" and the word “late”, or "in 4 min". The page's JavaScript keeps it running."""
    if due_at is None:
        return ""
    left = (due_at - _now(context)).total_seconds()
    if left < 0:
        state, text, word = "late", f"−{short_span(left)}", gettext("late")
    else:
        state, text, word = (
            ("soon" if left < 30 * 60 else "calm"),
            gettext("in %(span)s") % {"span": short_span(left)},
            "",
        )
    return format_html(
        '<time class="clock {} {}" datetime="{}" data-clock><span data-clock-text>{}</span>'
        '<span class="clock-word" data-clock-word>{}</span></time>',
        state,
        css,
        due_at.astimezone(UTC).isoformat(),
        text,
        word,
    )


@register.simple_tag(takes_context=True)
def ago(context: template.Context, at: datetime | None) -> SafeString | str:
    """ "4 minutes ago", with the exact time for machines and, by JavaScript, on hover in the reader's zone."""
    if at is None:
        return ""
    return format_html(
        '<time datetime="{}" data-ago>{}</time>', at.astimezone(UTC).isoformat(), naturaltime(at)
    )


@register.simple_tag(takes_context=True)
def moment(context: template.Context, at: datetime | None) -> SafeString | str:
    """“tomorrow at 09:00”, in the organisation's own zone; the exact time for machines."""
    if at is None:
        return ""
    request = context.get("request")
    hours = organisation_of(request).hours if request is not None else {}
    zone = zone_of(str((hours or {}).get("zone", "UTC")))
    here, today = at.astimezone(zone), _now(context).astimezone(zone).date()
    values = {"time": date_format(here, "H:i"), "day": date_format(here, "l j F")}
    if here.date() == today:
        text = gettext("today at %(time)s") % values
    elif here.date() == today + timedelta(days=1):
        text = gettext("tomorrow at %(time)s") % values
    else:
        text = gettext("%(day)s at %(time)s") % values
    return format_html('<time datetime="{}">{}</time>', at.astimezone(UTC).isoformat(), text)


@register.simple_tag
def event_line(event: Any) -> str:
    """What one event of the trail says."""
    return labels.event_text(event.kind, str(event.actor or ""), event.data or {})


@register.simple_tag
def posts_to(name: str, *args: object) -> SafeString:
    """The attributes of a form that acts: a plain POST, or by htmx a POST whose answer says itself what to swap."""
    return format_html('method="post" action="{0}" hx-post="{0}" hx-swap="none"', reverse(name, args=args))


@register.filter
def person(author: Any) -> str:
    """What an outside person is called."""
    return str(author.name or author.handle)


@register.filter
def handle(author: Any) -> str:
    """Their handle with one @, where it is not an address already."""
    return (
        author.handle if author.handle.startswith(("@", "http")) or not author.handle else f"@{author.handle}"
    )


@register.filter
def network(name: str) -> str:
    """What a network is called: its own name, or ours for it in the reader's language."""
    called = _network(name)
    return str(labels.NETWORKS.get(called, called))


@cache
def _network(name: str) -> str:
    traits = accounts.traits_of_network(name)
    return traits.label if traits else str(name).replace("_", " ").capitalize()


@register.filter
def last_text(versions: Sequence[Any]) -> str:
    """The last words of a post that has none now."""
    return next((each.text for each in reversed(versions) if each.text), "")


@register.filter
def from_english(text: str) -> str:
    """A connector's own words, in the reader's language where a catalogue has them."""
    return gettext(text) if text else ""


@register.filter
def preview(raw: bytes | memoryview) -> SafeString:
    """The beginning of bytes that could not be read, as text."""
    return visible(bytes(raw)[:4000].decode("utf-8", "replace"))


@register.filter
def topic(name: str) -> str:
    """A topic as people read it: the desk's own word, in the reader's language where the catalogue has it."""
    words = str(name).replace("_", " ").capitalize()
    return gettext(words) if words else ""


@register.simple_tag(takes_context=True)
def age(context: template.Context, at: datetime | None) -> SafeString | str:
    """How long ago, in one figure: "16 min"."""
    if at is None:
        return ""
    seconds = max(0.0, (_now(context) - at).total_seconds())
    return format_html(
        '<time datetime="{}" data-age>{}</time>', at.astimezone(UTC).isoformat(), short_span(seconds)
    )


@register.simple_tag(takes_context=True)
def countdown(context: template.Context, until: datetime) -> SafeString:
    """Whole seconds left; the page's JavaScript counts on."""
    left = max(0, round((until - _now(context)).total_seconds()))
    return format_html('<span data-until="{}">{}</span>', until.astimezone(UTC).isoformat(), left)


@register.filter
def after(text: str, title: str) -> str:
    """What `text` says beyond the title that was cut from it."""
    beginning = str(title).rstrip("…")
    rest = text[len(beginning) :].strip() if text.startswith(beginning) else text
    return f"…{rest}" if rest and str(title).endswith("…") and rest != text else rest


@register.filter
def iso(at: datetime | None) -> str:
    return at.astimezone(UTC).isoformat() if at else ""


@register.filter
def get(table: Mapping[Any, Any] | None, key: object) -> object:
    return (table or {}).get(key, "")


@register.filter
def percent(part: object, whole: object) -> int:
    """`part` of `whole` in whole percents, 0 to 100."""
    try:
        return max(0, min(100, round(100 * float(part) / float(whole))))  # type: ignore[arg-type]
    except (TypeError, ValueError, ZeroDivisionError):
        return 0


@register.filter
def short_digest(digest: str) -> str:
    return f"{digest[:8]}…{digest[-4:]}" if len(digest) > 14 else digest


@register.filter
def in_bdi(name: str) -> SafeString:
    """A stranger's name: its direction stays its own."""
    return format_html("<bdi>{}</bdi>", visible(name))


def _now(context: template.Context) -> datetime:
    request = context.get("request")
    return getattr(request, "now", None) or datetime.now(UTC)


@register.filter
def between(share: Any) -> str:
    """A share with its interval, in words: "between 81 and 94 of 100". `share` has hits and n, or a version's figures."""
    low, high, n = (
        (share.get("low", 0), share.get("high", 1), share.get("n", 0))
        if isinstance(share, Mapping)
        else (share.low, share.high, share.n)
    )
    if not n:
        return gettext("nothing to measure on")
    return gettext("between %(low)s and %(high)s of 100") % {
        "low": round(100 * low),
        "high": round(100 * high),
    }


@register.filter
def hundred(part: object) -> str:
    """A part of 1 as a whole number of 100; "–" for none."""
    return str(round(100 * part)) if isinstance(part, float | int) else "–"


@register.filter
def hundredths(part: object) -> str:
    """A figure from −1 to 1 with two digits, such as a kappa."""
    return f"{part:.2f}".replace("-", "−") if isinstance(part, float | int) else "–"


@register.filter
def is_so(table: Any, is_: str) -> list[tuple[str, int]]:
    """A row of a confusion table: what was said of the posts that are so, and how often."""
    return [(said, table.counts.get((is_, said), 0)) for said in table.said]


@register.filter
def more_labels(n: int | None) -> str:
    """How many more labels a figure needs, in words."""
    if n is None:
        return gettext("cannot be told yet")
    return ngettext("%(n)s more", "%(n)s more", n) % {"n": n} if n else gettext("enough")


@register.filter
def in_order(values: Iterable[Any]) -> list[Any]:
    """The same on every page, also of a set."""
    return sorted(values, key=str)


@register.filter
def title_in(play: Any, language: str) -> str:
    """What a play is called in the reader's language."""
    return str(play.title(language))


@register.filter
def opening_in(play: Any, language: str) -> str:
    """How a play may begin, in the reader's language."""
    return str(play.opening(language))
