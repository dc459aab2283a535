"""One fair queue: priority classes, fair shares between peers, the short before the long, and nothing starves.

Three rules, from the outside in:

1.  Classes share by weight (high 16, normal 4, low 1), as in weighted fair queueing: each class has a virtual time
    that advances by cost / weight when it is served, and the class that will be least far after it is next. So `high`
    is served before all else unless it has had its share, and `low` keeps at least 1/21 of the work however busy the
    others are.
2.  Peers in a class share evenly by the same rule with weight 1 (start-time fair queueing, Goyal et al. 1996): a peer
    that comes back starts at the class's virtual time, so idling earns nothing and a flood delays only its sender.
3.  Within a peer, entries are ordered by arrival + AGEING * size. That is shortest-first with linear ageing: a
    request of size s lets those pass that arrive up to AGEING * s later and are tiny, and no others.
"""

from __future__ import annotations

import heapq
import itertools
import time
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from typing import Generic, Literal, TypeVar

import msgspec

T = TypeVar("T")

Priority = Literal["high", "normal", "low"]
WEIGHTS: dict[Priority, float] = {"high": 16.0, "normal": 4.0, "low": 1.0}
AGEING = 10.0
"""Seconds that one second of size counts as, in the order within a peer."""
ALIKE = 2.0
"""Units share a call when neither costs more than so many times the other."""
_IDLE_PEERS = 1024
_LEAST_COST_S = 1e-4


class Ticket(msgspec.Struct, frozen=True, kw_only=True):
    """The peer that something waits for, and how much it is."""

    peer: str = ""
    priority: Priority = "normal"
    cost_s: float = 0.0
    """The cost of serving this entry; charged to its peer and class."""
    size_s: float = 0.0
    """The cost of the whole request; the smaller goes first within a peer."""


@dataclass(eq=False, slots=True)
class Entry(Generic[T]):
    """Something in the queue; the handle with which it is withdrawn."""

    item: T
    ticket: Ticket
    key: Hashable
    order: tuple[float, int]
    waiting: bool = True

    def __lt__(self, other: Entry[T]) -> bool:
        return self.order < other.order


@dataclass(eq=False, slots=True)
class _Peer(Generic[T]):
    name: str
    virtual_s: float
    heap: list[Entry[T]] = field(default_factory=list)


class PriorityClass(Generic[T]):
    """The peers of one priority."""

    def __init__(self) -> None:
        self.virtual_s = 0.0
        self.waiting = 0
        self.typical_cost_s = _LEAST_COST_S
        self._clock_s = 0.0
        self._active: dict[str, _Peer[T]] = {}
        self._idle: dict[str, float] = {}
        self._turns: list[tuple[float, int, _Peer[T]]] = []

    def push(self, entry: Entry[T]) -> None:
        """Put an entry in line for its peer."""
        name = entry.ticket.peer
        peer = self._active.get(name)
        if peer is None:
            peer = _Peer(name, max(self._idle.pop(name, 0.0), self._clock_s))
            self._active[name] = peer
            heapq.heappush(self._turns, (peer.virtual_s, entry.order[1], peer))
        heapq.heappush(peer.heap, entry)
        weight = 0.1 if self.waiting else 1.0
        self.typical_cost_s += weight * (max(entry.ticket.cost_s, _LEAST_COST_S) - self.typical_cost_s)
        self.waiting += 1

    def pop(self, fits: Callable[[T], bool] | None = None) -> Entry[T] | None:
        """Take the next entry of the peer whose turn it is; with `fits`, of the first peer that has one that fits."""
        passed: list[tuple[float, int, _Peer[T]]] = []
        found: Entry[T] | None = None
        while found is None and self._turns:
            turn = heapq.heappop(self._turns)
            peer = turn[2]
            while peer.heap and not peer.heap[0].waiting:
                heapq.heappop(peer.heap)
            if not peer.heap:
                self._retire(peer)
                continue
            found = _first(peer.heap, fits)
            if found is None:
                passed.append(turn)
                continue
            self._clock_s = max(self._clock_s, peer.virtual_s)
            peer.virtual_s += max(found.ticket.cost_s, _LEAST_COST_S)
            heapq.heappush(self._turns, (peer.virtual_s, found.order[1], peer))
        for turn in passed:
            heapq.heappush(self._turns, turn)
        return found

    def charge(self, ticket: Ticket) -> None:
        """Count work that was done in the turn of another peer."""
        peer = self._active.get(ticket.peer)
        if peer is not None:
            # The heap keeps the old turn; the peer's next one is later by this much.
            peer.virtual_s += max(ticket.cost_s, _LEAST_COST_S)

    def _retire(self, peer: _Peer[T]) -> None:
        del self._active[peer.name]
        if peer.virtual_s > self._clock_s:
            self._idle[peer.name] = peer.virtual_s
        if len(self._idle) > _IDLE_PEERS:
            self._idle = {name: at for name, at in self._idle.items() if at > self._clock_s}
            while len(self._idle) > _IDLE_PEERS:
                del self._idle[next(iter(self._idle))]


