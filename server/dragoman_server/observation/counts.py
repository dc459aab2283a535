"""How many requests of each kind, and how they ended. A request is one run: a repeat that asks for more is another."""

# ruff: noqa: ARG002 - an observer is told more than it wants to know

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence

from dragoman_engines.unit import Answer
from dragoman_engines.work import SPOOL_RATE_HZ, AnyWork, DecodeAudio, DecodedAudio
from dragoman_server.clock import Clock
from dragoman_server.lane import Lane
from dragoman_server.observation.observer import Answered, Observer
from dragoman_server.observation.peers import Peers
from dragoman_server.task_context import TaskContext
from dragoman_server.task_life import peer_of
from dragoman_server.task_record import TaskRecord
from dragoman_wire.envelope import Envelope
from dragoman_wire.errors import DragomanError
from dragoman_wire.events import TaskFinished, TaskStatus
from dragoman_wire.requests import CONTROL_TYPES

CONTROL, NO_LANE = "control", "none"
"""Instead of a lane: of control requests, and of what belongs nowhere."""
UNKNOWN = "unknown"
"""Instead of a type: of what could not be read, or is of a type that does not exist."""


class Counts(Observer):
    """Counters since the start.

    Args:
        lanes: by name; each is told how long its tasks took to be published.
        lane_of: a request type's lane.
        clock: measures.
    """

    def __init__(self, lanes: Mapping[str, Lane], lane_of: Mapping[str, str], clock: Clock) -> None:
        self.receipts: Counter[str] = Counter()
        """By type: everything that was read from the socket."""
        self.acceptances: Counter[str] = Counter()
        """By type."""
        self.rejections: Counter[tuple[str, str]] = Counter()
        """By lane and error code."""
        self.ends: Counter[tuple[str, str]] = Counter()
        """By lane and status."""
        self.resumptions: Counter[str] = Counter()
        """By lane, as the following: accepted by an earlier server, taken over by this one."""
        self.repeats: Counter[str] = Counter()
        """Answered with what was known already."""
        self.leftovers: Counter[str] = Counter()
        """Left to the next start."""
        self.characters: Counter[str] = Counter()
        """Of the texts of accepted requests."""
        self.audio_s: defaultdict[str, float] = defaultdict(float)
        """Of decoded recordings."""
        self.peers = Peers()
        self._lanes = lanes
        self._lane_of = {**lane_of, **dict.fromkeys(CONTROL_TYPES, CONTROL)}
        self._clock = clock

    def lane_of(self, request_type: str | None) -> str:
        """The lane of a request type, or what stands for it."""
        return self._lane_of.get(request_type or "", NO_LANE)

    def receive(self, request_type: str | None) -> None:
        """A message was read."""
        self.receipts[request_type if request_type and request_type in self._lane_of else UNKNOWN] += 1

    @property
    def rejected_by_code(self) -> dict[str, int]:
        """All lanes together."""
        total: Counter[str] = Counter()
        for (_, code), count in self.rejections.items():
            total[code] += count
        return dict(total)

    # --- what is told --------------------------------------------------------------------------------------

    def refused(self, envelope: Envelope, error: DragomanError) -> None:
        """See Observer."""
        self.rejections[self.lane_of(envelope.request_type), error.code] += 1
        self.peers[peer_of(envelope)].rejected += 1

    def repeated(self, record: TaskRecord, envelope: Envelope) -> None:
        """See Observer."""
        self.repeats[self.lane_of(record.request_type)] += 1
        self.peers[peer_of(envelope)].repeated += 1

    def answered(self, answered: Sequence[Answered]) -> None:
        """See Observer."""
        self.acceptances.update([one.inbound.request_type for one in answered])
        self.ends.update([(one.lane, "completed") for one in answered])
        for one in answered:
            self.characters[one.lane] += len(getattr(one.inbound.request, "text", ""))
        for peer, count in Counter([one.peer for one in answered]).items():
            figures = self.peers[peer]
            figures.accepted += count
            figures.completed += count

    def accepted(self, context: TaskContext) -> None:
        """See Observer."""
        request, request_type = context.request, context.record.request_type
        lane = self.lane_of(request_type)
        if context.resumed:
            self.resumptions[lane] += 1
            return
        self.acceptances[request_type] += 1
        self.characters[lane] += len(getattr(request, "text", ""))
        self.peers[peer_of(request)].accepted += 1

    def unit_done(self, context: TaskContext, work: AnyWork, answer: Answer | None) -> None:
        """See Observer."""
        if isinstance(work, DecodeAudio) and answer is not None and isinstance(answer.result, DecodedAudio):
            self.audio_s[self.lane_of(context.record.request_type)] += answer.result.samples / SPOOL_RATE_HZ

    def ended(self, context: TaskContext, status: TaskStatus, queue_s: float, compute_s: float) -> None:
        """See Observer."""
        self.ends[self.lane_of(context.record.request_type), status] += 1
        figures = self.peers[peer_of(context.request)]
        if status in ("completed", "partial"):
            figures.completed += 1
        else:
            figures.failed += 1

    def left(self, context: TaskContext) -> None:
        """See Observer."""
        self.leftovers[self.lane_of(context.record.request_type)] += 1

    def finished(self, record: TaskRecord, envelope: Envelope, last: TaskFinished) -> None:
        """See Observer."""
        lane = self._lanes.get(self.lane_of(record.request_type))
        if lane is not None and record.ended_s:
            lane.publish_times.add(self._clock.monotonic() - record.ended_s)
