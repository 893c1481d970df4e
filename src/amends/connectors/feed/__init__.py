"""Web feeds: RSS 0.9x, 1.0 and 2.0, Atom 0.3 and 1.0, JSON Feed. Google Alerts among them (L2), with links led to their
real address.

Why not feedparser, which is well kept: it does not keep the bytes of an entry (and evidence is bytes first), gives no
limit on depth, and falls back to a loose parser that guesses at broken XML where we quarantine what is broken and read
on after it. Why expat and not defusedxml's wrappers of it: they hide the byte offsets. The refusals are the same and a
little stricter: a feed with an internal DTD is not read at all. See `parse`.

A mention's `raw` is the exact bytes of its element; in a page whose charset cannot be re-encoded the same way, that
element as UTF-8. `Page.raw` is the exact body with gzip undone.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any, ClassVar
from urllib.parse import urljoin

import httpx

from amends.connectors import http
from amends.connectors.base import CONTRACT, NeedsAttention, Page, Resend, Traits, setting
from amends.connectors.feed.address import Resolve, system_resolve
from amends.connectors.feed.decode import decode
from amends.connectors.feed.download import LONGEST_BODY, TIME_LIMIT, download
from amends.connectors.feed.fields import apart, mention_of_entry
from amends.connectors.feed.jsonfeed import read_json
from amends.connectors.feed.parse import Entry, entries, is_web_page
from amends.core.mention import Mention, Unreadable
from amends.core.say import Said, say, say_many

__all__ = ["Feed", "FeedSettings"]

_LINK = re.compile(r"<link\b[^>]{0,2000}>", re.IGNORECASE)
_HREF = re.compile(r"""\bhref\s{0,9}=\s{0,9}["']([^"']{1,1000})["']""", re.IGNORECASE)
_FEED_TYPE = re.compile(r"application/(?:rss\+xml|atom\+xml|feed\+json)", re.IGNORECASE)
#: A web page names its feeds in its head.
_HEAD = 200_000
_ACCEPT = "application/atom+xml, application/rss+xml, application/feed+json, application/xml;q=0.9, */*;q=0.5"


@dataclass(frozen=True, kw_only=True)
class FeedSettings:
    url: str = setting(
        "Address of the feed",
        "For example the address behind the feed symbol of a Google Alert, or a blog's /feed/.",
    )
    network_name: str = setting(
        "Name of the network",
        "Lower-case letters; give one of its own to a feed whose entries are numbered 1, 2, 3.",
        default="feed",
    )


class Feed:
    """Reads one feed. It can only listen: nobody can be answered through a feed.

    Tools: `client` (an `httpx.Client`), `resolve` (host, port → addresses), `allow_private` (feeds inside the own
    network), `now`, `limit` (bytes of a body), `time_limit`.
    """

    contract: ClassVar[int] = CONTRACT
    traits: ClassVar[Traits] = Traits(
        name="feed",
        label="Web feed",
        resend=Resend.BY_PERSON,
        poll_every=timedelta(minutes=10),
    )
    settings: ClassVar[type] = FeedSettings

    def __init__(
        self,
        settings: FeedSettings,
        *,
        client: httpx.Client | None = None,
        resolve: Resolve = system_resolve,
        allow_private: bool = False,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        limit: int = LONGEST_BODY,
        time_limit: timedelta = TIME_LIMIT,
        **_: Any,
    ) -> None:
        self._url = settings.url
        self._network = settings.network_name or "feed"
        # No proxy from the environment and no connection kept: both would go round the checked address.
        self._client = client or http.client(
            trust_env=False, limits=httpx.Limits(max_keepalive_connections=0)
        )
        self._resolve, self._allow_private, self._now = resolve, allow_private, now
        self._limit, self._time_limit = limit, time_limit

    def fetch(self, cursor: str) -> Page:
        """The feed as it is now; an empty page when it has not changed. Raises `RetryLater`, `NeedsAttention`."""
        kept = _kept(cursor)
        headers = {"Accept": _ACCEPT}
        if etag := kept.get("etag"):
            headers["If-None-Match"] = etag
        if modified := kept.get("modified"):
            headers["If-Modified-Since"] = modified
        answer = download(
            self._client,
            self._url,
            headers,
            resolve=self._resolve,
            allow_private=self._allow_private,
            limit=self._limit,
            time_limit=self._time_limit,
        )
        shown = _without_secrets(answer.url)
        if answer.status == 304:
            return Page(raw=b"", cursor=cursor, media_type="", url=shown)
        plain_answer = httpx.Response(
            answer.status,
            headers={"Retry-After": answer.headers.get("Retry-After", "")},
            content=answer.body[:2000],
        )
        http.check_status(
            plain_answer, answer.url.host, self._now(), refused=_refused(answer.status, answer.url.host)
        )
        digest = sha256(answer.body).hexdigest()
        moved = json.dumps(
            {
                "etag": _header(answer.headers.get("ETag", "")),
                "modified": _header(answer.headers.get("Last-Modified", "")),
                "digest": digest,
            }
        )
        is_same = kept.get("digest") == digest
        return Page(
            raw=b"" if is_same else answer.body,
            cursor=moved,
            media_type=_header(answer.headers.get("Content-Type", "")) or "application/xml",
            url=shown,
        )

    def read(self, raw: bytes) -> Iterator[Mention | Unreadable]:
        """The entries in the feed's order. Pure; broken places come as `Unreadable`, in their place."""
        return iter(apart(list(self._read(raw))) if raw else ())

    def _read(self, raw: bytes) -> Iterator[Mention | Unreadable]:
        page, said_any = decode(raw), False
        start = page.data[:100].lstrip(b"\xef\xbb\xbf \t\r\n")
        if start.startswith((b"{", b"[")):
            found = read_json(page.data.decode("utf-8"), self._network, self._url)
        elif is_web_page(page.data):
            found = iter((Unreadable(raw=raw, where="the whole feed", why=self._page_not_feed(page.data)),))
        else:
            found = (
                mention_of_entry(each, self._network, self._url) if isinstance(each, Entry) else each
                for each in entries(page)
            )
        for each in found:
            said_any = said_any or isinstance(each, Mention)
            yield each
        if page.note and said_any:
            yield page.note

    def check(self) -> Said:
        """Fetch and read once. Raises `NeedsAttention` with the reason when nothing of it can be read."""
        page = self.fetch("")
        found = list(self.read(page.raw))
        good = [each for each in found if isinstance(each, Mention)]
        bad = [each for each in found if isinstance(each, Unreadable)]
        if bad and not good:
            raise NeedsAttention(bad[0].why)
        if bad:
            return say(
                "The feed works, with flaws. Entries read: {good}; places that could not be read: {bad}.",
                good=len(good),
                bad=len(bad),
            )
        return say_many(
            "The feed works: {n} entry was read.", "The feed works: {n} entries were read.", n=len(good)
        )

    def _page_not_feed(self, data: bytes) -> Said:
        for link in _LINK.findall(data[:_HEAD].decode("utf-8", "replace")):
            href = _HREF.search(link)
            if href and _FEED_TYPE.search(link):
                try:
                    better = urljoin(self._url, href[1].replace("&amp;", "&"))
                except ValueError:
                    continue
                return say(
                    "This is a web page, not a feed. The page names this feed: {url} – use that.", url=better
                )
        return say("This is a web page, not a feed: look for a feed symbol on it, and use that address.")


def _kept(cursor: str) -> dict[str, str]:
    try:
        kept = json.loads(cursor or "{}")
    except (ValueError, RecursionError):
        return {}
    return {str(name): str(value) for name, value in kept.items()} if isinstance(kept, dict) else {}


def _header(value: str) -> str:
    """A header that can be sent back as it came: visible ASCII, not endless."""
    return value if len(value) <= 1000 and value.isascii() and value.isprintable() else ""


def _refused(status: int, host: str) -> Said | None:
    if status in (404, 410):
        return say(
            "There is no feed at this address of “{host}” any more (HTTP {status}).", host=host, status=status
        )
    return None


def _without_secrets(url: httpx.URL) -> str:
    """The address without password and query: feeds carry keys in both."""
    return str(url.copy_with(userinfo=b"", query=None, fragment=None))
