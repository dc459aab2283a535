"""A connection that sends half a request, or nothing, or reads nothing, loses its place, and others get theirs."""

from __future__ import annotations

import asyncio
import functools
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress

import pytest
from aiohttp import web

from dragoman_server.ops.connections import Connections
from dragoman_server.ops.guard import Guard
from dragoman_server.ops.server import Ops
from tests.harness import PATIENCE_S

SHORT_S = 0.1
LARGE = b"x" * (64 << 20)
REQUEST = b"GET /small HTTP/1.1\r\nHost: localhost\r\n\r\n"

Stream = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class Served:
    """A small HTTP server with bounds."""

    def __init__(self) -> None:
        self.port = 0
        self.connections: Connections
        self.go_on = asyncio.Event()
        self.writers: list[asyncio.StreamWriter] = []

    async def connect(self) -> Stream:
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        self.writers.append(writer)
        return reader, writer

    async def wait_until(self, holds: Callable[[], bool]) -> None:
        async with asyncio.timeout(PATIENCE_S):
            while not holds():  # noqa: ASYNC110 - no event tells it
                await asyncio.sleep(0.01)

    async def small(self, _: web.Request) -> web.Response:
        return web.Response(text="small")

    async def large(self, _: web.Request) -> web.Response:
        return web.Response(body=LARGE)

    async def slow(self, _: web.Request) -> web.Response:
        await self.go_on.wait()
        return web.Response(text="slow")

    async def fault(self, _: web.Request) -> web.Response:
        raise RuntimeError


@asynccontextmanager
async def serving(
    *, most: int = 8, request_s: float = PATIENCE_S, idle_s: float = PATIENCE_S
) -> AsyncIterator[Served]:
    served = Served()
    names = ("small", "large", "slow", "fault")
    routes = [web.route("*", f"/{name}", getattr(served, name)) for name in names]
    bounded = functools.partial(Connections, most=most, request_s=request_s, idle_s=idle_s)
    ops = Ops(routes, bounded=bounded)
    served.port = await ops.start("http://127.0.0.1:0", Guard("http://127.0.0.1:0", None))
    assert ops.connections is not None
    served.connections = ops.connections
    try:
        yield served
    finally:
        served.go_on.set()
        for writer in served.writers:
            writer.close()
            with suppress(ConnectionError):
                await writer.wait_closed()
        await ops.stop()


async def ended(stream: Stream) -> bytes:
    """What still comes before the other side closes."""
    async with asyncio.timeout(PATIENCE_S):
        with suppress(ConnectionError):
            return await stream[0].read()
        return b""


