"""JSON lines: one post a line, or one whole thread."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from hashlib import sha256
from typing import Any, BinaryIO

from amends.connectors.dates import moment
from amends.connectors.file.form import (
    FIELDS,
    LONGEST_LINE,
    PAGE,
    PAGE_BYTES,
    Envelope,
    decoded,
    no_text,
    without_mark,
)
from amends.connectors.file.posts import author_of, languages_of, mention_of, short_id, zone_named
from amends.connectors.slices import BrokenJson, elements
from amends.core.mention import Mention, Unreadable
from amends.core.say import say
from amends.core.text import storable


def next_lines(file: BinaryIO) -> tuple[bytes, int]:
    """The exact bytes of the next lines, and how many there are. Of a line over the limit, its beginning."""
    body, size, count = [], 0, 0
    while count < PAGE and size < PAGE_BYTES and (line := file.readline(LONGEST_LINE + 1)):
        if len(line) > LONGEST_LINE and not line.endswith(b"\n"):
            _skip_line(file)
            line += b"\n"
        body.append(line)
        size += len(line)
        count += 1
    return b"".join(body), count


def _skip_line(file: BinaryIO) -> None:
    while (piece := file.readline(65_536)) and not piece.endswith(b"\n"):
        pass


def read_lines(body: bytes, form: Envelope) -> Iterator[Mention | Unreadable]:
    for number, line in enumerate(split_lines(body), form.first_line):
        bare = without_mark(line) if number == 1 else line
        if not bare.strip():
            continue
        yield from _read_line(bare, line, number, form)


def split_lines(body: bytes) -> list[bytes]:
    """Lines by “\\n” alone: bytes.splitlines would also cut at a lone “\\r”."""
    lines = [line + b"\n" for line in body.split(b"\n")]
    lines[-1] = lines[-1][:-1]
    return lines if lines[-1] else lines[:-1]


def _read_line(bare: bytes, line: bytes, number: int, form: Envelope) -> Iterator[Mention | Unreadable]:
    where = f"line {number}"
    if len(line) > LONGEST_LINE:
        why = say("Line {line} is longer than {limit} bytes.", line=number, limit=LONGEST_LINE)
        yield Unreadable(raw=line, where=where, why=why)
        return
    text, _ = decoded(bare)
    try:
        found = json.loads(text)
    except json.JSONDecodeError as broken:
        cut = broken.pos >= len(text.rstrip()) or "Unterminated" in broken.msg
        why = (
            say("Line {line} stops in the middle: it was cut off when the file was written.", line=number)
            if cut
            else say(
                "Line {line} is not JSON from its character {at} on ({why}).",
                line=number,
                at=broken.colno,
                why=broken.msg,
            )
        )
        yield Unreadable(raw=line, where=where, why=why)
        return
    except (ValueError, RecursionError):
        why = say("Line {line} is nested too deep or holds a number without end.", line=number)
        yield Unreadable(raw=line, where=where, why=why)
        return
    if not isinstance(found, dict):
        why = say("Line {line} is JSON, but no object with named fields.", line=number)
        yield Unreadable(raw=line, where=where, why=why)
    elif isinstance(found.get("turns"), list):
        yield from _read_thread(found, text, line, number, form)
    else:
        values = {ours: _plain(value_of(found, ours, form.mapping)) for ours in FIELDS}
        author = value_of(found, "author", form.mapping)
        if isinstance(author, dict):
            values["author"], name = _person(author)
            values["author_name"] = values["author_name"] or name
        if not values["text"].strip():
            yield Unreadable(raw=line, where=where, why=no_text(number, form.mapping, list(found)))
        else:
            yield mention_of(values, line, form)


def value_of(row: Mapping[str, Any], ours: str, mapping: Mapping[str, str]) -> Any:
    """The value of our field `ours`: by the mapping ("user.name" goes into objects), else by the usual names."""
    if theirs := mapping.get(ours):
        value: Any = row
        if theirs in row:
            return row[theirs]
        for step in theirs.split("."):
            value = value.get(step) if isinstance(value, dict) else None
        return value
    for name in FIELDS[ours]:
        if row.get(name) is not None:
            return row[name]
    return None


def _person(author: Mapping[str, Any]) -> tuple[str, str]:
    handle = next(
        (
            words
            for each in ("screen_name", "username", "handle", "acct", "login", "id_str", "id", "name")
            if (words := _plain(author.get(each)))
        ),
        "",
    )
    return handle, _plain(author.get("display_name")) or _plain(author.get("name"))


def _plain(value: Any) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else ""
    return str(value) if isinstance(value, int | float) else ""


def _read_thread(
    thread: Mapping[str, Any], text: str, line: bytes, number: int, form: Envelope
) -> Iterator[Mention | Unreadable]:
    """A thread on one line: `{"id", "lang", "brand" or "sector", "turns": [{"role", "author", "at", "text"}]}`."""
    try:
        turns = list(elements(text, "turns"))
    except BrokenJson:
        turns = [(json.dumps(each), each) for each in thread["turns"]]
    thread_id = _plain(thread.get("id")).strip() or "sha256:" + sha256(line.strip()).hexdigest()
    thread_id = short_id(thread_id)
    brand = _plain(thread.get("brand")).strip() or "brand"
    concerns_us = any(isinstance(turn, dict) and turn.get("role") == "brand" for _, turn in turns)
    before = ""
    for place, (exact, turn) in enumerate(turns):
        raw = exact.encode("utf-8", "surrogatepass")
        words = _plain(turn.get("text")) if isinstance(turn, dict) else ""
        if not isinstance(turn, dict) or not words.strip():
            why = say("Turn {turn} of the thread on line {line} has no text.", turn=place + 1, line=number)
            yield Unreadable(raw=raw, where=f"line {number}", why=why)
            continue
        is_ours = turn.get("role") == "brand"
        remote_id = f"{thread_id}/{place}"
        who = _plain(turn.get("author")).strip() or (brand if is_ours else f"{thread_id}/customer")
        yield Mention(
            network=form.network,
            remote_id=storable(remote_id),
            author=author_of(form.network, who, ""),
            text=storable(words),
            raw=raw,
            posted_at=moment(_plain(turn.get("at")), zone_named(form.zone)),
            thread_id=storable(f"{thread_id}/0") if place else "",
            in_reply_to=before,
            languages=languages_of(_plain(thread.get("lang"))),
            is_to_us=concerns_us and not is_ours,
            is_ours=is_ours,
        )
        before = storable(remote_id)
