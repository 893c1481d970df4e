"""Images as they may leave: known by their bytes, without what cameras and programs write beside the picture.

The picture itself is not touched: nothing is unpacked, so no bomb goes off, and nothing is lost. Taken out are EXIF (places,
cameras, owners), XMP, comments, thumbnails, and whatever lies after the end. Of EXIF only the orientation stays.

Formats: ITU-T T.81 and JFIF (JPEG), PNG (W3C), GIF89a, WebP (RFC 9649).
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field

from amends.core.say import Said, say

#: No network takes a larger one (bytes), nor one with more points.
LARGEST = 16_777_216
MOST_POINTS = 50_000_000

_PNG = b"\x89PNG\r\n\x1a\n"
#: What makes up the picture, its colours and its movement; the rest is text, time or EXIF.
_PNG_KEPT = frozenset(
    "IHDR PLTE IDAT IEND tRNS gAMA cHRM sRGB iCCP cICP sBIT bKGD pHYs acTL fcTL fdAT".split()
)
_WEBP_KEPT = frozenset(("VP8 ", "VP8L", "VP8X", "ALPH", "ANIM", "ANMF", "ICCP"))
_WEBP_EXIF, _WEBP_XMP = 0x08, 0x04
_SOI, _EOI, _SOS, _COMMENT = 0xD8, 0xD9, 0xDA, 0xFE
_ALONE = (0x01, *range(0xD0, 0xD8))
_FRAMES = frozenset({*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC})


class NotAnImage(Exception):
    """It cannot go out; `why` says why."""

    def __init__(self, why: Said) -> None:
        self.why = why
        super().__init__(str(why))


@dataclass(frozen=True, kw_only=True)
class Cleaned:
    """An image without what nobody needs to know."""

    data: bytes = field(repr=False)
    media_type: str
    width: int
    height: int


def clean(data: bytes) -> Cleaned:
    """`data` as it may leave. Raises `NotAnImage` for what is no PNG, JPEG, WebP or GIF, is broken, or too large."""
    if len(data) > LARGEST:
        raise NotAnImage(say("The image is larger than {most} MB: make it smaller.", most=LARGEST >> 20))
    try:
        if data.startswith(_PNG):
            found = _clean_png(data)
        elif data.startswith(b"\xff\xd8\xff"):
            found = _clean_jpeg(data)
        elif data[:6] in (b"GIF87a", b"GIF89a"):
            found = _clean_gif(data)
        elif data[:4] == b"RIFF" and data[8:12] == b"WEBP":
            found = _clean_webp(data)
        else:
            raise NotAnImage(say("That is no image that networks take: choose a PNG, JPEG, WebP or GIF."))
    except (IndexError, struct.error, ValueError):
        raise NotAnImage(say("The image is broken or not whole: save it anew.")) from None
    if not 0 < found.width * found.height <= MOST_POINTS:
        raise NotAnImage(
            say(
                "The image has {width} × {height} points: make it smaller.",
                width=found.width,
                height=found.height,
            )
        )
    return found


# -- PNG


def _clean_png(data: bytes) -> Cleaned:
    kept, at, kind = bytearray(_PNG), len(_PNG), ""
    width = height = 0
    while kind != "IEND":
        (length,) = struct.unpack_from(">I", data, at)
        kind, end = data[at + 4 : at + 8].decode("ascii"), at + 12 + length
        if end > len(data):
            raise ValueError("cut off")
        if kind == "IHDR":
            width, height = struct.unpack_from(">II", data, at + 8)
        if kind in _PNG_KEPT:
            kept += data[at:end]
        at = end
    return Cleaned(data=bytes(kept), media_type="image/png", width=width, height=height)


# -- JPEG


def _clean_jpeg(data: bytes) -> Cleaned:
    kept, orientation = bytearray(b"\xff\xd8"), 1
    width = height = 0
    for marker, piece in _segments(data):
        if marker == 0xE1 and piece[4:10] == b"Exif\0\0":
            orientation = _orientation(piece[10:])
        if marker in _FRAMES and not width:
            height, width = struct.unpack_from(">HH", piece, 5)
        if _is_picture(marker, piece):
            kept += piece
    if not width:
        raise ValueError("no frame")
    if orientation in range(2, 9):
        kept[2:2] = _only_orientation(orientation)
    if orientation in range(5, 9):
        width, height = height, width
    return Cleaned(data=bytes(kept), media_type="image/jpeg", width=width, height=height)


def _is_picture(marker: int, piece: bytes) -> bool:
    """Not a comment; of the applications' own segments only JFIF, colour profiles and Adobe's colours."""
    if marker == _COMMENT:
        return False
    if 0xE0 <= marker <= 0xEF:
        return (
            (marker == 0xE0 and piece[4:9] == b"JFIF\0")
            or (marker == 0xE2 and piece[4:16] == b"ICC_PROFILE\0")
            or marker == 0xEE
        )
    return True


def _segments(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Markers with their bytes, up to the end of the picture; a scan comes with the points that follow it."""
    at = 2
    while True:
        if data[at] != 0xFF:
            raise ValueError("no marker")
        while data[at + 1] == 0xFF:
            at += 1
        marker = data[at + 1]
        if marker == _EOI:
            yield marker, b"\xff\xd9"
            return
        if marker in _ALONE:
            yield marker, data[at : at + 2]
            at += 2
            continue
        (length,) = struct.unpack_from(">H", data, at + 2)
        end = at + 2 + length
        if length < 2 or end > len(data):
            raise ValueError("cut off")
        if marker == _SOS:
            end = _end_of_scan(data, end)
        yield marker, data[at:end]
        at = end


