from __future__ import annotations

import asyncio
import os
import sqlite3
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from dragoman_server.config import JournalConfig
from dragoman_server.journal.base import JournalError
from dragoman_server.journal.blobs import BLOB_BYTES
from dragoman_server.journal.dead_letters import (
    drop_dead_letter,
    list_dead_letters,
    retry_dead_letter,
    show_dead_letter,
)
from dragoman_server.journal.null import NullJournal
from dragoman_server.journal.operations import Operation
from dragoman_server.journal.records import (
    AcceptedRow,
    BegunRow,
    DeadLetterRow,
    EventRow,
    ForgottenRow,
    RecoveredTask,
    StageRow,
    TaskFinishedRow,
)
from dragoman_server.journal.schema import FILE
from dragoman_server.journal.sqlite import SqliteJournal
from dragoman_server.journal.writer import Writer
from dragoman_server.state_dir import StateDir, StateDirError
from tests.harness import PATIENCE_S

HEADER = b'{"type":"translation_completed"}'


@asynccontextmanager
async def open_journal(folder: Path, **settings: object) -> AsyncIterator[SqliteJournal]:
    journal = SqliteJournal(folder, JournalConfig(**settings))  # type: ignore[arg-type]
    try:
        yield journal
    finally:
        await journal.close()


def entry(task: int, *parts: str, arrived_unix_s: float = 0.0, again: bool = False, size: int = 0) -> AcceptedRow:
    return AcceptedRow(
        task=task,
        reply_to="peer",
        task_id=f"t{task}",
        request_type="translation",
        parts=parts or ("pt",),
        arrived_unix_s=arrived_unix_s or float(task),
        frames=[b'{"text":"hello"}', bytes(size)],
        again=again,
    )


def ending(task: int) -> TaskFinishedRow:
    return TaskFinishedRow(
        task=task, reply_to="peer", task_id=f"t{task}", request_type="translation", last=b'{"type":"task_finished"}'
    )


async def flushed(journal: SqliteJournal) -> str | None:
    done: asyncio.Future[str | None] = asyncio.get_running_loop().create_future()
    journal.sync(done.set_result)
    return await asyncio.wait_for(done, PATIENCE_S)


async def accepted(journal: SqliteJournal, one: AcceptedRow) -> str | None:
    done: asyncio.Future[str | None] = asyncio.get_running_loop().create_future()
    journal.append(one, done.set_result)
    return await asyncio.wait_for(done, PATIENCE_S)


def crash(folder: Path) -> None:
    """As if the last server had not ended by itself."""
    with sqlite3.connect(folder / FILE) as connection:
        connection.execute("UPDATE meta SET value = 0 WHERE name = 'clean'")
    connection.close()


async def left_in(folder: Path) -> list[RecoveredTask]:
    async with open_journal(folder) as journal:
        return journal.tasks()


