"""A journal that is damaged or gone is replaced, at a start or while the server runs, with what can be read of it."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from pathlib import Path

import structlog

from dragoman_server.sqlite_file import files_of

log = structlog.get_logger()

_COLUMNS = {
    "requests": "task, reply_to, task_id, type, parts, arrived, crashes, began, frames",
    "dead": "task, reply_to, task_id, type, parts, arrived, died, crashes, reason, frames",
    "events": "task, part, error, header, binaries",
    "stages": "task, name, value",
    "tasks": "task, reply_to, task_id, type, finished, last, said",
}
_WITHOUT_NUMBERS = {"stages"}
"""Tables without a number for each row: they are read in order, up to the first row that cannot be."""
_ORPHANS = (
    "DELETE FROM requests WHERE task IN (SELECT task FROM tasks)",
    "DELETE FROM events WHERE task NOT IN (SELECT task FROM tasks UNION SELECT task FROM requests)",
    "DELETE FROM stages WHERE task NOT IN (SELECT task FROM requests)",
)
"""A part of a task that was read without the rest is of no use, and would stay for ever."""
_MOST_DAMAGE = 1000
"""Rows in a row that cannot be read before the rest is given up."""
_MOST_KEPT = 3
"""Damaged journals that are kept for inspection, the newest."""
_DAMAGE = frozenset(
    {
        sqlite3.SQLITE_CORRUPT,
        sqlite3.SQLITE_NOTADB,
        sqlite3.SQLITE_FORMAT,
        sqlite3.SQLITE_ERROR,  # a table is not there: the file is another one
        sqlite3.SQLITE_CONSTRAINT,
        sqlite3.SQLITE_MISMATCH,
    }
)
_EXTENDED_DAMAGE = frozenset(
    {sqlite3.SQLITE_IOERR_SHORT_READ, sqlite3.SQLITE_READONLY_DBMOVED, sqlite3.SQLITE_IOERR_CORRUPTFS}
)

Open = Callable[[], sqlite3.Connection]


def is_damage(error: sqlite3.Error) -> bool:
    """Return whether the file is not what it was: trying again, with more room on the disk, would not help."""
    code = getattr(error, "sqlite_errorcode", None)
    if code is None:
        return False
    return code & 0xFF in _DAMAGE or code in _EXTENDED_DAMAGE


class Place:
    """The place of a journal's files, and which files lay there when it was opened."""

    def __init__(self, path: Path) -> None:
        self._paths = (path, path.with_name(f"{path.name}-wal"))
        self._found = [_identity(one) for one in self._paths]

    def holds(self) -> bool:
        """Return whether the same files lie there; the write-ahead log may have been made meanwhile."""
        now = [_identity(one) for one in self._paths]
        if any(before not in (None, after) for before, after in zip(self._found, now, strict=True)):
            return False
        self._found = now
        return True


def _identity(path: Path) -> tuple[int, int] | None:
    """Return which file lies at a path now; None where there is none."""
    try:
        found = path.lstat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


def looks_sound(path: Path) -> None:
    """Read the file with fresh eyes: a connection that has been open for long sees its own memory of most pages.

    Raises:
        sqlite3.Error: it cannot be read.
    """
    with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, isolation_level=None)) as fresh:
        for table in _COLUMNS:
            fresh.execute(f"SELECT * FROM {table} LIMIT 1").fetchone()  # noqa: S608 - our own names
            if table not in _WITHOUT_NUMBERS:
                fresh.execute(f"SELECT max(rowid) FROM {table}").fetchone()  # noqa: S608


def replace_damaged(path: Path, open_new: Open, old: sqlite3.Connection | None = None) -> sqlite3.Connection:
    """Keep the damaged file aside, and begin a new one with the rows that can be read.

    Args:
        path: the file.
        open_new: makes a new one.
        old: a connection to the damaged file, which may remember what cannot be read from it any more.

    Raises:
        sqlite3.Error: the new one cannot be written.
        OSError: the old one cannot be moved.
    """
    aside = _moved_aside(path)
    connection = open_new()
    try:
        _salvage(aside, connection, old)
    except BaseException:
        connection.close()
        raise
    return connection


