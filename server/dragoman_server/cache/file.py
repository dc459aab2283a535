"""The file of the disk level. One thread calls everything here, and nothing raises: a cache may fail, a task not."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import structlog

from dragoman_server.sqlite_file import OtherVersion, SqliteFile, pragma

log = structlog.get_logger()

FILE = "cache.db"
_SCHEMA = """
CREATE TABLE entries (id INTEGER PRIMARY KEY, key BLOB UNIQUE, used INTEGER, value BLOB);
CREATE INDEX entries_by_use ON entries (used);
"""
_CACHE = SqliteFile(application_id=0x44524743, version=1, schema=_SCHEMA)  # DRGC
_MOST_PARAMETERS = 500
_TOUCH_S = 60
"""The time of the last use is right to a minute: not every hit is a write."""
_RETRY_S = 30.0
"""After the disk could not be written."""
_EXPIRE_EVERY_S = 3600.0
_ROOM_SHARE = 0.9
"""How full the file is after the oldest entries were evicted."""
_LARGEST_SHARE = 8


@dataclass(slots=True)
class Figures:
    """Read by another thread; each is one word, so that it is never half written."""

    entries: int = 0
    bytes: int = 0
    evictions: int = 0
    problem: str | None = None


class CacheFile:
    """Values by key in SQLite.

    Args:
        path: the file.
        limit_bytes: of the file.
        keep_s: what was not used for so long leaves.
        clock: unix seconds.
    """

    def __init__(self, path: Path, limit_bytes: int, keep_s: float, clock: Callable[[], float] = time.time) -> None:
        self.figures = Figures()
        self._path = path
        self._limit_bytes = limit_bytes
        self._keep_s = keep_s
        self._clock = clock
        self._connection: sqlite3.Connection | None = None
        self._page_bytes = 4096
        self._touched: set[bytes] = set()
        self._retry_s = 0.0
        self._expired_s = clock()

    def open(self) -> None:
        """Open it; a damaged one, or one of another version, is moved aside and begun anew."""
        try:
            self._connection = self._opened()
            self._count()
        except sqlite3.OperationalError as error:
            self._fail(error)
        except (sqlite3.DatabaseError, OtherVersion, OSError) as error:
            self._rebuild(error)

    def get(self, keys: Sequence[bytes]) -> dict[bytes, bytes]:
        """Return the values that are known."""
        if self._connection is None:
            return {}
        found: dict[bytes, bytes] = {}
        now = int(self._clock())
        try:
            for some in _portions(keys):
                query = f"SELECT key, value, used FROM entries WHERE key IN ({_marks(some)})"  # noqa: S608
                for key, value, used in self._connection.execute(query, some):
                    found[key] = value
                    if now - used >= _TOUCH_S:
                        self._touched.add(key)
        except sqlite3.OperationalError as error:
            self._fail(error)
        except sqlite3.DatabaseError as error:
            self._rebuild(error)
            return {}
        if len(self._touched) >= _MOST_PARAMETERS:
            self.put({})
        return found

    def put(self, entries: Mapping[bytes, bytes]) -> None:
        """Keep values, note what was used, and make room."""
        if self._clock() < self._retry_s:
            return
        if self._connection is None:
            self.open()
        if self._connection is None:
            return
        most_bytes = self._limit_bytes // _LARGEST_SHARE
        fitting = {key: value for key, value in entries.items() if len(value) <= most_bytes}
        try:
            self._write(self._connection, fitting)
            self._make_room(self._connection)
            self.figures.problem = None
        except sqlite3.OperationalError as error:
            self._fail(error)
        except sqlite3.DatabaseError as error:
            self._rebuild(error)

    def clear(self) -> None:
        """Forget everything, and give the disk its room back."""
        if self._connection is None:
            return
        try:
            self._connection.execute("DELETE FROM entries")
            self._connection.execute("VACUUM")
            self._count()
        except sqlite3.OperationalError as error:
            self._fail(error)
        except sqlite3.DatabaseError as error:
            self._rebuild(error)

    def close(self) -> None:
        """Write the last uses, and let go of the file."""
        if self._touched:
            self.put({})
        if self._connection is not None:
            with suppress(sqlite3.Error):
                self._connection.close()
            self._connection = None

    def _opened(self) -> sqlite3.Connection:
        connection = _CACHE.open(self._path, busy_timeout_s=5.0, prepare=_prepare, check=_check)
        self._page_bytes = pragma(connection, "page_size")
        return connection

    def _write(self, connection: sqlite3.Connection, entries: Mapping[bytes, bytes]) -> None:
        now = int(self._clock())
        connection.execute("BEGIN IMMEDIATE")
        try:
            for some in _portions(sorted(self._touched)):
                connection.execute(f"UPDATE entries SET used = ? WHERE key IN ({_marks(some)})", (now, *some))  # noqa: S608
            replaced = 0
            for some in _portions(list(entries)):
                replaced += connection.execute(f"DELETE FROM entries WHERE key IN ({_marks(some)})", some).rowcount  # noqa: S608
            rows = ((key, now, value) for key, value in entries.items())
            connection.executemany("INSERT INTO entries (key, used, value) VALUES (?, ?, ?)", rows)
            connection.execute("COMMIT")
        finally:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
        self._touched.clear()
        self.figures.entries += len(entries) - replaced

    def _make_room(self, connection: sqlite3.Connection) -> None:
        """Evict the oldest while the file holds too much, and now and then what was not used for long."""
        now_s = self._clock()
        if now_s - self._expired_s >= _EXPIRE_EVERY_S:
            self._expired_s = now_s
            self._evict(connection, "used < ?", (int(now_s - self._keep_s),))
        self.figures.bytes = self._used_bytes(connection)
        if self.figures.bytes <= self._limit_bytes:
            return
        while self.figures.entries and self.figures.bytes > self._limit_bytes * _ROOM_SHARE:
            some = max(1, self.figures.entries // 20)
            self._evict(connection, "id IN (SELECT id FROM entries ORDER BY used, id LIMIT ?)", (some,))
            self.figures.bytes = self._used_bytes(connection)

    def _evict(self, connection: sqlite3.Connection, which: str, parameters: tuple[object, ...]) -> None:
        gone = connection.execute(f"DELETE FROM entries WHERE {which}", parameters).rowcount  # noqa: S608
        self.figures.evictions += gone
        self.figures.entries -= gone

    def _used_bytes(self, connection: sqlite3.Connection) -> int:
        return (pragma(connection, "page_count") - pragma(connection, "freelist_count")) * self._page_bytes

    def _count(self) -> None:
        if self._connection is not None:
            self.figures.entries = self._connection.execute("SELECT count(*) FROM entries").fetchone()[0]
            self.figures.bytes = self._used_bytes(self._connection)

    def _fail(self, error: Exception) -> None:
        """Keep nothing for a while: the disk is full or may not be written."""
        if self.figures.problem is None:
            log.error("cache.failing", path=str(self._path), error=str(error))
        self.figures.problem = str(error)
        self._retry_s = self._clock() + _RETRY_S
        self._touched.clear()

    def _rebuild(self, error: Exception) -> None:
        """Put the damaged file aside, in the place of an earlier one, and begin anew."""
        log.error("cache.corrupt", path=str(self._path), error=str(error))
        if self._connection is not None:
            with suppress(sqlite3.Error):
                self._connection.close()
            self._connection = None
        self._touched.clear()
        try:
            self._path.replace(self._path.with_name(f"{self._path.name}.corrupt"))
            for suffix in ("-wal", "-shm"):
                self._path.with_name(self._path.name + suffix).unlink(missing_ok=True)
            self._connection = self._opened()
            self._count()
        except (sqlite3.Error, OtherVersion, OSError) as again:
            self._fail(again)


def _prepare(connection: sqlite3.Connection) -> None:
    connection.execute("PRAGMA synchronous = NORMAL")


def _check(connection: sqlite3.Connection) -> None:
    connection.execute("SELECT key, used, value FROM entries LIMIT 1").fetchone()


def _portions(keys: Sequence[bytes]) -> Iterable[Sequence[bytes]]:
    return (keys[at : at + _MOST_PARAMETERS] for at in range(0, len(keys), _MOST_PARAMETERS))


def _marks(some: Sequence[bytes]) -> str:
    return ", ".join("?" * len(some))
