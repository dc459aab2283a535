"""An address that cannot be had is named, with a reason that an operator can do something about."""

from __future__ import annotations

import errno
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from dragoman_server.transport.addresses import StartError, binding, port_of, with_port
from dragoman_server.transport.listener import Listener


@pytest.mark.parametrize(
    ("address", "reason"),
    [
        ("tcp://256.1.1.1:5555", "this machine has no such address"),
        ("tcp://192.0.2.1:5555", "this machine has no such address"),
        ("tcp://127.0.0.1", "it is no endpoint like tcp://127.0.0.1:5555"),
        ("ipc:///nowhere/at/all", "No such file or directory"),
    ],
)
def test_a_socket_that_cannot_be_bound_says_why(address: str, reason: str) -> None:
    listener = Listener(lambda *_: False)
    with pytest.raises(StartError) as raised, binding("requests", address):
        listener.bind(address)
    assert str(raised.value) == f"sockets.requests {address} cannot be bound: {reason}"


@pytest.mark.parametrize("error", [ValueError("Port out of range 0-65535"), OSError(-2, "Name or service not known")])
def test_what_a_library_says_is_handed_on(error: Exception) -> None:
    said = r"sockets.ops http://x:1 cannot be bound: (Port out|Name or)"
    with pytest.raises(StartError, match=said), binding("ops", "http://x:1"):
        raise error


LISTENING = """
import socket, sys
one = socket.socket(socket.AF_UNIX if sys.argv[1] == "ipc" else socket.AF_INET)
one.bind(sys.argv[2] if sys.argv[1] == "ipc" else ("127.0.0.1", 0))
one.listen()
print(one.getsockname() if sys.argv[1] == "ipc" else one.getsockname()[1], flush=True)
sys.stdin.read()
"""


@pytest.mark.parametrize("scheme", ["tcp", "ipc"])
def test_a_taken_address_is_told_with_the_process_that_has_it(scheme: str, tmp_path: Path) -> None:
    command = [sys.executable, "-c", LISTENING, scheme, str(tmp_path / "socket")]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout is not None
        place = other.stdout.readline().strip()
        address = f"ipc://{place}" if scheme == "ipc" else f"tcp://127.0.0.1:{place}"
        taken = OSError(errno.EADDRINUSE, "Address already in use")
        with pytest.raises(StartError) as raised, binding("requests", address):
            raise taken
        other.communicate("")
    assert str(raised.value).startswith(
        f"sockets.requests {address} cannot be bound: Address already in use, by process {other.pid} (python"
    )


def test_an_address_that_is_given_twice_is_told_as_that() -> None:
    with socket.socket() as mine:
        mine.bind(("127.0.0.1", 0))
        mine.listen()
        address = f"http://127.0.0.1:{mine.getsockname()[1]}"
        with pytest.raises(StartError, match="by another socket of this server"), binding("ops", address):
            raise OSError(errno.EADDRINUSE, "Address already in use")


def test_a_port_is_read_and_replaced() -> None:
    assert [port_of("tcp://127.0.0.1:5555"), port_of("ipc:///run/socket")] == [5555, 0]
    assert with_port("http://127.0.0.1:0", 8088) == "http://127.0.0.1:8088"
