from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Sequence

import pytest
import uvloop

from dragoman_client import (
    Client,
    ConnectionClosed,
    ServerUnreachable,
    TimedOut,
)
from dragoman_wire.errors import (
    InvalidRequest,
    TooLarge,
)
from dragoman_wire.events import Event as WireEvent
from dragoman_wire.events import ResultUnknown, ServerStopping
from dragoman_wire.limits import WireLimits
from tests.unit.client.conftest import Serve, client_of, connection_of, has
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

TRANSLATION = {"type": "translation", "text": "hi", "targetLanguages": ["pt", "fr"]}
pytestmark = pytest.mark.usefixtures("nothing_is_left_behind")


# --- opening and closing -------------------------------------------------------------------------------------------


async def test_a_dead_port_is_said_when_the_time_to_connect_is_over_and_by_name(dead_endpoint: str) -> None:
    with pytest.raises(ServerUnreachable) as caught:
        async with Client(dead_endpoint, dead_endpoint, connect_timeout_s=0.2):
            pass
    assert str(caught.value) == (
        f"no pong from {dead_endpoint} (requests) on {dead_endpoint} (routed events) within 0.2 s; "
        "is the server running there, and is this its `routed` endpoint?"
    )


async def test_a_server_that_answers_elsewhere_is_unreachable(serve: Serve, dead_endpoint: str) -> None:
    server = serve(translating)
    with pytest.raises(ServerUnreachable):
        await Client(server.requests_endpoint, dead_endpoint, connect_timeout_s=0.2).__aenter__()


async def test_a_port_that_accepts_and_says_nothing_is_unreachable() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        endpoint = f"tcp://127.0.0.1:{listener.getsockname()[1]}"
        with pytest.raises(ServerUnreachable):
            await Client(endpoint, endpoint, connect_timeout_s=0.2).__aenter__()


@pytest.mark.parametrize("endpoint", ["nonsense", "tcp://", "udp2://1.2.3.4:5"])
async def test_what_is_no_endpoint_is_unreachable(endpoint: str) -> None:
    with pytest.raises(ServerUnreachable, match="cannot connect to"):
        await Client(endpoint, endpoint).__aenter__()


def test_what_is_no_peer_name_is_refused() -> None:
    with pytest.raises(ValueError, match="'a b' is no peer name"):
        Client(peer="a b")


async def test_a_client_that_is_not_open_says_so(serve: Serve) -> None:
    client = client_of(serve(translating))
    with pytest.raises(ConnectionClosed, match="not open"):
        await client.ping()
    async with client:
        await client.ping()
    with pytest.raises(ConnectionClosed):
        await client.ping()


async def test_closing_ends_the_calls_that_wait(serve: Serve) -> None:
    server = serve(silence)
    async with client_of(server) as client:
        call = asyncio.create_task(client.translate("hi", to="pt"))
        await has(server, "translation")
    with pytest.raises(ConnectionClosed):
        await call


