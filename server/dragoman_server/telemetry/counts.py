"""How many requests of each kind, and how they ended. A request is one run: a repeat that asks for more is another."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence

from typing_extensions import override

from dragoman_server.journal.records import Reply
from dragoman_server.tasks.observer import Observer
from dragoman_server.tasks.run import Run, peer_of
from dragoman_server.tasks.task import Task
from dragoman_server.telemetry.peers import Peers
from dragoman_wire.envelope import Envelope
from dragoman_wire.errors import DragomanError
from dragoman_wire.families import FAMILIES

CONTROL, NO_LANE = "control", "none"
"""Instead of a lane: of control requests, and of what belongs nowhere."""
UNKNOWN = "unknown"
"""Instead of a type: of what could not be read, or is of a type that does not exist."""


class Counts(Observer):
    """Counters since the start.

    Args:
        lane_of: a request type's lane.
    """

    def __init__(self, lane_of: Mapping[str, str]) -> None:
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
        self._lane_of = {**lane_of, **dict.fromkeys(FAMILIES.control_types, CONTROL)}

    def lane_of(self, request_type: str | None) -> str:
        """Return the lane of a request type, or what stands for it."""
        return self._lane_of.get(request_type or "", NO_LANE)

    def receive(self, request_type: str | None) -> None:
        """Count a message that was read."""
        self.receipts[request_type if request_type and request_type in self._lane_of else UNKNOWN] += 1

    @property
    def rejected_by_code(self) -> dict[str, int]:
        """Return the refusals of all lanes together, by error code."""
        total: Counter[str] = Counter()
        for (_, code), count in self.rejections.items():
            total[code] += count
        return dict(total)

    # --- what is told --------------------------------------------------------------------------------------

    @override
    def refused(self, envelope: Envelope, error: DragomanError) -> None:
        self.rejections[self.lane_of(envelope.request_type), error.code] += 1
        self.peers[peer_of(envelope)].rejected += 1

    @override
    def repeated(self, task: Task, envelope: Envelope) -> None:
        self.repeats[self.lane_of(task.request_type)] += 1
        self.peers[peer_of(envelope)].repeated += 1

    @override
    def answered(self, replies: Sequence[Reply]) -> None:
        self.acceptances.update([one.request_type for one in replies])
        self.ends.update([(one.lane, "completed") for one in replies])
        for one in replies:
            self.characters[one.lane] += len(getattr(one.request, "text", ""))
        for peer, count in Counter([one.peer for one in replies]).items():
            figures = self.peers[peer]
            figures.accepted += count
            figures.completed += count

    @override
    def accepted(self, accepted: Sequence[tuple[Task, Run]]) -> None:
        for task, run in accepted:
            timeline = run.timeline
            if timeline.resumed:
                self.resumptions[timeline.lane] += 1
                continue
            self.acceptances[task.request_type] += 1
            self.characters[timeline.lane] += len(getattr(run.request, "text", ""))
            self.peers[timeline.peer].accepted += 1

    @override
    def ended(self, ended: Sequence[Run]) -> None:
        for run in ended:
            timeline = run.timeline
            self.ends[timeline.lane, str(timeline.status)] += 1
            figures = self.peers[timeline.peer]
            if timeline.status in ("completed", "partial"):
                figures.completed += 1
            else:
                figures.failed += 1
            if timeline.audio_s:
                self.audio_s[timeline.lane] += timeline.audio_s

    @override
    def left(self, task: Task, run: Run) -> None:
        self.leftovers[run.timeline.lane] += 1
