"""Several servers behind one client: work is dealt out, and goes on where one stops, dies or hangs."""

from __future__ import annotations

import asyncio

import pytest

from dragoman_client import Client, DragomanError, ServerAddress, ServerUnreachable
from dragoman_client.testing import Answers, EchoScript, FakeServer, Fields, accepted, finished, translated
from tests.unit.client.conftest import Serve, all_there, has, until
from tests.unit.client.fake_server import NEVER_S, WAIT_S, silence

pytestmark = pytest.mark.usefixtures("nothing_is_left_behind")


def client_of(*servers: FakeServer, **options: object) -> Client:
    given = {"timeout_s": WAIT_S, "connect_timeout_s": WAIT_S, "resend_s": NEVER_S, "poll_s": NEVER_S} | options
    return Client([server.endpoints for server in servers], **given)  # type: ignore[arg-type]


def accepting(server: FakeServer, request: Fields, binaries: list[bytes]) -> Answers:
    return [accepted(request)] if request["type"] == "translation" else []


async def test_work_is_dealt_out(serve: Serve) -> None:
    servers = [serve(None), serve(None), serve(None)]
    async with client_of(*servers) as client:
        await all_there(client, 3)
        for _ in range(9):
            await client.translate("hi", to="pt")
        await asyncio.gather(*(client.translate("hi", to="pt") for _ in range(9)))
    assert [server.count("translation") for server in servers] == [6, 6, 6]


async def test_a_server_that_is_busy_for_long_gets_less(serve: Serve) -> None:
    slow, quick = serve(accepting), serve(None)
    async with client_of(slow, quick) as client:
        await all_there(client)
        calls = [asyncio.create_task(client.translate("hi", to="pt")) for _ in range(2)]
        await has(slow, "translation")
        await until(calls[1].done)
        for _ in range(10):
            await client.translate("hi", to="pt")
        assert (slow.count("translation"), quick.count("translation")) == (1, 11)
        for call in calls:
            call.cancel()
        await asyncio.wait(calls)


async def test_one_that_answers_is_enough_to_begin_and_the_other_is_told_of(serve: Serve, dead_endpoint: str) -> None:
    server = serve(None)
    lost: list[ServerAddress] = []
    places = [(dead_endpoint, dead_endpoint), server.endpoints]
    async with Client(places, connect_timeout_s=0.2, on_disconnect=lost.append) as client:
        assert (await client.translate("hi", to="pt")).text == "pt(hi)"
        assert [each.requests for each in client.servers] == [server.requests_endpoint]
        await until(lambda: bool(lost))
    assert [each.requests for each in lost] == [dead_endpoint]


async def test_where_none_answers_the_sentence_says_how_many_were_asked(dead_endpoint: str) -> None:
    places = [(dead_endpoint, dead_endpoint), (dead_endpoint, f"{dead_endpoint[:-1]}0")]
    with pytest.raises(ServerUnreachable, match="none of 2 servers answers; of the first: no pong from"):
        await Client(places, connect_timeout_s=0.2).__aenter__()


async def test_what_a_dead_server_had_accepted_is_sent_to_another_under_its_id(serve: Serve) -> None:
    servers = [serve(accepting), serve(accepting)]
    async with client_of(*servers) as client:
        await all_there(client)
        began = asyncio.Event()
        call = asyncio.create_task(client.translate("hi", to="pt", task_id="t", on_event=lambda event: began.set()))
        await began.wait()
        first, second = sorted(servers, key=lambda server: -server.count("translation"))
        second.script = EchoScript()
        first.kill()
        assert (await call).text == "pt(hi)"
    assert [each["taskId"] for each in second.asked("translation")] == ["t"]


async def test_what_a_server_has_answered_before_it_died_is_not_asked_for_again(serve: Serve) -> None:
    servers = [serve(None), serve(None)]
    async with client_of(*servers) as client:
        await all_there(client)
        for server in servers:
            server.die("translation", after=3)
        assert (await client.translate("hi", to="pt")).text == "pt(hi)"
    assert sorted(server.count("translation") for server in servers) == [0, 1]


async def test_each_event_comes_once_though_two_servers_told_of_it(serve: Serve) -> None:
    def half(server: FakeServer, request: Fields, binaries: list[bytes]) -> Answers:
        return [accepted(request), translated(request, "pt")]

    one, other = serve(half), serve(half)
    async with client_of(one, other) as client:
        await all_there(client)
        events = client.events({"type": "translation", "text": "hi", "targetLanguages": ["pt", "fr"]})
        seen = [(await anext(events)).type, (await anext(events)).language]
        dying, left = (one, other) if one.count("translation") else (other, one)
        left.script = EchoScript()
        dying.kill()
        seen += [event.language or event.type async for event in events]
    assert seen == ["accepted", "pt", "fr", "task_finished"]


async def test_a_server_that_says_that_it_stops_finishes_its_work_and_gets_no_more(serve: Serve) -> None:
    held: list[Fields] = []

    def holding(server: FakeServer, request: Fields, binaries: list[bytes]) -> Answers:
        held.append(request)
        return [accepted(request)] if len(held) < 2 else []

    first, second = serve(holding), serve(None)
    async with client_of(first, second) as client:
        await all_there(client)
        calls = [asyncio.create_task(client.translate(text, to="pt")) for text in ("a", "b", "c", "d")]
        await has(first, "translation", 2)
        first.announce_stop(client.peer, drain_ms=60_000)
        # The second of its requests was not accepted, and goes to the other server. The first one stays.
        await until(lambda: sum(call.done() for call in calls) == 3)
        assert [each.requests for each in client.servers] == [second.requests_endpoint]
        assert client.server_stopping_ms is None
        accepted_one = held[0]
        first.say(client.peer, translated(accepted_one, "pt"), finished(accepted_one))
        assert [(await call).text for call in calls] == ["pt(a)", "pt(b)", "pt(c)", "pt(d)"]
    assert accepted_one["taskId"] not in {request["taskId"] for request in second.requests}


