"""The tasks of peers that are gone are cancelled after a time, those of others are not."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from dragoman_server.tasks.orphans import Orphans
from dragoman_server.tasks.task import Task, TaskKey
from tests.in_process import AsyncPeer, in_process, text, until
from tests.unit.server.core import StoppedClock


class Watched:
    """Tasks in flight, and peers that hear or do not."""

    def __init__(self, *, plain_s: float = 60.0, journalled_s: float = 0.0) -> None:
        self.clock = StoppedClock()
        self.tasks: list[Task] = []
        self.heard: set[str] = set()
        self.cancelled: list[tuple[TaskKey, str]] = []
        self.orphans = Orphans(
            lambda: self.tasks,
            self.heard.__contains__,
            lambda key, reason: self.cancelled.append((key, reason)),
            self.clock.clock.monotonic,
        )
        self.orphans.configure(plain_s=plain_s, journalled_s=journalled_s)

    def add(self, peer: str | None, task_id: str, number: int = 0) -> None:
        self.tasks.append(Task(key=(peer, task_id), request_type="translation", number=number))

    def after(self, seconds: float) -> list[str]:
        """The ids of what is cancelled when it is looked at so much later."""
        self.clock.now_s += seconds
        self.orphans.look()
        found = [key[1] for key, _ in self.cancelled]
        self.cancelled.clear()
        return found


async def test_a_peer_that_is_gone_for_too_long_has_its_tasks_cancelled() -> None:
    watched = Watched()
    watched.add("gone", "a")
    watched.add("other", "b")
    watched.add(None, "c")
    watched.orphans.lost(b"gone\0")
    assert watched.after(59) == []
    assert watched.after(1) == ["a"]


async def test_a_peer_that_comes_back_keeps_its_tasks() -> None:
    watched = Watched()
    watched.add("back", "a")
    watched.orphans.lost(b"back\0")
    watched.heard.add("back")
    assert watched.after(100) == []


async def test_the_time_begins_anew_when_it_is_lost_again() -> None:
    watched = Watched()
    watched.add("shaky", "a")
    watched.orphans.lost(b"shaky\0")
    assert watched.after(50) == []
    watched.orphans.lost(b"shaky\0")
    assert watched.after(50) == []
    assert watched.after(10) == ["a"]


async def test_a_subscription_to_a_prefix_counts_for_all_that_it_covered() -> None:
    watched = Watched()
    watched.add("desk-1", "a")
    watched.add("desk-2", "b")
    watched.add("other", "c")
    watched.heard.add("desk-2")
    watched.orphans.lost(b"desk-")
    assert watched.after(60) == ["a"]


async def test_what_is_in_the_journal_goes_on_unless_that_is_wanted_otherwise() -> None:
    watched = Watched()
    watched.add("gone", "a", number=7)
    watched.orphans.lost(b"gone\0")
    assert watched.after(1e6) == []
    watched.orphans.configure(plain_s=60, journalled_s=300)
    watched.add("gone", "b")
    watched.orphans.lost(b"gone\0")
    assert watched.after(60) == ["b"]
    watched.tasks.pop()
    assert watched.after(240) == ["a"]


async def test_where_it_is_off_nothing_is_remembered() -> None:
    watched = Watched(plain_s=0)
    watched.add("gone", "a")
    watched.orphans.lost(b"gone\0")
    watched.orphans.configure(plain_s=1, journalled_s=0)
    assert watched.after(100) == []


async def test_a_flood_of_lost_topics_is_bounded() -> None:
    watched = Watched()
    watched.add("0", "a")
    for number in range(10_001):
        watched.orphans.lost(b"%d\0" % number)
    assert watched.after(60) == [], "the oldest is forgotten, and its tasks go on"


@pytest.mark.parametrize(("mode", "status"), [("off", "cancelled"), ("process", "completed")])
async def test_a_connection_that_is_lost_is_seen_and_its_task_stopped(tmp_path: Path, mode: str, status: str) -> None:
    settings = {"journal__mode": mode, "server__orphan_s": 1e-6, "engines__translation__delay_ms": 50}
    async with in_process(tmp_path, **settings) as running:
        app, heard = running.app, running.app.publisher.is_heard_by
        peer = AsyncPeer(tmp_path, "leaves")
        await peer.connect()
        peer.send(text("t", *[f"x{number}" for number in range(20)]))
        await peer.collect(lambda message: message["type"] == "accepted")
        peer.close()
        await until(lambda: not heard("leaves"))
        await asyncio.sleep(0)
        app.orphans.look()

        def ended() -> list[str]:  # told when it is written, which is after the end of its work
            return [task["status"] for task in running.tasks() if task["task_id"] == "t" and task["status"]]

        await until(lambda: bool(ended()))
        assert ended() == [status]
