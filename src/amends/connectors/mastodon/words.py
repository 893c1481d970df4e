"""The words of our own replies: whom they name, how long they are there, and whether a post says them."""

from __future__ import annotations

import re
import unicodedata

from amends.connectors.base import Limits
from amends.connectors.mastodon.server import LINK_LENGTH
from amends.reply.length import mastodon_length

#: As Mastodon finds accounts in a text (app/models/account.rb, MENTION_RE), without its look at letters of all scripts.
_NAME = re.compile(r"(?<![\w=/@])@([A-Za-z0-9_]+(?:[A-Za-z0-9_.-]*[A-Za-z0-9_])?)(?:@([\w-]+(?:\.[\w-]+)*))?")
_NAMES_IN_FRONT = re.compile(rf"\s*(?:{_NAME.pattern}\s+)+")
_LINK = re.compile(r"(?<![\w@/])https?://[^\s<>\"]+", re.IGNORECASE)


def length(text: str, limits: Limits) -> int:
    """How long `text` is on a server with these limits: every link counts the same, of @name@server only @name."""
    link = LINK_LENGTH if limits.link is None else limits.link
    return mastodon_length(text) + (link - LINK_LENGTH) * len(_LINK.findall(text))


#: How much of a link Mastodon's pages show (app/lib/text_formatter.rb, `link_to_url`).
LINK_SHOWN = 30


def shown_link(link: str) -> str:
    """A link as Mastodon's pages show it: without its scheme, and cut off."""
    bare = re.sub(r"^https?://(?:www\.)?", "", link, flags=re.IGNORECASE)
    return bare if len(bare) <= LINK_SHOWN else f"{bare[:LINK_SHOWN]}…"


def names(text: str) -> set[str]:
    """The accounts that `text` names, in small letters: `ana`, `ana@far.example`."""
    return {"@".join(part for part in found.groups() if part).casefold() for found in _NAME.finditer(text)}


def addressed(text: str, acct: str, host: str) -> str:
    """`text`, with the author of the answered post named in front unless it names them: Mastodon tells nobody of a
    reply, and shows a private one to nobody, but those whom its text names. `acct`: as our server `host` calls them."""
    if not acct:
        return text
    forms = {acct.casefold()}
    if "@" not in acct:
        forms.add(f"{acct}@{host}".casefold())
    return text if forms & names(text) else f"@{acct} {text}"


def says(shown: str, text: str) -> bool:
    """Whether a post that reads `shown` is ours that says `text`, with or without the names in front, and however
    the server writes names and empty lines."""
    return _canonical(shown) == _canonical(text)


def _canonical(text: str) -> str:
    text = unicodedata.normalize("NFC", text)
    front = _NAMES_IN_FRONT.match(text)
    body = text[front.end() :] if front else text
    return " ".join(_NAME.sub(lambda found: "@" + found[1].casefold(), body).split())
