"""Spans of requests that came through real sockets: to memory, and to a collector by OTLP."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from dragoman_server.app import App
from dragoman_server.clock import Clock
from dragoman_server.config import load_config
from dragoman_server.lifecycle.server import Server
from tests.harness import ECHO, PATIENCE_S, Peer, ServerProcess, connected, wait_until
from tests.integration.test_stats import RECORDING, SPEECH

pytest.importorskip("opentelemetry.sdk", reason="the extra otel is not installed")

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind, StatusCode

from dragoman_server.telemetry.tracing import Tracing

MARKER = "Xylophone-Marmalade"
TRACE_ID, PARENT_ID = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
TRACEPARENT = f"00-{TRACE_ID}-{PARENT_ID}-01"


class Spans:
    """What was exported by a server in this process."""

    def __init__(self, app: Server, exporter: InMemorySpanExporter, endpoints: dict[str, str]) -> None:
        self.app = app
        self.endpoints = endpoints
        self._exporter = exporter

    def of(self, task_id: str) -> tuple[ReadableSpan, list[ReadableSpan]]:
        """The request's span and those within it, in the order of their begins."""

        def roots() -> list[ReadableSpan]:
            return [span for span in self.all() if (span.attributes or {}).get("messaging.message.id") == task_id]

        wait_until(lambda: bool(roots()), f"the span of {task_id} is exported")
        (root,) = roots()
        within = [span for span in self.all() if span.parent and span.parent.span_id == root.context.span_id]
        return root, sorted(within, key=lambda span: span.start_time or 0)

    def all(self) -> tuple[ReadableSpan, ...]:
        return self._exporter.get_finished_spans()


def in_thread(
    folder: Path, exporter: InMemorySpanExporter, ready: Callable[[Spans], None], stop: threading.Event
) -> None:
    """A server in a loop of its own."""
    provider = TracerProvider(shutdown_on_exit=False)
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    sockets = {name: f"ipc://{folder}/{name}" for name in ("requests", "events", "routed")}
    engines = {key.split("__")[1]: {"model": "echo"} for key in ECHO if key.startswith("engines__")}
    settings: dict[str, Any] = {
        "sockets": sockets | {"ops": "http://127.0.0.1:0"},
        "server": {"state_dir": folder, "drain_s": 5},
        "engines": engines,
        "cache": {"memory_bytes": 0, "disk_bytes": 0},
        "lanes": {"translation": {"concurrency": 1}},
    }

    async def serve() -> None:
        async with App(load_config(flags=settings), observers=[Tracing(provider, Clock())]).serving() as app:
            await asyncio.gather(*(pool.settled() for pool in app.pools.values()))
            ready(Spans(app, exporter, sockets))
            await asyncio.get_running_loop().run_in_executor(None, stop.wait)

    asyncio.run(serve())


@pytest.fixture(scope="module")
def spans(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Spans]:
    started, stop = threading.Event(), threading.Event()
    made: list[Spans] = []

    def ready(one: Spans) -> None:
        made.append(one)
        started.set()

    folder = tmp_path_factory.mktemp("s")
    thread = threading.Thread(target=in_thread, args=(folder, InMemorySpanExporter(), ready, stop))
    thread.start()
    try:
        assert started.wait(PATIENCE_S)
        yield made[0]
    finally:
        stop.set()
        thread.join(PATIENCE_S)


@contextmanager
def peer_of(spans: Spans, reply_to: str) -> Iterator[Peer]:
    peer = Peer(spans.endpoints, reply_to)
    try:
        yield peer
    finally:
        peer.close()


def text(task_id: str, *languages: str, **changes: Any) -> dict[str, Any]:
    return {
        "taskId": task_id,
        "text": f"{MARKER} {task_id}.",
        "sourceLanguage": "en",
        "targetLanguages": list(languages or ("pt",)),
        **changes,
    }


def names(within: list[ReadableSpan]) -> list[str]:
    return sorted(span.name for span in within)


def test_a_request_goes_on_with_the_trace_of_its_peer(spans: Spans) -> None:
    with peer_of(spans, "tracer") as peer:
        peer.run(text("traced", "pt", "fr", conversationId="c-1", priority="high", traceparent=TRACEPARENT))
    root, within = spans.of("traced")

    assert root.name == "process translation"
    assert root.kind is SpanKind.CONSUMER
    assert root.parent is not None
    assert (f"{root.context.trace_id:032x}", f"{root.parent.span_id:016x}") == (TRACE_ID, PARENT_ID)
    known = {
        "messaging.system": "zeromq",
        "messaging.operation.name": "process",
        "messaging.operation.type": "process",
        "messaging.destination.name": "requests",
        "messaging.message.id": "traced",
        "messaging.message.conversation_id": "c-1",
        "dragoman.request.type": "translation",
        "dragoman.peer": "tracer",
        "dragoman.priority": "high",
        "dragoman.status": "completed",
    }
    assert known.items() <= dict(root.attributes or {}).items()
    assert names(within) == ["receive", *["send translation_completed"] * 2, *["unit translation"] * 2]
    assert {f"{span.context.trace_id:032x}" for span in within} == {TRACE_ID}
    for span in within:
        times = [root.start_time, span.start_time, span.end_time, root.end_time]
        assert times == sorted(time for time in times if time is not None)
    (unit, _) = [span for span in within if span.name == "unit translation"]
    assert dict(unit.attributes or {})["dragoman.worker"] == "translation-0"
    (send, _) = [span for span in within if span.name.startswith("send ")]
    assert {"messaging.operation.type": "send", "messaging.destination.name": "routed events"}.items() <= dict(
        send.attributes or {}
    ).items()


