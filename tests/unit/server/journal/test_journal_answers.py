"""Tasks that were never accepted, for their answer was known: one row in the journal, until a repeat adds to them."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from dragoman_server.journal.records import EventRow, ForgottenRow, RecoveredTask, Reply
from dragoman_server.journal.schema import FILE
from dragoman_wire.codec import Codec
from dragoman_wire.requests import Request
from tests.unit.server.journal.test_journal import HEADER, crash, ending, entry, flushed, left_in, open_journal
from tests.unit.server.journal.test_journal_forgets import numbers_in

OTHER = b'{"type":"translation_completed","targetLanguage":"fr"}'


def answer(task: int) -> Reply:
    return Reply(
        key=("peer", f"t{task}"),
        request_type="translation",
        headers=(HEADER, OTHER),
        parts=("pt", "fr"),
        last=ending(task).last,
        number=task,
        request=Request(),
        events=[],
        codec=Codec.JSON,
        lane="translation",
        peer="peer",
        arrived_s=0.0,
        ended_s=0.0,
    )


def said_of(task: RecoveredTask) -> list[tuple[str | None, bytes | None]]:
    return [(event.part, event.header) for event in task.events]


async def test_an_answered_task_comes_back_finished_with_its_events(tmp_path: Path) -> None:
    told: list[str | None] = []
    async with open_journal(tmp_path) as journal:
        journal.append(answer(1), told.append)
        assert told == []  # not before it is written
        await flushed(journal)
        assert told == [None]
    assert numbers_in(tmp_path, "events") == set()
    crash(tmp_path)
    [task] = await left_in(tmp_path)
    assert (task.finished, task.runs, task.task_id) == (ending(1).last, [], "t1")
    assert said_of(task) == [("pt", HEADER), ("fr", OTHER)]


async def test_a_repeat_that_adds_to_an_answered_task_keeps_what_was_said(tmp_path: Path) -> None:
    async with open_journal(tmp_path) as journal:
        journal.append(answer(1), lambda _: None)
        journal.append(entry(1, "de", again=True), lambda _: None)
    [task] = await left_in(tmp_path)
    assert (task.finished, [run.parts for run in task.runs]) == (None, [("de",)])
    async with open_journal(tmp_path) as journal:
        journal.append(EventRow(1, HEADER, [], part="de"))
        journal.append(ending(1), lambda _: None)
    [task] = await left_in(tmp_path)
    assert said_of(task) == [("pt", HEADER), ("fr", OTHER), ("de", HEADER)]
    assert task.finished == ending(1).last


async def test_an_answered_task_can_be_forgotten(tmp_path: Path) -> None:
    async with open_journal(tmp_path) as journal:
        for number in range(1, 5):
            journal.append(answer(number), lambda _: None)
        await flushed(journal)
        journal.append(ForgottenRow(1))
        journal.append(ForgottenRow(3))
        journal.append(answer(5), lambda _: None)
        journal.append(ForgottenRow(5))
    assert numbers_in(tmp_path, "tasks") == {2, 4}


async def test_a_journal_of_the_first_version_is_taken_over(tmp_path: Path) -> None:
    async with open_journal(tmp_path) as journal:
        for number in (1, 2):
            journal.append(entry(number), lambda _: None)
        journal.append(EventRow(1, HEADER, [], part="pt"))
        journal.append(ending(1), lambda _: None)
    with sqlite3.connect(tmp_path / FILE) as connection:
        connection.executescript("ALTER TABLE tasks DROP COLUMN said; PRAGMA user_version = 1;")
    connection.close()
    async with open_journal(tmp_path) as journal:
        finished, unfinished = journal.tasks()
        assert (finished.task, said_of(finished), unfinished.task) == (1, [("pt", HEADER)], 2)
        journal.append(answer(3), lambda _: None)
    assert [task.task for task in await left_in(tmp_path)] == [1, 3, 2]
