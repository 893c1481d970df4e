"""CSV: rows with their exact bytes, whatever line breaks their cells hold."""

from __future__ import annotations

import csv
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import BinaryIO

from amends.connectors.file.form import (
    DELIMITERS,
    FIELDS,
    LONGEST_LINE,
    MOST_LINES,
    PAGE,
    PAGE_BYTES,
    Envelope,
    completed,
    decoded,
    missing,
    no_text,
    without_mark,
)
from amends.connectors.file.lines import split_lines
from amends.connectors.file.posts import mention_of
from amends.core.mention import Mention, Unreadable
from amends.core.say import Said, say

_LONG, _OPEN = "long", "open"


@dataclass
class Row:
    """One CSV row: its exact bytes, and its cells or why it has none."""

    raw: bytes
    cells: list[str] = field(default_factory=list)
    why: str = ""


def header_of(file: BinaryIO) -> bytes:
    """The exact bytes of the header row, a byte order mark included."""
    file.seek(0)
    row = next(csv_rows(file_lines(file), ","), None)
    return row.raw if row else b""


def next_rows(file: BinaryIO, form: Envelope) -> tuple[bytes, int]:
    """The exact bytes of the next rows, and how many lines they take."""
    start, size, lines = file.tell(), 0, 0
    for count, row in enumerate(csv_rows(file_lines(file), form.delimiter), 1):
        size += len(row.raw)
        lines += row.raw.count(b"\n")
        if count >= PAGE or size >= PAGE_BYTES:
            break
    file.seek(start)
    return file.read(size), lines


def file_lines(file: BinaryIO) -> Iterator[bytes]:
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
            yield decoded(line)[0]

    def give_back(self) -> bytes:
        """Only the first line was taken, after all."""
        self._again.extendleft(reversed(self.lines[1:]))
        return self.lines[0]


def csv_rows(lines: Iterable[bytes], delimiter: str) -> Iterator[Row]:
    """Rows with their exact bytes. The csv module decides where a row ends, here and when the page is read again.

    A quotation mark that is never closed would swallow the rest: after `MOST_LINES` lines or `LONGEST_LINE` bytes the
    row's first line alone is broken, and reading goes on with the next line.
    """
    taken = _Taken(lines)
    while True:
        try:
            cells = next(csv.reader(taken.row(), delimiter=delimiter), None)
        except csv.Error as broken:
            yield Row(taken.give_back(), why=str(broken))
            continue
        if not taken.lines:
            return
        if taken.is_cut:
            is_long = len(taken.lines[0]) > LONGEST_LINE
            yield Row(taken.give_back(), why=_LONG if is_long else _OPEN)
        else:
            yield Row(b"".join(taken.lines), cells or [])


def why_broken(why: str, line: int) -> Said:
    if why == _OPEN:
        return say("Line {line} opens a quotation mark that is never closed.", line=line)
    if why == _LONG:
        return say("Line {line} is longer than {limit} bytes.", line=line, limit=LONGEST_LINE)
    return say("Line {line} is not CSV: {why}.", line=line, why=why)


def read_table(body: bytes, form: Envelope) -> Iterator[Mention | Unreadable]:
    lines = split_lines(body)
    first = next(csv_rows(lines, form.delimiter or ","), None)
    header = first.raw if first else b""
    delimiter = form.delimiter or delimiter_of(header)
    rows = csv_rows(lines, delimiter)
    columns = [each.strip().removeprefix("\ufeff") for each in (next(rows).cells if first else [])]
    mapping = completed(form.mapping, columns)
    if "text" not in mapping or not set(mapping.values()) <= set(columns):
        if body:
            yield Unreadable(raw=body, where="line 1", why=missing("text", mapping.get("text", ""), columns))
        return
    places = {ours: columns.index(theirs) for ours, theirs in mapping.items()}
    number = max(form.first_line, 1 + header.count(b"\n"))
    for row in rows:
        where, line = f"line {number}", number
        number += row.raw.count(b"\n")
        cells = row.cells
        if row.why:
            yield Unreadable(raw=row.raw, where=where, why=why_broken(row.why, line))
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
                yield mention_of(values, header + row.raw, form)
            else:
                yield Unreadable(raw=row.raw, where=where, why=no_text(line, mapping, columns))


def cells_of(text: str, delimiter: str) -> list[str]:
    try:
        return next(csv.reader(text.splitlines(keepends=True), delimiter=delimiter), [])
    except csv.Error:
        return []


def delimiter_of(header: bytes) -> str:
    text = decoded(without_mark(header))[0]
    return max(DELIMITERS, key=lambda sign: len(cells_of(text, sign)))
