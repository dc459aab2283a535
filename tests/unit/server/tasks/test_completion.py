"""The end of a task, and what is told and kept of it."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from typing_extensions import override

from dragoman_server.journal.records import TaskFinishedRow
from dragoman_server.tasks.observer import FinishedTask, Observer
from dragoman_server.tasks.task_store import CompactTask
from dragoman_wire.errors import EngineFailed
from tests.unit.server.core import Core


class Ends(Observer):
    def __init__(self) -> None:
        self.ends: list[FinishedTask] = []

    @override
    def finished(self, finished: Sequence[FinishedTask]) -> None:
        self.ends += finished


@pytest.fixture
async def core() -> Core:
    return Core(observer=Ends())


async def test_the_end_says_how_many_events_there_were_and_where_the_time_went(core: Core) -> None:
    core.handler.gate.clear()
    core.submit("t", "pt", "fr")
    await core.turn()
    core.time.now_s += 1.5
    core.handler.gate.set()
    await core.turn()
    end = core.only("task_finished")
    assert (end["status"], end["events"], end["queueTimeMs"], end["computeTimeMs"]) == ("completed", 2, 1500.0, 0.0)


async def test_a_task_is_kept_in_little_room_once_its_end_is_written(core: Core) -> None:
    core.journal.held = True
    core.submit("t")
    core.journal.write()
    await core.turn()
    assert core.journal.of(TaskFinishedRow)
    before = core.store.bytes
    core.journal.write()
    assert core.store.bytes < before
    assert isinstance(core.store._finished["peer", "t"], CompactTask)


async def test_observers_are_told_with_the_runs_and_the_task_lets_them_go(core: Core) -> None:
    core.handler.errors["hello"] = EngineFailed("x")
    core.submit("t")
    task = core.store.get(("peer", "t"))
    assert task is not None
    await core.turn()
    core.dispatcher.report()
    assert isinstance(core.services.observer, Ends)
    (end,) = core.services.observer.ends
    assert ([run.task_id for run in end.runs], end.last.status) == (["t"], "failed")
    assert end.error is not None
    assert task.runs == []


async def test_two_runs_of_a_task_have_one_end(core: Core) -> None:
    core.handler.gate.clear()
    core.submit("t", "pt")
    core.submit("t", "fr")
    await core.turn()
    core.handler.gate.set()
    await core.turn()
    assert core.only("task_finished")["events"] == 2
