"""How many requests of each kind, and how they ended. A request is one run: a repeat that asks for more is another."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence

from dragoman_server.tasks.context import TaskContext
from dragoman_server.tasks.observer import Answered, Observer
from dragoman_server.tasks.task import TaskRecord
from dragoman_server.tasks.task_life import peer_of
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

    def accepted(self, accepted: Sequence[TaskContext]) -> None:
        """See Observer."""
        for context in accepted:
            story = context.story
            if story.resumed:
                self.resumptions[story.lane] += 1
                continue
            self.acceptances[context.record.request_type] += 1
            self.characters[story.lane] += len(getattr(context.request, "text", ""))
            self.peers[story.peer].accepted += 1

    def ended(self, ended: Sequence[TaskContext]) -> None:
        """See Observer."""
        for context in ended:
            story = context.story
            self.ends[story.lane, str(story.status)] += 1
            figures = self.peers[story.peer]
            if story.status in ("completed", "partial"):
                figures.completed += 1
            else:
                figures.failed += 1
            if story.audio_s:
                self.audio_s[story.lane] += story.audio_s

    def left(self, context: TaskContext) -> None:
        """See Observer."""
        self.leftovers[context.story.lane] += 1
