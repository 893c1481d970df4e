"""Images leave without what cameras write beside them, and nothing that is no image leaves (W2, privacy)."""

import base64
import struct
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from amends.reply.images import LARGEST, NotAnImage, clean

SECRET = b"48.8566 N 2.3522 E, Dana's phone"

#: Pictures of 8 by 4 points with nothing beside them.
JPEG = base64.b64decode(
    "/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDAFA3PEY8MlBGQUZaVVBfeMiCeG5uePWvuZHI////////////////////"
    "////////////////////////////////2wBDAVVaWnhpeOuCguv/////////////////////////////////////"
    "////////////////////////////////////wAARCAAEAAgDASIAAhEBAxEB/8QAFQABAQAAAAAAAAAAAAAAAAAA"
    "AAH/xAAXEAEBAQEAAAAAAAAAAAAAAAAAAgNR/8QAFQEBAQAAAAAAAAAAAAAAAAAAAQL/xAAXEQEBAQEAAAAAAAAA"
    "AAAAAAABAAIR/9oADAMBAAIRAxEAPwCRnPAErOF5f//Z"
)
PROGRESSIVE = base64.b64decode(
    "/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDAFA3PEY8MlBGQUZaVVBfeMiCeG5uePWvuZHI////////////////////"
    "////////////////////////////////2wBDAVVaWnhpeOuCguv/////////////////////////////////////"
    "////////////////////////////////////wgARCAAEAAgDASIAAhEBAxEB/8QAFQABAQAAAAAAAAAAAAAAAAAA"
    "AAH/xAAVAQEBAAAAAAAAAAAAAAAAAAAAAf/aAAwDAQACEAMQAAABgj//xAAVEAEBAAAAAAAAAAAAAAAAAAAAEf/a"
    "AAgBAQABBQKP/8QAFREBAQAAAAAAAAAAAAAAAAAAAAH/2gAIAQMBAT8Bj//EABQRAQAAAAAAAAAAAAAAAAAAAAD/"
    "2gAIAQIBAT8Bf//EABQQAQAAAAAAAAAAAAAAAAAAAAD/2gAIAQEABj8Cf//EABUQAQEAAAAAAAAAAAAAAAAAAAEA"
    "/9oACAEBAAE/IQX/2gAMAwEAAgADAAAAEPf/xAAWEQEBAQAAAAAAAAAAAAAAAAABABH/2gAIAQMBAT8Qbl//xAAV"
    "EQEBAAAAAAAAAAAAAAAAAAABAP/aAAgBAgEBPxBb/8QAFRABAQAAAAAAAAAAAAAAAAAAAFH/2gAIAQEAAT8Qkf/Z"
)
PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAgAAAAECAIAAAA8r+mnAAAAGElEQVR4nGNkYIiSY2DARCwMNgxYAekSAI5YAe6K"
    "9RjgAAAAAElFTkSuQmCC"
)
WEBP = base64.b64decode(
    "UklGRkAAAABXRUJQVlA4WAoAAAAAAAAABwAAAwAAVlA4TCEAAAAvB8AAALmM6H/sIgrf/4BCthGggZ0/2YswHqMVE4Dk1Q0A"
)
GIF = base64.b64decode(
    "R0lGODlhCAAEAIEAAJaWWh6WWmk8WmkAWiH/C05FVFNDQVBFMi4wAwEAAAAsAAAAAAgABAAACBgABwgcKDCAgIMI"
    "BQRYKACAQwALAzx0GBAAIfkEAQAABAAsAAAAAAgABACBlpZaHpZaaTxaaQBaCBkAAQgUGKDgQAAECgYQwJAAQwEB"
    "BkicKDEgADs="
)
BARE = {"image/jpeg": JPEG, "image/png": PNG, "image/webp": WEBP, "image/gif": GIF}


def exif(orientation):
    tiff = (
        b"MM\0*"
        + struct.pack(">IHHHIHHHHII", 8, 2, 274, 3, 1, orientation, 0, 270, 2, len(SECRET), 38)
        + SECRET
    )
    return b"Exif\0\0" + tiff


