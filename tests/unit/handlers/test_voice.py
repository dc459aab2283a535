"""A voice message is heard, translated and spoken sentence by sentence, and comes to the same as without that."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import msgspec
import pytest

from dragoman_engines.work import Speak, TranscribeWindow, TranslateSentences
from dragoman_handlers.voice import VoiceHandler
from dragoman_wire.errors import EngineFailed
from dragoman_wire.requests import AudioProcessRequest, MobileTranscription
from tests.unit.handlers.fake_context import FakeContext, number_of

WINDOWS = ("We are here. The train leaves", "en"), ("at nine. Come with us. It is", "en"), ("late.", "en")
SAID = ["We are here.", "The train leaves at nine.", "Come with us.", "It is late."]
_TURNS = 500
"""Of the loop: more than anything here needs to get as far as it can."""


async def handle(context: FakeContext, *languages: str, **fields: Any) -> None:
    request = AudioProcessRequest(target_languages=list(languages), **fields)
    await VoiceHandler().handle(request, context)  # type: ignore[arg-type]


def chunks(context: FakeContext, language: str) -> list[tuple[int, bool]]:
    return [(event.index, event.last) for event, _ in context.of("audio_chunk") if event.language == language]


def sound(context: FakeContext, language: str) -> bytes:
    return b"".join(bytes(binaries[0]) for event, binaries in context.of("audio_chunk") if event.language == language)


def finals(context: FakeContext) -> list[tuple[Any, list[bytes]]]:
    """All events but the pieces, without their times."""
    return [
        (msgspec.structs.replace(event, processing_time_ms=0) if hasattr(event, "processing_time_ms") else event, data)
        for event, binaries in context.published
        for data in [[bytes(each) for each in binaries]]
        if type(event).__name__ != "AudioChunk"
    ]


def hold_window(number: int) -> tuple[asyncio.Event, Callable[[Any], Awaitable[None]]]:
    """A hook that lets no window from this one on be heard until the event is set."""
    free = asyncio.Event()

    async def before(work: Any) -> None:
        if isinstance(work, TranscribeWindow) and number_of(work) >= number:
            await free.wait()

    return free, before


async def turns() -> None:
    for _ in range(_TURNS):
        await asyncio.sleep(0)


async def test_the_first_sentences_are_spoken_before_the_last_words_are_heard() -> None:
    free, before = hold_window(2)
    context = FakeContext(*WINDOWS, before=before)
    task = asyncio.create_task(handle(context, "fr", stream=True))
    await turns()
    assert context.types() == ["audio_chunk"], "the second window may be changed by the third"
    assert [unit.text for unit in context.units if isinstance(unit, Speak)] == ["fr: We are here."]
    free.set()
    await task
    assert chunks(context, "fr") == [(0, False), (1, False), (2, False), (3, True)]
    assert [kind for kind in context.types() if kind != "audio_chunk"] == [
        "transcription_ready",
        "audio_translation_ready",
        "audio_process_completed",
    ]
    [(_, [whole])] = context.of("audio_translation_ready")
    assert sound(context, "fr") == whole
    audio = context.only("audio_translation_ready").translated_audio
    assert audio.translated_text == " ".join(f"fr: {sentence}" for sentence in SAID)
    assert audio.duration_ms == sum(event.duration_ms for event, _ in context.of("audio_chunk"))


async def test_the_final_events_are_the_same_with_and_without_pieces() -> None:
    streamed, plain = FakeContext(*WINDOWS), FakeContext(*WINDOWS)
    for context, stream in ((streamed, True), (plain, None)):
        await handle(context, "fr", "pt", "pt-BR", stream=stream)
    assert chunks(streamed, "pt") == chunks(streamed, "pt-BR") == chunks(streamed, "fr") != []
    assert chunks(plain, "fr") == []
    assert sorted(finals(streamed), key=repr) == sorted(finals(plain), key=repr)


async def test_a_message_of_one_window_is_told_of_before_its_first_sound() -> None:
    context = FakeContext(("We are here. Come in.", "en"))
    await handle(context, "fr", stream=True)
    assert context.types() == [
        "transcription_ready",
        "audio_chunk",
        "audio_chunk",
        "audio_translation_ready",
        "audio_process_completed",
    ]


async def test_without_pieces_hearing_and_speaking_go_on_at_the_same_time_as_well() -> None:
    free, before = hold_window(2)
    context = FakeContext(*WINDOWS, before=before)
    task = asyncio.create_task(handle(context, "fr"))
    await turns()
    assert any(isinstance(unit, Speak) for unit in context.units)
    assert context.published == []
    free.set()
    await task


async def test_the_language_that_was_spoken_is_left_out_and_nothing_is_done_for_it() -> None:
    context = FakeContext(*WINDOWS)
    await handle(context, "en-GB", "fr", stream=True)
    assert chunks(context, "en-GB") == []
    assert {unit.target for unit in context.units if isinstance(unit, TranslateSentences)} == {"fr"}
    assert [each.target_language for each in context.only("audio_process_completed").translated_audios] == ["fr"]
    assert "audio_translation_ready" in context.types()


BILINGUAL = (
    ("We are here. Come in.", "en"),
    ("Bom dia a todos os que chegaram hoje de manhã ao porto.", "pt"),
    ("Boa tarde a todos os que chegaram hoje de tarde ao porto.", "pt"),
)


async def test_a_language_that_turns_out_to_be_the_one_that_was_spoken_is_left_out() -> None:
    context = FakeContext(*BILINGUAL)
    await handle(context, "pt")
    whole = context.only("audio_process_completed")
    assert (whole.transcription.language, whole.translated_audios, whole.failed_languages) == ("pt", [], [])
    assert context.held_bytes == 0


async def test_it_stays_where_a_peer_has_pieces_of_it() -> None:
    free, before = hold_window(2)
    context = FakeContext(*BILINGUAL, before=before)
    task = asyncio.create_task(handle(context, "pt", stream=True))
    await turns()
    assert chunks(context, "pt") != []
    free.set()
    await task
    assert [each.target_language for each in context.only("audio_process_completed").translated_audios] == ["pt"]
    assert chunks(context, "pt")[-1][1]


async def test_first_sentences_of_all_languages_are_spoken_before_the_second_ones() -> None:
    context = FakeContext(*WINDOWS)
    sizes: dict[str, list[float]] = {"fr": [], "pt": []}
    run = context.run

    async def noted(work: Any, *, size_s: float) -> Any:
        if isinstance(work, Speak):
            sizes[work.language].append(size_s)
        return await run(work, size_s=size_s)

    context.run = noted  # type: ignore[method-assign]
    await handle(context, "fr", "pt", stream=True)
    for found in sizes.values():
        assert found == sorted(found)
        assert len(set(found)) == len(SAID)
    assert sizes["fr"][0] < sizes["pt"][1]


async def test_a_language_that_fails_hides_no_other_and_counts_as_asked() -> None:
    async def before(work: Any) -> None:
        if isinstance(work, TranslateSentences) and work.target == "pt":
            raise EngineFailed("the model raised")

    context = FakeContext(*WINDOWS, before=before)
    await handle(context, "fr", "pt", stream=True)
    whole = context.only("audio_process_completed")
    assert [each.target_language for each in whole.failed_languages] == ["pt"]
    assert [each.target_language for each in whole.translated_audios] == ["fr"]
    assert chunks(context, "pt") == []
    assert context.settled["fr"] is None
    assert isinstance(context.settled["pt"], EngineFailed)


async def test_an_error_of_the_hearing_ends_the_languages_that_have_begun() -> None:
    async def before(work: Any) -> None:
        if isinstance(work, TranscribeWindow) and number_of(work) == 2:
            await turns()
            raise EngineFailed("the model raised")

    context = FakeContext(*WINDOWS, before=before)
    with pytest.raises(EngineFailed):
        await handle(context, "fr", stream=True)
    assert context.types() == ["audio_chunk"]
    assert context.at_work == 0


@pytest.mark.parametrize("kind", [TranscribeWindow, TranslateSentences, Speak])
async def test_a_cancelled_message_asks_no_engine_any_more(kind: type[Any]) -> None:
    never = asyncio.Event()

    async def before(work: Any) -> None:
        if isinstance(work, kind):
            await never.wait()

    context = FakeContext(*WINDOWS, before=before)
    task = asyncio.create_task(handle(context, "fr", "pt", stream=True))
    await turns()
    assert context.at_work > 0
    asked = len(context.units)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await turns()
    assert (context.at_work, len(context.units)) == (0, asked)


async def test_progress_is_the_seconds_that_are_heard_and_spoken() -> None:
    context = FakeContext(*WINDOWS)
    await handle(context, "fr", "en", progress=True)
    assert {(event.unit, event.total) for event in context.told} == {("seconds", 270)}
    done = [event.done for event in context.told]
    assert (done[0], done[-1], done) == (0, 270, sorted(done))


async def test_the_phones_transcription_is_spoken_in_pieces_too() -> None:
    context = FakeContext()
    mobile = MobileTranscription(text="We are here. Come in.", language="en")
    await handle(context, "fr", mobile_transcription=mobile, stream=True, progress=True)
    assert chunks(context, "fr") == [(0, False), (1, True)]
    assert context.told[-1].done == context.told[-1].total > 0


async def test_what_is_held_at_the_end_is_what_the_events_have() -> None:
    context = FakeContext(*WINDOWS)
    await handle(context, "fr", "pt-BR", "pt", stream=True)
    chunk_bytes = sum(len(binaries[0]) for _, binaries in context.of("audio_chunk"))
    ready = sum(
        len(binaries[0])
        for kind in ("progressive", "completed")
        for _, binaries in context.of(f"audio_translations_{kind}")
    )
    assert context.held_bytes == chunk_bytes + ready
