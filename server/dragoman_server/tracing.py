"""OpenTelemetry spans of accepted requests. Needs the extra `otel`; OTEL_ variables say where they are exported to.

A request is one span, `process TYPE`, which goes on with the trace that its `traceparent` names. Within it are spans
of receiving it (`receive`, to the moment when it is safe), of its wait in the lane (`queue`), of each unit of work in
a model call (`unit ENGINE`) and of each event (`send TYPE`, from the moment when it is ready). No span holds a text.
"""

# ruff: noqa: ARG002 - an observer is told more than it wants to know

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

from dragoman_engines.unit import Answer, Unit
from dragoman_engines.work import AnyWork
from dragoman_handlers.translation import version
from dragoman_server.clock import Clock
from dragoman_server.observation.observer import Answered, Observer
from dragoman_server.task_context import TaskContext
from dragoman_server.task_life import peer_of
from dragoman_server.task_record import TaskKey, TaskRecord
from dragoman_wire.envelope import Envelope
from dragoman_wire.events import Event, TaskFinished, TaskStatus
from dragoman_wire.requests import Request

_SYSTEM = {"messaging.system": "zeromq"}
_CLOSE_S = 3.0
"""How long a collector that does not answer may delay the end of the server."""


def exporting_tracing() -> Tracing:
    """Spans to the collector that the OTEL_EXPORTER_OTLP_ variables name, by default http://localhost:4318."""
    attributes = {SERVICE_VERSION: version()}
    if "OTEL_SERVICE_NAME" not in os.environ:
        attributes[SERVICE_NAME] = "dragoman"
    provider = TracerProvider(resource=Resource.create(attributes), shutdown_on_exit=False)
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    return Tracing(provider, Clock())


