from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dragoman_handlers.language.chunks import cut_chunks


def texts(text: str, most: int) -> list[str]:
    return [text[chunk.start : chunk.end] for chunk in cut_chunks(text, "en", most)]


def test_paragraphs_that_fit_are_one_chunk() -> None:
    assert texts("One.\n\nTwo.\n\nThree.", 100) == ["One.\n\nTwo.\n\nThree."]


def test_a_text_is_cut_between_paragraphs_first() -> None:
    assert texts("One one.\n \r\n\nTwo two.\n\nThree.", 12) == ["One one.", "Two two.", "Three."]


def test_a_paragraph_that_is_too_long_is_cut_between_sentences() -> None:
    assert texts("He came to Mr. Bennet. She went home. They met.", 30) == [
        "He came to Mr. Bennet.",
        "She went home. They met.",
    ]


def test_a_sentence_that_is_too_long_is_cut_between_words_and_a_word_inside() -> None:
    assert texts("one two three four", 9) == ["one two", "three", "four"]
    assert texts("x" * 25, 10) == ["x" * 10, "x" * 10, "x" * 5]


@pytest.mark.parametrize("text", ["", " \n\n\t "])
def test_a_text_without_words_has_no_chunks(text: str) -> None:
    assert cut_chunks(text, "en", 100) == []


@given(st.text("ab.\n  é😀", max_size=300), st.integers(5, 60))
def test_chunks_are_in_order_within_their_size_and_only_blanks_stand_between_them(text: str, most: int) -> None:
    chunks, at = cut_chunks(text, "en", most), 0
    for index, chunk in enumerate(chunks):
        assert chunk.index == index
        assert text[at : chunk.start].strip() == ""
        assert 0 < chunk.end - chunk.start <= most
        assert text[chunk.start : chunk.end].strip() == text[chunk.start : chunk.end]
        at = chunk.end
    assert text[at:].strip() == ""
