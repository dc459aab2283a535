"""Transcription with faster-whisper: many windows of many peers in one call of the model."""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from faster_whisper import BatchedInferencePipeline, WhisperModel
from faster_whisper.audio import pad_or_trim
from faster_whisper.transcribe import Segment
from numpy.typing import NDArray

from dragoman_engines.base import Capabilities, EngineSpec, ModelMissing
from dragoman_engines.device import ctranslate2_device
from dragoman_engines.models import resolve
from dragoman_engines.phrases import TimedWord, cut_loops, place_words, to_segments
from dragoman_engines.spool import read_spans
from dragoman_engines.work import (
    SPOOL_RATE_HZ,
    AnyResult,
    AnyWork,
    Failure,
    SpokenSegment,
    TranscribeWindow,
    WindowText,
)
from dragoman_wire.errors import EngineFailed, UnsupportedLanguage

LONGEST_WINDOW_S = 30.0
BEAM = 5
NO_SPEECH_PROBABILITY = 0.6
LOW_LOG_PROBABILITY = -1.0
LOOP_COMPRESSION = 2.4
"""The thresholds that Whisper's authors use to tell silence and loops from speech."""
_FILES = ("config.json", "model.bin", "tokenizer.json")
_FRAMES_PER_SECOND = 100


@dataclass(frozen=True, kw_only=True)
class _Window:
    index: int
    """Its place in the batch."""
    spans: list[tuple[int, int]]
    audio: NDArray[np.float32]
    language: str
    probability: float = 1.0


