"""The log of a running server: what is in it, what never is, and that no work waits for it."""

from __future__ import annotations

import base64
import json
import os
import select
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgpack
import pytest

from tests.harness import ECHO, PATIENCE_S, Peer, ServerProcess, connected, wait_until
from tests.integration.test_stats import RECORDING, SPEECH
from tests.processes import child_pid, held

MARKER = "Xylophone-Marmalade"
LEVELS = ("debug", "info", "warning", "error")
IDS = {"messageId": "m-1", "conversationId": "c-1", "senderId": "s-1", "attachmentId": "a-1"}
LINES = 500
"""Of accepted requests: more than a pipe holds."""
PADDING = "p" * 64
"""The first 64 bytes of a header that cannot be read are logged; the text comes later."""


def text(task_id: str, said: str = "", *languages: str, **more: Any) -> dict[str, Any]:
    return {
        "taskId": task_id,
        "text": f"{MARKER} {said}.",
        "sourceLanguage": "en",
        "targetLanguages": list(languages or ("pt",)),
        **more,
    }


def say_everything(peer: Peer, open_peer: Peer, level: str) -> None:
    """The marker in every place where a peer puts words of a person, in requests that succeed and that do not."""
    peer.run(text(f"good {level}", "", "pt", "en", **IDS))
    peer.run(text(f"good {level}", "", "pt", "en", **IDS))
    peer.run(text(f"fail {level}", "__fail__"))
    peer.run(text(f"raise {level}", "__raise__"))
    peer.run(text(f"die {level}", "__exit__"))
    peer.run(text(f"long {level}", MARKER * 1000))
    sound = RECORDING[:44] + MARKER.encode() * 1000
    peer.run({"type": "audio", "taskId": f"voice {level}", "targetLanguages": ["pt"], **SPEECH}, sound)
    peer.run(
        {
            "type": "transcription",
            "taskId": f"mobile {level}",
            "mobileTranscription": {"text": MARKER, "language": "en"},
        }
    )
    bad: list[Any] = [
        {"text": MARKER},
        {"text": MARKER, "targetLanguages": 5},
        {"text": [MARKER], "targetLanguages": ["pt"]},
        {"text": MARKER, "targetLanguages": ["pt"], "timeoutMs": "soon"},
        {"text": MARKER, "targetLanguages": [str(number) for number in range(100)]},
        {"type": "transcription", "audioData": f"{MARKER}!"},
        {"type": "transcription", "mobileTranscription": {"text": MARKER, "segments": [MARKER]}},
        {"type": "nothing of ours", "text": MARKER},
    ]
    for fields in bad:
        open_peer.send_raw(json.dumps(fields).encode())
        open_peer.send_raw(msgpack.packb(fields))
    whole = json.dumps({"taskId": PADDING, "text": MARKER}).encode()
    for cut in (whole[:-1], whole + whole, msgpack.packb({"taskId": PADDING, "text": MARKER})[:-1]):
        open_peer.send_raw(cut)
    for _ in range(2 * len(bad) + 3):
        open_peer.receive()


