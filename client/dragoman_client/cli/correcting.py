"""`dragoman correct`: files whose mistakes are corrected, shown as a difference or as a list."""

# ruff: noqa: PLC0415 -- sockets and codecs are imported when the command runs, so that --help is there at once

from __future__ import annotations

import contextlib
import difflib
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from dragoman_client.cli.options import AsJson, settings_of
from dragoman_client.cli.settings import WIRE, takes

if TYPE_CHECKING:
    from dragoman_client.aio import Client
    from dragoman_client.cli.files import Source
    from dragoman_client.cli.settings import Settings
    from dragoman_client.frames import ReceivedEvent
    from dragoman_wire.events import Correction, CorrectionCompleted

_TIMEOUT_S = 3600.0
_CONNECT_TIMEOUT_S = 5.0
_RETRIES = 10
_COLOURS = {"-": typer.colors.RED, "+": typer.colors.GREEN, "@": typer.colors.CYAN}


class Show(Enum):
    """How corrections are shown."""

    DIFF = "diff"
    LIST = "list"
    NONE = "none"


class Style(Enum):
    """How far a correction may go."""

    GRAMMAR = "grammar"
    PROOFREAD = "proofread"
    FORMAL = "formal"
    CASUAL = "casual"
    CONCISE = "concise"


@dataclass(frozen=True, kw_only=True, slots=True)
class CorrectionWish:
    """How files are to be corrected."""

    language: str
    style: Style
    instructions: str | None
    model: str | None
    concurrency: int
    out: Path | None
    force: bool
    show: Show


