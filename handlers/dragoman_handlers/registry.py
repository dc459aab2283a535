"""The handlers, by the request type that each answers."""

from __future__ import annotations

from typing import Any

from dragoman_handlers.base import Handler
from dragoman_handlers.correction import CorrectionHandler
from dragoman_handlers.extraction import ExtractionHandler
from dragoman_handlers.speak import SpeakHandler
from dragoman_handlers.story import StoryTextHandler
from dragoman_handlers.transcription import TranscriptionHandler
from dragoman_handlers.translation import TranslationHandler
from dragoman_handlers.voice import VoiceHandler

HANDLERS: dict[str, Handler[Any]] = {
    handler.request_type: handler
    for handler in (
        TranslationHandler(),
        StoryTextHandler(),
        TranscriptionHandler(),
        VoiceHandler(),
        SpeakHandler(),
        CorrectionHandler(),
        ExtractionHandler(),
    )
}
