"""A peer gets what it has subscribed to, and what a hostile one asks for has bounds."""

from __future__ import annotations

import asyncio

import pytest
import zmq

from dragoman_server.transport.publisher import Publisher
from dragoman_server.transport.subscribers import NotSubscribed, Subscriber, Subscribers
from tests.harness import PATIENCE_S


async def until_heard(publisher: Publisher, peer: str, *, hears: bool = True) -> None:
    async with asyncio.timeout(PATIENCE_S):
        while publisher.subscribers.hear(peer) is not hears:  # noqa: ASYNC110 - no event says so
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
        assert not publisher.subscribers.hear("a")


def a_subscriber() -> Subscriber:
    subscriber = Subscriber.__new__(Subscriber)
    subscriber.topics = set()
    return subscriber


def test_topics_that_are_too_long_or_too_many_are_not_kept() -> None:
    subscribers, one, other = Subscribers(4, 3, 5), a_subscriber(), a_subscriber()
    subscribers.subscribe(one, b"longer")
    for topic in (b"a", b"b", b"c", b"d"):
        subscribers.subscribe(one, topic)
    assert (one.topics, subscribers.count, subscribers.refused) == (
        {b"a", b"b", b"c"},
        3,
        {NotSubscribed.LENGTH: 1, NotSubscribed.SUBSCRIBER: 1, NotSubscribed.TOTAL: 0},
    )
    for topic in (b"e", b"f", b"g"):
        subscribers.subscribe(other, topic)
    assert (subscribers.count, subscribers.refused[NotSubscribed.TOTAL]) == (5, 1)


def test_whoever_has_no_topic_yet_may_ask_for_all_even_where_others_have_too_many() -> None:
    subscribers, greedy, modest = Subscribers(4, 3, 3), a_subscriber(), a_subscriber()
    for topic in (b"a", b"b", b"c"):
        subscribers.subscribe(greedy, topic)
    subscribers.subscribe(modest, b"")
    assert subscribers.of(b"x") == (modest,)


def test_subscribers_of_several_prefixes_are_told_once_and_leave_nothing() -> None:
    subscribers, one, other = Subscribers(8, 10, 100), a_subscriber(), a_subscriber()
    for topic in (b"", b"a", b"ab"):
        subscribers.subscribe(one, topic)
        subscribers.subscribe(one, topic)
    subscribers.subscribe(other, b"ab")
    assert set(subscribers.of_topic(b"abc")) == {one, other}
    assert len(subscribers.of_topic(b"abc")) == 2
    subscribers.leave(one)
    assert subscribers.of_topic(b"abc") == (other,)
    subscribers.unsubscribe(other, b"ab")
    assert (subscribers.of_topic(b"abc"), subscribers.count) == ((), 0)
    assert not subscribers._topics
    assert not subscribers._lengths


def test_the_end_of_a_topics_last_subscription_is_told() -> None:
    lost: list[bytes] = []
    subscribers = Subscribers(10, 10, 100)
    subscribers.on_lost = lost.append
    first, second = a_subscriber(), a_subscriber()
    for each in (first, second):
        subscribers.subscribe(each, b"a\0")
    subscribers.subscribe(second, b"b\0")
    subscribers.unsubscribe(first, b"a\0")
    assert lost == []
    subscribers.leave(second)
    assert sorted(lost) == [b"a\0", b"b\0"]
    assert not subscribers.hear("a")
