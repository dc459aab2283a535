"""What the commands do: call the server, print what it answers, and leave with the right exit code."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, TypeVar

import msgspec
import typer

from dragoman_client.aio import Client
from dragoman_client.cli.output import (
    camel_keys,
    fail,
    print_json,
    print_languages,
    print_text,
    print_tree,
    say,
    voice_note,
)
from dragoman_client.cli.progress import Shown, progress
from dragoman_client.cli.settings import Settings
from dragoman_client.errors import ClientError, ServerUnreachable, TimedOut
from dragoman_client.results import TranslationFailed, VoiceResult
from dragoman_wire.early_signals import interruptible
from dragoman_wire.errors import DragomanError
from dragoman_wire.events import DetectResult, LanguagesResult, VoicesResult
from dragoman_wire.requests import Priority, Replacement, SoundFormat

FAILED, UNREACHABLE, PARTLY = 1, 3, 4
_TIMEOUT_S = 60.0
RECORDING_TIMEOUT_S = 3600.0
_CONNECT_TIMEOUT_S = 5.0
_SUFFIXES = {
    "audio/wav": "wav",
    "audio/x-wav": "wav",
    "audio/mpeg": "mp3",
    "audio/ogg": "ogg",
    "audio/flac": "flac",
    "audio/pcm": "pcm",
}
_T = TypeVar("_T")
OnEvent = Shown
"""What calls tell of each event."""


@dataclass(frozen=True, kw_only=True, slots=True)
class TextRequest:
    """A text and the languages that it is wanted in."""

    text: str
    source: str
    languages: list[str]
    model: str | None
    priority: Priority
    glossary: Mapping[str, Replacement]


@dataclass(frozen=True, kw_only=True, slots=True)
class VoiceRequest:
    """A voice message and the languages that it is wanted in."""

    name: str
    """What the files are named after."""
    audio: bytes
    languages: list[str]
    language: str | None
    model: str | None
    voice: str | Mapping[str, str] | None
    speed: float | None
    audio_format: SoundFormat | None
    glossary: Mapping[str, Replacement]


def translate(settings: Settings, request: TextRequest, *, as_json: bool) -> None:
    """Print translations; of a text that some languages failed for, the others."""

    async def work(client: Client, on_event: OnEvent) -> TranslationFailed:
        try:
            results = await client.translate(
                request.text,
                request.source,
                to=request.languages,
                model_type=request.model,
                glossary=request.glossary,
                priority=request.priority,
                on_event=on_event,
            )
        except TranslationFailed as failed:
            return failed
        return TranslationFailed(results, {})

    outcome = call(settings, "translating", work, as_json=as_json)
    if as_json:
        translations = {language: camel_keys(asdict(each)) for language, each in outcome.results.items()}
        print_json({"translations": translations, "errors": _errors(outcome.errors)})
    else:
        for language in sorted(outcome.results, key=_position_in(request.languages)):
            prefix = f"{language}: " if len(request.languages) > 1 else ""
            print_text(prefix + outcome.results[language].text)
            warn(prefix, outcome.results[language].warnings)
    _leave(outcome.errors, some_worked=bool(outcome.results), named=len(request.languages) > 1)


def warn(prefix: str, warnings: Sequence[str]) -> None:
    """Say on standard error what the server finds doubtful."""
    for warning in warnings:
        say(f"{prefix}warning: {warning}", err=True)


def voice(settings: Settings, request: VoiceRequest, out: Path, *, as_json: bool) -> None:
    """Write one recording for each language, and print what is said in them."""

    async def work(client: Client, on_event: OnEvent) -> VoiceResult:
        return await client.voice(
            request.audio,
            to=request.languages,
            language=request.language,
            model_type=request.model,
            voice=request.voice,
            speed=request.speed,
            audio_format=request.audio_format,
            glossary=request.glossary,
            on_progress=lambda _: None,  # asked for: `on_event` shows it
            on_event=on_event,
        )

    result = call(settings, "transcribing", work, as_json=as_json, timeout_s=RECORDING_TIMEOUT_S)
    try:
        files = _write(result, request.name, out)
    except OSError as error:
        raise typer.BadParameter(f"cannot write to {out}: {error.strerror}", param_hint="--out") from error
    if as_json:
        print_json(_voice_document(result, files))
    else:
        print_text(result.transcription.text)
        for language in sorted(result.audios, key=_position_in(request.languages)):
            print_text(f"{language}: {result.audios[language].text} [{files[language]}]")
            warn(f"{language}: ", result.audios[language].warnings)
    _leave(result.failed, some_worked=bool(result.audios), named=True)


def voices(settings: Settings, language: str | None, *, as_json: bool) -> None:
    """Print the voices, those that speak by default marked."""

    async def work(client: Client, _: OnEvent) -> VoicesResult:
        return await client.voices()

    found = call(settings, "waiting for the server", work, as_json=as_json)
    chosen = [voice for voice in found.voices if not language or not voice.languages or language in voice.languages]
    if as_json:
        print_json(msgspec.to_builtins(msgspec.structs.replace(found, voices=chosen)))
        return
    width = max((len(voice.name) for voice in chosen), default=0)
    for voice in chosen:
        say(f"{voice.name:{width}}  {voice.engine:9}  {voice_note(voice, found, language)}".rstrip())
    if not chosen:
        say("no voices" if language is None else f"no voice speaks {language}", err=True)


def languages(settings: Settings, source: str | None, target: str | None, *, available: bool, as_json: bool) -> None:
    """Print the languages, pairs first."""

    async def work(client: Client, _: OnEvent) -> LanguagesResult:
        return await client.languages(source, target)

    found = call(settings, "waiting for the server", work, as_json=as_json)
    if as_json:
        print_json(msgspec.to_builtins(found))
    else:
        print_languages(found, available=available, filtered=source is not None or target is not None)


def detect(settings: Settings, text: str, *, as_json: bool) -> None:
    """Print the languages that a text may be in, the likeliest first."""

    async def work(client: Client, _: OnEvent) -> DetectResult:
        return await client.detect(text)

    found = call(settings, "waiting for the server", work, as_json=as_json)
    if as_json:
        print_json(msgspec.to_builtins(found))
        return
    for candidate in found.candidates:
        say(f"{candidate.language}  {candidate.confidence:.1%}")
    for warning in found.warnings or ():
        say(f"not reliable: {warning}", err=True)


def ping(settings: Settings, *, as_json: bool) -> None:
    """Print that the server is alive."""

    async def work(client: Client, _: OnEvent) -> tuple[dict[str, Any], float]:
        start_s = time.perf_counter()
        pong = await client.ping()
        return msgspec.to_builtins(pong), (time.perf_counter() - start_s) * 1000

    pong, took_ms = call(settings, "waiting for the server", work, as_json=as_json)
    if as_json:
        print_json({**pong, "roundTripMs": round(took_ms, 3)})
        return
    audio = "with" if pong["audio_pipeline_available"] else "without"
    say(f"{settings.requests} is {pong['translator_status']}, {audio} audio; answered in {took_ms:.1f} ms")


def stats(settings: Settings, *, as_json: bool) -> None:
    """Print the server's statistics."""

    async def work(client: Client, _: OnEvent) -> dict[str, Any]:
        return await client.stats()

    document = call(settings, "waiting for the server", work, as_json=as_json)
    if as_json:
        print_json(document)
    else:
        print_tree(document)


