"""A pair without a model of its own goes through English, on the real models and through the sockets.

The pairs that come as packages are English to Portuguese and back. Galician is near enough to Portuguese for the
model that reads it: named `gl-en`, it gives a third language, and Galician to Portuguese has no direct model.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from dragoman_engines.models.resolve import resolve
from tests.harness import ECHO, Message, Peer, connected, running_server

pytest.importorskip("fxtranslate", reason="the [models] extra is not installed")

pytestmark = pytest.mark.models

TEXT = "A casa é grande. O gato dorme."


@pytest.fixture(scope="module")
def peer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Peer]:
    models, state = tmp_path_factory.mktemp("pairs"), tmp_path_factory.mktemp("pivot")
    for pair, folder in (("gl-en", "pten-1693087646"), ("en-pt", "enpt-1693087644")):
        (models / pair).mkdir()
        for file in (resolve("firefox").folder / folder).glob("*.*.*"):
            (models / pair / file.name).symlink_to(file)
    settings = ECHO | {"engines__translation__model": f"path:{models}"}
    with running_server(state, **settings) as server, connected(server.wait_ready(), "pivot") as one:
        yield one


def translated(peer: Peer, text: str, *targets: str, **fields: Any) -> dict[str, Message]:
    request = {"type": "translation", "text": text, "sourceLanguage": "gl", "targetLanguages": targets}
    return {event.fields["targetLanguage"]: event for event in peer.run(request | fields)[1:-1]}


def text_of(event: Message) -> str:
    assert event.type == "translation_completed", event.fields
    return str(event.fields["result"]["translatedText"])


def test_a_pair_without_a_model_goes_through_english(peer: Peer) -> None:
    answers = translated(peer, TEXT, "en", "pt")
    assert text_of(answers["en"]) == "The house is great. The cat sleeps."
    assert text_of(answers["pt"]) == TEXT, "Portuguese says it as Galician does"


def test_what_is_no_language_is_kept_on_both_ways(peer: Peer) -> None:
    text = "Bo día @ana 😀\n\n- A casa: {name} <b>é grande</b>\n- `ls -l` en https://example.org/a?b=c"
    kept = ("@ana 😀\n\n- ", "{name}", "<b>", "</b>", "\n- `ls -l` ", " https://example.org/a?b=c")
    answer = text_of(translated(peer, text, "pt")["pt"])
    assert [part for part in kept if part not in answer] == []


def test_a_glossary_holds_for_the_languages_that_were_asked_for(peer: Peer) -> None:
    answer = translated(peer, "O banco é grande.", "pt", glossary={"banco": "cofre"})["pt"]
    assert "cofre" in text_of(answer)


def test_a_language_that_no_model_writes_fails_alone(peer: Peer) -> None:
    answers = translated(peer, TEXT, "fr", "pt")
    assert answers["fr"].fields["error"] == "no model translates from 'gl' to 'fr'; there are en-pt, gl-en"
    assert text_of(answers["pt"]) == TEXT
