"""The length that a recording's container declares, where that can be trusted. Pure: bytes and numbers.

A decoder reads what is there and says nothing about what is missing. To notice that an upload was cut off, the
length that the header declares is needed, and no guess: for many formats ffmpeg works it out from the size and the
bit rate, which is right for no recording of varying bit rate, and never notices a cut. So only these are believed:

    mp4, m4a, flac, aiff    the header
    webm, mkv               the header, and only of a file with one stream: the length is that of the longest
    mp3                     a Xing, Info or VBRI header
    wav                     the size of the data chunk, read here, because ffmpeg clamps it to the size of the file
    ogg                     declares nothing, but a file that ends inside a page was cut off
"""

from __future__ import annotations

import struct

_WAV_UNKNOWN_BYTES = 0x7FFF_0000
"""Programs that write to a pipe put a size near 2 or 4 GiB, or zero, in place of what they do not know yet."""
_WAV_HEADER_AT_MOST = 64
_OGG_PAGE_HEADER_BYTES = 27
_MP3_HEADER_REACH_BYTES = 64
HEADER_FORMATS = frozenset({"mov", "flac", "aiff"})
"""Demuxers that read the length of a stream from a header, by the first of their names."""


def declared_wav_s(data: bytes) -> float | None:
    """Return the seconds that the data chunk of a WAV file claims to hold; None where it is whole or does not know."""
    if data[:4] != b"RIFF" or data[8:12] != b"WAVE":
        return None
    place, bytes_per_s = 12, 0
    for _ in range(_WAV_HEADER_AT_MOST):
        if place + 8 > len(data):
            return None
        name, size = struct.unpack_from("<4sI", data, place)
        place += 8
        if name == b"fmt " and place + 12 <= len(data):
            (bytes_per_s,) = struct.unpack_from("<I", data, place + 8)
        if name == b"data":
            known = 0 < size < _WAV_UNKNOWN_BYTES and bytes_per_s > 0
            return size / bytes_per_s if known and size > len(data) - place else None
        place += size + size % 2
    return None


def has_mp3_length(data: bytes) -> bool:
    """Return whether an MP3 file begins with a frame that tells its length."""
    place = 0
    if data[:3] == b"ID3" and len(data) > 10:
        # The tag's size: four bytes of seven bits.
        place = 10 + (data[6] << 21 | data[7] << 14 | data[8] << 7 | data[9])
    head = data[place : place + _MP3_HEADER_REACH_BYTES]
    return any(mark in head for mark in (b"Xing", b"Info", b"VBRI"))


def ogg_ends_inside_page(data: bytes) -> bool:
    """Return whether the last page of an Ogg file is not all there."""
    place = data.rfind(b"OggS")
    if place < 0:
        return False
    if place + _OGG_PAGE_HEADER_BYTES > len(data):
        return True
    lacing_end = place + _OGG_PAGE_HEADER_BYTES + data[place + 26]
    lacing = data[place + _OGG_PAGE_HEADER_BYTES : lacing_end]
    return lacing_end + sum(lacing) > len(data)


def cut_off_reason(data: bytes) -> str | None:
    """Return why a file is not all there, where its structure shows it and its length does not; else None."""
    if data[4:8] == b"ftyp" and b"moov" not in data:
        return "the recording is cut off: the index at the end of the file is missing"
    if data[:4] == b"OggS" and ogg_ends_inside_page(data):
        return "the recording is cut off inside a page"
    return None
