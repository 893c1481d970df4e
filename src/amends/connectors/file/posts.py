"""The fields of one line or row, as text → a `Mention`."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, tzinfo
from functools import cache
from hashlib import sha256
from zoneinfo import ZoneInfo

from amends.connectors.dates import moment
from amends.connectors.file.form import Envelope
from amends.core.mention import Author, Mention, Visibility
from amends.core.text import storable

LONGEST_ID = 500
_LONGEST_URL = 2_000
_LONGEST_TITLE = 1_000
_YES = frozenset({"1", "true", "yes", "y", "oui", "da", "ours"})


_PRIVATE = frozenset({"direct", "private", "dm", "message"})


def mention_of(values: Mapping[str, str], raw: bytes, form: Envelope) -> Mention:
    said = "\n".join((values["author"], values["at"], values["text"]))
    made = "sha256:" + sha256(said.encode("utf-8", "surrogatepass")).hexdigest()
    remote_id = short_id(values["id"].strip()) or made
    thread = short_id(values["thread"].strip())
    is_private = values["visibility"].strip().lower() in _PRIVATE
    is_ours = values["ours"].strip().lower() in _YES
    url = values["url"].strip()
    # Without an author, everybody is a person of their own: strangers' histories must not run together.
    who = values["author"].strip() or values["author_name"].strip() or f"unknown/{remote_id}"
    name = values["author_name"].strip()
    return Mention(
        network=form.network,
        remote_id=remote_id,
        author=author_of(form.network, who, name),
        text=storable(values["text"]),
        raw=raw,
        posted_at=moment(values["at"], zone_named(form.zone)),
        url=storable(url) if url.startswith(("http://", "https://")) and len(url) <= _LONGEST_URL else "",
        title=storable(values["title"].strip()[:_LONGEST_TITLE]),
        thread_id="" if thread == remote_id else thread,
        in_reply_to=short_id(values["in_reply_to"].strip()),
        visibility=Visibility.DIRECT if is_private else Visibility.PUBLIC,
        languages=languages_of(values["lang"]),
        is_to_us=is_private and not is_ours,
        is_ours=is_ours,
    )


def author_of(network: str, who: str, name: str) -> Author:
    return Author(
        network=network,
        remote_id=short_id(who),
        handle=storable(who[:LONGEST_ID]),
        name=storable(name[:LONGEST_ID]),
    )


def short_id(text: str) -> str:
    """`text`, or its SHA-256 where it is too long for an id."""
    text = storable(text)
    return text if len(text) <= LONGEST_ID else "sha256:" + sha256(text.encode()).hexdigest()


def languages_of(told: str) -> tuple[str, ...]:
    told = told.strip().replace("_", "-")
    is_tag = 2 <= len(told) <= 35 and told.isascii() and told.replace("-", "").isalnum()
    return (told,) if is_tag and told.lower() != "und" else ()


@cache
def zone_named(name: str) -> tzinfo:
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return UTC
