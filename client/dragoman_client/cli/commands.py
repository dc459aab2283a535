"""The client's commands: options in, `calls` does the work."""

# ruff: noqa: PLC0415 -- sockets and codecs are imported when a command runs, so that --help is there at once

from __future__ import annotations

import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated

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
    wanted = calls.Wanted(text=text, source=source, languages=languages_of(to), model=model, priority=priority.value)
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
    as_json: AsJson = False,
) -> None:
    """Turn a voice message into voice messages in other languages, written as NAME.LANG.wav.

    Example: dragoman voice hello.ogg --to pt --out translated
    """
    from dragoman_client.cli import calls

    audio = _recording(file)
    spoken = calls.Spoken(name=file.stem, audio=audio, languages=languages_of(to), language=language, model=model)
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


def languages_of(to: str) -> list[str]:
    """Language codes separated by commas.

    Raises:
        typer.BadParameter: there is none.
    """
    languages = list(dict.fromkeys(each.strip() for each in to.split(",") if each.strip()))
    if not languages:
        raise typer.BadParameter("name at least one language", param_hint="--to")
    return languages


def _recording(file: Path) -> bytes:
    try:
        audio = file.read_bytes()
    except OSError as error:
        raise typer.BadParameter(f"{file} is not readable: {error.strerror}", param_hint="FILE") from error
    if not audio:
        raise typer.BadParameter(f"{file} is empty", param_hint="FILE")
    return audio
