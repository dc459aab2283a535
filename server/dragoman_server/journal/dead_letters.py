"""The dead letters, for an operator: listed, shown, run again or removed.

A dead letter is a request that ended its engine or the server again and again; it was answered with `engine_failed`.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dragoman_server.journal.base import JournalError
from dragoman_server.journal.blobs import FOLDER, Blobs
from dragoman_server.journal.schema import FILE
from dragoman_server.state_dir import StateDir
from dragoman_wire.codec import decode_header

_COLUMNS = "id, reply_to, task_id, type, arrived, died, reason"


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """One line of the list."""

    number: int
    reply_to: str
    task_id: str
    request_type: str
    arrived_unix_s: float
    dead_unix_s: float
    reason: str


def list_dead_letters(state_dir: Path) -> list[DeadLetter]:
    """Return all dead letters, oldest first. The server may be running.

    Raises:
        JournalError: there is no journal, or it cannot be read.
    """
    with _journal(state_dir, "ro") as connection:
        return [DeadLetter(*row) for row in connection.execute(f"SELECT {_COLUMNS} FROM dead ORDER BY id")]  # noqa: S608


def show_dead_letter(state_dir: Path, number: int) -> tuple[DeadLetter, dict[str, Any], list[int]]:
    """Return one of them, its header, and the sizes of its binary frames. The server may be running.

    Raises:
        JournalError: as above, or there is none of this number.
    """
    with _journal(state_dir, "ro") as connection:
        row = connection.execute(f"SELECT {_COLUMNS}, frames FROM dead WHERE id = ?", (number,)).fetchone()  # noqa: S608
    if row is None:
        raise JournalError(f"there is no dead letter of number {number}")
    frames, _, _ = Blobs(state_dir.expanduser() / FOLDER, 0, durable=False).unpack(row[-1])
    header, *binaries = [frame or b"" for frame in frames]
    return DeadLetter(*row[:-1]), decode_header(header)[1], [len(binary) for binary in binaries]


def retry_dead_letter(state_dir: Path, number: int) -> DeadLetter:
    """Have the next start run it as if it had arrived now. The server must be stopped.

    Raises:
        JournalError: as above.
        StateDirError: the server is running.
    """
    with _stopped(state_dir) as connection:
        found = _taken(connection, number)
        task = connection.execute("SELECT task FROM dead WHERE id = ?", (number,)).fetchone()[0]
        for table in ("tasks", "events", "stages"):
            connection.execute(f"DELETE FROM {table} WHERE task = ?", (task,))  # noqa: S608 - our own names
        connection.execute(
            "INSERT INTO requests (task, reply_to, task_id, type, parts, arrived, crashes, began, frames)"
            " SELECT task, reply_to, task_id, type, parts, ?, 0, 0, frames FROM dead WHERE id = ?",
            (time.time(), number),
        )
        connection.execute("DELETE FROM dead WHERE id = ?", (number,))
    return found


def drop_dead_letter(state_dir: Path, number: int) -> DeadLetter:
    """Remove it. The server must be stopped.

    Raises:
        JournalError: as above.
        StateDirError: the server is running.
    """
    with _stopped(state_dir) as connection:
        found = _taken(connection, number)
        connection.execute("DELETE FROM dead WHERE id = ?", (number,))
    return found


def _taken(connection: sqlite3.Connection, number: int) -> DeadLetter:
    row = connection.execute(f"SELECT {_COLUMNS} FROM dead WHERE id = ?", (number,)).fetchone()  # noqa: S608
    if row is None:
        raise JournalError(f"there is no dead letter of number {number}")
    return DeadLetter(*row)


@contextmanager
def _journal(state_dir: Path, mode: str) -> Iterator[sqlite3.Connection]:
    path = state_dir.expanduser() / FILE
    if not path.exists():
        raise JournalError(f"there is no journal in {state_dir}")
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode={mode}", uri=True)) as connection, connection:
            yield connection
    except sqlite3.Error as error:
        raise JournalError(f"the journal {path} cannot be used: {error}") from error


@contextmanager
def _stopped(state_dir: Path) -> Iterator[sqlite3.Connection]:
    """Open the journal in one transaction, with the lock that a running server holds."""
    folder = StateDir(state_dir)
    folder.open()
    try:
        with _journal(state_dir, "rw") as connection:
            yield connection
    finally:
        folder.close()
