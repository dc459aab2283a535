"""What is forgotten leaves the journal's file."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from dragoman_server.journal.records import EventRow, ForgottenRow, StageRow
from dragoman_server.journal.schema import FILE
from tests.unit.server.journal.test_journal import HEADER, ending, entry, flushed, open_journal


def numbers_in(folder: Path, table: str) -> set[int]:
    """The tasks of which a table has something."""
    with sqlite3.connect(folder / FILE) as connection:
        numbers = {number for (number,) in connection.execute(f"SELECT task FROM {table}")}  # noqa: S608
    connection.close()
    return numbers


@pytest.mark.parametrize("forgotten", [[1, 2, 3, 4], [4, 2, 1], [3], [5, 6, 1]], ids=str)
async def test_what_is_forgotten_leaves_the_file_and_nothing_else_does(tmp_path: Path, forgotten: list[int]) -> None:
    async with open_journal(tmp_path) as journal:
        for number in range(1, 7):
            journal.append(entry(number), lambda _: None)
            journal.append(EventRow(number, HEADER, [], part="pt"), lambda _: None)
            journal.append(StageRow(number, "transcription", {}))
            if number <= 3:
                journal.append(ending(number), lambda _: None)
        await flushed(journal)
        for number in forgotten:
            journal.append(ForgottenRow(number))
    left = {1, 2, 3, 4, 5, 6} - set(forgotten)
    unfinished = left - {1, 2, 3}
    assert numbers_in(tmp_path, "events") == left
    assert numbers_in(tmp_path, "tasks") == left - unfinished
    assert numbers_in(tmp_path, "requests") == numbers_in(tmp_path, "stages") == unfinished


async def test_the_file_does_not_grow_while_as_many_tasks_are_forgotten_as_come(tmp_path: Path) -> None:
    async with open_journal(tmp_path) as journal:
        for number in range(1, 6001):
            journal.append(EventRow(number, HEADER, [], part="pt"))
            journal.append(ending(number), lambda _: None)
            if number > 1000:
                journal.append(ForgottenRow(number - 1000))
            if number % 50 == 0:
                await flushed(journal)
    assert numbers_in(tmp_path, "tasks") == numbers_in(tmp_path, "events") == set(range(5001, 6001))
    assert (tmp_path / FILE).stat().st_size < 1 << 20
