"""The README names commands, keys, packages and files: they are there, and they are as it says."""

from __future__ import annotations

import ast
import importlib
import os
import re
import shlex
import tomllib
from collections.abc import Iterator
from typing import Any

import pytest
import typer
from pydantic import BaseModel
from typer.testing import CliRunner

from dragoman_client.cli import build_app
from dragoman_engines.audio.decoder import _DEMUXERS
from dragoman_server.config import Config, EngineConfig, config_as_toml, load_config
from tests.harness import ROOT

README = (ROOT / "README.md").read_text(encoding="utf-8")
GLOBAL_OPTIONS_WITH_VALUE = {"--requests", "--routed", "--timeout"}
XDG_KEYS = {
    "server.state_dir": ("XDG_STATE_HOME", "~/.local/state/dragoman"),
    "engines.models_dir": ("XDG_DATA_HOME", "~/.local/share/dragoman/models"),
}


def blocks(*languages: str) -> list[str]:
    """The fenced blocks of a language."""
    found = re.findall(r"^```(\w*)\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)
    return [text for language, text in found if language in languages]


def command_lines() -> Iterator[str]:
    """Every `dragoman ...` command line, in blocks and in sentences."""
    for block in blocks("sh", "console"):
        for line in block.splitlines():
            yield from re.findall(r"^(?:\$ )?(dragoman .*)$", line)
            yield from re.findall(r"# or: (dragoman .*)$", line)
    yield from re.findall(r"`(dragoman [^`]+)`", re.sub(r"^```.*?^```$", "", README, flags=re.MULTILINE | re.DOTALL))


def table(first_cell: str) -> list[dict[str, str]]:
    """The rows of the table whose head begins so, by the head's cells."""
    [found] = re.findall(rf"^\| {re.escape(first_cell)} \|.*\n(?:\|.*\n)+", README, re.MULTILINE)
    head, _, *rows = ([cell.strip() for cell in line.strip("|").split("|")] for line in found.splitlines())
    return [dict(zip((cell.strip("`") for cell in head), row, strict=True)) for row in rows]


def code(cell: str) -> str:
    """What a cell has in backticks."""
    return cell.strip("`")


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


def test_there_are_commands_to_hold_the_readme_against() -> None:
    named = {shlex.split(line)[1] for line in command_lines()}

    assert named >= {"serve", "check-config", "translate", "transcribe", "voice", "ping", "stats"}


@pytest.mark.parametrize("line", sorted(set(command_lines())))
def test_a_command_line_names_a_command_and_options_that_exist(line: str) -> None:
    group: Any = typer.main.get_command(build_app())
    words = shlex.split(line, comments=True)[1:]
    given = {word.partition("=")[0] for word in words if word.startswith("--")}
    while words and words[0].startswith("--"):
        words = words[2 if words[0] in GLOBAL_OPTIONS_WITH_VALUE else 1 :]

    if words:
        assert words[0] in group.commands
        assert CliRunner().invoke(build_app(), [words[0], "--help"]).exit_code == 0
    known = {option for part in (group, group.commands[words[0]] if words else group) for option in options_of(part)}
    assert given <= known


def options_of(command: Any) -> set[str]:
    return {name for parameter in command.params for name in parameter.opts}


def test_every_command_is_in_the_readme() -> None:
    group: Any = typer.main.get_command(build_app())
    named = {word for line in command_lines() for word in shlex.split(line)}

    assert set(group.commands) <= named


def test_the_table_of_keys_is_the_configuration(defaults: dict[str, Any]) -> None:
    rows = {code(row["key"]): tomllib.loads(f"x = {code(row['default'])}")["x"] for row in table("key")}

    assert rows == {
        key: value for key, value in defaults.items() if not key.startswith("lanes.") and not of_an_engine(key)
    }


def test_the_table_of_lanes_is_the_configuration(defaults: dict[str, Any]) -> None:
    rows = {
        f"lanes.{code(row['lane'])}.{key}": int(code(row[key]))
        for row in table("lane")
        for key in ("concurrency", "queue")
    }

    assert rows == {key: value for key, value in defaults.items() if key.startswith("lanes.")}


def test_the_table_of_engines_is_the_configuration(defaults: dict[str, Any]) -> None:
    rows = {
        f"engines.{kind}.{code(row['engine key'])}": tomllib.loads(f"x = {code(cell)}")["x"]
        for row in table("engine key")
        for kind, cell in row.items()
        if kind not in ("engine key", "meaning")
    }

    assert rows == {key: value for key, value in defaults.items() if of_an_engine(key)}


@pytest.mark.parametrize("text", blocks("toml"))
def test_an_example_of_a_configuration_is_one(text: str) -> None:
    assert isinstance(Config(file=tomllib.loads(text), flags={}), BaseModel)  # type: ignore[call-arg]


def test_an_environment_variable_names_a_key(defaults: dict[str, Any]) -> None:
    named = re.findall(r"DRAGOMAN_([A-Z]+(?:__[A-Z_]+)+)=", README)

    assert named
    assert {name.lower().replace("__", ".") for name in named} <= set(defaults)


@pytest.mark.parametrize("text", blocks("python"))
def test_an_example_in_python_imports_what_exists(text: str) -> None:
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.ImportFrom):
            module = importlib.import_module(str(node.module))
            assert [alias.name for alias in node.names if not hasattr(module, alias.name)] == []


def test_the_table_of_licences_names_every_dependency() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    parts = {"(none)": project["dependencies"], **{f"`{k}`": v for k, v in project["optional-dependencies"].items()}}
    wanted = {part: {re.split(r"[<>=\[]", name)[0] for name in names} for part, names in parts.items()}
    part = ""
    brings: dict[str, set[str]] = {}
    for row in table("extra"):
        part = row["extra"] or part
        brings.setdefault(part, set()).update(re.findall(r"[a-z][a-z0-9-]+[a-z0-9]|av", row["brings"]))

    assert brings.keys() == wanted.keys()
    assert {part: names - brings[part] for part, names in wanted.items() if names - brings[part]} == {}


def test_a_linked_file_and_a_named_folder_are_there() -> None:
    links = re.findall(r"\]\((?!http)([^)#]+)\)", README)
    [tree] = [block for block in blocks("") if block.startswith("server/")]
    folders = [line.split()[0] for line in tree.splitlines()]
    scripts = re.findall(r"scripts/[a-z]+", README)

    assert [name for name in (*links, *folders, *scripts) if not (ROOT / name).exists()] == []


def test_every_demuxer_is_among_the_audio_formats() -> None:
    [sentence] = re.findall(r"Recordings may be (.*?)\. Anything else", README, re.DOTALL)
    names = {"asf": "WMA", "matroska": "Matroska", "mov": "M4A", "ogg": "Ogg"}

    assert [name for name in _DEMUXERS.split(",") if names.get(name, name.upper()) not in sentence] == []
