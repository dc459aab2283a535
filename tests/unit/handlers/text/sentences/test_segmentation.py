from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dragoman_handlers.text.marks.glossary import Glossary
from dragoman_handlers.text.marks.markup import find_tokens
from dragoman_handlers.text.sentences.line_breaks import unwrap
from dragoman_handlers.text.sentences.segmentation import _Cutter, join_text, split_text

WORDS = st.text(alphabet="abcdé .,!?\n\r\t{}<>/b@#%:()[]*_`|😀-12", max_size=80)


def sentences(text: str, language: str = "en") -> list[str]:
    return [piece.text for piece in split_text(text, language) if piece.translatable]


@given(WORDS)
@settings(max_examples=300)
def test_the_pieces_joined_are_the_text(text: str) -> None:
    pieces = split_text(text, "en")
    assert join_text(pieces, [piece.text for piece in pieces if piece.translatable]) == text
    for piece in pieces:
        assert all(piece.text[token.start : token.end] == token.text for token in piece.tokens)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("One. Two!  Three?", ["One.", "Two!", "Three?"]),
        ("  One\n\n\tTwo \r\n", ["One", "Two"]),
        ("Great day! 😀 See you.", ["Great day!", "See you."]),
        ("😀, hello 😀!", ["hello"]),
        ("Good day #one #two", ["Good day"]),
        ("I am in #Lisbon", ["I am in #Lisbon"]),
        ("@ana: come here", ["come here"]),
        ("More at: https://x.org", ["More at:"]),
        ("See https://x.org/?a=b. Then go.", ["See https://x.org/?a=b.", "Then go."]),
        ("<b>All of it</b>.", ["All of it"]),
        ("<b>Note:</b> all is well.", ["Note:", "all is well."]),
        ("- one\n- [x] two", ["one", "two"]),
        ("| a b | c d |", ["a b", "c d"]),
        ("2024-01-01, 12:30 and 5%", ["2024-01-01, 12:30 and 5%"]),
        ("2024-01-01 12:30 😀 {x}", []),
    ],
)
def test_a_sentence_is_without_what_is_no_part_of_it(text: str, expected: list[str]) -> None:
    assert sentences(text) == expected


def test_a_glossary_replaces_also_what_stands_alone() -> None:
    terms = Glossary({"bank": "banco"}).terms("pt")
    assert [(piece.text, piece.translatable) for piece in split_text("Bank", "en", [terms])] == [("Banco", False)]


def test_a_term_inside_an_address_is_left_alone() -> None:
    terms = Glossary({"bank": "banco", "#tag": "#etiqueta"}).terms("pt")
    pieces = split_text("my bank at https://bank.com/bank has #tag", "en", [terms])
    assert [token.text for piece in pieces for token in piece.tokens] == [
        "banco",
        "https://bank.com/bank",
        "#etiqueta",
    ]


@settings(max_examples=300, deadline=None, derandomize=True, database=None)
@given(WORDS | st.text(alphabet="ab .é\t\v\x1c\x1f\x85\u2028", max_size=12))
def test_a_lone_sentence_is_cut_as_any_text_is(text: str) -> None:
    if not find_tokens(text):
        slowly = [piece for piece in _Cutter(unwrap(text, text, [], "en"), "en", 0).pieces() if piece.text]
        assert split_text(text, "en") == slowly


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        ("City: Lisbon", ["City:", "Lisbon"]),
        ("Name: Ana Costa\nAge: 30", ["Name:", "Ana Costa", "Age: 30"]),
        ("Note: I am late.", ["Note: I am late."]),
        ("Warning: wet floor", ["Warning: wet floor"]),
    ],
)
def test_a_label_and_a_name_after_it_are_two_texts(text: str, sentences: list[str]) -> None:
    pieces = split_text(text, "en")
    assert [piece.text for piece in pieces if piece.translatable] == sentences
    assert "".join(piece.text for piece in pieces) == text
