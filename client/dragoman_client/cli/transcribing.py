"""What `dragoman transcribe` does: recordings through the server, a few at a time, their text as it comes."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec
import typer

from dragoman_client.aio import Client
from dragoman_client.choices import Format
from dragoman_client.cli.calls import FAILED, PARTLY, RECORDING_TIMEOUT_S, OnEvent, call
from dragoman_client.cli.documents import in_order
from dragoman_client.cli.files import FilesError, Output
from dragoman_client.cli.output import fail, print_json, print_text, say
from dragoman_client.cli.recordings import RecordingFile
from dragoman_client.cli.settings import Settings
from dragoman_client.formats import render
from dragoman_client.frames import ReceivedEvent
from dragoman_client.recording_streams import TranscribeOptions
from dragoman_wire.errors import DragomanError, EngineUnavailable, Overloaded, ShuttingDown
from dragoman_wire.events import Transcription

IN_FLIGHT = 2
"""Recordings at a time: while one is being transcribed the next one is on its way."""
_RETRIES = 10


@dataclass(frozen=True, kw_only=True, slots=True)
class TranscribeRequest:
    """Recordings, and how their transcriptions are wanted."""

    recordings: Sequence[RecordingFile]
    out: Path | None
    """None: standard output."""
    force: bool
    formats: Sequence[Format]
    language: str | None
    words: bool
    vocabulary: Sequence[str]


@dataclass(kw_only=True, slots=True)
class RecordingResult:
    """What came of one recording."""

    recording: RecordingFile
    out: Sequence[Path] = ()
    transcription: Transcription | None = None
    skipped: bool = False
    error: DragomanError | FilesError | OSError | None = None

    @property
    def code(self) -> str:
        """Return the code of the error."""
        return self.error.code if isinstance(self.error, DragomanError) else "unreadable"

    def as_dict(self) -> dict[str, Any]:
        """Return it for JSON."""
        status = "failed" if self.error else "skipped" if self.skipped else "transcribed"
        document: dict[str, Any] = {"file": self.recording.name, "status": status}
        if self.error is not None:
            return document | {"error": str(self.error), "errorCode": self.code}
        if self.out:
            return document | {"out": [str(path) for path in self.out]}
        return document | {"transcription": msgspec.to_builtins(self.transcription)}


def transcribe(settings: Settings, request: TranscribeRequest, *, as_json: bool) -> None:
    """Transcribe recordings, and print or write what came of each as soon as it is there.

    Raises:
        typer.Exit: something failed, or it was interrupted.
    """

    async def work(client: Client, shown: OnEvent) -> list[RecordingResult]:
        return await _Transcriber(client, request, shown, as_json=as_json).run()

    # Without a folder for them, the one format is the document.
    whole = as_json or (request.out is None and request.formats[0] is Format.JSON)
    results = call(settings, "transcribing", work, as_json=whole, timeout_s=RECORDING_TIMEOUT_S, retries=_RETRIES)
    if whole:
        _print_document(results, single=request.out is None and len(request.recordings) == 1)
    _leave(results)


def _print_document(results: Sequence[RecordingResult], *, single: bool) -> None:
    if not single:
        print_json({"files": [result.as_dict() for result in results]})
    elif results[0].transcription is not None:
        print_text(render(results[0].transcription, Format.JSON))
    elif isinstance(results[0].error, DragomanError):
        fail(results[0].error, FAILED, as_json=True)


def _leave(results: Sequence[RecordingResult]) -> None:
    """Say what failed, and how many were left as they are.

    Raises:
        typer.Exit: something failed.
    """
    failed = [result for result in results if result.error]
    for result in failed:
        where = f"{result.recording.name}: " if len(results) > 1 else ""
        say(f"{where}{result.code}: {result.error}", err=True)
    skipped = sum(result.skipped for result in results)
    if skipped:
        say(f"{skipped} of {len(results)} are there already and not older; --force makes them again", err=True)
    if failed:
        raise typer.Exit(FAILED if len(failed) == len(results) else PARTLY)


@dataclass(slots=True)
class _Transcriber:
    """Has recordings transcribed, and shows how far all of them are together."""

    client: Client
    request: TranscribeRequest
    shown: OnEvent
    as_json: bool = field(kw_only=True)
    _sizes: Mapping[RecordingFile, int] = field(init=False)
    _done: dict[RecordingFile, float] = field(init=False)
    _printed: set[RecordingFile] = field(init=False, default_factory=set)
    """Those whose text stands there already."""

    def __post_init__(self) -> None:
        self._sizes = {recording: recording.size_bytes for recording in self.request.recordings}
        self._done = dict.fromkeys(self.request.recordings, 0.0)

    async def run(self) -> list[RecordingResult]:
        """Return what came of each; what fails for one is no failure of the others."""
        results = []
        calls = [lambda recording=recording: self._one(recording) for recording in self.request.recordings]
        async for result in in_order(calls, IN_FLIGHT if self.request.out is not None else 1):
            results.append(result)
            self._print(result)
        return results

    async def _one(self, recording: RecordingFile) -> RecordingResult:
        out = self.request.out
        outputs = [recording.output(out, form) for form in self.request.formats] if out is not None else []
        result = RecordingResult(recording=recording, out=outputs)
        if outputs and not self.request.force and recording.is_done(outputs):
            result.skipped = True
        else:
            try:
                await self._transcribe(result)
            except BrokenPipeError:
                raise  # the reader of standard output is gone, and nothing is wrong with the recording
            except (DragomanError, FilesError, OSError) as error:
                result.error = error
        self._advance(recording, 1.0)
        return result

    async def _transcribe(self, result: RecordingResult) -> None:
        request = self.request
        audio = await asyncio.to_thread(result.recording.read)
        options: TranscribeOptions = {
            "word_timestamps": request.words,
            "vocabulary": request.vocabulary,
            "on_progress": lambda _: None,  # asked for, so that a long one does not look like silence
            "on_event": self._watch(result.recording),
        }
        if self._flows:
            result.transcription = await self._as_it_comes(result.recording, audio, options)
        if result.transcription is None:
            result.transcription = await self.client.transcribe(audio, request.language, **options)
        for path, form in zip(result.out, request.formats if result.out else (), strict=True):
            written = Output(path, "utf-8")
            written.write(render(result.transcription, form) + "\n")
            written.finish()

    @property
    def _flows(self) -> bool:
        """Return whether the text is printed while it is recognised."""
        return self.request.out is None and not self.as_json and self.request.formats[0] is Format.TEXT

    async def _as_it_comes(
        self, recording: RecordingFile, audio: bytes, options: TranscribeOptions
    ) -> Transcription | None:
        """Print the segments as they come; None where the server has no room yet, and is to be asked again."""
        flow = _Flow(self.shown)
        try:
            async with self.client.transcribe_stream(audio, self.request.language, **options) as stream:
                async for segment in stream:
                    if not flow.begun:
                        self._head(recording)
                    flow.add(segment.text)
                transcription = await stream.result()
        except (Overloaded, EngineUnavailable, ShuttingDown):
            if flow.begun:
                raise
            return None
        if flow.begun:
            flow.finish(render(transcription, Format.TEXT))
            self._printed.add(recording)
        return transcription

    def _head(self, recording: RecordingFile) -> None:
        if len(self._sizes) > 1:
            with self.shown.printing():
                say(f"==> {recording.name} <==")

    def _watch(self, recording: RecordingFile) -> Callable[[ReceivedEvent], None]:
        """Return what takes the events of one recording."""

        def on_event(event: ReceivedEvent) -> None:
            done, total = event.fields.get("done"), event.fields.get("total")
            working = event.type == "task_progress" and event.fields.get("stage") == "working"
            if working and isinstance(done, int | float) and isinstance(total, int | float) and total > 0:
                self._advance(recording, min(1.0, done / total))
            elif not working and len(self._sizes) == 1:
                self.shown(event)

        return on_event

    def _advance(self, recording: RecordingFile, part: float) -> None:
        self._done[recording] = max(self._done[recording], part)
        done = sum(self._sizes[each] * part for each, part in self._done.items())
        self.shown.update(done=done, total=sum(self._sizes.values()), description=f"transcribing {recording.inside}")

    def _print(self, result: RecordingResult) -> None:
        if self.as_json or result.transcription is None or result.recording in self._printed:
            return
        form = self.request.formats[0]
        if result.out:
            with self.shown.printing():
                say(f"{result.recording.name} -> {', '.join(map(str, result.out))}")
        elif form is not Format.JSON:  # of that, all together are one document, at the end
            self._head(result.recording)
            with self.shown.printing():
                print_text(render(result.transcription, form))


class _Flow:
    """A text that is printed bit by bit, with a line for each segment where the bar would stand in the way of one."""

    def __init__(self, shown: OnEvent) -> None:
        self._shown = shown
        self._lines = shown.visible and sys.stdout.isatty()
        self._text = ""

    @property
    def begun(self) -> bool:
        """Return whether something was printed."""
        return bool(self._text)

    def add(self, segment: str) -> None:
        """Print a segment."""
        blank = " " if self._text else ""
        self._text += blank + segment
        with self._shown.printing():
            print_text(segment if self._lines else blank + segment, nl=self._lines)

    def finish(self, whole: str) -> None:
        """Print what is missing of the whole text."""
        said = self._text.strip()
        rest = whole[len(said) :] if whole.startswith(said) else f"\n{whole}"
        if rest or not self._lines:
            with self._shown.printing():
                print_text(rest)
