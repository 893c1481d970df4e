"""`amends parse`: what a connector makes of recorded answers, one JSON object a line. It needs no desk, no account and
no network.

Exit codes: 0, all was read. 1, a file or a piece could not be read (the rest was). 2, it was asked wrongly.
"""

from __future__ import annotations

import json
import sys
from hashlib import sha256
from pathlib import Path
from typing import Annotated, Any

import typer
from django.utils.translation import gettext as _

from amends.cli.speak import tell, words
from amends.connectors.recorded import LONGEST_BODY, NotRecorded, bodies, reader_of
from amends.connectors.registry import UnknownConnector
from amends.core.mention import Mention, Unreadable

WRONGLY_ASKED = 2


def parse(
    files: Annotated[
        list[str], typer.Argument(help=_("Answers as they came, or cassettes; - reads the input."))
    ],
    network: Annotated[str, typer.Option("--network", help=_("Whose answers they are: mastodon, bluesky …"))],
    as_json: Annotated[bool, typer.Option("--json", help=_("JSON lines: the only form there is."))] = True,
) -> None:
    try:
        read = reader_of(network)
    except UnknownConnector as why:
        tell(str(why))
        raise typer.Exit(WRONGLY_ASKED) from None
    except NotRecorded as refusal:
        tell(words(refusal.why))
        raise typer.Exit(WRONGLY_ASKED) from None
    is_whole = True
    for name in files:
        try:
            raw = _bytes_of(name)
            for body in bodies(raw):
                for each in read(body):
                    is_whole = is_whole and isinstance(each, Mention)
                    _write(as_line(each, name))
        except OSError as broken:
            is_whole = False
            tell(
                _("%(path)s cannot be read: %(why)s") % {"path": name, "why": broken.strerror or str(broken)}
            )
        except NotRecorded as refusal:
            is_whole = False
            _write({"file": name, "unreadable": str(refusal.why)})
            tell(f"{name}: {words(refusal.why)}")
    if not is_whole:
        raise typer.Exit(1)


def _bytes_of(name: str) -> bytes:
    if name == "-":
        return sys.stdin.buffer.read(LONGEST_BODY)
    with Path(name).open("rb") as source:
        return source.read(LONGEST_BODY)


def _write(line: dict[str, Any]) -> None:
    text = json.dumps(line, ensure_ascii=False)
    sys.stdout.write(text.encode("utf-8", "replace").decode() + "\n")


def as_line(read: Mention | Unreadable, name: str) -> dict[str, Any]:
    """One line of the answer: a mention with all its fields but the bytes, of which it holds the SHA-256; or what
    could not be read, and why."""
    if isinstance(read, Unreadable):
        return {
            "file": name,
            "unreadable": str(read.why),
            "where": read.where,
            "raw_sha256": sha256(read.raw).hexdigest(),
        }
    return {
        "file": name,
        "network": read.network,
        "remote_id": read.remote_id,
        "change": read.change.value,
        "author": {
            "remote_id": read.author.remote_id,
            "handle": read.author.handle,
            "name": read.author.name,
        },
        "text": read.text,
        "title": read.title,
        "posted_at": read.posted_at.isoformat() if read.posted_at else None,
        "url": read.url,
        "thread_id": read.thread_id,
        "in_reply_to": read.in_reply_to,
        "revision": read.revision,
        "visibility": read.visibility.value,
        "languages": list(read.languages),
        "is_to_us": read.is_to_us,
        "is_ours": read.is_ours,
        "raw_sha256": sha256(read.raw).hexdigest(),
    }
