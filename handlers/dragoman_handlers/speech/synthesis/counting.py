"""The sound that a request makes, counted while it is made: what it may make is bounded before it is joined."""

from __future__ import annotations

import math

from dragoman_engines.work import Speech
from dragoman_handlers.base import Context

_SAMPLE_BYTES = 2


class CountedSpeech:
    """Counts the sound of a text with its request, piece by piece, before it is joined.

    Args:
        context: has the limits.
        pause_s: the longest pause after a piece.
    """

    def __init__(self, context: Context, pause_s: float) -> None:
        self._context = context
        self._pause_s = pause_s
        self._bytes = 0
        self._speech_s = 0.0

    def add(self, speech: Speech) -> None:
        """Count a piece with a pause, wherever it is used.

        Raises:
            TooLarge: the request has made more than it may.
            Overloaded: what other requests hold leaves no room for it.
        """
        bytes_per_s = _SAMPLE_BYTES * speech.sample_rate_hz
        seconds = len(speech.pcm) / bytes_per_s + self._pause_s
        self._hold(math.ceil(seconds * bytes_per_s), seconds)

    def instead(self, size_bytes: int) -> None:
        """Count a file of this size, in place of the samples in it.

        Raises:
            TooLarge: the request has made more than it may.
            Overloaded: what other requests hold leaves no room for it.
        """
        self._hold(size_bytes - self._bytes, 0.0)

    def take_back(self) -> None:
        """Count nothing of it any more: there is no sound."""
        self._hold(-self._bytes, -self._speech_s)

    def _hold(self, size_bytes: int, speech_s: float) -> None:
        self._context.hold(size_bytes, speech_s)
        self._bytes += size_bytes
        self._speech_s += speech_s
