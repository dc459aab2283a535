"""`dragoman check-config --deep`: whether what the configuration names is here, by doing what a start does."""

from __future__ import annotations

import asyncio
import logging
import os
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import get_args

import structlog

from dragoman_engines.device import DeviceMissing
from dragoman_engines.pool.memory import Memory
from dragoman_engines.pool.pool import EnginePool
from dragoman_engines.work import Kind
from dragoman_server.config import Config
from dragoman_server.lifecycle.pools import check_devices, engine_sections, make_pools
from dragoman_wire.ops_token import TokenError, read_token


@dataclass(frozen=True, kw_only=True, slots=True)
class Finding:
    """One thing that the configuration names."""

    key: str
    ok: bool
    message: str


async def deep_findings(config: Config) -> list[Finding]:
    """Look for the folders, files, devices and models of a configuration; each model is loaded, and ended again."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))  # findings say it all
    return [*_of_paths(config), *_of_devices(config), *await _of_models(config)]


def _of_paths(config: Config) -> Iterator[Finding]:
    yield _folder("server.state_dir", config.server.state_dir)
    yield _folder("engines.models_dir", config.engines.models_dir)
    try:
        token = read_token(config.sockets.ops_token.get_secret_value())
    except TokenError as error:
        yield Finding(key="sockets.ops_token", ok=False, message=str(error).removeprefix("sockets.ops_token: "))
    else:
        yield Finding(key="sockets.ops_token", ok=True, message="it can be read" if token else "none is asked for")
    for key, file in (
        ("translation.glossary_file", config.translation.glossary_file),
        ("translation.phrases_file", config.translation.phrases_file),
    ):
        if file:  # a file that cannot be read is refused before this
            yield Finding(key=key, ok=True, message=f"{file} is read")


def _folder(key: str, folder: Path) -> Finding:
    """Look whether a folder can be used, or made; nothing is made."""
    path = folder.expanduser().absolute()
    there = next((one for one in (path, *path.parents) if one.exists()), path)
    if not there.is_dir():
        return Finding(key=key, ok=False, message=f"{there} is no folder")
    if not os.access(there, os.W_OK | os.X_OK):
        return Finding(key=key, ok=False, message=f"{there} cannot be written to")
    return Finding(key=key, ok=True, message=f"{path} is here" if there == path else f"{path} will be made")


def _of_devices(config: Config) -> Iterator[Finding]:
    try:
        check_devices(config)
    except DeviceMissing as error:
        key, _, sentence = str(error).partition(" is ")
        yield Finding(key=key, ok=False, message=f"it is {sentence}")


async def _of_models(config: Config) -> list[Finding]:
    with tempfile.TemporaryDirectory() as spool:
        pools = make_pools(_eager(config), Memory(), lambda *_: False, Path(spool))
        sections = engine_sections(config)
        for pool in pools.values():
            pool.start()
        try:
            await asyncio.gather(*(pool.settled() for pool in pools.values()))
            return [_model(f"{sections[name]}.model", pool) for name, pool in pools.items()]
        finally:
            await asyncio.gather(*(pool.stop() for pool in pools.values()))


def _model(key: str, pool: EnginePool) -> Finding:
    if pool.capabilities is not None:
        return Finding(key=key, ok=True, message=f"{pool.spec.model} is loaded as {pool.capabilities.model}")
    return Finding(key=key, ok=False, message=pool.supervisor.unavailable().message)


def _eager(config: Config) -> Config:
    """Return the configuration with one process of each engine, which loads its model at once."""
    once = {"preload": True, "processes": 1}
    kinds = {kind: getattr(config.engines, kind).model_copy(update=once) for kind in get_args(Kind)}
    named = {name: given.model_copy(update=once) for name, given in config.models.translation.items()}
    return config.model_copy(
        update={
            "engines": config.engines.model_copy(update=kinds),
            "models": config.models.model_copy(update={"translation": named}),
        }
    )
