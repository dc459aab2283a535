"""Recordings in any container to spool files, the speech in them, and speech to small files."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.metadata import version

from faster_whisper.vad import VadOptions, get_speech_timestamps

from dragoman_engines.audio.encoder import encode
from dragoman_engines.audio.loudness import with_slow_gain
from dragoman_engines.audio.sessions import DecodingSessions
from dragoman_engines.audio.spool_files import read_spans
from dragoman_engines.base import Capabilities, EngineSpec
from dragoman_engines.work import (
    SPOOL_RATE_HZ,
    AnyResult,
    AnyWork,
    ContinueDecoding,
    DecodeAudio,
    EncodeAudio,
    EncodedAudio,
    Failure,
    FindSpeech,
    SpeechSpans,
)
from dragoman_wire.errors import EngineFailed

LONGEST_SPAN_S = 30
# What faster-whisper's own batched pipeline asks for: spans that fill a window and end in a breath.
_VAD = VadOptions(max_speech_duration_s=LONGEST_SPAN_S, min_silence_duration_ms=160)


class AudioEngine:
    """PyAV to decode and encode, Silero's network (in faster-whisper) to find speech."""

    def __init__(self, _spec: EngineSpec) -> None:
        libraries = [f"{name} {version(name)}" for name in ("av", "faster-whisper")]
        self._sessions = DecodingSessions()
        self._capabilities = Capabilities(model="pyav+silero", revision="+".join(libraries).replace(" ", "-"))

    @property
    def capabilities(self) -> Capabilities:
        """Return the libraries and their versions; sound has no language."""
        return self._capabilities

    def run(self, batch: Sequence[AnyWork]) -> list[AnyResult]:
        """Decode, find speech and encode, unit by unit; a recording that cannot be used is a `Failure`.

        Raises:
            OSError: the disk is full, or the spool folder is gone.
        """
        return [self._answer(work) for work in batch]

    def _answer(self, work: AnyWork) -> AnyResult:
        match work:
            case DecodeAudio():
                return self._sessions.begin(work)
            case ContinueDecoding():
                return self._sessions.go_on(work)
            case FindSpeech():
                return _find_speech(work)
            case EncodeAudio():
                return EncodedAudio(data=encode(work.pcm, work.sample_rate_hz, work.form))
            case _:
                return Failure(code=EngineFailed.code, message=f"the decoder cannot do {type(work).__name__}")


def _find_speech(work: FindSpeech) -> AnyResult:
    try:
        audio = read_spans(work.pcm_path, [(work.start, work.end)])
    except OSError as error:
        return Failure(code=EngineFailed.code, message=f"the audio cannot be read: {error.strerror}")
    # Hours of silence are claimed by a few bytes; that there is nothing in it is seen at once.
    found = get_speech_timestamps(with_slow_gain(audio), _VAD) if audio.any() else []
    spans = [(work.start + int(span["start"]), work.start + int(span["end"])) for span in found]
    return SpeechSpans(spans=[piece for span in spans for piece in _at_most(span, LONGEST_SPAN_S * SPOOL_RATE_HZ)])


def _at_most(span: tuple[int, int], length: int) -> list[tuple[int, int]]:
    """Cut a span into pieces: the network's padding may take one a little over the length."""
    start, end = span
    return [(place, min(place + length, end)) for place in range(start, end, length)]
