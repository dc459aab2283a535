"""Several files in one: where each begins and ends. Pure: bytes and numbers.

Recorders that are stopped and started again, and programs that join uploads byte by byte, put one file behind the
other. A demuxer reads the first and says nothing of the rest. So the rest is looked for here:

    by structure    a WAV file ends where its data chunk and the chunks behind it do, an MP4 file where its boxes do, a
                    Matroska or WebM file where its segment does: what such a file holds is no file behind it
    by signature    Ogg, FLAC and all others go on until the next signature; so do files that do not know their length

The header of a WAV file is written anew for its decoder, for it often says less than there is: programs that crashed
or wrote to a pipe leave a size of zero, or that of the moment. What is behind the data and is no chunk, no file and
no tag is sound, then.
"""

from __future__ import annotations

import re
import struct
from bisect import bisect_left
from collections.abc import Generator
from dataclasses import dataclass

from dragoman_engines.audio.containers import WAV_UNKNOWN_BYTES, boxes

MOST_PARTS = 1000
"""More files in one are refused: each costs its opening."""
_SIGNATURES = (
    rb"RIFF....WAVE",
    rb"RF64....WAVE",
    rb"FORM....AIF[FC]",
    rb"fLaC[\x00\x80]\x00\x00\x22",
    rb"OggS\x00[\x02\x06]\x00{8}",
    rb"\x1a\x45\xdf\xa3.{1,60}?(?:webm|matroska)",
    rb"ftyp(?:M4[ABV] |3g|avc1|dash|iso|mp4|mmp4|MSNV|f4|qt  )",
    rb"#!AMR(?:-WB)?\n",
    rb"caff\x00\x01\x00\x00desc",
    rb"\x30\x26\xb2\x75\x8e\x66\xcf\x11\xa6\xd9\x00\xaa\x00\x62\xce\x6c",
)
_PATTERNS = tuple(re.compile(signature, re.DOTALL) for signature in _SIGNATURES)
_FTYP_OFFSET = 4
_CHUNK = struct.Struct("<4sI")
_OGG_PAGE_HEADER_BYTES = 27
_CHUNKS_AT_MOST = 1000
_LEAST_SOUND_S = 0.25
"""So much behind the data of a WAV file is a stray end rather than sound."""
_TAGS = (b"TAG", b"ID3", b"APETAGEX", b"LYRICS")
_ID3_HEADER_BYTES = 10
_EBML_SEGMENT = b"\x18\x53\x80\x67"


class TooManyParts(Exception):
    """There are more files in one than `MOST_PARTS`."""


@dataclass(frozen=True, kw_only=True)
class Part:
    """A file in a recording: the bytes [start, end), with another beginning where `head` is not empty."""

    start: int
    end: int
    head: bytes = b""

    def of(self, data: bytes) -> bytes:
        """Return the file; the recording itself where it is one file as it stands, else a copy."""
        whole = not self.head and self.start == 0 and self.end == len(data)
        return data if whole else self.head + data[self.start : self.end]


def split(data: bytes) -> Generator[None, None, list[Part]]:
    """Return the files that a recording consists of, at least one; bytes between them that are no file are left out.

    Yields between two steps of work: a large recording is searched for a tenth of a second for each signature.

    Raises:
        TooManyParts: there are too many.
    """
    starts = yield from _starts(data)
    parts: list[Part] = []
    place = 0
    while place < len(data):
        end = _next(starts, place, data)
        if end > place:
            # No signature: MP3, ADTS and others have none. Behind a file it is a stray end.
            if not parts:
                parts.append(Part(start=place, end=end))
            place = end
            continue
        yield
        part = _part_at(data, place, starts)
        parts.append(part)
        if len(parts) > MOST_PARTS:
            raise TooManyParts
        place = max(part.end, place + 1)
    return parts or [Part(start=0, end=0)]


def _starts(data: bytes) -> Generator[None, None, list[int]]:
    """Return the places of all signatures, in order."""
    begin = _after_id3(data, 0)
    found: list[int] = []
    for pattern in _PATTERNS:
        yield
        offset = _FTYP_OFFSET if pattern.pattern.startswith(b"ftyp") else 0
        for match in pattern.finditer(data, begin):
            found.append(max(0, match.start() - offset))
            if len(found) > MOST_PARTS * len(_PATTERNS):
                raise TooManyParts
    return sorted(found)


def _next(starts: list[int], place: int, data: bytes) -> int:
    """Return the place of the first signature from `place` on; the end of the data where there is none."""
    index = bisect_left(starts, place)
    return starts[index] if index < len(starts) else len(data)


def _after_id3(data: bytes, place: int) -> int:
    """Return the place behind an ID3 tag, which may hold anything; `place` where there is none."""
    head = data[place : place + _ID3_HEADER_BYTES]
    if head[:3] != b"ID3" or len(head) < _ID3_HEADER_BYTES:
        return place
    return place + _ID3_HEADER_BYTES + (head[6] << 21 | head[7] << 14 | head[8] << 7 | head[9])


