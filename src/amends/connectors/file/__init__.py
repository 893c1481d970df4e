"""A file of mentions: JSON lines or CSV, as another tool exports them, or whole threads, one a line.

Our fields: id, text (the only one that must be there), author, author_name, at, url, thread, in_reply_to, lang, title,
visibility, ours. `mapping` says which of the file's columns is which; the usual names are found by themselves.

A page begins with one line of ours, the envelope: `{"amends_file": {"name", "format", "first_line", …}}`. It tells
`read` all it needs, so that the bytes can be read again years later, without the file. Then, in CSV, the exact bytes of
the header row, then the exact bytes of up to 500 lines or rows. A mention's `raw` is the exact bytes of its line (CSV:
header row and row; threads: its turn).

A row without an id gets one made of author, time and text, so that reading a file twice doubles nothing. Two rows that
are the same in all three are thus one mention.
"""

from __future__ import annotations

import codecs
import difflib
import io
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any, BinaryIO, ClassVar

from amends.connectors.base import CONTRACT, NeedsAttention, Page, Resend, RetryLater, Traits, setting
from amends.connectors.file.form import (
    FIELDS,
    LONGEST_LINE,
    PAGE,
    Envelope,
    checked,
    completed,
    decoded,
    missing,
    without_mark,
)
from amends.connectors.file.lines import next_lines, read_lines, value_of
from amends.connectors.file.table import cells_of, delimiter_of, header_of, next_rows, read_table
from amends.core.mention import Mention, Unreadable
from amends.core.say import Said, say, say_many

__all__ = ["LONGEST_LINE", "PAGE", "File", "FileSettings"]


@dataclass(frozen=True, kw_only=True)
class FileSettings:
    path: str = setting("File", "Where it lies on this machine.")
    format: str = setting("Format", "auto, jsonl or csv.", default="auto")
    mapping: str = setting(
        "Columns",
        'Our field → the file’s column, as JSON: {"text": "tweet_text", "author": "user.name"}. Usual names are found '
        "without it.",
        default="",
    )
    network_name: str = setting("Name of the network", "Where these mentions come from.", default="import")
    zone: str = setting("Time zone", "Of times that name none, such as Europe/Paris.", default="UTC")


@dataclass(frozen=True)
class _Cursor:
    offset: int = 0
    line: int = 1
    """Number of the line that starts at `offset`; the first is 1."""
    size: int = -1
    total: int = 0
    """How many lines a file of `size` bytes has."""


