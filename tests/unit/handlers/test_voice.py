"""A voice message is heard, translated and spoken sentence by sentence, and comes to the same as without that."""

from __future__ import annotations

import asyncio
import gc
import weakref
from collections.abc import Awaitable, Callable
from typing import Any

import msgspec
import pytest

from dragoman_engines.work import Speak, TranscribeWindow, TranslateSentences
from dragoman_handlers.voice import VoiceHandler
from dragoman_wire.codec import Codec, decode_header, encode_header
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


def fields(context: FakeContext, kind: str) -> list[dict[str, Any]]:
    return [decode_header(encode_header(event, Codec.JSON))[1] for event, _ in context.of(kind)]


def after(first: FakeContext, *windows: tuple[str, str], pieces: int) -> FakeContext:
    """The next run of a task of which so many pieces were sent."""
    context = FakeContext(*windows)
    context.earlier = fields(first, "audio_chunk")[:pieces]
    return context


@pytest.mark.parametrize("pieces", range(6))
async def test_a_later_run_sends_the_pieces_that_the_peer_does_not_have(pieces: int) -> None:
    whole = FakeContext(*WINDOWS)
    await handle(whole, "fr", "pt", stream=True)
    again = after(whole, *WINDOWS, pieces=pieces)
    await handle(again, "fr", "pt", stream=True)
    for language in ("fr", "pt"):
        had = sum(fields["language"] == language for fields in again.earlier)
        assert chunks(again, language) == chunks(whole, language)[had:]
        assert sound(whole, language).endswith(sound(again, language))
    assert sorted(finals(again), key=repr) == sorted(finals(whole), key=repr)


async def test_where_the_pieces_are_cut_elsewhere_no_sound_is_lost_or_repeated() -> None:
    # What came bit by bit was three sentences, and is one now; the first piece ended in the middle of a later one.
    whole = FakeContext(("Here we all are and there is the train, which leaves at nine. It is late.", "en"))
    await handle(whole, "fr", stream=True)
    [first, *_] = fields(whole, "audio_chunk")
    again = FakeContext(*whole.windows)
    again.earlier = [first | {"durationMs": 1500}, first | {"index": 1, "startMs": 1500, "durationMs": 700}]
    await handle(again, "fr", stream=True)
    [(_, [file])] = again.of("audio_translation_ready")
    assert sound(again, "fr") == bytes(file)[2 * 2200 :]
    assert next(event.start_ms for event, _ in again.of("audio_chunk")) == 2200
    assert chunks(again, "fr")[0][0] == 2


async def test_the_end_is_told_once_where_the_last_piece_was_not_known_to_be_it() -> None:
    whole = FakeContext(("We are here.", "en"))
    await handle(whole, "fr", stream=True)
    [only] = fields(whole, "audio_chunk")
    for last, expected in ((False, [(1, True)]), (True, [])):
        again = FakeContext(*whole.windows)
        again.earlier = [only | {"last": last}]
        await handle(again, "fr", stream=True)
        assert chunks(again, "fr") == expected
        assert "audio_translation_ready" in again.types()


async def test_a_language_that_turns_out_to_be_the_spoken_one_stays_where_an_earlier_run_sent_pieces_of_it() -> None:
    first = FakeContext(("Bom dia a todos.", "pt"))
    await handle(first, "en", stream=True)
    again = FakeContext(("We are here. Come in.", "en"))
    again.earlier = [piece | {"last": False} for piece in fields(first, "audio_chunk")][:1]
    await handle(again, "en", stream=True)
    assert [each.target_language for each in again.only("audio_process_completed").translated_audios] == ["en"]


@pytest.mark.parametrize("late", range(10))
async def test_a_language_that_is_left_out_does_not_fail_however_late_its_engine_does(late: int) -> None:
    heard = asyncio.Event()

    async def before(work: Any) -> None:
        if isinstance(work, TranscribeWindow) and number_of(work) == 2:
            await turns()
            heard.set()
        if isinstance(work, TranslateSentences) and work.target == "pt":
            await heard.wait()
            for _ in range(late):
                await asyncio.sleep(0)
            raise EngineFailed("the model raised")

    context = FakeContext(*BILINGUAL, before=before)
    await handle(context, "pt", "fr")
    assert context.only("audio_process_completed").failed_languages == []
    assert context.settled == {"pt": None, "fr": None}


async def ended(kind: type[Any], *, fails: bool) -> weakref.ref[FakeContext]:
    """Run a message whose engine of this kind fails or whose peer cancels it; return what must be gone then."""
    never = asyncio.Event()

    async def before(work: Any) -> None:
        if isinstance(work, kind) and (kind is not TranscribeWindow or number_of(work) == 2):
            await turns()
            if fails:
                raise EngineFailed("the model raised")
            await never.wait()

    context = FakeContext(*WINDOWS, before=before)
    task = asyncio.create_task(handle(context, "fr", "pt", stream=True))
    await turns()
    if not fails:
        await turns()
        task.cancel()
    [error] = await asyncio.gather(task, return_exceptions=True)
    for each in (error, *context.settled.values()):
        if isinstance(each, BaseException):
            each.__traceback__ = each.__context__ = each.__cause__ = None  # as the server does with what it keeps
    return weakref.ref(context)


@pytest.mark.parametrize(
    ("kind", "fails"),
    [
        (TranscribeWindow, False),
        (TranslateSentences, False),
        (TranslateSentences, True),
        (Speak, False),
        (Speak, True),
    ],
)
async def test_nothing_of_a_failed_or_cancelled_message_waits_for_a_collection(
    kind: type[Any], *, fails: bool
) -> None:
    gc.collect()
    gc.disable()  # the server collects rarely, and not at all for being idle
    try:
        left = await ended(kind, fails=fails)
        await turns()
        assert left() is None
    finally:
        gc.enable()
    assert asyncio.all_tasks() == {asyncio.current_task()}