def segment(marker, body):
    return b"\xff" + bytes([marker]) + struct.pack(">H", 2 + len(body)) + body


def jpeg(bare=JPEG, orientation=1):
    beside = (
        segment(0xE1, exif(orientation)) + segment(0xFE, SECRET) + segment(0xED, b"Photoshop 3.0\0" + SECRET)
    )
    return bare[:2] + beside + bare[2:] + SECRET


def chunk(kind, body):
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def png():
    beside = chunk(b"tEXt", b"Comment\0" + SECRET) + chunk(b"eXIf", exif(1)[6:]) + chunk(b"tIME", bytes(7))
    return PNG[:33] + beside + PNG[33:] + SECRET


def webp():
    pieces = WEBP[12:] + b"EXIF" + struct.pack("<I", len(SECRET)) + SECRET
    pieces += b"XMP " + struct.pack("<I", len(SECRET)) + SECRET
    flags = 8  # where the flags of VP8X lie
    pieces = pieces[:flags] + bytes([pieces[flags] | 0x0C]) + pieces[flags + 1 :]
    return b"RIFF" + struct.pack("<I", 4 + len(pieces)) + b"WEBP" + pieces + SECRET


def gif():
    comment = b"\x21\xfe" + bytes([len(SECRET)]) + SECRET + b"\0"
    return GIF[:-1] + comment + b"\x3b" + SECRET


DRESSED = {"image/jpeg": jpeg(), "image/png": png(), "image/webp": webp(), "image/gif": gif()}


@pytest.mark.parametrize("kind", BARE)
def test_the_picture_stays_and_what_lies_beside_it_goes(kind):
    found = clean(DRESSED[kind])
    assert found.data == BARE[kind]
    assert (found.media_type, found.width, found.height) == (kind, 8, 4)


@pytest.mark.parametrize("kind", BARE)
def test_a_bare_picture_is_left_as_it_is(kind):
    assert clean(BARE[kind]).data == BARE[kind]


def test_a_picture_that_is_to_be_turned_is_still_turned():
    found = clean(jpeg(orientation=6))
    assert (found.width, found.height) == (4, 8)
    assert SECRET not in found.data
    assert clean(found.data) == found


def test_a_picture_in_many_scans_stays_whole():
    assert clean(jpeg(PROGRESSIVE)).data == PROGRESSIVE


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"GIF89a",
        b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>",
        b"<html><script>alert(1)</script>",
        b"%PDF-1.7",
        b"\x89PNG\r\n\x1a\n",
        b"\xff\xd8\xff",
        b"RIFF\x00\x00\x00\x00WEBP",
        b"BM" + bytes(100),
    ],
)
def test_what_is_no_image_is_refused(data):
    with pytest.raises(NotAnImage):
        clean(data)


@pytest.mark.parametrize("kind", BARE)
def test_half_an_image_is_refused(kind):
    with pytest.raises(NotAnImage):
        clean(BARE[kind][: len(BARE[kind]) // 2])


def test_a_flood_of_points_is_refused():
    flood = PNG[:16] + (100_000).to_bytes(4, "big") * 2 + PNG[24:]
    with pytest.raises(NotAnImage, match="100000"):
        clean(flood)


def test_a_file_that_is_too_large_is_refused():
    with pytest.raises(NotAnImage, match="16 MB"):
        clean(bytes(LARGEST + 1))


@given(st.sampled_from(sorted(DRESSED)), st.data())
def test_whatever_is_changed_it_is_cleaned_or_refused(kind, data):
    broken = bytearray(DRESSED[kind])
    for _ in range(data.draw(st.integers(1, 4))):
        broken[data.draw(st.integers(0, len(broken) - 1))] = data.draw(st.integers(0, 255))
    try:
        found = clean(bytes(broken))
    except NotAnImage:
        return
    assert found.media_type == kind
