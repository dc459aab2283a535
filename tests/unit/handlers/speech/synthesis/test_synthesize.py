"""A text through a speech engine that answers as it is told, joined into one file."""

from __future__ import annotations

import asyncio
import io
import wave
from collections.abc import AsyncIterator, Sequence
from typing import Any

import msgspec
import pytest

from dragoman_engines.base import Capabilities, VoiceInfo
from dragoman_engines.pool.unit import Answer
from dragoman_engines.work import EncodeAudio, EncodedAudio, Speak, Speech
from dragoman_handlers.speech.synthesis.joining import PIECE_PAUSE_S, SENTENCE_PAUSE_S
from dragoman_handlers.speech.synthesis.reading import MOST_UNIT_S
from dragoman_handlers.speech.synthesis.sound_files import wav
from dragoman_handlers.speech.synthesis.synthesize import (
    manner_of,
    read_text,
    speak_reading,
    speak_text,
    speak_texts,
)
from dragoman_handlers.speech.synthesis.voices import Wishes
from dragoman_wire.errors import InvalidRequest, TooLarge

RATE_HZ = 1000


class FakeContext:
    """Speaks a second for every unit, and notes what it was asked."""

    def __init__(self, pace: float = 50.0, most_bytes: int = 1 << 30) -> None:
        self.held_bytes = 0
        self.speech_s = 0.0
        self._most_bytes = most_bytes
        self.asked: list[Any] = []
        self.sizes_s: list[float] = []
        voices = [VoiceInfo(name="ana", engine="test", languages=["en"], pace=pace)]
        self._engine = Capabilities(
            model="test", revision="1", languages=["en"], voices=voices, default_voices={"en": "ana"}
        )

    async def capabilities(self, kind: str) -> Capabilities:
        assert kind == "speech"
        return self._engine

    def hold(self, size_bytes: int, speech_s: float = 0.0) -> None:
        if self.held_bytes + size_bytes > self._most_bytes:
            raise TooLarge("too much")
        self.held_bytes += size_bytes
        self.speech_s += speech_s

    async def recall(self, questions: Sequence[Any], answer_type: type[Any]) -> list[Any]:
        return [None] * len(questions)

    async def run(self, work: Any, *, size_s: float) -> Answer[Any]:
        self.asked.append(work)
        self.sizes_s.append(size_s)
        result: Any = speech(1.0)
        if isinstance(work, EncodeAudio):
            result = EncodedAudio(data=b"OggS" + work.pcm[:4])
        return Answer(result=result, queued_s=0, began_s=0, ended_s=0, compute_s=0, worker="speech-0")


def speech(seconds: float) -> Speech:
    return Speech(pcm=b"\1\0" * round(seconds * RATE_HZ), sample_rate_hz=RATE_HZ)


def seconds_of(file: bytes) -> float:
    with wave.open(io.BytesIO(file)) as sound:
        assert (sound.getnchannels(), sound.getsampwidth(), sound.getframerate()) == (1, 2, RATE_HZ)
        return float(sound.getnframes()) / RATE_HZ


async def say(context: FakeContext, text: str, wishes: Wishes | None = None, form: Any = "wav") -> Any:
    return await speak_text(context, text, "en", wishes, form)  # type: ignore[arg-type]


async def test_sentences_stand_one_after_the_other_with_a_pause_between() -> None:
    spoken = await say(FakeContext(), "Good morning. Where is the station? 😀")

    assert seconds_of(spoken.sound) == 2 + SENTENCE_PAUSE_S
    assert spoken.duration_ms == round(1000 * (2 + SENTENCE_PAUSE_S))
    assert [(one.text, one.start_ms, one.end_ms) for one in spoken.segments] == [
        ("Good morning.", 0, 1000),
        ("Where is the station?", 1250, 2250),
    ]
    assert (spoken.voice, spoken.mime_type) == ("ana", "audio/wav")


async def test_units_carry_the_voice_its_pace_and_the_speed() -> None:
    context = FakeContext(pace=2.0)
    await say(context, "Good morning.", Wishes(speed=1.25))

    assert context.asked == [Speak(text="Good morning.", language="en", speed=1.25, voice="ana", pace=2.0)]


async def test_a_slow_voice_costs_more_and_gets_smaller_units() -> None:
    text = ", ".join(f"word number {number} of a long sentence" for number in range(50))
    slow, quick = FakeContext(pace=1.0), FakeContext(pace=50.0)
    await say(slow, text)
    await say(quick, text)

    assert max(unit.cost_s() for unit in slow.asked) <= MOST_UNIT_S * 1.01
    assert len(slow.asked) > 2 * len(quick.asked)
    assert slow.sizes_s == sorted(slow.sizes_s), "the first pieces of all texts go before the second ones"
    assert slow.sizes_s[-1] > 20 * quick.sizes_s[-1]


