"""Events of one turn leave together, in order, and none stays behind."""

from __future__ import annotations

import asyncio

import pytest
import zmq

from dragoman_server.transport.publisher import Publisher
from dragoman_wire.codec import Codec
from tests.harness import PATIENCE_S


class Sent(list[list[bytes]]):
    """What a socket was given, message by message."""

    def __init__(self) -> None:
        super().__init__()
        self._parts: list[bytes] = []

    def send(self, frame: bytes, flags: int, *, copy: bool) -> None:
        assert copy == (len(frame) < 1 << 16)
        self._parts.append(frame)
        if not flags & zmq.SNDMORE:
            self.append(self._parts)
            self._parts = []


@pytest.fixture
def sent(publisher: Publisher, monkeypatch: pytest.MonkeyPatch) -> Sent:
    sent = Sent()
    monkeypatch.setattr(publisher._events, "send", sent.send, raising=False)
    monkeypatch.setattr(publisher._routed, "send", sent.send, raising=False)
    return sent


async def test_what_comes_up_in_a_turn_leaves_at_its_end_in_order(publisher: Publisher, sent: Sent) -> None:
    publisher.send(b"1", Codec.JSON, None)
    publisher.send(b"2", Codec.JSON, "peer", [b"sound"])
    publisher.send(b"3", Codec.JSON, None)
    assert sent == []
    await asyncio.sleep(0)
    assert sent == [[b"1"], [b"peer\0", b"2", b"sound"], [b"3"]]
    assert publisher.published == 3


async def test_many_leave_before_the_end_of_the_turn(publisher: Publisher, sent: Sent) -> None:
    for number in range(100):
        publisher.send(b"%d" % number, Codec.JSON, None)
    assert 80 <= len(sent) <= 100
    await asyncio.sleep(0)
    assert sent == [[b"%d" % number] for number in range(100)]


async def test_who_holds_them_lets_them_go(publisher: Publisher, sent: Sent) -> None:
    publisher.hold()
    publisher.send(b"held", Codec.JSON, None)
    await asyncio.sleep(0)
    assert sent == []
    for _ in range(20):
        publisher.send(b"more", Codec.JSON, None)  # some leave, and holding goes on
    left = len(sent)
    publisher.send(b"more", Codec.JSON, None)
    await asyncio.sleep(0)
    assert 0 < left == len(sent)
    publisher.release()
    assert sent == [[b"held"], *[[b"more"]] * 21]
    sent.clear()
    publisher.send(b"next", Codec.JSON, None)
    await asyncio.sleep(0)
    assert sent == [[b"next"]]


async def test_one_that_cannot_be_sent_keeps_no_other_back(
    publisher: Publisher, sent: Sent, monkeypatch: pytest.MonkeyPatch
) -> None:
    def send(frame: bytes, flags: int, *, copy: bool) -> None:
        if frame == b"bad":
            raise zmq.ZMQError(zmq.ETERM)
        sent.send(frame, flags, copy=copy)

    monkeypatch.setattr(publisher._events, "send", send, raising=False)
    for header in (b"1", b"bad", b"2"):
        publisher.send(header, Codec.JSON, None)
    publisher.flush()
    assert sent == [[b"1"], [b"2"]]


async def test_a_large_frame_is_not_copied(publisher: Publisher, sent: Sent) -> None:
    publisher.send(b"1", Codec.JSON, None, [bytes(1 << 20), b"small"])
    publisher.flush()
    assert [len(frame) for frame in sent[0]] == [1, 1 << 20, 5]


async def test_closing_sends_what_still_waits(publisher: Publisher) -> None:
    endpoint = publisher.bind_events("tcp://127.0.0.1:0")
    with zmq.Context() as context, context.socket(zmq.SUB) as sub:
        sub.connect(endpoint)
        sub.subscribe(b"")
        async with asyncio.timeout(PATIENCE_S):
            while not sub.poll(10):
                publisher.send(b"are you there", Codec.JSON, None)
                await asyncio.sleep(0)
        publisher.send(b"last", Codec.JSON, None)
        publisher.close(1000)
        messages = [sub.recv()]
        while messages[-1] != b"last":
            assert sub.poll(round(PATIENCE_S * 1000))
            messages.append(sub.recv())
