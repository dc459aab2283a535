"""A long text is cut where a reader would pause, and nothing of it is lost."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from dragoman_client.cutting import Piece, cut

PARAGRAPH = "The cat sleeps. The house is big."


def joined(pieces: list[Piece]) -> str:
    return "".join(piece.text + piece.after for piece in pieces)


@example(text="?\n\n ?", most=1)  # white space goes on after the end of a paragraph
@given(text=st.text(alphabet="ab.!?\u3002 \t\n\r\u00a0\"')", max_size=300), most=st.integers(1, 60))
def test_the_pieces_together_are_the_text_and_none_is_too_long(text: str, most: int) -> None:
    pieces = cut(text, most)

    assert joined(pieces) == text
    assert all(len(piece.text) <= most for piece in pieces)
    assert all(piece.text == piece.text.strip() for piece in pieces)
    assert all(not piece.after.strip() for piece in pieces)


def test_a_short_text_is_one_piece() -> None:
    assert cut(PARAGRAPH) == [Piece(PARAGRAPH, "")]
    assert cut("") == []


def test_it_is_cut_between_paragraphs_first() -> None:
    text = f"{PARAGRAPH}\r\n\r\n{PARAGRAPH}\n \n\n{PARAGRAPH}\n"

    assert cut(text, 40) == [Piece(PARAGRAPH, "\r\n\r\n"), Piece(PARAGRAPH, "\n \n\n"), Piece(PARAGRAPH, "\n")]
    assert [piece.text for piece in cut(text, 80)] == [f"{PARAGRAPH}\r\n\r\n{PARAGRAPH}", PARAGRAPH]


@pytest.mark.parametrize(
    ("text", "most", "texts"),
    [
        ("One is here. Two is\nhere! Three.", 20, ["One is here.", "Two is\nhere! Three."]),
        ('He said "No." And so it was.', 16, ['He said "No."', "And so it was."]),
        ("\u4e00\u4e8c\u3002\u4e09\u56db\u3002\u4e94", 4, ["\u4e00\u4e8c\u3002", "\u4e09\u56db\u3002\u4e94"]),
        ("a list\nof lines\nwithout stops", 16, ["a list\nof lines", "without stops"]),
        ("word after word", 10, ["word after", "word"]),
        ("x" * 25, 10, ["x" * 10, "x" * 10, "x" * 5]),
    ],
)
def test_a_long_paragraph_is_cut_between_sentences_then_lines_then_words(
    text: str, most: int, texts: list[str]
) -> None:
    assert [piece.text for piece in cut(text, most)] == texts
    assert joined(cut(text, most)) == text