async def ask(stream: Stream, request: bytes = REQUEST) -> int:
    """Send a request; return the status of the answer."""
    stream[1].write(request)
    async with asyncio.timeout(PATIENCE_S):
        head = await stream[0].readuntil(b"\r\n\r\n")
        length = next(
            int(line.split(b":")[1]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-l")
        )
        await stream[0].readexactly(length)
    return int(head.split()[1])


HALVES = [
    b"",
    b"G",
    b"GET /small HTTP/1.1\r\n",
    b"GET /small HTTP/1.1\r\nHost: localhost\r\nX: ",
]


@pytest.mark.parametrize("half", HALVES)
async def test_half_a_request_is_not_waited_for(half: bytes) -> None:
    async with serving(request_s=SHORT_S) as served:
        stream = await served.connect()
        stream[1].write(half)
        assert await ended(stream) == b""
        assert len(served.connections) == 0
        assert served.connections.closed_early == 1


async def test_headers_that_come_one_by_one_do_not_keep_a_connection_open() -> None:
    async with serving(request_s=5 * SHORT_S) as served:
        reader, writer = await served.connect()
        writer.write(b"GET /small HTTP/1.1\r\n")
        with suppress(ConnectionError):
            while not reader.at_eof():
                writer.write(b"X: y\r\n")
                await writer.drain()
                with suppress(TimeoutError):
                    await asyncio.wait_for(reader.read(1), SHORT_S)
        assert served.connections.closed_early == 1


@pytest.mark.parametrize("half", HALVES[1:])
async def test_half_a_second_request_is_not_waited_for_either(half: bytes) -> None:
    async with serving(request_s=SHORT_S) as served:
        stream = await served.connect()
        stream[1].write(REQUEST)
        await stream[0].readuntil(b"small")
        stream[1].write(half)
        assert await ended(stream) == b""


async def test_a_body_that_does_not_come_ends_with_its_connection() -> None:
    async with serving(idle_s=SHORT_S) as served:
        stream = await served.connect()
        stream[1].write(b"POST /small HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000000\r\n\r\nx")
        assert (await ended(stream)).startswith(b"HTTP/1.1 200")
        assert len(served.connections) == 0


async def test_an_answer_that_is_not_read_ends_with_its_connection() -> None:
    async with serving(idle_s=SHORT_S) as served:
        reader, writer = await served.connect()
        writer.write(REQUEST.replace(b"small", b"large"))
        await served.wait_until(lambda: served.connections.closed_early == 1)
        assert len(served.connections) == 0
        assert not reader.at_eof()  # what was sent before is still there


async def test_a_connection_that_is_kept_open_serves_one_request_after_the_other() -> None:
    async with serving() as served:
        stream = await served.connect()
        assert [await ask(stream) for _ in range(20)] == [200] * 20
        assert len(served.connections) == 1
        assert served.connections.closed_early == 0


async def test_the_one_that_has_waited_longest_gives_way_to_a_new_one() -> None:
    async with serving(most=4) as served:
        first, *others = [await served.connect() for _ in range(4)]
        for stream in (first, *others):
            assert await ask(stream) == 200
        assert await ask(first) == 200  # from now on another has waited longest
        for _ in range(3):
            assert await ask(await served.connect()) == 200
            assert len(served.connections) == 4
        assert [await ended(stream) for stream in others] == [b"", b"", b""]
        assert await ask(first) == 200


async def test_a_request_at_work_is_never_closed_for_another() -> None:
    async with serving(most=2, request_s=SHORT_S, idle_s=SHORT_S) as served:
        slow = [await served.connect() for _ in range(2)]
        for _, writer in slow:
            writer.write(REQUEST.replace(b"small", b"slow"))
        await served.wait_until(lambda: [one.busy for one in served.connections.all()] == [True, True])
        late = await served.connect()
        assert await ended(late) == b""
        served.go_on.set()
        assert [(await ended(stream))[:15] for stream in slow] == [b"HTTP/1.1 200 OK"] * 2


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        (b"GET /none HTTP/1.1\r\nHost: localhost\r\n\r\n", 404),
        (b"DELETE /small HTTP/1.1\r\nHost: localhost\r\nOrigin: http://[\r\n\r\n", 403),
        (b"POST /small HTTP/1.1\r\nHost: localhost\r\nOrigin: ]:[//\r\n\r\n", 403),
        (b"POST /small HTTP/1.1\r\nHost: [\r\n\r\n", 403),
        (b"GET /fault HTTP/1.1\r\nHost: localhost\r\n\r\n", 500),
        (b"GET /" + b"a" * 20_000 + b" HTTP/1.1\r\nHost: localhost\r\n\r\n", 400),
        (b"GET /small HTTP/1.1\r\nHost: localhost\r\nX: " + b"a" * 20_000 + b"\r\n\r\n", 400),
        (b"GET /small HTTP/1.1\r\nHost: localhost\r\n" + b"X: y\r\n" * 1000 + b"\r\n", 400),
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", 400),
        (b"GET /small HTTP/9.9\r\n\r\n", 400),
        (b"GET /small HTTP/1.1\r\nHost: localhost\r\nContent-Length: -1\r\n\r\n", 400),
    ],
)
async def test_odd_requests_are_answered_and_the_next_connection_is_served(request_: bytes, status: int) -> None:
    async with serving() as served:
        assert await ask(await served.connect(), request_) == status
        assert await ask(await served.connect()) == 200


async def test_requests_behind_each_other_on_many_connections_are_answered_one_in_a_turn_of_the_loop() -> None:
    async with serving() as served:
        streams = [await served.connect() for _ in range(4)]
        turns, answers = 0, 0

        def turn() -> None:
            nonlocal turns
            turns += 1
            if answers < len(streams) * 20:
                asyncio.get_running_loop().call_soon(turn)

        turn()
        for _, writer in streams:
            writer.write(REQUEST * 20)
        for reader, _ in streams:
            for _ in range(20):
                head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), PATIENCE_S)
                assert head.startswith(b"HTTP/1.1 200")
                await reader.readexactly(len(b"small"))
                answers += 1
        assert turns >= answers
