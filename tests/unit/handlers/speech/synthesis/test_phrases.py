"""Sentences cut into the pieces in which they are said."""

# ruff: noqa: RUF001 -- marks of other scripts are meant

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dragoman_handlers.speech.synthesis.phrases import Lengths, cut_opening, cut_sentence, ends_clause

KOKORO = Lengths(usual=45, most=90, first=11)
"""As they are for Kokoro at its own pace."""


def squeezed(text: str) -> str:
    return "".join(text.split())


@pytest.mark.parametrize(
    ("sentence", "pieces"),
    [
        ("Good morning, everyone.", ["Good morning, everyone."]),
        (
            "A reunião foi transferida para terça-feira à tarde.",
            ["A reunião foi transferida para terça-feira à tarde."],
        ),
        (
            "O comboio para Lisboa parte às nove, e guardei-lhe um lugar à janela.",
            ["O comboio para Lisboa parte às nove,", "e guardei-lhe um lugar à janela."],
        ),
        (
            "Sim, sim, sim, claro que sim, e também não, porque a vida é assim, meu amigo.",
            ["Sim, sim, sim, claro que sim, e também não,", "porque a vida é assim, meu amigo."],
        ),
        ("Das macht zusammen 12,50 Euro und keinen Cent mehr als das.", None),
    ],
)
def test_a_sentence_is_cut_at_its_clauses_where_it_is_long_and_has_some(
    sentence: str, pieces: list[str] | None
) -> None:
    assert cut_sentence(sentence, KOKORO) == (pieces or [sentence])


def test_a_script_without_blanks_is_cut_behind_its_marks_and_no_blank_comes_in() -> None:
    text = "今天天气很好，我们去公园散步吧，然后回家吃饭。" * 3
    pieces = cut_sentence(text, Lengths(usual=20, most=40))
    assert "".join(pieces) == text
    assert all(ends_clause(piece) for piece in pieces)


@pytest.mark.parametrize(
    ("sentence", "first"),
    [
        ("Por favor, traga o relatório e uma cópia impressa do contrato.", "Por favor,"),
        ("The train to Lisbon leaves at nine.", "The train"),
        ("La casa di mio fratello è molto grande.", "La casa"),
        ("Le gouvernement a décidé de ne rien dire du tout.", "Le gouvernement"),
        ("Bom dia.", "Bom dia."),
        ("Good morning, everyone.", "Good morning, everyone."),
        ("Donaudampfschifffahrtsgesellschaft ist lang.", "Donaudampfschifffahrtsgesellschaft ist lang."),
        ("今天天气很好我们去公园散步吧然后回家吃饭。", "今天天气很好我们去公园散步吧然后回家吃饭。"),
    ],
)
def test_the_opening_of_a_text_ends_between_phrases(sentence: str, first: str) -> None:
    assert cut_opening(sentence, KOKORO)[0] == first


def test_without_a_listener_the_first_sentence_is_like_the_others() -> None:
    sentence = "The train to Lisbon leaves at nine."
    assert cut_opening(sentence, Lengths(usual=45, most=90)) == [sentence]


@given(st.text(alphabet="ab é,;:. \"'—12\n", max_size=300), st.integers(1, 60), st.integers(0, 30))
def test_nothing_that_is_said_is_lost_and_no_piece_is_too_long(text: str, usual: int, first: int) -> None:
    text = " ".join(text.split())
    lengths = Lengths(usual=usual, most=2 * usual, first=first)
    for cut in (cut_sentence, cut_opening):
        pieces = cut(text, lengths)
        assert max(map(len, pieces), default=0) <= max(2 * usual, 2 * first)
        kept = [letter for letter in squeezed("".join(pieces)) if letter.isalnum()]
        assert kept == [letter for letter in squeezed(text) if letter.isalnum()]
        assert all(any(map(str.isalnum, piece)) for piece in pieces[1:])