def _part_at(data: bytes, place: int, starts: list[int]) -> Part:
    """Return the file that begins with a signature at `place`."""
    signature = data[place : place + 4]
    until = _next(starts, place + 1, data)
    if signature in (b"RIFF", b"RF64"):
        return _wav(data, place, starts)
    if signature == b"OggS":
        return Part(start=place, end=_ogg_end(data, place, starts))
    if data[place + _FTYP_OFFSET : place + 8] == b"ftyp":
        return Part(start=place, end=_mp4_end(data, place, frozenset(starts)))
    if signature == b"\x1a\x45\xdf\xa3":
        return Part(start=place, end=_matroska_end(data, place, until))
    if signature == b"fLaC":
        begin = _flac_frames(data, place)
        return Part(start=place, end=_next(starts, begin, data))
    return Part(start=place, end=until)


# --- WAV -------------------------------------------------------------------------------------------------------


def _wav(data: bytes, place: int, starts: list[int]) -> Part:
    """Return a WAV file with a header that says how much there is."""
    until = _next(starts, place + 1, data)
    form, size, large = b"", 0, 0
    chunk = place + 12
    for _ in range(_CHUNKS_AT_MOST):
        if chunk + _CHUNK.size > len(data):
            return Part(start=place, end=until)
        name, size = _CHUNK.unpack_from(data, chunk)
        if name == b"data":
            break
        if name == b"fmt ":
            form = data[chunk : chunk + _CHUNK.size + size]
        if name == b"ds64":
            large = int.from_bytes(data[chunk + 16 : chunk + 24], "little")
        chunk += _CHUNK.size + size + size % 2
    else:
        return Part(start=place, end=until)
    begin = chunk + _CHUNK.size
    size = large if large and size == 0xFFFF_FFFF else size
    known = 0 < size < WAV_UNKNOWN_BYTES
    if len(form) < 20 or (known and begin + size > len(data)):
        # What is wrong with it is told by its decoder, or by its length.
        return Part(start=place, end=len(data) if known else until)
    until = _next(starts, begin, data)
    sound_end = begin + size if known else until
    if known and _sound_goes_on(data, sound_end, form, starts):
        sound_end = _next(starts, sound_end, data)
    sound_bytes = sound_end - begin
    head = b"RIFF" + struct.pack("<I", 4 + len(form) + 8 + sound_bytes) + b"WAVE" + form
    return Part(start=begin, end=sound_end, head=head + _CHUNK.pack(b"data", sound_bytes))


def _sound_goes_on(data: bytes, place: int, form: bytes, starts: list[int]) -> bool:
    """Return whether what is behind the data of a WAV file is sound that its header left out."""
    (bytes_per_s,) = struct.unpack_from("<I", form, 16)
    place += place % 2 and data[place : place + 1] == b"\0"
    until = _next(starts, place, data)
    while place + _CHUNK.size <= until:
        name, size = _CHUNK.unpack_from(data, place)
        if not (name.isascii() and name.strip().isalnum()) or place + _CHUNK.size + size > len(data):
            break
        place += _CHUNK.size + size + size % 2
        until = _next(starts, place, data)
    rest = data[place:until]
    return len(rest) >= bytes_per_s * _LEAST_SOUND_S and rest.strip(b"\0") != b"" and not rest.startswith(_TAGS)


# --- others ----------------------------------------------------------------------------------------------------


def _ogg_end(data: bytes, place: int, starts: list[int]) -> int:
    """Return where another chain of Ogg streams begins, or another file; streams that begin together are one."""
    page_end = _ogg_page_end(data, place)
    for start in starts[bisect_left(starts, place + 1) :]:
        if data[start : start + 4] == b"OggS" and start == page_end:
            page_end = _ogg_page_end(data, start)
        elif start >= page_end:
            return start
    return len(data)


def _ogg_page_end(data: bytes, place: int) -> int:
    lacing = data[place + _OGG_PAGE_HEADER_BYTES : place + _OGG_PAGE_HEADER_BYTES + _byte(data, place + 26)]
    return place + _OGG_PAGE_HEADER_BYTES + len(lacing) + sum(lacing)


def _byte(data: bytes, place: int) -> int:
    return data[place] if place < len(data) else 0


def _mp4_end(data: bytes, place: int, starts: frozenset[int]) -> int:
    """Return where the boxes end, or another file begins: behind an index or media."""
    has_content = False
    for name, start, _, end in boxes(data, place, len(data)):
        if (start in starts and has_content) or not name.isascii():
            return start
        has_content |= name in (b"moov", b"mdat", b"moof")
        place = end
    return place


def _matroska_end(data: bytes, place: int, until: int) -> int:
    """Return where the segment ends; one of unknown size goes on until the next signature."""
    header = _element_size(data, place + 4)
    if header is None:
        return until
    segment = header[0] + header[1]
    if data[segment : segment + 4] != _EBML_SEGMENT:
        return until
    size = _element_size(data, segment + 4)
    if size is None:
        return until
    return min(size[0] + size[1], len(data))


def _element_size(data: bytes, place: int) -> tuple[int, int] | None:
    """Return where the content of an EBML element begins and how long it is; None where that is unknown."""
    first = _byte(data, place)
    length = 9 - first.bit_length()
    if length > 8:
        return None
    value = int.from_bytes(data[place : place + length], "big") & ((1 << 7 * length) - 1)
    return None if value == (1 << 7 * length) - 1 else (place + length, value)


def _flac_frames(data: bytes, place: int) -> int:
    """Return where the blocks of metadata end: pictures may hold anything."""
    place += 4
    while place + 4 <= len(data):
        last = data[place] & 0x80
        place += 4 + int.from_bytes(data[place + 1 : place + 4], "big")
        if last:
            break
    return min(place, len(data))
