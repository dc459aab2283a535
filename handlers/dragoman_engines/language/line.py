"""The line in front of a model: first come, first served within a priority, and no priority waits for ever."""

from __future__ import annotations

from bisect import bisect_left, insort
from dataclasses import dataclass, field

from dragoman_engines.language.budget import Reservation
from dragoman_engines.pool.fair_queue import WEIGHTS, Priority


@dataclass(eq=False, kw_only=True)
class Call:
    """A call to a model, from the line to its end."""

    tokens: float
    """That it will probably take, question and answer."""
    priority: Priority = "normal"
    number: int = 0
    """Its place in the order of arrival; a repeat keeps it."""
    entered_s: float = 0.0
    began_s: float = 0.0
    made: int = 0
    """How often it was made."""
    repeats: int = 0
    """How often it was made again of those times that count."""
    trial: bool = False
    """It is the one that a half-open circuit lets through."""
    reservation: Reservation | None = None
    """While it is on its way."""


@dataclass
class _Class:
    numbers: list[int] = field(default_factory=list)
    """In order."""
    virtual: float = 0.0


class Line:
    """Calls that wait. High, normal and low have 16, 4 and 1 parts of the turns where all of them wait."""

    def __init__(self) -> None:
        self._calls: dict[int, Call] = {}
        self._classes: dict[Priority, _Class] = {name: _Class() for name in WEIGHTS}
        self._virtual = 0.0

    def __len__(self) -> int:
        return len(self._calls)

    def __contains__(self, call: Call) -> bool:
        return call.number in self._calls

    def push(self, call: Call) -> None:
        """Put a call in its place by its number."""
        group = self._classes[call.priority]
        if not group.numbers:
            group.virtual = max(group.virtual, self._virtual)
        insort(group.numbers, call.number)
        self._calls[call.number] = call

    def first(self) -> Call | None:
        """Return the call whose turn it is, and leave it in line."""
        busy = [(group.virtual + 1 / WEIGHTS[name], group) for name, group in self._classes.items() if group.numbers]
        if not busy:
            return None
        return self._calls[min(busy, key=lambda each: each[0])[1].numbers[0]]

    def take(self, call: Call) -> None:
        """Take the call out whose turn it is."""
        group = self._classes[call.priority]
        self._virtual = max(self._virtual, group.virtual)
        group.virtual += 1 / WEIGHTS[call.priority]
        self.remove(call)

    def remove(self, call: Call) -> None:
        """Take a call out that is no longer wanted."""
        del self._calls[call.number]
        numbers = self._classes[call.priority].numbers
        del numbers[bisect_left(numbers, call.number)]

    def position(self, call: Call) -> int:
        """Return its place, from 1: after those of its priority that came before it, and all of a higher one."""
        place = 1
        for name, group in self._classes.items():
            if name == call.priority:
                return place + bisect_left(group.numbers, call.number)
            place += len(group.numbers)
        return place

    def calls(self) -> list[Call]:
        """Return all that wait."""
        return list(self._calls.values())
