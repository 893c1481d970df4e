"""Answers of the Mastodon API → mentions. Pure.

Entities: https://docs.joinmastodon.org/entities/Status/, /Notification/, /Conversation/, /StatusEdit/.
A post's identity is its `uri`: the `id` is one server's own, and some servers (snac) change it with each edit.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from amends.connectors.dates import moment
from amends.connectors.mastodon.plain import is_web, plain
from amends.connectors.slices import BrokenJson, elements
from amends.core.mention import Author, Change, Mention, Unreadable, Visibility
from amends.core.say import say
from amends.core.text import storable

NETWORK = "mastodon"

#: Of all notifications, those in which somebody says something (a quote since Mastodon 4.5).
SPOKEN = ("mention", "quote")
#: What we call a post that was never edited; an edited one is called by the moment of its last edit.
FIRST = "first"
#: Longer ids are no ids.
LONGEST_ID = 480
#: From the widest to the narrowest. "limited" is a circle (GoToSocial, Pixelfed); anything unknown counts as narrow.
WIDTHS = ("public", "unlisted", "private", "direct")
_OPEN = frozenset({"public", "unlisted", "local"})


class Broken(ValueError):
    """Bytes from the network that are not what its documentation says."""


@dataclass(frozen=True, kw_only=True)
class Us:
    """Our own account, as the server names it. All empty: we do not know."""

    id: str = ""
    acct: str = ""
    uri: str = ""

    @classmethod
    def from_json(cls, told: object) -> Us:
        """Ours in a page of ours."""
        told = told if isinstance(told, Mapping) else {}
        return cls(**{name: _text(told.get(name)) for name in ("id", "acct", "uri")})


@dataclass(frozen=True, kw_only=True)
class Around:
    """What is known beside the posts themselves."""

    us: Us = field(default_factory=Us)
    parents: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    """By the server's id of a post that is answered: its uri, and the uri of the post that began the thread."""
    histories: Mapping[str, Sequence[Any]] = field(default_factory=dict)
    """By the server's id of an edited post: its states, oldest first (entity StatusEdit)."""


# -- one post


def read_status(told: object, raw: bytes, around: Around | None = None, *, is_to_us: bool = False) -> Mention:
    """The mention in a Status. An edited one is `Change.EDITED`. Raises `Broken`."""
    around = around or Around()
    if not isinstance(told, Mapping):
        raise Broken("a post is an object")
    uri, author = uri_of(told), read_author(told.get("account"))
    us, account = around.us, _dict(told.get("account"))
    is_ours = bool(us.id) and (_text(account.get("id")) == us.id or author.remote_id == us.uri)
    named = [_dict(each) for each in _list(told.get("mentions"))]
    is_named = bool(us.id) and (
        us.id in [_text(each.get("id")) for each in named]
        or _text(told.get("in_reply_to_account_id")) == us.id
    )
    if not isinstance(told.get("content"), str):
        raise Broken("a post without content")
    parent, root = around.parents.get(_text(told.get("in_reply_to_id")), ("", ""))
    url, language = told.get("url"), _text(told.get("language"))
    return Mention(
        network=NETWORK,
        remote_id=uri,
        author=author,
        text=plain(told["content"], _names_in(named)),
        raw=raw,
        posted_at=moment(_text(told.get("created_at"))),
        change=Change.EDITED if told.get("edited_at") else Change.SAID,
        url=url if isinstance(url, str) and is_web(url) and len(url) < 2000 else "",
        title=beside_text(told),
        thread_id=root,
        in_reply_to=parent,
        revision=revision_of(told),
        visibility=visibility_of(told),
        languages=(storable(language),) if 0 < len(language) < 36 else (),
        is_to_us=(is_to_us or is_named) and not is_ours,
        is_ours=is_ours,
    )


