"""What the documents name is there: files, sections, commands, options, scripts, keys, packages, programs."""

from __future__ import annotations

import ast
import functools
import importlib
import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
import typer
from pydantic import BaseModel
from typer.testing import CliRunner

from dragoman_client.cli import build_app
from dragoman_engines.audio.decoder import _DEMUXERS
from dragoman_server.config import Config
from tests.documents import (
    PAGES,
    anchors_of,
    blocks,
    dragoman_lines,
    languages_of,
    links_of,
    name_of,
    prose_of,
    shell_lines,
    table,
    text_of,
)
from tests.harness import ROOT

README = ROOT / "README.md"
LONGEST_README_BYTES = 9 * 1024
GLOBAL_OPTIONS_WITH_VALUE = {"--server", "--requests", "--routed", "--ops", "--token", "--timeout"}
PROGRAMS = {
    "cd", "ct2-transformers-converter", "curl", "dragoman", "export", "journalctl", "node", "npm", "pip", "python",
    "sqlite3", "systemctl", "uvicorn",
}  # fmt: skip
"""What a reader is told to type, beside our own scripts and what is in the virtual environment."""
LANGUAGES = {"", "console", "js", "json", "promql", "python", "sh", "toml", "ts", "yaml"}
OF_THE_MODELS_PAGE = "docs/models.md"
"""Its TOML is of two kinds; see test_models.py."""


def every(language: str) -> list[Any]:
    return [
        pytest.param(text, id=f"{name_of(page)}-{number}")
        for page in PAGES
        if name_of(page) != OF_THE_MODELS_PAGE or language != "toml"
        for number, text in enumerate(blocks(page, language))
    ]


COMMANDS = sorted({" ".join(words): words for page in PAGES for words in dragoman_lines(page)}.items())


def test_the_readme_stays_short() -> None:
    assert len(README.read_bytes()) <= LONGEST_README_BYTES


def test_every_page_is_in_the_readme_s_table() -> None:
    linked = {link for row in table(README, "document") for link in re.findall(r"\]\((.*?)\)", row["document"])}
    pages = {name_of(page) for page in PAGES if page.parent != ROOT / "examples" and "examples" not in page.parts}

    assert linked == (pages | {"examples"}) - {"README.md"}


def test_every_example_is_in_the_table_of_examples() -> None:
    folders = {path.name for path in (ROOT / "examples").iterdir() if path.is_dir() and path.name != "__pycache__"}
    page = ROOT / "examples" / "README.md"
    named = {link for row in table(page, "folder") for link in re.findall(r"\]\((.*?)\)", row["folder"])}

    assert named == folders
    assert [name for name in folders if not (page.parent / name / "README.md").is_file()] == []


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_link_leads_to_a_file_and_a_section(page: Path) -> None:
    broken = []
    for link in links_of(page):
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        if not target.exists() or (anchor and anchor not in anchors_of(target)):
            broken.append(link)

    assert broken == []


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_a_block_is_in_a_language_that_these_tests_look_at(page: Path) -> None:
    assert languages_of(page) <= LANGUAGES
    assert text_of(page).count("```") == 2 * len(blocks(page, *LANGUAGES)), "a block is not closed"


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_command_of_a_block_is_known(page: Path) -> None:
    unknown = []
    for line in shell_lines(page):
        program = line.split()[0]
        script = program.removeprefix("../../")
        known = program in PROGRAMS or (script.startswith(("scripts/", ".venv/bin/")) and runs(script))
        if not known:
            unknown.append(line)

    assert unknown == []


def runs(script: str) -> bool:
    """Whether a script of ours is there; the virtual environment may lie elsewhere."""
    return script.startswith(".venv/bin/") or (ROOT / script).is_file()


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_script_that_is_named_is_there(page: Path) -> None:
    named = set(re.findall(r"(?<![\w/])scripts/[a-z_]+", text_of(page)))

    assert [name for name in named if not (ROOT / name).exists()] == []


@pytest.mark.parametrize(("line", "words"), COMMANDS, ids=[line for line, _ in COMMANDS])
def test_a_command_line_names_a_command_and_options_that_exist(line: str, words: list[str]) -> None:
    command: Any = commands()
    known = options_of(command)
    given = {word.partition("=")[0] for word in words if word.startswith("--")}
    while words and words[0].startswith("--"):
        words = words[2 if words[0] in GLOBAL_OPTIONS_WITH_VALUE else 1 :]
    path: list[str] = []
    while words and hasattr(command, "commands") and words[0].isascii():
        assert all(choice in command.commands for choice in words[0].split("|")), line
        command = command.commands[words[0].split("|")[0]]
        path.append(words[0].split("|")[0])
        known |= options_of(command)
        words = words[1:]

    assert given <= known
    assert explains_itself(*path)


@functools.cache
def commands() -> Any:
    """The command line, as click has it."""
    return typer.main.get_command(build_app())


@functools.cache
def explains_itself(*path: str) -> bool:
    """Whether a command can be loaded and has a help."""
    return CliRunner().invoke(build_app(), [*path, "--help"]).exit_code == 0


def options_of(command: Any) -> set[str]:
    return {name for parameter in command.params for name in parameter.opts} | {"--help"}


def test_every_command_is_on_the_client_s_page() -> None:
    named = {words[0] for words in dragoman_lines(ROOT / "docs" / "client.md") if words}

    assert named >= set(commands().commands)


@pytest.mark.parametrize("text", every("toml"))
def test_an_example_of_a_configuration_is_one(text: str) -> None:
    assert isinstance(Config(file=tomllib.loads(text), flags={}), BaseModel)  # type: ignore[call-arg]


@pytest.mark.parametrize("text", every("python"))
def test_an_example_in_python_imports_what_exists(text: str) -> None:
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.ImportFrom):
            module = importlib.import_module(str(node.module))
            assert [alias.name for alias in node.names if not hasattr(module, alias.name)] == []


def test_every_folder_of_the_source_that_is_named_is_there() -> None:
    [tree] = [block for block in blocks(ROOT / "CONTRIBUTING.md", "") if block.startswith("server/")]
    folders = [line.split()[0] for line in tree.splitlines()]
    top = {path.name for path in ROOT.iterdir() if path.is_dir() and not path.name.startswith(".")}

    assert [name for name in folders if not (ROOT / name).is_dir()] == []
    assert {name.partition("/")[0] for name in folders} >= top & {"server", "handlers", "client", "tests", "scripts"}


def test_every_demuxer_is_among_the_audio_formats() -> None:
    [sentence] = re.findall(
        r"Recordings may be (.*?)\. Anything else", prose_of(ROOT / "docs" / "speech.md"), re.DOTALL
    )
    names = {"asf": "WMA", "matroska": "Matroska", "mov": "M4A", "ogg": "Ogg"}

    assert [name for name in _DEMUXERS.split(",") if names.get(name, name.upper()) not in sentence] == []
