"""A view of one task for an operator: ids, states and times, and no text."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import msgspec

from dragoman_server.journal.records import Reply
from dragoman_server.tasks.run import MOST_STEPS, RunTimeline, SentEvent, busy_s
from dragoman_server.tasks.task import TaskKey
from dragoman_server.telemetry.redaction import sentence_of
from dragoman_wire.errors import DragomanError
from dragoman_wire.events import TaskStatus, type_of

_Step = tuple[float, str, dict[str, Any]]


class TaskView(msgspec.Struct, kw_only=True):
    """All that is shown of one task. Times are monotonic seconds."""

    key: TaskKey
    request_type: str
    lane: str
    runs: Sequence[RunTimeline]
    """Of its runs; none where it only had to be closed."""
    outcomes: Mapping[str, DragomanError | None]
    open_parts: Sequence[str] = ()
    status: TaskStatus | None = None
    finished_s: float = 0.0
    """When its last event was published; 0 before."""
    message_id: str | None = None
    """Where no run tells it."""

    @classmethod
    def of(cls, reply: Reply) -> TaskView:
        """Return the view of a task that was answered at once, and whose content has been let go."""
        timeline = RunTimeline(
            lane=reply.lane,
            peer=reply.peer,
            priority=reply.request.priority_class,
            message_id=reply.request.message_id,
            arrived_s=reply.arrived_s,
            accepted_s=reply.ended_s,
            ended_s=reply.ended_s,
            queue_s=reply.queue_s,
            sent=[
                SentEvent(reply.ended_s, reply.published_s, type_of(event), part or None)
                for event, part in zip(reply.event_types, reply.parts, strict=True)
            ],
        )
        return cls(
            key=reply.key,
            request_type=reply.request_type,
            lane=reply.lane,
            runs=[timeline],
            outcomes=dict.fromkeys(reply.parts),
            status="completed",
            finished_s=reply.published_s,
        )

    # --- what is shown -------------------------------------------------------------------------------------

    @property
    def finished(self) -> bool:
        """Tell whether its last event is out."""
        return self.finished_s > 0.0

    @property
    def peer(self) -> str:
        """Return the peer on whose account it goes."""
        return self.runs[0].peer if self.runs else self.key[0] or ""

    @property
    def arrived_s(self) -> float:
        """Return when its first request came."""
        return self.runs[0].arrived_s if self.runs else self.finished_s

    def age_s(self, now_s: float) -> float:
        """Return the seconds from its arrival to its end, or to now."""
        return (self.finished_s or now_s) - self.arrived_s

    def document(self, now_s: float, unix_lag_s: float) -> dict[str, Any]:
        """Return everything but the timeline.

        Args:
            now_s: on the monotonic clock.
            unix_lag_s: Unix time at zero of that clock.
        """
        first = self.runs[0] if self.runs else None
        error = next((one for one in self.outcomes.values() if one is not None), None)
        return {
            "task_id": self.key[1],
            "reply_to": self.key[0],
            "message_id": first.message_id if first else self.message_id,
            "type": self.request_type,
            "lane": self.lane,
            "priority": first.priority if first else "normal",
            "peer": self.peer,
            "state": "finished" if self.finished else "running" if any(run.began_s for run in self.runs) else "queued",
            "status": self.status,
            "error_code": error.code if error else None,
            "error": sentence_of(error) if error else None,
            "arrived_s": round(self.arrived_s + unix_lag_s, 3),
            "age_ms": _ms(self.age_s(now_s)),
            **self._times(now_s),
            "parts": self._parts(),
            "units": self._units(),
        }

    def timeline(self) -> tuple[list[dict[str, Any]], int]:
        """Return the steps in order, and how many were left out in the middle."""
        steps = sorted(self._steps(), key=lambda step: step[0])
        dropped = sum(run.steps_dropped for run in self.runs) + max(0, len(steps) - MOST_STEPS)
        del steps[MOST_STEPS:]
        if self.finished:
            steps.append((self.finished_s, "finished", {"status": self.status}))
        return [{"at_ms": _ms(at_s - self.arrived_s), "event": event, **told} for at_s, event, told in steps], dropped

    def _times(self, now_s: float) -> dict[str, float]:
        ended = all(run.ended_s for run in self.runs)
        ended_s = max((run.ended_s for run in self.runs), default=self.finished_s) if ended else 0.0
        compute_s = sum(run.compute_s for run in self.runs) + self._computing_s(now_s)
        queue_s = sum(run.queue_s for run in self.runs) if ended else max(0.0, now_s - self.arrived_s - compute_s)
        publish_s = (self.finished_s or now_s) - ended_s if ended else 0.0
        return {"queue_ms": _ms(queue_s), "compute_ms": _ms(compute_s), "publish_ms": _ms(publish_s)}

    def _computing_s(self, now_s: float) -> float:
        """Return the computing time of runs that are not over."""
        going = [run for run in self.runs if not run.ended_s]
        calls = [(call.began_s, call.ended_s) for run in going for call in run.calls if call.good]
        return busy_s(calls + [(unit.began_s, now_s) for run in going for unit in run.units if unit.entry is None])

    def _units(self) -> dict[str, int]:
        units = [unit for run in self.runs for unit in run.units]
        running = sum(1 for unit in units if unit.entry is None)
        done = sum(run.units_done for run in self.runs)
        return {"done": done, "running": running, "queued": len(units) - running}

    def _parts(self) -> list[dict[str, Any]]:
        done = [
            {"part": part, "state": "failed" if error else "done", "error_code": error.code if error else None}
            for part, error in self.outcomes.items()
        ]
        return done + [{"part": part, "state": "open", "error_code": None} for part in self.open_parts]

    def _steps(self) -> Iterator[_Step]:
        yield self.arrived_s, "received", {}
        for run in self.runs:
            yield run.accepted_s, "accepted", {name: True for name in ("duplicate", "resumed") if getattr(run, name)}
            if run.queued_s:
                yield run.queued_s, "queued", {}
            if run.began_s:
                yield run.began_s, "started", {}
            for call in run.calls:
                if call.good:
                    times = {"queue_ms": _ms(call.queued_s), "compute_ms": _ms(call.ended_s - call.began_s)}
                    yield call.ended_s, "unit", {"kind": call.kind, "worker": call.worker, **times}
            for sent in run.sent:
                yield (
                    sent.at_s,
                    "published",
                    {"type": sent.type} | ({"language": sent.language} if sent.language else {}),
                )


def _ms(seconds: float) -> float:
    return round(seconds * 1000, 3)
