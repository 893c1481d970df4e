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
import csv
import difflib
import io
import json
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, timedelta, tzinfo
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any, BinaryIO, ClassVar
from zoneinfo import ZoneInfo

from amends.connectors.base import CONTRACT, NeedsAttention, Page, Resend, RetryLater, Traits, setting
from amends.connectors.dates import moment
from amends.connectors.slices import BrokenJson, elements
from amends.core.mention import Author, Mention, Unreadable, Visibility
from amends.core.say import Said, say, say_many
from amends.core.text import storable

#: Lines or rows, and bytes, of one page.
PAGE = 500
PAGE_BYTES = 4_000_000
#: Bytes of one line (CSV: of one row, over all its lines).
LONGEST_LINE = 1_000_000
#: Lines of one CSV row; beyond, a quotation mark was opened by mistake.
MOST_LINES = 500
LONGEST_ID = 500
_LONGEST_URL = 2_000
_LONGEST_TITLE = 1_000

#: Our fields, and what others call them, likeliest first. Compared in lower case.
FIELDS: Mapping[str, tuple[str, ...]] = {
    "id": ("id", "id_str", "tweet_id", "post_id", "comment_id", "message_id", "status_id", "review_id", "mention_id"),
    "text": (
        "text", "full_text", "tweet", "message", "content", "body", "comment", "review", "review_text", "post",
        "texte", "contenu", "mesaj",
    ),
    "author": (
        "author", "author_id", "username", "user", "screen_name", "user_name", "handle", "account", "from", "auteur",
        "autor",
    ),
    "author_name": ("author_name", "name", "display_name", "full_name", "nom", "nume"),
    "at": (
        "at", "created_at", "date", "datetime", "time", "timestamp", "posted_at", "published_at", "published",
        "created", "created_time", "data",
    ),
    "url": ("url", "link", "permalink", "permalink_url", "tweet_url"),
    "thread": ("thread", "thread_id", "conversation_id", "root_id"),
    "in_reply_to": (
        "in_reply_to", "in_reply_to_id", "in_reply_to_status_id", "in_response_to_tweet_id", "parent_id", "reply_to",
    ),
    "lang": ("lang", "language", "langue", "limba"),
    "title": ("title", "subject", "titre", "titlu"),
    "visibility": ("visibility",),
    "ours": ("ours", "is_ours"),
}  # fmt: skip
_DELIMITERS = ",;\t|"
_YES = frozenset({"1", "true", "yes", "y", "oui", "da", "ours"})
_PRIVATE = frozenset({"direct", "private", "dm", "message"})


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
class _Envelope:
    """What a page says of itself. Without one (a bare file given to `read`) the settings speak."""

    name: str
    format: str
    network: str
    zone: str
    mapping: Mapping[str, str]
    first_line: int = 1
    delimiter: str = ""
    """"" : to be seen from the header row."""

    def written(self) -> bytes:
        return json.dumps({"amends_file": dict(vars(self))}, ensure_ascii=True).encode() + b"\n"


@dataclass(frozen=True)
class _Cursor:
    offset: int = 0
    line: int = 1
    """Number of the line that starts at `offset`; the first is 1."""
    size: int = -1
    total: int = 0
    """How many lines a file of `size` bytes has."""


