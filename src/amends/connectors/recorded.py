"""What a connector makes of answers that were recorded: for `amends parse`, for tapes, for a bug report. Pure.

A connector that can read single answers says so with a static method `read_recorded(raw)`; of the others, their pages
are read. A recording is an answer's body as it came, or a cassette of vcrpy (https://vcrpy.readthedocs.io): YAML with
requests and answers.
"""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from amends.connectors.atproto import Broken, Event, check_record, mention_of, moment_of, read_json, split_uri
from amends.connectors.base import fields_of
from amends.connectors.bluesky import read_post
from amends.connectors.registry import connector_named
from amends.core.mention import Change, Mention, Unreadable
from amends.core.say import Said, say

#: Bytes of one body after decompression; a bomb must not fill the memory.
LONGEST_BODY = 20_000_000

Read = Callable[[bytes], Iterator[Mention | Unreadable]]


class NotRecorded(Exception):
    """The file is no recording that can be read; `why` says more."""

    def __init__(self, why: Said) -> None:
        self.why = why
        super().__init__(str(why))


def reader_of(name: str) -> Read:
    """What reads the recorded answers of the connector `name`. Raises `UnknownConnector`, and `NotRecorded` for a
    connector that reads nothing without being set up."""
    kind = connector_named(name)
    if name == "bluesky":
        return read_bluesky
    if callable(read := getattr(kind, "read_recorded", None)):
        return read  # type: ignore[no-any-return]
    if callable(getattr(kind, "read", None)):
        blank = {field.name: field.default for field in fields_of(kind.settings)}
        try:
            return kind(kind.settings(**blank)).read  # type: ignore[no-any-return]
        except Exception as why:  # somebody else's constructor, with settings that nobody entered
            raise NotRecorded(
                say("{name} reads nothing before it is set up: {why}.", name=name, why=str(why)[:200])
            ) from None
    raise NotRecorded(say("{name} reads no answers.", name=name))


def bodies(raw: bytes) -> Iterator[bytes]:
    """The bodies of the answers in a recording. Raises `NotRecorded`."""
    if raw.lstrip()[:13] == b"interactions:":
        yield from _in_cassette(raw)
    else:
        yield raw


def _in_cassette(raw: bytes) -> Iterator[bytes]:
    try:
        import yaml
    except ImportError:
        raise NotRecorded(
            say("This is a cassette: install the package PyYAML to read it, or give the answers alone.")
        ) from None
    try:
        told = yaml.safe_load(raw)
    except (yaml.YAMLError, ValueError, RecursionError) as why:
        line = str(getattr(getattr(why, "problem_mark", None), "line", 0) + 1)
        raise NotRecorded(
            say("This is no whole cassette: it cannot be read from line {line}.", line=line)
        ) from None
    listed = told.get("interactions") if isinstance(told, dict) else None
    for each in listed if isinstance(listed, list) else ():
        answer = each.get("response") if isinstance(each, dict) else None
        if isinstance(answer, dict):
            yield _body(answer)


def _body(answer: Mapping[str, Any]) -> bytes:
    kept = answer.get("body")
    body = kept.get("string") if isinstance(kept, dict) else kept
    if isinstance(body, str):
        body = body.encode("utf-8", "replace")
    if not isinstance(body, bytes):
        return b""
    if body[:2] == b"\x1f\x8b":
        try:
            return zlib.decompressobj(31).decompress(body, LONGEST_BODY)
        except (zlib.error, gzip.BadGzipFile):
            return body
    return body


# -- Bluesky's answers: records, views of posts, threads, feeds, notifications, searches


def read_bluesky(raw: bytes) -> Iterator[Mention | Unreadable]:
    """The posts in any answer of the AT Protocol, however deep. Never raises."""
    found = False
    try:
        told = read_json(raw)
        for each in _posts_in(told, depth=0):
            found = True
            piece = json.dumps(each, ensure_ascii=False).encode("utf-8", "replace")
            try:
                yield _bluesky_post(each, piece)
            except Broken as why:
                yield _unreadable(piece, "a post", why)
    except Broken as why:
        yield _unreadable(raw, "the answer", why)
        return
    if not found and not isinstance(told, dict | list):
        yield _unreadable(raw, "the answer", Broken("no object and no list"))


def _posts_in(told: object, depth: int) -> Iterator[Mapping[str, Any]]:
    if depth > 200:
        raise Broken("nested too deep")
    if isinstance(told, dict):
        if isinstance(told.get("uri"), str) and (
            isinstance(told.get("value"), dict) or ("author" in told and "record" in told)
        ):
            yield told
        for each in told.values():
            yield from _posts_in(each, depth + 1)
    elif isinstance(told, list):
        for each in told:
            yield from _posts_in(each, depth + 1)


def _bluesky_post(told: Mapping[str, Any], raw: bytes) -> Mention:
    if "author" in told:
        # A quoted post (app.bsky.embed.record#viewRecord) keeps its record under another name.
        return read_post({"record": told.get("value"), **told}, raw)
    parts, cid = split_uri(told["uri"]), told.get("cid")
    if parts is None:
        raise Broken("a record without an at-URI")
    record = check_record(told["value"])
    event = Event(
        did=parts[0],
        change=Change.SAID,
        uri=told["uri"],
        at=moment_of(record.get("createdAt")),
        cid=cid if isinstance(cid, str) else "",
        record=record,
    )
    return mention_of(event, raw)


def _unreadable(raw: bytes, where: str, why: Broken) -> Unreadable:
    return Unreadable(
        raw=raw,
        where=where,
        why=say("This part of Bluesky's answer cannot be understood: {why}.", why=str(why)),
    )
