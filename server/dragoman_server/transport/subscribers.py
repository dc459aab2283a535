"""The subscribers of a socket: who has asked for what, in time that does not grow with the number of topics."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from enum import Enum

from dragoman_server.transport.connection import Connection
from dragoman_server.transport.zmtp import Buffer
from dragoman_wire.outbound import topic_of

_MOST_CACHED = 10_000


class NotSubscribed(Enum):
    """Why a subscription is not kept."""

    LENGTH = "length"
    """It could match nothing."""
    SUBSCRIBER = "subscriber"
    """The subscriber has as many as one may."""
    TOTAL = "total"
    """There are as many as may be."""


class Subscriber(Connection):
    """A peer that subscribes, with what waits until it is taken."""

    topics: set[bytes]
    out: deque[Buffer]
    """What waits, in order; a message is one buffer, or a few where it is large."""
    waiting_bytes: int = 0
    """Of all that waits, with what keeping it costs."""
    dirty: bool = False
    """It has something new."""
    blocked: bool = False
    """Its connection takes nothing more for the moment."""
    in_message: bool = False
    """Parts of a message have come that is no subscription."""


class Subscribers:
    """Topics, which are prefixes, and their subscribers.

    Args:
        longest_bytes: longest topic; a longer one could match nothing, and is not kept.
        most_each: topics of one subscriber.
        most: topics of all together.
    """

    on_lost: Callable[[bytes], None] | None = None
    """Called with each topic that has no subscriber any more."""

    def __init__(self, longest_bytes: int, most_each: int, most: int) -> None:
        self._longest_bytes = longest_bytes
        self._most_each = most_each
        self._most = most
        self._topics: dict[bytes, dict[Subscriber, None]] = {}
        self._lengths: dict[int, int] = {}
        """How many topics have this length: only prefixes of these lengths are looked up."""
        self._cache: dict[bytes, tuple[Subscriber, ...]] = {}
        self.count = 0
        self.refused = dict.fromkeys(NotSubscribed, 0)

    def subscribe(self, subscriber: Subscriber, topic: bytes) -> None:
        """Note a subscription, unless it is past a limit."""
        if topic in subscriber.topics:
            return
        reason = self._reason_to_refuse(subscriber, topic)
        if reason is not None:
            self.refused[reason] += 1
            return
        subscriber.topics.add(topic)
        self.count += 1
        found = self._topics.get(topic)
        if found is None:
            self._topics[topic] = {subscriber: None}
            self._lengths[len(topic)] = self._lengths.get(len(topic), 0) + 1
        else:
            found[subscriber] = None
        self._cache.clear()

    def _reason_to_refuse(self, subscriber: Subscriber, topic: bytes) -> NotSubscribed | None:
        if len(topic) > self._longest_bytes:
            return NotSubscribed.LENGTH
        if len(subscriber.topics) >= self._most_each:
            return NotSubscribed.SUBSCRIBER
        if self.count >= self._most and topic:
            return NotSubscribed.TOTAL
        return None

    def unsubscribe(self, subscriber: Subscriber, topic: bytes) -> None:
        """Note the end of a subscription."""
        if topic in subscriber.topics:
            subscriber.topics.remove(topic)
            self._remove(subscriber, topic)

    def leave(self, subscriber: Subscriber) -> None:
        """Forget a subscriber."""
        for topic in subscriber.topics:
            self._remove(subscriber, topic)
        subscriber.topics.clear()

    def of(self, subject: bytes) -> tuple[Subscriber, ...]:
        """Return the subscribers of a subject, each once."""
        found: dict[Subscriber, None] = {}
        for length in self._lengths:
            if length <= len(subject):
                found |= self._topics.get(subject[:length], {})
        return tuple(found)

    def of_topic(self, topic: bytes) -> tuple[Subscriber, ...]:
        """Return what `of` does; it is remembered."""
        found = self._cache.get(topic)
        if found is None:
            if len(self._cache) >= _MOST_CACHED:
                self._cache.clear()
            found = self._cache[topic] = self.of(topic)
        return found

    def hear(self, peer: str) -> bool:
        """Return whether a subscription covers what is for this peer."""
        return bool(self.of_topic(topic_of(peer)))

    def _remove(self, subscriber: Subscriber, topic: bytes) -> None:
        self.count -= 1
        found = self._topics[topic]
        del found[subscriber]
        if not found:
            del self._topics[topic]
            length = len(topic)
            self._lengths[length] -= 1
            if not self._lengths[length]:
                del self._lengths[length]
        self._cache.clear()
        if not found and self.on_lost is not None:
            self.on_lost(topic)
