"""A text to sound: sentence by sentence through the speech engine, joined into one WAV."""

from __future__ import annotations

import io
import wave
from collections.abc import Sequence
from dataclasses import dataclass

from dragoman_engines.work import Speak, Speech
from dragoman_handlers.base import Context
from dragoman_handlers.concurrency import all_of
from dragoman_handlers.languages import base_language
from dragoman_handlers.text import split_text
from dragoman_wire.errors import EngineFailed, InternalFault, UnsupportedLanguage
from dragoman_wire.events import TranscriptSegment

MIME_TYPE = "audio/wav"
PAUSE_S = 0.15
"""Between two sentences."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Spoken:
    """A spoken text."""

    wav: bytes
    duration_ms: int
    segments: list[TranscriptSegment]


async def speak_text(context: Context, text: str, language: str) -> Spoken:
    """`text` said aloud in `language` (any tag), as a mono 16-bit WAV.

    Raises:
        DragomanError: no voice speaks the language, or the engine's error.
    """
    engine = await context.capabilities("speech")
    spoken = base_language(language)
    if engine.languages and spoken not in engine.languages:
        raise UnsupportedLanguage(f"no voice of {engine.model} speaks {spoken!r}")
    sentences = [piece.text for piece in split_text(text, spoken) if piece.translatable]
    speeches = await _speak(context, [Speak(text=sentence, language=spoken) for sentence in sentences])
    return join_speech(sentences, speeches, spoken)


async def _speak(context: Context, units: Sequence[Speak]) -> list[Speech]:
    """The sound of every sentence; each that is not known is spoken once."""
    distinct = list(dict.fromkeys(units))
    answers = await context.recall(distinct, Speech)
    known = {unit: answer for unit, answer in zip(distinct, answers, strict=True) if answer is not None}
    missing = [unit for unit in distinct if unit not in known]
    size_s = sum(unit.cost_s() for unit in missing)
    done = await all_of([context.run(unit, size_s=size_s) for unit in missing])
    for unit, answer in zip(missing, done, strict=True):
        if not isinstance(answer.result, Speech):
            raise InternalFault("the speech engine gave no sound")
        known[unit] = answer.result
    return [known[unit] for unit in units]


def join_speech(sentences: list[str], speeches: list[Speech], language: str) -> Spoken:
    """The sentences' sounds one after the other, with a pause between.

    Raises:
        EngineFailed: there is no sound at all.
    """
    if not any(speech.pcm for speech in speeches):
        raise EngineFailed("the speech engine gave no sound")
    rate_hz = speeches[0].sample_rate_hz
    pause = bytes(2 * round(PAUSE_S * rate_hz))
    pcm = bytearray()
    segments = []
    for sentence, speech in zip(sentences, speeches, strict=True):
        if pcm:
            pcm += pause
        start_ms = _ms(len(pcm), rate_hz)
        pcm += speech.pcm
        segments.append(
            TranscriptSegment(
                text=sentence,
                start_ms=start_ms,
                end_ms=_ms(len(pcm), rate_hz),
                confidence=None,
                speaker_id=None,
                language=language,
            )
        )
    return Spoken(wav=_wav(pcm, rate_hz), duration_ms=_ms(len(pcm), rate_hz), segments=segments)


def _ms(pcm_bytes: int, rate_hz: int) -> int:
    return round(pcm_bytes / 2 / rate_hz * 1000)


def _wav(pcm: bytearray, rate_hz: int) -> bytes:
    file = io.BytesIO()
    with wave.open(file, "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(rate_hz)
        out.writeframes(pcm)
    return file.getvalue()
