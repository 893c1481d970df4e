"""The brand's own Bluesky account: who spoke to it (L3), answering once and only once, and looking at posts again (D2).

Limits and errors: https://docs.bsky.app/docs/advanced-guides/rate-limits and the lexicons named beside each call.
The record key of our reply is chosen and stored before the first byte leaves, so a lost answer is found again.
"""

from __future__ import annotations

import hashlib
import json
import logging
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any, ClassVar

import httpx

from amends.connectors import http
from amends.connectors.atproto import (
    LONGEST_TEXT,
    NETWORK,
    POST,
    Broken,
    Event,
    Tids,
    check_record,
    facets_of,
    is_did,
    mention_of,
    moment_of,
    post_url,
    read_items,
    read_json,
    split_uri,
    time_of_tid,
)
from amends.connectors.base import (
    CONTRACT,
    AnswerLost,
    Gone,
    Image,
    NeedsAttention,
    Outgoing,
    Page,
    Receipt,
    Resend,
    RetryLater,
    Traits,
    setting,
)
from amends.core.mention import Author, Change, Mention, Unreadable
from amends.core.say import Said, say
from amends.core.text import storable
from amends.reply.length import bluesky_length

log = logging.getLogger(__name__)

LABEL = "Bluesky"
DEFAULT_SERVICE = "https://bsky.social"
#: Answers without log-in: https://docs.bsky.app/docs/advanced-guides/api-directory
PUBLIC_VIEW = "https://public.api.bsky.app"

#: Of all notifications, those in which somebody says something.
SPOKEN = ("mention", "reply", "quote")
#: Lexicon app.bsky.notification.listNotifications: `limit` at most 100.
PAGE = 100
#: Walking back to where we were last time ends here; beyond it the page carries a gap.
LONGEST_WALK = 25
#: Notifications are not always listed in the order in which they came in; this far back is read again.
OVERLAP = timedelta(minutes=2)
#: Lexicons app.bsky.feed.getPosts and app.bsky.actor.getProfiles: 25 at once.
AT_ONCE = 25
#: Views trail the network (1.3 s seen on a small one): a post is not called gone while it is younger than this.
YOUNG = timedelta(minutes=2)
#: How often and how long apart (seconds) a parent is looked for before it is called gone.
LOOKS, BETWEEN_LOOKS = 3, 1.0

#: Lexicon app.bsky.embed.images: four images, each at most 1,000,000 bytes. The app takes 2,000 characters of description.
MOST_IMAGES, LARGEST_IMAGE, LONGEST_ALT = 4, 1_000_000, 2_000

#: How servers say that the access token is no longer good (400 on the reference server, 401 elsewhere).
_STALE_TOKEN = frozenset({"ExpiredToken", "InvalidToken", "AuthMissing", "AuthenticationRequired"})
#: How servers say that there is no such post (the reference server names a lost account only in words).
_NOT_THERE = frozenset(
    {"RecordNotFound", "RepoNotFound", "RepoTakendown", "RepoDeactivated", "RepoSuspended"}
)


@dataclass(frozen=True, kw_only=True)
class BlueskySettings:
    handle: str = setting("Handle", "The brand's account, such as brand.bsky.social.")
    app_password: str = setting(
        "App password", "Made in Bluesky under Settings → Privacy and security → App passwords.", secret=True
    )
    service: str = setting("Server", "Address of the account's server (PDS).", default=DEFAULT_SERVICE)
    appview: str = setting(
        "View",
        "Address of the server that shows public posts; empty: Bluesky's own, or through the account's server.",
        default="",
    )
    poll_every: str = setting("Look every", "Seconds between two looks at the notifications.", default="60")


# -- pure reading and writing


def read_notification(told: object, raw: bytes, us: str = "") -> Mention | None:
    """The mention in one notification, None for a like and the like. `us`: our handle. Raises `Broken`."""
    if not isinstance(told, Mapping):
        raise Broken("a notification is an object")
    if told.get("reason") not in SPOKEN:
        return None
    return _read_view(told, raw, us, is_to_us=True)


