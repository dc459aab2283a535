"""Speech to Opus in Ogg, with PyAV: a tenth of a WAV, and what chat programs send each other."""

from __future__ import annotations

import io

import av
import numpy as np

_RATE_HZ = 24_000
"""Opus knows few rates; this one holds all that voices have."""
_BITS_PER_S = 32_000
_OPTIONS = {"application": "voip"}
_STEP_S = 1


def encode_ogg(pcm: bytes, rate_hz: int) -> bytes:
    """Make an Ogg file of mono Opus.

    Args:
        pcm: signed 16-bit little-endian samples; at least one.
        rate_hz: of the samples.
    """
    samples = np.frombuffer(pcm, "<i2")
    file = io.BytesIO()
    with av.open(file, "w", format="ogg") as container:
        stream = container.add_stream("libopus", rate=_RATE_HZ, layout="mono", options=_OPTIONS)
        stream.bit_rate = _BITS_PER_S
        resampler = av.AudioResampler(format="s16", layout="mono", rate=_RATE_HZ)
        for start in range(0, samples.size, _STEP_S * rate_hz):
            step = samples[start : start + _STEP_S * rate_hz]
            frame = av.AudioFrame.from_ndarray(step.reshape(1, -1), format="s16", layout="mono")
            frame.sample_rate = rate_hz
            for converted in resampler.resample(frame):
                container.mux(stream.encode(converted))
        for converted in resampler.resample(None):
            container.mux(stream.encode(converted))
        container.mux(stream.encode(None))
    return file.getvalue()
