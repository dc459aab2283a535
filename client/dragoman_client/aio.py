"""The asyncio client."""

from __future__ import annotations

import asyncio
import itertools
import random
import secrets
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self, Unpack, overload

import msgspec

from dragoman_client.cache import TranslationCache, missing
from dragoman_client.collecting import collect
from dragoman_client.connection import Connection, Inbox
from dragoman_client.errors import ConnectionClosed, ServerUnreachable, TimedOut
from dragoman_client.frames import Header, ReceivedEvent, header_of, pack
from dragoman_client.options import CallOptions, SpeakOptions, request_fields, speak_request
from dragoman_client.recording import recording_bytes
from dragoman_client.recording_streams import RecordingCalls
from dragoman_client.request_state import Patience, RequestState
from dragoman_client.results import (
    SpokenText,
    Translation,
    TranslationFailed,
    VoiceResult,
    read_speech,
    read_transcription,
    read_translations,
    read_voice,
    transient_error,
)
from dragoman_client.speech_stream import SpeechStream
from dragoman_client.stream import EventStream
from dragoman_wire.endpoints import DEFAULT_REQUESTS, DEFAULT_ROUTED
from dragoman_wire.errors import DragomanError, InternalFault
from dragoman_wire.events import (
    CancelResult,
    CancelStatus,
    DetectResult,
    LanguagesResult,
    Pong,
    Transcription,
    VoicesResult,
)
from dragoman_wire.formats import TextFormat
from dragoman_wire.limits import WireLimits
from dragoman_wire.requests import (
    DETECT_CHARS,
    AudioProcessRequest,
    CancelRequest,
    DetectRequest,
    LanguagesRequest,
    PeerId,
    PingRequest,
    Replacement,
    Request,
    ResultRequest,
    SoundFormat,
    StatsRequest,
    SubtitleFormat,
    TranscriptionRequest,
    TranslationRequest,
    VoicesRequest,
)

_HANDSHAKE_RESEND_S = 0.05
_HANDSHAKE_RESEND_MAX_S = 0.5
_BACKOFF_S = 0.5
_BACKOFF_MAX_S = 10.0


