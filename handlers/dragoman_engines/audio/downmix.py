"""Frames of any format to mono samples at 16 kHz."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import av
import numpy as np
from numpy.typing import NDArray

from dragoman_engines.audio.channels import MOST_CHANNELS, ChannelMixer
from dragoman_engines.audio.failures import UndecodableError
from dragoman_engines.work import SPOOL_RATE_HZ

_LOWEST_RATE_HZ, _HIGHEST_RATE_HZ = 2_000, 768_000
_FLUSH = None


class Downmix:
    """Resamples and mixes; starts again where the stream changes its format, as chained Ogg files do."""

    def __init__(self) -> None:
        self._format: tuple[str, str, int] | None = None
        self._resampler: Any = None
        self._mixer: ChannelMixer | None = None

    def convert(self, frame: Any) -> Iterator[NDArray[np.int16]]:
        """Yield the samples that are ready, also empty arrays: a pause between two steps of work.

        Raises:
            UndecodableError: the frame is in no format of a recording's.
        """
        format_ = (frame.format.name, frame.layout.name, frame.sample_rate)
        if format_ != self._format:
            yield from self.flush()
            self._begin(frame)
            self._format = format_
        # The samples follow one another; where there is a gap between them, `flush` is called.
        frame.pts = None
        yield from self._run(frame)

    def flush(self) -> Iterator[NDArray[np.int16]]:
        """Yield what is left, as `convert` does; the next frame begins anew."""
        if self._resampler is not None:
            yield from self._run(_FLUSH)
            if self._mixer is not None:
                yield from self._mixer.flush()
        self._format = self._resampler = None

    def _begin(self, frame: Any) -> None:
        channels = frame.layout.nb_channels
        if not _LOWEST_RATE_HZ <= frame.sample_rate <= _HIGHEST_RATE_HZ:
            raise UndecodableError(f"a sample rate of {frame.sample_rate} Hz is no recording's")
        if not 1 <= channels <= MOST_CHANNELS:
            raise UndecodableError(f"{channels} channels are more than the {MOST_CHANNELS} of a recording")
        if channels == 1:
            self._mixer = None
            self._resampler = av.AudioResampler(format="s16", layout="mono", rate=SPOOL_RATE_HZ)
            return
        # Packed, and in the layout that it has: FFmpeg mixes nothing then.
        self._resampler = av.AudioResampler(format="flt", layout=frame.layout, rate=SPOOL_RATE_HZ)
        if self._mixer is None or self._mixer.channels != channels:
            self._mixer = ChannelMixer(channels)

    def _run(self, frame: Any) -> Iterator[NDArray[np.int16]]:
        try:
            frames = self._resampler.resample(frame)
        except (av.FFmpegError, ValueError) as error:
            raise UndecodableError(f"the recording's sound cannot be converted: {error}") from error
        for converted in frames:
            samples = converted.to_ndarray()
            if self._mixer is None:
                yield samples[0]
            else:
                yield from self._mixer.feed(samples.reshape(-1, self._mixer.channels).T)