@pytest.mark.parametrize("traceparent", [None, "", "nonsense", f"00-{'0' * 32}-{PARENT_ID}-01"])
def test_a_request_without_a_trace_begins_one(spans: Spans, traceparent: str | None) -> None:
    task_id = f"own {traceparent}"
    with peer_of(spans, "tracer") as peer:
        peer.run(text(task_id, traceparent=traceparent))
    root, within = spans.of(task_id)
    assert root.parent is None
    assert {span.context.trace_id for span in within} == {root.context.trace_id}


def test_a_peer_that_does_not_sample_is_obeyed(spans: Spans) -> None:
    with peer_of(spans, "tracer") as peer:
        peer.run(text("unsampled", traceparent=f"00-{TRACE_ID}-{PARENT_ID}-00"))
    assert "unsampled" not in {(span.attributes or {}).get("messaging.message.id") for span in spans.all()}


def test_a_wait_in_the_lane_a_failure_and_a_cancellation_are_seen(spans: Spans) -> None:
    with peer_of(spans, "tracer") as peer:
        peer.send(text("hangs", text="__hang__"))
        peer.collect(lambda message: message.type == "accepted")
        peer.send(text("waits", text="__fail__"))
        peer.collect(lambda message: message.type == "accepted")
        peer.send({"type": "cancel", "taskId": "hangs"})
        peer.collect(lambda message: message.type == "task_finished")
        (child,) = spans.app.pools["translation"].supervisor.children
        child.kill()
        peer.collect(lambda message: message.type == "task_finished")
    hung, within = spans.of("hangs")
    assert (dict(hung.attributes or {})["dragoman.status"], hung.status.status_code) == ("cancelled", StatusCode.UNSET)
    assert "unit translation" in names(within)
    failed, within = spans.of("waits")
    assert dict(failed.attributes or {})["error.type"] == "engine_failed"
    assert failed.status.status_code is StatusCode.ERROR
    (unit,) = [span for span in within if span.name == "unit translation"]
    assert unit.status.status_code is StatusCode.ERROR
    assert names(within) == ["queue", "receive", "send translation_error", "unit translation"]


def test_a_voice_message_has_a_span_for_every_unit(spans: Spans) -> None:
    with peer_of(spans, "tracer") as peer:
        peer.run({"type": "audio", "taskId": "voice", "targetLanguages": ["pt"], **SPEECH}, RECORDING)
    _, within = spans.of("voice")
    units = [name for name in names(within) if name.startswith("unit ")]
    assert units == ["unit decoder", "unit decoder", "unit speech", "unit transcription", "unit translation"]


def test_no_span_holds_what_was_said(spans: Spans) -> None:
    assert spans.all()
    assert MARKER not in " ".join(span.to_json() for span in spans.all())


class Collector(ThreadingHTTPServer):
    """Takes OTLP over HTTP."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.requests: list[tuple[str, ExportTraceServiceRequest]] = []


class _Handler(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        assert isinstance(self.server, Collector)
        self.server.requests.append((self.path, ExportTraceServiceRequest.FromString(body)))
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Nothing on standard error."""


def test_a_server_that_is_told_to_exports_by_otlp_to_where_the_environment_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    collector = Collector()
    threading.Thread(target=collector.serve_forever, daemon=True).start()
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", f"http://127.0.0.1:{collector.server_port}")
    monkeypatch.setenv("OTEL_SERVICE_NAME", "interpreter")
    settings = {key.replace("__", "."): value for key, value in ECHO.items()} | {"server.tracing": True}
    server = ServerProcess(tmp_path, settings)
    try:
        with connected(server.wait_ready(), "tracer") as peer:
            peer.run(text("exported", traceparent=TRACEPARENT))
        server.terminate()
        assert server.wait() == 0
    finally:
        server.stop()
        collector.shutdown()
        collector.server_close()
    (resource,) = dict(collector.requests)["/v1/traces"].resource_spans
    said = {attribute.key: attribute.value.string_value for attribute in resource.resource.attributes}
    assert said["service.name"] == "interpreter"
    exported = [span for scope in resource.scope_spans for span in scope.spans]
    assert {span.trace_id.hex() for span in exported} == {TRACE_ID}
    assert {span.name for span in exported} >= {"process translation", "receive", "unit translation"}


def test_a_request_that_needs_no_work_has_its_spans_too(spans: Spans) -> None:
    with peer_of(spans, "knower") as peer:
        peer.run(text("known", "en", traceparent=TRACEPARENT))
    root, within = spans.of("known")
    assert root.name == "process translation"
    assert root.attributes is not None
    assert root.attributes["dragoman.status"] == "completed"
    assert root.parent is not None
    assert format(root.parent.trace_id, "032x") in TRACEPARENT
    assert names(within) == ["receive", "send translation_completed"]
    assert all(root.start_time <= span.start_time <= span.end_time <= root.end_time for span in within)  # type: ignore[operator]
