"""Hand-written doubles with switches. `Town` is a network: it serves posts, takes replies, and can misbehave."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any, ClassVar

from amends.connectors.base import (
    CONTRACT,
    AnswerLost,
    Gone,
    NeedsAttention,
    Outgoing,
    Page,
    PostedOtherwise,
    Receipt,
    Resend,
    RetryLater,
    Traits,
)
from amends.core.mention import Author, Change, Mention, Unreadable
from amends.core.say import say
from amends.reply.length import bluesky_length


@dataclass
class Town:
    """The network's own state, shared by all connectors to it."""

    posts: list[dict[str, Any]] = field(default_factory=list)
    replies: list[dict[str, Any]] = field(default_factory=list)
    loses_answers: int = 0
    refuses: str = ""
    shows_otherwise: str = ""
    """Posts the reply, and shows it otherwise than it was asked to."""
    is_down: bool = False
    keys_forgotten: bool = False
    """So much time went by that a second post with an old key is a second post."""
    clock: datetime = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)

    def post(self, text: str, who: str = "ioana", **more: Any) -> str:
        """Somebody says something; gives its id."""
        remote_id = more.pop("id", f"post-{len(self.posts) + 1}")
        self.posts.append({"id": remote_id, "who": who, "text": text, "at": self.clock.isoformat(), **more})
        return remote_id

    def edit(self, remote_id: str, text: str) -> None:
        self.post(text, id=remote_id, change="edited", who=self._who(remote_id))

    def delete(self, remote_id: str) -> None:
        self.post("", id=remote_id, change="deleted", who=self._who(remote_id))

    def garble(self) -> None:
        self.posts.append({"garbled": True})

    def _who(self, remote_id: str) -> str:
        return next(each["who"] for each in self.posts if each.get("id") == remote_id)

    def now_says(self, remote_id: str) -> dict[str, Any] | None:
        states = [each for each in self.posts if each.get("id") == remote_id]
        return states[-1] if states and states[-1].get("change") != "deleted" else None


class FakeNetwork:
    """A connector to a `Town`. `resend` is set by the class that a test uses."""

    contract: ClassVar[int] = CONTRACT
    traits: ClassVar[Traits] = Traits(
        name="bluesky",
        label="Bluesky",
        longest_reply=300,
        count=bluesky_length,
        can_reply=True,
        private_reply=False,
        resend=Resend.BY_LOOKUP,
        poll_every=timedelta(seconds=1),
        settle=timedelta(minutes=2),
        most_images=4,
        largest_image=1_000_000,
        longest_alt=2_000,
        least_gap=timedelta(0),
    )

    def __init__(self, town: Town, pace: int = 50) -> None:
        self.town, self.pace = town, pace
        self._keys = count(1)

    def check(self):
        return say("The town is there.")

    def fetch(self, cursor: str) -> Page:
        if self.town.is_down:
            raise RetryLater(timedelta(seconds=30), say("The town is down."))
        start = int(cursor or 0)
        lines = [json.dumps(each) for each in self.town.posts[start : start + self.pace]]
        end = start + len(lines)
        return Page(raw="\n".join(lines).encode(), cursor=str(end), more=end < len(self.town.posts))

    def read(self, raw: bytes) -> Iterable[Mention | Unreadable]:
        for number, line in enumerate(raw.splitlines(), 1):
            try:
                yield read_post(json.loads(line), line)
            except (ValueError, KeyError) as wrong:
                yield Unreadable(raw=line, where=f"line {number}", why=say("No post: {why}", why=repr(wrong)))

    def new_key(self, now: datetime) -> str:
        return f"key-{now.timestamp():.6f}-{next(self._keys)}"

    def send(self, reply: Outgoing, key: str) -> Receipt:
        if self.town.is_down:
            raise RetryLater(timedelta(seconds=30))
        if self.town.refuses:
            raise NeedsAttention(say("{why}", why=self.town.refuses))
        done = {
            "key": key,
            "text": reply.text,
            "to": reply.in_reply_to,
            "id": f"ours/{key}",
            "media": reply.media,
        }
        self.town.replies.append(done)
        if self.town.loses_answers:
            self.town.loses_answers -= 1
            raise AnswerLost
        if self.town.shows_otherwise:
            raise PostedOtherwise(say("{why}", why=self.town.shows_otherwise), self._receipt(done))
        return self._receipt(done)

    def find_sent(self, reply: Outgoing, key: str) -> Receipt | None:
        if self.town.is_down:
            raise RetryLater(timedelta(seconds=30))
        found = next((each for each in self.town.replies if each["key"] == key), None)
        return self._receipt(found) if found else None

    def look(self, remote_ids: Sequence[str]) -> Iterable[Mention | Gone]:
        for remote_id in remote_ids:
            post = self.town.now_says(remote_id)
            yield read_post(post, json.dumps(post).encode()) if post else Gone(remote_id=remote_id)

    @staticmethod
    def _receipt(done: dict[str, Any]) -> Receipt:
        return Receipt(remote_id=done["id"], url=f"https://town.invalid/{done['id']}", text=done["text"])


class NetworkWithoutMemory(FakeNetwork):
    """Nobody but a person can tell whether a post is there."""

    traits = Traits(
        name="bluesky",
        label="Bluesky",
        longest_reply=300,
        can_reply=True,
        resend=Resend.BY_PERSON,
        poll_every=timedelta(seconds=1),
        settle=timedelta(minutes=2),
        least_gap=timedelta(0),
    )


class NetworkByKey(FakeNetwork):
    """A second post with the same key is the first one, while the network remembers the key."""

    traits = Traits(
        name="bluesky",
        label="Bluesky",
        longest_reply=300,
        can_reply=True,
        resend=Resend.BY_KEY,
        poll_every=timedelta(seconds=1),
        settle=timedelta(minutes=2),
        least_gap=timedelta(0),
    )

    def send(self, reply: Outgoing, key: str) -> Receipt:
        known = None if self.town.is_down or self.town.keys_forgotten else self.find_sent(reply, key)
        return known or super().send(reply, key)


def read_post(post: dict[str, Any], raw: bytes) -> Mention:
    return Mention(
        network="bluesky",
        remote_id=post["id"],
        author=Author(
            network="bluesky",
            remote_id=post["who"],
            handle=f"{post['who']}.example",
            name=post["who"].title(),
        ),
        text=post["text"],
        raw=raw,
        posted_at=datetime.fromisoformat(post["at"]),
        change=Change(post.get("change", "said")),
        url=f"https://town.invalid/{post['id']}",
        thread_id=post.get("thread", ""),
        in_reply_to=post.get("to", ""),
        revision=post["text"][:40],
        is_to_us=post.get("to_us", False),
        is_ours=post.get("ours", False),
    )
