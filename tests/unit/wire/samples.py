"""One message of every kind: what the golden files hold."""

from __future__ import annotations

from typing import Any

import msgspec

from dragoman_wire.events import (
    Accepted,
    AudioChunk,
    AudioProcessCompleted,
    AudioProcessError,
    AudioTranslationReady,
    AudioTranslationsCompleted,
    AudioTranslationsProgressive,
    AvailableModel,
    BatchError,
    BinaryFrame,
    CancelResult,
    CorrectionError,
    DetectResult,
    Event,
    FailedLanguage,
    LanguageCandidate,
    LanguagePair,
    LanguagesResult,
    Pong,
    RequestRejected,
    ResultUnknown,
    ServerStopping,
    SpeakingVoice,
    SpeechChunk,
    SpeechCompleted,
    SpeechError,
    StoryTextCompleted,
    TaskFinished,
    TaskProgress,
    Transcription,
    TranscriptionCompleted,
    TranscriptionError,
    TranscriptionReady,
    TranscriptionSegment,
    TranscriptSegment,
    TranscriptWord,
    TranslatedAudio,
    TranslationCompleted,
    TranslationError,
    TranslationMetadata,
    TranslationResult,
    TranslationSkipped,
    VoiceApiError,
    VoiceProfileError,
    VoicesResult,
)
from dragoman_wire.subtitles import to_srt, to_vtt

NOW_S = 1785150000.25
TASK = "task-1"
IDS: dict[str, Any] = {"task_id": TASK, "message_id": "message-1", "attachment_id": "attachment-1"}
FRAME = BinaryFrame(index=1, size=45120, mime_type="audio/wav")
FAILED: dict[str, Any] = {"error": "the model raised", "error_code": "engine_failed", "retryable": True}
REFUSED: dict[str, Any] = {
    "error": "no handler for requests of this type",
    "error_code": "unknown_type",
    "retryable": False,
}
HEARD = Transcription(
    text="Hello there.",
    language="en",
    confidence=0.93,
    duration_ms=1400,
    source="whisper",
    model="tiny.en",
    segments=[
        TranscriptSegment(
            text="Hello there.", start_ms=0, end_ms=1400, confidence=0.93, speaker_id=None, language="en"
        )
    ],
)
SPOKEN = TranslatedAudio(
    target_language="fr",
    translated_text="Bonjour.",
    duration_ms=1023,
    audio_mime_type="audio/wav",
    segments=[
        TranscriptSegment(text="Bonjour.", start_ms=0, end_ms=1023, confidence=None, speaker_id=None, language="fr")
    ],
    voice="ff_siwis",
)
AUDIO_TRANSLATION: dict[str, Any] = {
    **IDS,
    "language": "fr",
    "translated_audio": SPOKEN,
    "binary_frames": {"audio": FRAME},
    "timestamp": NOW_S,
}
TRANSLATED = TranslationCompleted(
    task_id=TASK,
    target_language="fr",
    timestamp=NOW_S,
    result=TranslationResult(
        message_id="message-1",
        translated_text="Bonjour.",
        source_language="en",
        target_language="fr",
        confidence_score=1.0,
        processing_time=0.041,
        model_type="basic",
        translator_model="fast-translate",
        worker_name="translation-0",
        worker_id="0",
        pool_type="normal",
        queue_time=0.001,
        translation_time=0.038,
        from_cache=False,
    ),
    metadata=TranslationMetadata(
        translator_version="0.1.0",
        model_version="0.2.0",
        processing_node="node-1",
        request_id=TASK,
        protocol="zmq",
        encoding="json",
    ),
)
WHOLE = AudioProcessCompleted(
    **IDS,
    transcription=HEARD,
    translated_audios=[SPOKEN],
    failed_languages=[FailedLanguage(target_language="es", error="the model raised", error_code="engine_failed")],
    voice_model_user_id="user-1",
    voice_model_quality=0.0,
    processing_time_ms=2310,
    timestamp=NOW_S,
    binary_frames={"audio_fr": FRAME},
)
HEARD_IN_FULL = msgspec.structs.replace(
    HEARD,
    segments=[
        msgspec.structs.replace(
            HEARD.segments[0],
            words=[
                TranscriptWord(text="Hello", start_ms=0, end_ms=620, confidence=0.95),
                TranscriptWord(text="there.", start_ms=700, end_ms=1400, confidence=0.91),
            ],
        )
    ],
    language_confidence=0.98,
    srt=to_srt(HEARD),
    vtt=to_vtt(HEARD),
)
HEARD_EVENT: dict[str, Any] = {**IDS, "transcription": HEARD, "processing_time_ms": 410, "timestamp": NOW_S}

