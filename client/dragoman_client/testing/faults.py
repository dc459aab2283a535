"""Faults that a fake server has on demand: which requests they befall, and how often."""

from __future__ import annotations

from dataclasses import dataclass

from dragoman_wire.errors import DragomanError


@dataclass(kw_only=True, slots=True)
class Fault:
    """Befalls the next requests of a type."""

    kind: str | None
    """The `type` of the requests; None befalls all but pings."""
    times: int
    """How many requests are still to be befallen."""


@dataclass(kw_only=True, slots=True)
class Drop(Fault):
    """The request is lost."""


@dataclass(kw_only=True, slots=True)
class Delay(Fault):
    """Its events come later."""

    seconds: float


@dataclass(kw_only=True, slots=True)
class Refuse(Fault):
    """It is refused."""

    error: DragomanError


@dataclass(kw_only=True, slots=True)
class Die(Fault):
    """The server ends as if it were killed, after so many of the events have left."""

    after: int


@dataclass(kw_only=True, slots=True)
class Garble(Fault):
    """In the place of its events come bytes that are none."""
