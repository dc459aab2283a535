"""What one turn of reading brings about leaves together, after it is written."""

from __future__ import annotations

from typing import Any, cast

import pytest

from dragoman_server.tasks.services import Outgoing


class Recorder:
    """A journal and a publisher that note what is asked of them."""

    def __init__(self) -> None:
        self.calls: list[str] = []
        self.broken = False
        self.publisher = self.journal = self

    def hold(self) -> None:
        self.calls.append("hold")

    def release(self) -> None:
        self.calls.append("send")

    def hand_over(self) -> None:
        self.calls.append("write")
        if self.broken:
            raise RuntimeError("no disk")


def test_rows_are_written_before_events_are_sent() -> None:
    recorder = Recorder()
    outgoing = Outgoing(cast("Any", recorder))
    outgoing.hold()
    outgoing.release()
    assert recorder.calls == ["hold", "write", "send"]


def test_what_is_ready_is_sent_even_where_writing_fails() -> None:
    recorder = Recorder()
    recorder.broken = True
    with pytest.raises(RuntimeError, match="no disk"):
        Outgoing(cast("Any", recorder)).release()
    assert recorder.calls == ["write", "send"]
