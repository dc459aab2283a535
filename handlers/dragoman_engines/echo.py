"""A fake engine for all five kinds, for capacity tests and for tests of the server itself. It knows no language.

It takes `EngineSpec.delay_ms` for each unit. A word inside a sentence to translate makes it fail on purpose:

    __raise__   the call raises: the whole batch fails
    __fail__    this unit is a Failure, the others are not touched
    __exit__    the process ends at once with status 3
    __hang__    the call does not come back for an hour
    __grow__    the process takes 64 MiB more from now on
    __loop__    the translation repeats itself
    __slip__    so it does, unless it is asked to be careful
"""

from __future__ import annotations

import json
import math
import os
import struct
import time
from collections.abc import Sequence
from pathlib import Path

from dragoman_engines.base import Capabilities, EngineSpec, VoiceInfo
from dragoman_engines.work import (
    SPOOL_RATE_HZ,
    AnyResult,
    AnyWork,
    ContinueDecoding,
    CorrectedText,
    CorrectText,
    DecodeAudio,
    DecodedAudio,
    EncodeAudio,
    EncodedAudio,
    ExtractData,
    ExtractedData,
    Failure,
    FindSpeech,
    Speak,
    Speech,
    SpeechSpans,
    SpokenWord,
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
_FEW_SIGNS = 40
_VOICE = VoiceInfo(name="echo", engine="echo", languages=[], pace=1e6)


class EchoEngine:
    """Answers at once, or after the delay of the specification, with something that shows what was asked."""

    def __init__(self, spec: EngineSpec) -> None:
        self._delay_s = spec.delay_ms / 1000
        self._tone = _tone()
        self._grown: list[bytearray] = []

    @property
    def capabilities(self) -> Capabilities:
        """Return any language and any pair, with one voice for all."""
        return Capabilities(
            model="echo", revision="1", quality="gist", multilingual=True, voices=[_VOICE], instructable=True
        )

    def run(self, batch: Sequence[AnyWork]) -> list[AnyResult]:
        """Return one result for each unit, in order.

        Raises:
            RuntimeError: a sentence holds `__raise__`.
        """
        return [self._answer(work) for work in batch]

    def _answer(self, work: AnyWork) -> AnyResult:
        if self._delay_s > 0:
            time.sleep(self._delay_s)
        result: AnyResult
        match work:
            case TranslateSentences():
                if any("__grow__" in sentence for sentence in work.sentences):
                    self._grown.append(bytearray(b"\1") * GROWTH_BYTES)
                result = _translate(work)
            case TranscribeWindow():
                result = _transcribe(work)
            case Speak():
                # A beat for every ten characters begun, so that longer text is longer sound.
                beats = math.ceil(len(work.text) / _TONE_CHARACTERS)
                result = Speech(pcm=self._tone * beats, sample_rate_hz=SPOOL_RATE_HZ)
            case DecodeAudio() | ContinueDecoding():
                result = _decode(work)
            case EncodeAudio():
                result = _encode(work)
            case CorrectText() | ExtractData():
                result = _as_language_model(work)
            case FindSpeech():
                step = WINDOW_S * SPOOL_RATE_HZ
                starts = range(work.start, work.end, step)
                result = SpeechSpans(spans=[(start, min(start + step, work.end)) for start in starts])
        return result


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
    if "__loop__" in text or ("__slip__" in text and not work.careful):
        return Translations(sentences=["and so on " * 9] * len(work.sentences))
    return Translations(sentences=[f"[{work.target}] {sentence}" for sentence in work.sentences])


def _data_for(work: ExtractData) -> str:
    """Return an object with something of the right kind for each property of the schema."""
    values = {
        "string": work.text[:_FEW_SIGNS],
        "integer": 0,
        "number": 0.5,
        "boolean": False,
        "array": [],
        "object": {},
    }
    properties = json.loads(work.schema).get("properties", {})
    return json.dumps(
        {name: values.get(part.get("type"), work.text[:_FEW_SIGNS]) for name, part in properties.items()}
    )


def _as_language_model(work: CorrectText | ExtractData) -> AnyResult:
    if isinstance(work, ExtractData):
        return ExtractedData(json=_data_for(work))
    if "__fail__" in work.text:
        return Failure(code=EngineFailed.code, message="a text asked the echo engine to fail")
    return CorrectedText(text=work.text)


def _transcribe(work: TranscribeWindow) -> WindowText:
    language = work.language or work.hint or "en"
    if not work.spans:
        return WindowText(words=[], language=language, language_probability=1.0)
    # One word, so that it is one segment however long it is; and a sentence, so that it is one beside others.
    word = SpokenWord(
        text=f" Echo of {work.duration_s():.1f} seconds.",
        start_s=work.spans[0][0] / SPOOL_RATE_HZ,
        end_s=work.spans[-1][1] / SPOOL_RATE_HZ,
        confidence=1.0,
    )
    return WindowText(words=[word], language=language, language_probability=1.0)


def _decode(work: DecodeAudio | ContinueDecoding) -> AnyResult:
    if isinstance(work, ContinueDecoding):  # each is done in its first call
        return DecodedAudio(samples=0, state="lost")
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


def _encode(work: EncodeAudio) -> AnyResult:
    try:
        # A container has to be a real one for the peer that opens it; the rest of this engine needs no library.
        from dragoman_engines.audio.encoder import encode  # noqa: PLC0415
    except ImportError as error:
        message = f"the library {error.name} is not installed, and {work.form} cannot be written without it"
        return Failure(code=EngineFailed.code, message=message)
    return EncodedAudio(data=encode(work.pcm, work.sample_rate_hz, work.form))


def _tone() -> bytes:
    count = int(_TONE_S * SPOOL_RATE_HZ)
    wave = [round(_QUIET * math.sin(math.tau * _TONE_HZ * index / SPOOL_RATE_HZ)) for index in range(count)]
    return struct.pack(f"<{count}h", *wave)
