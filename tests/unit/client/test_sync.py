from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from dragoman_client import ConnectionClosed, ServerUnreachable, SyncClient
from dragoman_wire.errors import UnsupportedLanguage
from dragoman_wire.events import Event as WireEvent
from tests.unit.client.conftest import Serve
from tests.unit.client.fake_server import (
    WAIT_S,
    WAV,
    FakeServer,
    Fields,
    accepted,
    finished,
    not_translated,
    silence,
    translating,
)

TRANSLATION = {"type": "translation", "text": "hi", "targetLanguages": ["pt", "fr"]}


def client_of(server: FakeServer) -> SyncClient:
    return SyncClient(*server.endpoints, timeout_s=WAIT_S, connect_timeout_s=WAIT_S)


def client_threads() -> set[threading.Thread]:
    return {thread for thread in threading.enumerate() if thread.name.startswith("dragoman-client")}


@pytest.fixture
def no_thread_stays() -> Iterator[None]:
    """What others have left behind is theirs."""
    before = client_threads()
    yield
    assert client_threads() - before == set()


@pytest.mark.usefixtures("no_thread_stays")
def test_every_call_is_there(serve: Serve, tmp_path: Path) -> None:
    with client_of(serve(translating)) as client:
        assert client.translate("hi", to="pt").text == "pt(hi)"
        assert set(client.translate("hi", "en", to=["pt", "fr"])) == {"pt", "fr"}
        assert client.transcribe(WAV).text == "hello world"
        assert set(client.voice(WAV, to=["pt", "fr"]).audios) == {"pt", "fr"}
        assert client.stats()["version"] == "1"
        assert client.ping().audio_pipeline_available
        assert client.cancel("x") == "cancelled"
        assert client.server_stopping_ms is None
        assert client.peer.startswith("client-")
        assert client_threads()


def test_events_are_a_plain_iterator(serve: Serve) -> None:
    with client_of(serve(translating)) as client:
        seen = [event.type for event in client.events(TRANSLATION)]
        with client.events({**TRANSLATION, "taskId": "mine"}) as stream:
            assert stream.task_id == "mine"
            assert next(stream).type == "accepted"
        assert list(stream) == []
    stream.close()
    assert seen == ["accepted", "translation_completed", "translation_completed", "task_finished"]


def test_errors_are_the_asynchronous_ones(serve: Serve) -> None:
    def wrong(server: FakeServer, request: Fields, binaries: list[bytes]) -> list[WireEvent]:
        return [accepted(request), not_translated(request, "pt", UnsupportedLanguage("no")), finished(request)]

    with client_of(serve(wrong)) as client, pytest.raises(UnsupportedLanguage):
        client.translate("hi", to="pt")


def test_threads_may_share_one(serve: Serve) -> None:
    with client_of(serve(translating)) as client, ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda n: client.translate(f"{n}", to="pt").text, range(100)))
    assert answers == [f"pt({n})" for n in range(100)]


@pytest.mark.usefixtures("no_thread_stays")
def test_a_dead_port_is_said_and_leaves_no_thread(dead_endpoint: str) -> None:
    with pytest.raises(ServerUnreachable), SyncClient(dead_endpoint, dead_endpoint, connect_timeout_s=0.2):
        pass


def test_closing_ends_the_calls_that_wait(serve: Serve) -> None:
    server = serve(silence)
    with ThreadPoolExecutor(1) as pool:
        with client_of(server) as client:
            call = pool.submit(client.translate, "hi", to="pt")
            server.wait_for("translation")
        with pytest.raises(ConnectionClosed):
            call.result(WAIT_S)
    client.close()


def test_a_client_that_is_not_open_says_so(serve: Serve) -> None:
    client = client_of(serve(translating))
    with pytest.raises(ConnectionClosed, match="not open"):
        client.ping()
    client.close()
    with client:
        pass
    with pytest.raises(ConnectionClosed):
        client.translate("hi", to="pt")
    with pytest.raises(ConnectionClosed):
        client.events(TRANSLATION)