def _first(heap: list[Entry[T]], fits: Callable[[T], bool] | None) -> Entry[T] | None:
    """Take the first entry that fits out of a peer's heap."""
    if fits is None or fits(heap[0].item):
        return heapq.heappop(heap)
    entry = min((entry for entry in heap if entry.waiting and fits(entry.item)), default=None)
    if entry is not None:
        heap.remove(entry)
        heapq.heapify(heap)
    return entry


class FairQueue(Generic[T]):
    """Entries leave in the order of the module's three rules.

    Args:
        clock: seconds, monotonic; injected so that ageing can be tested without waiting.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._classes: dict[Priority, PriorityClass[T]] = {name: PriorityClass() for name in WEIGHTS}
        self._by_key: dict[Hashable, dict[Entry[T], None]] = {}
        self._pushed = 0
        self._waiting = 0
        self._virtual_s = 0.0

    def __len__(self) -> int:
        return self._waiting

    def push(self, item: T, ticket: Ticket, key: Hashable = None) -> Entry[T]:
        """Put `item` in line. Entries with the same `key` (not None) may later leave together."""
        self._pushed += 1
        entry = Entry(item, ticket, key, (self._clock() + AGEING * ticket.size_s, self._pushed))
        group = self._classes[ticket.priority]
        if not group.waiting:
            group.virtual_s = max(group.virtual_s, self._virtual_s)
        group.push(entry)
        if key is not None:
            self._by_key.setdefault(key, {})[entry] = None
        self._waiting += 1
        return entry

    def pop(self) -> T | None:
        """Take the next item; return None where nothing waits."""
        entry = self._next()
        return None if entry is None else entry.item

    def pop_batch(self, most: int, most_cost_s: float, fits: Callable[[T], bool] | None = None) -> list[T]:
        """Take the next item and others of its key that fit beside it: at most `most`, together `most_cost_s`.

        Company is of about the same cost, so that a short unit neither waits for a long one in its call nor is
        kept from a call of its own. With `fits`, items for which it is false are left in line.
        """
        first = self._next(fits)
        if first is None:
            return []
        batch = [first.item]
        cost_s = first.ticket.cost_s
        for entry in self._company(first, most - 1) if most > 1 else ():
            if fits is not None and not fits(entry.item):
                continue
            cost_s += entry.ticket.cost_s
            if cost_s > most_cost_s:
                break
            self._leave(entry)
            self._classes[entry.ticket.priority].charge(entry.ticket)
            batch.append(entry.item)
        return batch

    def withdraw(self, entry: Entry[T]) -> bool:
        """Take an entry out of the line; return False where it has already left."""
        if not entry.waiting:
            return False
        self._leave(entry)
        return True

    def drain(self) -> list[T]:
        """Take everything that waits, in order."""
        items = []
        while (entry := self._next()) is not None:
            items.append(entry.item)
        return items

    def _company(self, first: Entry[T], most: int) -> list[Entry[T]]:
        group = self._by_key.get(first.key) if first.key is not None else None
        if not group:
            return []
        least_s, most_s = first.ticket.cost_s / ALIKE, first.ticket.cost_s * ALIKE
        alike = (entry for entry in group if least_s <= entry.ticket.cost_s <= most_s)
        return list(itertools.islice(alike, most))

    def _next(self, fits: Callable[[T], bool] | None = None) -> Entry[T] | None:
        busy = [name for name, group in self._classes.items() if group.waiting]
        if len(busy) > 1:
            # Sorting keeps the first of equals, and the classes are listed from high to low.
            busy.sort(key=self._finish_s)
        for name in busy:
            group = self._classes[name]
            virtual_s = group.virtual_s
            entry = group.pop(fits)
            if entry is None:  # nothing in this class fits
                continue
            self._virtual_s = virtual_s
            group.virtual_s += max(entry.ticket.cost_s, _LEAST_COST_S) / WEIGHTS[name]
            self._leave(entry)
            return entry
        return None

    def _finish_s(self, name: Priority) -> float:
        """Return the virtual time at which the class will be once it has been served again."""
        group = self._classes[name]
        return group.virtual_s + group.typical_cost_s / WEIGHTS[name]

    def _leave(self, entry: Entry[T]) -> None:
        entry.waiting = False
        self._waiting -= 1
        self._classes[entry.ticket.priority].waiting -= 1
        group = self._by_key.get(entry.key)
        if group is not None:
            group.pop(entry, None)
            if not group:
                del self._by_key[entry.key]
