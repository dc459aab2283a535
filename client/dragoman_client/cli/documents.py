"""What `dragoman translate -f` does: many pieces of many files through the server, put together again in order."""

from __future__ import annotations

import asyncio
import sys
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import typer

from dragoman_client.aio import Client
from dragoman_client.cli.calls import FAILED, PARTLY, UNREACHABLE
from dragoman_client.cli.files import MOST_BYTES, FilesError, Output, Source, read_text
from dragoman_client.cli.output import fail, print_json, print_text, say
from dragoman_client.cli.progress import Shown, progress
from dragoman_client.cli.settings import Settings
from dragoman_client.cutting import Piece, cut
from dragoman_client.errors import ClientError, ServerUnreachable, TimedOut
from dragoman_client.results import Translation, TranslationFailed
from dragoman_wire.early_signals import INTERRUPTED, interruptible
from dragoman_wire.errors import DragomanError, EngineUnavailable
from dragoman_wire.events import TaskProgress
from dragoman_wire.formats import TextFormat
from dragoman_wire.requests import Priority, Replacement

IN_FLIGHT = 4
"""Requests at a time, of all files together."""
_RETRIES = 4
"""After errors that may pass; what a server that is full names a time for succeeds with the first ones."""
_TIMEOUT_S = 3600.0
_CONNECT_TIMEOUT_S = 5.0
_T = TypeVar("_T")


@dataclass(frozen=True, kw_only=True, slots=True)
class FilesRequest:
    """Files and the languages that they are wanted in."""

    sources: Sequence[Source]
    source: str
    languages: Sequence[str]
    out: Path | None
    """None: standard output."""
    force: bool
    format: TextFormat | None
    """None: by the name."""
    columns: Sequence[str]
    """Of CSV files."""
    model: str | None
    priority: Priority
    glossary: Mapping[str, Replacement]


@dataclass(kw_only=True, slots=True)
class FileResult:
    """What came of one file in one language."""

    source: Source
    language: str
    out: Path | None = None
    text: str | None = None
    """Where there is no file for it."""
    skipped: bool = False
    error: str = ""
    code: str = ""

    def as_dict(self) -> dict[str, Any]:
        """Return it for JSON."""
        status = "failed" if self.error else "skipped" if self.skipped else "translated"
        document: dict[str, Any] = {"file": self.source.name, "language": self.language, "status": status}
        if self.error:
            return document | {"error": self.error, "errorCode": self.code}
        return document | ({"text": self.text} if self.out is None else {"out": str(self.out)})


def translate_files(settings: Settings, request: FilesRequest, *, as_json: bool) -> None:
    """Translate files, and print or write what came of each as soon as it is there.

    Raises:
        typer.Exit: something failed, or it was interrupted.
    """
    timeout_s = _TIMEOUT_S if settings.timeout_s is None else settings.timeout_s
    try:
        with interruptible(), progress("translating") as shown:
            client = Client(
                settings.requests,
                settings.routed,
                timeout_s=timeout_s,
                connect_timeout_s=min(_CONNECT_TIMEOUT_S, timeout_s),
                retries=_RETRIES,
                on_disconnect=shown.lost,
                on_reconnect=shown.back,
            )
            translator = _Translator(client, request, _Progress(request.sources, shown))
            results = asyncio.run(_work(client, translator, as_json=as_json))
    except KeyboardInterrupt as error:
        say("interrupted; the same command goes on where this one stopped", err=True)
        raise typer.Exit(INTERRUPTED) from error
    except (ServerUnreachable, TimedOut) as error:
        fail(error, UNREACHABLE, as_json=as_json)
    except (DragomanError, ClientError) as error:
        fail(error, FAILED, as_json=as_json)
    if as_json:
        print_json({"files": [result.as_dict() for result in results]})
    _leave(results)


