"""The journal's file: its tables, how it is opened, and what is done with one that cannot be read."""

from __future__ import annotations

import sqlite3
from functools import partial
from pathlib import Path

import structlog

from dragoman_server.journal.base import JournalError
from dragoman_server.journal.repair import replace_damaged
from dragoman_server.sqlite_file import OtherVersion, SqliteFile, pragma

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


def open_journal(folder: Path, mode: str, max_bytes: int) -> sqlite3.Connection:
    """Open the journal of a state directory, made where there is none; one that is damaged is kept aside.

    Raises:
        JournalError: it cannot be written, or a later version made it.
    """
    path = folder / FILE
    try:
        return open_file(path, mode, max_bytes)
    except (sqlite3.OperationalError, OSError) as error:
        raise JournalError(f"the journal {path} cannot be used: {error}; free the disk or set journal.mode") from error
    except sqlite3.DatabaseError as error:
        log.error("journal.corrupt", path=str(path), error=str(error))
    try:
        return replace_damaged(path, partial(open_file, path, mode, max_bytes))
    except (sqlite3.Error, OSError) as error:
        raise JournalError(f"the journal {path} is damaged and cannot be replaced: {error}") from error


def open_file(path: Path, mode: str, max_bytes: int) -> sqlite3.Connection:
    """Open the file, made where there is none.

    Raises:
        sqlite3.Error: it cannot be used, or is damaged.
        OSError: it cannot be made.
        JournalError: a later version made it.
    """

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
