"""A word that was heard almost as a name that is listened for is that name; nothing else is changed."""

from __future__ import annotations

import pytest

from dragoman_engines.work import SpokenWord
from dragoman_handlers.speech.recognition.vocabulary import spelled

NAMES = ["Catherine Morland", "St. Andrews", "Dragoman", "Ana"]


def text_of(text: str, confidence: float = 0.5, vocabulary: list[str] = NAMES) -> str:
    words = [SpokenWord(text=f" {word}", start_s=0, end_s=1, confidence=confidence) for word in text.split()]
    return "".join(word.text for word in spelled(words, vocabulary)).strip()


@pytest.mark.parametrize(
    ("heard", "written"),
    [
        ("fond of Miss Marland, and", "fond of Miss Morland, and"),
        ("Moreland's house", "Morland's house"),
        ("in Andreus.", "in Andrews."),
        ("“Dragomen”", "“Dragoman”"),
        ("Catharine Morland", "Catherine Morland"),
    ],
)
def test_a_doubtful_word_that_is_almost_a_name_is_written_as_the_name(heard: str, written: str) -> None:
    assert text_of(heard) == written


@pytest.mark.parametrize(
    "heard",
    [
        "from Portland and Holland",
        "a dragon and dragoons",
        "Ann and Anna",
        "Andrea came",
        "the moorland is wide",
        "12:30",
    ],
)
def test_a_word_that_is_another_stays(heard: str) -> None:
    assert text_of(heard) == heard


def test_a_word_that_the_model_is_sure_of_stays() -> None:
    assert text_of("Miss Marland", confidence=0.95) == "Miss Marland"


def test_without_a_vocabulary_nothing_changes() -> None:
    assert text_of("Miss Marland", vocabulary=[]) == "Miss Marland"
