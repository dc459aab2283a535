"""The effects of a run outside: its peer gets an answer at once, and the observers are told a little later."""

from __future__ import annotations

import uuid

import msgspec

from dragoman_server.tasks.observer import FinishedTask, ObserverBatcher
from dragoman_server.tasks.run import Run
from dragoman_server.tasks.services import Services
from dragoman_server.tasks.task import StoredEvent, Task
from dragoman_wire.envelope import Envelope
from dragoman_wire.errors import DragomanError
from dragoman_wire.events import Accepted, TaskFinished
from dragoman_wire.failures import failure_events, joint_failure_event
from dragoman_wire.families import FAMILIES, UNKNOWN_FAMILY


class RunCallbacks:
    """Called with each step of a run, in the loop; nothing here waits.

    Args:
        services: what every run needs.
        batcher: gathers what observers are told.
    """

    def __init__(self, services: Services, batcher: ObserverBatcher) -> None:
        self._services = services
        self._batcher = batcher
        # What only observers are told takes no call in between: every request passes here.
        self.answered = batcher.answered
        self.ended = batcher.ended
        self.left = batcher.left

    def refused(self, envelope: Envelope, error: DragomanError, *, ends: bool = True) -> None:
        """Answer a request that is not accepted; on *routed events* it ends as every other does."""
        services, family = self._services, FAMILIES.find(envelope.request_type)
        services.observer.refused(envelope, error)
        if envelope.task_id is None and family is not UNKNOWN_FAMILY and not family.control:
            envelope = msgspec.structs.replace(envelope, task_id=uuid.uuid4().hex)
        now_s = services.clock.unix()
        if envelope.languages and services.told_jointly(envelope):
            events = [joint_failure_event(envelope, dict.fromkeys(envelope.languages, error), now_s)]
        else:
            events = failure_events(envelope, error, now_s)
        for event in events:
            services.publisher.publish(event, envelope.codec, envelope.reply_to)
        if envelope.reply_to is not None and envelope.task_id is not None and not family.control and ends:
            last = _refused(envelope.task_id, error, len(events))
            services.publisher.publish(last, envelope.codec, envelope.reply_to)

    def accepted(self, task: Task, run: Run) -> None:
        """Tell that a request is safe and has its place; the peer of an earlier server's knows that already."""
        timeline = run.timeline
        self._batcher.accepted(task, run)
        if timeline.resumed:
            return
        self._tell_accepted(run.envelope, duplicate=timeline.duplicate)
        if timeline.duplicate:
            self.replay(task, run.envelope)

    def repeated(self, task: Task, envelope: Envelope) -> None:
        """Answer a request for nothing new with what is known of its task."""
        self._services.observer.repeated(task, envelope)
        self._tell_accepted(envelope, duplicate=True)
        self.replay(task, envelope)

    def replay(self, task: Task, envelope: Envelope) -> int:
        """Publish a task's stored events again, in the encoding and to the peer of `envelope`; return how many."""
        publisher = self._services.publisher
        published = [stored for stored in task.published if _is_asked_for(stored, envelope)]
        for stored in published:
            publisher.send(stored.encoded(envelope.codec), envelope.codec, envelope.reply_to, stored.binaries)
        self._tell_failures_again(task, envelope)
        if task.finished is not None and envelope.reply_to is not None:
            # As many events as this peer gets now: it counts them.
            last = msgspec.structs.replace(task.finished, events=len(published))
            publisher.publish(last, envelope.codec, envelope.reply_to)
        return len(published)

    def _tell_failures_again(self, task: Task, envelope: Envelope) -> None:
        services = self._services
        if task.in_flight or not services.told_jointly(envelope) or services.events.language_errors == "off":
            return
        failed = {part: error for part, error in task.outcomes.items() if error and _is_asked(part, envelope)}
        if failed:
            event = joint_failure_event(envelope, failed, services.clock.unix())
            services.publisher.publish(event, envelope.codec, None)

    def finished(self, task: Task, envelope: Envelope, last: TaskFinished) -> None:
        """Tell that a task is over, and let its runs go."""
        runs, task.runs = task.runs, []
        published_s = self._services.clock.monotonic()
        self._batcher.finished(
            FinishedTask(task=task, envelope=envelope, last=last, runs=runs, published_s=published_s)
        )

    def _tell_accepted(self, envelope: Envelope, *, duplicate: bool) -> None:
        if envelope.reply_to is not None and envelope.task_id is not None:
            event = Accepted(task_id=envelope.task_id, duplicate=duplicate)
            self._services.publisher.publish(event, envelope.codec, envelope.reply_to)


def _is_asked_for(stored: StoredEvent, envelope: Envelope) -> bool:
    return stored.part is None or _is_asked(stored.part, envelope)


def _is_asked(part: str, envelope: Envelope) -> bool:
    """Tell whether a repeat asks for this part of the task; a `result` request, which names no languages, does."""
    return not envelope.languages or part in envelope.languages


def _refused(task_id: str, error: DragomanError, events: int) -> TaskFinished:
    return TaskFinished(
        task_id=task_id, status="refused", events=events, queue_time_ms=0.0, compute_time_ms=0.0, error_code=error.code
    )
