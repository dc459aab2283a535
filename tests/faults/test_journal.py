"""The server is killed and started again on its state directory: nothing is lost, and nothing said twice."""

from __future__ import annotations

import signal
import sqlite3
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.error import HTTPError

import pytest
from typer.testing import CliRunner

from dragoman_server.cli.commands import app
from dragoman_server.journal.blobs import BLOB_BYTES
from dragoman_server.journal.schema import FILE
from tests.conformance.sound import tone
from tests.harness import ECHO, NEVER_MS, Message, Peer, ServerProcess, connected, running_server, wait_until
from tests.processes import child_pid, held

TASKS = 40
DONE = 5
"""So many of them are finished before the server is killed."""
LANGUAGES = ("pt", "fr", "en")
NEVER = {"engines__translation__delay_ms": NEVER_MS}


@contextmanager
def server_in(folder: Path, **settings: object) -> Iterator[ServerProcess]:
    """A server on addresses that the next one has again, so that peers connect again by themselves."""
    sockets = {f"sockets__{name}": f"ipc://{folder}/{name}.sock" for name in ("requests", "events", "routed")}
    with running_server(folder, **(ECHO | sockets | settings)) as server:
        yield server.wait_ready()


def translation(task_id: str, *targets: str, **fields: object) -> dict[str, Any]:
    return {
        "taskId": task_id,
        "text": f"Text {task_id}",
        "sourceLanguage": "en",
        "targetLanguages": list(targets or ("pt",)),
    } | fields


def kill(server: ServerProcess) -> None:
    server.process.send_signal(signal.SIGKILL)
    server.wait()


def accepted(peer: Peer, count: int) -> list[Message]:
    """Events until so many requests are accepted."""
    seen: list[Message] = []
    while sum(event.type == "accepted" for event in seen) < count:
        seen.append(peer.receive())
    return seen


def finished(events: list[Message]) -> Counter[str]:
    return Counter(event.fields["taskId"] for event in events if event.type == "task_finished")


def results(events: list[Message]) -> Counter[tuple[str, str, str]]:
    return Counter(
        (event.fields["taskId"], event.fields["targetLanguage"], event.fields["result"]["translatedText"])
        for event in events
        if event.type == "translation_completed"
    )


@pytest.mark.parametrize("codec", ["json", "msgpack"])
def test_what_was_accepted_is_finished_once_after_a_kill(codec: str, tmp_path: Path) -> None:
    with server_in(tmp_path) as first, connected(first, "peer", codec=codec) as peer:
        seen: list[Message] = []
        for number in range(DONE):
            seen += peer.run(translation(f"t{number}", *LANGUAGES))
        with held(child_pid(first, "translation")):
            for number in range(DONE, TASKS):
                peer.send(translation(f"t{number}", *LANGUAGES))
            # English needs no engine: of each task one part is done, and two are at work or wait.
            while sum(language == "en" for _, language, _ in results(seen)) < TASKS:
                seen.append(peer.receive())
            kill(first)
        seen += peer.rest()
        before = sum(finished(seen).values())
        with server_in(tmp_path) as second:
            wait_until(lambda: all_is_written(second.stats()), "the rest is done")
            seen += peer.barrier()
            missing = {f"t{number}" for number in range(TASKS)} - set(finished(seen))
            again: list[Message] = []
            for task_id in missing:  # written, and not published when the kill came
                peer.send({"type": "result", "taskId": task_id})
                again += peer.collect(lambda event: event.type == "task_finished")
            again += peer.barrier()
            stats = second.stats()
    assert before == DONE
    assert len(missing) <= 5
    assert set((finished(seen) + finished(again)).values()) == {1}
    assert len(finished(seen) + finished(again)) == TASKS
    assert set(results(seen).values()) == {1}
    expected = {
        (f"t{n}", to, f"Text t{n}" if to == "en" else f"[{to}] Text t{n}") for n in range(TASKS) for to in LANGUAGES
    }
    assert set(results(seen)) | set(results(again)) == expected
    assert stats["journal"]["mode"] == "process"


def all_is_written(stats: dict[str, Any]) -> bool:
    return (stats["active_tasks"]["total_active"], stats["journal"]["pending"]) == (0, 0)


