"""What scripts/fuzz found: each was an exception, or a text that did not come back as it was."""

from __future__ import annotations

import itertools

import pytest

from dragoman_handlers.text.formats.registry import ParseOptions, parse_document
from dragoman_handlers.text.marks.markup import find_tokens
from dragoman_handlers.text.sentences.segmentation import split_text


@pytest.mark.parametrize(
    "text",
    [
        "<d [e]()><div >",
        "<b [e](f)>x",
        "<a [e]()>",
        "See <a title=[b](c) href='x'>it</a>.",
        "<i **b**>word</i>",
        "<p [a](b) [c](d)>text <b [e](f)>bold</b></p>",
        "[<b [x](y)>](z)",
    ],
)
@pytest.mark.parametrize("carried", [False, True])
def test_a_link_inside_a_tag_is_no_token_of_its_own(text: str, carried: bool) -> None:
    tokens = find_tokens(text, carried=carried)
    assert all(text[token.start : token.end] == token.text for token in tokens)
    assert all(before.end <= after.start for before, after in itertools.pairwise(tokens))
    assert "".join(piece.text for piece in split_text(text, "en", carried=carried)) == text


@pytest.mark.parametrize(
    "text", ["<?\r\x00", "a\r\rb", "|a|\r|-|\r|b|", "# a\rb\r\rc", "- a\r- b", "<div>\ra\r</div>", "> a\r\n\r> b"]
)
def test_a_carriage_return_by_itself_ends_a_line_of_markdown(text: str) -> None:
    document = parse_document(text, "markdown", ParseOptions())
    assert document.render({each: each for each in document.texts}) == text


def test_each_line_that_a_carriage_return_ends_is_translated() -> None:
    document = parse_document("one day\r\rtwo days\r", "markdown", ParseOptions())
    assert document.render({each: each.upper() for each in document.texts}) == "ONE DAY\r\rTWO DAYS\r"
