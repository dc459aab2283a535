"""Time stamps, audio tracks and several files in one, through the real decoder."""

from __future__ import annotations

import struct
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from dragoman_engines.base import Engine, EngineSpec
from dragoman_engines.process.factory import make_engine
from dragoman_engines.work import DecodedAudio, Failure
from tests.decoding import decode_whole

av = pytest.importorskip("av", reason="the [models] extra is not installed")
np = pytest.importorskip("numpy", reason="the [models] extra is not installed")
pytest.importorskip("faster_whisper", reason="the [models] extra is not installed")

from tests.recordings import encoded, tone, tracks, wav  # noqa: E402 -- it needs PyAV

pytestmark = pytest.mark.models

RATE_HZ = 16_000
STAMPED = {
    "webm": ("webm", "libopus", {}),
    "webm-of-a-browser": ("webm", "libopus", {"live": "1"}),
    "mkv": ("matroska", "flac", {}),
    "mp4": ("mp4", "aac", {}),
    "mp4-fragmented": ("mp4", "aac", {"movflags": "frag_keyframe+empty_moov+delay_moov"}),
    "ogg": ("ogg", "libopus", {}),
}


@pytest.fixture(scope="module")
def audio() -> Engine:
    return make_engine(EngineSpec(kind="decoder", model="embedded"))


def sound_spans(spool: Path) -> list[tuple[float, float]]:
    """Where sound is, in seconds: stretches of pieces of 50 ms that are not silent."""
    samples = np.fromfile(spool, "<i2")
    step = RATE_HZ // 20
    loud = [bool(np.abs(samples[at : at + step]).max() > 500) for at in range(0, len(samples), step)]
    edges = [index for index in range(1, len(loud)) if loud[index] != loud[index - 1]]
    bounds = [*([0] if loud[0] else []), *edges, *([len(loud)] if loud[-1] else [])]
    return [(bounds[at] / 20, bounds[at + 1] / 20) for at in range(0, len(bounds), 2)]


def decoded(audio: Engine, data: bytes, spool: Path, **options: Any) -> DecodedAudio:
    result = decode_whole(audio, data, spool, **options)
    assert isinstance(result, DecodedAudio), result
    assert result.samples * 2 == spool.stat().st_size
    return result


def spans_of(audio: Engine, data: bytes, folder: Path) -> list[tuple[float, float]]:
    decoded(audio, data, folder / "spool.pcm")
    return sound_spans(folder / "spool.pcm")


def near(expected: list[tuple[float, float]]) -> Any:
    return [pytest.approx(span, abs=0.11) for span in expected]


# --- time ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("container", STAMPED)
def test_sound_begins_when_its_time_stamps_say(audio: Engine, tmp_path: Path, container: str) -> None:
    format_, codec, options = STAMPED[container]
    data = encoded([(5.0, tone(2, 48_000))], format_, codec, options=options)
    assert spans_of(audio, data, tmp_path) == near([(5.0, 7.0)])


@pytest.mark.parametrize("container", STAMPED)
def test_a_gap_without_packets_is_silence_of_that_length(audio: Engine, tmp_path: Path, container: str) -> None:
    format_, codec, options = STAMPED[container]
    data = encoded([(0.0, tone(1, 48_000)), (4.0, tone(2, 48_000))], format_, codec, options=options)
    # AAC fades out into the packet behind the last one.
    assert spans_of(audio, data, tmp_path) == near([(0.0, 1.0), (4.0, 6.0)])


def test_a_gap_takes_no_room_on_the_disk(audio: Engine, tmp_path: Path) -> None:
    data = encoded([(0.0, tone(1, 48_000)), (3600.0, tone(1, 48_000))], "webm", "libopus")
    result = decoded(audio, data, tmp_path / "spool.pcm", max_duration_s=7200)
    assert result.samples / RATE_HZ == pytest.approx(3601, abs=0.1)
    assert (tmp_path / "spool.pcm").stat().st_blocks * 512 < 1_000_000


def test_time_stamps_past_the_limit_are_refused(audio: Engine, tmp_path: Path) -> None:
    data = encoded([(0.0, tone(1, 48_000)), (900_000.0, tone(1, 48_000))], "ogg", "libopus")
    result = decode_whole(audio, data, tmp_path / "spool.pcm")
    assert isinstance(result, Failure)
    assert result.code == "audio_too_long"
    assert not (tmp_path / "spool.pcm").exists()