def read_history(now: Mention, states: Sequence[Any]) -> Iterator[Mention]:
    """What an edited post said before, oldest first; `states` ends with what it says now (`now`)."""
    names: dict[str, str] = {}
    for number, told in enumerate(states[:-1]):
        if not isinstance(told, Mapping) or not isinstance(told.get("content"), str):
            continue
        yield Mention(
            network=NETWORK,
            remote_id=now.remote_id,
            author=now.author,
            text=plain(told["content"], names),
            raw=json.dumps(told, ensure_ascii=False).encode("utf-8", "replace"),
            posted_at=now.posted_at,
            url=now.url,
            title=beside_text(told),
            thread_id=now.thread_id,
            in_reply_to=now.in_reply_to,
            revision=FIRST if number == 0 else _to_the_second(told.get("created_at")),
            visibility=now.visibility,
            languages=now.languages,
            is_to_us=now.is_to_us,
            is_ours=now.is_ours,
        )


def uri_of(told: Mapping[str, Any]) -> str:
    """A post's identity on the whole network. Raises `Broken`."""
    uri = told.get("uri")
    if not isinstance(uri, str) or not is_uri(uri):
        raise Broken("a post without an address of its own (uri)")
    return uri


def is_uri(text: str) -> bool:
    """Whether it can be the identity of a post or an account."""
    return 0 < len(text) <= LONGEST_ID and ":" in text and text.isprintable() and " " not in text


def read_author(told: object) -> Author:
    """The author in an Account: by `uri` (since Mastodon 4.2), else by the page's address. Raises `Broken`."""
    told = _dict(told)
    remote_id = next(
        (each for each in (told.get("uri"), told.get("url")) if isinstance(each, str) and each), ""
    )
    acct = _text(told.get("acct")) or _text(told.get("username"))
    if not acct or not is_uri(remote_id):
        raise Broken("an author without a name or address")
    return Author(
        network=NETWORK,
        remote_id=remote_id,
        handle=storable(_whole_name(acct, _text(told.get("url")) or remote_id))[:300],
        name=storable(_text(told.get("display_name")))[:300],
    )


def visibility_of(told: Mapping[str, Any]) -> Visibility:
    """Followers-only and circles are not for everybody, so they are treated as private."""
    return Visibility.PUBLIC if _text(told.get("visibility")) in _OPEN else Visibility.DIRECT


def revision_of(told: Mapping[str, Any]) -> str:
    """This version of the post, the same on every server; "" where the server does not tell of edits."""
    edited_at = told.get("edited_at")
    if edited_at:
        return _to_the_second(edited_at)
    return FIRST if "edited_at" in told else ""


def beside_text(told: Mapping[str, Any]) -> str:
    """The words that people see beside the text: the content warning, descriptions of media, answers of a poll.

    Not the card of a link: it comes later, and would look like an edit.
    """
    poll = _dict(told.get("poll"))
    found = [_text(told.get("spoiler_text"))]
    found += [_text(_dict(each).get("description")) for each in _list(told.get("media_attachments"))]
    found += [_text(_dict(each).get("title")) for each in _list(poll.get("options"))]
    return storable(
        " · ".join(each for each in dict.fromkeys(" ".join(one.split()) for one in found) if each)
    )


def _to_the_second(written: object) -> str:
    """Servers pass the moment on without its milliseconds."""
    found = moment(_text(written))
    return found.strftime("%Y-%m-%dT%H:%M:%SZ") if found else storable(_text(written))[:40]


