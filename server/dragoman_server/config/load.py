"""The configuration as a whole, read from TOML, environment and flags, in that order.

A later source overrides an earlier one key by key. An unknown key is an error that names the nearest known one.
"""

from __future__ import annotations

import difflib
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import BaseModel, PrivateAttr, ValidationError
from pydantic_settings import (
    BaseSettings,
    InitSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)

from dragoman_server.config.engines import EnginesConfig
from dragoman_server.config.errors import ConfigError, problems_of
from dragoman_server.config.files import read_toml
from dragoman_server.config.language import language_configs
from dragoman_server.config.renamed import old_names, with_new_names
from dragoman_server.config.sections import (
    CacheConfig,
    EventsConfig,
    JournalConfig,
    LanesConfig,
    LimitsConfig,
    ResultsConfig,
    ServerConfig,
    SocketsConfig,
)
from dragoman_server.config.translation import ModelsConfig, TranslationConfig, glossary_entries, phrase_book

ENV_PREFIX = "DRAGOMAN_"
CLIENT_PREFIX = "DRAGOMAN_CLIENT__"
"""Of the variables of `dragoman_client.Client.from_env`, which may stand in the same environment."""
CONFIG_VARIABLE = "DRAGOMAN_CONFIG"
_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")


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
    events: EventsConfig = EventsConfig()
    lanes: LanesConfig = LanesConfig()
    engines: EnginesConfig = EnginesConfig()
    results: ResultsConfig = ResultsConfig()
    journal: JournalConfig = JournalConfig()
    cache: CacheConfig = CacheConfig()
    translation: TranslationConfig = TranslationConfig()
    models: ModelsConfig = ModelsConfig()

    _old_names: dict[str, str] = PrivateAttr(default_factory=dict)

    @property
    def old_names(self) -> dict[str, str]:
        """Return the sections that were given by a name of the version before, with their new names."""
        return self._old_names

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - pydantic-settings' signature
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Order the sources: flags over environment over file. `init_settings` holds file and flags under two keys."""
        given = init_settings()
        return (
            InitSettingsSource(settings_cls, given.get("flags", {})),
            InitSettingsSource(settings_cls, with_new_names(env_settings())),
            InitSettingsSource(settings_cls, given.get("file", {})),
        )


def load_config(
    path: Path | None = None,
    flags: Mapping[str, Any] | None = None,
    *,
    pipes: bool = True,
) -> Config:
    """Load the configuration in force.

    Args:
        path: a TOML file; None reads the one that DRAGOMAN_CONFIG names, if any.
        flags: sections of keys from the command line.
        pipes: whether the file may be a pipe; not where it is read again.

    Raises:
        ConfigError: a file that cannot be read, an unknown key or an impossible value.
    """
    if path is None and os.environ.get(CONFIG_VARIABLE):
        path = Path(os.environ[CONFIG_VARIABLE])
    sources = {
        str(path): read_toml(path, str(path), pipes=pipes) if path else {},
        "the command line": dict(flags or {}),
        "the environment": _environment(),
    }
    file, given, _ = trees = [with_new_names(tree) for tree in sources.values()]
    for where, tree in zip(sources, trees, strict=True):
        _check_keys(tree, Config, where, "")
    try:
        config = Config(file=file, flags=given)  # type: ignore[call-arg]
    except ValidationError as error:
        raise ConfigError(problems_of(error)) from error
    config.old_names.update(pair for tree in sources.values() for pair in old_names(tree))
    glossary_entries(config.translation)
    phrase_book(config.translation)
    language_configs(config.engines.language, config.models.language)
    return config


def _environment() -> dict[str, Any]:
    """Return our variables as a tree of sections, for the check of their names."""
    tree: dict[str, Any] = {}
    # The deepest first: a variable that has the name of a section is seen in its place.
    for name in sorted(os.environ, key=lambda name: name.count("__"), reverse=True):
        if not name.startswith(ENV_PREFIX) or name == CONFIG_VARIABLE or not _is_of_the_configuration(name):
            continue
        *sections, key = name.removeprefix(ENV_PREFIX).lower().split("__")
        at = tree
        for section in sections:
            at = at.setdefault(section, {})
        at[key] = None
    return tree


def _is_of_the_configuration(variable: str) -> bool:
    """Return whether a variable with our prefix is ours to read.

    A key has its section before it. Others give such names to what is no key: Kubernetes sets DRAGOMAN_SERVICE_HOST
    and DRAGOMAN_PORT_5555_TCP where a service is called dragoman, and our Compose file has DRAGOMAN_ADDRESS.

    Raises:
        ConfigError: it is a key with one underscore after its section instead of two.
    """
    if variable.startswith(CLIENT_PREFIX):
        return False
    name = variable.removeprefix(ENV_PREFIX).lower()
    if "__" in name or name in Config.model_fields:
        return True
    section, _, rest = name.partition("_")
    known = Config.model_fields.get(section)
    keys = list(getattr(known.annotation, "model_fields", ())) if known is not None else []
    meant = [key for key in keys if rest.startswith(f"{key}_")] or difflib.get_close_matches(rest, keys, 1, 0.8)
    if meant:
        right = f"{ENV_PREFIX}{section}__{meant[0]}".upper()
        raise ConfigError(f"the environment: unknown key {variable}; did you mean {right}?")
    return False


def _check_keys(tree: Mapping[str, Any], model: type[BaseModel], where: str, prefix: str) -> None:
    for key, value in tree.items():
        known = model.model_fields.get(key)
        if known is None:
            near = difflib.get_close_matches(key, model.model_fields, n=1, cutoff=0.5)
            hint = f"; did you mean {prefix}{near[0]}?" if near else f"; known are {', '.join(model.model_fields)}"
            raise ConfigError(f"{where}: unknown key {prefix}{key}{hint}")
        inner = known.annotation
        if not (isinstance(inner, type) and issubclass(inner, BaseModel)):
            continue
        if not isinstance(value, Mapping):
            raise ConfigError(f"{where}: {prefix}{key} is a section of keys, not a value")
        _check_keys(value, inner, where, f"{prefix}{key}.")


def config_as_toml(config: Config, *, changed: bool = False) -> str:
    """Write what is in force as a TOML document that can be read back; `changed`: only what is not as by default."""
    lines: list[str] = []
    _write_toml(config_document(config, changed=changed), [], lines)
    return "\n".join(lines).strip() + "\n"


def config_document(config: Config, *, changed: bool = False) -> dict[str, Any]:
    """Return what is in force as sections of keys; `changed`: only what is not as by default."""
    document = config.model_dump(mode="json")
    # What a model leaves out is not the default of the key, but that of its engine.
    document["models"] = config.models.model_dump(mode="json", exclude_unset=True)
    if not changed:
        return document
    # Without the environment, which belongs to what is in force.
    default = {name: known.get_default().model_dump(mode="json") for name, known in Config.model_fields.items()}
    return _difference(document, default)


def _difference(tree: Mapping[str, Any], default: Mapping[str, Any]) -> dict[str, Any]:
    """Return the part of a tree that the default does not have."""
    different: dict[str, Any] = {}
    for key, value in tree.items():
        usual = default.get(key)
        if isinstance(value, Mapping) and isinstance(usual, Mapping):
            inner = _difference(value, usual)
            if inner:
                different[key] = inner
        elif value != usual:
            different[key] = value
    return different


def _write_toml(tree: Mapping[str, Any], path: list[str], lines: list[str]) -> None:
    leaves = {key: value for key, value in tree.items() if not isinstance(value, Mapping)}
    if leaves and path:
        lines += ["", f"[{'.'.join(map(_toml_key, path))}]"]
    for key, value in leaves.items():
        lines.append(f"{_toml_key(key)} = {_toml_value(value)}")
    for key, value in tree.items():
        if isinstance(value, Mapping):
            _write_toml(value, [*path, key], lines)


def _toml_key(key: str) -> str:
    return key if _BARE_KEY.fullmatch(key) else _toml_value(key)


def _toml_value(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        escaped = value.replace("\\", "\\\\").replace('"', '\\"')
        return f'"{escaped}"'
    return str(value)
