"""Options and arguments that commands share, and how they are read."""

# ruff: noqa: PLC0415 -- what reads a file is imported when a command runs, so that --help is there at once

from __future__ import annotations

import shlex
import tomllib
from pathlib import Path
from typing import Annotated, Any

import typer

from dragoman_client.choices import Priority
from dragoman_client.cli.completing import complete_languages, complete_model
from dragoman_client.cli.settings import Settings

_NAME_CHARS = 255


def settings_of(ctx: typer.Context) -> Settings:
    """Return the common options of this run."""
    settings = ctx.find_root().obj
    return settings if isinstance(settings, Settings) else Settings()


def _json_wanted(ctx: typer.Context, wanted: bool) -> bool:  # noqa: FBT001  # typer calls it so
    return wanted or settings_of(ctx).as_json


AsJson = Annotated[
    bool,
    typer.Option("--json", help="Print exactly one JSON document on standard output.", callback=_json_wanted),
]
Model = Annotated[
    str | None,
    typer.Option(
        "--model",
        help="The kind of model to use, as the server names it.",
        metavar="NAME",
        autocompletion=complete_model,
    ),
]
Urgency = Annotated[Priority, typer.Option(help="Which requests go first.", case_sensitive=False)]
Terms = Annotated[
    list[str] | None,
    typer.Option(
        "--term", help="A term that stays as it is, or TERM=REPLACEMENT; may be given several times.", metavar="TERM"
    ),
]
GlossaryFile = Annotated[
    Path | None,
    typer.Option(
        "--glossary",
        help='A TOML file of such terms: bank = "banco".',
        exists=True,
        dir_okay=False,
        readable=True,
        metavar="FILE",
    ),
]
Targets = Annotated[
    str,
    typer.Option(
        "--to",
        help="Target languages, separated by commas.",
        metavar="LANG,...",
        autocompletion=complete_languages,
    ),
]
Recording = Annotated[
    Path,
    typer.Argument(
        help="A recording in any common format.", exists=True, dir_okay=False, readable=True, metavar="FILE"
    ),
]


def one_text(given: list[str], inside: str = "translate -f {name}") -> str:
    """Return the text that was given, or what standard input holds; `inside` is the command for a file's content.

    Raises:
        typer.BadParameter: it is empty, is the name of a file, or is more than one argument.
    """
    name = given[0]
    names_file = len(name) <= _NAME_CHARS and "\0" not in name and Path(name).is_file()
    names_folder = "/" in name and len(name) <= _NAME_CHARS and "\0" not in name and Path(name).is_dir()
    if names_file or names_folder:
        kind = "a file" if names_file else "a folder"
        raise typer.BadParameter(
            f"{name} is {kind}; for what is in it: dragoman {inside.format(name=shlex.quote(name))}"
            f" (the words themselves: echo {shlex.quote(name)} | dragoman {inside.split(maxsplit=1)[0]} -)",
            param_hint="TEXT",
        )
    if len(given) > 1:
        raise typer.BadParameter("give the text as one argument, in quotes; files with -f", param_hint="TEXT")
    text = _standard_input().rstrip("\n") if name == "-" else name
    if not text.strip():
        raise typer.BadParameter("the text is empty", param_hint="TEXT")
    return text


def _standard_input() -> str:
    from dragoman_client.cli.streams import StandardInputError, read_standard_input

    try:
        return read_standard_input()
    except StandardInputError as error:
        raise typer.BadParameter(str(error), param_hint="TEXT") from error


def languages_of(to: str) -> list[str]:
    """Read language codes separated by commas.

    Raises:
        typer.BadParameter: there is none.
    """
    languages = list(dict.fromkeys(each.strip() for each in to.split(",") if each.strip()))
    if not languages:
        raise typer.BadParameter("name at least one language", param_hint="--to")
    return languages


def glossary_of(terms: list[str] | None, file: Path | None) -> dict[str, Any]:
    """Read the file's terms and those of the command line, which take precedence.

    Raises:
        typer.BadParameter: one of them is none.
    """
    try:
        glossary = tomllib.loads(file.read_text(encoding="utf-8")) if file else {}
    except (OSError, tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise typer.BadParameter(f"{file} is no glossary: {error}", param_hint="--glossary") from error
    for term in terms or ():
        name, equals, replacement = term.partition("=")
        if not name.strip() or (equals and not replacement.strip()):
            raise typer.BadParameter(f"{term!r} is no TERM or TERM=REPLACEMENT", param_hint="--term")
        glossary[name.strip()] = replacement.strip() if equals else None
    return glossary


def recording_of(file: Path) -> bytes:
    """Read a recording.

    Raises:
        typer.BadParameter: it is empty, or not readable.
    """
    try:
        audio = file.read_bytes()
    except OSError as error:
        raise typer.BadParameter(f"{file} is not readable: {error.strerror}", param_hint="FILE") from error
    if not audio:
        raise typer.BadParameter(f"{file} is empty", param_hint="FILE")
    return audio
