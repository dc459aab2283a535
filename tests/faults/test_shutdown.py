"""The server stops gracefully, at once, or by force: every request in flight is answered, and nothing stays behind."""

from __future__ import annotations

import json
import signal
import threading
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import zmq

from tests.harness import ECHO, PATIENCE_S, Message, Peer, ServerProcess, connected, running_server, wait_until
from tests.processes import all_child_pids, child_pid, held, is_running, kill, wait_gone

IN_FLIGHT = 20
SIGNALS = (signal.SIGTERM, signal.SIGINT)
LONG_DRAIN = {"server__drain_s": PATIENCE_S}
SHORT_DRAIN = {"server__drain_s": 0.1, "journal__mode": "off"}


def translation(task_id: str) -> dict[str, Any]:
    return {
        "type": "translation",
        "taskId": task_id,
        "text": f"The text of {task_id}.",
        "sourceLanguage": "en",
        "targetLanguages": ["pt"],
    }


def send_many(peer: Peer) -> set[str]:
    """The ids of the requests sent."""
    ids = {f"task-{number}" for number in range(IN_FLIGHT)}
    for task_id in sorted(ids):
        peer.send(translation(task_id))
    return ids


def wait_accepted(peer: Peer) -> None:
    """Until the server has all of them."""
    for _ in range(IN_FLIGHT):
        assert peer.receive().type == "accepted"


def by_type(messages: list[Message], event_type: str) -> dict[str, Mapping[str, Any]]:
    found = [message.fields for message in messages if message.type == event_type]
    tasks: dict[str, Mapping[str, Any]] = {str(fields["taskId"]): fields for fields in found}
    assert len(tasks) == len(found)
    return tasks


def stopping(peer: Peer) -> Message:
    """The next event, which is that the server stops."""
    message = peer.receive()
    assert message.type == "server_stopping"
    return message


def receive_rest(peer: Peer, count: int, event_type: str) -> list[Message]:
    messages: list[Message] = []
    while len(by_type(messages, event_type)) < count:
        messages.append(peer.receive())
    return messages


def assert_nothing_left(server: ServerProcess, state_dir: Path, children: list[int]) -> None:
    assert [pid for pid in children if is_running(pid)] == []
    spool = state_dir / "spool"
    assert not spool.exists() or list(spool.iterdir()) == []
    assert server.log[-1]["event"] == "server.stopped"


@contextmanager
def flood(server: ServerProcess, header: bytes) -> Iterator[None]:
    """The same request again and again, as fast as two connections take it, for the time of a block."""
    stop = threading.Event()

    def push() -> None:
        with zmq.Context() as context, context.socket(zmq.PUSH) as socket:
            socket.setsockopt(zmq.LINGER, 0)
            socket.connect(server.endpoints["requests"])
            while not stop.is_set():
                if socket.poll(100, zmq.POLLOUT):
                    socket.send(header)

    threads = [threading.Thread(target=push) for _ in range(2)]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        stop.set()
        for thread in threads:
            thread.join()


@pytest.mark.parametrize("number", SIGNALS)
def test_what_is_in_flight_at_a_signal_is_finished_and_published(tmp_path: Path, number: signal.Signals) -> None:
    with (
        running_server(tmp_path, **ECHO, **LONG_DRAIN) as server,
        connected(server.wait_ready(), "routed") as routed,
        connected(server) as open_peer,
    ):
        children = all_child_pids(server)
        with held(child_pid(server, "translation")):
            ids = send_many(open_peer)
            assert send_many(routed) == ids
            wait_accepted(routed)
            server.process.send_signal(number)
            assert stopping(routed).fields["drainMs"] == PATIENCE_S * 1000
            # It is held still: whatever comes now comes after the announcement.
            routed.send(translation("late"))
        answers = receive_rest(routed, IN_FLIGHT, "task_finished")
        open_answers = receive_rest(open_peer, IN_FLIGHT, "translation_completed")
        assert server.wait() == 0
        places = {f"sockets__{name}": server.endpoints[name] for name in ("requests", "events", "routed")}
        state = tmp_path / "successor"
        state.mkdir()
        with running_server(state, **ECHO | places) as successor:
            successor.wait_ready()
            # It waited in the peer's own socket.
            done = "the late request is done"
            wait_until(lambda: successor.stats()["lanes"]["translation"]["completed"] == 1, done)
    assert set(by_type(answers, "translation_completed")) == ids
    assert {fields["status"] for fields in by_type(answers, "task_finished").values()} == {"completed"}
    assert Counter(message.type for message in open_answers) == {"translation_completed": IN_FLIGHT}
    assert_nothing_left(server, tmp_path, children)


