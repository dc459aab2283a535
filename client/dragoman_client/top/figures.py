"""Figures in few characters, and how fast counters grow."""

from __future__ import annotations

from collections import deque

_BARS = "▁▂▃▄▅▆▇█"
_UNITS_S = (("d", 86400), ("h", 3600), ("m", 60))
_SHORTEST_S, _LONGEST_S = 5.0, 60.0
HISTORY = 60
"""Rates that are remembered."""


def plain(text: object) -> str:
    """Make a text of others safe for a terminal: what could move the cursor, hide or reorder is shown as a mark."""
    return "".join(each if each.isprintable() else "�" for each in str(text))


def duration(ms: float | None) -> str:
    """Format a duration in at most six characters: `0.4ms`, `12ms`, `1.2s`, `2m05`, `3h12`, `4d02`."""
    if ms is None:
        return "-"
    if ms < 9.95:
        return f"{ms:.1f}ms"
    if ms < 999.5:
        return f"{ms:.0f}ms"
    seconds = ms / 1000
    if seconds < 99.95:
        return f"{seconds:.1f}s"
    name, size_s = next(((name, size) for name, size in _UNITS_S if seconds >= size), ("m", 60))
    smaller = {"d": 3600, "h": 60, "m": 1}[name]
    return f"{int(seconds // size_s)}{name}{int(seconds % size_s // smaller):02}"


def count(number: float) -> str:
    """Format a number in at most five characters: `999`, `12.3k`, `1.2M`."""
    if number < 10_000:
        return f"{number:.0f}"
    for name, size in (("k", 1e3), ("M", 1e6), ("G", 1e9)):
        if number < size * 1000:
            return f"{number / size:.1f}{name}" if number < size * 100 else f"{number / size:.0f}{name}"
    return f"{number / 1e12:.0f}T"


def rate(per_s: float | None) -> str:
    """Format a rate by the second, or by the minute where that says more."""
    if not per_s:
        return "0/s"
    if per_s < 0.95:
        return f"{per_s * 60:.0f}/min"
    return f"{per_s:.1f}/s" if per_s < 10 else f"{count(per_s)}/s"


class Rate:
    """The rate of a counter; where the counter falls, the server was started anew.

    Args:
        least: as far back as it takes to see it grow by so much, though at least 5 s and at most a minute.
    """

    def __init__(self, least: float = 10.0) -> None:
        self._least = least
        self.history: deque[float] = deque(maxlen=HISTORY)
        self._seen: deque[tuple[float, float]] = deque()

    def add(self, value: float, at_s: float) -> float:
        """Look at the counter; return its rate per second, 0 at first."""
        seen = self._seen
        if seen and value < seen[-1][1]:
            seen.clear()
        seen.append((at_s, value))
        while len(seen) > 2 and seen[1][0] <= at_s - _LONGEST_S:
            seen.popleft()
        enough = (one for one in reversed(seen) if at_s - one[0] >= _SHORTEST_S and value - one[1] >= self._least)
        begin_s, begin = next(enough, seen[0])
        per_s = (value - begin) / (at_s - begin_s) if at_s > begin_s else 0.0
        self.history.append(per_s)
        return per_s

    def sparkline(self, width: int) -> str:
        """Draw the last `width` rates as bars."""
        shown = list(self.history)[-width:]
        highest = max(shown, default=0.0) or 1.0
        return "".join(_BARS[round(each / highest * (len(_BARS) - 1))] for each in shown).rjust(width)
