"""The pipe's messages, however they are cut on the way."""

from __future__ import annotations

import random

import pytest

from dragoman_engines.process.channel import Batch, Ping, Splitter, ToChild, pack
from dragoman_engines.process.channel import _to_child as decoder
from dragoman_engines.work import DecodeAudio, TranslateSentences

MESSAGES: list[ToChild] = [
    Ping(),
    Batch(number=1, work=[TranslateSentences(source="en", target="pt", sentences=["a", "b" * 5000])]),
    Batch(number=2, work=[DecodeAudio(data=bytes(range(256)) * 4096, pcm_path="spool", max_duration_s=1.0)]),
    Ping(),
]
STREAM = b"".join(pack(message) for message in MESSAGES)


def read(pieces: list[bytes]) -> list[ToChild]:
    splitter = Splitter()
    return [decoder.decode(body) for piece in pieces for body in splitter.feed(piece)]


@pytest.mark.parametrize("size", [1 << 22, 1 << 18, 65_521, 4096])
def test_messages_come_out_whole_and_in_order_whatever_the_pieces(size: int) -> None:
    assert read([STREAM[at : at + size] for at in range(0, len(STREAM), size)]) == MESSAGES


def test_messages_survive_pieces_of_any_size() -> None:
    rng = random.Random(1)
    small = b"".join(pack(message) for message in MESSAGES[:2]) * 3
    for _ in range(50):
        cuts = sorted(rng.sample(range(1, len(small)), 40))
        pieces = [small[start:end] for start, end in zip([0, *cuts], [*cuts, len(small)], strict=True)]
        assert read(pieces) == MESSAGES[:2] * 3


def test_a_length_that_comes_byte_by_byte_is_waited_for() -> None:
    packed = bytes(pack(Ping()))
    assert read([packed[index : index + 1] for index in range(len(packed))]) == [Ping()]


def test_a_recording_may_lie_in_any_buffer() -> None:
    data = memoryview(bytes(range(256)))
    (batch,) = read([bytes(pack(Batch(number=1, work=[DecodeAudio(data=data, pcm_path="", max_duration_s=1.0)])))])  # type: ignore[arg-type]
    assert isinstance(batch, Batch)
    [work] = batch.work
    assert isinstance(work, DecodeAudio)
    assert work.data == bytes(range(256))
