"""Client of Dragoman, a message server in front of translation, transcription and speech models.

    async with Client() as client:
        print((await client.translate("Good morning", to="pt")).text)

`SyncClient` is the same for code without an event loop.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dragoman_client.aio import Client
    from dragoman_client.cache import TranslationCache
    from dragoman_client.choices import Format
    from dragoman_client.errors import (
        BadAnswer,
        ClientError,
        ConnectionClosed,
        ServerUnreachable,
        TimedOut,
    )
    from dragoman_client.events import OtherEvent, TypedEvent
    from dragoman_client.events.read import read_event
    from dragoman_client.formats import render
    from dragoman_client.frames import Event, ReceivedEvent
    from dragoman_client.many import Failure
    from dragoman_client.recording_streams import TranscriptionStream, VoiceChunk, VoiceStream
    from dragoman_client.results import (
        SpokenChunk,
        SpokenText,
        SpokenTranslation,
        Translation,
        TranslationFailed,
        VoiceResult,
    )
    from dragoman_client.servers import ServerAddress
    from dragoman_client.speech_stream import SpeechStream
    from dragoman_client.stream import EventStream
    from dragoman_client.sync import SyncClient, SyncEventStream, SyncSpeechStream
    from dragoman_client.sync_recording_streams import SyncTranscriptionStream, SyncVoiceStream
    from dragoman_wire.errors import DragomanError
    from dragoman_wire.events import (
        AvailableModel,
        CorrectionCompleted,
        DetectResult,
        ExtractionCompleted,
        LanguageCandidate,
        LanguagePair,
        LanguagesResult,
        Pong,
        SpeakingVoice,
        Transcription,
        TranscriptSegment,
        TranscriptWord,
        VoicesResult,
    )
    from dragoman_wire.requests import ConversationMessage

    __version__: str

__all__ = [
    "AvailableModel",
    "BadAnswer",
    "Client",
    "ClientError",
    "ConnectionClosed",
    "ConversationMessage",
    "CorrectionCompleted",
    "DetectResult",
    "DragomanError",
    "Event",
    "EventStream",
    "ExtractionCompleted",
    "Failure",
    "Format",
    "LanguageCandidate",
    "LanguagePair",
    "LanguagesResult",
    "OtherEvent",
    "Pong",
    "ReceivedEvent",
    "ServerAddress",
    "ServerUnreachable",
    "SpeakingVoice",
    "SpeechStream",
    "SpokenChunk",
    "SpokenText",
    "SpokenTranslation",
    "SyncClient",
    "SyncEventStream",
    "SyncSpeechStream",
    "SyncTranscriptionStream",
    "SyncVoiceStream",
    "TimedOut",
    "TranscriptSegment",
    "TranscriptWord",
    "Transcription",
    "TranscriptionStream",
    "Translation",
    "TranslationCache",
    "TranslationFailed",
    "TypedEvent",
    "VoiceChunk",
    "VoiceResult",
    "VoiceStream",
    "VoicesResult",
    "read_event",
    "render",
]

# Imported when they are first asked for: the command line starts twice as fast without the sockets.
_HOMES = {
    "dragoman_client.aio": ("Client",),
    "dragoman_client.cache": ("TranslationCache",),
    "dragoman_client.choices": ("Format",),
    "dragoman_client.errors": (
        "BadAnswer",
        "ClientError",
        "ConnectionClosed",
        "ServerUnreachable",
        "TimedOut",
    ),
    "dragoman_client.events": ("OtherEvent", "TypedEvent"),
    "dragoman_client.events.read": ("read_event",),
    "dragoman_client.formats": ("render",),
    "dragoman_client.frames": ("Event", "ReceivedEvent"),
    "dragoman_client.many": ("Failure",),
    "dragoman_client.recording_streams": ("TranscriptionStream", "VoiceChunk", "VoiceStream"),
    "dragoman_client.results": (
        "SpokenChunk",
        "SpokenText",
        "SpokenTranslation",
        "Translation",
        "TranslationFailed",
        "VoiceResult",
    ),
    "dragoman_client.servers": ("ServerAddress",),
    "dragoman_client.speech_stream": ("SpeechStream",),
    "dragoman_client.stream": ("EventStream",),
    "dragoman_client.sync": ("SyncClient", "SyncEventStream", "SyncSpeechStream"),
    "dragoman_client.sync_recording_streams": ("SyncTranscriptionStream", "SyncVoiceStream"),
    "dragoman_wire.errors": ("DragomanError",),
    "dragoman_wire.events": (
        "AvailableModel",
        "CorrectionCompleted",
        "DetectResult",
        "ExtractionCompleted",
        "LanguageCandidate",
        "LanguagePair",
        "LanguagesResult",
        "Pong",
        "SpeakingVoice",
        "Transcription",
        "TranscriptSegment",
        "TranscriptWord",
        "VoicesResult",
    ),
    "dragoman_wire.requests": ("ConversationMessage",),
}


def __getattr__(name: str) -> object:
    value: object
    if name == "__version__":
        value = importlib.import_module("importlib.metadata").version("dragoman")
    else:
        home = next((home for home, names in _HOMES.items() if name in names), None)
        if home is None:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        value = getattr(importlib.import_module(home), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__, "__version__"})