class File:
    """Reads a file to its end, page by page, and goes on where lines are added. It can only listen."""

    contract: ClassVar[int] = CONTRACT
    traits: ClassVar[Traits] = Traits(
        name="import", label="Import", resend=Resend.BY_PERSON, poll_every=timedelta(minutes=5)
    )
    settings: ClassVar[type] = FileSettings

    def __init__(self, settings: FileSettings, **_: Any) -> None:
        self._path = Path(settings.path)
        self._format = settings.format.strip().lower() or "auto"
        self._mapping = settings.mapping
        self._network = settings.network_name.strip() or "import"
        self._zone = settings.zone.strip() or "UTC"

    # -- fetching ----------------------------------------------------------------------------------------------

    def fetch(self, cursor: str) -> Page:
        """The next lines after `cursor`. `total` is the number of lines of the whole file.

        Raises `NeedsAttention` when the file is not there, is no text file, or lacks a column; `RetryLater` when it
        cannot be read just now.
        """
        at, gap = _cursor(cursor), None
        try:
            with self._opened() as file:
                size = file.seek(0, io.SEEK_END)
                if size < at.offset:
                    gap = say(
                        "“{name}” is shorter than it was: it is read again from its start.",
                        name=self._path.name,
                    )
                    at = _Cursor()
                total = at.total if at.size == size else _count_lines(file)
                form = self._form(file)
                header = header_of(file) if form.format == "csv" else b""
                if at.offset < len(header):
                    at = _Cursor(len(header), 1 + header.count(b"\n"), size, total)
                file.seek(at.offset)
                body, lines = next_rows(file, form) if form.format == "csv" else next_lines(file)
                offset = file.tell()
        except OSError as problem:
            raise self._unreachable(problem) from problem
        moved = _Cursor(offset, at.line + lines, size, total)
        raw = b""
        if body:
            raw = Envelope(**{**vars(form), "first_line": at.line}).written() + header + body
        return Page(
            raw=raw,
            cursor=json.dumps(vars(moved)),
            media_type="text/csv" if form.format == "csv" else "application/x-ndjson",
            url=self._path.name,
            more=offset < size,
            gap=gap,
            total=total,
        )

    def check(self) -> Said:
        """How many lines there are, and how they will be read. Raises as `fetch` does."""
        page = self.fetch("")
        found = list(self.read(page.raw))
        good = sum(isinstance(each, Mention) for each in found)
        bad = next((each for each in found if isinstance(each, Unreadable)), None)
        if bad and not good:
            raise NeedsAttention(bad.why)
        if not self._is_utf8():
            return say(
                "“{name}” can be read ({lines} lines). It is not UTF-8, so its letters are taken as those of Windows-1252; "
                "if accents look wrong, save it as UTF-8 first.",
                name=self._path.name,
                lines=page.total or 0,
            )
        return say_many(
            "“{name}” can be read: it has {n} line.",
            "“{name}” can be read: it has {n} lines.",
            n=page.total or 0,
            name=self._path.name,
        )

    def _is_utf8(self) -> bool:
        decoder = codecs.getincrementaldecoder("utf-8")()
        try:
            with self._opened() as file:
                while piece := file.read(1 << 20):
                    decoder.decode(piece)
                decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            return False
        except OSError as problem:
            raise self._unreachable(problem) from problem
        return True

    def _opened(self) -> BinaryIO:
        if not self._path.is_file():
            raise NeedsAttention(
                say(
                    "There is no file “{path}”: check the path, and that this machine sees it.",
                    path=str(self._path),
                )
            )
        return self._path.open("rb")

    def _unreachable(self, problem: OSError) -> NeedsAttention | RetryLater:
        if isinstance(problem, PermissionError):
            return NeedsAttention(
                say("“{path}” may not be read by us: give our user the right to.", path=str(self._path))
            )
        return RetryLater(
            timedelta(minutes=1),
            say(
                "“{path}” could not be read: {problem}.",
                path=str(self._path),
                problem=problem.strerror or type(problem).__name__,
            ),
        )

    def _form(self, file: BinaryIO) -> Envelope:
        """How this file is to be read, seen from its head."""
        file.seek(0)
        head = file.read(65_536)
        self._refuse_others(head)
        kind = self._kind(head)
        mapping = self._mapped()
        if kind == "jsonl":
            self._check_keys(head, mapping)
            return self._envelope(kind, mapping)
        header = header_of(file)
        delimiter = delimiter_of(header)
        columns = [each.strip() for each in cells_of(decoded(without_mark(header))[0], delimiter)]
        mapping = completed(mapping, columns)
        for ours, theirs in mapping.items():
            if theirs not in columns:
                raise NeedsAttention(missing(ours, theirs, columns))
        if "text" not in mapping:
            raise NeedsAttention(missing("text", "", columns))
        return self._envelope(kind, mapping, delimiter)

    def _envelope(self, kind: str, mapping: Mapping[str, str], delimiter: str = "") -> Envelope:
        return Envelope(
            name=self._path.name,
            format=kind,
            network=self._network,
            zone=self._zone,
            mapping=mapping,
            delimiter=delimiter,
        )

    def _refuse_others(self, head: bytes) -> None:
        name = self._path.name
        if head.startswith(b"PK\x03\x04") or head.startswith(b"\xd0\xcf\x11\xe0"):
            raise NeedsAttention(
                say("“{name}” is a workbook or an archive: save it as “CSV UTF-8”.", name=name)
            )
        if head.startswith((b"\x1f\x8b", b"BZh", b"\xfd7zXZ", b"\x28\xb5\x2f\xfd")):
            raise NeedsAttention(say("“{name}” is compressed: unpack it first.", name=name))
        if head.startswith((b"\xff\xfe", b"\xfe\xff")):
            raise NeedsAttention(say("“{name}” is UTF-16: save it as UTF-8.", name=name))
        if b"\n" not in head and b"\r" in head:
            raise NeedsAttention(
                say("The lines of “{name}” end as those of old Macs: save it as “CSV UTF-8”.", name=name)
            )

    def _kind(self, head: bytes) -> str:
        if self._format in ("jsonl", "csv"):
            return self._format
        if self._format != "auto":
            raise NeedsAttention(
                say("There is no format “{format}”: choose auto, jsonl or csv.", format=self._format[:40])
            )
        ending = self._path.suffix.lower()
        start = without_mark(head).lstrip()
        if ending in (".jsonl", ".ndjson"):
            return "jsonl"
        if ending in (".csv", ".tsv"):
            return "csv"
        if start.startswith(b"["):
            raise NeedsAttention(
                say(
                    "“{name}” is one JSON list. One object a line is needed: jq -c '.[]' makes it so.",
                    name=self._path.name,
                )
            )
        return "jsonl" if start.startswith(b"{") else "csv"

    def _mapped(self) -> dict[str, str]:
        try:
            given = json.loads(self._mapping or "{}")
        except (ValueError, RecursionError):
            given = None
        if not isinstance(given, dict) or not all(isinstance(each, str) for each in given.values()):
            raise NeedsAttention(
                say(
                    "The columns must be JSON such as {example}.",
                    example='{"text": "tweet_text", "author": "user"}',
                )
            )
        for ours in given:
            if ours not in FIELDS:
                near = difflib.get_close_matches(ours, FIELDS, 1, 0)
                raise NeedsAttention(
                    say(
                        "We have no field “{field}”; did you mean “{near}”? Ours are {fields}.",
                        field=ours[:60],
                        near=near[0],
                        fields=", ".join(FIELDS),
                    )
                )
        return dict(given)

    def _check_keys(self, head: bytes, mapping: Mapping[str, str]) -> None:
        """Say at once that no line has a text, instead of putting every line into quarantine."""
        keys: dict[str, None] = {}
        seen = 0
        for line in without_mark(head).splitlines()[:20]:
            try:
                found = json.loads(line)
            except (ValueError, RecursionError):
                continue
            if isinstance(found, dict):
                if isinstance(found.get("turns"), list) or value_of(found, "text", mapping) is not None:
                    return
                seen += 1
                keys.update(dict.fromkeys(str(each) for each in list(found)[:50]))
        if seen:
            raise NeedsAttention(missing("text", mapping.get("text", ""), list(keys)))

    # -- reading -----------------------------------------------------------------------------------------------

    def read(self, raw: bytes) -> Iterator[Mention | Unreadable]:
        """What the lines of a page say, in their order; a broken line is one `Unreadable` that names it."""
        form, body = self._taken_apart(raw)
        read = read_table if form.format == "csv" else read_lines
        return read(body, form)

    def _taken_apart(self, raw: bytes) -> tuple[Envelope, bytes]:
        line, _, body = raw.partition(b"\n")
        if line.startswith(b'{"amends_file": '):
            try:
                told = json.loads(line)["amends_file"]
                return checked(told), body
            except (ValueError, RecursionError, KeyError, TypeError):
                pass  # then it is a line like any other, and a broken one
        try:
            mapping = self._mapped()
        except NeedsAttention:
            mapping = {}
        try:
            kind = self._kind(raw[:1000])
        except NeedsAttention:
            kind = "jsonl"
        return self._envelope(kind, mapping), raw


def _count_lines(file: BinaryIO) -> int:
    file.seek(0)
    count, last = 0, b"\n"
    while piece := file.read(1 << 20):
        count += piece.count(b"\n")
        last = piece[-1:]
    return count + (last != b"\n")


def _cursor(written: str) -> _Cursor:
    try:
        found = _Cursor(**json.loads(written or "{}"))
    except (ValueError, TypeError, RecursionError):
        return _Cursor()
    numbers = (found.offset, found.line, found.size, found.total)
    is_good = all(isinstance(each, int) for each in numbers) and found.offset >= 0 and found.line >= 1
    return found if is_good else _Cursor()
