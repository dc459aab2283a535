"""Recordings that are none, that are damaged, or that are much longer than they look."""

from __future__ import annotations

import base64
import io
import json
import random
import struct
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from numpy.typing import NDArray

from tests.harness import ECHO, Message, Peer, ServerProcess, connected, running_server, wait_until

RATE_HZ = 8_000
LIMIT_S = 60
AN_HOUR_S = 3_600
TASK = {"type": "transcription_only", "binaryFrames": {"audio": 1}}


@pytest.fixture(scope="module")
def state_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("audio")


@pytest.fixture(scope="module")
def server(state_dir: Path) -> Iterator[ServerProcess]:
    """The real decoder; what is heard does not matter."""
    settings = ECHO | {"engines__decoder__model": "embedded", "limits__audio_s": LIMIT_S}
    with running_server(state_dir, **settings) as one:
        yield one.wait_ready()


@pytest.fixture(scope="module")
def peer(server: ServerProcess) -> Iterator[Peer]:
    with connected(server) as one:
        yield one


def encoded(container: str, codec: str, samples: NDArray[np.int16], **options: str) -> bytes:
    """A recording in a container."""
    file = io.BytesIO()
    with av.open(file, "w", format=container) as output:
        stream = output.add_stream(codec, rate=RATE_HZ, options=options)
        stream.layout = "mono"
        layout = "s16p" if codec == "libmp3lame" else "s16"
        frame = av.AudioFrame.from_ndarray(samples[np.newaxis, :], format=layout, layout="mono")
        frame.sample_rate, frame.time_base, frame.pts = RATE_HZ, Fraction(1, RATE_HZ), 0
        output.mux(stream.encode(frame))
        output.mux(stream.encode(None))
    return file.getvalue()


@pytest.fixture(scope="module")
def mp3() -> bytes:
    """Ten seconds of varying bit rate, with the header that tells the length."""
    tone = (8_000 * np.sin(np.arange(10 * RATE_HZ) / 7)).astype(np.int16)
    recording = encoded("mp3", "libmp3lame", tone, flags="+qscale", global_quality="590")
    assert b"Xing" in recording[:400]
    return recording


@pytest.fixture(scope="module")
def hour_of_silence() -> bytes:
    recording = encoded("flac", "flac", np.zeros(AN_HOUR_S * RATE_HZ, np.int16))
    assert len(recording) < 1_000_000
    return recording


def without_length(flac: bytes) -> bytes:
    """The same FLAC stream with a header that does not know how long it is."""
    hidden = bytearray(flac)
    # STREAMINFO begins 8 bytes into the file; the count of samples is the 36 bits from bit 108 of it.
    hidden[8 + 13] &= 0xF0
    hidden[8 + 14 : 8 + 18] = bytes(4)
    return bytes(hidden)


def answer_to(peer: Peer, fields: dict[str, Any], *binaries: bytes) -> Message:
    """The one event that answers a request; the next is that of a ping."""
    peer.send(TASK | fields, *binaries)
    answer = peer.receive()
    peer.send({"type": "ping", "taskId": "alive"})
    assert peer.receive().fields["taskId"] == "alive"
    return answer


def assert_refused(answer: Message, code: str, sentence: str = "") -> None:
    assert (answer.type, answer.fields["errorCode"]) == ("transcription_error", code)
    assert sentence in answer.fields["error"]
    assert answer.fields["retryable"] is False


NO_AUDIO = {
    "a text file": b"This is no audio.\n" * 100,
    "random bytes": random.Random(3).randbytes(20_000),
    "one byte": b"\0",
    "a header alone": b"RIFF\xff\xff\xff\xffWAVEfmt ",
    "a WAV file without samples": b"RIFF"
    + struct.pack("<I", 36)
    + b"WAVEfmt "
    + struct.pack("<IHHIIHH", 16, 1, 1, RATE_HZ, 2 * RATE_HZ, 2, 16)
    + b"data"
    + struct.pack("<I", 0),
    "a playlist of the server's own files": b"#EXTM3U\n#EXTINF:1,\nfile:///etc/passwd\n",
    "a concat script": b"ffconcat version 1.0\nfile /etc/passwd\n",
    "a picture": b"\x89PNG\r\n\x1a\n" + bytes(2_000),
}


