"""Samples of a voice made fit to stand beside others: no silence around them, no clicks, never clipped."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from dragoman_engines.work import Speech

Samples = NDArray[np.float32]

_FULL_SCALE = 32767
_LOUDEST = 0.98
_SILENT = 0.004
"""Below this share of the loudest sample no voice is heard."""
_BEFORE_S, _AFTER_S = 0.03, 0.06
"""Left around the voice: a consonant begins softly, and a word dies away."""
_FADE_S = 0.008


def finished(samples: Samples, rate_hz: int) -> Speech:
    """Turn float samples of any loudness into 16-bit speech, and silence into no speech at all.

    A voice that is too loud is made quieter as a whole, and one that is not stays as loud as it is.
    """
    samples = _trimmed(np.nan_to_num(samples.ravel()), rate_hz)
    if not samples.size:
        return Speech(pcm=b"", sample_rate_hz=rate_hz)
    loudest = float(np.abs(samples).max())
    gain = min(1.0, _LOUDEST / loudest)
    faded = samples * np.float32(gain) * _envelope(samples.size, rate_hz)
    return Speech(pcm=np.round(faded * _FULL_SCALE).astype("<i2").tobytes(), sample_rate_hz=rate_hz)


def joined(pieces: list[Samples], pause_s: float, rate_hz: int) -> Samples:
    """Join pieces one after the other, their silences cut, with a pause between."""
    pause = np.zeros(round(pause_s * rate_hz), np.float32)
    parts: list[Samples] = []
    for piece in pieces:
        voice = _trimmed(piece.ravel(), rate_hz)
        if voice.size:
            parts += [pause, voice * _envelope(voice.size, rate_hz)] if parts else [voice]
    return np.concatenate(parts) if parts else np.zeros(0, np.float32)


def _trimmed(samples: Samples, rate_hz: int) -> Samples:
    levels = np.abs(samples)
    heard = np.flatnonzero(levels > max(_SILENT * levels.max(initial=0.0), 1 / _FULL_SCALE))
    if not heard.size:
        return samples[:0]
    first = max(0, int(heard[0]) - round(_BEFORE_S * rate_hz))
    return samples[first : int(heard[-1]) + 1 + round(_AFTER_S * rate_hz)]


def _envelope(count: int, rate_hz: int) -> Samples:
    """Return a curve of one, but rising from zero at the start and falling to zero at the end."""
    fade = min(count // 2, round(_FADE_S * rate_hz))
    envelope = np.ones(count, np.float32)
    envelope[:fade] = np.linspace(0, 1, fade, endpoint=False, dtype=np.float32)
    envelope[count - fade :] = envelope[:fade][::-1]
    return envelope
