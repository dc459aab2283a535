"""Requests that are answered in the turn in which they come are seen by operators like all others."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.harness import ECHO_ENGINES, Message, ServerProcess, connected, running_server


def ask(task_id: str, **more: Any) -> dict[str, Any]:
    return {"taskId": task_id, "text": "Known.", "sourceLanguage": "en", "targetLanguages": ["pt"], **more}


@pytest.fixture
def server(tmp_path: Path) -> Iterator[ServerProcess]:
    """One that knows the text."""
    with running_server(tmp_path, **ECHO_ENGINES) as server:
        server.wait_ready()
        with connected(server, "first") as peer:
            peer.run(ask("taught"))
        yield server


def test_a_known_answer_is_one_line_in_the_log_with_all_ids(server: ServerProcess) -> None:
    with connected(server, "peer") as peer:
        peer.run(ask("known", messageId="m-1", senderId="s-1", priority="high"))
    line = server.wait_for_log("task.finished", task_id="known")
    known = {
        "type": "translation",
        "lane": "translation",
        "reply_to": "peer",
        "message_id": "m-1",
        "sender_id": "s-1",
        "priority": "high",
        "at_once": True,
        "status": "completed",
        "events": 1,
        "compute_ms": 0.0,
        "level": "info",
    }
    assert known.items() <= line.items()
    assert line["queue_ms"] >= 0
    assert not [one for one in server.log if one.get("task_id") == "known" and one["event"] == "task.accepted"]


def test_a_known_answer_is_in_tasks_and_in_every_figure(server: ServerProcess) -> None:
    before = server.stats()
    with connected(server, "peer") as peer:
        events = peer.run(ask("known", messageId="m-1"))
    assert [event.type for event in events] == ["accepted", "translation_completed", "task_finished"]
    task = server.get("/tasks/known")
    expected = {"reply_to": "peer", "peer": "peer", "message_id": "m-1", "state": "finished", "status": "completed"}
    assert expected.items() <= task.items()
    assert [step["event"] for step in task["timeline"]] == ["received", "accepted", "published", "finished"]
    assert task["parts"] == [{"part": "pt", "state": "done", "error_code": None}]
    now = server.stats()
    lane, was = now["lanes"]["translation"], before["lanes"]["translation"]
    assert (lane["completed"] - was["completed"], lane["failed"], lane["active"]) == (1, 0, 0)
    peers = {one["peer"]: one for one in now["peers"]}
    assert (peers["peer"]["accepted"], peers["peer"]["completed"]) == (1, 1)
    assert now["active_tasks"]["total_active"] == 0


def test_a_known_answer_is_replayed_extended_and_asked_for_like_any_other(server: ServerProcess) -> None:
    def told(events: list[Message]) -> list[tuple[str, Any]]:
        return [(event.type, event.fields.get("targetLanguage")) for event in events]

    with connected(server, "peer") as peer:
        first = peer.run(ask("known"))
        again = peer.run(ask("known"))
        assert again[0].fields == {"type": "accepted", "taskId": "known", "duplicate": True}
        assert [event.fields for event in again[1:]] == [event.fields for event in first[1:]]
        peer.send({"type": "result", "taskId": "known"})
        stored = peer.collect(lambda event: event.type == "task_finished")
        assert [event.fields for event in stored] == [event.fields for event in first[1:]]
        peer.send({"type": "cancel", "taskId": "known"})
        assert peer.receive().fields["status"] == "finished"
        more = peer.run(ask("known", targetLanguages=["pt", "fr"]))
        assert told(more) == [
            ("accepted", None),
            ("translation_completed", "pt"),
            ("translation_completed", "fr"),
            ("task_finished", None),
        ]
        assert more[-1].fields["events"] == 2


def test_a_known_answer_survives_a_kill_of_the_server(tmp_path: Path) -> None:
    with running_server(tmp_path, **ECHO_ENGINES) as server:
        server.wait_ready()
        with connected(server, "peer") as peer:
            peer.run(ask("taught"))
            first = peer.run(ask("known"))
            peer.run(ask("more"))
            more = peer.run(ask("more", targetLanguages=["pt", "fr"]))
        server.process.kill()
        server.wait()
    with running_server(tmp_path, **ECHO_ENGINES) as server:
        server.wait_ready()
        with connected(server, "peer") as peer:
            peer.send({"type": "result", "taskId": "known"})
            stored = peer.collect(lambda event: event.type == "task_finished")
            peer.send({"type": "result", "taskId": "more"})
            extended = peer.collect(lambda event: event.type == "task_finished")
    assert [event.fields for event in stored] == [event.fields for event in first[1:]]
    assert [event.fields for event in extended] == [event.fields for event in more[1:]]
    assert len(extended) == 3
