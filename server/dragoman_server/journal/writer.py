"""The one thread that writes: all that is queued goes into one transaction, and the loop is told once.

Python hands its lock over at every call into SQLite, and under load gets it back only some milliseconds later. So rows
are not written one by one: each table gets one statement with many rows.
"""

from __future__ import annotations

import asyncio
import queue
import sqlite3
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from enum import Enum
from typing import TypeVar

import msgspec
import structlog

from dragoman_server.journal.base import Done
from dragoman_server.journal.schema import REQUEST_COLUMNS

log = structlog.get_logger()
T = TypeVar("T")

_PROBE_S = 1.0
"""Between two attempts while the disk cannot be written."""
_PROBE_BYTES = 1 << 16
_MOST_PARAMETERS = 30_000
_MOST_OPERATIONS = 5000
"""In one transaction."""
_CHECKPOINT_PAGES = 4000
_PAGE_BYTES = 4096


class Kind(Enum):
    """What an operation does. Those of one transaction are done by kind, in this order: no task minds."""

    SYNC = "sync"
    CHECKPOINT = "checkpoint"
    """Like SYNC: it is there to wake the writer, which sees to the write-ahead log after every transaction."""
    AGAIN = "again"
    """Not in order: what came before it is written first."""
    ACCEPT = "accept"
    EVENT = "event"
    STAGE = "stage"
    BEGAN = "began"
    DEAD = "dead"
    FINISH = "finish"
    ANSWERED = "answered"
    """Like FINISH, of a task whose request was never written."""
    FORGET = "forget"


_UNWRITTEN = frozenset({Kind.SYNC, Kind.CHECKPOINT})
_REFUSED = frozenset({Kind.ACCEPT, Kind.AGAIN, Kind.SYNC, Kind.CHECKPOINT})
"""Not tried again after a failure: who waits for them is told."""
_INSERTS = {
    Kind.ACCEPT: f"INSERT INTO requests ({REQUEST_COLUMNS}) VALUES ",  # noqa: S608
    Kind.EVENT: "INSERT INTO events (task, part, error, header, binaries) VALUES ",
    Kind.STAGE: "INSERT OR REPLACE INTO stages (task, name, value) VALUES ",
    Kind.FINISH: "INSERT OR REPLACE INTO tasks (task, reply_to, task_id, type, finished, last) VALUES ",
    Kind.ANSWERED: "INSERT OR REPLACE INTO tasks (task, reply_to, task_id, type, finished, last) VALUES ",
}
_BY_TASK = {
    Kind.FINISH: ("DELETE FROM requests WHERE task IN ", "DELETE FROM stages WHERE task IN "),
    Kind.FORGET: tuple(f"DELETE FROM {table} WHERE task IN " for table in ("tasks", "events", "requests", "stages")),  # noqa: S608
}
_DEAD = (
    "INSERT INTO dead (task, reply_to, task_id, type, parts, arrived, died, crashes, reason, frames)"
    " SELECT task, reply_to, task_id, type, parts, arrived, ?2, crashes, ?3, frames FROM requests WHERE task = ?1"
)


class Operation(msgspec.Struct, frozen=True):
    """One thing to write. The first parameter is the number of the task."""

    kind: Kind
    parameters: tuple[object, ...] = ()
    done: Done | None = None

    @property
    def size_bytes(self) -> int:
        """Of what is written, but for small change."""
        return sum(len(one) for one in self.parameters if isinstance(one, bytes))


Report = Callable[[Sequence[Operation], float, str | None], None]
"""Called in the loop: what was dealt with, when it was handed over, and the problem, if there was one."""


