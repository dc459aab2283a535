"""Only headers that are to be believed declare a length."""

from __future__ import annotations

import struct

import pytest

from dragoman_engines.audio.containers import cut_off_reason, declared_wav_s, has_mp3_length, ogg_ends_inside_page


def wav(size: int, present: int, *, before: bytes = b"") -> bytes:
    form = struct.pack("<4sIHHIIHH", b"fmt ", 16, 1, 1, 8000, 16_000, 2, 16)
    return b"RIFF\0\0\0\0WAVE" + form + before + struct.pack("<4sI", b"data", size) + bytes(present)


def ogg_page(size: int) -> bytes:
    lacing = bytes([255] * (size // 255) + [size % 255])
    return b"OggS" + bytes(22) + bytes([len(lacing)]) + lacing + bytes(size)


def test_a_cut_wav_file_tells_the_length_that_it_should_have() -> None:
    assert declared_wav_s(wav(160_000, 80_000)) == 10.0
    assert declared_wav_s(wav(160_000, 80_000, before=b"LIST\x03\0\0\0abc\0")) == 10.0


@pytest.mark.parametrize("size", [0, 0xFFFF_FFFF, 0x7FFF_FFFF, 0x8000_0000, 0x7FFF_F000])
def test_a_streamed_wav_file_declares_no_length(size: int) -> None:
    assert declared_wav_s(wav(size, 80_000)) is None


@pytest.mark.parametrize("data", [wav(100, 100), b"RIFF", b"", b"RIFF\0\0\0\0WAVE", wav(9, 9)[:20]])
def test_a_whole_wav_file_or_a_broken_header_declares_no_length(data: bytes) -> None:
    assert declared_wav_s(data) is None


def test_an_mp3_file_tells_its_length_with_or_without_a_tag_before_it() -> None:
    frame = b"\xff\xfb\x90\0" + bytes(32) + b"Xing"
    assert has_mp3_length(frame)
    assert has_mp3_length(b"ID3\x04\0\0\0\0\x01\x02" + bytes(130) + frame)
    assert not has_mp3_length(b"\xff\xfb\x90\0" + bytes(200) + b"Xing")
    assert not has_mp3_length(b"ID3")


def test_an_ogg_file_that_ends_inside_a_page_is_cut_off() -> None:
    whole = ogg_page(300) + ogg_page(600)
    assert not ogg_ends_inside_page(whole)
    assert not ogg_ends_inside_page(whole + b"TAG of another program")
    assert ogg_ends_inside_page(whole[:-1])
    assert ogg_ends_inside_page(whole[: len(ogg_page(300)) + 10])


def test_an_mp4_file_without_its_index_is_cut_off() -> None:
    assert cut_off_reason(b"\0\0\0\x18ftypM4A " + bytes(100)) is not None
    assert cut_off_reason(b"\0\0\0\x18ftypM4A " + bytes(100) + b"moov") is None
