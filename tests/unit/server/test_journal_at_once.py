"""What the journal writes in the loop, and what it leaves to its writer."""

from __future__ import annotations

from pathlib import Path

import pytest

from dragoman_server.journal import writer
from dragoman_server.journal.operations import Kind, Operation
from dragoman_server.journal.schema import FILE
from dragoman_server.journal.writer import Writer
from tests.unit.server.test_journal import HEADER, accepted, ending, entry, flushed, left_in, open_journal


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
        journal.event(1, HEADER, [], lambda _: None, part="pt")
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
        journal.accept(entry(1, size=1 << 20), lambda _: order.append("large"))
        journal._hand_over()
        journal.accept(entry(2), lambda _: order.append("small"))
        journal._hand_over()
        await flushed(journal)
    assert order == ["large", "small"]
    assert handed_over[:2] == [[Kind.ACCEPT], [Kind.ACCEPT]]


async def test_the_writer_carries_the_log_over_however_small_the_writes_are(
    tmp_path: Path, handed_over: list[list[Kind]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writer, "_CHECKPOINT_PAGES", 50)
    log = tmp_path / f"{FILE}-wal"
    async with open_journal(tmp_path) as journal:
        for number in range(1, 1000):
            await accepted(journal, entry(number))
            journal.finish(ending(number), lambda _: None)
            journal.forget(number)
        await flushed(journal)
        assert 0 < len(handed_over) < 200
        assert {kind for kinds in handed_over for kind in kinds} >= {Kind.CHECKPOINT}
        assert log.stat().st_size < 4 << 20