def _leave(results: Sequence[FileResult]) -> None:
    """Say what failed, and how many were left as they are.

    Raises:
        typer.Exit: something failed.
    """
    failed = [result for result in results if result.error]
    for result in failed:
        say(f"{result.source.name}, {result.language}: {result.code}: {result.error}", err=True)
    skipped = sum(result.skipped for result in results)
    if skipped:
        say(f"{skipped} of {len(results)} are there already and not older; --force makes them again", err=True)
    if failed:
        raise typer.Exit(FAILED if len(failed) == len(results) else PARTLY)


async def _work(client: Client, translator: _Translator, *, as_json: bool) -> list[FileResult]:
    results: list[FileResult] = []
    request = translator.request
    headings = len(request.sources) * len(request.languages) > 1
    async with client:
        calls = [lambda source=source: translator.translate(source) for source in request.sources]
        async for found in in_order(calls, IN_FLIGHT):
            results += found
            if not as_json:
                with translator.progress.shown.printing():
                    _print_results(found, headings=headings)
    return results


def _print_results(found: Iterable[FileResult], *, headings: bool) -> None:
    for result in found:
        if result.text is not None:
            _print(result, result.text, heading=headings)
        elif result.out is not None and not result.skipped and not result.error:
            say(f"{result.source.name} -> {result.out}")


def _print(result: FileResult, text: str, *, heading: bool) -> None:
    if heading:
        say(f"==> {result.source.name}, {result.language} <==")
    print_text(text, nl=not text.endswith("\n"))


class _Translator:
    """Translates one file after the other, a bounded number of requests at a time."""

    def __init__(self, client: Client, request: FilesRequest, progress: _Progress) -> None:
        self.request = request
        self.progress = progress
        self._client = client
        self._advance = progress.advance
        self._places = asyncio.Semaphore(IN_FLIGHT)

    async def translate(self, source: Source) -> list[FileResult]:
        """Return what came of a file, language by language; what fails for one file is no failure of the others."""
        request = self.request
        results = {language: FileResult(source=source, language=language) for language in request.languages}
        wanted = []
        for language, result in results.items():
            if request.out is not None:
                result.out = source.output(request.out, language)
                result.skipped = not request.force and source.is_done(result.out)
            if not result.skipped:
                wanted.append(language)
        if wanted:
            try:
                await self._translate(source, {language: results[language] for language in wanted})
            except (FilesError, OSError) as error:
                for language in wanted:
                    results[language].error, results[language].code = str(error), "unreadable"
        self._advance(source, -1)
        return list(results.values())

    async def _translate(self, source: Source, results: Mapping[str, FileResult]) -> None:
        if source.text is None:
            text, encoding = read_text(source, await asyncio.to_thread(read_source, source))
        else:
            text, encoding = source.text, "utf-8"
        form = self.request.format or source.format()
        # Only plain text can be cut without a look at what it says.
        pieces = cut(text) if form == "text" else [Piece(text, "")] if text else []
        language = await self._language(text, pieces)
        sinks = {each: _Sink(result, encoding) for each, result in results.items()}
        try:
            calls = [lambda piece=piece: self._piece(source, piece, language, form, sinks) for piece in pieces]
            async for piece, found, errors in in_order(calls, IN_FLIGHT):
                for each, sink in sinks.items():
                    if not sink.result.error:
                        sink.add(piece, found.get(each), errors.get(each))
                self._advance(source, piece.chars)
            for sink in sinks.values():
                sink.finish()
        finally:
            for sink in sinks.values():
                sink.leave()

    async def _language(self, text: str, pieces: Sequence[Piece]) -> str:
        """Return the language of a text that is cut: a heading by itself would be taken for another one."""
        if self.request.source != "auto" or len(pieces) <= 1:
            return self.request.source
        try:
            found = await self._client.detect(text.strip())
        except EngineUnavailable:
            return self.request.source
        return found.candidates[0].language if found.reliable else self.request.source

    def _progress(self, source: Source, piece: Piece) -> Callable[[TaskProgress], None]:
        """Return what takes the server's news of a document that is one piece."""
        seen = 0

        def on_progress(progress: TaskProgress) -> None:
            nonlocal seen
            done = piece.chars * min(progress.done, progress.total) // progress.total if progress.total else 0
            self._advance(source, max(0, done - seen))
            seen = max(seen, done)

        return on_progress

    async def _piece(
        self, source: Source, piece: Piece, language: str, form: TextFormat, sinks: Mapping[str, _Sink]
    ) -> tuple[Piece, Mapping[str, Translation], Mapping[str, DragomanError]]:
        targets = [each for each, sink in sinks.items() if not sink.result.error]
        if not piece.text or not targets:
            return piece, {}, {}
        request = self.request
        try:
            async with self._places:
                found = await self._client.translate(
                    piece.text,
                    language,
                    to=targets,
                    model_type=request.model,
                    glossary=request.glossary,
                    format=form if form != "text" else None,
                    columns=request.columns,
                    priority=request.priority,
                    on_progress=self._progress(source, piece) if form != "text" else None,
                )
        except TranslationFailed as failed:
            return piece, failed.results, failed.errors
        except DragomanError as error:
            return piece, {}, dict.fromkeys(targets, error)
        return piece, found, {}


