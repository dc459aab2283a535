"""Observers are told late, in order, and completely."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest
from typing_extensions import override

from dragoman_server.config import LaneConfig
from dragoman_server.journal.records import Reply
from dragoman_server.tasks import observer
from dragoman_server.tasks.lane import Lane
from dragoman_server.tasks.observer import Observer, ObserverBatcher
from dragoman_server.tasks.run import Run
from dragoman_server.tasks.task import Task
from dragoman_wire.requests import Request
from tests.unit.server.core import a_reply, a_run


class Told(Observer):
    def __init__(self) -> None:
        self.calls: list[str] = []
        self.texts: list[str] = []

    @override
    def answered(self, replies: Sequence[Reply]) -> None:
        self.calls.append(f"answered {len(replies)}")
        self.texts += [getattr(reply.request, "text", "gone") for reply in replies]

    @override
    def accepted(self, accepted: Sequence[tuple[Task, Run]]) -> None:
        self.calls.append(f"accepted {len(accepted)}")

    @override
    def ended(self, ended: Sequence[Run]) -> None:
        self.calls.append(f"ended {len(ended)}")

    @override
    def left(self, task: Task, run: Run) -> None:
        self.calls.append("left")


class Bench:
    def __init__(self) -> None:
        self.told = Told()
        self.lane = Lane("translation", LaneConfig(concurrency=1, queue=1))
        self.batcher = ObserverBatcher(self.told, {"translation": self.lane}, lambda: self.told.calls.append("then"))


@pytest.fixture
async def bench() -> Bench:
    return Bench()


TASK = Task(key=("peer", "t"), request_type="translation")


async def test_what_comes_together_is_told_together_and_in_order(bench: Bench) -> None:
    run = a_run("pt")
    for _ in range(3):
        bench.batcher.accepted(TASK, run)
    run.timeline.end(1.0, "completed", {})
    bench.batcher.ended(run)
    bench.batcher.answered(a_reply())
    assert bench.told.calls == []
    bench.batcher.flush()
    assert bench.told.calls == ["answered 1", "accepted 3", "ended 1", "then"]
    assert (bench.lane.completed, bench.lane.failed) == (2, 0)


async def test_it_is_told_without_being_asked(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(observer, "_DELAY_S", 0.0)
    bench.batcher.accepted(TASK, a_run("pt"))
    async with asyncio.timeout(20):
        while not bench.told.calls:  # noqa: ASYNC110 - a timer of the loop
            await asyncio.sleep(0)
    assert bench.told.calls == ["accepted 1", "then"]


async def test_much_is_told_at_once(bench: Bench) -> None:
    for _ in range(observer._MOST_WAITING):
        bench.batcher.answered(a_reply())
    assert bench.told.calls == [f"answered {observer._MOST_WAITING}", "then"]


async def test_a_repeat_is_told_after_what_it_repeats(bench: Bench) -> None:
    first, again = a_run("pt"), a_run("fr")
    again.timeline.duplicate = True
    bench.batcher.accepted(TASK, first)
    bench.batcher.accepted(TASK, again)
    assert bench.told.calls == ["accepted 1", "then"]


async def test_a_run_that_is_left_is_told_at_once_and_last(bench: Bench) -> None:
    run = a_run("pt")
    bench.batcher.accepted(TASK, run)
    bench.batcher.left(TASK, run)
    assert bench.told.calls == ["accepted 1", "then", "left"]


async def test_what_was_said_is_let_go_once_it_is_told(bench: Bench) -> None:
    reply = a_reply()
    bench.batcher.answered(reply)
    bench.batcher.flush()
    assert bench.told.texts == ["hello"]
    assert type(reply.request) is Request
    assert (reply.request.message_id, reply.events, reply.headers) == ("m", (), ())


async def test_with_nothing_to_tell_no_observer_is_called(bench: Bench) -> None:
    bench.batcher.flush()
    assert bench.told.calls == []
