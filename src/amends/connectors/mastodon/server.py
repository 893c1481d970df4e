"""One server as this process knows it: asking, waiting, posting, and what it told of itself and of its posts."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any, Generic, TypeVar

import httpx

from amends.connectors import http
from amends.connectors.base import AnswerLost, Image, Limits, NeedsAttention, RetryLater
from amends.connectors.dates import moment
from amends.connectors.mastodon.place import is_id
from amends.connectors.mastodon.status import Broken, Us, is_notification, is_status, parse, uri_of
from amends.connectors.slices import BrokenJson, elements
from amends.core.say import say

LABEL = "Mastodon"
#: What Mastodon itself allows where a server does not say (https://docs.joinmastodon.org/user/posting/).
LONGEST_TEXT, LINK_LENGTH = 500, 23
#: Images in one post, bytes of one, and characters of its description, where a server does not say
#: (https://docs.joinmastodon.org/user/posting/#media, entity Instance: `media_attachments`).
MOST_IMAGES, LARGEST_IMAGE, LONGEST_ALT = 4, 16_777_216, 1_500
#: An uploaded image may still be worked on; how often and how long apart (seconds) it is asked for.
MEDIA_LOOKS, BETWEEN_MEDIA_LOOKS = 30, 1.0
#: A server's own limits are asked for again after this.
LIMITS_AGE = timedelta(hours=1)
#: `GET /api/v1/statuses?id[]=` gives 20 at once (Mastodon 4.3; app/controllers/api/v1/statuses_controller.rb).
AT_ONCE = 20
#: Posts whose address and id are remembered, for finding one by the other.
REMEMBERED = 20_000

Key = TypeVar("Key")
Kept = TypeVar("Kept")


class Memory(Generic[Key, Kept]):
    """The last `longest` things kept under a name. Safe in threads."""

    def __init__(self, longest: int) -> None:
        self._longest, self._lock = longest, threading.Lock()
        self._kept: OrderedDict[Key, Kept] = OrderedDict()

    def get(self, key: Key) -> Kept | None:
        with self._lock:
            return self._kept.get(key)

    def put(self, key: Key, value: Kept) -> None:
        with self._lock:
            self._kept[key] = value
            self._kept.move_to_end(key)
            while len(self._kept) > self._longest:
                self._kept.popitem(last=False)


DEFAULT_LIMITS = Limits(
    longest=LONGEST_TEXT,
    link=LINK_LENGTH,
    most_images=MOST_IMAGES,
    largest_image=LARGEST_IMAGE,
    longest_alt=LONGEST_ALT,
)


@dataclass
class Known:
    """What was learned from one server with one token. Connectors are made anew for each look; this outlives them."""

    us: Us | None = None
    limits: Limits | None = None
    limits_at: datetime | None = None
    has_bulk: bool = True
    """It gives many posts at once."""
    ids: Memory[str, str] = field(default_factory=lambda: Memory(REMEMBERED))
    """A post's address → the server's own id."""
    parents: Memory[str, tuple[str, str]] = field(default_factory=lambda: Memory(REMEMBERED))
    """The server's own id → the post's address, and the id of the post that it answers."""
    histories: Memory[tuple[str, str], list[Any]] = field(default_factory=lambda: Memory(500))
    """(id, version) of an edited post → its states."""
    unfound: Memory[str, datetime] = field(default_factory=lambda: Memory(REMEMBERED))
    """Address of a post that this server could not find → when it was asked."""
    sent: Memory[str, str] = field(default_factory=lambda: Memory(REMEMBERED))
    """Address of a post of ours → the key with which it was sent."""


@cache
def _known(address: str, token: str) -> Known:
    return Known()


@dataclass(frozen=True, kw_only=True)
class Post:
    """A post as the server showed it, with its exact bytes."""

    told: dict[str, Any]
    raw: bytes

    @property
    def key(self) -> str:
        """The server's own id."""
        return str(self.told.get("id") or "")


class Faulty(RetryLater):
    """The server broke over this one request (5xx): others may fare better."""


@dataclass(frozen=True)
class _Secret:
    """A token that shows itself nowhere."""

    value: str = field(repr=False)


