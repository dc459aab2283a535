"""`dragoman transcribe`: options in, `transcribing` does the work."""

# ruff: noqa: PLC0415 -- sockets and codecs are imported when a command runs, so that --help is there at once

from __future__ import annotations

from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Annotated

import typer

from dragoman_client.choices import Format
from dragoman_client.cli.completing import complete_language
from dragoman_client.cli.options import AsJson, settings_of
from dragoman_client.cli.settings import WIRE, takes

if TYPE_CHECKING:
    from dragoman_client.cli.recordings import RecordingFile


def _complete_formats(incomplete: str) -> list[str]:
    before, comma, last = incomplete.rpartition(",")
    return [f"{before}{comma}{form}" for form in Format if form.startswith(last) and form not in before.split(",")]


@takes(WIRE)
def transcribe(
    ctx: typer.Context,
    files: Annotated[
        list[str] | None,
        typer.Argument(
            help="Recordings in any common format, and folders of them; `-` is standard input.",
            metavar="FILE",
            show_default=False,
        ),
    ] = None,
    *,
    out: Annotated[
        Path | None,
        typer.Option(
            help="Folder for the transcriptions, as NAME.txt, NAME.srt and so on; made if missing.",
            file_okay=False,
            metavar="DIR",
        ),
    ] = None,
    force: Annotated[
        bool,
        typer.Option("--force", help="Also make transcriptions again that are there and not older than the file."),
    ] = False,
    formats: Annotated[
        str,
        typer.Option(
            "--format",
            help="text, srt, vtt or json; with --out also several, separated by commas.",
            metavar="FORMAT,...",
            autocompletion=_complete_formats,
        ),
    ] = Format.TEXT.value,
    language: Annotated[
        str | None,
        typer.Option(
            "--from", help="The language spoken, if known.", metavar="LANG", autocompletion=complete_language
        ),
    ] = None,
    words: Annotated[bool, typer.Option("--words", help="Say where every word is; for --format json.")] = False,
    vocabulary: Annotated[
        list[str] | None,
        typer.Option(help="A name or term that is probably said; may be repeated.", metavar="TERM"),
    ] = None,
    mic: Annotated[
        bool, typer.Option("--mic", help="Record from the microphone until Ctrl-C, instead of reading a file.")
    ] = False,
    seconds: Annotated[
        float | None, typer.Option(min=0.1, help="End the recording after so long.", metavar="SECONDS")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Write down what is said in recordings.

    Ctrl-C stops the work, on the server as well. A transcription that is there and not older than its recording is
    left as it is, so the same command goes on where an interrupted one stopped.

    Example: dragoman transcribe talk.mp3 --format srt > talk.srt

    Example: dragoman transcribe interviews --out texts --format text,json --words
    """
    from dragoman_client.cli import transcribing

    chosen = _formats(formats, several=out is not None)
    if as_json and out is None:
        chosen = (Format.JSON,)
    if words and Format.JSON not in chosen:
        raise typer.BadParameter("only --format json has a place for them", param_hint="--words")
    if seconds is not None and not mic:
        raise typer.BadParameter("it is for --mic", param_hint="--seconds")
    request = transcribing.TranscribeRequest(
        recordings=_microphone(files, seconds) if mic else _found(files, out),
        out=out,
        force=force,
        formats=chosen,
        language=language,
        words=words,
        vocabulary=vocabulary or (),
    )
    transcribing.transcribe(settings_of(ctx), request, as_json=as_json)


def _formats(given: str, *, several: bool) -> tuple[Format, ...]:
    words = list(dict.fromkeys(word.strip().lower() for word in given.split(",") if word.strip()))
    unknown = [word for word in words if word not in set(Format)]
    if unknown or not words:
        raise typer.BadParameter(f"{given!r} is none of {', '.join(Format)}", param_hint="--format")
    if len(words) > 1 and not several:
        raise typer.BadParameter("several formats need files: name a folder with --out", param_hint="--format")
    return tuple(map(Format, words))


def _found(files: list[str] | None, out: Path | None) -> list[RecordingFile]:
    from dragoman_client.cli.files import FilesError
    from dragoman_client.cli.recordings import find_recordings

    if not files:
        raise typer.BadParameter("name a recording, a folder, `-` or --mic", param_hint="FILE")
    try:
        return find_recordings(files, out)
    except FilesError as error:
        raise typer.BadParameter(str(error), param_hint="FILE") from error


def _microphone(files: list[str] | None, seconds: float | None) -> list[RecordingFile]:
    from dragoman_client.cli.microphone import LONGEST_S, MicrophoneError, find_recorder, record
    from dragoman_client.cli.recordings import RecordingFile

    if files:
        raise typer.BadParameter("--mic stands for the file", param_hint="FILE")
    try:
        program = find_recorder()
        typer.echo(f"recording with {program}; Ctrl-C ends it", err=True)
        return [RecordingFile(None, PurePath("microphone"), record(program, seconds or LONGEST_S))]
    except MicrophoneError as error:
        raise typer.BadParameter(str(error), param_hint="--mic") from error