@dataclass(slots=True)
class _Sink:
    """Takes the translated pieces of one file in one language, in order."""

    result: FileResult
    encoding: str
    _parts: list[str] = field(default_factory=list)
    _output: Output | None = None

    def __post_init__(self) -> None:
        if self.result.out is not None:
            self._output = Output(self.result.out, self.encoding)

    def add(self, piece: Piece, translation: Translation | None, error: DragomanError | None) -> None:
        if error is not None:
            self.result.error, self.result.code = str(error), error.code
            self._parts.clear()
            if self._output is not None:
                self._output.discard()
            return
        text = (translation.text if translation is not None else "") + piece.after
        if self._output is not None:
            self._output.write(text)
        else:
            self._parts.append(text)

    def finish(self) -> None:
        if self.result.error:
            return
        if self._output is not None:
            self._output.finish()
        else:
            self.result.text = "".join(self._parts)

    def leave(self) -> None:
        if self._output is not None:
            self._output.leave()


async def in_order(calls: Iterable[Callable[[], Awaitable[_T]]], most: int) -> AsyncIterator[_T]:
    """Yield the results of calls in their order, `most` of them at a time; those that run are cancelled at the end."""
    running: deque[asyncio.Future[_T]] = deque()
    try:
        for call in calls:
            running.append(asyncio.ensure_future(call()))
            if len(running) >= most:
                yield await running[0]
                running.popleft()
        while running:
            yield await running[0]
            running.popleft()
    finally:
        for future in running:
            future.cancel()
        await asyncio.gather(*running, return_exceptions=True)


def read_source(source: Source) -> bytes:
    """Read a file, or standard input.

    Raises:
        FilesError: it is larger than any text.
        OSError: it cannot be read.
    """
    if source.path is None:
        data = sys.stdin.buffer.read(MOST_BYTES + 1)
    else:
        with source.path.open("rb") as file:
            data = file.read(MOST_BYTES + 1)
    if len(data) > MOST_BYTES:
        raise FilesError(f"{source.name} is larger than {MOST_BYTES >> 20} MiB")
    return data


class _Progress:
    """Shows how far all files together are.

    Args:
        sources: the files.
        shown: what a person sees.
    """

    def __init__(self, sources: Sequence[Source], shown: Shown) -> None:
        self.shown = shown
        self._sizes = {source: _size_of(source) for source in sources}
        self._done = dict.fromkeys(sources, 0)

    @property
    def total(self) -> int:
        return sum(self._sizes.values())

    def advance(self, source: Source, chars: int) -> None:
        """Take note of characters of a file that are done; -1 is all of them."""
        size = self._sizes[source]
        self._done[source] = size if chars < 0 else min(size, self._done[source] + chars)
        self.shown.update(done=sum(self._done.values()), total=self.total, description=source.inside.name)


def _size_of(source: Source) -> int:
    return max(1, source.path.stat().st_size) if source.path else 1
