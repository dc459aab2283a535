"""Transcription with faster-whisper: many windows of many peers in one call of the model."""

from __future__ import annotations

import logging
from collections.abc import Sequence

import numpy as np
from faster_whisper import WhisperModel

from dragoman_engines.audio.loudness import evened
from dragoman_engines.audio.spool_files import read_spans
from dragoman_engines.base import Capabilities, EngineSpec, ModelMissing
from dragoman_engines.device import ctranslate2_device
from dragoman_engines.models.defaults import WHISPER_FILES
from dragoman_engines.models.resolve import resolve
from dragoman_engines.transcription.beam_search import Heard, Listener, Sound
from dragoman_engines.transcription.coverage import unheard
from dragoman_engines.transcription.hallucinations import is_invented
from dragoman_engines.transcription.timed_words import cut_loops, place_words, to_spoken
from dragoman_engines.work import SPOOL_RATE_HZ, AnyResult, AnyWork, Failure, TranscribeWindow, WindowText
from dragoman_wire.errors import EngineFailed, UnsupportedLanguage

LONGEST_WINDOW_S = 30.0


class WhisperEngine:
    """A Whisper model in CTranslate2's format."""

    def __init__(self, spec: EngineSpec, source: str) -> None:
        """Load the model of a source: 0.3 s for tiny, some seconds for large.

        Raises:
            ModelMissing: the model or the device is not here.
        """
        found = resolve(source, WHISPER_FILES, spec.models_dir)
        try:
            model = WhisperModel(
                str(found.folder),
                device=ctranslate2_device(spec),
                compute_type=spec.compute_type,
                cpu_threads=spec.threads,
                local_files_only=True,
            )
            self._listener = Listener(model)
            # The first call takes longer than those after it: make it now, on a second of silence. A model whose
            # preprocessor_config.json is not beside it shows here that it wants other features.
            self._listener.hear([Sound(samples=np.zeros(SPOOL_RATE_HZ, np.float32), language="en")])
        except (RuntimeError, ValueError) as error:
            raise ModelMissing(f"the Whisper model in {found.folder} does not load: {error}") from error
        logging.getLogger("faster_whisper").setLevel(logging.ERROR)
        self._multilingual = bool(model.model.is_multilingual)
        self._capabilities = Capabilities(
            model=found.name.removeprefix("faster-whisper-"),
            revision=found.revision(sorted(path for path in found.folder.iterdir() if path.is_file())),
            # The library lists what any Whisper hears; the older ones have no token for Cantonese.
            languages=[
                language
                for language in sorted(model.supported_languages)
                if not self._multilingual or model.hf_tokenizer.token_to_id(f"<|{language}|>") is not None
            ],
            multilingual=self._multilingual,
        )

    @property
    def capabilities(self) -> Capabilities:
        """Return the languages that the model can transcribe."""
        return self._capabilities

    def run(self, batch: Sequence[AnyWork]) -> list[AnyResult]:
        """Transcribe windows in one call of the model.

        A window without audio gives an empty text. A window in a language that the model does not hear, or longer
        than 30 s, of which Whisper would silently drop the rest, is a `Failure`.

        Raises:
            RuntimeError: the model failed; CTranslate2 says how.
        """
        results: dict[int, AnyResult] = {}
        sounds: dict[int, Sound] = {}
        for index, work in enumerate(batch):
            sound = self._read(work)
            if isinstance(sound, Sound):
                sounds[index] = sound
            else:
                results[index] = sound
        heard = self._listener.hear(list(sounds.values())) if sounds else []
        for index, each in zip(sounds, heard, strict=True):
            work = batch[index]
            if isinstance(work, TranscribeWindow):
                results[index] = _window_text(work, each)
        return [results[index] for index in range(len(batch))]

    def _read(self, work: AnyWork) -> Sound | AnyResult:
        """Read the window's audio, or return its result where the model need not be asked."""
        if not isinstance(work, TranscribeWindow):
            return Failure(code=EngineFailed.code, message=f"a Whisper model cannot do {type(work).__name__}")
        language = work.language or (None if self._multilingual else "en")
        if language is not None and language not in self._capabilities.languages:
            name, known = self._capabilities.model, self._capabilities.languages_named()
            message = f"this model ({name}) hears {known}, not {language}"
            return Failure(code=UnsupportedLanguage.code, message=message)
        if work.duration_s() > LONGEST_WINDOW_S:
            message = f"a window of {work.duration_s():.1f} s is longer than {LONGEST_WINDOW_S:g} s"
            return Failure(code=EngineFailed.code, message=message)
        try:
            samples = evened([read_spans(work.pcm_path, [span]) for span in work.spans])
        except OSError as error:
            return Failure(code=EngineFailed.code, message=f"the audio cannot be read: {error.strerror}")
        if not samples.size:
            probability = 1.0 if language else 0.0
            return WindowText(words=[], language=language or work.hint or "en", language_probability=probability)
        return Sound(samples=samples, language=language, hint=work.hint, vocabulary=tuple(work.vocabulary))


def _window_text(work: TranscribeWindow, heard: Heard) -> WindowText:
    words = heard.words
    if is_invented(words, no_speech=heard.no_speech, log_probability=heard.log_probability):
        words = []
    elif heard.loops:
        words = cut_loops(words)
    spoken = to_spoken(place_words(words, work.spans))
    return WindowText(
        words=spoken,
        language=heard.language,
        language_probability=heard.language_probability,
        unheard=unheard(work.spans, spoken),
    )
