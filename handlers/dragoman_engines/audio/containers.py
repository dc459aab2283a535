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
from collections.abc import Iterator
from fractions import Fraction
from typing import Any

WAV_UNKNOWN_BYTES = 0x7FFF_0000
"""Programs that write to a pipe put a size near 2 or 4 GiB, or zero, in place of what they do not know yet."""
_WAV_HEADER_AT_MOST = 64
_BOX = struct.Struct(">I4s")
_BOXES_OF_BOXES = frozenset(
    b"moov trak mdia minf stbl moof traf mvex edts udta ilst dinf wave meta tref cinf gmhd sinf schi".split()
)
_BOX_DEPTH = 16
_BOXES_AT_MOST = 1_000_000
"""Two hours in fragments of 50 ms; reading so many takes half a second."""
_SAMPLE_COUNTS = {b"stsz": 8, b"stz2": 8, b"trun": 4}
"""Where a box's number of samples is, from the beginning of its content."""
_OGG_PAGE_HEADER_BYTES = 27
_MP3_HEADER_REACH_BYTES = 64
_MP3_TAG_BYTES = 1024
"""Behind the sound."""
_WITH_BYTES = frozenset(bytes([flags]) for flags in range(16) if flags & 3 == 3)
"""The last byte of the flags of a Xing header that has the number of frames, and then that of bytes."""
_TICKS_PER_S = 1_000_000
"""Of FFmpeg's own clock."""
HEADER_FORMATS = frozenset({"mov", "flac", "aiff"})
"""Demuxers that read the length of a stream from a header, by the first of their names."""


def declared_s(container: Any, stream: Any, data: bytes) -> float | None:
    """Return the length that the header declares, in seconds; None where it declares none or is not to be believed.

    Args:
        container: the file, opened with PyAV.
        stream: the track of it.
        data: its bytes.
    """
    name = container.format.name.partition(",")[0]
    if name == "wav":
        return declared_wav_s(data)
    believed = name in HEADER_FORMATS or (name == "mp3" and has_mp3_length(data))
    if believed and stream.duration:
        return float(stream.duration * stream.time_base)
    # Matroska has one length for the file; where ffmpeg guessed, it gives the stream one too.
    if name == "matroska" and stream.duration is None and len(container.streams) == 1 and container.duration:
        return float(container.duration * Fraction(1, _TICKS_PER_S))
    return None


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
            known = 0 < size < WAV_UNKNOWN_BYTES and bytes_per_s > 0
            return size / bytes_per_s if known and size > len(data) - place else None
        place += size + size % 2
    return None


def has_mp3_length(data: bytes) -> bool:
    """Return whether an MP3 file begins with a frame that tells its length, and has no more bytes than that says.

    Of a file that has, as where another one is behind it, FFmpeg guesses the length.
    """
    place = 0
    if data[:3] == b"ID3" and len(data) > 10:
        # The tag's size: four bytes of seven bits.
        place = 10 + (data[6] << 21 | data[7] << 14 | data[8] << 7 | data[9])
    head = data[place : place + _MP3_HEADER_REACH_BYTES]
    mark = next((mark for mark in (b"Xing", b"Info", b"VBRI") if mark in head), None)
    if mark is None:
        return False
    at = place + head.index(mark)
    if mark == b"VBRI":
        known, at = True, at + 10
    else:
        known, at = data[at + 7 : at + 8] in _WITH_BYTES, at + 12
    declared_bytes = int.from_bytes(data[at : at + 4], "big")
    return not known or len(data) - place <= declared_bytes + _MP3_TAG_BYTES


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


def boxes(data: bytes, place: int, end: int) -> Iterator[tuple[bytes, int, int, int]]:
    """Yield the name of each box of an MP4 file in [place, end), its place, where its content begins, and its end."""
    for _ in range(_BOXES_AT_MOST):
        if place + _BOX.size > end:
            return
        size, name = _BOX.unpack_from(data, place)
        content = place + _BOX.size
        if size == 1 and content + 8 <= end:
            (size,) = struct.unpack_from(">Q", data, content)
            content += 8
        elif size == 0:
            size = end - place
        if size < content - place:
            return
        yield name, place, content, min(place + size, end)
        place += size


def index_is_too_large(data: bytes) -> bool:
    """Return whether the index of an MP4 file claims more samples than the file has bytes.

    A sample has a byte at least. FFmpeg makes an entry of 24 bytes for each that is claimed, before it reads one: a
    file of 500 bytes takes gigabytes.
    """
    ranges = [(0, len(data), 0)]
    claimed = looked_at = 0
    while ranges:
        start, end, depth = ranges.pop()
        for name, _, content, box_end in boxes(data, start, end):
            looked_at += 1
            if name in _BOXES_OF_BOXES and depth < _BOX_DEPTH:
                ranges.append((content, box_end, depth + 1))
            offset = _SAMPLE_COUNTS.get(name)
            if offset is not None:
                claimed += int.from_bytes(data[content + offset : content + offset + 4], "big")
            if claimed > len(data) or looked_at >= _BOXES_AT_MOST:
                return True
    return False
