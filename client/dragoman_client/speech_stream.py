"""Speech that is heard while it is still being spoken."""

from __future__ import annotations

from types import TracebackType
from typing import Self

from dragoman_client.frames import ReceivedEvent
from dragoman_client.options import SpeakOptions
from dragoman_client.results import SpokenChunk, SpokenText, read_chunk, read_speech
from dragoman_client.stream import EventStream
from dragoman_wire.events import TaskProgress


class SpeechStream:
    """An asynchronous iterator over the pieces of a spoken text; made by `Client.speak_stream`.

    Args:
        events: of the request.
        options: of the call.
    """

    def __init__(self, events: EventStream, options: SpeakOptions) -> None:
        self._events = events
        self._on_progress = options.get("on_progress")
        self._on_event = options.get("on_event")
        self._kept: list[ReceivedEvent] = []
        self._ended = False

    @property
    def task_id(self) -> str:
        """Return the id of the task, for `Client.cancel`."""
        return self._events.task_id

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> SpokenChunk:
        """Wait for the next piece.

        Raises:
            DragomanError: the server's error.
            ClientError: see `dragoman_client.errors`.
        """
        async for event in self._events:
            if self._on_event is not None:
                self._on_event(event)
            if event.type == "speech_chunk":
                return read_chunk(event)
            if event.type != "task_progress":
                self._kept.append(event)
            elif self._on_progress is not None:
                self._on_progress(event.read_as(TaskProgress))
        self._ended = True
        read_speech(self._kept)  # a task without it has failed
        raise StopAsyncIteration

    async def result(self) -> SpokenText:
        """Return the whole speech; wait for its end.

        Raises:
            DragomanError: the server's error.
            ClientError: see `dragoman_client.errors`.
        """
        while not self._ended:
            await anext(self, None)
        return read_speech(self._kept)

    async def aclose(self) -> None:
        """Forget the request here; safe to repeat. The server goes on with it, unless it is cancelled."""
        await self._events.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()
