"""What an entry says, whatever its format → a `Mention`."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from hashlib import sha256
from html import unescape
from urllib.parse import unquote, urljoin, urlsplit

from amends.connectors.dates import moment
from amends.connectors.feed.parse import Entry, Piece
from amends.connectors.feed.plain import plain, tidy
from amends.core.mention import Author, Change, Mention, Unreadable
from amends.core.say import say
from amends.core.text import storable

#: An id or address longer than this is replaced by its digest, or dropped: the places that keep them are not endless.
LONGEST_ID = 500
LONGEST_ADDRESS = 2_000
_LONGEST_NAME = 200
_LONGEST_TITLE = 1_000

_GOOGLE = re.compile(r"(?:www\.)?google\.[a-z]{2,3}(?:\.[a-z]{2})?")
_TARGET = re.compile(r"(?:^|&)(?:url|q)=")
#: Google's own parameters after the target; an unescaped target may hold “&” of its own.
_AFTER_TARGET = re.compile(r"&(?:ct|cd|usg|sa|ved|rct|ei|opi|source)=")
_MAIL_NAME = re.compile(r"[^\s()<>@]{1,64}@[^\s()<>]{1,255}\s{0,9}\(([^()]{1,200})\)")
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(?:[-_][A-Za-z0-9]{1,8}){0,4}")
_ALERT = "tag:google.com,2013:googlealerts/"


@dataclass(frozen=True, kw_only=True)
class Words:
    """The fields of one entry as text, HTML already plain."""

    remote_id: str = ""
    links: tuple[str, ...] = ()
    """The first that is a web address counts."""
    title: str = ""
    text: str = ""
    author: str = ""
    author_url: str = ""
    published: str = ""
    updated: str = ""
    language: str = ""
    in_reply_to: str = ""


def mention_of_entry(entry: Entry, network: str, base: str) -> Mention | Unreadable:
    """The mention of an RSS or Atom entry. `base` is the feed's address, for relative links."""
    if entry.name == "at:deleted-entry":
        return _deleted(entry, network)
    read = _rss if entry.kind == "rss" else _atom
    return mention_of(read(entry), raw=entry.raw, number=entry.number, network=network, base=base)


def mention_of(words: Words, *, raw: bytes, number: int, network: str, base: str) -> Mention | Unreadable:
    """The mention of an entry; `Unreadable` when it says nothing at all."""
    link = target(next((web for each in words.links if (web := _web(each, base))), ""))
    text, title = words.text, words.title[:_LONGEST_TITLE]
    if words.remote_id.startswith(_ALERT):
        # Google Alerts escape twice: “&amp;amp;nbsp;” in the XML.
        text, title = tidy(unescape(text)), tidy(unescape(title))
    if not (text or title or link):
        return Unreadable(
            raw=raw, where=f"entry {number}", why=say("This entry has no title, no text and no link.")
        )
    digest = sha256(raw).hexdigest()
    host = urlsplit(link or base).hostname or ""
    name = " ".join(words.author.split())[:_LONGEST_NAME]
    return Mention(
        network=network,
        remote_id=short_id(words.remote_id.strip() or link or _made_id(words)),
        author=Author(
            network=network,
            # A name alone is no identity: two sites have a “Maria” each.
            remote_id=short_id(_web(words.author_url, base) or (f"{host}/{name}" if name else host)),
            handle=storable(name or host),
            name=storable(name),
        ),
        title=storable(title),
        text=storable(text or title or link),
        url=storable(link),
        posted_at=moment(words.published) or moment(words.updated),
        revision=short_id(words.updated.strip()) or digest,
        languages=(words.language.replace("_", "-"),) if _LANGUAGE.fullmatch(words.language) else (),
        in_reply_to=short_id(words.in_reply_to.strip()),
        thread_id=short_id(words.in_reply_to.strip()),
        raw=raw,
    )


def apart(found: list[Mention | Unreadable]) -> list[Mention | Unreadable]:
    """`found` with ids that are apart. Some feeds give every entry one and the same id; then the link, else the words,
    tell entries from each other. An entry that is there twice in all it says is left out once."""
    seen: dict[str, set[str]] = {}
    for each in found:
        if isinstance(each, Mention) and each.change is Change.SAID:
            seen.setdefault(each.remote_id, set()).add(f"{each.url}\n{each.title}")
    shared = {remote_id for remote_id, ways in seen.items() if len(ways) > 1}
    told: set[tuple[str, str]] = set()
    kept: list[Mention | Unreadable] = []
    for each in found:
        if isinstance(each, Mention):
            if each.remote_id in shared and each.change is Change.SAID:
                own = sha256(f"{each.url}\n{each.title}".encode()).hexdigest()[:16]
                each = replace(each, remote_id=short_id(f"{each.remote_id}#{own}"))
            if (each.remote_id, each.text) in told:
                continue
            told.add((each.remote_id, each.text))
        kept.append(each)
    return kept


def target(link: str) -> str:
    """Where a Google redirect leads (`https://www.google.com/url?…&url=TARGET&…`, also `q=`); other links as they
    are. TARGET may be percent-encoded or not at all."""
    parts = urlsplit(link)
    if parts.path != "/url" or not _GOOGLE.fullmatch((parts.hostname or "").lower()):
        return link
    query = parts.query + (f"#{parts.fragment}" if parts.fragment else "")
    if not (begin := _TARGET.search(query)):
        return link
    found = query[begin.end() :]
    if "://" in found.split("&", 1)[0]:
        after = _AFTER_TARGET.search(found)
        found = found[: after.start()] if after else found
    else:
        found = unquote(found.split("&", 1)[0])
    return _web(found, "") or link


