"""An unchanged gateway is content: what it does, in its own words, against the contract's second edition.

A rule that the server does not hold yet is marked; a mark that is no longer true makes its test fail.
"""

from __future__ import annotations

import base64
import json
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from dragoman_wire.schema import event_schemas
from tests.conformance.sound import tone
from tests.harness import ECHO, PATIENCE_S, ServerProcess, running_server, wait_until
from tests.processes import child_pid, held

HERE = Path(__file__).parent
NEVER_MS = 3_600_000
MANY = ["fr", "es", "de", "it", "pt", "nl", "pl", "sv", "da", "fi"]
FAILS = "This one must __fail__ please."
"""To the echo engine."""

SCHEMAS = {kind: Draft202012Validator(schema) for kind, schema in event_schemas().items()}

Action = dict[str, Any]


class Gateway:
    """The gateway in Node.js, told by its standard input what to send."""

    def __init__(self, node: str, server: ServerProcess, options: Mapping[str, Any]) -> None:
        self._server = server
        self.process = subprocess.Popen(
            [node, HERE / "gateway.mjs"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        usual = {"codec": "json", "breakerFailures": 8, "repeatEveryMs": NEVER_MS, "repeatForMs": NEVER_MS}
        self._tell({"endpoints": server.endpoints, **usual, **options})

    def send(self, *actions: Action) -> None:
        """Return when the server has read the requests."""
        self._tell({"send": actions})

    def report(self, server: ServerProcess | None = None) -> dict[str, Any]:
        """What the gateway saw until the server had nothing more to do."""
        busy = server or self._server
        wait_until(lambda: busy.stats()["active_tasks"]["total_active"] == 0, "the server has no more to do")
        report = self._tell({"report": True})
        for event in (event for request in report["requests"] for event in request["events"]):
            assert [error.message for error in SCHEMAS[event["type"]].iter_errors(event)] == []
        return report

    def outcome(self, *actions: Action) -> dict[str, Any]:
        """The report on the last of these requests, when all are done."""
        self.send(*actions)
        request: dict[str, Any] = self.report()["requests"][-1]
        return request

    def _tell(self, line: Mapping[str, Any]) -> dict[str, Any]:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(json.dumps(line) + "\n")
        self.process.stdin.flush()
        answer: dict[str, Any] = json.loads(self.process.stdout.readline())
        return answer


@contextmanager
def running_gateway(node: str, server: ServerProcess, **options: Any) -> Iterator[Gateway]:
    gateway = Gateway(node, server, options)
    try:
        yield gateway
    finally:
        gateway.process.kill()
        gateway.process.communicate(timeout=PATIENCE_S)


@pytest.fixture
def gateway(peer_node: str, echo_server: ServerProcess) -> Iterator[Gateway]:
    with running_gateway(peer_node, echo_server) as running:
        yield running


def text(words: str, to: list[Any], **fields: Any) -> Action:
    request = {"type": "translation", "text": words, "sourceLanguage": "en", "targetLanguages": to, **fields}
    return {"kind": "text", "request": {"messageId": "message-1", "modelType": "medium"} | request}


def story(words: str, to: list[str]) -> Action:
    request = {"type": "story_text_object_translation", "postId": "post-1", "textObjectIndex": 0, "text": words}
    return {"kind": "story", "request": request | {"sourceLanguage": "en", "targetLanguages": to}}


def voice(number: int, to: list[str], *, sound: bytes | None = None, **fields: Any) -> Action:
    request = {
        "messageId": f"message-{number}",
        "attachmentId": f"attachment-{number}",
        "targetLanguages": to,
        **fields,
    }
    recording = tone() if sound is None else sound
    return {"kind": "voice", "request": request, "audio": base64.b64encode(recording).decode()}


def heard(words: str, language: str) -> dict[str, Any]:
    """A transcription that the phone made, so that the language is known."""
    return {"text": words, "language": language, "confidence": 0.9, "source": "ios", "segments": []}


def types_of(request: Mapping[str, Any]) -> list[str]:
    return [event["type"] for event in request["events"]]


# --- the breaker --------------------------------------------------------------------------------------------------


def test_a_text_that_fails_in_ten_languages_does_not_open_the_breaker(gateway: Gateway) -> None:
    gateway.send(text(FAILS, MANY))
    report = gateway.report()
    [request] = report["requests"]
    [error] = request["errors"]
    assert not report["breakerOpen"]
    assert error["targetLanguage"] == error["failedLanguages"][0]["targetLanguage"]
    assert {each["targetLanguage"] for each in error["failedLanguages"]} == set(MANY)
    assert {each["errorCode"] for each in error["failedLanguages"]} == {"engine_failed"}


def test_the_error_of_a_text_comes_after_the_languages_that_worked(gateway: Gateway) -> None:
    request = gateway.outcome(text(FAILS, [*MANY, "en"]))
    assert types_of(request) == ["translation_completed", "translation_error"]
    assert request["completed"] == {"en": FAILS}


def test_a_refused_text_in_ten_languages_does_not_open_the_breaker(gateway: Gateway) -> None:
    request = gateway.outcome(text("Hello", MANY, modelType=7))
    assert types_of(request) == ["translation_error"]
    assert request["errors"][0]["errorCode"] == "invalid_request"


def test_a_story_that_fails_in_ten_languages_does_not_open_the_breaker(gateway: Gateway) -> None:
    gateway.send(story(FAILS, MANY))
    assert gateway.report()["mostInARow"] == 1


def test_texts_that_fail_one_after_another_open_the_breaker_and_the_gateway_falls_silent(gateway: Gateway) -> None:
    for _ in range(8):
        gateway.outcome(text(FAILS, ["fr"]))
    assert gateway.report()["breakerOpen"]
    assert gateway.outcome(text("Hello", ["fr"]))["outcome"] == "breaker open"


# --- texts, and their repeats -------------------------------------------------------------------------------------


@pytest.mark.parametrize("codec", ["json", "msgpack"])
def test_a_text_is_translated(codec: str, peer_node: str, echo_server: ServerProcess) -> None:
    with running_gateway(peer_node, echo_server, codec=codec) as gateway:
        request = gateway.outcome(text("Hello", ["fr", "es"]))
    assert request["outcome"] == "completed"
    assert request["completed"] == {"fr": "[fr] Hello", "es": "[es] Hello"}


def test_repeats_while_the_model_works_cost_nothing_and_every_language_comes(peer_node: str, tmp_path: Path) -> None:
    with (
        running_server(tmp_path, **ECHO) as server,
        running_gateway(peer_node, server.wait_ready(), repeatEveryMs=20) as gateway,
    ):
        with held(child_pid(server, "translation")):
            gateway.send(text("Hello", ["fr", "es"]))
            # As many as a gateway that repeats every 5 s makes in its 150 s.
            wait_until(lambda: server.stats()["peers"][0]["repeated"] >= 30, "the gateway has repeated the request")
        report = gateway.report()
        units = server.stats()["engines"]["translation"]["units"]
    [request] = report["requests"]
    assert request["outcome"] == "completed"
    # A repeat that was on its way when the first language was finished may have brought that one again.
    assert set(types_of(request)) == {"translation_completed"}
    assert request["completed"] == {"fr": "[fr] Hello", "es": "[es] Hello"}
    assert units == 2


def test_a_repeat_of_a_finished_text_is_answered_again(gateway: Gateway) -> None:
    first = gateway.outcome(text("Hello", ["fr"], taskId="finished"))
    assert types_of(first) == ["translation_completed"]
    again = text("Hello", ["fr"], taskId="finished")
    gateway.send(again)
    [one, _] = gateway.report()["requests"]  # the gateway knows its task by its id, and so both by the first
    assert types_of(one) == ["translation_completed", "translation_completed"]


def test_a_repeat_brings_only_the_languages_that_it_asks_for(gateway: Gateway) -> None:
    gateway.outcome(text("Hello", ["fr", "es"], taskId="some"))
    gateway.send(text("Hello", ["fr"], taskId="some"))
    [one, _] = gateway.report()["requests"]
    assert [event["targetLanguage"] for event in one["events"][2:]] == ["fr"]


def test_a_text_is_translated_although_the_server_is_killed_for_the_gateway_repeats_it(
    peer_node: str, tmp_path: Path
) -> None:
    with (
        running_server(tmp_path, **ECHO) as first,
        running_gateway(peer_node, first.wait_ready(), repeatEveryMs=100) as gateway,
    ):
        with held(child_pid(first, "translation")):
            gateway.send(text("Hello", ["fr"]))
            first.process.kill()
            first.wait()
        with running_server(tmp_path, **ECHO, **places_of(first)) as second:
            second.wait_ready()
            wait_until(lambda: completions(second) >= 1, "the repeat was read and answered")
            [request] = gateway.report(second)["requests"]
    assert request["completed"] == {"fr": "[fr] Hello"}


def places_of(server: ServerProcess) -> dict[str, object]:
    return {f"sockets__{name}": server.endpoints[name] for name in ("requests", "events", "routed")}


def completions(server: ServerProcess) -> int:
    return int(sum(lane["completed"] for lane in server.stats()["lanes"].values()))


def test_a_text_over_the_limit_is_an_error_that_the_gateway_knows(gateway: Gateway) -> None:
    request = gateway.outcome(text("x" * 10_001, ["fr", "es"]))
    assert request["outcome"] == "failed"
    assert [error["errorCode"] for error in request["errors"]] == ["too_large"]


def test_an_emoji_that_was_cut_in_two_is_no_error(gateway: Gateway) -> None:
    header = {"taskId": "cut", "text": "cut \ud83d", "sourceLanguage": "en", "targetLanguages": ["fr"]}
    request = gateway.outcome({"kind": "text", "request": header})
    assert request["completed"] == {"fr": "[fr] cut \ufffd"}


def test_a_header_may_begin_with_a_byte_order_mark(gateway: Gateway) -> None:
    gateway.outcome(text("Hello", ["fr"], taskId="marked"))
    header = {"taskId": "marked", "text": "Hello", "sourceLanguage": "en", "targetLanguages": ["fr"]}
    gateway.send({"kind": "raw", "header": "\ufeff" + json.dumps(header)})
    [request, _] = gateway.report()["requests"]
    assert types_of(request) == ["translation_completed", "translation_completed"]


def test_an_empty_source_language_is_as_a_missing_one(gateway: Gateway) -> None:
    request = gateway.outcome(text("Where is the station, please?", ["fr"], sourceLanguage=""))
    assert request["outcome"] == "completed"


@pytest.mark.parametrize("nothing", ["", None])
def test_an_empty_target_language_is_dropped_with_a_warning(nothing: str | None, gateway: Gateway) -> None:
    request = gateway.outcome(text("Hello", ["fr", nothing]))
    assert request["completed"] == {"fr": "[fr] Hello"}
    assert request["errors"] == []
    assert request["events"][0]["result"]["warnings"]


@pytest.mark.parametrize("priority", [1, 5, 10])
def test_a_priority_may_be_a_number(priority: int, gateway: Gateway) -> None:
    assert gateway.outcome(text("Hello", ["fr"], priority=priority))["outcome"] == "completed"


# --- story texts --------------------------------------------------------------------------------------------------


def test_a_story_text_comes_back_in_one_event(gateway: Gateway) -> None:
    request = gateway.outcome(story("Hello", ["fr", "es"]))
    assert types_of(request) == ["story_text_object_translation_completed"]
    assert request["completed"] == {"fr": "[fr] Hello", "es": "[es] Hello"}


def test_a_story_text_that_fails_ends_with_its_completed_event_all_the_same(gateway: Gateway) -> None:
    request = gateway.outcome(story(FAILS, ["fr", "es"]))
    assert types_of(request).count("story_text_object_translation_completed") == 1
    assert request["completed"] == {}


def test_a_story_text_leaves_its_own_language_out(gateway: Gateway) -> None:
    assert gateway.outcome(story("Hello", ["en", "fr"]))["completed"] == {"fr": "[fr] Hello"}


# --- voice messages -----------------------------------------------------------------------------------------------


def test_voice_messages_without_a_task_id_are_known_by_message_and_attachment(gateway: Gateway) -> None:
    gateway.send(voice(1, ["fr", "es"]), voice(2, ["de"]))
    one, other = gateway.report()["requests"]
    assert types_of(one) == [
        "transcription_ready",
        "audio_translations_progressive",
        "audio_translations_completed",
        "audio_process_completed",
    ]
    assert types_of(other) == ["transcription_ready", "audio_translation_ready", "audio_process_completed"]
    for request in (one, other):
        assert request["outcome"] == "completed"
        [task] = {event["taskId"] for event in request["events"]}
        assert task
    [sound] = other["events"][1]["sounds"]
    assert base64.b64decode(sound).startswith(b"RIFF")


def test_an_empty_url_without_bytes_is_an_error_that_says_what_to_send(gateway: Gateway) -> None:
    request = gateway.outcome(voice(1, ["fr"], sound=b""))
    assert types_of(request) == ["audio_process_error"]
    assert "audio" in request["events"][0]["error"]


def test_a_voice_message_that_is_refused_gets_a_task_id(gateway: Gateway) -> None:
    request = gateway.outcome(voice(1, ["fr"], sound=b""))
    assert isinstance(request["events"][0]["taskId"], str)


def test_segments_leave_out_what_is_not_known(gateway: Gateway) -> None:
    gateway.send(voice(1, ["fr"]), voice(2, ["fr"], mobileTranscription=heard("Hello there.", "en")))
    assert gateway.report()["complaints"] == []


@pytest.mark.parametrize("languages", [[], ["en"], ["en-GB"]])
def test_a_voice_message_with_nothing_to_translate_into_is_transcribed(languages: list[str], gateway: Gateway) -> None:
    request = gateway.outcome(voice(1, languages, mobileTranscription=heard("Hello there.", "en")))
    assert types_of(request) == ["transcription_ready", "audio_process_completed"]
    assert request["events"][-1]["translatedAudios"] == []
    assert request["events"][-1]["failedLanguages"] == []


def test_a_voice_message_without_target_languages_is_transcribed(gateway: Gateway) -> None:
    request = gateway.outcome(voice(1, [], targetLanguages=None))
    assert types_of(request) == ["transcription_ready", "audio_process_completed"]


def test_the_language_that_was_spoken_is_left_out_and_the_rest_is_counted_without_it(gateway: Gateway) -> None:
    request = gateway.outcome(voice(1, ["en", "fr"], mobileTranscription=heard("Hello there.", "en")))
    assert types_of(request) == ["transcription_ready", "audio_translation_ready", "audio_process_completed"]
    assert [each["targetLanguage"] for each in request["events"][-1]["translatedAudios"]] == ["fr"]


def test_the_language_that_was_spoken_is_spoken_again_where_that_is_asked_for(gateway: Gateway) -> None:
    said = heard("Hello there.", "en")
    request = gateway.outcome(voice(1, ["en", "fr"], mobileTranscription=said, speakOriginal=True))
    assert {each["targetLanguage"] for each in request["events"][-1]["translatedAudios"]} == {"en", "fr"}


def test_the_ids_of_a_post_come_back_in_every_event(gateway: Gateway) -> None:
    request = gateway.outcome(voice(1, ["fr"], postId="post-1", postMediaId="media-1"))
    assert {(event.get("postId"), event.get("postMediaId")) for event in request["events"]} == {("post-1", "media-1")}


def test_tags_of_one_language_are_one_piece_of_work_told_for_each(peer_node: str, tmp_path: Path) -> None:
    with (
        running_server(tmp_path, **ECHO) as server,
        running_gateway(peer_node, server.wait_ready()) as gateway,
    ):
        request = gateway.outcome(voice(1, ["pt-BR", "pt-PT"], mobileTranscription=heard("Hello there.", "en")))
        units = server.stats()["engines"]["speech"]["units"]
    completed = request["events"][-1]
    assert {each["targetLanguage"] for each in completed["translatedAudios"]} == {"pt-BR", "pt-PT"}
    assert units == 1


def test_a_voice_message_is_answered_although_the_server_is_killed(peer_node: str, tmp_path: Path) -> None:
    with (
        running_server(tmp_path, **ECHO) as first,
        running_gateway(peer_node, first.wait_ready()) as gateway,
    ):
        with held(child_pid(first, "transcription")):
            gateway.send(voice(1, ["fr"]))
            wait_until(lambda: first.stats()["engines"]["transcription"]["busy"] == 1, "the recording is transcribed")
            wait_until(lambda: first.stats()["journal"]["pending"] == 0, "what is to be written down, is")
            first.process.kill()
            first.wait()
        with running_server(tmp_path, **ECHO, **places_of(first)) as second:
            second.wait_ready()
            [request] = gateway.report(second)["requests"]
    assert request["outcome"] == "completed"


def test_the_gateway_is_told_nothing_that_it_does_not_know(gateway: Gateway) -> None:
    gateway.send(text("Hello", ["fr", "en"]), story("Hello", ["fr"]), voice(1, ["fr"]), text(FAILS, ["fr"]))
    assert gateway.report()["unknown"] == []
