"""The one thread that writes: all that is queued goes into one transaction, and the loop is told once."""

from __future__ import annotations

import asyncio
import queue
import sqlite3
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Protocol

import structlog
from typing_extensions import override

from dragoman_server.journal.base import JournalError
from dragoman_server.journal.operations import REFUSED, Kind, Operation, write_operations
from dragoman_server.journal.repair import Place, is_damage, looks_sound, replace_damaged, replace_missing
from dragoman_server.journal.room import Room

log = structlog.get_logger()

_PROBE_S = 1.0
"""Between two attempts while the disk cannot be written, and between two looks whether the file is still there."""
_PROBE_BYTES = 1 << 16
_REPLACE_EVERY_S = 60.0
_READ_EVERY_S = 5.0
"""While it is written, the file is read so often as another process would find it: some milliseconds."""
_MOST_OPERATIONS = 5000
"""In one transaction."""
_MOST_BYTES = 1 << 25
"""In one transaction, so that the loop hears of the writer within a second or so, however much is waiting."""
_CHECKPOINT_PAGES = 4000
_PAGE_BYTES = 4096
_TRANSACTION_PAGES = 4
"""The least that a transaction writes: the last page of each table and index that it touches."""
_ROWS_A_PAGE = 8
"""Of small rows, those in indexes and those removed among them; most lie side by side."""


class Report(Protocol):
    """Hears of transactions, in the loop."""

    def __call__(
        self, operations: Sequence[Operation], since_s: float, problem: str | None, refused: Sequence[Operation] = ()
    ) -> None:
        """Take in what was dealt with, when it was handed over, the problem, and what found no room."""
        ...


