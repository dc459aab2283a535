"""The journal's file is damaged, removed, replaced, or has no room, while the server runs and peers send on."""

from __future__ import annotations

import resource
import shutil
from collections.abc import Callable
from pathlib import Path
from urllib.error import HTTPError

import pytest

from dragoman_server.journal.schema import FILE
from tests.faults.test_journal import kill, server_in, translation
from tests.harness import Peer, ServerProcess, connected, wait_until
from tests.processes import child_pid, held

GARBAGE = b"\xa5" * 4096
LOG = f"{FILE}-wal"


def overwrite(folder: Path) -> None:
    for name in (FILE, LOG):
        with (folder / name).open("r+b") as file:
            size_bytes = file.seek(0, 2)
            file.seek(0)
            file.write(GARBAGE * (size_bytes // len(GARBAGE) + 1))


def truncate(folder: Path) -> None:
    for name in (FILE, LOG):
        with (folder / name).open("r+b") as file:
            file.truncate(0)


def overwrite_the_log(folder: Path) -> None:
    with (folder / LOG).open("r+b") as file:
        size_bytes = file.seek(0, 2)
        file.seek(0)
        file.write(GARBAGE * (size_bytes // len(GARBAGE) + 1))


def remove(folder: Path) -> None:
    for path in folder.glob(f"{FILE}*"):
        path.unlink()


def remove_only_the_file(folder: Path) -> None:
    (folder / FILE).unlink()


def remove_only_the_log(folder: Path) -> None:
    (folder / LOG).unlink()


def replace_by_a_copy(folder: Path) -> None:
    shutil.copy(folder / FILE, folder / "copy")
    (folder / "copy").replace(folder / FILE)


def replace_by_something_else(folder: Path) -> None:
    (folder / "other").write_bytes(GARBAGE)
    (folder / "other").replace(folder / FILE)


def replace_by_a_folder(folder: Path) -> None:
    (folder / FILE).unlink()
    (folder / FILE).mkdir()


def replace_by_a_link(folder: Path) -> None:
    (folder / "away").write_bytes(b"")
    (folder / FILE).unlink()
    (folder / FILE).symlink_to(folder / "away")


DAMAGE = [overwrite, truncate, overwrite_the_log]
LOSS = [
    remove,
    remove_only_the_file,
    remove_only_the_log,
    replace_by_a_copy,
    replace_by_something_else,
    replace_by_a_folder,
    replace_by_a_link,
]


def journal_is(server: ServerProcess, event: str) -> bool:
    return any(line["event"] == event for line in server.log)


def served(peer: Peer, prefix: str) -> str:
    """Send requests until one is served again; the others are refused, and told to come again. Return its id."""
    for number in range(10_000):
        task_id = f"{prefix}-{number}"
        peer.send(translation(task_id))
        event = next(event for event in iter(peer.receive, None) if event.fields["taskId"] == task_id)
        if event.type == "accepted":
            while peer.receive().type != "task_finished":
                pass
            return task_id
        assert event.fields["retryable"] is True
    raise AssertionError("it never recovered")


def known(folder: Path, task_id: str) -> bool:
    """Whether the next server has the result of a task."""
    with server_in(folder) as server, connected(server, "peer") as peer:
        peer.send({"type": "result", "taskId": task_id})
        return peer.receive().type == "translation_completed"


@pytest.mark.parametrize("damage", DAMAGE, ids=lambda one: one.__name__)
def test_a_journal_that_is_damaged_is_replaced_and_kept_aside(tmp_path: Path, damage: Callable[[Path], None]) -> None:
    with server_in(tmp_path) as server, connected(server, "peer") as peer:
        for number in range(20):
            peer.run(translation(f"before-{number}", padding="x" * 10_000))
        damage(tmp_path)

        def replaced() -> bool:
            served(peer, f"while-{len(server.log)}")
            return journal_is(server, "journal.set_aside")

        wait_until(replaced, "the damage is seen and mended")
        after = served(peer, "after")
        stats = server.stats()
        assert server.get("/healthz")["healthy"]
        kill(server)
    assert stats["journal"]["state"] == "ok"
    assert list(tmp_path.glob(f"{FILE}.corrupt-*"))
    assert known(tmp_path, after)


@pytest.mark.parametrize("lose", LOSS, ids=lambda one: one.__name__)
def test_a_journal_that_is_gone_is_written_anew_with_all_that_was_in_it(
    tmp_path: Path, lose: Callable[[Path], None]
) -> None:
    with server_in(tmp_path) as server, connected(server, "peer") as peer:
        peer.run(translation("before"))
        with held(child_pid(server, "translation")):
            peer.send(translation("waiting"))
            assert peer.receive().type == "accepted"
            lose(tmp_path)
            wait_until(lambda: journal_is(server, "journal.gone"), "the loss is seen")
            wait_until(lambda: server.stats()["journal"]["state"] == "ok", "and mended")
            kill(server)
        assert peer.rest() == []
        with server_in(tmp_path) as second:
            events = peer.collect(lambda event: event.type == "task_finished")
            assert [event.fields["taskId"] for event in events] == ["waiting", "waiting"]
            peer.send({"type": "result", "taskId": "before"})
            assert [peer.receive().type, peer.receive().type] == ["translation_completed", "task_finished"]
            assert second.stats()["journal"]["state"] == "ok"


def test_a_file_that_may_not_grow_refuses_and_goes_on_when_it_may(tmp_path: Path) -> None:
    with server_in(tmp_path) as server, connected(server, "peer") as peer:
        peer.run(translation("before"))
        used_bytes = max(path.stat().st_size for path in tmp_path.glob(f"{FILE}*"))
        _, hard = resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE)
        resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE, (used_bytes, hard))
        peer.send(translation("large", padding="x" * 900_000))
        error = peer.receive()
        assert (error.type, error.fields["errorCode"], error.fields["retryable"]) == (
            "translation_error",
            "internal",
            True,
        )
        with pytest.raises(HTTPError):
            server.get("/readyz")
        assert server.get("/healthz")["healthy"]  # a restart would not help
        resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE, (hard, hard))
        after = served(peer, "after")
        assert not journal_is(server, "journal.set_aside")
        kill(server)
    assert known(tmp_path, after)


def test_only_so_many_damaged_journals_are_kept(tmp_path: Path) -> None:
    for number in range(5):
        (tmp_path / FILE).write_bytes(GARBAGE + str(number).encode())
        with server_in(tmp_path) as server:
            kill(server)
        (tmp_path / LOG).unlink(missing_ok=True)
    kept = sorted(path for path in tmp_path.glob(f"{FILE}.corrupt-*") if not path.name.endswith(("-wal", "-shm")))
    assert [path.read_bytes()[-1:] for path in kept] == [b"2", b"3", b"4"]


def test_a_damaged_cache_costs_no_request(tmp_path: Path) -> None:
    cached = {"cache__memory_bytes": 0, "cache__disk_bytes": 1 << 30}
    with server_in(tmp_path, **cached) as server, connected(server, "peer") as peer:
        for number in range(20):
            peer.run(translation(f"before-{number}"))
        wait_until(lambda: server.stats()["cache"]["levels"]["disk"]["entries"] >= 20, "they are on the disk")
        for name in ("cache.db", "cache.db-wal"):
            with (tmp_path / name).open("r+b") as file:
                size_bytes = file.seek(0, 2)
                file.seek(0)
                file.write(GARBAGE * (size_bytes // len(GARBAGE) + 1))
        for number in range(200):
            events = peer.run(translation(f"after-{number}"))
            assert events[-1].fields["status"] == "completed"
        wait_until(lambda: server.stats()["cache"]["levels"]["disk"]["state"] == "ok", "the cache is well again")
