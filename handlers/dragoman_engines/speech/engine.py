"""The speech engine: every voice at hand, and the default one of each language."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

from dragoman_engines.base import Capabilities, EngineSpec, ModelDamaged, ModelMissing, Quality, VoiceInfo
from dragoman_engines.models import ModelStore, find_entry
from dragoman_engines.models.defaults import EMBEDDED, KOKORO
from dragoman_engines.models.resolve import INSTALL_MODELS, resolve
from dragoman_engines.work import AnyResult, AnyWork, Failure, Speak, Speech
from dragoman_wire.errors import EngineFailed, EngineUnavailable, InvalidRequest, UnsupportedLanguage

HIBARI, PIPER, ESPEAK = "hibari", "piper", "espeak-ng"
_RANKS: Mapping[Quality, Sequence[str]] = {
    "fast": (HIBARI, PIPER, ESPEAK, KOKORO),
    "best": (KOKORO, PIPER, HIBARI, ESPEAK),
}
"""The order in which engines get a language that several can speak. Voices of Piper were put there on purpose."""


class Voices(Protocol):
    """One program part that speaks, and the voices that it has."""

    name: str
    revision: str
    voices: list[VoiceInfo]
    """The first for a language is its default."""

    def speak(self, text: str, language: str, speed: float, voice: str) -> Speech:
        """Say a text in one of the voice's languages; `speed` 1 is the voice's own pace.

        Raises:
            RuntimeError: it failed.
            ModelMissing: so did loading what it needs.
        """
        ...


class SpeechEngine:
    """Hibari, Kokoro, Piper and espeak-ng, as far as they are wanted and installed."""

    def __init__(self, spec: EngineSpec) -> None:
        """Load the voices that `spec.model` names.

        Raises:
            ModelMissing: no such voices, none of those named is installed, or `spec.voices` names one that is not.
        """
        self._parts = _load_parts(spec)
        self._by_name = {voice.name: (part, voice) for part in self._parts for voice in part.voices}
        self._default = self._ranked(spec.quality) | self._chosen(spec.voices)
        self._capabilities = Capabilities(
            model="+".join(part.name for part in self._parts),
            revision="+".join(part.revision for part in self._parts),
            languages=sorted(self._default),
            voices=[voice for _, voice in self._by_name.values()],
            default_voices=self._default,
            best_voices=self._ranked("best"),
        )

    @property
    def capabilities(self) -> Capabilities:
        """Return the languages that some voice speaks, and all voices."""
        return self._capabilities

    def run(self, batch: Sequence[AnyWork]) -> list[AnyResult]:
        """Speak unit by unit; a unit that is no speech, or in an unknown language or voice, is a `Failure`."""
        return [self._answer(work) for work in batch]

    def _answer(self, work: AnyWork) -> AnyResult:
        if not isinstance(work, Speak):
            return Failure(code=EngineFailed.code, message=f"a voice cannot do {type(work).__name__}")
        if work.language not in self._default:
            message = f"no voice speaks {work.language}; {len(self._default)} languages have voices"
            return Failure(code=UnsupportedLanguage.code, message=message)
        part, voice = self._by_name.get(work.voice or self._default[work.language], (None, None))
        if part is None or voice is None or work.language not in voice.languages:
            message = f"there is no voice {work.voice!r} for {work.language}"
            return Failure(code=InvalidRequest.code, message=message)
        try:
            return part.speak(work.text, work.language, work.speed, voice.name)
        except ModelMissing as error:
            return Failure(code=EngineUnavailable.code, message=f"the voice {voice.name} cannot speak: {error}")
        except (RuntimeError, ValueError) as error:
            return Failure(code=EngineFailed.code, message=f"the voice {voice.name} failed: {error}")

    def _ranked(self, quality: Quality) -> dict[str, str]:
        """Map each language to the first voice for it of the first part that speaks it."""
        found: dict[str, str] = {}
        for name in _RANKS[quality]:
            for part in self._parts:
                if part.name == name:
                    for voice in part.voices:
                        found |= {each: voice.name for each in voice.languages if each not in found}
        return found

    def _chosen(self, voices: Mapping[str, str]) -> dict[str, str]:
        for language, name in voices.items():
            _, voice = self._by_name.get(name, (None, None))
            if voice is None or language not in voice.languages:
                known = [each.name for _, each in self._by_name.values() if language in each.languages]
                raise ModelMissing(
                    f"engines.speech.voices.{language}: there is no voice {name!r} for it;"
                    f" there are {', '.join(known) or 'none'}",
                )
        return dict(voices)


def _hibari(spec: EngineSpec) -> Voices:
    # Here, because it brings in onnxruntime and may not be installed; so with the others.
    from dragoman_engines.speech.hibari import HibariVoices  # noqa: PLC0415

    return HibariVoices(spec.threads)


def _espeak(_spec: EngineSpec) -> Voices:
    from dragoman_engines.speech.espeak import EspeakVoices  # noqa: PLC0415

    return EspeakVoices()


def _kokoro(spec: EngineSpec, source: str = KOKORO) -> Voices:
    from dragoman_engines.speech.kokoro import MODEL, VOCABULARY, KokoroVoices  # noqa: PLC0415

    model = resolve(source, (MODEL, VOCABULARY), spec.models_dir)
    voices = KokoroVoices(model, spec.threads)
    # Loading it costs time, also where it is not used.
    if (
        spec.quality == "best"
        or spec.model == source
        or {each.name for each in voices.voices} & {*spec.voices.values()}
    ):
        voices.load()
    return voices


def _folder(spec: EngineSpec, source: str) -> Voices:
    """Load the voices in a folder of the user's, or of the catalogue's."""
    from dragoman_engines.speech import kokoro, piper  # noqa: PLC0415

    folder = resolve(source, (), spec.models_dir)
    if (folder.folder / kokoro.VOCABULARY).is_file():
        return _kokoro(spec, source)
    return piper.PiperVoices(folder, spec.threads)


_LOADERS: Mapping[str, Callable[[EngineSpec], Voices]] = {HIBARI: _hibari, KOKORO: _kokoro, ESPEAK: _espeak}
"""The meaning of `embedded`."""


def _load_parts(spec: EngineSpec) -> list[Voices]:
    """Load all that the model names, joined by `+`; of `embedded` what is installed."""
    named = spec.model.split("+")
    sources = dict.fromkeys([*(name for name in named if name != EMBEDDED), *(_LOADERS if EMBEDDED in named else ())])
    parts: list[Voices] = []
    problems: list[str] = []
    for source in sources:
        try:
            parts.append(_load_part(spec, source))
        except ModelMissing as error:
            if source in named:
                raise
            if isinstance(error, ModelDamaged):  # not installed is a choice, this is none
                print(f"speech goes without {source}: {error}", file=sys.stderr, flush=True)
            problems.append(str(error))
    if not parts:
        raise ModelMissing(" / ".join(problems))
    return parts


def _load_part(spec: EngineSpec, source: str) -> Voices:
    try:
        if source in _LOADERS:
            return _LOADERS[source](spec)
        entry = find_entry(source, ModelStore(spec.models_dir).root)
        if ":" in source or (entry is not None and entry.kind == spec.kind):
            return _folder(spec, source)
    except ImportError as error:
        raise ModelMissing(f"the library {error.name} is not installed; run: {INSTALL_MODELS}") from error
    known = ", ".join(_LOADERS)
    raise ModelMissing(
        f"there are no voices {source!r}; name embedded, {known}, others of the catalogue (dragoman models list),"
        " a folder as path:FOLDER, or several joined by +",
    )
