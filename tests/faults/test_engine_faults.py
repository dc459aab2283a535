"""Engines that crash, hang or fail at a unit, and engines that are not there: what the peers are told."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest

from tests.harness import ECHO, PATIENCE_S, Message, Peer, ServerProcess, connected, running_server
from tests.processes import child_pid, held, wait_busy, wait_queued

NEIGHBOURS = 5
MOST_RUNS = 3


@pytest.fixture
def peer(echo_server: ServerProcess, request: pytest.FixtureRequest) -> Iterator[Peer]:
    with connected(echo_server, f"faults.{request.node.name[:40]}") as one:
        yield one


def translation(task_id: str, text: str) -> dict[str, Any]:
    return {
        "type": "translation",
        "taskId": task_id,
        "text": text,
        "sourceLanguage": "en",
        "targetLanguages": ["pt"],
    }


def the_error(messages: Sequence[Message]) -> Mapping[str, Any]:
    (error,) = [message.fields for message in messages if message.type.endswith("_error")]
    return error


def in_one_batch(server: ServerProcess, peer: Peer, word: str) -> dict[str, Mapping[str, Any]]:
    """Sentences that wait together for one child, one of them with the word; the tasks' results or errors."""
    tasks = [f"neighbour-{number}" for number in range(NEIGHBOURS)]
    with held(child_pid(server, "translation")):
        peer.send(translation(f"{word} first", "The child is busy with this."))
        wait_busy(server, "translation")
        peer.send(translation(f"{word} culprit", f"Here is the word {word}."))
        for task in tasks:
            peer.send(translation(f"{word} {task}", f"The sentence of {task}."))
        wait_queued(server, "translation", NEIGHBOURS + 1)
    answers: dict[str, Mapping[str, Any]] = {}
    ended = 0
    while ended < NEIGHBOURS + 2:
        message = peer.receive()
        ended += message.type == "task_finished"
        if message.type in ("translation_completed", "translation_error"):
            assert message.fields["taskId"] not in answers
            answers[message.fields["taskId"].partition(" ")[2]] = message.fields
    return answers


def completed(answers: Mapping[str, Mapping[str, Any]]) -> set[str]:
    return {task for task, fields in answers.items() if fields["type"] == "translation_completed"}


def restarts(server: ServerProcess) -> int:
    return int(server.stats()["engines"]["translation"]["restarts"])


ALL_BUT_THE_CULPRIT = {"first"} | {f"neighbour-{number}" for number in range(NEIGHBOURS)}


def test_a_sentence_that_crashes_the_model_fails_after_three_runs_and_its_neighbours_are_answered(
    echo_server: ServerProcess, peer: Peer
) -> None:
    before = restarts(echo_server)
    answers = in_one_batch(echo_server, peer, "__exit__")
    assert completed(answers) == ALL_BUT_THE_CULPRIT
    assert answers["culprit"]["errorCode"] == "engine_failed"
    assert answers["culprit"]["retryable"] is True
    assert f"died {MOST_RUNS} times" in answers["culprit"]["error"]
    assert peer.run(translation("exit, afterwards", "Still there?"))[-1].fields["status"] == "completed"
    assert restarts(echo_server) == before + MOST_RUNS


def test_a_sentence_that_the_model_cannot_do_fails_alone(echo_server: ServerProcess, peer: Peer) -> None:
    before = restarts(echo_server)
    answers = in_one_batch(echo_server, peer, "__fail__")
    assert completed(answers) == ALL_BUT_THE_CULPRIT
    assert answers["culprit"]["errorCode"] == "engine_failed"
    assert answers["culprit"]["error"] == "a sentence asked the echo engine to fail"
    assert restarts(echo_server) == before


def test_a_model_that_raises_fails_the_request_and_keeps_its_process(echo_server: ServerProcess, peer: Peer) -> None:
    pid = child_pid(echo_server, "translation")
    messages = peer.run(translation("raise", "Say __raise__ now."))
    assert the_error(messages)["errorCode"] == "engine_failed"
    assert "asked the echo engine to raise" in the_error(messages)["error"]
    assert messages[-1].fields["status"] == "failed"
    assert peer.run(translation("raise, afterwards", "Still there?"))[-1].fields["status"] == "completed"
    assert child_pid(echo_server, "translation") == pid


def test_a_model_that_does_not_come_back_is_replaced_and_the_request_failed(tmp_path: Path) -> None:
    with (
        running_server(tmp_path, **ECHO, engines__translation__unit_timeout_s=2) as server,
        connected(server.wait_ready(), "hang") as peer,
    ):
        pid = child_pid(server, "translation")
        messages = peer.run(translation("hang", "Say __hang__ now."))
        assert the_error(messages)["errorCode"] == "engine_failed"
        assert "2 s" in the_error(messages)["error"]
        assert peer.run(translation("afterwards", "Still there?"))[-1].fields["status"] == "completed"
        assert child_pid(server, "translation") != pid


@pytest.fixture(scope="module")
def server_without_translation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    settings = ECHO | {"engines__translation__model": "path:/nonexistent"}
    with running_server(tmp_path_factory.mktemp("missing"), **settings) as server:
        yield server.wait_ready()


def test_a_missing_model_is_named_to_the_peer_and_the_other_engines_work(
    server_without_translation: ServerProcess,
) -> None:
    server = server_without_translation
    with connected(server, "missing") as peer:
        messages = peer.run(translation("text", "Is anybody there?"))
        error = the_error(messages)
        assert error["errorCode"] == "engine_unavailable"
        assert error["retryable"] is True
        assert "/nonexistent" in error["error"]
        assert messages[-1].fields["status"] == "failed"
        spoken = peer.run(
            {"type": "transcription_only", "taskId": "speech", "binaryFrames": {"audio": 1}}, bytes(32_000)
        )
        assert spoken[-1].fields["status"] == "completed"
    assert server.stats()["engines"]["translation"]["state"] == "missing"
    assert server.stats()["server_status"] == "degraded"


def test_readyz_says_which_model_is_missing_and_why(server_without_translation: ServerProcess) -> None:
    with pytest.raises(HTTPError) as refusal:
        urlopen(server_without_translation.endpoints["ops"] + "/readyz", timeout=PATIENCE_S)  # noqa: S310 - our own
    with refusal.value as response:
        assert response.status == 503
        document = json.load(response)
    assert document["ready"] is False
    (reason,) = document["reasons"]
    assert reason.startswith("engine translation: missing")
    assert "/nonexistent" in reason
