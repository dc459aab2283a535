"""An error, told in the words of the request's family: the one place that knows which event says it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from msgspec import UNSET

from dragoman_wire.envelope import Envelope
from dragoman_wire.errors import DragomanError
from dragoman_wire.events import (
    AudioProcessError,
    BatchError,
    CorrectionError,
    ErrorEvent,
    RequestRejected,
    TranscriptionError,
    TranslationError,
    VoiceApiError,
    VoiceProfileError,
)


def failure_events(
    envelope: Envelope, error: DragomanError, now_s: float, languages: Sequence[str] | None = None
) -> list[ErrorEvent]:
    """The error events of one failure: one for each target language in the translation families, else one.

    Args:
        envelope: the return address of the request.
        error: what went wrong.
        now_s: Unix time for the events' `timestamp`.
        languages: the target languages it went wrong for; by default all of the request.
    """
    said: dict[str, Any] = {
        "error": error.message,
        "error_code": error.code,
        "retryable": error.retryable,
        "retry_after_ms": UNSET if error.retry_after_ms is None else error.retry_after_ms,
    }
    kind = envelope.request_type or ""
    if kind in ("translation", "story_text_object_translation"):
        wanted = envelope.languages if languages is None else languages
        return [_translation(envelope, said, language) for language in (wanted or (None,))]
    for prefix, build in _FAMILIES:
        if kind.startswith(prefix):
            return [build(envelope, said, now_s)]
    return [_rejected(envelope, said, now_s)]


def _translation(envelope: Envelope, said: dict[str, Any], language: str | None) -> ErrorEvent:
    return TranslationError(
        task_id=envelope.task_id,
        message_id=envelope.message_id,
        conversation_id=envelope.conversation_id,
        target_language=language,
        post_id=UNSET if envelope.post_id is None else envelope.post_id,
        text_object_index=UNSET if envelope.text_object_index is None else envelope.text_object_index,
        **said,
    )


def _transcription(envelope: Envelope, said: dict[str, Any], now_s: float) -> ErrorEvent:
    return TranscriptionError(
        task_id=envelope.task_id,
        message_id=envelope.message_id,
        attachment_id=envelope.attachment_id,
        timestamp=now_s,
        **said,
    )


def _audio_process(envelope: Envelope, said: dict[str, Any], now_s: float) -> ErrorEvent:
    return AudioProcessError(
        task_id=envelope.task_id,
        message_id=envelope.message_id,
        attachment_id=envelope.attachment_id,
        timestamp=now_s,
        **said,
    )


def _voice_profile(envelope: Envelope, said: dict[str, Any], now_s: float) -> ErrorEvent:
    return VoiceProfileError(request_id=envelope.request_id, user_id=envelope.user_id, timestamp=now_s, **said)


def _voice_api(envelope: Envelope, said: dict[str, Any], now_s: float) -> ErrorEvent:
    return VoiceApiError(task_id=envelope.task_id, request_type=envelope.request_type or "", timestamp=now_s, **said)


def _correction(envelope: Envelope, said: dict[str, Any], now_s: float) -> ErrorEvent:
    return CorrectionError(task_id=envelope.task_id, timestamp=now_s, **said)


def _batch(envelope: Envelope, said: dict[str, Any], now_s: float) -> ErrorEvent:
    return BatchError(task_id=envelope.task_id, timestamp=now_s, **said)


def _rejected(envelope: Envelope, said: dict[str, Any], now_s: float) -> ErrorEvent:
    return RequestRejected(task_id=envelope.task_id, request_type=envelope.request_type, timestamp=now_s, **said)


_FAMILIES: tuple[tuple[str, Callable[[Envelope, dict[str, Any], float], ErrorEvent]], ...] = (
    ("transcription_only", _transcription),
    ("audio_process", _audio_process),
    ("voice_profile_", _voice_profile),
    ("voice_", _voice_api),
    ("correction", _correction),
    ("batch", _batch),
)
