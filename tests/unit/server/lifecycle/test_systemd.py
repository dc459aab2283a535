"""What systemd is told, read from a socket as systemd has it."""

from __future__ import annotations

import asyncio
import itertools
import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from dragoman_server.lifecycle.systemd import ServiceManager

WAIT_S = 60.0


class Manager:
    """The other end."""

    def __init__(self, address: str) -> None:
        self.address = address
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.settimeout(WAIT_S)
        self._socket.bind("\0" + address[1:] if address.startswith("@") else address)

    def told(self) -> list[str]:
        """The lines of the next message."""
        return self._socket.recv(4096).decode().split("\n")

    def was_told_nothing(self) -> bool:
        self._socket.setblocking(False)
        try:
            self._socket.recv(4096)
        except BlockingIOError:
            return True
        finally:
            self._socket.settimeout(WAIT_S)
        return False

    def close(self) -> None:
        self._socket.close()


@pytest.fixture(params=["a file", "an abstract name"])
def manager(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Manager]:
    one = Manager(str(tmp_path / "notify") if request.param == "a file" else f"@dragoman-test-{os.getpid()}")
    yield one
    one.close()


def told_by(manager: Manager, **environment: str) -> ServiceManager:
    return ServiceManager.from_environment({"NOTIFY_SOCKET": manager.address, **environment})


def test_a_start_and_a_stop_are_told_and_the_stop_says_how_long_it_may_take(manager: Manager) -> None:
    server = told_by(manager)
    server.ready("engine speech:\nmissing")
    assert manager.told() == ["READY=1", "STATUS=engine speech: missing"]
    server.stopping(30)
    assert manager.told() == ["STOPPING=1", "EXTEND_TIMEOUT_USEC=45000000", "STATUS=draining"]


def test_a_reload_is_told_with_the_clock_that_systemd_orders_it_by(manager: Manager) -> None:
    server = told_by(manager)
    server.ready("ready")
    manager.told()
    server.reloading()
    what, when = manager.told()
    assert what == "RELOADING=1"
    assert int(when.removeprefix("MONOTONIC_USEC=")) > 0
    server.reloaded()
    assert manager.told() == ["READY=1"]


def test_a_reload_before_the_server_is_ready_or_while_it_stops_does_not_make_it_ready(manager: Manager) -> None:
    server = told_by(manager)
    server.reloading()
    server.reloaded()
    assert manager.was_told_nothing()
    server.stopping(0)
    assert manager.told()[0] == "STOPPING=1"
    server.reloading()
    server.reloaded()
    assert manager.was_told_nothing()


async def test_signs_of_life_come_while_there_is_progress(manager: Manager) -> None:
    server = told_by(manager, WATCHDOG_USEC="30000", WATCHDOG_PID=str(os.getpid()))
    turns = itertools.count()
    server.keep(lambda: next(turns), lambda: "")
    while next(turns) < 10:
        assert await told_soon(manager) == ["WATCHDOG=1"]
    await server.close()


async def test_a_loop_that_makes_no_progress_gives_no_sign_of_life_and_the_status_is_still_told(
    manager: Manager,
) -> None:
    server = told_by(manager, WATCHDOG_USEC="30000")
    server.ready("ready")
    assert manager.told()[0] == "READY=1"
    conditions = itertools.count()
    server.keep(lambda: 1.0, lambda: f"after {next(conditions)} turns")
    lines = [line for _ in range(5) for line in await told_soon(manager)]
    await server.close()
    assert lines == ["WATCHDOG=1", *(f"STATUS=after {number} turns" for number in range(4))]


async def test_without_a_watchdog_no_signs_of_life_are_given(
    manager: Manager, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dragoman_server.lifecycle.systemd._TURN_S", 0.01)
    conditions = itertools.count()
    for environment in ({}, {"WATCHDOG_USEC": "30000", "WATCHDOG_PID": "1"}, {"WATCHDOG_USEC": "soon"}):
        server = told_by(manager, **environment)
        server.ready("")
        assert manager.told()[0] == "READY=1"
        server.keep(lambda: next(conditions), lambda: f"turn {next(conditions)}")
        lines = [line for _ in range(3) for line in await told_soon(manager)]
        await server.close()
        while not manager.was_told_nothing():
            pass
        assert all(line.startswith("STATUS=turn ") for line in lines)


def test_the_variables_are_not_left_to_child_processes() -> None:
    environment = {"NOTIFY_SOCKET": "/run/notify", "WATCHDOG_USEC": "1", "WATCHDOG_PID": "1", "HOME": "/"}
    ServiceManager.from_environment(environment)
    assert environment == {"HOME": "/"}


async def test_a_server_without_a_service_manager_reports_nothing() -> None:
    for environment in ({}, {"NOTIFY_SOCKET": ""}, {"NOTIFY_SOCKET": "vsock:2:1"}):
        server = ServiceManager.from_environment(environment)
        server.keep(lambda: 0.0, lambda: "")
        server.ready("")
        server.reloading()
        server.reloaded()
        server.stopping(1)
        await server.close()


def test_a_manager_that_has_gone_does_no_harm(tmp_path: Path) -> None:
    ServiceManager(str(tmp_path / "nobody")).ready("ready")


async def told_soon(manager: Manager) -> list[str]:
    return await asyncio.to_thread(manager.told)
