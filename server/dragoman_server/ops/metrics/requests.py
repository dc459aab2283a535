"""Requests and lanes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import get_args

from prometheus_client.core import Metric

from dragoman_handlers.registry import HANDLERS
from dragoman_server.ops.metrics.families import Row, counter, gauge, histogram
from dragoman_server.ops.stats_sources import StatsSources
from dragoman_server.telemetry.counts import NO_LANE, UNKNOWN
from dragoman_wire.errors import InternalFault, InvalidRequest, Overloaded, ShuttingDown, TooLarge, UnknownType
from dragoman_wire.events import TaskStatus
from dragoman_wire.families import FAMILIES

_REFUSALS = tuple(
    error.code for error in (InvalidRequest, UnknownType, TooLarge, Overloaded, ShuttingDown, InternalFault)
)
"""Why a request is refused; these are shown before the first is."""


def families(sources: StatsSources) -> Iterator[Metric]:
    """Yield what was asked, what came of it, and how long it took."""
    yield from _requests_by_type(sources)
    yield from _requests_by_lane(sources)
    yield from _content(sources)
    yield from _lanes(sources)
    yield from _times(sources)


def _requests_by_type(sources: StatsSources) -> Iterator[Metric]:
    counts, lanes = sources.telemetry.counts, sources.dispatcher.lanes

    def by_type(figures: Mapping[str, int], types: list[str]) -> list[Row]:
        return [((counts.lane_of(kind), kind), figures.get(kind, 0)) for kind in types]

    tasks = sorted(HANDLERS)
    yield counter(
        "dragoman_requests_received_total",
        "Messages that were read, control requests and unreadable ones included",
        ("lane", "type"),
        by_type(counts.receipts, [*tasks, *sorted(FAMILIES.control_types), UNKNOWN]),
    )
    yield counter(
        "dragoman_requests_accepted_total",
        "Requests that were accepted; a repeat that asks for more is one",
        ("lane", "type"),
        by_type(counts.acceptances, tasks),
    )
    yield counter(
        "dragoman_requests_rejected_total",
        "Requests that were refused",
        ("lane", "code"),
        _rejections(sources),
    )
    yield counter(
        "dragoman_requests_finished_total",
        "Accepted requests that were answered",
        ("lane", "status"),
        [((lane, status), counts.ends.get((lane, status), 0)) for lane in lanes for status in get_args(TaskStatus)],
    )


def _requests_by_lane(sources: StatsSources) -> Iterator[Metric]:
    counts, lanes = sources.telemetry.counts, sources.dispatcher.lanes

    def by_lane(figures: Mapping[str, int]) -> list[Row]:
        return [((lane,), figures.get(lane, 0)) for lane in lanes]

    yield counter(
        "dragoman_requests_repeated_total",
        "Repeats that were answered with what was known",
        ("lane",),
        by_lane(counts.repeats),
    )
    yield counter(
        "dragoman_requests_resumed_total",
        "Requests that an earlier start had accepted",
        ("lane",),
        by_lane(counts.resumptions),
    )
    yield counter(
        "dragoman_requests_left_total",
        "Accepted requests that were left to the next start",
        ("lane",),
        by_lane(counts.leftovers),
    )


def _rejections(sources: StatsSources) -> list[Row]:
    rejections = sources.telemetry.counts.rejections
    usual = dict.fromkeys(((lane, code) for lane in (*sources.dispatcher.lanes, NO_LANE) for code in _REFUSALS), 0)
    return list((usual | rejections).items())


def _content(sources: StatsSources) -> Iterator[Metric]:
    counts, lanes = sources.telemetry.counts, sources.dispatcher.lanes
    yield counter(
        "dragoman_text_characters_total",
        "Characters of the texts of accepted requests",
        ("lane",),
        [((lane,), counts.characters.get(lane, 0)) for lane in lanes],
    )
    yield counter(
        "dragoman_audio_seconds_total",
        "Seconds of audio that were decoded",
        ("lane",),
        [((lane,), counts.audio_s.get(lane, 0.0)) for lane in lanes],
    )


def _lanes(sources: StatsSources) -> Iterator[Metric]:
    lanes = sources.dispatcher.lanes

    def each(name: str, meaning: str, figures: Mapping[str, int]) -> Metric:
        return gauge(f"dragoman_lane_{name}", meaning, ("lane",), [((lane,), one) for lane, one in figures.items()])

    yield each("active", "Requests at work", {name: lane.active for name, lane in lanes.items()})
    yield each("queued", "Requests that wait for their turn", {name: lane.queued for name, lane in lanes.items()})
    yield each(
        "concurrency_limit", "Most requests at work", {name: lane.config.concurrency for name, lane in lanes.items()}
    )
    yield each("queue_limit", "Most requests that may wait", {name: lane.config.queue for name, lane in lanes.items()})


def _times(sources: StatsSources) -> Iterator[Metric]:
    lanes = sources.dispatcher.lanes
    yield histogram(
        "dragoman_request_queue_seconds",
        "Time of a request in which no model worked for it",
        "lane",
        {name: lane.queue_times.histogram for name, lane in lanes.items()},
    )
    yield histogram(
        "dragoman_request_compute_seconds",
        "Time of a request in which a model worked for it",
        "lane",
        {name: lane.compute_times.histogram for name, lane in lanes.items()},
    )
    yield histogram(
        "dragoman_request_publish_seconds",
        "Time from the end of a task's work to its last event on the socket",
        "lane",
        {name: lane.publish_times.histogram for name, lane in lanes.items()},
    )
