"""The journal in a SQLite file: what the loop hands over in one turn is one transaction, at least."""

from __future__ import annotations

import asyncio
import itertools
import sqlite3
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any

import structlog
from typing_extensions import override

from dragoman_server.config import JournalConfig
from dragoman_server.journal.base import Done, Journal
from dragoman_server.journal.blobs import BLOB_BYTES, FOLDER, FULL, Blobs
from dragoman_server.journal.load import count_crash, load_tasks, next_number
from dragoman_server.journal.operations import OPERATIONS, Kind, Operation
from dragoman_server.journal.records import AcceptedRow, DeadLetterRow, Record, RecoveredTask
from dragoman_server.journal.room import Room
from dragoman_server.journal.schema import FILE, open_file, open_journal
from dragoman_server.journal.shares import Shares
from dragoman_server.journal.writer import Writer
from dragoman_server.quantiles import Samples

log = structlog.get_logger()

_MOST_AT_ONCE = 512
_MOST_BYTES_AT_ONCE = BLOB_BYTES
"""Less is written in the loop: so no blob is."""


class SqliteJournal(Journal):
    """Modes `process` (what is written survives the end of the process) and `power` (the loss of power as well).

    Args:
        folder: the state directory.
        config: mode and limit.

    Raises:
        JournalError: the file cannot be used.
    """

    def __init__(self, folder: Path, config: JournalConfig) -> None:
        self.mode = config.mode
        self._path = folder / FILE
        self._problem: str | None = None
        self._queue: list[Operation] = []
        self._pending = 0
        self._committed = 0
        self.lag = Samples()
        self._heard_s = time.monotonic()
        connection = open_journal(folder, config.mode, config.max_bytes)
        self._blobs = Blobs(folder / FOLDER, config.max_bytes, durable=config.mode == "power")
        self._shares = Shares(round(config.max_bytes * config.peer_share))
        self._tasks = self._read(connection)
        self._loop = asyncio.get_running_loop()
        open_new = partial(open_file, self._path, config.mode, config.max_bytes)
        room = Room(connection, self._blobs, config.max_bytes)
        self._writer = Writer(self._path, connection, open_new, room, self._loop, self._report)
        self._writer.start()

    def _read(self, connection: sqlite3.Connection) -> list[RecoveredTask]:
        count_crash(connection)
        self._numbers = itertools.count(next_number(connection))
        self._dead_letters = {task for (task,) in connection.execute("SELECT task FROM dead")}
        tasks = load_tasks(connection, self._blobs)
        for task in tasks:
            self._shares.recovered(task)
        return tasks

    @property
    @override
    def problem(self) -> str | None:
        return self._problem

    @property
    @override
    def waiting_s(self) -> float:
        return time.monotonic() - self._heard_s if self._pending else 0.0

    @property
    @override
    def damaged_s(self) -> float:
        since_s = self._writer.damaged_since_s
        return 0.0 if since_s is None else time.monotonic() - since_s

    @override
    def check_share(self, peer: str, size_bytes: int) -> None:
        self._shares.check(peer, size_bytes)

    @override
    def new_number(self) -> int:
        return next(self._numbers)

    @override
    def append(self, record: Record, done: Done | None = None) -> None:
        if isinstance(record, AcceptedRow) and record.again:
            self._push(Operation(Kind.AGAIN, (record.task, *record.parts)))
        elif isinstance(record, DeadLetterRow):
            self._dead_letters.add(record.task)
        operation = OPERATIONS[type(record)](record, done)
        self._shares.note(record, operation.size_bytes)
        self._push(operation)

    @override
    def sync(self, done: Done) -> None:
        self._push(Operation(Kind.SYNC, (), done))

    @override
    def tasks(self) -> list[RecoveredTask]:
        tasks, self._tasks = self._tasks, []
        return tasks

    @override
    def statistics(self) -> Mapping[str, Any]:
        files = (self._path.with_name(self._path.name + suffix) for suffix in ("", "-wal"))
        return {
            "mode": self.mode,
            "state": "failing" if self._problem else "ok",
            "pending": self._pending,
            "committed": self._committed,
            "lag_ms": asdict(self.lag.percentiles()),
            "peer_limit_bytes": self._shares.most_bytes,
            "largest_peer_bytes": self._shares.largest_bytes,
            "bytes": sum(file.stat().st_size for file in files if file.exists()) + self._blobs.bytes,
            "dead": len(self._dead_letters),
        }

    @override
    async def close(self) -> None:
        self.hand_over()
        self._writer.end()
        await self._loop.run_in_executor(None, self._writer.join)
        await asyncio.sleep(0)  # what the writer reported last

    def _push(self, operation: Operation) -> None:
        if not self._queue:
            self._loop.call_soon(self.hand_over)
        self._queue.append(operation)

    @override
    def hand_over(self) -> None:
        # Operations of one turn of the loop are one transaction: none of them is written without the others.
        operations, self._queue = self._queue, []
        if not operations:
            return
        if self._is_little(operations):
            since_s = time.monotonic()
            if self._writer.write_at_once(operations):
                self._pending += len(operations)
                self._report(operations, since_s, None)
                return
        if not self._pending:
            self._heard_s = time.monotonic()
        self._pending += len(operations)
        self._writer.hand_over(operations)

    def _is_little(self, operations: Sequence[Operation]) -> bool:
        """Return whether writing here is quicker than waking the writer, and all earlier rows are written.

        A commit that does not wait for the disk takes some 50 microseconds, and 2 more for each row. The writer
        answers after several hundred, and takes turns with the loop meanwhile.
        """
        if self._pending or self._problem or self.mode != "process" or len(operations) > _MOST_AT_ONCE:
            return False
        return sum([one.size_bytes for one in operations]) < _MOST_BYTES_AT_ONCE

    def _report(
        self,
        operations: Sequence[Operation],
        since_s: float,
        problem: str | None,
        refused: Sequence[Operation] = (),
    ) -> None:
        if problem != self._problem:
            if problem is not None:
                log.error("journal.failing", problem=problem)
            else:
                log.warning("journal.recovered")
        self._problem = problem
        self._heard_s = time.monotonic()
        self._pending -= len(operations) + len(refused)
        if problem is None:
            self._committed += len(operations)
        if operations:
            self.lag.add(time.monotonic() - since_s)
        self._give_back(refused if problem is None else (*refused, *operations))
        for one in refused:
            _call(one.done, FULL)
        for one in operations:
            _call(one.done, problem)

    def _give_back(self, not_written: Sequence[Operation]) -> None:
        """Give back the shares of requests that could not be written; all else is written later."""
        for one in not_written:
            if one.kind is Kind.ACCEPT:
                self._shares.refused(one.parameters[0], one.size_bytes)


def _call(done: Done | None, problem: str | None) -> None:
    if done is None:
        return
    try:
        done(problem)
    except Exception:
        log.exception("journal.callback_failed")
