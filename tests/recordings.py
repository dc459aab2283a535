"""Recordings that tests make: WAV by hand, others with PyAV. Samples are int16 of shape (samples, channels)."""

from __future__ import annotations

import struct
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

av = pytest.importorskip("av", reason="the [models] extra is not installed")
np = pytest.importorskip("numpy", reason="the [models] extra is not installed")


def tone(seconds: float, rate_hz: int = 16_000, frequency_hz: float = 440.0, level: int = 8000) -> Any:
    times = np.arange(int(rate_hz * seconds)) / rate_hz
    return (np.sin(2 * np.pi * frequency_hz * times) * level).astype(np.int16)[:, None]


def wav(samples: Any, rate_hz: int = 16_000, claimed_bytes: int | None = None) -> bytes:
    """A WAV file whose data chunk may claim another length than it has."""
    data: bytes = samples.astype("<i2").tobytes()
    channels = samples.shape[1]
    size = len(data) if claimed_bytes is None else claimed_bytes
    form = struct.pack("<4sIHHIIHH", b"fmt ", 16, 1, channels, rate_hz, rate_hz * 2 * channels, 2 * channels, 16)
    head = b"RIFF" + struct.pack("<I", min(0xFFFF_FFFF, 36 + size)) + b"WAVE"
    return head + form + struct.pack("<4sI", b"data", size) + data


def encoded(
    pieces: Sequence[tuple[float, Any]],
    format_: str,
    codec: str,
    *,
    rate_hz: int = 48_000,
    layout: str = "mono",
    options: dict[str, str] | None = None,
) -> bytes:
    """A file whose pieces begin at the times given with them, in seconds; between them are no packets."""
    return tracks([(pieces, layout)], format_, codec, rate_hz=rate_hz, options=options)


def tracks(
    contents: Sequence[tuple[Sequence[tuple[float, Any]], str]],
    format_: str,
    codec: str,
    *,
    rate_hz: int = 48_000,
    defaults: Sequence[int] | None = None,
    options: dict[str, str] | None = None,
) -> bytes:
    """A file with several audio tracks, each of pieces as in `encoded`, and a layout; `defaults` are flagged so."""
    with tempfile.TemporaryDirectory(prefix="dragoman-recording-") as folder:
        # A real file: an index is put in front by reading the file again.
        path = Path(folder) / "recording"
        _write(path, contents, format_, codec, rate_hz, defaults, options or {})
        return path.read_bytes()


def _write(
    path: Path,
    contents: Sequence[tuple[Sequence[tuple[float, Any]], str]],
    format_: str,
    codec: str,
    rate_hz: int,
    defaults: Sequence[int] | None,
    options: dict[str, str],
) -> None:
    with av.open(str(path), "w", format=format_, options=options) as container:
        streams = [container.add_stream(codec, rate=rate_hz, layout=layout) for _, layout in contents]
        if defaults is not None:
            for index, stream in enumerate(streams):
                stream.disposition = av.stream.Disposition.default if index in defaults else av.stream.Disposition(0)
        packets = []
        for stream, (pieces, layout) in zip(streams, contents, strict=True):
            for begin_s, samples in pieces:
                size = stream.codec_context.frame_size or 1024
                resampler = av.AudioResampler(stream.format, layout, rate_hz, frame_size=size)
                frame = av.AudioFrame.from_ndarray(samples.reshape(1, -1), format="s16", layout=layout)
                frame.sample_rate, frame.pts = rate_hz, 0
                at = round(begin_s * rate_hz)
                for converted in [*resampler.resample(frame), *resampler.resample(None)]:
                    converted.pts, at = at, at + converted.samples
                    packets += stream.encode(converted)
            packets += stream.encode(None)
        for packet in sorted(packets, key=lambda one: float(one.pts * one.time_base)):
            container.mux(packet)
