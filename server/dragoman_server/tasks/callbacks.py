"""The effects of a run outside: its peer gets an answer at once, and the observers are told a little later."""

from __future__ import annotations

from dragoman_server.tasks.observer import FinishedTask, ObserverBatcher
from dragoman_server.tasks.run import Run
from dragoman_server.tasks.services import Services
from dragoman_server.tasks.task import Task
from dragoman_wire.envelope import Envelope
from dragoman_wire.errors import DragomanError
from dragoman_wire.events import Accepted, TaskFinished
from dragoman_wire.failures import failure_events


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

    def refused(self, envelope: Envelope, error: DragomanError) -> None:
        """Answer a request that is not accepted."""
        self._services.observer.refused(envelope, error)
        for event in failure_events(envelope, error, self._services.clock.unix()):
            self._services.publisher.publish(event, envelope.codec, envelope.reply_to)

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
        published = task.published
        for stored in published:
            publisher.send(stored.encoded(envelope.codec), envelope.codec, envelope.reply_to, stored.binaries)
        if task.finished is not None and envelope.reply_to is not None:
            publisher.publish(task.finished, envelope.codec, envelope.reply_to)
        return len(published)

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
