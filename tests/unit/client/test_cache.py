from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from dragoman_client import Translation, TranslationCache, TranslationFailed
from dragoman_wire.errors import EngineFailed
from dragoman_wire.events import Event
from dragoman_wire.requests import TranslationRequest
from tests.unit.client.conftest import Serve, client_of
from tests.unit.client.fake_server import (
    Answer,
    FakeServer,
    Fields,
    accepted,
    finished,
    not_translated,
    translated,
    translating,
)

pytestmark = pytest.mark.usefixtures("nothing_is_left_behind")


def asked_for(server: FakeServer) -> list[list[str]]:
    """The target languages of each translation that reached the server."""
    return [one["targetLanguages"] for one in server.asked("translation")]


def request(text: str = "hello", *languages: str, **fields: Any) -> TranslationRequest:
    return TranslationRequest(text=text, source_language="en", target_languages=list(languages or ("pt",)), **fields)


def translation(text: str = "olá") -> Translation:
    return Translation(
        text=text,
        source_language="en",
        target_language="pt",
        confidence=1.0,
        model="firefox",
        from_cache=False,
        processing_time_s=0.5,
    )


def test_a_doubtful_translation_is_not_kept_and_drops_the_one_before() -> None:
    cache = TranslationCache()
    cache.remember(request(), {"pt": translation()})
    cache.remember(request(), {"pt": replace(translation(), warnings=("the translation model did it badly",))})
    assert cache.recall(request()) == {}


async def test_a_repeated_text_costs_no_message(serve: Serve) -> None:
    server = serve(translating)
    async with client_of(server, cache=TranslationCache()) as client:
        first = await client.translate("hi", "en", to="pt")
        second = await client.translate("hi", "en", to="pt", task_id="another", priority="high")

    assert asked_for(server) == [["pt"]]
    assert (first.from_cache, second.from_cache) == (False, True)
    assert first.text == second.text


async def test_only_what_is_not_known_is_asked_for(serve: Serve) -> None:
    server = serve(translating)
    async with client_of(server, cache=TranslationCache()) as client:
        await client.translate("hi", "en", to="pt")
        both = await client.translate("hi", "en", to=["fr", "pt"])
        await client.translate("hi", "en", to=["fr", "pt"])

    assert asked_for(server) == [["pt"], ["fr"]]
    assert set(both) == {"fr", "pt"}


async def test_refresh_and_off_ask_and_only_refresh_keeps(serve: Serve) -> None:
    server = serve(translating)
    async with client_of(server, cache=TranslationCache()) as client:
        await client.translate("hi", "en", to="pt", cache="off")
        await client.translate("hi", "en", to="pt", cache="refresh")
        await client.translate("hi", "en", to="pt")
        await client.translate("hi", "en", to="pt", cache="refresh")

    assert len(asked_for(server)) == 3
    assert [one.get("cache") for one in server.asked("translation")] == ["off", "refresh", "refresh"]


async def test_a_language_that_failed_is_asked_for_again(serve: Serve) -> None:
    def fr_fails(server: FakeServer, fields: Fields, binaries: list[bytes]) -> Sequence[Answer | Event | Fields]:
        languages = fields["targetLanguages"]
        done = [translated(fields, one) for one in languages if one != "fr"]
        failed = [not_translated(fields, "fr", EngineFailed("it broke"))] if "fr" in languages else []
        return [accepted(fields), *done, *failed, finished(fields, len(languages), "partial")]

    server = serve(fr_fails)
    async with client_of(server, cache=TranslationCache()) as client:
        for _ in range(2):
            with pytest.raises(TranslationFailed):
                await client.translate("hi", "en", to=["pt", "fr"])

    assert asked_for(server) == [["pt", "fr"], ["fr"]]


def test_what_decides_a_translation_is_in_its_key() -> None:
    cache = TranslationCache()
    cache.remember(request(), {"pt": translation()})

    assert cache.recall(request(task_id="t", message_id="m", priority="low", timeout_ms=5, reply_to="p"))
    assert not cache.recall(request("hallo"))
    assert not cache.recall(request(model_type="premium"))
    assert not cache.recall(request("hello", "fr"))
    assert not cache.recall(TranslationRequest(text="hello", source_language="de", target_languages=["pt"]))
    assert (cache.hits, cache.misses) == (1, 4)


def test_a_translation_is_good_for_so_long() -> None:
    now_s = 0.0
    cache = TranslationCache(keep_s=60, clock=lambda: now_s)
    cache.remember(request(), {"pt": translation()})
    now_s = 60.0
    assert cache.recall(request())
    now_s = 61.0
    assert not cache.recall(request())
    assert (len(cache), cache.bytes) == (0, 0)


def test_the_least_recently_used_leave_first() -> None:
    cache = TranslationCache(entries=2)
    for text in ("one", "two"):
        cache.remember(request(text), {"pt": translation()})
    cache.recall(request("one"))
    cache.remember(request("three"), {"pt": translation()})

    assert [bool(cache.recall(request(text))) for text in ("one", "two", "three")] == [True, False, True]


def test_a_cache_stays_within_its_bytes() -> None:
    cache = TranslationCache(max_bytes=20_000)
    for number in range(100):
        cache.remember(request(f"text {number}"), {"pt": translation("x" * 500)})

    assert 0 < cache.bytes <= 20_000
    assert 0 < len(cache) < 20
    cache.clear()
    assert (len(cache), cache.bytes) == (0, 0)
