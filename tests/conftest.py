"""Fixtures of all tests."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from dragoman_engines.models.defaults import BASE, EMBEDDED, KOKORO, is_at_hand
from tests.harness import DATA, ECHO, NO_CACHE, ServerProcess, running_server

# The same examples at every run, so that the suite says the same of the same code everywhere. To look for new ones:
# scripts/test --hypothesis-profile=search
settings.register_profile("suite", derandomize=True, database=None, deadline=None, print_blob=True)
settings.register_profile("search", max_examples=3000, deadline=None, print_blob=True)
settings.load_profile("suite")


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
def large_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """A server on the best models that are embedded, as it has them by default where they are installed."""
    if not is_at_hand(BASE):
        pytest.skip("Whisper base is not here: the extra [models-large] is not installed")
    if not is_at_hand(KOKORO):
        pytest.skip("Kokoro is not here: the extra [kokoro] is not installed, or its voices are not")
    best = {"engines__transcription__model": EMBEDDED, "engines__speech__quality": "best"}
    with running_server(tmp_path_factory.mktemp("large"), **NO_CACHE, **best) as server:
        yield server.wait_ready()


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Real speech and text; it lies beside the project, not in it."""
    if not DATA.is_dir():
        pytest.skip(f"the test data is not here: {DATA.name} beside the project")
    return DATA