def test_results_are_there_after_a_restart(tmp_path: Path) -> None:
    with server_in(tmp_path) as first, connected(first, "peer") as peer:
        said = peer.run(translation("t", "pt", "fr"))
        kill(first)
    with server_in(tmp_path) as second, connected(second, "peer", codec="msgpack") as peer:
        peer.send({"type": "result", "taskId": "t"})
        again = [peer.receive() for _ in range(3)]
        assert [event.fields for event in again] == [event.fields for event in said[1:]]
        more = peer.run(translation("t", "pt", "de"))
        # What it asks for: what is known of that, and what is new.
        assert set(results(more)) == {("t", "pt", "[pt] Text t"), ("t", "de", "[de] Text t")}
        assert second.stats()["engines"]["translation"]["units"] == 1


def test_no_more_tasks_are_kept_than_are_remembered_also_after_a_restart(tmp_path: Path) -> None:
    def kept(tasks: int) -> bool:
        with sqlite3.connect(tmp_path / FILE) as connection:
            numbers = [number for (number,) in connection.execute("SELECT task FROM tasks ORDER BY task")]
        connection.close()
        return numbers == list(range(TASKS + 1 - tasks, TASKS + 1))

    with server_in(tmp_path, results__tasks=10) as first, connected(first, "peer") as peer:
        for number in range(TASKS):
            peer.run(translation(f"t{number}", text="Known from the second time on."))
        wait_until(lambda: kept(10), "what is forgotten leaves the file")
        kill(first)
    with server_in(tmp_path, results__tasks=4) as second, connected(second, "peer") as peer:
        wait_until(lambda: kept(4), "the limits of now hold for what was kept before")
        peer.send({"type": "result", "taskId": f"t{TASKS - 1}"})
        assert [peer.receive().type, peer.receive().type] == ["translation_completed", "task_finished"]


def test_a_deadline_counts_from_the_arrival(tmp_path: Path) -> None:
    with server_in(tmp_path, **NEVER) as first, connected(first, "peer") as peer:
        peer.send(translation("t", timeoutMs=NEVER_MS))
        accepted(peer, 1)
        kill(first)
        assert peer.rest() == []
        let_pass(tmp_path, NEVER_MS / 1000)
        with server_in(tmp_path, **NEVER):
            error, last = peer.receive(), peer.receive()
    assert error.fields["errorCode"] == "deadline_exceeded"
    assert last.fields["status"] == "expired"


def let_pass(folder: Path, seconds: float) -> None:
    """As if what is in the journal had arrived so much earlier."""
    with sqlite3.connect(folder / FILE) as connection:
        connection.execute("UPDATE requests SET arrived = arrived - ?", (seconds,))
    connection.close()


def test_what_a_drain_leaves_is_finished_by_the_next_start(tmp_path: Path) -> None:
    with server_in(tmp_path, **NEVER, server__drain_s=0.2) as first, connected(first, "peer") as peer:
        peer.send(translation("t"))
        accepted(peer, 1)
        first.terminate()
        assert first.wait() == 0
        assert [event.type for event in peer.rest()] == ["server_stopping"]
        with server_in(tmp_path):
            assert [peer.receive().type, peer.receive().type] == ["translation_completed", "task_finished"]
            assert peer.barrier() == []


def test_a_stage_that_was_done_is_not_done_again(tmp_path: Path) -> None:
    request = {"type": "audio_process", "taskId": "v", "targetLanguages": ["pt"], "binaryFrames": {"audio": 1}}
    with server_in(tmp_path, **NEVER) as first, connected(first, "peer") as peer:
        peer.send(request, tone())
        heard = peer.collect(lambda event: event.type == "transcription_ready")[-1]
        kill(first)
        with server_in(tmp_path) as second:
            events = peer.collect(lambda event: event.type == "task_finished")
            assert second.stats()["engines"]["transcription"]["units"] == 0
    assert [event.type for event in events] == [
        "audio_translation_ready",
        "audio_process_completed",
        "task_finished",
    ]
    assert events[1].fields["transcription"] == heard.fields["transcription"]
    assert events[-1].fields["events"] == 3