class Client(RecordingCalls):
    """The calls, on a connection to one server; `async with Client() as client:`. Any number may run at once.

    Args:
        requests: endpoint that takes requests.
        routed: endpoint that publishes routed events.
        peer: the name under which this client is answered (`replyTo`); by default a random one.
        timeout_s: without a new event of a request, before `TimedOut`.
        connect_timeout_s: for the server's first answer, before `ServerUnreachable`.
        resend_s: without `accepted`, before a request is repeated; doubled up to 5 s.
        poll_s: without an event of an accepted task, before its stored events are asked for; after a lost connection
            that happens as soon as it is there again.
        retries: how often a convenience call sends again what met `overloaded`, `engine_unavailable` or
            `shutting_down`, after the time that the server names.
        limits: sizes past which a request is not even sent.
        cache: where `translate` looks first, and keeps what it has got; by default every call asks the server.

    Raises:
        ValueError: `peer` is no name of 1 to 64 characters of `A-Za-z0-9._:-`.
    """

    def __init__(
        self,
        requests: str = DEFAULT_REQUESTS,
        routed: str = DEFAULT_ROUTED,
        *,
        peer: str | None = None,
        timeout_s: float = 60.0,
        connect_timeout_s: float = 5.0,
        resend_s: float = 1.0,
        poll_s: float = 10.0,
        retries: int = 0,
        limits: WireLimits | None = None,
        cache: TranslationCache | None = None,
    ) -> None:
        self.peer = f"client-{secrets.token_hex(8)}" if peer is None else peer
        try:
            msgspec.convert(self.peer, PeerId)
        except msgspec.ValidationError as error:
            raise ValueError(f"{peer!r} is no peer name: 1 to 64 characters of A-Za-z0-9._:-") from error
        self._requests, self._routed = requests, routed
        self._connect_timeout_s = connect_timeout_s
        self._patience = Patience(timeout_s=timeout_s, resend_s=resend_s, poll_s=poll_s)
        self._retries = retries
        self._limits = limits or WireLimits()
        self._cache = cache
        self._connection: Connection | None = None

    @property
    def server_stopping_ms(self) -> int | None:
        """Return how long the server works on after it announced its stop, in ms; None while it is not stopping."""
        return self._connection.drain_ms if self._connection else None

    async def __aenter__(self) -> Self:
        """Connect, and wait for the server's first answer.

        Raises:
            ServerUnreachable: there was none within `connect_timeout_s`.
        """
        self._connection = Connection(self._requests, self._routed, self.peer)
        try:
            await self._handshake()
        except BaseException:
            await self.aclose(clean=False)
            raise
        self._connection.watch(self._handshake)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose(clean=error is None)

    async def aclose(self, *, clean: bool = True) -> None:
        """Close; calls that wait raise `ConnectionClosed`. `clean` gives the last messages up to 1 s to leave."""
        if self._connection is not None:
            await self._connection.close(clean=clean)

    async def _handshake(self) -> None:
        # The first pings may be answered before the subscription has reached the server, hence the quick repeats.
        quick = Patience(
            timeout_s=self._connect_timeout_s, resend_s=_HANDSHAKE_RESEND_S, resend_max_s=_HANDSHAKE_RESEND_MAX_S
        )
        try:
            async for _ in self._stream(header_of(PingRequest(timestamp=time.time())), {}, quick):
                pass
        except (TimedOut, ServerUnreachable) as error:
            raise ServerUnreachable(
                f"no pong from {self._requests} (requests) on {self._routed} (routed events) within "
                f"{self._connect_timeout_s:g} s; is the server running there, and is this its `routed` endpoint?"
            ) from error

    def events(
        self,
        request: Request | Mapping[str, Any],
        *,
        binaries: Mapping[str, bytes] | None = None,
        timeout_s: float | None = None,
    ) -> EventStream:
        """Send any request of the contract and return its events as they come; nothing is retried.

        Args:
            request: typed, or a map with the wire's field names; `replyTo` is set here, `taskId` where it is missing.
            binaries: the binary frames by name, for example `{"audio": recording}`.
            timeout_s: instead of the client's.

        Raises:
            TooLarge: the request is over `limits`.
            ConnectionClosed: the client is not open.
        """
        patience = self._patience
        if timeout_s is not None:
            patience = Patience(timeout_s=timeout_s, resend_s=patience.resend_s, poll_s=patience.poll_s)
        return self._stream(header_of(request), binaries or {}, patience)

    def _stream(self, header: Header, binaries: Mapping[str, bytes], patience: Patience) -> EventStream:
        if self._connection is None:
            raise ConnectionClosed("the client is not open; use `async with`")
        header["replyTo"] = self.peer
        task_id = header["taskId"]
        frames = pack(header, binaries, self._limits)
        poll = pack(header_of(ResultRequest(task_id=task_id, reply_to=self.peer)), {}, self._limits)
        state = RequestState(
            header,
            patience,
            asyncio.get_running_loop().time(),
            server=self._requests,
            size_bytes=sum(map(len, frames)),
        )
        keys = [task_id]
        if state.control_answer is not None:
            # A server may answer a control request without the id.
            keys.append(f"type:{state.control_answer}")
        if isinstance(request_id := header.get("request_id"), str):
            keys.append(request_id)
        return EventStream(self._connection, Inbox(self._connection.router, keys), state, frames, poll)

    # --- the calls ------------------------------------------------------------------------------------------------

    @overload
    async def translate(
        self,
        text: str,
        source: str = ...,
        *,
        to: str,
        model_type: str | None = ...,
        glossary: Mapping[str, Replacement] | None = ...,
        format: TextFormat | None = ...,
        columns: Sequence[str] = ...,
        **options: Unpack[CallOptions],
    ) -> Translation: ...
    @overload
    async def translate(
        self,
        text: str,
        source: str = ...,
        *,
        to: list[str] | tuple[str, ...],
        model_type: str | None = ...,
        glossary: Mapping[str, Replacement] | None = ...,
        format: TextFormat | None = ...,
        columns: Sequence[str] = ...,
        **options: Unpack[CallOptions],
    ) -> dict[str, Translation]: ...
    async def translate(
        self,
        text: str,
        source: str = "auto",
        *,
        to: str | list[str] | tuple[str, ...],
        model_type: str | None = None,
        glossary: Mapping[str, Replacement] | None = None,
        format: TextFormat | None = None,  # noqa: A002 - the field's name on the wire
        columns: Sequence[str] = (),
        **options: Unpack[CallOptions],
    ) -> Translation | dict[str, Translation]:
        """Translate into one language, or into several: then the translations come by language.

        Args:
            text: a text, or a file as a text.
            source: its language, or "auto".
            to: one language, or several.
            model_type: which of the server's models.
            glossary: terms and what they become: a text, a map of texts by language, or None for a term that stays.
            format: what the text is a file of; "auto" lets the server find out. A text whose format is stated, "text"
                included, may be as long as a document, and the server tells how far it is (`on_progress`), so that a
                long one does not run out of `timeout_s`. See `dragoman_wire.formats.format_of`.
            columns: the columns of a CSV file that are translated.
            options: see `CallOptions`.

        Raises:
            DragomanError: the server's error for the one language, or for the request as a whole.
            TranslationFailed: of several languages some or all failed; it carries the others.
            ClientError: see `dragoman_client.errors`.
        """
        languages = [to] if isinstance(to, str) else list(dict.fromkeys(to))
        request = TranslationRequest(
            text=text,
            source_language=source,
            target_languages=languages,
            model_type=model_type,
            glossary=dict(glossary) if glossary else None,
            format=format,
            columns=list(columns) or None,
            **request_fields(options) | ({"progress": True} if format else {}),
        )
        results, errors = await self._translations(request, options)
        if not isinstance(to, str):
            if errors:
                raise TranslationFailed(results, errors)
            return results
        for error in errors.values():
            raise error
        return next(iter(results.values()))

    async def _translations(
        self, request: TranslationRequest, options: CallOptions
    ) -> tuple[dict[str, Translation], dict[str, DragomanError]]:
        """Return the translations that the client's cache has and those that the server gives, then the errors."""
        cache, use = self._cache, request.cache or "use"
        known = cache.recall(request) if cache is not None and use == "use" else {}
        asked = missing(request.languages, known)
        if known and not asked:
            return known, {}
        request = msgspec.structs.replace(request, target_languages=asked)
        results, errors = read_translations(await self._attempts(request, options), asked)
        if cache is not None and use != "off":
            cache.remember(request, results)
        return known | results, errors

    async def transcribe(
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
        """Transcribe a recording. A long one may need a larger `timeout_s`.

        Args:
            audio: the recording, or its file.
            language: what is spoken; None lets the model find out.
            word_timestamps: whether the segments' `words` are wanted.
            formats: the subtitles that are wanted as `srt` and `vtt`.
            vocabulary: names and terms that are probably said.
            audio_track: which audio track is heard, from 0; None: the default one, or the first with speech.
            options: see `CallOptions`.

        Raises:
            DragomanError: the server's error.
            ClientError: see `dragoman_client.errors`.
            OSError: the file is not readable.
        """
        wanted: dict[str, Any] = {"word_timestamps": word_timestamps or None, "formats": list(formats) or None}
        wanted |= {"vocabulary": list(vocabulary) or None, "audio_track": audio_track, "language": language}
        request = TranscriptionRequest(**wanted, **request_fields(options))
        return read_transcription(await self._attempts(request, options, {"audio": await recording_bytes(audio)}))

    async def voice(
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
        """Turn a voice message into other languages; those that failed are in its `failed`. See also `translate`.

        Args:
            audio: the recording, in any common format.
            to: target languages.
            language: what is probably spoken; it counts where the model is unsure.
            model_type: "premium" asks for the best models and voices, however slow.
            voice: the voice that speaks, by name: one voice, or one for each language. See `voices`.
            speed: 0.5 to 2; 1 is the voice's own pace.
            audio_format: by default the server's, as a rule "wav"; "ogg" is Opus and a tenth of the size. See `speak`.
            glossary: terms that must stay or become something; see `translate`.
            vocabulary: names and terms that are probably said.
            **options: see `CallOptions`.

        Raises:
            DragomanError: the server's error, where there is not even a transcription.
            ClientError: see `dragoman_client.errors`.
            OSError: the file is not readable.
        """
        recording = await recording_bytes(audio)
        request = AudioProcessRequest(
            target_languages=[to] if isinstance(to, str) else list(dict.fromkeys(to)),
            user_language=language,
            model_type=model_type,
            voice=voice if isinstance(voice, str) else None,
            voices=dict(voice) if isinstance(voice, Mapping) else None,
            speed=speed,
            output_format=audio_format,
            glossary=dict(glossary) if glossary else None,
            vocabulary=list(vocabulary) or None,
            **request_fields(options),
        )
        return read_voice(await self._attempts(request, options, {"audio": recording}))

    async def speak(self, text: str, language: str | None = None, **options: Unpack[SpeakOptions]) -> SpokenText:
        """Turn a text into speech. `language` is the text's, None lets the server find out; see also `SpeakOptions`.

        Raises:
            DragomanError: the server's error.
            ClientError: see `dragoman_client.errors`.
        """
        return read_speech(await self._attempts(speak_request(text, language, options, stream=False), options))

    def speak_stream(self, text: str, language: str | None = None, **options: Unpack[SpeakOptions]) -> SpeechStream:
        """Turn a text into speech that comes piece by piece, each as soon as it is spoken; nothing is retried.

        `async for chunk in client.speak_stream("Bom dia.", "pt"): play(chunk.audio)`; then `await stream.result()`
        is what `speak` returns.

        Raises:
            TooLarge: the request is over `limits`.
            ConnectionClosed: the client is not open.
        """
        request = speak_request(text, language, options, stream=True)
        return SpeechStream(self.events(request, timeout_s=options.get("timeout_s")), options)

    async def ping(self) -> Pong:
        """Ask whether the server is alive.

        Raises:
            ClientError: it is not, or not within `timeout_s`.
        """
        return (await self._ask(PingRequest(timestamp=time.time()))).read_as(Pong)

    async def stats(self) -> dict[str, Any]:
        """Ask for the server's statistics: the document of its operations endpoint.

        Raises:
            ClientError: no answer.
        """
        answer = await self._ask(StatsRequest())
        return {name: value for name, value in answer.fields.items() if name not in ("type", "taskId")}

    async def voices(self) -> VoicesResult:
        """Ask for the voices that the server has; there are none while it is loading them.

        Raises:
            ClientError: no answer.
        """
        return (await self._ask(VoicesRequest())).read_as(VoicesResult)

    async def languages(self, source: str | None = None, target: str | None = None) -> LanguagesResult:
        """Ask which languages the server can translate, hear and speak, and which models it could have.

        Args:
            source: only pairs from this language; a model for many languages is then listed pair by pair.
            target: only pairs into this language, in the same way.

        Raises:
            ClientError: no answer.
        """
        request = LanguagesRequest(source_language=source, target_language=target)
        return (await self._ask(request)).read_as(LanguagesResult)

    async def detect(self, text: str) -> DetectResult:
        """Ask which language a text is in; its first 4,000 characters are looked at.

        Raises:
            EngineUnavailable: the server has no language identifier.
            ClientError: no answer.
        """
        return (await self._ask(DetectRequest(text=text[:DETECT_CHARS]))).read_as(DetectResult)

    async def cancel(self, task_id: str) -> CancelStatus:
        """Stop a task of this peer: "cancelled", "finished" (too late) or "unknown".

        Raises:
            ClientError: no answer.
        """
        return (await self._ask(CancelRequest(task_id=task_id))).read_as(CancelResult).status

    # --- sending and waiting --------------------------------------------------------------------------------------

    async def _attempts(
        self, request: Request, options: CallOptions, binaries: Mapping[str, bytes] | None = None
    ) -> list[ReceivedEvent]:
        """Send a request, again after a passing error, and return all events of the last attempt."""
        header = header_of(request)
        for attempt in itertools.count():
            stream = self.events(header, binaries=binaries, timeout_s=options.get("timeout_s"))
            events = await collect(stream, options, self._call_off)
            error = transient_error(events)
            if error is None or attempt >= self._retries:
                break
            backoff_s = min(_BACKOFF_S * 2**attempt, _BACKOFF_MAX_S)
            after_s = backoff_s if error.retry_after_ms is None else error.retry_after_ms / 1000
            # Peers that were refused together should not come back together.
            await asyncio.sleep(after_s * random.uniform(1.0, 1.25))  # noqa: S311  # no secret
        return events

    def _call_off(self, task_id: str) -> None:
        """Let the server stop a task that nobody waits for; there is no answer to wait for."""
        if self._connection is not None:
            request = CancelRequest(task_id=task_id, reply_to=self.peer)
            self._connection.send(pack(header_of(request), {}, self._limits))

    async def _ask(self, request: Request) -> ReceivedEvent:
        async for event in self.events(request):
            error = event.error
            if error is not None:
                raise error
            return event
        raise InternalFault("the server ended a control request without an answer")
