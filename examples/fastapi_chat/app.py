"""A chat in which every reader gets each message in their own language.

Usage: uvicorn app:app        see the README
"""

from __future__ import annotations

import asyncio
import json
import os
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Annotated, Any

from fastapi import FastAPI, HTTPException, Query
from fastapi.responses import FileResponse, StreamingResponse
from pydantic import BaseModel, Field

from dragoman_client import Client, ClientError, DragomanError, ReceivedEvent, TranslationCache, TranslationFailed

TIMEOUT_S = float(os.environ.get("CHAT_TIMEOUT_S", "10"))
UNREAD = 100
LANGUAGES = 32
KEEP_ALIVE_S = 15.0
PAGE = Path(__file__).with_name("index.html")

Language = Annotated[str, Field(pattern=r"^[a-z]{2,3}(-[A-Za-z0-9]{2,8})?$")]
Message = dict[str, Any]


class Posted(BaseModel):
    """The body of a new message."""

    sender: Annotated[str, Field(min_length=1, max_length=50)]
    text: Annotated[str, Field(min_length=1, max_length=2000)]
    language: Language


class Room:
    """The readers of a room by language, each with a queue of what they have not got yet."""

    def __init__(self) -> None:
        self._readers: dict[str, set[asyncio.Queue[Message | None]]] = {}

    def languages(self) -> set[str]:
        """Return the languages that are read here now."""
        return set(self._readers)

    def deliver(self, language: str, message: Message) -> None:
        """Give a message to the readers of a language. A reader that is too far behind is disconnected."""
        for queue in list(self._readers.get(language, ())):
            if queue.qsize() < UNREAD:
                queue.put_nowait(message)
            else:
                self._leave(language, queue)
                queue.put_nowait(None)

    async def read(self, language: str) -> AsyncIterator[str]:
        """Yield the messages in a language as server-sent events, until the reader leaves or is disconnected."""
        queue: asyncio.Queue[Message | None] = asyncio.Queue()
        self._readers.setdefault(language, set()).add(queue)
        try:
            yield ": welcome\n\n"
            while True:
                try:
                    message = await asyncio.wait_for(queue.get(), KEEP_ALIVE_S)
                except TimeoutError:
                    yield ": still here\n\n"
                    continue
                if message is None:
                    return
                yield f"data: {json.dumps(message, ensure_ascii=False)}\n\n"
        finally:
            self._leave(language, queue)

    def _leave(self, language: str, queue: asyncio.Queue[Message | None]) -> None:
        self._readers.get(language, set()).discard(queue)
        if not self._readers.get(language):
            self._readers.pop(language, None)


class Chat:
    """The rooms, and the connection to Dragoman that they share."""

    def __init__(self, client: Client) -> None:
        self.client = client
        self._rooms: dict[str, Room] = {}

    async def read(self, name: str, language: str) -> AsyncIterator[str]:
        """Yield the messages of a room; a room is there as long as it has readers."""
        room = self._rooms.setdefault(name, Room())
        try:
            async for line in room.read(language):
                yield line
        finally:
            if not room.languages():
                self._rooms.pop(name, None)

    def is_full(self, name: str, language: str) -> bool:
        """Say whether a room has no place for one more language."""
        languages = self._rooms[name].languages() if name in self._rooms else set()
        return language not in languages and len(languages) >= LANGUAGES

    async def post(self, name: str, posted: Posted) -> Message:
        """Bring a message to every reader of a room, and return its id and the languages that failed."""
        original = {"id": uuid.uuid4().hex, **posted.model_dump(), "translated": False}
        failed: dict[str, str] = {}
        room = self._rooms.get(name)
        if room is not None:
            room.deliver(posted.language, original)
            failed = await self._deliver_translations(room, posted, original)
            for language, code in failed.items():
                room.deliver(language, original | {"error": code})
        return {"id": original["id"], "failed": failed}

    async def _deliver_translations(self, room: Room, posted: Posted, original: Message) -> dict[str, str]:
        """Deliver each translation as soon as it is ready; return the error codes of the languages that failed."""
        missing = room.languages() - {posted.language}

        def deliver(language: str, text: str) -> None:
            if language in missing:
                missing.remove(language)
                room.deliver(language, original | {"text": text, "language": language, "translated": True})

        def on_event(event: ReceivedEvent) -> None:
            if event.type == "translation_completed" and event.language:
                deliver(event.language, event.fields["result"]["translatedText"])

        if not missing:
            return {}
        try:
            translations = await self.client.translate(
                posted.text, posted.language, to=sorted(missing), on_event=on_event
            )
        except TranslationFailed as error:
            translations = error.results
            failed = {language: reason.code for language, reason in error.errors.items()}
        except (DragomanError, ClientError) as error:
            return dict.fromkeys(missing, error.code)
        else:
            failed = {}
        # What the client's own cache knew had no event.
        for language, translation in translations.items():
            deliver(language, translation.text)
        return failed


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    """Connect to Dragoman for as long as the application runs."""
    async with Client.from_env(timeout_s=TIMEOUT_S, retries=2, cache=TranslationCache()) as client:
        app.state.chat = Chat(client)
        yield


app = FastAPI(title="Chat", lifespan=lifespan)


@app.post("/rooms/{room}/messages", status_code=201)
async def post_message(room: str, posted: Posted) -> Message:
    """Send a message to the readers of a room."""
    chat: Chat = app.state.chat
    return await chat.post(room, posted)


@app.get("/rooms/{room}/events")
async def read_events(room: str, language: Annotated[Language, Query()]) -> StreamingResponse:
    """Read the messages of a room in one language, as they come."""
    chat: Chat = app.state.chat
    if chat.is_full(room, language):
        raise HTTPException(409, f"this room is read in {LANGUAGES} languages already")
    return StreamingResponse(chat.read(room, language), media_type="text/event-stream")


@app.get("/healthz")
async def healthz() -> dict[str, bool]:
    """Say whether Dragoman answers."""
    chat: Chat = app.state.chat
    try:
        await chat.client.ping()
    except ClientError as error:
        raise HTTPException(503, str(error)) from error
    return {"healthy": True}


@app.get("/")
async def page() -> FileResponse:
    """Show a page to try it."""
    return FileResponse(PAGE)
