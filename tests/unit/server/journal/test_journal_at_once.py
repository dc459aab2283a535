"""What the journal writes in the loop, and what it leaves to its writer."""

from __future__ import annotations

import asyncio
import itertools
import sqlite3
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from dragoman_server.journal import writer
from dragoman_server.journal.operations import Kind, Operation
from dragoman_server.journal.records import EventRow, ForgottenRow
from dragoman_server.journal.schema import FILE
from dragoman_server.journal.sqlite import SqliteJournal
from dragoman_server.journal.writer import Writer
from tests.harness import PATIENCE_S
from tests.unit.server.journal.test_journal import HEADER, accepted, ending, entry, flushed, left_in, open_journal


@pytest.fixture
def handed_over(monkeypatch: pytest.MonkeyPatch) -> list[list[Kind]]:
    """The kinds of what was left to the writer."""
    seen: list[list[Kind]] = []
    hand_over = Writer.hand_over

    def noting(self: Writer, operations: list[Operation]) -> None:
        seen.append([one.kind for one in operations])
        hand_over(self, operations)

    monkeypatch.setattr(Writer, "hand_over", noting)
    return seen


async def test_a_little_is_written_without_waking_the_writer(tmp_path: Path, handed_over: list[list[Kind]]) -> None:
    async with open_journal(tmp_path) as journal:
        assert await accepted(journal, entry(1)) is None
        journal.append(EventRow(1, HEADER, [], part="pt"), lambda _: None)
        assert await flushed(journal) is None
        assert handed_over == []
        assert journal.statistics()["committed"] == 3
        assert journal.statistics()["pending"] == 0
    (task,) = await left_in(tmp_path)
    assert [event.part for event in task.events] == ["pt"]


@pytest.mark.parametrize(("mode", "size"), [("process", 1 << 17), ("power", 0)])
async def test_what_is_large_or_waits_for_the_disk_is_left_to_the_writer(
    tmp_path: Path, handed_over: list[list[Kind]], mode: str, size: int
) -> None:
    async with open_journal(tmp_path, mode=mode) as journal:
        assert await accepted(journal, entry(1, size=size)) is None
    assert handed_over == [[Kind.ACCEPT]]


async def test_nothing_overtakes_what_the_writer_has(tmp_path: Path, handed_over: list[list[Kind]]) -> None:
    order: list[str] = []
    async with open_journal(tmp_path) as journal:
        journal.append(entry(1, size=1 << 20), lambda _: order.append("large"))
        journal.hand_over()
        journal.append(entry(2), lambda _: order.append("small"))
        journal.hand_over()
        await flushed(journal)
    assert order == ["large", "small"]
    assert handed_over[:2] == [[Kind.ACCEPT], [Kind.ACCEPT]]


async def test_the_writer_carries_the_log_over_however_small_the_writes_are(
    tmp_path: Path, handed_over: list[list[Kind]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writer, "_CHECKPOINT_PAGES", 50)
    log = tmp_path / f"{FILE}-wal"
    async with open_journal(tmp_path) as journal:
        async with asyncio.timeout(PATIENCE_S):
            for number in itertools.count(1):
                await accepted(journal, entry(number))
                journal.append(ending(number), lambda _: None)
                journal.append(ForgottenRow(number))
                if begun_anew(log) == 3:
                    break
        assert 3 <= handed_over.count([]) < number / 3


def begun_anew(log: Path) -> int:
    """How often a write-ahead log was written from its beginning again: a number in its header."""
    with log.open("rb") as file:
        return int.from_bytes(file.read(16)[12:])


class Beside:
    """The connection on which the log is carried over, as slow or as broken as a disk."""

    def __init__(self, error: Exception | None = None) -> None:
        self.begun, self.goes_on = threading.Event(), threading.Event()
        self._error = error

    def execute(self, _: str) -> None:
        self.begun.set()
        assert self.goes_on.wait(PATIENCE_S)
        if self._error is not None:
            error, self._error = self._error, None
            raise error

    def close(self) -> None: ...


async def test_the_loop_goes_on_writing_while_the_log_is_carried_over(
    tmp_path: Path, handed_over: list[list[Kind]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writer, "_CHECKPOINT_PAGES", 1)
    async with open_journal(tmp_path) as journal:
        journal._writer._beside = beside = Beside()  # type: ignore[assignment]
        await accepted(journal, entry(1))
        assert await asyncio.to_thread(beside.begun.wait, PATIENCE_S)
        for number in range(2, 9):
            assert await accepted(journal, entry(number)) is None
        assert handed_over == [[]]
        beside.goes_on.set()
    assert len(await left_in(tmp_path)) == 8


async def test_the_loop_does_not_wait_for_a_writer_that_uses_the_connection(
    tmp_path: Path, handed_over: list[list[Kind]]
) -> None:
    async with open_journal(tmp_path) as journal:
        journal._writer._in_use.acquire()
        journal.append(entry(1), lambda _: None)
        async with asyncio.timeout(PATIENCE_S):
            while not handed_over:  # noqa: ASYNC110 - it happens at the end of the turn
                await asyncio.sleep(0)
        assert handed_over == [[Kind.ACCEPT]]
        assert journal.statistics()["pending"] == 1
        journal._writer._in_use.release()
        assert await flushed(journal) is None
    assert len(await left_in(tmp_path)) == 1


async def test_what_is_written_is_not_written_again_where_the_log_cannot_be_carried_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writer, "_CHECKPOINT_PAGES", 1)
    monkeypatch.setattr(writer, "_PROBE_S", 0.05)
    async with open_journal(tmp_path, mode="power") as journal:
        journal._writer._beside = beside = Beside(sqlite3.OperationalError("disk I/O error"))  # type: ignore[assignment]
        beside.goes_on.set()
        await accepted(journal, entry(1))
        journal.append(EventRow(1, HEADER, [], part="pt"))
        async with asyncio.timeout(PATIENCE_S):
            for state in ("failing", "ok"):
                while journal.statistics()["state"] != state:  # noqa: ASYNC110 - the writer's thread tells
                    await asyncio.sleep(0.001)
    [task] = await left_in(tmp_path)
    assert (len(task.runs), len(task.events)) == (1, 1)


async def test_however_much_waits_the_writer_tells_how_far_it_is_now_and_then(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writer, "_MOST_BYTES", 4 << 17)
    transactions: list[int] = []
    report = SqliteJournal._report

    def noting(self: SqliteJournal, operations: Sequence[Operation], *rest: Any) -> None:
        transactions.append(len(operations))
        report(self, operations, *rest)

    monkeypatch.setattr(SqliteJournal, "_report", noting)
    async with open_journal(tmp_path) as journal:
        await accepted(journal, entry(1))
        sound = bytes(1 << 17)
        with journal._writer._in_use:  # all of it waits
            for _ in range(40):
                journal.append(EventRow(1, HEADER, [sound], part="pt"), lambda _: None)
                journal.hand_over()
        await flushed(journal)
    assert sum(transactions) >= 40
    assert max(transactions) <= 5  # one was taken before the others waited
