"""The speech engine: the best voice at hand for each language."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

from dragoman_engines.base import Capabilities, EngineSpec, ModelMissing
from dragoman_engines.models import INSTALL_MODELS
from dragoman_engines.work import AnyResult, AnyWork, Failure, Speak, Speech
from dragoman_wire.errors import EngineFailed, UnsupportedLanguage


class Voice(Protocol):
    """One way to speak some languages."""

    name: str
    revision: str
    languages: list[str]

    def speak(self, text: str, language: str, speed: float) -> Speech:
        """Say a text in one of the languages; `speed` 1 is the voice's own pace."""
        ...


class SpeechEngine:
    """Hibari for English, espeak-ng for the rest; either does alone where the other is not installed."""

    def __init__(self, spec: EngineSpec) -> None:
        """Load the voices that `spec.model` names: `embedded` (both), `hibari` or `espeak-ng`.

        Raises:
            ModelMissing: no such voice, or none of those named is installed.
        """
        self._voices = _load_voices(spec)
        # Later entries win, so the best voice comes last.
        self._by_language = {language: voice for voice in reversed(self._voices) for language in voice.languages}
        self._capabilities = Capabilities(
            model="+".join(voice.name for voice in self._voices),
            revision="+".join(voice.revision for voice in self._voices),
            languages=sorted(self._by_language),
        )

    @property
    def capabilities(self) -> Capabilities:
        """The languages that some voice speaks."""
        return self._capabilities

    def run(self, batch: Sequence[AnyWork]) -> list[AnyResult]:
        """Speak unit by unit; a unit that is no speech, or in an unknown language, is a `Failure`."""
        return [self._answer(work) for work in batch]

    def _answer(self, work: AnyWork) -> AnyResult:
        if not isinstance(work, Speak):
            return Failure(code=EngineFailed.code, message=f"a voice cannot do {type(work).__name__}")
        voice = self._by_language.get(work.language)
        if voice is None:
            message = f"no voice speaks {work.language}; {len(self._by_language)} languages have voices"
            return Failure(code=UnsupportedLanguage.code, message=message)
        try:
            return voice.speak(work.text, work.language, work.speed)
        except (RuntimeError, ValueError) as error:
            return Failure(code=EngineFailed.code, message=f"the voice {voice.name} failed: {error}")


def _hibari(spec: EngineSpec) -> Voice:
    # Here, because it brings in onnxruntime and may not be installed.
    from dragoman_engines.hibari import HibariVoice  # noqa: PLC0415

    return HibariVoice(spec.threads)


def _espeak(_spec: EngineSpec) -> Voice:
    from dragoman_engines.espeak import EspeakVoice  # noqa: PLC0415 -- beside the other one

    return EspeakVoice()


_LOADERS: dict[str, Callable[[EngineSpec], Voice]] = {"hibari": _hibari, "espeak-ng": _espeak}
"""The voices, the best first."""


def _load_voices(spec: EngineSpec) -> list[Voice]:
    wanted = list(_LOADERS) if spec.model == "embedded" else [spec.model]
    if not set(wanted) <= set(_LOADERS):
        raise ModelMissing(f"there is no voice {spec.model!r}; name embedded, {', '.join(_LOADERS)} or echo")
    voices: list[Voice] = []
    problems: list[str] = []
    for name in wanted:
        try:
            voices.append(_LOADERS[name](spec))
        except ImportError as error:
            problems.append(f"the library {error.name} is not installed; run: {INSTALL_MODELS}")
        except ModelMissing as error:
            problems.append(str(error))
    if not voices:
        raise ModelMissing(" / ".join(problems))
    return voices
