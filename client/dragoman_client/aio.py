"""The asyncio client."""

from __future__ import annotations

import os
import secrets
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self, Unpack, overload

import msgspec

from dragoman_client.cache import TranslationCache, missing
from dragoman_client.environment import arguments_from
from dragoman_client.exchange import Exchange
from dragoman_client.frames import ReceivedEvent
from dragoman_client.language import LanguageCalls
from dragoman_client.many import Failure, each_of
from dragoman_client.options import (
    CONCURRENCY,
    CallOptions,
    ClientOptions,
    Several,
    SpeakOptions,
    TranslateOptions,
    options_at,
    request_fields,
    speak_request,
    translation_request,
)
from dragoman_client.recording import recording_bytes
from dragoman_client.recording_streams import RecordingCalls
from dragoman_client.request_state import Patience
from dragoman_client.results import (
    SpokenText,
    Translation,
    TranslationFailed,
    VoiceResult,
    read_speech,
    read_transcription,
    read_translations,
    read_voice,
)
from dragoman_client.retry import RetryPolicy
from dragoman_client.servers import OnServer, ServerAddress, Servers, addresses_of
from dragoman_client.speech_stream import SpeechStream
from dragoman_client.stream import EventStream
from dragoman_wire.endpoints import DEFAULT_REQUESTS
from dragoman_wire.errors import DragomanError
from dragoman_wire.events import (
    CancelResult,
    CancelStatus,
    DetectResult,
    LanguagesResult,
    Pong,
    Transcription,
    VoicesResult,
)
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
    SoundFormat,
    StatsRequest,
    SubtitleFormat,
    TranscriptionRequest,
    TranslationRequest,
    VoicesRequest,
)


