"""Speech to files that are smaller than a WAV, with PyAV: Opus in Ogg, MP3, FLAC."""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import dataclass, field

import av
import numpy as np

from dragoman_engines.work import FileFormat

_STEP_S = 1
_MP3_RATES_HZ = (8_000, 11_025, 12_000, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000)


@dataclass(frozen=True, kw_only=True)
class _Encoding:
    """How a format is written."""

    container: str
    codec: str
    sample_format: str
    bits_per_s: int | None = None
    """None where it loses nothing."""
    rates_hz: tuple[int, ...] = ()
    """Those that it knows; empty: any."""
    options: Mapping[str, str] = field(default_factory=dict)

    def rate_hz(self, given_hz: int) -> int:
        """Return the lowest rate that holds all of the sound, or the highest that there is."""
        if not self.rates_hz:
            return given_hz
        return min((rate for rate in self.rates_hz if rate >= given_hz), default=self.rates_hz[-1])


_ENCODINGS: Mapping[FileFormat, _Encoding] = {
    # 24 kHz hold all that voices have.
    "ogg": _Encoding(
        container="ogg",
        codec="libopus",
        sample_format="s16",
        bits_per_s=32_000,
        rates_hz=(24_000,),
        options={"application": "voip"},
    ),
    "mp3": _Encoding(
        container="mp3", codec="libmp3lame", sample_format="s16p", bits_per_s=64_000, rates_hz=_MP3_RATES_HZ
    ),
    "flac": _Encoding(container="flac", codec="flac", sample_format="s16"),
}


def encode(pcm: bytes, rate_hz: int, form: FileFormat) -> bytes:
    """Make a mono file.

    Args:
        pcm: signed 16-bit little-endian samples; at least one.
        rate_hz: of the samples.
        form: of the file.
    """
    encoding = _ENCODINGS[form]
    samples = np.frombuffer(pcm, "<i2")
    target_hz = encoding.rate_hz(rate_hz)
    file = io.BytesIO()
    with av.open(file, "w", format=encoding.container) as container:
        stream = container.add_stream(encoding.codec, rate=target_hz, layout="mono", options=dict(encoding.options))
        stream.format = encoding.sample_format
        if encoding.bits_per_s is not None:
            stream.bit_rate = encoding.bits_per_s
        resampler = av.AudioResampler(format=encoding.sample_format, layout="mono", rate=target_hz)
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
