"""The tasks that an earlier server left in the journal."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from typing import Any

import msgspec
import structlog

from dragoman_server.journal.blobs import Blobs, Owner, references
from dragoman_server.journal.records import RecoveredEvent, RecoveredRun, RecoveredTask

log = structlog.get_logger()

_parts = msgspec.msgpack.Decoder(tuple[str, ...])
_said = msgspec.msgpack.Decoder(tuple[list[str | None], list[bytes]])


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


def load_tasks(connection: sqlite3.Connection, blobs: Blobs) -> list[RecoveredTask]:
    """Return the finished tasks by their end, then the others by their arrival.

    What cannot be had as it was written, because a blob of it is missing, is done again: a finished task is forgotten,
    the events of an unfinished one are void. A request without its recording is returned without it.
    """
    tasks = _finished(connection)
    loader = _Loader(connection, blobs)
    for number, run in loader.runs(tasks):
        tasks[number].runs.append(run)
    incomplete = loader.read_events(tasks)
    loader.read_stages(tasks)
    loader.hold_dead_letters()
    for number in incomplete:
        log.error("journal.incomplete", task=number, task_id=tasks[number].task_id)
        connection.execute("DELETE FROM events WHERE task = ?", (number,))
        tasks[number].events.clear()
        blobs.release(number, Owner.EVENT)
        if not tasks[number].runs:
            connection.execute("DELETE FROM tasks WHERE task = ?", (number,))
            del tasks[number]
    blobs.start()
    return list(tasks.values())


def _finished(connection: sqlite3.Connection) -> dict[int, RecoveredTask]:
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
    return tasks


class _Loader:
    """Reads rows with their blobs, and notes which row refers to which."""

    def __init__(self, connection: sqlite3.Connection, blobs: Blobs) -> None:
        self._connection = connection
        self._blobs = blobs
        self._known: dict[bytes, bytes] = {}
        """Blobs that were read: equal ones share their memory."""

    def runs(self, tasks: dict[int, RecoveredTask]) -> Iterator[tuple[int, RecoveredRun]]:
        """Yield the requests, and add the tasks that they belong to."""
        for number, reply_to, task_id, kind, parts, arrived_s, crashes, packed in self._connection.execute(
            "SELECT task, reply_to, task_id, type, parts, arrived, crashes, frames FROM requests ORDER BY arrived, id"
        ):
            frames, _ = self._unpacked(number, Owner.REQUEST, packed)
            run = RecoveredRun(
                parts=_parts.decode(parts),
                arrived_unix_s=arrived_s,
                crashes=crashes,
                frames=[frame or b"" for frame in frames],
            )
            tasks.setdefault(number, RecoveredTask(task=number, reply_to=reply_to, task_id=task_id, request_type=kind))
            yield number, run

    def read_events(self, tasks: dict[int, RecoveredTask]) -> set[int]:
        """Add the events to their tasks; return the tasks of which one is not complete."""
        incomplete: set[int] = set()
        for number, header, packed, part, error in self._connection.execute(
            "SELECT task, header, binaries, part, error FROM events ORDER BY id"
        ):
            if number in tasks:
                binaries, missing = self._unpacked(number, Owner.EVENT, packed) if packed else ((), False)
                event = RecoveredEvent(header=header, binaries=binaries, part=part, error_code=error)
                tasks[number].events.append(event)
                if missing:
                    incomplete.add(number)
        return incomplete

    def read_stages(self, tasks: dict[int, RecoveredTask]) -> None:
        """Add the stages that are complete to their tasks."""
        for number, name, packed in self._connection.execute("SELECT task, name, value FROM stages"):
            if number in tasks:
                value, missing = self._unpacked(number, Owner.REQUEST, packed)
                if not missing:
                    tasks[number].stages[name] = value

    def hold_dead_letters(self) -> None:
        """Keep the blobs of the dead letters, which are not read."""
        for number, packed in self._connection.execute("SELECT task, frames FROM dead"):
            self._blobs.hold(number, Owner.DEAD, references(packed))

    def _unpacked(self, task: int, owner: Owner, packed: bytes) -> tuple[Any, bool]:
        content, digests, missing = self._blobs.unpack(packed, self._known)
        self._blobs.hold(task, owner, digests)
        return content, missing


def next_number(connection: sqlite3.Connection) -> int:
    """Return one more than the highest number of a task."""
    highest = [
        connection.execute(f"SELECT max(task) FROM {table}").fetchone()[0] or 0  # noqa: S608 - our own names
        for table in ("tasks", "requests", "events", "dead")
    ]
    return max(highest) + 1
