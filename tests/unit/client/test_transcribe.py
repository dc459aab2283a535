"""`dragoman transcribe`: which recordings are read, what is written, and how it is told."""

from __future__ import annotations

import errno
import io
import json
import os
import stat
import wave
from collections.abc import Sequence
from pathlib import Path

import msgspec
import pytest

from dragoman_client.cli.microphone import RATE_HZ, RECORDERS
from dragoman_wire.errors import AudioUndecodable, Overloaded
from dragoman_wire.events import Event as WireEvent
from dragoman_wire.events import TaskProgress, TranscriptionCompleted, TranscriptionSegment, TranscriptSegment
from tests.unit.client.conftest import Serve
from tests.unit.client.fake_server import (
    WAV,
    FakeServer,
    Fields,
    a_transcription,
    accepted,
    finished,
    not_transcribed,
    transcribed,
)
from tests.unit.client.test_cli import run

TEXT = "hello world\n"


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def hearing(server: FakeServer, request: Fields, binaries: list[bytes]) -> Sequence[WireEvent]:
    """Hears the same in everything but noise; the first half of it soon."""
    if binaries == [b"noise"]:
        return [
            accepted(request),
            not_transcribed(request, AudioUndecodable("this is no audio")),
            finished(request, 1),
        ]
    half = TaskProgress(
        task_id=request["taskId"],
        stage="working",
        done=30,
        total=60,
        unit="seconds",
        message="30 of 60 seconds done",
        timestamp=1.0,
    )
    return [accepted(request), half, transcribed(request), finished(request)]


def a_tree() -> None:
    for name in ("talks/a.mp3", "talks/deep/b.WAV", "talks/notes.txt", "talks/.hidden.wav", "talks/out/c.wav"):
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        Path(name).write_bytes(WAV + name.encode())


def written(folder: str = "out") -> dict[str, str]:
    root = Path(folder)
    return {str(path.relative_to(root)): path.read_text() for path in sorted(root.rglob("*")) if path.is_file()}


def test_the_recordings_of_a_folder_are_written_in_every_format_asked_for(serve: Serve) -> None:
    a_tree()
    server = serve(hearing)
    result = run(server, "transcribe", "talks", "--out", "talks/out", "--format", "text,srt", "--from", "en")

    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout.splitlines() == [
        "talks/a.mp3 -> talks/out/a.txt, talks/out/a.srt",
        "talks/deep/b.WAV -> talks/out/deep/b.txt, talks/out/deep/b.srt",
    ]
    found = written("talks/out")
    assert found.pop("c.wav") == (WAV + b"talks/out/c.wav").decode()
    assert (found["a.txt"], found["deep/b.txt"]) == (TEXT, TEXT)
    assert sorted(found) == ["a.srt", "a.txt", "deep/b.srt", "deep/b.txt"]
    assert [request["language"] for request in server.asked("transcription_only")] == ["en", "en"]
    assert all(request["progress"] for request in server.asked("transcription_only"))


def test_what_is_there_and_not_older_is_left_as_it_is(serve: Serve) -> None:
    a_tree()
    server = serve(hearing)
    command = ["transcribe", "talks/a.mp3", "talks/deep", "--out", "out"]
    assert run(server, *command).exit_code == 0
    os.utime("talks/deep/b.WAV", (4e9, 4e9))
    again = run(server, *command, "--json")
    assert server.count("transcription_only") == 3
    assert [file["status"] for file in json.loads(again.stdout)["files"]] == ["skipped", "transcribed"]
    assert again.stderr == "1 of 2 are there already and not older; --force makes them again\n"
    assert run(server, *command, "--force").exit_code == 0
    assert server.count("transcription_only") == 5


def test_several_recordings_are_printed_under_headings_or_as_one_document(serve: Serve) -> None:
    a_tree()
    server = serve(hearing)
    shown = run(server, "transcribe", "talks/a.mp3", "talks/deep/b.WAV")
    document = json.loads(run(server, "transcribe", "talks/a.mp3", "talks/deep/b.WAV", "--json").stdout)

    assert shown.stdout == f"==> talks/a.mp3 <==\n{TEXT}==> talks/deep/b.WAV <==\n{TEXT}"
    assert [(each["file"], each["transcription"]["text"]) for each in document["files"]] == [
        ("talks/a.mp3", "hello world"),
        ("talks/deep/b.WAV", "hello world"),
    ]


def test_what_fails_for_one_recording_is_no_failure_of_the_others(serve: Serve) -> None:
    Path("good.wav").write_bytes(WAV)
    Path("bad.wav").write_bytes(b"noise")
    server = serve(hearing)
    partly = run(server, "transcribe", "bad.wav", "good.wav", "--out", "out")
    wholly = run(server, "transcribe", "bad.wav", "--json")

    assert (partly.exit_code, partly.stderr) == (4, "bad.wav: audio_undecodable: this is no audio\n")
    assert written() == {"good.txt": TEXT}
    assert wholly.exit_code == 1
    assert json.loads(wholly.stdout) == {"error": "this is no audio", "errorCode": "audio_undecodable"}


def test_a_recording_comes_from_standard_input(serve: Serve) -> None:
    heard: list[bytes] = []

    def listening(server: FakeServer, request: Fields, binaries: list[bytes]) -> Sequence[WireEvent]:
        heard.extend(binaries)
        return hearing(server, request, binaries)

    result = run(serve(listening), "transcribe", "-", stdin="RIFF of a pipe")
    assert (result.exit_code, result.stdout) == (0, TEXT)
    assert heard == [b"RIFF of a pipe"]


