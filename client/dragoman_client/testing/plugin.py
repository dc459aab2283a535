"""Fixtures for pytest: `pytest_plugins = ["dragoman_client.testing.plugin"]` in a conftest.py."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from typing import Protocol

import pytest

from dragoman_client.environment import SERVERS
from dragoman_client.testing.server import FakeServer, Script


class StartServer(Protocol):
    """Starts a fake server; its arguments are those of `FakeServer`."""

    def __call__(
        self, script: Script | None = None, *, answers_pings: bool = True, at: tuple[str, str] | None = None
    ) -> FakeServer:
        """Return the server, which serves."""


@pytest.fixture
def dragoman_servers() -> Iterator[StartServer]:
    """Give a function that starts a fake server, with the arguments of `FakeServer`; all end with the test."""
    with ExitStack() as stack:

        def start(
            script: Script | None = None, *, answers_pings: bool = True, at: tuple[str, str] | None = None
        ) -> FakeServer:
            return stack.enter_context(FakeServer(script, answers_pings=answers_pings, at=at))

        yield start


@pytest.fixture
def dragoman_server(dragoman_servers: StartServer, monkeypatch: pytest.MonkeyPatch) -> FakeServer:
    """Give a fake server that echoes; `Client.from_env()` in the code under test finds it."""
    server = dragoman_servers()
    monkeypatch.setenv(SERVERS, " ".join(server.endpoints))
    return server
