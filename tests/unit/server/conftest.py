"""Fixtures of the server's parts."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import zmq

from dragoman_server.transport.publisher import Publisher


@pytest.fixture
async def publisher() -> AsyncIterator[Publisher]:
    context: zmq.Context[zmq.Socket[bytes]] = zmq.Context()
    one = Publisher(context, 100)
    yield one
    one.close(0)
    context.destroy(linger=0)
