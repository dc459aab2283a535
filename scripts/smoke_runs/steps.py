"""The work of one environment: a real server on the embedded models, asked for everything through real sockets.

Runs inside the environment, as `python -m scripts.smoke_runs.steps`, and prints one JSON line for each step.
"""

from __future__ import annotations

import asyncio
import io
import json
import os
import subprocess
import sys
import sysconfig
import threading
import time
import wave
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import av

from dragoman_client import SyncClient
from dragoman_client.top.app import TopApp
from dragoman_wire.ops import OpsClient
from scripts.embedded_server import Server, embedded_server, exit_on_sigterm

TEXT = "The meeting has been moved to Tuesday afternoon."
SPOKEN = "Good morning. The train to Lisbon leaves at nine, and I have saved you a seat by the window."
HEARD = "good morning"
SOURCE, TARGET = "en", "pt"
_COMMAND_S = 60.0
_SCREEN_S = 30.0


class StepFailed(Exception):
    """Something is not as it should be; the sentence says what."""


@dataclass(kw_only=True)
class Work:
    """What the steps share."""

    server: Server
    client: SyncClient
    sounds: dict[str, bytes] = field(default_factory=dict)
    """English recordings by their format, from the step that makes them."""


def translate(work: Work) -> None:
    """Translate a text."""
    check("reunião", in_text=work.client.translate(TEXT, SOURCE, to=TARGET).text)


def speak(work: Work) -> None:
    """Let the server speak, in both of its formats; an MP3 is made of the WAV."""
    for name in ("wav", "ogg"):
        work.sounds[name] = spoken(work.client, name)
    work.sounds["mp3"] = to_mp3(work.sounds["wav"])


def transcribe(name: str) -> Callable[[Work], None]:
    """Write down the recording in one format."""

    def step(work: Work) -> None:
        if name not in work.sounds:
            raise StepFailed("there is no recording: nothing was spoken")
        check(HEARD, in_text=work.client.transcribe(work.sounds[name], SOURCE).text)

    return step


def translate_voice(work: Work) -> None:
    """Translate a voice message into one."""
    if "ogg" not in work.sounds:
        raise StepFailed("there is no recording: nothing was spoken")
    result = work.client.voice(work.sounds["ogg"], to=TARGET)
    for error in result.failed.values():
        raise error
    check("bom dia", in_text=result.audios[TARGET].text)
    check_playable(result.audios[TARGET].audio)


def use_commands(work: Work) -> None:
    """Use the command line, as it was installed."""
    dragoman = str(Path(sysconfig.get_path("scripts")) / "dragoman")
    endpoints = ("--requests", work.server.requests, "--routed", work.server.routed)
    run(dragoman, "--help")
    check("reunião", in_text=run(dragoman, *endpoints, "translate", TEXT, "--from", SOURCE, "--to", TARGET))


def watch(work: Work) -> None:
    """Look at the server with `dragoman top`, on a terminal that is not there."""
    asyncio.run(_watch(TopApp(OpsClient(work.server.ops), every_s=0.2)))


STEPS: dict[str, Callable[[Work], None]] = {
    "text": translate,
    "speech": speak,
    "WAV": transcribe("wav"),
    "MP3": transcribe("mp3"),
    "Ogg": transcribe("ogg"),
    "voice": translate_voice,
    "commands": use_commands,
    "top": watch,
}
START, SPANS, STOP = "start", "spans", "stop"
ALL = (START, *STEPS, STOP, SPANS)
"""The names of all steps, in the order in which they are reported."""


def main() -> int:
    """Run all steps; 1 where one failed."""
    exit_on_sigterm()
    outcome = Outcome()
    with ExitStack() as stack:
        endpoint, exports = stack.enter_context(collector())
        os.environ["OTEL_EXPORTER_OTLP_ENDPOINT"] = endpoint
        with outcome.step(START):
            server = stack.enter_context(embedded_server({"server.tracing": True}))
        if outcome.failed:
            return 1
        work = Work(server=server, client=stack.enter_context(SyncClient(server.requests, server.routed)))
        for name, step in STEPS.items():
            with outcome.step(name):
                step(work)
        with outcome.step(STOP):
            stop(server)
        with outcome.step(SPANS):
            # The server sends what it has before it ends.
            if not exports:
                raise StepFailed("no span reached the collector")
    return 1 if outcome.failed else 0


