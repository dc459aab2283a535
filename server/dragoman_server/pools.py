"""The engines' pools, as the configuration describes them."""

from __future__ import annotations

from typing import get_args

from dragoman_engines.base import EngineSpec
from dragoman_engines.device import DeviceMissing, check_driver
from dragoman_engines.factory import ECHO
from dragoman_engines.memory import Memory
from dragoman_engines.pool import EnginePool, Keep
from dragoman_engines.pool_settings import PoolSettings
from dragoman_engines.work import Kind
from dragoman_server.config import EngineConfig, EnginesConfig


def make_pools(engines: EnginesConfig, memory: Memory, keep: Keep) -> dict[Kind, EnginePool]:
    """A pool for each kind, not started yet."""
    return {
        kind: EnginePool(_spec(kind, engines), _settings(engines.of(kind)), keep=keep, memory=memory)
        for kind in get_args(Kind)
    }


def check_devices(engines: EnginesConfig) -> None:
    """Hold the devices that are asked for against those that are here.

    Raises:
        DeviceMissing: one is not; the sentence names the key.
    """
    for kind in get_args(Kind):
        config = engines.of(kind)
        if config.device == "cuda" and config.model != ECHO:
            try:
                check_driver()
            except DeviceMissing as error:
                key = f"engines.{kind}.device"
                raise DeviceMissing(f'{key} is "cuda", but {error}; set it to "cpu" or "auto"') from error


def _spec(kind: Kind, engines: EnginesConfig) -> EngineSpec:
    config = engines.of(kind)
    return EngineSpec(
        kind=kind,
        model=config.model,
        models_dir=str(engines.models_dir.expanduser()),
        threads=config.threads,
        device=config.device,
        compute_type=config.compute_type,
        nice=config.nice,
        delay_ms=config.delay_ms,
    )


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