@pytest.mark.parametrize("number", SIGNALS)
def test_what_is_not_finished_when_the_drain_ends_gets_its_error_event(tmp_path: Path, number: signal.Signals) -> None:
    with (
        running_server(tmp_path, **ECHO, **SHORT_DRAIN) as server,
        connected(server.wait_ready(), "routed") as routed,
        connected(server) as open_peer,
    ):
        children = all_child_pids(server)
        with held(child_pid(server, "translation")):
            ids = send_many(open_peer)
            send_many(routed)
            wait_accepted(routed)
            server.process.send_signal(number)
            stopping(routed)
            answers = receive_rest(routed, IN_FLIGHT, "task_finished")
            open_answers = receive_rest(open_peer, IN_FLIGHT, "translation_error")
            assert server.wait() == 0
    errors = by_type(answers, "translation_error")
    assert set(errors) == ids
    assert {fields["errorCode"] for fields in errors.values()} == {"shutting_down"}
    assert {fields["status"] for fields in by_type(answers, "task_finished").values()} == {"cancelled"}
    assert {message.fields["errorCode"] for message in open_answers} == {"shutting_down"}
    assert_nothing_left(server, tmp_path, children)


def test_recordings_at_work_when_the_drain_ends_are_removed_from_the_disk(tmp_path: Path) -> None:
    with (
        running_server(tmp_path, **ECHO, **SHORT_DRAIN) as server,
        connected(server.wait_ready(), "routed") as peer,
    ):
        children = all_child_pids(server)
        with held(child_pid(server, "transcription")):
            peer.send({"type": "transcription_only", "taskId": "a", "binaryFrames": {"audio": 1}}, bytes(32_000))
            assert peer.receive().type == "accepted"
            server.terminate()
            stopping(peer)
            error, finished = peer.receive(), peer.receive()
            assert server.wait() == 0
    assert (error.type, error.fields["errorCode"]) == ("transcription_error", "shutting_down")
    assert (finished.type, finished.fields["status"]) == ("task_finished", "cancelled")
    assert_nothing_left(server, tmp_path, children)


def test_an_idle_server_stops_without_an_error(tmp_path: Path) -> None:
    with running_server(tmp_path, **ECHO) as server:
        server.wait_ready()
        children = all_child_pids(server)
        server.terminate()
        assert server.wait() == 0
        assert server.errors == ""
    assert_nothing_left(server, tmp_path, children)


@pytest.mark.parametrize("number", SIGNALS)
def test_a_second_signal_ends_the_server_at_once(tmp_path: Path, number: signal.Signals) -> None:
    with (
        running_server(tmp_path, **ECHO, **LONG_DRAIN) as server,
        connected(server.wait_ready(), "routed") as peer,
    ):
        children = all_child_pids(server)
        with held(child_pid(server, "translation")):
            peer.send(translation("never finished"))
            assert peer.receive().type == "accepted"
            server.process.send_signal(number)
            stopping(peer)
            server.process.send_signal(number)
            assert server.wait() == 128 + number
            wait_gone(children)


def test_children_end_with_a_server_that_is_killed_also_in_the_middle_of_a_call(tmp_path: Path) -> None:
    with (
        running_server(tmp_path, **ECHO) as server,
        connected(server.wait_ready(), "routed") as peer,
    ):
        children = all_child_pids(server)
        hanging = translation("hanging")
        peer.send({**hanging, "text": "Say __hang__ now."})
        assert peer.receive().type == "accepted"
        kill(server.process.pid)
        assert server.wait() == -signal.SIGKILL
        wait_gone(children)
    with running_server(tmp_path, **ECHO) as successor:
        assert successor.wait_ready().stats()["server_status"] == "running"


def test_peers_that_never_stop_sending_do_not_keep_the_server_from_stopping(tmp_path: Path) -> None:
    with (
        running_server(tmp_path, **ECHO) as server,
        connected(server.wait_ready()) as peer,
        flood(server, json.dumps({"type": "ping"}).encode()),
    ):
        peer.collect(lambda message: "taskId" not in message.fields)
        server.terminate()
        assert server.wait() == 0


def test_a_server_whose_models_are_loading_finishes_what_it_has_taken_and_stops(tmp_path: Path) -> None:
    with running_server(tmp_path, **ECHO) as server, connected(server, "early") as peer:
        wait_until(lambda: server.stats()["engines"]["translation"]["pids"] != [], "a child has begun to load")
        [loading] = server.stats()["engines"]["translation"]["pids"]
        with held(loading):
            peer.send(translation("early"))
            assert peer.receive().type == "accepted"
            server.terminate()
            stopping(peer)
        answers = receive_rest(peer, 1, "task_finished")
        assert server.wait() == 0
        assert server.errors == ""
    assert set(by_type(answers, "translation_completed")) == {"early"}


def test_a_server_stops_although_a_child_does_not_react(tmp_path: Path) -> None:
    with running_server(tmp_path, **ECHO, **SHORT_DRAIN) as server:
        server.wait_ready()
        children = all_child_pids(server)
        with held(children[0]), held(children[1]):
            server.terminate()
            assert server.wait() == 0
    assert_nothing_left(server, tmp_path, children)
