"""What a type checker says of the client's public API. mypy checks this file with the others; nothing runs it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, assert_never, assert_type

import msgspec
from msgspec import UnsetType

from dragoman_client import (
    AvailableModel,
    BadAnswer,
    Client,
    ClientError,
    ConnectionClosed,
    ConversationMessage,
    CorrectionCompleted,
    DetectResult,
    DragomanError,
    Event,
    EventStream,
    ExtractionCompleted,
    Failure,
    Format,
    LanguageCandidate,
    LanguagePair,
    LanguagesResult,
    OtherEvent,
    Pong,
    ReceivedEvent,
    ServerAddress,
    ServerUnreachable,
    SpeakingVoice,
    SpeechStream,
    SpokenChunk,
    SpokenText,
    SpokenTranslation,
    SyncClient,
    SyncEventStream,
    SyncSpeechStream,
    SyncTranscriptionStream,
    SyncVoiceStream,
    TimedOut,
    Transcription,
    TranscriptionStream,
    TranscriptSegment,
    TranscriptWord,
    Translation,
    TranslationCache,
    TranslationFailed,
    TypedEvent,
    VoiceChunk,
    VoiceResult,
    VoicesResult,
    VoiceStream,
    __version__,
    read_event,
    render,
)
from dragoman_client.events import Accepted, ServerStopping, SpeechChunk, TaskFinished
from dragoman_client.events import TranslationCompleted as TypedTranslation
from dragoman_wire.events import TranslationCompleted
from dragoman_wire.limits import WireLimits
from dragoman_wire.requests import PingRequest, Replacement

CancelStatus = Literal["cancelled", "finished", "unknown"]


async def asynchronous(audio: bytes | Path) -> None:
    """Every call of `Client`."""
    async with Client(
        "tcp://127.0.0.1:5555",
        "tcp://127.0.0.1:5559",
        peer="gateway-1",
        timeout_s=30,
        connect_timeout_s=2.5,
        resend_s=1.0,
        poll_s=10.0,
        retries=3,
        limits=WireLimits(request_bytes=1 << 20),
        cache=TranslationCache(entries=10, max_bytes=1 << 20, keep_s=60.0, clock=lambda: 0.0),
        on_disconnect=told,
        on_reconnect=told,
    ) as client:
        assert_type(client, Client)
        assert_type(client.servers, tuple[ServerAddress, ...])
        assert_type(client.from_env(), Client)
        assert_type(Client.from_env({"DRAGOMAN_CLIENT__RETRIES": "3"}, timeout_s=5), Client)
        assert_type(Client(["tcp://a", ("ipc://b", "ipc://c")]), Client)
        assert_type(client.peer, str)
        assert_type(client.server_stopping_ms, int | None)

        assert_type(await client.translate("Hello", to="pt"), Translation)
        assert_type(await client.translate("Hello", "en", to=["pt", "fr"]), dict[str, Translation])
        assert_type(await client.translate("Hello", to=("pt", "fr"), model_type="premium"), dict[str, Translation])
        glossary: dict[str, Replacement] = {"bank": "banco", "Zoom": None, "train": {"pt": "comboio"}}
        assert_type(await client.translate("Hello", to="pt", glossary=glossary), Translation)

        texts = ["Hello", "Goodbye"]
        assert_type(await client.translate(texts, to="pt", concurrency=8), list[Translation | Failure])
        assert_type(await client.translate(texts, "en", to=["pt"]), list[dict[str, Translation] | Failure])

        assert_type(await client.transcribe(audio), Transcription)
        assert_type(
            await client.transcribe(audio, "en", word_timestamps=True, formats=["srt"], vocabulary=["A"]),
            Transcription,
        )

        assert_type(await client.voice(audio, to="pt"), VoiceResult)
        assert_type(
            await client.voice(
                audio,
                to=["pt", "fr"],
                language="en",
                model_type="premium",
                voice={"pt": "pf_dora"},
                speed=1.2,
                audio_format="ogg",
                glossary=glossary,
            ),
            VoiceResult,
        )
        assert_type(await client.speak("Hello", "en", voice="hibari", speed=1.2, audio_format="mp3"), SpokenText)
        async for chunk in client.speak_stream("Hello", model_type="premium"):
            assert_type(chunk, SpokenChunk)

        heard = client.transcribe_stream(audio, "en", word_timestamps=True, formats=["srt"], vocabulary=["Alva"])
        assert_type(heard, TranscriptionStream)
        async for segment in heard:
            assert_type(segment, TranscriptSegment)
        assert_type(await heard.result(), Transcription)
        turned = client.voice_stream(
            audio, to=["pt", "fr"], language="en", voice={"pt": "pf_dora"}, audio_format="pcm"
        )
        assert_type(turned, VoiceStream)
        async for piece in turned:
            assert_type(piece, VoiceChunk)
        assert_type(await turned.result(), VoiceResult)
        await turned.aclose()

        assert_type(
            await client.translate(
                "Hello",
                to="pt",
                task_id="t-1",
                message_id="m-1",
                priority="high",
                cache="refresh",
                timeout_ms=5000,
                timeout_s=6.0,
                on_event=print,
            ),
            Translation,
        )

        assert_type(await client.ping(), Pong)
        assert_type(await client.stats(), dict[str, Any])
        assert_type(await client.voices(), VoicesResult)
        assert_type(await client.languages(), LanguagesResult)
        found = await client.languages("en", target="pt")
        assert_type(found.pairs, list[LanguagePair])
        assert_type(found.available, list[AvailableModel] | UnsetType)
        corrected = await client.correct("I has a question", "en", style="proofread", concurrency=8, stream=True)
        assert_type(corrected, CorrectionCompleted)
        messages = [ConversationMessage(text="Hello", role="user")]
        extracted = await client.extract(messages, {"type": "object"}, instructions="names")
        assert_type(extracted, ExtractionCompleted)
        assert_type(extracted.data, dict[str, Any])
        assert_type((await client.detect("Hello")).candidates, list[LanguageCandidate])
        assert_type(await client.translate("# Hello", to="pt", format="markdown"), Translation)
        assert_type(await client.cancel("t-1"), CancelStatus)

        stream = client.events({"type": "ping"}, binaries={"audio": b""}, timeout_s=1.0)
        assert_type(stream, EventStream)
        assert_type(stream.task_id, str)
        async for event in stream:
            assert_type(event, ReceivedEvent)
        assert_type(stream.typed(), AsyncIterator[TypedEvent])
        async with client.events(PingRequest()) as entered:
            assert_type(entered, EventStream)
            assert_type(await anext(entered), ReceivedEvent)
        await stream.aclose()
    await client.aclose(clean=False)


def plain(audio: bytes | Path) -> None:
    """Every call of `SyncClient`."""
    with SyncClient("tcp://127.0.0.1:5555", "tcp://127.0.0.1:5559", retries=3, cache=TranslationCache()) as client:
        assert_type(client, SyncClient)
        assert_type(client.servers, tuple[ServerAddress, ...])
        assert_type(client.from_env(peer="worker"), SyncClient)
        assert_type(SyncClient(("tcp://a", "tcp://b"), on_disconnect=told), SyncClient)
        assert_type(client.peer, str)
        assert_type(client.server_stopping_ms, int | None)

        assert_type(client.translate("Hello", to="pt"), Translation)
        assert_type(client.translate("Hello", "en", to=["pt", "fr"], priority="low"), dict[str, Translation])
        assert_type(client.translate(("Hello",), to="pt"), list[Translation | Failure])
        assert_type(client.translate(["Hello"], to=("pt", "fr")), list[dict[str, Translation] | Failure])
        assert_type(
            client.transcribe(audio, "en", word_timestamps=True, formats=("vtt",), vocabulary=("A",)), Transcription
        )
        assert_type(client.voice(audio, to=["pt"], voice="pf_dora", audio_format="wav"), VoiceResult)
        assert_type(client.speak("Hello"), SpokenText)
        assert_type(client.speak_stream("Hello", "en", audio_format="pcm"), SyncSpeechStream)
        heard = client.transcribe_stream(audio, "en", vocabulary=["Alva"])
        assert_type(heard, SyncTranscriptionStream)
        assert_type(next(heard), TranscriptSegment)
        assert_type(heard.result(), Transcription)
        turned = client.voice_stream(audio, to="pt", audio_format="pcm", detach=True)
        assert_type(turned, SyncVoiceStream)
        assert_type(list(turned), list[VoiceChunk])
        assert_type(turned.result(), VoiceResult)
        turned.close()

        assert_type(client.ping(), Pong)
        assert_type(client.stats(), dict[str, Any])
        assert_type(client.voices(), VoicesResult)
        assert_type(client.languages(target="pt"), LanguagesResult)
        assert_type(client.correct("I has a question", "en", style="formal"), CorrectionCompleted)
        assert_type(client.extract("Hello", {"type": "object"}), ExtractionCompleted)
        assert_type(client.detect("Hello"), DetectResult)
        assert_type(client.cancel("t-1"), CancelStatus)

        stream = client.events({"type": "ping"})
        assert_type(stream, SyncEventStream)
        assert_type(stream.task_id, str)
        for event in stream:
            assert_type(event, ReceivedEvent)
        assert_type(stream.typed(), Iterator[TypedEvent])
        with client.events(PingRequest()) as entered:
            assert_type(entered, SyncEventStream)
        stream.close()
    client.close()


def told(server: ServerAddress) -> None:
    """A callback of a client."""
    assert_type(server.requests, str)
    assert_type(server.routed, str)


def matched(event: TypedEvent) -> str:
    """The union is closed: a type checker knows the fields of each, and which are left."""
    match event:
        case TypedTranslation():
            assert_type(event.task_id, str)
            assert_type(event.type, Literal["translation_completed"])
            assert_type(event.result.warnings, list[str] | UnsetType)
            return event.result.translated_text
        case SpeechChunk(index=index, binaries=binaries):
            assert_type(binaries, Mapping[str, bytes])
            return str(index)
        case TaskFinished(status=status, error_code=code):
            assert_type(code, str | None)
            return status
        case OtherEvent(fields=fields):
            assert_type(fields, Mapping[str, Any])
            return event.type
        case _:
            assert_type(event.binaries, Mapping[str, bytes])
            return event.type


def told_apart_by_type(event: Accepted | ServerStopping) -> bool:
    """The `type` tells as well which event it is."""
    if event.type == "accepted":
        return event.duplicate
    if event.type == "server_stopping":
        return event.restart_expected
    assert_never(event)


def failures(outcome: Translation | Failure, came: ReceivedEvent) -> str:
    """Of several texts each outcome is a translation or a failure."""
    assert_type(read_event(came), TypedEvent)
    if isinstance(outcome, Translation):
        return outcome.text
    assert_type(outcome, DragomanError | ClientError)
    return outcome.code


def results(
    translation: Translation,
    transcription: Transcription,
    segment: TranscriptSegment,
    word: TranscriptWord,
    voice: VoiceResult,
    spoken: SpokenTranslation,
) -> None:
    """Every attribute of what the calls return."""
    assert_type(translation.text, str)
    assert_type(translation.source_language, str)
    assert_type(translation.target_language, str)
    assert_type(translation.confidence, float)
    assert_type(translation.model, str)
    assert_type(translation.from_cache, bool)
    assert_type(translation.processing_time_s, float)

    assert_type(transcription.text, str)
    assert_type(transcription.language, str)
    assert_type(transcription.confidence, float)
    assert_type(transcription.language_confidence, float | None)
    assert_type(transcription.duration_ms, int)
    assert_type(transcription.source, Literal["whisper", "mobile"])
    assert_type(transcription.model, str)
    assert_type(transcription.segments, list[TranscriptSegment])
    assert_type(transcription.srt, str | msgspec.UnsetType)
    assert_type(transcription.vtt, str | msgspec.UnsetType)

    assert_type(segment.text, str)
    assert_type(segment.start_ms, int)
    assert_type(segment.end_ms, int)
    assert_type(segment.confidence, float | None)
    assert_type(segment.speaker_id, str | None)
    assert_type(segment.language, str | None)
    assert_type(segment.words, list[TranscriptWord] | msgspec.UnsetType)

    assert_type(word.text, str)
    assert_type(word.start_ms, int)
    assert_type(word.end_ms, int)
    assert_type(word.confidence, float)

    assert_type(voice.transcription, Transcription)
    assert_type(voice.audios, dict[str, SpokenTranslation])
    assert_type(voice.failed, dict[str, DragomanError])

    assert_type(spoken.text, str)
    assert_type(spoken.audio, bytes)
    assert_type(spoken.mime_type, str)
    assert_type(spoken.duration_ms, int)
    assert_type(spoken.segments, list[TranscriptSegment])
    assert_type(spoken.voice, str)

    assert_type(render(transcription, Format.SRT), str)


def voice_chunks(chunk: VoiceChunk, stream: VoiceStream) -> None:
    """Every attribute of a piece of a voice message."""
    assert_type(chunk.language, str)
    assert_type(chunk.audio, bytes)
    assert_type(chunk.mime_type, str)
    assert_type(chunk.index, int)
    assert_type(chunk.last, bool)
    assert_type(chunk.start_ms, int)
    assert_type(chunk.duration_ms, int)
    assert_type(chunk.sample_rate_hz, int)
    assert_type(stream.task_id, str)


def speeches(text: SpokenText, chunk: SpokenChunk, stream: SpeechStream, plain: SyncSpeechStream) -> None:
    """Every attribute of a spoken text and of a piece of it."""
    assert_type(text.audio, bytes)
    assert_type(text.mime_type, str)
    assert_type(text.language, str)
    assert_type(text.voice, str)
    assert_type(text.duration_ms, int)
    assert_type(text.sample_rate_hz, int)
    assert_type(text.segments, list[TranscriptSegment])
    assert_type(text.warnings, Sequence[str])
    assert_type(chunk.audio, bytes)
    assert_type(chunk.mime_type, str)
    assert_type(chunk.index, int)
    assert_type(chunk.last, bool)
    assert_type(chunk.start_ms, int)
    assert_type(chunk.duration_ms, int)
    assert_type(chunk.sample_rate_hz, int)
    assert_type(stream.task_id, str)
    assert_type(plain.task_id, str)
    assert_type(next(plain), SpokenChunk)
    assert_type(plain.result(), SpokenText)


def answers(pong: Pong, voices: VoicesResult, voice: SpeakingVoice, event: ReceivedEvent, older: Event) -> None:
    """Every attribute of the smaller answers, and of an event."""
    assert_type(pong.timestamp, float | int | str | None)
    assert_type(pong.translator_status, Literal["alive"])
    assert_type(pong.audio_pipeline_available, bool)
    assert_type(pong.translator_port_pub, int)
    assert_type(pong.translator_port_pull, int)
    assert_type(pong.task_id, str | msgspec.UnsetType)

    assert_type(voices.voices, list[SpeakingVoice])
    assert_type(voices.default_voices, dict[str, str])
    assert_type(voices.best_voices, dict[str, str])
    assert_type(voice.name, str)
    assert_type(voice.engine, str)
    assert_type(voice.languages, list[str])

    assert_type(older, ReceivedEvent)
    assert_type(event.type, str)
    assert_type(event.fields, Mapping[str, Any])
    assert_type(event.binaries, Mapping[str, bytes])
    assert_type(event.task_id, str | None)
    assert_type(event.language, str | None)
    assert_type(event.error, DragomanError | None)
    assert_type(event.read_as(TranslationCompleted), TranslationCompleted)


def errors(cache: TranslationCache) -> None:
    """The errors, and what they carry; the cache."""
    kinds: tuple[type[ClientError], ...] = (
        BadAnswer,
        ConnectionClosed,
        ServerUnreachable,
        TimedOut,
        TranslationFailed,
    )
    for kind in kinds:
        assert_type(kind.code, str)
    try:
        assert_type(__version__, str)
    except TranslationFailed as failure:
        assert_type(failure.results, dict[str, Translation])
        assert_type(failure.errors, dict[str, DragomanError])
    except DragomanError as error:
        assert_type(error.code, str)
        assert_type(error.message, str)
        assert_type(error.retryable, bool)
        assert_type(error.retry_after_ms, int | None)

    assert_type(cache.hits, int)
    assert_type(cache.misses, int)
    assert_type(cache.bytes, int)
    assert_type(len(cache), int)
    cache.clear()


def refused(client: SyncClient) -> None:
    """What must not pass: mypy fails where one of these ignores is not needed."""
    client.translate("Hello")  # type: ignore[call-overload]
    client.translate(["Hello", 1], to="pt")  # type: ignore[list-item]
    SyncClient(on_disconnect=lambda: None)  # type: ignore[misc, arg-type]
    client.translate("Hello", to="pt", priority="urgent")  # type: ignore[call-overload]
    client.translate("Hello", to="pt", prioritty="high")  # type: ignore[call-overload]
    client.transcribe("hello.wav")  # type: ignore[arg-type]
    client.transcribe(b"", formats=["ass"])  # type: ignore[list-item]
    client.voice(b"", to="pt", audio_format="aiff")  # type: ignore[arg-type]
    client.speak("Hello", "en", audio_format="aiff")  # type: ignore[arg-type]
    client.speak("Hello", "en", sped=1.5)  # type: ignore[call-arg]
