"""The tasks that the server knows: those in flight, and those finished a while ago, for repeats of them."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable

from dragoman_server.config import ResultsConfig
from dragoman_server.journal.base import Journal
from dragoman_server.journal.null import NOTHING
from dragoman_server.tasks.compact_task import CondensedTask, condensed
from dragoman_server.tasks.task import TaskKey, TaskRecord
from dragoman_wire.requests import Request


def can_be_named(request: Request, record: TaskRecord) -> bool:
    """Whether a peer knows the task's id, and so whether there is anything to keep of it."""
    return request.task_id is not None or record.key[0] is not None


class ResultsStore:
    """Records by key; finished ones leave after a time, or the oldest first when they take too much room."""

    def __init__(self, config: ResultsConfig, clock: Callable[[], float]) -> None:
        self.journal: Journal = NOTHING
        """Where tasks are written that are kept here as known."""
        self._config = config
        self._clock = clock
        self._active: dict[TaskKey, TaskRecord] = {}
        self._finished: OrderedDict[TaskKey, TaskRecord | CondensedTask] = OrderedDict()
        self.bytes = 0

    def __len__(self) -> int:
        return len(self._active) + len(self._finished)

    def reconfigure(self, config: ResultsConfig) -> None:
        """Other limits from now on."""
        self._config = config
        self.expire()

    def get(self, key: TaskKey) -> TaskRecord | None:
        """The record of a task that is in flight or still remembered."""
        active = self._active.get(key)
        if active is not None or (task := self._finished.get(key)) is None:
            return active
        if task.finished_s < self._clock() - self._config.keep_s:
            self.expire()
            return None
        return task.full(key, self.journal) if isinstance(task, CondensedTask) else task

    def begin(self, record: TaskRecord) -> None:
        """A run of the task starts; it is in flight until `end`."""
        known = self._finished.pop(record.key, None)
        if known is not None:
            self.bytes -= known.size_bytes
        self._active[record.key] = record

    def keep(self, key: TaskKey, task: CondensedTask) -> None:
        """Know a new task that is finished already. To be followed by `expire` soon."""
        if self._config.keep_s:
            self._finished[key] = task
            self.bytes += task.weigh()
        elif task.number:
            self.journal.forget(task.number)

    def end(self, record: TaskRecord, *, keep: bool) -> None:
        """The task's last run has ended. `keep` it for repeats, where a peer can name it.

        Like `keep`: to be followed by `expire` soon.
        """
        self._active.pop(record.key, None)
        if not keep or self._config.keep_s == 0:
            record.journal.forget(record.number)
            return
        now_s = self._clock()
        told = record.key[0] is not None  # of its end, which is kept too, once it is written
        task = None if told else condensed(record, None)
        if task is None:
            self.restore(record, now_s)
        else:
            task.finished_s = now_s
            self._finished[record.key] = task
            self.bytes += task.weigh()
        if self.bytes > self._config.bytes:
            self.expire()

    def condense(self, record: TaskRecord, last: bytes | None) -> None:
        """A finished task is written whole: keep it in less room, if it is still kept."""
        if self._finished.get(record.key) is not record:
            return
        task = condensed(record, last)
        if task is not None:
            self._finished[record.key] = task
            self.bytes += task.weigh() - record.size_bytes

    def restore(self, record: TaskRecord, finished_s: float) -> None:
        """Know a task that was finished then. To be called in the order of their ends."""
        record.finished_s = finished_s
        self._finished[record.key] = record
        self.bytes += record.size_bytes

    def discard(self, record: TaskRecord) -> None:
        """The task was not accepted after all."""
        self._active.pop(record.key, None)

    def expire(self) -> None:
        """Forget what is too old, and the oldest where there are too many."""
        finished, most_bytes, most = self._finished, self._config.bytes, self._config.tasks
        oldest_s = self._clock() - self._config.keep_s
        while finished:
            task = next(iter(finished.values()))
            if task.finished_s >= oldest_s and self.bytes <= most_bytes and len(finished) <= most:
                return
            finished.popitem(last=False)
            self.bytes -= task.size_bytes
            if task.number:
                self.journal.forget(task.number)
