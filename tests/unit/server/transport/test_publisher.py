"""Events of one turn leave together, in order, and none stays behind."""

# ruff: noqa: ASYNC110 -- no event says that a socket has something

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence

import pytest
import zmq

from dragoman_server.transport.pub_socket import Dropped
from dragoman_server.transport.publisher import Publisher
from dragoman_server.transport.subscribers import Subscriber
from dragoman_server.transport.zmtp import Buffer
from dragoman_wire.codec import Codec
from tests.harness import PATIENCE_S


class Enqueued(list[bytes]):
    """What the sockets were given, message by message."""

    def take(self, _: Sequence[Subscriber], wire: Sequence[Buffer]) -> None:
        self.append(b"".join(wire))


@pytest.fixture
def sent(publisher: Publisher, monkeypatch: pytest.MonkeyPatch) -> Enqueued:
    sent = Enqueued()
    for socket in (publisher._events, publisher._routed):
        monkeypatch.setattr(socket, "enqueue", sent.take)
        monkeypatch.setattr(socket.subscribers, "of", lambda _: (None,))
    return sent


async def test_what_comes_up_in_a_turn_leaves_at_its_end_in_order(publisher: Publisher, sent: Enqueued) -> None:
    publisher.send(b"1", Codec.JSON, None)
    publisher.send(b"2", Codec.JSON, "peer", [b"sound"])
    publisher.send(b"3", Codec.JSON, None)
    assert sent == []
    await asyncio.sleep(0)
    assert sent == [b"\0\x011", b"\x01\x05peer\0\x01\x012\0\x05sound", b"\0\x013"]
    assert publisher.published == 3


async def test_many_leave_before_the_end_of_the_turn(publisher: Publisher, sent: Enqueued) -> None:
    for number in range(100):
        publisher.send(b"%d" % number, Codec.JSON, None)
    assert 80 <= len(sent) <= 100
    await asyncio.sleep(0)
    assert [message[2:] for message in sent] == [b"%d" % number for number in range(100)]


async def test_who_holds_them_lets_them_go(publisher: Publisher, sent: Enqueued) -> None:
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
    assert [message[2:] for message in sent] == [b"held", *[b"more"] * 21]
    sent.clear()
    publisher.send(b"next", Codec.JSON, None)
    await asyncio.sleep(0)
    assert [message[2:] for message in sent] == [b"next"]


@pytest.fixture
async def sub(publisher: Publisher) -> AsyncIterator[zmq.Socket[bytes]]:
    """A subscriber of events that is heard; what it got for that is taken."""
    endpoint = publisher.bind_events("tcp://127.0.0.1:0")
    with zmq.Context() as context, context.socket(zmq.SUB) as sub:
        sub.set(zmq.RCVHWM, 0)
        sub.set(zmq.LINGER, 0)
        sub.connect(endpoint)
        sub.subscribe(b"")
        async with asyncio.timeout(PATIENCE_S):
            while not publisher._events.subscribers.count:
                await asyncio.sleep(0.001)
        yield sub


async def received(sub: zmq.Socket[bytes]) -> list[bytes]:
    async with asyncio.timeout(PATIENCE_S):
        while not sub.poll(0):
            await asyncio.sleep(0.001)
    return sub.recv_multipart()


async def test_frames_of_every_size_arrive_whole(publisher: Publisher, sub: zmq.Socket[bytes]) -> None:
    sizes = (0, 1, 255, 256, 65_535, 65_536, 3 << 20)
    binaries = [bytes([number]) * size for number, size in enumerate(sizes)]
    publisher.send(b"first", Codec.JSON, None, binaries)
    publisher.send(b"x" * 300, Codec.JSON, None)
    assert await received(sub) == [b"first", *binaries]
    assert await received(sub) == [b"x" * 300]


async def test_one_that_cannot_be_sent_keeps_no_other_back(publisher: Publisher, sub: zmq.Socket[bytes]) -> None:
    publisher.send(b"1", Codec.JSON, None)
    publisher.send(b"bad", Codec.JSON, "a name that no peer may have: ü")
    publisher.send(b"2", Codec.JSON, None)
    publisher.flush()
    assert [await received(sub), await received(sub)] == [[b"1"], [b"2"]]


async def test_closing_sends_what_still_waits(publisher: Publisher, sub: zmq.Socket[bytes]) -> None:
    for number in range(1000):
        publisher.send(b"%d" % number + b"x" * 10_000, Codec.JSON, None)
    closing = asyncio.create_task(publisher.close(PATIENCE_S))
    for number in range(50):  # a publisher keeps a hundred for a slow subscriber
        assert (await received(sub))[0].startswith(b"%dx" % number)
    await closing


async def test_a_subscriber_that_does_not_read_has_a_bounded_number_of_bytes_waiting() -> None:
    publisher = Publisher(1_000_000, subscriber_bytes=1 << 20, subscribers_bytes=1 << 21)
    endpoint = publisher.bind_events("tcp://127.0.0.1:0")
    with zmq.Context() as context:
        idle = [context.socket(zmq.SUB) for _ in range(4)]
        for one in idle:
            one.set(zmq.LINGER, 0)
            one.set(zmq.RCVHWM, 1)
            one.set(zmq.RCVBUF, 1 << 16)
            one.connect(endpoint)
            one.subscribe(b"")
        async with asyncio.timeout(PATIENCE_S):
            while publisher._events.subscribers.count < 4:
                await asyncio.sleep(0.001)
        most = 0
        for _ in range(400):
            publisher.send(b"header", Codec.JSON, None, [bytes(100_000)])
            await asyncio.sleep(0)
            most = max(most, publisher.budget.waiting_bytes)
        assert publisher.budget.dropped[Dropped.SUBSCRIBER] + publisher.budget.dropped[Dropped.TOTAL] > 0
        assert 0 < most <= (1 << 21) + 4 * 110_000
        await publisher.close(0)
        assert publisher.budget.waiting_bytes == 0
        context.destroy(linger=0)
