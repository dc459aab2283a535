"""An idle server gives back what work has left, and one that works does not stop for it."""

from __future__ import annotations

import asyncio
import gc

import pytest

from dragoman_server.lifecycle.idle import IdleWork

MIB = 1 << 20


class Figures:
    """What the tidier looks at."""

    def __init__(self) -> None:
        self.messages = 0
        self.busy = False
        self.resident_mib = 100
        self.tidied = 0
        self.work = IdleWork(lambda: self.messages, lambda: self.busy, lambda: self.resident_mib * MIB, self._tidy)
        self.work._left_bytes = 100 * MIB

    def _tidy(self) -> None:
        self.tidied += 1
        self.resident_mib = 110

    async def look(self) -> None:
        """Look, and wait for what that begins."""
        self.work.look()
        if self.work._tidying is not None:
            await self.work._tidying
            await asyncio.sleep(0)


async def test_it_tidies_up_once_when_work_is_over() -> None:
    figures = Figures()
    figures.messages, figures.busy, figures.resident_mib = 5000, True, 400
    await figures.look()
    await figures.look()
    assert figures.tidied == 0
    figures.busy = False
    await figures.look()
    await figures.look()
    assert figures.tidied == 1


async def test_a_flood_that_is_answered_at_once_is_work_too() -> None:
    figures = Figures()
    figures.resident_mib = 400
    for _ in range(5):
        figures.messages += 1000
        await figures.look()
    assert figures.tidied == 0
    figures.messages += 10
    await figures.look()
    assert figures.tidied == 1


@pytest.mark.parametrize("resident_mib", [90, 100, 115])
async def test_little_is_left_where_it_is(resident_mib: int) -> None:
    figures = Figures()
    figures.resident_mib = resident_mib
    await figures.look()
    assert figures.tidied == 0


async def test_what_is_there_at_the_start_is_passed_over_by_later_collections() -> None:
    frozen = gc.get_freeze_count()
    work = IdleWork(lambda: 0, lambda: False)
    try:
        work.start()
        assert gc.get_freeze_count() > frozen
    finally:
        work.stop()
        gc.unfreeze()
