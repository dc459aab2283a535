"""What is printed: results on standard output, errors on standard error."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from typing import Any, NoReturn

import typer
from msgspec import UNSET

from dragoman_client.errors import ClientError
from dragoman_wire.errors import DragomanError
from dragoman_wire.events import LanguagesResult, SpeakingVoice, VoicesResult
from dragoman_wire.printable import printable, printable_json, printable_text

_FEW = 6


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


def camel_keys(document: Any) -> Any:
    """Return a document of the operations endpoint with the keys of our own documents: `task_id` is `taskId`."""
    if isinstance(document, Mapping):
        return {_camel(str(name)): camel_keys(value) for name, value in document.items()}
    return [camel_keys(each) for each in document] if isinstance(document, list) else document


def _camel(name: str) -> str:
    first, *others = name.split("_")
    return first + "".join(other.capitalize() for other in others)


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
    say_failure(error.code, str(error), as_json=as_json)
    raise typer.Exit(exit_code)


def say_failure(code: str, sentence: str, *, as_json: bool) -> None:
    """Say what failed on standard error, and for scripts on standard output as well."""
    say(f"{code}: {sentence}", err=True)
    if as_json:
        print_json({"error": sentence, "errorCode": code})
