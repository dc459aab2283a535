"""The writer of log lines against a pipe that is not read, one that is closed, and one that is read late."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import suppress

import pytest

from dragoman_server.telemetry.log_writer import _MOST_LINES, LogWriter
from tests.harness import PATIENCE_S


@pytest.fixture
def pipe() -> Iterator[tuple[int, int]]:
    ends = os.pipe()
    yield ends
    for end in ends:
        with suppress(OSError):  # the test may have closed it
            os.close(end)


def started(descriptor: int) -> LogWriter:
    writer = LogWriter(descriptor, lambda dropped: b"dropped %d" % dropped)
    writer.start()
    return writer


def read_all(descriptor: int) -> list[str]:
    text = b""
    while part := os.read(descriptor, 1 << 16):
        text += part
    return text.decode().splitlines()


def closed(writer: LogWriter, pipe: tuple[int, int]) -> list[str]:
    """Close a writer while its stream is read: all that it has written."""
    lines: list[str] = []
    reader = threading.Thread(target=lambda: lines.extend(read_all(pipe[0])))
    reader.start()
    writer.close(PATIENCE_S)
    os.close(pipe[1])
    reader.join(PATIENCE_S)
    return lines


def test_lines_are_written_in_order_and_the_last_before_the_end(pipe: tuple[int, int]) -> None:
    writer = started(pipe[1])
    for number in range(2000):
        writer.put(f"line {number}".encode())
    lines = closed(writer, pipe)
    assert lines == [f"line {number}" for number in range(2000)]
    assert writer.dropped == 0


def test_a_stream_that_is_not_read_blocks_no_thread_and_what_is_dropped_is_told(pipe: tuple[int, int]) -> None:
    writer = started(pipe[1])
    count = 3 * _MOST_LINES
    for number in range(count):
        writer.put(f"a line that is long enough to fill the pipe soon: {number}".encode())
    assert 0 < writer.dropped < count
    writer.close(0.05)  # does not wait for what cannot be written
    assert writer.is_alive()
    lines: list[str] = []
    reader = threading.Thread(target=lambda: lines.extend(read_all(pipe[0])))
    reader.start()
    writer.join(PATIENCE_S)
    os.close(pipe[1])
    reader.join(PATIENCE_S)
    told = [line for line in lines if line.startswith("dropped ")]
    assert sum(int(line.split()[1]) for line in told) == writer.dropped
    assert len(lines) - len(told) + writer.dropped == count


def test_a_stream_whose_reader_is_gone_ends_the_writer_and_nothing_else(pipe: tuple[int, int]) -> None:
    writer = started(pipe[1])
    os.close(pipe[0])
    writer.put(b"to no reader")
    writer.join(PATIENCE_S)
    assert not writer.is_alive()
    for number in range(_MOST_LINES + 5):
        writer.put(f"line {number}".encode())
    assert writer.dropped == 5


def test_a_stream_that_was_made_non_blocking_gets_every_line(pipe: tuple[int, int]) -> None:
    os.set_blocking(pipe[1], False)
    writer = started(pipe[1])
    for number in range(5000):
        writer.put(f"a line that is long enough to fill the pipe soon: {number}".encode())
    lines: list[str] = []
    reader = threading.Thread(target=lambda: lines.extend(read_all(pipe[0])))
    reader.start()
    writer.close(PATIENCE_S)
    os.close(pipe[1])
    reader.join(PATIENCE_S)
    assert len(lines) == 5000


def test_a_line_without_end_is_cut(pipe: tuple[int, int]) -> None:
    writer = started(pipe[1])
    writer.put(b"x" * (1 << 20))
    lines: list[str] = []
    reader = threading.Thread(target=lambda: lines.extend(read_all(pipe[0])))
    reader.start()
    writer.close(PATIENCE_S)
    os.close(pipe[1])
    reader.join(PATIENCE_S)
    assert [len(line) for line in lines] == [(1 << 16) + 3]


def test_of_several_lines_those_that_find_room_are_kept_and_the_others_counted(pipe: tuple[int, int]) -> None:
    writer = LogWriter(pipe[1], lambda dropped: b"dropped %d" % dropped)  # not started: nothing is taken from it
    writer.put_all([b"line"] * (_MOST_LINES - 1))
    writer.put_all([b"last", b"too many", b"too many"])
    writer.put(b"too many")
    assert writer.dropped == 3


def test_a_line_that_is_too_long_is_cut_between_two_characters(pipe: tuple[int, int]) -> None:
    writer = started(pipe[1])
    writer.put(("x" + "你" * 40_000).encode())
    [line] = closed(writer, pipe)
    assert line.endswith("你...")
    assert len(line.encode()) <= (1 << 16) + 3
