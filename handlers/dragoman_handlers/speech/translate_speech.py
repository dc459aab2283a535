"""The translation of what was said: of a recording in several languages, each passage from its own."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

import msgspec

from dragoman_handlers.base import Context
from dragoman_handlers.concurrency import all_of
from dragoman_handlers.text.language_id import find_source, served_languages
from dragoman_handlers.text.languages import AUTO, UNDETERMINED
from dragoman_handlers.text.options import TranslationWish
from dragoman_handlers.text.translate import Translated, translate_text
from dragoman_wire.errors import UnsupportedLanguage
from dragoman_wire.events import Transcription


async def translate_speech(
    context: Context, transcription: Transcription, target: str, wish: TranslationWish
) -> Translated:
    """Translate a transcription with text. A passage that is in the target's language already stays as it is.

    Raises:
        DragomanError: no route from a language that was spoken, or the engine's error.
    """
    parts = await all_of(
        [_translate(context, text, language, target, wish) for language, text in passages(transcription)]
    )
    return parts[0] if len(parts) == 1 else _joined(parts)


def passages(transcription: Transcription) -> list[tuple[str, str]]:
    """Return the text by languages, in order, each with the language: one passage, as a rule.

    The phone's own transcription is one, for its text need not be that of its segments.
    """
    segments = transcription.segments if transcription.source == "whisper" else []
    runs = [
        (language or transcription.language, " ".join(segment.text for segment in run))
        for language, run in groupby(segments, key=lambda segment: segment.language)
    ]
    return runs if len(runs) > 1 else [(transcription.language, transcription.text)]


async def _translate(context: Context, text: str, spoken: str, target: str, wish: TranslationWish) -> Translated:
    language = AUTO if spoken == UNDETERMINED else spoken
    source = find_source(language, text, await served_languages(context, language, wish.model))
    try:
        return await translate_text(context, text, source.language, target, wish)
    except UnsupportedLanguage as error:
        raise source.explained(error) from error


def _joined(parts: Sequence[Translated]) -> Translated:
    warnings = [warning for part in parts for warning in part.warnings]
    return msgspec.structs.replace(
        parts[0], text=" ".join(part.text for part in parts), warnings=list(dict.fromkeys(warnings))
    )
