"""What a peer sent and what it was told, and whether the server kept its promises. Pure: no sockets, no clock."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

TRANSCRIPTION = "transcription"
"""The part of a request that is about what was said; the others are named by their target language."""


@dataclass(kw_only=True)
class Task:
    """One request and its events."""

    task_id: str
    expected: Mapping[str, str]
    """By part: the text that the echo engines make of it."""
    sent: int = 0
    asked: int = 0
    """How often its stored events were asked for."""
    accepted: int = 0
    """How often it was accepted as new."""
    known: bool = False
    """It was accepted, as new or as a repeat."""
    refused: str | None = None
    """The error code of a refusal; the peer sends such a request again."""
    results: dict[str, set[str]] = field(default_factory=dict)
    errors: list[str] = field(default_factory=list)
    finishes: list[str] = field(default_factory=list)
    """The status of each `task_finished`."""
    late: list[str] = field(default_factory=list)
    """Parts that were first heard of after the finish, though no replay was asked for."""
    forgotten: bool = False

    @property
    def complete(self) -> bool:
        """Finished, and every event that the finish stands for is here."""
        if not self.finishes:
            return False
        return self.finishes[-1] != "completed" or self.expected.keys() <= self.results.keys()


@dataclass(frozen=True, kw_only=True)
class Counts:
    """A ledger in figures."""

    tasks: int
    accepted: int
    finished: int
    asked: int
    resent: int

    def __add__(self, other: Counts) -> Counts:
        return Counts(**{name: getattr(self, name) + getattr(other, name) for name in self.__dataclass_fields__})


class Ledger:
    """The book of one peer.

    Args:
        peer: its name, for the sentences about problems.
    """

    def __init__(self, peer: str) -> None:
        self.peer = peer
        self.tasks: dict[str, Task] = {}
        self._open: dict[str, Task] = {}

    def add(self, task_id: str, expected: Mapping[str, str]) -> Task:
        """Note a request that is about to be sent."""
        task = Task(task_id=task_id, expected=expected)
        self.tasks[task_id] = self._open[task_id] = task
        return task

    @property
    def open(self) -> list[Task]:
        """Return the requests that are not complete yet."""
        return list(self._open.values())

    def see(self, event: Mapping[str, Any]) -> Task | None:
        """Write an event down; the task that it belongs to."""
        task = self.tasks.get(str(event.get("taskId")))
        if task is None:
            return None
        kind = event["type"]
        if kind == "accepted":
            task.known, task.refused = True, None
            task.accepted += not event["duplicate"]
        elif kind == "task_finished":
            task.finishes.append(event["status"])
        elif kind == "result_unknown":
            task.forgotten = task.forgotten or task.known
        elif "errorCode" in event:
            self._error(task, event["errorCode"])
        for part, text in texts_of(event):
            if part not in task.results and task.finishes and task.sent + task.asked == 1:
                task.late.append(part)
            task.results.setdefault(part, set()).add(text)
        if task.complete:
            self._open.pop(task.task_id, None)
        return task

    def problems(self) -> list[str]:
        """Return one sentence for each broken promise."""
        return [f"{self.peer} {task.task_id}: {said}" for task in self.tasks.values() for said in _problems(task)]

    def counts(self) -> Counts:
        """In figures."""
        tasks = self.tasks.values()
        return Counts(
            tasks=len(tasks),
            accepted=sum(task.known for task in tasks),
            finished=sum(bool(task.finishes) for task in tasks),
            asked=sum(task.asked for task in tasks),
            resent=sum(task.sent - 1 for task in tasks),
        )

    @staticmethod
    def _error(task: Task, code: str) -> None:
        if task.known:
            task.errors.append(code)
        else:
            task.refused = code


def texts_of(event: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield the results that an event brings, by part."""
    if event["type"] == "translation_completed":
        yield event["targetLanguage"], event["result"]["translatedText"]
    elif event["type"] in ("transcription_completed", "audio_process_completed"):
        yield TRANSCRIPTION, event["transcription"]["text"]
        for spoken in event.get("translatedAudios", ()):
            yield spoken["targetLanguage"], spoken["translatedText"]


def _problems(task: Task) -> Iterator[str]:
    if not task.known and not task.finishes:
        yield f"never accepted, though sent {task.sent} times ({task.refused or 'no answer'})"
        return
    if task.forgotten or task.accepted > 1:
        yield "accepted, then forgotten"
    if not task.finishes:
        yield "lost: accepted and never finished"
        return
    if len(task.finishes) > task.sent + task.asked:
        # Each repeat and each question may be answered with the stored finish once.
        yield f"finished {len(task.finishes)} times; sent {task.sent} times, asked for {task.asked} times"
    if set(task.finishes) != {"completed"}:
        yield f"finished as {', '.join(task.finishes)} ({', '.join(task.errors) or 'no error'})"
    elif task.errors:
        yield f"completed with errors: {', '.join(task.errors)}"
    if task.late:
        yield f"results after the finish: {', '.join(task.late)}"
    yield from _wrong_results(task)


def _wrong_results(task: Task) -> Iterator[str]:
    for part, texts in task.results.items():
        if texts != {task.expected.get(part)}:
            yield f"wrong result for {part}: {sorted(texts)}, expected {task.expected.get(part)!r}"
    missing = task.expected.keys() - task.results.keys()
    if missing and "completed" in task.finishes:
        yield f"completed without {', '.join(sorted(missing))}"
