"""What every event of the protocol looks like, as a table: field by field, with its type. Standard library only.

A shape is a type or a tuple of types, a frozenset of allowed values, `[shape]` for a list, `{name: shape}` for a map
with exactly these keys (a name that ends in `?` may be absent), or `MapOf` for a map with free keys.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

NOTHING = type(None)
NUMBER = (int, float)
MAYBE_TEXT = (str, NOTHING)
MAYBE_NUMBER = (int, float, NOTHING)


@dataclass(frozen=True, slots=True)
class MapOf:
    """A map whose keys are the peer's: languages, names of frames."""

    shape: Any


FRAME = {"index": int, "size": int, "mimeType": str}
WORD = {"text": str, "startMs": int, "endMs": int, "confidence": NUMBER}
SEGMENT = {
    "text": str,
    "startMs": int,
    "endMs": int,
    "confidence?": NUMBER,
    "speakerId?": str,
    "language?": str,
    "words?": [WORD],
}
TRANSCRIPTION = {
    "text": str,
    "language": str,
    "confidence": NUMBER,
    "durationMs": int,
    "source": frozenset({"whisper", "mobile"}),
    "model": str,
    "segments": [SEGMENT],
    "languageConfidence": MAYBE_NUMBER,
    "srt?": str,
    "vtt?": str,
}
TRANSLATED_AUDIO = {
    "targetLanguage": str,
    "translatedText": str,
    "audioUrl": frozenset({""}),
    "audioPath": frozenset({""}),
    "durationMs": int,
    "voiceCloned": bool,
    "voiceQuality": NUMBER,
    "audioMimeType": str,
    "segments": [SEGMENT],
    "voice?": str,
    "warnings?": [str],
}
TRANSLATION_RESULT = {
    "messageId": MAYBE_TEXT,
    "translatedText": str,
    "sourceLanguage": str,
    "targetLanguage": str,
    "confidenceScore": NUMBER,
    "processingTime": NUMBER,
    "modelType": str,
    "translatorModel": str,
    "workerName": str,
    "workerId": str,
    "poolType": str,
    "queueTime": NUMBER,
    "translationTime": NUMBER,
    "fromCache": bool,
    "warnings?": [str],
}
TRANSLATION_METADATA = {
    "translatorVersion": str,
    "modelVersion": str,
    "processingNode": str,
    "requestId": str,
    "protocol": str,
    "encoding": frozenset({"json", "msgpack"}),
}
_ERROR = {"error": str, "errorCode": str, "retryable": bool, "retryAfterMs?": int}
_AUDIO_IDS = {"taskId": str, "messageId": MAYBE_TEXT, "attachmentId": MAYBE_TEXT}
_MAYBE_AUDIO_IDS = _AUDIO_IDS | {"taskId": MAYBE_TEXT}
_TRANSCRIPTION_EVENT = _AUDIO_IDS | {"transcription": TRANSCRIPTION, "processingTimeMs": int, "timestamp": NUMBER}
_POST_IDS = {"postId?": str, "postMediaId?": str}
_FAILED_LANGUAGE = {"targetLanguage": str, "error": str, "errorCode": str}
_AUDIO_TRANSLATION = (
    _AUDIO_IDS
    | _POST_IDS
    | {
        "language": str,
        "translatedAudio": TRANSLATED_AUDIO,
        "binaryFrames": {"audio": FRAME},
        "timestamp": NUMBER,
    }
)

_CORRECTION = {
    "start": int,
    "end": int,
    "original": str,
    "replacement": str,
    "message": str,
    "category": str,
    "confidence": NUMBER,
}
_USAGE = {"promptTokens": int, "completionTokens": int, "requests": int, "retries": int, "cost?": NUMBER}

