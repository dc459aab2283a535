"""docs/configuration.md has every key of the configuration with its default, and no other."""

from __future__ import annotations

import os
import re
import tomllib
from typing import Any

import pytest

from dragoman_server.config import EngineConfig, config_as_toml, load_config
from tests.documents import PAGES, code, name_of, table, text_of
from tests.harness import ROOT

PAGE = ROOT / "docs" / "configuration.md"
XDG_KEYS = {
    "server.state_dir": ("XDG_STATE_HOME", "~/.local/state/dragoman"),
    "engines.models_dir": ("XDG_DATA_HOME", "~/.local/share/dragoman/models"),
}
OPEN_TABLES = {
    "translation.glossary",
    "translation.phrases",
    "models.translation",
    "models.language",
    "engines.speech.voices",
}
"""Tables whose keys a configuration chooses itself."""
NO_KEYS = {"server.ready", "cache.db", "cache.db.corrupt", "journal.db", "journal.corrupt", "translation.premium"}
"""What looks like a key and is a file, an event of the log or an engine."""


def leaves(tree: dict[str, Any], prefix: str = "") -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in tree.items():
        found |= leaves(value, f"{prefix}{key}.") if isinstance(value, dict) else {f"{prefix}{key}": value}
    return found


def of_an_engine(key: str) -> bool:
    """Whether it is a key that every engine has; `engines.models_dir` is one for all."""
    return key.startswith("engines.") and key.count(".") == 2 and key.rpartition(".")[2] in EngineConfig.model_fields


@pytest.fixture
def defaults(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """Every key of the configuration with its default, as `check-config` prints it."""
    for name in list(os.environ):
        if name.startswith("DRAGOMAN_"):
            monkeypatch.delenv(name)
    found = leaves(tomllib.loads(config_as_toml(load_config())))
    return found | {key: default for key, (variable, default) in XDG_KEYS.items() if os.environ.get(variable)}


def test_the_table_of_keys_is_the_configuration(defaults: dict[str, Any]) -> None:
    rows = {code(row["key"]): tomllib.loads(f"x = {code(row['default'])}")["x"] for row in table(PAGE, "key")}

    assert rows == {
        key: value for key, value in defaults.items() if not key.startswith("lanes.") and not of_an_engine(key)
    }


def test_the_table_of_lanes_is_the_configuration(defaults: dict[str, Any]) -> None:
    rows = {
        f"lanes.{code(row['lane'])}.{key}": int(code(row[key]))
        for row in table(PAGE, "lane")
        for key in ("concurrency", "queue", "in_flight_bytes")
    }

    assert rows == {key: value for key, value in defaults.items() if key.startswith("lanes.")}


def test_the_table_of_engines_is_the_configuration(defaults: dict[str, Any]) -> None:
    rows = {
        f"engines.{kind}.{code(row['engine key'])}": tomllib.loads(f"x = {code(cell)}")["x"]
        for row in table(PAGE, "engine key")
        for kind, cell in row.items()
        if kind not in ("engine key", "meaning")
    }

    assert rows == {key: value for key, value in defaults.items() if of_an_engine(key)}


def test_the_tables_with_keys_of_one_s_own_are_named() -> None:
    open_tables = {
        f"{section}.{key}"
        for section, config in load_config()
        for key, field in type(config).model_fields.items()
        if str(field.annotation).startswith(("dict", "typing.Annotated[dict"))
    }
    speech = load_config().engines.speech
    open_tables |= {
        f"engines.speech.{key}"
        for key, field in type(speech).model_fields.items()
        if str(field.annotation).startswith("dict")
    }

    assert open_tables == OPEN_TABLES
    assert [name for name in OPEN_TABLES if f"`[{name}]`" not in text_of(PAGE)] == []


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_a_key_that_a_page_names_is_one(page: Any, defaults: dict[str, Any]) -> None:
    sections = {key.partition(".")[0] for key in defaults}
    known = {part for key in defaults for part in prefixes_of(key)} | OPEN_TABLES
    known |= {key.replace(f".{key.split('.')[1]}.", ".NAME.", 1) for key in defaults if key.count(".") == 2}
    named = {
        name
        for text in re.findall(r"`([^`\n]+)`", text_of(page))
        for name in re.findall(r"^([a-z]+(?:\.[A-Za-z_]+)+)(?:$| = )", text)
        if name.partition(".")[0] in sections
    }

    assert named - NO_KEYS - known == set()


def prefixes_of(key: str) -> set[str]:
    parts = key.split(".")
    return {".".join(parts[: number + 1]) for number in range(len(parts))}


def test_an_environment_variable_names_a_key(defaults: dict[str, Any]) -> None:
    named = {
        name
        for page in PAGES
        for name in re.findall(r"DRAGOMAN_([A-Z]+(?:__[A-Z]+(?:_[A-Z]+)*)+)(?![A-Z_])", text_of(page))
    }

    assert named
    keys = {name.lower().replace("__", ".") for name in named if not name.startswith("CLIENT__")}
    assert keys - set(defaults) == {"section.key"}
