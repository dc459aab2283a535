"""Where speech is, by Silero's network as faster-whisper ships it. The level of the sound does not matter."""

from __future__ import annotations

import numpy as np
from faster_whisper.vad import get_vad_model
from numpy.typing import NDArray

FRAME_SAMPLES = 512
"""The network judges pieces of 32 ms."""
_LEVEL = 0.1
"""Root mean square that the louder pieces are brought to: about that of speech in a good recording."""
_MOST_GAIN = 1000.0
_LOUDER = 95
"""Percentile of the pieces' levels that stands for the sound's own."""


def frame_levels(samples: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the root mean square of each piece of 32 ms; the last may be padded with zeros."""
    frames = _frames(samples)
    return np.sqrt(np.mean(np.square(frames), axis=1, dtype=np.float32)).astype(np.float32)


def speech_probabilities(samples: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return how probably each piece of 32 ms is speech, 0 to 1, at whatever level it was recorded.

    Args:
        samples: float32, shape (samples,), 16 kHz; at least one.
    """
    loud = float(np.percentile(frame_levels(samples), _LOUDER))
    if loud <= 0:
        return np.zeros(-(-samples.size // FRAME_SAMPLES), np.float32)
    scaled = _frames(samples).ravel() * np.float32(min(_MOST_GAIN, _LEVEL / loud))
    probabilities: NDArray[np.float32] = get_vad_model()(np.clip(scaled, -1, 1)).ravel()
    return probabilities


def _frames(samples: NDArray[np.float32]) -> NDArray[np.float32]:
    missing = -samples.size % FRAME_SAMPLES
    padded = np.pad(samples, (0, missing)) if missing else samples
    return padded.reshape(-1, FRAME_SAMPLES)
