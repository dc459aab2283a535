"""Signals at any moment: while a server starts, while it reads its configuration again, and twice."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.harness import ECHO, PATIENCE_S, ServerProcess, connected, running_server, wait_until
from tests.processes import wait_gone

SEED = 20
STARTS = 3
PROGRAM = [sys.executable, "-m", "dragoman_server", "serve"]
CLIENT = [sys.executable, "-c", "from dragoman_client.cli import main; main()", "serve"]


def started(command: list[str], folder: Path) -> subprocess.Popen[bytes]:
    sockets = {f"sockets.{name}": f"ipc://{folder}/{name}.sock" for name in ("requests", "events", "routed")}
    given = {key.replace("__", "."): value for key, value in ECHO.items()}
    given |= sockets | {"sockets.ops": "http://127.0.0.1:0", "server.state_dir": folder, "server.drain_s": 0.1}
    flags = [part for key, value in given.items() for part in ("--set", f"{key}={value}")]
    return subprocess.Popen([*command, *flags], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)


def has_handlers(pid: int) -> bool:
    """Whether the process has come to its first lines, and catches SIGTERM."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("SigCgt:"):
            return bool(int(line.split()[1], 16) >> (signal.SIGTERM - 1) & 1)
    return False


@pytest.mark.skipif(sys.platform != "linux", reason="looks at /proc")
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
@pytest.mark.parametrize("command", [PROGRAM, CLIENT], ids=["server", "client"])
def test_a_signal_at_any_moment_of_the_start_ends_it_with_status_0(
    tmp_path: Path, number: signal.Signals, command: list[str]
) -> None:
    delays = random.Random(SEED)
    for start in range(STARTS):
        folder = tmp_path / str(start)
        with started(command, folder) as server:
            wait_until(lambda pid=server.pid: has_handlers(pid), "its first lines ran")  # type: ignore[misc]
            time.sleep(delays.uniform(0.0, 1.5))  # any moment will do: nothing is assumed to have happened
            server.send_signal(number)
            _, errors = server.communicate(timeout=PATIENCE_S)
        assert (server.returncode, errors) == (0, b"")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_two_signals_at_any_moment_of_the_start_leave_nothing_behind(tmp_path: Path, number: signal.Signals) -> None:
    delays = random.Random(SEED)
    for start in range(STARTS // 2):
        with started(PROGRAM, tmp_path / str(start)) as server:
            wait_until(lambda pid=server.pid: has_handlers(pid), "its first lines ran")  # type: ignore[misc]
            time.sleep(delays.uniform(0.0, 1.5))
            server.send_signal(number)
            server.send_signal(number)
            _, errors = server.communicate(timeout=PATIENCE_S)
        assert server.returncode in (0, 128 + number)
        assert b"Traceback" not in errors


def test_a_hang_up_while_it_starts_does_not_end_a_server(tmp_path: Path) -> None:
    with started(PROGRAM, tmp_path / "state") as server:
        wait_until(lambda: has_handlers(server.pid), "its first lines ran")
        for _ in range(20):
            server.send_signal(signal.SIGHUP)
        server.send_signal(signal.SIGTERM)
        server.communicate(timeout=PATIENCE_S)
    assert server.returncode == 0


@pytest.mark.parametrize(("problem", "make"), [("no regular file", os.mkfifo), ("directory", os.mkdir)])
def test_a_reload_from_a_pipe_or_a_folder_holds_nothing_and_is_refused(
    tmp_path: Path, problem: str, make: Callable[[Path], None]
) -> None:
    config, state = tmp_path / "dragoman.toml", tmp_path / "state"
    config.write_text("[server]\ndrain_s = 1.0\n")
    state.mkdir()
    server = ServerProcess(
        state, {key.replace("__", "."): value for key, value in ECHO.items()}, "--config", str(config)
    )
    try:
        server.wait_ready()
        config.unlink()
        make(config)
        server.process.send_signal(signal.SIGHUP)
        assert problem in server.wait_for_log("config.rejected")["error"]
        with connected(server, "peer") as peer:
            assert peer.barrier() == []
        server.terminate()
        assert server.wait() == 0
    finally:
        server.stop()


def test_a_burst_of_reloads_is_one_or_two_and_the_last_one_counts(tmp_path: Path) -> None:
    with running_server(tmp_path, **ECHO) as server:
        server.wait_ready()
        for _ in range(50):
            server.process.send_signal(signal.SIGHUP)
        server.wait_for_log("config.reloaded")
        children = [pid for pool in server.stats()["engines"].values() for pid in pool["pids"]]
        server.terminate()
        server.terminate()
        assert server.wait() in (0, 128 + signal.SIGTERM)
        wait_gone(children)
    assert "Traceback" not in server.errors