EVENTS: tuple[Event, ...] = (
    Pong(timestamp=1785150000000, translator_port_pub=5558, translator_port_pull=5555, audio_pipeline_available=True),
    VoicesResult(
        voices=[
            SpeakingVoice(name="ff_siwis", engine="kokoro", languages=["fr"]),
            SpeakingVoice(name="espeak-ng", engine="espeak-ng", languages=["es", "fr"]),
        ],
        default_voices={"es": "espeak-ng", "fr": "espeak-ng"},
        best_voices={"es": "espeak-ng", "fr": "ff_siwis"},
        task_id=TASK,
    ),
    LanguagesResult(
        pairs=[
            LanguagePair(source="en", target="pt", via=[], engine="firefox", quality="good"),
            LanguagePair(source="fr", target="pt", via=["es"], engine="apertium", quality="gist", model_type="gist"),
            LanguagePair(
                source="*",
                target="*",
                via=[],
                engine="nllb-200-600m",
                quality="fair",
                model_type="premium",
                languages=["de", "en", "pt"],
            ),
        ],
        transcription=["en", "pt"],
        speech=["en"],
        available=[
            AvailableModel(
                kind="transcription",
                name="small",
                languages=["de", "en"],
                licence="MIT",
                command="dragoman models pull small",
                size_mb=487,
            )
        ],
        warnings=["the languages of speech are not listed: its model is not loaded"],
        task_id=TASK,
    ),
    DetectResult(
        candidates=[
            LanguageCandidate(language="pt", confidence=0.562),
            LanguageCandidate(language="it", confidence=0.28),
        ],
        reliable=False,
        warnings=["no language is likely enough to rely on"],
        task_id=TASK,
    ),
    CancelResult(task_id=TASK, status="cancelled"),
    ResultUnknown(task_id=TASK),
    Accepted(task_id=TASK, duplicate=False),
    TaskProgress(
        task_id=TASK,
        stage="queued",
        done=0,
        total=0,
        unit="characters",
        position=3,
        wait_ms=1200,
        message="waiting for its turn, number 3 in the translation lane",
        timestamp=NOW_S,
    ),
    TaskFinished(task_id=TASK, status="partial", events=2, queue_time_ms=0.4, compute_time_ms=41.5),
    ServerStopping(drain_ms=30000, restart_expected=True),
    RequestRejected(**REFUSED, timestamp=NOW_S, request_type="weather"),
    TRANSLATED,
    TranslationError(
        **FAILED,
        retry_after_ms=500,
        task_id=TASK,
        message_id="message-1",
        conversation_id="conversation-1",
        target_language="es",
    ),
    TranslationSkipped(
        task_id=TASK, message_id="message-1", length=10001, max_length=10000, conversation_id="conversation-1"
    ),
    StoryTextCompleted(
        task_id=TASK,
        post_id="post-1",
        text_object_index=0,
        translations={"fr": "Bonjour.", "es": "Hola."},
        warnings=["es: the translation model left a sentence untranslated: 'Hello.'"],
        timestamp=1785150000250,
    ),
    TranscriptionCompleted(**(HEARD_EVENT | {"transcription": HEARD_IN_FULL})),
    TranscriptionError(**FAILED, **IDS, timestamp=NOW_S),
    TranscriptionReady(**HEARD_EVENT),
    AudioTranslationReady(**AUDIO_TRANSLATION),
    AudioTranslationsProgressive(**AUDIO_TRANSLATION),
    AudioTranslationsCompleted(**AUDIO_TRANSLATION),
    WHOLE,
    AudioProcessError(**FAILED, **IDS, timestamp=NOW_S),
    AudioChunk(
        **IDS,
        language="fr",
        index=1,
        last=False,
        start_ms=640,
        duration_ms=940,
        sample_rate_hz=24000,
        voice="ff_siwis",
        binary_frames={"audio": FRAME},
        timestamp=NOW_S,
        post_id="post-1",
    ),
    TranscriptionSegment(**IDS, index=0, segment=HEARD.segments[0], timestamp=NOW_S),
    SpeechChunk(
        task_id=TASK,
        message_id="message-1",
        index=1,
        last=True,
        start_ms=640,
        duration_ms=940,
        sample_rate_hz=24000,
        voice="ff_siwis",
        binary_frames={"audio": FRAME},
        timestamp=NOW_S,
    ),
    SpeechCompleted(
        task_id=TASK,
        message_id="message-1",
        language="fr",
        voice="ff_siwis",
        duration_ms=1580,
        sample_rate_hz=24000,
        segments=SPOKEN.segments,
        processing_time_ms=1210,
        timestamp=NOW_S,
        binary_frames={"audio": FRAME},
        warnings=["the text was taken for 'fr' (99% sure); state its language"],
    ),
    SpeechError(**FAILED, task_id=TASK, message_id="message-1", timestamp=NOW_S),
    VoiceProfileError(**REFUSED, request_id="request-1", user_id="user-1", timestamp=NOW_S),
    VoiceApiError(**REFUSED, task_id=TASK, request_type="voice_translate", timestamp=NOW_S),
    CorrectionError(**REFUSED, task_id=TASK, timestamp=NOW_S),
    BatchError(**REFUSED, task_id=TASK, timestamp=NOW_S),
)

