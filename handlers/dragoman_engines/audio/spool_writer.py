"""Writing a spool file: samples one after the other, and silence that takes no room on the disk."""

from __future__ import annotations

from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from dragoman_engines.audio.failures import TooLongError
from dragoman_engines.work import SPOOL_RATE_HZ

_SAMPLE_BYTES = 2


class SpoolWriter:
    """Writes raw samples, signed 16 bit, mono, 16 kHz, up to a limit.

    Args:
        file: empty, and open for writing without a buffer.
        max_duration_s: seconds of sound and silence together that are allowed.
    """

    def __init__(self, file: BinaryIO, max_duration_s: float) -> None:
        self.samples = 0
        """Written so far."""
        self._file = file
        self._max_duration_s = max_duration_s

    def write(self, samples: NDArray[np.int16]) -> None:
        """Append samples.

        Raises:
            TooLongError: it would be longer than the limit.
            OSError: the disk is full.
        """
        self.check_room(samples.size)
        self.samples += samples.size
        if samples.size:
            self._file.write(samples.astype("<i2", copy=False).tobytes())

    def silence(self, samples: int) -> None:
        """Append so much silence, as a hole in the file.

        Raises:
            TooLongError: it would be longer than the limit.
        """
        self.check_room(samples)
        self.samples += samples
        self._file.truncate(self.samples * _SAMPLE_BYTES)
        self._file.seek(self.samples * _SAMPLE_BYTES)

    def rewind(self, samples: int) -> None:
        """Take back what is behind so many samples."""
        self.samples = samples
        self._file.truncate(samples * _SAMPLE_BYTES)
        self._file.seek(samples * _SAMPLE_BYTES)

    def check_room(self, samples: int) -> None:
        """Check that so many more may be written.

        Raises:
            TooLongError: they may not.
        """
        if self.samples + samples > self._max_duration_s * SPOOL_RATE_HZ:
            raise TooLongError(f"the recording is longer than the limit audio_s of {self._max_duration_s:g} s")
