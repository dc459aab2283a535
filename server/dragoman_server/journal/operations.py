"""How each type of record is written to the journal: each table gets one statement with many rows.

Python hands its lock over at every call into SQLite, and under load gets it back only some milliseconds later; so rows
are not written one by one.
"""

from __future__ import annotations

import sqlite3
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from enum import IntEnum
from typing import Any, TypeVar

import msgspec

from dragoman_server.journal.base import Done
from dragoman_server.journal.blobs import BLOB_BYTES, Blobs
from dragoman_server.journal.load import unpack_said
from dragoman_server.journal.records import (
    AcceptedRow,
    BegunRow,
    DeadLetterRow,
    EventRow,
    ForgottenRow,
    Record,
    Reply,
    StageRow,
    TaskFinishedRow,
)
from dragoman_server.journal.schema import REQUEST_COLUMNS
from dragoman_wire.inbound import Buffer

T = TypeVar("T")
Rows = list[tuple[Any, ...]]

_MOST_PARAMETERS = 30_000
_encode = msgspec.msgpack.Encoder().encode


class Kind(IntEnum):
    """The kinds of operations. Those of one transaction are done by kind, in this order: tasks do not depend on it."""

    SYNC = 0
    AGAIN = 1
    """Not in order: what came before it is written first."""
    ACCEPT = 2
    EVENT = 3
    STAGE = 4
    BEGUN = 5
    DEAD_LETTER = 6
    FINISH = 7
    REPLY = 8
    """A whole task whose request was never written, its events among it."""
    FORGET = 9


REFUSED = frozenset({Kind.ACCEPT, Kind.AGAIN, Kind.SYNC})
"""Not tried again after a failure: their callbacks tell of it."""


class Operation(msgspec.Struct, frozen=True, gc=False):
    """One thing to write. The first parameter is the number of the task."""

    kind: Kind
    parameters: tuple[Any, ...] = ()
    done: Done | None = None
    size_bytes: int = 0
    """Of what is written, but for small change."""
    large: Any = None
    """The content of the last parameter, where there are blobs in it: the writer packs it."""

    def packed(self, blobs: Blobs, digests: set[bytes], known: dict[int, bytes]) -> Operation:
        """Return the same with its blobs written, and add their digests; see `Blobs.pack`.

        Raises:
            BlobsFull: there is no room for those of a request. What was accepted before is written without them.
            OSError: one cannot be written.
        """
        last = blobs.pack(self.large, digests, known, forced=self.kind is not Kind.ACCEPT)
        return msgspec.structs.replace(self, parameters=(*self.parameters[:-1], last))


def _accepted(row: AcceptedRow, done: Done | None) -> Operation:
    parts = _encode(row.parts)
    values = (row.task, row.reply_to, row.task_id, row.request_type, parts, row.arrived_unix_s, 0, 0)
    return _with_content(Kind.ACCEPT, values, row.frames, row.frames, done)


def _event(row: EventRow, done: Done | None) -> Operation:
    values = (row.task, row.part, row.error_code, row.header)
    if not row.binaries:
        return Operation(Kind.EVENT, (*values, None), done, len(row.header or b""))
    return _with_content(Kind.EVENT, values, row.binaries, (row.header or b"", *row.binaries), done)


def _stage(row: StageRow, done: Done | None) -> Operation:
    binaries = [value for value in row.value.values() if isinstance(value, bytes)]
    return _with_content(Kind.STAGE, (row.task, row.name), row.value, binaries, done)


def _with_content(
    kind: Kind, values: tuple[Any, ...], content: Any, binaries: Sequence[Buffer], done: Done | None
) -> Operation:
    """Return an operation whose last parameter may hold large binaries, which are not copied in the loop."""
    if binaries and max(map(len, binaries)) >= BLOB_BYTES:
        return Operation(kind, (*values, None), done, sum(map(len, binaries)), content)
    packed = _encode(content)
    return Operation(kind, (*values, packed), done, len(packed) + sum(map(len, binaries)))


def _begun(row: BegunRow, done: Done | None) -> Operation:
    return Operation(Kind.BEGUN, (row.task, row.suspicion), done)


def _dead_letter(row: DeadLetterRow, done: Done | None) -> Operation:
    return Operation(Kind.DEAD_LETTER, (row.task, time.time(), row.reason), done)


def _finished(row: TaskFinishedRow, done: Done | None) -> Operation:
    values = (row.task, row.reply_to, row.task_id, row.request_type, time.time(), row.last)
    return Operation(Kind.FINISH, values, done, len(row.last))


def _reply(reply: Reply, done: Done | None) -> Operation:
    (reply_to, task_id), last = reply.key, reply.last or b""
    said = _encode((reply.parts, reply.headers))
    values = (reply.number, reply_to, task_id, reply.request_type, time.time(), last, said)
    return Operation(Kind.REPLY, values, done, len(last) + len(said))


