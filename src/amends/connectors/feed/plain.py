"""HTML → plain text. One pass, linear in the length of its input whatever that is.

Not `nh3`: it gives HTML, and it builds a tree that took 0.9 s for 20,000 nested `<div>` (100 kB) here, four times that
for twice as many. Not `html.parser`: 3.11's has quadratic corners too. What comes out of here is shown as text and
escaped by the templates, so nothing depends on reading a tag exactly as a browser would.
"""

from __future__ import annotations

import re
from html import unescape

#: Characters of text that are kept of one entry; its raw bytes keep all.
LONGEST_TEXT = 100_000

BLOCKS = frozenset(
    [
        "address",
        "article",
        "aside",
        "blockquote",
        "br",
        "dd",
        "div",
        "dl",
        "dt",
        "figcaption",
        "figure",
        "footer",
        "form",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "header",
        "hr",
        "li",
        "main",
        "nav",
        "ol",
        "p",
        "pre",
        "section",
        "table",
        "td",
        "th",
        "tr",
        "ul",
    ]
)
_SILENT = frozenset({"script", "style", "template", "noscript", "iframe", "object", "svg", "head"})
_NAME = re.compile(r"/?([a-zA-Z][a-zA-Z0-9]*)")
#: Only a quote after “=” opens a quoted value; “<p don't>” has none.
_STOP = re.compile(r"""=[ \t\r\n]*(["'])|>""")


def plain(html: str) -> str:
    """What a person would read of `html`: blocks on lines of their own, no scripts, entities as characters."""
    parts: list[str] = []
    unclosed: set[str] = set()
    at = 0
    while (opened := html.find("<", at)) >= 0:
        parts.append(unescape(html[at:opened]))
        if html.startswith("<!--", opened):
            at = _after(html, "-->", opened + 4)
        elif html.startswith("<![CDATA[", opened):
            end = html.find("]]>", opened)
            end = len(html) if end < 0 else end
            parts.append(html[opened + 9 : end])
            at = end + 3
        elif html.startswith(("<!", "<?"), opened):
            at = _after(html, ">", opened)
        elif not (name := _NAME.match(html, opened + 1)):
            parts.append("<")
            at = opened + 1
        elif (end := _tag_end(html, name.end(), unclosed)) < 0:
            # A tag that never ends: what follows may be words, so it stays.
            parts.append(html[opened:])
            at = len(html)
        else:
            at = end
            tag = name[1].lower()
            if tag in BLOCKS:
                parts.append("\n")
            if tag in _SILENT and html[opened + 1] != "/" and html[end - 2] != "/":
                closing = re.compile(rf"</{tag}", re.IGNORECASE).search(html, end)
                at = closing.start() if closing else len(html)
    parts.append(unescape(html[at:]))
    return tidy("".join(parts))


def tidy(text: str) -> str:
    """`text` with single spaces, no space around lines, at most one empty line between two, and no longer than
    `LONGEST_TEXT`."""
    lines: list[str] = []
    for line in text[: LONGEST_TEXT * 4].split("\n"):
        line = " ".join(line.split())
        if line or (lines and lines[-1]):
            lines.append(line)
    tidied = "\n".join(lines).strip()
    return tidied if len(tidied) <= LONGEST_TEXT else tidied[: LONGEST_TEXT - 1] + "…"


def _after(html: str, sign: str, at: int) -> int:
    end = html.find(sign, at)
    return len(html) if end < 0 else end + len(sign)


def _tag_end(html: str, at: int, unclosed: set[str]) -> int:
    """The offset after the “>” of a tag, quoted values respected; -1 when it has none.

    `unclosed` remembers the quotes that do not come again, so that not every tag looks for them to the end.
    """
    while stop := _STOP.search(html, at):
        quote = stop[1]
        if quote is None:
            return stop.end()
        end = -1 if quote in unclosed else html.find(quote, stop.end())
        if end < 0:
            unclosed.add(quote)
        at = stop.end() if end < 0 else end + 1
    return -1
