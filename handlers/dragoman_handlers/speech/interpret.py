"""A voice message in another language: translated and spoken sentence by sentence, while it may still be heard."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence

import msgspec
from msgspec import UNSET

from dragoman_handlers.base import Context
from dragoman_handlers.concurrency import InOrder, one_error
from dragoman_handlers.speech.synthesis.reading import Text
from dragoman_handlers.speech.synthesis.synthesize import Heard, manner_of, speak_texts
from dragoman_handlers.speech.synthesis.voices import Wishes
from dragoman_handlers.speech.voice_message import Said, VoiceMessage
from dragoman_handlers.text.language_id import find_source, served_languages
from dragoman_handlers.text.languages import AUTO, UNDETERMINED
from dragoman_handlers.text.options import TranslationWish
from dragoman_handlers.text.translate import Translated, translate_text
from dragoman_wire.errors import UnsupportedLanguage
from dragoman_wire.events import TranslatedAudio
from dragoman_wire.requests import SoundFormat


class InterpreterOptions(msgspec.Struct, frozen=True, kw_only=True):
    """A request's options for each of its languages."""

    wish: TranslationWish
    wishes: Wishes
    sound_format: SoundFormat
    early: bool
    """A listener waits for the first words."""


async def interpret(
    context: Context, message: VoiceMessage, target: str, options: InterpreterOptions, heard: Heard
) -> tuple[TranslatedAudio, bytes]:
    """Turn a voice message into `target`; return what is said there, and its sound.

    Raises:
        DragomanError: no voice, no route from a language that was spoken, or an engine's error.
    """
    # Before the translation: a voice that there is not should not cost one.
    manner = await manner_of(context, target, options.wishes)
    done: list[Translated] = []
    async with one_error(), asyncio.TaskGroup() as group:
        translations: InOrder[tuple[Translated, bool]] = InOrder()
        group.create_task(_translate(context, message, target, options.wish, group, translations))
        spoken = await speak_texts(
            context, _texts(translations, done), manner, options.sound_format, heard, early=options.early
        )
    translated = joined(done)
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


async def _translate(
    context: Context,
    message: VoiceMessage,
    target: str,
    wish: TranslationWish,
    group: asyncio.TaskGroup,
    translations: InOrder[tuple[Translated, bool]],
) -> None:
    async def translated(said: Said) -> tuple[Translated, bool]:
        return await translate_said(context, said, target, wish), said.more

    async for said in message.sentences():
        translations.put(group.create_task(translated(said)))
    translations.put(None)


async def _texts(translations: InOrder[tuple[Translated, bool]], done: list[Translated]) -> AsyncIterator[Text]:
    async for translated, more in translations:
        done.append(translated)
        yield translated.text, more


async def translate_said(context: Context, said: Said, target: str, wish: TranslationWish) -> Translated:
    """Translate what was said. What is in the target's language already stays as it is.

    Raises:
        DragomanError: no route from the language that was spoken, or the engine's error.
    """
    language = AUTO if said.language == UNDETERMINED else said.language
    source = find_source(language, said.text, await served_languages(context, language, wish.model))
    try:
        return await translate_text(context, said.text, source.language, target, wish)
    except UnsupportedLanguage as error:
        raise source.explained(error) from error


def joined(parts: Sequence[Translated]) -> Translated:
    """Return translations that follow one another as one."""
    if len(parts) == 1:
        return parts[0]
    warnings = [warning for part in parts for warning in part.warnings]
    return msgspec.structs.replace(
        parts[0], text=" ".join(part.text for part in parts), warnings=list(dict.fromkeys(warnings))
    )
