"""`speak`: a text to speech."""

from __future__ import annotations

from typing import ClassVar

from msgspec import UNSET

from dragoman_engines.work import Speak
from dragoman_handlers.base import WHOLE, Context, Handler
from dragoman_handlers.progress import Progress
from dragoman_handlers.speech.sent_pieces import sent_pieces
from dragoman_handlers.speech.synthesis.joining import Sound
from dragoman_handlers.speech.synthesis.sound_files import mime_type, sound_file
from dragoman_handlers.speech.synthesis.synthesize import Heard, Reading, read_text, speak_reading
from dragoman_handlers.speech.synthesis.voices import BEST_TYPES, Wishes
from dragoman_handlers.text.language_id import find_source
from dragoman_handlers.text.languages import AUTO, UNDETERMINED
from dragoman_wire.errors import InvalidRequest, TooLarge
from dragoman_wire.events import BinaryFrame, ProgressUnit, SpeechChunk, SpeechCompleted
from dragoman_wire.requests import SoundFormat, SpeakRequest


class SpeakHandler(Handler[SpeakRequest]):
    """Where the request wants it piece by piece, the pieces come first and then the whole."""

    request_type: ClassVar[str] = "speak"
    lane: ClassVar[str] = "speech"
    progress_unit: ClassVar[ProgressUnit] = "characters"

    async def handle(self, request: SpeakRequest, context: Context) -> None:
        """Publish the pieces, if they are wanted, and one `speech_completed`."""
        limit = context.limits.text_chars
        if len(request.text) > limit:
            raise TooLarge(f"text has {len(request.text)} characters; the limit text_chars is {limit}")
        if not request.text.strip():
            raise InvalidRequest("text: the field is empty")
        language, warnings = await _language(request, context)
        reading = await read_text(context, request.text, language, _wishes(request), early=bool(request.stream))
        sound_format = request.wanted_format or context.speech_format
        spoken = await speak_reading(
            context, reading, sound_format, _listener(request, context, reading, sound_format)
        )
        context.publish(
            SpeechCompleted(
                task_id=context.task_id,
                message_id=request.message_id,
                language=reading.manner.language,
                voice=spoken.voice,
                duration_ms=spoken.duration_ms,
                sample_rate_hz=spoken.sample_rate_hz,
                segments=spoken.segments,
                processing_time_ms=round(context.elapsed_s() * 1000),
                timestamp=context.now_s(),
                binary_frames={"audio": BinaryFrame(index=1, size=len(spoken.sound), mime_type=spoken.mime_type)},
                warnings=[*context.warnings, *warnings, *spoken.warnings] or UNSET,
            ),
            [spoken.sound],
            settles=WHOLE,
        )


async def _language(request: SpeakRequest, context: Context) -> tuple[str, list[str]]:
    """Return the language of the text, and a sentence where it is a guess.

    Raises:
        InvalidRequest: it is not stated, and the text has no words to tell it by.
    """
    if request.language and request.language.lower() != AUTO:
        return request.language, []
    spoken = (await context.capabilities("speech")).languages
    source = find_source(None, request.text, spoken)
    if source.language == UNDETERMINED:
        raise InvalidRequest("language: state it; the text has no words to tell it by")
    sure = f"{source.confidence:.0%}"
    return source.language, [f"the text was taken for {source.language!r} ({sure} sure); state its language"]


def _wishes(request: SpeakRequest) -> Wishes:
    return Wishes(
        voice=request.voice or "",
        best=(request.model_type or "").lower() in BEST_TYPES,
        speed=request.speed or 1.0,
    )


def _listener(request: SpeakRequest, context: Context, reading: Reading, sound_format: SoundFormat) -> Heard:
    """Return what is told of each piece: it counts it as done, and publishes it where that is wanted."""
    progress = Progress(context, reading.characters, "characters", wanted=bool(request.progress))
    known = sent_pieces(context, SpeechChunk)
    index = known.count

    async def heard(unit: Speak, sound: Sound | None) -> None:
        nonlocal index
        progress.advance(len(unit.text))
        if sound is None or not request.stream or (sound := known.rest(sound)) is None:
            return
        file = await sound_file(context, sound, sound_format)
        context.hold(len(file))
        frame = BinaryFrame(index=1, size=len(file), mime_type=mime_type(sound_format, sound.rate_hz))
        context.publish(
            SpeechChunk(
                task_id=context.task_id,
                message_id=request.message_id,
                index=index,
                last=sound.last,
                start_ms=sound.start_ms,
                duration_ms=sound.duration_ms,
                sample_rate_hz=sound.rate_hz,
                voice=reading.manner.voice.name,
                binary_frames={"audio": frame},
                timestamp=context.now_s(),
            ),
            [file],
        )
        index += 1

    return heard
