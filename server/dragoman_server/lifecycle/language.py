"""The language models of other servers, as they are configured, and the file that keeps what they took."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from urllib.parse import urlsplit

import msgspec
import structlog

from dragoman_engines.base import ModelMissing
from dragoman_engines.language.chat import ChatModel
from dragoman_engines.language.remote import RemoteModel, RemoteSettings
from dragoman_engines.language.retries import RetryPolicy
from dragoman_engines.language.usage import Prices, UsageLedger, UsageRow
from dragoman_engines.work import pool_name
from dragoman_server.config import Config, LanguageConfig, fallback_of, language_configs, read_key

log = structlog.get_logger()

INSTALL = "pip install 'dragoman[openai]'"
_FILE = "language-usage.json"
_EVERY_S = 1.0
"""So often the file is written, while anything is used."""
_Age = tuple[float, float]


class KeptDay(msgspec.Struct, frozen=True, kw_only=True):
    """What a model used of its budgets of a day: (age in seconds, amount) at `at_unix_s`."""

    requests: list[_Age]
    tokens: list[_Age]


class KeptUsage(msgspec.Struct, frozen=True, kw_only=True):
    """The content of the file."""

    at_unix_s: float
    rows: list[UsageRow]
    days: dict[str, KeptDay]
    """By the model's name in logs."""


class UsageFile:
    """Keeps what was used across restarts, so that a day's budget is one of the day and not of a process.

    Args:
        folder: the state folder.
        unix: Unix seconds.
    """

    def __init__(self, folder: Path, unix: Callable[[], float] = time.time) -> None:
        self._path = folder / _FILE
        self._unix = unix
        self._written: bytes = b""
        self._task: asyncio.Task[None] | None = None
        kept = self._read()
        self.ledger = UsageLedger(kept.rows if kept else ())
        self._days = dict(kept.days) if kept else {}
        self._kept_s = kept.at_unix_s if kept else 0.0

    def restore(self, model: RemoteModel, now_s: float) -> None:
        """Give a model what an earlier server used of its day."""
        day = self._days.get(model.settings.name)
        if day is not None:
            later_s = max(0.0, self._unix() - self._kept_s)
            requests, tokens = (
                [(age + later_s, amount) for age, amount in each] for each in (day.requests, day.tokens)
            )
            model.gate.budget.restore_day(requests, tokens, now_s)

    def start(self, models: Mapping[str, RemoteModel], clock: Callable[[], float]) -> None:
        """Write the file whenever something was used."""
        if models:
            self._task = asyncio.create_task(self._keep(models, clock), name="language usage")

    async def stop(self, models: Mapping[str, RemoteModel], clock: Callable[[], float]) -> None:
        """Write it a last time."""
        if self._task is not None:
            self._task.cancel()
            self._save(self._document(models, clock))

    async def _keep(self, models: Mapping[str, RemoteModel], clock: Callable[[], float]) -> None:
        told = -1
        while True:
            await asyncio.sleep(_EVERY_S)
            calls = sum(used.requests for used in self.ledger.totals.values())
            if calls != told:
                told = calls
                await asyncio.to_thread(self._save, self._document(models, clock))

    def _document(self, models: Mapping[str, RemoteModel], clock: Callable[[], float]) -> bytes:
        now_s = clock()
        days = {}
        for model in models.values():
            requests, tokens = model.gate.budget.day(now_s)
            days[model.settings.name] = KeptDay(requests=requests, tokens=tokens)
        return msgspec.json.encode(KeptUsage(at_unix_s=self._unix(), rows=self.ledger.rows(), days=days))

    def _save(self, document: bytes) -> None:
        part = self._path.with_suffix(".part")
        try:
            descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600)
            with os.fdopen(descriptor, "wb") as file:
                file.write(document)
            part.replace(self._path)
        except OSError as error:
            log.warning("ai.usage_not_kept", error=str(error))

    def _read(self) -> KeptUsage | None:
        try:
            return msgspec.json.decode(self._path.read_bytes(), type=KeptUsage)
        except FileNotFoundError:
            return None
        except (OSError, msgspec.MsgspecError) as error:
            log.warning("ai.usage_unreadable", error=str(error))
            return None


