"""The progress of a model that is being made, for a display."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Protocol


class Watch(Protocol):
    """Shows how a folder grows, for the time of a block."""

    def __call__(self, folder: Path, size_bytes: int) -> AbstractContextManager[object]:
        """Watch a folder that will hold so many bytes; 0 where their number is unknown."""
        ...


def unwatched(folder: Path, size_bytes: int) -> AbstractContextManager[object]:
    """Show nothing."""
    del folder, size_bytes
    return nullcontext()
