"""The same client for code without an event loop: the asyncio client in a thread of its own."""

from __future__ import annotations

import asyncio
import concurrent.futures
import contextlib
import os
import threading
from collections.abc import Coroutine, Iterator, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar, Unpack, overload

from dragoman_client.aio import Client
from dragoman_client.environment import arguments_from
from dragoman_client.errors import ConnectionClosed
from dragoman_client.events import TypedEvent
from dragoman_client.events.read import read_event
from dragoman_client.frames import ReceivedEvent
from dragoman_client.language import SyncLanguageCalls
from dragoman_client.many import Failure
from dragoman_client.options import CallOptions, ClientOptions, Several, SpeakOptions, TranslateOptions
from dragoman_client.results import SpokenChunk, SpokenText, Translation, VoiceResult
from dragoman_client.servers import ServerAddress, Servers
from dragoman_client.speech_stream import SpeechStream
from dragoman_client.stream import EventStream
from dragoman_client.sync_recording_streams import SyncRecordingCalls
from dragoman_wire.endpoints import DEFAULT_REQUESTS
from dragoman_wire.events import CancelStatus, DetectResult, LanguagesResult, Pong, Transcription, VoicesResult
from dragoman_wire.requests import Replacement, Request, SoundFormat, SubtitleFormat

_T = TypeVar("_T")


class SyncClient(SyncRecordingCalls, SyncLanguageCalls):
    """`with SyncClient() as client:`; arguments, methods and errors are those of `Client`.

    Threads may share one. Callbacks are called in the client's own thread.
    """

    def __init__(
        self, requests: Servers = DEFAULT_REQUESTS, routed: str | None = None, **options: Unpack[ClientOptions]
    ) -> None:
        self._client: Client = Client(requests, routed, **options)
        self._lock = threading.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stop = asyncio.Event()
        self._thread: threading.Thread | None = None

    @classmethod
    def from_env(cls, environment: Mapping[str, str] | None = None, **options: Unpack[ClientOptions]) -> Self:
        """Make a client from environment variables; see `Client.from_env`."""
        requests, routed, found = arguments_from(os.environ if environment is None else environment)
        return cls(requests, routed, **(found | options))

    @property
    def peer(self) -> str:
        """Return the name under which this client is answered."""
        return self._client.peer

    @property
    def servers(self) -> tuple[ServerAddress, ...]:
        """Return the servers that take new requests now."""
        return self._client.servers

    @property
    def server_stopping_ms(self) -> int | None:
        """Return the value of `Client.server_stopping_ms`."""
        return self._client.server_stopping_ms

    def __enter__(self) -> Self:
        """Connect.

        Raises:
            ServerUnreachable: the server did not answer.
        """
        opened: concurrent.futures.Future[None] = concurrent.futures.Future()
        self._thread = threading.Thread(
            target=self._run, args=(opened,), name=f"dragoman-client:{self.peer}", daemon=True
        )
        self._thread.start()
        try:
            opened.result()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close and wait for the thread; calls that wait raise `ConnectionClosed`. Safe to repeat."""
        with self._lock:
            loop, self._loop = self._loop, None
            if loop is not None:
                loop.call_soon_threadsafe(self._stop.set)
        if self._thread is not None:
            self._thread.join()

    def _run(self, opened: concurrent.futures.Future[None]) -> None:
        try:
            asyncio.run(self._main(opened))
        except BaseException as error:  # noqa: BLE001  # handed to the thread that waits for it
            if not opened.done():
                opened.set_exception(error)

    async def _main(self, opened: concurrent.futures.Future[None]) -> None:
        with self._lock:
            self._loop = asyncio.get_running_loop()
        opening = asyncio.create_task(self._client.__aenter__())
        stopping = asyncio.create_task(self._stop.wait())
        await asyncio.wait({opening, stopping}, return_when=asyncio.FIRST_COMPLETED)
        if not opening.done():
            # The waiting thread was interrupted.
            opening.cancel()
        try:
            await opening
            opened.set_result(None)
            await stopping
        finally:
            stopping.cancel()
            with self._lock:
                self._loop = None
            await self._client.aclose()

    def _call(self, coroutine: Coroutine[Any, Any, _T]) -> _T:
        with self._lock:
            if self._loop is None:
                coroutine.close()
                raise ConnectionClosed("the client is not open; use `with`")
            future = asyncio.run_coroutine_threadsafe(coroutine, self._loop)
        try:
            return future.result()
        except concurrent.futures.CancelledError as error:
            raise ConnectionClosed("the client was closed while it waited for the server") from error
        except BaseException:
            future.cancel()
            raise

    def events(
        self,
        request: Request | Mapping[str, Any],
        *,
        binaries: Mapping[str, bytes] | None = None,
        timeout_s: float | None = None,
    ) -> SyncEventStream:
        """Send any request and return its events as a plain iterator; see `Client.events`."""

        async def start() -> EventStream:
            return self._client.events(request, binaries=binaries, timeout_s=timeout_s)

        return SyncEventStream(self, self._call(start()))

    @overload
    def translate(
        self, text: str, source: str = ..., *, to: str, **options: Unpack[TranslateOptions]
    ) -> Translation: ...
    @overload
    def translate(
        self, text: str, source: str = ..., *, to: Several, **options: Unpack[TranslateOptions]
    ) -> dict[str, Translation]: ...
    @overload
    def translate(
        self, text: Several, source: str = ..., *, to: str, **options: Unpack[TranslateOptions]
    ) -> list[Translation | Failure]: ...
    @overload
    def translate(
        self, text: Several, source: str = ..., *, to: Several, **options: Unpack[TranslateOptions]
    ) -> list[dict[str, Translation] | Failure]: ...
    def translate(
        self, text: str | Several, source: str = "auto", *, to: str | Several, **options: Unpack[TranslateOptions]
    ) -> Translation | dict[str, Translation] | list[Translation | Failure] | list[dict[str, Translation] | Failure]:
        """Translate one text or several; see `Client.translate`."""
        call = self._client.translate
        if isinstance(text, str):
            if isinstance(to, str):
                return self._call(call(text, source, to=to, **options))
            return self._call(call(text, source, to=to, **options))
        if isinstance(to, str):
            return self._call(call(text, source, to=to, **options))
        return self._call(call(text, source, to=to, **options))

    def transcribe(
        self,
        audio: bytes | Path,
        language: str | None = None,
        *,
        word_timestamps: bool = False,
        formats: Sequence[SubtitleFormat] = (),
        vocabulary: Sequence[str] = (),
        audio_track: int | None = None,
        **options: Unpack[CallOptions],
    ) -> Transcription:
        """Transcribe a recording; see `Client.transcribe`."""
        return self._call(
            self._client.transcribe(
                audio,
                language,
                word_timestamps=word_timestamps,
                formats=formats,
                vocabulary=vocabulary,
                audio_track=audio_track,
                **options,
            )
        )

    def voice(
        self,
        audio: bytes | Path,
        *,
        to: str | list[str] | tuple[str, ...],
        language: str | None = None,
        model_type: str | None = None,
        voice: str | Mapping[str, str] | None = None,
        speed: float | None = None,
        audio_format: SoundFormat | None = None,
        glossary: Mapping[str, Replacement] | None = None,
        vocabulary: Sequence[str] = (),
        **options: Unpack[CallOptions],
    ) -> VoiceResult:
        """Turn a voice message into other languages; see `Client.voice`."""
        return self._call(
            self._client.voice(
                audio,
                to=to,
                language=language,
                model_type=model_type,
                voice=voice,
                speed=speed,
                audio_format=audio_format,
                glossary=glossary,
                vocabulary=vocabulary,
                **options,
            )
        )

    def speak(self, text: str, language: str | None = None, **options: Unpack[SpeakOptions]) -> SpokenText:
        """Turn a text into speech; see `Client.speak`."""
        return self._call(self._client.speak(text, language, **options))

    def speak_stream(
        self, text: str, language: str | None = None, **options: Unpack[SpeakOptions]
    ) -> SyncSpeechStream:
        """Turn a text into speech that comes piece by piece; see `Client.speak_stream`."""

        async def start() -> SpeechStream:
            return self._client.speak_stream(text, language, **options)

        return SyncSpeechStream(self, self._call(start()))

    def ping(self) -> Pong:
        """Ask whether the server is alive; see `Client.ping`."""
        return self._call(self._client.ping())

    def stats(self) -> dict[str, Any]:
        """Ask for the server's statistics; see `Client.stats`."""
        return self._call(self._client.stats())

    def voices(self) -> VoicesResult:
        """Ask for the server's voices; see `Client.voices`."""
        return self._call(self._client.voices())

    def languages(self, source: str | None = None, target: str | None = None) -> LanguagesResult:
        """Ask for the server's languages; see `Client.languages`."""
        return self._call(self._client.languages(source, target))

    def detect(self, text: str) -> DetectResult:
        """Ask which language a text is in; see `Client.detect`."""
        return self._call(self._client.detect(text))

    def cancel(self, task_id: str) -> CancelStatus:
        """Stop a task of this peer; see `Client.cancel`."""
        return self._call(self._client.cancel(task_id))


