"""The client's commands: options in, `calls` does the work."""

# ruff: noqa: PLC0415 -- sockets and codecs are imported when a command runs, so that --help is there at once

from __future__ import annotations

from pathlib import Path, PurePath
from typing import Annotated

import typer

from dragoman_client.choices import Priority, SoundFormat, TextFormat
from dragoman_client.cli.completing import complete_language, complete_voice
from dragoman_client.cli.options import (
    AsJson,
    GlossaryFile,
    Model,
    Recording,
    Targets,
    Terms,
    Urgency,
    glossary_of,
    languages_of,
    one_text,
    recording_of,
    settings_of,
)
from dragoman_client.cli.settings import WIRE, takes


@takes(WIRE)
def translate(
    ctx: typer.Context,
    text: Annotated[
        list[str],
        typer.Argument(
            help="The text; `-` reads it from standard input. With -f or --out: files and folders.",
            metavar="TEXT",
        ),
    ],
    *,
    to: Targets,
    source: Annotated[
        str,
        typer.Option("--from", help="The text's language, or auto.", metavar="LANG", autocompletion=complete_language),
    ] = "auto",
    files: Annotated[
        bool, typer.Option("-f", "--file", help="Translate what is in the files that are named.")
    ] = False,
    out: Annotated[
        Path | None,
        typer.Option(
            help="Folder for the translations of files, as NAME.LANG.EXT; made if missing.",
            metavar="DIR",
            file_okay=False,
            show_default=False,
        ),
    ] = None,
    force: Annotated[
        bool, typer.Option("--force", help="Also make translations again that are there and not older than the file.")
    ] = False,
    form: Annotated[
        TextFormat | None,
        typer.Option(
            "--format",
            help="The format of text or files; by default the files' names tell.",
            case_sensitive=False,
            show_default=False,
        ),
    ] = None,
    column: Annotated[
        list[str] | None,
        typer.Option(help="A column of CSV files that is translated; may be given several times.", metavar="NAME"),
    ] = None,
    model: Model = None,
    term: Terms = None,
    glossary: GlossaryFile = None,
    priority: Urgency = Priority.NORMAL,
    as_json: AsJson = False,
) -> None:
    """Translate a text, or files, into one or more languages.

    Files keep their format. What was translated before is taken from the server's cache, so the same command goes on
    where an interrupted one stopped. A translation that is there and not older than its file is left as it is.

    Example: dragoman translate "Good morning" --from en --to pt,fr

    Example: dragoman translate README.md docs --to pt --out translated
    """
    from dragoman_client.cli import calls, documents
    from dragoman_client.cli.files import STDIN, FilesError, Source, find_sources
    from dragoman_client.cutting import PIECE_CHARS

    languages, terms = languages_of(to), glossary_of(term, glossary)
    whole: str | None = None
    try:
        if files or out is not None:
            sources = find_sources(text, out, languages)
        else:
            whole = one_text(text)
            sources = [Source(None, PurePath("stdin.txt"), whole)]
    except FilesError as error:
        raise typer.BadParameter(str(error), param_hint="TEXT") from error
    if whole is not None and form is None and len(whole) <= PIECE_CHARS:
        request = calls.TextRequest(
            text=whole, source=source, languages=languages, model=model, priority=priority.value, glossary=terms
        )
        calls.translate(settings_of(ctx), request, as_json=as_json)
        return
    if sum(each.path is None for each in sources) > 1:
        raise typer.BadParameter(f"{STDIN} can be named once", param_hint="TEXT")
    files_request = documents.FilesRequest(
        sources=sources,
        source=source,
        languages=languages,
        out=out,
        force=force,
        format=form.value if form is not None else None,
        columns=column or (),
        model=model,
        priority=priority.value,
        glossary=terms,
    )
    documents.translate_files(settings_of(ctx), files_request, as_json=as_json)


@takes(WIRE)
def detect(
    ctx: typer.Context,
    text: Annotated[str, typer.Argument(help="The text; `-` reads it from standard input.", metavar="TEXT")],
    *,
    as_json: AsJson = False,
) -> None:
    """Say which language a text is in, and how sure that is.

    Example: dragoman detect "Onde fica a estação?"
    """
    from dragoman_client.cli import calls

    calls.detect(settings_of(ctx), one_text([text], "detect - < {name}"), as_json=as_json)


