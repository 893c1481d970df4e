"""Replies out of files, for `amends lint`: a draft, a text a line, JSON lines, CSV. What cannot be read is named; the
rest goes on."""

from __future__ import annotations

import codecs
import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, BinaryIO

from amends.connectors.file.form import LONGEST_LINE, completed, without_mark
from amends.connectors.file.table import cells_of, csv_rows, delimiter_of, file_lines, header_of, why_broken
from amends.core.case import Kind
from amends.core.say import Said, say
from amends.desk.guarding import sample_of
from amends.reply.sample import Sample


class Form(StrEnum):
    """How a file is read."""

    AUTO = "auto"
    """By its ending; standard input is one draft."""
    DRAFT = "draft"
    LINES = "lines"
    JSONL = "jsonl"
    CSV = "csv"


_ENDINGS = {
    ".jsonl": Form.JSONL,
    ".ndjson": Form.JSONL,
    ".json": Form.JSONL,
    ".csv": Form.CSV,
    ".tsv": Form.CSV,
}


@dataclass(frozen=True, kw_only=True)
class Draft:
    """One reply of a file."""

    file: str
    name: str
    """Its id in the file; "" where it has none."""
    sample: Sample
    place: Callable[[int], tuple[int, int]]
    """Line and column in the file, from 1, of a place in the text."""


@dataclass(frozen=True, kw_only=True)
class Unread:
    """A piece of a file that could not be read."""

    file: str
    line: int
    why: Said


@dataclass(frozen=True, kw_only=True)
class Defaults:
    """What holds for a reply that does not say otherwise."""

    language: str = ""
    their_text: str = ""
    network: str = ""
    is_public: bool = True


Read = Iterator[Draft | Unread]


class NotADraft(ValueError):
    """A record that is no reply; `said` says why."""

    def __init__(self, said: Said) -> None:
        self.said = said
        super().__init__(str(said))


def read_file(file: BinaryIO, name: str, form: Form, defaults: Defaults) -> Read:
    """The replies of a file that is open at its start."""
    if form is Form.AUTO:
        form = Form.DRAFT if name == "-" else _ENDINGS.get(Path(name).suffix.lower(), Form.LINES)
    return _READERS[form](file, name, defaults)


def one_draft(text: str, name: str, defaults: Defaults, number: int = 1) -> Draft:
    """A text that stands in `name` as it is, from line `number` on."""

    def place(at: int) -> tuple[int, int]:
        return number + text.count("\n", 0, at), at - (text.rfind("\n", 0, at) + 1) + 1

    return Draft(file=name, name="", sample=_sample({"text": text}, defaults), place=place)


def _draft(file: BinaryIO, name: str, defaults: Defaults) -> Read:
    raw = file.read(LONGEST_LINE + 1)
    if len(raw) > LONGEST_LINE:
        yield Unread(file=name, line=1, why=_too_long(1))
        return
    try:
        text = without_mark(raw).decode("utf-8")
    except UnicodeDecodeError as broken:
        line = 1 + raw.count(b"\n", 0, broken.start)
        yield Unread(file=name, line=line, why=_no_utf8(raw, line))
        return
    yield one_draft(text.removesuffix("\n").removesuffix("\r"), name, defaults)


def _lines(file: BinaryIO, name: str, defaults: Defaults) -> Read:
    for number, line in _decoded_lines(file, name):
        if isinstance(line, Unread):
            yield line
        elif line.strip():
            yield one_draft(line.rstrip("\r\n"), name, defaults, number)


def _json_lines(file: BinaryIO, name: str, defaults: Defaults) -> Read:
    for number, line in _decoded_lines(file, name):
        if isinstance(line, Unread):
            yield line
            continue
        if not line.strip():
            continue
        try:
            record = json.loads(line)
        except (ValueError, RecursionError) as broken:
            why = getattr(broken, "msg", None) or type(broken).__name__
            yield Unread(
                file=name, line=number, why=say("Line {line} is not JSON: {why}.", line=number, why=why)
            )
            continue
        yield _read_record(record, line, number, name, defaults, _at_json)


def _table(file: BinaryIO, name: str, defaults: Defaults) -> Read:
    header = header_of(file)
    if (problem := _undecodable(header, 1)) is not None:
        yield Unread(file=name, line=1, why=problem)
        return
    delimiter = delimiter_of(header)
    columns = [each.strip() for each in cells_of(without_mark(header).decode("utf-8"), delimiter)]
    if "text" not in completed({}, columns):
        shown = ", ".join(f"“{each[:40]}”" for each in columns[:30]) or "–"
        why = say("No column is called “text”. The file has {columns}.", columns=shown)
        yield Unread(file=name, line=1, why=why)
        return
    file.seek(len(header))
    number = 1 + header.count(b"\n")
    for row in csv_rows(file_lines(file), delimiter):
        line, number = number, number + row.raw.count(b"\n")
        if row.why:
            yield Unread(file=name, line=line, why=why_broken(row.why, line))
        elif (problem := _undecodable(row.raw, line)) is not None:
            yield Unread(file=name, line=line, why=problem)
        elif any(each.strip() for each in row.cells):
            record = dict(zip(columns, row.cells, strict=False))
            yield _read_record(record, row.raw.decode("utf-8"), line, name, defaults, _at_csv)


