"""Mixed traffic: as much as the server takes, or so many requests a second."""

from __future__ import annotations

import asyncio
import random
import time
from collections import Counter

from dragoman_client import Client
from dragoman_client.errors import ClientError
from dragoman_wire.errors import DragomanError
from scripts.chaos_runs.ledger import texts_of
from scripts.chaos_runs.requests import make_request

_CONCURRENCY = 64


class Traffic:
    """Requests of one client, each checked against what the echo engines make of it."""

    def __init__(self, client: Client, seed: int) -> None:
        self.done = 0
        self.problems: Counter[str] = Counter()
        self.refused: Counter[str] = Counter()
        """By error code: not accepted, and told so at once."""
        self._client = client
        self._rng = random.Random(seed)
        self._number = 0
        self._tasks: set[asyncio.Task[None]] = set()

    async def saturate(self, seconds: float) -> float:
        """Send as many at a time as the server is busy with; return the requests answered per second."""
        end_s = time.monotonic() + seconds
        before = self.done

        async def one_after_the_other() -> None:
            while time.monotonic() < end_s:
                await self._one()

        await asyncio.gather(*(one_after_the_other() for _ in range(_CONCURRENCY)))
        return (self.done - before) / seconds

    async def steady(self, rate: float, seconds: float) -> None:
        """So many a second, whether they are answered or not; returns when all are."""
        begin_s = time.monotonic()
        sent = 0
        while (now_s := time.monotonic() - begin_s) < seconds:
            while sent < now_s * rate:
                task = asyncio.create_task(self._one())
                self._tasks.add(task)
                task.add_done_callback(self._tasks.discard)
                sent += 1
            await asyncio.sleep(1 / rate)
        await asyncio.gather(*self._tasks)

    async def _one(self) -> None:
        made = make_request(self._rng, self._client.peer, self._number)
        self._number += 1
        binaries = {"audio": made.binaries[0]} if made.binaries else {}
        told: dict[str, str] = {}
        status, accepted, error_code = "no finish", False, None
        try:
            async for event in self._client.events(made.header, binaries=binaries):
                told |= dict(texts_of(event.fields))
                accepted |= event.type == "accepted"
                error_code = event.fields.get("errorCode", error_code)
                status = str(event.fields.get("status", status))
        except (ClientError, DragomanError) as error:
            status = type(error).__name__
        if status == "no finish" and not accepted and error_code is not None:
            self.refused[error_code] += 1
        elif status == "completed" and told == made.expected:
            self.done += 1
        else:
            self.problems["wrong result" if status == "completed" else status] += 1