class Client(RecordingCalls, LanguageCalls):
    """The calls, on a connection to one server or to several; `async with Client() as client:`.

    Any number of calls may run at once. Of several servers, each new request goes to the one that has the fewest of
    this client's requests; a server that stops, or does not answer, is left out until it is back, and what it has not
    answered is sent to another one under the same task id.

    Args:
        requests: the endpoint that takes requests; or a list with one entry for each server: such an endpoint, or a
            pair of it and the endpoint of routed events. `tcp://HOST` stands for the default ports.
        routed: the endpoint that publishes routed events, where there is one server; by default on the same host, 4
            ports above that of the requests.
        peer: the name under which this client is answered (`replyTo`); by default a random one.
        timeout_s: without a new event of a request, before `TimedOut`.
        connect_timeout_s: for a server's first answer, before `ServerUnreachable`, or before it is left out.
        resend_s: without `accepted`, before a request is repeated; doubled up to 5 s.
        poll_s: without an event of an accepted task, before its stored events are asked for; after a lost connection
            that happens as soon as it is there again.
        retries: how often a convenience call sends again what met a retryable error: after the time that the server
            names, else after 0.5 s, doubled up to 10 s, each up to a quarter longer.
        limits: sizes past which a request is not even sent.
        cache: where `translate` looks first, and keeps what it has got; by default every call asks the server.
        on_disconnect: called with the `ServerAddress` of a server that is lost; it must not block.
        on_reconnect: called with that of a server that answers again; it must not block.

    Raises:
        ValueError: `peer` is no name of 1 to 64 characters of `A-Za-z0-9._:-`, or the servers are named in a way that
            does not say what their endpoints are.
    """

    def __init__(
        self,
        requests: Servers = DEFAULT_REQUESTS,
        routed: str | None = None,
        *,
        peer: str | None = None,
        timeout_s: float = 60.0,
        connect_timeout_s: float = 5.0,
        resend_s: float = 1.0,
        poll_s: float = 10.0,
        retries: int = 0,
        limits: WireLimits | None = None,
        cache: TranslationCache | None = None,
        on_disconnect: OnServer | None = None,
        on_reconnect: OnServer | None = None,
    ) -> None:
        self.peer = f"client-{secrets.token_hex(8)}" if peer is None else peer
        try:
            msgspec.convert(self.peer, PeerId)
        except msgspec.ValidationError as error:
            raise ValueError(f"{peer!r} is no peer name: 1 to 64 characters of A-Za-z0-9._:-") from error
        self._cache = cache
        self._exchange = Exchange(
            addresses_of(requests, routed),
            self.peer,
            patience=Patience(timeout_s=timeout_s, resend_s=resend_s, poll_s=poll_s),
            connect_timeout_s=connect_timeout_s,
            retry=RetryPolicy(retries=retries),
            limits=limits or WireLimits(),
            on_disconnect=on_disconnect,
            on_reconnect=on_reconnect,
        )

    @classmethod
    def from_env(cls, environment: Mapping[str, str] | None = None, **options: Unpack[ClientOptions]) -> Self:
        """Make a client from environment variables; those that are not set, or empty, leave the defaults.

        `DRAGOMAN_CLIENT__SERVERS` names the servers, with commas between them and a space between the two endpoints of
        one. Without it, `DRAGOMAN_SOCKETS__REQUESTS` and `DRAGOMAN_SOCKETS__ROUTED`, the server's own variables, do.
        `DRAGOMAN_CLIENT__PEER`, `__TIMEOUT_S`, `__CONNECT_TIMEOUT_S`, `__RESEND_S`, `__POLL_S` and `__RETRIES` are the
        arguments of these names.

        Args:
            environment: the variables; by default those of the process.
            **options: these come before the variables; see `Client`.

        Raises:
            ValueError: a variable that begins with `DRAGOMAN_CLIENT__` is not known, or has no possible value.
        """
        requests, routed, found = arguments_from(os.environ if environment is None else environment)
        return cls(requests, routed, **(found | options))

    @property
    def server_stopping_ms(self) -> int | None:
        """Return how long the server works on after it announced its stop, in ms; None while it is not stopping.

        Of several servers: None while one of them does not stop.
        """
        return self._exchange.drain_ms

    @property
    def servers(self) -> tuple[ServerAddress, ...]:
        """Return the servers that take new requests now; empty where none answers."""
        return self._exchange.answering

    async def __aenter__(self) -> Self:
        """Connect, and wait for a server's first answer.

        Raises:
            ServerUnreachable: there was none within `connect_timeout_s`.
        """
        await self._exchange.open()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose(clean=error is None)

    async def aclose(self, *, clean: bool = True) -> None:
        """Close; calls that wait raise `ConnectionClosed`. `clean` gives the last messages up to 1 s to leave."""
        await self._exchange.close(clean=clean)

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
        return self._exchange.stream(request, binaries or {}, timeout_s)

    # --- the calls ------------------------------------------------------------------------------------------------

    @overload
    async def translate(
        self, text: str, source: str = ..., *, to: str, **options: Unpack[TranslateOptions]
    ) -> Translation: ...
    @overload
    async def translate(
        self, text: str, source: str = ..., *, to: Several, **options: Unpack[TranslateOptions]
    ) -> dict[str, Translation]: ...
    @overload
    async def translate(
        self, text: Several, source: str = ..., *, to: str, **options: Unpack[TranslateOptions]
    ) -> list[Translation | Failure]: ...
    @overload
    async def translate(
        self, text: Several, source: str = ..., *, to: Several, **options: Unpack[TranslateOptions]
    ) -> list[dict[str, Translation] | Failure]: ...
    async def translate(
        self, text: str | Several, source: str = "auto", *, to: str | Several, **options: Unpack[TranslateOptions]
    ) -> Translation | dict[str, Translation] | list[Translation | Failure] | list[dict[str, Translation] | Failure]:
        """Translate one text or several, into one language or into several: then the translations come by language.

        Of several texts the results come in the order of the texts, and a failure stands in the place of its result: a
        `DragomanError` or a `ClientError`. They are requests of their own, of which `concurrency` are in flight at a
        time; a `task_id` is that of each, with "-" and the place of its text from 0 behind it.

        Args:
            text: a text, or a file as a text; or several.
            source: its language, or "auto".
            to: one language, or several.
            options: see `TranslateOptions`.

        Raises:
            DragomanError: the server's error for the one language, or for the request as a whole.
            TranslationFailed: of several languages some or all failed; it carries the others.
            ClientError: see `dragoman_client.errors`.
        """
        if isinstance(text, str):
            if isinstance(to, str):
                return await self._translated(text, source, to, options)
            return await self._translated_into(text, source, to, options)
        concurrency = options.get("concurrency", CONCURRENCY)
        if isinstance(to, str):
            return await each_of(
                text, lambda place, one: self._translated(one, source, to, options_at(options, place)), concurrency
            )
        return await each_of(
            text, lambda place, one: self._translated_into(one, source, to, options_at(options, place)), concurrency
        )

    async def _translated(self, text: str, source: str, to: str, options: TranslateOptions) -> Translation:
        request = translation_request(text, source, [to], options)
        results, errors = await self._translations(request, options)
        for error in errors.values():
            raise error
        return next(iter(results.values()))

    async def _translated_into(
        self, text: str, source: str, to: Several, options: TranslateOptions
    ) -> dict[str, Translation]:
        request = translation_request(text, source, list(dict.fromkeys(to)), options)
        results, errors = await self._translations(request, options)
        if errors:
            raise TranslationFailed(results, errors)
        return results

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

    # --- what the calls go through --------------------------------------------------------------------------------

    async def _attempts(
        self, request: Request, options: CallOptions, binaries: Mapping[str, bytes] | None = None
    ) -> list[ReceivedEvent]:
        """Send a request, again after a passing error, and return all events of the last attempt."""
        return await self._exchange.attempts(request, options, binaries)

    async def _ask(self, request: Request) -> ReceivedEvent:
        """Return the one event that answers a control request."""
        return await self._exchange.ask(request)

    def _call_off(self, task_id: str) -> None:
        """Let the server stop a task that nobody waits for; there is no answer to wait for."""
        self._exchange.call_off(task_id)