def call(
    settings: Settings,
    label: str,
    work: Callable[[Client, OnEvent], Awaitable[_T]],
    *,
    as_json: bool,
    timeout_s: float = _TIMEOUT_S,
    peer: str | None = None,
    retries: int = 0,
) -> _T:
    """Run `work` with a client, under the name of `peer` where one is given.

    Raises:
        typer.Exit: it failed; the reason is printed.
    """
    timeout_s = timeout_s if settings.timeout_s is None else settings.timeout_s

    async def run(shown: Shown) -> _T:
        try:
            client = Client(
                settings.requests,
                settings.routed,
                peer=peer,
                timeout_s=timeout_s,
                connect_timeout_s=min(_CONNECT_TIMEOUT_S, timeout_s),
                retries=retries,
                on_disconnect=shown.lost,
                on_reconnect=shown.back,
            )
        except ValueError as error:
            raise typer.BadParameter(str(error), param_hint="--peer") from error
        async with client:
            return await work(client, shown)

    try:
        with interruptible(), progress(label) as shown:
            return asyncio.run(run(shown))
    except (ServerUnreachable, TimedOut) as error:
        fail(error, UNREACHABLE, as_json=as_json)
    except (DragomanError, ClientError) as error:
        fail(error, FAILED, as_json=as_json)


def _leave(errors: Mapping[str, DragomanError], *, some_worked: bool, named: bool) -> None:
    """Say what failed on standard error.

    Raises:
        typer.Exit: something did.
    """
    for language, error in errors.items():
        where = f"{language}: " if named else ""
        say(f"{where}{error.code}: {error}", err=True)
    if errors:
        raise typer.Exit(PARTLY if some_worked else FAILED)


def _errors(errors: Mapping[str, DragomanError]) -> dict[str, dict[str, str]]:
    return {language: {"error": str(error), "errorCode": error.code} for language, error in errors.items()}


def _position_in(languages: list[str]) -> Callable[[str], int]:
    return lambda language: languages.index(language) if language in languages else len(languages)


def _write(result: VoiceResult, name: str, out: Path) -> dict[str, Path]:
    out.mkdir(parents=True, exist_ok=True)
    files = {}
    for language, each in result.audios.items():
        # The server names the language: it must not name a folder.
        safe = re.sub(r"[^A-Za-z0-9-]", "_", language)
        files[language] = out / f"{name}.{safe}.{suffix_of(each.mime_type)}"
        files[language].write_bytes(each.audio)
    return files


def suffix_of(mime_type: str) -> str:
    """Return how the names of files of a type end."""
    return _SUFFIXES.get(mime_type.partition(";")[0].strip().lower(), "bin")


def _voice_document(result: VoiceResult, files: Mapping[str, Path]) -> dict[str, Any]:
    audios = {
        language: {
            "text": each.text,
            "file": str(files[language]),
            "mimeType": each.mime_type,
            "durationMs": each.duration_ms,
            "voice": each.voice,
            "warnings": list(each.warnings),
        }
        for language, each in result.audios.items()
    }
    return {
        "transcription": msgspec.to_builtins(result.transcription),
        "audios": audios,
        "errors": _errors(result.failed),
    }
