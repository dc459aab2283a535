"""`audio_process`: a voice message into voice messages in other languages.

The languages are translated and spoken while the message is still being heard, sentence by sentence, and each is
published when it is whole; its pieces before that, where they are wanted. The language that was spoken is left out,
unless it is wanted, and where nobody speaks nothing is translated: neither is an error.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

import msgspec
from msgspec import UNSET

from dragoman_engines.work import Speak
from dragoman_handlers.base import Context, Handler
from dragoman_handlers.concurrency import one_error
from dragoman_handlers.speech.interpret import InterpreterOptions, interpret
from dragoman_handlers.speech.recognition.transcribe import Wanted, transcribe, wanted_vocabulary
from dragoman_handlers.speech.recognition.transcripts import in_formats, mobile_transcription
from dragoman_handlers.speech.sent_pieces import sent_pieces
from dragoman_handlers.speech.synthesis.joining import Sound
from dragoman_handlers.speech.synthesis.sound_files import mime_type, sound_file
from dragoman_handlers.speech.synthesis.synthesize import Heard
from dragoman_handlers.speech.synthesis.voices import BEST_TYPES, Wishes, named_voice
from dragoman_handlers.speech.voice_message import VoiceMessage
from dragoman_handlers.speech.voice_progress import VoiceProgress
from dragoman_handlers.text.languages import base_language
from dragoman_handlers.text.options import TranslationWish, translation_wish
from dragoman_wire.errors import DragomanError, InvalidRequest, Overloaded, TooLarge
from dragoman_wire.events import (
    AudioChunk,
    AudioProcessCompleted,
    AudioTranslationReady,
    AudioTranslationsCompleted,
    AudioTranslationsProgressive,
    BinaryFrame,
    FailedLanguage,
    ProgressUnit,
    Transcription,
    TranscriptionReady,
    TranscriptSegment,
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

    asked: set[str] | None = None
    """Those that there will be, once that is known."""
    audios: dict[str, tuple[TranslatedAudio, bytes]] = field(default_factory=dict)
    failed: dict[str, DragomanError] = field(default_factory=dict)
    begun: set[str] = field(default_factory=set)
    """Those of which a peer has pieces."""

    def ask(self, languages: set[str]) -> None:
        """Note which languages there will be; the others did not fail."""
        self.asked = languages
        self.failed = {tag: error for tag, error in self.failed.items() if tag in languages}

    def fail(self, tags: Sequence[str], error: DragomanError) -> None:
        """Note that languages failed. One that is left out may fail just when it is stopped."""
        self.failed |= {tag: error for tag in tags if self.asked is None or tag in self.asked}

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
        asked = len(self.asked or ())
        if asked == 1:
            return AudioTranslationReady
        if len(self.audios) + len(self.failed) == asked:
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
        wish = translation_wish(request, context)  # errors in it are reported before any work
        await _Interpreting(request, context, wish).done(self.parts(request))


class _Interpreting:
    """One voice message on its way into its languages; a `Follower` of its hearing."""

    def __init__(self, request: AudioProcessRequest, context: Context, wish: TranslationWish) -> None:
        self._request = request
        self._context = context
        self._message = VoiceMessage()
        self._outcome = _Outcome(begun=_begun(request, context))
        self._groups = _alike(request, wish)
        self._progress = VoiceProgress(context, len(self._groups), wanted=bool(request.progress))
        self._options = InterpreterOptions(
            wish=wish,
            wishes=_wishes(request),
            sound_format=request.wanted_format or context.speech_format,
            early=bool(request.stream),
        )

    async def done(self, parts: Sequence[str]) -> None:
        """Do it all, and settle the parts."""
        async with one_error(), asyncio.TaskGroup() as group:
            at_work = {tags: group.create_task(self._languages(tags)) for tags in self._groups}
            transcription = await self._transcription()
            self._tell_transcription(transcription)
            languages = _languages(self._request, transcription, self._outcome.begun)
            for tags, task in at_work.items():
                if not languages.issuperset(tags):
                    task.cancel()
                    self._progress.settled(tags)
            self._outcome.ask(languages)
            self._message.end(transcription)
        self._complete(transcription, parts)

    # --- hearing -------------------------------------------------------------------------------------------

    def began(self, duration_s: float) -> None:
        """Note how long the recording is."""
        self._progress.begin(duration_s)

    def heard(self, segments: Sequence[TranscriptSegment], until_s: float) -> None:
        """Hand on what is heard."""
        self._progress.heard(until_s, sum(len(segment.text) for segment in segments))
        self._message.heard(segments)

    async def _transcription(self) -> Transcription:
        request, context = self._request, self._context
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
                early=bool(request.stream),
            )
            transcription = await transcribe(context, context.audio, wanted, self)
        transcription = in_formats(transcription, request.formats)
        context.stages[_STAGE] = transcription
        return transcription

    def _tell_transcription(self, transcription: Transcription) -> None:
        self._progress.heard_all(transcription)
        self._context.publish(
            TranscriptionReady(
                task_id=self._context.task_id,
                message_id=self._request.message_id,
                attachment_id=self._request.attachment_id,
                transcription=transcription,
                processing_time_ms=round(self._context.elapsed_s() * 1000),
                timestamp=self._context.now_s(),
                **_post_ids(self._request),
            )
        )

    # --- languages -----------------------------------------------------------------------------------------

    async def _languages(self, tags: tuple[str, ...]) -> None:
        """Publish the sound of one language under each of its tags."""
        context, outcome = self._context, self._outcome
        known = {tag: done for tag in tags if isinstance(done := context.stages.get(f"{_SPOKEN}:{tag}"), Spoken)}
        left = [tag for tag in tags if tag not in known]
        try:
            if known:
                await self._message.whole()
                outcome.audios |= {tag: (done.audio, done.sound) for tag, done in known.items()}
                one = next(iter(known.values()))
                audio, sound = one.audio, one.sound
                context.hold(len(sound) if left else 0)
            else:
                await self._may_begin(tags[0])
                audio, sound = await interpret(context, self._message, left[0], self._options, self._listener(tags))
        except DragomanError as error:
            outcome.fail(left, error)
            self._progress.settled(tags)
            return
        self._progress.settled(tags)
        for index, tag in enumerate(left):
            try:
                context.hold(len(sound) if index else 0)  # it is in memory once, and sent for each
            except (Overloaded, TooLarge) as error:
                outcome.failed[tag] = error
                continue
            self._tell(msgspec.structs.replace(audio, target_language=tag), sound)
            await asyncio.sleep(0)

    async def _may_begin(self, tag: str) -> None:
        """Wait until the language is not the one that was spoken, as far as is heard, or all is heard.

        Where it turns out to be that one after all, what was done for it is dropped, unless a peer has pieces of it.
        """
        spoken = await self._message.language()
        if spoken is not None and base_language(spoken) == base_language(tag) and not self._request.speak_original:
            await self._message.whole()

    def _listener(self, tags: tuple[str, ...]) -> Heard:
        """Return what is told of each piece: it counts it as done, and publishes it where that is wanted."""
        context, form = self._context, self._options.sound_format
        known = {tag: sent_pieces(context, AudioChunk, tag) for tag in tags}
        indexes = {tag: sent.count for tag, sent in known.items()}

        async def heard(unit: Speak, sound: Sound | None) -> None:
            self._progress.spoke(tags, len(unit.text))
            if sound is None or not self._request.stream:
                return
            rests = {tag: rest for tag in tags if (rest := known[tag].rest(sound)) is not None}
            files = {rest: await sound_file(context, rest, form) for rest in dict.fromkeys(rests.values())}
            context.hold(sum(len(files[rest]) for rest in rests.values()))  # in memory once, and sent for each
            for tag, rest in rests.items():
                self._outcome.begun.add(tag)
                context.publish(self._chunk(tag, indexes[tag], unit, rest, len(files[rest])), [files[rest]])
                indexes[tag] += 1

        return heard

    def _chunk(self, tag: str, index: int, unit: Speak, sound: Sound, size_bytes: int) -> AudioChunk:
        mime = mime_type(self._options.sound_format, sound.rate_hz)
        return AudioChunk(
            task_id=self._context.task_id,
            message_id=self._request.message_id,
            attachment_id=self._request.attachment_id,
            language=tag,
            index=index,
            last=sound.last,
            start_ms=sound.start_ms,
            duration_ms=sound.duration_ms,
            sample_rate_hz=sound.rate_hz,
            voice=unit.voice,
            binary_frames={"audio": BinaryFrame(index=1, size=size_bytes, mime_type=mime)},
            timestamp=self._context.now_s(),
            **_post_ids(self._request),
        )

    def _tell(self, audio: TranslatedAudio, sound: bytes) -> None:
        request, context, outcome = self._request, self._context, self._outcome
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

    def _complete(self, transcription: Transcription, parts: Sequence[str]) -> None:
        request, context, outcome = self._request, self._context, self._outcome
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
        outcome.settle(context, parts)


def _languages(request: AudioProcessRequest, transcription: Transcription, begun: set[str]) -> set[str]:
    """Return the languages to speak: those asked for, less the one that was spoken. One that has begun stays."""
    if not transcription.text.strip():
        return set()
    if request.speak_original:
        return set(request.languages)
    spoken = base_language(transcription.language)
    return begun | {language for language in request.languages if base_language(language) != spoken}


def _begun(request: AudioProcessRequest, context: Context) -> set[str]:
    """Return the languages of which a peer has pieces from an earlier run."""
    return {piece["language"] for piece in context.sent(AudioChunk)}.intersection(request.languages)


def _post_ids(request: AudioProcessRequest) -> dict[str, Any]:
    """Return the ids of a post and of its medium, where the request has them."""
    ids = {"post_id": request.post_id, "post_media_id": request.post_media_id}
    return {name: value for name, value in ids.items() if value is not None}


def _alike(request: AudioProcessRequest, wish: TranslationWish) -> list[tuple[str, ...]]:
    """Return the tags in groups of which each is one piece of work: one language, one voice, the same terms."""
    wishes = _wishes(request)
    groups: dict[object, list[str]] = {}
    for tag in request.languages:
        terms = tuple([each.digest for each in wish.terms(tag)])
        groups.setdefault((base_language(tag), named_voice(tag, wishes)[1], terms), []).append(tag)
    return [tuple(tags) for tags in groups.values()]


def _wishes(request: AudioProcessRequest) -> Wishes:
    return Wishes(
        voice=request.voice or "",
        voices=request.voices or {},
        best=(request.model_type or "").lower() in BEST_TYPES,
        speed=request.speed or 1.0,
    )
