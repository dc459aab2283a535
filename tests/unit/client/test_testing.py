"""The fake server and its fixtures, as a program's own tests use them."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import pytest

from dragoman_client import BadAnswer, Client, DragomanError, SyncClient
from dragoman_client.testing import WAV, FakeServer, Fields
from dragoman_wire.families import FAMILIES
from tests.unit.client.conftest import Serve, all_there, client_of, until

REQUESTS: dict[str, Fields] = {
    "translation": {"text": "hi", "targetLanguages": ["pt"]},
    "story_text_object_translation": {
        "text": "hi",
        "targetLanguages": ["pt"],
        "sourceLanguage": "en",
        "postId": "p",
        "textObjectIndex": 0,
    },
    "transcription_only": {},
    "audio_process": {"targetLanguages": ["pt"]},
    "speak": {"text": "hi"},
    "detect": {"text": "hi"},
    "ping": {},
    "stats": {},
    "voices": {},
    "languages": {},
}


@pytest.mark.parametrize("kind", REQUESTS)
def test_it_answers_requests_in_events_of_their_family(serve: Serve, kind: str) -> None:
    binaries = {"audio": WAV} if kind in ("transcription_only", "audio_process") else {}
    with SyncClient(*serve(None).endpoints) as client:
        events = list(client.events({"type": kind, **REQUESTS[kind]}, binaries=binaries))
    family = FAMILIES.find(kind)
    assert {event.type for event in events} & set(family.events)
    assert not [event.error for event in events if event.error]


async def test_a_repeat_is_answered_with_what_was_answered_first(serve: Serve) -> None:
    server = serve(None)
    async with client_of(server) as client:
        assert (await client.translate("hi", to="pt", task_id="t")).text == "pt(hi)"
        assert (await client.translate("other", to="pt", task_id="t")).text == "pt(hi)"
    assert server.count("translation") == 2
    assert len(server.asked("translation")) == 1


async def test_a_dropped_request_is_repeated(serve: Serve) -> None:
    server = serve(None)
    server.drop("translation", times=2)
    async with client_of(server, resend_s=0.01) as client:
        assert (await client.translate("hi", to="pt")).text == "pt(hi)"
    assert server.count("translation") >= 3


async def test_a_delayed_answer_comes_later_and_holds_up_no_other(serve: Serve) -> None:
    server = serve(None)
    server.delay(0.2, "translation")
    async with client_of(server) as client:
        start_s = time.monotonic()
        [slow, quick] = await client.translate(["a", "b"], to="pt")
        assert [getattr(each, "text", each) for each in (slow, quick)] == ["pt(a)", "pt(b)"]
        assert time.monotonic() - start_s >= 0.2


@pytest.mark.parametrize("code", ["overloaded", "invalid_request", "engine_unavailable"])
async def test_a_refusal_has_the_code_and_the_time_that_were_asked_for(serve: Serve, code: str) -> None:
    server = serve(None)
    server.refuse(code, retry_after_ms=70)
    async with client_of(server) as client:
        with pytest.raises(DragomanError) as caught:
            await client.transcribe(WAV)
        assert (caught.value.code, caught.value.retry_after_ms) == (code, 70)
        assert (await client.transcribe(WAV)).text == "hello world"


async def test_it_dies_in_the_middle_of_an_answer_and_is_started_anew(serve: Serve) -> None:
    server = serve(None)
    server.die("translation", after=1)
    async with Client(*server.endpoints) as client:
        call = client.events({"type": "translation", "text": "hi", "targetLanguages": ["pt"]})
        assert (await anext(call)).type == "accepted"
        await until(lambda: not server.alive)
        server.restart()
        assert server.alive
        assert [event.type async for event in call] == ["translation_completed", "task_finished"]


async def test_garbage_is_passed_over_and_the_answer_asked_for_again(serve: Serve) -> None:
    server = serve(None)
    server.garble("translation")
    async with client_of(server, resend_s=0.01) as client:
        assert (await client.translate("hi", to="pt")).text == "pt(hi)"


async def test_a_stop_is_announced_and_its_requests_socket_is_gone(serve: Serve) -> None:
    server = serve(None)
    async with client_of(server) as client:
        server.announce_stop(client.peer, drain_ms=7000)
        await until(lambda: client.server_stopping_ms == 7000)
        server.restart()
        await all_there(client, 1)
        assert client.server_stopping_ms is None


def test_a_wait_for_requests_that_do_not_come_says_how_many_came(serve: Serve) -> None:
    with pytest.raises(AssertionError, match="0 of 3 requests 'speak' came within 0 s"):
        serve(None).wait_for("speak", 3, timeout_s=0)


def test_a_kind_without_an_answer_is_refused(serve: Serve) -> None:
    with SyncClient(*serve(None).endpoints) as client:
        [event, *_] = list(client.events({"type": "voice_profile_verify", "request_id": "r"}))
    assert event.error is not None
    assert event.error.code == "unknown_type"


def test_what_a_script_says_wrongly_is_a_bad_answer(serve: Serve) -> None:
    server = serve(lambda server, request, binaries: [{"type": "voices_result", "taskId": request["taskId"]}])
    with SyncClient(*server.endpoints) as client, pytest.raises(BadAnswer):
        client.voices()


def test_it_can_be_ended_before_it_began_and_twice() -> None:
    with FakeServer() as server:
        server.kill()
        assert not server.alive
        server.kill()


TEST_OF_A_USER = """
import sys
from dragoman_client import SyncClient

pytest_plugins = ["dragoman_client.testing.plugin"]


def test_of_mine(dragoman_server, dragoman_servers):
    dragoman_server.refuse("overloaded", retry_after_ms=1)
    with SyncClient.from_env(retries=1) as client:
        assert client.translate("Hi", to="pt").text == "pt(Hi)"
    other = dragoman_servers(answers_pings=False)
    assert other.alive
    assert not [name for name in sys.modules if name.startswith(("dragoman_server", "dragoman_handlers", "aiohttp"))]
"""


def test_the_fixtures_serve_a_test_of_another_project_without_the_servers_packages(tmp_path: Path) -> None:
    (tmp_path / "test_mine.py").write_text(TEST_OF_A_USER, encoding="utf-8")
    command: list[str | Path] = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-p",
        "no:cacheprovider",
        "--rootdir",
        tmp_path,
        tmp_path,
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=tmp_path)
    assert (done.returncode, "1 passed" in done.stdout) == (0, True), done.stdout + done.stderr
