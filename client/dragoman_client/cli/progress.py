"""How far the work is: one line on standard error, where that is a terminal, and nothing elsewhere."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator

import typer
from rich.console import Console
from rich.progress import Progress, ProgressColumn, SpinnerColumn, Task, TaskID, TextColumn, TimeElapsedColumn
from rich.text import Text
from typing_extensions import override

from dragoman_client.frames import ReceivedEvent
from dragoman_wire.printable import printable

_STAGES = {
    "transcription_ready": "transcribed; translating and speaking",
    "audio_translation_ready": "spoken",
    "audio_translations_progressive": "spoken: {language}",
    "audio_translations_completed": "spoken: {language}",
    "translation_completed": "translated: {language}",
}
_WIDTH = 20
_SPEED_OVER_S = 600.0
"""Long work goes by steps of half a minute of sound: a shorter look back would see it jump and stand."""


class Shown:
    """What is going on, for a person.

    Called with each event of the server it tells the stage; `task_progress` makes it a bar. Nothing may be printed
    while the line is there but in a block of `printing`.
    """

    def __init__(self, line: Progress | None, label: str, total: float | None) -> None:
        self._line = line
        self._label = label
        self._task: TaskID | None = line.add_task(label, total=total) if line is not None else None

    @property
    def visible(self) -> bool:
        """Return whether there is a line."""
        return self._line is not None

    def __call__(self, event: ReceivedEvent) -> None:
        """Show what an event says."""
        if event.type == "task_progress":
            self._progress(event)
            return
        stage = _STAGES.get(event.type)
        if stage is not None:
            self.update(description=stage.format(language=event.language))

    def update(self, *, done: float | None = None, total: float | None = None, description: str | None = None) -> None:
        """Show how much is done, of how much, and what."""
        if self._line is not None and self._task is not None:
            text = printable(description) if description is not None else None
            self._line.update(self._task, completed=done, total=total, description=text)

    @contextlib.contextmanager
    def printing(self) -> Iterator[None]:
        """Take the line away while something is printed."""
        if self._line is None:
            yield
            return
        self._line.stop()
        try:
            yield
        finally:
            self._line.start()

    def lost(self, server: object) -> None:
        """Say that a server is lost, and waited for."""
        with self.printing():
            typer.echo(printable(f"the connection to {server} is lost; waiting for it, Ctrl-C ends this"), err=True)

    def back(self, server: object) -> None:
        """Say that a server that was lost is there again."""
        with self.printing():
            typer.echo(printable(f"{server} answers again"), err=True)

    def _progress(self, event: ReceivedEvent) -> None:
        done, total = event.fields.get("done"), event.fields.get("total")
        if event.fields.get("stage") == "queued":
            self.update(description=f"waiting, place {event.fields.get('position', '?')} in the queue")
        elif isinstance(done, int | float) and isinstance(total, int | float) and total > 0:
            self.update(done=done, total=total, description=self._label)


class HowFar(ProgressColumn):
    """A bar, the per cent and the remaining time; nothing while the total is not known."""

    @override
    def render(self, task: Task) -> Text:
        """Draw it."""
        if not task.total:
            return Text("")
        full = round(_WIDTH * min(1.0, task.completed / task.total))
        left_s = task.time_remaining
        left = "" if left_s is None else f", {_clock(left_s)} left"
        return Text(f"{'━' * full}{'─' * (_WIDTH - full)} {task.percentage:.0f} %{left}")


@contextlib.contextmanager
def progress(label: str, total: float | None = None) -> Iterator[Shown]:
    """Show what is going on, for how long, and how far it is, where standard error is a terminal."""
    if not is_terminal():
        yield Shown(None, label, total)
        return
    columns = SpinnerColumn(), TextColumn("{task.description}", markup=False), HowFar(), TimeElapsedColumn()
    line = Progress(
        *columns,
        console=Console(stderr=True),
        transient=True,
        # Results go where they belong: rich would write them to standard error, above its line.
        redirect_stdout=False,
        redirect_stderr=False,
        speed_estimate_period=_SPEED_OVER_S,
    )
    with line:
        yield Shown(line, label, total)


def is_terminal() -> bool:
    """Return whether a person looks at standard error."""
    return sys.stderr.isatty()


def _clock(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes // 60}:{minutes % 60:02}:{rest:02}" if minutes >= 60 else f"{minutes}:{rest:02}"
