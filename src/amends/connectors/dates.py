"""A network's own words for a moment → an aware UTC `datetime`, or None where they cannot be believed."""

from __future__ import annotations

import re
from datetime import UTC, datetime, tzinfo
from email.utils import parsedate_to_datetime

#: No post is older than the web, and a date beyond this is a joke or an overflow (feeds write the year 9999).
EARLIEST = datetime(1990, 1, 1, tzinfo=UTC)
LATEST = datetime(2100, 1, 1, tzinfo=UTC)

#: Seconds since 1970 with nine or ten digits, milliseconds with twelve or thirteen.
_EPOCH = re.compile(r"(\d{9,10}|\d{12,13})(?:\.\d{1,9})?", re.ASCII)
_LONGEST = 64


def moment(written: str, zone: tzinfo | None = None) -> datetime | None:
    """The moment that `written` names: RFC 822 (mail, RSS, X), ISO 8601, or seconds or milliseconds since 1970.

    None for anything else, for a moment before 1990 or after 2099, and, unless `zone` says which one is meant, for a
    time without a zone (it may be wrong by 14 hours). Never raises.
    """
    written = written.strip()
    if not written or len(written) > _LONGEST:
        return None
    try:
        found = _epoch(written) or _iso(written) or _mail(written)
        if found is None:
            return None
        if found.tzinfo is None:
            if zone is None:
                return None
            found = found.replace(tzinfo=zone)
        found = found.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return found if EARLIEST <= found < LATEST else None


def _epoch(written: str) -> datetime | None:
    if not (whole := _EPOCH.fullmatch(written)):
        return None
    return datetime.fromtimestamp(float(written) / (1000 if len(whole[1]) > 10 else 1), UTC)


def _iso(written: str) -> datetime | None:
    try:
        return datetime.fromisoformat(written)
    except ValueError:
        return None


def _mail(written: str) -> datetime | None:
    try:
        found = parsedate_to_datetime(written)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    # RFC 5322 §3.3: “-0000” is UTC by a sender who does not tell the local zone.
    return found.replace(tzinfo=UTC) if found.tzinfo is None and written.endswith("-0000") else found
