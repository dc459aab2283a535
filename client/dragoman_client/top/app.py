"""The application: asks the server every second, and shows what it says."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from contextlib import suppress
from typing import Any, ClassVar

from rich.text import Text
from textual.app import App, ComposeResult
from textual.binding import Binding, BindingType
from textual.widgets import DataTable, Footer, Input, Static

from dragoman_client.top import tables
from dragoman_client.top.figures import count, duration, plain, rate
from dragoman_client.top.screens import ConfirmScreen, LifeScreen
from dragoman_wire.ops import Document, OpsClient, OpsError, OpsSilent

_SHOWN = 100
_SEARCHED = 500
"""As many tasks as the server tells at once."""
_ORDERS = {"recent": "newest first", "slowest": "slowest first", "age": "oldest first"}
_WHICH = ("all", "active", "failed", "finished")
_OUTCOMES = {
    "cancelled": "cancelled",
    "finished": "it had finished already",
    "unknown": "the server does not know it any more",
}


class TopApp(App[None]):
    """`dragoman top`.

    Args:
        ops: where the server is asked.
        every_s: seconds between two questions.
    """

    TITLE = "Dragoman"
    CSS_PATH = "top.tcss"
    ENABLE_COMMAND_PALETTE = False
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("s", "sort", "Sort"),
        Binding("f", "which", "Filter"),
        Binding("slash", "find", "Find", key_display="/"),
        Binding("c", "cancel", "Cancel task"),
        Binding("h", "hold", "Hold"),
        Binding("escape", "forget", "All", show=False),
        Binding("q", "quit", "Quit"),
        Binding("ctrl+c", "quit", "Quit", show=False, priority=True),
    ]

    def __init__(self, ops: OpsClient, every_s: float = 1.0) -> None:
        super().__init__()
        self._ops = ops
        self._every_s = every_s
        self._rates = tables.Rates()
        self._wake = asyncio.Event()
        self._stats: Document | None = None
        self._tasks: list[Document] = []
        self._order, self._which, self._text = "recent", "all", ""
        self._held = False
        self._gone_since: str | None = None
        # Kept, for a query finds only what is on the uppermost screen.
        self._head = Static(id="head")
        self._notice = Static(id="notice")
        self._lanes = Static(id="lanes")
        self._engines = Static(id="engines")
        self._title = Static(id="title")
        self._find = Input(placeholder="id, peer, type or error", id="find", compact=True)
        self._table: DataTable[Text] = DataTable(id="tasks", cursor_type="row", cell_padding=1)

    def compose(self) -> ComposeResult:
        """Lay the screen out from top to bottom, the keys last."""
        yield from (self._head, self._notice, self._lanes, self._engines, self._title, self._find, self._table)
        yield Footer()

    def on_mount(self) -> None:
        """Begin to ask."""
        self._find.display = False
        self._table.focus()
        self.say("")
        self.run_worker(self._follow())

    # --- asking --------------------------------------------------------------------------------------------

    async def _follow(self) -> None:
        while True:
            await self._refresh()
            with suppress(TimeoutError):
                await asyncio.wait_for(self._wake.wait(), self._every_s)
            self._wake.clear()

    async def _refresh(self) -> None:
        try:
            self._stats = await asyncio.to_thread(self._ops.stats)
            if not self._held:
                limit = _SEARCHED if self._text else _SHOWN
                self._tasks = await asyncio.to_thread(self._ops.tasks, self._which, self._order, limit)
            await self._refresh_life()
        except OpsSilent as error:
            self._gone_since = self._gone_since or time.strftime("%H:%M:%S")
            self.say(f"no answer since {self._gone_since}; what you see is old; trying again ({error})", tables.BAD)
        except OpsError as error:
            self.say(str(error), tables.BAD)
        else:
            if self._gone_since is not None:
                self._gone_since = None
                self.say("the server answers again", tables.GOOD)
            self._rates.add(self._stats, time.monotonic())
        self._show()

    async def _refresh_life(self) -> None:
        stack = self.screen_stack
        screen = stack[-1] if stack else None  # there is none any more once the application is closing
        if isinstance(screen, LifeScreen) and not (screen.shown["status"] and "timeline" in screen.shown):
            with suppress(OpsError):
                screen.update(await asyncio.to_thread(self._ops.task, screen.shown))

    # --- showing -------------------------------------------------------------------------------------------

    def say(self, text: str, style: str = "") -> None:
        """Show a line above the lists, or take it away."""
        self._notice.display = bool(text)
        self._notice.update(Text(plain(text), style))

    def on_resize(self) -> None:
        """Use the room that there is."""
        self._show()

    def _show(self) -> None:
        stats, width = self._stats, self.size.width
        gone = self._gone_since is not None
        if stats is None:
            self._head.update(self._headline("gone" if gone else "connecting"))
            return
        self._head.update(self._headline("gone" if gone else stats["server_status"]))
        self._lanes.update(tables.lanes(stats, self._rates, width))
        self._engines.update(tables.engines(stats, self._rates))
        self._title.update(self._titleline(stats))
        self._show_tasks(width)

    def _headline(self, word: str) -> Text:
        head = Text.assemble(("Dragoman ", "bold"), (f"● {plain(word)}", tables.SERVER_STYLES.get(word, tables.WARN)))
        if self._stats is not None:
            lanes = self._stats["lanes"].values()
            head.append(f"  up {duration(self._stats['uptime_s'] * 1000)}")
            head.append(f"  {rate(self._rates.all)}")
            head.append(f"  {count(sum(lane['active'] for lane in lanes))} at work")
            head.append(f"  {count(sum(lane['queued'] for lane in lanes))} waiting")
        head.append(f"  {self._ops.address.partition('://')[2]}", tables.SOFT)
        return head

    def _titleline(self, stats: Document) -> Text:
        told = [self._which, _ORDERS[self._order], *([f"like {self._text!r}"] if self._text else [])]
        held = " · held" if self._held else ""
        title = Text.assemble(("Tasks ", "bold"), (" · ".join(told), tables.SOFT), (held, tables.WARN))
        cached = tables.cache(stats)
        title.append(f"   {cached}" if cached else "", tables.SOFT)
        return title

    def _show_tasks(self, width: int) -> None:
        table = self._table
        columns = tables.task_columns(width)
        if [column.label.plain for column in table.ordered_columns] != [name for name, _ in columns]:
            table.clear(columns=True)
            for name, size in columns:
                table.add_column(tables.task_title(name), width=size)
        chosen, row = self._chosen_key(), table.cursor_row
        table.clear()
        wanted = [task for task in self._tasks if _says(task, self._text)][:_SHOWN]
        for task in wanted:
            table.add_row(*tables.task_row(task, columns), key=_key(task))
        keys = [_key(task) for task in wanted]
        # Once it was moved, the cursor stays on its task, as long as that is there.
        table.move_cursor(row=keys.index(chosen) if row > 0 and chosen in keys else row, scroll=False)

    def _chosen_key(self) -> str | None:
        table = self._table
        if not table.is_valid_row_index(table.cursor_row):
            return None
        return table.coordinate_to_cell_key(table.cursor_coordinate).row_key.value

    def _chosen(self) -> Document | None:
        """Return the task under the cursor."""
        key = self._chosen_key()
        return next((task for task in self._tasks if _key(task) == key), None)

    # --- keys ----------------------------------------------------------------------------------------------

    def action_sort(self) -> None:
        """Change to the next order."""
        self._order = _after(self._order, tuple(_ORDERS))
        self._wake.set()

    def action_which(self) -> None:
        """Change to the next kind of tasks."""
        self._which = _after(self._which, _WHICH)
        self._wake.set()

    def action_hold(self) -> None:
        """Keep the list as it is, or let it go on."""
        self._held = not self._held
        self._wake.set()

    def action_find(self) -> None:
        """Type what the tasks are to be like."""
        self._find.display = True
        self._find.focus()

    def action_forget(self) -> None:
        """Show all tasks again."""
        self._find.value = ""
        self._find.display = False
        self._table.focus()

    def on_input_changed(self, event: Input.Changed) -> None:
        """Look for it while it is typed."""
        self._text = event.value.strip().lower()
        self._wake.set()

    def on_input_submitted(self) -> None:
        """Go to what was found."""
        self._table.focus()

    def on_data_table_row_selected(self) -> None:
        """Show the task's life."""
        task = self._chosen()
        if task is not None:
            self.push_screen(LifeScreen(task))
            self._wake.set()

    def action_cancel(self) -> None:
        """Ask whether the task is to be cancelled; its end is told in the notice."""
        task = self.screen.shown if isinstance(self.screen, LifeScreen) else self._chosen()
        if task is None or isinstance(self.screen, ConfirmScreen):
            return
        if task["status"] is not None:
            self.say(f"{task['task_id']} has ended: {task['status']}")
        else:
            self.run_worker(self._cancel(task))

    async def _cancel(self, task: Mapping[str, Any]) -> None:
        if not await self.push_screen_wait(ConfirmScreen(task["task_id"])):
            return
        try:
            outcome = await asyncio.to_thread(self._ops.cancel, task)
        except OpsError as error:
            self.say(f"{task['task_id']}: {error}", tables.BAD)
        else:
            self.say(f"{task['task_id']}: {_OUTCOMES.get(outcome, outcome)}")
        self._wake.set()


def _key(task: Mapping[str, Any]) -> str:
    """Return the key of a task's row; an id can come again, and from several peers."""
    return f"{task['reply_to']} {task['task_id']} {task['arrived_s']}"


def _says(task: Mapping[str, Any], text: str) -> bool:
    return any(text in str(value).lower() for value in task.values())


def _after(word: str, words: tuple[str, ...]) -> str:
    return words[(words.index(word) + 1) % len(words)]