@dataclass
class _Row:
    """One CSV row: its exact bytes, and its cells or why it has none."""

    raw: bytes
    cells: list[str] = field(default_factory=list)
    why: str = ""


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
                header = _header_of(file) if form.format == "csv" else b""
                if at.offset < len(header):
                    at = _Cursor(len(header), 1 + header.count(b"\n"), size, total)
                file.seek(at.offset)
                body, lines = _rows(file, form) if form.format == "csv" else _lines(file)
                offset = file.tell()
        except OSError as problem:
            raise self._unreachable(problem) from problem
        moved = _Cursor(offset, at.line + lines, size, total)
        raw = b""
        if body:
            raw = _Envelope(**{**vars(form), "first_line": at.line}).written() + header + body
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

    def _form(self, file: BinaryIO) -> _Envelope:
        """How this file is to be read, seen from its head."""
        file.seek(0)
        head = file.read(65_536)
        self._refuse_others(head)
        kind = self._kind(head)
        mapping = self._mapped()
        if kind == "jsonl":
            self._check_keys(head, mapping)
            return self._envelope(kind, mapping)
        header = _header_of(file)
        delimiter = _delimiter_of(header)
        columns = [each.strip() for each in _cells(_decoded(_without_mark(header))[0], delimiter)]
        mapping = _completed(mapping, columns)
        for ours, theirs in mapping.items():
            if theirs not in columns:
                raise NeedsAttention(_missing(ours, theirs, columns))
        if "text" not in mapping:
            raise NeedsAttention(_missing("text", "", columns))
        return self._envelope(kind, mapping, delimiter)

    def _envelope(self, kind: str, mapping: Mapping[str, str], delimiter: str = "") -> _Envelope:
        return _Envelope(
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
        start = _without_mark(head).lstrip()
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
        for line in _without_mark(head).splitlines()[:20]:
            try:
                found = json.loads(line)
            except (ValueError, RecursionError):
                continue
            if isinstance(found, dict):
                if isinstance(found.get("turns"), list) or _found(found, "text", mapping) is not None:
                    return
                seen += 1
                keys.update(dict.fromkeys(str(each) for each in list(found)[:50]))
        if seen:
            raise NeedsAttention(_missing("text", mapping.get("text", ""), list(keys)))

    # -- reading -----------------------------------------------------------------------------------------------

    def read(self, raw: bytes) -> Iterator[Mention | Unreadable]:
        """What the lines of a page say, in their order; a broken line is one `Unreadable` that names it."""
        form, body = self._taken_apart(raw)
        read = _read_csv if form.format == "csv" else _read_jsonl
        return read(body, form)

    def _taken_apart(self, raw: bytes) -> tuple[_Envelope, bytes]:
        line, _, body = raw.partition(b"\n")
        if line.startswith(b'{"amends_file": '):
            try:
                told = json.loads(line)["amends_file"]
                return _checked(told), body
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


def _checked(told: Any) -> _Envelope:
    """The envelope of a page. Raises `ValueError`, `KeyError`, `TypeError` when it is none."""
    form = _Envelope(**told)
    texts = (form.name, form.format, form.network, form.zone, form.delimiter)
    if not all(isinstance(each, str) for each in texts):
        raise ValueError
    if not isinstance(form.mapping, dict) or not all(isinstance(each, str) for each in form.mapping.values()):
        raise ValueError
    if not isinstance(form.first_line, int) or form.delimiter not in ("", *_DELIMITERS):
        raise ValueError
    return form


# -- JSON lines ------------------------------------------------------------------------------------------------


def _lines(file: BinaryIO) -> tuple[bytes, int]:
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


def _read_jsonl(body: bytes, form: _Envelope) -> Iterator[Mention | Unreadable]:
    for number, line in enumerate(_split(body), form.first_line):
        bare = _without_mark(line) if number == 1 else line
        if not bare.strip():
            continue
        yield from _read_line(bare, line, number, form)


def _split(body: bytes) -> list[bytes]:
    """Lines by “\\n” alone: bytes.splitlines would also cut at a lone “\\r”."""
    lines = [line + b"\n" for line in body.split(b"\n")]
    lines[-1] = lines[-1][:-1]
    return lines if lines[-1] else lines[:-1]


def _read_line(bare: bytes, line: bytes, number: int, form: _Envelope) -> Iterator[Mention | Unreadable]:
    where = f"line {number}"
    if len(line) > LONGEST_LINE:
        why = say("Line {line} is longer than {limit} bytes.", line=number, limit=LONGEST_LINE)
        yield Unreadable(raw=line, where=where, why=why)
        return
    text, _ = _decoded(bare)
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
        values = {ours: _plain(_found(found, ours, form.mapping)) for ours in FIELDS}
        author = _found(found, "author", form.mapping)
        if isinstance(author, dict):
            values["author"], name = _person(author)
            values["author_name"] = values["author_name"] or name
        if not values["text"].strip():
            yield Unreadable(raw=line, where=where, why=_no_text(number, form.mapping, list(found)))
        else:
            yield _mention(values, line, form)


def _found(row: Mapping[str, Any], ours: str, mapping: Mapping[str, str]) -> Any:
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
    thread: Mapping[str, Any], text: str, line: bytes, number: int, form: _Envelope
) -> Iterator[Mention | Unreadable]:
    """A thread on one line: `{"id", "lang", "brand" or "sector", "turns": [{"role", "author", "at", "text"}]}`."""
    try:
        turns = list(elements(text, "turns"))
    except BrokenJson:
        turns = [(json.dumps(each), each) for each in thread["turns"]]
    thread_id = _plain(thread.get("id")).strip() or "sha256:" + sha256(line.strip()).hexdigest()
    thread_id = _short(thread_id)
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
            author=_author(form.network, who, ""),
            text=storable(words),
            raw=raw,
            posted_at=moment(_plain(turn.get("at")), _zone(form.zone)),
            thread_id=storable(f"{thread_id}/0") if place else "",
            in_reply_to=before,
            languages=_languages(_plain(thread.get("lang"))),
            is_to_us=concerns_us and not is_ours,
            is_ours=is_ours,
        )
        before = storable(remote_id)