EVENTS: Mapping[str, Mapping[str, Any]] = {
    "pong": {
        "timestamp": (int, float, str, NOTHING),
        "translator_status": frozenset({"alive"}),
        "translator_port_pub": int,
        "translator_port_pull": int,
        "audio_pipeline_available": bool,
        "taskId?": str,
    },
    "voices_result": {
        "voices": [{"name": str, "engine": str, "languages": [str]}],
        "defaultVoices": MapOf(str),
        "bestVoices": MapOf(str),
        "taskId?": str,
    },
    "languages_result": {
        "pairs": [
            {
                "source": str,
                "target": str,
                "via": [str],
                "engine": str,
                "quality": frozenset({"good", "fair", "gist"}),
                "modelType?": str,
                "languages?": [str],
            }
        ],
        "transcription": [str],
        "speech": [str],
        "available?": [
            {
                "kind": frozenset({"translation", "transcription", "speech"}),
                "name": str,
                "languages": [str],
                "licence": str,
                "command": str,
                "sizeMb?": int,
            }
        ],
        "warnings?": [str],
        "taskId?": str,
    },
    "detect_result": {
        "candidates": [{"language": str, "confidence": NUMBER}],
        "reliable": bool,
        "warnings?": [str],
        "taskId?": str,
    },
    "cancel_result": {"taskId": str, "status": frozenset({"cancelled", "finished", "unknown"})},
    "result_unknown": {"taskId": str},
    "accepted": {"taskId": str, "duplicate": bool},
    "task_progress": {
        "taskId": str,
        "stage": frozenset({"queued", "working"}),
        "done": int,
        "total": int,
        "unit": frozenset({"chunks", "items", "seconds", "characters"}),
        "position?": int,
        "waitMs?": int,
        "message": str,
        "timestamp": NUMBER,
    },
    "task_finished": {
        "taskId": str,
        "status": frozenset({"completed", "partial", "failed", "cancelled", "expired", "refused"}),
        "events": int,
        "queueTimeMs": NUMBER,
        "computeTimeMs": NUMBER,
        "errorCode?": str,
    },
    "server_stopping": {"drainMs": int, "restartExpected": bool},
    "request_rejected": _ERROR | {"taskId": MAYBE_TEXT, "requestType": MAYBE_TEXT, "timestamp": NUMBER},
    "translation_completed": {
        "taskId": str,
        "targetLanguage": str,
        "timestamp": NUMBER,
        "result": TRANSLATION_RESULT,
        "metadata": TRANSLATION_METADATA,
    },
    "translation_error": _ERROR
    | {
        "taskId": MAYBE_TEXT,
        "messageId": MAYBE_TEXT,
        "conversationId": MAYBE_TEXT,
        "targetLanguage": MAYBE_TEXT,
        "postId?": str,
        "textObjectIndex?": int,
        "failedLanguages?": [_FAILED_LANGUAGE],
    },
    "translation_skipped": {
        "taskId": str,
        "messageId": MAYBE_TEXT,
        "reason": frozenset({"message_too_long"}),
        "length": int,
        "max_length": int,
        "conversationId": MAYBE_TEXT,
    },
    "story_text_object_translation_completed": {
        "taskId": str,
        "postId": str,
        "textObjectIndex": int,
        "translations": MapOf(str),
        "warnings?": [str],
        "timestamp": int,
    },
    "transcription_completed": _TRANSCRIPTION_EVENT,
    "transcription_error": _ERROR | _MAYBE_AUDIO_IDS | {"timestamp": NUMBER},
    "transcription_ready": _TRANSCRIPTION_EVENT | _POST_IDS,
    "audio_translation_ready": _AUDIO_TRANSLATION,
    "audio_translations_progressive": _AUDIO_TRANSLATION,
    "audio_translations_completed": _AUDIO_TRANSLATION,
    "audio_process_completed": _AUDIO_IDS
    | _POST_IDS
    | {
        "transcription": TRANSCRIPTION,
        "translatedAudios": [TRANSLATED_AUDIO],
        "failedLanguages": [_FAILED_LANGUAGE],
        "voiceModelUserId": MAYBE_TEXT,
        "voiceModelQuality": NUMBER,
        "processingTimeMs": int,
        "timestamp": NUMBER,
        "binaryFrames": MapOf(FRAME),
        "noSpeech?": bool,
        "warnings?": [str],
    },
    "audio_process_error": _ERROR | _MAYBE_AUDIO_IDS | _POST_IDS | {"timestamp": NUMBER},
    "transcription_segment": _AUDIO_IDS | {"index": int, "segment": SEGMENT, "timestamp": NUMBER},
    "audio_chunk": _AUDIO_IDS
    | _POST_IDS
    | {
        "language": str,
        "index": int,
        "last": bool,
        "startMs": int,
        "durationMs": int,
        "sampleRateHz": int,
        "voice": str,
        "binaryFrames": {"audio": FRAME},
        "timestamp": NUMBER,
    },
    "speech_chunk": {
        "taskId": str,
        "messageId": MAYBE_TEXT,
        "index": int,
        "last": bool,
        "startMs": int,
        "durationMs": int,
        "sampleRateHz": int,
        "voice": str,
        "binaryFrames": {"audio": FRAME},
        "timestamp": NUMBER,
    },
    "speech_completed": {
        "taskId": str,
        "messageId": MAYBE_TEXT,
        "language": str,
        "voice": str,
        "durationMs": int,
        "sampleRateHz": int,
        "segments": [SEGMENT],
        "processingTimeMs": int,
        "timestamp": NUMBER,
        "binaryFrames": {"audio": FRAME},
        "warnings?": [str],
    },
    "speech_error": _ERROR | {"taskId": MAYBE_TEXT, "messageId": MAYBE_TEXT, "timestamp": NUMBER},
    "voice_profile_error": _ERROR
    | {"request_id": MAYBE_TEXT, "user_id": MAYBE_TEXT, "success": frozenset({False}), "timestamp": NUMBER},
    "voice_api_error": _ERROR | {"taskId": MAYBE_TEXT, "requestType": str, "timestamp": NUMBER},
    "correction_chunk": {
        "taskId": str,
        "messageId": MAYBE_TEXT,
        "index": int,
        "total": int,
        "start": int,
        "end": int,
        "correctedText": str,
        "corrections": [_CORRECTION],
        "usage": _USAGE,
        "timestamp": NUMBER,
    },
    "correction_completed": {
        "taskId": str,
        "messageId": MAYBE_TEXT,
        "language": str,
        "correctedText": str,
        "corrections": [_CORRECTION],
        "suggestions?": [_CORRECTION],
        "chunks": {"total": int, "ok": int, "failed": int},
        "failedChunks": [{"index": int, "start": int, "end": int, "error": str, "errorCode": str}],
        "model": str,
        "engine": str,
        "usage": _USAGE,
        "warnings": [str],
        "processingTimeMs": int,
        "timestamp": NUMBER,
    },
    "correction_error": _ERROR | {"taskId": MAYBE_TEXT, "messageId": MAYBE_TEXT, "timestamp": NUMBER},
    "extraction_completed": {
        "taskId": str,
        "messageId": MAYBE_TEXT,
        "data": dict,
        "model": str,
        "engine": str,
        "usage": _USAGE,
        "repaired": bool,
        "warnings?": [str],
        "processingTimeMs": int,
        "timestamp": NUMBER,
    },
    "extraction_error": _ERROR | {"taskId": MAYBE_TEXT, "messageId": MAYBE_TEXT, "timestamp": NUMBER},
    "batch_error": _ERROR | {"taskId": MAYBE_TEXT, "timestamp": NUMBER},
}


