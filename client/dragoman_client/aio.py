"""The asyncio client."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Unpack, overload

import msgspec

from dragoman_client.cache import missing
from dragoman_client.options import CallOptions, request_fields
from dragoman_client.results import (
    Translation,
    TranslationFailed,
    VoiceResult,
    read_transcription,
    read_translations,
    read_voice,
)
from dragoman_client.session import Session
from dragoman_wire.errors import DragomanError, InvalidRequest
from dragoman_wire.events import CancelResult, CancelStatus, Pong, Transcription, VoicesResult
from dragoman_wire.requests import (
    AudioProcessRequest,
    CancelRequest,
    PingRequest,
    Replacement,
    SoundFormat,
    StatsRequest,
    SubtitleFormat,
    TranscriptionRequest,
    TranslationRequest,
    VoicesRequest,
)


class Client(Session):
    """The calls, on a connection to one server; `async with Client() as client:`. Any number may run at once.

    For the arguments see `Session`.
    """

    @overload
    async def translate(
        self,
        text: str,
        source: str = ...,
        *,
        to: str,
        model_type: str | None = ...,
        glossary: Mapping[str, Replacement] | None = ...,
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
        **options: Unpack[CallOptions],
    ) -> Translation | dict[str, Translation]:
        """Translate into one language, or into several: then the translations come by language.

        `glossary` maps terms to what they become: a text, a map of texts by language, or None for a term that stays.

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
            **request_fields(options),
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
        """Those that the client's cache knows, and those that the server gives."""
        cache, use = self._cache, request.cache or "use"
        known = cache.recall(request) if cache is not None and use == "use" else {}
        asked = missing(request.target_languages, known)
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
        **options: Unpack[CallOptions],
    ) -> Transcription:
        """Speech to text. A long recording may need a larger `timeout_s`.

        Args:
            audio: the recording, or its file.
            language: what is spoken; None lets the model find out.
            word_timestamps: whether the segments' `words` are wanted.
            formats: the subtitles that are wanted as `srt` and `vtt`.
            options: see `CallOptions`.

        Raises:
            DragomanError: the server's error.
            ClientError: see `dragoman_client.errors`.
            OSError: the file is not readable.
        """
        recording = await _bytes_of(audio)
        request = TranscriptionRequest(
            language=language,
            word_timestamps=word_timestamps or None,
            formats=list(formats) or None,
            **request_fields(options),
        )
        return read_transcription(await self._attempts(request, options, {"audio": recording}))

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
        **options: Unpack[CallOptions],
    ) -> VoiceResult:
        """A voice message in other languages; those that failed are in the result's `failed`. See also `translate`.

        Args:
            audio: the recording, in any common format.
            to: target languages.
            language: what is probably spoken; it counts where the model is unsure.
            model_type: "premium" asks for the best models and voices, however slow.
            voice: who speaks, by name: one voice, or one for each language. See `voices`.
            speed: 0.5 to 2; 1 is the voice's own pace.
            audio_format: "wav" (the default) or "ogg", which is Opus and a tenth of the size.
            glossary: terms that must stay or become something; see `translate`.
            **options: see `CallOptions`.

        Raises:
            DragomanError: the server's error, where there is not even a transcription.
            ClientError: see `dragoman_client.errors`.
            OSError: the file is not readable.
        """
        recording = await _bytes_of(audio)
        request = AudioProcessRequest(
            target_languages=[to] if isinstance(to, str) else list(dict.fromkeys(to)),
            user_language=language,
            model_type=model_type,
            voice=voice if isinstance(voice, str) else None,
            voices=dict(voice) if isinstance(voice, Mapping) else None,
            speed=speed,
            output_format=audio_format,
            glossary=dict(glossary) if glossary else None,
            **request_fields(options),
        )
        return read_voice(await self._attempts(request, options, {"audio": recording}))

    async def ping(self) -> Pong:
        """Ask whether the server is alive.

        Raises:
            ClientError: it is not, or not within `timeout_s`.
        """
        return (await self._ask(PingRequest(timestamp=time.time()))).read_as(Pong)

    async def stats(self) -> dict[str, Any]:
        """The server's statistics: the document of its operations endpoint.

        Raises:
            ClientError: no answer.
        """
        answer = await self._ask(StatsRequest())
        return {name: value for name, value in answer.fields.items() if name not in ("type", "taskId")}

    async def voices(self) -> VoicesResult:
        """The voices that the server has; none while it is loading them.

        Raises:
            ClientError: no answer.
        """
        return (await self._ask(VoicesRequest())).read_as(VoicesResult)

    async def cancel(self, task_id: str) -> CancelStatus:
        """Stop a task of this peer: "cancelled", "finished" (too late) or "unknown".

        Raises:
            ClientError: no answer.
        """
        return (await self._ask(CancelRequest(task_id=task_id))).read_as(CancelResult).status


async def _bytes_of(audio: bytes | Path) -> bytes:
    recording = await asyncio.to_thread(audio.read_bytes) if isinstance(audio, Path) else audio
    if not recording:
        raise InvalidRequest("audio: the recording is empty")
    return recording
