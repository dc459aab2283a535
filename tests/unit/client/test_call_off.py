"""A task that nobody waits for any more is cancelled at the server."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest

from dragoman_client import TimedOut
from dragoman_wire.events import Event as WireEvent
from tests.unit.client.conftest import Serve, client_of, has
from tests.unit.client.fake_server import FakeServer, Fields, accepted, translating


def silent(server: FakeServer, request: Fields, binaries: list[bytes]) -> Sequence[WireEvent]:
    return [accepted(request)]


def cancelled(server: FakeServer) -> list[Any]:
    return [request["taskId"] for request in server.requests if request["type"] == "cancel"]


async def test_a_cancelled_call_cancels_its_task(serve: Serve) -> None:
    server = serve(silent)
    async with client_of(server) as client:
        call = asyncio.create_task(client.translate("hi", to="pt", task_id="t"))
        await has(server, "translation")
        call.cancel()
        await asyncio.wait({call})
        await has(server, "cancel")
    assert cancelled(server) == ["t"]


async def test_an_interrupted_program_cancels_its_task_while_the_client_closes(serve: Serve) -> None:
    server = serve(silent)

    async def program() -> None:
        async with client_of(server) as client:
            await client.translate("hi", to="pt", task_id="t")

    running = asyncio.create_task(program())
    await has(server, "translation")
    running.cancel()
    await asyncio.wait({running})
    await has(server, "cancel")


async def test_a_call_that_times_out_cancels_its_task(serve: Serve) -> None:
    server = serve(silent)
    async with client_of(server) as client:
        with pytest.raises(TimedOut):
            await client.translate("hi", to="pt", task_id="t", timeout_s=0.3)
        await has(server, "cancel")


async def test_a_detached_call_leaves_its_task_alone(serve: Serve) -> None:
    server = serve(silent)
    async with client_of(server) as client:
        with pytest.raises(TimedOut):
            await client.translate("hi", to="pt", task_id="t", timeout_s=0.3, detach=True)
        await client.ping()  # what was sent before it has arrived
    assert cancelled(server) == []


async def test_a_call_that_ends_cancels_nothing(serve: Serve) -> None:
    server = serve(translating)
    async with client_of(server) as client:
        await client.translate("hi", to="pt")
        await client.ping()
    assert cancelled(server) == []
