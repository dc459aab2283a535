"""Words that a model made up are told from words that were said."""

from __future__ import annotations

import pytest

from dragoman_engines.transcription.hallucinations import is_invented
from dragoman_engines.transcription.timed_words import TimedWord


def words(text: str) -> list[TimedWord]:
    return [TimedWord(f" {word}", index, index + 1, 0.5) for index, word in enumerate(text.split())]


@pytest.mark.parametrize(
    ("text", "no_speech", "log_probability"),
    [
        ("Thank you.", 0.95, -1.18),
        ("you", 0.95, -0.43),
        ("Whoa!", 0.75, -1.24),
        ("I hope you enjoyed this video.", 0.94, -1.44),
        (". . .", 0.1, -0.1),
        ("", 0.0, 0.0),
        ("beep " * 9, 0.61, -0.45),
        ("1 cm x " + "2 cm x " * 12 + "2 c", 0.66, -0.22),
    ],
)
def test_what_models_wrote_of_silence_and_noise_is_invented(
    text: str, no_speech: float, log_probability: float
) -> None:
    assert is_invented(words(text), no_speech=no_speech, log_probability=log_probability)


@pytest.mark.parametrize(
    ("text", "no_speech", "log_probability"),
    [
        ("Northanger Abbey.", 0.019, -0.33),
        ("Stop.", 0.362, -0.81),
        ("Thank you.", 0.132, -0.13),
        ("You?", 0.525, -1.0),
        ("no no no no no no", 0.2, -0.3),
        ("Stop! Stop! Stop!", 0.5, -0.6),
        ("3", 0.1, -0.5),
    ],
)
def test_what_was_said_is_kept_also_when_it_was_said_over_noise_or_over_and_over(
    text: str, no_speech: float, log_probability: float
) -> None:
    assert not is_invented(words(text), no_speech=no_speech, log_probability=log_probability)


@pytest.mark.parametrize(("no_speech", "log_probability"), [(0.61, -1.01), (0.9, -1.5), (1.0, -2.0)])
def test_all_that_whispers_authors_drop_is_dropped(no_speech: float, log_probability: float) -> None:
    assert is_invented(words("Some text."), no_speech=no_speech, log_probability=log_probability)
