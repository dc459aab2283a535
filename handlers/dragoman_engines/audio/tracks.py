"""Which audio track of a recording is heard."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dragoman_engines.audio.failures import NoSuchTrackError, UndecodableError
from dragoman_engines.audio.speech_finder import FRAME_SAMPLES, speech_probabilities
from dragoman_engines.work import SPOOL_RATE_HZ

MOST_TRIED = 8
"""Tracks in which speech is looked for: each is decoded for it."""
_LISTEN_S = 8
_SPEECH = 0.5
_LEAST_FRAMES = 8
"""A quarter of a second of speech: less may be a click."""


def tracks_in_order(container: Any, decoders: Collection[str], wanted: int | None) -> list[int]:
    """Return the indexes of the audio tracks that are to be tried, counted from 0: default tracks first.

    Args:
        container: a recording that is open.
        decoders: the names of the decoders in use.
        wanted: the only one to be tried, where the request says so.

    Raises:
        NoSuchTrackError: there is no such track.
        UndecodableError: there is none that can be decoded.
    """
    streams = list(container.streams.audio)
    if wanted is not None and wanted >= len(streams):
        raise NoSuchTrackError(f"audioTrack: there is no track {wanted}; {_told(len(streams))}")
    if not streams:
        raise UndecodableError("the recording has no sound")
    tried = range(len(streams)) if wanted is None else [wanted]
    known = [index for index in tried if _decoder(streams[index]) in decoders]
    if not known:
        raise UndecodableError("the recording's sound is coded in a way that the decoder does not know")
    # A stable sort: of several default tracks, and of the others, the first is first.
    return sorted(known, key=lambda index: not _is_default(streams[index]))[:MOST_TRIED]


def _told(count: int) -> str:
    if not count:
        return "the recording has no audio track"
    if count == 1:
        return "the recording has 1 audio track, 0"
    return f"the recording has {count} audio tracks, 0 to {count - 1}"


def _decoder(stream: Any) -> str:
    return stream.codec_context.name if stream.codec_context is not None else ""


def _is_default(stream: Any) -> bool:
    return bool(stream.disposition & type(stream.disposition).default)


class SpeechListener:
    """Notes whether speech has been heard."""

    def __init__(self) -> None:
        self._pieces: list[NDArray[np.int16]] = []
        self._have = 0
        self._frames = 0

    def feed(self, samples: NDArray[np.int16]) -> None:
        """Listen to samples at 16 kHz; they are judged eight seconds at a time."""
        if self._frames < _LEAST_FRAMES:
            self._pieces.append(samples)
            self._have += samples.size
            if self._have >= _LISTEN_S * SPOOL_RATE_HZ:
                self._judge()

    def heard(self) -> bool:
        """Return whether there was a quarter of a second of speech in all that was fed."""
        if self._have >= FRAME_SAMPLES:
            self._judge()
        return self._frames >= _LEAST_FRAMES

    def _judge(self) -> None:
        sound = np.concatenate(self._pieces).astype(np.float32) / np.float32(32768)
        self._pieces, self._have = [], 0
        if sound.any():
            self._frames += int(np.count_nonzero(speech_probabilities(sound) >= _SPEECH))
