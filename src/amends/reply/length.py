"""How networks count the length of a text."""

from __future__ import annotations

from collections.abc import Callable

import regex

_GRAPHEME = regex.compile(r"\X")
_LINK = regex.compile(r"(?<![\w@/])https?://[^\s<>\"]+", regex.IGNORECASE)
_LINK_TAIL = ".,;:!?'”’»)]}…"
_REMOTE_NAME = regex.compile(
    r"(?<![\w=/@])(@[a-z0-9_](?:[a-z0-9_.-]{0,62}[a-z0-9_])?)@[\w.-]{0,252}\w", regex.IGNORECASE
)

#: https://docs.joinmastodon.org/user/posting/#links
MASTODON_LINK = 23
#: A post of Bluesky may have 300 graphemes and 3000 bytes: app.bsky.feed.post, maxGraphemes and maxLength.
BLUESKY_BYTES_PER_GRAPHEME = 10


def plain(text: str) -> int:
    """Code points."""
    return len(text)


def graphemes(text: str) -> int:
    """What a reader sees as one character counts once (Unicode's extended grapheme clusters)."""
    if text.isascii() and "\r" not in text:
        return len(text)
    return len(_GRAPHEME.findall(text))


def bluesky_length(text: str) -> int:
    """Graphemes, or a tenth of the UTF-8 bytes where that is more: one number that keeps both of Bluesky's limits."""
    size = len(text.encode("utf-8", "surrogatepass"))
    return max(graphemes(text), -(-size // BLUESKY_BYTES_PER_GRAPHEME))


def mastodon_length(text: str) -> int:
    """Graphemes; every link counts 23, and of @name@server only @name
    (https://docs.joinmastodon.org/user/posting/)."""
    return graphemes(_REMOTE_NAME.sub(r"\1", _LINK.sub(_as_counted, text)))


def _as_counted(link: regex.Match[str]) -> str:
    found: str = link.group()
    bare = found.rstrip(_LINK_TAIL)
    return "x" * MASTODON_LINK + found[len(bare) :]


COUNTERS: dict[str, Callable[[str], int]] = {"bluesky": bluesky_length, "mastodon": mastodon_length}
"""By network; any other counts `plain`."""
