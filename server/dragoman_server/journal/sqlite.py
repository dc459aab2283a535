"""The journal in a SQLite file: what the loop hands over in one turn is one transaction, at least."""

from __future__ import annotations

import asyncio
import itertools
import sqlite3
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import msgspec
import structlog

from dragoman_server.config import JournalConfig
from dragoman_server.journal.base import AnsweredTask, Done, Ending, Entry, Journal, KeptTask
from dragoman_server.journal.load import count_crash, load_tasks, next_number
from dragoman_server.journal.operations import Kind, Operation
from dragoman_server.journal.schema import FILE, open_journal
from dragoman_server.journal.writer import Writer
from dragoman_server.quantiles import Samples
from dragoman_wire.inbound import Buffer

log = structlog.get_logger()

_MOST_AT_ONCE = 512
_MOST_BYTES_AT_ONCE = 1 << 17
_encoder = msgspec.msgpack.Encoder()


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
        self._connection = open_journal(folder, config.mode, config.max_bytes)
        self._tasks = self._read(self._connection)
        self._loop = asyncio.get_running_loop()
        beside = sqlite3.connect(self._path, isolation_level=None, check_same_thread=False)
        self._writer = Writer(self._connection, beside, self._loop, self._report)
        self._writer.start()

    def _read(self, connection: sqlite3.Connection) -> list[KeptTask]:
        count_crash(connection)
        self._numbers = itertools.count(next_number(connection))
        self._dead = {task for (task,) in connection.execute("SELECT task FROM dead")}
        return load_tasks(connection)

    @property
    def problem(self) -> str | None:
        """See Journal."""
        return self._problem

    @property
    def waiting_s(self) -> float:
        """See Journal."""
        return time.monotonic() - self._heard_s if self._pending else 0.0

    def new_number(self) -> int:
        """See Journal."""
        return next(self._numbers)

    def accept(self, entry: Entry, done: Done) -> None:
        """See Journal."""
        if entry.again:
            self._push(Operation(Kind.AGAIN, (entry.task, *entry.parts)))
        frames = _encoder.encode(entry.frames)
        row = (
            entry.task,
            entry.reply_to,
            entry.task_id,
            entry.request_type,
            _encoder.encode(entry.parts),
            entry.arrived_unix_s,
            0,
            0,
            frames,
        )
        self._push(Operation(Kind.ACCEPT, row, done, len(frames)))

    def event(
        self,
        task: int,
        header: bytes,
        binaries: Sequence[Buffer],
        done: Done | None = None,
        *,
        part: str | None = None,
        error_code: str | None = None,
    ) -> None:
        """See Journal."""
        packed = _encoder.encode(binaries) if binaries else None
        size_bytes = len(header) + len(packed or b"")
        self._push(Operation(Kind.EVENT, (task, part, error_code, header, packed), done, size_bytes))

    def settle(self, task: int, part: str, error_code: str | None) -> None:
        """See Journal."""
        self._push(Operation(Kind.EVENT, (task, part, error_code, None, None)))

    def stage(self, task: int, name: str, value: bytes) -> None:
        """See Journal."""
        self._push(Operation(Kind.STAGE, (task, name, value), None, len(value)))

    def began(self, task: int, weight: int) -> None:
        """See Journal."""
        self._push(Operation(Kind.BEGAN, (task, weight)))

    def set_aside(self, task: int, reason: str) -> None:
        """See Journal."""
        self._dead.add(task)
        self._push(Operation(Kind.DEAD, (task, time.time(), reason)))

    def finish(self, end: Ending, done: Done) -> None:
        """See Journal."""
        row = (end.task, end.reply_to, end.task_id, end.request_type, time.time(), end.last)
        self._push(Operation(Kind.FINISH, row, done, len(end.last)))

    def answered(self, task: AnsweredTask, done: Done) -> None:
        """See Journal."""
        end, said = task.end, _encoder.encode((task.parts, task.headers))
        row = (end.task, end.reply_to, end.task_id, end.request_type, time.time(), end.last, said)
        self._push(Operation(Kind.ANSWERED, row, done, len(end.last) + len(said)))

    def forget(self, task: int) -> None:
        """See Journal."""
        self._push(Operation(Kind.FORGET, (task,)))

    def sync(self, done: Done) -> None:
        """See Journal."""
        self._push(Operation(Kind.SYNC, (), done))

    def tasks(self) -> list[KeptTask]:
        """See Journal."""
        tasks, self._tasks = self._tasks, []
        return tasks

    def statistics(self) -> Mapping[str, Any]:
        """See Journal."""
        files = (self._path.with_name(self._path.name + suffix) for suffix in ("", "-wal"))
        return {
            "mode": self.mode,
            "state": "failing" if self._problem else "ok",
            "pending": self._pending,
            "committed": self._committed,
            "lag_ms": asdict(self.lag.percentiles()),
            "bytes": sum(file.stat().st_size for file in files if file.exists()),
            "dead": len(self._dead),
        }

    async def close(self) -> None:
        """See Journal."""
        self.hand_over()
        self._writer.end()
        await self._loop.run_in_executor(None, self._writer.join)
        await asyncio.sleep(0)  # what the writer reported last

    def _push(self, operation: Operation) -> None:
        if not self._queue:
            self._loop.call_soon(self.hand_over)
        self._queue.append(operation)

    def hand_over(self) -> None:
        """See Journal. What came up together is one transaction: none of it is written without the rest."""
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
        """Whether writing it here and now is quicker than waking the writer, and everything before it is written.

        A commit that does not wait for the disk takes some 50 microseconds, and 2 more for each row. The writer
        answers after several hundred, and takes turns with the loop meanwhile.
        """
        if self._pending or self._problem or self.mode != "process" or len(operations) > _MOST_AT_ONCE:
            return False
        return sum([one.size_bytes for one in operations]) <= _MOST_BYTES_AT_ONCE

    def _report(self, operations: Sequence[Operation], since_s: float, problem: str | None) -> None:
        if problem != self._problem:
            if problem is not None:
                log.error("journal.failing", problem=problem)
            else:
                log.warning("journal.recovered")
        self._problem = problem
        self._heard_s = time.monotonic()
        self._pending -= len(operations)
        if problem is None:
            self._committed += len(operations)
        if operations:
            self.lag.add(time.monotonic() - since_s)
        for one in operations:
            if one.done is not None:
                try:
                    one.done(problem)
                except Exception:
                    log.exception("journal.callback_failed")
