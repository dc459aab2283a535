"""A text to speech: what the client and its command line send, how pieces come, and where they go."""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from dragoman_client import DragomanError, SyncClient
from dragoman_client.cli import speaking
from dragoman_wire.errors import InvalidRequest
from dragoman_wire.events import BinaryFrame, Event, SpeechChunk, SpeechCompleted, SpeechError, TranscriptSegment
from tests.unit.client.conftest import Serve, client_of
from tests.unit.client.fake_server import WAIT_S, Answer, FakeServer, Fields, accepted, cancel_result, finished
from tests.unit.client.test_cli import run

pytestmark = pytest.mark.usefixtures("nothing_is_left_behind")

PIECES = [b"\1\0" * 2400, b"\2\0" * 4800]


def chunk(request: Fields, index: int) -> Answer:
    piece = PIECES[index]
    frame = BinaryFrame(index=1, size=len(piece), mime_type="audio/pcm")
    event = SpeechChunk(
        task_id=request["taskId"],
        message_id=None,
        index=index,
        last=index == 1,
        start_ms=100 * index,
        duration_ms=100 + 100 * index,
        sample_rate_hz=24000,
        voice="pf_dora",
        binary_frames={"audio": frame},
        timestamp=1.0,
    )
    return event, [piece]


def whole(request: Fields) -> Answer:
    sound = b"".join(PIECES)
    said = TranscriptSegment(
        text=request["text"], start_ms=0, end_ms=300, confidence=None, speaker_id=None, language="pt"
    )
    event = SpeechCompleted(
        task_id=request["taskId"],
        message_id=None,
        language="pt",
        voice="pf_dora",
        duration_ms=300,
        sample_rate_hz=24000,
        segments=[said],
        processing_time_ms=1,
        timestamp=1.0,
        binary_frames={"audio": BinaryFrame(index=1, size=len(sound), mime_type="audio/wav")},
        warnings=["the text was taken for 'pt' (98% sure); state its language"],
    )
    return event, [sound]


def failed(request: Fields) -> Event:
    error = InvalidRequest("voice: there is no voice 'nobody'")
    said: Fields = {"error": error.message, "error_code": error.code, "retryable": error.retryable}
    return SpeechError(task_id=request["taskId"], message_id=None, timestamp=1.0, **said)


def speaking_well(server: FakeServer, request: Fields, binaries: list[bytes]) -> Sequence[Any]:
    if request["type"] == "cancel":
        return [cancel_result(request)]
    if request.get("voice") == "nobody":
        return [accepted(request), failed(request), finished(request, 1, "failed")]
    chunks = [chunk(request, index) for index in range(2)] if request.get("stream") else []
    return [accepted(request), *chunks, *chunks[:1], whole(request), finished(request, 1 + len(chunks))]


async def test_a_text_comes_back_as_speech_with_all_that_is_known_of_it(serve: Serve) -> None:
    server = serve(speaking_well)
    async with client_of(server) as client:
        spoken = await client.speak("Bom dia.", "pt", voice="pf_dora", speed=1.5, audio_format="ogg", message_id="m")
    assert (spoken.audio, spoken.mime_type, spoken.voice) == (b"".join(PIECES), "audio/wav", "pf_dora")
    assert (spoken.duration_ms, spoken.sample_rate_hz, spoken.language) == (300, 24000, "pt")
    assert [segment.text for segment in spoken.segments] == ["Bom dia."]
    assert "taken for 'pt'" in spoken.warnings[0]
    [asked] = server.asked("speak")
    fields = {"text", "language", "voice", "speed", "outputFormat", "messageId"}
    assert {name: asked[name] for name in fields} == {
        "text": "Bom dia.",
        "language": "pt",
        "voice": "pf_dora",
        "speed": 1.5,
        "outputFormat": "ogg",
        "messageId": "m",
    }
    assert "stream" not in asked
    assert asked["progress"] is True, "a long text is to be spoken for longer than a client waits without news"


async def test_pieces_come_in_order_each_once_and_then_the_whole(serve: Serve) -> None:
    server = serve(speaking_well)
    seen: list[str] = []
    async with client_of(server) as client:
        stream = client.speak_stream("Bom dia.", "pt", on_event=lambda event: seen.append(event.type))
        chunks = [one async for one in stream]
        result = await stream.result()
    assert [(one.audio, one.index, one.last) for one in chunks] == [(PIECES[0], 0, False), (PIECES[1], 1, True)]
    assert [(one.start_ms, one.duration_ms, one.sample_rate_hz) for one in chunks] == [
        (0, 100, 24000),
        (100, 200, 24000),
    ]
    assert result.audio == b"".join(PIECES)
    assert seen == ["accepted", "speech_chunk", "speech_chunk", "speech_completed", "task_finished"]
    assert server.asked("speak")[0]["stream"] is True


async def test_the_whole_can_be_asked_for_without_looking_at_the_pieces(serve: Serve) -> None:
    async with client_of(serve(speaking_well)) as client, client.speak_stream("Bom dia.") as stream:
        assert (await stream.result()).duration_ms == 300


async def test_a_failure_is_raised_from_both(serve: Serve) -> None:
    async with client_of(serve(speaking_well)) as client:
        with pytest.raises(InvalidRequest, match="there is no voice 'nobody'"):
            await client.speak("Bom dia.", "pt", voice="nobody")
        with pytest.raises(InvalidRequest, match="there is no voice 'nobody'"):
            [one async for one in client.speak_stream("Bom dia.", "pt", voice="nobody")]


