"""One account on one server: who spoke to it and of what it follows, answering once, and looking at posts again.

Mastodon keeps an `Idempotency-Key` for an hour and writes it down after the post
(https://docs.joinmastodon.org/methods/statuses/#create; issues 37879, 21840, 40399 there): it is sent, and not trusted
alone. A reply whose answer was lost is looked for among our own posts before it goes out again.
"""

from __future__ import annotations

import logging
import secrets
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar
from urllib.parse import quote, urlsplit

import httpx

from amends.connectors import http
from amends.connectors.base import (
    CONTRACT,
    AnswerLost,
    Gone,
    Limits,
    NeedsAttention,
    Outgoing,
    Page,
    PostedOtherwise,
    Receipt,
    Resend,
    RetryLater,
    Traits,
    setting,
)
from amends.connectors.dates import moment
from amends.connectors.mastodon import words
from amends.connectors.mastodon.place import Cursor, Place, is_id, mark_of
from amends.connectors.mastodon.plain import plain
from amends.connectors.mastodon.server import (
    AT_ONCE,
    LABEL,
    LARGEST_IMAGE,
    LONGEST_ALT,
    LONGEST_TEXT,
    MOST_IMAGES,
    Faulty,
    Post,
    Server,
    key_within,
    made_at,
)
from amends.connectors.mastodon.status import (
    NETWORK,
    SPOKEN,
    WIDTHS,
    Around,
    Broken,
    is_status,
    is_uri,
    parse,
    read_page,
    read_status,
    revision_of,
    statuses_in,
    uri_of,
    write_page,
)
from amends.core.mention import Mention, Unreadable
from amends.core.say import Said, say
from amends.core.text import storable
from amends.reply.length import mastodon_length

log = logging.getLogger(__name__)

#: Notifications, conversations and time lines give 40 at once (https://docs.joinmastodon.org/methods/timelines/).
PAGE = 40
#: How many posts above a reply are climbed to where its thread began, and how many requests one page may cost.
MOST_LEVELS, MOST_REQUESTS = 8, 20
#: How many edited posts of one page are asked what they said before.
MOST_HISTORIES = 10
#: Servers trail (a network of many caches): a post is not called gone while it is younger than this.
YOUNG = timedelta(minutes=2)
#: A post that the server does not know is looked for again after this.
NOT_AGAIN = timedelta(hours=1)
#: How often and how long apart (seconds) a parent is looked for before it is called gone.
LOOKS, BETWEEN_LOOKS = 3, 1.0
#: The server forgets a key after an hour; a little before that we no longer count on it.
KEY_LIFE = timedelta(minutes=45)
#: How far the server's clock and ours may be apart.
SKEW = timedelta(minutes=5)
#: Our own posts are searched this far back (pages of 40).
LONGEST_SEARCH = 25
#: Setting → which of the public time lines (https://docs.joinmastodon.org/methods/timelines/#public).
TIMELINES: Mapping[str, tuple[tuple[str, str], ...]] = {
    "local": (("local", "true"),),
    "remote": (("remote", "true"),),
    "all": (),
}
_KEY = "amends"


@dataclass(frozen=True, kw_only=True)
class MastodonSettings:
    server: str = setting("Server", "Address of the account's server, such as https://mastodon.social.")
    access_token: str = setting(
        "Access token",
        "Made on the server under Preferences → Development → New application, with the scopes read and"
        " write; or read, write:statuses and write:media.",
        secret=True,
    )
    hashtags: str = setting("Hashtags", "Posts with these are read too: parcel, #northwind.", default="")
    timeline: str = setting(
        "Public posts", "Which public posts are read too: none, local, remote or all.", default="none"
    )
    reply_visibility: str = setting(
        "Public replies are",
        "public, unlisted (for everybody, but on no time line) or private (followers and who is named).",
        default="public",
    )
    poll_every: str = setting("Look every", "Seconds between two looks.", default="60")


