"""JSON Feed 1.0 and 1.1 (https://www.jsonfeed.org/version/1.1/) → mentions."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from amends.connectors.feed.fields import Words, mention_of
from amends.connectors.feed.parse import MOST_ENTRIES
from amends.connectors.feed.plain import plain, tidy
from amends.connectors.slices import BrokenJson, elements
from amends.core.mention import Mention, Unreadable
from amends.core.say import say


def read_json(text: str, network: str, base: str) -> Iterator[Mention | Unreadable]:
    """The items of a JSON feed, those before a break too. `raw` is each item's exact text as UTF-8."""
    number = 0
    try:
        for exact, item in elements(text, "items"):
            if number >= MOST_ENTRIES:
                yield Unreadable(
                    raw=b"",
                    where=f"after entry {number}",
                    why=say(
                        "The feed has more than {most} entries; the rest was not read.", most=MOST_ENTRIES
                    ),
                )
                return
            number += 1
            raw = exact.encode("utf-8", "surrogatepass")
            yield _mention(item, raw, number, network, base)
    except BrokenJson as broken:
        yield Unreadable(
            raw=text[broken.at :].encode("utf-8", "surrogatepass"),
            where=f"after entry {number}" if number else "the whole feed",
            why=say("The JSON feed is broken or cut off at character {at}.", at=broken.at + 1),
        )
        return
    if not number and '"https://jsonfeed.org/version/' not in text[:100_000].replace("\\/", "/"):
        yield Unreadable(
            raw=text.encode("utf-8", "surrogatepass"),
            where="the whole feed",
            why=say("This is JSON, but not a JSON Feed: check the address of the feed."),
        )


def _mention(item: Any, raw: bytes, number: int, network: str, base: str) -> Mention | Unreadable:
    if not isinstance(item, dict):
        return Unreadable(raw=raw, where=f"entry {number}", why=say("This entry of the feed is no object."))
    authors = item.get("authors")
    author = authors[0] if isinstance(authors, list) and authors else item.get("author")
    author = author if isinstance(author, dict) else {}
    words = _text(item.get("content_text"))
    return mention_of(
        Words(
            remote_id=_text(item.get("id")),
            links=(_text(item.get("url")), _text(item.get("external_url"))),
            title=tidy(_text(item.get("title"))),
            text=tidy(words)
            if words
            else plain(_text(item.get("content_html")) or _text(item.get("summary"))),
            author=_text(author.get("name")),
            author_url=_text(author.get("url")),
            published=_text(item.get("date_published")),
            updated=_text(item.get("date_modified")),
            language=_text(item.get("language")),
        ),
        raw=raw,
        number=number,
        network=network,
        base=base,
    )


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else ""