class WhisperEngine:
    """A Whisper model in CTranslate2's format."""

    def __init__(self, spec: EngineSpec, source: str) -> None:
        """Load the model of a source: 0.3 s for tiny, some seconds for large.

        Raises:
            ModelMissing: the model or the device is not here.
        """
        found = resolve(source, _FILES, spec.models_dir)
        try:
            self._model = WhisperModel(
                str(found.folder),
                device=ctranslate2_device(spec),
                compute_type=spec.compute_type,
                cpu_threads=spec.threads,
                local_files_only=True,
            )
        except (RuntimeError, ValueError) as error:
            raise ModelMissing(f"the Whisper model in {found.folder} does not load: {error}") from error
        logging.getLogger("faster_whisper").setLevel(logging.ERROR)
        self._pipeline = BatchedInferencePipeline(self._model)
        self._multilingual = bool(self._model.model.is_multilingual)
        self._capabilities = Capabilities(
            model=found.name.removeprefix("faster-whisper-"),
            revision=found.revision(sorted(path for path in found.folder.iterdir() if path.is_file())),
            languages=sorted(self._model.supported_languages),
            multilingual=self._multilingual,
        )

        self._warm_up()

    @property
    def capabilities(self) -> Capabilities:
        """The languages that the model hears."""
        return self._capabilities

    def run(self, batch: Sequence[AnyWork]) -> list[AnyResult]:
        """Transcribe windows: one call of the model for each language among them, as a rule one.

        A window without audio gives an empty text. A window in a language that the model does not hear, or longer
        than 30 s, of which Whisper would silently drop the rest, is a `Failure`.

        Raises:
            RuntimeError: the model failed; CTranslate2 says how.
        """
        results: dict[int, AnyResult] = {}
        unknown: list[_Window] = []
        by_language: defaultdict[str, list[_Window]] = defaultdict(list)
        for index, work in enumerate(batch):
            window = self._read(index, work)
            if not isinstance(window, _Window):
                results[index] = window
            elif window.language:
                by_language[window.language].append(window)
            else:
                unknown.append(window)
        for window in self._detect(unknown):
            by_language[window.language].append(window)
        for language, windows in by_language.items():
            results |= self._transcribe(language, windows)
        return [results[index] for index in range(len(batch))]

    def _warm_up(self) -> None:
        """Make the first call now, on a second of silence: it takes longer than those after it."""
        silence = np.zeros(SPOOL_RATE_HZ, dtype=np.float32)
        window = _Window(index=0, spans=[(0, SPOOL_RATE_HZ)], audio=silence, language="en", probability=1.0)
        self._transcribe("en", [window])

    def _read(self, index: int, work: AnyWork) -> _Window | AnyResult:
        """The window's audio, or its result where the model need not be asked."""
        if not isinstance(work, TranscribeWindow):
            return Failure(code=EngineFailed.code, message=f"a Whisper model cannot do {type(work).__name__}")
        language = work.language or ("" if self._multilingual else "en")
        if language and language not in self._capabilities.languages:
            name, heard = self._capabilities.model, ", ".join(self._capabilities.languages)
            message = f"this model ({name}) hears {heard}, not {language}"
            return Failure(code=UnsupportedLanguage.code, message=message)
        if work.duration_s() > LONGEST_WINDOW_S:
            message = f"a window of {work.duration_s():.1f} s is longer than {LONGEST_WINDOW_S:g} s"
            return Failure(code=EngineFailed.code, message=message)
        try:
            audio = read_spans(work.pcm_path, work.spans)
        except OSError as error:
            return Failure(code=EngineFailed.code, message=f"the audio cannot be read: {error.strerror}")
        if not audio.size:
            probability = 1.0 if language else 0.0
            return WindowText(segments=[], language=language or "en", language_probability=probability)
        return _Window(index=index, spans=work.spans, audio=audio, language=language)

    def _detect(self, windows: Sequence[_Window]) -> list[_Window]:
        """Give each window its own language: they may come from different peers."""
        if not windows:
            return []
        extract = self._model.feature_extractor
        features = np.stack([pad_or_trim(extract(window.audio)[..., :-1]) for window in windows])
        guesses = self._model.model.detect_language(self._model.encode(features))
        return [
            # A guess is a token, <|en|>, and its probability; the best comes first.
            _Window(
                index=window.index,
                spans=window.spans,
                audio=window.audio,
                language=best[0][0].strip("<|>"),
                probability=float(best[0][1]),
            )
            for window, best in zip(windows, guesses, strict=True)
        ]

    def _transcribe(self, language: str, windows: Sequence[_Window]) -> dict[int, AnyResult]:
        audio, clips = _side_by_side(windows)
        heard, _ = self._pipeline.transcribe(
            audio,
            language=language,
            beam_size=BEAM,
            word_timestamps=True,
            clip_timestamps=clips,
            batch_size=len(windows),
        )
        by_clip: defaultdict[int, list[Segment]] = defaultdict(list)
        for segment in heard:
            by_clip[segment.seek // _FRAMES_PER_SECOND].append(segment)
        return {
            window.index: WindowText(
                segments=_phrases(by_clip[int(clip["start"])], clip["start"], window.spans),
                language=language,
                language_probability=window.probability,
            )
            for window, clip in zip(windows, clips, strict=True)
        }


def _side_by_side(windows: Sequence[_Window]) -> tuple[NDArray[np.float32], list[dict[str, float]]]:
    """One array with every window in it, and the place of each, in seconds.

    Each begins at a whole second: that survives the library's way from seconds to samples to frames and back
    without rounding, and no two windows share a frame.
    """
    parts: list[NDArray[np.float32]] = []
    clips: list[dict[str, float]] = []
    second = 0
    for window in windows:
        seconds = -(-window.audio.size // SPOOL_RATE_HZ)
        clips.append({"start": float(second), "end": second + window.audio.size / SPOOL_RATE_HZ})
        parts.append(np.pad(window.audio, (0, seconds * SPOOL_RATE_HZ - window.audio.size)))
        second += seconds
    return np.concatenate(parts), clips


def _phrases(segments: Iterable[Segment], offset_s: float, spans: Sequence[tuple[int, int]]) -> list[SpokenSegment]:
    words: list[TimedWord] = []
    for segment in segments:
        if _is_silence(segment):
            continue
        said = [
            TimedWord(word.word, float(word.start) - offset_s, float(word.end) - offset_s, float(word.probability))
            for word in segment.words or ()
        ]
        words += cut_loops(said) if segment.compression_ratio > LOOP_COMPRESSION else said
    return to_segments(place_words(words, spans))


def _is_silence(segment: Segment) -> bool:
    """Whisper marks it so itself, or it wrote nothing but dots."""
    marked = segment.no_speech_prob > NO_SPEECH_PROBABILITY and segment.avg_logprob < LOW_LOG_PROBABILITY
    return marked or not any(character.isalnum() for character in segment.text)