_READERS: Mapping[Form, Callable[[BinaryIO, str, Defaults], Read]] = {
    Form.DRAFT: _draft,
    Form.LINES: _lines,
    Form.JSONL: _json_lines,
    Form.CSV: _table,
}


def _decoded_lines(file: BinaryIO, name: str) -> Iterator[tuple[int, str | Unread]]:
    number = 0
    while line := file.readline(LONGEST_LINE + 1):
        number += 1
        if len(line) > LONGEST_LINE and not line.endswith(b"\n"):
            while (piece := file.readline(65_536)) and not piece.endswith(b"\n"):
                pass
            yield number, Unread(file=name, line=number, why=_too_long(number))
            continue
        if number == 1:
            line = without_mark(line)
        if (problem := _undecodable(line, number)) is not None:
            yield number, Unread(file=name, line=number, why=problem)
            if _is_utf16(line):
                return
        else:
            yield number, line.decode("utf-8")


def _undecodable(raw: bytes, line: int) -> Said | None:
    try:
        raw.decode("utf-8")
    except UnicodeDecodeError:
        return _no_utf8(raw, line)
    return None


def _is_utf16(raw: bytes) -> bool:
    return raw.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))


def _no_utf8(raw: bytes, line: int) -> Said:
    if _is_utf16(raw):
        return say("The file is UTF-16: save it as UTF-8.")
    return say("Line {line} is not UTF-8: save the file as UTF-8.", line=line)


def _too_long(line: int) -> Said:
    return say("Line {line} is longer than {limit} bytes.", line=line, limit=LONGEST_LINE)


# Records --------------------------------------------------------------------------------------------------------

_NOT_PUBLIC = frozenset({"false", "no", "0", "direct", "private", "non", "nu"})
_PUBLIC = frozenset({"true", "yes", "1", "public", "oui", "da", ""})


def _read_record(
    record: Any,
    raw: str,
    line: int,
    name: str,
    defaults: Defaults,
    find: Callable[[str, str, int], int | None],
) -> Draft | Unread:
    try:
        if not isinstance(record, Mapping):
            raise NotADraft(say("Line {line} is no object with a “text”.", line=line))
        mapping = completed({}, list(record))
        known = {ours: record[theirs] for ours, theirs in mapping.items() if ours in ("id", "text", "lang")}
        known |= {
            key: record[key] for key in ("to", "network", "public", "kind") if record.get(key) is not None
        }
        sample = _sample(known, defaults)
    except NotADraft as no:
        return Unread(file=name, line=line, why=no.said)

    def place(at: int) -> tuple[int, int]:
        found = find(raw, sample.text, at)
        if found is None:
            return line, 1
        return line + raw.count("\n", 0, found), found - (raw.rfind("\n", 0, found) + 1) + 1

    called = known.get("id", "")
    return Draft(
        file=name, name=str(called)[:100] if isinstance(called, str | int) else "", sample=sample, place=place
    )


def _sample(record: Mapping[str, Any], defaults: Defaults) -> Sample:
    if not isinstance(text := record.get("text"), str):
        raise NotADraft(say("It has no “text”."))
    words = {key: record.get(key) or "" for key in ("lang", "to", "network", "kind")}
    for key, value in words.items():
        if not isinstance(value, str):
            raise NotADraft(say("Its “{field}” must be a text.", field=key))
    try:
        kind = Kind(words["kind"].strip().lower() or Kind.COMPLAINT)
    except ValueError:
        raise NotADraft(
            say("Its “{field}” is one of {names}.", field="kind", names=", ".join(Kind))
        ) from None
    return sample_of(
        text,
        language=words["lang"].strip()[:20] or ("" if words["to"] else defaults.language),
        their_text=words["to"] or defaults.their_text,
        network=words["network"].strip().lower() or defaults.network,
        is_public=_is_public(record.get("public", defaults.is_public)),
        kind=kind,
    )


def _is_public(value: Any) -> bool:
    if isinstance(value, bool):
        return value
    if isinstance(value, str) and (said := value.strip().lower()) in _PUBLIC | _NOT_PUBLIC:
        return said in _PUBLIC
    raise NotADraft(say("Its “{field}” is one of {names}.", field="public", names="true, false"))


_JSON_STRING = re.compile(r'"(?:[^"\\]|\\.)*+"')
_JSON_SIGN = re.compile(
    r"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|\\u[0-9a-fA-F]{4}|\\.|[^\\]"
)


def _at_json(raw: str, text: str, at: int) -> int | None:
    """Where in a line of JSON stands what is at `at` of one of its texts."""
    for string in _JSON_STRING.finditer(raw):
        if json.loads(string.group()) == text:
            signs = _JSON_SIGN.finditer(raw, string.start() + 1, string.end())
            return next((sign.start() for number, sign in enumerate(signs) if number == at), None)
    return None


def _at_csv(raw: str, text: str, at: int) -> int | None:
    """The same in a row of CSV."""
    for write in (str, lambda cell: cell.replace('"', '""')):
        if (found := raw.find(write(text))) >= 0:
            return found + len(write(text[:at]))
    return None
