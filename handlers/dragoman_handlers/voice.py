"""`audio_process`: a voice message into voice messages in other languages.

First the transcription, then every language on its own (translated, spoken, published), then the whole. The language
that was spoken is left out, unless it is wanted, and where nobody speaks nothing is translated: neither is an error.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

import msgspec
from msgspec import UNSET

from dragoman_handlers.base import Context, Handler
from dragoman_handlers.concurrency import all_of
from dragoman_handlers.speech.recognition.transcribe import Wanted, transcribe, wanted_vocabulary
from dragoman_handlers.speech.recognition.transcripts import in_formats, mobile_transcription
from dragoman_handlers.speech.synthesis.synthesize import speak_text
from dragoman_handlers.speech.synthesis.voices import BEST_TYPES, Wishes, choose_voice, named_voice
from dragoman_handlers.speech.translate_speech import translate_speech
from dragoman_handlers.text.languages import base_language
from dragoman_handlers.text.options import translation_wish
from dragoman_wire.errors import DragomanError, InvalidRequest, Overloaded, TooLarge
from dragoman_wire.events import (
    AudioProcessCompleted,
    AudioTranslationReady,
    AudioTranslationsCompleted,
    AudioTranslationsProgressive,
    BinaryFrame,
    FailedLanguage,
    ProgressUnit,
    Transcription,
    TranscriptionReady,
    TranslatedAudio,
    TranslatedAudioEvent,
)
from dragoman_wire.requests import AudioProcessRequest

_STAGE = "transcription"
_SPOKEN = "spoken"
"""With a colon and the language."""


class Spoken(msgspec.Struct, frozen=True, kw_only=True):
    """A language that is done and published."""

    audio: TranslatedAudio
    sound: bytes = msgspec.field(name="wav")  # as older journals have it


@dataclass(slots=True)
class _Outcome:
    """The results of the languages so far."""

    asked: int
    audios: dict[str, tuple[TranslatedAudio, bytes]] = field(default_factory=dict)
    failed: dict[str, DragomanError] = field(default_factory=dict)

    def settle(self, context: Context, parts: Sequence[str]) -> None:
        """Settle all parts of the request; where no language succeeded, an error event says why."""
        for part in parts:
            error = self.failed.get(part)
            if error is not None and not self.audios and part == next(iter(self.failed)):
                context.fail(error, part)
            else:
                context.settle(part, error)

    def event_class(self) -> type[TranslatedAudioEvent]:
        """Return the class of the event that reports the language just added."""
        if self.asked == 1:
            return AudioTranslationReady
        if len(self.audios) + len(self.failed) == self.asked:
            return AudioTranslationsCompleted
        return AudioTranslationsProgressive


class VoiceHandler(Handler[AudioProcessRequest]):
    """A language that fails is named in the end and hides no other."""

    request_type: ClassVar[str] = "audio_process"
    lane: ClassVar[str] = "voice"
    progress_unit: ClassVar[ProgressUnit] = "seconds"
    stage_types: ClassVar[Mapping[str, type[msgspec.Struct]]] = {_STAGE: Transcription, _SPOKEN: Spoken}

    async def handle(self, request: AudioProcessRequest, context: Context) -> None:
        """Publish the transcription, each language, and the whole."""
        translation_wish(request, context)  # errors in it are reported before any work
        transcription = await self._transcription(request, context)
        context.publish(
            TranscriptionReady(
                task_id=context.task_id,
                message_id=request.message_id,
                attachment_id=request.attachment_id,
                transcription=transcription,
                processing_time_ms=round(context.elapsed_s() * 1000),
                timestamp=context.now_s(),
                **_post_ids(request),
            )
        )
        languages = _languages(request, transcription)
        outcome = _Outcome(asked=len(languages))
        groups = _alike(request, context, languages)
        await all_of([self._languages(request, context, transcription, tags, outcome) for tags in groups])
        self._complete(request, context, transcription, outcome)

    async def _transcription(self, request: AudioProcessRequest, context: Context) -> Transcription:
        done = context.stages.get(_STAGE)
        if isinstance(done, Transcription):
            return done
        transcription = mobile_transcription(request.mobile_transcription, request.user_language, context.limits)
        if transcription is None:
            if context.audio is None:
                raise InvalidRequest("audio: the field is missing")
            wanted = Wanted(
                hint=request.user_language,
                words=bool(request.word_timestamps),
                vocabulary=wanted_vocabulary(request),
                track=request.audio_track,
            )
            transcription = await transcribe(context, context.audio, wanted)
        transcription = in_formats(transcription, request.formats)
        context.stages[_STAGE] = transcription
        return transcription

    async def _languages(
        self,
        request: AudioProcessRequest,
        context: Context,
        transcription: Transcription,
        tags: Sequence[str],
        outcome: _Outcome,
    ) -> None:
        """Publish the sound of one language under each of its tags."""
        known = {tag: done for tag in tags if isinstance(done := context.stages.get(f"{_SPOKEN}:{tag}"), Spoken)}
        outcome.audios |= {tag: (done.audio, done.sound) for tag, done in known.items()}
        left = [tag for tag in tags if tag not in known]
        if not left:
            return
        try:
            if known:
                one = next(iter(known.values()))
                audio, sound = one.audio, one.sound
                context.hold(len(sound))
            else:
                audio, sound = await _translated_audio(request, context, transcription, left[0])
        except DragomanError as error:
            outcome.failed |= dict.fromkeys(left, error)
            return
        for index, tag in enumerate(left):
            try:
                context.hold(len(sound) if index else 0)  # it is in memory once, and sent for each
            except (Overloaded, TooLarge) as error:
                outcome.failed[tag] = error
                continue
            self._tell(request, context, msgspec.structs.replace(audio, target_language=tag), sound, outcome)
            await asyncio.sleep(0)

    def _tell(
        self,
        request: AudioProcessRequest,
        context: Context,
        audio: TranslatedAudio,
        sound: bytes,
        outcome: _Outcome,
    ) -> None:
        target = audio.target_language
        outcome.audios[target] = (audio, sound)
        event = outcome.event_class()(
            task_id=context.task_id,
            message_id=request.message_id,
            attachment_id=request.attachment_id,
            language=target,
            translated_audio=audio,
            binary_frames={"audio": BinaryFrame(index=1, size=len(sound), mime_type=audio.audio_mime_type)},
            timestamp=context.now_s(),
            **_post_ids(request),
        )
        context.publish(event, [sound])
        context.stages[f"{_SPOKEN}:{target}"] = Spoken(audio=audio, sound=sound)

    def _complete(
        self, request: AudioProcessRequest, context: Context, transcription: Transcription, outcome: _Outcome
    ) -> None:
        # Tags of one language refer to one frame.
        sounds = list({id(sound): sound for _, sound in outcome.audios.values()}.values())
        index_of = {id(sound): index for index, sound in enumerate(sounds, start=1)}
        frames = {
            f"audio_{language}": BinaryFrame(
                index=index_of[id(sound)], size=len(sound), mime_type=audio.audio_mime_type
            )
            for language, (audio, sound) in outcome.audios.items()
        }
        context.publish(
            AudioProcessCompleted(
                task_id=context.task_id,
                message_id=request.message_id,
                attachment_id=request.attachment_id,
                transcription=transcription,
                translated_audios=[audio for audio, _ in outcome.audios.values()],
                failed_languages=[
                    FailedLanguage(target_language=language, error=error.message, error_code=error.code)
                    for language, error in outcome.failed.items()
                ],
                voice_model_user_id=request.sender_id,
                voice_model_quality=0.0,
                processing_time_ms=round(context.elapsed_s() * 1000),
                timestamp=context.now_s(),
                binary_frames=frames,
                no_speech=UNSET if transcription.text.strip() else True,
                warnings=list(context.warnings) or UNSET,
                **_post_ids(request),
            ),
            sounds,
        )
        outcome.settle(context, self.parts(request))


def _languages(request: AudioProcessRequest, transcription: Transcription) -> list[str]:
    """Return the languages to speak, each once: those asked for, less the one that was spoken."""
    if not transcription.text.strip():
        return []
    languages = request.languages
    if request.speak_original:
        return languages
    spoken = base_language(transcription.language)
    return [language for language in languages if base_language(language) != spoken]


def _post_ids(request: AudioProcessRequest) -> dict[str, Any]:
    """Return the ids of a post and of its medium, where the request has them."""
    ids = {"post_id": request.post_id, "post_media_id": request.post_media_id}
    return {name: value for name, value in ids.items() if value is not None}


def _alike(request: AudioProcessRequest, context: Context, tags: Sequence[str]) -> list[list[str]]:
    """Return the tags in groups of which each is one piece of work: one language, one voice, the same terms."""
    wish, wishes = translation_wish(request, context), _wishes(request)
    groups: dict[object, list[str]] = {}
    for tag in tags:
        terms = tuple([each.digest for each in wish.terms(tag)])
        groups.setdefault((base_language(tag), named_voice(tag, wishes)[1], terms), []).append(tag)
    return list(groups.values())


async def _translated_audio(
    request: AudioProcessRequest, context: Context, transcription: Transcription, target: str
) -> tuple[TranslatedAudio, bytes]:
    wishes = _wishes(request)
    # Before the translation: a voice that there is not should not cost one.
    choose_voice(await context.capabilities("speech"), target, wishes)
    wish = translation_wish(request, context)
    translated = await translate_speech(context, transcription, target, wish)
    spoken = await speak_text(context, translated.text, target, wishes, request.wanted_format or context.speech_format)
    audio = TranslatedAudio(
        target_language=target,
        translated_text=translated.text,
        duration_ms=spoken.duration_ms,
        audio_mime_type=spoken.mime_type,
        segments=spoken.segments,
        voice=spoken.voice,
        warnings=[*translated.warnings, *spoken.warnings] or UNSET,
    )
    return audio, spoken.sound


def _wishes(request: AudioProcessRequest) -> Wishes:
    return Wishes(
        voice=request.voice or "",
        voices=request.voices or {},
        best=(request.model_type or "").lower() in BEST_TYPES,
        speed=request.speed or 1.0,
    )
