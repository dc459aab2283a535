"""Children that are killed or hang at work: the request is answered, and the server goes on meanwhile."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.harness import ECHO, Message, Peer, ServerProcess, connected, running_server, wait_until
from tests.processes import KINDS, child_pid, held, kill, wait_busy

ONE_SECOND_OF_SILENCE = bytes(32_000)
KILLS_IN_A_ROW = 30
SENTENCES = 60


@pytest.fixture(scope="module")
def slow_echo_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """Every unit takes a moment, so that a child is killed at work and not between two units."""
    delays = {f"engines__{kind}__delay_ms": 20 for kind in KINDS}
    with running_server(tmp_path_factory.mktemp("slow"), **ECHO, **delays) as server:
        yield server.wait_ready()


@pytest.fixture(scope="module")
def real_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """One of its own: the children of the shared one are not to be killed."""
    with running_server(tmp_path_factory.mktemp("real"), engines__speech__model="echo") as server:
        yield server.wait_ready()


def request_for(kind: str) -> tuple[dict[str, Any], list[bytes]]:
    """A request that needs this kind of engine, without its taskId."""
    if kind in ("decoder", "transcription"):
        return {"type": "transcription_only", "binaryFrames": {"audio": 1}}, [ONE_SECOND_OF_SILENCE]
    text = {"text": f"Said for the {kind} engine.", "language": "en"}
    if kind == "speech":
        return {"type": "audio_process", "targetLanguages": ["pt"], "mobileTranscription": text}, []
    return {
        "type": "translation",
        "text": text["text"],
        "sourceLanguage": "en",
        "targetLanguages": ["pt"],
    }, []


def restarts(server: ServerProcess, kind: str) -> int:
    return int(server.stats()["engines"][kind]["restarts"])


def collect_with_pings(peer: Peer) -> list[Message]:
    """Events up to the task's end, asking for a pong after every one; each ping is answered before the next."""
    messages: list[Message] = []
    number = 0
    while not any(message.type == "task_finished" for message in messages):
        number += 1
        peer.send({"type": "ping", "taskId": f"ping-{number}", "timestamp": number})
        messages += peer.collect(lambda message: message.fields.get("taskId") == f"ping-{number}")  # noqa: B023
        assert messages[-1].type == "pong"
    return messages


def finished(messages: list[Message]) -> Mapping[str, Any]:
    return next(message.fields for message in messages if message.type == "task_finished")


def text_of(messages: list[Message]) -> str:
    (done,) = [message.fields for message in messages if message.type == "translation_completed"]
    return str(done["result"]["translatedText"])


@pytest.mark.parametrize("kind", KINDS)
def test_a_unit_of_a_killed_child_is_done_by_the_next_one_and_pings_are_answered(
    slow_echo_server: ServerProcess, kind: str
) -> None:
    fields, binaries = request_for(kind)
    before = restarts(slow_echo_server, kind)
    pid = child_pid(slow_echo_server, kind)
    with connected(slow_echo_server, f"kill.{kind}") as peer:
        with held(pid):
            peer.send({**fields, "taskId": kind}, *binaries)
            wait_busy(slow_echo_server, kind)
            peer.send({"type": "ping", "taskId": "meanwhile"})
            peer.collect(lambda message: message.type == "pong")
            kill(pid)
        messages = collect_with_pings(peer)
    assert finished(messages)["status"] == "completed"
    assert restarts(slow_echo_server, kind) == before + 1
    assert child_pid(slow_echo_server, kind) != pid


@pytest.mark.models
def test_a_recording_is_transcribed_although_the_model_was_killed_at_it(
    real_server: ServerProcess, shared_data: Path
) -> None:
    clip = (shared_data / "speech" / "librispeech" / "19-198-0034.flac").read_bytes()
    pid = child_pid(real_server, "transcription")
    with connected(real_server, "kill.whisper") as peer:
        with held(pid):  # it is at it until the kill, and not through before
            peer.send({"type": "transcription_only", "taskId": "clip", "binaryFrames": {"audio": 1}}, clip)
            wait_busy(real_server, "transcription")
        kill(pid)
        messages = collect_with_pings(peer)
    (done,) = [message.fields for message in messages if message.type == "transcription_completed"]
    assert "acquaintance" in done["transcription"]["text"]
    assert restarts(real_server, "transcription") == 1
    assert child_pid(real_server, "transcription") != pid


@pytest.mark.models
def test_a_text_is_translated_whole_although_the_model_was_killed_at_it(
    real_server: ServerProcess, shared_data: Path
) -> None:
    lines = (shared_data / "text" / "flores.en.txt").read_text(encoding="utf-8").splitlines()
    request = {
        "type": "translation",
        "text": "\n".join(lines[:SENTENCES]),
        "sourceLanguage": "en",
        "targetLanguages": ["pt"],
    }
    pid = child_pid(real_server, "translation")
    with connected(real_server, "kill.firefox") as peer:
        with held(pid):
            peer.send({**request, "taskId": "disturbed"})
            wait_busy(real_server, "translation")
        kill(pid)
        disturbed = text_of(collect_with_pings(peer))
        undisturbed = text_of(peer.run({**request, "taskId": "undisturbed"}))
    assert len(disturbed.splitlines()) == SENTENCES
    assert disturbed == undisturbed
    assert restarts(real_server, "translation") == 1
    assert child_pid(real_server, "translation") != pid


def next_child_pid(server: ServerProcess, last: int) -> int:
    """The child that has followed on the one just killed, and is ready."""
    wait_until(lambda: last not in server.stats()["engines"]["translation"]["pids"], "the death was noticed")
    return child_pid(server, "translation")


def test_every_request_is_answered_while_a_child_is_killed_thirty_times_in_a_row(echo_server: ServerProcess) -> None:
    before = restarts(echo_server, "translation")
    fields, _ = request_for("translation")
    ends: list[Message] = []
    pid = 0
    with connected(echo_server, "kill.often") as peer:
        for number in range(KILLS_IN_A_ROW):
            pid = next_child_pid(echo_server, pid)
            peer.send({**fields, "text": f"Number {number}.", "taskId": f"task-{number}"})
            kill(pid)
        while len(ends) < KILLS_IN_A_ROW:
            ends += [message for message in [peer.receive()] if message.type == "task_finished"]
        assert peer.run({**fields, "taskId": "afterwards"})[-1].fields["status"] == "completed"
    assert {end.fields["taskId"] for end in ends} == {f"task-{number}" for number in range(KILLS_IN_A_ROW)}
    # A unit that was at work in three of the killed children is given up; it is answered all the same.
    assert {end.fields["status"] for end in ends} <= {"completed", "failed"}
    assert all(end.fields["events"] == 1 for end in ends)
    assert restarts(echo_server, "translation") == before + KILLS_IN_A_ROW
