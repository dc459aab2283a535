"""examples/fastapi_chat brings each message to every reader in their language, and goes on without translations."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.harness import ECHO, PATIENCE_S, ROOT, ServerProcess, running_server, wait_until

FOLDER = ROOT / "examples" / "fastapi_chat"
HELLO = {"sender": "Ann", "text": "Where is the station?", "language": "en"}


@contextmanager
def chat(server: ServerProcess, **environment: str) -> Iterator[httpx.Client]:
    """The backend in a process of its own, on a free port."""
    command = [sys.executable, "-m", "uvicorn", "app:app", "--port", "0", "--timeout-graceful-shutdown", "2"]
    given = {f"DRAGOMAN_SOCKETS__{name.upper()}": server.endpoints[name] for name in ("requests", "routed")}
    with subprocess.Popen(
        command, cwd=FOLDER, env=os.environ | given | environment, stderr=subprocess.PIPE, text=True
    ) as process:
        try:
            assert process.stderr is not None
            for line in process.stderr:
                found = re.search(r"running on (http://\S+)", line)
                if found:
                    # Its log is read to the end, so that it never waits for us.
                    threading.Thread(target=process.stderr.read, daemon=True).start()
                    with httpx.Client(base_url=found[1], timeout=PATIENCE_S, trust_env=False) as http:
                        yield http
                    return
            raise AssertionError("the backend ended before it was running")
        finally:
            process.terminate()
            process.wait(PATIENCE_S)


class Reader:
    """The events of a room in one language."""

    def __init__(self, response: httpx.Response) -> None:
        assert response.status_code == 200
        self._lines = response.iter_lines()
        assert next(self._lines) == ": welcome"  # from now on no message is missed

    def next(self) -> dict[str, Any]:
        line = next(line for line in self._lines if line.startswith("data: "))
        message: dict[str, Any] = json.loads(line.removeprefix("data: "))
        return message


@contextmanager
def reading(http: httpx.Client, language: str, room: str = "lobby") -> Iterator[Reader]:
    with http.stream("GET", f"/rooms/{room}/events", params={"language": language}) as response:
        yield Reader(response)


@pytest.fixture(scope="module")
def http(echo_server: ServerProcess) -> Iterator[httpx.Client]:
    with chat(echo_server) as client:
        yield client


def post(http: httpx.Client, room: str = "lobby", **fields: str) -> dict[str, Any]:
    response = http.post(f"/rooms/{room}/messages", json=HELLO | fields)
    assert response.status_code == 201, response.text
    answer: dict[str, Any] = response.json()
    return answer


def test_each_reader_gets_a_message_in_their_language(http: httpx.Client) -> None:
    with reading(http, "en") as english, reading(http, "pt") as portuguese, reading(http, "fr") as french:
        answer = post(http)
        seen = [reader.next() for reader in (english, portuguese, french)]

    assert answer["failed"] == {}
    assert {message["id"] for message in seen} == {answer["id"]}
    assert [(message["text"], message["translated"]) for message in seen] == [
        ("Where is the station?", False),
        ("[pt] Where is the station?", True),
        ("[fr] Where is the station?", True),
    ]


def test_a_repeated_text_comes_from_the_client_s_cache_and_reaches_all(http: httpx.Client) -> None:
    with reading(http, "pt") as one, reading(http, "pt") as other:
        for _ in range(2):
            post(http, text="Again and again")
            assert [reader.next()["text"] for reader in (one, other)] == ["[pt] Again and again"] * 2


def test_a_message_stays_in_its_room(http: httpx.Client) -> None:
    with reading(http, "pt", "kitchen") as kitchen, reading(http, "pt", "garden") as garden:
        post(http, "garden", text="in the garden")
        post(http, "kitchen", text="in the kitchen")
        assert kitchen.next()["text"] == "[pt] in the kitchen"
        assert garden.next()["text"] == "[pt] in the garden"


def test_a_message_without_readers_is_taken(http: httpx.Client) -> None:
    assert post(http, "empty")["failed"] == {}


def test_a_language_that_fails_gets_the_text_as_it_was_written(http: httpx.Client) -> None:
    text = "The echo engine is asked to __fail__"
    with reading(http, "pt") as reader:
        answer = post(http, text=text)
        message = reader.next()

    assert answer["failed"] == {"pt": "engine_failed"}
    assert (message["text"], message["translated"], message["error"]) == (text, False, "engine_failed")


@pytest.mark.parametrize("fields", [{"text": ""}, {"text": "x" * 2001}, {"language": "??"}, {"sender": ""}])
def test_a_bad_message_is_refused_with_the_field_s_name(http: httpx.Client, fields: dict[str, str]) -> None:
    response = http.post("/rooms/lobby/messages", json=HELLO | fields)

    assert response.status_code == 422
    assert response.json()["detail"][0]["loc"] == ["body", *fields]


def test_a_room_has_a_limited_number_of_languages(http: httpx.Client) -> None:
    languages = [f"a{chr(ord('a') + number // 26)}{chr(ord('a') + number % 26)}" for number in range(33)]
    with ExitStack() as stack:
        # They are kept: a reader that is dropped closes its connection.
        readers = [stack.enter_context(reading(http, language, "babel")) for language in languages[:-1]]
        refused = http.get("/rooms/babel/events", params={"language": languages[-1]})

    assert len(readers) == 32
    assert refused.status_code == 409


def test_there_is_a_page_to_try_it(http: httpx.Client) -> None:
    assert "EventSource" in http.get("/").text


def test_the_chat_goes_on_while_the_server_is_gone(tmp_path: Path) -> None:
    with running_server(tmp_path, **ECHO) as server, chat(server, CHAT_TIMEOUT_S="1") as http:
        with reading(http, "pt") as reader:

            def is_translated() -> bool:
                post(http)
                return reader.next()["translated"] is True

            # The chat waits a second for a translation; a busy machine may need more for the first.
            wait_until(is_translated, "a message is translated in its time")
            wait_until(lambda: http.get("/healthz").json() == {"healthy": True}, "the server answers in its time")
            server.stop()
            answer = post(http, text="Is anybody there?")
            message = reader.next()

        assert answer["failed"]["pt"] in ("timed_out", "server_unreachable")
        assert (message["text"], message["translated"]) == ("Is anybody there?", False)
        assert http.get("/healthz").status_code == 503
