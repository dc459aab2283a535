"""Reading the spool files: raw samples, signed 16 bit, mono, 16 kHz."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

SAMPLE_BYTES = 2
_FULL_SCALE = 32768.0


def read_spans(pcm_path: str, spans: Iterable[tuple[int, int]]) -> NDArray[np.float32]:
    """Read the samples of the spans [start, end), one after the other.

    Only these samples are read, however long the file. What lies outside the file is left out.

    Returns:
        float32, shape (samples,), -1 to 1.

    Raises:
        OSError: the file cannot be read.
    """
    # An empty file cannot be mapped.
    if Path(pcm_path).stat().st_size < SAMPLE_BYTES:
        return np.zeros(0, np.float32)
    samples = np.memmap(pcm_path, dtype="<i2", mode="r")
    parts = [samples[max(0, start) : max(0, end)] for start, end in spans]
    if not parts:
        return np.zeros(0, np.float32)
    return np.concatenate(parts).astype(np.float32) / np.float32(_FULL_SCALE)