async def test_everything_of_one_turn_is_one_transaction(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sizes: list[int] = []
    write = Writer._write

    def counting(self: Writer, operations: Sequence[Operation]) -> None:
        sizes.append(len(operations))
        write(self, operations)

    monkeypatch.setattr(Writer, "_write", counting)
    order: list[int] = []
    async with open_journal(tmp_path) as journal:
        for number in range(3000):
            journal.append(entry(number), lambda _, number=number: order.append(number))  # type: ignore[misc]
        await flushed(journal)
        assert sizes == [3001]
        assert order == list(range(3000))
        assert journal.statistics()["committed"] == 3001
        assert journal.statistics()["pending"] == 0


async def test_unfinished_tasks_come_back_oldest_first_with_frames_events_and_stages(tmp_path: Path) -> None:
    async with open_journal(tmp_path) as journal:
        await accepted(journal, entry(1, "pt", "fr", arrived_unix_s=20.0, size=10))
        await accepted(journal, entry(2, arrived_unix_s=10.0))
        journal.append(EventRow(1, HEADER, [memoryview(b"wav")], part="pt"), lambda _: None)
        journal.append(EventRow(1, None, (), "fr", "engine_failed"))
        journal.append(StageRow(1, "transcription", {}))
    second, first = await left_in(tmp_path)
    assert (second.task, first.task) == (2, 1)
    assert first.finished is None
    assert first.runs[0].parts == ("pt", "fr")
    assert first.runs[0].frames == [b'{"text":"hello"}', bytes(10)]
    assert [(event.header, list(event.binaries), event.part, event.error_code) for event in first.events] == [
        (HEADER, [b"wav"], "pt", None),
        (None, [], "fr", "engine_failed"),
    ]
    assert first.stages == {"transcription": {}}


async def test_a_finished_task_keeps_its_events_until_it_is_forgotten(tmp_path: Path) -> None:
    async with open_journal(tmp_path) as journal:
        journal.append(entry(1), lambda _: None)
        journal.append(EventRow(1, HEADER, [], part="pt"), lambda _: None)
        journal.append(ending(1), lambda _: None)
    async with open_journal(tmp_path) as journal:
        [task] = journal.tasks()
        assert (task.finished, task.runs, len(task.events)) == (b'{"type":"task_finished"}', [], 1)
        assert journal.new_number() == 2
        journal.append(ForgottenRow(1))
    assert await left_in(tmp_path) == []


async def test_a_repeat_voids_what_was_said_of_its_parts(tmp_path: Path) -> None:
    async with open_journal(tmp_path) as journal:
        journal.append(entry(1, "pt", "fr"), lambda _: None)
        journal.append(EventRow(1, HEADER, [], part="pt"), lambda _: None)
        journal.append(EventRow(1, HEADER, [], part="fr", error_code="engine_failed"), lambda _: None)
        journal.append(ending(1), lambda _: None)
        journal.append(entry(1, "fr", again=True), lambda _: None)
    [task] = await left_in(tmp_path)
    assert task.finished is None
    assert [event.part for event in task.events] == ["pt"]
    assert [run.parts for run in task.runs] == [("fr",)]


async def test_a_crash_counts_against_what_was_at_work_and_a_graceful_stop_does_not(tmp_path: Path) -> None:
    async with open_journal(tmp_path) as journal:
        await accepted(journal, entry(1))
        await accepted(journal, entry(2))
    assert [task.runs[0].crashes for task in await left_in(tmp_path)] == [0, 0]
    crash(tmp_path)
    async with open_journal(tmp_path) as journal:
        assert [task.runs[0].crashes for task in journal.tasks()] == [1, 1]  # it is unknown which of them it was
        journal.append(BegunRow(1, 4))
    crash(tmp_path)
    assert [task.runs[0].crashes for task in await left_in(tmp_path)] == [5, 1]


@pytest.mark.parametrize("damage", ["all", "head", "middle"])
async def test_a_damaged_journal_is_kept_aside_and_what_can_be_read_is_taken_over(tmp_path: Path, damage: str) -> None:
    async with open_journal(tmp_path) as journal:
        for number in range(1, 200):
            journal.append(entry(number, size=3000), lambda _: None)
    path = tmp_path / FILE
    content = bytearray(path.read_bytes())
    spans = {"all": (0, len(content)), "head": (0, 100), "middle": (len(content) // 2, len(content) // 2 + 20_000)}
    begin, end = spans[damage]
    content[begin:end] = b"\xa5" * (end - begin)
    path.write_bytes(content)
    left = await left_in(tmp_path)
    assert sum(name.startswith(f"{FILE}.corrupt-") and "wal" not in name for name in os.listdir(tmp_path)) == 1  # noqa: PTH208
    assert (100 < len(left) < 199) if damage == "middle" else left == []


async def test_a_journal_of_another_version_is_left_alone(tmp_path: Path) -> None:
    await left_in(tmp_path)
    with sqlite3.connect(tmp_path / FILE) as connection:
        connection.execute("PRAGMA user_version = 99")
    connection.close()
    with pytest.raises(JournalError, match="version 99"):
        SqliteJournal(tmp_path, JournalConfig())


async def test_a_full_journal_refuses_and_takes_requests_again_when_there_is_room(tmp_path: Path) -> None:
    published: list[str | None] = []
    async with open_journal(tmp_path, max_bytes=1 << 20) as journal:
        small = BLOB_BYTES - 1
        fits = (1 << 20) // BLOB_BYTES - 2
        for number in range(1, fits + 1):
            assert await accepted(journal, entry(number, size=small)) is None
        for number in range(fits + 1, fits + 4):  # pages for what is beside them
            problem = await accepted(journal, entry(number, size=small))
        assert problem is not None
        assert "full" in problem
        assert journal.statistics()["state"] == "failing"
        journal.append(EventRow(1, HEADER, [], part="pt"), published.append)
        journal.append(ending(1), published.append)
        async with asyncio.timeout(PATIENCE_S):
            while journal.statistics()["state"] != "ok":  # noqa: ASYNC110 - it recovers by itself
                await asyncio.sleep(0.05)
        assert len(published) == 2  # at once, whether they could be written or not
        assert await accepted(journal, entry(20, size=small)) is None
    finished, *unfinished = await left_in(tmp_path)
    assert (finished.task, len(finished.events), unfinished[-1].task) == (1, 1, 20)


async def test_what_was_said_while_the_disk_was_full_is_written_afterwards(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write, broken = Writer._write, [True]

    def failing(self: Writer, operations: Sequence[Operation]) -> None:
        if broken[0]:
            raise sqlite3.OperationalError("disk I/O error")
        write(self, operations)

    async with open_journal(tmp_path) as journal:
        await accepted(journal, entry(1))
        monkeypatch.setattr(Writer, "_write", failing)
        published: list[str | None] = []
        journal.append(EventRow(1, HEADER, [], part="pt"), published.append)
        assert await accepted(journal, entry(2)) == "disk I/O error"
        assert published == ["disk I/O error"]
        broken[0] = False
        assert await accepted(journal, entry(3)) is None
    first, third = await left_in(tmp_path)
    assert ([event.part for event in first.events], third.task) == (["pt"], 3)


async def test_a_dead_letter_can_be_seen_retried_and_dropped(tmp_path: Path) -> None:
    async with open_journal(tmp_path) as journal:
        for number in (1, 2):
            journal.append(entry(number, size=number), lambda _: None)
            journal.append(DeadLetterRow(number, "it died"))
            journal.append(ending(number), lambda _: None)
        await flushed(journal)
        assert journal.statistics()["dead"] == 2
        assert [one.task_id for one in list_dead_letters(tmp_path)] == ["t1", "t2"]  # while the journal is in use
        one, header, sizes = show_dead_letter(tmp_path, 2)
        assert (one.reason, header, sizes) == ("it died", {"text": "hello"}, [2])
    assert drop_dead_letter(tmp_path, 1).task_id == "t1"
    assert retry_dead_letter(tmp_path, 2).task_id == "t2"
    assert list_dead_letters(tmp_path) == []
    with pytest.raises(JournalError, match="no dead letter of number 2"):
        drop_dead_letter(tmp_path, 2)
    tasks = {task.task: task for task in await left_in(tmp_path)}
    assert tasks[2].finished is None
    assert tasks[2].runs[0].frames == [b'{"text":"hello"}', bytes(2)]
    assert tasks[1].finished is not None


async def test_nothing_is_retried_or_dropped_while_the_server_has_the_folder(tmp_path: Path) -> None:
    server = StateDir(tmp_path)
    server.open()
    with pytest.raises(StateDirError, match="running server"):
        retry_dead_letter(tmp_path, 1)
    server.close()


def test_without_a_journal_everything_is_safe_at_once() -> None:
    journal, done = NullJournal(), list[str | None]()
    journal.append(entry(1), done.append)
    journal.append(EventRow(1, HEADER, []), done.append)
    journal.append(ending(1), done.append)
    journal.sync(done.append)
    assert (done, journal.tasks(), journal.problem) == ([None] * 4, [], None)
    assert journal.statistics()["mode"] == "off"