def _names_in(named: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    return {
        url: _whole_name(acct, url)
        for each in named
        if (url := _text(each.get("url"))) and (acct := _text(each.get("acct")))
    }


def _whole_name(acct: str, page: str) -> str:
    """`ana` of this server as `ana@its.host`, so that one name means one person everywhere."""
    if "@" in acct:
        return acct
    try:
        host = urlsplit(page).hostname
    except ValueError:
        host = None
    return f"{acct}@{host}" if host else acct


# -- whole answers


def read_page(raw: bytes) -> Iterator[Mention | Unreadable]:
    """The mentions in a page of ours (`write_page`), or in any answer of the API as it came. Never raises."""
    if not raw:
        return
    try:
        text = raw.decode("utf-8")
        told = _json(text)
    except (UnicodeDecodeError, Broken) as why:
        yield from _stream_or_broken(raw, why)
        return
    if isinstance(told, Mapping) and "list" in told and isinstance(told.get("items"), list):
        yield from _read_items(text, "items", _around_of(told))
    else:
        yield from read_answer(told, text)


def read_answer(told: Any, text: str) -> Iterator[Mention | Unreadable]:
    """The mentions in one answer of the API, whatever it was asked; nothing in one that holds no post."""
    around = Around(parents=_parents_within(told))
    if isinstance(told, list):
        yield from _read_items(f'{{"items":{text}}}', "items", around)
    elif not isinstance(told, Mapping):
        yield _unreadable(text.encode("utf-8", "replace"), "the answer", Broken("no object and no list"))
    elif (
        is_status(told)
        or is_deletion(told)
        or "last_status" in told
        or "group_key" in told
        or is_notification(told)
    ):
        yield from _read_item(told, text, "the answer", around)
    else:
        # A search, a thread's context, grouped notifications.
        for name in ("ancestors", "descendants", "statuses", "notifications"):
            if isinstance(told.get(name), list):
                yield from _read_items(text, name, around)


def is_status(told: object) -> bool:
    return isinstance(told, Mapping) and "content" in told and "account" in told and "visibility" in told


def is_notification(told: object) -> bool:
    return (
        isinstance(told, Mapping)
        and not is_status(told)
        and "type" in told
        and "account" in told
        and "created_at" in told
    )


def write_page(name: str, items: bytes, around: Around) -> bytes:
    """One answer with what is known around it: `items` is a JSON list, kept byte for byte."""
    beside = {
        "list": name,
        "us": vars(around.us),
        "parents": {key: list(value) for key, value in around.parents.items()},
        "histories": {key: list(value) for key, value in around.histories.items()},
    }
    return json.dumps(beside, ensure_ascii=True).encode()[:-1] + b', "items": ' + items.strip() + b"}"


def statuses_in(listed: Sequence[Any]) -> Iterator[Mapping[str, Any]]:
    """The posts in a list of posts, notifications or conversations."""
    for each in listed:
        told = _status_of(each)
        if told is not None:
            yield told


def _status_of(item: object) -> Mapping[str, Any] | None:
    """The post in an item, None where nobody says anything (a boost, a favourite, an empty conversation)."""
    item = _dict(item)
    told: object = item
    if "last_status" in item:
        told = item["last_status"]
    elif is_notification(item):
        told = item.get("status") if item.get("type") in SPOKEN else None
    if not isinstance(told, Mapping) or isinstance(told.get("reblog"), Mapping):
        return None
    return told


def _read_items(text: str, name: str, around: Around) -> Iterator[Mention | Unreadable]:
    number = 0
    try:
        for number, (piece, told) in enumerate(elements(text, name), 1):
            yield from _read_item(told, piece, f"entry {number}", around)
    except BrokenJson as why:
        where = f"after entry {number}" if number else "the page"
        yield _unreadable(text.encode("utf-8", "replace"), where, Broken(str(why)))


def _read_item(told: object, piece: str, where: str, around: Around) -> Iterator[Mention | Unreadable]:
    raw = piece.encode("utf-8", "replace")
    try:
        if not isinstance(told, Mapping):
            raise Broken("an entry is an object")
        status = _status_of(told)
        if status is None:
            return
        if is_deletion(status):
            yield read_deletion(status, raw)
            return
        mention = read_status(status, raw, around, is_to_us=status is not told)
    except Broken as why:
        yield _unreadable(raw, where, why)
        return
    if states := around.histories.get(_text(status.get("id"))):
        yield from read_history(mention, states)
    yield mention


def _stream_or_broken(raw: bytes, why: Exception) -> Iterator[Mention | Unreadable]:
    """A recorded stream (https://docs.joinmastodon.org/methods/streaming/#events): `event:` and `data:` lines."""
    lines = raw.decode("utf-8", "replace").splitlines()
    if not any(line.startswith("event:") for line in lines):
        reason = why if isinstance(why, Broken) else Broken(f"not JSON: {type(why).__name__}")
        yield _unreadable(raw, "the page", reason)
        return
    event = ""
    for number, line in enumerate(lines, 1):
        name, _, value = line.partition(":")
        value = value.strip()
        if name == "event":
            event = value
        elif name == "data" and event == "delete":
            yield from _deleted_in_stream(value)
        elif name == "data" and event in ("update", "status.update", "notification", "conversation"):
            try:
                told = _json(value)
            except Broken as broken:
                yield _unreadable(line.encode("utf-8", "replace"), f"line {number}", broken)
            else:
                yield from _read_item(told, value, f"line {number}", Around(parents=_parents_within(told)))


def _deleted_in_stream(value: str) -> Iterator[Mention | Unreadable]:
    """A stream names what was deleted by the server's own id alone: nobody else can know which post that was."""
    raw = value.encode("utf-8", "replace")
    why = Broken("a deletion is named by the server's own id, not by the post's address")
    yield _unreadable(raw, "a deletion", why)


def is_deletion(told: object) -> bool:
    """Whether it is what a server answers to a deletion: the post for a last time, with its source (`text`) instead of
    its `content` (https://docs.joinmastodon.org/methods/statuses/#delete)."""
    return isinstance(told, Mapping) and "text" in told and "content" not in told and "visibility" in told


def read_deletion(told: Mapping[str, Any], raw: bytes) -> Mention:
    """The deletion of a post. Raises `Broken`."""
    return Mention(
        network=NETWORK,
        remote_id=uri_of(told),
        author=read_author(told.get("account")),
        text="",
        raw=raw,
        change=Change.DELETED,
        url=url if isinstance(url := told.get("url"), str) and is_web(url) else "",
        visibility=visibility_of(told),
    )


def _around_of(told: Mapping[str, Any]) -> Around:
    parents = {
        key: (pair[0], pair[1])
        for key, pair in _dict(told.get("parents")).items()
        if isinstance(pair, list) and len(pair) == 2 and all(isinstance(each, str) for each in pair)
    }
    histories = {
        key: states for key, states in _dict(told.get("histories")).items() if isinstance(states, list)
    }
    return Around(us=Us.from_json(told.get("us")), parents=parents, histories=histories)


def _parents_within(told: Any) -> dict[str, tuple[str, str]]:
    """Which posts answer which, as far as one answer holds both (a thread's context, a time line)."""
    lists = [told] if isinstance(told, list) else list(_dict(told).values())
    posts: dict[str, Mapping[str, Any]] = {}
    for each in lists:
        posts.update({_text(one.get("id")): one for one in statuses_in(_list(each)) if is_status(one)})
    return threads_of(posts)


def threads_of(posts: Mapping[str, Mapping[str, Any]]) -> dict[str, tuple[str, str]]:
    """By id, each post's uri and the uri of the farthest post above it, as far as `posts` (by id) go."""
    found: dict[str, tuple[str, str]] = {}
    for key, told in posts.items():
        top, steps = told, 0
        while (above := posts.get(_text(top.get("in_reply_to_id")))) is not None and steps < len(posts):
            top, steps = above, steps + 1
        uri, root = _text(told.get("uri")), _text(top.get("uri"))
        if key and is_uri(uri) and is_uri(root):
            found[key] = (uri, root)
    return found


def _unreadable(raw: bytes, where: str, why: Broken) -> Unreadable:
    return Unreadable(
        raw=raw,
        where=where,
        why=say("This part of Mastodon's answer cannot be understood: {why}.", why=str(why)),
    )


# -- JSON


def parse(raw: bytes) -> Any:
    """`raw` as JSON. Raises `Broken` for what is not plain, strict, reasonably nested UTF-8 JSON."""
    try:
        return _json(raw.decode("utf-8"))
    except UnicodeDecodeError as why:
        raise Broken("not UTF-8") from why


def _json(text: str) -> Any:
    try:
        return json.loads(text, parse_constant=_refuse)
    except (ValueError, RecursionError) as why:
        raise Broken(f"not JSON: {type(why).__name__}") from why


def _refuse(name: str) -> None:
    raise ValueError(name)


def _text(value: object) -> str:
    """A text; ids are texts, but some servers write them as numbers."""
    if isinstance(value, str):
        return value
    return str(value) if isinstance(value, int) and not isinstance(value, bool) and abs(value) < 2**63 else ""


def _dict(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []
