"""The folder of decoded audio."""

from __future__ import annotations

from pathlib import Path

import pytest

from dragoman_server.spool import Spool
from dragoman_wire.errors import Overloaded

KIB = 1024


def test_files_are_removed_at_their_end_and_the_folder_at_its_own(tmp_path: Path) -> None:
    with Spool(tmp_path / "spool") as spool:
        with spool.file() as path:
            path.write_bytes(b"sound")
        assert not path.exists()
    assert not (tmp_path / "spool").exists()


def test_past_the_limit_only_files_with_more_than_their_share_are_refused(tmp_path: Path) -> None:
    with Spool(tmp_path / "spool") as spool, spool.file() as long, spool.file() as short:
        long.write_bytes(bytes(900 * KIB))
        short.write_bytes(bytes(200 * KIB))
        spool.check(long, 2000 * KIB)
        spool.check(short, 1000 * KIB)
        with pytest.raises(Overloaded, match=r"the limit spool_bytes is 1024000$") as refused:
            spool.check(long, 1000 * KIB)
        assert refused.value.retry_after_ms


def test_silence_that_takes_no_room_counts_for_nothing(tmp_path: Path) -> None:
    with Spool(tmp_path / "spool") as spool, spool.file() as path:
        with path.open("wb") as file:
            file.truncate(1 << 30)
        spool.check(path, 100 * KIB)


def test_a_file_that_is_gone_counts_for_nothing(tmp_path: Path) -> None:
    with Spool(tmp_path / "spool") as spool, spool.file() as path:
        path.unlink()
        spool.check(path, 1)
