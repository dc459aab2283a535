"""SQLite files of the server: opened, marked as ours, created, and brought to the version that is wanted."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path


class ForeignFile(sqlite3.DatabaseError):
    """The file belongs to another application, or is damaged."""


class OtherVersion(Exception):
    """The file has a version that cannot be brought to the wanted one.

    Attributes:
        found: the version of the file.
    """

    def __init__(self, found: int) -> None:
        super().__init__(f"the file has version {found}")
        self.found = found


@dataclass(frozen=True, kw_only=True, slots=True)
class SqliteFile:
    """A kind of file: how it is recognised, and what is in it."""

    application_id: int
    """Marks files of this kind; SQLite keeps it in the file's header."""
    version: int
    """Of the schema; kept there as well."""
    schema: str
    """The statements that create the tables of a new file."""
    upgrades: Mapping[int, str] = field(default_factory=dict)
    """By version: the statements that bring a file to the next one."""

    def open(
        self,
        path: Path,
        *,
        busy_timeout_s: float,
        prepare: Callable[[sqlite3.Connection], None] | None = None,
        check: Callable[[sqlite3.Connection], None] | None = None,
    ) -> sqlite3.Connection:
        """Open the file in WAL mode, without implicit transactions, for use by any one thread at a time.

        Args:
            path: created, readable by its owner alone, where it does not exist.
            busy_timeout_s: how long a statement waits for another process.
            prepare: sets pragmas before anything is written.
            check: raises where an existing file is not sound; called before it is upgraded.

        Raises:
            ForeignFile: the file is not of this kind.
            OtherVersion: there is no upgrade from its version.
            sqlite3.Error: it cannot be opened, read or written, or `check` found something.
            OSError: it cannot be created.
        """
        for part in files_of(path):
            if part.is_symlink() or (part.exists() and not part.is_file()):
                raise ForeignFile(f"{part.name} is a link or no file, and is not followed")
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600))
        connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=busy_timeout_s)
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            if prepare is not None:
                prepare(connection)
            self._bring_to_version(connection, check)
        except BaseException:
            connection.close()
            raise
        return connection

    def _bring_to_version(
        self, connection: sqlite3.Connection, check: Callable[[sqlite3.Connection], None] | None
    ) -> None:
        made_by, found = pragma(connection, "application_id"), pragma(connection, "user_version")
        if not made_by and not connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]:
            marks = f"PRAGMA application_id = {self.application_id}; PRAGMA user_version = {self.version};"
            connection.executescript(f"BEGIN; {marks} {self.schema} COMMIT;")
            return
        if made_by != self.application_id:
            raise ForeignFile("the file belongs to another application")
        if not all(version in self.upgrades for version in range(found, self.version)) or found > self.version:
            raise OtherVersion(found)
        if check is not None:
            check(connection)
        for version in range(found, self.version):
            connection.executescript(f"BEGIN; {self.upgrades[version]} PRAGMA user_version = {version + 1}; COMMIT;")


def pragma(connection: sqlite3.Connection, name: str) -> int:
    """Return the value of a numeric setting of the file."""
    return int(connection.execute(f"PRAGMA {name}").fetchone()[0])


def files_of(path: Path) -> tuple[Path, ...]:
    """Return the database with the files that SQLite keeps beside it; the database comes last."""
    return tuple(path.with_name(path.name + suffix) for suffix in ("-wal", "-shm", ""))