class Server:
    """Asks one server in the name of one account."""

    def __init__(
        self, address: str, token: str, *, client: httpx.Client, clock: Callable[[], datetime]
    ) -> None:
        self.address, self._token = address, _Secret(token)
        self._client, self._clock = client, clock
        self.known = _known(address, token)

    def __repr__(self) -> str:
        return f"Server({self.address})"

    # -- asking

    def get(self, path: str, params: Sequence[tuple[str, str]] = ()) -> httpx.Response:
        """An answer, whatever its status but "later". Asked a second time when the connection breaks: that harms
        nothing, and some servers (snac) close connections without a word. Raises `RetryLater`, `NeedsAttention`."""
        request = self._client.build_request(
            "GET", f"{self.address}{path}", params=list(params), headers=self._headers()
        )
        try:
            try:
                answer = http.ask(self._client, request)
            except (httpx.ReadError, httpx.WriteError, httpx.RemoteProtocolError):
                answer = http.ask(self._client, request)
        except httpx.HTTPError as problem:
            raise http.not_reached(problem, LABEL) from None
        self._refuse_for_now(answer)
        if answer.status_code == 401:
            raise NeedsAttention(
                say(
                    "{server} refuses our access token: make a new one and enter it in the settings.",
                    server=self.address,
                )
            )
        return answer

    def ask(self, path: str, params: Sequence[tuple[str, str]] = ()) -> Any:
        """What a good answer says. Raises `RetryLater`, `NeedsAttention`, also for what is no JSON."""
        answer = http.check_status(self.get(path, params), LABEL, self._clock())
        try:
            return parse(answer.content)
        except Broken:
            raise RetryLater(
                http.DEFAULT_WAIT, say("Mastodon’s answer cannot be understood; we ask again.")
            ) from None

    def post(self, path: str, body: Mapping[str, str | list[str]], key: str) -> httpx.Response:
        """A change on the network, under an idempotency key. Once bytes have left, only a plain refusal means that
        nothing was done. Raises `RetryLater` (surely not done), `NeedsAttention` (refused), `AnswerLost`."""
        request = self._client.build_request(
            "POST",
            f"{self.address}{path}",
            data=dict(body),
            headers={**self._headers(), "Idempotency-Key": key},
        )
        try:
            answer = http.ask(self._client, request)
        except (
            httpx.ConnectError,
            httpx.ConnectTimeout,
            httpx.PoolTimeout,
            httpx.UnsupportedProtocol,
        ) as problem:
            raise http.not_reached(problem, LABEL) from None
        except httpx.HTTPError as problem:
            raise AnswerLost(type(problem).__name__) from None
        if answer.is_success:
            return answer
        status = answer.status_code
        if status >= 500 or status in (408, 409, 425):
            # 409: a post with this key is being worked on.
            raise AnswerLost(f"{LABEL} answered {status}")
        self._refuse(answer)
        raise AnswerLost(f"{LABEL} answered {status}")

    def again(
        self,
        method: str,
        path: str,
        body: Mapping[str, str | list[str]] | None = None,
        files: Mapping[str, tuple[str, bytes, str]] | None = None,
        *,
        fine: Sequence[int] = (),
    ) -> httpx.Response:
        """A change that may be asked for twice. A good answer, or one whose status is `fine`. Raises `RetryLater`, also
        for a lost answer, and `NeedsAttention` (refused)."""
        request = self._client.build_request(
            method, f"{self.address}{path}", data=dict(body or {}), files=files, headers=self._headers()
        )
        try:
            answer = http.ask(self._client, request)
        except httpx.HTTPError as problem:
            raise http.not_reached(problem, LABEL) from None
        if not answer.is_success and answer.status_code not in fine:
            self._refuse(answer)
        return answer

    def _refuse(self, answer: httpx.Response) -> None:
        self._refuse_for_now(answer)
        words = http.words_of(answer) or str(answer.status_code)
        http.check_status(
            answer, LABEL, self._clock(), say("Mastodon refuses the reply: {words}", words=words)
        )

    def upload(self, image: Image, sleep: Callable[[float], None]) -> str:
        """Put an image on the server; gives its id once it can be posted. One that nobody posts is forgotten there
        (https://docs.joinmastodon.org/methods/media/#v2). Raises `RetryLater`, `NeedsAttention`."""
        name = f"image.{image.media_type.rpartition('/')[2]}"
        files = {"file": (name, image.data, image.media_type)}
        described = {"description": image.alt} if image.alt else {}
        answer = self.again("POST", "/api/v2/media", described, files, fine=(404,))
        if answer.status_code == 404:
            answer = self.again("POST", "/api/v1/media", described, files)
        key = _id_in(answer)
        is_ready = answer.status_code == 200
        for _ in range(MEDIA_LOOKS):
            if is_ready:
                return key
            sleep(BETWEEN_MEDIA_LOOKS)
            answer = self.again("GET", f"/api/v1/media/{key}")
            is_ready = answer.status_code == 200
        raise RetryLater(http.DEFAULT_WAIT, say("Mastodon is still working on an image; we try again."))

    def _headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self._token.value}"}

    def _refuse_for_now(self, answer: httpx.Response) -> None:
        """Raise `RetryLater` with the wait that the server names (https://docs.joinmastodon.org/api/rate-limits/)."""
        status = answer.status_code
        if status not in http.PASSING and status < 500:
            return
        kind = Faulty if status >= 500 and status != 503 else RetryLater
        raise kind(
            http.jittered(self._wait(answer)),
            say("{network} asks us to come back later (HTTP {status}).", network=LABEL, status=status),
        )

    def _wait(self, answer: httpx.Response) -> timedelta:
        now = self._clock()
        reset = moment(answer.headers.get("X-RateLimit-Reset", ""))  # ISO 8601 here, unlike elsewhere
        if "Retry-After" not in answer.headers and answer.status_code == 429 and reset is not None:
            return min(max(reset - now, timedelta(0)), http.LONGEST_WAIT)
        return http.wait_named(answer.headers, now)

    # -- the account and the server's rules

    def us(self) -> Us:
        """Our own account. Raises `RetryLater`, `NeedsAttention`."""
        return self.known.us or self.sign_in()

    def sign_in(self) -> Us:
        """Ask the server who we are, also when we know. Raises `RetryLater`, `NeedsAttention`."""
        told = self.ask("/api/v1/accounts/verify_credentials")
        if not isinstance(told, dict) or not is_id(str(told.get("id", ""))):
            raise RetryLater(http.DEFAULT_WAIT, say("Mastodon’s answer cannot be understood; we ask again."))
        self.known.us = Us(
            id=str(told["id"]),
            acct=str(told.get("acct") or told.get("username") or ""),
            uri=str(told.get("uri") or told.get("url") or ""),
        )
        return self.known.us

    def limits(self) -> Limits:
        """What this server allows in one post, asked for once an hour. Never raises: where it does not say, it is
        what Mastodon itself allows."""
        known, now = self.known, self._clock()
        if known.limits and known.limits_at and abs(now - known.limits_at) < LIMITS_AGE:
            return known.limits
        try:
            answer = self.get("/api/v2/instance")
            if not answer.is_success:
                answer = self.get("/api/v1/instance")
            told = parse(answer.content) if answer.is_success else None
        except (RetryLater, NeedsAttention, Broken):
            return known.limits or DEFAULT_LIMITS
        known.limits, known.limits_at = limits_in(told), now
        return known.limits

    # -- posts

    def remember(self, told: Mapping[str, Any]) -> None:
        """Keep a post's id beside its address."""
        try:
            uri, key = uri_of(told), str(told.get("id") or "")
        except Broken:
            return
        if is_id(key):
            self.known.ids.put(uri, key)
            above = told.get("in_reply_to_id")
            self.known.parents.put(key, (uri, str(above) if above else ""))

    def status(self, key: str) -> Post | None:
        """The post with the server's id `key`; None when the server says that there is none. Raises `RetryLater`,
        `NeedsAttention`."""
        answer = self.get(f"/api/v1/statuses/{key}")
        if answer.status_code in (404, 410):
            return None
        http.check_status(answer, LABEL, self._clock())
        try:
            told = parse(answer.content)
        except Broken:
            told = None
        if not isinstance(told, dict) or not is_status(told):
            raise RetryLater(http.DEFAULT_WAIT, say("Mastodon’s answer cannot be understood; we ask again."))
        self.remember(told)
        return Post(told=told, raw=answer.content)

    def statuses(self, keys: Iterable[str]) -> list[Post]:
        """Those of the posts with these ids that the server shows at once; one that is missing may still be there.

        Nothing on servers that cannot tell many at once. Raises `RetryLater`, `NeedsAttention`."""
        wanted = list(dict.fromkeys(keys))
        found: list[Post] = []
        for at in range(0, len(wanted), AT_ONCE):
            if not self.known.has_bulk:
                break
            answer = self.get("/api/v1/statuses", [("id[]", each) for each in wanted[at : at + AT_ONCE]])
            posts = posts_in(answer.content) if answer.is_success else None
            if posts is None:
                self.known.has_bulk = False
                break
            found += posts
        for each in found:
            self.remember(each.told)
        return found

    def history(self, key: str, version: str) -> list[Any]:
        """The states of an edited post, oldest first (entity StatusEdit); empty where the server does not tell.
        Raises `RetryLater`, `NeedsAttention`."""
        known = self.known.histories.get((key, version))
        if known is None:
            answer = self.get(f"/api/v1/statuses/{key}/history")
            try:
                told = parse(answer.content) if answer.is_success else []
            except Broken:
                told = []
            known = told if isinstance(told, list) else []
            self.known.histories.put((key, version), known)
        return known

    def find(self, uri: str) -> Post | None:
        """The post with the address `uri`, wherever it was written: by what we remember, by its own address when it
        is this server's, by search (https://docs.joinmastodon.org/methods/search/, `resolve`), by a guess at its id,
        among what was said to us last. None: not found, which need not mean that it is gone.
        Raises `RetryLater`, `NeedsAttention`."""
        likely = dict.fromkeys((self.known.ids.get(uri) or "", key_within(uri, self.address)))
        last = uri.rstrip("/").rpartition("/")[2]
        asked = [("q", uri), ("resolve", "true"), ("type", "statuses"), ("limit", "5")]
        return (
            self._by_id(uri, likely)
            or self._listed(uri, "/api/v2/search", asked, "statuses")
            or self._by_id(uri, [last] if last not in likely else [])
            or self._listed(uri, "/api/v1/notifications", [("types[]", "mention"), ("limit", "80")])
        )

    def _by_id(self, uri: str, keys: Iterable[str]) -> Post | None:
        for key in filter(is_id, keys):
            if (post := self.status(key)) is not None and post.told.get("uri") == uri:
                return post
        return None

    def _listed(self, uri: str, path: str, params: Sequence[tuple[str, str]], name: str = "") -> Post | None:
        answer = self.get(path, params)
        for post in (posts_in(answer.content, name) if answer.is_success else None) or ():
            if post.told.get("uri") == uri and is_id(post.key):
                self.remember(post.told)
                return post
        return None


