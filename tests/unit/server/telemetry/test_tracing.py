"""Spans of requests, made of the times that were noted."""

from __future__ import annotations

from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import StatusCode

from dragoman_server.clock import Clock
from dragoman_server.tasks.observer import Observer
from dragoman_server.telemetry.tracing import Tracing
from dragoman_wire.errors import EngineFailed
from tests.unit.server.core import Core


class Traced(Core):
    """A core whose requests make spans."""

    def __init__(self) -> None:
        self.exporter = InMemorySpanExporter()
        provider = TracerProvider(shutdown_on_exit=False)
        provider.add_span_processor(SimpleSpanProcessor(self.exporter))

        def make(clock: Clock) -> Observer:
            return Tracing(provider, clock)

        super().__init__(make_observer=make)

    def names(self) -> list[str]:
        self.dispatcher.report()
        return sorted(span.name for span in self.exporter.get_finished_spans())


async def test_a_task_is_a_span_with_its_receipt_and_its_events_in_it() -> None:
    core = Traced()
    core.submit("t")
    await core.turn()
    assert core.names() == ["process translation", "receive", "send translation_completed"]
    (whole,) = [span for span in core.exporter.get_finished_spans() if span.name.startswith("process")]
    assert all(span.parent == whole.context for span in core.exporter.get_finished_spans() if span is not whole)
    assert dict(whole.attributes or {})["messaging.message.id"] == "t"


async def test_what_is_answered_at_once_has_the_same_spans() -> None:
    core = Traced()
    core.handler.known_texts.add("hello")
    core.submit("t")
    assert core.names() == ["process translation", "receive", "send translation_completed"]


async def test_a_failure_marks_the_span_and_a_cancellation_does_not() -> None:
    core = Traced()
    core.handler.errors["hello"] = EngineFailed("x")
    core.submit("failed")
    core.submit("cancelled", text="hang")
    await core.turn()
    core.dispatcher.cancel(("peer", "cancelled"))
    await core.turn()
    core.names()
    statuses = {
        dict(span.attributes or {})["messaging.message.id"]: span.status.status_code
        for span in core.exporter.get_finished_spans()
        if span.name.startswith("process")
    }
    assert statuses == {"failed": StatusCode.ERROR, "cancelled": StatusCode.UNSET}


async def test_what_is_left_to_the_next_start_has_a_span_that_says_so() -> None:
    core = Traced()
    core.submit("t", text="hang")
    await core.turn()
    await core.dispatcher.drain(0.0)
    (whole,) = [span for span in core.exporter.get_finished_spans() if span.name.startswith("process")]
    assert dict(whole.attributes or {})["dragoman.status"] == "left"
