"""Requests and tokens that a model may take in a minute and in a day, reserved together before each call."""

from __future__ import annotations

from dataclasses import dataclass

from dragoman_engines.language.windows import Use, Window
from dragoman_wire.errors import TooLarge

MINUTE_S, DAY_S = 60.0, 86_400.0
MARGIN_S = 1.0
"""A call arrives a little after it was made, and not always equally late: a minute counts so much longer here."""


@dataclass(frozen=True, kw_only=True)
class Limits:
    """What may be used; 0: any."""

    requests_per_minute: int = 0
    tokens_per_minute: int = 0
    requests_per_day: int = 0
    tokens_per_day: int = 0


@dataclass(frozen=True, kw_only=True, slots=True)
class Told:
    """What the model's server says is left of one of its own limits."""

    left: float
    reset_s: float
    """In how many seconds all of it is there again."""


@dataclass(slots=True)
class _Left:
    """The same, as it is used up."""

    left: float = 0.0
    until_s: float = 0.0


class Reservation:
    """One request and its tokens, in all windows."""

    __slots__ = ("settled", "tokens", "uses")

    def __init__(self, tokens: float, uses: list[tuple[Window, Use, float]]) -> None:
        self.tokens = tokens
        self.uses = uses
        """In which window, where in it, and how much of it for each token; 0: one for the request."""
        self.settled = False


class Budget:
    """All limits of one model. Nothing waits for one of them while it holds another: they are taken at once or not.

    Args:
        limits: of any minute and of any day.
    """

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        minute_s = MINUTE_S + MARGIN_S
        self._requests = [
            Window(limits.requests_per_minute, minute_s),
            Window(limits.requests_per_day, DAY_S),
        ]
        self._tokens = [Window(limits.tokens_per_minute, minute_s), Window(limits.tokens_per_day, DAY_S)]
        self._stopped_until_s = 0.0
        self._told = {"requests": _Left(), "tokens": _Left()}

    def check(self, tokens: float) -> None:
        """Check that a call can ever be made.

        Raises:
            TooLarge: it needs more tokens than a whole minute or day has.
        """
        for window, name in zip(self._tokens, ("tokens_per_minute", "tokens_per_day"), strict=True):
            if window.limit and tokens > window.limit:
                raise TooLarge(
                    f"the request needs about {tokens:.0f} tokens; the limit {name} of its model is {window.limit:.0f}"
                )

    def wait_s(self, tokens: float, now_s: float, share: float = 1.0) -> float:
        """Return the seconds until one request with so many tokens may be made; 0 where that is now.

        Args:
            tokens: that it will probably take.
            now_s: the time.
            share: of the limits of a minute that may be used at present.
        """
        waits_s = [self._stopped_until_s - now_s]
        for window, amount in [*((each, 1.0) for each in self._requests), *((each, tokens) for each in self._tokens)]:
            waits_s.append(window.wait_s(amount, now_s, share if window.span_s < DAY_S else 1.0))
        for name, amount in (("requests", 1.0), ("tokens", tokens)):
            told = self._told[name]
            if told.left < amount:
                waits_s.append(told.until_s - now_s)
        return max(0.0, *waits_s)

    def take(self, tokens: float, now_s: float) -> Reservation:
        """Reserve one request and its tokens, in every window."""
        uses = [(window, window.take(1.0, now_s), 0.0) for window in self._requests]
        uses += [(window, window.take(tokens, now_s), 1.0) for window in self._tokens]
        self._told["requests"].left -= 1.0
        self._told["tokens"].left -= tokens
        return Reservation(tokens, uses)

    def settle(self, reservation: Reservation, tokens: float) -> None:
        """Replace what was reserved by what was used: give the rest back, or charge what it was more."""
        if not reservation.settled:
            reservation.settled = True
            for window, use, per_token in reservation.uses:
                window.change(use, per_token * (tokens - reservation.tokens))

    def give_back(self, reservation: Reservation) -> None:
        """Undo a reservation: the call was never made."""
        if not reservation.settled:
            reservation.settled = True
            for window, use, per_token in reservation.uses:
                window.change(use, -reservation.tokens if per_token else -1.0)

    def stop(self, for_s: float, now_s: float) -> None:
        """Let no call be made for so long: the model's server asked for that."""
        self._stopped_until_s = max(self._stopped_until_s, now_s + for_s)

    def learn(self, name: str, told: Told, now_s: float) -> None:
        """Note what the model's server says is left of `requests` or of `tokens`."""
        self._told[name] = _Left(told.left, now_s + told.reset_s)

    def used(self, now_s: float) -> dict[str, float]:
        """Return what was used of each limit, by its name."""
        names = ("requests_per_minute", "requests_per_day", "tokens_per_minute", "tokens_per_day")
        return {
            name: round(window.used(now_s))
            for name, window in zip(names, [*self._requests, *self._tokens], strict=True)
        }

    def day(self, now_s: float) -> tuple[list[tuple[float, float]], list[tuple[float, float]]]:
        """Return the requests and the tokens of the last day by their age, for a later server."""
        return self._requests[1].ages(now_s), self._tokens[1].ages(now_s)

    def restore_day(
        self, requests: list[tuple[float, float]], tokens: list[tuple[float, float]], now_s: float
    ) -> None:
        """Take over what an earlier server used of the last day."""
        self._requests[1].restore(requests, now_s)
        self._tokens[1].restore(tokens, now_s)