# -- CSV -------------------------------------------------------------------------------------------------------


def _header_of(file: BinaryIO) -> bytes:
    """The exact bytes of the header row, a byte order mark included."""
    file.seek(0)
    row = next(_csv_rows(_file_lines(file), ","), None)
    return row.raw if row else b""


def _rows(file: BinaryIO, form: _Envelope) -> tuple[bytes, int]:
    """The exact bytes of the next rows, and how many lines they take."""
    start, size, lines = file.tell(), 0, 0
    for count, row in enumerate(_csv_rows(_file_lines(file), form.delimiter), 1):
        size += len(row.raw)
        lines += row.raw.count(b"\n")
        if count >= PAGE or size >= PAGE_BYTES:
            break
    file.seek(start)
    return file.read(size), lines


def _file_lines(file: BinaryIO) -> Iterator[bytes]:
    # A line without an end must not fill the memory: it comes in pieces, each of them a broken row.
    while line := file.readline(LONGEST_LINE + 1):
        yield line


class _Taken:
    """Hands lines to the csv module until it has a row, and remembers which they were."""

    def __init__(self, lines: Iterable[bytes]) -> None:
        self._source, self._again = iter(lines), deque[bytes]()
        self.lines: list[bytes] = []
        self.size = 0
        self.is_cut = False

    def row(self) -> Iterator[str]:
        """The lines of the next row, as many as are asked for."""
        self.lines, self.size, self.is_cut = [], 0, False
        while True:
            if len(self.lines) >= MOST_LINES or self.size > LONGEST_LINE:
                self.is_cut = True
                return
            line = self._again.popleft() if self._again else next(self._source, None)
            if line is None:
                self.is_cut = bool(self.lines)
                return
            self.lines.append(line)
            self.size += len(line)
            yield _decoded(line)[0]

    def give_back(self) -> bytes:
        """Only the first line was taken, after all."""
        self._again.extendleft(reversed(self.lines[1:]))
        return self.lines[0]


