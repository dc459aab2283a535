"""Time stamps to silence: a frame belongs where its time stamp says, not where the one before it happens to end."""

from __future__ import annotations

STAMPED_FORMATS = frozenset({"matroska", "mov", "ogg", "asf"})
"""Demuxers whose time stamps are in the file. The others count bytes or frames, and nothing can be missing."""
_TOLERANCE_S = 0.1
"""Stamps are rounded, and clocks drift; a break that is shorter is none."""


class Timeline:
    """Follows the time stamps of one track.

    Args:
        most_s: a track whose first stamp is later has another clock than the recording's; it begins at that stamp.
    """

    def __init__(self, most_s: float) -> None:
        self._most_s = most_s
        self._next_s: float | None = None

    def gap_s(self, stamp_s: float | None, length_s: float) -> float:
        """Take a frame into account; return the seconds of silence before it.

        Stamps that go back begin anew from there, as in chained files: sound is never left out.

        Args:
            stamp_s: when the frame begins; None where it does not say.
            length_s: how long it is.
        """
        if self._next_s is None:
            of_ours = stamp_s is None or 0 <= stamp_s <= self._most_s
            self._next_s = 0.0 if of_ours else stamp_s or 0.0
        gap_s = 0.0
        if stamp_s is not None and abs(stamp_s - self._next_s) > _TOLERANCE_S:
            gap_s = max(0.0, stamp_s - self._next_s)
            self._next_s = stamp_s
        self._next_s += length_s
        return gap_s
