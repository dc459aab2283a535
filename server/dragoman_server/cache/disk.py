"""The second level: values in a SQLite file of the state directory, the least recently used are evicted first.

One thread owns the file. What is asked and handed over meanwhile it does together: one query, one transaction.
"""

from __future__ import annotations

import asyncio
import functools
import queue
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, TypeVar

from typing_extensions import override

from dragoman_server.cache.file import CacheFile
from dragoman_server.cache.store import Store, StoreStatistics

T = TypeVar("T")

_MOST_WAITING_BYTES = 32 << 20
"""Of values that wait to be written; what comes on top is not kept."""


@dataclass(frozen=True, slots=True)
class _Ask:
    keys: Sequence[bytes]
    answer: asyncio.Future[Mapping[bytes, bytes]]


@dataclass(frozen=True, slots=True)
class _Clear:
    done: asyncio.Future[None]


_Job = Mapping[bytes, bytes] | _Ask | _Clear | None
"""Values to write, keys to look up, the wish to forget, and the end."""


class DiskStore(Store):
    """Bounded by bytes, and by the time since the last use.

    Args:
        path: the file; made where it is missing, replaced where it is damaged.
        limit_bytes: of the file.
        keep_s: entries not used for so long are evicted.
        clock: unix seconds.
    """

    name: ClassVar[str] = "disk"

    def __init__(self, path: Path, limit_bytes: int, keep_s: float, clock: Callable[[], float] = time.time) -> None:
        self._file = CacheFile(path, limit_bytes, keep_s, clock)
        self._limit_bytes = limit_bytes
        self._jobs: queue.SimpleQueue[_Job] = queue.SimpleQueue()
        self._waiting_bytes = 0
        self._lock = threading.Lock()
        self._loop = asyncio.get_running_loop()
        self._thread = threading.Thread(target=self._serve, name="cache", daemon=True)
        self._thread.start()

    @override
    async def get_many(self, keys: Sequence[bytes]) -> Mapping[bytes, bytes]:
        answer: asyncio.Future[Mapping[bytes, bytes]] = self._loop.create_future()
        self._jobs.put(_Ask(keys, answer))
        return await answer

    @override
    def put_many(self, entries: Mapping[bytes, bytes]) -> None:
        size_bytes = sum(map(len, entries.values()))
        with self._lock:
            if self._waiting_bytes + size_bytes > _MOST_WAITING_BYTES:
                return
            self._waiting_bytes += size_bytes
        self._jobs.put(entries)

    @override
    async def clear(self) -> None:
        done: asyncio.Future[None] = self._loop.create_future()
        self._jobs.put(_Clear(done))
        await done

    @override
    def statistics(self) -> StoreStatistics:
        figures = self._file.figures
        return StoreStatistics(
            state=figures.problem or "ok",
            entries=figures.entries,
            bytes=figures.bytes,
            limit_bytes=self._limit_bytes,
            evictions=figures.evictions,
        )

    @override
    async def close(self) -> None:
        self._jobs.put(None)
        await self._loop.run_in_executor(None, self._thread.join)

    # --- the thread's side ---------------------------------------------------------------------------------

    def _serve(self) -> None:
        self._file.open()
        ended = False
        while not ended:
            jobs = [self._jobs.get()]
            with suppress(queue.Empty):
                while True:
                    jobs.append(self._jobs.get_nowait())
            ended = None in jobs
            given = [job for job in jobs if isinstance(job, Mapping)]
            fresh = {key: value for one in given for key, value in one.items()}
            self._look_up([job for job in jobs if isinstance(job, _Ask)], fresh)
            self._write(given, fresh)
            for job in jobs:
                if isinstance(job, _Clear):
                    self._file.clear()
                    self._tell(functools.partial(_settle, job.done, None))
        self._file.close()

    def _look_up(self, asked: list[_Ask], fresh: Mapping[bytes, bytes]) -> None:
        """Answer from the file, and from what is about to be written."""
        if not asked:
            return
        known = {**self._file.get(sorted({key for one in asked for key in one.keys})), **fresh}

        def answer() -> None:
            for one in asked:
                _settle(one.answer, {key: known[key] for key in one.keys if key in known})

        self._tell(answer)

    def _tell(self, news: Callable[[], None]) -> None:
        with suppress(RuntimeError):  # the loop is closed: no call waits any more
            self._loop.call_soon_threadsafe(news)

    def _write(self, given: list[Mapping[bytes, bytes]], fresh: Mapping[bytes, bytes]) -> None:
        if not given:
            return
        self._file.put(fresh)
        with self._lock:
            self._waiting_bytes -= sum(len(value) for one in given for value in one.values())


def _settle(future: asyncio.Future[T], result: T) -> None:
    if not future.done():
        future.set_result(result)
