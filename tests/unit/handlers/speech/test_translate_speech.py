"""What was said in several languages is translated from each of them."""

from __future__ import annotations

import asyncio
from typing import Any, Literal, cast

import pytest

from dragoman_handlers.base import Context
from dragoman_handlers.speech import translate_speech as subject
from dragoman_handlers.speech.translate_speech import passages, translate_speech
from dragoman_handlers.text.options import TranslationWish
from dragoman_handlers.text.translate import Translated
from dragoman_wire.events import Transcription, TranscriptSegment


def said(*segments: tuple[str, str], source: Literal["whisper", "mobile"] = "whisper") -> Transcription:
    return Transcription(
        text=" ".join(text for _, text in segments),
        language=segments[0][0],
        confidence=1,
        duration_ms=0,
        source=source,
        model="x",
        segments=[
            TranscriptSegment(text=text, start_ms=0, end_ms=0, confidence=1, speaker_id=None, language=language)
            for language, text in segments
        ],
    )


def test_segments_in_one_language_are_one_text() -> None:
    assert passages(said(("en", "Hi."), ("en", "You."))) == [("en", "Hi. You.")]


def test_a_change_of_language_begins_a_passage() -> None:
    spoken = said(("en", "Hi."), ("en", "You."), ("pt", "Bom dia."), ("en", "Bye."))
    assert passages(spoken) == [("en", "Hi. You."), ("pt", "Bom dia."), ("en", "Bye.")]


def test_the_phones_own_text_is_one_whatever_its_segments_say() -> None:
    assert passages(said(("en", "Hi."), ("pt", "Olá."), source="mobile")) == [("en", "Hi. Olá.")]


def test_each_passage_is_translated_from_its_own_language(monkeypatch: pytest.MonkeyPatch) -> None:
    async def served(*_: object) -> Any:
        return frozenset({"en", "pt", "fr"})

    async def translate(_: object, text: str, source: str, target: str, __: object) -> Translated:
        return Translated(text=f"{source}>{target}({text})", model="x", warnings=["doubtful"])

    monkeypatch.setattr(subject, "served_languages", served)
    monkeypatch.setattr(subject, "translate_text", translate)
    spoken = said(("en", "Good morning."), ("pt", "Bom dia."))
    done = asyncio.run(translate_speech(cast("Context", None), spoken, "fr", cast("TranslationWish", _Wish())))
    assert done.text == "en>fr(Good morning.) pt>fr(Bom dia.)"
    assert list(done.warnings) == ["doubtful"]


class _Wish:
    model = ""
