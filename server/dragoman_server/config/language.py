"""The language models' part of the configuration: the rules that are here, and models of other servers."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, Self
from urllib.parse import urlsplit

from pydantic import BeforeValidator, Field, field_validator, model_validator

from dragoman_engines.language.budget import Limits
from dragoman_engines.language.gate import Bounds
from dragoman_engines.language.tiers import TIERS, Tier
from dragoman_server.config.engine import EngineConfig
from dragoman_server.config.errors import ConfigError

REMOTE = "openai:"
"""Begins the name of a model of another server."""
RULES = "rules"
_LOOPBACK = ("localhost", "127.0.0.1", "::1")
_FROM_FILE, _FROM_ENVIRONMENT = "file:", "env:"


class LanguageConfig(EngineConfig):
    """One language model: the rules in a process of ours, or a model of another server."""

    model: str = RULES
    preload: bool = False
    base_url: str = "https://api.openai.com/v1"
    """Of the server, for `model = "openai:NAME"`."""
    api_key: str = ""
    """Where the key is: `file:PATH` or `env:NAME`. Never the key itself, so that it is in no configuration."""
    tier: Annotated[Tier, BeforeValidator(str)] = "1"
    """The bounds that the keys below override."""
    concurrency: Annotated[int, Field(ge=0, le=1000)] = 0
    """Calls at a time; 0: as the tier says. So it is with the next four."""
    requests_per_minute: Annotated[int, Field(ge=-1)] = 0
    """-1: any. So it is with the next three."""
    tokens_per_minute: Annotated[int, Field(ge=-1)] = 0
    requests_per_day: Annotated[int, Field(ge=-1)] = 0
    tokens_per_day: Annotated[int, Field(ge=-1)] = 0
    pause_ms: Annotated[int, Field(ge=0)] = 0
    """From the start of a call to that of the next."""
    retries: Annotated[int, Field(ge=0, le=20)] = 3
    on_open: Literal["wait", "refuse"] = "wait"
    """What requests do while the model's server is left alone because it failed again and again."""
    fallback: str = ""
    """Another language model that does the work meanwhile: `rules`, or a `modelType`."""
    price_input: Annotated[float, Field(ge=0)] = 0.0
    """Money for a million tokens that are sent, in any currency."""
    price_output: Annotated[float, Field(ge=0)] = 0.0
    """The same for those of the answers."""
    budget_per_day: Annotated[float, Field(ge=0)] = 0.0
    """Money; 0: any."""
    chunk_chars: Annotated[int, Field(ge=200, le=20_000)] = 3000
    """Characters of a text in one call, where the request does not say."""
    temperature: Annotated[float, Field(le=2)] = 0.0
    """Negative: as the server likes."""
    output_limit: Literal["auto", "max_tokens", "max_completion_tokens", "none"] = "auto"
    """The field that tells the server how long an answer may be."""
    json_schema: bool = True
    """Whether the server is asked to write by a JSON Schema."""

    @property
    def remote(self) -> str | None:
        """Return the model's name on its server; None for one that runs here."""
        return self.model.removeprefix(REMOTE) if self.model.startswith(REMOTE) else None

    @property
    def is_in_clear(self) -> bool:
        """Tell whether the key and the texts go over a network without encryption."""
        url = urlsplit(self.base_url)
        return url.scheme == "http" and (url.hostname or "") not in _LOOPBACK

    @field_validator("api_key")
    @classmethod
    def _key_is_elsewhere(cls, value: str) -> str:
        if value and not value.startswith((_FROM_FILE, _FROM_ENVIRONMENT)):
            raise ValueError("say where the key is, `file:PATH` or `env:NAME`; the key itself is not written here")
        return value

    @model_validator(mode="after")
    def _sound(self) -> Self:
        if self.remote is None:
            return self
        if not self.remote:
            raise ValueError(f"model: name the model after {REMOTE!r}")
        url = urlsplit(self.base_url)
        if url.scheme not in ("http", "https") or not url.hostname:
            raise ValueError(f"base_url: {self.base_url!r} is no http or https URL")
        if url.username or url.password:
            raise ValueError("base_url: it holds a name or a password; a key is named by api_key")
        if self.budget_per_day and not (self.price_input or self.price_output):
            raise ValueError("budget_per_day: without price_input and price_output nothing costs anything")
        return self

    def bounds(self) -> Bounds:
        """Return the bounds of its calls."""
        tier = TIERS[self.tier]
        limits = {
            name: _over(getattr(self, name), getattr(tier.limits, name))
            for name in ("requests_per_minute", "tokens_per_minute", "requests_per_day", "tokens_per_day")
        }
        return Bounds(
            concurrency=self.concurrency or tier.concurrency,
            pause_s=self.pause_ms / 1000,
            limits=Limits(**limits),
        )


def _over(given: int, preset: int) -> int:
    """Return what is given, or the tier's; -1 stands for none."""
    return preset if given == 0 else max(0, given)


def _model_alone(given: Any) -> Any:
    """Read `rules = "rules"` as `rules = {model = "rules"}`."""
    return {"model": given} if isinstance(given, str) else given


NamedLanguageModel = Annotated[LanguageConfig, BeforeValidator(_model_alone)]


def language_configs(default: LanguageConfig, named: Mapping[str, LanguageConfig]) -> dict[str, LanguageConfig]:
    """Return every language model by its name in units; empty for the default one.

    The rules are always among them: they need nothing until they are asked for.

    Raises:
        ConfigError: a fallback is none of them, or leads back.
    """
    configs = {"": default} | dict(named)
    if default.remote is not None and RULES not in configs:
        configs[RULES] = LanguageConfig()
    for name, config in configs.items():
        if config.fallback and fallback_of(name, configs) is None:
            known = ", ".join(sorted(filter(None, configs)))
            raise ConfigError(
                f"{section_of(name)}.fallback: there is no other language model {config.fallback!r}; known are {known}"
            )
    return configs


def fallback_of(name: str, configs: Mapping[str, LanguageConfig]) -> str | None:
    """Return the name in units of the model that does another one's work; None where none does."""
    wanted = configs[name].fallback
    if not wanted or wanted == name:
        return None
    if wanted in configs:
        return wanted
    return "" if wanted == RULES and name and configs[""].remote is None else None


def section_of(name: str) -> str:
    """Return where a language model is configured."""
    return f"models.language.{name}" if name else "engines.language"


def read_key(config: LanguageConfig, name: str) -> str:
    """Return the key of a model's server; empty where it wants none.

    Raises:
        ConfigError: the file cannot be read, or the variable is not set.
    """
    where = f"{section_of(name)}.api_key"
    place = config.api_key
    if not place:
        return ""
    if place.startswith(_FROM_ENVIRONMENT):
        variable = place.removeprefix(_FROM_ENVIRONMENT)
        key = os.environ.get(variable, "").strip()
        if not key:
            raise ConfigError(f"{where}: the environment has no {variable}")
    else:
        path = Path(place.removeprefix(_FROM_FILE)).expanduser()
        try:
            key = path.read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            reason = error.strerror if isinstance(error, OSError) else "it is no text"
            raise ConfigError(f"{where}: {path} cannot be read: {reason}") from error
        if not key:
            raise ConfigError(f"{where}: {path} is empty")
    if not key.isascii() or not key.isprintable():
        raise ConfigError(f"{where}: a key is made of ASCII characters on one line")
    return key
