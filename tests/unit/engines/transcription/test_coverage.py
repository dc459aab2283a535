"""Speech that no word covers is found, wherever in a window the model left it out."""

from __future__ import annotations

import pytest

from dragoman_engines.transcription.coverage import unheard
from dragoman_engines.work import SpokenWord

RATE_HZ = 16_000


def spans(*seconds: tuple[float, float]) -> list[tuple[int, int]]:
    return [(round(start * RATE_HZ), round(end * RATE_HZ)) for start, end in seconds]


def said(start_s: float, end_s: float, step_s: float = 0.3) -> list[SpokenWord]:
    """Words without a pause between them."""
    count = round((end_s - start_s) / step_s)
    return [
        SpokenWord(text=" word", start_s=start_s + n * step_s, end_s=start_s + (n + 1) * step_s, confidence=1)
        for n in range(count)
    ]


def places(window: list[tuple[int, int]], words: list[SpokenWord]) -> list[list[tuple[float, float]]]:
    found = unheard(window, words)
    return [[(round(start / RATE_HZ, 1), round(end / RATE_HZ, 1)) for start, end in stretch] for stretch in found]


def test_a_window_that_was_heard_to_its_end_has_nothing_left() -> None:
    assert places(spans((0, 10), (12, 20)), [*said(0.4, 9.7), *said(12.4, 19.6)]) == []
    assert places([], []) == []


@pytest.mark.parametrize(
    ("words", "left"),
    [
        (said(0.3, 4.5), [(4.5, 10.0)]),
        (said(5.4, 9.6), [(0.0, 5.4)]),
        ([*said(0.3, 3.0), *said(7.5, 9.6)], [(3.0, 7.5)]),
    ],
    ids=["the end", "the beginning", "the middle"],
)
def test_what_was_left_out_is_told(words: list[SpokenWord], left: list[tuple[float, float]]) -> None:
    assert places(spans((0, 10)), words) == [left]


def test_several_stretches_are_told_each_with_its_parts_of_spans() -> None:
    found = places(spans((0, 4), (5, 9), (9, 14), (20, 24)), [*said(4, 5), *said(10.8, 12.0)])
    assert found == [[(0.0, 4.0)], [(5.0, 9.0), (9.0, 10.8)], [(12.0, 14.0), (20.0, 24.0)]]


def test_a_word_that_seems_to_last_for_seconds_hides_no_speech() -> None:
    long = SpokenWord(text=" having", start_s=0.5, end_s=6.0, confidence=1)
    [[(start_s, end_s)]] = places(spans((0, 10)), [long, *said(6.0, 9.9)])
    assert start_s == 0.0
    assert 4.5 < end_s < 6.0, "the word itself is where it seems to end"


@pytest.mark.parametrize("rest_s", [0.4, 0.9, 1.4])
def test_a_breath_or_a_pause_is_nothing_left_out(rest_s: float) -> None:
    assert places(spans((0, 10)), [*said(0.3, 4.8), *said(4.8 + rest_s, 9.6)]) == []


def test_a_window_without_any_words_comes_in_halves_that_are_new_to_the_model() -> None:
    assert places(spans((0, 4), (5, 9), (10, 20)), []) == [[(0.0, 4.0), (5.0, 9.0)], [(10.0, 20.0)]]
    assert places(spans((0, 20)), []) == [], "it was heard as it is"
    assert places(spans((0, 1), (2, 3)), []) == [], "halves are too short to be worth it"
