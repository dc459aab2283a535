"""What the tests of the client use of its fake server, and the scripts that they share."""

from __future__ import annotations

from collections.abc import Sequence

from dragoman_client.testing import (
    WAV,
    Answer,
    Answers,
    FakeServer,
    Fields,
    Script,
    a_transcription,
    accepted,
    cancel_result,
    failures,
    finished,
    transcribed,
    translated,
)
from dragoman_client.testing import voiced as spoken
from dragoman_client.testing.server import PATIENCE_S as WAIT_S
from dragoman_wire.errors import DragomanError
from dragoman_wire.events import Event, TranslationError

__all__ = [
    "NEVER_S",
    "WAIT_S",
    "WAV",
    "Answer",
    "FakeServer",
    "Fields",
    "Script",
    "a_transcription",
    "accepted",
    "cancel_result",
    "finished",
    "not_spoken",
    "not_transcribed",
    "not_translated",
    "silence",
    "spoken",
    "transcribed",
    "translated",
    "translating",
]

NEVER_S = 100 * WAIT_S
"""So late that a test has failed before."""


def silence(server: FakeServer, request: Fields, binaries: list[bytes]) -> list[Event]:
    return []


def not_translated(request: Fields, language: str | None, error: DragomanError) -> Event:
    said: Fields = {"error": error.message, "error_code": error.code, "retryable": error.retryable}
    if error.retry_after_ms is not None:
        said["retry_after_ms"] = error.retry_after_ms
    return TranslationError(
        task_id=request["taskId"], message_id=None, conversation_id=None, target_language=language, **said
    )


def not_transcribed(request: Fields, error: DragomanError) -> Event:
    return failures(request, error)[0]


def not_spoken(request: Fields, error: DragomanError) -> Event:
    return failures(request, error)[0]


def translating(server: FakeServer, request: Fields, binaries: list[bytes]) -> Answers:
    """The script of a server where all goes well; it knows nothing of repeats."""
    match request["type"]:
        case "translation":
            languages = request["targetLanguages"]
            done: Sequence[Event] = [translated(request, language) for language in languages]
            return [accepted(request), *done, finished(request, len(languages))]
        case "transcription_only":
            assert binaries == [WAV]
            assert request["binaryFrames"] == {"audio": 1}
            return [accepted(request), transcribed(request), finished(request)]
        case "audio_process":
            return spoken(request)
        case "cancel":
            return [cancel_result(request)]
        case "stats":
            return [{"type": "stats_result", "lanes": {"translation": {"queued": 3}}, "version": "1"}]
    return []
