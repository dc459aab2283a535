"""The task log, told by hand."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Sequence
from typing import Any

import pytest

from dragoman_server.clock import Clock
from dragoman_server.tasks.observer import FinishedTask
from dragoman_server.tasks.run import Run, UnitCall
from dragoman_server.tasks.task import Task
from dragoman_server.telemetry.task_log import TaskLog
from dragoman_wire.codec import Codec
from dragoman_wire.envelope import Envelope
from dragoman_wire.errors import Cancelled, DragomanError, EngineFailed
from dragoman_wire.events import TaskFinished, TaskStatus, TranslationSkipped
from tests.unit.server.core import a_run

EVENT = TranslationSkipped(task_id="t", message_id=None, length=1, max_length=0, conversation_id=None)


class Story:
    """A task log and a clock that goes on by one second whenever it is told something."""

    def __init__(self) -> None:
        self.now_s = 100.0
        self.clock = Clock(monotonic=lambda: self.now_s, unix=lambda: self.now_s + 1e9)
        self.log = TaskLog({"translation": "translation"}, self.clock)
        self.task_of: weakref.WeakKeyDictionary[Run, Task] = weakref.WeakKeyDictionary()

    def task(self, task_id: str, peer: str | None = "peer") -> Task:
        return Task(key=(peer, task_id), request_type="translation")

    def accept(self, task: Task, *languages: str) -> Run:
        run = a_run(*languages or ("pt",), key=task.key, arrived_s=self.now_s)
        task.begin(run)
        self.now_s += 1
        run.timeline.accepted_s = self.now_s
        task.runs.append(run)
        self.task_of[run] = task
        self.log.accepted([(task, run)])
        return run

    def end(self, run: Run, error: DragomanError | None = None, status: TaskStatus = "completed") -> None:
        self.now_s += 1
        task = self.task_of[run]
        task.in_flight.remove(run)
        task.outcomes |= dict.fromkeys(run.parts, error)
        run.timeline.calls.append(
            UnitCall(kind="translation", asked_s=0.0, worker="w", began_s=self.now_s - 0.75, ended_s=self.now_s - 0.25)
        )
        run.timeline.end(self.now_s, status, dict(task.outcomes))
        self.log.ended([run])

    def finish(self, run: Run, status: TaskStatus = "completed") -> None:
        task = self.task_of[run]
        runs, task.runs = task.runs, []
        self.close(task, run.envelope, status, runs)

    def close(self, task: Task, envelope: Envelope, status: TaskStatus, runs: Sequence[Run] = ()) -> None:
        self.now_s += 1
        last = TaskFinished(task_id=task.key[1], status=status, events=1, queue_time_ms=0, compute_time_ms=0)
        self.log.finished([FinishedTask(task=task, envelope=envelope, last=last, runs=runs, published_s=self.now_s)])

    def show(self, task_id: str) -> dict[str, Any]:
        view = self.log.find(task_id, None, any_peer=True)
        assert view is not None
        return self.log.details(view)


@pytest.fixture
def story() -> Story:
    return Story()


def test_a_task_s_age_is_that_of_its_first_request_to_its_last_event(story: Story) -> None:
    run = story.accept(story.task("t"))
    story.end(run)
    story.finish(run)
    story.now_s += 50
    task = story.show("t")
    assert (task["age_ms"], task["queue_ms"], task["compute_ms"], task["publish_ms"]) == (3000, 1500, 500, 1000)
    assert task["arrived_s"] == 1e9 + 100
    assert [(step["at_ms"], step["event"]) for step in task["timeline"]] == [
        (0, "received"),
        (1000, "accepted"),
        (1750, "unit"),
        (3000, "finished"),
    ]


def test_a_repeat_that_asks_for_more_is_part_of_its_task(story: Story) -> None:
    task = story.task("t")
    first = story.accept(task, "pt")
    second = story.accept(task, "fr")
    story.end(first)
    assert {part["part"]: part["state"] for part in story.show("t")["parts"]} == {"pt": "done", "fr": "open"}
    assert story.show("t")["state"] == "queued"
    story.end(second, EngineFailed("the model failed: ValueError: what was said"))
    story.finish(second, "partial")
    shown = story.show("t")
    assert (shown["status"], shown["error_code"], shown["error"]) == (
        "partial",
        "engine_failed",
        "the model failed: ValueError",
    )
    assert (shown["queue_ms"], shown["compute_ms"]) == (5000, 1000)


def test_how_a_task_ended_stays_so_when_it_is_asked_for_again_before_its_end_is_written(story: Story) -> None:
    task = story.task("t")
    run = story.accept(task)
    story.end(run, Cancelled("stopped"))
    task.begin(a_run("pt", key=task.key))  # a repeat has its place already, and makes what was said void
    story.finish(run, "cancelled")
    shown = story.show("t")
    assert (shown["status"], shown["error_code"]) == ("cancelled", "cancelled")
    assert shown["parts"] == [{"part": "pt", "state": "failed", "error_code": "cancelled"}]

    story.accept(task)
    assert story.show("t")["state"] == "queued"


def test_a_task_that_is_left_to_the_next_start_is_shown_no_more(story: Story) -> None:
    run = story.accept(story.task("t"))
    run.timeline.left = True
    story.log.left(story.task_of[run], run)
    assert story.log.select("all", "recent", 10) == []


def test_a_timeline_is_bounded_and_its_end_is_always_there(story: Story) -> None:
    run = story.accept(story.task("t"))
    for _ in range(1000):
        run.timeline.note_sent(EVENT, 0.0, story.now_s)
    story.end(run)
    story.finish(run)
    task = story.show("t")
    assert len(task["timeline"]) == 201
    assert task["timeline"][-1]["event"] == "finished"
    assert task["timeline_dropped"] == 803  # received, accepted and a unit are steps as well


def test_of_a_long_task_that_is_over_all_units_are_counted_and_some_are_kept(story: Story) -> None:
    run = story.accept(story.task("t"))
    run.timeline.calls += [
        UnitCall(kind="translation", asked_s=0.0, worker="w", began_s=story.now_s, ended_s=story.now_s)
        for _ in range(300)
    ]
    run.timeline.units_done = 300
    story.end(run)
    run.timeline.shorten()
    story.finish(run)
    task = story.show("t")
    assert task["units"] == {"done": 300, "running": 0, "queued": 0}
    assert (len(run.timeline.calls), len(task["timeline"])) == (200, 201)
    assert task["timeline_dropped"] == 101 + 2  # one more unit at the end; received and accepted are steps as well


def test_five_hundred_of_each_kind_are_kept(story: Story) -> None:
    for number in range(600):
        for status in ("completed", "failed"):
            run = story.accept(story.task(f"{status}-{number}"))
            story.end(run, None if status == "completed" else EngineFailed("no"))
            story.finish(run, status)
    for which, count in (("all", 1000), ("finished", 1000), ("failed", 500), ("active", 0)):
        assert len(story.log.select(which, "recent", 5000)) == count  # type: ignore[arg-type]


def test_a_finished_task_holds_none_of_what_was_said(story: Story) -> None:
    run = story.accept(story.task("t"))
    held = weakref.ref(run)
    story.end(run)
    story.finish(run)
    del run
    gc.collect()
    assert story.log.find("t", "peer", any_peer=False) is not None
    assert held() is None


def test_what_is_in_flight_is_counted_by_peer(story: Story) -> None:
    for number in range(3):
        story.accept(story.task(f"t{number}", "busy"))
    run = story.accept(story.task("other", "done"))
    story.end(run)
    story.finish(run)
    assert story.log.active_by_peer() == {"busy": 3}


def test_a_task_in_flight_is_found_before_one_of_the_same_id_that_ended(story: Story) -> None:
    ended = story.accept(story.task("t", "first"))
    story.end(ended)
    story.finish(ended)
    story.accept(story.task("t", "second"))
    assert story.show("t")["reply_to"] == "second"
    assert story.log.peers_of("t") == ["second"]


def test_a_task_that_only_had_to_be_closed_is_shown_as_well(story: Story) -> None:
    task = story.task("t")
    task.outcomes["pt"] = EngineFailed("the server ended several times")
    envelope = Envelope(request_type="translation", codec=Codec.JSON, task_id="t", message_id="m")
    story.close(task, envelope, "failed")
    shown = story.show("t")
    assert (shown["status"], shown["message_id"], shown["error_code"]) == ("failed", "m", "engine_failed")