def _csv_rows(lines: Iterable[bytes], delimiter: str) -> Iterator[_Row]:
    """Rows with their exact bytes. The csv module decides where a row ends, here and when the page is read again.

    A quotation mark that is never closed would swallow the rest: after `MOST_LINES` lines or `LONGEST_LINE` bytes the
    row's first line alone is broken, and reading goes on with the next line.
    """
    taken = _Taken(lines)
    while True:
        try:
            cells = next(csv.reader(taken.row(), delimiter=delimiter), None)
        except csv.Error as broken:
            yield _Row(taken.give_back(), why=str(broken))
            continue
        if not taken.lines:
            return
        if taken.is_cut:
            is_long = len(taken.lines[0]) > LONGEST_LINE
            why = f"longer than {LONGEST_LINE} bytes" if is_long else "a quotation mark is never closed"
            yield _Row(taken.give_back(), why=why)
        else:
            yield _Row(b"".join(taken.lines), cells or [])


def _read_csv(body: bytes, form: _Envelope) -> Iterator[Mention | Unreadable]:
    lines = _split(body)
    first = next(_csv_rows(lines, form.delimiter or ","), None)
    header = first.raw if first else b""
    delimiter = form.delimiter or _delimiter_of(header)
    rows = _csv_rows(lines, delimiter)
    columns = [each.strip().removeprefix("\ufeff") for each in (next(rows).cells if first else [])]
    mapping = _completed(form.mapping, columns)
    if "text" not in mapping or not set(mapping.values()) <= set(columns):
        if body:
            yield Unreadable(raw=body, where="line 1", why=_missing("text", mapping.get("text", ""), columns))
        return
    places = {ours: columns.index(theirs) for ours, theirs in mapping.items()}
    number = max(form.first_line, 1 + header.count(b"\n"))
    for row in rows:
        where, line = f"line {number}", number
        number += row.raw.count(b"\n")
        cells = row.cells
        if row.why:
            why = say("Line {line} is not CSV: {why}.", line=line, why=row.why)
            yield Unreadable(raw=row.raw, where=where, why=why)
        elif not any(each.strip() for each in cells):
            continue
        elif any(each.strip() for each in cells[len(columns) :]):
            why = say(
                "Line {line} has {cells} cells, the header {columns}: perhaps a text holds “{sign}” without quotation marks.",
                line=line,
                cells=len(cells),
                columns=len(columns),
                sign=delimiter,
            )
            yield Unreadable(raw=row.raw, where=where, why=why)
        else:
            values = {ours: cells[place] if place < len(cells) else "" for ours, place in places.items()}
            values = {ours: values.get(ours, "") for ours in FIELDS}
            if values["text"].strip():
                yield _mention(values, header + row.raw, form)
            else:
                yield Unreadable(raw=row.raw, where=where, why=_no_text(line, mapping, columns))


def _cells(text: str, delimiter: str) -> list[str]:
    try:
        return next(csv.reader(text.splitlines(keepends=True), delimiter=delimiter), [])
    except csv.Error:
        return []


def _delimiter_of(header: bytes) -> str:
    text = _decoded(_without_mark(header))[0]
    return max(_DELIMITERS, key=lambda sign: len(_cells(text, sign)))


def _completed(given: Mapping[str, str], columns: Sequence[str]) -> dict[str, str]:
    """`given`, and for our other fields the column with a usual name. No column serves twice."""
    mapping = dict(given)
    free = {each.lower(): each for each in reversed(columns) if each not in mapping.values()}
    for ours, names in FIELDS.items():
        if ours not in mapping and (
            fitting := next((free.pop(each) for each in names if each in free), None)
        ):
            mapping[ours] = fitting
    return mapping


# -- both ------------------------------------------------------------------------------------------------------


