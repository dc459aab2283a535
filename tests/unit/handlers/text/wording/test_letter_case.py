from __future__ import annotations

import pytest

from dragoman_handlers.text.wording.letter_case import capitals, in_capitals, sentence_case, unemphasized, words_of


@pytest.mark.parametrize(
    ("text", "language", "sentence"),
    [
        ("WHERE ARE YOU? I AM WAITING", "en", "Where are you? I am waiting"),
        ("I LOVE THE BBC", "en", "I love the BBC"),
        ("I'M AT NASA", "en", "I'm at NASA"),
        ("WE LEFT THE EU", "en", "We left the EU"),
        ("EU NÃO VOU À ONU", "pt", "Eu não vou à ONU"),
        ("É TARDE", "pt", "É tarde"),
        ("I LOST MY iPhone", "en", "I lost my iPhone"),
        ("WARNING", "en", "Warning"),
        ("ГДЕ ТЫ", "ru", "Где ты"),
    ],
)
def test_a_text_in_capitals_becomes_a_sentence_and_acronyms_keep_theirs(
    text: str, language: str, sentence: str
) -> None:
    assert in_capitals(words_of(text), language)
    assert sentence_case(text, language) == sentence


@pytest.mark.parametrize(
    "text", ["OK", "NASA", "USA", "BBC NASA", "A", "I", "I am NOT going", "Good Morning", "é", ""]
)
def test_acronyms_single_letters_and_mixed_texts_are_not_in_capitals(text: str) -> None:
    assert not in_capitals(words_of(text), "en")


def test_capitals_are_given_back_but_not_to_names_with_a_capital_inside() -> None:
    assert capitals("perdi o meu iPhone", "I LOST MY iPhone") == "PERDI O MEU iPhone"
    assert capitals("amo a BBC", "I LOVE THE BBC") == "AMO A BBC"


def test_only_common_words_lose_their_emphasis() -> None:
    common = frozenset({"not", "please", "ram"})
    assert unemphasized("PLEASE do NOT sell the NASA TURBO", "en", common) == "Please do not sell the NASA TURBO"