async def test_closing_does_not_wait_for_messages_that_cannot_leave(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dragoman_client.connection._LINGER_MS", 100)
    with FakeServer(translating) as server:
        client = client_of(server)
        await client.__aenter__()
    call = asyncio.create_task(client.translate("hi", to="pt"))
    await asyncio.sleep(0)
    async with asyncio.timeout(WAIT_S):  # without the linger time it would wait for good
        await client.aclose()
    with pytest.raises(ConnectionClosed):
        await call
    await client.aclose()


async def test_a_message_sent_just_before_the_close_still_leaves(serve: Serve) -> None:
    server = serve(silence)
    async with client_of(server) as client:
        stream = client.events({"type": "translation", "taskId": "last", "text": "x" * 200_000, "targetLanguages": []})
        waiting = asyncio.create_task(anext(stream, None))
        await asyncio.sleep(0)
    with pytest.raises(ConnectionClosed):
        await waiting
    await has(server, "translation")


async def test_a_dead_reader_ends_the_calls_that_wait(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    server = serve(translating)
    async with client_of(server) as client:

        def broken(frames: list[bytes]) -> None:
            raise MemoryError("no room")

        monkeypatch.setattr(connection_of(client), "_take", broken)
        with pytest.raises(ConnectionClosed, match=r"reader of routed events died: MemoryError\('no room'\)"):
            await client.translate("hi", to="pt")


# --- getting through -----------------------------------------------------------------------------------------------


async def test_a_request_is_repeated_under_its_id_until_it_is_accepted(serve: Serve) -> None:
    def third_time(server: FakeServer, request: Fields, binaries: list[bytes]) -> list[WireEvent]:
        if server.count("translation") < 3:
            return []
        return [accepted(request), translated(request, "pt"), finished(request)]

    server = serve(third_time)
    async with client_of(server, resend_s=0.02) as client:
        assert (await client.translate("hi", to="pt")).text == "pt(hi)"
    assert len({request["taskId"] for request in server.requests if request["type"] == "translation"}) == 1


async def test_repeated_events_are_handed_on_once_and_in_order(serve: Serve) -> None:
    def twice(server: FakeServer, request: Fields, binaries: list[bytes]) -> list[WireEvent]:
        pt = [translated(request, "pt"), translated(request, "pt", processing_time=9.0)]
        again = accepted(request, duplicate=True)
        return [accepted(request), *pt, again, translated(request, "fr"), *pt, finished(request, 2)]

    async with client_of(serve(twice)) as client:
        seen = [(event.type, event.language) async for event in client.events(TRANSLATION)]
    assert seen == [
        ("accepted", None),
        ("translation_completed", "pt"),
        ("translation_completed", "fr"),
        ("task_finished", None),
    ]


async def test_lost_events_are_asked_for(serve: Serve) -> None:
    def lossy(server: FakeServer, request: Fields, binaries: list[bytes]) -> list[WireEvent]:
        if request["type"] == "result":
            return [translated({"text": "hi", **request}, "pt"), finished(request)]
        return [accepted(request)]

    server = serve(lossy)
    async with client_of(server, poll_s=0.05) as client:
        assert (await client.translate("hi", to="pt")).text == "pt(hi)"
    assert server.count("translation") == 1


async def test_a_task_that_a_restarted_server_forgot_is_sent_again(serve: Serve) -> None:
    def forgetful(server: FakeServer, request: Fields, binaries: list[bytes]) -> list[WireEvent]:
        if request["type"] == "result":
            return [ResultUnknown(task_id=request["taskId"])]
        if server.count("result") == 0:
            return [accepted(request)]
        return [accepted(request), translated(request, "pt"), finished(request)]

    async with client_of(serve(forgetful), poll_s=0.05) as client:
        assert (await client.translate("hi", to="pt")).text == "pt(hi)"


async def test_silence_times_out_and_says_what_was_waited_for(serve: Serve) -> None:
    async with client_of(serve(silence)) as client:
        with pytest.raises(TimedOut, match="no answer to the translation request mine from tcp"):
            await client.translate("hi", to="pt", task_id="mine", timeout_s=0.1)


async def test_a_server_that_went_away_is_unreachable() -> None:
    with FakeServer(translating) as server:
        client = client_of(server, timeout_s=0.3)
        await client.__aenter__()
    try:
        with pytest.raises((ServerUnreachable, TimedOut)):
            await client.ping()
    finally:
        await client.aclose()


async def test_many_calls_at_once_each_get_their_own(serve: Serve) -> None:
    server = serve(translating)
    async with client_of(server) as one, client_of(server) as other:
        calls = [client.translate(f"{n}", to="pt") for n in range(200) for client in (one, other)]
        answers = await asyncio.gather(*calls)
    assert [answer.text for answer in answers] == [f"pt({n})" for n in range(200) for _ in range(2)]


def test_it_works_under_uvloop(serve: Serve) -> None:
    server = serve(translating)

    async def scenario() -> str:
        async with client_of(server) as client:
            return (await client.translate("hi", to="pt")).text

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        assert runner.run(scenario()) == "pt(hi)"


# --- streams -------------------------------------------------------------------------------------------------------


async def test_leaving_a_stream_forgets_its_task(serve: Serve) -> None:
    async with client_of(serve(translating)) as client:
        async for event in client.events(TRANSLATION):
            assert event.type == "accepted"
            break
        assert not connection_of(client).router._inboxes
        async with client.events(TRANSLATION) as stream:
            await anext(stream)
        assert not connection_of(client).router._inboxes
        assert [event async for event in stream] == []


async def test_a_cancelled_wait_loses_no_event(serve: Serve) -> None:
    gate = threading.Event()

    def slow(server: FakeServer, request: Fields, binaries: list[bytes]) -> Sequence[WireEvent]:
        assert gate.wait(WAIT_S)
        return [accepted(request), translated(request, "pt"), finished(request)]

    server = serve(slow)
    async with client_of(server) as client:
        stream = client.events({**TRANSLATION, "targetLanguages": ["pt"]})
        waiting = asyncio.create_task(anext(stream, None))
        await has(server, "translation")
        waiting.cancel()
        await asyncio.wait({waiting})
        gate.set()
        assert [event.type async for event in stream] == ["accepted", "translation_completed", "task_finished"]


async def test_a_request_over_the_limits_is_not_even_sent(serve: Serve) -> None:
    server = serve(translating)
    limits = WireLimits(header_bytes=500, request_bytes=1000)
    async with Client(*server.endpoints, limits=limits) as client:
        with pytest.raises(TooLarge, match="header_bytes is 500"):
            await client.translate("x" * 600, to="pt")
        with pytest.raises(TooLarge, match="request_bytes is 1000"):
            await client.transcribe(b"x" * 1001)
        with pytest.raises(InvalidRequest, match="taskId"):
            client.events({"type": "translation", "taskId": ""})
    assert server.count("translation") == 0


async def test_a_stopping_server_is_told_of_but_no_error(serve: Serve) -> None:
    def stopping(server: FakeServer, request: Fields, binaries: list[bytes]) -> Sequence[WireEvent]:
        return [
            accepted(request),
            ServerStopping(drain_ms=900, restart_expected=False),
            translated(request, "pt"),
            finished(request),
        ]

    async with client_of(serve(stopping)) as client:
        assert client.server_stopping_ms is None
        assert (await client.translate("hi", to="pt")).text == "pt(hi)"
        assert client.server_stopping_ms == 900