def test_a_request_that_kills_its_engine_becomes_a_dead_letter(tmp_path: Path) -> None:
    with server_in(tmp_path) as server, connected(server, "peer") as peer:
        _, error, last = peer.run(translation("poison", text="__exit__ now"))
        assert (error.fields["errorCode"], last.fields["status"]) == ("engine_failed", "failed")
        assert server.stats()["journal"]["dead"] == 1
        assert "poison" in dead(tmp_path, "list")
        kill(server)
    assert "__exit__ now" in dead(tmp_path, "show", "1")
    assert "translation" in dead(tmp_path, "retry", "1")
    with server_in(tmp_path) as server, connected(server, "peer") as peer:
        wait_until(lambda: server.stats()["journal"]["dead"] == 1, "it is a dead letter again")
    [number] = [line.split()[0] for line in dead(tmp_path, "list").splitlines() if "poison" in line]
    dead(tmp_path, "drop", number)
    assert "poison" not in dead(tmp_path, "list")


def test_a_request_that_is_there_at_every_crash_becomes_a_dead_letter(tmp_path: Path) -> None:
    with server_in(tmp_path, **NEVER) as server, connected(server, "peer") as peer:
        peer.send(translation("t"))
        accepted(peer, 1)
        kill(server)
        for _ in range(30):
            with server_in(tmp_path, **NEVER) as next_one:
                wait_until(lambda: written_at_work(next_one.stats()), "it is at work, or a dead letter")
                if next_one.stats()["journal"]["dead"]:
                    # After so many restarts the peer's sockets may miss it, and the answer as well: it asks on.
                    while not peer.sub.poll(500):
                        peer.send({"type": "result", "taskId": "t"})
                    error, last = peer.collect(lambda event: event.type == "task_finished")[-2:]
                    break
                kill(next_one)
    assert (error.fields["errorCode"], last.fields["status"]) == ("engine_failed", "failed")
    assert "several times" in dead(tmp_path, "list")


def written_at_work(stats: dict[str, Any]) -> bool:
    return bool(stats["journal"]["committed"] > 0)


def test_a_full_disk_refuses_and_is_told_and_passes_by_itself(tmp_path: Path) -> None:
    limits = {"journal__max_bytes": 1 << 18, "results__keep_s": 0}
    with server_in(tmp_path, **limits) as server, connected(server, "peer") as peer:
        peer.send(translation("large", messageId="m", conversationId="c"), *[bytes(BLOB_BYTES - 1)] * 4)
        error = peer.receive()
        assert (error.type, error.fields["errorCode"]) == ("translation_error", "internal")
        assert error.fields["retryable"]
        assert "journal" in error.fields["error"]
        with pytest.raises(HTTPError) as refused:
            server.get("/readyz")
        assert "journal" in refused.value.read().decode()
        wait_until(lambda: server.stats()["journal"]["state"] == "ok", "it recovers")
        assert server.get("/readyz")["ready"]
        assert [event.type for event in peer.run(translation("small"))][-1] == "task_finished"
        wait_until(lambda: server.stats()["in_flight"]["bytes"] == 0, "nothing of them is held")
        wait_until(lambda: server.stats()["lanes"]["translation"]["active"] == 0, "its place is free")


def test_a_cancel_and_a_repeat_may_come_before_the_request_is_written(tmp_path: Path) -> None:
    with server_in(tmp_path, **NEVER) as server, connected(server, "peer") as peer:
        for number in range(50):
            request = translation(f"t{number}")
            peer.send(request)
            peer.send(request)
            peer.send({"type": "cancel", "taskId": f"t{number}"})
        events: list[Message] = []
        while len(finished(events)) < 50 or sum(event.type == "cancel_result" for event in events) < 50:
            events.append(peer.receive())
        wait_until(lambda: all_is_written(server.stats()), "nothing is left to be told")
        events += peer.barrier()
        assert Counter(e.fields["status"] for e in events if e.type == "cancel_result") == {"cancelled": 50}
        firsts = [e.fields["taskId"] for e in events if e.type == "accepted" and not e.fields["duplicate"]]
        assert Counter(firsts) == {f"t{number}": 1 for number in range(50)}
        assert set(Counter(finished(events)).values()) <= {1, 2}  # twice where the repeat came after the end
        wait_until(lambda: server.stats()["lanes"]["translation"]["active"] == 0, "its place is free")


def dead(folder: Path, *arguments: str) -> str:
    result = CliRunner().invoke(app, ["dead", *arguments, "--set", f"server.state_dir={folder}"])
    assert result.exit_code == 0, result.output
    return result.output
