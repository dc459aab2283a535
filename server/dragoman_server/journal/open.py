"""From the configuration to a journal."""

from __future__ import annotations

from pathlib import Path

from dragoman_server.config import JournalConfig
from dragoman_server.journal.base import Journal
from dragoman_server.journal.null import NOTHING
from dragoman_server.journal.sqlite import SqliteJournal


def open_journal(folder: Path, config: JournalConfig) -> Journal:
    """Open the journal that is configured; `folder` is the state directory. To be called in the loop.

    Raises:
        JournalError: the file cannot be used.
    """
    return NOTHING if config.mode == "off" else SqliteJournal(folder, config)
