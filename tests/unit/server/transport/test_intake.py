"""Peers are read by turns, what is over a limit is dropped as it comes, and nothing of it stays."""

# ruff: noqa: ASYNC110 -- no event says what a socket has taken

from __future__ import annotations

import asyncio
import gc
import json
import os
import tempfile
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from dragoman_server.transport.backpressure import ByteBudget, ByteLimits, PartDropped
from dragoman_server.transport.connection import Closed, Connection, Readable
from dragoman_server.transport.connections import ConnectionLimits, Refused
from dragoman_server.transport.intake import Intake
from dragoman_wire.inbound import BadMessage, Inbound
from dragoman_wire.limits import WireLimits
from scripts.attacks.zmtp import GREETING, MORE, RawPeer, frame, message
from tests.harness import PATIENCE_S

MIB = 1 << 20
LIMITS = WireLimits(header_bytes=1 << 16, base64_header_bytes=4 * MIB, frames=2, request_bytes=8 * MIB)


class Outbox:
    """Nothing is answered."""

    def hold(self) -> None: ...

    def release(self) -> None: ...


class Reader:
    """An intake with what it has handed over."""

    def __init__(self) -> None:
        self.budget = ByteBudget(ByteLimits(total_bytes=6 * MIB, peer_bytes=6 * MIB, memory_bytes=2 * MIB))
        self.good: list[Inbound] = []
        self.bad: list[BadMessage] = []
        self.files = 0
        self.intake = Intake(
            LIMITS, ConnectionLimits(8, 4), self.budget, self.open_file, Outbox(), self.good.append, self.bad.append
        )
        self.endpoint = self.intake.bind("tcp://127.0.0.1:0")
        self.intake.start()

    def open_file(self) -> int:
        self.files += 1
        descriptor, path = tempfile.mkstemp()
        os.unlink(path)  # noqa: PTH108
        return descriptor

    async def peer(self) -> RawPeer:
        return await asyncio.to_thread(self._connect)

    def _connect(self) -> RawPeer:
        peer = RawPeer(self.endpoint)
        try:
            peer.shake_hands(b"PUSH")
        except OSError:
            peer.close()
            raise
        return peer

    async def until(self, holds: Callable[[], bool]) -> None:
        async with asyncio.timeout(PATIENCE_S):
            while not holds():
                await asyncio.sleep(0.001)

    async def send(self, peer: RawPeer, data: bytes) -> bool:
        return await asyncio.to_thread(peer.send, data)


@pytest.fixture
async def reader() -> AsyncIterator[Reader]:
    one = Reader()
    yield one
    one.intake.stop()


def header(**fields: Any) -> bytes:
    return json.dumps({"type": "ping"} | fields).encode()


def recording(**fields: Any) -> bytes:
    return header(type="transcription_only", binaryFrames={"audio": 1}, **fields)


async def test_messages_of_every_cut_arrive_in_order(reader: Reader) -> None:
    peer = await reader.peer()
    data = b"".join(message(header(taskId=str(number))) for number in range(50))
    for start in range(0, len(data), 7):
        await reader.send(peer, data[start : start + 7])
    await reader.until(lambda: len(reader.good) == 50)
    assert [inbound.request.task_id for inbound in reader.good] == [str(number) for number in range(50)]
    peer.close()


