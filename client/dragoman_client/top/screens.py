"""What lies over the lists: one task's life, and the question before it is cancelled."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical, VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import Footer, Static

from dragoman_client.top.figures import plain
from dragoman_client.top.tables import life


class LifeScreen(ModalScreen[None]):
    """One task. It is shown anew whenever `update` is called.

    Args:
        task: as GET /tasks or GET /tasks/ID tells it.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        ("escape", "dismiss", "Back"),
        ("enter", "dismiss", "Back"),
        ("c", "app.cancel", "Cancel task"),
    ]

    def __init__(self, task: Mapping[str, Any]) -> None:
        super().__init__()
        self.shown = task

    def compose(self) -> ComposeResult:
        """Lay out the task's name, what is known of it, and the keys."""
        with Vertical(classes="sheet"):
            yield Static(Text(plain(self.shown["task_id"]), "bold"), classes="name")
            with VerticalScroll():
                yield Static(life(self.shown), id="life")
        yield Footer()

    def update(self, task: Mapping[str, Any]) -> None:
        """Show what has become of it."""
        self.shown = task
        self.query_one("#life", Static).update(life(task))


class ConfirmScreen(ModalScreen[bool]):
    """The question whether a task is really to be cancelled.

    Args:
        task_id: the task's.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        ("y", "answer(True)", "Yes, cancel it"),
        ("n", "answer(False)", "Keep it"),
        ("escape", "answer(False)", "Keep it"),
    ]

    def __init__(self, task_id: str) -> None:
        super().__init__()
        self._task_id = task_id

    def compose(self) -> ComposeResult:
        """Lay out the question and the keys."""
        question = Text.assemble("Cancel ", (plain(self._task_id), "bold"), "?\n\ny  yes, cancel it\nn  keep it")
        with Vertical(classes="sheet question"):
            yield Static(question)
        yield Footer()

    def action_answer(self, yes: bool) -> None:  # noqa: FBT001  # textual calls it so
        """Leave with the answer."""
        self.dismiss(yes)