def test_a_busy_server_is_asked_again(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    Path("a.wav").write_bytes(WAV)

    def busy_once(server: FakeServer, request: Fields, binaries: list[bytes]) -> Sequence[WireEvent]:
        if server.count("transcription_only") == 1:
            return [not_transcribed(request, Overloaded("the lane is full", retry_after_ms=1))]
        return hearing(server, request, binaries)

    result = run(serve(busy_once), "transcribe", "a.wav")
    assert (result.exit_code, result.stdout) == (0, TEXT)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "name a recording, a folder, `-` or --mic"),
        (["a.wav", "--format", "text,srt"], "name a folder with --out"),
        (["a.wav", "--format", "doc"], "'doc' is none of text, json, srt, vtt"),
        (["a.wav", "--words"], "only --format json has a place for them"),
        (["a.wav", "--seconds", "3"], "it is for --mic"),
        (["a.wav", "--mic"], "--mic stands for the file"),
        (["-", "-"], "- can be named once"),
        (["a.wav", "deep/a.mp3", "--out", "out"], "a.wav and deep/a.mp3 would both be written to out/a.*"),
    ],
)
def test_wrong_usage_exits_2_without_asking_the_server(arguments: list[str], said: str) -> None:
    Path("deep").mkdir()
    for name in ("a.wav", "deep/a.mp3"):
        Path(name).write_bytes(WAV)
    result = run(None, "transcribe", *arguments)
    assert (result.exit_code, result.stdout) == (2, "")
    assert said in " ".join(result.stderr.split())


def in_segments(server: FakeServer, request: Fields, binaries: list[bytes]) -> Sequence[WireEvent]:
    """Hears two sentences, one after the other where that is wanted."""
    segments = [
        TranscriptSegment(text=text, start_ms=0, end_ms=900, confidence=0.9, speaker_id=None, language="en")
        for text in ("One.", "Two and three.")
    ]
    ids: Fields = {"task_id": request["taskId"], "message_id": None, "attachment_id": None, "timestamp": 1.0}
    pieces = [TranscriptionSegment(**ids, index=index, segment=each) for index, each in enumerate(segments)]
    whole = msgspec.structs.replace(a_transcription("One. Two and three."), segments=segments)
    done = TranscriptionCompleted(**ids, transcription=whole, processing_time_ms=3)
    events = [*(pieces if request.get("stream") else ()), done]
    return [accepted(request), *events, finished(request, len(events))]


def test_the_text_comes_segment_by_segment_and_is_the_same_as_at_once(serve: Serve) -> None:
    Path("a.wav").write_bytes(WAV)
    Path("b.wav").write_bytes(WAV)
    server = serve(in_segments)
    one, two = run(server, "transcribe", "a.wav"), run(server, "transcribe", "a.wav", "b.wav")
    assert one.stdout == "One. Two and three.\n"
    assert two.stdout == "==> a.wav <==\nOne. Two and three.\n==> b.wav <==\nOne. Two and three.\n"
    run(server, "transcribe", "a.wav", "--format", "srt")
    assert [request.get("stream") for request in server.asked("transcription_only")] == [True, True, True, None]


def a_recorder(folder: Path, script: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Put a program in the place of the first recorder."""
    program = folder / next(iter(RECORDERS))
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")


def test_what_the_microphone_hears_is_sent_as_a_wav_file(
    serve: Serve, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    a_recorder(tmp_path, "cat /dev/zero", monkeypatch)
    heard: list[bytes] = []

    def listening(server: FakeServer, request: Fields, binaries: list[bytes]) -> Sequence[WireEvent]:
        heard.extend(binaries)
        return hearing(server, request, binaries)

    result = run(serve(listening), "transcribe", "--mic", "--seconds", "0.5")
    assert (result.exit_code, result.stdout) == (0, TEXT)
    with wave.open(io.BytesIO(heard[0])) as sound:
        assert (sound.getnframes(), sound.getframerate(), sound.getnchannels()) == (RATE_HZ // 2, RATE_HZ, 1)


def test_a_recorder_that_fails_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    a_recorder(tmp_path, "exit 3", monkeypatch)
    result = run(None, "transcribe", "--mic")
    assert result.exit_code == 2
    assert "recorded nothing (exit status 3)" in " ".join(result.stderr.split())


def test_without_a_recorder_it_is_said_which_would_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    result = run(None, "transcribe", "--mic")
    assert result.exit_code == 2
    assert "there is no recorder here (parec, arecord, rec, ffmpeg)" in " ".join(result.stderr.split())


def test_a_reader_that_has_enough_is_no_fault_of_the_recordings(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    server = serve(hearing)
    for name in ("a.wav", "b.wav"):
        Path(name).write_bytes(WAV)

    def gone(*_: object, **__: object) -> None:
        raise BrokenPipeError(errno.EPIPE, "Broken pipe")

    monkeypatch.setattr("dragoman_client.cli.output.typer.echo", gone)
    result = run(server, "transcribe", "a.wav", "b.wav")
    assert (result.exit_code, result.output) == (1, "")
    assert len(server.asked("transcription_only")) <= 1
