"""Corrections and extractions, of both clients."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Coroutine, Mapping, Sequence
from typing import Any, Protocol, TypeVar, Unpack

from dragoman_client.frames import ReceivedEvent
from dragoman_client.options import CallOptions, request_fields
from dragoman_wire.errors import InternalFault
from dragoman_wire.events import CorrectionCompleted, ExtractionCompleted
from dragoman_wire.requests import (
    ConversationMessage,
    CorrectionRequest,
    CorrectionStyle,
    ExtractionRequest,
    Request,
)

T = TypeVar("T")


class LanguageCalls(ABC):
    """The calls of `Client` that go through a language model."""

    @abstractmethod
    async def _attempts(
        self, request: Request, options: CallOptions, binaries: Mapping[str, bytes] | None = None
    ) -> list[ReceivedEvent]: ...

    async def correct(
        self,
        text: str,
        language: str = "auto",
        *,
        style: CorrectionStyle = "grammar",
        instructions: str | None = None,
        model_type: str | None = None,
        chunk_chars: int | None = None,
        concurrency: int | None = None,
        stream: bool = False,
        **options: Unpack[CallOptions],
    ) -> CorrectionCompleted:
        """Correct the mistakes of a text, as long as a novel.

        Args:
            text: the text.
            language: ISO 639-1, or "auto".
            style: how far a correction may go.
            instructions: free words to the model.
            model_type: which of the server's language models.
            chunk_chars: 200 to 20,000; by default as the model likes.
            concurrency: chunks at work at a time.
            stream: whether `on_event` gets a `correction_chunk` for each chunk as it is done.
            options: see `CallOptions`. The server tells how far it is, so that a long text does not run out of
                `timeout_s`.

        Returns: the corrected text, each correction with its place in code points, and the chunks that failed and
            stayed as they were.

        Raises:
            DragomanError: the server's error, where nothing could be corrected.
            ClientError: see `dragoman_client.errors`.
        """
        request = CorrectionRequest(
            text=text,
            language=language,
            style=style,
            instructions=instructions,
            model_type=model_type,
            chunk_chars=chunk_chars,
            concurrency=concurrency,
            stream=stream or None,
            **request_fields(options) | {"progress": True},
        )
        events = await self._attempts(request, options)
        return _final(events, "correction_completed").read_as(CorrectionCompleted)

    async def extract(
        self,
        text: str | Sequence[ConversationMessage],
        schema: Mapping[str, Any],
        *,
        instructions: str | None = None,
        model_type: str | None = None,
        language: str | None = None,
        **options: Unpack[CallOptions],
    ) -> ExtractionCompleted:
        """Take structured data out of a text, or out of a conversation, the oldest message first.

        Args:
            text: the text, or the messages.
            schema: a JSON Schema of type object; `data` of the result is valid by it.
            instructions: what to look for.
            model_type: which of the server's language models.
            language: of the text: a hint.
            options: see `CallOptions`.

        Raises:
            DragomanError: the server's error.
            ClientError: see `dragoman_client.errors`.
        """
        messages = None if isinstance(text, str) else list(text)
        request = ExtractionRequest(
            text=text if isinstance(text, str) else None,
            messages=messages,
            schema=dict(schema),
            instructions=instructions,
            model_type=model_type,
            language=language,
            **request_fields(options),
        )
        events = await self._attempts(request, options)
        return _final(events, "extraction_completed").read_as(ExtractionCompleted)


class _HasClient(Protocol):
    """The plain client: it runs the calls of an asyncio client."""

    @property
    def _client(self) -> LanguageCalls: ...

    def _call(self, work: Coroutine[Any, Any, T]) -> T: ...


class SyncLanguageCalls:
    """The calls of `SyncClient` that go through a language model."""

    def correct(
        self: _HasClient,
        text: str,
        language: str = "auto",
        *,
        style: CorrectionStyle = "grammar",
        instructions: str | None = None,
        model_type: str | None = None,
        chunk_chars: int | None = None,
        concurrency: int | None = None,
        stream: bool = False,
        **options: Unpack[CallOptions],
    ) -> CorrectionCompleted:
        """Correct the mistakes of a text; see `Client.correct`."""
        return self._call(
            self._client.correct(
                text,
                language,
                style=style,
                instructions=instructions,
                model_type=model_type,
                chunk_chars=chunk_chars,
                concurrency=concurrency,
                stream=stream,
                **options,
            )
        )

    def extract(
        self: _HasClient,
        text: str | Sequence[ConversationMessage],
        schema: Mapping[str, Any],
        *,
        instructions: str | None = None,
        model_type: str | None = None,
        language: str | None = None,
        **options: Unpack[CallOptions],
    ) -> ExtractionCompleted:
        """Take structured data out of a text or a conversation; see `Client.extract`."""
        return self._call(
            self._client.extract(
                text, schema, instructions=instructions, model_type=model_type, language=language, **options
            )
        )


def _final(events: Sequence[ReceivedEvent], kind: str) -> ReceivedEvent:
    """Return the event that answers the request.

    Raises:
        DragomanError: there is none.
    """
    final = next((event for event in events if event.type == kind), None)
    if final is None:
        error = next((error for event in events if (error := event.error) is not None), None)
        raise error or InternalFault("the task ended without its answer")
    return final
