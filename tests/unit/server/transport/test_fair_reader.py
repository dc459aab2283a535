"""Small messages are read before the rest of large ones, and large ones go on whatever else comes."""

from __future__ import annotations

import socket

from dragoman_server.transport.connection import Connection, FairReader, Readable


def connection(*, in_large: bool) -> Connection:
    ours, theirs = socket.socketpair()
    theirs.close()
    made = Connection(ours, b"PULL", frozenset({b"PUSH"}), lambda _: None)
    made.in_large = in_large
    return made


def test_small_messages_go_before_the_rest_of_large_frames_that_came_first() -> None:
    large, small = [connection(in_large=True) for _ in range(20)], connection(in_large=False)
    seen: list[Connection] = []

    def visit(one: Connection, _: int) -> Readable:
        seen.append(one)
        return Readable.MORE if one.in_large else Readable.NOTHING

    reader = FairReader(visit, 60.0, 64)
    for one in (*large, small):
        reader.wants(one)
    assert reader.turn()
    assert seen[0] is small
    assert seen[1] is large[0]
    for one in (*large, small):
        one.close()


def test_a_large_frame_goes_on_while_small_messages_never_end() -> None:
    large, small = connection(in_large=True), connection(in_large=False)
    seen: list[Connection] = []

    def visit(one: Connection, _: int) -> Readable:
        seen.append(one)
        return Readable.MORE

    reader = FairReader(visit, 0.0, 64)
    reader.wants(small)
    reader.wants(large)
    for _ in range(10):
        assert reader.turn()
    assert seen.count(large) == 10
    for one in (large, small):
        one.close()
