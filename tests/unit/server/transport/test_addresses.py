"""An address that cannot be had is named, with a reason that an operator can do something about."""

from __future__ import annotations

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


def test_a_port_is_read_and_replaced() -> None:
    assert [port_of("tcp://127.0.0.1:5555"), port_of("ipc:///run/socket")] == [5555, 0]
    assert with_port("http://127.0.0.1:0", 8088) == "http://127.0.0.1:8088"
