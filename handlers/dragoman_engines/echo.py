"""A fake engine for all four kinds, for capacity tests and for tests of the server itself. It knows no language.

It takes `EngineSpec.delay_ms` for each unit. A word inside a sentence to translate makes it fail on purpose:

    __raise__   the call raises: the whole batch fails
    __fail__    this unit is a Failure, the others are not touched
    __exit__    the process ends at once with status 3
    __hang__    the call does not come back for an hour
    __grow__    the process takes 64 MiB more from now on
"""

from __future__ import annotations

import math
import os
import struct
import time
from collections.abc import Sequence
from pathlib import Path

from dragoman_engines.base import Capabilities, EngineSpec
from dragoman_engines.work import (
    SPOOL_RATE_HZ,
    AnyResult,
    AnyWork,
    DecodeAudio,
    DecodedAudio,
    Failure,
    FindSpeech,
    Speak,
    Speech,
    SpeechSpans,
    SpokenSegment,
    TranscribeWindow,
    TranslateSentences,
    Translations,
    WindowText,
)
from dragoman_wire.errors import AudioTooLong, AudioUndecodable, EngineFailed

WINDOW_S = 30
HANG_S = 3600
EXIT_STATUS = 3
GROWTH_BYTES = 64 << 20
_SAMPLE_BYTES = 2
_WAV_HEADER_BYTES = 44
_TONE_HZ = 440
_TONE_S = 0.1
_TONE_CHARACTERS = 10
_QUIET = 1000


class EchoEngine:
    """Answers at once, or after the delay of the specification, with something that shows what was asked."""

    def __init__(self, spec: EngineSpec) -> None:
        self._delay_s = spec.delay_ms / 1000
        self._tone = _tone()
        self._grown: list[bytearray] = []

    @property
    def capabilities(self) -> Capabilities:
        """Any language and any pair."""
        return Capabilities(model="echo", revision="1", multilingual=True)

    def run(self, batch: Sequence[AnyWork]) -> list[AnyResult]:
        """One result for each unit, in order.

        Raises:
            RuntimeError: a sentence holds `__raise__`.
        """
        return [self._answer(work) for work in batch]

    def _answer(self, work: AnyWork) -> AnyResult:
        if self._delay_s > 0:
            time.sleep(self._delay_s)
        match work:
            case TranslateSentences():
                if any("__grow__" in sentence for sentence in work.sentences):
                    self._grown.append(bytearray(b"\1") * GROWTH_BYTES)
                return _translate(work)
            case TranscribeWindow():
                return _transcribe(work)
            case Speak():
                # A beat for every ten characters begun, so that longer text is longer sound.
                beats = math.ceil(len(work.text) / _TONE_CHARACTERS)
                return Speech(pcm=self._tone * beats, sample_rate_hz=SPOOL_RATE_HZ)
            case DecodeAudio():
                return _decode(work)
            case FindSpeech():
                step = WINDOW_S * SPOOL_RATE_HZ
                starts = range(work.start, work.end, step)
                return SpeechSpans(spans=[(start, min(start + step, work.end)) for start in starts])


def _translate(work: TranslateSentences) -> AnyResult:
    text = "\n".join(work.sentences)
    if "__raise__" in text:
        raise RuntimeError("a sentence asked the echo engine to raise")
    if "__exit__" in text:
        # No clean-up: this stands for a crash of a native library.
        os._exit(EXIT_STATUS)
    if "__hang__" in text:
        time.sleep(HANG_S)
    if "__fail__" in text:
        return Failure(code=EngineFailed.code, message="a sentence asked the echo engine to fail")
    return Translations(sentences=[f"[{work.target}] {sentence}" for sentence in work.sentences])


def _transcribe(work: TranscribeWindow) -> WindowText:
    language = work.language or "en"
    if not work.spans:
        return WindowText(segments=[], language=language, language_probability=1.0)
    segment = SpokenSegment(
        text=f"echo {work.duration_s():.1f} s",
        start_s=work.spans[0][0] / SPOOL_RATE_HZ,
        end_s=work.spans[-1][1] / SPOOL_RATE_HZ,
        confidence=1.0,
    )
    return WindowText(segments=[segment], language=language, language_probability=1.0)


def _decode(work: DecodeAudio) -> AnyResult:
    header = _WAV_HEADER_BYTES if work.data.startswith(b"RIFF") else 0
    samples = max(0, len(work.data) - header) // _SAMPLE_BYTES
    if samples == 0:
        return Failure(code=AudioUndecodable.code, message="the recording holds no samples")
    if samples > work.max_duration_s * SPOOL_RATE_HZ:
        message = f"the recording is longer than the limit audio_s of {work.max_duration_s:g} s"
        return Failure(code=AudioTooLong.code, message=message)
    with Path(work.pcm_path).open("wb") as spool:
        # A hole in the file reads as zeros: silence that costs no disk.
        spool.truncate(samples * _SAMPLE_BYTES)
    return DecodedAudio(samples=samples)


def _tone() -> bytes:
    count = int(_TONE_S * SPOOL_RATE_HZ)
    wave = [round(_QUIET * math.sin(math.tau * _TONE_HZ * index / SPOOL_RATE_HZ)) for index in range(count)]
    return struct.pack(f"<{count}h", *wave)