class Outcome:
    """Reports what passed and what did not, as it happens."""

    def __init__(self) -> None:
        self.failed = False

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """Report how a block ends."""
        begin_s = time.monotonic()
        error_text = None
        try:
            yield
        except Exception as error:  # noqa: BLE001 - whatever a library raises on this Python is what is looked for
            error_text = f"{type(error).__name__}: {error}"
            self.failed = True
        seconds = round(time.monotonic() - begin_s, 2)
        print(json.dumps({"step": name, "seconds": seconds, "error": error_text}), flush=True)


@contextmanager
def collector() -> Iterator[tuple[str, list[int]]]:
    """Run a collector of spans; its address, and the sizes in bytes of what it was sent."""
    exports: list[int] = []

    class Collector(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            exports.append(len(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            """Say nothing: standard output is for the steps."""

    with HTTPServer(("127.0.0.1", 0), Collector) as http:
        serving = threading.Thread(target=http.serve_forever)
        serving.start()
        try:
            yield f"http://127.0.0.1:{http.server_port}", exports
        finally:
            http.shutdown()
            serving.join()


def stop(server: Server) -> None:
    """Stop the server as a service manager does."""
    status = server.stop()
    if status != 0:
        raise StepFailed(f"the server should stop with exit status 0, not {status}")


def check(wanted: str, *, in_text: str) -> None:
    """Fail unless some words are in a text."""
    if wanted not in in_text.lower():
        raise StepFailed(f"{wanted!r} should be in {in_text!r}")


def check_playable(audio: bytes) -> None:
    """Fail unless this is a WAV file of a second or more."""
    with wave.open(io.BytesIO(audio)) as recording:
        if recording.getnframes() < recording.getframerate():
            raise StepFailed(f"the speech has only {recording.getnframes()} samples")


def spoken(client: SyncClient, name: str) -> bytes:
    """Let a sentence be spoken: a voice message that is written down already, and stays in its language."""
    request = {
        "type": "audio_process",
        "targetLanguages": [SOURCE],
        "speakOriginal": True,
        "mobileTranscription": {"text": SPOKEN, "language": SOURCE},
        "outputFormat": name,
    }
    events = list(client.events(request))
    for event in events:
        if event.error is not None:
            raise event.error
    audio = next((audio for event in events for audio in event.binaries.values()), b"")
    if not audio:
        raise StepFailed(f"no {name} came")
    return audio


def to_mp3(wav: bytes) -> bytes:
    """Encode a recording as a phone would."""
    file = io.BytesIO()
    with av.open(io.BytesIO(wav)) as source, av.open(file, "w", format="mp3") as target:
        stream = target.add_stream("libmp3lame", rate=source.streams.audio[0].rate)
        resampler = av.AudioResampler(format=stream.format, layout="mono", rate=stream.rate)
        for frame in source.decode(audio=0):
            for converted in resampler.resample(frame):
                target.mux(stream.encode(converted))
        target.mux(stream.encode(None))
    return file.getvalue()


def run(*command: str) -> str:
    """Run a command; its standard output."""
    done = subprocess.run(command, capture_output=True, text=True, timeout=_COMMAND_S, check=False)
    if done.returncode != 0:
        raise StepFailed(f"{' '.join(command)} ended with {done.returncode}: {done.stderr.strip()}")
    return done.stdout


async def _watch(app: TopApp) -> None:
    """Wait until the server's lanes are on the screen."""
    async with app.run_test() as pilot, asyncio.timeout(_SCREEN_S):
        while "translation" not in app.export_screenshot():
            await pilot.pause(0.1)


if __name__ == "__main__":
    sys.exit(main())
