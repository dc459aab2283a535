"""The engines' pools, as the configuration describes them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, get_args

import structlog

from dragoman_engines.base import EngineSpec
from dragoman_engines.device import DeviceMissing, check_driver
from dragoman_engines.pool.memory import Memory
from dragoman_engines.pool.pool import EnginePool, Keep
from dragoman_engines.pool.supervisor import PoolSettings
from dragoman_engines.process.factory import ECHO
from dragoman_engines.work import SPOOL_RATE_HZ, Kind, pool_name
from dragoman_handlers.text.options import DEFAULT_MODEL_TYPE
from dragoman_server.config import Config, EngineConfig, SpeechConfig, language_configs, section_of, translation_models

log = structlog.get_logger()

_SAMPLE_BYTES = 2
_LEAST_FILE_BYTES = 4 << 30


def make_pools(config: Config, memory: Memory, keep: Keep, spool_dir: Path) -> dict[str, EnginePool]:
    """Make a pool for each kind, and for each translation model beside the default one; none is started yet."""
    shared = _shared(config, spool_dir)
    return {
        pool_name(kind, name): EnginePool(
            _spec(kind, name, engine, shared), _settings(engine), keep=keep, memory=memory
        )
        for kind, name, engine, _ in _engines(config)
    }


def model_names(config: Config) -> dict[str, str]:
    """Map each `modelType` to the name of its translation model in units, empty for the default one."""
    models = translation_models(config.engines, config.models)
    default = models[DEFAULT_MODEL_TYPE]
    return {model_type: "" if engine == default else model_type for model_type, engine in models.items()}


def engine_sections(config: Config) -> dict[str, str]:
    """Map the name of each pool to the section of the configuration that describes it."""
    return {pool_name(kind, name): section for kind, name, _, section in _engines(config)}


def check_devices(config: Config) -> None:
    """Hold the devices that are asked for against those that are here.

    Raises:
        DeviceMissing: one is not; the sentence names the key.
    """
    for _, _, engine, section in _engines(config):
        if engine.device == "cuda" and engine.model != ECHO:
            try:
                check_driver()
            except DeviceMissing as error:
                raise DeviceMissing(f'{section}.device is "cuda", but {error}; set it to "cpu" or "auto"') from error


def _engines(config: Config) -> Iterator[tuple[Kind, str, EngineConfig, str]]:
    """Yield every engine: its kind, its name where it is not the default, its configuration, and where that stands."""
    models = translation_models(config.engines, config.models)
    for kind in get_args(Kind):
        if kind == "language":
            continue
        engine = models[DEFAULT_MODEL_TYPE] if kind == "translation" else config.engines.of(kind)
        yield kind, "", engine, f"engines.{kind}"
    for name in model_names(config).values():
        if name:
            yield "translation", name, models[name], f"models.translation.{name}"
    for name, language in language_configs(config.engines.language, config.models.language).items():
        if language.remote is None:
            yield "language", name, language, section_of(name)


def _shared(config: Config, spool_dir: Path) -> dict[str, Any]:
    """Return the options that all engines have in common."""
    if not config.engines.confine:
        log.warning("engines.not_confined", hint="a fault in a model's library has the rights of the server")
    longest_bytes = round(config.limits.audio_s * SPOOL_RATE_HZ) * _SAMPLE_BYTES
    return {
        "models_dir": str(config.engines.models_dir.expanduser()),
        "confine": config.engines.confine,
        "spool_dir": str(spool_dir.absolute()),
        # The limit on recordings can be raised at run time.
        "file_bytes": max(_LEAST_FILE_BYTES, 2 * longest_bytes),
    }


def _spec(kind: Kind, name: str, config: EngineConfig, shared: Mapping[str, Any]) -> EngineSpec:
    return EngineSpec(
        kind=kind,
        name=name,
        model=config.model,
        memory_limit_mb=config.memory_limit_mb,
        **shared,
        threads=config.threads,
        device=config.device,
        compute_type=config.compute_type,
        nice=config.nice,
        beam=config.beam,
        engine=config.engine,
        delay_ms=config.delay_ms,
        **_wishes(config),
    )


def _wishes(config: EngineConfig) -> dict[str, Any]:
    """Return the options that only voices have."""
    return {"quality": config.quality, "voices": config.voices} if isinstance(config, SpeechConfig) else {}


def _settings(config: EngineConfig) -> PoolSettings:
    return PoolSettings(
        processes=config.processes,
        batch=config.batch,
        batch_cost_s=config.batch_cost_s,
        unit_timeout_s=config.unit_timeout_s,
        preload=config.preload,
        idle_unload_s=config.idle_unload_s,
        child_mb=config.child_memory_mb,
    )
