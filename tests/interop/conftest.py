"""What the tests in Node.js need."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

MODULES = Path(__file__).parent / "node_modules"


@pytest.fixture(scope="session")
def node() -> str:
    """Return where Node.js is."""
    found = shutil.which("node")
    if found is None:
        pytest.skip("node is not installed")
    return found


@pytest.fixture(scope="session")
def peer_node(node: str) -> str:
    """Return where Node.js is, with the packages that our peers take."""
    if not (MODULES / "zeromq").is_dir() or not (MODULES / "@msgpack" / "msgpack").is_dir():
        pytest.skip("the packages of tests/interop are not installed; scripts/test does it where npm is there")
    return node
