"""The HTML of a post → the words that a reader sees, with every link's true address. One pass, linear in its input.

Servers clean the HTML (https://docs.joinmastodon.org/spec/activitypub/#sanitization), some better than others: what
comes out of here is text and is shown as text.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from html import unescape
from urllib.parse import urlsplit

from amends.core.text import storable

#: Characters of HTML that are read; a server with the longest posts allows about 100,000. The raw bytes keep all.
LONGEST_HTML = 400_000

_TAG = re.compile(r"<!--.*?-->|<(/?)([a-zA-Z][a-zA-Z0-9-]*+)([^<>]*+)>", re.DOTALL)
_HREF = re.compile(r"""(?:^|[\s"'])href\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+))""", re.IGNORECASE)
_OWN_LINE = frozenset("blockquote div figure h1 h2 h3 h4 h5 h6 hr ol p pre section table tr ul".split())
_SILENT = frozenset("script style template iframe object svg".split())
_EMPTY_LINES = re.compile(r"\n{3,}")


def plain(html: str, names: Mapping[str, str] | None = None) -> str:
    """What a person would read of `html`. `names`: the address of an account's page → its name (`ana@far.example`)."""
    names = names or {}
    done: list[str] = []  # what stands before an open link
    link: list[str] | None = None  # the words of the open link
    href, silent, at = "", "", 0
    html = html[:LONGEST_HTML]
    if "<!--" in html and "-->" not in html[html.rfind("<!--") :]:
        html = html.replace(
            "<!--", "<"
        )  # one that never ends would be looked for from each of its beginnings
    for tag in _TAG.finditer(html):
        words, at = html[at : tag.start()], tag.end()
        closes, name = bool(tag[1]), (tag[2] or "").lower()
        if silent:
            silent = "" if closes and name == silent else silent
            continue
        out = done if link is None else link
        out.append(unescape(words))
        if name == "a":
            if link is not None:
                done.append(_linked("".join(link), href, names))
                link = None
            if not closes:
                link, href = [], _href(tag[3])
        elif name == "br":
            out.append("\n")
        elif name == "li" and not closes:
            out.append("\n- ")
        elif name in _OWN_LINE:
            out.append("\n")
        elif name in _SILENT and not closes and not tag[3].endswith("/"):
            silent = name
    if not silent:
        (done if link is None else link).append(unescape(html[at:]))
    if link is not None:
        done.append(_linked("".join(link), href, names))
    return _tidy(storable("".join(done)))


def _href(attributes: str) -> str:
    found = _HREF.search(attributes)
    return unescape(next((each for each in found.groups() if each), "")).strip() if found else ""


def _linked(words: str, href: str, names: Mapping[str, str]) -> str:
    """A link as words: an account by its full name, a shortened address in full, and where words hide another
    address, that address behind them."""
    shown = words.strip()
    if shown.startswith("@") and (name := names.get(href)):
        return words.replace(shown, f"@{name}", 1)
    if not shown or shown.startswith(("@", "#")) or not is_web(href):
        return words
    bare = _bare(shown.rstrip("…"))
    if bare and " " not in bare and _bare(href).startswith(bare):
        return words.replace(shown, href, 1)
    return f"{words} ({href})"


def is_web(address: str) -> bool:
    """Whether it is an address that a browser opens as a page."""
    try:
        url = urlsplit(address)
    except ValueError:
        return False
    return (
        url.scheme in ("http", "https") and bool(url.netloc) and address.isprintable() and " " not in address
    )


def _bare(address: str) -> str:
    return re.sub(r"^https?://(www\.)?", "", address.casefold()).rstrip("/")


def _tidy(text: str) -> str:
    """No space at the ends of lines, at most one empty line between two; spaces inside a line are the author's."""
    lines = (line.strip(" \t\r\f\v\xa0") for line in text.replace("\r\n", "\n").split("\n"))
    return _EMPTY_LINES.sub("\n\n", "\n".join(lines)).strip()
