"""What every level promises, and what is particular to memory and to the file."""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path

import pytest

from dragoman_server.cache.disk import DiskStore
from dragoman_server.cache.file import CacheFile
from dragoman_server.cache.memory import MemoryStore
from dragoman_server.cache.store import Store


def key(number: int) -> bytes:
    return number.to_bytes(32, "big")


@pytest.fixture(params=["memory", "disk"])
async def store(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Store]:
    path = tmp_path / "c.db"
    made = MemoryStore(1000, 1 << 20) if request.param == "memory" else DiskStore(path, 1 << 20, keep_s=60)
    yield made
    await made.close()


async def test_what_was_put_is_found_and_nothing_else(store: Store) -> None:
    store.put_many({key(1): b"one", key(2): b"two" * 1000})

    for _ in range(2):
        assert await store.get_many([key(2), key(3), key(1)]) == {key(1): b"one", key(2): b"two" * 1000}
    assert store.statistics().entries == 2
    assert store.statistics().state == "ok"


async def test_the_last_value_of_a_key_is_the_one_that_counts(store: Store) -> None:
    store.put_many({key(1): b"old"})
    store.put_many({key(1): b"new"})

    for _ in range(2):  # before it is written, maybe, and after
        assert await store.get_many([key(1)]) == {key(1): b"new"}
    assert store.statistics().entries == 1


async def test_a_store_that_was_cleared_knows_nothing_and_goes_on(store: Store) -> None:
    store.put_many({key(1): b"one"})
    await store.clear()

    assert await store.get_many([key(1)]) == {}
    assert store.statistics().entries == 0
    store.put_many({key(2): b"two"})
    assert await store.get_many([key(2)]) == {key(2): b"two"}


async def test_a_value_too_large_for_the_store_pushes_nothing_out(store: Store) -> None:
    store.put_many({key(1): b"one", key(2): bytes(1 << 19)})

    await store.get_many([key(1)])  # until it is written
    assert await store.get_many([key(1), key(2)]) == {key(1): b"one"}


async def test_a_store_stays_within_its_bytes(store: Store) -> None:
    for number in range(300):
        store.put_many({key(number): bytes([number % 256]) * 10_000})
        await store.get_many([key(number)])

    figures = store.statistics()
    assert 0 < figures.bytes <= figures.limit_bytes
    assert figures.evictions >= 300 - figures.limit_bytes // 10_000
    assert await store.get_many([key(299)])
    assert not await store.get_many([key(0)])


def test_memory_lets_the_least_recently_used_go_first() -> None:
    store = MemoryStore(entries=2, limit_bytes=1 << 20)
    store.put(key(1), b"1")
    store.put(key(2), b"2")
    assert store.get(key(1)) == b"1"
    store.put(key(3), b"3")

    assert [store.get(key(number)) for number in (1, 2, 3)] == [b"1", None, b"3"]
    assert store.statistics().evictions == 1


class Clock:
    now_s = 1_000_000.0

    def __call__(self) -> float:
        return self.now_s


@pytest.fixture
def clock() -> Clock:
    return Clock()


def opened(path: Path, clock: Clock, limit_bytes: int = 1 << 20, keep_s: float = 1e6) -> CacheFile:
    file = CacheFile(path, limit_bytes, keep_s, clock)
    file.open()
    return file


def test_the_file_lets_the_least_recently_used_go_first(tmp_path: Path, clock: Clock) -> None:
    file = opened(tmp_path / "c.db", clock)
    for number in range(90):
        clock.now_s += 100
        file.put({key(number): bytes(10_000)})
    clock.now_s += 100
    assert file.get([key(0)])
    for number in range(90, 110):
        clock.now_s += 100
        file.put({key(number): bytes(10_000)})

    assert file.get([key(0)])
    assert not file.get([key(1)])
    assert file.figures.evictions > 0
    file.close()


