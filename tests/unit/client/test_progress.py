"""The line that shows how far the work is."""

from __future__ import annotations

import io
from typing import Any

import pytest
from rich.console import Console

from dragoman_client.cli import progress as shown_progress
from dragoman_client.cli.progress import Shown, progress
from dragoman_client.frames import ReceivedEvent


class Terminal(io.StringIO):
    """A terminal that is not one."""

    def isatty(self) -> bool:
        return True


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> Terminal:
    one = Terminal()
    monkeypatch.setattr(shown_progress, "is_terminal", lambda: True)
    monkeypatch.setattr(
        shown_progress, "Console", lambda **_: Console(file=one, force_terminal=True, width=100, color_system=None)
    )
    return one


def event(kind: str, **fields: Any) -> ReceivedEvent:
    return ReceivedEvent(type=kind, fields=fields)


def line_of(shown: Shown, terminal: Terminal) -> str:
    """The line as it is drawn now."""
    assert shown._line is not None
    shown._line.refresh()
    return terminal.getvalue().rsplit("\x1b[2K", 1)[-1]


def test_long_work_is_a_bar_with_the_per_cent(terminal: Terminal) -> None:
    with progress("transcribing") as shown:
        assert "%" not in line_of(shown, terminal)
        shown(event("task_progress", stage="queued", position=3))
        assert "waiting, place 3 in the queue" in line_of(shown, terminal)
        shown(event("task_progress", stage="working", done=15, total=60))
        drawn = line_of(shown, terminal)
    assert "transcribing" in drawn
    assert f"{'━' * 5}{'─' * 15} 25 %" in drawn


def test_the_remaining_time_is_told_from_how_fast_it_went(monkeypatch: pytest.MonkeyPatch, terminal: Terminal) -> None:
    now_s = 1000.0
    with progress("transcribing", total=100.0) as shown:
        assert shown._line is not None
        monkeypatch.setattr(shown._line, "get_time", lambda: now_s)
        for done in (0.0, 1.0, 20.0):
            shown.update(done=done)
            now_s += 10.0
        drawn = line_of(shown, terminal)
    assert "20 %" in drawn
    assert " left" in drawn


def test_a_result_is_not_written_into_the_line(terminal: Terminal, capsys: pytest.CaptureFixture[str]) -> None:
    with progress("translating", total=2.0) as shown:
        shown.update(done=1.0)
        with shown.printing():
            print("the result")
        shown.update(done=2.0)
    assert capsys.readouterr().out == "the result\n"
    assert "the result" not in terminal.getvalue()


def test_where_nobody_looks_nothing_is_drawn(capsys: pytest.CaptureFixture[str]) -> None:
    with progress("translating") as shown:
        shown(event("task_progress", stage="working", done=1, total=2))
        with shown.printing():
            pass
    assert capsys.readouterr() == ("", "")
