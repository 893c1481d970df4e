"""What an HTTP answer means for us: fine, try again later, or a person must look. Shared by connectors over HTTP.

Nothing here retries: the desk does, and it needs to know how long to wait.
"""

from __future__ import annotations

import random
import time
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from functools import cache
from urllib.parse import urlsplit

import httpx

from amends.connectors.base import NeedsAttention, RetryLater
from amends.core.say import Said, say

#: When a network says "later" without saying when.
DEFAULT_WAIT = timedelta(minutes=1)
#: A wait beyond this is not believed (a wrong clock, a hostile server): we look again after it.
LONGEST_WAIT = timedelta(hours=24)
#: These are not our fault and pass by themselves (408, 425 and 429 are the only 4xx that are tried again).
PASSING = frozenset({408, 425, 429})

#: No answer that we ask for comes near this (bytes).
LONGEST_ANSWER = 10_000_000
#: A server may send a byte now and then for ever; after this many seconds in all we stop listening.
LONGEST_TIME = 60.0

#: They describe the body as it travelled, not as we hold it.
_ABOUT_TRANSPORT = frozenset({"content-encoding", "content-length", "transfer-encoding"})
#: Read in one go for an error's words; a page of HTML as an error must not fill the trail.
_LONGEST_WORDS = 300


def client(**options: object) -> httpx.Client:
    """An HTTP client with our time-outs (seconds) that follows no redirect: a redirect may leave the network."""
    settings: dict[str, object] = {
        "timeout": httpx.Timeout(30.0, connect=10.0),
        "follow_redirects": False,
        "headers": {"User-Agent": "amends"},
    }
    return httpx.Client(**{**settings, **options})  # type: ignore[arg-type]


@cache
def shared() -> httpx.Client:
    """The client of this process, for connectors that were given none: made once, as it reads all certificates of the
    machine, and keeps connections open between two looks. Safe in threads."""
    return client()


def server_address(text: str, default: str) -> str:
    """The address of a server as a person entered it, without a slash at its end; `default` for an empty one.

    Raises `NeedsAttention` for what is no http or https address, and for one that carries a password.
    """
    address = text.strip().rstrip("/") or default
    try:
        url = urlsplit(address)
        is_whole = url.scheme in ("http", "https") and url.hostname and url.port != 0
        if is_whole and "@" not in url.netloc and not any(sign.isspace() for sign in address):
            return address
    except ValueError:
        pass
    raise NeedsAttention(
        say(
            "“{address}” is no address of a server: enter one such as {example}.",
            address=address.rpartition("@")[2][:100],
            example=default,
        )
    )


def ask(
    client: httpx.Client,
    request: httpx.Request,
    *,
    longest: int = LONGEST_ANSWER,
    within: float = LONGEST_TIME,
) -> httpx.Response:
    """The whole answer, read with a limit on its length (bytes) and on all the time it takes (seconds).

    Raises `httpx.HTTPError`: also `ReadTimeout` for an answer that drips, `RemoteProtocolError` for one too long.
    """
    until, read = time.monotonic() + within, bytearray()
    answer = client.send(request, stream=True)
    try:
        for chunk in answer.iter_bytes():
            read += chunk
            if len(read) > longest:
                raise httpx.RemoteProtocolError(f"the answer is longer than {longest} bytes", request=request)
            if time.monotonic() > until:
                raise httpx.ReadTimeout(f"the answer took longer than {within} s", request=request)
    finally:
        answer.close()
    headers = [(name, value) for name, value in answer.headers.multi_items() if name not in _ABOUT_TRANSPORT]
    return httpx.Response(answer.status_code, headers=headers, content=bytes(read), request=request)


def wait_named(
    headers: Mapping[str, str], now: datetime, default: timedelta = DEFAULT_WAIT, also: Iterable[str] = ()
) -> timedelta:
    """How long an answer asks us to wait: `Retry-After` in seconds or as a date (RFC 9110 §10.2.3), `RateLimit-Reset`
    (and the header names in `also`) as seconds since 1970 or from now. `now` is aware.

    A passing value in the past is no wait at all; one that cannot be read is `default`; none is longer than
    `LONGEST_WAIT`.
    """
    for name in ("Retry-After", "RateLimit-Reset", *also):
        if (found := headers.get(name)) and (wait := _wait(found.strip(), now)) is not None:
            return min(max(wait, timedelta(0)), LONGEST_WAIT)
    return default


def _wait(value: str, now: datetime) -> timedelta | None:
    if value.isascii() and value.isdigit():
        seconds = int(value[:12])
        # Seconds since 1970 are larger than any wait in seconds that makes sense.
        if seconds > 1_000_000_000:
            return datetime.fromtimestamp(min(seconds, 32_503_680_000), UTC) - now
        return timedelta(seconds=seconds)
    try:
        moment = parsedate_to_datetime(value)
    except (ValueError, TypeError, OverflowError):
        return None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)) - now


def jittered(wait: timedelta) -> timedelta:
    """`wait` and up to a quarter more, never less: sources must not all come back in the same second."""
    return wait * (1 + random.random() / 4)


def check_status(
    answer: httpx.Response, network: str, now: datetime, refused: Said | None = None
) -> httpx.Response:
    """`answer` itself when it is 2xx (or 304). Otherwise raises.

    `RetryLater` for 408, 425, 429 and 5xx, with the wait that the answer names. `NeedsAttention` for the rest: 401
    and 403 as a matter of the credentials, 3xx as a moved address, other 4xx with `refused` or the server's words.
    Call it only for requests that may be repeated: after a post, a 5xx is an `AnswerLost`, not a `RetryLater`.
    """
    status = answer.status_code
    if answer.is_success or status == 304:
        return answer
    if status in PASSING or status >= 500:
        wait = wait_named(answer.headers, now)
        raise RetryLater(
            jittered(wait),
            say("{network} asks us to come back later (HTTP {status}).", network=network, status=status),
        )
    if status in (401, 403):
        raise NeedsAttention(
            say(
                "{network} refuses our access (HTTP {status}): renew the password or token.",
                network=network,
                status=status,
            )
        )
    if answer.is_redirect:
        raise NeedsAttention(
            say(
                "{network} has moved (HTTP {status}): check the address in the settings.",
                network=network,
                status=status,
            )
        )
    raise NeedsAttention(
        refused
        or say(
            "{network} refuses the request (HTTP {status}): {words}",
            network=network,
            status=status,
            words=words_of(answer),
        )
    )


def words_of(answer: httpx.Response) -> str:
    """What an error answer says in words, short and on one line; "" when it says nothing."""
    try:
        told = answer.json()
        told = told.get("message") or told.get("error") if isinstance(told, dict) else ""
    except (ValueError, RecursionError):
        told = answer.text
    words = " ".join(str(told or "").split())
    return "".join(letter for letter in words if letter.isprintable())[:_LONGEST_WORDS]


def not_reached(problem: httpx.HTTPError, network: str) -> RetryLater:
    """The `RetryLater` for a request that found nobody (or whose loss does no harm): a `GET` that failed."""
    return RetryLater(
        jittered(DEFAULT_WAIT),
        say("{network} could not be reached: {problem}.", network=network, problem=type(problem).__name__),
    )