def test_an_entry_that_is_not_used_for_long_is_evicted_from_the_file(tmp_path: Path, clock: Clock) -> None:
    file = opened(tmp_path / "c.db", clock, keep_s=7200)
    file.put({key(1): b"one", key(2): b"two"})
    clock.now_s += 5000
    assert file.get([key(1)])
    clock.now_s += 5000
    file.put({key(3): b"three"})

    assert file.get([key(1), key(2), key(3)]) == {key(1): b"one", key(3): b"three"}
    assert file.figures.entries == 2
    file.close()


def test_the_file_is_for_its_owner_only_and_is_read_again(tmp_path: Path, clock: Clock) -> None:
    path = tmp_path / "c.db"
    file = opened(path, clock)
    file.put({key(1): b"one"})
    file.close()

    assert path.stat().st_mode & 0o077 == 0
    again = opened(path, clock)
    assert again.get([key(1)]) == {key(1): b"one"}
    assert again.figures.entries == 1
    again.close()


@pytest.mark.parametrize("content", [b"no database at all" * 100, b"SQLite format 3\0" + b"\xff" * 5000])
def test_a_damaged_file_is_put_aside_and_begun_anew(tmp_path: Path, clock: Clock, content: bytes) -> None:
    path = tmp_path / "c.db"
    path.write_bytes(content)
    file = opened(path, clock)
    file.put({key(1): b"one"})

    assert file.get([key(1)]) == {key(1): b"one"}
    assert (tmp_path / "c.db.corrupt").read_bytes() == content
    assert file.figures.problem is None
    file.close()


def test_damage_that_shows_while_it_runs_is_no_end_of_caching(tmp_path: Path, clock: Clock) -> None:
    path = tmp_path / "c.db"
    file = opened(path, clock)
    file.put({key(number): bytes(5000) for number in range(50)})
    file.close()
    pages = bytearray(path.read_bytes())
    pages[4096 * 2 :] = b"\x55" * (len(pages) - 4096 * 2)
    path.write_bytes(pages)
    file = opened(path, clock)
    for number in range(50):
        file.get([key(number)])
    file.put({key(100): b"new"})

    assert file.get([key(100)]) == {key(100): b"new"}
    assert (tmp_path / "c.db.corrupt").exists()
    file.close()


def test_the_file_of_another_program_is_not_written_to(tmp_path: Path, clock: Clock) -> None:
    path = tmp_path / "c.db"
    with closing(sqlite3.connect(path)) as other:
        other.execute("CREATE TABLE precious (thing)")
        other.commit()
    file = opened(path, clock)
    file.put({key(1): b"one"})
    file.close()

    with closing(sqlite3.connect(tmp_path / "c.db.corrupt")) as kept:
        assert kept.execute("SELECT count(*) FROM precious").fetchone() == (0,)


def test_a_full_disk_only_stops_caching_until_there_is_room(tmp_path: Path, clock: Clock) -> None:
    file = opened(tmp_path / "c.db", clock)
    file.put({key(1): b"one"})
    limit_pages(file, 0)
    file.put({key(2): bytes(100_000)})

    assert file.figures.problem == "database or disk is full"
    assert file.get([key(1), key(2)]) == {key(1): b"one"}
    limit_pages(file, 100_000)
    file.put({key(3): b"three"})
    assert not file.get([key(3)]), "it was tried again at once"
    clock.now_s += 31
    file.put({key(4): b"four"})
    assert file.get([key(4)]) == {key(4): b"four"}
    assert state(file) is None
    file.close()


def limit_pages(file: CacheFile, more: int) -> None:
    """What a disk with room for so many more pages does."""
    assert file._connection is not None
    pages = file._connection.execute("PRAGMA page_count").fetchone()[0]
    file._connection.execute(f"PRAGMA max_page_count = {pages + more}")


def state(file: CacheFile) -> str | None:
    return file.figures.problem


def test_a_folder_that_is_not_there_only_stops_caching(tmp_path: Path, clock: Clock) -> None:
    file = opened(tmp_path / "nowhere" / "c.db", clock)
    file.put({key(1): b"one"})

    assert file.get([key(1)]) == {}
    assert file.figures.problem
    file.close()
