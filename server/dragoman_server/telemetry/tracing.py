"""OpenTelemetry spans of accepted requests. Needs the extra `otel`; OTEL_ variables say where they are exported to.

A request is one span, `process TYPE`, which goes on with the trace that its `traceparent` names. Within it are spans
of receiving it (`receive`, to the moment when it is safe), of its wait in the lane (`queue`), of each unit of work in
a model call (`unit ENGINE`) and of each event (`send TYPE`, from the moment when it is ready). No span holds a text.
All of them are made when the task is over, with the times that were noted.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Mapping, Sequence

from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import SERVICE_NAME, SERVICE_VERSION, Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import Span, SpanKind, StatusCode, set_span_in_context
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator
from opentelemetry.util.types import AttributeValue
from typing_extensions import override

from dragoman_handlers.translation import version
from dragoman_server.clock import Clock
from dragoman_server.journal.records import Reply
from dragoman_server.tasks.observer import FinishedTask, Observer
from dragoman_server.tasks.run import Run, UnitCall, peer_of
from dragoman_server.tasks.task import Task
from dragoman_wire.events import type_of
from dragoman_wire.requests import Request

_SYSTEM = {"messaging.system": "zeromq"}
_CLOSE_S = 3.0
"""How long a collector that does not answer may delay the end of the server."""


def exporting_tracing() -> Tracing:
    """Return tracing to the collector that the OTEL_EXPORTER_OTLP_ variables name; default http://localhost:4318."""
    attributes = {SERVICE_VERSION: version()}
    if "OTEL_SERVICE_NAME" not in os.environ:
        attributes[SERVICE_NAME] = "dragoman"
    provider = TracerProvider(resource=Resource.create(attributes), shutdown_on_exit=False)
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    return Tracing(provider, Clock())


