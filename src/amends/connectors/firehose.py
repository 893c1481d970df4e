"""The network's own binary stream, `com.atproto.sync.subscribeRepos`, as a PDS or a relay serves it.

Used where there is no Jetstream: a Bluesky of one's own. A frame is two DAG-CBOR objects, a header and a body; a
commit carries its new records as a CAR file. Signatures are not checked: the stream is as trustworthy as the server
it comes from. Sources: https://atproto.com/specs/event-stream and /specs/sync.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

import libipld

from amends.connectors.atproto import (
    POST,
    REMOVED,
    Broken,
    Event,
    Heard,
    StreamRefused,
    account_uri,
    check_record,
    is_did,
    line_of,
    moment_of,
    post_uri,
    split_uri,
)
from amends.core.mention import Change
from amends.core.say import say

PATH = "/xrpc/com.atproto.sync.subscribeRepos"
_CHANGES = {"create": Change.SAID, "update": Change.EDITED, "delete": Change.DELETED}


class RepoFrames:
    """How to ask for the binary stream and what its frames mean. The cursor is the server's own count, `seq`."""

    overlap = 0
    skip = 1

    def query(self, cursor: int | None) -> str:
        return urlencode({"cursor": cursor}) if cursor is not None else ""

    def is_gap(self, cursor: int, position: int) -> bool:
        """The server says so itself (`OutdatedCursor`), so a jump in `seq` means nothing."""
        return False

    def is_believable(self, position: int, now: float) -> bool:
        return True

    def present(self, now: float) -> int | None:
        """Only the server knows its count; without a cursor it goes on from now."""
        return None

    def hear(self, frame: bytes) -> Heard:
        """What a frame says. Raises `Broken`, and `StreamRefused` when the server ends the stream with a reason."""
        header, body = _decode(frame)
        if header.get("op") == -1:
            raise StreamRefused(str(body.get("error", ""))[:100])
        kind, position = header.get("t"), _seq(body.get("seq"))
        if kind == "#info" and body.get("name") == "OutdatedCursor":
            return Heard(
                events=(),
                position=None,
                gap=say(
                    "The server no longer has the events since our last visit; reading goes on from its oldest."
                ),
            )
        if kind == "#account":
            return Heard(events=tuple(_account(body)), position=position)
        if kind == "#commit":
            return Heard(events=tuple(_posts(body)), position=position)
        return Heard(events=(), position=position)

    def line(self, frame: bytes, kept: Sequence[Event]) -> bytes:
        """The line that keeps the frame: exact bytes in base64, and which of its posts concern us."""
        return line_of(
            {"firehose": base64.b64encode(frame).decode(), "uris": sorted(each.uri for each in kept)}
        )


def events_in(envelope: Mapping[str, Any]) -> Iterator[Event]:
    """The kept events of a line that `RepoFrames.line` wrote. Raises `Broken`."""
    try:
        frame = base64.b64decode(envelope["firehose"], validate=True)
    except (ValueError, TypeError) as why:
        raise Broken("not base64") from why
    uris = envelope.get("uris")
    heard = RepoFrames().hear(frame)
    yield from (each for each in heard.events if not isinstance(uris, list) or each.uri in uris)


def _decode(frame: bytes) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
    try:
        found = libipld.decode_dag_cbor_multi(frame)
    except Exception as why:
        raise Broken("not DAG-CBOR") from why
    if len(found) != 2 or not all(isinstance(each, dict) for each in found):
        raise Broken("a frame is a header and a body")
    return found[0], found[1]


def _seq(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and value > 0 else None


def _account(body: Mapping[str, Any]) -> Iterator[Event]:
    did = body.get("did")
    if not is_did(did) or not isinstance(did, str):
        raise Broken("an account without a DID")
    if body.get("active") is False and body.get("status") in REMOVED:
        yield Event(did=did, change=Change.DELETED, uri=account_uri(did), at=moment_of(body.get("time")))


def _posts(body: Mapping[str, Any]) -> Iterator[Event]:
    ops = [
        op
        for op in body.get("ops") or ()
        if isinstance(op, dict) and str(op.get("path")).startswith(POST + "/")
    ]
    if not ops:
        return
    did, at = body.get("repo"), moment_of(body.get("time"))
    if not isinstance(did, str) or not is_did(did):
        raise Broken("a commit without a DID")
    blocks = _blocks(body.get("blocks"))
    for op in ops:
        change, cid = _CHANGES.get(str(op.get("action"))), op.get("cid")
        if change is None:
            continue
        uri = post_uri(did, str(op["path"]).removeprefix(POST + "/"))
        if split_uri(uri) is None:
            raise Broken("a post without a proper key")
        if change is Change.DELETED:
            yield Event(did=did, change=change, uri=uri, at=at)
        else:
            if not isinstance(cid, bytes):
                raise Broken("a post without a content id")
            yield Event(
                did=did,
                change=change,
                uri=uri,
                at=at,
                cid=_cid_text(cid),
                record=check_record(blocks.get(cid)),
            )


def _blocks(car: object) -> Mapping[bytes, Any]:
    if not isinstance(car, bytes) or not car:
        return {}
    try:
        _, blocks = libipld.decode_car(car)
    except Exception as why:
        raise Broken("not a CAR file") from why
    return blocks if isinstance(blocks, dict) else {}


def _cid_text(cid: bytes) -> str:
    try:
        return str(libipld.encode_cid(cid))
    except Exception as why:
        raise Broken("not a content id") from why
