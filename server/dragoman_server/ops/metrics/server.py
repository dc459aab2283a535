"""The server as a whole: its journal, its memory of results, and whether it can serve."""

from __future__ import annotations

from collections.abc import Iterator

from prometheus_client.core import Metric

from dragoman_handlers.translation import version
from dragoman_server.ops.metrics.families import gauge, histogram, single, total
from dragoman_server.ops.stats_sources import StatsSources


def families(sources: StatsSources) -> Iterator[Metric]:
    """Yield what is of no lane and of no engine."""
    yield from _state(sources)
    yield from _journal(sources)
    results = sources.dispatcher.store
    yield single("dragoman_in_flight_bytes", "Bytes of the requests in flight", sources.services.budget.taken_bytes)
    yield single(
        "dragoman_in_flight_limit_bytes",
        "Bytes past which requests are refused",
        sources.services.budget.limits.total_bytes,
    )
    yield single("dragoman_results_tasks", "Tasks that are known, in flight or finished", len(results))
    yield single("dragoman_results_bytes", "Bytes of the finished ones' events", results.bytes)
    yield total("dragoman_events_published_total", "Events that were sent", sources.services.publisher.published)
    yield total(
        "dragoman_log_lines_dropped_total",
        "Log lines that a stalled stream had no room for",
        sources.log_lines_dropped(),
    )


def _state(sources: StatsSources) -> Iterator[Metric]:
    yield gauge("dragoman_build_info", "1, with the version", ("version",), [((version(),), 1)])
    yield single("dragoman_ready", "1 where GET /readyz says yes", not sources.not_ready())
    yield single("dragoman_draining", "1 while a graceful stop is under way", sources.dispatcher.draining)


def _journal(sources: StatsSources) -> Iterator[Metric]:
    journal = sources.services.journal
    figures = journal.statistics()
    yield single("dragoman_journal_failing", "1 where the journal cannot be written", journal.problem is not None)
    yield single("dragoman_journal_pending", "Operations that wait to be written", figures["pending"])
    yield single("dragoman_journal_bytes", "Size of the journal", figures["bytes"])
    yield single("dragoman_journal_peer_limit_bytes", "Most that one peer may have in it", figures["peer_limit_bytes"])
    yield single(
        "dragoman_journal_largest_peer_bytes", "What the largest peer has in it", figures["largest_peer_bytes"]
    )
    dead_letters = "Dead letters: requests at which engines or the server ended repeatedly"
    yield single("dragoman_journal_dead_requests", dead_letters, figures["dead"])
    yield total("dragoman_journal_committed_total", "Operations that were written", figures["committed"])
    yield histogram(
        "dragoman_journal_lag_seconds", "Time that a transaction took to be safe", "", {"": journal.lag.histogram}
    )
