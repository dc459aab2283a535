"""Opus in Ogg, made by our encoder and read by FFmpeg."""

from __future__ import annotations

import io
from typing import Any

import pytest

av = pytest.importorskip("av", reason="the [models] extra is not installed")
np = pytest.importorskip("numpy", reason="the [models] extra is not installed")

from dragoman_engines.audio.encoder import encode  # noqa: E402
from dragoman_engines.base import EngineSpec  # noqa: E402 -- needs what is looked for above
from dragoman_engines.echo import EchoEngine  # noqa: E402
from dragoman_engines.work import EncodeAudio, EncodedAudio  # noqa: E402

pytestmark = pytest.mark.models

PITCH_HZ = 440


def tone(seconds: float, rate_hz: int) -> bytes:
    time_s = np.arange(round(seconds * rate_hz)) / rate_hz
    return bytes((8000 * np.sin(2 * np.pi * PITCH_HZ * time_s)).astype("<i2").tobytes())


def decoded(file: bytes) -> tuple[Any, int]:
    """The samples of a file, and their rate, as FFmpeg reads them."""
    with av.open(io.BytesIO(file)) as container:
        assert container.format.name == "ogg"
        [stream] = container.streams
        assert stream.codec_context.name == "opus"
        assert stream.codec_context.channels == 1
        frames = [frame.to_ndarray().ravel() for frame in container.decode(stream)]
        return np.concatenate(frames).astype(float), stream.codec_context.sample_rate


@pytest.mark.parametrize("rate_hz", [16_000, 22_050, 24_000, 48_000])
@pytest.mark.parametrize("seconds", [0.05, 1.0, 3.21])
def test_a_file_lasts_as_long_as_its_samples(rate_hz: int, seconds: float) -> None:
    samples, read_hz = decoded(encode(tone(seconds, rate_hz), rate_hz, "ogg"))
    assert samples.size / read_hz == pytest.approx(seconds, abs=0.021)


def test_what_was_said_is_heard_at_its_pitch() -> None:
    samples, read_hz = decoded(encode(tone(1.0, 22_050), 22_050, "ogg"))
    spectrum = np.abs(np.fft.rfft(samples))
    assert np.fft.rfftfreq(samples.size, 1 / read_hz)[spectrum.argmax()] == pytest.approx(PITCH_HZ, abs=3)


def test_a_file_is_a_tenth_of_the_samples() -> None:
    # Noise, as in breath, beside the tone: what is smoother than any voice is no measure.
    noise = np.random.default_rng(0).normal(0, 500, 240_000)
    pcm = (np.frombuffer(tone(10, 24_000), "<i2") + noise).astype("<i2").tobytes()
    assert len(encode(pcm, 24_000, "ogg")) < len(pcm) / 10


def test_a_single_sample_is_a_file_too() -> None:
    assert encode(b"\1\0", 24_000, "ogg")[:4] == b"OggS"


def test_the_echo_engine_makes_real_files() -> None:
    [result] = EchoEngine(EngineSpec(kind="decoder", model="echo")).run(
        [EncodeAudio(pcm=tone(0.5, 16_000), sample_rate_hz=16_000)]
    )
    assert isinstance(result, EncodedAudio)
    samples, read_hz = decoded(result.data)
    assert samples.size / read_hz == pytest.approx(0.5, abs=0.021)
