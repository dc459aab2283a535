"""tasks, task, cancel, result and drain: what is asked of the server, and what is printed."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from dragoman_wire.errors import UnsupportedLanguage
from dragoman_wire.events import Event as WireEvent
from dragoman_wire.events import ResultUnknown
from tests.unit.client.conftest import APP, Serve
from tests.unit.client.fake_ops import fake_ops
from tests.unit.client.fake_server import (
    WAIT_S,
    WAV,
    Answer,
    FakeServer,
    Fields,
    finished,
    not_translated,
    spoken,
    transcribed,
    translated,
)

TASK: dict[str, Any] = {
    "task_id": "t-1",
    "reply_to": "alice",
    "message_id": None,
    "type": "translation",
    "lane": "translation",
    "priority": "normal",
    "peer": "alice",
    "state": "finished",
    "status": "partial",
    "error_code": "engine_failed",
    "error": "the model failed",
    "arrived_s": 1785150000.25,
    "age_ms": 41.2,
    "queue_ms": 0.4,
    "compute_ms": 38.2,
    "publish_ms": 0.1,
    "parts": [
        {"part": "pt", "state": "done", "error_code": None},
        {"part": "xx", "state": "failed", "error_code": "engine_failed"},
    ],
    "units": {"done": 1, "running": 0, "queued": 0},
}
DETAILS = TASK | {"timeline": [{"at_ms": 0.0, "event": "received"}], "timeline_dropped": 0}


def run(*arguments: str) -> Result:
    return CliRunner().invoke(APP, list(arguments))


def test_tasks_are_a_table_or_a_document_with_the_wire_s_names() -> None:
    with fake_ops({"GET /tasks": (200, {"now_s": 1.0, "tasks": [TASK]})}) as ops:
        shown = run("tasks", "--state", "failed", "--sort", "slowest", "--limit", "7", "--ops", ops.address)
        document = run("tasks", "--json", "--ops", ops.address)

    assert ops.asked[0] == "GET /tasks?state=failed&sort=slowest&limit=7"
    head, row = shown.stdout.splitlines()
    assert head.split() == ["task", "type", "peer", "state", "age", "queue", "compute", "error"]
    assert row.split() == ["t-1", "translation", "alice", "partial", "41ms", "0.4ms", "38ms", "engine_failed"]
    [task] = json.loads(document.stdout)["tasks"]
    assert (task["taskId"], task["replyTo"], task["queueMs"], task["parts"][1]["errorCode"]) == (
        "t-1",
        "alice",
        0.4,
        "engine_failed",
    )


def test_no_task_is_said_beside_an_empty_output() -> None:
    with fake_ops({"GET /tasks": (200, {"tasks": []})}) as ops:
        shown = run("tasks", "--ops", ops.address)
    assert (shown.exit_code, shown.stdout, shown.stderr) == (0, "", "no tasks\n")


def test_one_task_is_shown_with_its_parts_and_its_steps() -> None:
    with fake_ops({"GET /tasks/t-1": (200, DETAILS)}) as ops:
        shown = run("task", "t-1", "--ops", ops.address)
        of_a_peer = run("task", "t-1", "--peer", "alice", "--json", "--ops", ops.address)

    assert ops.asked == ["GET /tasks/t-1", "GET /tasks/t-1?reply_to=alice"]
    assert shown.stdout.splitlines()[0] == "t-1  translation  partial"
    assert "part xx: failed engine_failed" in shown.stdout
    assert "engine_failed: the model failed" in shown.stdout
    assert json.loads(of_a_peer.stdout)["timeline"] == [{"atMs": 0.0, "event": "received"}]


@pytest.mark.parametrize("command", ["task", "result"])
def test_an_unknown_task_exits_1_with_its_code(command: str) -> None:
    with fake_ops({}) as ops:
        shown = run(command, "gone", "--json", "--ops", ops.address)
    assert shown.exit_code == 1
    assert json.loads(shown.stdout)["errorCode"] == "task_unknown"
    assert shown.stderr.startswith("task_unknown: ")


def test_several_tasks_are_cancelled_and_each_outcome_is_said() -> None:
    answers = {
        "POST /tasks/a/cancel": (200, {"task_id": "a", "status": "cancelled"}),
        "POST /tasks/b/cancel": (200, {"task_id": "b", "status": "finished"}),
        "POST /tasks/c/cancel": (404, {"task_id": "c", "status": "unknown"}),
    }
    with fake_ops(answers) as ops:
        one = run("cancel", "a", "--ops", ops.address)
        several = run("cancel", "a", "b", "c", "--ops", ops.address)
        none = run("cancel", "b", "--json", "--ops", ops.address)

    assert (one.exit_code, one.stdout) == (0, "a cancelled\n")
    assert (several.exit_code, several.stdout) == (4, "a cancelled\n")
    assert several.stderr == "b had finished already\nc is not known (any more)\n"
    assert none.exit_code == 1
    assert json.loads(none.stdout) == {"tasks": [{"taskId": "b", "status": "finished"}]}


def test_tasks_of_one_id_are_told_apart_by_an_option() -> None:
    sentence = "2 peers have a task 'same'; add ?reply_to= with one of: dave, erin"
    with fake_ops({"POST /tasks/same/cancel": (409, {"error": sentence})}) as ops:
        shown = run("cancel", "same", "--ops", ops.address)
    assert (shown.exit_code, shown.stdout) == (1, "")
    assert shown.stderr == "task_ambiguous: 2 peers have a task 'same'; add --peer with one of: dave, erin\n"


def test_a_token_is_given_by_an_option_or_a_variable_and_asked_for_by_its_name(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    sentence = "the header Authorization: Bearer TOKEN is missing or wrong; the token is sockets.ops_token"
    with fake_ops({"GET /tasks": (401, {"error": sentence})}) as ops:
        refused = run("tasks", "--ops", ops.address, "--token", "0123456789abcdef")
        monkeypatch.setenv("DRAGOMAN_SOCKETS__OPS_TOKEN", "fedcba9876543210")
        run("--ops", ops.address, "tasks")
    assert ops.tokens == ["Bearer 0123456789abcdef", "Bearer fedcba9876543210"]
    assert refused.exit_code == 1
    assert "--token" in refused.stderr


def test_a_drain_waits_until_the_server_is_gone() -> None:
    with fake_ops({"POST /drain": (200, {"status": "draining", "active": 3, "drain_s": 30.0})}) as ops:
        begun = run("drain", "--no-wait", "--ops", ops.address)
        document = run("drain", "--no-wait", "--json", "--ops", ops.address)
    assert ops.asked == ["POST /drain", "POST /drain"]
    assert (begun.exit_code, begun.stderr) == (0, f"{ops.address} takes nothing new; 3 at work have up to 30 s\n")
    assert json.loads(document.stdout)["active"] == 3


def of_alice(server: FakeServer, request: Fields, binaries: list[bytes]) -> Sequence[Answer | WireEvent]:
    """A server that keeps the results of tasks of `alice`."""
    if request["type"] != "result" or request["replyTo"] != "alice":
        return [ResultUnknown(task_id=request["taskId"])]
    asked = {"taskId": request["taskId"], "text": "hi", "targetLanguages": ["pt"]}
    match request["taskId"]:
        case "t-1":
            wrong = not_translated(asked, "xx", UnsupportedLanguage("no route to xx"))
            return [translated(asked, "pt"), wrong, finished(asked, 2, "partial")]
        case "t-2":
            return [transcribed(asked), finished(asked)]
        case "t-3":
            return spoken(asked)
    return [ResultUnknown(task_id=request["taskId"])]


def result_of(server: FakeServer, task_id: str, *arguments: str) -> Result:
    where = ["--requests", server.requests_endpoint, "--routed", server.routed_endpoint, "--timeout", str(WAIT_S)]
    return run(*where, "result", task_id, *arguments)


def test_what_came_of_a_task_is_printed_again(serve: Serve) -> None:
    server = serve(of_alice)
    partly = result_of(server, "t-1", "--peer", "alice")
    heard = result_of(server, "t-2", "--peer", "alice")

    assert (partly.exit_code, partly.stdout) == (4, "pt: pt(hi)\n")
    assert partly.stderr == "xx: unsupported_language: no route to xx\n"
    assert (heard.exit_code, heard.stdout) == (0, "hello world\n")


def test_the_peer_of_a_task_is_found_by_the_operations_endpoint(serve: Serve) -> None:
    with fake_ops({"GET /tasks/t-2": (200, DETAILS), "GET /tasks/open": (200, DETAILS | {"reply_to": None})}) as ops:
        heard = result_of(serve(of_alice), "t-2", "--ops", ops.address)
        without = run("result", "open", "--ops", ops.address)
    assert (heard.exit_code, heard.stdout) == (0, "hello world\n")
    assert without.exit_code == 1
    assert without.stderr.startswith("no_reply_to: the task open has no replyTo")


def test_the_sounds_of_a_task_are_written_and_its_events_are_a_document(serve: Serve, tmp_path: Path) -> None:
    out = tmp_path / "sounds"
    shown = result_of(serve(of_alice), "t-3", "--peer", "alice", "--out", str(out), "--json")
    document = json.loads(shown.stdout)
    assert shown.exit_code == 0
    assert (out / "t-3.pt.wav").read_bytes() == WAV + b"pt"
    assert (document["taskId"], document["status"]) == ("t-3", "completed")
    assert [event["type"] for event in document["events"]][-1] == "audio_process_completed"


def test_a_result_that_is_not_there_any_more_exits_1(serve: Serve) -> None:
    shown = result_of(serve(of_alice), "t-9", "--peer", "alice")
    assert (shown.exit_code, shown.stdout) == (1, "")
    assert shown.stderr == "task_unknown: the server knows no task t-9 of alice (any more)\n"


def test_a_wrong_name_of_a_peer_is_wrong_usage(serve: Serve) -> None:
    shown = result_of(serve(of_alice), "t-1", "--peer", "no such name")
    assert (shown.exit_code, shown.stdout) == (2, "")
    assert "--peer" in shown.stderr
