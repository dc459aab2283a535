"""The tasks that an earlier server left in the journal."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator

import msgspec

from dragoman_server.journal.records import RecoveredEvent, RecoveredRun, RecoveredTask

_binaries = msgspec.msgpack.Decoder(list[bytes])
_parts = msgspec.msgpack.Decoder(tuple[str, ...])
_said = msgspec.msgpack.Decoder(tuple[list[str | None], list[bytes]])


def unpack_frames(packed: bytes) -> list[bytes]:
    """Return the frames of a request, header first."""
    return _binaries.decode(packed)


def unpack_said(packed: bytes) -> Iterator[tuple[str | None, bytes]]:
    """Yield the events of a task that was answered at once: the part that each settles, and its header."""
    return zip(*_said.decode(packed), strict=True)


def count_crash(connection: sqlite3.Connection) -> None:
    """Count a crash against the unfinished requests of the last server, where it did not stop in order.

    At a request's first crash it is unknown whether it was at work or waiting. Later on `began` tells: the weight of
    the suspicion, much where the request had just begun on its own, little where it worked beside others.
    """
    clean = connection.execute("SELECT value FROM meta WHERE name = 'clean'").fetchone()
    connection.execute("BEGIN IMMEDIATE")
    if clean is None or not clean[0]:
        connection.execute("UPDATE requests SET crashes = crashes + max(began, crashes = 0)")
    connection.execute("UPDATE requests SET began = 0")
    connection.execute("INSERT OR REPLACE INTO meta VALUES ('clean', 0)")
    connection.execute("DELETE FROM probe")
    connection.execute("COMMIT")


def load_tasks(connection: sqlite3.Connection) -> list[RecoveredTask]:
    """Return the finished tasks by their end, then the others by their arrival."""
    tasks: dict[int, RecoveredTask] = {}
    for number, reply_to, task_id, kind, finished_s, last, said in connection.execute(
        "SELECT task, reply_to, task_id, type, finished, last, said FROM tasks ORDER BY finished, task"
    ):
        tasks[number] = RecoveredTask(
            task=number,
            reply_to=reply_to,
            task_id=task_id,
            request_type=kind,
            finished=last,
            finished_unix_s=finished_s,
            events=[
                RecoveredEvent(header=header, binaries=(), part=part, error_code=None)
                for part, header in (unpack_said(said) if said else ())
            ],
        )
    for number, run in _runs(connection, tasks):
        tasks[number].runs.append(run)
    for number, header, binaries, part, error in connection.execute(
        "SELECT task, header, binaries, part, error FROM events ORDER BY id"
    ):
        if number in tasks:
            said = RecoveredEvent(
                header=header, binaries=_binaries.decode(binaries) if binaries else (), part=part, error_code=error
            )
            tasks[number].events.append(said)
    for number, name, value in connection.execute("SELECT task, name, value FROM stages"):
        if number in tasks:
            tasks[number].stages[name] = value
    return list(tasks.values())


def _runs(connection: sqlite3.Connection, tasks: dict[int, RecoveredTask]) -> Iterator[tuple[int, RecoveredRun]]:
    for number, reply_to, task_id, kind, parts, arrived_s, crashes, frames in connection.execute(
        "SELECT task, reply_to, task_id, type, parts, arrived, crashes, frames FROM requests ORDER BY arrived, id"
    ):
        tasks.setdefault(number, RecoveredTask(task=number, reply_to=reply_to, task_id=task_id, request_type=kind))
        yield (
            number,
            RecoveredRun(
                parts=_parts.decode(parts), arrived_unix_s=arrived_s, crashes=crashes, frames=unpack_frames(frames)
            ),
        )


def next_number(connection: sqlite3.Connection) -> int:
    """Return one more than the highest number of a task."""
    highest = [
        connection.execute(f"SELECT max(task) FROM {table}").fetchone()[0] or 0  # noqa: S608 - our own names
        for table in ("tasks", "requests", "events", "dead")
    ]
    return max(highest) + 1
