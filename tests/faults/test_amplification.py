"""A small request cannot make the server do, hold or send much: what it may make is bounded, and counted."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest

from dragoman_wire.families import FAMILIES
from dragoman_wire.requests import DETECT_CHARS
from tests.in_process import Message, in_process

TEXT_CHARS = 200
LONG = "A sentence. " * 20
FIELDS: dict[str, dict[str, Any]] = {
    "translation": {"sourceLanguage": "en", "targetLanguages": ["pt", "fr"]},
    "story_text_object_translation": {
        "postId": "p",
        "textObjectIndex": 0,
        "sourceLanguage": "en",
        "targetLanguages": ["pt"],
    },
    "audio_process": {"targetLanguages": ["pt"]},
    "transcription_only": {},
    "speak": {"language": "en"},
    "correction": {"language": "en"},
    "extraction": {"schema": {"type": "object"}},
}
"""What a request of each family that works on texts needs beside the text."""
LIMITS: dict[str, object] = {
    "limits__text_chars": TEXT_CHARS,
    "limits__document_chars": TEXT_CHARS,
    "limits__segments": 50,
}
OF_THE_PHONE: list[dict[str, Any]] = [
    {"text": LONG, "language": "en"},
    {"text": "Short.", "language": "en", "segments": [{"text": "A sentence. "}] * 20},
    {"text": "Short.", "language": "en", "segments": [{}] * 51},
]


def cases() -> list[tuple[str, dict[str, Any]]]:
    """Every family that takes a text, with one that is too long; a new family is here by itself."""
    found: list[tuple[str, dict[str, Any]]] = []
    for name, request in FAMILIES.requests.items():
        fields = {field.encode_name for field in msgspec.structs.fields(request)}
        if "text" in fields and name != "detect":
            found.append((name, {"text": LONG}))
        if "mobileTranscription" in fields:
            found += [(name, {"mobileTranscription": mobile}) for mobile in OF_THE_PHONE]
    return found


@pytest.mark.parametrize(("family", "content"), cases())
async def test_every_text_that_a_peer_sends_is_held_to_the_limit(
    tmp_path: Path, family: str, content: dict[str, Any]
) -> None:
    async with in_process(tmp_path, **LIMITS) as running:
        events = await running.peer.run({"type": family, "taskId": "t", **FIELDS[family], **content})
        told = [event for event in events if event["type"] != "accepted"]
        assert told[-1]["status"] == "failed", told
        errors = [event for event in told[:-1] if "errorCode" in event]
        skipped = [event for event in told if event["type"] == "translation_skipped"]
        assert errors or skipped
        assert all(event["max_length"] == TEXT_CHARS for event in skipped)
        assert {event["errorCode"] for event in errors} <= {"too_large"}
        assert all("_chars is 200" in one["error"] or "segments is 50" in one["error"] for one in errors)


async def test_a_language_is_found_in_the_beginning_of_a_text(tmp_path: Path) -> None:
    async with in_process(tmp_path) as running:
        running.peer.send({"type": "detect", "taskId": "d", "text": "Good morning to you. " * DETECT_CHARS})
        [found] = await running.peer.collect(lambda message: message["type"] == "detect_result")
        assert found["taskId"] == "d"


def voice_message(*tags: str, text: str = "One sentence. Another sentence.", **more: Any) -> Message:
    return {
        "type": "audio_process",
        "taskId": "voice",
        "mobileTranscription": {"text": text, "language": "en"},
        "targetLanguages": list(tags),
        **more,
    }


async def test_tags_of_one_language_are_one_sound(tmp_path: Path) -> None:
    tags = [f"fr-{number:02}" for number in range(10)]
    async with in_process(tmp_path) as running:
        events = await running.peer.run(voice_message(*tags, "pt"))
        done = next(event for event in events if event["type"] == "audio_process_completed")
        told = [event["language"] for event in events if event["type"].startswith("audio_translation")]
        assert sorted(told) == sorted([*tags, "pt"])
        assert [one["targetLanguage"] for one in done["translatedAudios"]] == told
        frames = done["binaryFrames"]
        assert len({frames[f"audio_{tag}"]["index"] for tag in tags}) == 1
        assert {frame["index"] for frame in frames.values()} == {1, 2}


async def test_tags_with_voices_of_their_own_are_sounds_of_their_own(tmp_path: Path) -> None:
    async with in_process(tmp_path) as running:
        events = await running.peer.run(voice_message("fr-FR", "fr-CA", voices={"fr-CA": "echo"}))
        done = next(event for event in events if event["type"] == "audio_process_completed")
        assert len({frame["index"] for frame in done["binaryFrames"].values()}) == 2


@pytest.mark.parametrize("limit", [{"limits__output_bytes": 5000}, {"limits__speech_s": 0.2}])
async def test_what_a_request_makes_is_bounded(tmp_path: Path, limit: dict[str, Any]) -> None:
    async with in_process(tmp_path, **limit) as running:
        events = await running.peer.run(voice_message("fr", "pt", text="A sentence of some length. " * 50))
        done = next(event for event in events if event["type"] == "audio_process_completed")
        assert [one["errorCode"] for one in done["failedLanguages"]] == ["too_large"] * 2
        name = next(iter(limit)).partition("__")[2]
        assert all(name in one["error"] for one in done["failedLanguages"])
        error = next(event for event in events if event["type"] == "audio_process_error")
        assert (error["errorCode"], error["retryable"]) == ("too_large", False)
        assert running.app.budget.taken_bytes == 0


async def test_further_tags_count_as_what_is_sent(tmp_path: Path) -> None:
    async with in_process(tmp_path) as running:
        events = await running.peer.run(voice_message("fr"))
        size = next(event for event in events if event["type"] == "audio_translation_ready")["binaryFrames"]["audio"][
            "size"
        ]
    (tmp_path / "other").mkdir()
    async with in_process(tmp_path / "other", limits__output_bytes=size * 3 + 100) as running:
        events = await running.peer.run(voice_message("fr-1", "fr-2", "fr-3", "fr-4", "fr-5"))
        done = next(event for event in events if event["type"] == "audio_process_completed")
        assert len(done["translatedAudios"]) == 3
        assert [one["errorCode"] for one in done["failedLanguages"]] == ["too_large"] * 2
        assert next(event for event in events if event["type"] == "task_finished")["status"] == "partial"
        assert running.app.budget.taken_bytes == 0


async def test_the_sound_counts_as_in_flight_while_it_is_held(tmp_path: Path) -> None:
    seen: list[int] = []
    async with in_process(tmp_path) as running:
        take = running.app.budget.take

        def taken(*arguments: Any, **more: Any) -> None:
            take(*arguments, **more)
            seen.append(running.app.budget.taken_bytes)

        running.app.budget.take = taken  # type: ignore[method-assign]
        request = voice_message("fr")
        await running.peer.run(request)
        assert max(seen) > 10 * len(json.dumps(request))
        assert running.app.budget.taken_bytes == 0