def test_a_clock_that_did_not_begin_with_the_recording_is_no_silence(audio: Engine, tmp_path: Path) -> None:
    """As in a piece of a broadcast."""
    data = encoded([(900_000.0, tone(1, 48_000))], "ogg", "libopus")
    assert spans_of(audio, data, tmp_path) == near([(0.0, 1.0)])


def test_a_beginning_that_an_edit_list_cuts_off_is_not_heard(audio: Engine, tmp_path: Path) -> None:
    data = encoded([(-2.0, tone(2, 48_000)), (0.0, tone(1, 48_000, level=30))], "mp4", "aac")
    result = decoded(audio, data, tmp_path / "spool.pcm")
    assert result.samples / RATE_HZ == pytest.approx(1.0, abs=0.1)


# --- tracks ----------------------------------------------------------------------------------------------------


def two_tracks(defaults: list[int] | None = None, format_: str = "matroska") -> bytes:
    low, high = tone(3, 48_000, 440), tone(2, 48_000, 880)
    return tracks([([(0.0, low)], "mono"), ([(0.0, high)], "mono")], format_, "aac", defaults=defaults)


def one_track() -> bytes:
    return wav(tone(1))


def frequency_hz(spool: Path) -> int:
    middle = np.fromfile(spool, "<i2")[RATE_HZ // 2 : RATE_HZ // 2 + RATE_HZ].astype(float)
    return int(np.argmax(np.abs(np.fft.rfft(middle))))


@pytest.mark.parametrize(("defaults", "heard_hz", "track"), [([0], 440, 0), ([1], 880, 1), ([0, 1], 440, 0)])
def test_where_no_track_has_speech_the_default_track_is_heard(
    audio: Engine, tmp_path: Path, defaults: list[int], heard_hz: int, track: int
) -> None:
    result = decoded(audio, two_tracks(defaults), tmp_path / "spool.pcm")
    assert (result.track, result.tracks) == (track, 2)
    assert frequency_hz(tmp_path / "spool.pcm") == heard_hz


@pytest.mark.parametrize("format_", ["matroska", "mp4"])
@pytest.mark.parametrize(("track", "heard_hz"), [(0, 440), (1, 880)])
def test_a_request_chooses_the_track(audio: Engine, tmp_path: Path, format_: str, track: int, heard_hz: int) -> None:
    result = decoded(audio, two_tracks(format_=format_), tmp_path / "spool.pcm", track=track)
    assert (result.track, result.tracks) == (track, 2)
    assert frequency_hz(tmp_path / "spool.pcm") == heard_hz


@pytest.mark.parametrize(
    ("data", "told"),
    [(two_tracks, "the recording has 2 audio tracks, 0 to 1"), (one_track, "the recording has 1 audio track, 0")],
)
def test_a_track_that_there_is_not_is_refused_with_how_many_there_are(
    audio: Engine, tmp_path: Path, data: Callable[[], bytes], told: str
) -> None:
    result = decode_whole(audio, data(), tmp_path / "spool.pcm", track=2)
    assert isinstance(result, Failure)
    assert (result.code, result.message) == ("invalid_request", f"audioTrack: there is no track 2; {told}")


# --- several files in one --------------------------------------------------------------------------------------


CONTAINERS: dict[str, tuple[str, str, dict[str, str]]] = {
    "flac": ("flac", "flac", {}),
    "ogg": ("ogg", "libopus", {}),
    "mp3": ("mp3", "libmp3lame", {}),
    "mp4": ("mp4", "aac", {}),
    "mp4-index-first": ("mp4", "aac", {"movflags": "faststart"}),
    "mp4-fragmented": ("mp4", "aac", {"movflags": "frag_keyframe+empty_moov"}),
    "webm": ("webm", "libopus", {}),
    "webm-of-a-browser": ("webm", "libopus", {"live": "1"}),
    "aiff": ("aiff", "pcm_s16be", {}),
    "adts": ("adts", "aac", {}),
    "caf": ("caf", "pcm_s16le", {}),
}
PIPES = {"wav-of-a-pipe": 0xFFFF_FFFF, "wav-of-size-zero": 0}
FILES = ["wav", *PIPES, *CONTAINERS]


@cache
def file_of(name: str) -> bytes:
    """One second of a tone."""
    if name in CONTAINERS:
        format_, codec, options = CONTAINERS[name]
        return encoded([(0.0, tone(1, 48_000))], format_, codec, options=options)
    return wav(tone(1), claimed_bytes=PIPES.get(name))


@pytest.mark.parametrize("name", FILES)
def test_three_files_one_behind_the_other_are_all_heard(audio: Engine, tmp_path: Path, name: str) -> None:
    result = decoded(audio, file_of(name) * 3, tmp_path / "spool.pcm")
    assert result.samples / RATE_HZ == pytest.approx(3.0, abs=0.25)


@pytest.mark.parametrize("first", FILES)
@pytest.mark.parametrize("second", ["wav", "flac", "ogg", "mp4", "webm"])
def test_files_of_different_kinds_are_all_heard(audio: Engine, tmp_path: Path, first: str, second: str) -> None:
    result = decoded(audio, file_of(first) + file_of(second), tmp_path / "spool.pcm")
    assert result.samples / RATE_HZ == pytest.approx(2.0, abs=0.2)


@pytest.mark.parametrize("name", [name for name in FILES if not name.startswith("wav-")])
@pytest.mark.parametrize(
    "junk", [b"\0" * 5000, b"--boundary--\r\n" * 30, b"TAG" + b" " * 125], ids=["0", "text", "tag"]
)
def test_what_is_behind_a_file_and_no_file_adds_nothing(audio: Engine, tmp_path: Path, name: str, junk: bytes) -> None:
    result = decoded(audio, file_of(name) + junk, tmp_path / "spool.pcm")
    assert result.samples / RATE_HZ == pytest.approx(1.0, abs=0.1)


@pytest.mark.parametrize("claimed_s", [0.0, 0.5, 1.0])
def test_sound_that_the_header_of_a_wav_file_leaves_out_is_heard(
    audio: Engine, tmp_path: Path, claimed_s: float
) -> None:
    data = wav(tone(3), claimed_bytes=int(claimed_s * RATE_HZ) * 2)
    assert decoded(audio, data, tmp_path / "spool.pcm").samples == 3 * RATE_HZ


def test_chunks_behind_the_sound_of_a_wav_file_are_no_sound(audio: Engine, tmp_path: Path) -> None:
    notes = b"LIST" + struct.pack("<I", 40_000) + b"INFO" + b"x" * 39_996
    data = wav(tone(1)) + notes + b"id3 " + struct.pack("<I", 10) + bytes(10)
    assert decoded(audio, data, tmp_path / "spool.pcm").samples == RATE_HZ
    assert decoded(audio, data + wav(tone(1)), tmp_path / "spool.pcm").samples == 2 * RATE_HZ


def test_a_file_that_another_one_holds_is_not_behind_it(audio: Engine, tmp_path: Path) -> None:
    held = file_of("wav")
    samples = np.frombuffer(held + b"\0" * (len(held) % 2), "<i2")[:, None]
    data = wav(np.concatenate([tone(1), samples, tone(1)]))
    assert decoded(audio, data, tmp_path / "spool.pcm").samples == 2 * RATE_HZ + len(samples)


def test_chained_files_of_other_channels_and_rates_are_all_heard(audio: Engine, tmp_path: Path) -> None:
    stereo = np.repeat(tone(1, 44_100), 2, axis=1)
    data = file_of("wav") + wav(stereo, 44_100) + wav(tone(1, 8000), 8000)
    assert decoded(audio, data, tmp_path / "spool.pcm").samples / RATE_HZ == pytest.approx(3.0, abs=0.01)


def test_a_file_in_the_middle_that_is_damaged_is_told_by_its_number(audio: Engine, tmp_path: Path) -> None:
    data = file_of("wav") + file_of("ogg")[:60] + file_of("wav")
    result = decode_whole(audio, data, tmp_path / "spool.pcm")
    assert isinstance(result, Failure)
    assert result.message.startswith("file 2 of the 3 in the recording: ")


def test_too_many_files_in_one_are_refused(audio: Engine, tmp_path: Path) -> None:
    result = decode_whole(audio, wav(tone(0.01)) * 1001, tmp_path / "spool.pcm")
    assert isinstance(result, Failure)
    assert result.message == "the recording consists of more than 1000 files"