class Session:
    """A server whose log is set in a file, so that it can be changed while it runs."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / "log.toml"
        self._file.write_text("")
        self._flushes = 0
        settings = {key.replace("__", "."): value for key, value in ECHO.items()}
        self.server = ServerProcess(folder, settings, "--config", str(self._file)).wait_ready()

    def configure(self, level: str, *, content: bool = False) -> None:
        # By way of another level: the wanted one, where it was there before, would not tell that all of it was read.
        for step in ("error" if level == "debug" else "debug", level):
            self._file.write_text(f'[server]\nlog_level = "{step}"\nlog_content = {str(content).lower()}\n')
            os.kill(self.server.process.pid, signal.SIGHUP)
            wait_until(lambda: self.server.stats()["log_level"] == step, f"the level is {step}")  # noqa: B023

    def flushed(self) -> list[dict[str, Any]]:
        """All lines until now: a line of a known request is the last."""
        self.server.stats()  # what became of requests is told before figures are shown
        with connected(self.server) as peer:
            self._flushes += 1
            last = f"the last of {self._flushes}".encode()
            peer.send_raw(last)
            peer.receive()
        wait_until(lambda: self._is_last(last), "the last line")
        return self.server.log[:-2]

    def _is_last(self, header: bytes) -> bool:
        """It has two lines: it cannot be read, and it is refused."""
        return len(self.server.log) > 1 and self.server.log[-2].get("first_bytes") == header.hex()


@pytest.fixture(scope="module")
def session(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Session]:
    one = Session(tmp_path_factory.mktemp("logs"))
    try:
        yield one
    finally:
        one.server.stop()


def occurrences(text: str) -> list[str]:
    """Forms of the marker in a text: as it is, in hex as the first bytes are logged, and in base64."""
    forms = {"plain": MARKER, "hex": MARKER.encode().hex()}
    forms |= {
        f"base64, {shift}": base64.b64encode(b"." * shift + MARKER.encode())[4:-4].decode() for shift in range(3)
    }
    return [form for form, value in forms.items() if value in text]


def test_nothing_that_was_said_is_in_the_log_at_any_level_unless_it_is_switched_on(session: Session) -> None:
    server = session.server
    with connected(server, "sayer") as peer, connected(server) as open_peer:
        for level in LEVELS:
            session.configure(level)
            say_everything(peer, open_peer, level)
            child_pid(server, "translation")  # until one is there again
        session.configure("info")
        kept = json.dumps(session.flushed()) + server.errors
        assert {line["task_id"] for line in server.log if line["event"] == "task.finished"} >= {
            "good debug",
            "good info",
        }
        assert "good warning" not in kept
        assert occurrences(kept) == []

        session.configure("info", content=True)
        peer.run(text("shown"))
        shown = json.dumps(session.flushed())
    assert occurrences(shown) == ["plain"]
    contents = [line for line in server.log if line["event"].endswith(".content")]
    assert [line["event"] for line in contents] == ["task.content", "event.content"]
    assert contents[0]["text"] == f"{MARKER} ."
    assert contents[1]["event_fields"]["result"]["translatedText"] == f"[pt] {MARKER} ."


def test_a_task_has_a_line_when_it_is_over_with_all_ids_and_times_and_one_before_when_it_takes_long(
    session: Session,
) -> None:
    session.configure("info")
    with connected(session.server, "liner") as peer:
        trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
        peer.run(text("lines", "", "pt", "fr", **IDS, priority="high", traceparent=trace))
        peer.run(text("lines, failed", "__fail__", **IDS))
        with held(child_pid(session.server, "translation")):
            peer.send(text("lines, long", "", "pt", "fr", **IDS, priority="high", traceparent=trace))
            session.server.wait_for_log("task.accepted", task_id="lines, long")
        peer.collect(lambda message: message.type == "task_finished")
    # On a busy machine a task that is not held may take long as well.
    quick = {"lines", "lines, failed"}
    lines = [
        line
        for line in session.flushed()
        if str(line.get("task_id")).startswith("lines")
        and not (line["event"] == "task.accepted" and line["task_id"] in quick)
    ]
    assert [(line["event"], line["task_id"], line["level"]) for line in lines] == [
        ("task.finished", "lines", "info"),
        ("task.finished", "lines, failed", "warning"),
        ("task.accepted", "lines, long", "info"),
        ("task.finished", "lines, long", "info"),
    ]
    finished, failed, accepted, _ = lines
    ids = {
        "reply_to": "liner",
        "message_id": "m-1",
        "conversation_id": "c-1",
        "sender_id": "s-1",
        "attachment_id": "a-1",
        "type": "translation",
        "lane": "translation",
    }
    for line in lines:
        assert ids.items() <= line.items()
        assert line["timestamp"].endswith("Z")
    for line in (finished, accepted):
        assert {"priority": "high", "traceparent": trace}.items() <= line.items()
    assert (finished["status"], finished["events"]) == ("completed", 2)
    assert all(finished[time] >= 0 for time in ("queue_ms", "compute_ms", "publish_ms"))
    assert (failed["status"], failed["error_code"]) == ("failed", "engine_failed")


def test_a_refused_request_and_an_unreadable_one_have_a_line_each(session: Session) -> None:
    session.configure("warning")
    with connected(session.server) as peer:
        peer.send({"taskId": "refused", "messageId": "m-2", "targetLanguages": ["pt"]})
        peer.send_raw(b"\xc1" + b"x" * 100)
        peer.receive()
        peer.receive()
    *_, refused, unreadable, again = session.flushed()
    assert (refused["event"], refused["task_id"], refused["message_id"]) == ("request.refused", "refused", "m-2")
    assert (refused["error_code"], refused["error"]) == ("invalid_request", "text: the field is missing")
    assert (unreadable["event"], unreadable["first_bytes"]) == ("request.unreadable", (b"\xc1" + b"x" * 63).hex())
    assert (again["event"], again["error_code"]) == ("request.refused", "invalid_request")


def test_sighup_changes_the_level_and_a_wrong_one_changes_nothing(session: Session) -> None:
    session.configure("error")
    with connected(session.server, "quiet") as peer:
        peer.run(text("unheard"))
    session.configure("info")
    with connected(session.server, "quiet") as peer:
        peer.run(text("heard"))
    heard = {line.get("task_id") for line in session.flushed()}
    assert "heard" in heard
    assert "unheard" not in heard

    session._file.write_text('[server]\nlog_level = "loud"\n')
    os.kill(session.server.process.pid, signal.SIGHUP)
    assert "log_level" in session.server.wait_for_log("config.rejected")["error"]
    assert session.server.stats()["log_level"] == "info"


def test_a_log_that_is_not_read_stops_neither_the_work_nor_the_stop(tmp_path: Path) -> None:
    endpoints = {name: f"ipc://{tmp_path}/{name}" for name in ("requests", "events", "routed")}
    settings = {
        **{key.replace("__", "."): value for key, value in ECHO.items()},
        **{f"sockets.{name}": endpoint for name, endpoint in endpoints.items()},
        "sockets.ops": "http://127.0.0.1:0",
        "server.state_dir": tmp_path,
        "server.log_level": "debug",
    }
    flags = [part for key, value in settings.items() for part in ("--set", f"{key}={value}")]
    unread, log = os.pipe()
    server = subprocess.Popen([sys.executable, "-m", "dragoman_server", "serve", *flags], stdout=log, stderr=log)
    try:
        peer = Peer(endpoints, "patient")
        for number in range(LINES):
            peer.send(text(f"t{number}", "", "en"))
        finished = [peer.collect(lambda message: message.type == "task_finished")[-1] for _ in range(LINES)]
        peer.close()
        assert {message.fields["status"] for message in finished} == {"completed"}
        wait_until(lambda: not select.select([], [log], [], 0)[1], "the pipe is full")
        server.terminate()
        assert server.wait(PATIENCE_S) == 0
    finally:
        server.kill()
        server.wait()
        os.close(unread)
        os.close(log)
