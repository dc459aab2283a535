"""A transcription tells its segments and its progress while it is heard."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from dragoman_engines.work import TranscribeWindow
from dragoman_handlers.transcription import TranscriptionHandler
from dragoman_wire.errors import EngineFailed
from dragoman_wire.requests import MobileSegment, MobileTranscription, TranscriptionRequest
from tests.unit.handlers.fake_context import FakeContext, number_of

WINDOWS = ("We are here. The train leaves", "en"), ("at nine. Come with us. It is", "en"), ("late.", "en")
SEGMENTS = ["We are here.", "The train leaves at nine.", "Come with us.", "It is", "late."]


async def handle(context: FakeContext, **fields: Any) -> None:
    await TranscriptionHandler().handle(TranscriptionRequest(**fields), context)  # type: ignore[arg-type]


def streamed(context: FakeContext) -> list[tuple[int, str]]:
    return [(event.index, event.segment.text) for event, _ in context.of("transcription_segment")]


@pytest.mark.parametrize("language", ["en", None])
async def test_segments_come_in_order_and_are_those_of_the_whole(language: str | None) -> None:
    context = FakeContext(*WINDOWS)
    await handle(context, language=language, stream=True)
    assert streamed(context) == list(enumerate(SEGMENTS))
    assert context.types()[-1] == "transcription_completed"
    whole = context.only("transcription_completed").transcription
    assert whole.segments == [event.segment for event, _ in context.of("transcription_segment")]
    plain = FakeContext(*WINDOWS)
    await handle(plain, language=language)
    assert plain.types() == ["transcription_completed"]
    assert plain.only("transcription_completed").transcription == whole


async def test_a_segment_is_sent_before_the_next_but_one_window_is_heard() -> None:
    sent: list[tuple[int, int]] = []

    async def before(work: Any) -> None:
        if isinstance(work, TranscribeWindow):
            sent.append((number_of(work), len(context.of("transcription_segment"))))

    context = FakeContext(*WINDOWS, before=before)
    await handle(context, language="en", stream=True)
    assert [number for number, _ in sent] == [0, 1, 2]
    assert len(streamed(context)) == len(SEGMENTS)


async def test_seconds_of_the_recording_are_its_progress() -> None:
    context = FakeContext(*WINDOWS)
    await handle(context, language="en", progress=True)
    assert {(event.unit, event.total, event.stage) for event in context.told} == {("seconds", 90, "working")}
    done = [event.done for event in context.told]
    assert (done[0], done[-1]) == (0, 90)
    assert done == sorted(done)


async def test_what_the_phone_has_heard_is_streamed_as_well() -> None:
    context = FakeContext()
    mobile = MobileTranscription(text="Hi.", language="en", segments=[MobileSegment(text="Hi.", end_ms=800)])
    await handle(context, mobile_transcription=mobile, stream=True, progress=True)
    assert streamed(context) == [(0, "Hi.")]
    assert context.told[-1].done == context.told[-1].total == 1


async def test_segments_that_were_sent_are_followed_by_the_error() -> None:
    async def before(work: Any) -> None:
        if isinstance(work, TranscribeWindow) and number_of(work) == 2:
            for _ in range(100):  # turns of the loop: what is heard is told
                await asyncio.sleep(0)
            raise EngineFailed("the model raised")

    context = FakeContext(*WINDOWS, before=before)
    with pytest.raises(EngineFailed):
        await handle(context, language="en", stream=True)
    assert streamed(context)[0] == (0, "We are here.")
    assert "transcription_completed" not in context.types()
