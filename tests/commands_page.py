"""docs/commands.md, as it is made from the commands themselves: `python -m tests.commands_page` writes it."""

from __future__ import annotations

import os
from typing import Any
from unittest import mock

import typer
from typer.testing import CliRunner

from dragoman_client.cli import build_app
from dragoman_client.cli.frame import leaves_of
from tests.harness import ROOT

PAGE = ROOT / "docs" / "commands.md"
_HEAD = """# Every command

The help of each command, as its `--help` prints it. [cli.md](cli.md) tells how they are used.
"""


def page() -> str:
    """The whole page."""
    root: Any = typer.main.get_command(build_app())
    parts = [_HEAD, _section("dragoman", ())]
    parts += [_section(f"dragoman {' '.join(path)}", path) for path, _ in leaves_of(root)]
    return "\n".join(parts)


def _section(title: str, path: tuple[str, ...]) -> str:
    with mock.patch.dict(os.environ, {"COLUMNS": "80"}):
        shown = CliRunner().invoke(build_app(), [*path, "--help"], prog_name="dragoman")
    return f"## {title}\n\n```\n{shown.stdout.strip()}\n```\n"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
