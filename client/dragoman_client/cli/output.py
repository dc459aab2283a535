"""What is printed: results on standard output, progress and errors on standard error."""

from __future__ import annotations

import contextlib
import json
import sys
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NoReturn

import typer
from msgspec import UNSET
from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from dragoman_client.errors import ClientError
from dragoman_client.frames import ReceivedEvent
from dragoman_wire.errors import DragomanError
from dragoman_wire.events import LanguagesResult, SpeakingVoice, VoicesResult
from dragoman_wire.printable import printable, printable_json, printable_text

_FEW = 6
_STAGES = {
    "transcription_ready": "transcribed; translating and speaking",
    "audio_translation_ready": "spoken",
    "audio_translations_progressive": "spoken: {language}",
    "audio_translations_completed": "spoken: {language}",
    "translation_completed": "translated: {language}",
}


def say(line: str, *, err: bool = False) -> None:
    """Print a line that may hold words of a server or of a file, which a terminal must not obey."""
    typer.echo(printable(line), err=err)


def print_text(text: str, *, nl: bool = True) -> None:
    """Print a text on standard output: as it is to a file or a program, safe for a terminal to a person."""
    typer.echo(printable_text(text) if sys.stdout.isatty() else text, nl=nl)


def print_json(document: object) -> None:
    """Print one JSON document on standard output."""
    encoded = json.dumps(document, ensure_ascii=False, indent=2, default=str).encode("utf-8", "surrogatepass")
    typer.echo(printable_json(encoded).decode())


def print_tree(document: Mapping[str, Any], prefix: str = "") -> None:
    """Print a document for a person: one line for each value, under its dotted name."""
    for name, value in document.items():
        if isinstance(value, Mapping):
            print_tree(value, f"{prefix}{name}.")
        else:
            say(f"{prefix}{name}  {value if isinstance(value, str) else json.dumps(value, default=str)}")


def voice_note(voice: SpeakingVoice, known: VoicesResult, language: str | None) -> str:
    """Describe a voice: its languages, and those in which it is the default."""
    languages = [language] if language else voice.languages
    notes = []
    for word, chosen in (("default", known.default_voices), ("premium", known.best_voices)):
        spoken = [each for each in languages if chosen.get(each) == voice.name]
        if spoken:
            notes.append(word if len(languages) == 1 else f"{word} for {_few(spoken)}")
    said = "any language" if not voice.languages else "" if language else _few(voice.languages)
    return "  ".join(part for part in (said, ", ".join(notes)) if part)


def print_languages(found: LanguagesResult, *, available: bool, filtered: bool) -> None:
    """Print the pairs, one a line, and unless they are filtered what is heard and spoken."""
    for pair in found.pairs:
        notes = [pair.quality, pair.engine]
        if pair.via:
            notes.append(f"by way of {', '.join(pair.via)}")
        if pair.model_type is not UNSET:
            notes.append(f"--model {pair.model_type}")
        if pair.languages is not UNSET:
            notes.append(f"any two of {', '.join(pair.languages)}")
        say(f"{pair.source} -> {pair.target}  {'  '.join(notes)}")
    if not found.pairs:
        say("no pair", err=True)
    if not filtered:
        say(f"heard: {', '.join(found.transcription) or 'none'}")
        say(f"spoken: {', '.join(found.speech) or 'none'}")
    if available:
        for model in found.available or ():
            size = f", {model.size_mb} MB" if model.size_mb is not UNSET else ""
            say(f"available: {model.name} ({model.kind}{size}, {model.licence}): {model.command}")
    for warning in found.warnings or ():
        say(warning, err=True)


def _few(languages: list[str]) -> str:
    return ", ".join(languages) if len(languages) <= _FEW else f"{len(languages)} languages"


def fail(error: DragomanError | ClientError, exit_code: int, *, as_json: bool) -> NoReturn:
    """Say what failed on standard error, for scripts on standard output as well, and leave.

    Raises:
        typer.Exit: always.
    """
    say(f"{error.code}: {error}", err=True)
    if as_json:
        print_json({"error": str(error), "errorCode": error.code})
    raise typer.Exit(exit_code)


@contextlib.contextmanager
def progress(label: str) -> Iterator[Callable[[ReceivedEvent], None]]:
    """Show what is going on and for how long, where standard error is a terminal; call it with each event."""
    if not sys.stderr.isatty():
        yield lambda _: None
        return
    columns = SpinnerColumn(), TextColumn("{task.description}", markup=False), TimeElapsedColumn()
    with Progress(*columns, console=Console(stderr=True), transient=True) as shown:
        task = shown.add_task(label, total=None)

        def on_event(event: ReceivedEvent) -> None:
            stage = _STAGES.get(event.type)
            if stage is not None:
                shown.update(task, description=stage.format(language=event.language))

        yield on_event
