"""Connectors to `tests.kill.server`, one for each way to find out about a lost answer. They are found as anybody's
package is: by the entry point group `amends.connectors`."""

from __future__ import annotations

import json
import secrets
import urllib.error
import urllib.request
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http.client import HTTPException
from typing import Any, ClassVar
from urllib.parse import quote

from amends.connectors.base import (
    CONTRACT,
    AnswerLost,
    Outgoing,
    Page,
    Receipt,
    Resend,
    Traits,
    setting,
)
from amends.core.mention import Author, Change, Mention, Unreadable
from amends.core.say import Said, say

KINDS = ("by_key", "by_lookup", "by_person")


def traits(kind: str) -> Traits:
    return Traits(
        name=kind,
        label=kind,
        longest_reply=300,
        can_reply=True,
        resend=Resend(kind),
        poll_every=timedelta(milliseconds=50),
        # Longer than the server may be late and stale together.
        settle=timedelta(seconds=1.5),
        least_gap=timedelta(0),
        most_posts=0,
    )


@dataclass(frozen=True, kw_only=True)
class TownSettings:
    url: str = setting("Address")


class Town:
    contract: ClassVar[int] = CONTRACT
    settings: ClassVar[type] = TownSettings
    traits: ClassVar[Traits]

    def __init__(self, settings: TownSettings, **_: Any) -> None:
        self._url = settings.url

    def check(self) -> Said:
        return say("The town is there.")

    def fetch(self, cursor: str) -> Page:
        found = self._ask(f"posts?after={cursor or 0}")
        lines = [json.dumps(each).encode() for each in found["posts"]]
        return Page(raw=b"\n".join(lines), cursor=str(found["next"]), more=found["more"])

    def read(self, raw: bytes) -> Iterable[Mention | Unreadable]:
        for number, line in enumerate(raw.splitlines(), 1):
            post = json.loads(line)
            if "id" not in post:
                yield Unreadable(raw=line, where=f"line {number}", why=say("No post."))
                continue
            yield Mention(
                network=self.traits.name,
                remote_id=post["id"],
                author=Author(network=self.traits.name, remote_id=post["who"], handle=post["who"]),
                text=post["text"],
                raw=line,
                change=Change(post.get("change", "said")),
                posted_at=datetime(2026, 11, 21, 9, tzinfo=UTC),
                thread_id=post.get("thread", ""),
                in_reply_to=post.get("to", ""),
                revision=post["text"],
            )

    def new_key(self, now: datetime) -> str:
        return f"k{now.timestamp():.6f}-{secrets.token_hex(4)}"

    def send(self, reply: Outgoing, key: str) -> Receipt:
        body = {"key": key, "text": reply.text, "to": reply.in_reply_to}
        try:
            return _receipt(self._ask(f"replies?kind={self.traits.name}", body))
        except (OSError, HTTPException) as lost:
            raise AnswerLost from lost

    def find_sent(self, reply: Outgoing, key: str) -> Receipt | None:
        found = self._ask(f"find?key={quote(key)}")
        return _receipt(found) if found else None

    def _ask(self, what: str, body: Any = None) -> Any:
        data = None if body is None else json.dumps(body).encode()
        with urllib.request.urlopen(f"{self._url}/{what}", data, timeout=5) as answer:
            return json.load(answer)


def _receipt(post: dict[str, Any]) -> Receipt:
    return Receipt(remote_id=post["id"], url=f"https://town.invalid/{post['id']}", text=post["text"])


class ByKey(Town):
    traits = traits("by_key")


class ByLookup(Town):
    traits = traits("by_lookup")


class ByPerson(Town):
    traits = traits("by_person")
