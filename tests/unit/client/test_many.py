"""Several texts in one call: their order, their failures, and how many are in flight."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from dragoman_client import (
    Client,
    ConnectionClosed,
    DragomanError,
    ServerUnreachable,
    SyncClient,
    Translation,
    TranslationFailed,
)
from dragoman_client.many import each_of
from dragoman_client.testing import Answers, FakeServer, Fields, accepted, failures, finished, translated
from dragoman_wire.errors import EngineFailed, UnsupportedLanguage
from tests.unit.client.conftest import Serve, all_there, client_of, has

pytestmark = pytest.mark.usefixtures("nothing_is_left_behind")


def picky(server: FakeServer, request: Fields, binaries: list[bytes]) -> Answers:
    """A text with a "!" fails; so does the language xx."""
    if "!" in request["text"]:
        return [accepted(request), *failures(request, EngineFailed("too loud")), finished(request, 1, "failed")]
    done: list[Any] = []
    for language in request["targetLanguages"]:
        wrong = failures(request, UnsupportedLanguage("no xx"), ["xx"])
        done += wrong if language == "xx" else [translated(request, language)]
    return [accepted(request), *done, finished(request, len(done))]


async def test_texts_come_back_in_their_order_each_failure_in_its_place(serve: Serve) -> None:
    async with client_of(serve(picky)) as client:
        results = await client.translate(["a", "b!", "c"], "en", to="pt")
    assert [each.text if isinstance(each, Translation) else str(each) for each in results] == [
        "pt(a)",
        "too loud",
        "pt(c)",
    ]
    assert isinstance(results[1], EngineFailed)


async def test_several_texts_into_several_languages_come_by_language(serve: Serve) -> None:
    async with client_of(serve(picky)) as client:
        [good, bad] = (
            await client.translate(("a", "b"), to=["pt", "fr"]),
            await client.translate(["a"], to=["pt", "xx"]),
        )
    assert isinstance(good[1], dict)
    assert {language: each.text for language, each in good[1].items()} == {"pt": "pt(b)", "fr": "fr(b)"}
    assert isinstance(bad[0], TranslationFailed)
    assert bad[0].results["pt"].text == "pt(a)"


async def test_no_text_is_no_request(serve: Serve) -> None:
    server = serve(picky)
    async with client_of(server) as client:
        assert await client.translate([], to="pt") == []
    assert server.count("translation") == 0


async def test_each_text_has_a_task_of_its_own(serve: Serve) -> None:
    server = serve(picky)
    async with client_of(server) as client:
        await client.translate(["a", "b"], to="pt", task_id="list")
    assert {request["taskId"]: request["text"] for request in server.asked("translation")} == {
        "list-0": "a",
        "list-1": "b",
    }


async def test_only_so_many_are_in_flight_as_the_caller_allows(serve: Serve) -> None:
    held: list[Fields] = []

    def holding(server: FakeServer, request: Fields, binaries: list[bytes]) -> Answers:
        held.append(request)
        return [accepted(request)]

    server = serve(holding)
    async with client_of(server) as client:
        call = asyncio.create_task(client.translate([str(number) for number in range(20)], to="pt", concurrency=3))
        await has(server, "translation", 3)
        await client.ping()  # whatever was sent before it has come
        assert len(held) == 3
        call.cancel()
        await asyncio.wait({call})
        await has(server, "cancel", 3)


async def test_each_call_is_made_once_and_no_more_than_allowed_at_a_time() -> None:
    running, most, seen = 0, 0, []

    async def call(place: int, item: int) -> int:
        nonlocal running, most
        running += 1
        most = max(most, running)
        await asyncio.sleep(0)
        running -= 1
        seen.append(place)
        return item * item

    assert await each_of(range(1000), call, 7) == [number * number for number in range(1000)]
    assert (most, sorted(seen)) == (7, list(range(1000)))


@pytest.mark.parametrize("error", [ServerUnreachable("nobody there"), ConnectionClosed("closed")])
async def test_once_there_is_no_server_the_others_are_not_tried(error: Exception) -> None:
    tried = []

    async def call(place: int, item: int) -> int:
        tried.append(place)
        await asyncio.sleep(0)
        if place >= 2:
            raise error
        return item

    results = await each_of(range(100), call, 2)
    assert results[:2] == [0, 1]
    assert results[2:] == [error] * 98
    assert len(tried) <= 4


async def test_a_fault_of_the_caller_is_raised_as_it_is() -> None:
    async def call(place: int, item: int) -> int:
        raise KeyError("of a callback")

    with pytest.raises(KeyError, match="of a callback"):
        await each_of(range(10), call, 2)
    with pytest.raises(ValueError, match="concurrency: 0 is not 1 or more"):
        await each_of(range(10), call, 0)


def test_the_plain_client_takes_several_texts(serve: Serve) -> None:
    with SyncClient(*serve(picky).endpoints) as client:
        results = client.translate(["a", "b!"], to="pt")
        assert [type(each) for each in results] == [Translation, EngineFailed]
        [by_language] = client.translate(["a"], to=["pt"])
        assert isinstance(by_language, dict)


async def test_a_list_survives_a_server_that_dies_in_the_middle(serve: Serve) -> None:
    """All requests are answered by the other server, each once."""
    first, second = serve(None), serve(None)
    async with Client([first.endpoints, second.endpoints]) as client:
        await all_there(client)
        first.die("translation", after=1)
        texts = [str(number) for number in range(100)]
        results = await client.translate(texts, to="pt")
    assert [each.text for each in results if isinstance(each, Translation)] == [f"pt({text})" for text in texts]
    assert not [each for each in results if isinstance(each, DragomanError)]
