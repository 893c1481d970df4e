"""Where links lead, and the tricks that hide it (Unicode Technical Report 36; RFC 3986, 7.6)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from amends.core.say import Said, say
from amends.core.text import fold
from amends.reply.phrases import Reading, Span, overlap
from amends.reply.private import Ours

_TAIL = ".,;:!?'\")]}…"
#: An address without “https://” is one where it ends like one; names of files and “word.Word” do not.
_BARE = re.compile(
    r"(?<![\w.@/:+-])(?:[\w-]{1,63}\.){1,4}"
    r"(?:com|net|org|info|biz|io|co|app|shop|store|online|site|xyz|top|click|link|live|me|ly|gl|gd|cc|tv|eu|uk|fr|ro|de|es|it|be|ch|nl|"
    r"md|ru|us|ca|au|test|example)(?::\d{1,5})?(?:[/?#][^\s<>\"]{0,500})?(?![\w@])"
)
_USER = re.compile(r"^[^/?#]*@")
_ADDRESS = re.compile(r"(?:\d{1,10}|0x[0-9a-f]+|\d{1,3}(?:\.\d{1,3}){3}|\[[0-9a-f:.]+\])")
#: Letters of other scripts, and rows of Latin ones, that look like Latin ones.
_LOOKS = str.maketrans(
    {
        "а": "a", "е": "e", "с": "c", "о": "o", "р": "p", "х": "x", "у": "y", "і": "l", "ј": "j", "ѕ": "s", "ԁ": "d", "һ": "h",
        "к": "k", "м": "m", "т": "t", "в": "b", "н": "h", "α": "a", "ο": "o", "ρ": "p", "ν": "v", "ι": "l", "κ": "k", "τ": "t",
        "0": "o", "1": "l", "3": "e", "4": "a", "5": "s", "7": "t", "i": "l",
    }
)  # fmt: skip
_PAIRS = (("rn", "m"), ("vv", "w"), ("cl", "d"))
#: Letters at the end of a name that tell a country, where they follow “co”, “com” …
_SECOND_LEVEL = frozenset({"co", "com", "org", "net", "gov", "ac", "edu"})


@dataclass(frozen=True, kw_only=True)
class Host:
    """A link's host in a draft."""

    span: Span
    """Of the whole link, in the draft as it was given."""
    link: str
    """Folded."""
    name: str
    """Folded, without user, port and “www.”."""
    written: str
    """As it was typed."""
    has_user: bool = False


def hosts_in(reading: Reading) -> Iterator[Host]:
    """The links of a draft, with “https://” and without."""
    links = [_trimmed(reading.folded, span) for span in reading.links]
    bare = [found.span() for found in _BARE.finditer(reading.folded)]
    links += [
        _trimmed(reading.folded, span) for span in bare if not any(overlap(span, link) for link in links)
    ]
    for start, end in sorted(links):
        link = reading.folded[start:end]
        if not (name := host_of(link)):
            continue
        begin, stop = reading.original((start, end))
        yield Host(
            span=(begin, stop),
            link=link,
            name=name,
            written=reading.text[begin:stop],
            has_user=_USER.match(_without_scheme(link)) is not None,
        )


def host_of(link: str) -> str:
    """The host of a folded link; "" where there is none."""
    rest = _USER.sub("", _without_scheme(link))
    host = re.split(r"[/?#\\]", rest, maxsplit=1)[0]
    host = re.sub(r":\d*$", "", host) if not host.startswith("[") else host
    return host.removeprefix("www.").strip(".")


def is_known(host: Host, ours: Ours) -> bool:
    """Whether it leads to one of ours: the same page or below it, or below the same name."""
    if host.has_user or not _is_plain(host):
        return False
    sites = [link for link in ours.links() if "/" not in link]
    return ours.has_link(host.link) or any(
        host.name == site or host.name.endswith("." + site) for site in sites
    )


def trick_of(host: Host, own: Sequence[str]) -> Said | None:
    """Why the link hides where it leads; None where it does not."""
    if host.has_user:
        return say(
            "What stands before the @ is not where the link leads: it leads to {host}.", host=host.name[:80]
        )
    if _ADDRESS.fullmatch(host.name):
        return say("This link leads to a bare number: nobody can see whose it is.")
    if "xn--" in host.name:
        return say("The name of this site is written in code: it can look like another one.")
    if not _is_plain(host) and (
        _is_mixed(host.written) or any(_likeness(host.name) == _likeness(one) for one in own)
    ):
        return say("The name of this site has letters that look like others.")
    for one in own:
        if host.name == one or _name(host.name) == _name(one):
            continue
        if host.name.startswith(one + ".") or f".{one}." in host.name:
            return say("This begins like our own address and leads to another: {host}.", host=host.name[:80])
        mine, theirs = _name(one), _name(host.name)
        if len(mine) >= 6 and (_likeness(mine) == _likeness(theirs) or _is_one_off(mine, theirs)):
            return say("{host} looks like {ours} and is not.", host=host.name[:80], ours=one)
    return None


def _without_scheme(link: str) -> str:
    return re.sub(r"^https?:/{0,4}", "", link)


def _trimmed(folded: str, span: Span) -> Span:
    start, end = span
    return start, start + len(folded[start:end].rstrip(_TAIL))


def _is_plain(host: Host) -> bool:
    return _site_part(host.written).isascii()


def _site_part(written: str) -> str:
    return re.split(r"[/?#\\]", re.sub(r"^https?:/{0,4}", "", written, flags=re.IGNORECASE), maxsplit=1)[0]


def _is_mixed(written: str) -> bool:
    """Latin letters and letters of another script in one name."""
    for label in _site_part(written).split("."):
        letters = fold("".join(filter(str.isalpha, label)))
        if letters and not letters.isascii() and any(letter.isascii() for letter in letters):
            return True
    return False


def _likeness(name: str) -> str:
    looks = name.translate(_LOOKS)
    for pair, one in _PAIRS:
        looks = looks.replace(pair, one)
    return looks.replace("-", "")


def _name(host: str) -> str:
    """The part of a host that people know: shop of www.shop.co.uk."""
    labels = host.split(".")
    if len(labels) > 2 and labels[-2] in _SECOND_LEVEL:
        return labels[-3]
    return labels[-2] if len(labels) > 1 else host


def _is_one_off(one: str, other: str) -> bool:
    """Whether one letter was added, left out, changed, or two beside each other changed places."""
    if one == other or abs(len(one) - len(other)) > 1:
        return False
    short, long = sorted((one, other), key=len)
    at = next((at for at, (a, b) in enumerate(zip(short, long, strict=False)) if a != b), len(short))
    if len(short) < len(long):
        return short[at:] == long[at + 1 :]
    rest = short[at + 1 :] == long[at + 1 :]
    swapped = short[at : at + 2] == long[at : at + 2][::-1] and short[at + 2 :] == long[at + 2 :]
    return rest or swapped
