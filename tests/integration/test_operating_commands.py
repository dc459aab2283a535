"""tasks, task, result, cancel and drain against a running server, and Ctrl-C of a command that waits for it."""

from __future__ import annotations

import json
import os
import pty
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from dragoman_client.cli import build_app
from tests.harness import ECHO, NEVER_MS, PATIENCE_S, ServerProcess, connected, running_server, wait_until


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    settings = ECHO | {"engines__transcription__delay_ms": NEVER_MS}
    with running_server(tmp_path_factory.mktemp("operating"), **settings) as one:
        yield one.wait_ready()


def options(server: ServerProcess) -> list[str]:
    places = server.endpoints
    return ["--requests", places["requests"], "--routed", places["routed"], "--ops", places["ops"]]


def run(server: ServerProcess, *words: str) -> Result:
    return CliRunner().invoke(build_app(), [*options(server), *words])


def active(server: ServerProcess) -> list[str]:
    return [task["taskId"] for task in json.loads(run(server, "tasks", "--state", "active", "--json").stdout)["tasks"]]


def test_a_task_is_found_looked_into_and_its_result_brought_again(server: ServerProcess) -> None:
    with connected(server, "alice") as peer:
        peer.run({"taskId": "shown", "text": "Hello.", "sourceLanguage": "en", "targetLanguages": ["pt"]})
    [row] = [line for line in run(server, "tasks").stdout.splitlines() if line.startswith("shown ")]
    details = run(server, "task", "shown")
    result = run(server, "result", "shown")

    assert row.split()[1:4] == ["translation", "alice", "completed"]
    assert "part pt: done" in details.stdout
    assert (result.exit_code, result.stdout) == (0, "pt: [pt] Hello.\n")


def test_ctrl_c_ends_the_work_on_the_server_too(server: ServerProcess, tmp_path: Path) -> None:
    (tmp_path / "long.wav").write_bytes(recording())
    program = [sys.executable, "-c", "from dragoman_client.cli import main; main()"]
    command = subprocess.Popen(
        [*program, *options(server), "transcribe", str(tmp_path / "long.wav")],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    with command:
        wait_until(lambda: active(server) != [], "it is at work")
        [task_id] = active(server)
        command.send_signal(signal.SIGINT)
        out, err = command.communicate(timeout=PATIENCE_S)
    assert (command.returncode, out, err) == (130, b"", b"")
    wait_until(lambda: active(server) == [], "it is cancelled")
    assert json.loads(run(server, "task", task_id, "--json").stdout)["status"] == "cancelled"


def recording() -> bytes:
    """A second of nothing in particular."""
    import io  # noqa: PLC0415
    import wave  # noqa: PLC0415

    file = io.BytesIO()
    with wave.open(file, "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(16_000)
        sound.writeframes(bytes(range(256)) * 125)
    return file.getvalue()


def test_a_server_is_drained_and_its_end_waited_for(tmp_path: Path) -> None:
    with running_server(tmp_path, **ECHO) as one:
        one.wait_ready()
        drained = run(one, "drain", "--json")
        assert one.wait() == 0
    document = json.loads(drained.stdout)
    assert (drained.exit_code, document["stopped"], document["active"]) == (0, True, 0)


def has_ended(child: int, statuses: list[int]) -> bool:
    """Whether a process of ours is over; then with its exit status in the list."""
    pid, status = os.waitpid(child, os.WNOHANG)
    if pid:
        statuses.append(status)
    return bool(pid)


@pytest.mark.skipif(sys.platform != "linux", reason="a terminal that is closed, as Linux does it")
def test_a_server_stops_when_its_terminal_is_closed(tmp_path: Path) -> None:
    sockets = {f"sockets.{name}": f"ipc://{tmp_path}/{name}" for name in ("requests", "events", "routed")}
    given = {key.replace("__", "."): value for key, value in ECHO.items()} | sockets
    given |= {"sockets.ops": "http://127.0.0.1:0", "server.state_dir": tmp_path, "server.drain_s": 0.1}
    flags = [word for key, value in given.items() for word in ("--set", f"{key}={value}")]
    statuses: list[int] = []
    child, terminal = pty.fork()
    if not child:  # the new process, whose controlling terminal this is
        os.execv(sys.executable, [sys.executable, "-m", "dragoman_server", "serve", *flags])  # noqa: S606
    try:
        wait_until((tmp_path / "routed").exists, "it listens")
        os.close(terminal)
        wait_until(lambda: has_ended(child, statuses), "its end")
    finally:
        if not statuses:
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
    assert [os.waitstatus_to_exitcode(status) for status in statuses] == [0]
