"""A server that speaks the contract on real sockets and answers from a script."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import Any, Self

import zmq

from dragoman_wire.codec import decode_header, encode_header
from dragoman_wire.errors import DragomanError
from dragoman_wire.events import (
    Accepted,
    AudioProcessCompleted,
    AudioProcessError,
    AudioTranslationsProgressive,
    BinaryFrame,
    CancelResult,
    Event,
    FailedLanguage,
    Pong,
    TaskFinished,
    TaskStatus,
    Transcription,
    TranscriptionCompleted,
    TranscriptionError,
    TranscriptionReady,
    TranscriptSegment,
    TranslatedAudio,
    TranslationCompleted,
    TranslationError,
    TranslationMetadata,
    TranslationResult,
)
from dragoman_wire.outbound import frames_of

Fields = dict[str, Any]
Answer = tuple[Event | Fields, Sequence[bytes]]
Script = Callable[["FakeServer", Fields, list[bytes]], Sequence[Answer | Event | Fields]]
WAIT_S = 60.0
NEVER_S = 100 * WAIT_S
"""So late that a test has failed before."""
WAV = b"RIFF....WAVEfmt "


def silence(server: FakeServer, request: Fields, binaries: list[bytes]) -> list[Event]:
    return []


class FakeServer:
    """`with FakeServer(script) as server:`; the script is called in the server's thread, once for each request.

    Args:
        script: answers the requests.
        answers_pings: whether pings are answered without it.
        at: the endpoints of an earlier one, to stand in its place.
    """

    def __init__(
        self, script: Script = silence, *, answers_pings: bool = True, at: tuple[str, str] | None = None
    ) -> None:
        self.requests: list[Fields] = []
        self._script = script
        self._answers_pings = answers_pings
        self._changed = threading.Condition()
        self._stopped = threading.Event()
        self._context = zmq.Context()
        self._pull = self._context.socket(zmq.PULL)
        self._pub = self._context.socket(zmq.PUB)
        requests, routed = at or ("tcp://127.0.0.1:*", "tcp://127.0.0.1:*")
        self.requests_endpoint = self._bound(self._pull, requests)
        self.routed_endpoint = self._bound(self._pub, routed)
        self._thread = threading.Thread(target=self._serve, name="fake-server", daemon=True)

    @property
    def endpoints(self) -> tuple[str, str]:
        return self.requests_endpoint, self.routed_endpoint

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopped.set()
        self._thread.join()
        self._pull.close(linger=0)
        self._pub.close(linger=0)
        self._context.term()

    def asked(self, kind: str) -> list[Fields]:
        """The requests of a type in order, each once: a client repeats those that are not accepted in its time."""
        return list({request["taskId"]: request for request in self.requests if request["type"] == kind}.values())

    def count(self, kind: str) -> int:
        return sum(request.get("type") == kind for request in self.requests)

    def wait_for(self, kind: str, count: int = 1) -> None:
        with self._changed:
            assert self._changed.wait_for(lambda: self.count(kind) >= count, WAIT_S), f"no {count} requests {kind}"

    @staticmethod
    def _bound(socket: zmq.Socket[bytes], endpoint: str) -> str:
        socket.bind(endpoint)
        return socket.get_string(zmq.LAST_ENDPOINT)

    def _serve(self) -> None:
        while not self._stopped.is_set():
            if not self._pull.poll(20):
                continue
            header, *binaries = self._pull.recv_multipart()
            codec, request = decode_header(header)
            with self._changed:
                self.requests.append(request)
                self._changed.notify_all()
            if request["type"] == "ping":
                answers: Sequence[Answer | Event | Fields] = [pong(request)] if self._answers_pings else []
            else:
                answers = self._script(self, request, binaries)
            for answer in answers:
                event, frames = answer if isinstance(answer, tuple) else (answer, ())
                self._pub.send_multipart(frames_of(encode_header(event, codec), request["replyTo"], frames))


def pong(request: Fields) -> Pong:
    return Pong(
        timestamp=request.get("timestamp"),
        translator_port_pub=5558,
        translator_port_pull=5555,
        audio_pipeline_available=True,
        task_id=request["taskId"],
    )


def accepted(request: Fields, *, duplicate: bool = False) -> Accepted:
    return Accepted(task_id=request["taskId"], duplicate=duplicate)


def finished(request: Fields, events: int = 1, status: TaskStatus = "completed") -> TaskFinished:
    return TaskFinished(task_id=request["taskId"], status=status, events=events, queue_time_ms=0, compute_time_ms=1)


def translated(request: Fields, language: str, text: str | None = None, *, processing_time: float = 0.1) -> Event:
    result = TranslationResult(
        message_id=request.get("messageId"),
        translated_text=text or f"{language}({request['text']})",
        source_language=request.get("sourceLanguage", "en"),
        target_language=language,
        confidence_score=0.9,
        processing_time=processing_time,
        model_type="basic",
        translator_model="fake",
        worker_name="w",
        worker_id="1",
        pool_type="fast",
        queue_time=0,
        translation_time=0,
        from_cache=False,
    )
    metadata = TranslationMetadata(
        translator_version="1", model_version="1", processing_node="n", request_id="r", protocol="zmq", encoding="m"
    )
    return TranslationCompleted(
        task_id=request["taskId"], target_language=language, timestamp=1.0, result=result, metadata=metadata
    )


def _said(error: DragomanError) -> Fields:
    said: Fields = {"error": error.message, "error_code": error.code, "retryable": error.retryable}
    return said if error.retry_after_ms is None else {**said, "retry_after_ms": error.retry_after_ms}


def not_translated(request: Fields, language: str | None, error: DragomanError) -> Event:
    return TranslationError(
        task_id=request["taskId"], message_id=None, conversation_id=None, target_language=language, **_said(error)
    )


def not_transcribed(request: Fields, error: DragomanError) -> Event:
    return TranscriptionError(
        task_id=request["taskId"], message_id=None, attachment_id=None, timestamp=1.0, **_said(error)
    )


def not_spoken(request: Fields, error: DragomanError) -> Event:
    return AudioProcessError(
        task_id=request["taskId"], message_id=None, attachment_id=None, timestamp=1.0, **_said(error)
    )


def cancel_result(request: Fields) -> Event:
    return CancelResult(task_id=request["taskId"], status="cancelled")


def a_transcription(text: str = "hello world") -> Transcription:
    segment = TranscriptSegment(text=text, start_ms=0, end_ms=1500, confidence=0.9, speaker_id=None, language="en")
    return Transcription(
        text=text, language="en", confidence=0.9, duration_ms=1500, source="whisper", model="m", segments=[segment]
    )


def transcribed(request: Fields) -> Event:
    return TranscriptionCompleted(
        task_id=request["taskId"],
        message_id=None,
        attachment_id=None,
        transcription=a_transcription(),
        processing_time_ms=3,
        timestamp=1.0,
    )


def _translated_audio(language: str) -> TranslatedAudio:
    return TranslatedAudio(
        target_language=language,
        translated_text=f"{language}(hello world)",
        duration_ms=900,
        audio_mime_type="audio/wav",
        segments=[],
    )


def _frame(index: int) -> BinaryFrame:
    return BinaryFrame(index=index, size=len(WAV), mime_type="audio/wav")


def spoken(request: Fields, failed: Sequence[str] = (), *, early: bool = True) -> list[Answer]:
    """All that a voice message is answered with."""
    ids: Fields = {"task_id": request["taskId"], "message_id": None, "attachment_id": None, "timestamp": 1.0}
    languages = [language for language in request["targetLanguages"] if language not in failed]
    ready = TranscriptionReady(**ids, transcription=a_transcription(), processing_time_ms=1)
    each = [
        AudioTranslationsProgressive(
            **ids,
            language=lang,
            translated_audio=_translated_audio(lang),
            binary_frames={"translatedAudio": _frame(1)},
        )
        for lang in languages
    ]
    completed = AudioProcessCompleted(
        **ids,
        transcription=a_transcription(),
        translated_audios=[_translated_audio(lang) for lang in languages],
        failed_languages=[
            FailedLanguage(target_language=lang, error="no voice", error_code="engine_failed") for lang in failed
        ],
        voice_model_user_id=None,
        voice_model_quality=0.0,
        processing_time_ms=5,
        binary_frames={f"audio_{lang}": _frame(index) for index, lang in enumerate(languages, start=1)},
    )
    before: list[Answer] = [(event, [WAV + lang.encode()]) for event, lang in zip(each, languages, strict=True)]
    return [
        (accepted(request), ()),
        (ready, ()),
        *(before if early else []),
        (completed, [WAV + lang.encode() for lang in languages]),
        (finished(request, 2 + len(before) if early else 2), ()),
    ]


def translating(server: FakeServer, request: Fields, binaries: list[bytes]) -> Sequence[Answer | Event | Fields]:
    """The script of a server where all goes well."""
    match request["type"]:
        case "translation":
            languages = request["targetLanguages"]
            done = [translated(request, language) for language in languages]
            return [accepted(request), *done, finished(request, len(languages))]
        case "transcription_only":
            assert binaries == [WAV]
            assert request["binaryFrames"] == {"audio": 1}
            return [accepted(request), transcribed(request), finished(request)]
        case "audio_process":
            return spoken(request)
        case "cancel":
            return [cancel_result(request)]
        case "stats":
            return [{"type": "stats_result", "lanes": {"translation": {"queued": 3}}, "version": "1"}]
    return []
