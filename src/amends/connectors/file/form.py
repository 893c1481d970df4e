"""How a file is written: our fields and what others call them, and the envelope that a page begins with."""

from __future__ import annotations

import codecs
import difflib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from amends.core.say import Said, say
from amends.core.text import storable

#: Lines or rows, and bytes, of one page.
PAGE = 500
PAGE_BYTES = 4_000_000
#: Bytes of one line (CSV: of one row, over all its lines).
LONGEST_LINE = 1_000_000
#: Lines of one CSV row; beyond, a quotation mark was opened by mistake.
MOST_LINES = 500
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
DELIMITERS = ",;\t|"


@dataclass(frozen=True)
class Envelope:
    """What a page says of itself. Without one (a bare file given to `read`) the settings speak."""

    name: str
    format: str
    network: str
    zone: str
    mapping: Mapping[str, str]
    first_line: int = 1
    delimiter: str = ""
    """Between cells; none: it shows in the header row."""

    def written(self) -> bytes:
        return json.dumps({"amends_file": dict(vars(self))}, ensure_ascii=True).encode() + b"\n"


def checked(told: Any) -> Envelope:
    """The envelope of a page. Raises `ValueError`, `KeyError`, `TypeError` when it is none."""
    form = Envelope(**told)
    texts = (form.name, form.format, form.network, form.zone, form.delimiter)
    if not all(isinstance(each, str) for each in texts):
        raise ValueError
    if not isinstance(form.mapping, dict) or not all(isinstance(each, str) for each in form.mapping.values()):
        raise ValueError
    if not isinstance(form.first_line, int) or form.delimiter not in ("", *DELIMITERS):
        raise ValueError
    return form


def completed(given: Mapping[str, str], columns: Sequence[str]) -> dict[str, str]:
    """`given`, and for our other fields the column with a usual name. No column serves twice."""
    mapping = dict(given)
    free = {each.lower(): each for each in reversed(columns) if each not in mapping.values()}
    for ours, names in FIELDS.items():
        if ours not in mapping and (
            fitting := next((free.pop(each) for each in names if each in free), None)
        ):
            mapping[ours] = fitting
    return mapping


def without_mark(raw: bytes) -> bytes:
    return raw.removeprefix(codecs.BOM_UTF8)


def decoded(raw: bytes) -> tuple[str, str]:
    """`raw` as UTF-8, else as Windows-1252; and which it was."""
    try:
        return raw.decode("utf-8"), "utf-8"
    except UnicodeDecodeError:
        return raw.decode("cp1252", "replace"), "cp1252"


def no_text(line: int, mapping: Mapping[str, str], columns: Sequence[str]) -> Said:
    if theirs := mapping.get("text", ""):
        return say("Line {line} has no text in “{column}”.", line=line, column=theirs)
    return say(
        "Line {line} has no text; its fields are {columns}. Say in the settings which of them is “text”.",
        line=line,
        columns=_listed(columns),
    )


def missing(ours: str, theirs: str, columns: Sequence[str]) -> Said:
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
