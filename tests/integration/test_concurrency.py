"""Requests of all families at once, on the real models: the short ones do not wait for the long."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.harness import Message, Peer, ServerProcess, connected, wait_until
from tests.processes import child_pid, held, wait_busy

pytestmark = pytest.mark.models

LONG_CLIPS = {
    "19-198-0034.flac": {"family", "acquaintance", "supported", "accidentally", "door"},
    "19-198-0036.flac": {"chief", "property", "village", "ordered", "bath"},
}
FIRST_LONG_CLIP = "19-198-0034.flac"
SHORT_CLIPS = {
    "19-198-0008.flac": {"thin", "awkward", "figure"},
    "19-198-0000.flac": {"northanger", "abbey"},
    "26-495-0030.flac": {"but", "this", "was", "all"},
    "19-198-0004.flac": {"catherine", "infancy", "situation", "life"},
    "19-198-0012.flac": {"abilities", "learn", "understand", "taught"},
}
TERMINAL = {
    "translation": "translation_completed",
    "transcription_only": "transcription_completed",
    "audio_process": "audio_process_completed",
}


@pytest.fixture
def peer(model_server: ServerProcess, request: pytest.FixtureRequest) -> Iterator[Peer]:
    with connected(model_server, f"concurrency.{request.node.name[:40]}") as one:
        yield one


@pytest.fixture
def clips(shared_data: Path) -> Path:
    return shared_data / "speech" / "librispeech"


def voice(task_id: str) -> dict[str, Any]:
    return {
        "type": "audio_process",
        "taskId": task_id,
        "targetLanguages": ["pt"],
        "userLanguage": "en",
        "binaryFrames": {"audio": 1},
    }


def transcription(task_id: str) -> dict[str, Any]:
    return {"type": "transcription_only", "taskId": task_id, "binaryFrames": {"audio": 1}}


def translation(task_id: str, number: int) -> dict[str, Any]:
    text = f"The ship number {number} leaves the harbour in the morning."
    return {
        "type": "translation",
        "taskId": task_id,
        "text": text,
        "sourceLanguage": "en",
        "targetLanguages": ["pt"],
    }


def collect_tasks(peer: Peer, count: int) -> list[Message]:
    """Every event up to the end of so many tasks."""
    messages: list[Message] = []
    while sum(message.type == "task_finished" for message in messages) < count:
        messages.append(peer.receive())
    return messages


def position(messages: Sequence[Message], event_type: str, task_id: str) -> int:
    """Where in the order of events the one of this type and task came."""
    return next(
        index
        for index, message in enumerate(messages)
        if message.type == event_type and message.fields["taskId"] == task_id
    )


def of_type(messages: Sequence[Message], event_type: str) -> dict[str, Mapping[str, Any]]:
    """The events of a type by task, of which each has at most one."""
    found = [message.fields for message in messages if message.type == event_type]
    by_task: dict[str, Mapping[str, Any]] = {str(fields["taskId"]): fields for fields in found}
    assert len(by_task) == len(found)
    return by_task


def words(transcript: Mapping[str, Any]) -> set[str]:
    return {word.strip(".,;:'\"!?").removesuffix("'s") for word in transcript["text"].lower().split()}


def test_a_translation_is_published_while_a_voice_message_of_the_same_burst_is_at_work(
    model_server: ServerProcess, peer: Peer, clips: Path
) -> None:
    long_clip = (clips / FIRST_LONG_CLIP).read_bytes()
    short_clip = (clips / "19-198-0008.flac").read_bytes()
    with held(child_pid(model_server, "transcription")):
        peer.send(voice("voice"), long_clip)
        peer.send(translation("text", 12))
        peer.send(transcription("speech"), short_clip)
        messages = collect_tasks(peer, 1)
        wait_busy(model_server, "transcription")
    messages += collect_tasks(peer, 2)

    translated = position(messages, "translation_completed", "text")
    assert position(messages, "accepted", "voice") < translated
    assert translated < position(messages, "transcription_ready", "voice")
    assert translated < position(messages, "audio_process_completed", "voice")
    finished = of_type(messages, "task_finished")
    assert {task: fields["status"] for task, fields in finished.items()} == dict.fromkeys(
        ("voice", "text", "speech"), "completed"
    )
    assert "12" in of_type(messages, "translation_completed")["text"]["result"]["translatedText"]
    assert words(of_type(messages, "transcription_completed")["speech"]["transcription"]) >= {"thin", "awkward"}
    spoken = of_type(messages, "audio_process_completed")["voice"]["transcription"]
    assert words(spoken) >= LONG_CLIPS[FIRST_LONG_CLIP]


def send_crowd(peer: Peer, clips: Path) -> Counter[str]:
    """Two voice messages, five transcriptions and fifty translations, the long ones first; how many of each type."""
    sent: Counter[str] = Counter()
    for clip in LONG_CLIPS:
        peer.send(voice(clip), (clips / clip).read_bytes())
        sent["audio_process"] += 1
    for clip in SHORT_CLIPS:
        peer.send(transcription(clip), (clips / clip).read_bytes())
        sent["transcription_only"] += 1
    for number in range(50):
        peer.send(translation(f"text-{number}", 100 + number))
        sent["translation"] += 1
    return sent


def counters(server: ServerProcess) -> Counter[str]:
    return Counter(server.stats()["active_tasks"]["counters"])


def left_in(stats: Mapping[str, Any]) -> list[int]:
    """What is still counted anywhere; a task that has told its end gives its places up a moment later."""
    active = stats["active_tasks"]
    counts = [active["total_active"], *active["types_breakdown"].values()]
    counts += [count for lane in stats["lanes"].values() for count in (lane["active"], lane["queued"])]
    return [*filter(None, counts), *filter(None, [pool["queued"] for pool in stats["engines"].values()])]


def test_fifty_translations_pass_voice_messages_and_every_task_ends_once(
    model_server: ServerProcess, peer: Peer, clips: Path
) -> None:
    counted_before = counters(model_server)
    with held(child_pid(model_server, "transcription")):
        sent = send_crowd(peer, clips)
        messages = collect_tasks(peer, sent["translation"])
        recordings = sent.total() - sent["translation"]
        wait_until(lambda: model_server.stats()["active_tasks"]["total_active"] == recordings, "the rest is at work")
    messages += collect_tasks(peer, recordings)

    finished = of_type(messages, "task_finished")
    assert len(finished) == sent.total()
    assert {fields["status"] for fields in finished.values()} == {"completed"}
    for request_type, terminal in TERMINAL.items():
        assert len(of_type(messages, terminal)) == sent[request_type]
    last_translation = max(position(messages, "translation_completed", f"text-{number}") for number in range(50))
    last_voice = max(position(messages, "audio_process_completed", clip) for clip in LONG_CLIPS)
    assert last_translation < last_voice
    assert counters(model_server) - counted_before == sent
    wait_until(lambda: not left_in(model_server.stats()), "nothing is left")
    assert_correct(messages)


def assert_correct(messages: Sequence[Message]) -> None:
    """Every result is that of its own request."""
    for task_id, fields in of_type(messages, "translation_completed").items():
        translated = fields["result"]["translatedText"]
        number = 100 + int(task_id.removeprefix("text-"))
        assert str(number) in translated
        assert "navio" in translated
    for clip, fields in of_type(messages, "transcription_completed").items():
        assert words(fields["transcription"]) >= SHORT_CLIPS[clip]
    for clip, fields in of_type(messages, "audio_process_completed").items():
        assert words(fields["transcription"]) >= LONG_CLIPS[clip]
        (audio,) = fields["translatedAudios"]
        assert audio["durationMs"] > 0
        assert fields["failedLanguages"] == []
