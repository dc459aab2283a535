"""The client's commands: options in, `calls` does the work."""

# ruff: noqa: PLC0415 -- sockets and codecs are imported when a command runs, so that --help is there at once

from __future__ import annotations

import sys
import tomllib
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer


class Priority(StrEnum):
    """Which requests go first."""

    HIGH = "high"
    NORMAL = "normal"
    LOW = "low"


class TranscriptFormat(StrEnum):
    """What a transcription is printed as."""

    TEXT = "text"
    JSON = "json"
    SRT = "srt"
    VTT = "vtt"


AsJson = Annotated[bool, typer.Option("--json", help="Print exactly one JSON document on standard output.")]
Model = Annotated[str | None, typer.Option("--model", help="The kind of model to use, as the server names it.")]
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
        "--glossary", help='A TOML file of such terms: bank = "banco".', exists=True, dir_okay=False, readable=True
    ),
]
Targets = Annotated[str, typer.Option("--to", help="Target languages, separated by commas.", metavar="LANG,...")]
Recording = Annotated[
    Path,
    typer.Argument(
        help="A recording in any common format.", exists=True, dir_okay=False, readable=True, show_default=False
    ),
]


def translate(
    ctx: typer.Context,
    text: Annotated[str, typer.Argument(help="The text; `-` reads it from standard input.", show_default=False)],
    *,
    to: Targets,
    source: Annotated[str, typer.Option("--from", help="The text's language, or auto.")] = "auto",
    model: Model = None,
    term: Terms = None,
    glossary: GlossaryFile = None,
    priority: Urgency = Priority.NORMAL,
    as_json: AsJson = False,
) -> None:
    """Translate a text into one or more languages.

    Example: dragoman translate "Good morning" --from en --to pt,fr
    """
    from dragoman_client.cli import calls

    if text == "-":
        text = sys.stdin.read().rstrip("\n")
    if not text.strip():
        raise typer.BadParameter("the text is empty", param_hint="TEXT")
    wanted = calls.Wanted(
        text=text,
        source=source,
        languages=_languages(to),
        model=model,
        priority=priority.value,
        glossary=_glossary(term, glossary),
    )
    calls.translate(ctx.obj, wanted, as_json=as_json)


def transcribe(
    ctx: typer.Context,
    file: Recording,
    *,
    form: Annotated[
        TranscriptFormat, typer.Option("--format", help="What to print.", case_sensitive=False)
    ] = TranscriptFormat.TEXT,
    language: Annotated[str | None, typer.Option(help="The language spoken, if known.")] = None,
    as_json: AsJson = False,
) -> None:
    """Write down what is said in a recording.

    Example: dragoman transcribe talk.mp3 --format srt > talk.srt
    """
    from dragoman_client.cli import calls

    calls.transcribe(ctx.obj, _recording(file), language, "json" if as_json else form.value)


def voice(
    ctx: typer.Context,
    file: Recording,
    *,
    to: Targets,
    out: Annotated[Path, typer.Option(help="Folder for the recordings; made if missing.", file_okay=False)] = Path(),
    language: Annotated[str | None, typer.Option(help="The language spoken, if known.")] = None,
    model: Model = None,
    term: Terms = None,
    glossary: GlossaryFile = None,
    as_json: AsJson = False,
) -> None:
    """Turn a voice message into voice messages in other languages, written as NAME.LANG.wav.

    Example: dragoman voice hello.ogg --to pt --out translated
    """
    from dragoman_client.cli import calls

    audio = _recording(file)
    spoken = calls.Spoken(
        name=file.stem,
        audio=audio,
        languages=_languages(to),
        language=language,
        model=model,
        glossary=_glossary(term, glossary),
    )
    calls.voice(ctx.obj, spoken, out, as_json=as_json)


def ping(ctx: typer.Context, *, as_json: AsJson = False) -> None:
    """Ask whether the server is alive, and how fast it answers.

    Example: dragoman ping
    """
    from dragoman_client.cli import calls

    calls.ping(ctx.obj, as_json=as_json)


def stats(ctx: typer.Context, *, as_json: AsJson = False) -> None:
    """Show the server's statistics.

    Example: dragoman stats --json
    """
    from dragoman_client.cli import calls

    calls.stats(ctx.obj, as_json=as_json)


def _languages(to: str) -> list[str]:
    languages = list(dict.fromkeys(each.strip() for each in to.split(",") if each.strip()))
    if not languages:
        raise typer.BadParameter("name at least one language", param_hint="--to")
    return languages


def _glossary(terms: list[str] | None, file: Path | None) -> dict[str, Any]:
    """The file's terms and those of the command line, which go before."""
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


def _recording(file: Path) -> bytes:
    try:
        audio = file.read_bytes()
    except OSError as error:
        raise typer.BadParameter(f"{file} is not readable: {error.strerror}", param_hint="FILE") from error
    if not audio:
        raise typer.BadParameter(f"{file} is empty", param_hint="FILE")
    return audio