def test_the_plain_client_does_the_same(serve: Serve) -> None:
    with SyncClient(*serve(speaking_well).endpoints, connect_timeout_s=WAIT_S) as client:
        assert client.speak("Bom dia.", "pt").audio == b"".join(PIECES)
        with client.speak_stream("Bom dia.", "pt") as stream:
            assert [one.audio for one in stream] == PIECES
            assert stream.result().duration_ms == 300
        with pytest.raises(DragomanError):
            next(client.speak_stream("Bom dia.", "pt", voice="nobody"))


# --- the command -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "form"),
    [("a.wav", "wav"), ("a.OGG", "ogg"), ("a.opus", "ogg"), ("a.mp3", "mp3"), ("a.flac", "flac"), ("a.pcm", "pcm")],
)
def test_the_files_name_tells_the_format(serve: Serve, tmp_path: Path, name: str, form: str) -> None:
    server = serve(speaking_well)
    result = run(server, "speak", "Bom dia.", "--from", "pt", "--out", str(tmp_path / name))
    assert (result.exit_code, server.asked("speak")[0]["outputFormat"]) == (0, form)
    assert (tmp_path / name).read_bytes() == b"".join(PIECES)
    assert result.stdout == f"{tmp_path / name}: 0.3 s, said by pf_dora\n"
    assert result.stderr == "warning: the text was taken for 'pt' (98% sure); state its language\n"


def test_the_format_can_be_named_and_standard_input_and_output_be_used(serve: Serve) -> None:
    server = serve(speaking_well)
    result = run(server, "speak", "-", "--out", "-", "--audio-format", "mp3", "--voice", "ana", stdin="Bom dia.\n")
    assert (result.exit_code, result.stdout_bytes) == (0, b"".join(PIECES))
    [asked] = server.asked("speak")
    assert (asked["text"], asked["voice"], asked["outputFormat"]) == ("Bom dia.", "ana", "mp3")
    assert "language" not in asked


def test_as_json_it_is_one_document(serve: Serve, tmp_path: Path) -> None:
    result = run(serve(speaking_well), "speak", "Bom dia.", "--out", str(tmp_path / "a.wav"), "--json")
    document = json.loads(result.stdout)
    assert (document["file"], document["voice"], document["durationMs"]) == (str(tmp_path / "a.wav"), "pf_dora", 300)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["Bom dia.", "--out", "a.txt"], "tells no format: .wav, .ogg"),
        (["Bom dia.", "--out", "a.wav", "--speed", "3"], "--speed"),
        (["Bom dia.", "--out", "-", "--json"], "name a file"),
        (["", "--out", "a.wav"], "the text is empty"),
    ],
)
def test_what_means_nothing_is_wrong_usage(arguments: list[str], said: str) -> None:
    result = run(None, "speak", *arguments)
    assert result.exit_code == 2
    assert said in " ".join(result.stderr.replace("│", " ").split())


def test_a_file_that_cannot_be_written_is_named(serve: Serve, tmp_path: Path) -> None:
    result = run(serve(speaking_well), "speak", "Bom dia.", "--out", str(tmp_path / "none" / "a.wav"))
    assert result.exit_code == 2
    assert "cannot write" in result.stderr


def test_an_error_of_the_server_is_told(serve: Serve, tmp_path: Path) -> None:
    result = run(serve(speaking_well), "speak", "Bom dia.", "--voice", "nobody", "--out", str(tmp_path / "a.wav"))
    assert (result.exit_code, result.stderr) == (1, "invalid_request: voice: there is no voice 'nobody'\n")


def test_where_there_is_no_player_a_file_is_asked_for(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    result = run(None, "speak", "Bom dia.")
    assert result.exit_code == 2
    said = " ".join(result.stderr.replace("│", " ").split())
    assert "there is no player here (paplay, aplay, play, ffplay); write a file with --out FILE" in said


def player(folder: Path, script: str) -> None:
    """A program that is called like a player of real systems."""
    path = folder / "aplay"
    path.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)


def test_without_a_file_the_pieces_go_to_a_player(
    serve: Serve, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    player(tmp_path, f'echo "$@" > {tmp_path}/arguments; cat > {tmp_path}/played')
    monkeypatch.setattr(speaking, "PLAYERS", {"aplay": speaking.PLAYERS["aplay"]})
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    server = serve(speaking_well)
    result = run(server, "speak", "Bom dia.", "--from", "pt")
    assert (result.exit_code, result.stdout) == (0, "")
    assert (tmp_path / "played").read_bytes() == b"".join(PIECES)
    arguments = (tmp_path / "arguments").read_text(encoding="utf-8").split()
    assert arguments[:4] == ["--quiet", "--file-type", "raw", "--format"]
    assert arguments[4:] == ["S16_LE", "--rate", "24000", "--channels", "1", "-"]
    [asked] = server.asked("speak")
    assert (asked["outputFormat"], asked["stream"]) == ("pcm", True)


def test_a_player_that_fails_is_told_and_a_file_is_offered(
    serve: Serve, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    player(tmp_path, "cat > /dev/null; exit 7")
    monkeypatch.setattr(speaking, "PLAYERS", {"aplay": speaking.PLAYERS["aplay"]})
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    result = run(serve(speaking_well), "speak", "Bom dia.")
    assert result.exit_code == 1
    assert result.stderr == "aplay could not play it (exit status 7); try --out FILE\n"
