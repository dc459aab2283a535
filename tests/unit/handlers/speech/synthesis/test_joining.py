"""Sounds of pieces joined, with pauses between, and the times of sentences."""

from __future__ import annotations

import pytest

from dragoman_engines.work import Speech
from dragoman_handlers.speech.synthesis.joining import (
    PIECE_PAUSE_S,
    SENTENCE_PAUSE_S,
    Joiner,
    Sentence,
    Sound,
    places_in,
)
from dragoman_wire.errors import EngineFailed

RATE_HZ = 1000


def speech(seconds: float) -> Speech:
    return Speech(pcm=b"\1\0" * round(seconds * RATE_HZ), sample_rate_hz=RATE_HZ)


def join(joiner: Joiner, sentences: list[Sentence], seconds: list[float]) -> list[Sound | None]:
    places = [place for sentence in sentences for place in places_in(sentence)]
    return [
        joiner.add(place, speech(length_s), last=place is places[-1])
        for place, length_s in zip(places, seconds, strict=True)
    ]


def test_no_sound_at_all_is_a_failure_of_the_engine() -> None:
    joiner = Joiner("en", 1.0)
    join(joiner, [Sentence("a", ["a"])], [0])
    with pytest.raises(EngineFailed):
        joiner.whole()


def test_a_sentence_without_sound_takes_no_time() -> None:
    joiner = Joiner("en", 1.0)
    sounds = join(joiner, [Sentence("a", ["a"]), Sentence("b", ["b"]), Sentence("c", ["c"])], [0, 1, 0])

    assert (joiner.whole().duration_ms, joiner.whole().rate_hz) == (1000, RATE_HZ)
    assert [(one.start_ms, one.end_ms) for one in joiner.segments] == [(0, 0), (0, 1000), (1000, 1000)]
    assert sounds[0] is None
    assert sounds[2] is not None
    assert (sounds[2].last, sounds[2].duration_ms) == (True, round(PIECE_PAUSE_S * 1000))


def test_the_pause_before_a_piece_tells_a_sentence_from_a_clause_and_a_clause_from_a_word() -> None:
    joiner = Joiner("en", 1.0)
    sentences = [Sentence("a", ["the train", "to Lisbon,", "at nine"]), Sentence("b", ["b"])]
    sounds = join(joiner, sentences, [1, 1, 1, 1])

    pauses_ms = [sound.duration_ms - 1000 for sound in sounds if sound is not None]
    assert pauses_ms == [0, 0, round(PIECE_PAUSE_S * 1000), round(SENTENCE_PAUSE_S * 1000)]
    assert b"".join(sound.pcm for sound in sounds if sound is not None) == joiner.whole().pcm
    assert [(one.start_ms, one.end_ms) for one in joiner.segments] == [(0, 3100), (3350, 4350)]
