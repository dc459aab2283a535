"""How tasks, repeats and failures behave, seen through bare sockets."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.conformance.shapes import event_problems
from tests.conformance.sound import tone
from tests.harness import ECHO, Message, Peer, ServerProcess, connected, running_server
from tests.processes import child_pid, held

TEXT = "Good morning."
FAILING = "__fail__ here"


@pytest.fixture(scope="module")
def deaf_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """A server that has no model for transcriptions."""
    settings: dict[str, Any] = ECHO | {"engines__transcription__model": "package:of_no_such_name"}
    with running_server(tmp_path_factory.mktemp("deaf"), **settings) as server:
        yield server.wait_ready()


def translation(task_id: str, *targets: str, text: str = TEXT) -> dict[str, Any]:
    return {
        "type": "translation",
        "taskId": task_id,
        "text": text,
        "sourceLanguage": "en",
        "targetLanguages": list(targets),
    }


def voice(task_id: str, *targets: str, text: str = TEXT) -> dict[str, Any]:
    return {
        "type": "audio_process",
        "taskId": task_id,
        "mobileTranscription": {"text": text, "language": "en"},
        "targetLanguages": list(targets),
        "speakOriginal": True,  # English needs no model
    }


def types_of(messages: Sequence[Message]) -> list[str]:
    return [message.type for message in messages]


def languages_of(messages: Sequence[Message], kind: str) -> list[str]:
    return [message.fields["targetLanguage"] for message in messages if message.type == kind]


@contextmanager
def no_translations(server: ServerProcess) -> Iterator[None]:
    """For the time of a block what needs a translation stays in flight, and all else goes on."""
    with held(child_pid(server, "translation")):
        yield


def finish(peer: Peer) -> list[Message]:
    return peer.collect(lambda message: message.type == "task_finished")


# --- routing ---------------------------------------------------------------------------------------------------


def test_of_a_routed_task_others_see_nothing(echo_server: ServerProcess) -> None:
    with (
        connected(echo_server, "peer-10") as ten,
        connected(echo_server, "peer-1") as one,
        connected(echo_server) as everybody,
    ):
        events = ten.run(translation("routed", "fr"))
        assert types_of(events) == ["accepted", "translation_completed", "task_finished"]
        assert {event.topic for event in events} == {b"peer-10\0"}
        assert one.barrier() == []
        assert everybody.barrier() == []


def test_a_task_on_events_is_answered_with_its_results_only(echo_server: ServerProcess) -> None:
    with connected(echo_server) as everybody:
        everybody.send(translation("plain", "fr", "es"))
        events = [everybody.receive(), everybody.receive(), *everybody.barrier()]
        assert types_of(events) == ["translation_completed"] * 2


def test_a_shutdown_is_told_on_routed_events_only(tmp_path: Path) -> None:
    with running_server(tmp_path, **ECHO) as server:
        server.wait_ready()
        with connected(server, "peer-1", codec="msgpack") as peer, connected(server) as everybody:
            with no_translations(server):
                peer.send(translation("t", "fr"))
                assert peer.receive().type == "accepted"
                server.terminate()
                stopping = peer.receive()
            assert stopping.type == "server_stopping"
            assert event_problems(stopping.fields) == []
            assert types_of(finish(peer)) == ["translation_completed", "task_finished"]
            assert server.wait() == 0
            assert everybody.rest() == []


# --- repeats ---------------------------------------------------------------------------------------------------


def test_a_repeat_of_a_task_in_flight_leaves_it_to_finish(echo_server: ServerProcess) -> None:
    with connected(echo_server, "in-flight") as peer:
        with no_translations(echo_server):
            peer.send(translation("t", "fr"))
            peer.send(translation("t", "fr"))
            events = [peer.receive(), peer.receive()]
        events += finish(peer) + peer.barrier()
        assert types_of(events) == ["accepted", "accepted", "translation_completed", "task_finished"]
        assert [event.fields["duplicate"] for event in events[:2]] == [False, True]


def test_a_language_added_to_a_task_in_flight_is_part_of_it(echo_server: ServerProcess) -> None:
    with connected(echo_server, "added") as peer:
        with no_translations(echo_server):
            peer.send(translation("t", "fr"))
            peer.send(translation("t", "fr", "es"))
            events = [peer.receive(), peer.receive()]
        events += finish(peer) + peer.barrier()
        assert types_of(events) == ["accepted"] * 2 + ["translation_completed"] * 2 + ["task_finished"]
        assert sorted(languages_of(events, "translation_completed")) == ["es", "fr"]
        assert events[-1].fields["events"] == 2


def test_a_repeat_of_a_finished_task_is_answered_from_the_store(echo_server: ServerProcess) -> None:
    with connected(echo_server, "finished") as peer:
        first = peer.run(translation("t", "fr", "es"))
        again = peer.run(translation("t", "fr", "es"))
        assert again[0].fields == first[0].fields | {"duplicate": True}
        assert [event.fields for event in again[1:]] == [event.fields for event in first[1:]]


def test_a_repeat_of_a_finished_task_adds_only_what_is_new(echo_server: ServerProcess) -> None:
    with connected(echo_server, "more") as peer:
        _, french, _ = peer.run(translation("t", "fr"))
        _, again, spanish, finished = peer.run(translation("t", "es", "fr"))
        assert again.fields == french.fields
        assert spanish.fields["targetLanguage"] == "es"
        assert finished.fields["events"] == 2
        assert echo_server.wait_for_log("task.accepted", task_id="t", again=["es"])


def test_a_repeat_tries_again_what_failed_in_a_way_that_may_pass(echo_server: ServerProcess) -> None:
    with connected(echo_server, "retryable") as peer:
        first = peer.run(translation("r", "en", "fr", text=FAILING))
        assert first[-1].fields["status"] == "partial"
        again = peer.run(translation("r", "en", "fr", text=FAILING))
        assert echo_server.wait_for_log("task.accepted", task_id="r", again=["fr"])
        assert types_of(again) == ["accepted", "translation_completed", "translation_error", "task_finished"]
        assert again[1].fields == next(event.fields for event in first if event.type == "translation_completed")


def test_a_repeat_does_not_try_again_what_would_fail_again(echo_server: ServerProcess) -> None:
    with connected(echo_server, "final") as peer:
        first = peer.run(translation("f", "fr", text=""))
        again = peer.run(translation("f", "fr", text=""))
        assert echo_server.wait_for_log("task.repeated", task_id="f")
        assert types_of(again) == types_of(first) == ["accepted", "translation_error", "task_finished"]


def test_result_of_a_task_in_flight_says_that_it_is_known(echo_server: ServerProcess) -> None:
    with connected(echo_server, "asked") as peer:
        with no_translations(echo_server):
            peer.send(translation("t", "fr"))
            peer.send({"type": "result", "taskId": "t"})
            events = [peer.receive(), peer.receive()]
        events += finish(peer)
        assert types_of(events) == ["accepted", "accepted", "translation_completed", "task_finished"]
        assert events[1].fields["duplicate"] is True


# --- cancellation ----------------------------------------------------------------------------------------------


def test_a_task_cancelled_at_once_still_answers_and_ends(echo_server: ServerProcess) -> None:
    with connected(echo_server, "cancelling") as peer, no_translations(echo_server):
        names = [f"c-{number}" for number in range(30)]
        for name in names:
            peer.send(translation(name, "fr"))
            peer.send({"type": "cancel", "taskId": name})
        events = [event for _ in names for event in finish(peer)] + peer.barrier()
        for kind in ("cancel_result", "task_finished"):
            told = {event.fields["taskId"]: event.fields["status"] for event in events if event.type == kind}
            assert told == dict.fromkeys(names, "cancelled")
        errors = {event.fields["taskId"]: event.fields["errorCode"] for event in events if "errorCode" in event.fields}
        assert errors == dict.fromkeys(names, "cancelled")


# --- voice messages --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("order", [("en", "fr"), ("fr", "en")])
def test_the_naming_goes_by_who_finishes_last_not_by_who_was_asked_first(
    order: tuple[str, str], echo_server: ServerProcess
) -> None:
    with connected(echo_server, f"order-{order[0]}") as peer:
        with no_translations(echo_server):  # English needs none
            peer.send(voice("t", *order))
            events = peer.collect(lambda message: "language" in message.fields)
        events += finish(peer)
        told = {event.type: event.fields["language"] for event in events if "language" in event.fields}
        assert told == {"audio_translations_progressive": "en", "audio_translations_completed": "fr"}


def test_a_language_that_fails_first_leaves_the_naming_as_it_is(echo_server: ServerProcess) -> None:
    with connected(echo_server, "fails-first") as peer:
        events = peer.run(voice("t", "qq", "en", text=FAILING))
        told = [event for event in events if "language" in event.fields]
        assert [event.fields["language"] for event in told] == ["en"]
        assert told[0].type in ("audio_translations_progressive", "audio_translations_completed")
        [whole] = [event for event in events if event.type == "audio_process_completed"]
        assert [one["targetLanguage"] for one in whole.fields["failedLanguages"]] == ["qq"]


def test_a_language_that_fails_last_hides_no_other(echo_server: ServerProcess) -> None:
    with connected(echo_server, "fails-last") as peer:
        with no_translations(echo_server):
            peer.send(voice("t", "fr", "en", text=FAILING))
            events = peer.collect(lambda message: "language" in message.fields)
        events += finish(peer)
        kinds = ["accepted", "transcription_ready", "audio_translations_progressive", "audio_process_completed"]
        assert types_of(events) == [*kinds, "task_finished"]
        [failed] = events[3].fields["failedLanguages"]
        assert (failed["targetLanguage"], failed["errorCode"]) == ("fr", "engine_failed")
        assert events[3].fields["binaryFrames"].keys() == {"audio_en"}
        assert events[-1].fields["status"] == "partial"


def test_a_transcription_of_the_phone_needs_no_model(deaf_server: ServerProcess) -> None:
    with connected(deaf_server, "phone") as peer:
        assert types_of(peer.run(voice("v", "fr")))[1:4] == [
            "transcription_ready",
            "audio_translation_ready",
            "audio_process_completed",
        ]
        request = voice("t") | {"type": "transcription_only"}
        [heard] = [event for event in peer.run(request) if event.type == "transcription_completed"]
        assert heard.fields["transcription"]["source"] == "mobile"


def test_a_recording_without_a_model_is_engine_unavailable(deaf_server: ServerProcess) -> None:
    with connected(deaf_server, "recording") as peer:
        request = {"type": "transcription_only", "taskId": "t", "binaryFrames": {"audio": 1}}
        _, error, finished = peer.run(request, tone())
        assert (error.fields["errorCode"], error.fields["retryable"]) == ("engine_unavailable", True)
        assert finished.fields["status"] == "failed"


# --- refusals --------------------------------------------------------------------------------------------------


def test_a_full_lane_refuses_with_overloaded_and_the_end(tmp_path: Path) -> None:
    settings: dict[str, Any] = ECHO | {
        "lanes__translation__concurrency": 1,
        "lanes__translation__queue": 1,
    }
    with (
        running_server(tmp_path, **settings) as server,
        connected(server.wait_ready(), "crowd") as peer,
        no_translations(server),
    ):
        for number in range(3):
            peer.send(translation(f"t-{number}", "fr", "es"))
        events = [peer.receive() for _ in range(5)]
        # The refusals come at once, `accepted` once the requests are written.
        refusals = [event for event in events if event.type == "translation_error"]
        kinds = ["accepted", "accepted", "task_finished", "translation_error", "translation_error"]
        assert sorted(types_of(events)) == kinds
        for event in refusals:
            assert event.fields["taskId"] == "t-2"
            assert (event.fields["errorCode"], event.fields["retryable"]) == ("overloaded", True)
            assert event.fields["retryAfterMs"] > 0


@pytest.mark.parametrize("codec", ["json", "msgpack"])
def test_a_refused_request_is_answered_under_its_own_ids(codec: str, echo_server: ServerProcess) -> None:
    with connected(echo_server, f"refused-{codec}", codec=codec) as peer:
        ids = {"taskId": "t", "messageId": "m", "conversationId": "c"}
        peer.send(translation("t", "fr") | ids | {"text": 5})
        [error, last] = peer.barrier()
        assert error.type == "translation_error"
        assert (last.type, last.fields["status"]) == ("task_finished", "refused")
        assert {key: error.fields[key] for key in ids} == ids
        assert error.fields["error"] == "text: Expected `str`, got `int`"
