"""Translation by rules through the sockets, in one, two and three steps; skipped where Apertium is not installed."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import psutil
import pytest

from dragoman_engines.translation.apertium_modes import find_modes
from tests.harness import ECHO, PATIENCE_S, Peer, ServerProcess, connected, running_server

NEEDED = {("fr", "es"), ("es", "pt"), ("pt", "gl"), ("en", "es")}
pytestmark = pytest.mark.skipif(
    not set(find_modes()) >= NEEDED,
    reason="Apertium's pairs fr-es, es-pt, pt-gl and eng-spa are not installed; scripts/setup --system brings them",
)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    settings = ECHO | {"engines__translation__model": "apertium"}
    with running_server(tmp_path_factory.mktemp("apertium"), **settings) as one:
        yield one.wait_ready()


@pytest.fixture(scope="module")
def peer(server: ServerProcess) -> Iterator[Peer]:
    with connected(server, "apertium") as one:
        yield one


def translated(peer: Peer, text: str, source: str, target: str, **fields: Any) -> dict[str, Any]:
    request = {"type": "translation", "text": text, "sourceLanguage": source, "targetLanguages": [target]}
    [event] = peer.run(request | fields)[1:-1]
    assert event.type == "translation_completed", event.fields
    result: dict[str, Any] = event.fields["result"]
    return result


@pytest.mark.parametrize(
    ("source", "target", "text", "expected"),
    [
        ("es", "pt", "El gato duerme en la casa.", "O gato dorme na casa."),
        ("fr", "pt", "Le chat dort dans la maison.", "O gato dorme na casa."),
        ("fr", "gl", "Le chat dort dans la maison.", "O gato dorme na casa."),
    ],
    ids=["one step", "two steps", "three steps"],
)
def test_a_text_goes_through_as_many_pairs_as_it_takes(
    peer: Peer, source: str, target: str, text: str, expected: str
) -> None:
    result = translated(peer, text, source, target)

    assert result["translatedText"] == expected
    assert result["translatorModel"] == "apertium"


def test_languages_names_each_way_and_calls_it_gist(peer: Peer) -> None:
    peer.send({"type": "languages"})
    pairs = {(pair["source"], pair["target"]): pair for pair in peer.receive().fields["pairs"]}

    assert pairs["fr", "gl"]["via"] == ["es", "pt"]
    assert pairs["es", "pt"]["via"] == []
    assert {pair["quality"] for pair in pairs.values()} == {"gist"}
    assert {pair["engine"] for pair in pairs.values()} == {"apertium"}


def test_marks_markup_and_names_are_kept(peer: Peer) -> None:
    text = (
        "Hola @ana [lista] {nombre} ^x$ a/b <b>casa</b> *no* #ya ~fin \\ 😀\n\n- `ls -l` y https://example.org/a?b=c"
    )
    answer = translated(peer, text, "es", "pt")["translatedText"]

    kept = (
        "@ana",
        "[",
        "]",
        "{nombre}",
        "^x$",
        "<b>casa</b>",
        "#",
        "~",
        "\\",
        "😀\n\n- `ls -l` ",
        "https://example.org/a?b=c",
    )
    assert [part for part in kept if part not in answer] == []


def test_its_programs_end_with_the_engine_s_process_and_come_back_with_the_next(
    server: ServerProcess, peer: Peer
) -> None:
    [pid] = server.stats()["engines"]["translation"]["pids"]
    worker = psutil.Process(pid)
    programs = worker.children(recursive=True)
    assert len(programs) > 10
    worker.kill()
    deadline_s = time.monotonic() + PATIENCE_S
    while alive := [one for one in programs if one.is_running() and one.status() != psutil.STATUS_ZOMBIE]:
        assert time.monotonic() < deadline_s, alive
        time.sleep(0.01)

    assert translated(peer, "El gato come.", "es", "pt")["translatedText"] == "O gato come."
