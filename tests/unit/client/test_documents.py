"""The order and the number of calls in flight, and the bar that shows how far they are."""

from __future__ import annotations

import asyncio
import functools
import io
from pathlib import Path, PurePath

import pytest
from rich.console import Console

from dragoman_client.cli import documents, progress
from dragoman_client.cli.documents import in_order
from dragoman_client.cli.files import Source


async def test_results_come_in_the_order_of_the_calls_and_few_run_at_a_time() -> None:
    gates = [asyncio.Event() for _ in range(6)]
    running: set[int] = set()
    most = 0

    async def call(number: int) -> int:
        nonlocal most
        running.add(number)
        most = max(most, len(running))
        await gates[number].wait()
        running.discard(number)
        return number

    for gate in gates[1:]:
        gate.set()
    asyncio.get_running_loop().call_soon(asyncio.get_running_loop().call_soon, gates[0].set)
    calls = [functools.partial(call, number) for number in range(6)]

    assert [result async for result in in_order(calls, 3)] == list(range(6))
    assert most <= 3


async def test_calls_that_still_run_are_cancelled_when_one_fails() -> None:
    cancelled: list[int] = []

    async def call(number: int) -> int:
        if number == 0:
            raise ValueError("broken")
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            cancelled.append(number)
            raise
        return number

    with pytest.raises(ValueError, match="broken"):
        async for _ in in_order([functools.partial(call, number) for number in range(3)], 3):
            pass
    assert cancelled == [1, 2]


def test_the_bar_is_full_at_the_end_whatever_the_files_held(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a.txt").write_text("olá " * 10)
    sources = [Source(tmp_path / "a.txt", PurePath("a.txt")), Source(None, PurePath("stdin.txt"))]
    shown = io.StringIO()
    console = Console(file=shown, force_terminal=True, width=80)
    monkeypatch.setattr(progress, "Console", lambda **_: console)
    monkeypatch.setattr(progress, "is_terminal", lambda: True)
    with progress.progress("translating") as line:
        of_files = documents._Progress(sources, line)
        of_files.advance(sources[0], 20)
        of_files.advance(sources[0], 1000)
        of_files.advance(sources[0], -1)
        of_files.advance(sources[1], -1)

    assert "100 %" in shown.getvalue()
    assert "stdin.txt" in shown.getvalue()
