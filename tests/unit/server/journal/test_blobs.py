"""Large binaries of the journal are files: each once, whatever refers to it, gone with the last row that does."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from dragoman_server.config import JournalConfig
from dragoman_server.journal.blobs import BLOB_BYTES, FOLDER, FULL, Blobs, BlobsFull
from dragoman_server.journal.dead_letters import show_dead_letter
from dragoman_server.journal.records import (
    AcceptedRow,
    DeadLetterRow,
    EventRow,
    ForgottenRow,
    Record,
    RecoveredTask,
    StageRow,
    TaskFinishedRow,
)
from dragoman_server.journal.sqlite import SqliteJournal

HEADER = b'{"type":"audio_process_completed"}'
SOUND = bytes(range(256)) * (BLOB_BYTES // 256)
OTHER = SOUND[::-1]


@asynccontextmanager
async def opened(folder: Path, **settings: object) -> AsyncIterator[SqliteJournal]:
    journal = SqliteJournal(folder, JournalConfig(**settings))  # type: ignore[arg-type]
    try:
        yield journal
    finally:
        await journal.close()


async def left_in(folder: Path) -> list[RecoveredTask]:
    async with opened(folder) as journal:
        return journal.tasks()


async def written(journal: SqliteJournal, record: Record) -> str | None:
    done: asyncio.Future[str | None] = asyncio.get_running_loop().create_future()
    journal.append(record, done.set_result)
    return await done


def entry(task: int, recording: bytes = SOUND, *, again: bool = False) -> AcceptedRow:
    return AcceptedRow(
        task=task,
        reply_to="peer",
        task_id=f"t{task}",
        request_type="audio_process",
        parts=("pt",),
        arrived_unix_s=float(task),
        frames=[b"{}", recording],
        again=again,
    )


def ending(task: int) -> TaskFinishedRow:
    return TaskFinishedRow(
        task=task, reply_to="peer", task_id=f"t{task}", request_type="audio_process", last=b'{"type":"task_finished"}'
    )


def files(folder: Path) -> list[int]:
    return sorted(path.stat().st_size for path in (folder / FOLDER).iterdir())


async def test_a_sound_of_several_events_and_a_stage_is_kept_once_and_comes_back_as_one_buffer(tmp_path: Path) -> None:
    async with opened(tmp_path) as journal:
        await written(journal, entry(1, OTHER))
        journal.append(EventRow(1, HEADER, [SOUND]))
        journal.append(EventRow(1, HEADER, [SOUND, b"small"]))
        await written(journal, StageRow(1, "spoken:pt", {"audio": {"voice": "a"}, "wav": SOUND}))
        assert files(tmp_path) == [BLOB_BYTES, BLOB_BYTES]
        assert journal.statistics()["bytes"] > 2 * BLOB_BYTES
    [task] = await left_in(tmp_path)
    first, second = task.events
    assert [list(first.binaries), list(second.binaries)] == [[SOUND], [SOUND, b"small"]]
    assert first.binaries[0] is second.binaries[0]
    assert task.stages == {"spoken:pt": {"audio": {"voice": "a"}, "wav": SOUND}}
    assert task.stages["spoken:pt"]["wav"] is first.binaries[0]
    assert task.runs[0].frames == [b"{}", OTHER]


async def test_a_blob_goes_with_the_last_row_that_refers_to_it(tmp_path: Path) -> None:
    async with opened(tmp_path) as journal:
        await written(journal, entry(1, OTHER))
        await written(journal, entry(2, OTHER))
        await written(journal, EventRow(1, HEADER, [SOUND], "pt"))
        await written(journal, ending(1))
        assert files(tmp_path) == [BLOB_BYTES] * 2  # the recording is that of the second task as well
        await written(journal, ending(2))
        await settled(journal)
        assert files(tmp_path) == [BLOB_BYTES]
        await written(journal, ForgottenRow(1))
        await settled(journal)
        assert files(tmp_path) == []
    assert [task.task for task in await left_in(tmp_path)] == [2]


async def settled(journal: SqliteJournal) -> None:
    """Wait until the writer has done what came up beside the rows."""
    done: asyncio.Future[str | None] = asyncio.get_running_loop().create_future()
    journal.append(EventRow(99, HEADER, [bytes(BLOB_BYTES)]), done.set_result)
    await done
    await written(journal, ForgottenRow(99))
    journal.append(EventRow(98, None, [b"x" * BLOB_BYTES]), None)
    await written(journal, ForgottenRow(98))
    again: asyncio.Future[str | None] = asyncio.get_running_loop().create_future()
    journal.append(EventRow(97, HEADER, [b"y" * (BLOB_BYTES + 1)]), again.set_result)
    journal.append(ForgottenRow(97))
    await again


async def test_files_that_no_row_refers_to_are_removed_at_the_start(tmp_path: Path) -> None:
    async with opened(tmp_path) as journal:
        await written(journal, entry(1))
    folder = tmp_path / FOLDER
    (folder / ("0" * 64)).write_bytes(b"left by a kill")
    (folder / f"{'1' * 64}.part").write_bytes(b"half of one")
    [task] = await left_in(tmp_path)
    assert task.runs[0].frames[1] == SOUND
    assert files(tmp_path) == [BLOB_BYTES]


@pytest.mark.parametrize("damage", ["missing", "short", "changed"])
async def test_what_refers_to_a_damaged_blob_is_done_again(tmp_path: Path, damage: str) -> None:
    async with opened(tmp_path) as journal:
        for number in (1, 2):
            await written(journal, entry(number, OTHER))
            journal.append(StageRow(number, "transcription", {"text": "hello"}))
            await written(journal, EventRow(number, HEADER, [SOUND], "pt"))
        await written(journal, StageRow(2, "spoken:pt", {"wav": SOUND}))
        await written(journal, ending(1))
    name = Blobs(tmp_path / FOLDER, 0, durable=False)
    [path] = [path for path in (tmp_path / FOLDER).iterdir() if path.read_bytes() == SOUND]
    assert name.bytes == 2 * BLOB_BYTES
    if damage == "missing":
        path.unlink()
    else:
        path.write_bytes(SOUND[:-1] if damage == "short" else b"\1" + SOUND[1:])
    [unfinished] = await left_in(tmp_path)  # the finished task is forgotten: a repeat is worked on anew
    assert (unfinished.task, unfinished.events, list(unfinished.stages)) == (2, [], ["transcription"])
    assert unfinished.runs[0].frames == [b"{}", OTHER]
    async with opened(tmp_path) as journal:  # and an equal sound can be written again
        assert await written(journal, EventRow(2, HEADER, [SOUND], "pt")) is None
    [task] = await left_in(tmp_path)
    assert list(task.events[0].binaries) == [SOUND]


async def test_a_request_whose_recording_is_damaged_comes_back_without_it(tmp_path: Path) -> None:
    async with opened(tmp_path) as journal:
        await written(journal, entry(1))
    next((tmp_path / FOLDER).iterdir()).unlink()
    [task] = await left_in(tmp_path)
    assert task.runs[0].frames == [b"{}", b""]


async def test_recordings_without_room_are_refused_and_small_requests_are_not(tmp_path: Path) -> None:
    async with opened(tmp_path, max_bytes=8 * BLOB_BYTES) as journal:
        for number in range(1, 5):
            assert await written(journal, entry(number, bytes([number]) * BLOB_BYTES)) is None
        assert await written(journal, entry(5, bytes([5]) * BLOB_BYTES)) == FULL
        assert await written(journal, entry(6, b"small")) is None
        assert journal.problem is None
        # What was accepted is published and written all the same; only its sound will be missing.
        assert await written(journal, EventRow(1, HEADER, [bytes(BLOB_BYTES)], "pt")) is None
        await written(journal, ending(2))
        assert await written(journal, entry(7, bytes([7]) * BLOB_BYTES)) is None
        assert sum(files(tmp_path)) <= 8 * BLOB_BYTES
    numbers = [task.task for task in await left_in(tmp_path)]
    assert numbers == [2, 1, 3, 4, 6, 7]


async def test_a_dead_letter_keeps_its_recording(tmp_path: Path) -> None:
    async with opened(tmp_path) as journal:
        await written(journal, entry(1))
        journal.append(DeadLetterRow(1, "it ended the server"))
        await written(journal, ending(1))
        await written(journal, ForgottenRow(1))
        await settled(journal)
        assert files(tmp_path) == [BLOB_BYTES]
    await left_in(tmp_path)
    assert show_dead_letter(tmp_path, 1)[2] == [BLOB_BYTES]


def test_a_link_in_the_folder_is_neither_read_nor_followed(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_bytes(SOUND)
    blobs = Blobs(tmp_path / FOLDER, 1 << 20, durable=False)
    packed = blobs.pack([SOUND], set())
    [path] = (tmp_path / FOLDER).iterdir()
    path.unlink()
    path.symlink_to(secret)
    again = Blobs(tmp_path / FOLDER, 1 << 20, durable=False)
    assert again.unpack(packed)[0::2] == ([None], True)
    assert secret.read_bytes() == SOUND


def test_garbage_makes_room(tmp_path: Path) -> None:
    blobs = Blobs(tmp_path / FOLDER, 2 * BLOB_BYTES, durable=True)
    digests: set[bytes] = set()
    blobs.pack([SOUND, OTHER], digests)
    with pytest.raises(BlobsFull):
        blobs.pack([bytes(BLOB_BYTES)], set())
    blobs.drop(digests)
    blobs.pack([bytes(BLOB_BYTES)], set())
    assert files(tmp_path) == [BLOB_BYTES]


def test_one_sound_in_many_rows_is_hashed_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    blobs = Blobs(tmp_path / FOLDER, 1 << 20, durable=False)
    known: dict[int, bytes] = {}
    first = blobs.pack([SOUND], set(), known)
    assert list(known) == [id(SOUND)]
    monkeypatch.setattr("dragoman_server.journal.blobs.hashlib", None)
    assert blobs.pack([SOUND], set(), known) == first