class SyncEventStream(Iterator[ReceivedEvent]):
    """The events of one request, one at a time; made by `SyncClient.events`. Leaving it early forgets the request."""

    def __init__(self, client: SyncClient, stream: EventStream) -> None:
        self._client = client
        self._stream = stream

    @property
    def task_id(self) -> str:
        """Return the id of the task, for `SyncClient.cancel`."""
        return self._stream.task_id

    def __next__(self) -> ReceivedEvent:
        event = self._client._call(_next_of(self._stream))  # noqa: SLF001  # two halves of one module
        if event is None:
            raise StopIteration
        return event

    def typed(self) -> Iterator[TypedEvent]:
        """Iterate over the same events as classes of `dragoman_client.events`, for `match`."""
        return map(read_event, self)

    def close(self) -> None:
        """Forget the request; safe to repeat, also after the client was closed."""
        with contextlib.suppress(ConnectionClosed):
            self._client._call(self._stream.aclose())  # noqa: SLF001

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class SyncSpeechStream(Iterator[SpokenChunk]):
    """The pieces of a spoken text, one at a time; made by `SyncClient.speak_stream`. See `SpeechStream`."""

    def __init__(self, client: SyncClient, stream: SpeechStream) -> None:
        self._client = client
        self._stream = stream

    @property
    def task_id(self) -> str:
        """Return the id of the task, for `SyncClient.cancel`."""
        return self._stream.task_id

    def __next__(self) -> SpokenChunk:
        chunk = self._client._call(_next_chunk_of(self._stream))  # noqa: SLF001  # two halves of one module
        if chunk is None:
            raise StopIteration
        return chunk

    def result(self) -> SpokenText:
        """Return the whole speech; wait for its end."""
        return self._client._call(self._stream.result())  # noqa: SLF001

    def close(self) -> None:
        """Forget the request; safe to repeat, also after the client was closed."""
        with contextlib.suppress(ConnectionClosed):
            self._client._call(self._stream.aclose())  # noqa: SLF001

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


async def _next_chunk_of(stream: SpeechStream) -> SpokenChunk | None:
    return await anext(stream, None)


async def _next_of(stream: EventStream) -> ReceivedEvent | None:
    return await anext(stream, None)