def posts_in(raw: bytes, name: str = "") -> list[Post] | None:
    """The posts of a list (of posts or notifications), or of the list `name` of an object, each with its exact bytes
    and those of its notification; None when it is no list."""
    try:
        told = parse(raw)
        listed = told.get(name) if name and isinstance(told, dict) else told
        if not isinstance(listed, list):
            return None
        text = raw.decode() if name else f'{{"items":{raw.decode()}}}'
        pieces = list(elements(text, name or "items"))
    except (Broken, BrokenJson, UnicodeDecodeError):
        return None
    found = ((each.get("status") if is_notification(each) else each, piece) for piece, each in pieces if each)
    return [Post(told=dict(told), raw=piece.encode()) for told, piece in found if is_status(told)]


def _id_in(answer: httpx.Response) -> str:
    try:
        told = parse(answer.content)
    except Broken:
        told = None
    key = str(told.get("id") or "") if isinstance(told, dict) else ""
    # Some servers (snac) call an image by the name of its file.
    if not is_id(key.replace(".", "")) or ".." in key:
        raise RetryLater(http.DEFAULT_WAIT, say("Mastodon’s answer cannot be understood; we ask again."))
    return key


def key_within(uri: str, address: str) -> str:
    """The server's own id within a post's address, "" when it is another server's or of another form.

    Mastodon's own addresses end with it: /users/NAME/statuses/ID, /ap/users/ID/statuses/ID.
    """
    host, parts = address.partition("://")[2], uri.partition("://")[2].split("/")
    if parts[0] != host or len(parts) < 3 or parts[-2] != "statuses" or not is_id(parts[-1]):
        return ""
    return parts[-1]


