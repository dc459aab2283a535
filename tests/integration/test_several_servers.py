"""One client and three real servers, of which one is killed and one is stopped while a list is translated."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

from dragoman_client import Client, Translation
from tests.harness import ECHO, PATIENCE_S, running_server

TEXTS = [f"Text {number}" for number in range(300)]
SLOW = {"engines__translation__delay_ms": 10}


async def until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(PATIENCE_S):
        while not holds():  # noqa: ASYNC110 - no event is set for it
            await asyncio.sleep(0.02)


async def test_a_list_is_translated_in_whole_though_servers_are_killed_and_stopped(tmp_path: Path) -> None:
    with ExitStack() as stack:
        servers = []
        for name in ("killed", "stopped", "left"):
            (tmp_path / name).mkdir()
            servers.append(stack.enter_context(running_server(tmp_path / name, **ECHO | SLOW)))
        places = [(server.endpoints["requests"], server.endpoints["routed"]) for server in servers]
        lost: list[str] = []
        async with Client(
            places,
            timeout_s=PATIENCE_S,
            connect_timeout_s=PATIENCE_S,
            retries=3,
            on_disconnect=lambda server: lost.append(server.requests),
        ) as client:
            await until(lambda: len(client.servers) == 3)
            begun = asyncio.Event()
            call = asyncio.create_task(
                client.translate(TEXTS, "en", to="pt", concurrency=30, on_event=lambda event: begun.set())
            )
            await begun.wait()
            servers[0].process.kill()
            servers[1].process.send_signal(signal.SIGTERM)
            results = await call
            await until(lambda: {place[0] for place in places[:2]} <= set(lost))
            assert [server.requests for server in client.servers] == [places[2][0]]
        assert [each.text if isinstance(each, Translation) else each for each in results] == [
            f"[pt] {text}" for text in TEXTS
        ]
