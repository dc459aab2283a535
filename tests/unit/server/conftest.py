"""Fixtures of the server's parts."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from dragoman_server.transport.publisher import Publisher


@pytest.fixture
async def publisher() -> AsyncIterator[Publisher]:
    one = Publisher(100)
    yield one
    await one.close(0)