def replace_missing(path: Path, old: sqlite3.Connection, open_new: Open) -> sqlite3.Connection:
    """Write a new file with all that is in one that was removed, or whose place another took, and is still open.

    Raises:
        sqlite3.Error: it cannot be read, or the new one not be written.
        OSError: what lies in its place cannot be moved.
    """
    if any(part.exists() for part in files_of(path)):
        _moved_aside(path)
    connection = open_new()
    try:
        with connection:
            connection.execute("BEGIN IMMEDIATE")
            for table, columns in _COLUMNS.items():
                rows = old.execute(f"SELECT {columns} FROM {table}")  # noqa: S608 - our own names
                connection.executemany(_insert(table, columns), rows)
    except BaseException:
        connection.close()
        raise
    log.error("journal.gone", path=str(path), hint="it was removed or replaced while in use, and is written anew")
    return connection


def _moved_aside(path: Path) -> Path:
    now = f"{time.strftime('%Y%m%dT%H%M%S', time.gmtime())}-{time.time_ns() % 10**9:09}"
    aside = path.with_name(f"{path.name}.corrupt-{now}")
    for part, kept in zip(files_of(path), files_of(aside), strict=True):
        if part.is_symlink() or part.exists():
            part.rename(kept)
    _remove_old(path)
    return aside


def _remove_old(path: Path) -> None:
    kept = {one.name.removesuffix("-wal").removesuffix("-shm") for one in path.parent.glob(f"{path.name}.corrupt-*")}
    for name in sorted(kept)[:-_MOST_KEPT]:
        for part in files_of(path.with_name(name)):
            with suppress(OSError):
                part.unlink(missing_ok=True)


def _salvage(aside: Path, into: sqlite3.Connection, old: sqlite3.Connection | None) -> None:
    """Copy the rows that can still be read, one by one."""
    saved = dict.fromkeys(_COLUMNS, 0)
    with into:
        into.execute("BEGIN IMMEDIATE")
        for table, columns in _COLUMNS.items():
            statement = _insert(table, columns)
            for row in _rows(aside, table, columns) if old is None else _rows_of(old, table, columns):
                with suppress(sqlite3.IntegrityError):  # of two rows with one key, the first
                    into.execute(statement, row)
                    saved[table] += 1
        for statement in _ORPHANS:
            into.execute(statement)
    log.error(
        "journal.set_aside",
        kept_as=str(aside),
        requests_saved=saved["requests"] + saved["dead"],
        finished_saved=saved["tasks"],
    )


def _insert(table: str, columns: str) -> str:
    marks = ", ".join("?" * len(columns.split(",")))
    return f"INSERT INTO {table} ({columns}) VALUES ({marks})"  # noqa: S608 - our own names


def _rows(aside: Path, table: str, columns: str) -> Iterator[tuple[object, ...]]:
    """Yield every row that can be read, in order; an unreadable one is skipped by its number."""
    if not aside.is_file() or aside.is_symlink():
        return
    with closing(sqlite3.connect(aside, isolation_level=None)) as connection:
        yield from _rows_of(connection, table, columns)


def _rows_of(connection: sqlite3.Connection, table: str, columns: str) -> Iterator[tuple[object, ...]]:
    if table in _WITHOUT_NUMBERS:
        with suppress(sqlite3.Error):
            yield from connection.execute(f"SELECT {columns} FROM {table}")  # noqa: S608
        return
    yield from _numbered_rows(connection, table, columns)


def _numbered_rows(connection: sqlite3.Connection, table: str, columns: str) -> Iterator[tuple[object, ...]]:
    last, failures = 0, 0
    query = f"SELECT rowid, {columns} FROM {table} WHERE rowid > ? ORDER BY rowid LIMIT 1"  # noqa: S608
    while failures < _MOST_DAMAGE:
        try:
            row = connection.execute(query, (last,)).fetchone()
        except sqlite3.Error:
            last, failures = last + 1, failures + 1
            continue
        if row is None:
            return
        last, failures = row[0], 0
        yield row[1:]