def _forgotten(row: ForgottenRow, done: Done | None) -> Operation:
    return Operation(Kind.FORGET, (row.task,), done)


OPERATIONS: dict[type[Record], Callable[[Any, Done | None], Operation]] = {
    AcceptedRow: _accepted,
    EventRow: _event,
    StageRow: _stage,
    BegunRow: _begun,
    DeadLetterRow: _dead_letter,
    TaskFinishedRow: _finished,
    Reply: _reply,
    ForgottenRow: _forgotten,
}
"""Every type of record with the operation that writes it, in the order of the columns below."""
_INSERTS = {
    Kind.ACCEPT: f"INSERT INTO requests ({REQUEST_COLUMNS}) VALUES ",  # noqa: S608
    Kind.EVENT: "INSERT INTO events (task, part, error, header, binaries) VALUES ",
    Kind.STAGE: "INSERT OR REPLACE INTO stages (task, name, value) VALUES ",
    Kind.FINISH: "INSERT OR REPLACE INTO tasks (task, reply_to, task_id, type, finished, last) VALUES ",
    Kind.REPLY: "INSERT OR REPLACE INTO tasks (task, reply_to, task_id, type, finished, last, said) VALUES ",
}
_REMOVED = {
    Kind.FINISH: ("requests", "stages"),
    Kind.FORGET: ("tasks", "events", "requests", "stages"),
}
"""From these tables."""
_DEAD_LETTER = (
    "INSERT INTO dead (task, reply_to, task_id, type, parts, arrived, died, crashes, reason, frames)"
    " SELECT task, reply_to, task_id, type, parts, arrived, ?2, crashes, ?3, frames FROM requests WHERE task = ?1"
)


def write_operations(connection: sqlite3.Connection, operations: Sequence[Operation]) -> None:
    """Write these, within the caller's transaction."""
    groups: defaultdict[Kind, Rows] = defaultdict(list)
    for one in operations:
        if one.kind is Kind.AGAIN:
            _flush(connection, groups)
            _again(connection, one.parameters)
        else:
            groups[one.kind].append(one.parameters)
    _flush(connection, groups)


def _flush(connection: sqlite3.Connection, groups: dict[Kind, Rows]) -> None:
    for kind, rows in sorted(groups.items()):
        if kind is Kind.BEGUN:
            connection.executemany("UPDATE requests SET began = ?2 WHERE task = ?1", rows)
        if kind is Kind.DEAD_LETTER:
            connection.executemany("DELETE FROM dead WHERE task = ?", [row[:1] for row in rows])
            connection.executemany(_DEAD_LETTER, rows)
        if kind in _INSERTS:
            _insert(connection, _INSERTS[kind], rows)
        if kind in _REMOVED:
            _remove(connection, _REMOVED[kind], [row[0] for row in rows])
    groups.clear()


def _insert(connection: sqlite3.Connection, statement: str, rows: Rows) -> None:
    row = _marks(len(rows[0]))
    for some in _portions(rows, _MOST_PARAMETERS // len(rows[0])):
        connection.execute(statement + ", ".join([row] * len(some)), [one for each in some for one in each])


def _remove(connection: sqlite3.Connection, tables: Sequence[str], tasks: Sequence[int]) -> None:
    """Remove tasks. Those that are forgotten together mostly came one after the other: they go in half of the time."""
    first, last = min(tasks), max(tasks)
    if len(set(tasks)) == last - first + 1:
        for table in tables:
            connection.execute(f"DELETE FROM {table} WHERE task BETWEEN ? AND ?", (first, last))  # noqa: S608
        return
    for table in tables:
        for some in _portions(tasks, _MOST_PARAMETERS):
            connection.execute(f"DELETE FROM {table} WHERE task IN {_marks(len(some))}", some)  # noqa: S608


def _again(connection: sqlite3.Connection, parameters: tuple[Any, ...]) -> None:
    task, *parts = parameters
    for (said,) in connection.execute("SELECT said FROM tasks WHERE task = ? AND said NOTNULL", (task,)).fetchall():
        rows = [(task, part, header) for part, header in unpack_said(said)]
        connection.executemany("INSERT INTO events (task, part, header) VALUES (?, ?, ?)", rows)
    connection.execute("DELETE FROM tasks WHERE task = ?", (task,))
    connection.execute(f"DELETE FROM events WHERE task = ? AND part IN {_marks(len(parts))}", (task, *parts))  # noqa: S608


def _marks(count: int) -> str:
    """Return so many placeholders."""
    return f"({', '.join('?' * count)})"


def _portions(values: Sequence[T], most: int) -> Iterable[Sequence[T]]:
    return (values[at : at + most] for at in range(0, len(values), most))
