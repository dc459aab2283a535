"""GET /tasks, GET /tasks/ID and POST /tasks/ID/cancel on a running server."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.parse import quote
from urllib.request import Request, urlopen

import pytest

from tests.harness import ECHO, NEVER_MS, PATIENCE_S, Peer, ServerProcess, connected, running_server, wait_until
from tests.integration.test_metrics import series
from tests.processes import child_pid, held, wait_busy

MARKER = "Xylophone-Marmalade"


def call(server: ServerProcess, path: str, method: str = "GET") -> tuple[int, dict[str, Any]]:
    request = Request(server.endpoints["ops"] + path, method=method)  # noqa: S310 - our own address
    try:
        with urlopen(request, timeout=PATIENCE_S) as response:  # noqa: S310
            return response.status, json.load(response)
    except HTTPError as error:
        with error:
            return error.code, json.load(error)


def text(task_id: str, *languages: str, **more: Any) -> dict[str, Any]:
    return {
        "taskId": task_id,
        "text": f"{MARKER} {task_id}.",
        "sourceLanguage": "en",
        "targetLanguages": list(languages or ("pt",)),
        **more,
    }


def listed(server: ServerProcess, query: str = "") -> list[dict[str, Any]]:
    status, document = call(server, f"/tasks?limit=500{query}")
    assert status == 200
    tasks: list[dict[str, Any]] = document["tasks"]
    return tasks


def test_a_finished_task_is_shown_with_its_ids_its_times_and_its_timeline(echo_server: ServerProcess) -> None:
    with connected(echo_server, "alice") as peer:
        *_, finished = peer.run(text("shown", "pt", "fr", "en", messageId="m-1", priority="high"))
    (listing,) = [task for task in listed(echo_server) if task["task_id"] == "shown"]
    status, task = call(echo_server, "/tasks/shown")

    assert status == 200
    timeline = task.pop("timeline")
    assert task.pop("timeline_dropped") == 0
    assert task == listing
    known = {"reply_to": "alice", "message_id": "m-1", "type": "translation", "lane": "translation", "peer": "alice"}
    assert known.items() <= task.items()
    assert (task["state"], task["status"], task["priority"]) == ("finished", "completed", "high")
    assert (task["error_code"], task["error"]) == (None, None)
    assert sorted(part["part"] for part in task["parts"]) == ["en", "fr", "pt"]
    assert {part["state"] for part in task["parts"]} == {"done"}
    assert task["units"] == {"done": 2, "running": 0, "queued": 0}
    assert task["queue_ms"] == pytest.approx(finished.fields["queueTimeMs"], abs=0.002)
    assert task["compute_ms"] == pytest.approx(finished.fields["computeTimeMs"], abs=0.002)
    assert task["queue_ms"] + task["compute_ms"] + task["publish_ms"] == pytest.approx(task["age_ms"], abs=1.0)

    events = [step["event"] for step in timeline]
    assert events[:3] == ["received", "accepted", "started"]
    assert events[-1] == "finished"
    assert (events.count("unit"), events.count("published")) == (2, 3)
    assert {step["language"] for step in timeline if step["event"] == "published"} == {"pt", "fr", "en"}
    assert [step["at_ms"] for step in timeline] == sorted(step["at_ms"] for step in timeline)


def test_what_is_in_flight_shows_its_units_and_open_parts_and_can_be_cancelled(echo_server: ServerProcess) -> None:
    with connected(echo_server, "bob") as peer, held(child_pid(echo_server, "translation")):
        peer.send(text("held", "pt", "en"))
        wait_busy(echo_server, "translation")
        _, running = call(echo_server, "/tasks/held")
        (same,) = [task for task in listed(echo_server, "&state=active") if task["task_id"] == "held"]
        assert call(echo_server, "/tasks/held/cancel?reply_to=nobody", "POST")[0] == 404
        assert call(echo_server, "/tasks/held/cancel", "POST") == (200, {"task_id": "held", "status": "cancelled"})
        peer.collect(lambda message: message.type == "task_finished")
    assert same["task_id"] == "held"
    assert (running["state"], running["status"]) == ("running", None)
    assert running["units"] == {"done": 0, "running": 1, "queued": 0}
    states = {part["part"]: part["state"] for part in running["parts"]}
    assert states == {"en": "done", "pt": "open"}

    _, ended = call(echo_server, "/tasks/held")
    assert (ended["state"], ended["status"], ended["error_code"]) == ("finished", "cancelled", "cancelled")
    assert ended["units"] == {"done": 0, "running": 0, "queued": 0}
    assert call(echo_server, "/tasks/held/cancel", "POST") == (200, {"task_id": "held", "status": "finished"})


def test_a_failed_task_names_its_error_and_each_part(echo_server: ServerProcess) -> None:
    with connected(echo_server, "carol") as peer:
        peer.run({**text("failing", "pt", "en"), "text": "One __fail__."})
    _, task = call(echo_server, "/tasks/failing?reply_to=carol")

    assert (task["status"], task["error_code"]) == ("partial", "engine_failed")
    outcomes = {part["part"]: (part["state"], part["error_code"]) for part in task["parts"]}
    assert outcomes == {"en": ("done", None), "pt": ("failed", "engine_failed")}
    assert "failing" in {task["task_id"] for task in listed(echo_server, "&state=failed")}


def test_tasks_of_one_id_are_told_apart_by_their_peers(echo_server: ServerProcess) -> None:
    with connected(echo_server, "dave") as dave, connected(echo_server, "erin") as erin:
        with held(child_pid(echo_server, "translation")):
            for peer in (dave, erin):
                peer.send(text("same"))
                peer.collect(lambda message: message.type == "accepted")
            status, document = call(echo_server, "/tasks/same/cancel", "POST")
            assert status == 409
            assert "dave, erin" in document["error"]
            assert call(echo_server, "/tasks/same?reply_to=dave")[1]["reply_to"] == "dave"
            assert call(echo_server, "/tasks/same/cancel?reply_to=erin", "POST")[1]["status"] == "cancelled"
            erin.collect(lambda message: message.type == "task_finished")
        dave.collect(lambda message: message.type == "task_finished")
    statuses = {peer: call(echo_server, f"/tasks/same?reply_to={peer}")[1]["status"] for peer in ("dave", "erin")}
    assert statuses == {"dave": "completed", "erin": "cancelled"}


@pytest.mark.parametrize("task_id", ["a/b", "\u00e9\u4e2d", "50% & more?", "x" * 128])
def test_a_task_of_any_id_is_found(echo_server: ServerProcess, task_id: str) -> None:
    with connected(echo_server, "odd") as peer:
        peer.run(text(task_id))
    status, task = call(echo_server, f"/tasks/{quote(task_id, safe='')}")
    assert (status, task["task_id"]) == (200, task_id)
    status, answer = call(echo_server, f"/tasks/{quote(task_id, safe='')}/cancel", "POST")
    assert (status, answer["status"]) == (200, "finished")


def test_an_unknown_task_is_404_with_a_sentence(echo_server: ServerProcess) -> None:
    status, document = call(echo_server, "/tasks/nobody")
    assert status == 404
    assert "'nobody'" in document["error"]
    assert call(echo_server, "/tasks/nobody/cancel", "POST") == (404, {"task_id": "nobody", "status": "unknown"})


@pytest.mark.parametrize(
    ("query", "named"),
    [
        ("state=new", "state"),
        ("sort=size", "sort"),
        ("limit=0", "limit"),
        ("limit=501", "limit"),
        ("limit=ten", "limit"),
        (f"limit={'9' * 30}", "limit"),
        ("limit=\u0665", "limit"),
        ("limit=-1", "limit"),
    ],
)
def test_a_wrong_question_is_answered_with_what_is_wrong(echo_server: ServerProcess, query: str, named: str) -> None:
    status, document = call(echo_server, f"/tasks?{quote(query, safe='=')}")
    assert status == 400
    assert document["error"].startswith(f"{named}: ")


def test_the_list_is_sorted_and_bounded(echo_server: ServerProcess) -> None:
    with connected(echo_server, "frank") as peer:
        for number in range(4):
            peer.run(text(f"row-{number}"))

    def rows(query: str) -> list[dict[str, Any]]:
        return list(call(echo_server, f"/tasks?{query}")[1]["tasks"])

    assert [task["task_id"] for task in rows("limit=3")] == ["row-3", "row-2", "row-1"]
    ages = [task["age_ms"] for task in rows("sort=slowest")]
    assert ages == sorted(ages, reverse=True)
    arrivals = [task["arrived_s"] for task in rows("sort=age&state=finished")]
    assert arrivals == sorted(arrivals)


def test_the_failed_are_kept_when_many_good_ones_follow(tmp_path: Path) -> None:
    with running_server(tmp_path, **ECHO) as server, connected(server.wait_ready(), "many") as peer:
        peer.run({**text("bad"), "text": "__fail__"})
        flood(peer, 600)
        assert len(listed(server, "&state=finished")) == 500
        assert [task["task_id"] for task in listed(server, "&state=failed")] == ["bad"]
        assert call(server, "/tasks/good-0")[0] == 404
        assert call(server, "/tasks/good-599")[0] == 200


def flood(peer: Peer, count: int) -> None:
    for number in range(count):
        peer.send(text(f"good-{number}", "en"))
    for _ in range(count):
        peer.collect(lambda message: message.type == "task_finished")


def test_nothing_that_was_said_is_shown(echo_server: ServerProcess) -> None:
    with connected(echo_server, "gina") as peer:
        peer.run(text("secret", "pt", "fr"))
        peer.run({**text("secret failure"), "text": f"{MARKER} __fail__."})
    shown = json.dumps([call(echo_server, path) for path in ("/tasks?limit=500", "/tasks/secret", "/stats")])
    assert "secret" in shown
    assert MARKER not in shown


def test_a_task_that_was_left_to_the_next_start_is_shown_there(tmp_path: Path) -> None:
    slow = {"engines__translation__delay_ms": NEVER_MS, "server__drain_s": 0.1}
    with running_server(tmp_path, **ECHO, **slow) as server, connected(server.wait_ready(), "late") as peer:
        peer.send(text("left", "pt", "en"))
        peer.collect(lambda message: message.type == "translation_completed")
        server.terminate()
        assert server.wait() == 0
    with running_server(tmp_path, **ECHO) as server:
        wait_until(lambda: call(server, "/tasks/left")[1].get("status") == "completed", "resumed")
        _, task = call(server, "/tasks/left")
        figures = {
            sample: value
            for sample, value in series(server).items()
            if value and "translation" in dict(sample[1]).values()
        }
    counted = {name for name, _ in figures}
    assert "dragoman_requests_resumed_total" in counted
    assert "dragoman_requests_accepted_total" not in counted
    assert task["timeline"][1] == {"at_ms": task["timeline"][1]["at_ms"], "event": "accepted", "resumed": True}
    assert task["age_ms"] >= task["timeline"][1]["at_ms"] > 0
