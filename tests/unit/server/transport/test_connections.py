"""One address leaves places to others, and what became of connections is counted."""

from __future__ import annotations

import socket
from collections.abc import AsyncIterator
from typing import Any

import pytest

from dragoman_server.transport.connection import Closed, Connection, FairReader, Readable
from dragoman_server.transport.connections import _MOST_UNSHAKEN, ConnectionLimits, Connections, Refused
from dragoman_server.transport.listener import peer_address


class Door:
    """Connections, and the other ends of those that knocked."""

    def __init__(self, total: int, address: int) -> None:
        reader = FairReader(lambda *_: Readable.NOTHING, 1.0, 10)
        accepted = frozenset({b"PUSH"})
        limits = ConnectionLimits(total, address)
        self.connections = Connections(Connection, b"PULL", accepted, limits, reader, lambda _: None)
        self.connections.start()
        self.theirs: list[socket.socket] = []

    def knock(self, address: str) -> bool:
        ours, theirs = socket.socketpair()
        ours.setblocking(False)
        self.theirs.append(theirs)
        let_in = self.connections._let_in(ours, address)
        if not let_in:
            ours.close()
        return let_in

    def close(self) -> None:
        self.connections.stop()
        for one in self.theirs:
            one.close()


@pytest.fixture
async def door(request: pytest.FixtureRequest) -> AsyncIterator[Door]:
    one = Door(*request.param)
    yield one
    one.close()


@pytest.mark.parametrize("door", [(4, 2)], indirect=True)
async def test_one_address_leaves_places_to_others(door: Door) -> None:
    assert [door.knock("10.0.0.1") for _ in range(3)] == [True, True, False]
    assert [door.knock("10.0.0.2") for _ in range(2)] == [True, True]
    assert not door.knock("10.0.0.3")
    connections = door.connections
    assert connections.refused == {Refused.ADDRESS: 1, Refused.TOTAL: 1}
    next(iter(connections)).close()
    assert door.knock("10.0.0.1")
    assert (len(connections), connections.accepted) == (4, 5)
    assert connections.closed[Closed.PEER] == 1


@pytest.mark.parametrize("door", [(4, 2)], indirect=True)
async def test_peers_of_this_machine_share_all_places(door: Door) -> None:
    assert [door.knock("") for _ in range(5)] == [True] * 4 + [False]
    assert door.connections.refused[Refused.ADDRESS] == 0


@pytest.mark.parametrize("door", [(1000, 1000)], indirect=True)
async def test_half_handshakes_of_one_address_do_not_push_out_those_of_another(door: Door) -> None:
    assert door.knock("10.0.0.2")
    modest = next(iter(door.connections))
    for _ in range(2 * _MOST_UNSHAKEN):
        assert door.knock("10.0.0.1")
    assert modest.closed is None
    assert len(door.connections) == _MOST_UNSHAKEN
    assert door.connections.closed[Closed.HANDSHAKE] == _MOST_UNSHAKEN + 1
    door.connections.close_unshaken(modest.since_s + 3600)
    assert modest.closed is Closed.HANDSHAKE


@pytest.mark.parametrize(
    ("family", "address", "counted"),
    [
        (socket.AF_UNIX, "", ""),
        (socket.AF_INET, ("127.0.0.1", 1), ""),
        (socket.AF_INET, ("127.9.9.9", 1), ""),
        (socket.AF_INET, ("192.0.2.7", 1), "192.0.2.7"),
        (socket.AF_INET6, ("::1", 1, 0, 0), ""),
        (socket.AF_INET6, ("::ffff:127.0.0.1", 1, 0, 0), ""),
        (socket.AF_INET6, ("::ffff:192.0.2.7", 1, 0, 0), "192.0.2.7"),
        (socket.AF_INET6, ("2001:db8:1:2:3:4:5:6", 1, 0, 0), "2001:db8:1:2::/64"),
        (socket.AF_INET6, ("2001:db8:1:2:ffff::1", 1, 0, 0), "2001:db8:1:2::/64"),
        (socket.AF_INET6, ("fe80::1%eth0", 1, 0, 2), "fe80::1"),
    ],
)
def test_connections_are_counted_under_an_address_of_the_net(family: int, address: Any, counted: str) -> None:
    assert peer_address(family, address) == counted