@takes(WIRE)
def languages(
    ctx: typer.Context,
    *,
    source: Annotated[
        str | None,
        typer.Option("--from", help="Only from this language.", metavar="LANG", autocompletion=complete_language),
    ] = None,
    target: Annotated[
        str | None,
        typer.Option("--to", help="Only into this language.", metavar="LANG", autocompletion=complete_language),
    ] = None,
    available: Annotated[
        bool, typer.Option("--available", help="Show the models that the server could have as well.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """List what the server can translate, hear and speak.

    Example: dragoman languages --from fr
    """
    from dragoman_client.cli import calls

    calls.languages(settings_of(ctx), source, target, available=available, as_json=as_json)


@takes(WIRE)
def voice(
    ctx: typer.Context,
    file: Recording,
    *,
    to: Targets,
    out: Annotated[
        Path, typer.Option(help="Folder for the recordings; made if missing.", file_okay=False, metavar="DIR")
    ] = Path(),
    language: Annotated[
        str | None,
        typer.Option("--from", help="The language probably spoken.", metavar="LANG", autocompletion=complete_language),
    ] = None,
    model: Model = None,
    voice: Annotated[
        list[str] | None,
        typer.Option(
            help="The voice: a name of `dragoman voices`, for one language with LANG= before it; may be repeated.",
            metavar="[LANG=]NAME",
            autocompletion=complete_voice,
            show_default=False,
        ),
    ] = None,
    speed: Annotated[
        float | None, typer.Option(min=0.5, max=2.0, help="1 is the voice's own pace.", metavar="NUMBER")
    ] = None,
    audio_format: Annotated[
        SoundFormat | None,
        typer.Option(
            help="What to write; ogg is Opus and small. By default the server's own format.", case_sensitive=False
        ),
    ] = None,
    term: Terms = None,
    glossary: GlossaryFile = None,
    as_json: AsJson = False,
) -> None:
    """Turn a voice message into other languages.

    They are written as NAME.LANG.wav, or as the format says.

    Example: dragoman voice hello.ogg --to pt,es --voice pt=pf_dora --audio-format ogg --out translated
    """
    from dragoman_client.cli import calls

    audio = recording_of(file)
    request = calls.VoiceRequest(
        name=file.stem,
        audio=audio,
        languages=languages_of(to),
        language=language,
        model=model,
        voice=_voices(voice or []),
        speed=speed,
        audio_format=audio_format.value if audio_format is not None else None,
        glossary=glossary_of(term, glossary),
    )
    calls.voice(settings_of(ctx), request, out, as_json=as_json)


@takes(WIRE)
def speak(
    ctx: typer.Context,
    text: Annotated[str, typer.Argument(help="The text; `-` reads it from standard input.", metavar="TEXT")],
    *,
    language: Annotated[
        str | None,
        typer.Option(
            "--from",
            "-l",
            help="The language of the text; by default the server finds out.",
            metavar="LANG",
            autocompletion=complete_language,
        ),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(
            "--out",
            "-o",
            help="The file to write, whose name tells the format; `-` is standard output. By default it is played.",
            metavar="FILE",
            dir_okay=False,
            show_default=False,
        ),
    ] = None,
    voice: Annotated[
        str | None,
        typer.Option(help="The voice: a name of `dragoman voices`.", metavar="NAME", autocompletion=complete_voice),
    ] = None,
    model: Model = None,
    speed: Annotated[
        float | None, typer.Option(min=0.5, max=2.0, help="1 is the voice's own pace.", metavar="NUMBER")
    ] = None,
    audio_format: Annotated[
        SoundFormat | None, typer.Option(help="The format, whatever the file's name.", case_sensitive=False)
    ] = None,
    priority: Urgency = Priority.NORMAL,
    as_json: AsJson = False,
) -> None:
    """Say a text aloud: through the loudspeaker, or into a file.

    Example: dragoman speak "Bom dia a todos." --from pt --out bom-dia.ogg
    """
    from dragoman_client.cli import speaking
    from dragoman_client.cli.files import STDIN
    from dragoman_client.options import SpeakOptions

    form = speaking.format_for(out, audio_format.value if audio_format is not None else None)
    if as_json and out is not None and str(out) == STDIN:
        raise typer.BadParameter("standard output is the speech already; name a file", param_hint="--json")
    options: SpeakOptions = {
        "voice": voice,
        "model_type": model,
        "speed": speed,
        "audio_format": form,
        "priority": priority.value,
    }
    request = speaking.SpeechCall(text=one_text([text], "speak - < {name}"), language=language, options=options)
    if out is not None:
        speaking.write(settings_of(ctx), request, out, as_json=as_json)
    else:
        speaking.play(settings_of(ctx), request, as_json=as_json)


@takes(WIRE)
def voices(
    ctx: typer.Context,
    *,
    language: Annotated[
        str | None,
        typer.Option(
            "--from", help="Only those for texts in this language.", metavar="LANG", autocompletion=complete_language
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """List the voices that the server can speak with.

    Example: dragoman voices --from pt
    """
    from dragoman_client.cli import calls

    calls.voices(settings_of(ctx), language, as_json=as_json)


@takes(WIRE)
def ping(ctx: typer.Context, *, as_json: AsJson = False) -> None:
    """Ask whether the server is alive, and how fast it answers.

    Example: dragoman ping
    """
    from dragoman_client.cli import calls

    calls.ping(settings_of(ctx), as_json=as_json)


@takes(WIRE)
def stats(ctx: typer.Context, *, as_json: AsJson = False) -> None:
    """Show the server's statistics.

    Example: dragoman stats --json
    """
    from dragoman_client.cli import calls

    calls.stats(settings_of(ctx), as_json=as_json)


def _voices(given: list[str]) -> str | dict[str, str] | None:
    """Read one voice for all languages, or one for each."""
    if len(given) == 1 and given[0] and "=" not in given[0]:
        return given[0]
    pairs = [each.split("=", 1) for each in given]
    if not all(len(pair) == 2 and all(pair) for pair in pairs):
        raise typer.BadParameter("give one NAME, or LANG=NAME for each language", param_hint="--voice")
    return dict(pairs) or None