def short_id(text: str) -> str:
    """`text` itself, or its SHA-256 where it is too long to be an id."""
    text = storable(text)
    return text if len(text) <= LONGEST_ID else "sha256:" + sha256(text.encode()).hexdigest()


def _made_id(words: Words) -> str:
    # Without id and link only the words are left; the title changes less often than the text.
    said = f"{words.title}\n{words.published}" if words.title else words.text
    return "sha256:" + sha256(storable(said).encode()).hexdigest()


def _web(link: str, base: str) -> str:
    """`link` if it is (or, relative to `base`, becomes) an http address that can be kept; else ""."""
    link = "".join(link.split())
    if not link or len(link) > LONGEST_ADDRESS:
        return ""
    try:
        whole = urljoin(base, link) if base else link
        parts = urlsplit(whole)
        return whole if parts.scheme in ("http", "https") and parts.hostname else ""
    except ValueError:
        return ""


def _rss(entry: Entry) -> Words:
    first = _firsts(entry)
    described = next(
        (
            first[each]
            for each in ("content:encoded", "description", "summary", "media:description")
            if first.get(each)
        ),
        "",
    )
    guid = first.get("guid", "")
    author = first.get("dc:creator", "") or first.get("author", "")
    named = _MAIL_NAME.fullmatch(author.strip())
    return Words(
        remote_id=guid or entry.attributes.get(_ABOUT, ""),
        links=(
            first.get("link", ""),
            _href(entry),
            _permalink(entry, guid),
            entry.attributes.get(_ABOUT, ""),
        ),
        title=plain(first.get("title", "") or first.get("dc:title", "")),
        text=plain(described),
        author=plain(named[1] if named else author),
        published=first.get("pubDate", "") or first.get("dc:date", "") or first.get("published", ""),
        updated=first.get("updated", ""),
        language=first.get("dc:language", "").strip() or entry.language.strip(),
        in_reply_to=_reference(entry),
    )


_ABOUT = "http://www.w3.org/1999/02/22-rdf-syntax-ns# about"
_LANG = "http://www.w3.org/XML/1998/namespace lang"


def _atom(entry: Entry) -> Words:
    first = _firsts(entry)
    told = next(
        (
            words
            for name in ("content", "summary", "media:description")
            for piece in entry.pieces
            if piece.path[-1] == name
            and piece.path[0] in (name, "media:group")
            and (words := _construct(piece))
        ),
        "",
    )
    titles = (_construct(piece) for piece in entry.pieces if piece.path == ("title",))
    return Words(
        remote_id=first.get("id", ""),
        links=(_href(entry), first.get("link", "")),
        title=next(titles, ""),
        text=told,
        author=first.get("author/name", "") or first.get("dc:creator", ""),
        author_url=first.get("author/uri", "") or first.get("author/url", ""),
        published=first.get("published", "") or first.get("issued", "") or first.get("dc:date", ""),
        updated=first.get("updated", "") or first.get("modified", ""),
        language=(entry.attributes.get(_LANG, "") or entry.language).strip(),
        in_reply_to=_reference(entry),
    )


def _construct(piece: Piece) -> str:
    """RFC 4287 §3.1: text, html or xhtml (whose markup expat has taken off already)."""
    kind = piece.attributes.get("type", "text").strip().lower()
    return plain(piece.text) if "html" in kind and "xhtml" not in kind else tidy(piece.text)


def _firsts(entry: Entry) -> dict[str, str]:
    """The first non-empty text of each element, by its path."""
    first: dict[str, str] = {}
    for piece in entry.pieces:
        if text := piece.text.strip():
            first.setdefault("/".join(piece.path), text)
    return first


def _href(entry: Entry) -> str:
    links = [
        piece.attributes for piece in entry.pieces if piece.path == ("link",) and piece.attributes.get("href")
    ]
    proper = [each for each in links if each.get("rel", "alternate") == "alternate"]
    return next((each["href"] for each in proper or links), "")


def _permalink(entry: Entry, guid: str) -> str:
    for piece in entry.pieces:
        if piece.path == ("guid",):
            is_link = piece.attributes.get("isPermaLink", "true") != "false"
            return guid if is_link and guid.startswith(("http://", "https://")) else ""
    return ""


def _reference(entry: Entry) -> str:
    """RFC 4685: the entry that this one answers."""
    return next(
        (
            each.attributes["ref"]
            for each in entry.pieces
            if each.path == ("thr:in-reply-to",) and "ref" in each.attributes
        ),
        "",
    )


def _deleted(entry: Entry, network: str) -> Mention | Unreadable:
    """RFC 6721: the feed says that an entry is gone."""
    if not (gone := entry.attributes.get("ref", "").strip()):
        return Unreadable(
            raw=entry.raw,
            where=f"entry {entry.number}",
            why=say("This entry says that one was deleted, not which."),
        )
    return Mention(
        network=network,
        remote_id=short_id(gone),
        author=Author(network=network, remote_id="", handle=""),
        text="",
        raw=entry.raw,
        change=Change.DELETED,
        posted_at=moment(entry.attributes.get("when", "")),
    )
