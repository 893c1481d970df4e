"""What can be asked of a network beside its connector: which posts of ours it shows. The town, or a real server."""

from __future__ import annotations

import html
import json
import re
import urllib.request
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

_TAGS = re.compile(r"<[^>]+>")
_NAMED = re.compile(r"^(?:@\S+\s+)+")


def said(text: str) -> str:
    """A post's words: without the names that it begins with."""
    return " ".join(_NAMED.sub("", text).split())


@dataclass
class Place:
    """One account on one network."""

    kind: str
    settings: dict[str, str]
    tag: str = ""
    """In every post that is to be answered; "" for a network of its own."""
    url: str = ""
    token: str = ""
    did: str = ""
    _before: frozenset[str] = frozenset()
    _addresses: dict[str, str] = field(default_factory=dict)

    def begin(self) -> None:
        """Make its connector fit for a run: a server on this machine needs no minutes; remember what was there."""
        from amends.connectors.registry import connector_named

        if self.tag:
            for name, value in {
                "settle": timedelta(seconds=3),
                "least_gap": timedelta(0),
                "most_posts": 0,
            }.items():
                object.__setattr__(connector_named(self.kind).traits, name, value)
            self._before = frozenset(each["id"] for each in self.replies())

    def replies(self) -> list[dict[str, Any]]:
        """Our posts: {id, text, to}, those that were made since `begin`."""
        told = {"mastodon": self._of_mastodon, "bluesky": self._of_bluesky}.get(self.kind, self._of_town)()
        return [{**each, "text": said(each["text"])} for each in told if each["id"] not in self._before]

    def _of_town(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self._get(f"{self.url}/state")["replies"]
        return found

    def _of_mastodon(self) -> list[dict[str, Any]]:
        us = self._get(f"{self.url}/api/v1/accounts/verify_credentials")["id"]
        listed = self._get(f"{self.url}/api/v1/accounts/{us}/statuses?limit=40")
        for each in listed:
            self._addresses[str(each["id"])] = each["uri"]
        return [
            {
                "id": each["uri"],
                "text": html.unescape(_TAGS.sub("", each["content"].replace("<br", " <br"))),
                "to": self._address(str(each["in_reply_to_id"])),
            }
            for each in listed
            if each.get("in_reply_to_id")
        ]

    def _address(self, key: str) -> str:
        if key not in self._addresses:
            self._addresses[key] = self._get(f"{self.url}/api/v1/statuses/{key}")["uri"]
        return self._addresses[key]

    def _of_bluesky(self) -> list[dict[str, Any]]:
        asked = urlencode({"repo": self.did, "collection": "app.bsky.feed.post", "limit": 100})
        listed = self._get(f"{self.url}/xrpc/com.atproto.repo.listRecords?{asked}")["records"]
        return [
            {"id": each["uri"], "text": each["value"]["text"], "to": each["value"]["reply"]["parent"]["uri"]}
            for each in listed
            if "reply" in each["value"]
        ]

    def _get(self, url: str) -> Any:
        headers = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        with urllib.request.urlopen(urllib.request.Request(url, headers=headers), timeout=20) as answer:
            return json.load(answer)
