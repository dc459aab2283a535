from __future__ import annotations

import asyncio
import functools
import socket
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import ExitStack

import pytest
import typer

from dragoman_client import Client, TranslationCache
from dragoman_client.cli import build_app
from dragoman_client.connection import Connection
from tests.unit.client.fake_server import NEVER_S, WAIT_S, FakeServer, Script

Serve = Callable[[Script | None], FakeServer]
"""Starts a server with a script; None echoes."""


@pytest.fixture
def serve() -> Iterator[Serve]:
    with ExitStack() as stack:
        yield lambda script: stack.enter_context(FakeServer(script))


APP = build_app()
_command_of = functools.cache(typer.main.get_command)


@pytest.fixture(autouse=True)
def _commands_are_built_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Building the command line takes longer than what most tests do with it."""
    monkeypatch.setattr("typer.testing._get_command", _command_of)


@pytest.fixture(autouse=True)
def patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """Connections get as long as a busy machine needs, where a test does not say how long."""
    monkeypatch.setattr("dragoman_client.cli.calls._CONNECT_TIMEOUT_S", WAIT_S)
    monkeypatch.setattr("dragoman_client.load.generator._CONNECT_S", WAIT_S)
    monkeypatch.setattr("dragoman_client.connection._LINGER_MS", round(WAIT_S * 1000))


@pytest.fixture
def dead_endpoint() -> Iterator[str]:
    # Held but not listening: no other program can take the port meanwhile, and every connection is refused.
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        yield f"tcp://127.0.0.1:{held.getsockname()[1]}"


@pytest.fixture
async def nothing_is_left_behind() -> AsyncIterator[None]:
    before = asyncio.all_tasks()
    yield
    assert asyncio.all_tasks() - {asyncio.current_task()} <= before


def client_of(
    server: FakeServer,
    *,
    timeout_s: float = WAIT_S,
    resend_s: float = NEVER_S,
    poll_s: float = NEVER_S,
    retries: int = 0,
    cache: TranslationCache | None = None,
) -> Client:
    """One that sends each request once and asks for nothing again, unless it is told to."""
    return Client(
        *server.endpoints,
        timeout_s=timeout_s,
        connect_timeout_s=WAIT_S,
        resend_s=resend_s,
        poll_s=poll_s,
        retries=retries,
        cache=cache,
    )


def connection_of(client: Client) -> Connection:
    """The sockets of a client of one server."""
    pool = client._exchange._pool
    assert pool is not None
    [link] = pool._links
    return link.connection


async def has(server: FakeServer, kind: str, count: int = 1) -> None:
    await asyncio.to_thread(server.wait_for, kind, count)


async def until(holds: Callable[[], bool]) -> None:
    """Wait for what nothing tells of when it comes."""
    async with asyncio.timeout(WAIT_S):
        while not holds():  # noqa: ASYNC110 - no event is set for it
            await asyncio.sleep(0.005)


async def all_there(client: Client, count: int = 2) -> None:
    """Wait until so many of a client's servers answer."""
    await until(lambda: len(client.servers) == count)
