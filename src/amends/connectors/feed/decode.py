"""The bytes of a feed → characters that expat can be fed, with a way back to the exact bytes of each entry."""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass

from amends.core.mention import Unreadable
from amends.core.say import say

_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_DECLARED = re.compile(rb"""<\?xml[^>]{0,200}?encoding\s{0,9}=\s{0,9}["']([A-Za-z0-9._:-]{1,40})["']""")
_META = re.compile(rb"""<meta[^>]{0,200}?charset\s{0,9}=\s{0,9}["']?([A-Za-z0-9._:-]{1,40})""", re.IGNORECASE)

#: What pages mean by these names (https://encoding.spec.whatwg.org): the larger set that Windows uses.
_MEANT = {
    "ascii": "cp1252", "iso8859-1": "cp1252", "iso8859-9": "cp1254", "gb2312": "gb18030", "gbk": "gb18030",
    "euc_kr": "cp949", "shift_jis": "cp932", "big5": "big5hkscs", "tis-620": "cp874",
}  # fmt: skip
#: Codecs of Python that are no character sets of pages, or slow on purpose-made input.
_REFUSED = frozenset(
    {"idna", "punycode", "unicode_escape", "raw-unicode-escape", "utf-7", "undefined", "mbcs", "oem"}
)
_LOST = re.compile("[\udc80-\udcff]")
_AROUND = 80


@dataclass(frozen=True, kw_only=True)
class Decoded:
    """`data` is UTF-8. Where the page is UTF-8 too, it is the page's own bytes from `skipped` on, and offsets agree."""

    raw: bytes
    data: bytes
    codec: str
    skipped: int = 0
    note: Unreadable | None = None

    @property
    def is_utf8(self) -> bool:
        return self.codec == "utf-8"


class ExactBytes:
    """Gives the page's own bytes for a piece of `data`; asked in order of the page."""

    #: After so many pieces that could not be found again, the page is taken as one that cannot be re-encoded.
    _MISSES = 3

    def __init__(self, page: Decoded) -> None:
        self._page, self._at, self._misses = page, 0, 0

    def of(self, start: int, end: int) -> bytes:
        """The bytes of the page that became `data[start:end]`; that piece as UTF-8 where they cannot be told (a
        codec that writes one character in several ways)."""
        page = self._page
        if page.is_utf8:
            return page.raw[page.skipped + start : page.skipped + end]
        piece = page.data[start:end]
        if self._misses < self._MISSES:
            try:
                exact = piece.decode("utf-8").encode(page.codec)
            except UnicodeError:
                exact = b""
            if exact and (at := page.raw.find(exact, self._at)) >= 0:
                self._at = at + len(exact)
                return exact
            self._misses += 1
        return piece


def decode(raw: bytes) -> Decoded:
    """`raw` by its byte order mark, its XML declaration or its meta tag; else UTF-8; else Windows-1252.

    Bytes that fit nothing are shown as “?” (one each, so that offsets stay true) or “�”, and `note` says where.
    """
    for mark, codec in _BOMS:
        if raw.startswith(mark):
            return _as(raw, codec, len(mark))
    if raw[:4] in (b"<\0?\0", b"<\0!\0", b"<\0r\0", b"<\0f\0", b"{\0\n\0"):
        return _as(raw, "utf-16-le", 0)
    if raw[:4] in (b"\0<\0?", b"\0<\0!", b"\0<\0r", b"\0<\0f", b"\0{\0\n"):
        return _as(raw, "utf-16-be", 0)
    declared = _declared(raw[:1000])
    if declared not in ("", "utf-8"):
        try:
            return _strict(raw, declared)
        except UnicodeError:
            pass
    try:
        return _strict(raw, "utf-8")
    except UnicodeError:
        pass
    return _as(raw, declared if declared not in ("", "utf-8") else _likelier(raw), 0)


def _declared(head: bytes) -> str:
    found = _DECLARED.search(head) or _META.search(head)
    if not found:
        return ""
    try:
        name = codecs.lookup(found[1].decode("ascii")).name
        if name in _REFUSED or name.startswith(("utf-16", "utf-32")):
            return ""  # it was readable as ASCII so far, so it is none of these
        b"<".decode(name)
    except (LookupError, ValueError):
        return ""
    return _MEANT.get(name, name)


def _strict(raw: bytes, codec: str) -> Decoded:
    text = raw.decode(codec)
    return Decoded(raw=raw, data=raw if codec == "utf-8" else text.encode("utf-8"), codec=codec)


def _likelier(raw: bytes) -> str:
    """UTF-8 with a few bad bytes, or Windows-1252? What is mostly valid UTF-8 outside ASCII is UTF-8."""
    text = raw.decode("utf-8", "surrogateescape")
    bad = len(_LOST.findall(text))
    good = len(text) - bad - len(re.findall("[\x00-\x7f]", text)) if bad < len(raw) else 0
    return "utf-8" if good >= bad else "cp1252"


def _as(raw: bytes, codec: str, skipped: int) -> Decoded:
    body = raw[skipped:]
    at = -1
    try:
        data = body.decode(codec).encode("utf-8")
    except UnicodeDecodeError as bad:
        at = bad.start
        if codec == "utf-8":
            data = _LOST.sub("?", body.decode("utf-8", "surrogateescape")).encode("utf-8")
        else:
            data = body.decode(codec, "replace").encode("utf-8", "replace")
    except UnicodeEncodeError:
        data = body.decode(codec, "replace").encode("utf-8", "replace")
    note = None
    if at >= 0:
        at += skipped
        note = Unreadable(
            raw=raw[max(0, at - _AROUND) : at + _AROUND],
            where=f"byte {at + 1}",
            why=say(
                "Byte {at} and perhaps others fit no letter of {codec}: they are shown as “?” or “�”, the rest was read.",
                at=at + 1,
                codec=codec,
            ),
        )
    return Decoded(raw=raw, data=data, codec=codec, skipped=skipped, note=note)
