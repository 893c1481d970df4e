"""Which addresses of the Internet a feed may be fetched from: public ones only (server-side request forgery).

The name is resolved once, every address is checked, and the connection goes to a checked address, so that a second
answer of the name server changes nothing. `ipaddress.is_global` is not used: on Python 3.11 it calls loopback inside
NAT64, 6to4 and IPv4-compatible forms global, and multicast too (CVE-2024-4032 in part).
"""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterable
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

import httpx

from amends.connectors.base import NeedsAttention, RetryLater
from amends.connectors.http import DEFAULT_WAIT, jittered
from amends.core.say import say

#: host, port → its addresses as text. Raises `OSError` when there are none.
Resolve = Callable[[str, int], Iterable[str]]

# https://www.iana.org/assignments/iana-ipv4-special-registry
_CLOSED_4 = tuple(
    IPv4Network(each)
    for each in (
        "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24",
        "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24",
        "224.0.0.0/4", "240.0.0.0/4",
    )
)  # fmt: skip
# https://www.iana.org/assignments/iana-ipv6-special-registry; all that is global lies in 2000::/3.
_OPEN_6 = IPv6Network("2000::/3")
_CLOSED_6 = tuple(IPv6Network(each) for each in ("2001::/23", "2001:db8::/32", "3fff::/20"))
_NAT64 = IPv6Network("64:ff9b::/96")
_TRANSLATED = IPv6Network("::ffff:0:0:0/96")
_ISATAP = (0x00005EFE, 0x02005EFE)

_PORTS = {"http": 80, "https": 443}


def is_public(address: str) -> bool:
    """Whether `address` (IPv4 or IPv6 text) is global unicast, also inside mapped, NAT64, 6to4 and ISATAP forms."""
    try:
        found = ip_address(address)
    except ValueError:
        return False
    if isinstance(found, IPv6Address):
        return _is_public_6(found)
    return _is_public_4(found)


def _is_public_4(found: IPv4Address) -> bool:
    return not any(found in network for network in _CLOSED_4)


def _is_public_6(found: IPv6Address) -> bool:
    last = IPv4Address(int(found) & 0xFFFFFFFF)
    if found.ipv4_mapped is not None or found in _NAT64 or found in _TRANSLATED:
        return _is_public_4(last)
    if found not in _OPEN_6 or any(found in network for network in _CLOSED_6):
        return False
    if found.sixtofour is not None and not _is_public_4(found.sixtofour):
        return False
    return (int(found) >> 32) & 0xFFFFFFFF not in _ISATAP or _is_public_4(last)


def system_resolve(host: str, port: int) -> list[str]:
    """The addresses of `host` by the system's resolver, in its order. Raises `OSError`."""
    return [str(found[4][0]) for found in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]


def parsed(url: str) -> httpx.URL:
    """`url` taken apart once. Raises `NeedsAttention` when it is no http or https address."""
    try:
        found = httpx.URL(url.strip())
    except (httpx.InvalidURL, UnicodeError, ValueError):
        raise NeedsAttention(
            say("“{url}” is not a web address: write it as https://example.org/feed.", url=url[:200])
        ) from None
    if found.scheme not in _PORTS or not found.host:
        raise NeedsAttention(
            say(
                "Only http and https addresses are read, not “{url}”: write it as https://example.org/feed.",
                url=url[:200],
            )
        )
    return found


def reachable(url: httpx.URL, *, resolve: Resolve, allow_private: bool) -> str:
    """An address of `url`'s host that we may connect to.

    Raises `NeedsAttention` when any of its addresses is not public or the port is not the scheme's own (both allowed
    by `allow_private`), `RetryLater` when the name has no address now.
    """
    port = url.port or _PORTS[url.scheme]
    if not allow_private and port not in _PORTS.values():
        raise NeedsAttention(
            say(
                "Feeds are read from ports 80 and 443 only; “{host}” names port {port}.",
                host=url.host,
                port=port,
            )
        )
    try:
        found = list(resolve(url.host, port))
    except (OSError, UnicodeError):
        found = []
    if not found:
        raise RetryLater(
            jittered(DEFAULT_WAIT),
            say("“{host}” has no address at the moment: check the spelling, or wait.", host=url.host),
        )
    if not allow_private and (closed := [each for each in found if not is_public(each)]):
        raise NeedsAttention(
            say(
                "“{host}” lies inside a private network ({address}), and feeds are read from the public Internet only. "
                "An administrator can allow private feeds in the settings.",
                host=url.host,
                address=closed[0],
            )
        )
    return found[0]
