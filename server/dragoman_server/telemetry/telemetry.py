"""All that the server keeps of its requests for operators, put together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from dragoman_server.clock import Clock
from dragoman_server.tasks.observer import Observer, Observers
from dragoman_server.telemetry.counts import Counts
from dragoman_server.telemetry.lines import Lines
from dragoman_server.telemetry.request_log import RequestLog
from dragoman_server.telemetry.task_log import TaskLog


class Telemetry:
    """Counts, tasks and log lines.

    Args:
        lane_of: a request type's lane.
        clock: dates and measures.
        lines: the log.
        others: further observers.
    """

    def __init__(
        self,
        lane_of: Mapping[str, str],
        clock: Clock,
        lines: Lines,
        others: Sequence[Observer] = (),
    ) -> None:
        self.counts = Counts(lane_of)
        self.tasks = TaskLog(lane_of, clock)
        self.log = RequestLog(lines, lane_of, clock)
        self.observer = Observers([self.counts, self.tasks, self.log, *others])