class Tracing(Observer):
    """Makes spans.

    Args:
        provider: where they go.
        clock: the server's.
    """

    def __init__(self, provider: TracerProvider, clock: Clock) -> None:
        self._provider = provider
        self._tracer = provider.get_tracer("dragoman", version())
        self._propagator = TraceContextTextMapPropagator()
        self._clock = clock
        self._lag_s = 0.0
        """Unix time at zero of the monotonic clock, as it is now. One figure for a request: its spans are in order."""

    def close(self) -> None:
        """Export what waits, for no longer than three seconds."""
        closing = threading.Thread(target=self._provider.shutdown, name="tracing", daemon=True)
        closing.start()
        closing.join(_CLOSE_S)

    # --- what is told --------------------------------------------------------------------------------------

    @override
    def answered(self, replies: Sequence[Reply]) -> None:
        self._look_at_the_clocks()
        for one in replies:
            span = self._begin(one.request, one.request_type, one.key[1], one.arrived_s, one.ended_s)
            for event, _ in one.events:
                self._sent(span, type_of(type(event)), one.key[0], one.ended_s, one.published_s)
            span.set_attributes({"dragoman.status": "completed", **_figures(one.queue_s, 0.0)})
            span.end(self._ns(one.published_s))

    @override
    def left(self, task: Task, run: Run) -> None:
        self._look_at_the_clocks()
        span = self._process(run)
        span.set_attribute("dragoman.status", "left")
        span.end(self._ns(self._clock.monotonic()))

    @override
    def finished(self, finished: Sequence[FinishedTask]) -> None:
        self._look_at_the_clocks()
        for one in finished:
            for run in one.runs:
                timeline = run.timeline
                span = self._process(run)
                span.set_attributes(
                    {"dragoman.status": str(timeline.status), **_figures(timeline.queue_s, timeline.compute_s)}
                )
                error = next((error for error in timeline.outcomes.values() if error is not None), None)
                if error is not None:
                    span.set_attribute("error.type", error.code)
                    if timeline.status != "cancelled":
                        span.set_status(StatusCode.ERROR)
                span.end(self._ns(max([timeline.ended_s, *(sent.at_s for sent in timeline.sent)])))

    # --- spans ---------------------------------------------------------------------------------------------

    def _process(self, run: Run) -> Span:
        """Begin a run's span, with the spans of its past events; it is not ended."""
        timeline = run.timeline
        span = self._begin(run.request, run.request_type, run.task_id, timeline.arrived_s, timeline.accepted_s)
        if timeline.resumed:
            span.set_attribute("dragoman.resumed", True)  # noqa: FBT003 - the attribute's value
        if timeline.queued_s and timeline.began_s:
            self._child(span, "queue", SpanKind.INTERNAL, {}, timeline.queued_s, timeline.began_s)
        for call in timeline.calls:
            self._called(span, call)
        for sent in timeline.sent:
            self._sent(span, sent.type, run.envelope.reply_to, sent.ready_s, sent.at_s)
        return span

    def _begin(self, request: Request, request_type: str, task_id: str, arrived_s: float, received_s: float) -> Span:
        """Begin a request's span, with that of its receiving in it."""
        parent = Context()
        if request.traceparent is not None:
            parent = self._propagator.extract({"traceparent": request.traceparent}, parent)
        span = self._tracer.start_span(
            f"process {request_type}",
            parent,
            SpanKind.CONSUMER,
            _of_request(request, request_type, task_id),
            start_time=self._ns(arrived_s),
        )
        self._child(span, "receive", SpanKind.CLIENT, _messaging("receive", "requests"), arrived_s, received_s)
        return span

    def _called(self, parent: Span, call: UnitCall) -> None:
        attributes: dict[str, AttributeValue] = {"dragoman.engine": call.kind}
        if call.worker is not None:
            attributes |= {"dragoman.worker": call.worker, "dragoman.unit.queue_seconds": call.queued_s}
        began_s = call.began_s if call.good else call.asked_s
        name = f"unit {call.kind}"
        self._child(parent, name, SpanKind.INTERNAL, attributes, began_s, call.ended_s, good=call.good)

    def _sent(self, parent: Span, event: str, reply_to: str | None, ready_s: float, at_s: float) -> None:
        socket = "events" if reply_to is None else "routed events"
        self._child(parent, f"send {event}", SpanKind.CLIENT, _messaging("send", socket), ready_s, at_s)

    def _child(
        self,
        parent: Span,
        name: str,
        kind: SpanKind,
        attributes: Mapping[str, AttributeValue],
        began_s: float,
        ended_s: float,
        *,
        good: bool = True,
    ) -> None:
        within = set_span_in_context(parent, Context())
        span = self._tracer.start_span(name, within, kind, attributes, start_time=self._ns(began_s))
        if not good:
            span.set_status(StatusCode.ERROR)
        span.end(self._ns(ended_s))

    def _look_at_the_clocks(self) -> None:
        self._lag_s = self._clock.unix() - self._clock.monotonic()

    def _ns(self, monotonic_s: float) -> int:
        """Return the Unix time in nanoseconds."""
        return round((self._lag_s + monotonic_s) * 1e9)


def _figures(queue_s: float, compute_s: float) -> dict[str, AttributeValue]:
    return {"dragoman.queue_seconds": queue_s, "dragoman.compute_seconds": compute_s}


def _messaging(operation: str, socket: str) -> dict[str, AttributeValue]:
    """Return the attributes of an operation on one of the sockets, as the semantic conventions name them."""
    return {
        **_SYSTEM,
        "messaging.operation.name": operation,
        "messaging.operation.type": operation,
        "messaging.destination.name": socket,
    }


def _of_request(request: Request, request_type: str, task_id: str) -> dict[str, AttributeValue]:
    attributes = _messaging("process", "requests") | {
        "messaging.message.id": task_id,
        "dragoman.request.type": request_type,
        "dragoman.peer": peer_of(request),
        "dragoman.priority": request.priority_class,
    }
    if request.conversation_id is not None:
        attributes["messaging.message.conversation_id"] = request.conversation_id
    return attributes
