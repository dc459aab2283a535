"""What is said comes in sentences, in several languages each from its own, and while it is still being heard."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any, Literal, cast

import pytest

from dragoman_handlers.base import Context
from dragoman_handlers.speech import interpret as subject
from dragoman_handlers.speech.interpret import joined, translate_said
from dragoman_handlers.speech.voice_message import Said, VoiceMessage
from dragoman_handlers.text.options import TranslationWish
from dragoman_handlers.text.translate import Translated
from dragoman_wire.events import Transcription, TranscriptSegment


def segments(*said: tuple[str, str]) -> list[TranscriptSegment]:
    return [TranscriptSegment(text=text, start_ms=0, end_ms=0, language=language) for language, text in said]


def whole(*said: tuple[str, str], source: Literal["whisper", "mobile"] = "whisper") -> Transcription:
    return Transcription(
        text=" ".join(text for _, text in said),
        language=said[0][0],
        confidence=1,
        duration_ms=0,
        source=source,
        model="x",
        segments=segments(*said),
    )


async def heard_in(*steps: Sequence[TranscriptSegment] | Transcription) -> list[list[Said]]:
    """What a listener gets after each step."""
    message = VoiceMessage()
    got: list[Said] = []

    async def listen() -> None:
        async for said in message.sentences():
            got.append(said._replace(more=False))
            follows.append(said.more)

    listener = asyncio.create_task(listen())
    after: list[list[Said]] = []
    follows: list[bool] = []
    for step in steps:
        if isinstance(step, Transcription):
            message.end(step)
        else:
            message.heard(step)
        for _ in range(5):
            await asyncio.sleep(0)
        after.append(got[:])
        got.clear()
    await listener
    assert all(follows[:-1]), "others follow all but the last"
    return after


async def test_the_first_sentence_comes_alone_and_then_the_others() -> None:
    assert await heard_in(whole(("en", "Hi there."), ("en", "You came. I am"), ("en", "glad."))) == [
        [Said("Hi there.", "en"), Said("You came. I am glad.", "en")]
    ]


async def test_sentences_come_as_they_are_heard_and_one_that_may_go_on_is_held() -> None:
    said = ("en", "Hi there. It is"), ("en", "late. Come"), ("en", "in.")
    one, two, three = ([each] for each in said)
    assert await heard_in(segments(*one), segments(*two), segments(*three), whole(*said)) == [
        [Said("Hi there.", "en")],
        [Said("It is late.", "en")],
        [Said("Come in.", "en")],
        [],
    ]


async def test_a_segment_that_ends_with_a_stop_is_whole_unless_that_may_be_an_abbreviation() -> None:
    said = ("en", "Hi there."), ("en", "It begins at 5 p.m."), ("en", "Eastern time.")
    one, two, three = ([each] for each in said)
    assert await heard_in(segments(*one), segments(*two), segments(*three), whole(*said)) == [
        [Said("Hi there.", "en")],
        [],
        [Said("It begins at 5 p.m. Eastern time.", "en")],
        [],
    ]


async def test_a_change_of_language_ends_a_sentence() -> None:
    spoken = whole(("en", "Hi."), ("en", "You"), ("pt", "Bom dia."), ("en", "Bye."))
    assert await heard_in(spoken) == [
        [Said("Hi.", "en"), Said("You", "en"), Said("Bom dia.", "pt"), Said("Bye.", "en")]
    ]


async def test_the_phones_own_text_is_one_whatever_its_segments_say() -> None:
    spoken = whole(("en", "Hi."), ("pt", "Olá."), source="mobile")
    assert await heard_in(spoken) == [[Said("Hi. Olá.", "en")]]


async def test_nothing_is_said_in_silence() -> None:
    message = VoiceMessage()
    message.end(whole(("und", "")))
    assert await message.language() == "und"


async def test_the_language_is_known_with_the_first_words() -> None:
    message = VoiceMessage()
    message.heard(segments(("pt", "Bom dia.")))
    assert await message.language() == "pt"
    assert message.transcription is None


async def test_each_sentence_is_translated_from_its_own_language(monkeypatch: pytest.MonkeyPatch) -> None:
    async def served(*_: object) -> Any:
        return frozenset({"en", "pt", "fr"})

    async def translate(_: object, text: str, source: str, target: str, __: object) -> Translated:
        return Translated(text=f"{source}>{target}({text})", model="x", warnings=["doubtful"])

    class Wish:
        model = ""

    monkeypatch.setattr(subject, "served_languages", served)
    monkeypatch.setattr(subject, "translate_text", translate)
    context, wish = cast("Context", None), cast("TranslationWish", Wish())
    spoken = Said("Good morning.", "en"), Said("Bom dia.", "pt")
    done = joined([await translate_said(context, each, "fr", wish) for each in spoken])
    assert done.text == "en>fr(Good morning.) pt>fr(Bom dia.)"
    assert list(done.warnings) == ["doubtful"]
