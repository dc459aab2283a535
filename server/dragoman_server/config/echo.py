"""A configuration without models: the server is the real one, its engines echo what they get."""

from __future__ import annotations

from typing import get_args

from dragoman_engines.process.factory import ECHO
from dragoman_engines.work import Kind
from dragoman_server.config.load import Config
from dragoman_server.config.translation import ModelsConfig


def with_echo(config: Config) -> Config:
    """Return a configuration with the echo engine in the place of every model; all else is as it was."""
    kinds = {kind: config.engines.of(kind).model_copy(update={"model": ECHO}) for kind in get_args(Kind)}
    return config.model_copy(update={"engines": config.engines.model_copy(update=kinds), "models": ModelsConfig()})