async def test_a_slow_speed_makes_smaller_units_too() -> None:
    context = FakeContext(pace=1.0)
    await say(context, ", ".join(f"word number {number}" for number in range(50)), Wishes(speed=0.5))

    assert max(unit.cost_s() for unit in context.asked) <= MOST_UNIT_S * 1.01


async def test_pieces_of_one_sentence_are_one_segment_with_short_pauses() -> None:
    context = FakeContext(pace=1.0)
    spoken = await say(context, ", ".join(f"part {letter * 40}" for letter in "abcdef") + ".")

    pieces = len({unit.text for unit in context.asked})
    assert pieces > 1
    assert len(spoken.segments) == 1
    assert spoken.segments[0].end_ms == round(1000 * (pieces + (pieces - 1) * PIECE_PAUSE_S))


async def test_faster_speech_has_shorter_pauses() -> None:
    spoken = await say(FakeContext(), "One. Two.", Wishes(speed=2.0))
    assert seconds_of(spoken.sound) == 2 + SENTENCE_PAUSE_S / 2


async def test_ogg_is_made_by_the_audio_engine() -> None:
    context = FakeContext()
    spoken = await say(context, "Good morning.", form="ogg")

    assert spoken.sound == b"OggS\1\0\1\0"
    assert spoken.mime_type == "audio/ogg; codecs=opus"
    assert isinstance(context.asked[-1], EncodeAudio)


@pytest.mark.parametrize("text", ["😀", "...", "", "\n"])
async def test_a_text_without_words_is_refused_and_no_engine_asked(text: str) -> None:
    context = FakeContext()
    with pytest.raises(InvalidRequest, match="nothing of the text can be said aloud"):
        await say(context, text)
    assert context.asked == []


async def test_what_is_made_is_counted_and_is_the_file_at_the_end() -> None:
    context = FakeContext()
    spoken = await say(context, "One sentence. Another sentence.")
    assert context.held_bytes == len(spoken.sound)
    assert context.speech_s == pytest.approx(2 + 2 * SENTENCE_PAUSE_S)


async def test_a_sentence_that_comes_again_is_spoken_once_and_counts_each_time() -> None:
    context = FakeContext(most_bytes=10 * RATE_HZ)
    with pytest.raises(TooLarge):
        await say(context, "The same sentence. " * 20)
    assert len(context.asked) == 1
    assert (context.held_bytes, context.speech_s) == (0, 0.0)  # what failed is not counted any more


async def test_a_number_alone_is_spoken_and_nothing_is_warned_of() -> None:
    context = FakeContext()
    spoken = await say(context, "Total? $45.50. Paid.\n42")

    assert [unit.text for unit in context.asked] == ["Total?", "45 dollars and 50 cents.", "Paid.", "42"]
    assert [one.text for one in spoken.segments] == ["Total?", "$45.50.", "Paid.", "42"]
    assert spoken.warnings == []


async def test_what_is_not_spoken_is_in_the_warnings() -> None:
    spoken = await say(FakeContext(), "Look 😀 at https://example.org/a/b please. 🎉")

    assert spoken.warnings == [
        "not spoken: 😀 🎉",
        "of an address only the host is spoken: https://example.org/a/b",
    ]


async def test_a_piece_that_the_voice_has_no_sound_for_is_in_the_warnings() -> None:
    class Mute(FakeContext):
        async def run(self, work: Any, *, size_s: float) -> Answer[Any]:
            answer = await super().run(work, size_s=size_s)
            return msgspec.structs.replace(answer, result=speech(0)) if work.text == "Two." else answer

    spoken = await say(Mute(), "One. Two.")
    assert spoken.warnings == ["the voice has no sound for: Two."]


async def test_of_pictures_alone_the_error_names_them() -> None:
    with pytest.raises(InvalidRequest, match=r"nothing of the text can be said aloud .* not spoken: 😀 🎉"):
        await say(FakeContext(), "😀 🎉")


def test_a_wav_is_what_the_standard_library_reads() -> None:
    pcm = bytes(range(200))
    with wave.open(io.BytesIO(wav(pcm, 22_050))) as sound:
        assert sound.getframerate() == 22_050
        assert sound.readframes(1000) == pcm


