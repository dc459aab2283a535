"""Which channels of a recording are heard: real speech, placed and disturbed, through the real decoder."""

from __future__ import annotations

import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from dragoman_engines.base import Engine, EngineSpec
from dragoman_engines.process.factory import make_engine
from dragoman_engines.work import DecodedAudio
from tests.decoding import decode_whole
from tests.harness import DATA

av = pytest.importorskip("av", reason="the [models] extra is not installed")
np = pytest.importorskip("numpy", reason="the [models] extra is not installed")
pytest.importorskip("faster_whisper", reason="the [models] extra is not installed")

from tests.recordings import encoded, wav  # noqa: E402 -- it needs PyAV

pytestmark = pytest.mark.models

Channels = Callable[[Any], list[Any]]
CLOSE = 0.9
"""Correlation with the speech itself: everything else lies 7 dB or more below it."""


@pytest.fixture(scope="module")
def audio() -> Engine:
    return make_engine(EngineSpec(kind="decoder", model="embedded"))


@pytest.fixture(scope="module")
def speech() -> Any:
    """Seven seconds of a reader, mono, -1 to 1."""
    path = DATA.parent / "cases" / "audio" / "phase.wav"
    if not path.exists():
        pytest.skip(f"the recordings of cases are not here: {path.parent.name} beside the project's data")
    samples = np.frombuffer(path.read_bytes()[-7 * 16_000 * 4 :], "<i2")
    return samples[::2].astype(np.float32) / 32768


def silence(speech: Any) -> Any:
    return np.zeros_like(speech)


def noise(speech: Any, above_db: float, seed: int) -> Any:
    """Pink noise, so many decibels above the speech."""
    spectrum = np.fft.rfft(np.random.default_rng(seed).standard_normal(len(speech)))
    spectrum /= np.sqrt(np.maximum(1, np.arange(len(spectrum))))
    wave = np.fft.irfft(spectrum, len(speech))
    return (wave / wave.std() * speech.std() * 10 ** (above_db / 20)).astype(np.float32)


def hum(speech: Any, above_db: float) -> Any:
    wave = np.sin(2 * np.pi * 50 * np.arange(len(speech)) / 16_000) * np.sqrt(2)
    return (wave * speech.std() * 10 ** (above_db / 20)).astype(np.float32)


def among(count: int, place: int, above_db: float | None = None) -> Channels:
    """Speech in one of many channels; the others are silent, or hold noise."""

    def channels(speech: Any) -> list[Any]:
        others = [silence(speech) if above_db is None else noise(speech, above_db, seed) for seed in range(count)]
        return [*others[:place], speech, *others[place + 1 :]]

    return channels


def turns(speech: Any) -> list[Any]:
    """The first half in one channel, the second in the other, as two people on the telephone."""
    first, second = speech.copy(), speech.copy()
    middle = int(len(speech) * 0.4)
    first[middle:], second[:middle] = 0, 0
    return [first + noise(speech, -25, 1), second + noise(speech, -20, 2)]


KINDS: dict[str, Channels] = {
    "left alone": among(2, 0),
    "right alone": among(2, 1),
    "both the same": lambda speech: [speech, speech],
    "right quieter": lambda speech: [speech, speech * 0.3],
    "right inverted": lambda speech: [speech, -speech],
    "right inverted at half the level": lambda speech: [speech, -speech / 2],
    "right inverted, with noise": lambda speech: [
        speech + noise(speech, -20, 1),
        noise(speech, -20, 2) - speech,
    ],
    "inverted under louder noise in phase": lambda speech: [
        noise(speech, 15, 1) + speech,
        noise(speech, 15, 1) - speech,
    ],
    "louder noise in the other": among(2, 0, 12.0),
    "much louder hum in the other": lambda speech: [hum(speech, 20), speech],
    "quiet, with loud noise in the other": lambda speech: [noise(speech, 5, 1), speech * 0.03],
    "a noisy copy in the other": lambda speech: [speech, speech + noise(speech, 0, 1)],
    "last of three": among(3, 2),
    "centre of 5.1": among(6, 2, -10.0),
    "LFE of 5.1 alone": among(6, 3),
    "LFE of 5.1 among noise": among(6, 3, -3.0),
    "one of 9": among(9, 8),
    "one of 10": among(10, 1, -15.0),
    "one of 12": among(12, 11, -15.0),
    "one of 16, and inverted in another": lambda speech: [
        *among(15, 3, -15.0)(speech),
        -speech,
    ],
    "one of 60": among(60, 37, -20.0),
    "by turns": turns,
}


def heard(audio: Engine, data: bytes, folder: Path) -> Any:
    result = decode_whole(audio, data, folder / "spool.pcm")
    assert isinstance(result, DecodedAudio), result
    return np.fromfile(folder / "spool.pcm", "<i2").astype(np.float32) / 32768


def likeness(sound: Any, speech: Any) -> float:
    return abs(float(np.corrcoef(sound[: len(speech)], speech[: len(sound)])[0, 1]))


@pytest.mark.parametrize("kind", KINDS)
def test_speech_is_heard_wherever_it_is(audio: Engine, speech: Any, tmp_path: Path, kind: str) -> None:
    channels = np.stack(KINDS[kind](speech), axis=1)
    data = wav((np.clip(channels, -1, 1) * 32767).astype(np.int16))
    sound = heard(audio, data, tmp_path)
    assert len(sound) == len(speech)
    assert likeness(sound, speech) > CLOSE


@pytest.mark.parametrize(("layout", "place"), [("5.1", 2), ("5.1", 3), ("7.1", 2), ("2.1", 2)])
def test_loudspeakers_of_a_layout_play_no_part(
    audio: Engine, speech: Any, tmp_path: Path, layout: str, place: int
) -> None:
    count = {"2.1": 3, "5.1": 6, "7.1": 8}[layout]
    channels = np.stack(among(count, place)(speech), axis=1)
    samples = (channels * 32767).astype(np.int16)
    data = encoded([(0.0, samples)], "flac", "flac", rate_hz=16_000, layout=layout)
    assert likeness(heard(audio, data, tmp_path), speech) > CLOSE


def test_a_recording_with_more_channels_than_any_has_is_refused(audio: Engine, tmp_path: Path) -> None:
    result = decode_whole(audio, wav(np.zeros((16_000, 65), np.int16)), tmp_path / "spool.pcm")
    assert getattr(result, "code", None) == "audio_undecodable"


def test_samples_that_are_no_numbers_are_silence(audio: Engine, tmp_path: Path) -> None:
    floats = np.full((16_000, 2), np.nan, "<f4")
    form = struct.pack("<4sIHHIIHH", b"fmt ", 16, 3, 2, 16_000, 128_000, 8, 32)
    data = b"RIFF\xff\xff\xff\xffWAVE" + form + struct.pack("<4sI", b"data", floats.nbytes) + floats.tobytes()
    assert not heard(audio, data, tmp_path).any()
