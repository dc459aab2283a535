"""The journal's file: its tables, how it is opened, and what is done with one that cannot be read."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import structlog

from dragoman_server.journal.base import JournalError
from dragoman_server.sqlite_file import OtherVersion, SqliteFile, files_of, pragma

log = structlog.get_logger()

FILE = "journal.db"
VERSION = 3
_SCHEMA = """
CREATE TABLE meta (name TEXT PRIMARY KEY, value) WITHOUT ROWID;
CREATE TABLE requests (
    id INTEGER PRIMARY KEY, task INTEGER, reply_to TEXT, task_id TEXT, type TEXT, parts BLOB, arrived REAL,
    crashes INTEGER, began INTEGER, frames BLOB
);
CREATE INDEX requests_of_task ON requests (task);
CREATE TABLE events (
    id INTEGER PRIMARY KEY, task INTEGER, part TEXT, error TEXT, header BLOB, binaries BLOB
);
CREATE INDEX events_of_task ON events (task);
CREATE TABLE stages (task INTEGER, name TEXT, value BLOB, PRIMARY KEY (task, name)) WITHOUT ROWID;
CREATE TABLE tasks (
    task INTEGER PRIMARY KEY, reply_to TEXT, task_id TEXT, type TEXT, finished REAL, last BLOB, said BLOB
);
CREATE TABLE dead (
    id INTEGER PRIMARY KEY AUTOINCREMENT, task INTEGER, reply_to TEXT, task_id TEXT, type TEXT, parts BLOB,
    arrived REAL, died REAL, crashes INTEGER, reason TEXT, frames BLOB
);
CREATE TABLE probe (filler BLOB);
"""
_JOURNAL = SqliteFile(
    application_id=0x44524147,  # DRAG
    version=VERSION,
    schema=_SCHEMA,
    upgrades={
        1: "ALTER TABLE tasks ADD COLUMN said BLOB;",
        2: "",  # large binaries are files beside it from here on; those in it are still read
    },
)
FEWEST_PAGES = 32
REQUEST_COLUMNS = "task, reply_to, task_id, type, parts, arrived, crashes, began, frames"
_MOST_DAMAGE = 1000
"""Rows in a row that cannot be read before the rest is given up."""


def open_journal(folder: Path, mode: str, max_bytes: int) -> sqlite3.Connection:
    """Open the journal of a state directory, made where there is none; one that is damaged is kept aside.

    Raises:
        JournalError: it cannot be written, or a later version made it.
    """
    path = folder / FILE
    try:
        return _opened(path, mode, max_bytes)
    except (sqlite3.OperationalError, OSError) as error:
        raise JournalError(f"the journal {path} cannot be used: {error}; free the disk or set journal.mode") from error
    except sqlite3.DatabaseError as error:
        log.error("journal.corrupt", path=str(path), error=str(error))
    try:
        aside = _moved_aside(path)
        connection = _opened(path, mode, max_bytes)
        _salvage(aside, connection)
    except (sqlite3.Error, OSError) as error:
        raise JournalError(f"the journal {path} is damaged and cannot be replaced: {error}") from error
    return connection


def _opened(path: Path, mode: str, max_bytes: int) -> sqlite3.Connection:
    def prepare(connection: sqlite3.Connection) -> None:
        connection.execute(f"PRAGMA synchronous = {'FULL' if mode == 'power' else 'NORMAL'}")
        # The writer does it: it waits for the disk, and may not happen in the loop.
        connection.execute("PRAGMA wal_autocheckpoint = 0")
        pages = max(max_bytes // pragma(connection, "page_size"), FEWEST_PAGES)
        connection.execute(f"PRAGMA max_page_count = {pages}")

    try:
        return _JOURNAL.open(path, busy_timeout_s=10.0, prepare=prepare, check=_check)
    except OtherVersion as error:
        raise JournalError(
            f"the journal {path} has version {error.found}, not {VERSION}; use the server that wrote it"
        ) from error


def _check(connection: sqlite3.Connection) -> None:
    found = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
    if found != "ok":
        raise sqlite3.DatabaseError(str(found))


def _moved_aside(path: Path) -> Path:
    now = f"{time.strftime('%Y%m%dT%H%M%S', time.gmtime())}-{time.time_ns() % 10**9:09}"
    aside = path.with_name(f"{path.name}.corrupt-{now}")
    for part, kept in zip(files_of(path), files_of(aside), strict=True):
        if part.exists():
            part.rename(kept)
    return aside


def _salvage(aside: Path, into: sqlite3.Connection) -> None:
    """Copy the unfinished requests that can still be read, one by one."""
    saved = 0
    for table, columns in (
        ("requests", REQUEST_COLUMNS),
        ("dead", "task, reply_to, task_id, type, parts, arrived, died, crashes, reason, frames"),
    ):
        marks = ", ".join("?" * len(columns.split(",")))
        for row in _rows(aside, table, columns):
            into.execute(f"INSERT INTO {table} ({columns}) VALUES ({marks})", row)  # noqa: S608 - our own names
            saved += 1
    log.error("journal.set_aside", kept_as=str(aside), requests_saved=saved)


def _rows(aside: Path, table: str, columns: str) -> Iterator[tuple[object, ...]]:
    """Yield every row that can be read, in order; an unreadable one is skipped by its number."""
    last, failures = 0, 0
    query = f"SELECT id, {columns} FROM {table} WHERE id > ? ORDER BY id LIMIT 1"  # noqa: S608 - our own names
    with closing(sqlite3.connect(aside, isolation_level=None)) as connection:
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