class Writer(threading.Thread):
    """Owns the connection from its start to its end.

    Args:
        connection: the journal's file.
        loop: where `report` is called.
        report: hears of every transaction.
    """

    def __init__(self, connection: sqlite3.Connection, loop: asyncio.AbstractEventLoop, report: Report) -> None:
        super().__init__(name="journal", daemon=True)
        self._connection = connection
        self._loop = loop
        self._report = report
        self._queue: queue.SimpleQueue[tuple[float, list[Operation]] | None] = queue.SimpleQueue()
        self._backlog: list[Operation] = []
        """What could not be written and must be."""
        self._failing = False
        self._log_pages = 0
        """About so many pages were written to the write-ahead log since the last checkpoint."""

    @property
    def wants_checkpoint(self) -> bool:
        """Whether the write-ahead log is to be carried over; that takes a while, and waits for the disk."""
        return self._log_pages >= _CHECKPOINT_PAGES

    def write_at_once(self, operations: Sequence[Operation]) -> bool:
        """Write in the caller's thread, which knows that the writer has nothing to do; False where that fails."""
        if self._failing or self._backlog:
            return False
        try:
            self._write(operations)
        except sqlite3.Error:
            return False
        return True

    def hand_over(self, operations: list[Operation]) -> None:
        """Have these written, all in one transaction."""
        self._queue.put((time.monotonic(), operations))

    def end(self) -> None:
        """Write what is left, then end."""
        self._queue.put(None)

    def run(self) -> None:
        """See Thread."""
        going = True
        while going:
            operations: list[Operation] = []
            since_s, going = self._gather(operations)
            self._deal_with(operations, since_s)
        self._close()

    def _gather(self, operations: list[Operation]) -> tuple[float, bool]:
        """Wait for something and take all that is there; when the oldest was handed over, and whether to go on."""
        try:
            taken = self._queue.get(timeout=_PROBE_S if self._failing else None)
            since_s = taken[0] if taken else time.monotonic()
            while taken is not None:
                operations += taken[1]
                if len(operations) >= _MOST_OPERATIONS:
                    return since_s, True
                taken = self._queue.get_nowait()
        except queue.Empty:
            return since_s if operations else time.monotonic(), True
        return since_s, False

    def _deal_with(self, operations: list[Operation], since_s: float) -> None:
        problem: str | None = None
        try:
            if self._failing:
                self._probe()
            if self._backlog:
                self._write(self._backlog)
                self._backlog = []
            if operations:
                self._write(operations)
            if self.wants_checkpoint:
                self._connection.execute("PRAGMA wal_checkpoint(PASSIVE)")
                self._log_pages = 0
        except sqlite3.Error as error:
            problem = str(error)
            self._backlog += [one for one in operations if one.kind not in _REFUSED]
        self._failing = problem is not None
        self._loop.call_soon_threadsafe(self._report, operations, since_s, problem)

    def _write(self, operations: Sequence[Operation]) -> None:
        if all(one.kind in _UNWRITTEN for one in operations):
            return
        self._log_pages += sum(1 + one.size_bytes // _PAGE_BYTES for one in operations)
        with _transaction(self._connection):
            groups: dict[Kind, list[tuple[object, ...]]] = {kind: [] for kind in Kind}
            for one in operations:
                if one.kind is Kind.AGAIN:
                    self._flush(groups)
                    self._again(one.parameters)
                else:
                    groups[one.kind].append(one.parameters)
            self._flush(groups)

    def _flush(self, groups: dict[Kind, list[tuple[object, ...]]]) -> None:
        for kind in _UNWRITTEN:
            groups[kind].clear()
        for kind, rows in groups.items():
            if not rows:
                continue
            if kind is Kind.BEGAN:
                self._connection.executemany("UPDATE requests SET began = ?2 WHERE task = ?1", rows)
            if kind is Kind.DEAD:
                self._connection.executemany("DELETE FROM dead WHERE task = ?", [row[:1] for row in rows])
                self._connection.executemany(_DEAD, rows)
            if kind in _INSERTS:
                self._insert(_INSERTS[kind], rows)
            for statement in _BY_TASK.get(kind, ()):
                self._of_tasks(statement, [row[0] for row in rows])
            rows.clear()

    def _insert(self, statement: str, rows: Sequence[tuple[object, ...]]) -> None:
        row = f"({', '.join('?' * len(rows[0]))})"
        for some in _portions(rows, _MOST_PARAMETERS // len(rows[0])):
            self._connection.execute(statement + ", ".join([row] * len(some)), [one for each in some for one in each])

    def _of_tasks(self, statement: str, tasks: Sequence[object]) -> None:
        for some in _portions(tasks, _MOST_PARAMETERS):
            self._connection.execute(f"{statement} ({', '.join('?' * len(some))})", some)

    def _again(self, parameters: tuple[object, ...]) -> None:
        task, *parts = parameters
        marks = ", ".join("?" * len(parts))
        self._connection.execute("DELETE FROM tasks WHERE task = ?", (task,))
        self._connection.execute(f"DELETE FROM events WHERE task = ? AND part IN ({marks})", (task, *parts))  # noqa: S608

    def _probe(self) -> None:
        """Find out whether something of some size can be written."""
        with _transaction(self._connection):
            self._connection.execute("INSERT INTO probe VALUES (zeroblob(?))", (_PROBE_BYTES,))
        self._connection.execute("DELETE FROM probe")

    def _close(self) -> None:
        try:
            if not self._failing:
                self._connection.execute("INSERT OR REPLACE INTO meta VALUES ('clean', 1)")
            self._connection.close()
        except sqlite3.Error as error:
            log.error("journal.close_failed", error=str(error))


class _transaction:  # noqa: N801 - a context manager
    """All or nothing."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def __enter__(self) -> None:
        self._connection.execute("BEGIN IMMEDIATE")

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        try:
            if kind is None:
                self._connection.execute("COMMIT")
        finally:
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")


def _portions(values: Sequence[T], most: int) -> Iterable[Sequence[T]]:
    return (values[at : at + most] for at in range(0, len(values), most))
