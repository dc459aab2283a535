"""What is found in a stretch comes to its place, and nothing is doubled at its ends."""

from __future__ import annotations

import pytest

from dragoman_engines.work import SpokenWord
from dragoman_handlers.speech.recognition.coverage import in_order, put_in, seconds, within

RATE_HZ = 16_000


def said(text: str, start_s: float, word_s: float = 0.5) -> list[SpokenWord]:
    return [
        SpokenWord(text=f" {word}", start_s=start_s + n * word_s, end_s=start_s + (n + 1) * word_s, confidence=1)
        for n, word in enumerate(text.split())
    ]


def stretch(start_s: float, end_s: float) -> list[tuple[int, int]]:
    return [(round(start_s * RATE_HZ), round(end_s * RATE_HZ))]


def text_of(words: list[SpokenWord]) -> str:
    return "".join(word.text for word in words).strip()


BEFORE, AFTER = said("one two three", 0.0), said("seven eight nine", 5.0)
BOTH = [*BEFORE, *AFTER]


@pytest.mark.parametrize(
    ("found", "text"),
    [
        ("four five six", "one two three four five six seven eight nine"),
        ("two three four five", "one two three four five seven eight nine"),
        ("four five Seven,", "one two three four five Seven, eight nine"),
        ("three. four six seven eight", "one two three four six seven eight nine"),
        ("", "one two three seven eight nine"),
    ],
    ids=["nothing twice", "the beginning twice", "the end twice", "both twice", "nothing found"],
)
def test_words_are_put_in_once(found: str, text: str) -> None:
    words = put_in(BOTH, stretch(1.5, 5.0), said(found, 1.6, 0.4))
    assert text_of(words) == text
    times = [time for word in words for time in (word.start_s, word.end_s)]
    assert times == sorted(times)


def test_a_repeated_word_far_away_is_no_joint() -> None:
    words = put_in([*BEFORE, *said("four", 20.0)], stretch(1.5, 20.0), said("four five", 1.6))
    assert text_of(words) == "one two three four five four"


def test_the_beginning_and_the_end_of_a_window_can_be_put_in() -> None:
    assert text_of(put_in(AFTER, stretch(0.0, 5.0), said("five six", 3.0))) == "five six seven eight nine"
    assert text_of(put_in(BEFORE, stretch(1.5, 9.0), said("four", 2.0))) == "one two three four"
    assert text_of(put_in([], stretch(0.0, 5.0), said("five six", 3.0))) == "five six"


def test_a_word_that_lasted_through_the_stretch_begins_after_what_was_found() -> None:
    long = SpokenWord(text=" seven", start_s=0.0, end_s=5.5, confidence=1)
    words = put_in([long, *said("eight", 5.5)], stretch(0.0, 4.7), said("four five six", 1.0))
    assert text_of(words) == "four five six seven eight"
    assert (words[3].start_s, words[3].end_s) == (2.5, 5.5)


def test_words_without_a_space_get_one_where_the_others_have_them() -> None:
    bare = [SpokenWord(text="Four", start_s=2.0, end_s=2.5, confidence=1)]
    assert text_of(put_in(BOTH, stretch(1.5, 5.0), bare)) == "one two three Four seven eight nine"
    chinese = [SpokenWord(text="你好", start_s=0, end_s=1, confidence=1)]
    more = [SpokenWord(text="世界", start_s=4, end_s=5, confidence=1)]
    assert text_of(put_in(chinese, stretch(1, 6), more)) == "你好世界"


def test_times_never_go_backwards() -> None:
    words = [*said("b", 3.0), *said("a", 1.0), *said("c", 3.2)]
    assert [(word.start_s, word.end_s) for word in in_order(words)] == [(3.0, 3.5), (3.5, 3.5), (3.5, 3.7)]


def test_spans_are_cut_to_what_lies_between_two_places() -> None:
    spans = [(0, 16_000), (32_000, 48_000)]
    assert within(spans, 8_000, 40_000) == [(8_000, 16_000), (32_000, 40_000)]
    assert within(spans, 16_000, 32_000) == []
    assert seconds(spans) == 2.0
