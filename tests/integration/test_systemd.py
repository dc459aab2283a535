"""A server as systemd starts it: what it tells at each turn of its life, over a real socket."""

from __future__ import annotations

import signal
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.harness import ECHO, PATIENCE_S, running_server


class Manager:
    """The socket that a service manager listens on."""

    def __init__(self, path: Path) -> None:
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.settimeout(PATIENCE_S)
        self._socket.bind(str(path))

    def next(self) -> list[str]:
        """The lines of the next message that is no sign of life."""
        while (lines := self._socket.recv(4096).decode().split("\n")) == ["WATCHDOG=1"]:
            pass
        return lines

    def wait_for_sign_of_life(self) -> None:
        while self._socket.recv(4096) != b"WATCHDOG=1":
            pass

    def close(self) -> None:
        self._socket.close()


@pytest.fixture
def manager(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Manager]:
    path = tmp_path / "notify"
    monkeypatch.setenv("NOTIFY_SOCKET", str(path))
    monkeypatch.setenv("WATCHDOG_USEC", "300000")
    one = Manager(path)
    yield one
    one.close()


def test_a_server_tells_when_it_is_ready_reloads_lives_and_stops(tmp_path: Path, manager: Manager) -> None:
    with running_server(tmp_path, **ECHO, server__drain_s=7) as server:
        assert manager.next() == ["READY=1", "STATUS=ready"]
        server.wait_ready()
        assert server.get("/readyz") == {"ready": True, "reasons": []}
        manager.wait_for_sign_of_life()
        server.process.send_signal(signal.SIGHUP)
        assert manager.next()[0] == "RELOADING=1"
        assert manager.next() == ["READY=1"]
        server.terminate()
        assert manager.next() == ["STOPPING=1", "EXTEND_TIMEOUT_USEC=22000000", "STATUS=draining"]
        assert server.wait() == 0


def test_a_server_without_a_model_is_ready_for_the_rest_and_says_what_is_missing(
    tmp_path: Path, manager: Manager
) -> None:
    with running_server(tmp_path, **ECHO | {"engines__speech__model": "path:nowhere"}):
        ready, status = manager.next()
    assert ready == "READY=1"
    assert status.startswith("STATUS=engine speech: missing; ")