@pytest.mark.parametrize("name", NO_AUDIO)
def test_what_is_no_audio_is_refused(peer: Peer, name: str) -> None:
    assert_refused(answer_to(peer, {}, NO_AUDIO[name]), "audio_undecodable")


INCOMPLETE: dict[str, tuple[dict[str, Any], list[bytes], str]] = {
    "an empty frame": ({}, [b""], "binaryFrames.audio: the frame is empty"),
    "no frame": ({}, [], "binaryFrames.audio: 1 is no frame; there are 0 binary frames"),
    "the header's index": ({"binaryFrames": {"audio": 0}}, [b"x"], "binaryFrames.audio: 0 is no frame"),
    "a negative index": ({"binaryFrames": {"audio": -1}}, [b"x"], "binaryFrames.audio: -1 is no frame"),
    "a huge index": ({"binaryFrames": {"audio": 10**20}}, [b"x"], "binaryFrames.audio: "),
    "a text for an index": ({"binaryFrames": {"audio": "1"}}, [b"x"], "binaryFrames.audio: Expected `int | null`"),
    "nothing": ({"binaryFrames": None}, [], "audio: the field is missing"),
    "no base64": ({"binaryFrames": None, "audioData": "!!!"}, [], "audioData: the text is no base64"),
    "half a base64 group": ({"binaryFrames": None, "audioData": "abcde"}, [], "audioData: the text is no base64"),
    "an empty data URL": ({"binaryFrames": None, "audioData": "data:audio/wav;base64,"}, [], "audioData: the rec"),
    "a path": ({"binaryFrames": None, "audioPath": "/etc/passwd"}, [], "audioPath: the server opens no paths"),
    "a URL": ({"binaryFrames": None, "audioUrl": "http://127.0.0.1/"}, [], "audioUrl: the server opens no paths"),
}


@pytest.mark.parametrize("name", INCOMPLETE)
def test_a_request_without_a_recording_is_refused_by_field(peer: Peer, name: str) -> None:
    fields, binaries, sentence = INCOMPLETE[name]
    assert_refused(answer_to(peer, fields, *binaries), "invalid_request", sentence)


def test_an_mp3_file_that_was_cut_in_the_middle_is_refused_and_the_whole_one_heard(peer: Peer, mp3: bytes) -> None:
    assert_refused(answer_to(peer, {}, mp3[: len(mp3) // 2]), "audio_undecodable", "cut off: it ends after ")
    whole = answer_to(peer, {}, mp3)
    assert whole.type == "transcription_completed"
    assert whole.fields["transcription"]["durationMs"] == pytest.approx(10_000, abs=100)


@pytest.mark.parametrize("hide", [False, True], ids=["with its length", "without its length"])
def test_an_hour_of_silence_in_a_small_file_is_too_long(
    server: ServerProcess, peer: Peer, hour_of_silence: bytes, *, hide: bool
) -> None:
    recording = without_length(hour_of_silence) if hide else hour_of_silence
    pids = server.stats()["engines"]["decoder"]["pids"]
    assert_refused(answer_to(peer, {}, recording), "audio_too_long", f"audio_s of {LIMIT_S} s")
    assert server.stats()["engines"]["decoder"]["pids"] == pids


def test_a_voice_message_that_is_no_audio_gets_the_error_event_of_its_family(peer: Peer) -> None:
    peer.send({"type": "audio_process", "targetLanguages": ["pt"], "binaryFrames": {"audio": 1}}, b"no audio")
    answer = peer.receive()
    assert (answer.type, answer.fields["errorCode"]) == ("audio_process_error", "audio_undecodable")


def test_nothing_is_left_of_refused_recordings(server: ServerProcess, peer: Peer, state_dir: Path, mp3: bytes) -> None:
    in_json = json.dumps({"type": "transcription_only", "audioData": base64.b64encode(mp3[:3_000]).decode()})
    peer.send_raw(in_json.encode())
    assert_refused(peer.receive(), "audio_undecodable")
    wait_until(lambda: not list((state_dir / "spool").iterdir()), "the spool is empty")
    wait_until(lambda: server.stats()["active_tasks"]["total_active"] == 0, "nothing is at work")
    stats = server.stats()
    assert {pool["restarts"] for pool in stats["engines"].values()} == {0}
