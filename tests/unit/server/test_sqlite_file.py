"""A SQLite file of ours is recognised, created once, and brought to the version that is wanted."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from dragoman_server.sqlite_file import ForeignFile, OtherVersion, SqliteFile, files_of, pragma

FIRST = SqliteFile(application_id=0x1234, version=1, schema="CREATE TABLE words (word TEXT);")
THIRD = SqliteFile(
    application_id=0x1234,
    version=3,
    schema="CREATE TABLE words (word TEXT, language TEXT, seen INTEGER);",
    upgrades={1: "ALTER TABLE words ADD COLUMN language TEXT;", 2: "ALTER TABLE words ADD COLUMN seen INTEGER;"},
)
SECOND = SqliteFile(application_id=0x1234, version=2, schema="")
"""Without an upgrade."""


def opened(kind: SqliteFile, path: Path) -> closing[sqlite3.Connection]:
    return closing(kind.open(path, busy_timeout_s=1.0))


def columns(connection: sqlite3.Connection) -> list[str]:
    return [row[1] for row in connection.execute("PRAGMA table_info(words)")]


def test_a_new_file_has_the_schema_and_the_marks_and_is_its_owners(tmp_path: Path) -> None:
    with opened(THIRD, tmp_path / "file.db") as connection:
        assert columns(connection) == ["word", "language", "seen"]
        assert (pragma(connection, "application_id"), pragma(connection, "user_version")) == (0x1234, 3)
        assert connection.execute("PRAGMA journal_mode").fetchone()[0] == "wal"
    assert (tmp_path / "file.db").stat().st_mode & 0o777 == 0o600


def test_a_file_of_an_earlier_version_is_upgraded_step_by_step_with_what_is_in_it(tmp_path: Path) -> None:
    with opened(FIRST, tmp_path / "file.db") as connection:
        connection.execute("INSERT INTO words VALUES ('hello')")
    with opened(THIRD, tmp_path / "file.db") as connection:
        assert connection.execute("SELECT * FROM words").fetchall() == [("hello", None, None)]
        assert pragma(connection, "user_version") == 3


@pytest.mark.parametrize(("written_by", "read_by"), [(THIRD, FIRST), (FIRST, SECOND)])
def test_a_version_without_a_way_to_the_wanted_one_is_named(
    written_by: SqliteFile, read_by: SqliteFile, tmp_path: Path
) -> None:
    written_by.open(tmp_path / "file.db", busy_timeout_s=1.0).close()
    with pytest.raises(OtherVersion) as caught:
        read_by.open(tmp_path / "file.db", busy_timeout_s=1.0)
    assert caught.value.found == written_by.version


def test_a_file_of_another_application_is_left_as_it_is(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "file.db")) as theirs:
        theirs.execute("CREATE TABLE words (theirs TEXT)")
    with pytest.raises(ForeignFile):
        FIRST.open(tmp_path / "file.db", busy_timeout_s=1.0)
    with closing(sqlite3.connect(tmp_path / "file.db")) as theirs:
        assert columns(theirs) == ["theirs"]


def test_what_is_no_database_is_an_error_of_sqlite(tmp_path: Path) -> None:
    (tmp_path / "file.db").write_bytes(b"no database" * 500)
    with pytest.raises(sqlite3.DatabaseError):
        FIRST.open(tmp_path / "file.db", busy_timeout_s=1.0)


def test_a_check_is_made_before_an_upgrade_and_not_of_a_new_file(tmp_path: Path) -> None:
    def refuse(_: sqlite3.Connection) -> None:
        raise sqlite3.DatabaseError("not sound")

    FIRST.open(tmp_path / "file.db", busy_timeout_s=1.0, check=refuse).close()
    with pytest.raises(sqlite3.DatabaseError, match="not sound"):
        THIRD.open(tmp_path / "file.db", busy_timeout_s=1.0, check=refuse)
    with opened(FIRST, tmp_path / "file.db") as connection:
        assert columns(connection) == ["word"]


def test_the_files_beside_a_database_come_before_it(tmp_path: Path) -> None:
    assert [path.name for path in files_of(tmp_path / "a.db")] == ["a.db-wal", "a.db-shm", "a.db"]
