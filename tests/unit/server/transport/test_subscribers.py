from __future__ import annotations

import asyncio

import pytest
import zmq

from dragoman_server.transport.publisher import Publisher
from tests.harness import PATIENCE_S


async def until_heard(publisher: Publisher, peer: str, *, hears: bool = True) -> None:
    async with asyncio.timeout(PATIENCE_S):
        while publisher.subscribers.hear(peer) is not hears:
            publisher.subscribers.read()
            await asyncio.sleep(0.005)


@pytest.mark.parametrize("topic", [b"peer-1\0", b"peer-1", b""])
async def test_a_peer_hears_what_it_has_subscribed_to(publisher: Publisher, topic: bytes) -> None:
    endpoint = publisher.bind_routed("tcp://127.0.0.1:0")
    with zmq.Context() as context, context.socket(zmq.SUB) as sub:
        sub.connect(endpoint)
        assert not publisher.subscribers.hear("peer-1")
        sub.subscribe(topic)
        await until_heard(publisher, "peer-1")
        assert publisher.subscribers.hear("peer-10") is (topic != b"peer-1\0")
        sub.unsubscribe(topic)
        await until_heard(publisher, "peer-1", hears=False)


async def test_a_peer_that_is_gone_hears_nothing(publisher: Publisher) -> None:
    endpoint = publisher.bind_routed("tcp://127.0.0.1:0")
    with zmq.Context() as context, context.socket(zmq.SUB) as sub:
        sub.subscribe(b"peer\0")
        sub.connect(endpoint)
        await until_heard(publisher, "peer")
    await until_heard(publisher, "peer", hears=False)


async def test_what_is_no_subscription_is_passed_over(publisher: Publisher) -> None:
    endpoint = publisher.bind_routed("tcp://127.0.0.1:0")
    with zmq.Context() as context, context.socket(zmq.XSUB) as sub:
        sub.connect(endpoint)
        for rubbish in ([b"\x05what"], [b""], [b"\x01a", b"b"], [b"x" * 2000]):
            sub.send_multipart(rubbish)
        sub.send(b"\x01peer\0")
        await until_heard(publisher, "peer")
        assert not publisher.subscribers.hear("what")
