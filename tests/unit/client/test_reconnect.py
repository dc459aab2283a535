"""The server goes away and another one stands in its place: what was missed is had, at once and without polling."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from dragoman_client import Client, ConnectionClosed
from dragoman_wire.events import Event as WireEvent
from dragoman_wire.events import ResultUnknown
from tests.unit.client.conftest import client_of, has
from tests.unit.client.fake_server import (
    WAIT_S,
    FakeServer,
    Fields,
    accepted,
    finished,
    silence,
    translated,
    translating,
)

pytestmark = pytest.mark.usefixtures("nothing_is_left_behind")


def only_accepts(server: FakeServer, request: Fields, binaries: list[bytes]) -> Sequence[WireEvent]:
    return [accepted(request)] if request["type"] == "translation" else []


def remembers(server: FakeServer, request: Fields, binaries: list[bytes]) -> Sequence[WireEvent]:
    if request["type"] != "result":
        return []
    return [translated({"text": "hi", **request}, "pt"), finished(request)]


def forgot(server: FakeServer, request: Fields, binaries: list[bytes]) -> Sequence[WireEvent]:
    if request["type"] == "result":
        return [ResultUnknown(task_id=request["taskId"])]
    return [accepted(request), translated(request, "pt"), finished(request)]


@pytest.fixture
def place(tmp_path: Path) -> tuple[str, str]:
    """Endpoints that one server can take after the other: no one else is given them meanwhile, as a port may be."""
    return f"ipc://{tmp_path}/requests", f"ipc://{tmp_path}/routed"


async def call_that_was_accepted(client: Client, server: FakeServer) -> asyncio.Task[str]:
    began = asyncio.Event()

    async def call() -> str:
        return (await client.translate("hi", to="pt", on_event=lambda event: began.set())).text

    task = asyncio.create_task(call())
    await asyncio.wait_for(began.wait(), WAIT_S)
    return task


async def test_what_was_published_while_the_connection_was_cut_is_asked_for_as_soon_as_it_is_back(
    place: tuple[str, str],
) -> None:
    with FakeServer(only_accepts, at=place) as first:
        client = client_of(first)
        await client.__aenter__()
        calls = [await call_that_was_accepted(client, first) for _ in range(3)]
    with FakeServer(remembers, at=place) as second:
        assert await asyncio.gather(*calls) == ["pt(hi)"] * 3
        assert second.count("translation") == 0
        await client.aclose()


async def test_a_task_that_the_server_forgot_meanwhile_is_sent_again(place: tuple[str, str]) -> None:
    with FakeServer(only_accepts, at=place) as first:
        client = client_of(first)
        await client.__aenter__()
        call = await call_that_was_accepted(client, first)
    with FakeServer(forgot, at=place) as second:
        assert await call == "pt(hi)"
        assert second.count("translation") == 1
        await client.aclose()


async def test_a_request_that_was_lost_with_the_connection_is_sent_again(place: tuple[str, str]) -> None:
    with FakeServer(silence, at=place) as first:
        client = client_of(first)
        await client.__aenter__()
        call = asyncio.create_task(client.translate("hi", to="pt"))
        await has(first, "translation")
    with FakeServer(translating, at=place):
        assert (await call).text == "pt(hi)"
        await client.aclose()


async def test_it_catches_up_each_time_that_it_was_cut_off(place: tuple[str, str]) -> None:
    with FakeServer(only_accepts, at=place) as first:
        client = client_of(first)
        await client.__aenter__()
        call = await call_that_was_accepted(client, first)
    with FakeServer(silence, at=place) as second:
        await has(second, "result")
    with FakeServer(remembers, at=place):
        assert await call == "pt(hi)"
        await client.aclose()


async def test_without_a_cut_nothing_is_asked_for(place: tuple[str, str]) -> None:
    with FakeServer(translating, at=place) as server:
        async with client_of(server) as client:
            await client.translate("hi", to="pt")
        assert server.count("result") == 0
        assert server.count("ping") >= 1


async def test_closing_while_the_server_is_away_is_clean(place: tuple[str, str]) -> None:
    with FakeServer(only_accepts, at=place) as server:
        client = client_of(server)
        await client.__aenter__()
        call = await call_that_was_accepted(client, server)
    await client.aclose()
    with pytest.raises(ConnectionClosed):
        await call


OPENS_AND_CLOSES = """
import asyncio, os, sys
from dragoman_client import Client

def descriptors():
    return len(os.listdir("/proc/self/fd"))

async def main():
    async with Client(*sys.argv[1:]) as client:  # what stays open after the first one is the process's own
        await client.ping()
    before = descriptors()
    for _ in range(5):
        async with Client(*sys.argv[1:]) as client:
            await client.ping()
    print(descriptors() - before)

asyncio.run(main())
"""
"""A process of its own: nothing else opens or closes descriptors there."""


def test_a_client_leaves_no_descriptor_behind() -> None:
    with FakeServer(translating) as server:
        command = [sys.executable, "-c", OPENS_AND_CLOSES, *server.endpoints]
        done = subprocess.run(command, capture_output=True, text=True, timeout=WAIT_S, check=False)

    assert (done.stdout.strip(), done.stderr) == ("0", "")