async def test_a_request_that_is_refused_because_its_server_stops_goes_to_another(serve: Serve) -> None:
    servers = [serve(None), serve(None)]
    async with client_of(*servers) as client:
        await all_there(client)
        for server in servers:
            server.refuse("shutting_down", "translation", retry_after_ms=60_000)
        servers[1]._faults.clear()
        for _ in range(4):
            assert (await client.translate("hi", to="pt")).text == "pt(hi)"
        assert [each.requests for each in client.servers] == [servers[1].requests_endpoint]


async def test_a_refusal_of_the_last_server_is_told(serve: Serve) -> None:
    servers = [serve(None), serve(None)]
    async with client_of(*servers) as client:
        await all_there(client)
        for server in servers:
            server.refuse("shutting_down", "translation", times=9)
        with pytest.raises(DragomanError) as caught:
            await client.translate("hi", to="pt")
    assert caught.value.code == "shutting_down"


async def test_a_server_that_hangs_is_left_out_until_it_answers(serve: Serve) -> None:
    """It takes what is sent, and says nothing."""
    hanging, well = serve(silence), serve(None)
    news: list[str] = []
    client = client_of(
        hanging,
        well,
        resend_s=0.01,
        connect_timeout_s=0.3,
        on_disconnect=lambda server: news.append(f"lost {server}"),
        on_reconnect=lambda server: news.append(f"back {server}"),
    )
    async with client:
        await all_there(client)
        hanging.answers_pings = False
        results = await client.translate(["a", "b", "c", "d"], to="pt")
        assert [getattr(each, "text", each) for each in results] == ["pt(a)", "pt(b)", "pt(c)", "pt(d)"]
        assert [each.requests for each in client.servers] == [well.requests_endpoint]
        hanging.answers_pings = True
        await all_there(client)
    assert news == [f"lost {hanging.requests_endpoint}", f"back {hanging.requests_endpoint}"]


async def test_where_all_are_gone_requests_wait_for_the_first_that_is_back(serve: Serve) -> None:
    servers = [serve(accepting), serve(accepting)]
    async with client_of(*servers) as client:
        await all_there(client)
        calls = [asyncio.create_task(client.translate(text, to="pt")) for text in ("a", "b")]
        for server in servers:
            await has(server, "translation")
            server.kill()
        await until(lambda: client.servers == ())
        servers[1].script = EchoScript()
        servers[1].restart()
        assert [(await call).text for call in calls] == ["pt(a)", "pt(b)"]


async def test_an_overloaded_server_is_given_its_rest_while_the_other_works(serve: Serve) -> None:
    servers = [serve(None), serve(None)]
    async with client_of(*servers, retries=1) as client:
        await all_there(client)
        servers[0].refuse("overloaded", "translation", retry_after_ms=round(NEVER_S * 1000))
        for _ in range(4):
            assert (await client.translate("hi", to="pt")).text == "pt(hi)"
    assert servers[0].count("translation") <= 1


async def test_cancellations_and_questions_go_to_the_server_that_has_the_task(serve: Serve) -> None:
    servers = [serve(None), serve(None)]
    async with client_of(*servers) as client:
        await all_there(client)
        for number in range(4):
            await client.translate("hi", to="pt", task_id=f"t{number}")
            assert await client.cancel(f"t{number}") == "finished"
        stored = [event.type async for event in client.events({"type": "result", "taskId": "t2"})]
    assert stored == ["translation_completed", "task_finished"]
    assert [server.count("cancel") for server in servers] == [2, 2]


async def test_a_task_of_an_earlier_run_is_looked_for_on_each_server(serve: Serve) -> None:
    servers = [serve(None), serve(None)]
    async with client_of(*servers, peer="me") as client:
        await all_there(client)
        await client.translate("hi", to="pt", task_id="t")
    async with client_of(*servers, peer="me") as client:
        await all_there(client)
        assert [await client.cancel("t") for _ in range(2)] == ["finished"] * 2
        assert await client.cancel("never seen") == "unknown"


async def test_a_callback_that_fails_harms_nothing(serve: Serve) -> None:
    def wrong(server: ServerAddress) -> None:
        raise RuntimeError("of the caller")

    server = serve(None)
    async with Client(*server.endpoints, on_disconnect=wrong, on_reconnect=wrong) as client:
        server.kill()
        await until(lambda: client.servers == ())
        server.restart()
        assert (await client.translate("hi", to="pt")).text == "pt(hi)"


async def test_the_loss_of_the_only_server_and_its_return_are_told_once(serve: Serve) -> None:
    server = serve(None)
    news: list[str] = []
    async with Client(
        *server.endpoints,
        on_disconnect=lambda each: news.append(f"lost {each}"),
        on_reconnect=lambda each: news.append(f"back {each}"),
    ) as client:
        for _ in range(2):
            server.kill()
            await until(lambda: client.servers == ())
            server.restart()
            await all_there(client, 1)
    assert news == [f"lost {server.requests_endpoint}", f"back {server.requests_endpoint}"] * 2
