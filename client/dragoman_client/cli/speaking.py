"""`dragoman speak`: speech to a file, to standard output or to the loudspeaker."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import typer

from dragoman_client.aio import Client
from dragoman_client.cli.calls import OnEvent, call, warn
from dragoman_client.cli.files import STDIN
from dragoman_client.cli.output import print_json
from dragoman_client.cli.settings import Settings
from dragoman_client.errors import ClientError
from dragoman_client.options import SpeakOptions
from dragoman_client.results import SpokenText
from dragoman_client.speech_stream import SpeechStream
from dragoman_wire.requests import SoundFormat

FORMATS: Mapping[str, SoundFormat] = {
    ".wav": "wav",
    ".ogg": "ogg",
    ".opus": "ogg",
    ".mp3": "mp3",
    ".flac": "flac",
    ".pcm": "pcm",
    ".raw": "pcm",
}
"""By the end of a file's name."""
PLAYERS: Mapping[str, str] = {
    "paplay": "--raw --format=s16le --rate={rate} --channels=1",
    "aplay": "--quiet --file-type raw --format S16_LE --rate {rate} --channels 1 -",
    "play": "-q --type raw --encoding signed --bits 16 --channels 1 --rate {rate} -",
    "ffplay": "-nodisp -autoexit -loglevel error -f s16le -ar {rate} -i -",
}
"""Programs that play samples from their standard input, and with which arguments; the first that is here is taken."""
_CANCEL_S = 2.0


@dataclass(frozen=True, kw_only=True, slots=True)
class SpeechCall:
    """A text, and how it is to be said."""

    text: str
    language: str | None
    options: SpeakOptions


def format_for(out: Path | None, given: SoundFormat | None) -> SoundFormat | None:
    """Return the format to ask for; None: the server's own.

    Raises:
        typer.BadParameter: the name of the file does not tell.
    """
    if given is not None or out is None or str(out) == STDIN:
        return given
    found = FORMATS.get(out.suffix.lower())
    if found is None:
        known = ", ".join(FORMATS)
        raise typer.BadParameter(
            f"the name {out.name} tells no format: {known}; or --audio-format", param_hint="--out"
        )
    return found


def find_player() -> str:
    """Return the program that will play.

    Raises:
        typer.BadParameter: there is none.
    """
    found = next((name for name in PLAYERS if shutil.which(name)), None)
    if found is None:
        raise typer.BadParameter(
            f"there is no player here ({', '.join(PLAYERS)}); write a file with --out FILE", param_hint="--out"
        )
    return found


def write(settings: Settings, request: SpeechCall, out: Path, *, as_json: bool) -> None:
    """Write the speech to a file, or to standard output."""

    async def work(client: Client, on_event: OnEvent) -> SpokenText:
        options: SpeakOptions = {**request.options, "on_event": on_event}
        return await client.speak(request.text, request.language, **options)

    spoken = call(settings, "speaking", work, as_json=as_json)
    if str(out) == STDIN:
        sys.stdout.buffer.write(spoken.audio)
        sys.stdout.buffer.flush()
    else:
        try:
            out.write_bytes(spoken.audio)
        except OSError as error:
            raise typer.BadParameter(f"cannot write {out}: {error.strerror}", param_hint="--out") from error
    _report(spoken, out, as_json=as_json)


def play(settings: Settings, request: SpeechCall, *, as_json: bool) -> None:
    """Play the speech, each piece as soon as it is spoken."""
    player = find_player()

    async def work(client: Client, on_event: OnEvent) -> SpokenText:
        options: SpeakOptions = {**request.options, "audio_format": "pcm", "on_event": on_event}
        async with client.speak_stream(request.text, request.language, **options) as stream:
            try:
                await _play(player, stream)
            except (asyncio.CancelledError, typer.Exit):
                # No one will hear the rest: the server need not go on.
                with contextlib.suppress(ClientError, TimeoutError):
                    async with asyncio.timeout(_CANCEL_S):
                        await client.cancel(stream.task_id)
                raise
            return await stream.result()

    _report(call(settings, "speaking", work, as_json=as_json), None, as_json=as_json)


async def _play(player: str, stream: SpeechStream) -> None:
    """Give the pieces to a player as they come, and wait until it has played them.

    Raises:
        typer.Exit: it failed.
    """
    process: asyncio.subprocess.Process | None = None
    try:
        async for chunk in stream:
            if process is None:
                arguments: Sequence[str] = PLAYERS[player].format(rate=chunk.sample_rate_hz).split()
                process = await asyncio.create_subprocess_exec(player, *arguments, stdin=asyncio.subprocess.PIPE)
            assert process.stdin is not None  # noqa: S101 - it was asked for
            process.stdin.write(chunk.audio)
            await process.stdin.drain()
        if process is not None and process.stdin is not None:
            process.stdin.close()
            await process.wait()
    except (BrokenPipeError, ConnectionResetError):
        pass  # its exit status says what is wrong
    finally:
        if process is not None and process.returncode is None:
            process.terminate()
            await process.wait()
    if process is not None and process.returncode:
        typer.echo(f"{player} could not play it (exit status {process.returncode}); try --out FILE", err=True)
        raise typer.Exit(1)


def _report(spoken: SpokenText, out: Path | None, *, as_json: bool) -> None:
    if as_json:
        print_json(
            {
                "file": str(out) if out is not None else None,
                "mimeType": spoken.mime_type,
                "language": spoken.language,
                "voice": spoken.voice,
                "durationMs": spoken.duration_ms,
                "warnings": list(spoken.warnings),
            }
        )
        return
    warn("", spoken.warnings)
    if out is not None and str(out) != STDIN:
        typer.echo(f"{out}: {spoken.duration_ms / 1000:.1f} s, said by {spoken.voice}")