class _Traced:
    """A request with its span."""

    __slots__ = ("asked_s", "context", "epoch_s", "last_s", "queued_s", "span")

    def __init__(self, span: Span, epoch_s: float) -> None:
        self.span = span
        self.epoch_s = epoch_s
        """Unix time at zero of the monotonic clock. One figure for all spans of a request: their order is kept."""
        self.context = set_span_in_context(span, Context())
        self.queued_s = 0.0
        self.last_s = 0.0
        """When something was last heard of it."""
        self.asked_s: dict[int, float] = {}
        """Units in flight, by the identity of the work that was asked for."""


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
        self._traced: dict[TaskContext, _Traced] = {}
        self._ended: dict[TaskKey, list[TaskContext]] = {}
        """Requests that are through, but perhaps not all of their events."""

    def close(self) -> None:
        """Export what waits, for no longer than three seconds."""
        closing = threading.Thread(target=self._provider.shutdown, name="tracing", daemon=True)
        closing.start()
        closing.join(_CLOSE_S)

    # --- what is told --------------------------------------------------------------------------------------

    def answered(self, answered: Sequence[Answered]) -> None:
        """See Observer."""
        for one in answered:
            inbound = one.inbound
            traced = self._begin(inbound.request, inbound.request_type, one.key[1], one.arrived_s, one.ended_s)
            sending = _messaging("send", _socket(one.key[0]))
            for event, _ in one.events:
                name = f"send {event.__struct_config__.tag}"
                self._child(traced, name, SpanKind.CLIENT, sending, one.ended_s, one.published_s)
            figures = {"dragoman.queue_seconds": one.queue_s, "dragoman.compute_seconds": 0.0}
            traced.span.set_attributes({"dragoman.status": "completed", **figures})
            traced.span.end(_ns(traced.epoch_s + one.published_s))

    def accepted(self, context: TaskContext) -> None:
        """See Observer."""
        now_s = self._clock.monotonic()
        request_type = context.record.request_type
        traced = self._begin(context.request, request_type, context.task_id, context.arrived_s, now_s)
        if context.resumed:
            traced.span.set_attribute("dragoman.resumed", True)  # noqa: FBT003 - the attribute's value
        self._traced[context] = traced

    def queued(self, context: TaskContext) -> None:
        """See Observer."""
        traced = self._traced.get(context)
        if traced is not None:
            traced.queued_s = self._clock.monotonic()

    def started(self, context: TaskContext) -> None:
        """See Observer."""
        traced = self._traced.get(context)
        if traced is not None and traced.queued_s:
            self._child(traced, "queue", SpanKind.INTERNAL, {}, traced.queued_s, self._clock.monotonic())

    def unit_asked(self, context: TaskContext, work: AnyWork, unit: Unit) -> None:
        """See Observer."""
        traced = self._traced.get(context)
        if traced is not None:
            traced.asked_s[id(work)] = self._clock.monotonic()

    def unit_done(self, context: TaskContext, work: AnyWork, answer: Answer | None) -> None:
        """See Observer."""
        traced = self._traced.get(context)
        if traced is None:
            return
        now_s = self._clock.monotonic()
        asked_s = traced.asked_s.pop(id(work), now_s)
        name = f"unit {work.kind}"
        if answer is None:
            self._child(traced, name, SpanKind.INTERNAL, {"dragoman.engine": work.kind}, asked_s, now_s, ok=False)
            return
        attributes: dict[str, AttributeValue] = {
            "dragoman.engine": work.kind,
            "dragoman.worker": answer.worker,
            "dragoman.unit.queue_seconds": answer.queued_s,
        }
        self._child(traced, name, SpanKind.INTERNAL, attributes, answer.began_s, answer.ended_s)

    def published(self, context: TaskContext, event: Event, ready_s: float) -> None:
        """See Observer."""
        traced = self._traced.get(context)
        if traced is None:
            return
        traced.last_s = self._clock.monotonic()
        attributes = _messaging("send", _socket(context.envelope.reply_to))
        name = f"send {event.__struct_config__.tag}"
        self._child(traced, name, SpanKind.CLIENT, attributes, ready_s, traced.last_s)

    def ended(self, context: TaskContext, status: TaskStatus, queue_s: float, compute_s: float) -> None:
        """See Observer."""
        traced = self._traced.get(context)
        if traced is None:
            return
        self._ended.setdefault(context.record.key, []).append(context)
        traced.last_s = self._clock.monotonic()
        traced.span.set_attributes(
            {"dragoman.status": status, "dragoman.queue_seconds": queue_s, "dragoman.compute_seconds": compute_s}
        )
        error = next((one for one in context.record.outcomes.values() if one is not None), None)
        if error is not None:
            traced.span.set_attribute("error.type", error.code)
            if status != "cancelled":
                traced.span.set_status(StatusCode.ERROR)

    def left(self, context: TaskContext) -> None:
        """See Observer."""
        traced = self._traced.pop(context, None)
        if traced is not None:
            traced.span.set_attribute("dragoman.status", "left")
            traced.span.end(_ns(traced.epoch_s + self._clock.monotonic()))

    def finished(self, record: TaskRecord, envelope: Envelope, last: TaskFinished) -> None:
        """See Observer."""
        for context in self._ended.pop(record.key, ()):
            traced = self._traced.pop(context)
            traced.span.end(_ns(traced.epoch_s + traced.last_s))

    # --- spans ---------------------------------------------------------------------------------------------

    def _begin(
        self, request: Request, request_type: str, task_id: str, arrived_s: float, received_s: float
    ) -> _Traced:
        """A request's span, with that of its receiving in it."""
        epoch_s = self._clock.unix() - self._clock.monotonic()
        parent = Context()
        if request.traceparent is not None:
            parent = self._propagator.extract({"traceparent": request.traceparent}, parent)
        span = self._tracer.start_span(
            f"process {request_type}",
            parent,
            SpanKind.CONSUMER,
            _of_request(request, request_type, task_id),
            start_time=_ns(epoch_s + arrived_s),
        )
        traced = _Traced(span, epoch_s)
        receiving = _messaging("receive", "requests")
        self._child(traced, "receive", SpanKind.CLIENT, receiving, arrived_s, received_s)
        return traced

    def _child(
        self,
        traced: _Traced,
        name: str,
        kind: SpanKind,
        attributes: Mapping[str, AttributeValue],
        began_s: float,
        ended_s: float,
        *,
        ok: bool = True,
    ) -> None:
        start = _ns(traced.epoch_s + began_s)
        span = self._tracer.start_span(name, traced.context, kind, attributes, start_time=start)
        if not ok:
            span.set_status(StatusCode.ERROR)
        span.end(_ns(traced.epoch_s + ended_s))


def _ns(unix_s: float) -> int:
    return round(unix_s * 1e9)


def _messaging(operation: str, socket: str) -> dict[str, AttributeValue]:
    """The attributes of an operation on one of the sockets, as the semantic conventions name them."""
    return {
        **_SYSTEM,
        "messaging.operation.name": operation,
        "messaging.operation.type": operation,
        "messaging.destination.name": socket,
    }


def _socket(reply_to: str | None) -> str:
    return "events" if reply_to is None else "routed events"


def _of_request(request: Request, request_type: str, task_id: str) -> dict[str, AttributeValue]:
    attributes = _messaging("process", "requests") | {
        "messaging.message.id": task_id,
        "dragoman.request.type": request_type,
        "dragoman.peer": peer_of(request),
        "dragoman.priority": request.priority or "normal",
    }
    if request.conversation_id is not None:
        attributes["messaging.message.conversation_id"] = request.conversation_id
    return attributes
