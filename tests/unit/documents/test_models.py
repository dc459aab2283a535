"""docs/models.md shows the catalogue, keys and entries of one's own: they are as it says."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

from typer.testing import CliRunner

from dragoman_client.cli import build_app
from dragoman_engines.models import Entry, load_catalogue
from dragoman_server.config import Config
from tests.harness import ROOT

TEXT = (ROOT / "docs" / "models.md").read_text(encoding="utf-8")
NAMED_AT_MOST = 10
"""So many languages are named, more are counted."""


def row_of(entry: Entry) -> list[str]:
    languages = ", ".join(entry.languages) if len(entry.languages) < NAMED_AT_MOST else str(len(entry.languages))
    places = [f"extra `{entry.extra}`"] if entry.extra else []
    places += [scheme for scheme in sorted(entry.schemes()) if scheme not in ("package", "path")]
    size = f"{entry.size_bytes / 1_000_000:.0f} MB"
    return [f"`{entry.name}`", entry.kind, entry.engine, languages, size, " and ".join(places), entry.licence]


def test_the_table_is_the_catalogue() -> None:
    [table] = re.findall(r"^\| name \| kind \|.*\n(?:\|.*\n)+", TEXT, re.MULTILINE)
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in table.splitlines()[2:]]

    assert sorted(rows) == sorted(row_of(entry) for entry in load_catalogue().values())


def test_the_entries_of_one_s_own_can_be_read(tmp_path: Path) -> None:
    blocks = re.findall(r"^```toml\n(.*?)^```$", TEXT, re.MULTILINE | re.DOTALL)
    entries, settings = blocks
    (tmp_path / "mine.toml").write_text(entries)

    assert {"whisper-de", "swiss", "joined"} <= set(load_catalogue(tmp_path))
    assert Config(file=tomllib.loads(settings), flags={})  # type: ignore[call-arg]


def test_the_commands_are_those_that_there_are() -> None:
    named = set(re.findall(r"dragoman models ([a-z]+)", TEXT))

    assert named == {"list", "pull", "check", "remove"}
    for command in named:
        shown = CliRunner().invoke(build_app(), ["models", command, "--help"])
        assert shown.exit_code == 0
        assert "Example: dragoman models" in shown.stdout


def test_the_keys_are_those_that_there_are() -> None:
    keys = set(re.findall(r"`engines\.(?:NAME\.)?([a-z_]+) = ", TEXT))
    dumped = Config(file={}, flags={}).model_dump()["engines"]  # type: ignore[call-arg]

    assert keys == {"preload", "idle_unload_s", "memory_mb", "child_memory_mb"}
    assert keys <= set(dumped) | set(dumped["speech"])