def read_post(told: object, raw: bytes, us: str = "") -> Mention:
    """The mention in a post as views show it (app.bsky.feed.defs#postView). Raises `Broken`."""
    if not isinstance(told, Mapping):
        raise Broken("a post is an object")
    return _read_view(told, raw, us, is_to_us=False)


def _read_view(told: Mapping[str, Any], raw: bytes, us: str, *, is_to_us: bool) -> Mention:
    author, uri, cid = read_author(told.get("author")), told.get("uri"), told.get("cid")
    parts = split_uri(uri) if isinstance(uri, str) else None
    if not isinstance(uri, str) or parts is None or parts[0] != author.remote_id:
        raise Broken("the post's id is not its author's")
    event = Event(
        did=author.remote_id,
        change=Change.SAID,
        uri=uri,
        at=moment_of(told.get("indexedAt")),
        cid=cid if isinstance(cid, str) else "",
        record=check_record(told.get("record")),
    )
    is_ours = author.handle.lower() == us.lower() or author.remote_id == us
    ours = frozenset({author.remote_id}) if us and is_ours else frozenset[str]()
    return mention_of(event, raw, us=ours, author=author, is_to_us=is_to_us and not ours)


def read_author(told: object) -> Author:
    """The author in a profile view. Raises `Broken`."""
    if not isinstance(told, Mapping) or not isinstance(did := told.get("did"), str) or not is_did(did):
        raise Broken("an author without a DID")
    handle, name = told.get("handle"), told.get("displayName")
    return Author(
        network=NETWORK,
        remote_id=did,
        handle=storable(handle) if isinstance(handle, str) and handle and handle != "handle.invalid" else did,
        name=storable(name) if isinstance(name, str) else "",
    )


def write_reply(
    reply: Outgoing,
    parent: Mapping[str, str],
    root: Mapping[str, str],
    did_of: Callable[[str], str],
    now: datetime,
    blobs: Sequence[Mapping[str, Any]] = (),
) -> dict[str, Any]:
    """The record (app.bsky.feed.post) of a reply. `parent` and `root` are strong references: uri and cid; `blobs` are
    its images, as the server took them."""
    record: dict[str, Any] = {
        "$type": POST,
        "text": reply.text,
        "createdAt": now.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "reply": {"root": dict(root), "parent": dict(parent)},
    }
    if reply.language:
        record["langs"] = [reply.language]
    if facets := facets_of(reply.text, did_of):
        record["facets"] = facets
    if blobs:
        images = [_embedded(image, blob) for image, blob in zip(reply.media, blobs, strict=True)]
        record["embed"] = {"$type": "app.bsky.embed.images", "images": images}
    return record


def _embedded(image: Image, blob: Mapping[str, Any]) -> dict[str, Any]:
    """Lexicon app.bsky.embed.images#image."""
    told: dict[str, Any] = {"alt": image.alt, "image": dict(blob)}
    if image.width and image.height:
        told["aspectRatio"] = {"width": image.width, "height": image.height}
    return told


# -- the public view


