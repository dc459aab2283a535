"""A model's words become whole, and come to their places in the file."""

from __future__ import annotations

import pytest

from dragoman_engines.transcription.timed_words import (
    TimedWord,
    cut_loops,
    join_parts,
    place_words,
    tighten,
    to_spoken,
)


def words(text: str, *, word_s: float = 0.3) -> list[TimedWord]:
    return [
        TimedWord(f" {word}", index * word_s, (index + 1) * word_s, 0.5) for index, word in enumerate(text.split())
    ]


@pytest.mark.parametrize(
    ("parts", "whole"),
    [
        ([" well", "-known", " words"], [" well-known", " words"]),
        ([" disse", "-lhe", "-ia,", " talvez"], [" disse-lhe-ia,", " talvez"]),
        ([" 3.", "50", " euros"], [" 3.50", " euros"]),
        (["你好", "世界"], ["你好", "世界"]),
        (["สวัสดี", "ครับ"], ["สวัสดี", "ครับ"]),
        (["これは", "Python", "です"], ["これは", "Python", "です"]),
        (["東京", "、", "大阪"], ["東京", "、", "大阪"]),
        ([], []),
    ],
)
def test_a_word_that_was_cut_at_a_mark_is_one_word_and_words_without_spaces_stay_apart(
    parts: list[str], whole: list[str]
) -> None:
    joined = join_parts([TimedWord(part, index, index + 1, 0.5) for index, part in enumerate(parts)])
    assert [word.text for word in joined] == whole
    assert [word.start_s for word in joined] == sorted({word.start_s for word in joined})
    assert not joined or (joined[0].start_s, joined[-1].end_s) == (0, len(parts))


def test_confidence_stays_within_0_and_1_and_blanks_are_no_words() -> None:
    parts = [TimedWord(" a", 0.0, 0.12345, 3.0), TimedWord(" ", 0.1, 0.2, 1.0), TimedWord(" b", 0.2, 0.3, -1.0)]
    spoken = to_spoken(parts)
    assert [(word.text, word.confidence) for word in spoken] == [(" a", 1.0), (" b", 0.0)]
    assert spoken[0].end_s == 0.123


def test_words_are_placed_in_the_spans_that_they_were_spoken_in() -> None:
    spans = [(16_000, 32_000), (80_000, 96_000)]
    said = [TimedWord(" a", 0.2, 0.6, 1.0), TimedWord(" b", 0.9, 1.3, 1.0), TimedWord(" c", 1.5, 2.4, 1.0)]
    placed = [(word.start_s, word.end_s) for word in place_words(said, spans)]
    assert placed == [pytest.approx((1.2, 1.6)), pytest.approx((5.0, 5.3)), pytest.approx((5.5, 6.0))]


def test_placed_times_never_go_backwards() -> None:
    said = [TimedWord(" a", 0.5, 0.9, 1.0), TimedWord(" b", 0.4, 0.6, 1.0), TimedWord(" c", 0.6, 0.6, 1.0)]
    times = [time for word in place_words(said, [(0, 16_000)]) for time in (word.start_s, word.end_s)]
    assert times == sorted(times)


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("so " + "and then " * 9 + "it ended", "so and then it ended"),
        ("no " * 30, "no"),
        ("no no no", "no no no"),
        ("he went to the big house " * 3, "he went to the big house"),
        ("he went to the big house " * 2, "he went to the big house he went to the big house"),
        ("a b c d", "a b c d"),
    ],
)
def test_a_loop_is_cut_to_one_round(text: str, kept: str) -> None:
    assert "".join(word.text for word in cut_loops(words(text))).strip() == kept


def test_the_silence_before_a_sentence_is_no_part_of_its_first_word() -> None:
    said = [
        TimedWord(" Well.", 0.0, 3.0, 1.0),
        TimedWord(" Then", 3.0, 6.0, 1.0),
        TimedWord(" we", 6.0, 6.2, 1.0),
        TimedWord(" went", 6.2, 6.4, 1.0),
        TimedWord(" home", 6.4, 6.7, 1.0),
    ]
    starts = [word.start_s for word in tighten(said)]
    assert starts == pytest.approx([2.4, 5.4, 6.0, 6.2, 6.4])
    assert [word.end_s for word in tighten(said)] == [word.end_s for word in said]
    assert tighten([]) == []
