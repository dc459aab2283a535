"""Fixtures of all tests."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.harness import DATA, ECHO, NO_CACHE, ServerProcess, running_server


def pytest_configure() -> None:
    # A shell lets what it runs in the background ignore SIGINT, and the programs that tests start would inherit it.
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="module")
def echo_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """A server whose engines echo: for the server's own behaviour."""
    with running_server(tmp_path_factory.mktemp("echo"), **ECHO) as server:
        yield server.wait_ready()


@pytest.fixture(scope="session")
def model_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """A server on the embedded models, which are asked every time."""
    with running_server(tmp_path_factory.mktemp("models"), **NO_CACHE) as server:
        yield server.wait_ready()


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Real speech and text; it lies beside the project, not in it."""
    if not DATA.is_dir():
        pytest.skip(f"the test data is not here: {DATA.name} beside the project")
    return DATA
