"""The task log, told by hand."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Sequence
from typing import Any

import pytest

from dragoman_server.clock import Clock
from dragoman_server.tasks.context import TaskContext
from dragoman_server.tasks.observer import FinishedTask
from dragoman_server.tasks.task import TaskRecord
from dragoman_server.tasks.timeline import Call, RunStory
from dragoman_server.telemetry.task_log import TaskLog
from dragoman_wire.codec import Codec
from dragoman_wire.envelope import Envelope
from dragoman_wire.errors import Cancelled, DragomanError, EngineFailed
from dragoman_wire.events import TaskFinished, TaskStatus, TranslationSkipped
from dragoman_wire.requests import TranslationRequest

EVENT = TranslationSkipped(task_id="t", message_id=None, length=1, max_length=0, conversation_id=None)


class Story:
    """A task log and a clock that goes on by one second whenever it is told something."""

    def __init__(self) -> None:
        self.now_s = 100.0
        self.clock = Clock(monotonic=lambda: self.now_s, unix=lambda: self.now_s + 1e9)
        self.log = TaskLog({"translation": "translation"}, self.clock)

    def record(self, task_id: str, peer: str | None = "peer") -> TaskRecord:
        return TaskRecord(key=(peer, task_id), request_type="translation")

    def accept(self, record: TaskRecord, *languages: str) -> TaskContext:
        parts = list(languages or ("pt",))
        request = TranslationRequest(text="x", target_languages=parts, reply_to=record.key[0])
        envelope = Envelope(request_type="translation", codec=Codec.JSON, task_id=record.key[1])
        services: Any = None
        story = RunStory(
            lane="translation", peer=record.key[0] or "", priority="normal", message_id=None, arrived_s=self.now_s
        )
        context = TaskContext(services, record, request, envelope, None, story)
        record.begin(parts)
        self.now_s += 1
        story.accepted_s = self.now_s
        record.contexts.append(context)
        self.log.accepted([context])
        return context

    def end(self, context: TaskContext, error: DragomanError | None = None, status: TaskStatus = "completed") -> None:
        self.now_s += 1
        record = context.record
        record.outcomes |= dict.fromkeys(context.request.target_languages, error)  # type: ignore[attr-defined]
        context.story.calls.append(
            Call(kind="translation", asked_s=0.0, worker="w", began_s=self.now_s - 0.75, ended_s=self.now_s - 0.25)
        )
        context.story.end(self.now_s, status, dict(record.outcomes))
        self.log.ended([context])

    def finish(self, context: TaskContext, status: TaskStatus = "completed") -> None:
        record = context.record
        contexts, record.contexts = record.contexts, []
        self.close(record, context.envelope, status, contexts)

    def close(
        self, record: TaskRecord, envelope: Envelope, status: TaskStatus, contexts: Sequence[TaskContext] = ()
    ) -> None:
        self.now_s += 1
        last = TaskFinished(task_id=record.key[1], status=status, events=1, queue_time_ms=0, compute_time_ms=0)
        self.log.finished(
            [FinishedTask(record=record, envelope=envelope, last=last, contexts=contexts, published_s=self.now_s)]
        )

    def show(self, task_id: str) -> dict[str, Any]:
        trace = self.log.find(task_id, None, any_peer=True)
        assert trace is not None
        return self.log.details(trace)


@pytest.fixture
def story() -> Story:
    return Story()


def test_a_task_s_age_is_that_of_its_first_request_to_its_last_event(story: Story) -> None:
    context = story.accept(story.record("t"))
    story.end(context)
    story.finish(context)
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
    record = story.record("t")
    first = story.accept(record, "pt")
    second = story.accept(record, "fr")
    story.end(first)
    assert {part["part"]: part["state"] for part in story.show("t")["parts"]} == {"pt": "done", "fr": "open"}
    assert story.show("t")["state"] == "queued"
    story.end(second, EngineFailed("the model failed: ValueError: what was said"))
    story.finish(second, "partial")
    task = story.show("t")
    assert (task["status"], task["error_code"], task["error"]) == (
        "partial",
        "engine_failed",
        "the model failed: ValueError",
    )
    assert (task["queue_ms"], task["compute_ms"]) == (5000, 1000)


def test_how_a_task_ended_stays_so_when_it_is_asked_for_again_before_its_end_is_written(story: Story) -> None:
    record = story.record("t")
    context = story.accept(record)
    story.end(context, Cancelled("stopped"))
    record.begin(["pt"])  # a repeat has its place already, and makes what was said void
    story.finish(context, "cancelled")
    task = story.show("t")
    assert (task["status"], task["error_code"]) == ("cancelled", "cancelled")
    assert task["parts"] == [{"part": "pt", "state": "failed", "error_code": "cancelled"}]

    story.accept(record)
    assert story.show("t")["state"] == "queued"


def test_a_task_that_is_left_to_the_next_start_is_shown_no_more(story: Story) -> None:
    context = story.accept(story.record("t"))
    context.story.left = True
    story.log.left(context)
    assert story.log.select("all", "recent", 10) == []


def test_a_timeline_is_bounded_and_its_end_is_always_there(story: Story) -> None:
    context = story.accept(story.record("t"))
    for _ in range(1000):
        context.story.say(EVENT, 0.0, story.now_s)
    story.end(context)
    story.finish(context)
    task = story.show("t")
    assert len(task["timeline"]) == 201
    assert task["timeline"][-1]["event"] == "finished"
    assert task["timeline_dropped"] == 803  # received, accepted and a unit are steps as well


def test_of_a_long_task_that_is_over_all_units_are_counted_and_some_are_kept(story: Story) -> None:
    context = story.accept(story.record("t"))
    context.story.calls += [
        Call(kind="translation", asked_s=0.0, worker="w", began_s=story.now_s, ended_s=story.now_s) for _ in range(300)
    ]
    context.story.units_done = 300
    story.end(context)
    context.story.shorten()
    story.finish(context)
    task = story.show("t")
    assert task["units"] == {"done": 300, "running": 0, "queued": 0}
    assert (len(context.story.calls), len(task["timeline"])) == (200, 201)
    assert task["timeline_dropped"] == 101 + 2  # one more unit at the end; received and accepted are steps as well


def test_five_hundred_of_each_kind_are_kept(story: Story) -> None:
    for number in range(600):
        for status in ("completed", "failed"):
            context = story.accept(story.record(f"{status}-{number}"))
            story.end(context, None if status == "completed" else EngineFailed("no"))
            story.finish(context, status)
    for which, count in (("all", 1000), ("finished", 1000), ("failed", 500), ("active", 0)):
        assert len(story.log.select(which, "recent", 5000)) == count  # type: ignore[arg-type]


def test_a_finished_task_holds_none_of_what_was_said(story: Story) -> None:
    context = story.accept(story.record("t"))
    held = weakref.ref(context)
    story.end(context)
    story.finish(context)
    del context
    gc.collect()
    assert story.log.find("t", "peer", any_peer=False) is not None
    assert held() is None


def test_what_is_in_flight_is_counted_by_peer(story: Story) -> None:
    for number in range(3):
        story.accept(story.record(f"t{number}", "busy"))
    context = story.accept(story.record("other", "done"))
    story.end(context)
    story.finish(context)
    assert story.log.active_by_peer() == {"busy": 3}


def test_a_task_in_flight_is_found_before_one_of_the_same_id_that_ended(story: Story) -> None:
    ended = story.accept(story.record("t", "first"))
    story.end(ended)
    story.finish(ended)
    story.accept(story.record("t", "second"))
    assert story.show("t")["reply_to"] == "second"
    assert story.log.peers_of("t") == ["second"]


def test_a_task_that_only_had_to_be_closed_is_shown_as_well(story: Story) -> None:
    record = story.record("t")
    record.outcomes["pt"] = EngineFailed("the server ended several times")
    envelope = Envelope(request_type="translation", codec=Codec.JSON, task_id="t", message_id="m")
    story.close(record, envelope, "failed")
    task = story.show("t")
    assert (task["status"], task["message_id"], task["error_code"]) == ("failed", "m", "engine_failed")