MakeChat = Callable[[LanguageConfig, str], ChatModel]
"""Given the configuration of a model and the key of its server."""


def make_chat(config: LanguageConfig, key: str) -> ChatModel:
    """Make what calls a model's server.

    Raises:
        ModelMissing: the SDK is not installed.
    """
    try:
        from dragoman_engines.language.openai_chat import OpenAIChat, OpenAISettings  # noqa: PLC0415 - an extra
    except ImportError as error:
        raise ModelMissing(f"the library {error.name} is not installed; run: {INSTALL}") from error
    return OpenAIChat(
        OpenAISettings(
            model=config.remote or "",
            base_url=config.base_url,
            api_key=key,
            timeout_s=config.unit_timeout_s,
            temperature=config.temperature,
            output_limit=config.output_limit,
            json_schema=config.json_schema,
        )
    )


def make_remotes(config: Config, usage: UsageFile, make: MakeChat = make_chat) -> dict[str, RemoteModel]:
    """Make the models of other servers that are configured, by the names of pools; no call is made yet.

    Raises:
        ConfigError: a key cannot be read.
        ModelMissing: the SDK is not installed.
    """
    configs = language_configs(config.engines.language, config.models.language)
    remotes = {}
    for name, one in configs.items():
        if one.remote is None:
            continue
        key = read_key(one, name)
        if key and one.is_in_clear:
            log.warning("ai.key_in_clear", model=name or "default", address=_address(one.base_url))
        model = RemoteModel(_settings(name, configs), make(one, key), usage.ledger)
        usage.restore(model, time.monotonic())
        remotes[pool_name("language", name)] = model
    return remotes


def open_remotes(config: Config, folder: Path) -> tuple[UsageFile, dict[str, RemoteModel]]:
    """Open the file of what was used, and make the models that use it; as `make_remotes`.

    Args:
        config: what is in force.
        folder: the state folder.
    """
    usage = UsageFile(folder)
    return usage, make_remotes(config, usage)


def language_names(config: Config) -> dict[str, str]:
    """Map each `modelType` to the name of its language model in units, empty for the default one."""
    configs = language_configs(config.engines.language, config.models.language)
    return {"default": ""} | {name: name for name in configs if name} | _rules_alias(configs)


def fallbacks(config: Config) -> dict[str, str]:
    """Map the name in units of each language model that has a fallback to that of the fallback."""
    configs = language_configs(config.engines.language, config.models.language)
    found = {name: fallback_of(name, configs) for name in configs}
    return {name: fallback for name, fallback in found.items() if fallback is not None}


def _rules_alias(configs: Mapping[str, LanguageConfig]) -> dict[str, str]:
    return {} if "rules" in configs or configs[""].model != "rules" else {"rules": ""}


def _settings(name: str, configs: Mapping[str, LanguageConfig]) -> RemoteSettings:
    config = configs[name]
    return RemoteSettings(
        name=f"{name or 'default'}:{config.remote}",
        address=_address(config.base_url),
        bounds=config.bounds(),
        retries=RetryPolicy(most=config.retries),
        timeout_s=config.unit_timeout_s,
        on_open=config.on_open,
        fallback=fallback_of(name, configs),
        prices=Prices(input=config.price_input, output=config.price_output),
        budget_per_day=config.budget_per_day,
        chunk_chars=config.chunk_chars,
        facts=(f"temperature={config.temperature:g}",),
    )


def _address(base_url: str) -> str:
    """Return the server's address without anything that may be secret."""
    url = urlsplit(base_url)
    return f"{url.hostname}:{url.port}{url.path}" if url.port else f"{url.hostname}{url.path}"