SILENCE = bytes(3200)
COMMON: dict[str, Any] = {"taskId": TASK, "messageId": "message-1", "senderId": "user-1"}
TO_PEER: dict[str, Any] = {"replyTo": "gateway-1:main", "priority": "high", "timeoutMs": 60000}
REQUESTS: dict[str, dict[str, Any]] = {
    "ping": {"type": "ping", "timestamp": 1785150000000},
    "stats": {"type": "stats", "taskId": TASK},
    "voices": {"type": "voices", "taskId": TASK},
    "languages": {"type": "languages", "taskId": TASK, "sourceLanguage": "en", "targetLanguage": "pt"},
    "detect": {"type": "detect", "taskId": TASK, "text": "bom dia"},
    "cancel": {"type": "cancel", "taskId": TASK, "replyTo": "gateway-1:main"},
    "result": {"type": "result", "taskId": TASK, "replyTo": "gateway-1:main"},
    "translation": {
        "type": "translation",
        **COMMON,
        **TO_PEER,
        "conversationId": "conversation-1",
        "traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        "text": "Hello there.",
        "sourceLanguage": "auto",
        "targetLanguages": ["fr", "es"],
        "modelType": "basic",
        "glossary": {"Dragoman": None, "bank": "banque", "server": {"fr": "serveur", "es": None}},
        "format": "csv",
        "columns": ["title", "text"],
        "progress": True,
    },
    "story_text_object_translation": {
        "type": "story_text_object_translation",
        "taskId": TASK,
        "postId": "post-1",
        "textObjectIndex": 0,
        "text": "Hello there.",
        "sourceLanguage": "en",
        "targetLanguages": ["fr", "es"],
    },
    "transcription_only": {
        "type": "transcription_only",
        **COMMON,
        "attachmentId": "attachment-1",
        "binaryFrames": {"audio": 1},
        "language": "en",
        "wordTimestamps": True,
        "formats": ["srt", "vtt"],
        "vocabulary": ["Dragoman", "St. Andrews"],
        "audioTrack": 1,
        "stream": True,
    },
    "audio_process": {
        "type": "audio_process",
        **COMMON,
        "attachmentId": "attachment-1",
        "conversationId": "conversation-1",
        "audioData": "UklGRg==",
        "audioFormat": "wav",
        "audioUrl": "",
        "mobileTranscription": {
            "text": "Hello there.",
            "language": "en",
            "confidence": 0.9,
            "source": "ios",
            "segments": [{"text": "Hello there.", "startMs": 0, "endMs": 1400}],
        },
        "userLanguage": "en",
        "targetLanguages": ["fr"],
        "generateVoiceClone": False,
        "voice": "af_heart",
        "voices": {"fr": "ff_siwis"},
        "speed": 1.25,
        "outputFormat": "ogg",
        "stream": True,
    },
    "speak": {
        "type": "speak",
        **COMMON,
        **TO_PEER,
        "text": "Bonjour.",
        "language": "fr",
        "voice": "ff_siwis",
        "modelType": "premium",
        "speed": 1.25,
        "outputFormat": "mp3",
        "stream": True,
        "progress": True,
    },
}