def made_at(key: str) -> datetime | None:
    """When a post was made, by Mastodon's ids (milliseconds since 1970, shifted by 16 bits: lib/mastodon/snowflake.rb);
    None for other ids."""
    if not key.isdigit() or not 2**56 < (number := int(key)) < 2**63:
        return None
    return datetime.fromtimestamp((number >> 16) / 1000, UTC)


def limits_in(told: object) -> Limits:
    """The limits in an Instance (https://docs.joinmastodon.org/entities/Instance/), in either of its versions, or in
    Pleroma's (`max_toot_chars`)."""
    told = told if isinstance(told, dict) else {}
    configuration = told.get("configuration")
    rules = configuration.get("statuses") if isinstance(configuration, dict) else None
    rules = rules if isinstance(rules, dict) else {}
    media = configuration.get("media_attachments") if isinstance(configuration, dict) else None
    media = media if isinstance(media, dict) else {}
    return Limits(
        longest=_number(rules.get("max_characters", told.get("max_toot_chars")), 1) or LONGEST_TEXT,
        link=LINK_LENGTH if (link := _number(rules.get("characters_reserved_per_url"), 0)) is None else link,
        most_images=_number(rules.get("max_media_attachments"), 1) or MOST_IMAGES,
        largest_image=_number(media.get("image_size_limit"), 1) or LARGEST_IMAGE,
        longest_alt=_number(media.get("description_limit"), 1) or LONGEST_ALT,
    )


def _number(told: object, least: int) -> int | None:
    return told if isinstance(told, int) and not isinstance(told, bool) and least <= told < 2**31 else None
