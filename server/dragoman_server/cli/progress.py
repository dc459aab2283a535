"""Progress of a folder that grows, on a terminal; nothing where standard error goes elsewhere."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn, TransferSpeedColumn

from dragoman_engines.models.store import folder_bytes
from dragoman_engines.models.watching import Watch

LOOK_EVERY_S = 0.25


def shown_growth(title: str, console: Console | None = None) -> Watch:
    """Make a watch that draws a bar."""
    to = console or Console(stderr=True)

    def watch(folder: Path, size_bytes: int) -> AbstractContextManager[object]:
        return _bar(title, folder, size_bytes, to)

    return watch


@contextmanager
def _bar(title: str, folder: Path, size_bytes: int, console: Console) -> Iterator[None]:
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TransferSpeedColumn())
    with Progress(*columns, TimeRemainingColumn(), console=console, disable=not console.is_terminal) as progress:
        task = progress.add_task(title, total=size_bytes or None, completed=folder_bytes(folder))
        ended = threading.Event()

        def look() -> None:
            while not ended.wait(LOOK_EVERY_S):
                progress.update(task, completed=folder_bytes(folder))

        looker = threading.Thread(target=look, name="watch a download", daemon=True)
        looker.start()
        try:
            yield
        finally:
            ended.set()
            looker.join()
            progress.update(task, completed=folder_bytes(folder))
