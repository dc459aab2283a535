"""A recording for servers that only need some sound. Standard library only."""

from __future__ import annotations

import array
import io
import math
import wave

RATE_HZ = 16_000


def tone(seconds: float = 0.5, pitch_hz: float = 330.0) -> bytes:
    """A mono 16-bit WAV of one tone."""
    count = round(seconds * RATE_HZ)
    return _wav(array.array("h", (round(6000 * math.sin(math.tau * pitch_hz * at / RATE_HZ)) for at in range(count))))


def silence(seconds: float = 0.5) -> bytes:
    """A mono 16-bit WAV in which nothing is heard."""
    return _wav(array.array("h", bytes(2 * round(seconds * RATE_HZ))))


def _wav(samples: array.array[int]) -> bytes:
    file = io.BytesIO()
    with wave.open(file, "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(RATE_HZ)
        out.writeframes(samples.tobytes())
    return file.getvalue()
