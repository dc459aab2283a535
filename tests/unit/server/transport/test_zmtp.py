"""The protocol below ZeroMQ's sockets, byte by byte."""

from __future__ import annotations

import pytest

from dragoman_server.transport.zmtp import (
    GREETING,
    GREETING_BYTES,
    ZmtpError,
    check_greeting,
    error_command,
    parse_command,
    pong_command,
    ready_command,
    socket_type_of,
    wire_of,
)


def test_our_greeting_is_one_at_every_length() -> None:
    assert len(GREETING) == GREETING_BYTES
    for length in range(GREETING_BYTES + 1):
        check_greeting(GREETING[:length])


@pytest.mark.parametrize(
    ("greeting", "reason"),
    [
        (b"GET / HTTP/1.1\r\n", "no ZMTP greeting"),
        (b"\xff" + bytes(9), "no ZMTP greeting"),
        (b"\xff" + bytes(8) + b"\x7f\x01", "before 3.0"),
        (GREETING.replace(b"NULL", b"PLAIN")[:64], "mechanism other than NULL"),
    ],
)
def test_another_greeting_is_refused_as_soon_as_it_shows(greeting: bytes, reason: str) -> None:
    with pytest.raises(ZmtpError, match=reason):
        check_greeting(greeting)


def test_a_ready_command_names_the_type_of_socket() -> None:
    packed = ready_command(b"PULL")
    assert packed[:2] == bytes([4, len(packed) - 2])
    name, data = parse_command(packed[2:])
    assert (name, socket_type_of(data)) == (b"READY", b"PULL")


def test_metadata_may_hold_more_and_be_in_any_case() -> None:
    data = b"\x08Identity\x00\x00\x00\x02ab\x0bSOCKET-TYPE\x00\x00\x00\x04PUSH"
    assert socket_type_of(data) == b"PUSH"
    assert socket_type_of(b"") == b""


@pytest.mark.parametrize("data", [b"\xff", b"\x0bSocket-Type", b"\x0bSocket-Type\xff\xff\xff\xffPUSH", b"\x01a\x00"])
def test_metadata_that_is_cut_off_is_refused(data: bytes) -> None:
    with pytest.raises(ZmtpError):
        socket_type_of(data)


@pytest.mark.parametrize("body", [b"", b"\x00", b"\x05PING"])
def test_a_command_without_a_name_is_refused(body: bytes) -> None:
    with pytest.raises(ZmtpError):
        parse_command(body)


def test_a_ping_is_answered_with_its_context() -> None:
    assert pong_command(b"\x00\x0acontext") == b"\x04\x0c\x04PONGcontext"
    assert len(pong_command(bytes(1000))) == 2 + 5 + 16
    assert error_command(b"no") == b"\x04\x09\x05ERROR\x02no"


def test_small_frames_leave_together_and_large_ones_from_where_they_lie() -> None:
    large = memoryview(bytes(1 << 16))
    wire = wire_of([b"a", b"b" * 256, large, b"c"])
    heads = [b"\x03" + size.to_bytes(8, "big") for size in (256, 1 << 16)]
    assert wire[0] == b"\x01\x01a" + heads[0] + b"b" * 256 + heads[1]
    assert wire[1] is large
    assert wire[2] == b"\x00\x01c"