def _mention(values: Mapping[str, str], raw: bytes, form: _Envelope) -> Mention:
    said = "\n".join((values["author"], values["at"], values["text"]))
    made = "sha256:" + sha256(said.encode("utf-8", "surrogatepass")).hexdigest()
    remote_id = _short(values["id"].strip()) or made
    thread = _short(values["thread"].strip())
    is_private = values["visibility"].strip().lower() in _PRIVATE
    is_ours = values["ours"].strip().lower() in _YES
    url = values["url"].strip()
    # Without an author, everybody is a person of their own: strangers' histories must not run together.
    who = values["author"].strip() or values["author_name"].strip() or f"unknown/{remote_id}"
    name = values["author_name"].strip()
    return Mention(
        network=form.network,
        remote_id=remote_id,
        author=_author(form.network, who, name),
        text=storable(values["text"]),
        raw=raw,
        posted_at=moment(values["at"], _zone(form.zone)),
        url=storable(url) if url.startswith(("http://", "https://")) and len(url) <= _LONGEST_URL else "",
        title=storable(values["title"].strip()[:_LONGEST_TITLE]),
        thread_id="" if thread == remote_id else thread,
        in_reply_to=_short(values["in_reply_to"].strip()),
        visibility=Visibility.DIRECT if is_private else Visibility.PUBLIC,
        languages=_languages(values["lang"]),
        is_to_us=is_private and not is_ours,
        is_ours=is_ours,
    )


def _author(network: str, who: str, name: str) -> Author:
    return Author(
        network=network,
        remote_id=_short(who),
        handle=storable(who[:LONGEST_ID]),
        name=storable(name[:LONGEST_ID]),
    )


def _short(text: str) -> str:
    """`text`, or its SHA-256 where it is too long for an id."""
    text = storable(text)
    return text if len(text) <= LONGEST_ID else "sha256:" + sha256(text.encode()).hexdigest()


def _languages(told: str) -> tuple[str, ...]:
    told = told.strip().replace("_", "-")
    is_tag = 2 <= len(told) <= 35 and told.isascii() and told.replace("-", "").isalnum()
    return (told,) if is_tag and told.lower() != "und" else ()


@cache
def _zone(name: str) -> tzinfo:
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return UTC


def _without_mark(raw: bytes) -> bytes:
    return raw.removeprefix(codecs.BOM_UTF8)


def _decoded(raw: bytes) -> tuple[str, str]:
    """`raw` as UTF-8, else as Windows-1252; and which it was."""
    try:
        return raw.decode("utf-8"), "utf-8"
    except UnicodeDecodeError:
        return raw.decode("cp1252", "replace"), "cp1252"


def _no_text(line: int, mapping: Mapping[str, str], columns: Sequence[str]) -> Said:
    if theirs := mapping.get("text", ""):
        return say("Line {line} has no text in “{column}”.", line=line, column=theirs)
    return say(
        "Line {line} has no text; its fields are {columns}. Say in the settings which of them is “text”.",
        line=line,
        columns=_listed(columns),
    )


def _missing(ours: str, theirs: str, columns: Sequence[str]) -> Said:
    near = _nearest(ours, theirs, columns)
    if theirs:
        return say(
            "There is no column “{column}” for “{field}”. The file has {columns}. Perhaps {example}?",
            column=theirs[:100],
            field=ours,
            columns=_listed(columns),
            example=json.dumps({ours: near}, ensure_ascii=False),
        )
    return say(
        "No column is known to hold “{field}”. The file has {columns}. Say which in the settings, perhaps {example}.",
        field=ours,
        columns=_listed(columns),
        example=json.dumps({ours: near}, ensure_ascii=False),
    )


def _nearest(ours: str, theirs: str, columns: Sequence[str]) -> str:
    """The column that is likeliest meant: near to the name given, or to a usual name, or holding one."""
    lowered = {each.lower(): each for each in reversed(columns) if each}
    for name in (theirs.lower(), *FIELDS[ours]) if theirs else FIELDS[ours]:
        if near := difflib.get_close_matches(name, lowered, 1, 0.75):
            return lowered[near[0]]
        if holding := [each for each in lowered if len(name) > 2 and name in each]:
            return lowered[min(holding, key=len)]
    return next(iter(columns), "")


def _listed(columns: Sequence[str]) -> str:
    shown = ", ".join(f"“{each[:40]}”" for each in columns[:30])
    return storable(shown + ("…" if len(columns) > 30 else "")) or "–"


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
