"""The files of the state folder are the server's alone, and no link in it leads anywhere."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from dragoman_engines.audio.sessions import DecodingSessions
from dragoman_engines.work import DecodeAudio
from dragoman_server.cache.file import CacheFile
from dragoman_server.config import JournalConfig
from dragoman_server.journal.schema import open_journal
from dragoman_server.spool import Spool
from dragoman_server.sqlite_file import ForeignFile, SqliteFile
from dragoman_server.state_dir import StateDir, StateDirError

SECRET = b"not the server's"
KIND = SqliteFile(application_id=1, version=1, schema="CREATE TABLE x (y);")


@pytest.fixture
def elsewhere(tmp_path: Path) -> Path:
    """A folder with something that is not the server's."""
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    (folder / "secret").write_bytes(SECRET)
    return folder


@pytest.fixture
def state(tmp_path: Path) -> Path:
    folder = tmp_path / "state"
    folder.mkdir()
    return folder


def untouched(elsewhere: Path) -> bool:
    return [path.name for path in elsewhere.iterdir()] == ["secret"] and (elsewhere / "secret").read_bytes() == SECRET


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_what_others_may_read_from_an_earlier_version_is_closed(state: Path, elsewhere: Path) -> None:
    for name in ("journal.db", "cache.db", "journal.db-wal"):
        (state / name).write_bytes(b"")
        (state / name).chmod(0o644)
    (state / "spool").mkdir(mode=0o755)
    (state / "link").symlink_to(elsewhere / "secret")
    (elsewhere / "secret").chmod(0o644)
    state.chmod(0o755)
    with StateDir(state):
        assert mode(state) == 0o700
        assert {mode(state / name) for name in ("journal.db", "cache.db", "journal.db-wal", "lock")} == {0o600}
        assert mode(state / "spool") == 0o700
    assert mode(elsewhere / "secret") == 0o644


def test_the_state_folder_itself_may_be_a_link(state: Path, tmp_path: Path) -> None:
    link = tmp_path / "link"
    link.symlink_to(state)
    state.chmod(0o755)
    with StateDir(link):
        assert mode(state) == 0o700


@pytest.mark.parametrize("target", ["secret", "new"])
def test_a_lock_that_is_a_link_is_refused(state: Path, elsewhere: Path, target: str) -> None:
    (state / "lock").symlink_to(elsewhere / target)
    with pytest.raises(StateDirError):
        StateDir(state).open()
    assert untouched(elsewhere)


@pytest.mark.parametrize("suffix", ["", "-wal", "-shm"])
@pytest.mark.parametrize("target", ["secret", "new"])
def test_a_database_that_is_a_link_is_not_followed(state: Path, elsewhere: Path, suffix: str, target: str) -> None:
    (state / f"x.db{suffix}").symlink_to(elsewhere / target)
    with pytest.raises(ForeignFile):
        KIND.open(state / "x.db", busy_timeout_s=1.0)
    assert untouched(elsewhere)


@pytest.mark.parametrize("suffix", ["", "-wal"])
def test_a_journal_that_is_a_link_is_put_aside_and_begun_anew(state: Path, elsewhere: Path, suffix: str) -> None:
    (state / f"journal.db{suffix}").symlink_to(elsewhere / "secret")
    config = JournalConfig()
    open_journal(state, config.mode, config.max_bytes).close()
    assert untouched(elsewhere)
    assert not (state / "journal.db").is_symlink()


def test_a_cache_that_is_a_link_is_put_aside_and_begun_anew(state: Path, elsewhere: Path) -> None:
    (state / "cache.db").symlink_to(elsewhere / "secret")
    file = CacheFile(state / "cache.db", 1 << 20, 60.0)
    file.open()
    file.put({b"key": b"value"})
    assert file.get([b"key"]) == {b"key": b"value"}
    file.close()
    assert untouched(elsewhere)


@pytest.mark.parametrize("kind", ["link to a folder", "link to a file", "link to nothing", "file"])
def test_a_spool_that_is_no_folder_is_replaced_and_never_emptied_through(
    state: Path, elsewhere: Path, kind: str
) -> None:
    spool = state / "spool"
    targets = {"link to a folder": elsewhere, "link to a file": elsewhere / "secret", "link to nothing": state / "no"}
    if kind == "file":
        spool.write_bytes(b"")
    else:
        spool.symlink_to(targets[kind])
    with Spool(spool) as opened:
        assert spool.is_dir()
        assert not spool.is_symlink()
        assert mode(spool) == 0o700
        with opened.file() as path:
            path.write_bytes(b"pcm")
    assert not spool.exists()
    assert untouched(elsewhere)


def test_a_link_in_the_spool_is_not_written_through(state: Path, elsewhere: Path) -> None:
    (state / "0.pcm").symlink_to(elsewhere / "secret")
    with pytest.raises(OSError, match="symbolic links"):
        DecodingSessions().begin(DecodeAudio(data=b"", pcm_path=str(state / "0.pcm"), max_duration_s=1.0))
    assert untouched(elsewhere)


def test_links_inside_the_spool_are_removed_and_not_what_they_lead_to(state: Path, elsewhere: Path) -> None:
    spool = state / "spool"
    spool.mkdir()
    (spool / "folder").symlink_to(elsewhere)
    (spool / "file").symlink_to(elsewhere / "secret")
    with Spool(spool):
        assert os.listdir(spool) == []  # noqa: PTH208
    assert untouched(elsewhere)