class PublicView:
    """Looks at public posts and profiles, with or without log-in: `look`, `handles`, `did_of`."""

    def __init__(
        self,
        base: str = PUBLIC_VIEW,
        *,
        client: httpx.Client | None = None,
        ask: Callable[[str, Sequence[tuple[str, str]]], httpx.Response] | None = None,
        us: str = "",
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._base, self._client = http.server_address(base, PUBLIC_VIEW), client or http.shared()
        self._us, self._clock = us, clock
        self._ask_by = ask

    def look(self, remote_ids: Sequence[str]) -> Iterator[Mention | Gone]:
        """The posts as they are now, or `Gone`; nothing about what is no post, or too young to be sure.

        What the view does not show is asked for a second time, as a record, before it is called gone: a view trails,
        and hides posts for other reasons too. Raises `RetryLater`, `NeedsAttention`.
        """
        wanted = [uri for uri in dict.fromkeys(remote_ids) if split_uri(uri)]
        for at in range(0, len(wanted), AT_ONCE):
            yield from self._look(wanted[at : at + AT_ONCE])

    def _look(self, uris: Sequence[str]) -> Iterator[Mention | Gone]:
        answer = self._ask("app.bsky.feed.getPosts", [("uris", uri) for uri in uris])
        if answer.status_code == 400 and len(uris) > 1:
            yield from self._look(uris[: len(uris) // 2])
            yield from self._look(uris[len(uris) // 2 :])
            return
        if answer.status_code == 400:
            log.warning("Bluesky cannot look at %s: %s", uris[0], http.words_of(answer))
            return
        http.check_status(answer, LABEL, self._clock())
        seen = set()
        for mention in _posts_in(answer.content, self._us):
            seen.add(mention.remote_id)
            if mention.remote_id in uris:
                yield mention
        yield from (Gone(remote_id=uri) for uri in uris if uri not in seen and self._is_gone(uri))

    def _is_gone(self, uri: str) -> bool:
        parts = split_uri(uri)
        if parts is None:
            return False
        made_at = time_of_tid(parts[2])
        if made_at and abs(self._clock() - made_at) < YOUNG:
            return False
        answer = self._ask("com.atproto.repo.getRecord", _record_of(*parts))
        return is_not_there(answer)

    def handles(self, dids: Iterable[str]) -> dict[str, Author]:
        """The authors behind `dids`, those that can be had now. Never raises: names are a courtesy."""
        wanted = sorted({did for did in dids if is_did(did)})
        found: dict[str, Author] = {}
        for at in range(0, len(wanted), AT_ONCE):
            try:
                answer = self._ask(
                    "app.bsky.actor.getProfiles", [("actors", did) for did in wanted[at : at + AT_ONCE]]
                )
                http.check_status(answer, LABEL, self._clock())
                for told, _ in read_items(answer.content, "profiles"):
                    author = read_author(told)
                    found[author.remote_id] = author
            except (RetryLater, NeedsAttention, Broken) as why:
                log.warning("Bluesky tells no names now: %s", why)
        return found

    def did_of(self, handle: str) -> str:
        """The DID behind a handle, "" when nobody has it or it cannot be had now."""
        try:
            answer = self._ask("com.atproto.identity.resolveHandle", [("handle", handle)])
            did = read_json(answer.content).get("did") if answer.is_success else ""
        except (RetryLater, NeedsAttention, Broken, AttributeError) as why:
            log.warning("Bluesky cannot look up %s now: %s", handle, why)
            return ""
        return did if isinstance(did, str) and is_did(did) else ""

    def _ask(self, method: str, params: Sequence[tuple[str, str]]) -> httpx.Response:
        if self._ask_by is not None:
            return self._ask_by(method, params)
        return _get(self._client, f"{self._base}/xrpc/{method}", params, {})


def _posts_in(raw: bytes, us: str) -> Iterator[Mention]:
    """The posts of a view that can be understood; the others are left out and logged."""
    try:
        for told, piece in read_items(raw, "posts"):
            try:
                yield read_post(told, piece, us)
            except Broken as why:
                log.warning("A post in Bluesky's view cannot be understood: %s", why)
    except Broken as why:
        log.warning("Bluesky's view of posts cannot be understood: %s", why)


def viewer_says(told: object, what: str) -> bool:
    """Whether a view says `what` of our own relation to the thing it shows."""
    viewer = told.get("viewer") if isinstance(told, Mapping) else None
    return isinstance(viewer, Mapping) and bool(viewer.get(what))


def is_not_there(answer: httpx.Response) -> bool:
    """Whether the server surely says that there is no such record (and not merely that it does not know now)."""
    if answer.status_code not in (400, 404):
        return False
    error, words = _error_of(answer), http.words_of(answer)
    return error in _NOT_THERE or words.startswith(("Could not locate record", "Could not find repo"))


def _record_of(did: str, collection: str, rkey: str) -> list[tuple[str, str]]:
    return [("repo", did), ("collection", collection), ("rkey", rkey)]


def _error_of(answer: httpx.Response) -> str:
    try:
        told = read_json(answer.content)
    except Broken:
        return ""
    return str(told.get("error", "")) if isinstance(told, dict) else ""


def _get(
    client: httpx.Client, url: str, params: Sequence[tuple[str, str]], headers: Mapping[str, str]
) -> httpx.Response:
    """Ask something that may be asked twice. Raises `RetryLater` when nobody answers."""
    try:
        return http.ask(client, client.build_request("GET", url, params=list(params), headers=dict(headers)))
    except httpx.HTTPError as problem:
        raise http.not_reached(problem, LABEL) from None


# -- the account


@dataclass(frozen=True)
class _Session:
    did: str
    handle: str
    access: str = field(repr=False)
    refresh: str = field(repr=False)


@dataclass
class _Account:
    """One account as this process knows it. Connectors are made anew for each look; sign-ins are counted by the
    server (300 a day: https://docs.bsky.app/docs/advanced-guides/rate-limits), so the session outlives them."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    session: _Session | None = None


@cache
def _account(service: str, handle: str, password: str) -> _Account:
    return _Account()


@dataclass(frozen=True)
class _Walk:
    """Our cursor: the newest notification taken in, and where a walk back towards it stands."""

    seen: str = ""
    mark: str = ""
    """A digest of the first page at the last look, to keep an unchanged one only once."""
    top: str = ""
    next: str = ""
    pages: int = 0

    @classmethod
    def from_text(cls, cursor: str) -> _Walk:
        """The walk that `cursor` tells of; a new one for text that is none of ours."""
        try:
            told = read_json(cursor.encode())
            kept = {name: told[name] for name in cls.__dataclass_fields__ if isinstance(told.get(name), str)}
            pages = told.get("pages", 0)
            return cls(**kept, pages=pages if isinstance(pages, int) else 0)
        except (Broken, AttributeError, UnicodeEncodeError):
            return cls()

    def __str__(self) -> str:
        return json.dumps({name: value for name, value in vars(self).items() if value}, separators=(",", ":"))


class Bluesky:
    """One account: its notifications, its replies, and looking at posts again."""

    contract: ClassVar[int] = CONTRACT
    traits: ClassVar[Traits] = Traits(
        name=NETWORK,
        label=LABEL,
        longest_reply=LONGEST_TEXT,
        count=bluesky_length,
        can_reply=True,
        resend=Resend.BY_LOOKUP,
        poll_every=timedelta(minutes=1),
        settle=timedelta(minutes=2),
        checks_parent=True,
        can_remove=True,
        most_images=MOST_IMAGES,
        largest_image=LARGEST_IMAGE,
        longest_alt=LONGEST_ALT,
    )
    settings: ClassVar[type] = BlueskySettings
    _keys: ClassVar[Tids] = Tids()

    def __init__(
        self,
        settings: BlueskySettings,
        *,
        client: httpx.Client | None = None,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._handle = settings.handle.strip().lstrip("@")
        self._password = settings.app_password.strip()
        self._service = http.server_address(settings.service, DEFAULT_SERVICE)
        self._client, self._clock, self._sleep = client or http.shared(), clock, sleep
        self._account = _account(self._service, self._handle, self._password)
        self.view = self._view(settings.appview.strip())

    def __repr__(self) -> str:
        return f"Bluesky({self._handle} at {self._service})"

    def _view(self, appview: str) -> PublicView:
        """Without log-in where that is possible: logged in, the posts of those who block us look deleted."""
        host = self._service.removeprefix("https://")
        if not appview and (host == "bsky.social" or host.endswith(".host.bsky.network")):
            appview = PUBLIC_VIEW
        if appview:
            return PublicView(appview, client=self._client, us=self._handle, clock=self._clock)
        return PublicView(
            self._service, client=self._client, ask=self._ask, us=self._handle, clock=self._clock
        )

    # -- listening

    def fetch(self, cursor: str) -> Page:
        """One page of notifications, walking back from the newest to those taken in before.

        Raises `RetryLater`, `NeedsAttention`.
        """
        walk = _Walk.from_text(cursor)
        params = [("limit", str(PAGE)), ("priority", "false"), *(("reasons", reason) for reason in SPOKEN)]
        if walk.next:
            params.append(("cursor", walk.next))
        answer = self._ask("app.bsky.notification.listNotifications", params)
        if answer.status_code == 400 and walk.next:
            return self.fetch(str(_Walk(seen=walk.seen)))  # the server no longer knows the place: walk anew
        http.check_status(answer, LABEL, self._clock())
        raw, url = answer.content, f"{self._service}/xrpc/app.bsky.notification.listNotifications"
        try:
            told = read_json(raw)
            listed = [each for each in told.get("notifications", ()) if isinstance(each, dict)]
        except (Broken, AttributeError, TypeError):
            # Kept as it is, for quarantine; the next look begins at the newest again.
            return Page(raw=raw, cursor=str(_Walk(seen=walk.seen)), url=url)
        times = [moment for each in listed if (moment := moment_of(each.get("indexedAt")))]
        top = walk.top or (min(max(times), self._clock()).isoformat() if times else walk.seen)
        follows = told.get("cursor")
        is_met = bool(times) and (seen := moment_of(walk.seen)) is not None and min(times) <= seen - OVERLAP
        if listed and not is_met and isinstance(follows, str) and follows and follows != walk.next:
            if walk.pages + 1 < LONGEST_WALK:
                onward = _Walk(seen=walk.seen, top=top, next=follows, pages=walk.pages + 1)
                return Page(raw=raw, cursor=str(onward), url=url, more=True)
            gap = say("There are more notifications than we can go back to; older ones are missing.")
            return Page(raw=raw, cursor=str(_Walk(seen=top)), url=url, gap=gap if walk.seen else None)
        mark = "" if walk.pages else _mark_of(listed)
        is_same = bool(mark) and mark == walk.mark
        return Page(raw=b"" if is_same else raw, cursor=str(_Walk(seen=top or walk.seen, mark=mark)), url=url)

    def read(self, raw: bytes) -> Iterator[Mention | Unreadable]:
        """The mentions in a page of notifications. Never raises."""
        number = 0
        if not raw:
            return
        try:
            for number, (told, piece) in enumerate(read_items(raw, "notifications"), 1):
                try:
                    mention = read_notification(told, piece, self._handle)
                except Broken as why:
                    yield _unreadable(piece, f"notification {number}", why)
                else:
                    if mention:
                        yield mention
        except Broken as why:
            yield _unreadable(raw, f"after notification {number}" if number else "the page", why)

    # -- speaking

    def new_key(self, now: datetime) -> str:
        """A record key (TID): the post's place in our account, chosen before it is sent."""
        return self._keys.make(now)

    def send(self, reply: Outgoing, key: str) -> Receipt:
        """Post `reply` at the place `key`. Raises `RetryLater` (surely not posted), `NeedsAttention`, `AnswerLost`."""
        self._check_text(reply.text)
        parent, root = self._refs(reply)
        self._check_admitted(reply.in_reply_to)
        now, session = self._clock(), self._signed_in()
        blobs = [self._upload(each) for each in reply.media]
        record = write_reply(reply, parent, root, self._did_of, now, blobs)
        body = {"repo": session.did, "collection": POST, "rkey": key, "record": record}
        answer = self._post("com.atproto.repo.createRecord", body)
        try:
            told = read_json(answer.content)
            uri, cid = told["uri"], told["cid"]
        except (Broken, KeyError, TypeError) as why:
            raise AnswerLost("the answer to our post cannot be understood") from why
        return Receipt(
            remote_id=str(uri), url=post_url(str(uri)), text=reply.text, revision=str(cid), sent_at=now
        )

    def find_sent(self, reply: Outgoing, key: str) -> Receipt | None:
        """Our post at the place `key`, from the server that holds our account. Raises `RetryLater`, `NeedsAttention`."""
        session = self._signed_in()
        answer = self._ask("com.atproto.repo.getRecord", _record_of(session.did, POST, key))
        if answer.status_code in (400, 404) and _error_of(answer) == "RecordNotFound":
            return None
        later = RetryLater(
            http.DEFAULT_WAIT, say("Bluesky cannot say now whether our reply is there; we ask again.")
        )
        if answer.status_code in (400, 404):
            raise later
        try:
            told = read_json(http.check_status(answer, LABEL, self._clock()).content)
            uri, value = str(told["uri"]), check_record(told["value"])
        except (Broken, KeyError, TypeError):
            raise later from None
        return Receipt(
            remote_id=uri,
            url=post_url(uri),
            text=storable(value["text"]),
            revision=str(told.get("cid", "")),
            sent_at=moment_of(value.get("createdAt")),
        )

    def remove(self, remote_id: str) -> None:
        """Take our post down (com.atproto.repo.deleteRecord: one that is not there is fine). Raises `RetryLater`,
        `NeedsAttention`. There is no `edit`: the network's own app shows no edits."""
        parts, session = split_uri(remote_id), self._signed_in()
        if parts is None or parts[0] != session.did:
            raise NeedsAttention(say("That post is not ours: it cannot be changed from here."))
        body = {"repo": parts[0], "collection": parts[1], "rkey": parts[2]}
        try:
            self._post("com.atproto.repo.deleteRecord", body)
        except AnswerLost:
            raise RetryLater(
                http.DEFAULT_WAIT, say("Bluesky did not answer; we ask again to take the reply down.")
            ) from None

    def _upload(self, image: Image) -> Mapping[str, Any]:
        """An image as the server took it (com.atproto.repo.uploadBlob): one that no post names is forgotten there, so
        it may be brought again. Raises `RetryLater`, `NeedsAttention`."""
        session, url = self._signed_in(), f"{self._service}/xrpc/com.atproto.repo.uploadBlob"
        for turn in range(2):
            headers = {**_bearer(session.access), "Content-Type": image.media_type}
            request = self._client.build_request("POST", url, content=image.data, headers=headers)
            try:
                answer = http.ask(self._client, request)
            except httpx.HTTPError as problem:
                raise http.not_reached(problem, LABEL) from None
            if turn or not _is_stale(answer):
                break
            session = self._renew(session)
        self._refuse_stale(answer)
        refused = say(
            "Bluesky refuses an image: {words}", words=http.words_of(answer) or str(answer.status_code)
        )
        http.check_status(answer, LABEL, self._clock(), refused)
        try:
            blob = read_json(answer.content)["blob"]
            if isinstance(blob, dict):
                return blob
        except (Broken, KeyError, TypeError):
            pass
        raise RetryLater(http.DEFAULT_WAIT, say("Bluesky's answer cannot be understood; we ask again."))

    def _check_text(self, text: str) -> None:
        length = bluesky_length(text)
        if not text.strip():
            raise NeedsAttention(say("The reply is empty."))
        if length > LONGEST_TEXT:
            raise NeedsAttention(
                say(
                    "The reply is too long for Bluesky: {length} of {longest} characters.",
                    length=length,
                    longest=LONGEST_TEXT,
                )
            )
        if text != storable(text):
            raise NeedsAttention(say("The reply holds a character that cannot be sent; write it anew."))

    def _refs(self, reply: Outgoing) -> tuple[dict[str, str], dict[str, str]]:
        """Strong references to parent and root, as they are now. Raises `NeedsAttention` when the parent is gone or
        was edited: a reply to a deleted post would be accepted all the same."""
        parts = split_uri(reply.in_reply_to)
        if parts is None:
            raise NeedsAttention(say("“{id}” is no post of Bluesky.", id=reply.in_reply_to[:200]))
        told = self._parent(parts)
        cid = told.get("cid")
        if not isinstance(cid, str) or not cid:
            raise RetryLater(
                http.DEFAULT_WAIT, say("Bluesky does not say which version of the post this is.")
            )
        if reply.parent_revision and cid != reply.parent_revision:
            raise NeedsAttention(
                say("The post was edited since you read it: read it again, then approve the reply again.")
            )
        parent = {"uri": reply.in_reply_to, "cid": cid}
        value = told.get("value")
        thread = value.get("reply") if isinstance(value, dict) else None
        root = thread.get("root") if isinstance(thread, dict) else None
        if isinstance(root, dict) and isinstance(root.get("uri"), str) and isinstance(root.get("cid"), str):
            return parent, {"uri": root["uri"], "cid": root["cid"]}
        return parent, parent

    def _check_admitted(self, uri: str) -> None:
        """Raise `NeedsAttention` when the author does not let us answer: the server would take the reply, and nobody
        would see it (lexicon app.bsky.feed.defs#viewerState). A view that cannot tell is no reason to hold it back."""
        try:
            answer = self._ask("app.bsky.feed.getPosts", [("uris", uri)])
            views = [told for told, _ in read_items(answer.content, "posts")] if answer.is_success else []
        except (RetryLater, Broken):
            return
        for told in (each for each in views if isinstance(each, Mapping)):
            if viewer_says(told, "replyDisabled"):
                raise NeedsAttention(
                    say("The author lets only some people answer this post, and we are not among them.")
                )
            if viewer_says(told.get("author"), "blockedBy"):
                raise NeedsAttention(say("The author has blocked our account: nobody would see the reply."))

    def _parent(self, parts: tuple[str, str, str]) -> Mapping[str, Any]:
        for turn in range(LOOKS):
            if turn:
                self._sleep(BETWEEN_LOOKS)
            answer = self._ask("com.atproto.repo.getRecord", _record_of(*parts))
            if is_not_there(answer):
                continue
            try:
                told = read_json(http.check_status(answer, LABEL, self._clock()).content)
            except Broken:
                told = None
            if not isinstance(told, dict):
                raise RetryLater(
                    http.DEFAULT_WAIT, say("Bluesky's answer cannot be understood; we ask again.")
                )
            return told
        raise NeedsAttention(
            say("The post is not there any more: its author deleted it, or the account is gone.")
        )

    def _did_of(self, handle: str) -> str:
        return self.view.did_of(handle)

    # -- looking

    def look(self, remote_ids: Sequence[str]) -> Iterator[Mention | Gone]:
        """The posts as they are now; see `PublicView.look`."""
        return self.view.look(remote_ids)

    def handles(self, dids: Iterable[str]) -> dict[str, Author]:
        """The authors behind `dids`, as far as they can be had now. Never raises."""
        return self.view.handles(dids)

    def check(self) -> Said:
        """Sign in and read one notification. Raises `NeedsAttention`, `RetryLater`."""
        session = self._signed_in()
        answer = self._ask("app.bsky.notification.listNotifications", [("limit", "1")])
        http.check_status(answer, LABEL, self._clock())
        return say("Signed in to Bluesky as @{handle}.", handle=session.handle)

    # -- the session

    def _signed_in(self) -> _Session:
        with self._account.lock:
            if self._account.session is None:
                self._account.session = self._sign_in()
            return self._account.session

    def _sign_in(self) -> _Session:
        body = {"identifier": self._handle, "password": self._password}
        answer = self._once("com.atproto.server.createSession", body, {})
        if answer.status_code in (400, 401, 403):
            error = _error_of(answer)
            if error == "AuthFactorTokenRequired":
                raise NeedsAttention(
                    say("Bluesky asks for a code: use an app password instead of the account's own.")
                )
            raise NeedsAttention(
                say(
                    "Bluesky refuses the sign-in of {handle}: make a new app password and enter it.",
                    handle=self._handle,
                )
            )
        return _session_of(http.check_status(answer, LABEL, self._clock()))

    def _renew(self, stale: _Session) -> _Session:
        """A session after `stale`: refreshed once, or signed in anew. Another thread may have done it already."""
        with self._account.lock:
            if self._account.session is not None and self._account.session is not stale:
                return self._account.session
            self._account.session = None
            answer = self._once("com.atproto.server.refreshSession", None, _bearer(stale.refresh))
            if answer.status_code in (400, 401, 403):
                session = self._sign_in()
            else:
                session = _session_of(http.check_status(answer, LABEL, self._clock()))
            self._account.session = session
            return session

    def _once(self, method: str, body: object, headers: Mapping[str, str]) -> httpx.Response:
        """A call about the session: making one more is harmless. Raises `RetryLater` when nobody answers."""
        url = f"{self._service}/xrpc/{method}"
        try:
            return http.ask(
                self._client, self._client.build_request("POST", url, json=body, headers=dict(headers))
            )
        except httpx.HTTPError as problem:
            raise http.not_reached(problem, LABEL) from None

    def _ask(self, method: str, params: Sequence[tuple[str, str]]) -> httpx.Response:
        """A signed-in question; the session is renewed once when it is stale. Raises `RetryLater`, `NeedsAttention`."""
        session = self._signed_in()
        url = f"{self._service}/xrpc/{method}"
        answer = _get(self._client, url, params, _bearer(session.access))
        if _is_stale(answer):
            answer = _get(self._client, url, params, _bearer(self._renew(session).access))
            self._refuse_stale(answer)
        return answer

    def _post(self, method: str, body: object) -> httpx.Response:
        """A change on the network. Once bytes have left, only a plain refusal means that nothing was done."""
        session = self._signed_in()
        answer = self._try_post(method, body, session)
        if _is_stale(answer):
            answer = self._try_post(method, body, self._renew(session))
            self._refuse_stale(answer)
        status = answer.status_code
        if answer.is_success:
            return answer
        if status >= 500 or status in (408, 425):
            raise AnswerLost(f"{LABEL} answered {status}")
        http.check_status(
            answer,
            LABEL,
            self._clock(),
            say("Bluesky refuses the reply: {words}", words=http.words_of(answer) or str(status)),
        )
        raise AnswerLost(f"{LABEL} answered {status}")

    def _try_post(self, method: str, body: object, session: _Session) -> httpx.Response:
        request = self._client.build_request(
            "POST", f"{self._service}/xrpc/{method}", json=body, headers=_bearer(session.access)
        )
        try:
            return http.ask(self._client, request)
        except (
            httpx.ConnectError,
            httpx.ConnectTimeout,
            httpx.PoolTimeout,
            httpx.UnsupportedProtocol,
        ) as problem:
            raise http.not_reached(problem, LABEL) from None
        except httpx.HTTPError as problem:
            raise AnswerLost(type(problem).__name__) from None

    def _refuse_stale(self, answer: httpx.Response) -> None:
        if _is_stale(answer):
            raise NeedsAttention(
                say(
                    "Bluesky refuses our access as {handle}: make a new app password and enter it.",
                    handle=self._handle,
                )
            )


def _is_stale(answer: httpx.Response) -> bool:
    return answer.status_code == 401 or (answer.status_code == 400 and _error_of(answer) in _STALE_TOKEN)


def _bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def _session_of(answer: httpx.Response) -> _Session:
    try:
        told = read_json(answer.content)
        did, handle, access, refresh = (told[name] for name in ("did", "handle", "accessJwt", "refreshJwt"))
        if is_did(did) and all(
            isinstance(each, str) and each.isascii() and each.isprintable() for each in (access, refresh)
        ):
            return _Session(did, storable(str(handle)), access, refresh)
    except (Broken, KeyError, TypeError):
        pass
    raise RetryLater(
        http.DEFAULT_WAIT, say("Bluesky's answer to the sign-in cannot be understood; we try again.")
    )


def _mark_of(listed: Sequence[Mapping[str, Any]]) -> str:
    """A short digest of which notifications a page lists; it changes when one comes or goes."""
    ids = [f"{each.get('uri')} {each.get('cid')}" for each in listed]
    return hashlib.sha256("\n".join(ids).encode("utf-8", "replace")).hexdigest()[:16]


def _unreadable(raw: bytes, where: str, why: Broken) -> Unreadable:
    return Unreadable(
        raw=raw,
        where=where,
        why=say("This part of Bluesky's answer cannot be understood: {why}.", why=str(why)),
    )