def event_problems(event: Mapping[str, Any]) -> list[str]:
    """What is wrong with the fields of an event; nothing where it is as the protocol says."""
    kind = event.get("type")
    if not isinstance(kind, str) or kind not in EVENTS:
        return [f"type: {kind!r} is no event of the protocol"]
    return problems(event, {"type": str, **EVENTS[kind]}, kind)


def problems(value: Any, shape: Any, path: str) -> list[str]:
    """How `value` differs from `shape`, one sentence for each difference."""
    match shape:
        case frozenset():
            return [] if value in shape else [f"{path}: {value!r} is none of {sorted(map(str, shape))}"]
        case list():
            return _in_list(value, shape[0], path)
        case MapOf():
            return _in_map(value, shape.shape, path)
        case Mapping():
            return _in_fields(value, shape, path)
        case _:
            return [] if _is(value, shape) else [f"{path}: {type(value).__name__} is not the type of this field"]


def _in_list(value: Any, shape: Any, path: str) -> list[str]:
    if not isinstance(value, list):
        return [f"{path}: not a list"]
    return [one for index, each in enumerate(value) for one in problems(each, shape, f"{path}[{index}]")]


def _in_map(value: Any, shape: Any, path: str) -> list[str]:
    if not isinstance(value, dict):
        return [f"{path}: not a map"]
    return [one for key, each in value.items() for one in problems(each, shape, f"{path}.{key}")]


def _in_fields(value: Any, shape: Mapping[str, Any], path: str) -> list[str]:
    if not isinstance(value, dict):
        return [f"{path}: not a map"]
    wanted = {name.rstrip("?"): inner for name, inner in shape.items()}
    found = [f"{path}.{name}: missing" for name in shape if not name.endswith("?") and name not in value]
    found += [f"{path}.{name}: not a field of the protocol" for name in value if name not in wanted]
    for name, inner in wanted.items():
        if name in value:
            found += problems(value[name], inner, f"{path}.{name}")
    return found


def _is(value: Any, shape: Any) -> bool:
    allowed = shape if isinstance(shape, tuple) else (shape,)
    # A bool is an int to Python, but not on the wire.
    return type(value) in allowed
