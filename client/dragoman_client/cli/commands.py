"""The client's commands: options in, `calls` does the work."""

# ruff: noqa: PLC0415 -- sockets and codecs are imported when a command runs, so that --help is there at once

from __future__ import annotations

import shlex
import sys
import tomllib
from pathlib import Path, PurePath
from typing import Annotated, Any

import typer

from dragoman_client.choices import Format, Priority, SoundFormat, TextFormat
from dragoman_wire.endpoints import DEFAULT_OPS

_NAME_CHARS = 255

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
    text: Annotated[
        list[str],
        typer.Argument(
            help="The text; `-` reads it from standard input. With -f or --out: files and folders.", show_default=False
        ),
    ],
    *,
    to: Targets,
    source: Annotated[str, typer.Option("--from", help="The text's language, or auto.")] = "auto",
    files: Annotated[
        bool, typer.Option("-f", "--file", help="Translate what is in the files that are named.")
    ] = False,
    out: Annotated[
        Path | None,
        typer.Option(
            help="Folder for the translations of files, as NAME.LANG.EXT; made if missing.",
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
        typer.Option(help="A column of CSV files that is translated; may be given several times.", show_default=False),
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

    languages, terms = languages_of(to), _glossary(term, glossary)
    whole: str | None = None
    try:
        if files or out is not None:
            sources = find_sources(text, out, languages)
        else:
            whole = _one_text(text)
            sources = [Source(None, PurePath("stdin.txt"), whole)]
    except FilesError as error:
        raise typer.BadParameter(str(error), param_hint="TEXT") from error
    if whole is not None and form is None and len(whole) <= PIECE_CHARS:
        request = calls.TextRequest(
            text=whole, source=source, languages=languages, model=model, priority=priority.value, glossary=terms
        )
        calls.translate(ctx.obj, request, as_json=as_json)
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
    documents.translate_files(ctx.obj, files_request, as_json=as_json)


def detect(
    ctx: typer.Context,
    text: Annotated[str, typer.Argument(help="The text; `-` reads it from standard input.", show_default=False)],
    *,
    as_json: AsJson = False,
) -> None:
    """Say which language a text is in, the likeliest first, and how sure that is.

    Example: dragoman detect "Onde fica a estação?"
    """
    from dragoman_client.cli import calls

    calls.detect(ctx.obj, _one_text([text], "detect - < {name}"), as_json=as_json)


def languages(
    ctx: typer.Context,
    *,
    source: Annotated[str | None, typer.Option("--from", help="Only from this language.", show_default=False)] = None,
    target: Annotated[str | None, typer.Option("--to", help="Only into this language.", show_default=False)] = None,
    available: Annotated[
        bool, typer.Option("--available", help="Show the models that the server could have as well.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """List the languages that the server can translate, hear and speak.

    Example: dragoman languages --from fr
    """
    from dragoman_client.cli import calls

    calls.languages(ctx.obj, source, target, available=available, as_json=as_json)


def transcribe(
    ctx: typer.Context,
    file: Recording,
    *,
    form: Annotated[Format, typer.Option("--format", help="What to print.", case_sensitive=False)] = Format.TEXT,
    language: Annotated[str | None, typer.Option(help="The language spoken, if known.")] = None,
    words: Annotated[bool, typer.Option("--words", help="Say where every word is; for --format json.")] = False,
    vocabulary: Annotated[
        list[str] | None,
        typer.Option(help="A name or term that is probably said; may be repeated.", show_default=False),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Write down what is said in a recording.

    Example: dragoman transcribe talk.mp3 --format srt > talk.srt
    """
    from dragoman_client.cli import calls

    chosen = Format.JSON if as_json else form
    if words and chosen is not Format.JSON:
        raise typer.BadParameter("only --format json has a place for them", param_hint="--words")
    calls.transcribe(ctx.obj, _recording(file), language, chosen, words=words, vocabulary=vocabulary or [])


def voice(
    ctx: typer.Context,
    file: Recording,
    *,
    to: Targets,
    out: Annotated[Path, typer.Option(help="Folder for the recordings; made if missing.", file_okay=False)] = Path(),
    language: Annotated[str | None, typer.Option(help="The language probably spoken.")] = None,
    model: Model = None,
    voice: Annotated[
        list[str] | None,
        typer.Option(
            help="The voice: a name of `dragoman voices`, for one language with LANG= before it; may be repeated.",
            metavar="[LANG=]NAME",
            show_default=False,
        ),
    ] = None,
    speed: Annotated[float | None, typer.Option(min=0.5, max=2.0, help="1 is the voice's own pace.")] = None,
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
    """Turn a voice message into voice messages in other languages, written as NAME.LANG.wav or as the format says.

    Example: dragoman voice hello.ogg --to pt,es --voice pt=pf_dora --audio-format ogg --out translated
    """
    from dragoman_client.cli import calls

    audio = _recording(file)
    request = calls.VoiceRequest(
        name=file.stem,
        audio=audio,
        languages=languages_of(to),
        language=language,
        model=model,
        voice=_voices(voice or []),
        speed=speed,
        audio_format=audio_format.value if audio_format is not None else None,
        glossary=_glossary(term, glossary),
    )
    calls.voice(ctx.obj, request, out, as_json=as_json)


def speak(
    ctx: typer.Context,
    text: Annotated[str, typer.Argument(help="The text; `-` reads it from standard input.", show_default=False)],
    *,
    language: Annotated[
        str | None, typer.Option("--language", "-l", help="The language of the text; by default the server finds out.")
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(
            "--out",
            "-o",
            help="The file to write, whose name tells the format; `-` is standard output. By default it is played.",
            dir_okay=False,
            show_default=False,
        ),
    ] = None,
    voice: Annotated[
        str | None, typer.Option(help="The voice: a name of `dragoman voices`.", metavar="NAME", show_default=False)
    ] = None,
    model: Model = None,
    speed: Annotated[float | None, typer.Option(min=0.5, max=2.0, help="1 is the voice's own pace.")] = None,
    audio_format: Annotated[
        SoundFormat | None, typer.Option(help="The format, whatever the file's name.", case_sensitive=False)
    ] = None,
    priority: Urgency = Priority.NORMAL,
    as_json: AsJson = False,
) -> None:
    """Say a text aloud: through the loudspeaker, or into a file.

    Example: dragoman speak "Bom dia a todos." --language pt --out bom-dia.ogg
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
    request = speaking.SpeechCall(text=_one_text([text], "speak - < {name}"), language=language, options=options)
    if out is not None:
        speaking.write(ctx.obj, request, out, as_json=as_json)
    else:
        speaking.play(ctx.obj, request, as_json=as_json)


def voices(
    ctx: typer.Context,
    *,
    language: Annotated[str | None, typer.Option(help="Only those for this language.", show_default=False)] = None,
    as_json: AsJson = False,
) -> None:
    """List the voices that the server can speak with.

    Example: dragoman voices --language pt
    """
    from dragoman_client.cli import calls

    calls.voices(ctx.obj, language, as_json=as_json)


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


def top(
    *,
    ops: Annotated[
        str, typer.Option(envvar="DRAGOMAN_SOCKETS__OPS", help="Address of the server's HTTP for operators.")
    ] = DEFAULT_OPS,
    token: Annotated[
        str | None,
        typer.Option(
            envvar="DRAGOMAN_SOCKETS__OPS_TOKEN",
            help="The token that it wants, if any; file:PATH reads it.",
            show_default=False,
        ),
    ] = None,
    every: Annotated[float, typer.Option(min=0.2, help="Seconds between two looks.")] = 1.0,
) -> None:
    """Watch the server: its lanes, engines and tasks; a task can be looked into and cancelled.

    Example: dragoman top --ops http://10.0.0.5:8088
    """
    if not sys.stdout.isatty():
        raise typer.BadParameter(f"this is no terminal; a script reads {ops}/stats and {ops}/tasks", param_hint="top")
    try:
        from dragoman_client.top.app import TopApp
    except ImportError as error:
        typer.echo(f"dragoman top needs {error.name}; run: pip install 'dragoman[top]'", err=True)
        raise typer.Exit(2) from error
    from dragoman_wire.ops import OpsClient
    from dragoman_wire.ops_token import TokenError, read_token

    try:
        client = OpsClient(ops, read_token(token))
    except (ValueError, TokenError) as error:
        raise typer.BadParameter(str(error)) from error
    TopApp(client, every).run()


def _one_text(given: list[str], inside: str = "translate -f {name}") -> str:
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
    text = sys.stdin.read().rstrip("\n") if name == "-" else name
    if not text.strip():
        raise typer.BadParameter("the text is empty", param_hint="TEXT")
    return text


def languages_of(to: str) -> list[str]:
    """Language codes separated by commas.

    Raises:
        typer.BadParameter: there is none.
    """
    languages = list(dict.fromkeys(each.strip() for each in to.split(",") if each.strip()))
    if not languages:
        raise typer.BadParameter("name at least one language", param_hint="--to")
    return languages


def _voices(given: list[str]) -> str | dict[str, str] | None:
    """Read one voice for all languages, or one for each."""
    if len(given) == 1 and given[0] and "=" not in given[0]:
        return given[0]
    pairs = [each.split("=", 1) for each in given]
    if not all(len(pair) == 2 and all(pair) for pair in pairs):
        raise typer.BadParameter("give one NAME, or LANG=NAME for each language", param_hint="--voice")
    return dict(pairs) or None


def _glossary(terms: list[str] | None, file: Path | None) -> dict[str, Any]:
    """Read the file's terms and those of the command line, which take precedence."""
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
