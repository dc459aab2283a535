"""Asking: the server through its sockets, and the engines' libraries in a process of their own."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, TypeVar

from dragoman_client import Client
from scripts.embedded_server import NO_CACHE, ServerFailed, embedded_server

AT_ONCE = 4
"""Requests in flight."""
PATIENCE_S = 600.0
"""For one answer, beside those in flight; nothing here waits for its own sake."""
_T = TypeVar("_T")
_R = TypeVar("_R")


def ask_server(work: Callable[[Client], Awaitable[_R]], settings: Mapping[str, object] | None = None) -> _R:
    """Run `work` on a fresh server with these settings (`section.key`: value) over the defaults; no cache.

    Raises:
        ServerFailed: it did not start, or did not stop with status 0.
    """

    async def connected(requests: str, routed: str) -> _R:
        async with Client(requests, routed, timeout_s=PATIENCE_S) as client:
            return await work(client)

    with embedded_server(NO_CACHE | dict(settings or {})) as server:
        result = asyncio.run(connected(server.requests, server.routed))
        status = server.stop()
    if status != 0:
        raise ServerFailed(f"the server stopped with exit status {status}")
    return result


async def each(work: Callable[[_T], Awaitable[_R]], items: Sequence[_T], at_once: int = AT_ONCE) -> list[_R]:
    """Return the results for all items, in order, with some at work at a time."""
    places = asyncio.Semaphore(at_once)

    async def one(item: _T) -> _R:
        async with places:
            return await work(item)

    return await asyncio.gather(*map(one, items))


def ask_directly(program: str, job: Mapping[str, Any]) -> Any:
    """Return the answer of a program of this package (`hearing_direct`) that reads and writes JSON.

    Raises:
        CalledProcessError: it failed; it has said why on standard error.
    """
    command = [sys.executable, "-m", f"scripts.quality_runs.{program}"]
    done = subprocess.run(command, input=json.dumps(job), stdout=subprocess.PIPE, text=True, check=True)
    return json.loads(done.stdout)