@takes(WIRE)
def correct(
    ctx: typer.Context,
    files: Annotated[
        list[str],
        typer.Argument(help="Files and folders; `-` reads a text from standard input.", show_default=False),
    ],
    *,
    out: Annotated[
        Path | None,
        typer.Option(
            help="Folder for the corrected files, under their own names; made if missing.",
            file_okay=False,
            show_default=False,
        ),
    ] = None,
    show: Annotated[Show, typer.Option(help="What is printed of the corrections.", case_sensitive=False)] = Show.DIFF,
    language: Annotated[str, typer.Option("--from", help="The texts' language, or auto.", metavar="LANG")] = "auto",
    style: Annotated[Style, typer.Option(help="How far a correction may go.", case_sensitive=False)] = Style.GRAMMAR,
    instructions: Annotated[str | None, typer.Option(help="Free words to the model.", show_default=False)] = None,
    model: Annotated[
        str | None, typer.Option("--model", help="The language model, as the server names it.", show_default=False)
    ] = None,
    concurrency: Annotated[int, typer.Option(min=1, max=64, help="Pieces of a text at work at a time.")] = 4,
    force: Annotated[
        bool, typer.Option("--force", help="Also correct files again whose correction is there and not older.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Correct the mistakes of files.

    What was corrected before is taken from the server's cache, so the same command goes on where an interrupted one
    stopped. Exit status: 0, or 4 where a file or a piece of one failed, 1 where nothing worked.

    Example: dragoman correct chapter.txt --from en --show list

    Example: dragoman correct book --out corrected --model local --concurrency 8
    """
    from dragoman_client.cli.files import STDIN, FilesError, find_sources

    try:
        sources = find_sources(files, out, ["corrected"])
    except FilesError as error:
        raise typer.BadParameter(str(error), param_hint="FILES") from error
    if sum(each.path is None for each in sources) > 1:
        raise typer.BadParameter(f"{STDIN} can be named once", param_hint="FILES")
    for source in sources:
        if out is not None and source.path is not None and _target(source, out).resolve() == source.path.resolve():
            raise typer.BadParameter(f"{source.name} would be replaced by its correction", param_hint="--out")
    wish = CorrectionWish(
        language=language,
        style=style,
        instructions=instructions,
        model=model,
        concurrency=concurrency,
        out=out,
        force=force,
        show=show,
    )
    _correct_files(settings_of(ctx), sources, wish, as_json=as_json)


def _correct_files(settings: Settings, sources: Sequence[Source], wish: CorrectionWish, *, as_json: bool) -> None:
    import asyncio

    from dragoman_client.aio import Client
    from dragoman_client.cli.calls import FAILED, PARTLY, UNREACHABLE
    from dragoman_client.cli.output import fail, print_json, say
    from dragoman_client.errors import ClientError, ServerUnreachable, TimedOut
    from dragoman_wire.early_signals import INTERRUPTED, interruptible
    from dragoman_wire.errors import DragomanError

    timeout_s = _TIMEOUT_S if settings.timeout_s is None else settings.timeout_s
    client = Client(
        settings.requests,
        settings.routed,
        timeout_s=timeout_s,
        connect_timeout_s=min(_CONNECT_TIMEOUT_S, timeout_s),
        retries=_RETRIES,
    )
    try:
        with interruptible():
            results = asyncio.run(_work(client, sources, wish, as_json=as_json))
    except KeyboardInterrupt as error:
        say("interrupted; the same command goes on where this one stopped", err=True)
        raise typer.Exit(INTERRUPTED) from error
    except (ServerUnreachable, TimedOut) as error:
        fail(error, UNREACHABLE, as_json=as_json)
    except (DragomanError, ClientError) as error:
        fail(error, FAILED, as_json=as_json)
    if as_json:
        print_json({"files": results})
    failed = sum(result["status"] == "failed" for result in results)
    if failed or any(result["status"] == "partial" for result in results):
        raise typer.Exit(FAILED if failed == len(results) else PARTLY)


async def _work(
    client: Client, sources: Sequence[Source], wish: CorrectionWish, *, as_json: bool
) -> list[dict[str, Any]]:
    async with client:
        return [await _one(client, source, wish, as_json=as_json) for source in sources]


async def _one(client: Client, source: Source, wish: CorrectionWish, *, as_json: bool) -> dict[str, Any]:
    """Correct one file; return what came of it."""
    from dragoman_client.cli.documents import read_source
    from dragoman_client.cli.files import FilesError, Output, read_text
    from dragoman_client.cli.output import say
    from dragoman_wire.errors import DragomanError, EngineUnavailable

    target = _target(source, wish.out) if wish.out is not None else None
    if target is not None and not wish.force and source.is_done(target):
        return {"file": source.name, "status": "skipped", "out": str(target)}
    try:
        text, encoding = read_text(source, read_source(source))
        with _bar(source) as on_event:
            done = await client.correct(
                text,
                wish.language,
                style=wish.style.value,
                instructions=wish.instructions,
                model_type=wish.model,
                concurrency=wish.concurrency,
                stream=True,
                on_event=on_event,
            )
        if target is not None:
            output = Output(target, encoding)
            output.write(done.corrected_text)
            output.finish()
    except EngineUnavailable:
        raise  # of the next files as well
    except (FilesError, OSError, DragomanError) as error:
        code = error.code if isinstance(error, DragomanError) else "file"
        say(f"{source.name}: {code}: {error}", err=True)
        return {"file": source.name, "status": "failed", "error": str(error), "errorCode": code}
    if not as_json:
        _show(source, text, done, wish.show)
    return _document(source, done, target)


def _document(source: Source, done: CorrectionCompleted, target: Path | None) -> dict[str, Any]:
    import msgspec

    document = msgspec.to_builtins(done)
    kept = ("language", "correctedText", "corrections", "suggestions", "failedChunks", "model", "usage", "warnings")
    return {
        "file": source.name,
        "status": "partial" if done.failed_chunks else "corrected",
        **({"out": str(target)} if target is not None else {}),
        **{name: document[name] for name in kept if name in document},
    }


def _show(source: Source, text: str, done: CorrectionCompleted, show: Show) -> None:
    """Print the corrections, and on standard error what came of the whole."""
    from dragoman_client.cli.output import say

    if show is Show.DIFF:
        for line in difflib.unified_diff(
            text.splitlines(), done.corrected_text.splitlines(), source.name, source.name, lineterm="", n=1
        ):
            _say_coloured(line)
    elif show is Show.LIST:
        for each in done.corrections:
            say(_listed(source, text, each))
        for each in done.suggestions or ():
            say(f"{_listed(source, text, each)} (left as it is)")
    for failed in done.failed_chunks:
        place = _place(text, failed.start)
        say(f"{source.name}:{place}: {failed.error_code}: {failed.error}", err=True)
    for warning in done.warnings:
        say(f"{source.name}: warning: {warning}", err=True)
    usage = done.usage
    cost = f", cost {usage.cost:.4g}" if usage.cost else ""
    tokens = f", {usage.prompt_tokens + usage.completion_tokens} tokens{cost}" if usage.requests else ""
    say(f"{source.name}: {len(done.corrections)} corrections by {done.model}{tokens}", err=True)


def _say_coloured(line: str) -> None:
    from dragoman_wire.printable import printable

    colour = _COLOURS.get(line[:1]) if sys.stdout.isatty() else None
    typer.echo(typer.style(printable(line), fg=colour) if colour else printable(line))


def _listed(source: Source, text: str, each: Correction) -> str:
    remedy = f"{each.original!r} -> {each.replacement!r}"
    return f"{source.name}:{_place(text, each.start)}: {remedy}  {each.message}".rstrip()


def _place(text: str, at: int) -> str:
    """Return the line and the column of a place, from 1."""
    before = text.rfind("\n", 0, at)
    return f"{text.count(chr(10), 0, at) + 1}:{at - before}"


def _target(source: Source, out: Path) -> Path:
    return out / source.inside


@contextlib.contextmanager
def _bar(source: Source) -> Iterator[Callable[[ReceivedEvent], None]]:
    """Show how far a file is, when it will be done and what it costs, where standard error is a terminal."""
    from dragoman_client.cli.progress import is_terminal

    if not is_terminal():
        yield lambda _: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        TextColumn("{task.fields[spent]}", markup=False),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as shown:
        task = shown.add_task(source.inside.name, total=None, spent="")
        tokens, cost = 0, 0.0

        def on_event(event: ReceivedEvent) -> None:
            nonlocal tokens, cost
            if event.type == "task_progress" and event.fields.get("stage") == "queued":
                shown.update(task, spent=str(event.fields.get("message", "")))
            if event.type != "correction_chunk":
                return
            usage = event.fields.get("usage", {})
            tokens += usage.get("promptTokens", 0) + usage.get("completionTokens", 0)
            cost += usage.get("cost", 0.0)
            spent = f"{tokens} tokens" + (f", cost {cost:.4g}" if cost else "")
            shown.update(task, total=event.fields.get("total"), advance=1, spent=spent if tokens else "")

        yield on_event
