"""What is known is not computed: through real sockets, on the real models and on the echo engine."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from dragoman_wire.ops import OpsClient
from tests.harness import (
    ECHO,
    ECHO_ENGINES,
    NEVER_MS,
    Message,
    Peer,
    ServerProcess,
    connected,
    running_server,
    wait_until,
)
from tests.processes import child_pid, held

NAMES = (f"peer-{number}" for number in itertools.count())
TEXT = "The ferry leaves at nine. Please bring the tickets with you."
SWAPPED = "Please bring the passports with you. The ferry leaves at nine."
TRANSLATED = "[pt] The ferry leaves at nine. [pt] Please bring the tickets with you."
CHANGED = "The ferry leaves at nine. Please bring the passports with you."


def translation(task_id: str, text: str = TEXT, *languages: str, **fields: Any) -> dict[str, Any]:
    return {
        "taskId": task_id,
        "text": text,
        "sourceLanguage": "en",
        "targetLanguages": list(languages or ("pt",)),
        **fields,
    }


def results(messages: list[Message]) -> dict[str, dict[str, Any]]:
    """The results of a translation by target language."""
    return {
        message.fields["targetLanguage"]: message.fields["result"]
        for message in messages
        if message.type == "translation_completed"
    }


def done_by(server: ServerProcess, kind: str) -> int:
    """Units that the engine has done, each once."""
    return int(server.stats()["engines"][kind]["units"])


def sentences_asked(server: ServerProcess) -> int:
    return int(server.stats()["cache"]["kinds"]["sentence"]["cache_misses"])


@pytest.fixture(scope="module")
def cached_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    with running_server(tmp_path_factory.mktemp("cached"), **ECHO_ENGINES) as server:
        yield server.wait_ready()


@pytest.fixture
def cached(cached_server: ServerProcess) -> ServerProcess:
    """A server that knows nothing yet. Its peers are to have names of their own: it remembers their tasks."""
    OpsClient(cached_server.endpoints["ops"]).clear_cache()
    return cached_server


# --- translations --------------------------------------------------------------------------------------------------


def test_a_known_text_is_answered_without_the_engine(cached: ServerProcess) -> None:
    with connected(cached, next(NAMES)) as peer:
        first = results(peer.run(translation("one")))["pt"]
        units = done_by(cached, "translation")
        second = results(peer.run(translation("two")))["pt"]

    assert (first["fromCache"], second["fromCache"]) == (False, True)
    assert first["translatedText"] == second["translatedText"]
    assert first["translatorModel"] == second["translatorModel"] == "echo"
    assert second["translationTime"] == 0
    assert done_by(cached, "translation") == units


def test_known_languages_come_before_the_others_are_computed(cached: ServerProcess) -> None:
    with connected(cached, next(NAMES)) as peer:
        peer.run(translation("one", TEXT, "pt", "fr"))
        with held(child_pid(cached, "translation")):
            peer.send(translation("two", TEXT, "de", "pt", "it", "fr"))
            messages = [peer.receive() for _ in range(3)]
        messages += peer.collect(lambda message: message.type == "task_finished")

    order = [message.fields["targetLanguage"] for message in messages if message.type == "translation_completed"]
    assert set(order[:2]) == {"pt", "fr"}
    assert set(order[2:]) == {"de", "it"}
    assert {language for language, one in results(messages).items() if one["fromCache"]} == {"pt", "fr"}


def test_of_a_text_with_one_changed_sentence_one_is_computed(cached: ServerProcess) -> None:
    with connected(cached, next(NAMES)) as peer:
        peer.run(translation("one"))
        before = sentences_asked(cached)
        changed = results(peer.run(translation("two", CHANGED)))["pt"]
        assert sentences_asked(cached) - before == 1
        swapped = results(peer.run(translation("three", SWAPPED)))["pt"]

    assert not changed["fromCache"]
    assert swapped["fromCache"], "both sentences are known"
    assert swapped["translatedText"] == "[pt] Please bring the passports with you. [pt] The ferry leaves at nine."


def test_equal_requests_at_once_run_the_model_once(cached: ServerProcess) -> None:
    before = done_by(cached, "translation")
    with connected(cached, next(NAMES)) as one, connected(cached, next(NAMES)) as other:
        for number in range(500):
            for peer in (one, other):
                peer.send(translation(f"task-{number}", "Everybody asks for this at once."))
        for peer in (one, other):
            ended = 0
            while ended < 500:
                ended += peer.receive().type == "task_finished"

    assert done_by(cached, "translation") - before == 1


@pytest.mark.parametrize(("use", "computed"), [("use", 0), ("refresh", 1), ("off", 1)])
def test_a_request_decides_how_the_cache_is_used(cached: ServerProcess, use: str, computed: int) -> None:
    with connected(cached, next(NAMES)) as peer:
        peer.run(translation("one", "A single sentence."))
        before = done_by(cached, "translation")
        result = results(peer.run(translation("two", "A single sentence.", cache=use)))["pt"]

    assert result["fromCache"] is (use == "use")
    assert done_by(cached, "translation") - before == computed


def test_off_is_not_kept(cached: ServerProcess) -> None:
    with connected(cached, next(NAMES)) as peer:
        peer.run(translation("one", cache="off"))
        result = results(peer.run(translation("two")))["pt"]

    assert not result["fromCache"]


def test_a_failure_is_not_kept(cached: ServerProcess) -> None:
    before = done_by(cached, "translation")
    with connected(cached, next(NAMES)) as peer:
        for number in range(2):
            messages = peer.run(translation(f"task-{number}", "__fail__"))
            assert [one.type for one in messages] == ["accepted", "translation_error", "task_finished"]

    assert done_by(cached, "translation") - before == 2


def test_a_word_for_the_cache_that_is_none_is_named(cached: ServerProcess) -> None:
    with connected(cached, next(NAMES)) as peer:
        peer.send(translation("one", cache="maybe"))
        error = peer.receive().fields

    assert error["errorCode"] == "invalid_request"
    assert "cache: Invalid enum value 'maybe'" in error["error"]


# --- from life to life ---------------------------------------------------------------------------------------------


def test_what_is_known_survives_a_restart_and_a_kill(tmp_path: Path) -> None:
    for life, known in enumerate((False, True, True)):
        with running_server(tmp_path, **ECHO_ENGINES) as server:
            server.wait_ready()
            with connected(server, "peer") as peer:
                result = results(peer.run(translation(f"life-{life}")))["pt"]
                assert result["fromCache"] is known
                assert result["translatedText"] == TRANSLATED
                kinds = server.stats()["cache"]["kinds"]
            if life == 0:
                wait_until(lambda: server.stats()["cache"]["levels"]["disk"]["entries"] == 3, "it is written")
                server.stop()  # SIGKILL
            else:
                assert kinds["text"]["hits_by_level"] == {"disk": 1}
                server.terminate()
                assert server.wait() == 0


def test_with_every_level_off_nothing_is_kept(tmp_path: Path) -> None:
    with running_server(tmp_path, **ECHO) as server:
        server.wait_ready()
        with connected(server, "peer") as peer:
            peer.run(translation("one"))
            peer.run(translation("two"))
        assert done_by(server, "translation") == 2
        assert server.stats()["cache"]["levels"] == {}
        assert not (tmp_path / "cache.db").exists()


def test_a_damaged_file_is_replaced_and_the_server_serves(tmp_path: Path) -> None:
    (tmp_path / "cache.db").write_bytes(b"rubbish" * 1000)
    with running_server(tmp_path, **ECHO_ENGINES) as server:
        server.wait_ready()
        with connected(server, "peer") as peer:
            peer.run(translation("one"))
            assert results(peer.run(translation("two")))["pt"]["fromCache"]
        wait_until(lambda: server.stats()["cache"]["levels"]["disk"]["entries"] == 3, "it is written")
        assert server.get("/readyz")["ready"]
    assert (tmp_path / "cache.db.corrupt").exists()


# --- voices --------------------------------------------------------------------------------------------------------


def voice(task_id: str, **fields: Any) -> dict[str, Any]:
    return {
        "type": "audio_process",
        "taskId": task_id,
        "targetLanguages": ["pt"],
        "binaryFrames": {"audio": 1},
        **fields,
    }


def spoken(messages: list[Message]) -> tuple[str, bytes]:
    done = next(message for message in messages if message.type == "audio_process_completed")
    return done.fields["transcription"]["text"], done.binaries[0]


@pytest.mark.models
def test_a_voice_message_that_is_known_asks_no_model(tmp_path: Path, shared_data: Path) -> None:
    clip = (shared_data / "speech" / "librispeech" / "19-198-0008.flac").read_bytes()
    with running_server(tmp_path) as server:
        server.wait_ready()
        with connected(server, "peer") as peer:
            first = peer.run(voice("one"), clip)
            before = server.stats()["engines"]
            second = peer.run(voice("two"), clip)
            text = peer.run({"type": "transcription_only", "taskId": "three", "binaryFrames": {"audio": 1}}, clip)
            after = server.stats()
            other = peer.run(voice("four", targetLanguages=["fr"]), clip)

    assert spoken(first) == spoken(second)
    assert "figure" in spoken(first)[0]
    assert text[1].fields["transcription"]["text"] == spoken(first)[0]
    assert {kind: one["units"] for kind, one in after["engines"].items()} == {
        kind: one["units"] for kind, one in before.items()
    }
    kinds = after["cache"]["kinds"]
    assert kinds["transcription"]["hits_by_level"] == {"memory": 2}
    assert kinds["speech"]["hits_by_level"]["memory"] >= 1
    assert kinds["transcription"]["saved_s"] > 0
    assert [one.fields["errorCode"] for one in other if one.type == "audio_process_error"] == ["unsupported_language"]


@pytest.mark.models
def test_equal_recordings_at_once_are_transcribed_once(tmp_path: Path, shared_data: Path) -> None:
    clip = (shared_data / "speech" / "librispeech" / "26-495-0030.flac").read_bytes()
    with running_server(tmp_path) as server:
        server.wait_ready()
        peers = [connected(server, f"peer-{number}") for number in range(2)]
        with peers[0] as one, peers[1] as other:
            for number in range(5):
                for peer in (one, other):
                    header = {"type": "transcription_only", "taskId": f"t{number}", "binaryFrames": {"audio": 1}}
                    peer.send(header, clip)
            texts = {text for peer in (one, other) for text in transcribed(peer, 5)}
        assert len(texts) == 1
        assert done_by(server, "transcription") == 1


def transcribed(peer: Peer, count: int) -> list[str]:
    texts: list[str] = []
    while len(texts) < count:
        message = peer.receive()
        if message.type == "transcription_completed":
            texts.append(message.fields["transcription"]["text"])
    return texts


@pytest.mark.models
def test_the_real_model_answers_from_the_cache_what_it_answered_itself(tmp_path: Path) -> None:
    with running_server(tmp_path) as server:
        server.wait_ready()
        with connected(server, "peer") as peer:
            first = results(peer.run(translation("one")))["pt"]
            composed = results(peer.run(translation("two", "Caf\u00e9 in the morning.")))["pt"]
            decomposed = results(peer.run(translation("three", "Cafe\u0301 in the morning.")))["pt"]
            second = results(peer.run(translation("four")))["pt"]
            fresh = results(peer.run(translation("five", cache="off")))["pt"]

    assert first["translatedText"] == second["translatedText"] == fresh["translatedText"]
    assert (first["fromCache"], second["fromCache"], fresh["fromCache"]) == (False, True, False)
    assert decomposed["fromCache"]
    assert composed["translatedText"] == decomposed["translatedText"]


def test_what_is_known_is_answered_while_the_lane_is_full(tmp_path: Path) -> None:
    settings = {"lanes__translation__concurrency": 1, "lanes__translation__queue": 0}
    with running_server(tmp_path, **ECHO_ENGINES, **settings, engines__translation__delay_ms=NEVER_MS) as server:
        server.wait_ready()
        with connected(server, "peer") as peer:
            peer.send(translation("same", "Texto", "en"))
            assert peer.collect(lambda message: message.type == "task_finished")[1].type == "translation_completed"
            peer.send(translation("slow", "It takes a minute."))
            assert peer.receive().type == "accepted"
            known = peer.run(translation("again", "Texto", "en"))
            peer.send(translation("new", "Another one."))
            refused = peer.receive()
            server.stop()

    assert results(known)["en"]["translatorModel"] == "identity"
    assert refused.fields["errorCode"] == "overloaded"