def _end_of_scan(data: bytes, at: int) -> int:
    while True:
        at = data.index(b"\xff", at)
        if data[at + 1] != 0 and data[at + 1] not in _ALONE:
            return at
        at += 2


def _orientation(tiff: bytes) -> int:
    """How the picture is to be turned (EXIF tag 274); 1: not at all, also where it cannot be told."""
    try:
        order = {b"II": "<", b"MM": ">"}[tiff[:2]]
        (at,) = struct.unpack_from(f"{order}I", tiff, 4)
        (entries,) = struct.unpack_from(f"{order}H", tiff, at)
        for number in range(min(entries, 200)):
            tag, kind, _, value = struct.unpack_from(f"{order}HHIH", tiff, at + 2 + 12 * number)
            if (tag, kind) == (274, 3):
                return int(value)
    except (KeyError, struct.error):
        pass
    return 1


def _only_orientation(orientation: int) -> bytes:
    tiff = b"MM\0*" + struct.pack(">IHHHIHHI", 8, 1, 274, 3, 1, orientation, 0, 0)
    return b"\xff\xe1" + struct.pack(">H", 2 + 6 + len(tiff)) + b"Exif\0\0" + tiff


# -- GIF


def _clean_gif(data: bytes) -> Cleaned:
    width, height, flags = struct.unpack_from("<HHB", data, 6)
    at = 13 + _table(flags)
    kept = bytearray(data[:at])
    while data[at] != 0x3B:
        start, kind = at, data[at]
        if kind == 0x21:
            label, at = data[at + 1], at + 2
            is_kept = label == 0xF9 or (
                label == 0xFF and data[at + 1 : at + 12] in (b"NETSCAPE2.0", b"ANIMEXTS1.0")
            )
        elif kind == 0x2C:
            at += 10 + _table(data[at + 9]) + 1
            is_kept = True
        else:
            raise ValueError("no block")
        while data[at]:
            at += 1 + data[at]
        at += 1
        if is_kept:
            kept += data[start:at]
    if at > len(data):
        raise ValueError("cut off")
    return Cleaned(data=bytes(kept) + b"\x3b", media_type="image/gif", width=width, height=height)


def _table(flags: int) -> int:
    """Bytes of a table of colours."""
    return 3 * 2 ** ((flags & 7) + 1) if flags & 0x80 else 0


# -- WebP


def _clean_webp(data: bytes) -> Cleaned:
    (size,) = struct.unpack_from("<I", data, 4)
    stop = min(8 + size, len(data))
    if 8 + size > len(data):
        raise ValueError("cut off")
    kept, at = bytearray(), 12
    width = height = 0
    while at + 8 <= stop:
        kind = data[at : at + 4].decode("ascii")
        (length,) = struct.unpack_from("<I", data, at + 4)
        body, end = data[at + 8 : at + 8 + length], at + 8 + length + (length & 1)
        if len(body) < length:
            raise ValueError("cut off")
        if kind == "VP8X":
            body = bytes([body[0] & ~(_WEBP_EXIF | _WEBP_XMP)]) + body[1:]
            width = 1 + int.from_bytes(body[4:7], "little")
            height = 1 + int.from_bytes(body[7:10], "little")
        elif kind == "VP8L" and not width:
            (bits,) = struct.unpack_from("<I", body, 1)
            width, height = (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
        elif kind == "VP8 " and not width:
            width, height = (side & 0x3FFF for side in struct.unpack_from("<HH", body, 6))
        if kind in _WEBP_KEPT:
            kept += kind.encode() + struct.pack("<I", length) + body + b"\0" * (length & 1)
        at = end
    whole = b"RIFF" + struct.pack("<I", 4 + len(kept)) + b"WEBP" + bytes(kept)
    return Cleaned(data=whole, media_type="image/webp", width=width, height=height)
