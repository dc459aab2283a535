"""Starts a server on the embedded models and sends it real work: a text, a recording, a voice message.

Everything goes through the client library and real sockets, and is printed as it comes.
"""

from __future__ import annotations

import argparse
import io
import sys
import time
import wave
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from embedded_server import Server, ServerFailed, embedded_server, exit_on_sigterm

from dragoman_client import ClientError, DragomanError, Event, SyncClient

ROOT = Path(__file__).resolve().parent.parent
TEXT = "The meeting has been moved to Tuesday afternoon. Please bring the report and a printed copy of the contract."
SPOKEN = "Good morning. The train to Lisbon leaves at nine, and I have saved you a seat by the window."
SOURCE, TARGET = "en", "pt"


class DemoFailed(Exception):
    """Something did not work; the sentence says what."""


def main() -> int:
    """Run the demo; the exit status."""
    options = _options()
    exit_on_sigterm()
    try:
        with embedded_server({"engines.speech.quality": "best"}) as server:
            say(f"The server is ready after {server.ready_after_s:.1f} s; requests go to {server.requests}.")
            show(server, options.recording, options.out)
            stop(server)
    except KeyboardInterrupt:
        print("interrupted; the server is stopped", file=sys.stderr)
        return 130
    except (DemoFailed, ServerFailed, ClientError, DragomanError, OSError) as error:
        print(f"the demo failed: {error}", file=sys.stderr)
        return 1
    return 0


def show(server: Server, recording: Path | None, out: Path) -> None:
    """Send one request of each kind, and keep the recordings."""
    out.mkdir(parents=True, exist_ok=True)
    with SyncClient(server.requests, server.routed) as client:
        translate(client)
        if recording is None:
            recording = speak(client, out / f"demo.{SOURCE}.wav")
        audio = recording.read_bytes()
        transcribe(client, recording, audio)
        translate_voice(client, audio, out / f"{recording.stem.removesuffix('.' + SOURCE)}.{TARGET}.wav")
    say(f"The recordings are in {_shown(out)}.")


def translate(client: SyncClient) -> None:
    """Translate a text."""
    say(f'\nA text, from {SOURCE} to {TARGET}: "{TEXT}"')
    request = {"type": "translation", "text": TEXT, "sourceLanguage": SOURCE, "targetLanguages": [TARGET]}
    follow(client, request, {})


def speak(client: SyncClient, path: Path) -> Path:
    """Have a sentence of ours said aloud by the server."""
    say(f'\nNo recording was given, so the server speaks one: "{SPOKEN}"')
    return keep(follow(client, {"type": "speak", "text": SPOKEN, "language": SOURCE}, {}), path)


def transcribe(client: SyncClient, recording: Path, audio: bytes) -> None:
    """Transcribe a recording."""
    say(f"\nA recording to write down: {_shown(recording)}, {len(audio):,} bytes")
    follow(client, {"type": "transcription_only"}, {"audio": audio})


def translate_voice(client: SyncClient, audio: bytes, path: Path) -> None:
    """Translate a voice message."""
    say(f"\nThe same recording as a voice message, to be heard in {TARGET}:")
    keep(follow(client, {"type": "audio_process", "targetLanguages": [TARGET]}, {"audio": audio}), path)


def follow(client: SyncClient, request: Mapping[str, Any], binaries: Mapping[str, bytes]) -> list[Event]:
    """Send a request and print its events as they come."""
    events = []
    begin_s = time.monotonic()
    for event in client.events(request, binaries=binaries):
        say(f"  {time.monotonic() - begin_s:6.3f} s  {event.type:<23} {_described(event)}".rstrip())
        events.append(event)
    error = next((event.error for event in events if event.error is not None), None)
    if error is not None:
        raise DemoFailed(f"{request['type']} was answered with {error.code}: {error}")
    return events


def keep(events: list[Event], path: Path) -> Path:
    """Write the speech that came, and open it as a player would."""
    audio = next((audio for event in events for audio in event.binaries.values()), b"")
    try:
        with wave.open(io.BytesIO(audio)) as recording:
            seconds = recording.getnframes() / recording.getframerate()
    except (wave.Error, EOFError) as error:
        raise DemoFailed(f"the server sent no playable recording: {error}") from error
    path.write_bytes(audio)
    say(f"  written to {_shown(path)}, {seconds:.1f} s long")
    return path


def stop(server: Server) -> None:
    """Stop the server gracefully."""
    begin_s = time.monotonic()
    status = server.stop()
    say(f"\nSIGTERM: the server stopped after {time.monotonic() - begin_s:.1f} s with exit status {status}.")
    if status != 0:
        raise DemoFailed(f"the server should stop with exit status 0, not {status}")


def say(line: str) -> None:
    """Print at once, also into a pipe."""
    print(line, flush=True)


def _described(event: Event) -> str:
    """Describe an event in a few words."""
    fields = event.fields
    match event.type:
        case "translation_completed":
            return f'"{fields["result"]["translatedText"]}"'
        case "transcription_completed" | "transcription_ready":
            return f'"{fields["transcription"]["text"]}"'
        case "audio_translation_ready":
            return f'"{fields["translatedAudio"]["translatedText"]}", said by {fields["translatedAudio"]["voice"]}'
        case "speech_completed":
            return f"said by {fields['voice']}"
        case "task_finished":
            queued_ms, computed_ms = round(fields["queueTimeMs"]), round(fields["computeTimeMs"])
            return f"{fields['status']}; {queued_ms} ms queued, {computed_ms} ms computed"
    return f"{event.error.code}: {event.error}" if event.error else ""


def _shown(path: Path) -> Path:
    return path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("recording", nargs="?", type=_file, help="English speech, in any common format")
    parser.add_argument("--out", type=Path, default=ROOT / "demo-output", help="folder for the recordings")
    return parser.parse_args()


def _file(name: str) -> Path:
    path = Path(name)
    if not path.is_file():
        raise argparse.ArgumentTypeError(f"there is no file {name}")
    return path


if __name__ == "__main__":
    sys.exit(main())
