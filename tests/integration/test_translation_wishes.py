"""What a request may want of its translation beside the language: a glossary, and one of several models."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from dragoman_client import SyncClient
from tests.harness import ECHO_ENGINES, Message, Peer, ServerProcess, connected, running_server

GLOSSARY = 'Dragoman = "Dragoman"\nbank = {pt = "banco", fr = "banque"}\n'


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """A server with a glossary and three translation models, of which two are the same."""
    folder = tmp_path_factory.mktemp("wishes")
    (folder / "terms.toml").write_text(GLOSSARY, encoding="utf-8")
    settings: dict[str, object] = {
        "translation__glossary_file": folder / "terms.toml",
        "models__translation__premium__model": "echo",
        "models__translation__premium__processes": 2,
        "models__translation__medium": "echo",
    }
    with running_server(folder, **ECHO_ENGINES, **settings) as running:
        yield running.wait_ready()


@pytest.fixture
def peer(server: ServerProcess) -> Iterator[Peer]:
    with connected(server, "wishes") as connection:
        yield connection


def answered(peer: Peer, task_id: str, text: str = "Good morning", **fields: Any) -> Message:
    """The one answer to a translation into one language."""
    request = {"type": "translation", "text": text, "sourceLanguage": "en", "targetLanguages": ["pt"]}
    [_, answer, _] = peer.run(request | {"taskId": task_id} | fields)
    return answer


@pytest.mark.parametrize(
    ("asked", "named", "worker"),
    [
        (None, "basic", "translation-"),
        ("basic", "basic", "translation-"),
        ("premium", "premium", "translation.premium-"),
        ("medium", "medium", "translation-"),
        ("nonsense", "basic", "translation-"),
    ],
)
def test_the_event_names_the_model_that_was_used(peer: Peer, asked: str | None, named: str, worker: str) -> None:
    result = answered(peer, f"model-{asked}", f"Good morning {asked}", modelType=asked).fields["result"]
    assert result["modelType"] == named
    assert result["workerName"].startswith(worker)
    assert result["translatorModel"] == "echo"


def test_a_model_beside_the_default_is_an_engine_of_its_own(server: ServerProcess) -> None:
    engines = server.stats()["engines"]
    assert engines["translation.premium"]["processes"] == 2
    assert "translation.medium" not in engines, "it is configured as the default is"


def test_a_translation_of_one_model_is_no_answer_for_another(peer: Peer) -> None:
    answered(peer, "cache-1", "Once more")
    again = answered(peer, "cache-2", "Once more", modelType="premium")
    assert again.fields["result"]["fromCache"] is False
    assert answered(peer, "cache-3", "Once more", modelType="medium").fields["result"]["fromCache"] is True


@pytest.mark.parametrize(
    ("glossary", "translation"),
    [
        (None, "[pt] The banco of Dragoman is here"),
        ({"bank": "cofre"}, "[pt] The cofre of Dragoman is here"),
        ({"bank": None, "here": {"pt": "aqui", "fr": "ici"}}, "[pt] The bank of Dragoman is aqui"),
        ({"here": {"fr": "ici"}}, "[pt] The banco of Dragoman is here"),
    ],
)
def test_a_request_overrides_the_server_term_by_term(peer: Peer, glossary: Any, translation: str) -> None:
    answer = answered(peer, f"terms-{glossary}", "The bank of Dragoman is here", glossary=glossary)
    assert answer.fields["result"]["translatedText"] == translation
    again = answered(peer, f"again-{glossary}", "The bank of Dragoman is here", glossary=glossary)
    assert again.fields["result"]["translatedText"] == translation
    assert again.fields["result"]["fromCache"] is True


def test_a_story_and_a_voice_message_have_glossaries_too(peer: Peer) -> None:
    glossary = {"lake": "lago"}
    story = {
        "type": "story_text_object_translation",
        "taskId": "story",
        "postId": "p",
        "textObjectIndex": 0,
        "text": "At the lake",
        "sourceLanguage": "en",
        "targetLanguages": ["pt"],
        "glossary": glossary,
    }
    assert peer.run(story)[1].fields["translations"] == {"pt": "[pt] At the lago"}
    voice = {
        "type": "audio_process",
        "taskId": "voice",
        "targetLanguages": ["pt"],
        "mobileTranscription": {"text": "At the lake", "language": "en"},
        "glossary": glossary,
    }
    [ready] = [event for event in peer.run(voice) if event.type == "audio_translation_ready"]
    assert ready.fields["translatedAudio"]["translatedText"] == "[pt] At the lago"


@pytest.mark.parametrize(
    ("glossary", "code", "said"),
    [
        ({f"term {number}": "x" for number in range(201)}, "too_large", "glossary_terms is 200"),
        ({"x" * 201: "y"}, "too_large", "glossary_chars is 200"),
        ({"bank": ""}, "invalid_request", "glossary: an empty text at 'bank'"),
        ({"bank": 1}, "invalid_request", "glossary"),
    ],
)
def test_a_glossary_that_cannot_be_used_is_refused_by_name(peer: Peer, glossary: Any, code: str, said: str) -> None:
    peer.send(
        {"type": "translation", "taskId": f"bad-{said}", "text": "a", "targetLanguages": ["pt"], "glossary": glossary}
    )
    [error] = [
        event
        for event in peer.collect(lambda message: message.type == "translation_error")
        if event.type == "translation_error"
    ]
    assert error.fields["errorCode"] == code
    assert said in error.fields["error"]


def test_a_translation_that_repeats_itself_is_asked_for_carefully(peer: Peer) -> None:
    answer = answered(peer, "slip", "A __slip__ of the tongue.")
    assert answer.fields["result"]["translatedText"] == "[pt] A __slip__ of the tongue."


def test_a_model_that_goes_on_repeating_itself_is_cut_short_with_a_warning(peer: Peer) -> None:
    result = answered(peer, "loop", "A __loop__ in the road.").fields["result"]
    said = "the translation model repeated itself instead of translating a sentence; what it repeated is left out"
    assert result["warnings"] == [f"{said}: 'A __loop__ in the road.'"]
    assert result["translatedText"] == "and so on"


def test_a_translation_with_a_warning_is_not_cached_and_is_told_of_in_stories_and_voice_messages(peer: Peer) -> None:
    text = "Another __loop__ in the road."
    for number in range(2):
        assert len(answered(peer, f"twice-{number}", text).fields["result"]["warnings"]) == 1
    story = {"type": "story_text_object_translation", "taskId": "loop-story", "postId": "p", "textObjectIndex": 0}
    told = peer.run(story | {"text": text, "sourceLanguage": "en", "targetLanguages": ["pt"]})[1].fields
    assert [warning[:27] for warning in told["warnings"]] == ["pt: the translation model r"]
    voice = {"type": "audio_process", "taskId": "loop-voice", "targetLanguages": ["pt"]}
    events = peer.run(voice | {"mobileTranscription": {"text": text, "language": "en"}})
    [ready] = [event for event in events if event.type == "audio_translation_ready"]
    assert len(ready.fields["translatedAudio"]["warnings"]) == 1
    [done] = [event for event in events if event.type == "audio_process_completed"]
    assert len(done.fields["translatedAudios"][0]["warnings"]) == 1


def test_the_client_and_its_command_line_tell_of_warnings(server: ServerProcess) -> None:
    requests, routed = server.endpoints["requests"], server.endpoints["routed"]
    text = "One more __loop__ in the road."
    with SyncClient(requests, routed) as client:
        [warning] = client.translate(text, "en", to="pt").warnings
    assert "repeated itself" in warning
    program = [sys.executable, "-c", "from dragoman_client.cli import main; main()"]
    command = ["--requests", requests, "--routed", routed, "translate", text, "--from", "en", "--to", "pt"]
    done = subprocess.run([*program, *command], capture_output=True, text=True, check=True)
    assert (done.stdout, done.stderr) == ("and so on\n", f"warning: {warning}\n")


def test_the_client_passes_a_glossary_on(server: ServerProcess) -> None:
    with SyncClient(server.endpoints["requests"], server.endpoints["routed"]) as client:
        translation = client.translate("My dog sleeps", "en", to="pt", glossary={"dog": "cão", "sleeps": None})
    assert translation.text == "[pt] My cão sleeps"


def test_a_reload_reads_the_glossary_again(tmp_path: Path) -> None:
    config = tmp_path / "dragoman.toml"
    config.write_text('[translation.glossary]\nbank = "banco"\n', encoding="utf-8")
    settings = {key.replace("__", "."): value for key, value in ECHO_ENGINES.items()}
    running = ServerProcess(tmp_path, settings, "--config", str(config))
    try:
        running.wait_ready()
        with connected(running, "reload") as peer:
            assert answered(peer, "1", "My bank").fields["result"]["translatedText"] == "[pt] My banco"
            config.write_text('[translation.glossary]\nbank = "cofre"\n', encoding="utf-8")
            running.process.send_signal(signal.SIGHUP)
            running.wait_for_log("config.reloaded")
            assert answered(peer, "2", "My bank").fields["result"]["translatedText"] == "[pt] My cofre"
    finally:
        running.stop()