async def test_a_large_frame_is_read_to_memory_and_a_second_one_to_a_file(reader: Reader) -> None:
    peer = await reader.peer()
    sounds = [bytes([number]) * (3 * MIB // 2) for number in (1, 2)]
    for sound in sounds:
        await reader.send(peer, frame(recording(), MORE) + frame(sound))
        await reader.until(lambda: len(reader.good) + len(reader.bad) > 0 and reader.budget.arriving_bytes == 0)
        reader.budget.take(len(sound), "peer", "voice")
    await reader.until(lambda: len(reader.good) == 2)
    assert [bytes(inbound.audio or b"") for inbound in reader.good] == sounds
    assert (reader.files, reader.budget.spooled_bytes) == (1, len(sounds[1]))
    reader.good.clear()
    gc.collect()
    assert reader.budget.spooled_bytes == 0
    peer.close()


async def test_a_recording_for_which_there_is_no_room_is_refused_and_smaller_requests_are_read(reader: Reader) -> None:
    reader.budget.take(5 * MIB, "other", "voice")
    peer = await reader.peer()
    await reader.send(peer, frame(recording(taskId="large"), MORE) + frame(bytes(2 * MIB)) + message(header()))
    await reader.until(lambda: len(reader.good) == 1)
    (bad,) = reader.bad
    assert (bad.error.code, bad.error.retryable, bad.envelope.task_id) == ("overloaded", True, "large")
    assert reader.budget.parts_dropped[PartDropped.NO_ROOM] == 1
    assert reader.budget.arriving_bytes == 0
    peer.close()


@pytest.mark.parametrize(
    ("parts", "sentence"),
    [
        ([b"x"] * 3, "the request has 3 binary frames; the limit frames is 2"),
        ([b""] * 50_000, "the request has 50000 binary frames; the limit frames is 2"),
        ([bytes(5 * MIB), bytes(4 * MIB)], "the limit request_bytes is"),
        ([bytes(5 * MIB)] * 20, "the request has 20 binary frames; the limit frames is 2"),
    ],
)
async def test_parts_past_a_limit_are_dropped_and_the_sender_is_told(
    reader: Reader, parts: list[bytes], sentence: str
) -> None:
    peer = await reader.peer()
    await reader.send(peer, message(header(taskId="t"), *parts) + message(header(taskId="next")))
    await reader.until(lambda: len(reader.good) == 1)
    (bad,) = reader.bad
    assert bad.error.code == "too_large"
    assert sentence in bad.error.message
    assert reader.budget.parts_dropped[PartDropped.LIMIT] > 0
    assert reader.budget.arriving_bytes == 0
    peer.close()


@pytest.mark.parametrize(
    "data",
    [
        b"\x02" + b"\x7f" + b"\xff" * 7,
        b"\x04\x00",
        b"\x06" * 20,
    ],
    ids=["8 EiB", "a command without a name", "a command of absurd size"],
)
async def test_what_no_peer_of_ours_sends_costs_the_connection(reader: Reader, data: bytes) -> None:
    peer, other = await reader.peer(), await reader.peer()
    await reader.send(peer, data)
    await reader.until(lambda: len(reader.intake.connections) == 1)
    assert reader.intake.connections.closed[Closed.PROTOCOL] == 1
    await reader.send(other, message(header()))
    await reader.until(lambda: len(reader.good) == 1)
    assert reader.budget.arriving_bytes == reader.budget.spooled_bytes == 0
    peer.close()
    other.close()


async def test_a_peer_that_goes_in_the_middle_leaves_nothing(reader: Reader) -> None:
    peer = await reader.peer()
    await reader.send(peer, frame(recording(), MORE) + frame(bytes(3 * MIB))[:-1])
    await reader.until(lambda: reader.budget.arriving_bytes >= 3 * MIB - 1)
    peer.reset()
    await reader.until(lambda: len(reader.intake.connections) == 0)
    assert reader.budget.arriving_bytes == reader.budget.spooled_bytes == 0
    assert not reader.good
    assert not reader.bad


async def test_a_flood_does_not_keep_another_peer_waiting(reader: Reader) -> None:
    flood, calm = await reader.peer(), await reader.peer()
    flooding = asyncio.create_task(reader.send(flood, message(header(taskId="flood")) * 100_000))
    await reader.until(lambda: len(reader.good) > 1000)
    await reader.send(calm, message(header(taskId="calm")))
    await reader.until(lambda: any(inbound.request.task_id == "calm" for inbound in reader.good))
    flooded = sum(inbound.request.task_id == "flood" for inbound in reader.good)
    assert flooded < 100_000  # it did not wait for the end of the flood
    await flooding
    flood.close()
    calm.close()


async def test_a_large_header_is_read_elsewhere_and_keeps_the_order_of_its_peer(reader: Reader) -> None:
    peer, other = await reader.peer(), await reader.peer()
    text = header(type="translation", text="x" * (2 * MIB), format="markdown", targetLanguages=["pt"], taskId="large")
    broken = header(type="translation", text=[1] * 20_000, targetLanguages=["pt"], taskId="broken")
    await reader.send(peer, message(text) + message(broken) + message(header(taskId="after")))
    await reader.send(other, message(header(taskId="other")))
    await reader.until(lambda: len(reader.good) == 3)
    ids = [inbound.request.task_id for inbound in reader.good]
    assert ids.index("large") < ids.index("after")
    assert "other" in ids
    (bad,) = reader.bad
    assert (bad.error.code, bad.envelope.task_id, bad.readable) == ("invalid_request", "broken", True)
    assert bad.error.message == "text: Expected `str`, got `array`"
    peer.close()
    other.close()


async def test_a_peer_whose_large_header_is_read_costs_no_visits(
    reader: Reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    visits = 0
    visit = reader.intake._visit

    def counted(connection: Connection, share: int) -> Readable:
        nonlocal visits
        visits += 1
        return visit(connection, share)

    monkeypatch.setattr(reader.intake._reader, "_visit", counted)
    peer = await reader.peer()
    large = header(type="translation", text="x" * MIB, format="markdown", targetLanguages=["pt"])
    await reader.send(peer, message(large) + message(header()) * 20_000)
    await reader.until(lambda: len(reader.good) == 20_001)
    assert visits < 20_000  # and not as many as the loop has turns while the process starts
    peer.close()


async def test_a_header_past_all_limits_is_not_kept_and_answered_under_its_ids(reader: Reader) -> None:
    peer = await reader.peer()
    huge = header(taskId="huge", x="y" * (5 * MIB))
    await reader.send(peer, message(huge, b"sound") + message(header()))
    await reader.until(lambda: len(reader.good) == 1)
    (bad,) = reader.bad
    assert (bad.error.code, bad.envelope.task_id) == ("too_large", "huge")
    assert bad.error.message.startswith(f"the header has {len(huge)} bytes")
    peer.close()


async def test_warnings_of_a_large_header_come_with_it(reader: Reader) -> None:
    peer = await reader.peer()
    text = "x" * MIB
    await reader.send(peer, message(header(type="translation", text=text, format="html", targetLanguages=["pt", ""])))
    await reader.until(lambda: len(reader.good) == 1)
    assert reader.good[0].warnings
    peer.close()


async def test_a_recording_in_base64_is_decoded_elsewhere(reader: Reader) -> None:
    peer = await reader.peer()
    await reader.send(peer, message(header(type="transcription_only", audioData="QUJD" * 200_000)))
    await reader.until(lambda: len(reader.good) == 1)
    assert bytes(reader.good[0].audio or b"") == b"ABC" * 200_000
    peer.close()


async def test_half_a_greeting_does_not_keep_others_out(reader: Reader) -> None:
    half = [await asyncio.to_thread(RawPeer, reader.endpoint) for _ in range(4)]
    for peer in half:
        peer.send(GREETING[:20])
    whole = await reader.peer()
    await reader.send(whole, message(header()))
    await reader.until(lambda: len(reader.good) == 1)
    for peer in (*half, whole):
        peer.close()
    await reader.until(lambda: len(reader.intake.connections) == 0)


async def test_there_are_as_many_connections_as_may_be(reader: Reader) -> None:
    peers = [await reader.peer() for _ in range(8)]
    with pytest.raises(ConnectionError):
        await reader.peer()
    connections = reader.intake.connections
    assert (len(connections), connections.accepted) == (8, 8)
    assert connections.refused == {Refused.TOTAL: 1, Refused.ADDRESS: 0}
    peers.pop().close()
    await reader.until(lambda: len(reader.intake.connections) == 7)
    peers.append(await reader.peer())
    for peer in peers:
        peer.close()
