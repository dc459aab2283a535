"""What a run is asked for. Imports nothing heavy: the command line reads it for its options."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """What is sent."""

    TRANSLATION = "translation"
    TRANSCRIPTION = "transcription"
    VOICE = "voice"
    PING = "ping"


class Arrivals(StrEnum):
    """When the requests of an open loop are due."""

    POISSON = "poisson"
    """At random and independently of each other, as from many people."""
    CONSTANT = "constant"
    """At equal distances."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Plan:
    """One run, and its bounds."""

    weights: Mapping[Kind, float]
    """The weight of each kind, relative to the others."""
    duration_s: float
    """For how long requests are sent."""
    timeout_s: float
    """The time within which a request must end; an accepted one that does not counts as lost."""
    rate: float | None = None
    """Requests per second of an open loop; None is a closed loop."""
    arrivals: Arrivals = Arrivals.POISSON
    """Of an open loop."""
    concurrency: int = 16
    """Requests in flight in a closed loop."""
    number: int | None = None
    """Requests at most."""
    outstanding: int = 1000
    """Requests in flight at most in an open loop; one that is due waits for a place, and its time counts."""
    source: str = "en"
    targets: tuple[str, ...] = ("pt",)
    peers: int = 1
    """Names that the requests come from in turn."""
    seed: int = 1
    """Of the order of kinds, samples and arrivals."""

    @property
    def most_in_flight(self) -> int:
        """Return how many requests may be in flight at once."""
        return self.concurrency if self.rate is None else self.outstanding


def parse_mix(text: str) -> dict[Kind, float]:
    """Parse weights from `translation=8,voice=1`; a kind without a number weighs 1.

    Raises:
        ValueError: the sentence says what is wrong.
    """
    weights: dict[Kind, float] = {}
    for part in filter(None, (each.strip() for each in text.split(","))):
        name, equals, number = (each.strip() for each in part.partition("="))
        if name not in tuple(Kind):
            raise ValueError(f"{name!r} is none of {', '.join(Kind)}")
        try:
            weight = float(number) if equals else 1.0
        except ValueError:
            raise ValueError(f"{number!r} is no weight for {name}") from None
        if not 0 <= weight < float("inf"):
            raise ValueError(f"the weight of {name} is {number}; it must be 0 or more")
        weights[Kind(name)] = weight
    if not any(weights.values()):
        raise ValueError("nothing would be sent: name a kind, as in translation=8,voice=1")
    return {kind: weight for kind, weight in weights.items() if weight}
