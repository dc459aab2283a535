"""Recordings that decode to much more than they weigh: others have their turn, and the work is bounded."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from dragoman_engines.base import EngineSpec
from dragoman_engines.process.factory import make_engine
from dragoman_engines.work import ContinueDecoding, DecodeAudio, DecodedAudio, Failure
from tests.decoding import decode_whole
from tests.harness import ECHO, Message, ServerProcess, connected, running_server

av = pytest.importorskip("av", reason="the [models] extra is not installed")
np = pytest.importorskip("numpy", reason="the [models] extra is not installed")
pytest.importorskip("faster_whisper", reason="the [models] extra is not installed")

from tests.recordings import encoded, tone, wav  # noqa: E402 -- it needs PyAV

pytestmark = pytest.mark.models

LIMIT_SAMPLES = 200_000_000


@cache
def silent_hours() -> bytes:
    """Two hours of Opus silence: a page of a minute, again and again, each with its own numbers."""
    minute = encoded([(0.0, np.zeros((60 * 48_000, 1), np.int16))], "ogg", "libopus", options={"page_duration": "1"})
    return minute * 119


def crc(data: bytes, poly: int, bits: int) -> int:
    top, mask, value = 1 << (bits - 1), (1 << bits) - 1, 0
    for byte in data:
        value ^= byte << (bits - 8)
        for _ in range(8):
            value = ((value << 1) ^ poly if value & top else value << 1) & mask
    return value


@cache
def flac_of_constants(seconds: int, *, declared: bool) -> bytes:
    """A FLAC of 655,350 Hz and 8 channels in which each frame of 65,535 samples takes 40 bytes."""
    rate, channels, block = 655_350, 8, 65_535
    total = seconds * rate if declared else 0
    info = struct.pack(">HH", block, block) + bytes(6)
    info += ((rate << 44) | ((channels - 1) << 41) | (15 << 36) | total).to_bytes(8, "big") + bytes(16)
    frames = []
    for number in range(min(128, seconds * rate // block)):
        head = b"\xff\xf8\x7e" + bytes([((channels - 1) << 4) | (4 << 1), number])
        head += struct.pack(">HH", block - 1, rate // 10)
        frame = head + bytes([crc(head, 7, 8)]) + b"\0\0\1" * channels
        frames.append(frame + struct.pack(">H", crc(frame, 0x8005, 16)))
    repeats = -(-(seconds * rate // block) // len(frames))
    return b"fLaC\x80\0\0\x22" + info + b"".join(frames) * repeats


@pytest.fixture(scope="module")
def state_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("turns")


@pytest.fixture(scope="module")
def server(state_dir: Path) -> Iterator[ServerProcess]:
    settings = ECHO | {"engines__decoder__model": "embedded", "limits__audio_samples": LIMIT_SAMPLES * 10}
    with running_server(state_dir, **settings) as one:
        yield one.wait_ready()


@pytest.fixture(scope="module")
def bombs() -> dict[str, bytes]:
    many = np.random.default_rng(1).integers(-3000, 3000, (16_000 * 25, 60)).astype(np.int16)
    return {
        "two hours of silence": silent_hours(),
        "a FLAC of 655 kHz and 8 channels": flac_of_constants(300, declared=False),
        "60 channels": wav(many),
    }


def is_answer(message: Message) -> bool:
    return message.type in ("transcription_completed", "transcription_error")


@pytest.mark.parametrize("name", ["two hours of silence", "a FLAC of 655 kHz and 8 channels", "60 channels"])
def test_a_short_clip_of_another_peer_is_answered_before_a_bomb(
    server: ServerProcess, bombs: dict[str, bytes], name: str
) -> None:
    request = {"type": "transcription_only", "binaryFrames": {"audio": 1}}
    with connected(server, "bomber") as bomber, connected(server, "innocent") as innocent:
        bomber.send(request | {"taskId": name}, bombs[name])
        bomber.collect(lambda message: message.type == "accepted")
        clip = innocent.run(request, wav(tone(0.3)))
        assert any(is_answer(message) for message in clip)
        # The bomb is still at work.
        assert server.stats()["active_tasks"]["total_active"] == 1
        bomber.send({"type": "cancel", "taskId": name})
        bomber.collect(lambda message: message.type == "task_finished")
    assert server.stats()["engines"]["decoder"]["restarts"] == 0


def test_nothing_is_left_of_a_recording_that_was_cancelled_at_work(
    server: ServerProcess, state_dir: Path, bombs: dict[str, bytes]
) -> None:
    with connected(server, "canceller") as peer:
        request = {"type": "transcription_only", "taskId": "cancelled", "binaryFrames": {"audio": 1}}
        peer.send(request, bombs["two hours of silence"])
        peer.collect(lambda message: message.type == "accepted")
        peer.send({"type": "cancel", "taskId": "cancelled"})
        peer.collect(lambda message: message.type == "task_finished")
        assert list((state_dir / "spool").iterdir()) == []
        clip = peer.run({"type": "transcription_only", "binaryFrames": {"audio": 1}}, wav(tone(0.3)))
        assert any(message.type == "transcription_completed" for message in clip)


# --- what one recording may take -------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def audio() -> Any:
    return make_engine(EngineSpec(kind="decoder", model="embedded"))


@pytest.mark.parametrize("declared", [True, False])
def test_more_samples_than_the_limit_are_refused_with_their_number(
    audio: Any, tmp_path: Path, *, declared: bool
) -> None:
    data = flac_of_constants(300, declared=declared)
    result = decode_whole(audio, data, tmp_path / "spool.pcm", max_duration_s=7200, max_samples=LIMIT_SAMPLES)
    assert isinstance(result, Failure)
    assert result.code == "too_large"
    assert "(8 channels of 655350 Hz); the limit audio_samples is 200000000" in result.message
    assert not (tmp_path / "spool.pcm").exists()


def test_what_declares_too_much_is_refused_before_it_is_decoded(audio: Any, tmp_path: Path) -> None:
    (tmp_path / "spool.pcm").touch()
    [result] = audio.run(
        [
            DecodeAudio(
                data=flac_of_constants(300, declared=True),
                pcm_path=str(tmp_path / "spool.pcm"),
                max_duration_s=7200,
                max_samples=LIMIT_SAMPLES,
            )
        ]
    )
    while isinstance(result, DecodedAudio) and result.samples == 0:  # a slow machine opens it in several steps
        [result] = audio.run([ContinueDecoding(pcm_path=str(tmp_path / "spool.pcm"), worker="")])
    assert isinstance(result, Failure), result


def test_an_index_that_claims_more_samples_than_there_are_bytes_is_refused(audio: Any, tmp_path: Path) -> None:
    data = encoded([(0.0, tone(1, 48_000))], "mp4", "aac")
    at = data.index(b"stsz")
    bomb = data[: at + 8] + struct.pack(">II", 1, 2**31) + data[at + 16 :]
    result = decode_whole(audio, bomb, tmp_path / "spool.pcm")
    assert isinstance(result, Failure)
    assert result.message == "the recording's index claims more than there is in the file"


def test_a_recording_whose_spool_file_is_gone_makes_no_new_one(audio: Any, tmp_path: Path) -> None:
    spool = tmp_path / "spool.pcm"
    [result] = audio.run([DecodeAudio(data=wav(tone(1)), pcm_path=str(spool), max_duration_s=60)])
    assert isinstance(result, Failure)
    assert not spool.exists()


def test_a_process_that_has_not_begun_a_recording_says_so(audio: Any, tmp_path: Path) -> None:
    [result] = audio.run([ContinueDecoding(pcm_path=str(tmp_path / "unknown.pcm"), worker="")])
    assert result == DecodedAudio(samples=0, state="lost")