@dataclass(frozen=True, kw_only=True)
class _List:
    """One list that is read."""

    name: str
    path: str
    params: tuple[tuple[str, str], ...] = ()
    label: str = ""


class Mastodon:
    """One account: what is said to it, its replies, and looking at posts again."""

    contract: ClassVar[int] = CONTRACT
    traits: ClassVar[Traits] = Traits(
        name=NETWORK,
        label=LABEL,
        longest_reply=LONGEST_TEXT,
        count=mastodon_length,
        can_reply=True,
        private_reply=True,
        resend=Resend.BY_LOOKUP,
        poll_every=timedelta(minutes=1),
        settle=timedelta(minutes=2),
        checks_parent=True,
        can_edit=True,
        can_remove=True,
        most_images=MOST_IMAGES,
        largest_image=LARGEST_IMAGE,
        longest_alt=LONGEST_ALT,
        show_link=words.shown_link,
    )
    settings: ClassVar[type] = MastodonSettings

    def __init__(
        self,
        settings: MastodonSettings,
        *,
        client: httpx.Client | None = None,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._clock, self._sleep = clock, sleep
        self._server = Server(
            _address(settings.server),
            _token(settings.access_token),
            client=client or http.shared(),
            clock=clock,
        )
        self._lists = _lists(settings.hashtags, _one_of(settings.timeline, ("none", *TIMELINES)))
        self._widest = _one_of(settings.reply_visibility, WIDTHS[:3])

    def __repr__(self) -> str:
        return f"Mastodon({self._server.address})"

    # -- listening

    def fetch(self, cursor: str) -> Page:
        """One page of one list: first what is said to us, then conversations, hashtags and the public time line.

        Raises `RetryLater`, `NeedsAttention`. A list behind the first that the server refuses or breaks over does
        not hold up the others.
        """
        here = Cursor.from_text(cursor)
        turn = next((number for number, each in enumerate(self._lists) if each.name == here.turn), 0)
        listed, follows = self._lists[turn], "".join(each.name for each in self._lists[turn + 1 : turn + 2])
        place, url = here.places.get(listed.name, Place()), f"{self._server.address}{listed.path}"
        us = self._server.us()
        try:
            answer = self._server.get(listed.path, [("limit", str(PAGE)), *listed.params, *place.params()])
            if turn == 0 or answer.is_redirect:
                http.check_status(answer, LABEL, self._clock())
        except Faulty as why:
            if turn == 0:
                raise
            log.warning("Mastodon cannot show %s now: %s", listed.name, why)
            return Page(
                raw=b"", cursor=str(here.after(listed.name, place, follows)), more=bool(follows), url=url
            )
        if not answer.is_success:
            return self._refused(here, listed, place, follows, answer)
        try:
            items = parse(answer.content)
        except Broken:
            items = None
        if not isinstance(items, list):
            # Kept as it is, for quarantine; the next look asks for it again.
            onward = here.after(listed.name, place, follows)
            return Page(raw=answer.content, cursor=str(onward), more=bool(follows), url=url)
        posts = list(statuses_in(items))
        ids = [key for key in map(_id_of, items) if is_id(key)]
        step = place.step(ids, mark_of(_version(each) for each in posts), now=self._clock())
        raw = b""
        if step.is_new and items:
            parents = self._parents(posts)
            around = Around(us=us, parents=parents, histories=self._histories(posts))
            raw = write_page(listed.name, answer.content, around)
        gap = say("There is more on Mastodon than we can go back to; older posts are missing.")
        return Page(
            raw=raw,
            cursor=str(here.after(listed.name, step.place, listed.name if step.more else follows)),
            url=url,
            more=step.more or bool(follows),
            gap=gap if step.is_gap else None,
        )

    def _refused(
        self, here: Cursor, listed: _List, place: Place, follows: str, answer: httpx.Response
    ) -> Page:
        """The server does not show this list (switched off, no such list, no right to it): said once."""
        gap = None
        if listed.label and place.refused != answer.status_code:
            gap = say(
                "{server} does not show {list} (HTTP {status}): nothing is read from there.",
                server=self._server.address,
                list=listed.label,
                status=answer.status_code,
            )
        kept = Place(**{**vars(place), "refused": answer.status_code})
        return Page(raw=b"", cursor=str(here.after(listed.name, kept, follows)), more=bool(follows), gap=gap)

    def _parents(self, posts: Sequence[Mapping[str, Any]]) -> dict[str, tuple[str, str]]:
        """By the id of each post that is answered here: its uri, and that of the post that began the thread.

        Climbs from answer to answer, all posts of a page at once. Raises `RetryLater`, `NeedsAttention`.
        """
        for each in posts:
            self._server.remember(each)
        known, requests = self._server.known.parents, MOST_REQUESTS
        answered = {key for each in posts if is_id(key := str(each.get("in_reply_to_id") or ""))}
        level = answered
        for _ in range(MOST_LEVELS):
            missing = sorted(key for key in level if known.get(key) is None)
            try:
                if missing and requests > 0 and self._server.known.has_bulk:
                    requests -= 1 + len(missing) // AT_ONCE
                    shown = {post.key for post in self._server.statuses(missing)}
                    # One that is not among many may be had alone; on most servers it is private or gone.
                    missing = [] if self._server.known.has_bulk else sorted(set(missing) - shown)
                for key in missing[: max(requests, 0)]:
                    requests -= 1
                    self._server.status(key)
            except Faulty as why:
                log.warning("Mastodon cannot show what is answered here: %s", why)
            above = {pair[1] for key in level if (pair := known.get(key)) is not None}
            level = {key for key in above if is_id(key)}
            if not level:
                break
        return {key: thread for key in answered if (thread := self._thread(key)) is not None}

    def _thread(self, key: str) -> tuple[str, str] | None:
        known = self._server.known.parents
        if (here := known.get(key)) is None:
            return None
        root = here
        for _ in range(MOST_LEVELS):
            if not root[1] or (above := known.get(root[1])) is None:
                break
            root = above
        return here[0], root[0]

    def _histories(self, posts: Sequence[Mapping[str, Any]]) -> dict[str, list[Any]]:
        """What the edited posts of a page said before. Raises `RetryLater`, `NeedsAttention`."""
        edited = [each for each in posts if each.get("edited_at") and is_id(str(each.get("id") or ""))]
        found: dict[str, list[Any]] = {}
        for each in edited[:MOST_HISTORIES]:
            key = str(each["id"])
            try:
                if len(states := self._server.history(key, revision_of(each))) > 1:
                    found[key] = states
            except Faulty as why:
                log.warning("Mastodon cannot tell what a post said before: %s", why)
        return found

    def read(self, raw: bytes) -> Iterator[Mention | Unreadable]:
        """The mentions in a page, or in any answer of the API as it came. Never raises."""
        return read_page(raw)

    @staticmethod
    def read_recorded(raw: bytes) -> Iterator[Mention | Unreadable]:
        """The mentions in an answer that somebody recorded. Never raises."""
        return read_page(raw)

    # -- speaking

    def new_key(self, now: datetime) -> str:
        """An idempotency key that knows when it was made."""
        return f"{_KEY}-{int(now.timestamp()):x}-{secrets.token_hex(10)}"

    @staticmethod
    def opening(handle: str) -> str:
        """How a reply to `handle` begins, for the composer: only who is named is told of it."""
        return f"@{handle} "

    def limits(self) -> Limits:
        """What this server allows in one post (another may allow more than `traits.longest_reply`). Never raises."""
        try:
            name = self._server.us().acct
        except (RetryLater, NeedsAttention):
            name = ""
        if name and "@" not in name:
            name = f"{name}@{urlsplit(self._server.address).hostname or ''}"
        return replace(self._server.limits(), account=name)

    @staticmethod
    def counting(limits: Limits) -> Callable[[str], int]:
        """How long a text is on a server with these limits."""
        return lambda text: words.length(text, limits)

    def send(self, reply: Outgoing, key: str) -> Receipt:
        """Post `reply` under `key`.

        Raises `RetryLater` (surely not posted), `NeedsAttention` (refused), `PostedOtherwise` (posted, but not as it
        was approved), `AnswerLost`.
        """
        self._check_text(reply.text)
        parent = self._parent(reply)
        visibility = self._visibility(reply, parent)
        text = self._addressed(reply, parent, visibility)
        self._check_length(text)
        if self._age(key) > KEY_LIFE and (found := self.find_sent(reply, key)) is not None:
            return found
        body: dict[str, str | list[str]] = {
            "status": text,
            "in_reply_to_id": str(parent["id"]),
            "visibility": visibility,
        }
        if reply.language:
            body["language"] = reply.language
        if reply.media:
            # Images that nobody posts are forgotten by the server: to bring them once more does no harm.
            body["media_ids[]"] = [self._server.upload(each, self._sleep) for each in reply.media]
        answer = self._server.post("/api/v1/statuses", body, key)
        try:
            told = parse(answer.content)
            if not is_status(told):
                raise Broken("no post")
            uri = uri_of(told)
        except Broken as why:
            raise AnswerLost("the answer to our post cannot be understood") from why
        self._server.remember(told)
        self._server.known.sent.put(uri, key)
        return self._as_approved(told, reply, visibility, parent)

    def find_sent(self, reply: Outgoing, key: str) -> Receipt | None:
        """Our post that answers the same post with the same words, made since `key` was; None when it is not there.

        None within the life of the key may be wrong on a server that shows late: sending again with the same key is
        then answered with the first post. Raises `RetryLater`, `PostedOtherwise`, and `NeedsAttention` when the key
        is old and our posts cannot be searched back to when it was made.
        """
        post = self._server.find(reply.in_reply_to)
        parent = post.told if post else None
        made = _made_at(key)
        since = made - SKEW if made else None
        found, is_whole = self._search(reply, key, parent, since)
        if found is None and parent is not None:
            found = self._search_thread(reply, key, parent, since)
        if found is not None:
            self._server.remember(found)
            self._server.known.sent.put(uri_of(found), key)
            return self._as_approved(found, reply, self._asked(reply, parent or {}), parent)
        if not is_whole and self._age(key) > KEY_LIFE:
            raise NeedsAttention(
                say("We cannot tell whether the reply is on Mastodon: look there, and say what you found.")
            )
        return None

    def _search(
        self, reply: Outgoing, key: str, parent: Mapping[str, Any] | None, since: datetime | None
    ) -> tuple[dict[str, Any] | None, bool]:
        """Our post among our own, and whether all since `since` were seen."""
        path, before = f"/api/v1/accounts/{self._server.us().id}/statuses", ""
        for _ in range(LONGEST_SEARCH):
            params = [("limit", str(PAGE)), ("exclude_reblogs", "true")]
            told = self._server.ask(path, [*params, ("max_id", before)] if before else params)
            listed = [each for each in told if is_status(each)] if isinstance(told, list) else []
            for each in listed:
                if self._is_it(each, reply, key, parent, since):
                    return each, True
            last = str(listed[-1].get("id") or "") if listed else ""
            oldest = moment(str(listed[-1].get("created_at") or "")) if listed else None
            if not is_id(last) or last == before or (since and oldest and oldest < since):
                return None, True
            before = last
        return None, False

    def _search_thread(
        self, reply: Outgoing, key: str, parent: Mapping[str, Any], since: datetime | None
    ) -> dict[str, Any] | None:
        answer = self._server.get(f"/api/v1/statuses/{parent['id']}/context")
        try:
            told = parse(answer.content) if answer.is_success else {}
        except Broken:
            told = {}
        below = told.get("descendants") if isinstance(told, dict) else None
        ours = [
            each
            for each in (below if isinstance(below, list) else ())
            if is_status(each) and str(_dict(each.get("account")).get("id")) == self._server.us().id
        ]
        return next((each for each in ours if self._is_it(each, reply, key, parent, since)), None)

    def _is_it(
        self,
        told: Mapping[str, Any],
        reply: Outgoing,
        key: str,
        parent: Mapping[str, Any] | None,
        since: datetime | None,
    ) -> bool:
        """Whether a post of ours is the reply that was sent with `key`."""
        made, uri = moment(str(told.get("created_at") or "")), told.get("uri")
        if not isinstance(uri, str) or (since and made and made < since):
            return False
        if (sent_with := self._server.known.sent.get(uri)) is not None:
            return sent_with == key
        above = str(told.get("in_reply_to_id") or "")
        if parent is not None and above != str(parent["id"]) and above:
            return False
        return words.says(plain(str(told.get("content") or "")), reply.text) or (
            bool(above) and words.says(self._source(told), reply.text)
        )

    def _source(self, told: Mapping[str, Any]) -> str:
        """The text of a post of ours as it was given (entity StatusSource); "" where the server does not tell."""
        key = str(told.get("id") or "")
        if not is_id(key):
            return ""
        try:
            answer = self._server.get(f"/api/v1/statuses/{key}/source")
            source = parse(answer.content) if answer.is_success else None
        except (RetryLater, NeedsAttention, Broken):
            return ""
        text = source.get("text") if isinstance(source, dict) else None
        return text if isinstance(text, str) else ""

    def _as_approved(
        self,
        told: Mapping[str, Any],
        reply: Outgoing,
        asked: str,
        parent: Mapping[str, Any] | None,
    ) -> Receipt:
        """The receipt of a post of ours. Raises `PostedOtherwise` when it is not what was approved."""
        shown = plain(str(told.get("content") or ""))
        if not words.says(shown, reply.text):
            shown = self._source(told) or shown
        receipt = Receipt(
            remote_id=uri_of(told),
            url=str(told.get("url") or uri_of(told)),
            text=reply.text if words.says(shown, reply.text) else shown,
            revision=revision_of(told),
            sent_at=moment(str(told.get("created_at") or "")) or self._clock(),
        )
        got = told.get("visibility")
        # Of a parent that is gone we do not know how wide it was, and so how wide our reply was to be.
        is_unknown = parent is None and got in WIDTHS and WIDTHS.index(got) > WIDTHS.index(asked)
        if isinstance(got, str) and got != asked and not is_unknown:
            raise PostedOtherwise(_otherwise(got, asked, receipt.url), receipt)
        images = told.get("media_attachments")
        if reply.media and (len(images) if isinstance(images, list) else 0) != len(reply.media):
            raise PostedOtherwise(
                say("Mastodon posted the reply without all its images: look at {url}.", url=receipt.url),
                receipt,
            )
        if parent is not None and not told.get("in_reply_to_id"):
            raise PostedOtherwise(
                say(
                    "Mastodon posted the reply as a post of its own that answers nothing: look at {url}. It must not"
                    " be sent again.",
                    url=receipt.url,
                ),
                receipt,
            )
        return receipt

    # -- changing what is there

    def edit(self, remote_id: str, reply: Outgoing) -> Receipt:
        """Put `reply.text` in the place of what our post says (https://docs.joinmastodon.org/methods/statuses/#edit);
        its images, its warning and who can see it stay. Raises `RetryLater`, `NeedsAttention`."""
        self._check_text(reply.text)
        self._check_length(reply.text)
        post = self._own(remote_id)
        if post is None:
            raise NeedsAttention(say("The reply is not on Mastodon any more: it cannot be edited."))
        told = post.told
        source = self._source(told)
        shown = plain(str(told.get("content") or ""))
        if source != reply.text and (source or not words.says(shown, reply.text)):
            body: dict[str, str | list[str]] = {
                "status": reply.text,
                "spoiler_text": str(told.get("spoiler_text") or ""),
                "sensitive": "true" if told.get("sensitive") else "false",
            }
            if language := str(told.get("language") or reply.language or ""):
                body["language"] = language
            images = told.get("media_attachments")
            keys = [str(_dict(each).get("id") or "") for each in (images if isinstance(images, list) else ())]
            if keys := [key for key in keys if key]:
                body["media_ids[]"] = keys
            answer = self._server.again("PUT", f"/api/v1/statuses/{post.key}", body)
            try:
                told = parse(answer.content)
                if not is_status(told) or uri_of(told) != remote_id:
                    raise Broken("no post")
            except Broken:
                raise RetryLater(
                    http.DEFAULT_WAIT, say("Mastodon’s answer cannot be understood; we ask again.")
                ) from None
            self._server.remember(told)
            shown = plain(str(told.get("content") or ""))
        return Receipt(
            remote_id=remote_id,
            url=str(told.get("url") or remote_id),
            text=reply.text if words.says(shown, reply.text) else shown,
            revision=revision_of(told),
            sent_at=moment(str(told.get("edited_at") or "")) or self._clock(),
        )

    def remove(self, remote_id: str) -> None:
        """Take our post down (https://docs.joinmastodon.org/methods/statuses/#delete). Raises `RetryLater`,
        `NeedsAttention`."""
        key = self._key_of(remote_id)
        if not key:
            post = self._own(remote_id)
            if post is None:
                raise NeedsAttention(
                    say("We cannot find the reply on {server}: look there.", server=self._server.address)
                )
            key = post.key
        answer = self._server.again("DELETE", f"/api/v1/statuses/{key}", fine=(404, 405, 410, 501))
        # Some servers (snac) give a post another id when it is edited: what is not there under one may be under another.
        if not answer.is_success and (other := self._listed_key(remote_id)) not in ("", key):
            key = other
            answer = self._server.again("DELETE", f"/api/v1/statuses/{key}", fine=(404, 405, 410, 501))
        if not answer.is_success and self._stays(key):
            raise NeedsAttention(
                say("{server} does not take posts down for us: do it there.", server=self._server.address)
            )

    def _stays(self, key: str) -> bool:
        """Whether a post is still shown, also after a while."""
        for turn in range(LOOKS):
            if turn:
                self._sleep(BETWEEN_LOOKS)
            if self._server.status(key) is None:
                return False
        return True

    def _listed_key(self, remote_id: str) -> str:
        """The id of a post among our last ones, "" when it is not there."""
        told = self._server.ask(f"/api/v1/accounts/{self._server.us().id}/statuses", [("limit", str(PAGE))])
        listed = [each for each in told if is_status(each)] if isinstance(told, list) else []
        return next((str(each.get("id") or "") for each in listed if each.get("uri") == remote_id), "")

    def _own(self, remote_id: str) -> Post | None:
        """Our post, as it is now. Raises `NeedsAttention` for one that is not ours."""
        post = self._server.find(remote_id) if is_uri(remote_id) else None
        if post is not None and str(_dict(post.told.get("account")).get("id")) != self._server.us().id:
            raise NeedsAttention(say("That post is not ours: it cannot be changed from here."))
        return post

    def _check_text(self, text: str) -> None:
        if not text.strip():
            raise NeedsAttention(say("The reply is empty."))
        if text != storable(text):
            raise NeedsAttention(say("The reply holds a character that cannot be sent; write it anew."))

    def _check_length(self, text: str) -> None:
        limits = self._server.limits()
        length = words.length(text, limits)
        if length > limits.longest:
            raise NeedsAttention(
                say(
                    "The reply is too long for {server}: {length} of {longest} characters, with the name in front.",
                    server=self._server.address,
                    length=length,
                    longest=limits.longest,
                )
            )

    def _parent(self, reply: Outgoing) -> Mapping[str, Any]:
        """The post that is answered, as it is now. Raises `NeedsAttention` when it is gone or was edited."""
        if not is_uri(reply.in_reply_to):
            raise NeedsAttention(say("“{id}” is no post of Mastodon.", id=reply.in_reply_to[:200]))
        for turn in range(LOOKS):
            if turn:
                self._sleep(BETWEEN_LOOKS)
            post = self._server.find(reply.in_reply_to)
            if post is None:
                continue
            now = revision_of(post.told)
            if reply.parent_revision and now and now != reply.parent_revision:
                raise NeedsAttention(
                    say("The post was edited since you read it: read it again, then approve the reply again.")
                )
            return post.told
        raise NeedsAttention(
            say("The post is not there any more: its author deleted it, or the account is gone.")
        )

    def _asked(self, reply: Outgoing, parent: Mapping[str, Any]) -> str:
        """The visibility to ask for: as approved, and never wider than that of the post that is answered."""
        wanted = str(reply.visibility.value)
        wanted = self._widest if wanted == "public" else wanted
        above = parent.get("visibility", "public")
        above = above if above in WIDTHS else ("public" if above == "local" else "direct")
        return max(wanted, above, key=WIDTHS.index)

    def _visibility(self, reply: Outgoing, parent: Mapping[str, Any]) -> str:
        asked = self._asked(reply, parent)
        if asked == "direct" and reply.visibility.value != "direct":
            raise NeedsAttention(
                say(
                    "They wrote to you privately, and this reply is a public one: answer with a direct message."
                )
            )
        return asked

    def _addressed(self, reply: Outgoing, parent: Mapping[str, Any], visibility: str) -> str:
        account = _dict(parent.get("account"))
        is_ours = str(account.get("id")) == self._server.us().id
        acct = "" if is_ours else str(account.get("acct") or "")
        text = words.addressed(reply.text, acct, urlsplit(self._server.address).hostname or "")
        if visibility == "direct" and not words.names(text):
            raise NeedsAttention(
                say(
                    "A direct message reaches only those whom it names: name somebody, such as @ana@example.org."
                )
            )
        return text

    def _age(self, key: str) -> timedelta:
        made = _made_at(key)
        return self._clock() - made if made else timedelta.max

    # -- looking

    def look(self, remote_ids: Sequence[str]) -> Iterator[Mention | Gone]:
        """The posts as they are now, or `Gone`; silent about what is no post, what is too young to be sure, and what
        this server never knew. Raises `RetryLater`, `NeedsAttention`."""
        wanted = [
            uri for uri in dict.fromkeys(remote_ids) if is_uri(uri) and uri.startswith(("http", "tag:"))
        ]
        keys = {uri: key for uri in wanted if (key := self._key_of(uri))}
        if not wanted:
            return
        us, shown = (
            self._server.us(),
            {post.told.get("uri"): post for post in self._server.statuses(keys.values())},
        )
        found: list[Post] = []
        for uri in wanted:
            try:
                post = shown.get(uri) or self._find_again(uri)
            except Faulty as why:
                log.warning("Mastodon cannot show %s now: %s", uri, why)
                continue
            if post is not None:
                found.append(post)
            elif self._is_gone(uri):
                yield Gone(remote_id=uri)
        around = Around(us=us, parents=self._parents([post.told for post in found]))
        for post in found:
            try:
                yield read_status(post.told, post.raw, around)
            except Broken as why:
                log.warning("A post on Mastodon cannot be understood: %s", why)

    def _find_again(self, uri: str) -> Post | None:
        """The post; not looked for by all ways again so soon where the server never knew it."""
        asked_at, now = self._server.known.unfound.get(uri), self._clock()
        if asked_at is not None and abs(now - asked_at) < NOT_AGAIN:
            return None
        post = self._server.find(uri)
        if post is None and not self._key_of(uri):
            self._server.known.unfound.put(uri, now)
        return post

    def _key_of(self, uri: str) -> str:
        return self._server.known.ids.get(uri) or key_within(uri, self._server.address)

    def _is_gone(self, uri: str) -> bool:
        """Of a post that was just not found: whether the server surely had it."""
        if self._server.known.ids.get(uri):
            return True
        made = made_at(key_within(uri, self._server.address))
        return made is not None and self._clock() - made >= YOUNG

    def check(self) -> Said:
        """Sign in and read one notification. Raises `NeedsAttention`, `RetryLater`."""
        us = self._server.sign_in()
        self._server.ask(self._lists[0].path, [("limit", "1"), *self._lists[0].params])
        return say("Signed in to {server} as @{name}.", server=self._server.address, name=us.acct)


def _address(server: str) -> str:
    if not server.strip():
        raise NeedsAttention(
            say("Enter the address of the account’s server, such as https://mastodon.social.")
        )
    whole = server.strip() if "://" in server else f"https://{server.strip()}"
    return http.server_address(whole, "https://mastodon.social")


def _token(token: str) -> str:
    token = token.strip()
    if not token or not token.isascii() or not token.isprintable() or " " in token:
        raise NeedsAttention(
            say("Enter the access token as the server shows it: letters and digits, no spaces.")
        )
    return token


def _one_of(value: str, allowed: Iterable[str]) -> str:
    found = value.strip().lower()
    if found not in (names := tuple(allowed)):
        raise NeedsAttention(
            say("“{value}” is none of these: {names}.", value=value[:50], names=", ".join(names))
        )
    return found


def _lists(hashtags: str, timeline: str) -> tuple[_List, ...]:
    # Private messages from strangers are filtered by default since Mastodon 4.3, and they are what we are here for.
    spoken = (*(("types[]", kind) for kind in SPOKEN), ("include_filtered", "true"))
    lists = [
        _List(name="mentions", path="/api/v1/notifications", params=spoken),
        _List(name="direct", path="/api/v1/conversations"),
    ]
    for tag in dict.fromkeys(each.lstrip("#").lower() for each in hashtags.replace(",", " ").split()):
        if tag:
            path = f"/api/v1/timelines/tag/{quote(tag, safe='')}"
            lists.append(_List(name=f"#{tag}"[:60], path=path, label=f"#{tag}"))
    if timeline in TIMELINES:
        path = "/api/v1/timelines/public"
        lists.append(_List(name=timeline, path=path, params=TIMELINES[timeline], label=path))
    return tuple(lists)


def _id_of(item: object) -> str:
    """What `min_id` and `max_id` of a list mean: a conversation is placed by its last post."""
    told = _dict(item)
    if "last_status" in told:
        told = _dict(told["last_status"])
    return str(told.get("id") or "")


def _version(told: Mapping[str, Any]) -> str:
    return "\x1f".join(str(told.get(name)) for name in ("id", "uri", "edited_at", "content", "visibility"))


def _made_at(key: str) -> datetime | None:
    """When a key was made; None for one that is none of ours."""
    parts = key.split("-")
    try:
        return datetime.fromtimestamp(int(parts[1], 16), UTC) if parts[0] == _KEY else None
    except (IndexError, ValueError, OverflowError, OSError):
        return None


def _otherwise(got: str, asked: str, url: str) -> Said:
    if got not in WIDTHS or WIDTHS.index(got) < WIDTHS.index(asked):
        return say(
            "Mastodon posted the reply as “{got}” though “{asked}” was asked for: more people can read it than was"
            " approved. Look at {url} and delete it there if it must not stay. It must not be sent again.",
            got=got,
            asked=asked,
            url=url,
        )
    return say(
        "Mastodon posted the reply as “{got}” though “{asked}” was asked for: fewer people can read it than was"
        " approved. Look at {url}. It must not be sent again.",
        got=got,
        asked=asked,
        url=url,
    )


def _dict(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}
