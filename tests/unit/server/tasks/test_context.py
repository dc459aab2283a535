"""A handler's view of its run."""

from __future__ import annotations

import pytest
from typing_extensions import override

from dragoman_server.tasks.context import TaskContext
from dragoman_server.tasks.observer import Observer
from dragoman_server.tasks.run import Run
from dragoman_server.tasks.task import Task
from dragoman_wire.errors import EngineFailed
from dragoman_wire.events import AudioChunk, Event, TranslationSkipped
from tests.unit.server.core import Core, a_run, completed


class Published(Observer):
    def __init__(self) -> None:
        self.events: list[Event] = []

    @override
    def published(self, run: Run, event: Event) -> None:
        self.events.append(event)


class Bench:
    def __init__(self) -> None:
        self.observer = Published()
        self.core = Core(observer=self.observer)
        self.run = a_run("pt", "fr", arrived_s=self.core.time.now_s)
        self.task = Task(key=("peer", "t"), request_type="translation", journal=self.core.journal, number=1)
        self.context = TaskContext(self.core.services, self.task, self.run)


@pytest.fixture
async def bench() -> Bench:
    return Bench()


async def test_an_event_settles_its_part_and_is_noted_with_its_times(bench: Bench) -> None:
    bench.core.journal.held = True
    bench.context.publish(completed(bench.context, "pt", "olá"), settles="pt")
    bench.core.time.now_s += 2.0
    assert bench.observer.events == []
    bench.core.journal.write()
    assert bench.run.outcomes == bench.task.outcomes == {"pt": None}
    (sent,) = bench.run.timeline.sent
    assert (sent.type, sent.language, sent.at_s - sent.ready_s) == ("translation_completed", "pt", 2.0)
    assert len(bench.observer.events) == 1


async def test_a_failure_is_the_family_s_event_and_settles_the_part(bench: Bench) -> None:
    bench.context.fail(EngineFailed("x"), "fr")
    assert bench.core.briefs() == [("translation_error", "fr")]
    assert isinstance(bench.run.outcomes["fr"], EngineFailed)
    assert bench.task.dead_letter is None


async def test_a_part_can_be_settled_without_an_event(bench: Bench) -> None:
    bench.context.settle("pt")
    bench.context.settle("fr", EngineFailed("x"))
    assert bench.core.publisher.sent == []
    assert [part for part, error in bench.run.outcomes.items() if error] == ["fr"]


async def test_a_resumed_run_does_not_say_again_what_an_earlier_server_has_said(bench: Bench) -> None:
    skipped = TranslationSkipped(task_id="t", message_id=None, length=1, max_length=0, conversation_id=None)
    bench.task.remember(b'{"type":"translation_skipped"}', (), None)
    bench.context.publish(skipped)
    bench.run.timeline.resumed = True
    bench.context.publish(skipped, settles="pt")
    assert bench.core.briefs() == [("translation_skipped", None)]
    assert bench.run.outcomes == {"pt": None}


async def test_the_clock_tells_how_long_the_request_is_here_and_how_long_it_waited(bench: Bench) -> None:
    bench.core.time.now_s += 3.0
    assert bench.context.waited_s() == 0.0
    bench.run.timeline.began_s = bench.core.time.now_s
    bench.core.time.now_s += 4.0
    assert (bench.context.waited_s(), bench.context.elapsed_s()) == (3.0, 7.0)
    assert bench.context.now_s() == bench.core.time.now_s + 1e9


async def test_the_engines_are_those_of_the_server(bench: Bench) -> None:
    engine = bench.context.loaded("translation")
    assert engine is not None
    assert engine.model == "translation-model"
    assert await bench.context.capabilities("translation") is engine
    assert await bench.context.recall([], str) == []
    assert bench.context.recall_all([], str) == []


def a_piece(language: str, index: int) -> AudioChunk:
    return AudioChunk(
        task_id="t",
        message_id=None,
        attachment_id=None,
        language=language,
        index=index,
        last=False,
        start_ms=0,
        duration_ms=1,
        sample_rate_hz=1,
        voice="ana",
        binary_frames={},
        timestamp=0.0,
    )


@pytest.mark.parametrize(("resumed", "duplicate"), [(True, False), (False, True), (False, False)])
async def test_only_a_run_that_follows_another_knows_its_pieces_and_sends_none_twice(
    *, resumed: bool, duplicate: bool
) -> None:
    bench = Bench()
    bench.context.publish(a_piece("fr", 0))
    following = a_run("fr", arrived_s=bench.core.time.now_s)
    following.timeline.resumed, following.timeline.duplicate = resumed, duplicate
    bench.task.begin(following)
    context = TaskContext(bench.core.services, bench.task, following)
    knows = resumed or duplicate
    assert [piece["index"] for piece in context.sent(AudioChunk)] == [0] * knows
    for index in (0, 1):
        context.publish(a_piece("fr", index))
    sent = [one.fields["index"] for one in bench.core.publisher.sent]
    assert sent == ([0, 1] if knows else [0, 0, 1])


async def test_what_each_of_several_repeats_has_sent_is_known_to_the_next() -> None:
    bench = Bench()
    for last in range(4):
        run = a_run("fr", arrived_s=bench.core.time.now_s)
        run.timeline.duplicate = last > 0
        bench.task.begin(run)
        context = TaskContext(bench.core.services, bench.task, run)
        for index in range(last + 1):
            context.publish(a_piece("fr", index))
    assert [one.fields["index"] for one in bench.core.publisher.sent] == [0, 1, 2, 3]