class Writer(threading.Thread):
    """Owns the connection from its start to its end, and replaces a file that is damaged or gone.

    Args:
        path: the journal's file.
        connection: to that file.
        open_new: opens it anew, made where there is none.
        room: the large binaries, and the room for them.
        loop: where `report` is called.
        report: hears of every transaction.
    """

    def __init__(
        self,
        path: Path,
        connection: sqlite3.Connection,
        open_new: Callable[[], sqlite3.Connection],
        room: Room,
        loop: asyncio.AbstractEventLoop,
        report: Report,
    ) -> None:
        super().__init__(name="journal", daemon=True)
        self._path = path
        self._open_new = open_new
        self._room = room
        self._use(connection)
        self._in_use = threading.Lock()
        """Held by the thread that uses the connection."""
        self._loop = loop
        self._report = report
        self._queue: queue.SimpleQueue[tuple[float, list[Operation]] | None] = queue.SimpleQueue()
        self._backlog: list[Operation] = []
        """The operations that could not be written and must be."""
        self._failing = False
        self._log_pages = 0
        """About so many pages were written to the write-ahead log since the last checkpoint."""
        self._woken = False
        """For a checkpoint."""
        self._looked_s = time.monotonic()
        self._read_s = self._looked_s
        self._written = False
        """Something was written since the file was read with fresh eyes."""
        self._replaced_s = -_REPLACE_EVERY_S
        self.damaged_since_s: float | None = None
        """Since when the file has been damaged, and could not be replaced; of the monotonic clock."""

    def write_at_once(self, operations: Sequence[Operation]) -> bool:
        """Write in the caller's thread, which knows that the writer has nothing to write; False where that fails."""
        if self._failing or self._backlog or not self._in_use.acquire(blocking=False):
            return False
        try:
            self._write(operations)
        except sqlite3.Error:
            return False
        finally:
            self._in_use.release()
        if (self._log_pages >= _CHECKPOINT_PAGES or self._room.has_garbage) and not self._woken:
            self._woken = True
            self.hand_over([])
        return True

    def hand_over(self, operations: list[Operation]) -> None:
        """Queue these, all to be written in one transaction."""
        self._queue.put((time.monotonic(), operations))

    def end(self) -> None:
        """Write what is left, then end."""
        self._queue.put(None)

    @override
    def run(self) -> None:
        going = True
        while going:
            operations: list[Operation] = []
            since_s, going = self._gather(operations)
            self._deal_with(operations, since_s)
        self._close()

    def _gather(self, operations: list[Operation]) -> tuple[float, bool]:
        """Wait for operations and take what is there; return when the oldest was handed over, and whether to go on."""
        size_bytes = 0
        try:
            taken = self._queue.get(timeout=_PROBE_S)
            since_s = taken[0] if taken else time.monotonic()
            while taken is not None:
                operations += taken[1]
                size_bytes += sum([one.size_bytes for one in taken[1]])
                if len(operations) >= _MOST_OPERATIONS or size_bytes >= _MOST_BYTES:
                    return since_s, True
                taken = self._queue.get_nowait()
        except queue.Empty:
            return since_s if operations else time.monotonic(), True
        return since_s, False

    def _deal_with(self, operations: list[Operation], since_s: float) -> None:
        problem: str | None = None
        written: Sequence[Operation] = operations
        refused: Sequence[Operation] = ()
        try:
            with self._in_use:
                self._look_after_file()
                try:
                    written, refused = self._write_all(operations)
                except sqlite3.Error as error:
                    if not is_damage(error):
                        raise
                    self._replace_damaged(error)
                    written, refused = self._write_all(operations)
                self._room.collect()
                self.damaged_since_s = None
        except (sqlite3.Error, OSError, JournalError) as error:
            problem = str(error)
            self._backlog += [one for one in operations if one.kind not in REFUSED]
        if operations or problem is not None or self._failing:
            self._tell(written, since_s, problem, refused)
        if problem is None and self._log_pages >= _CHECKPOINT_PAGES:
            self._carry_over()
        self._woken = False

    def _write_all(self, operations: list[Operation]) -> tuple[Sequence[Operation], Sequence[Operation]]:
        """Write operations, after those that had to wait; return those written, and those that found no room."""
        if self._failing:
            self._probe()
        if self._backlog:
            with self._room.packed(self._backlog) as (rows, _):
                self._write(rows)
            self._backlog = []
        with self._room.packed(operations) as (rows, refused):
            self._write(rows)
        return rows, refused

    def _use(self, connection: sqlite3.Connection) -> None:
        """Work with this connection, and with another to the same file for what does not disturb the first."""
        self._connection = connection
        self._beside = sqlite3.connect(self._path, isolation_level=None, check_same_thread=False)
        self._place = Place(self._path)
        self._room.use(connection)

    def _look_after_file(self) -> None:
        """Look now and then whether the file is still there and sound: SQLite notices neither by itself.

        Raises:
            sqlite3.Error, OSError: it is not, and cannot be written anew.
        """
        if time.monotonic() - self._looked_s < _PROBE_S:
            return
        self._looked_s = time.monotonic()
        if not self._place.holds():
            self._swap(replace_missing(self._path, self._connection, self._open_new))
        elif self._written and time.monotonic() - self._read_s >= _READ_EVERY_S:
            self._written, self._read_s = False, time.monotonic()
            try:
                looks_sound(self._path)
            except sqlite3.Error as error:
                if is_damage(error):
                    self._replace_damaged(error)

    def _replace_damaged(self, error: sqlite3.Error) -> None:
        """Replace the file, not more often than now and then: on a disk that fails, the next one is damaged too.

        Raises:
            sqlite3.Error, OSError, JournalError: it cannot be replaced.
        """
        now_s = time.monotonic()
        if self.damaged_since_s is None:
            self.damaged_since_s = now_s
        if now_s - self._replaced_s < _REPLACE_EVERY_S:
            raise error
        self._replaced_s = now_s
        log.error("journal.corrupt", path=str(self._path), error=str(error))
        self._swap(replace_damaged(self._path, self._open_new, self._connection))

    def _swap(self, connection: sqlite3.Connection) -> None:
        old = (self._beside, self._connection)
        self._use(connection)
        self._log_pages = 0
        for one in old:
            with suppress(sqlite3.Error):
                one.close()

    def _tell(
        self, operations: Sequence[Operation], since_s: float, problem: str | None, refused: Sequence[Operation] = ()
    ) -> None:
        self._failing = problem is not None
        self._loop.call_soon_threadsafe(self._report, operations, since_s, problem, refused)

    def _carry_over(self) -> None:
        """Carry the write-ahead log over, which waits for the disk.

        The loop goes on writing meanwhile. The log only begins anew when all of it is carried over and there is no
        writer: that is done afterwards, when there is little left.
        """
        try:
            self._beside.execute("PRAGMA wal_checkpoint(PASSIVE)")
            with self._in_use:
                self._connection.execute("PRAGMA wal_checkpoint(PASSIVE)")
                self._log_pages = 0
        except sqlite3.Error as error:
            self._tell([], time.monotonic(), str(error))

    def _write(self, operations: Sequence[Operation]) -> None:
        if all(one.kind is Kind.SYNC for one in operations):
            return
        self._written = True
        size_bytes = sum([one.size_bytes for one in operations if one.large is None])  # the others are files
        self._log_pages += _TRANSACTION_PAGES + len(operations) // _ROWS_A_PAGE + size_bytes // _PAGE_BYTES
        with _transaction(self._connection):
            write_operations(self._connection, operations)
        self._room.wrote(operations)

    def _probe(self) -> None:
        """Find out whether something of some size can be written."""
        with _transaction(self._connection):
            self._connection.execute("INSERT INTO probe VALUES (zeroblob(?))", (_PROBE_BYTES,))
        self._connection.execute("DELETE FROM probe")

    def _close(self) -> None:
        try:
            if not self._failing:
                self._connection.execute("INSERT OR REPLACE INTO meta VALUES ('clean', 1)")
            self._beside.close()
            self._connection.close()
        except sqlite3.Error as error:
            log.error("journal.close_failed", error=str(error))


class _transaction:  # noqa: N801 - a context manager
    """A transaction: all of it is written, or nothing."""

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