async def heard_of(context: FakeContext, text: str) -> list[tuple[str, int, int, bool]]:
    """What a listener is told: words, where their sound begins, how long it lasts, and whether it is the last."""
    told: list[tuple[str, int, int, bool]] = []

    async def heard(unit: Speak, sound: Any) -> None:
        told.append((unit.text, sound.start_ms, sound.duration_ms, sound.last))

    made: Any = context
    reading = await read_text(made, text, "en", Wishes(), early=True)
    spoken = await speak_reading(made, reading, "pcm", heard)
    assert sum(duration for _, _, duration, _ in told) == spoken.duration_ms
    assert spoken.mime_type == "audio/pcm; rate=1000; channels=1; format=s16le"
    return told


async def test_a_listener_hears_the_first_words_of_a_slow_voice_on_their_own_and_all_pieces_in_order() -> None:
    told = await heard_of(FakeContext(pace=1.0), "The train to Lisbon leaves at nine, and I have saved a seat. Yes.")

    assert told == [
        ("The train", 0, 1000, False),
        ("to Lisbon leaves at nine,", 1000, 1000, False),
        ("and I have saved a seat.", 2000, 1100, False),
        ("Yes.", 3100, 1250, True),
    ]


async def test_a_listener_to_a_quick_voice_hears_whole_sentences() -> None:
    told = await heard_of(FakeContext(pace=50.0), "The train to Lisbon leaves at nine, and I have saved a seat. Yes.")

    assert [words for words, _, _, _ in told] == [
        "The train to Lisbon leaves at nine, and I have saved a seat.",
        "Yes.",
    ]


async def test_equal_pieces_are_spoken_once_and_heard_each_time() -> None:
    context = FakeContext(pace=1.0)
    told = await heard_of(context, "Yes. No. Yes.")

    assert [words for words, _, _, _ in told] == ["Yes.", "No.", "Yes."]
    assert [unit.text for unit in context.asked] == ["Yes.", "No."]


@pytest.mark.parametrize("form", ["ogg", "mp3", "flac"])
async def test_the_decoder_engine_is_asked_for_the_format(form: Any) -> None:
    context = FakeContext()
    await say(context, "Good morning.", form=form)
    assert context.asked[-1].form == form


async def said_of(context: FakeContext, *texts: tuple[str, bool]) -> tuple[list[tuple[str, bool]], Any]:
    """What a listener is told of texts that come one by one, each with whether others follow, and the whole."""
    told: list[tuple[str, bool]] = []

    async def heard(unit: Speak, sound: Any) -> None:
        if sound is not None:
            told.append((unit.text, sound.last))

    async def each() -> AsyncIterator[tuple[str, bool]]:
        for text in texts:
            for _ in range(30):  # turns of the loop: what came before is spoken
                await asyncio.sleep(0)
            yield text

    made: Any = context
    manner = await manner_of(made, "en", Wishes())
    spoken = await speak_texts(made, each(), manner, "wav", heard, early=False)
    return told, spoken


async def test_texts_that_follow_one_another_are_said_as_one() -> None:
    told, spoken = await said_of(FakeContext(), ("Good morning.", True), ("Where is the station? Here it is.", False))
    whole = await say(FakeContext(), "Good morning. Where is the station? Here it is.")

    assert told == [("Good morning.", False), ("Where is the station?", False), ("Here it is.", True)]
    assert (spoken.sound, spoken.segments) == (whole.sound, whole.segments)


async def test_a_sentence_that_goes_on_in_the_next_text_is_said_in_one_go() -> None:
    told, _ = await said_of(FakeContext(), ("One. We are", True), ("here. Two.", False))
    assert told == [("One.", False), ("We are here.", False), ("Two.", True)]


async def test_where_nothing_more_can_be_said_a_pause_is_the_last_piece() -> None:
    told, spoken = await said_of(FakeContext(), ("One.", True), ("😀", False))
    assert told == [("One.", False), ("", True)]
    assert spoken.sound == (await say(FakeContext(), "One.")).sound
    assert spoken.warnings == ["not spoken: 😀"]


async def test_a_text_that_fails_ends_what_is_being_said() -> None:
    async def texts() -> AsyncIterator[tuple[str, bool]]:
        yield "One.", True
        raise TooLarge("too much")

    context = FakeContext()
    made: Any = context
    manner = await manner_of(made, "en", Wishes())
    with pytest.raises(TooLarge):
        await speak_texts(made, texts(), manner, "wav", _deaf, early=False)
    assert (context.held_bytes, context.speech_s) == (0, 0.0)


async def _deaf(unit: Speak, sound: Any) -> None:
    """No listener."""
