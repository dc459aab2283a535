"""Transcriptions as the wire has them, from what the model heard or what the phone sends."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Literal

import msgspec
from msgspec import UNSET

from dragoman_engines.base import Capabilities
from dragoman_engines.work import SPOOL_RATE_HZ, WindowText
from dragoman_handlers.base import HandlerLimits
from dragoman_handlers.speech.recognition.spoken_language import UNKNOWN
from dragoman_handlers.text.languages import base_language
from dragoman_wire.errors import TooLarge
from dragoman_wire.events import Transcription, TranscriptSegment
from dragoman_wire.requests import MobileTranscription, SubtitleFormat
from dragoman_wire.subtitles import to_srt, to_vtt


def mobile_transcription(
    mobile: MobileTranscription | None, hint: str | None, limits: HandlerLimits
) -> Transcription | None:
    """Return the phone's own transcription as ours, or None where it has no text.

    Raises:
        TooLarge: its text is longer than one that is translated may be, or it has too many segments.
    """
    if mobile is None or not mobile.text or not mobile.text.strip():
        return None
    _check_size(mobile, limits)
    language = base_language(mobile.language or hint or UNKNOWN)
    confidence = float(mobile.confidence) if mobile.confidence is not None else 1.0
    segments = [
        TranscriptSegment(
            text=segment.text,
            start_ms=round(segment.start_ms),
            end_ms=round(segment.end_ms),
            confidence=confidence if segment.confidence is None else float(segment.confidence),
            speaker_id=segment.speaker_id,
            language=segment.language or language,
        )
        for segment in mobile.segments or ()
    ]
    return Transcription(
        text=mobile.text,
        language=language,
        confidence=confidence,
        duration_ms=segments[-1].end_ms if segments else 0,
        source="mobile",
        model=mobile.source or "mobile",
        segments=segments,
    )


def _check_size(mobile: MobileTranscription, limits: HandlerLimits) -> None:
    segments = mobile.segments or ()
    if len(segments) > limits.segments:
        raise TooLarge(
            f"mobileTranscription.segments has {len(segments)} entries; the limit segments is {limits.segments}"
        )
    for name, chars in (
        ("text", len(mobile.text or "")),
        ("segments", sum(len(segment.text) for segment in segments)),
    ):
        if chars > limits.text_chars:
            raise TooLarge(
                f"mobileTranscription.{name} has {chars} characters; the limit text_chars is {limits.text_chars}"
            )


def heard_transcription(
    engine: Capabilities,
    heard: Sequence[WindowText],
    segments: list[TranscriptSegment],
    *,
    stated: str | None,
    samples: int,
) -> Transcription:
    """Put the whole transcription together.

    Args:
        engine: the model.
        heard: the windows, in order.
        segments: of all windows.
        stated: the language that is told where there is no speech.
        samples: the recording's length.
    """
    total = sum(len(segment.text) for segment in segments)
    confidence = sum(len(segment.text) * (segment.confidence or 0.0) for segment in segments) / total if total else 0.0
    language, language_confidence = _language(heard, stated)
    source: Literal["whisper"] = "whisper"
    return Transcription(
        text=" ".join(segment.text for segment in segments),
        language=language,
        language_confidence=language_confidence if engine.multilingual else None,
        confidence=round(confidence, 4),
        duration_ms=round(samples * 1000 / SPOOL_RATE_HZ),
        source=source,
        model=engine.model,
        segments=segments,
    )


def in_formats(transcription: Transcription, formats: Sequence[SubtitleFormat] | None) -> Transcription:
    """Return the same transcription with the subtitles that were asked for."""
    return msgspec.structs.replace(
        transcription,
        srt=to_srt(transcription) if formats and "srt" in formats else UNSET,
        vtt=to_vtt(transcription) if formats and "vtt" in formats else UNSET,
    )


def _language(heard: Sequence[WindowText], stated: str | None) -> tuple[str, float | None]:
    """Return the language of most of the text, and the probability that the model gave it there."""
    lengths: defaultdict[str, int] = defaultdict(int)
    weights: defaultdict[str, float] = defaultdict(float)
    for window in heard:
        length = sum(len(word.text) for word in window.words)
        lengths[window.language] += length
        weights[window.language] += length * window.language_probability
    if not any(lengths.values()):
        return stated or UNKNOWN, None
    language = max(lengths, key=lengths.__getitem__)
    return language, round(weights[language] / max(1, lengths[language]), 4)
